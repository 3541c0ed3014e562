"""The columns of a county ledger, and what some counties call them."""

from __future__ import annotations

from collections.abc import Mapping

# Name of the content, group heading or None, heading, width in characters.
COLUMNS: tuple[tuple[str, str | None, str, int], ...] = (
    ("county", None, "县（市、区）", 12),
    ("town", None, "乡镇（街道）", 14),
    ("serial", None, "序号", 6),
    ("ledger_no", None, "台账编号", 11),
    ("user_org", None, "使用单位", 30),
    ("uscc", None, "统一社会信用代码", 22),
    ("address", None, "详细地址", 24),
    ("lon", "地理坐标", "经度", 13),
    ("lat", "地理坐标", "纬度", 13),
    ("coord_src", "地理坐标", "坐标来源", 11),
    ("model", "整治前", "锅炉型号", 22),
    ("output", "整治前", "锅炉吨位", 12),
    ("type", "整治前", "锅炉类型", 14),
    ("pressurized", "整治前", "是否承压", 9),
    ("fuel", "整治前", "燃料种类", 10),
    ("coal", "整治前", "年耗煤量（吨）", 12),
    ("stack", "整治前", "烟囱高度（米）", 10),
    ("usage", None, "用途", 10),
    ("commissioned", None, "投运时间", 12),
    ("treatment", None, "整治方式", 16),
    ("after_output", "整治后", "锅炉吨位", 10),
    ("after_fuel", "整治后", "燃料种类", 10),
    ("due", None, "完成时限", 15),
    ("done", None, "实际完成时间", 13),
    ("resp_org", None, "责任单位", 24),
    ("contact", None, "联系人", 9),
    ("phone", None, "联系电话", 15),
    ("claim", None, "整治情况", 12),
    ("note", None, "备注", 18),
)
# Headings and notation that some counties have of their own.
STYLES: Mapping[str, Mapping[str, str]] = {
    "620826": {"output": "额定蒸发量", "user_org": "锅炉使用单位", "claim": "完成情况", "degrees": "dms"},
    "620825": {"output": "规模", "user_org": "单位名称", "address": "安装地点", "claim": "整治进展"},
    "620821": {"ledger_no": "锅炉编号", "commissioned": "投运日期", "fuel": "燃料类型"},
    "620881": {"user_org": "企业名称", "treatment": "改造方式", "done": "完成时间"},
}
