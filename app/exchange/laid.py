"""Map files beside a window: what they hold is looked through, and read in parts, in another process when
they are long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from app.domain.coordinates.zones import STORED, transform
from app.domain.imagery import Extent
from app.domain.portions import from_wkb, in_portions, portions
from app.errors import Invalid
from app.exchange.apart import parts_of
from app.exchange.grid import Book, Sheet, Value
from app.exchange.spatial import read_spatial
from app.exchange.ticking import Tick, go_on
from app.i18n import N_
from app.litter import kept

_FARTHEST = 1e8  # metres, with a zone before them or not; beyond it no system has a place
Objects = NDArray[np.object_]


@dataclass(frozen=True)
class OfferedLayer:
    """A layer of a file that may be laid over the map: how many features, where, in which stated system;
    `placeless` of them have no shape, or coordinates that are no place in any system."""

    part: str
    count: int
    extent: Extent | None
    crs: str
    placeless: int = 0


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a layer in degrees EPSG:4490 (shapely, or None), and their values by field."""

    geometry: Objects
    values: dict[str, Objects]


@dataclass(frozen=True)
class _Begun:
    """A sheet whose `count` rows and geometries follow."""

    sheet: Sheet
    count: int


@dataclass(frozen=True)
class _Part:
    """Some rows of a sheet, by the column, as few objects come faster, and their geometries as WKB."""

    columns: list[tuple[Value, ...]]
    wkb: list[bytes | None]


def offered_layers(path: Path, tick: Tick = go_on) -> list[OfferedLayer]:
    """The layers of a map file with features that have a place; raises Invalid naming what is wrong, and what
    `tick` raises."""
    return list(parts_of(path, _offers, tick=tick))


def read_layer(path: Path, part: str, encoding: str, crs: str, tick: Tick = go_on) -> Features:
    """The features of a layer whose coordinates are in `crs`; raises Invalid when it is no longer there or
    the system has no exact way to degrees, and what `tick` raises."""
    reached = 0.0

    def go(share: float) -> None:
        nonlocal reached
        reached = share
        tick(share)

    every: Any = parts_of(path, _layer, part, encoding, crs, tick=lambda _: tick(reached))
    with closing(every) as parts:
        head = next(parts)
        with kept(head.count):  # a million values lie on the map for long: no sweep needs to look at them
            return _gathered(head, parts, go)


def _gathered(head: _Begun, parts: Iterator[_Part], tick: Tick) -> Features:
    places = np.empty(head.count, dtype=object)
    columns = [np.empty(head.count, dtype=object) for _ in head.sheet.headings]
    done = 0
    for some in parts:  # into their places at once: to join a million objects is one long call
        here = slice(done, done + len(some.wkb))
        places[here] = from_wkb(_objects(some.wkb))
        for column, values in zip(columns, some.columns, strict=True):
            column[here] = _objects(values)
        done = here.stop
        tick(done / head.count)
    return Features(places, dict(zip(head.sheet.headings, columns, strict=True)))


def read_book(path: Path, encoding: str | None, tick: Tick = go_on) -> Book:
    """All layers of a map file as sheets, like `read_spatial`; raises what `tick` raises."""
    sheets: list[Sheet] = []
    with closing(parts_of(path, _sheets, encoding, tick=tick)) as parts:
        for part in parts:
            match part:
                case _Begun(sheet=sheet):
                    rows, places = list[Sequence[Value]](), list[Any]()
                    sheets.append(replace(sheet, rows=rows, geometries=places))
                case _Part():
                    rows += zip(*part.columns, strict=True) if part.columns else [()] * len(part.wkb)
                    places += from_wkb(_objects(part.wkb)).tolist()
                case Book() as book:
                    return replace(book, sheets=sheets)
    raise AssertionError("a book ends with itself")


def _offers(path: Path) -> Iterator[OfferedLayer]:
    none = True
    for sheet in read_spatial(path).sheets:
        boxes = in_portions(shapely.bounds, _objects(sheet.geometries)).reshape(-1, 4)
        with np.errstate(invalid="ignore"):
            placed = (np.abs(boxes) < _FARTHEST).all(axis=1)
        if placed.any():
            none = False
            west, south = boxes[placed, :2].min(axis=0).tolist()
            east, north = boxes[placed, 2:].max(axis=0).tolist()
            lost = len(boxes) - int(placed.sum())
            yield OfferedLayer(sheet.name, len(sheet.rows), (west, south, east, north), sheet.crs, lost)
    if none:
        raise Invalid(
            N_("No feature of “{file}” has a place on the map."),
            code="no_places",
            hint=N_("A table with coordinates in columns is imported: drop it beside the map."),
            file=path.name,
        )


def _layer(path: Path, part: str, encoding: str, crs: str) -> Iterator[_Begun | _Part]:
    sheets = read_spatial(path, encoding or None, only=part).sheets
    found = next((sheet for sheet in sheets if sheet.name == part), None)
    if found is None:
        raise Invalid(
            N_("“{file}” no longer holds the layer “{layer}”."),
            code="no_layer",
            file=path.name,
            layer=part,
        )
    yield from _in_parts(found, in_degrees(_objects(found.geometries), crs))


def _sheets(path: Path, encoding: str | None) -> Iterator[_Begun | _Part | Book]:
    book = read_spatial(path, encoding)
    for sheet in book.sheets:
        yield from _in_parts(sheet, _objects(sheet.geometries))
    yield replace(book, sheets=())


def _in_parts(sheet: Sheet, geometry: Objects) -> Iterator[_Begun | _Part]:
    yield _Begun(replace(sheet, rows=(), geometries=()), len(geometry))
    for part in portions(geometry):
        yield _Part(list(zip(*sheet.rows[part], strict=True)), shapely.to_wkb(geometry[part]).tolist())


def _objects(items: Any) -> Objects:
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


def in_degrees(places: Objects, crs: str) -> Objects:
    """Geometries of a system in degrees EPSG:4490; raises Invalid for one without an exact way there."""
    if crs == STORED:
        return places

    def convert(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transform(xy[:, 0], xy[:, 1], crs))

    moved = [np.asarray(shapely.transform(places[part], convert), dtype=object) for part in portions(places)]
    return np.concatenate(moved) if moved else places
