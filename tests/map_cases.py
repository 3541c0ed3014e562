"""A little ground for map tests: two counties, a few boilers, a zone; made once, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from app.carto.features import Extent, FeatureColumns, as_columns, within
from app.printing.request import (
    BoilerMapContent,
    IntakePoint,
    SheetMeta,
    Totals,
    TotalsRow,
    ZoneOutline,
    ZoneSheetContent,
)

WEST = shapely.box(106.5, 35.3, 106.8, 35.6)
EAST = shapely.box(106.8, 35.3, 107.1, 35.6)
ZONE = shapely.Polygon([(106.60, 35.50), (106.60, 35.51), (106.62, 35.51), (106.62, 35.50)])
INNER = shapely.Polygon([(106.608, 35.504), (106.608, 35.507), (106.612, 35.507), (106.612, 35.504)])

DIVISIONS = [
    {"uid": "d1", "geometry": WEST, "level": "county", "name": "崆峒区"},
    {"uid": "d2", "geometry": EAST, "level": "county", "name": "泾川县"},
]
META = SheetMeta(
    org="平凉市生态环境局",
    maker="李某",
    checker="王某",
    made_on="2026-11-23",
    data_as_of="2026-11-22",
    sheet_no="图7",
    snapshot="S-1",
)


def boiler(uid: str, lon: float | None, lat: float = 35.4, **values: Any) -> dict[str, Any]:
    """A boiler row; without a longitude it has no place."""
    geometry = None if lon is None else shapely.Point(lon, lat)
    return {"uid": uid, "geometry": geometry, "status": "planned", "rated_tph": 2.0, "serial": uid, **values}


BOILERS = [
    boiler("1", 106.55),
    boiler("2", 106.60, status="cleared", rated_tph=10.0),
    boiler("3", 106.65, status="rebound"),
    boiler("4", 106.70, status="in_progress", rated_tph=None),
    boiler("5", None, status="cleared"),
]


class MemorySource:
    """Features held in memory by entity, each row a mapping with `uid`, `geometry` and values."""

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._rows = rows

    def columns(self, entity: str, fields: Sequence[str], extent: Extent | None) -> FeatureColumns:
        """The rows of `entity` that touch `extent`."""
        found = as_columns(self._rows.get(entity, ()), fields)
        return found if extent is None else within(found, extent)


def source(**more: list[dict[str, Any]]) -> MemorySource:
    """The ground with its boilers, and whatever else a test adds."""
    return MemorySource({"division": DIVISIONS, "boiler": BOILERS, **more})


def boiler_columns(rows: list[dict[str, Any]] | None = None) -> FeatureColumns:
    """Boilers as the boiler map wants them."""
    return as_columns(BOILERS if rows is None else rows, ["status", "rated_tph", "serial", "synthetic"])


def boiler_content(rows: list[dict[str, Any]] | None = None) -> BoilerMapContent:
    """A boiler map of the western county."""
    row = TotalsRow("崆峒区", Totals(5, 16.0), Totals(2, 12.0), Totals(0, 0.0), Totals(1, 2.0), total=True)
    return BoilerMapContent("崆峒区", WEST, boiler_columns(rows), (row,), source())


def zone_content(**changed: Any) -> ZoneSheetContent:
    """A source with a first and a second level zone and one well."""
    given: dict[str, Any] = {
        "source_name": "景家庄水源地",
        "zones": (
            ZoneOutline("second", shapely.difference(ZONE, INNER), area_doc_km2=2.0),
            ZoneOutline("first", INNER),
        ),
        "base": source(),
        "intakes": (IntakePoint("1号井", 106.61, 35.505),),
        "approval": "甘政函〔2018〕1号",
    }
    return ZoneSheetContent(**{**given, **changed})
