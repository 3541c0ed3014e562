"""The position a row states, as written: two numbers in degrees or metres, before anything is decided about
them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from shapely import Point

from app.domain.coordinates.notation import Box, interpret, read_axis
from app.domain.coordinates.tokens import take_apart
from app.domain.coordinates.zones import is_geographic
from app.exchange.grid import Value, is_blank, text_of
from app.exchange.headings import XY, X, Y
from app.exchange.mapping import Column
from app.exchange.rows import LedgerRow
from app.i18n import N_, tr

_PLACEHOLDERS = {"/", "-", "—", "--", "无", "暂无", "不详", "未知", "待补", "待定", "NULL", "NAN", "N/A"}


class Form(Enum):
    """What the two numbers are."""

    NONE = "none"
    DEGREES = "degrees"
    METRES = "metres"
    BAD = "bad"


@dataclass(frozen=True)
class Written:
    """A stated position: the value of the x column (`a`) and of the y column (`b`), and the text as written.

    `free` means that it stood in one text, where the order of the numbers claims nothing; `swapped` that the
    latitude came first there.
    """

    form: Form
    a: float = 0.0
    b: float = 0.0
    text: str = ""
    why: str = ""
    field: str = X
    free: bool = False
    swapped: bool = False


def read_written(row: LedgerRow, columns: Sequence[Column], box: Box, crs: str) -> Written:
    """The position a row states in its position columns, or in the geometry of its feature."""
    if row.geometry is not None and not row.geometry.is_empty:
        return _of_geometry(row, crs)
    cells = {column.field: row.cell(column.number) for column in columns if not column.part}
    split = [column for column in columns if column.part]
    if split:
        return _of_parts(row, split)
    both, x, y = cells.get(XY), cells.get(X), cells.get(Y)
    if _empty(x) and _empty(y):
        return Written(Form.NONE) if _empty(both) else _of_text(text_of(both), box)
    text = f"{text_of(x)}, {text_of(y)}"
    if _empty(x) or _empty(y):
        alone = text_of(y if _empty(x) else x)
        if len(take_apart(alone).parts) == 2:
            return _of_text(alone, box)
        return Written(
            Form.BAD,
            text=text,
            why=tr(N_("Only one of the two coordinates is there.")),
            field=X if _empty(x) else Y,
        )
    return _of_pair(x, y, text)


def _empty(cell: Value) -> bool:
    return is_blank(cell) or text_of(cell).upper() in _PLACEHOLDERS


def _of_geometry(row: LedgerRow, crs: str) -> Written:
    shape = row.geometry
    assert shape is not None
    point = shape if isinstance(shape, Point) else shape.representative_point()
    # every GeoJSON claims degrees, also one whose numbers are metres
    degrees = max(abs(point.x), abs(point.y)) <= 180 and (not crs or is_geographic(crs))
    text = f"{point.x:.10g}, {point.y:.10g}"
    return Written(Form.DEGREES if degrees else Form.METRES, point.x, point.y, text)


def _of_pair(x: Value, y: Value, text: str) -> Written:
    values = [_axis(cell) for cell in (x, y)]
    for name, value in zip((X, Y), values, strict=True):
        if value is None:
            return Written(
                Form.BAD, text=text, why=tr(N_("“{text}” is no coordinate."), text=text), field=name
            )
    a, b = (value or 0.0 for value in values)
    return _formed(a, b, text)


def _formed(a: float, b: float, text: str, free: bool = False) -> Written:
    if a == 0 and b == 0:
        return Written(Form.NONE, text=text)
    if max(abs(a), abs(b)) <= 180:
        return Written(Form.DEGREES, a, b, text, free=free)
    if min(a, b) >= 50_000:
        return Written(Form.METRES, a, b, text, free=free)
    return Written(
        Form.BAD,
        text=text,
        why=tr(N_("“{text}” are neither degrees nor metres of a Chinese zone."), text=text),
    )


def _axis(cell: Value) -> float | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell)
    return read_axis(text_of(cell))


def _of_parts(row: LedgerRow, columns: Sequence[Column]) -> Written:
    """Degrees, minutes and seconds in columns of their own."""
    scale = {"deg": 1.0, "min": 60.0, "sec": 3600.0}
    totals = {X: 0.0, Y: 0.0}
    texts: dict[str, list[str]] = {X: [], Y: []}
    for column in columns:
        cell = row.cell(column.number)
        if _empty(cell):
            continue
        value = _axis(cell)
        if value is None or (column.part != "deg" and not 0 <= value < 60):
            text = text_of(cell)
            return Written(
                Form.BAD, text=text, why=tr(N_("“{text}” is no coordinate."), text=text), field=column.field
            )
        totals[column.field] += value / scale[column.part]
        texts[column.field].append(text_of(cell))
    if not texts[X] and not texts[Y]:
        return Written(Form.NONE)
    text = ", ".join("°".join(parts) for parts in texts.values())
    if not texts[X] or not texts[Y]:
        return Written(Form.BAD, text=text, why=tr(N_("Only one of the two coordinates is there.")))
    return _formed(totals[X], totals[Y], text)


def _of_text(text: str, box: Box) -> Written:
    """Both coordinates in one text."""
    found = interpret(text, box)
    if not found.readings:
        return Written(Form.BAD, text=text, why=found.refuse, field=XY)
    parts = take_apart(re.sub(r"\s+$", "", text)).parts
    best = next((reading for reading in found.readings if reading.crs == "EPSG:4490"), found.readings[0])
    if (
        len(parts) == 2
        and not any(part.angular for part in parts)
        and min(p.values[0] for p in parts) >= 50_000
    ):
        metres = [part.values[0] for part in parts]
        if found.readings[0].crs.startswith("EPSG:4") and found.readings[0].crs != "EPSG:4490":
            return Written(Form.METRES, metres[0], metres[1], text, field=XY, free=True)
    return Written(Form.DEGREES, best.x, best.y, text, field=XY, free=True, swapped=best.swapped)
