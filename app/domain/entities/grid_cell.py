"""Atmospheric grid cells (大气污染防治网格): the four-level tree and the regular squares."""

from __future__ import annotations

from app.domain.entity import Entity, Shape, entity
from app.domain.fields import Merge, boolean, choice, codes, integer, reference, text
from app.i18n import N_

CELL_KINDS = codes(
    ("admin", N_("Administrative cell"), ["行政网格"]),
    ("regular", N_("Regular cell"), ["规则网格"]),
    ("hot", N_("Hot cell"), ["热点网格"]),
    ("key", N_("Key area"), ["重点区域"]),
)


@entity(
    label=N_("Grid cell"), cli="cell", key="grid_code", title=("grid_code", "name"), shape=Shape.MULTIPOLYGON
)
class GridCell(Entity):
    """A cell of the grid; `level` 1 city, 2 county, 3 township, 4 village (the words differ by place)."""

    grid_code: str = text(
        N_("Grid code"), length=40, required=True, unique=True, search=True, aliases=("网格编码", "编码")
    )
    name: str | None = text(N_("Name"), default=None, length=60, search=True, aliases=("网格名称", "名称"))
    kind: str = choice(N_("Kind"), CELL_KINDS, required=True, indexed=True, aliases=("类型",))
    level: int | None = integer(
        N_("Level"), default=None, minimum=1, maximum=4, indexed=True, aliases=("级别",)
    )
    size_m: int | None = integer(N_("Side"), default=None, unit="m", minimum=1, aliases=("边长",))
    parent: str | None = text(N_("Parent cell"), default=None, length=40, indexed=True, aliases=("上级网格",))
    div_code: str | None = reference(
        N_("Division"), "division", default=None, length=12, merge=Merge.PICK, aliases=("行政区",)
    )
    clipped: bool | None = boolean(N_("Clipped at the boundary"), default=None)
    patrol_freq: str | None = text(N_("Patrol frequency"), default=None, length=40, aliases=("巡查频次",))
    synthetic: bool | None = boolean(N_("Synthetic"), default=None, hint=N_("Made for the demo; not real"))
