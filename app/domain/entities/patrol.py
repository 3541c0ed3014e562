"""Patrols (巡查记录): that somebody went through a grid cell: the day, the mode, what was found."""

from __future__ import annotations

from app.domain.entity import Entity, entity
from app.domain.fields import Withheld, boolean, choice, codes, date, reference, text, texts
from app.i18n import N_

PATROL_MODES = codes(
    ("routine", N_("Routine patrol"), ["日常巡查"]),
    ("random", N_("Random check"), ["随机抽查"]),
    ("open", N_("Open inspection"), ["明查"]),
    ("covert", N_("Unannounced visit"), ["暗访"]),
    ("special", N_("Special campaign"), ["专项", "专项检查"]),
    ("lookback", N_("Look-back"), ["回头看"]),
)
PATROL_RESULTS = codes(
    ("normal", N_("In order"), ["正常"]),
    ("problem", N_("Problem found"), ["发现问题"]),
    ("mended", N_("Mended on the spot"), ["当场整改"]),
)


@entity(label=N_("Patrol"), cli="patrol", key="uid", title=("grid_code", "patrolled_on"))
class Patrol(Entity):
    """One patrol of one cell. It belongs to the cell, and with it to the cell's area."""

    cell: str = reference(N_("Grid cell"), "grid_cell", length=36, required=True, indexed=True, derived=True)
    grid_code: str = text(N_("Grid code"), length=40, required=True, search=True, derived=True)
    div_code: str | None = reference(N_("Division"), "division", default=None, length=12, derived=True)
    patrolled_on: str = date(N_("Day of the patrol"), required=True, indexed=True, aliases=("巡查日期",))
    started: str | None = text(
        N_("Begun at"), default=None, length=5, hint=N_("Time of day, such as 08:30"), aliases=("开始时间",)
    )
    ended: str | None = text(
        N_("Ended at"), default=None, length=5, hint=N_("Time of day, such as 08:30"), aliases=("结束时间",)
    )
    mode: str = choice(N_("Mode of patrol"), PATROL_MODES, required=True, aliases=("巡查方式",))
    result: str = choice(N_("Result"), PATROL_RESULTS, required=True, aliases=("巡查结果",))
    inspectors: tuple[str, ...] = texts(
        N_("Patrolled by"), default=(), withheld=Withheld.PEOPLE, aliases=("巡查人员",)
    )
    note: str | None = text(N_("Note"), default=None, length=500, aliases=("备注",), withheld=Withheld.WORDS)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)
