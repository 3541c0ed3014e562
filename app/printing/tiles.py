"""Large sheets on small printers: a page cut into overlapping tiles with cut marks and their place in the
whole."""

from __future__ import annotations

import math

import numpy as np

from app.carto.display import Group, Op, Text, polyline, segments
from app.carto.symbols import Line, TextStyle
from app.i18n import tr
from app.printing.page import LANDSCAPE, PAPERS, PORTRAIT, Page, paper_size
from app.printing.style import style_of

_OVERLAP_MM = 10.0
_MARGIN_MM = 5.0
_KEPT_MM = 4.0  # of the empty margin around a sheet; the rest need not be printed
_MARK = Line("#555555", 0.15)
_WORDS = TextStyle(2.4, "#555555")


def tiled(page: Page, paper: str) -> list[Page]:
    """The page as tiles of a paper, row by row, in the orientation that needs fewer; small pages stay."""
    plans = [_grid(page, *paper_size(paper, orientation)) for orientation in (PORTRAIT, LANDSCAPE)]
    columns, rows, width, height = min(plans, key=lambda plan: plan[0] * plan[1])
    if page.width_mm <= width and page.height_mm <= height:
        return [page]
    return [
        _tile(page, (column, row), (columns, rows), (width, height))
        for row in range(rows)
        for column in range(columns)
    ]


def _grid(page: Page, width: float, height: float) -> tuple[int, int, float, float]:
    step_x, step_y = _steps(width, height)
    cropped = 2 * _crop(page)
    columns = max(math.ceil((page.width_mm - cropped - _OVERLAP_MM) / step_x), 1)
    rows = max(math.ceil((page.height_mm - cropped - _OVERLAP_MM) / step_y), 1)
    return columns, rows, width, height


def _crop(page: Page) -> float:
    """How much of each edge of a sheet is empty paper and can be left out."""
    size = (min(page.width_mm, page.height_mm), max(page.width_mm, page.height_mm))
    paper = next((name for name, sides in PAPERS.items() if sides == size), "")
    return max(style_of(paper).margin_mm - _KEPT_MM, 0.0) if paper else 0.0


def _steps(width: float, height: float) -> tuple[float, float]:
    """How far apart tiles start on the sheet."""
    return width - 2 * _MARGIN_MM - _OVERLAP_MM, height - 2 * _MARGIN_MM - _OVERLAP_MM


def _tile(page: Page, place: tuple[int, int], count: tuple[int, int], size: tuple[float, float]) -> Page:
    width, height = size
    step_x, step_y = _steps(width, height)
    left, top = _crop(page) + place[0] * step_x, _crop(page) + place[1] * step_y
    inner = (width - 2 * _MARGIN_MM, height - 2 * _MARGIN_MM)
    moved = Group(page.ops, -left, -top)
    window = Group((moved,), _MARGIN_MM, _MARGIN_MM, (0.0, 0.0, *inner))
    words = tr("{title}  row {row} of {rows}, column {column} of {columns}; glue with {mm} mm overlap",
               title=page.title, row=place[1] + 1, rows=count[1], column=place[0] + 1, columns=count[0],
               mm=round(_OVERLAP_MM))  # fmt: skip
    label = Text(_MARGIN_MM + 3.0, height - _MARGIN_MM + 3.2, words, _WORDS)
    return Page(width, height, (window, *_cut_marks(size, place, count), label), page.title, page.scale)


def _cut_marks(size: tuple[float, float], place: tuple[int, int], count: tuple[int, int]) -> list[Op]:
    """Strokes at the four corners of the window, and the line to cut where the next tile is glued on."""
    width, height = size
    low, right, bottom = _MARGIN_MM, width - _MARGIN_MM, height - _MARGIN_MM
    strokes = []
    for x in (low, right):
        strokes += [(x, 0.5, x, low - 1.5), (x, bottom + 1.5, x, height - 0.5)]
    for y in (low, bottom):
        strokes += [(0.5, y, low - 1.5, y), (right + 1.5, y, width - 0.5, y)]
    ops: list[Op] = [segments(np.array(strokes), _MARK)]
    dashed = Line("#555555", 0.12, (2.0, 2.0))
    if place[0] + 1 < count[0]:
        ops.append(polyline([(right - _OVERLAP_MM, low), (right - _OVERLAP_MM, bottom)], dashed))
    if place[1] + 1 < count[1]:
        ops.append(polyline([(low, bottom - _OVERLAP_MM), (right, bottom - _OVERLAP_MM)], dashed))
    return ops
