"""How one value looks in a county's ledger: capacities, dates, words and names in the forms people write."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any

WIDE = str.maketrans("0123456789.", "０１２３４５６７８９．")
EPOCH = date(1899, 12, 30)
OUTPUTS = (0.5, 0.7, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
FUELS = {
    "烟煤": "bituminous", "煤": "bituminous", "原煤": "bituminous", "散煤": "bituminous",
    "无烟煤": "anthracite",
    "型煤": "briquette", "兰炭": "semi_coke", "洁净煤": "clean_coal",
}  # fmt: skip
AFTER_FUELS = {"天然气": "gas", "电": "electricity", "集中供热": "district_heat", "生物质": "biomass"}
TREATMENTS = {
    "拆除": "dismantle", "拆除取缔": "dismantle", "淘汰": "dismantle", "煤改气": "coal_to_gas",
    "煤改电": "coal_to_electric", "改电": "coal_to_electric", "集中供热": "district_heat",
    "并入集中供热管网": "district_heat", "天然气锅炉": "coal_to_gas", "改生物质": "biomass",
}  # fmt: skip
CLAIMS = ("已拆除", "正在整治", "未整治", "已完成", "√", "待验收", "停用", "○", "是")
UNITS = ("宾馆", "中学", "医院", "果品公司", "洗浴中心", "小学", "供热站", "食品厂", "幼儿园", "酒店",
         "（集团）有限责任公司", "清真寺", "养殖场")  # fmt: skip
MARKS = {"√": True, "○": True, "是": True, "有": True, "否": False, "×": False, "无": False}

HEADINGS: dict[str, tuple[str, ...]] = {
    "ledger_no": ("台账编号", "锅炉编号", "编号", "设备编号", "统一编号", "台帐号", "锅炉编码", "*台账编号"),
    "user_org": ("使用单位", "单位名称", "锅炉使用单位名称", "企业名称", "使用单位（个人）", "业主单位",
                 "使用单位（盖章）", "锅炉使用单位（全称）", "单位（个体户）名称", "用炉单位名称"),
    "div_code": ("县（市、区）", "县区", "所属县区", "行政区划", "区县", "所在县（区）", "县区名称", "属地"),
    "town": ("乡镇（街道）", "所属乡镇", "乡镇", "镇（街道）"),
    "address": ("地址", "详细地址", "安装地点", "锅炉房地址", "锅炉所在地址", "具体位置"),
    "model": ("锅炉型号", "型号", "规格型号", "型号规格", "锅炉规格型号"),
    "rated_tph": ("锅炉吨位", "吨位（蒸吨）", "额定蒸发量", "锅炉容量（t/h）", "蒸吨数", "额定出力",
                  "锅炉\n吨位", "锅炉规模（蒸吨/小时）", "单台容量（吨）", "出力（t/h）"),
    "rated_tph:MW": ("锅炉容量（MW）", "锅炉规模（兆瓦）", "锅炉容量(兆瓦)"),
    "rated_tph:kW": ("锅炉容量（kW）", "锅炉出力（千瓦）"),
    "rated_tph:kcal": ("锅炉容量（万大卡）", "锅炉规模（万大卡）"),
    "fuel": ("燃料", "燃料种类", "燃料类型", "现用燃料", "燃煤种类", "使用燃料"),
    "pressurized": ("是否承压", "承压", "承压（是/否）"),
    "coal_t": ("年耗煤量（吨）", "年用煤量(t)", "年耗煤", "年燃煤量（吨/年）"),
    "stack_m": ("烟囱高度（m）", "烟囱高度（米）", "烟囱高度"),
    "commissioned": ("投运时间", "投用时间", "建成时间", "安装时间", "投产年月", "建成投运时间"),
    "treatment": ("整治方式", "治理方式", "改造方式", "整治措施", "淘汰改造方式", "拟采取的整治措施"),
    "due_date": ("完成时限", "计划完成时间", "整治时限", "完成期限", "计划完成时限", "要求完成时限"),
    "done_date": ("实际完成时间", "实际完成日期", "拆除时间", "整治完成时间"),
    "status_claim": ("完成情况", "整治进展", "目前状态", "整治情况", "是否完成", "目前进展情况"),
    "resp_org": ("责任单位", "牵头单位", "责任单位（部门）"),
    "subsidy_wan": ("奖补资金（万元）", "补助资金(万元)", "奖补资金"),
    "contact": ("联系人", "负责人", "单位联系人"),
    "contact_phone": ("联系电话", "电话", "手机号", "联系方式"),
    "after_tph": ("锅炉吨位", "吨位", "容量（t/h）"),
    "after_fuel": ("燃料", "燃料种类", "能源种类"),
    "note": ("备注", "备 注", "说明"),
    "seq": ("序号", "序 号"),
}  # fmt: skip
GROUPS = {
    "rated_tph": "整治前", "fuel": "整治前", "model": "整治前", "after_tph": "整治后", "after_fuel": "整治后",
    "x": "地理坐标", "y": "地理坐标",
}  # fmt: skip
OUTER = {"整治前": "锅炉情况", "整治后": "锅炉情况"}


@dataclass
class Cell:
    """What is written in a cell, and the values a careful reader takes from it."""

    written: Any
    values: dict[str, Any] = field(default_factory=dict)
    asks: str = ""


def output(dice: random.Random, unit: str) -> Cell:
    """A capacity in a column of bare numbers of `unit`, or of numbers with their units beside them."""
    tph = dice.choice(OUTPUTS)
    mw = round(tph * 0.7, 4)
    if unit:
        bare = {"MW": mw, "kW": tph * 700, "kcal": tph * 60}[unit]
        whole = f"{bare:g}"
        return Cell(
            dice.choice([float(whole), whole, whole.translate(WIDE)]),
            _tph(tph, mw if unit != "kcal" else None),
        )
    whole = f"{tph:g}"
    plain = [tph, whole, f"{whole}t/h", f"{whole}蒸吨", f"{whole}吨", f"{whole}T/H", whole.translate(WIDE),
             f"{whole.translate(WIDE)}蒸吨", f"{whole} t／h", f"约{whole}吨"]  # fmt: skip
    heat = [f"{mw:g}MW", f"{tph * 700:g}kW", f"{mw:g}兆瓦"]
    if dice.random() < 0.25:
        return Cell(dice.choice(heat), _tph(tph, mw))
    if dice.random() < 0.06:
        return Cell(f"{tph * 60:g}万大卡", _tph(tph, None))
    return Cell(dice.choice(plain), _tph(tph, None))


def _tph(tph: float, mw: float | None) -> dict[str, Any]:
    return {"rated_tph": tph} if mw is None else {"rated_tph": tph, "rated_mw": mw}


def several(dice: random.Random) -> tuple[str, list[float], bool]:
    """Several boilers in one cell: the text, the output of each, and whether its meaning must be asked."""
    a, b = dice.sample((1.0, 2.0, 4.0, 6.0), 2)
    return dice.choice([
        (f"2台{a:g}蒸吨", [a, a], True), (f"{a:g}t/h×2台", [a, a], True), (f"两台{a:g}吨", [a, a], True),
        (f"1台{a:g}吨、1台{b:g}吨", [a, b], False), (f"2台{a:g}吨，1台{b:g}吨", [a, a, b], False),
        (f"{a:g}t/h+{b:g}t/h", [a, b], False), (f"一台{a:g}蒸吨；一台{b:g}蒸吨", [a, b], False),
    ])  # fmt: skip


def day(dice: random.Random, name: str, year: int) -> Cell:
    """A date in one of the usual forms, with the precision it is written in."""
    month, number = dice.randint(1, 12), dice.randint(1, 28)
    exact, part = date(year, month, number), f"{year}-{month:02d}"
    whole = exact.isoformat()
    padded = f"{year}.{month:02d}"
    written, iso = dice.choice([
        (whole, whole), (exact, whole), ((exact - EPOCH).days, whole), (f"{year}.{month}.{number}", whole),
        (f"{year}年{month}月{number}日", whole), (f"{year}/{month}/{number}", whole),
        (f"{year}{month:02d}{number:02d}", whole), (f"{padded}.{number:02d}".translate(WIDE), whole),
        (f"{year}年{month}月", part), (padded, part), (f"{year}/{month}", part), (f"{year}-{month}", part),
        (f"{year}年{month:02d}月".translate(WIDE), part), (f"{year}{month:02d}", part),
        (f"{year}年", str(year)), (year, str(year)),
    ])  # fmt: skip
    if name == "due_date" and dice.random() < 0.25:
        return _verbal(dice, year)
    return Cell(written, {name: iso})


def _verbal(dice: random.Random, year: int) -> Cell:
    """A deadline in words: its date is kept as precisely as it is said, and the words beside it."""
    month = dice.randint(1, 12)
    part = f"{year}-{month:02d}"
    said, iso, asks = dice.choice([
        (f"{month}月底前", part, "year"), (f"{month}月底", part, "year"),
        (f"{year}年{month}月底前", part, ""), (f"{year}年底", f"{year}-12", ""),
        (f"{year}年第三季度", f"{year}-09", ""), (f"{year}年上半年", f"{year}-06", ""),
    ])  # fmt: skip
    return Cell(said, {"due_date": iso, "due_text": said}, asks)


def word(dice: random.Random, name: str, serial: int) -> Cell:
    """A cell of one of the plainer columns."""
    match name:
        case "fuel" | "after_fuel" | "treatment":
            table = {"fuel": FUELS, "after_fuel": AFTER_FUELS, "treatment": TREATMENTS}[name]
            said, code = dice.choice(sorted(table.items()))
            return Cell(said, {name: code})
        case "pressurized":
            said, yes = dice.choice(sorted(MARKS.items()))
            return Cell(said, {name: yes})
        case "coal_t" | "stack_m" | "subsidy_wan" | "after_tph":
            return _number(dice, name)
        case "status_claim":
            said = dice.choice(CLAIMS)
            return Cell(said, {name: said})
        case "contact_phone":
            phone = 13993300000 + serial
            return Cell(dice.choice([phone, str(phone)]), {name: str(phone)})
        case "contact":
            said = "张 三" if dice.random() < 0.2 else "李四"
            return Cell(said, {name: said})
        case "resp_org":
            return Cell("住建局", {name: "住建局"})
        case _:
            return Cell(None)


def _number(dice: random.Random, name: str) -> Cell:
    value = float(
        {"coal_t": dice.randint(20, 900), "stack_m": dice.randint(8, 45), "after_tph": 2}.get(name, 5)
    )
    text = f"{value:g}"
    beside = {"coal_t": "吨", "stack_m": "米", "subsidy_wan": "万元", "after_tph": "t/h"}[name]
    blank = dice.choice(["/", "—", "无", None]) if dice.random() < 0.1 else ""
    if blank != "":
        return Cell(blank)
    return Cell(dice.choice([value, text, text + beside, text.translate(WIDE)]), {name: value})
