"""Grid-cell files' own habits: the kind of a cell told by whether it has a side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.exchange.rules.base import Rules


def finish(values: dict[str, Any], units: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """A cell with a side is a square of the regular grid, any other an administrative one."""
    if "kind" not in values:
        values["kind"] = "regular" if values.get("size_m") else "admin"
    return []


GRID_CELL = Rules(
    headings={
        "grid_code": ("网格编号", "网格代码", "网格号", "编号", "代码", "CODE"),
        "name": ("网格", "网格名"),
        "level": ("网格级别", "层级"),
        "parent": ("上级网格编码", "所属网格"),
        "size_m": ("网格边长", "网格大小"),
        "patrol_freq": ("巡查频率",),
    },
    not_read=frozenset({"synthetic", "clipped"}),
    finish=finish,
)
