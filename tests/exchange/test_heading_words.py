"""Headings found over the columns of ledgers, and the field each of them means."""

from __future__ import annotations

from app.domain.catalog import entity_type
from app.exchange.headings import KNOWN_FROM, matches, vocabulary
from app.exchange.rules import rules_for

# Each line: the field, then headings that mean it; `none` must stay unread, `-` is left out knowingly.
HEADINGS = """
ledger_no: 台账编号 锅炉编号 编号 台帐号 锅炉台账号 设备编号 档案号 锅炉档案编号 统一编码 锅炉编码
    唯一编号 ID号 县级编号 登记编号 台账序列号 普查编号 清单编号 编码 锅炉ID ledger_no
user_org: 小区名称 学校名称 商户名称 机构名称 酒店名称
    单位名称 使用单位 锅炉使用单位 企业名称 用户名称 单位（企业）名称 锅炉使用单位（个人）
    业主名称 使用单位/个人 单位全称 锅炉所有单位 用煤单位 企事业单位名称 单位或业主名称 锅炉所在单位
    使用单位名称（全称） 名称 法人单位名称 场所名称 使用者
div_code: 县区 县（区） 所属县区 行政区划 区县 所在县市区 县（市、区） 乡镇 所在乡镇（街道） 辖区 属地
    所属乡镇 县市区名称 地区 行政区 县别 所属辖区 街道（乡镇） 县 市县区 归属县区 所在行政区
address: 地址 详细地址 安装地点 锅炉房位置 单位地址 锅炉安装位置 地点 所在地址 具体地址 锅炉使用地点
    安装地址 位置 具体位置 经营地址 所处位置
rated_tph: 额定蒸发量/热功率 锅炉额定蒸发量/热功率
    锅炉吨位 吨位 蒸吨 额定蒸发量 锅炉容量（t/h） 额定出力 容量（蒸吨） 锅炉规模（蒸吨/小时）
    吨位（蒸吨） 蒸吨数 锅炉蒸发量 出力（t/h） 锅炉吨位数 单台吨位 吨/小时 额定蒸发量（t/h）
    锅炉规格（蒸吨） 规模(t/h) 额定容量 锅炉出力（蒸吨/时） 锅炉额定出力（t/h） 蒸吨/小时
    锅炉大小（蒸吨） 设计出力
rated_mw: 额定热功率（MW） 热功率 额定功率(MW) 供热功率（MW）
model: 型号 锅炉型号 规格型号 设备型号 型号规格 锅炉规格型号 锅炉型号及规格
boiler_type: 锅炉类型 类型 锅炉种类 炉型 型式 锅炉型式 锅炉类别 设备类型 锅炉介质
fuel: 燃料 燃料种类 燃料类型 燃料名称 使用燃料 现用燃料 燃煤种类 主要燃料 能源类型 锅炉燃料 原燃料
    燃煤品种
coal_t: 年耗煤量 年用煤量（吨） 耗煤量 年燃煤量 年消耗煤炭量（吨） 燃煤消耗量(t/a) 年煤炭消费量（吨）
    年使用煤量 煤炭用量 年耗煤（t）
commissioned: 投运时间 投用时间 建成时间 安装时间 投产日期 投入使用时间 启用时间 投运年份 投运年月
    建设年份 购置时间 建成年份 建炉时间 投入运行时间 锅炉投运时间 安装年份 使用年份
reg_no: 使用登记证编号 登记证号 锅炉使用登记证号 使用证编号 特种设备使用登记证编号 注册代码
apc: 脱硫脱硝除尘设施 脱硫脱硝除尘设施建设情况
    治污设施 除尘设施 污染防治设施 环保设施 除尘方式 治理设施 脱硫设施 污染治理设施情况 除尘脱硫设施
stack_m: 烟囱高度 烟囱高度（米） 烟囱高(m) 烟囱高度m
treatment: 整治方式 治理方式 改造方式 整改措施 淘汰方式 整治措施 拟采取措施 整治类型 处置方式 治理措施
    淘汰（改造）方式 替代方式 整治路径 拆改方式 改造类型 淘汰改造方式
due_date: 完成时间节点 时间节点
    完成时限 计划完成时间 整治时限 完成期限 拟完成时间 要求完成时限 整治期限 计划拆除时间
    计划淘汰时间 时限要求 完成时间要求 目标时限 整改期限 限期 计划完成年月
done_date: 完成时间 实际完成时间 完成日期 拆除时间 整治完成时间 销号时间 淘汰时间 实际拆除时间
    完成整改时间 验收时间
status_claim: 目前运行情况 运行情况
    整治情况 完成情况 整治进展 进展情况 整治状态 目前状态 是否完成 状态 当前进度 整治完成情况
    备案状态 销号状态 整改情况 是否拆除 是否销号 工作进展 落实情况 运行状态 目前进展情况 整改进展
    锅炉现状 淘汰情况 完成状态
contact: 单位联系人及电话 联系人及电话 联系人及联系方式
    联系人 负责人 联络人 单位联系人 法定代表人 单位负责人 法人
contact_phone: 联系电话 电话 手机号 联系方式 手机 电话号码 负责人电话 联系人电话
note: 存在问题
    备注 说明 其他 备注说明
resp_org: 责任单位 牵头单位 责任部门 包抓单位 整治责任单位 主体责任单位
resp_person: 责任人 责任领导 包抓领导 包抓责任人 整治责任人
sup_org: 监管责任单位 监管责任部门
    监管单位 监管部门 督导单位 监督单位 行业主管部门 主管部门
unit_count: 台数 锅炉台数 数量 数量（台） 锅炉数量（台） 台（套） 锅炉数 总台数
usage: 用途 锅炉用途 使用用途 用途类别 主要用途 供热用途
uscc: 统一社会信用代码 社会信用代码 信用代码 组织机构代码 机构代码 统一信用代码
owner_org: 产权单位 产权人 所有人 产权归属
batch: 批次 整治批次 任务批次
policy_doc: 文号 政策文号 依据文件 文件依据
subsidy_wan: 奖补资金（万元） 补助资金 补贴金额（元） 奖补金额 资金（万元）
x: 经度 东经 经度（°） 经度E X坐标 坐标X 横坐标 Y（东） lon lng 经度(度) 经度坐标 GPS经度 锅炉经度 E
    经度（CGCS2000） 地理经度 X坐标(m) 中心点经度
y: 纬度 北纬 纬度（°） 纬度N Y坐标 坐标Y 纵坐标 lat 纬度(度) 北纬（N） 锅炉纬度 纬度（CGCS2000）
xy: 坐标 经纬度 地理坐标 坐标（经纬度） 位置坐标 GPS坐标 坐标位置 经纬度坐标 地理位置（经纬度） 中心坐标
    定位 锅炉坐标 坐标信息
after_tph: 新上锅炉吨位
    整治后吨位 改造后吨位 整治后锅炉吨位（蒸吨） 改造后容量 替代锅炉吨位 新建锅炉吨位
    新锅炉容量（t/h）
after_fuel: 整治后燃料 改造后燃料 改造后燃料类型 替代能源 替代燃料 整治后能源类型 改用能源 新燃料类型
    清洁能源类型
-: 序号 序 NO. 照片
none: 出厂编号 产品编号 制造编号
    省份 邮编 单位性质 行业类别 排放浓度 检测报告编号 整治后型号 拆除费用 供热面积 锅炉制造单位
    制造厂家 压力 出水温度
"""


def test_headings_in_the_words_of_many_counties() -> None:
    words = vocabulary(entity_type("boiler"), rules_for("boiler"))
    wrong = []
    name = ""
    for line in HEADINGS.strip().splitlines():
        head, colon, rest = line.partition(":") if not line.startswith(" ") else ("", "", line)
        name = head if colon else name
        for heading in rest.split():
            found = [
                match for match in matches((heading,), words, fuzzy=True) if match.certainty >= KNOWN_FROM
            ]
            if (found[0].field if found else "none") != name:
                wrong.append((heading, name, found[:2]))
    assert wrong == []


def test_the_group_above_decides_between_before_and_after() -> None:
    words = vocabulary(entity_type("boiler"), rules_for("boiler"))
    for path, name in (
        (("整治前", "锅炉吨位"), "rated_tph"),
        (("整治后", "锅炉吨位"), "after_tph"),
        (("改造后情况", "燃料"), "after_fuel"),
        (("锅炉情况", "整治后", "容量（t/h）"), "after_tph"),
        (("计划", "完成时间"), "due_date"),
        (("实际", "完成时间"), "done_date"),
        (("锅炉", "型号"), "model"),
        (("地理坐标", "E"), "x"),
        (("坐标", "纬度"), "y"),
    ):
        assert matches(path, words)[0].field == name, path
    assert not any(
        match.field in ("rated_tph", "model", "rated_mw") for match in matches(("整治后", "锅炉型号"), words)
    )
