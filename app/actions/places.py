"""Places: which division, cell, people, zone and built-up area a point lies in, for one or thousands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import Point

from app.actions.action import action
from app.actions.session import Session
from app.domain.coordinates.measure import zone_measures
from app.domain.entities.people import Assignment, Person
from app.domain.entities.sketch import form_of
from app.domain.entity import Entity
from app.domain.filters import Condition, equal, where
from app.domain.surroundings import Surroundings
from app.i18n import N_

_LEVEL_ORDER = {"province": 0, "city": 1, "county": 2, "town": 3, "village": 4, "development_zone": 5}


@dataclass(frozen=True)
class Layer:
    """The polygons of one entity near the points asked about, with the fields an answer needs."""

    uids: Sequence[str]
    shapes: np.ndarray[Any, Any]
    values: dict[str, np.ndarray[Any, Any]]
    tree: STRtree

    def at(self, point: Point) -> list[int]:
        """The rows whose polygon holds the point, boundary included."""
        return sorted(int(row) for row in self.tree.query(point, predicate="intersects"))


@dataclass(frozen=True)
class Answer:
    """What lies at a point. Divisions from the city down; people are those of the cells there."""

    x: float
    y: float
    divisions: tuple[dict[str, Any], ...] = ()
    cells: tuple[dict[str, Any], ...] = ()
    people: tuple[dict[str, Any], ...] = ()
    zones: tuple[dict[str, Any], ...] = ()
    in_builtup: bool | None = None
    band: str | None = None


@dataclass
class Places:
    """The polygons around some points, read once: divisions, cells, zones and built-up areas."""

    session: Session
    box: tuple[float, float, float, float]
    layers: dict[str, Layer] = field(default_factory=dict)

    def layer(self, entity: str, names: tuple[str, ...]) -> Layer:
        """The polygons of one entity that touch the box."""
        if entity not in self.layers:
            found = self.session.workspace.columns(entity, names, self.box)
            shapes = np.asarray(found.geometry, dtype=object)
            self.layers[entity] = Layer(list(found.uids), shapes, dict(found.values), STRtree(shapes))
        return self.layers[entity]

    def answer(self, point: Point) -> Answer:
        """What lies at the point (EPSG:4490), without people."""
        divisions = self._rows("division", ("code", "name", "level", "synthetic"), point)
        divisions.sort(key=lambda row: _LEVEL_ORDER.get(row["level"], 9))
        cells = self._rows("grid_cell", ("grid_code", "name", "kind", "level", "size_m"), point)
        cells.sort(key=lambda row: (row["level"] is None, row["level"] or 0))
        all_zones = self._rows("protection_zone", ("name", "level", "source", "valid_to"), point)
        zones = [row for row in all_zones if not row.pop("valid_to")]  # superseded zones protect nothing
        found = {name: values[0] for name, values in self.around.look([point]).items()}
        inside, band = found["in_builtup"], found["band"]
        return Answer(point.x, point.y, tuple(divisions), tuple(cells), (), tuple(zones), inside, band)

    @cached_property
    def around(self) -> Surroundings:
        """The built-up areas that count, and their bands."""
        return self.session.workspace.surroundings()

    def _rows(self, entity: str, names: tuple[str, ...], point: Point) -> list[dict[str, Any]]:
        layer = self.layer(entity, names)
        return [
            {"uid": layer.uids[row], **{name: layer.values[name][row] for name in names}}
            for row in layer.at(point)
        ]


def places_around(session: Session, points: Sequence[Point]) -> Places:
    """The polygons around these points (at least one)."""
    box = tuple(float(value) for value in shapely.total_bounds(np.asarray(points, dtype=object)))
    return Places(session, (box[0], box[1], box[2], box[3]))


@action(N_("Go to a coordinate…"), "map", shortcut="Ctrl+G", icon="goto", command="locate")
def locate(session: Session, x: float, y: float) -> Answer:
    """What lies at a point in EPSG:4490, and who answers for its cells today."""
    point = Point(x, y)
    found = places_around(session, [point]).answer(point)
    return Answer(
        **{**found.__dict__, "people": tuple(_people(session, [row["uid"] for row in found.cells]))}
    )


def derived_values(session: Session, record: Entity, places: Places | None = None) -> dict[str, Any]:
    """The fields a boiler takes from its place when it is written: township and cell; and those a protection
    zone or a sketch takes from its outline.

    The stated county is kept: the township under the point is taken only when it belongs to it. Built-up
    area, band and zone are not among them: they are worked out whenever the record is read.
    """
    place = record.geometry
    if record.TYPE.name == "protection_zone" and place is not None:
        return dict(zone_measures(place))
    if record.TYPE.name == "sketch" and place is not None:
        return {"form": form_of(place.geom_type)}
    if record.TYPE.name != "boiler" or not isinstance(place, Point):
        return {}
    found = (places or places_around(session, [place])).answer(place)
    stated = getattr(record, "div_code", None) or ""
    towns = [row["code"] for row in found.divisions if row["level"] == "town"]
    counties = [row["code"] for row in found.divisions if row["level"] == "county"]
    fitting = [code for code in (*towns, *counties) if code.startswith(stated)]
    regular = [row["grid_code"] for row in found.cells if row["kind"] == "regular"]
    admin = [row["grid_code"] for row in found.cells if row["kind"] != "regular"]
    return {
        "div_code": fitting[0] if fitting and len(stated) <= 6 else (stated or None),
        "grid_code": next(iter(regular or admin[::-1]), None),
    }


def _people(session: Session, cells: list[str]) -> list[dict[str, Any]]:
    if not cells:
        return []
    duties = session.workspace.find(Assignment, where(Condition("cell", "in", tuple(cells))))
    current = [item for item in duties if not item.valid_to or item.valid_to >= session.today]
    named = {item.uid: item for item in session.workspace.find(Person, equal())}
    return [
        {
            "duty": item.duty,
            "name": named[item.person].name,
            "phone": named[item.person].phone,
            "cell": item.cell,
        }
        for item in current
        if item.person in named
    ]
