"""The corner points of protection zones: numbered clockwise, as on the map and in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.carto.display import Floats
from app.domain.coordinates.formats import dms
from app.i18n import N_, tr
from app.printing.request import IntakePoint, ZoneOutline
from app.printing.table import Cell, head

LEVEL_ORDER = ("first", "second", "quasi")
LEVELS = {
    "first": N_("First-level zone"),
    "second": N_("Second-level zone"),
    "quasi": N_("Quasi-protection zone"),
}
PARTS = {"water": N_("Water area"), "land": N_("Land area"), "whole": ""}


@dataclass(frozen=True)
class Corner:
    """One corner point: the number written on the map and in the table, its place in degrees, a remark."""

    label: str
    lon: float
    lat: float
    remark: str = ""


@dataclass(frozen=True)
class CornerGroup:
    """The corner points of one level and part, in order."""

    title: str
    corners: tuple[Corner, ...]


def corner_groups(zones: Sequence[ZoneOutline], intakes: Sequence[IntakePoint]) -> list[CornerGroup]:
    """All rows of the coordinate table: the intakes first, then each zone by level."""
    groups = []
    if intakes:
        wells = tuple(Corner(point.no, point.lon, point.lat) for point in intakes)
        groups.append(CornerGroup(tr("Intake"), wells))
    ordered = sorted(zones, key=lambda zone: LEVEL_ORDER.index(zone.level))
    for level in LEVEL_ORDER:
        of_level = [zone for zone in ordered if zone.level == level]
        number = 0
        for zone in of_level:
            corners = _numbered(zone, LEVEL_ORDER.index(level) + 1, number)
            number += len(corners)
            groups.append(CornerGroup(zone_title(zone), corners))
    return groups


def zone_title(zone: ZoneOutline) -> str:
    """A zone in words: 一级保护区 陆域."""
    part = PARTS.get(zone.part, "")
    return tr(LEVELS[zone.level]) + (f"\n{tr(part)}" if part else "")


def _numbered(zone: ZoneOutline, level: int, before: int) -> tuple[Corner, ...]:
    rings = [np.array(zone.corners, dtype=float)] if zone.corners else clockwise_rings(zone.geometry)
    corners: list[Corner] = []
    for number, ring in enumerate(rings):
        remark = tr("Part {n}", n=number + 1) if len(rings) > 1 else ""
        for index, (lon, lat) in enumerate(ring.tolist()):
            label = f"{level}-{before + len(corners) + 1}"
            corners.append(Corner(label, lon, lat, remark if index == 0 else ""))
    return tuple(corners)


def clockwise_rings(geometry: BaseGeometry) -> list[Floats]:
    """The outer rings of a polygon, the largest first, each clockwise from its north-western corner, open."""
    parts = sorted(shapely.get_parts(geometry), key=lambda part: -part.area)
    rings = []
    for part in parts:
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        ring = np.asarray(part.exterior.coords, dtype=float)[:-1, :2]
        if shapely.is_ccw(part.exterior):
            ring = ring[::-1]
        start = int(np.argmax(ring[:, 1] - ring[:, 0]))
        rings.append(np.roll(ring, -start, axis=0))
    return rings


def table_head() -> list[Cell]:
    """The columns of the gazette: level and extent, number, east, north, remark."""
    names = (
        N_("Level and extent"),
        N_("Corner no."),
        N_("East longitude"),
        N_("North latitude"),
        N_("Remark"),
    )
    return [head(tr(name)) for name in names]


def table_rows(groups: Sequence[CornerGroup]) -> list[tuple[str, Corner]]:
    """One row a corner, each with the title of its group."""
    return [(group.title, corner) for group in groups for corner in group.corners]


def row_cells(rows: Sequence[tuple[str, Corner]]) -> list[list[Cell]]:
    """Cells of some rows, degrees to one second; the first column is merged over rows of one group."""
    cells: list[list[Cell]] = []
    for index, (title, corner) in enumerate(rows):
        same = index > 0 and rows[index - 1][0] == title
        length = next((n for n, row in enumerate(rows[index:]) if row[0] != title), len(rows) - index)
        first = [] if same else [Cell(title if length > 1 else title.replace("\n", ""), rows=length)]
        words = (corner.label, dms(corner.lon, 0), dms(corner.lat, 0), corner.remark)
        cells.append([*first, *(Cell(word) for word in words)])
    return cells
