"""The simulated grid tree: city, county, township and village cells; regular squares are an action's work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.demo.seed import MARK, uid
from app.domain.entities.division import Division
from app.domain.entities.grid_cell import GridCell

LEVELS = {"city": 1, "county": 2, "town": 3, "village": 4}
_PATROLS = {2: "每月1次", 4: "每周2次（采暖期每日1次）"}
_PATROLS_OF_TOWNS = ((100, "每周2次"), (200, "每周1次"), (400, "每月2次"))  # below: streets, 镇, 乡


def admin_code(division: str, serial: int = 1) -> str:
    """The code of an administrative cell: the division's code and a serial."""
    return f"{division}-{serial:02d}"


def admin_cells(divisions: Sequence[Division]) -> list[GridCell]:
    """One cell for each division in force, with the division's area; villages have none."""
    current = [item for item in divisions if item.level in LEVELS and not item.valid_to]
    return [_cell(item) for item in current]


def _cell(division: Division) -> GridCell:
    level = LEVELS[division.level]
    values: dict[str, Any] = {
        "grid_code": admin_code(division.code),
        "name": f"{division.name}网格{MARK}",
        "kind": "admin",
        "level": level,
        "parent": admin_code(division.parent_code) if division.parent_code else None,
        "div_code": division.code,
        "clipped": False,
        "patrol_freq": _patrols(division, level),
        "synthetic": True,
    }
    return GridCell(uid=uid("cell", division.code), geometry=division.geometry, **values)


def _patrols(division: Division, level: int) -> str | None:
    """How often a cell is gone through: townships by their kind, which the code tells; others not yet."""
    if division.level != "town":
        return _PATROLS.get(level)
    serial = int(division.code[6:9])
    return next((words for below, words in _PATROLS_OF_TOWNS if serial < below), None)
