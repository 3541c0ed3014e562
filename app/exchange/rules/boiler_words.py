"""Words of the counties' boiler ledgers: more headings of the fields, and more words of the code lists."""

from __future__ import annotations

from collections.abc import Mapping

# Each line: the field, then the headings found for it.
_HEADINGS = """
ledger_no: 台帐编号 锅炉台账编号 序列号 设备编号 锅炉代码 统一编号 锅炉号 ID号 编码 锅炉ID 锅炉编码
    唯一编码
user_org: 小区名称 学校名称 商户名称 机构名称 酒店名称
    锅炉单位 业主 业主单位 所属单位 单位全称 锅炉所属单位 使用单位(个人) 使用单位名称
    锅炉使用单位名称 用炉单位 企业(单位)名称 锅炉业主 企业单位名称 用户名称 使用单位/个人 单位或业主名称
    名称 场所名称 使用者 使用人 单位或个人名称 用户
div_code: 区县 县 县市 区县名称 所在地 县区名称 所属区域 行政区域 区划代码 行政区划代码 行政区代码
    所在乡镇 乡镇街道 镇 街道 乡(镇) 所在区县 辖区 属地 地区 县别 所属地区 所在地区
rated_tph: 额定蒸发量/热功率 锅炉额定蒸发量/热功率
    出力 锅炉蒸吨 蒸发量 额定出力 单台吨位 单台蒸吨 单台容量 总蒸吨 合计蒸吨 总吨位 锅炉规模
    锅炉出力 吨数 锅炉吨数 额定容量 锅炉吨位数 吨/小时 蒸吨/小时 锅炉大小 t/h 设计出力
rated_mw: MW 兆瓦 额定供热量 供热功率
model: 锅炉规格型号 设备型号 规格及型号 型号规格 锅炉型号及规格 型号及规格
boiler_type: 设备类型 锅炉种类 锅炉型式 锅炉形式 介质 锅炉介质
fuel: 燃料品种 燃用燃料 能源类型 使用燃料 燃煤类型 煤种 燃料名称 煤种类型
coal_t: 年燃煤量 燃煤量 年煤耗 年消耗煤量 耗煤 用煤量 年燃料消耗量 年煤炭消费量 煤炭用量 煤炭消费量
    年用煤 年耗煤
commissioned: 投用时间 投用日期 投运年月 投产日期 投产年月 建设时间 使用时间 投入使用时间 安装日期
    启用日期 投运年份 建设年份 购置时间 建成年份 安装年份 使用年份 建成日期 安装年月 投用年份 购置年份
reg_no: 使用登记证号 锅炉使用登记证编号 登记证编号 注册登记号 使用登记编号 锅炉登记号 使用证编号
    注册代码 使用登记证
apc: 脱硫脱硝除尘设施 脱硫脱硝除尘设施建设情况
    环保设施 污染防治设施 治理设施 脱硫除尘设施 除尘脱硫设施 除尘方式 脱硫方式 治理设施情况 除尘器类型
stack_m: 烟囱高 烟囱高度(米)
treatment: 整治方案 整治类型 改造类型 治理措施 整改方式 整治途径 淘汰改造方式 拟采取措施 处置方式
    替代方式 采取措施 处理方式 整治办法
due_date: 完成时间节点 时间节点
    计划完成时限 整改时限 计划完成日期 计划时限 要求完成时间 计划拆除时间 应完成时间 计划时间
    整治完成时限 拟完成时间 计划整治时间 计划/完成时间 时限要求 完成时间要求 限期 计划完成年月 完成年限
    整治完成期限
done_date: 拆除时间 整治完成时间 实际完成日期 淘汰时间 改造完成时间 拆除日期 完成整治时间 销号时间
    实际/完成时间 实际时间 验收时间 验收日期 完成年月 拆除年月
resp_org: 包抓单位 主体责任单位 责任部门
resp_person: 责任领导 包抓领导 包抓责任人
sup_org: 监管责任单位 监管责任部门
    监管部门 监督单位 督办单位 行业主管部门 主管部门 行业部门
subsidy_wan: 补助金额 奖补金额 补贴资金 资金
status_claim: 目前运行情况 运行情况
    目前状态 当前状态 现状 整治完成情况 是否完成整治 是否拆除 是否销号 销号情况 拆除情况 进度
    整治进度 目前进展 工作进展 是否淘汰 落实情况 使用状态 运行状态 锅炉状态 状况 整治现状 淘汰情况
    改造情况 治理情况 当前情况
unit_count: 锅炉台数 锅炉数量 台(套)数 数量(台) 台套 台（套） 台套数 数目
contact: 单位联系人及电话 联系人及电话 联系人及联系方式
    单位联系人 企业联系人 单位负责人 法人 法人代表 法定代表人 联络人 经办人 联系人姓名
contact_phone: 手机号 手机号码 电话号码 联系电话(手机)
note: 存在问题
    备注说明 其他说明 情况说明 其它 其他 附注
after_tph: 新锅炉吨位 替代锅炉吨位
after_fuel: 替代能源类型 清洁能源类型 改用能源 新燃料类型 新能源类型 替代燃料
address: 锅炉房位置 锅炉安装位置 地点 位置 具体位置 锅炉位置 所处位置 锅炉房地址 安装地址
usage: 用途类别 使用性质
uscc: 组织机构代码 机构代码 组织机构代码证号
owner_org: 所有人 产权归属 所有权人
policy_doc: 依据文件 文件依据 依据
"""

# Each line: the field, then pieces of a cell's words with the code they mean; the longest piece decides.
_WORDS = """
boiler_type: 蒸汽=steam 热水=hot_water 导热油=thermal_oil 常压=atmospheric 茶炉=tea_bath 开水=tea_bath
    烘干=dryer 灶=stove
usage: 供暖=heating 供热=heating 采暖=heating 取暖=heating 生产=industrial_steam 工业=industrial_steam
    蒸汽=industrial_steam 洗浴=bath_catering 浴=bath_catering 餐饮=bath_catering 学校=school 教学=school
    医=hospital 烘干=drying
fuel: 无烟=anthracite 型煤=briquette 洁净=clean_coal 兰炭=semi_coke 生物质=biomass 天然气=gas 燃气=gas
    液化=gas 空气能=electricity 热泵=electricity 电=electricity 集中供=district_heat 热网=district_heat
    柴油=oil 醇=oil 油=oil 煤=bituminous 气=gas
treatment: 煤改气=coal_to_gas 改气=coal_to_gas 燃气=coal_to_gas 天然气=coal_to_gas
    煤改电=coal_to_electric 改电=coal_to_electric 空气源=coal_to_electric 电锅炉=coal_to_electric
    并网=district_heat 集中供热=district_heat 接入=district_heat 并入=district_heat 生物质=biomass
    提标=upgrade 超低=upgrade 除尘=upgrade 特别排放=upgrade 封存=seal 停用=seal 拆除=dismantle
    取缔=dismantle 淘汰=dismantle 关停=dismantle 清洁能源=other_clean 太阳能=other_clean
    改油=other_clean
"""


def _table(text: str) -> dict[str, list[str]]:
    """Lines of `field: word word …`, continued on indented lines."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.strip().splitlines():
        head, colon, rest = line.partition(":") if not line.startswith(" ") else ("", "", line)
        name = head if colon else name
        found.setdefault(name, []).extend(rest.split())
    return found


HEADINGS: Mapping[str, tuple[str, ...]] = {name: tuple(words) for name, words in _table(_HEADINGS).items()}
WORDS: Mapping[str, Mapping[str, str]] = {
    name: dict(pair.split("=") for pair in pairs) for name, pairs in _table(_WORDS).items()
}
