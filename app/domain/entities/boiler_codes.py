"""The code lists of the boiler ledger (docs/sources.md)."""

from __future__ import annotations

from app.domain.fields import codes
from app.i18n import N_

STATES = codes(
    ("suspect", N_("To verify")),
    ("registered", N_("Registered")),
    ("excluded", N_("Excluded")),
    ("planned", N_("Planned")),
    ("in_progress", N_("Under treatment")),
    ("sealed", N_("Sealed")),
    ("applied", N_("Acceptance applied for")),
    ("town_ok", N_("Checked by the township")),
    ("county_ok", N_("Accepted by the county")),
    ("notice", N_("On public notice")),
    ("cleared", N_("Cleared")),
    ("returned", N_("Returned")),
    ("rebound", N_("Rebound")),
    ("retained", N_("Retained, upgraded")),
)

# The words of map, legend and ledger, with the states each stands for (docs/sources.md).
STATUS_GROUPS = codes(
    ("unverified", N_("Unverified")),
    ("to_treat", N_("To be treated")),
    ("treating", N_("Being treated")),
    ("sealed", N_("Sealed")),
    ("accepting", N_("Awaiting acceptance")),
    ("notice", N_("On public notice")),
    ("cleared", N_("Cleared")),
    ("rebound", N_("Rebound")),
    ("retained", N_("Retained, upgraded")),
    ("excluded", N_("Excluded")),
)

GROUP_OF_STATE = {
    "suspect": "unverified",
    "registered": "to_treat",
    "planned": "to_treat",
    "in_progress": "treating",
    "returned": "treating",
    "sealed": "sealed",
    "applied": "accepting",
    "town_ok": "accepting",
    "county_ok": "accepting",
    "notice": "notice",
    "cleared": "cleared",
    "rebound": "rebound",
    "retained": "retained",
    "excluded": "excluded",
}


def group_of(state: str) -> str:
    """The status group of a state; a state this program does not know counts as unverified."""
    return GROUP_OF_STATE.get(state, "unverified")


def words_of_state(state: str) -> str:
    """A state as ledger and record say it: the word of map and legend, then the state if it says more."""
    group = group_of(state)
    word, exact = STATUS_GROUPS.label(group), STATES.label(state)
    alone = list(GROUP_OF_STATE.values()).count(group) == 1
    return word if exact == word or (alone and state in GROUP_OF_STATE) else f"{word} · {exact}"


BOILER_TYPES = codes(
    ("steam", N_("Steam"), ["蒸汽锅炉", "蒸汽炉"]),
    ("hot_water", N_("Hot water"), ["热水锅炉", "热水炉"]),
    ("thermal_oil", N_("Thermal oil"), ["有机热载体锅炉", "导热油炉", "有机热载体"]),
    ("tea_bath", N_("Tea or bath boiler"), ["茶浴炉", "茶水炉", "浴炉"]),
    ("atmospheric", N_("Atmospheric"), ["常压锅炉", "常压热水锅炉", "常压炉"]),
    ("earthen", N_("Earthen boiler"), ["土锅炉", "土炉"]),
    ("stove", N_("Commercial stove"), ["经营性炉灶", "炉灶", "大灶"]),
    ("dryer", N_("Grain dryer"), ["储粮烘干", "烘干设备", "烘干塔"]),
)

USAGES = codes(
    ("heating", N_("Heating"), ["供暖", "供热", "采暖", "取暖"]),
    ("industrial_steam", N_("Industrial steam"), ["工业蒸汽", "工业", "生产"]),
    ("bath_catering", N_("Bath and catering"), ["洗浴餐饮", "洗浴", "餐饮", "浴池"]),
    ("school", N_("School"), ["学校"]),
    ("hospital", N_("Hospital"), ["医院", "卫生院"]),
    ("drying", N_("Drying"), ["烘干"]),
    ("other", N_("Other"), ["其他", "其它"]),
)

FUELS = codes(
    ("bituminous", N_("Bituminous coal"), ["烟煤", "煤", "燃煤", "原煤", "散煤"]),
    ("anthracite", N_("Anthracite"), ["无烟煤"]),
    ("briquette", N_("Briquette"), ["型煤", "蜂窝煤"]),
    ("clean_coal", N_("Clean coal"), ["洁净煤", "清洁煤"]),
    ("semi_coke", N_("Semi-coke"), ["兰炭"]),
    ("biomass", N_("Biomass"), ["生物质", "生物质成型燃料"]),
    ("oil", N_("Oil"), ["油", "柴油", "燃油"]),
    ("gas", N_("Gas"), ["气", "天然气", "燃气", "液化气"]),
    ("electricity", N_("Electricity"), ["电", "电能", "电锅炉", "空气源热泵"]),
    ("district_heat", N_("District heat"), ["集中供热", "热网"]),
)

COALS = frozenset({"bituminous", "anthracite", "briquette", "clean_coal", "semi_coke"})  # clean coal is coal

TREATMENTS = codes(
    ("dismantle", N_("Dismantle"), ["拆除取缔", "拆除", "取缔", "淘汰", "关停拆除"]),
    ("coal_to_gas", N_("Coal to gas"), ["煤改气", "改气", "改燃气"]),
    ("coal_to_electric", N_("Coal to electricity"), ["煤改电", "改电"]),
    ("district_heat", N_("Join district heating"), ["集中供热并网", "并网", "集中供热", "并入集中供热"]),
    ("biomass", N_("Convert to biomass"), ["改生物质", "生物质", "改生物质专用锅炉"]),
    ("other_clean", N_("Other clean energy"), ["清洁能源其他", "其他清洁能源", "清洁能源改造"]),
    ("upgrade", N_("Upgrade to limits"), ["提标改造", "超低排放改造", "特别限值", "环保改造"]),
    ("seal", N_("Stop and seal"), ["停用封存", "停用", "封存"]),
)

# From a published acceptance rule of another city (永锅治办〔2015〕2号, docs/sources.md source V3).
END_STATES = codes(
    ("A", N_("Body removed and made unusable"), ["本体拆除并去功能化"]),
    ("B", N_("Body kept but made unusable"), ["本体未拆除但去功能化"]),
    ("C", N_("Converted, hard to reverse, within limits"), ["改造后难以恢复且达标"]),
)

# What an acceptance looks at, item by item (docs/sources.md); each end state has its own list.
END_CHECKS = codes(
    ("body_removed", N_("Boiler body removed"), ["炉体移除", "本体拆除"]),
    ("furnace_broken", N_("Furnace broken, or key parts taken out"), ["炉膛破坏或关键部件拆除", "炉膛破坏"]),
    ("pipes_cut", N_("Flue and pipes cut"), ["烟囱管道切断", "管路切断"]),
    ("yard_cleared", N_("Coal yard cleared"), ["煤场清空"]),
    ("fuel_changed", N_("Converted to another fuel"), ["燃料改造"]),
    ("hard_to_reverse", N_("Hard to change back to coal"), ["难以恢复"]),
    ("within_limits", N_("Within limits by the monitoring report"), ["监测达标"]),
)
CHECKLISTS: dict[str, tuple[str, ...]] = {
    "A": ("body_removed", "pipes_cut", "yard_cleared"),
    "B": ("furnace_broken", "pipes_cut"),
    "C": ("fuel_changed", "hard_to_reverse", "within_limits"),
}
END_PAPERS: dict[str, tuple[str, ...]] = {"C": ("monitoring_report",)}  # what an end state is shown by

COORD_SOURCES = codes(
    ("gps", N_("GPS"), ["GPS", "手持GPS"]),
    ("typed", N_("Typed"), ["手填", "台账"]),
    ("picked", N_("Picked on the map"), ["图上点选"]),
    ("gcj02", N_("Converted from GCJ-02"), ["GCJ转换", "高德"]),
    ("bd09", N_("Converted from BD-09"), ["百度转换", "百度"]),
    ("projected", N_("Converted from a projection"), ["投影转换"]),
    ("photo", N_("From a photograph"), ["照片"]),
)

BANDS = codes(
    ("inside", N_("Inside")),
    ("within_5km", N_("Within 5 km")),
    ("within_10km", N_("5 to 10 km")),
    ("beyond", N_("Beyond 10 km")),
)

ORIGINS = codes(
    ("entered", N_("Newly registered"), ["新登记"]),
    ("imported", N_("Imported"), ["导入"]),
    ("migrated", N_("Moved in as claimed"), ["迁入"]),
)

# How a boiler that a baseline does not hold came to be outside it; the last is said while nobody knows.
OUTSIDE_KINDS = codes(
    ("added", N_("Added after the baseline"), ["新增"]),
    ("missed", N_("Missed by the baseline"), ["漏报"]),
    ("unsorted", N_("Outside, not told which"), ["待判明"]),
)

EXCLUDE_REASONS = codes(
    ("not_coal", N_("Not coal-fired"), ["非燃煤"]),
    ("duplicate", N_("Duplicate"), ["重复"]),
    ("absent", N_("Does not exist"), ["不存在"]),
)

REBOUND_REASONS = codes(
    ("relit", N_("Relit"), ["复燃"]),
    ("rebuilt", N_("Rebuilt at the place"), ["原址新建"]),
    ("false_acceptance", N_("False acceptance"), ["虚假验收"]),
    ("unsealed", N_("Seal broken"), ["封存解封"]),
)
