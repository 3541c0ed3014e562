"""The small signs of a map: scale and its bar, north, legend, QR code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import segno

from app.carto.display import Markers, Op, Shapes, Text, polyline, rectangle
from app.carto.legend import LegendEntry, LegendGroup
from app.carto.measure import CAP_HEIGHT, text_width_mm
from app.carto.scale import ScaleBar, scale_bar, scale_text
from app.carto.symbols import Fill, Line
from app.i18n import tr
from app.printing.blocks import NOTHING, Block, base_line, line_height, text_block
from app.printing.style import INK, SOFT_INK, SheetStyle

_SWATCH_MM = 8.0


def scale_block(denominator: float, style: SheetStyle, room_mm: float) -> Block:
    """The numeric scale, the bar below it and the warning about copies in other sizes."""
    bar = scale_bar(denominator, room_mm)
    width = max(bar.length_mm + 14 * style.unit, room_mm)
    numeric = style.text(4.4, bold=True)
    left = (width - bar.length_mm) / 2
    ops: list[Op] = [Text(width / 2, base_line(numeric), scale_text(denominator), numeric, "middle")]
    top = line_height(numeric) + style.tick.size_mm * 1.25
    ops += _bar(bar, left, top, style)
    warning = tr("Numeric scale is void when printed at another size")
    note = text_block([(warning, style.text(2.2, colour=SOFT_INK))], width, "middle")
    bottom = top + 1.5 * style.unit + 1.2 * style.unit
    ops.append(note.at(0.0, bottom))
    return Block(width, bottom + note.height_mm, tuple(ops))


def _bar(bar: ScaleBar, x: float, y: float, style: SheetStyle) -> list[Op]:
    height = 1.5 * style.unit
    ops: list[Op] = []
    for number in range(bar.steps):
        fill = Fill(INK if number % 2 == 0 else "#ffffff")
        ops.append(
            rectangle((x + number * bar.step_mm, y, bar.step_mm, height), fill, Line(INK, 0.18 * style.unit))
        )
    above = y - 0.7 * style.unit
    numbers = bar.numbers()
    for number, label in enumerate(numbers[:-1]):
        ops.append(Text(x + number * bar.step_mm, above, label, style.tick, "middle"))
    last = x + bar.length_mm - text_width_mm(numbers[-1], style.tick) / 2  # the unit hangs over on the right
    ops.append(Text(last, above, bar.labels()[-1], style.tick))
    return ops


def north_block(convergence: float, style: SheetStyle) -> Block:
    """Grid north, with the angle to true north written when it matters (more than half a degree)."""
    u = style.unit
    width, height = 11.0 * u, 17.0 * u
    tip, foot, notch = 5.0 * u, 17.0 * u, 13.8 * u
    middle = width / 2
    dark = _area([(middle, tip), (middle, notch), (middle - 3.4 * u, foot)], Fill(INK))
    light = _area([(middle, tip), (middle, notch), (middle + 3.4 * u, foot)], Fill("#ffffff"))
    outline = Shapes(
        np.array([[middle, tip], [middle + 3.4 * u, foot], [middle, notch], [middle - 3.4 * u, foot]]),
        np.zeros(1, dtype=np.int64), None, Line(INK, 0.22 * u),
    )  # fmt: skip
    letter = style.text(4.4, bold=True)
    ops: list[Op] = [dark, light, outline, Text(middle, 4.1 * u, tr("N"), letter, "middle")]
    if abs(convergence) > 0.5:
        words = tr("Grid convergence {angle}°", angle=f"{convergence:+.2f}")
        note = text_block([(words, style.text(2.2, colour=SOFT_INK))], 26 * u, "middle")
        ops.append(note.at(middle - 13 * u, height + 0.6 * u))
        return Block(
            26 * u, height + 0.6 * u + note.height_mm, (Block(0, 0, tuple(ops)).at(13 * u - middle, 0),)
        )
    return Block(width, height, tuple(ops))


def _area(points: list[tuple[float, float]], fill: Fill) -> Shapes:
    return Shapes(np.asarray(points, dtype=float), np.zeros(1, dtype=np.int64), fill)


def qr_block(text: str, side_mm: float) -> Block:
    """A QR code as squares; nothing for an empty text."""
    if not text:
        return NOTHING
    matrix = np.array([list(row) for row in segno.make(text, micro=False, error="m").matrix], dtype=bool)
    size = side_mm / len(matrix)
    rows, columns = np.nonzero(matrix)
    corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
    xy = (np.column_stack([columns, rows])[:, None, :] + corner[None, :, :]) * size
    starts = np.arange(0, 4 * len(rows), 4, dtype=np.int64)
    squares = Shapes(xy.reshape(-1, 2), starts, Fill("#000000"))
    return Block(side_mm, side_mm, (squares,))


def _row_height(style: SheetStyle) -> float:
    return 4.9 * style.unit


def legend_height(lines: int, style: SheetStyle) -> float:
    """The height of a legend with so many lines (headings and entries) in its longest column."""
    return line_height(style.heading) + 1.0 * style.unit + lines * _row_height(style)


def legend_block(groups: Sequence[LegendGroup], style: SheetStyle, most_height_mm: float) -> Block:
    """The legend in as many columns as the height asks for, under its heading."""
    if not groups:
        return NOTHING
    row = _row_height(style)
    top = line_height(style.heading) + 1.0 * style.unit
    columns = _columns(groups, max(int((most_height_mm - top) / row + 0.01), 4))
    ops: list[Op] = []
    x = 0.0
    for column in columns:
        for number, line in enumerate(column):
            ops += _legend_line(line, x, top + number * row, row, style)
        x += max(_legend_width(line, style) for line in column) + 4.0 * style.unit
    width = max(x - 4.0 * style.unit, text_width_mm(tr("Legend"), style.heading))
    ops.append(Text(width / 2, base_line(style.heading), tr("Legend"), style.heading, "middle"))
    return Block(width, top + max(len(column) for column in columns) * row, tuple(ops))


def _columns(groups: Sequence[LegendGroup], most: int) -> list[list[LegendGroup | LegendEntry]]:
    """Groups in columns of at most so many lines: a group is kept together when it fits in one column."""
    columns: list[list[LegendGroup | LegendEntry]] = [[]]
    for group in groups:
        lines: list[LegendGroup | LegendEntry] = [group, *group.entries]
        if columns[-1] and len(columns[-1]) + len(lines) > most:
            columns.append([])
        while len(lines) > most:
            columns[-1].extend(lines[:most])
            lines = lines[most:]
            columns.append([])
        columns[-1].extend(lines)
    return [column for column in columns if column]


def _legend_words(line: LegendGroup | LegendEntry) -> str:
    if isinstance(line, LegendGroup):
        return line.title
    return line.title if line.count is None else tr("{title} ({n})", title=line.title, n=line.count)


def _legend_width(line: LegendGroup | LegendEntry, style: SheetStyle) -> float:
    if isinstance(line, LegendGroup):
        return text_width_mm(line.title, style.body_bold)
    return (_SWATCH_MM + 2.0) * style.unit + text_width_mm(_legend_words(line), style.body)


def _legend_line(
    line: LegendGroup | LegendEntry, x: float, y: float, row: float, style: SheetStyle
) -> list[Op]:
    middle = y + row / 2
    drop = style.body.size_mm * CAP_HEIGHT / 2
    if isinstance(line, LegendGroup):
        return [Text(x, middle + drop, line.title, style.body_bold)]
    words = Text(x + (_SWATCH_MM + 2.0) * style.unit, middle + drop, _legend_words(line), style.body)
    return [*_swatch(line, x, middle, style), words]


def _swatch(entry: LegendEntry, x: float, middle: float, style: SheetStyle) -> list[Op]:
    width = _SWATCH_MM * style.unit
    symbol = entry.symbol.scaled(style.symbol_scale)
    if symbol.marker:
        return [Markers(np.array([[x + width / 2, middle]]), symbol.marker)]
    if entry.kind == "line":
        return [polyline([(x, middle), (x + width, middle)], symbol.line or Line(INK))]
    height = 3.4 * style.unit
    return [rectangle((x, middle - height / 2, width, height), symbol.fill, symbol.line)]
