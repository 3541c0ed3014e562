"""The clearing table of a sheet: units and t/h of baseline, cleared, awaiting, rebound, and the rate."""

from __future__ import annotations

from collections.abc import Sequence

from app.carto.measure import text_width_mm
from app.i18n import N_, tr
from app.printing.blocks import NOTHING, Block, below, one_line
from app.printing.request import Totals, TotalsRow
from app.printing.style import SheetStyle
from app.printing.table import Cell, head, table_block

_SHORT = 9


def totals_block(rows: Sequence[TotalsRow], style: SheetStyle, wide: bool) -> Block:
    """The table under its caption.

    `wide` gives units and t/h a column each; else they share a cell, below each other in a short table.
    """
    if not rows:
        return NOTHING
    cells = _wide(rows) if wide else _narrow(rows, "\n" if len(rows) <= _SHORT else " / ")
    table = table_block(cells, style)
    words = tr("Clearing progress (units / t/h)")
    caption = one_line(words, style.heading)
    if text_width_mm(words, style.heading) > table.width_mm:
        caption = one_line(words, style.body_bold)
    return below([caption, table], 0.8 * style.unit, "middle")


def rate_words(part: float, whole: float) -> str:
    """A share in percent with one decimal; a dash when there is nothing to share."""
    return f"{part / whole * 100:.1f}" if whole else "—"


def _wide(rows: Sequence[TotalsRow]) -> list[list[Cell]]:
    first = [head(tr("Administrative area"), rows=2)]
    first += [head(tr(name), cols=2) for name, _ in rows[0].columns]
    first.append(head(tr("Completion rate (%)"), cols=2))
    second = [
        head(words)
        for _ in range(1 + len(rows[0].columns))
        for words in (tr(N_("units")), tr(N_("steam t/h")))
    ]
    return [first, second, *(_wide_row(row) for row in rows)]


def _wide_row(row: TotalsRow) -> list[Cell]:
    cells = [Cell(row.name, bold=row.total)]
    for _, totals in row.columns:
        cells += [Cell(f"{totals.units}", bold=row.total), Cell(_tph(totals), bold=row.total)]
    cells.append(Cell(rate_words(row.cleared.units, row.baseline.units), bold=True))
    cells.append(Cell(rate_words(row.cleared.tph, row.baseline.tph), bold=row.total))
    return cells


def _narrow(rows: Sequence[TotalsRow], between: str) -> list[list[Cell]]:
    names = [head(tr("Administrative area")), *(head(_two_lines(tr(name))) for name, _ in rows[0].columns)]
    names.append(head(tr("Rate\n(%)")))
    body = []
    for row in rows:
        both = [totals for _, totals in row.columns]
        shown = [Cell(f"{totals.units}{between}{_tph(totals)}", bold=row.total) for totals in both]
        by_units = rate_words(row.cleared.units, row.baseline.units)
        by_tph = rate_words(row.cleared.tph, row.baseline.tph)
        body.append([Cell(row.name, bold=row.total), *shown, Cell(f"{by_units}{between}{by_tph}", bold=True)])
    return [names, *body]


def _two_lines(words: str) -> str:
    """A long head broken once, so that the column stays narrow: Latin at its space, Chinese in the middle."""
    if words.isascii():
        return words.replace(" ", "\n", 1)
    half = (len(words) + 1) // 2
    return words if len(words) < 4 else f"{words[:half]}\n{words[half:]}"


def _tph(totals: Totals) -> str:
    return f"{totals.tph:.1f}"
