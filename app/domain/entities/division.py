"""Administrative divisions (行政区划), with former names and the dates they were valid."""

from __future__ import annotations

from app.domain.entity import Entity, Shape, entity
from app.domain.fields import boolean, choice, codes, date, number, reference, text, texts
from app.i18n import N_

LEVELS = codes(
    ("province", N_("Province"), ["省"]),
    ("city", N_("City"), ["市", "地级市"]),
    ("county", N_("County"), ["县", "区", "县区", "县级"]),
    ("town", N_("Township"), ["乡", "镇", "街道", "乡镇"]),
    ("village", N_("Village"), ["村", "社区"]),
    ("development_zone", N_("Development zone"), ["开发区", "工业园区"]),
)


@entity(label=N_("Division"), cli="division", key="code", title=("name",), shape=Shape.MULTIPOLYGON)
class Division(Entity):
    """A division by its GB/T 2260 or statistical code: 6 digits city and county, 9 township, 12 village."""

    code: str = text(
        N_("Division code"), length=12, unique=True, required=True, search=True, aliases=("代码", "编码")
    )
    name: str = text(N_("Name"), length=60, required=True, indexed=True, search=True, aliases=("区划名称",))
    short_name: str | None = text(N_("Short name"), default=None, length=30, search=True)
    aliases: tuple[str, ...] = texts(N_("Former and other names"), default=(), aliases=("曾用名", "别名"))
    level: str = choice(N_("Level"), LEVELS, required=True, indexed=True)
    parent_code: str | None = reference(
        N_("Belongs to"), "division", default=None, length=12, aliases=("上级代码",)
    )
    valid_from: str | None = date(N_("Valid from"), default=None)
    valid_to: str | None = date(N_("Valid to"), default=None)
    replaced_by: str | None = reference(N_("Replaced by"), "division", default=None, length=12)
    area_km2: float | None = number(N_("Area"), default=None, unit="km²", minimum=0)
    boundary_authority: str | None = text(N_("Source of the boundary"), default=None, length=200)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None, hint=N_("Made for the demo; not real"))
