"""Drinking-water sources, their intakes and their protection zones (饮用水水源地与保护区)."""

from __future__ import annotations

from app.domain.entity import Entity, Shape, entity
from app.domain.fields import Merge, Withheld, boolean, choice, codes, date, integer, number, reference, text
from app.i18n import N_

SCALES = codes(
    ("prefecture", N_("Prefecture level"), ["地级", "地市级"]),
    ("county", N_("County level"), ["县级"]),
    ("town", N_("Township level"), ["乡镇", "乡镇级"]),
    ("thousand_tons", N_("Thousand tons, ten thousand people"), ["千吨万人"]),
    ("thousand_people", N_("Over a thousand people"), ["千人以上"]),
    ("scattered", N_("Scattered"), ["分散"]),
)
SOURCE_TYPES = codes(
    ("river", N_("River"), ["河流", "河流型"]),
    ("lake", N_("Lake or reservoir"), ["湖泊水库", "湖库型", "水库"]),
    ("ground_pore", N_("Groundwater, pore"), ["地下水", "孔隙水", "地下水(孔隙)"]),
    ("ground_fissure", N_("Groundwater, fissure"), ["裂隙水", "地下水(裂隙)"]),
    ("ground_karst", N_("Groundwater, karst"), ["岩溶水", "地下水(岩溶)"]),
    ("other", N_("Other"), ["其他"]),
)
SOURCE_USES = codes(
    ("in_use", N_("In use"), ["在用"]),
    ("reserve", N_("In reserve"), ["备用"]),
    ("planned", N_("Planned source"), ["规划"]),
    ("withdrawn", N_("Withdrawn"), ["撤销"]),
)
ZONE_LEVELS = codes(
    ("first", N_("First-level zone"), ["一级", "一级保护区", "1"]),
    ("second", N_("Second-level zone"), ["二级", "二级保护区", "2"]),
    ("quasi", N_("Quasi-protection zone"), ["准", "准保护区", "3"]),
)
ZONE_PARTS = codes(
    ("water", N_("Water area"), ["水域"]),
    ("land", N_("Land area"), ["陆域"]),
    ("whole", N_("Whole"), ["整体"]),
)
METHODS = codes(
    ("analogy", N_("Analogy"), ["类比经验法"]),
    ("response_time", N_("Emergency response time"), ["应急响应时间法"]),
    ("model", N_("Numerical model"), ["数值模型"]),
    ("formula", N_("Empirical formula"), ["经验公式"]),
)


@entity(label=N_("Water source"), cli="source", key="name", title=("name",), shape=Shape.POINT)
class WaterSource(Entity):
    """A centralised drinking-water source; its code is given by the authority, never generated."""

    name: str = text(
        N_("Name"), length=80, required=True, unique=True, search=True, aliases=("水源地名称", "名称")
    )
    source_code: str | None = text(
        N_("Source code"), default=None, length=40, search=True, aliases=("水源地编码", "编码")
    )
    legacy_codes: str | None = text(N_("Former codes"), default=None, length=100)
    div_code: str | None = reference(
        N_("Division"), "division", default=None, length=12, aliases=("行政区", "所在地", "县区")
    )
    scale: str | None = choice(N_("Level"), SCALES, default=None, aliases=("水源地级别", "级别"))
    type: str | None = choice(N_("Type"), SOURCE_TYPES, default=None, aliases=("水源类型", "类型"))
    use: str | None = choice(N_("In use or reserve"), SOURCE_USES, default=None, aliases=("状态", "使用状态"))
    m3_per_day: float | None = number(
        N_("Supply"), default=None, unit="m³/d", minimum=0, aliases=("供水规模", "供水量")
    )
    population: int | None = integer(
        N_("People served"), default=None, minimum=0, aliases=("供水人口", "服务人口")
    )
    note: str | None = text(N_("Note"), default=None, length=500, withheld=Withheld.WORDS, aliases=("备注",))
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@entity(label=N_("Intake"), cli="intake", key="uid", title=("no",), shape=Shape.POINT)
class Intake(Entity):
    """A well or river intake of a source; its place is sensitive and never leaves in a public edition."""

    no: str = text(N_("Intake no."), length=20, required=True, withheld=Withheld.PLACE)
    source: str = reference(
        N_("Water source"), "water_source", length=36, required=True, withheld=Withheld.PLACE
    )
    depth_m: float | None = number(N_("Depth"), default=None, unit="m", minimum=0, withheld=Withheld.PLACE)
    elevation_m: float | None = number(N_("Elevation"), default=None, unit="m", withheld=Withheld.PLACE)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@entity(label=N_("Protection zone"), cli="zone", key="name", title=("name",), shape=Shape.MULTIPOLYGON)
class ProtectionZone(Entity):
    """One level of a source's protection zone; the approved area is kept beside the computed one."""

    name: str = text(N_("Name"), length=100, required=True, unique=True, search=True, aliases=("保护区名称",))
    source: str | None = reference(
        N_("Water source"), "water_source", default=None, length=36, aliases=("水源地",)
    )
    level: str = choice(N_("Zone level"), ZONE_LEVELS, required=True, indexed=True, aliases=("保护区级别",))
    part: str | None = choice(N_("Part"), ZONE_PARTS, default=None, aliases=("水域/陆域",))
    approval_no: str | None = text(N_("Approval no."), default=None, length=80, aliases=("批复文号",))
    approval_date: str | None = date(N_("Approved on"), default=None, aliases=("批复日期",))
    approval_org: str | None = text(N_("Approved by"), default=None, length=80, aliases=("批复机关",))
    area_doc_km2: float | None = number(
        N_("Approved area"),
        default=None,
        unit="km²",
        decimals=4,
        minimum=0,
        merge=Merge.PICK,
        aliases=("批复面积", "面积"),
    )
    area_calc_km2: float | None = number(
        N_("Computed area"), default=None, unit="km²", decimals=4, derived=True
    )
    perimeter_m: float | None = number(N_("Perimeter"), default=None, unit="m", decimals=1, derived=True)
    coord_precision: str | None = text(N_("Precision of the corner points"), default=None, length=20)
    method: str | None = choice(N_("Delineated by"), METHODS, default=None, aliases=("划定依据",))
    valid_to: str | None = date(N_("Superseded on"), default=None)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@entity(
    label=N_("Built-up area"), cli="builtup", key="name", title=("name", "year"), shape=Shape.MULTIPOLYGON
)
class BuiltUpArea(Entity):
    """The built-up area (建成区) of a city or county seat in a given year."""

    name: str = text(N_("Name"), length=80, required=True, search=True)
    div_code: str | None = reference(N_("Division"), "division", default=None, length=12)
    year: int = integer(N_("Year"), required=True, minimum=1990, maximum=2100)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)
