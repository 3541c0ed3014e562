"""A file of common points: the same marks in an old system and in CGCS2000, one a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.domain.coordinates.datum import PointPair, meridian_of
from app.domain.coordinates.notation import read_axis
from app.domain.coordinates.zones import is_geographic, transform, zone_number
from app.errors import Invalid
from app.exchange.grid import Value, is_blank, text_of
from app.exchange.grid_positions import between, prefix_crs, split_metres
from app.exchange.workbook import open_book
from app.i18n import N_

_LON, _LAT = (73.0, 136.0), (3.0, 54.0)


def read_point_pairs(path: Path, crs: str) -> list[PointPair]:
    """The points of a table or text: a name if there is one, two numbers in `crs`, two in CGCS2000.

    Each pair may be north first or east first, metres or degrees; new metres without a zone number are of
    the zone of `crs`. Raises Invalid for a row that is not so, and for a file without any.
    """
    sheet = next(sheet for sheet in open_book(path).sheets if not sheet.is_empty)
    found: list[PointPair] = []
    for index, row in enumerate(sheet.rows):
        cells = [cell for cell in row if not is_blank(cell)]
        numbers = [value for cell in cells[-4:] if (value := _number(cell)) is not None]
        if len(cells) < 4 or len(numbers) < 4:
            if found:
                raise _bad(path, sheet.first_row + index)
            continue
        name = " ".join(text_of(cell) for cell in cells[:-4]) or str(len(found) + 1)
        old, new = _old(numbers[:2], crs), _new(numbers[2:], crs)
        if old is None or new is None:
            raise _bad(path, sheet.first_row + index)
        found.append(PointPair(name, old, new))
    if not found:
        raise Invalid(
            N_("There are no common points in “{file}”."),
            hint=N_("Write one point a row: name, two old coordinates, two coordinates in CGCS2000."),
            code="points",
            file=path.name,
        )
    return found


def _number(cell: Value) -> float | None:
    if isinstance(cell, bool):
        return None
    return float(cell) if isinstance(cell, int | float) else read_axis(text_of(cell))


def _bad(path: Path, row: int) -> Invalid:
    return Invalid(
        N_("Row {row} of “{file}” is no common point."),
        hint=N_("Write one point a row: name, two old coordinates, two coordinates in CGCS2000."),
        code="points",
        file=path.name,
        row=row,
    )


def _old(pair: Sequence[float], crs: str) -> tuple[float, float] | None:
    if is_geographic(crs):
        return _ordered(pair, _LON, _LAT)
    metres = split_metres(*pair)
    return (metres[0] + 1e6 * zone_number(crs), metres[2]) if metres else None


def _new(pair: Sequence[float], crs: str) -> tuple[float, float] | None:
    degrees = _ordered(pair, _LON, _LAT)
    metres = split_metres(*pair)
    if degrees is not None or metres is None:
        return degrees
    east, prefix, north = metres
    same_zone = "" if is_geographic(crs) else f"tm:{meridian_of(crs)}"
    system = prefix_crs(prefix) if prefix else same_zone
    if not system:
        return None
    xs, ys = transform([east + 1e6 * prefix], [north], system)
    return float(xs[0]), float(ys[0])


def _ordered(
    pair: Sequence[float], first: tuple[float, float], second: tuple[float, float]
) -> tuple[float, float] | None:
    a, b = pair
    if between(a, first) and between(b, second):
        return a, b
    return (b, a) if between(b, first) and between(a, second) else None
