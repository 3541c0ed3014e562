"""A county's own workbook filled in: `{{field}}` marks replaced, its rows repeated, its looks kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell import Cell
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.errors import Invalid
from app.exchange.heard import Heard, save_book
from app.exchange.template_public import make_public
from app.exchange.template_ranges import follow
from app.exchange.ticking import Tick, go_on
from app.exchange.whole import whole
from app.exchange.workbook_xml import check_bomb
from app.i18n import N_, listed, tr

_TICK_ROWS = 200
MARK = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_CODE = re.compile(r"[a-z0-9_]+")
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Filling:
    """What goes into a template: `facts` stand once (title, day, sums), each of `lines` fills one row."""

    facts: Mapping[str, Any]
    lines: Sequence[Line]
    names: frozenset[str]  # every mark a line may have, known even when there is no line
    public: bool = False  # then nothing of the template's own may name people either


def fill(template: Path, filling: Filling, target: Path, tick: Tick = go_on) -> int:
    """Write `target` from a template; gives the number of rows written.

    The row with marks of a line is repeated for every line, with its looks and merged cells; what stands
    below moves down, and so do merged cells and all that `template_ranges` follows. Marks in headers,
    footers and conditional formats are filled with what stands once. `tick(share)` may raise to cancel; the
    target then stays what it was. Raises Invalid naming every cell with a mark that nobody knows,
    StoreFailure when the target cannot be written. What is not seen of the template does not go out with a
    public edition.
    """
    book = _open(template, tick)
    if filling.public:
        make_public(book)
    unknown = _unknown(book, filling)
    if unknown:
        raise Invalid(
            N_("The template has marks that are not known: {marks}"),
            hint=N_("Nothing was written. Marks that are known: {known}"),
            details=unknown,
            marks=listed(unknown[:20]),
            known=listed(_worth_naming(filling)),
            code="unknown_mark",
        )
    written = sum(_fill_page(page, filling, tick) for page in book.worksheets)
    with whole(target) as part:
        save_book(book, part, tick)
    return written


def _unknown(book: Workbook, filling: Filling) -> list[str]:
    """The places with marks that nobody knows there."""
    found = [
        f"{page.title}!{cell.coordinate} {{{{{name}}}}}"
        for page in book.worksheets
        for cell, name in _marks(page)
        if name not in filling.facts and name not in filling.names
    ]
    found += [
        f"{page.title}!{place} {{{{{name}}}}}"
        for page in book.worksheets
        for place, part in _edges(page)
        for name in MARK.findall(str(part.text))
        if name not in filling.facts  # what stands at the edge of every page is of no line
    ]
    found += [
        f"{page.title}!{place} {{{{{name}}}}}"
        for page in book.worksheets
        for place, formulas, at in _conditions(page)
        for name in MARK.findall(formulas[at])
        if name not in filling.facts  # and a condition is of many cells
    ]
    return found


def _open(template: Path, tick: Tick) -> Workbook:
    try:
        check_bomb(template)
        with Heard(template, tick) as file:
            return openpyxl.load_workbook(file)
    except (InvalidFileException, KeyError, ValueError, TypeError, OSError) as error:
        raise Invalid(N_("The template {file} cannot be read as an xlsx workbook"),
                      hint=N_("Save it again as .xlsx in Excel or WPS."), file=template.name,
                      code="bad_template") from error  # fmt: skip


def _worth_naming(filling: Filling) -> list[str]:
    """The marks in the reader's own words, and those that stand once; codes and other languages are known,
    too, but would make a list that nobody reads. Codes where there are no words."""
    words = sorted(name for name in filling.names if tr(name) == name and not _CODE.fullmatch(name))
    return [*sorted(filling.facts), *(words or sorted(filling.names))]


def _marks(page: Worksheet) -> Iterator[tuple[Cell, str]]:
    for row in page.iter_rows():
        for cell in row:
            if isinstance(cell, Cell) and isinstance(cell.value, str):
                yield from ((cell, name) for name in MARK.findall(cell.value))


def _edges(page: Worksheet) -> Iterator[tuple[str, Any]]:
    """The parts of a sheet's headers and footers that hold words, with their place."""
    for name in ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"):
        edge = getattr(page.HeaderFooter, name)
        for side in ("left", "center", "right"):
            part = getattr(edge, side, None)
            if part is not None and part.text:
                yield f"{name}.{side}", part


def _conditions(page: Worksheet) -> Iterator[tuple[str, list[str], int]]:
    """The formulas of conditional formats: the cells they are for, a rule's formulas, and which of them."""
    for item in page.conditional_formatting:
        for rule in item.rules:
            yield from ((str(item.sqref), rule.formula, at) for at in range(len(rule.formula or ())))


def _fill_page(page: Worksheet, filling: Filling, tick: Tick) -> int:
    rows = sorted({cell.row for cell, name in _marks(page) if name not in filling.facts})
    written = 0
    for row in reversed(rows):  # from below, so that the numbers of the rows above stay
        _repeat(page, row, len(filling.lines), tick)
        if not filling.lines:
            _put(page, row, dict.fromkeys(filling.names) | dict(filling.facts))
        for place, line in enumerate(filling.lines):
            if place % _TICK_ROWS == 0:
                tick(0.5)
            _put(page, row + place, {**filling.facts, **line})
        written += len(filling.lines)
    for cell, _ in list(_marks(page)):
        cell.value = _filled(str(cell.value), filling.facts)
    for _, part in _edges(page):  # there a single & begins a code such as &P
        part.text = MARK.sub(lambda found: _text(filling.facts.get(found[1])).replace("&", "&&"), part.text)
    for _, formulas, at in _conditions(page):  # within quotes, where a quote is doubled
        formulas[at] = MARK.sub(
            lambda found: _text(filling.facts.get(found[1])).replace('"', '""'), formulas[at]
        )
    return written


def _put(page: Worksheet, row: int, values: Mapping[str, Any]) -> None:
    for cell in page[row]:
        if isinstance(cell, Cell) and isinstance(cell.value, str) and MARK.search(cell.value):
            cell.value = _filled(cell.value, values)
            if isinstance(cell.value, str) and cell.value.startswith("="):
                cell.data_type = "s"  # a name that begins so is a text, never a formula


def _filled(written: str, values: Mapping[str, Any]) -> Any:
    """A cell that is one mark takes the value as it is, a number as a number; within text it is written."""
    whole = MARK.fullmatch(written.strip())
    if whole:
        return values.get(whole[1])
    return MARK.sub(lambda found: _text(values.get(found[1])), written)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _repeat(page: Worksheet, row: int, times: int, tick: Tick) -> None:
    """Make `times` rows like `row` out of it; what stands below moves down."""
    extra = times - 1
    if extra <= 0:
        return
    below = [item for item in page.merged_cells.ranges if item.min_row > row]
    across = [item for item in page.merged_cells.ranges if item.min_row == row == item.max_row]
    through = [item for item in page.merged_cells.ranges if item.min_row <= row < item.max_row]
    for item in (*below, *through):
        page.merged_cells.remove(item)
    _move_down(page, row, extra)
    follow(page, row, extra)
    for item in below:
        item.shift(row_shift=extra)
        page.merged_cells.add(item)
    for item in through:  # a cell merged over the line and what is below it grows
        item.expand(down=extra)
        page.merged_cells.add(item)
    for place in range(1, times):
        if place % _TICK_ROWS == 0:
            tick(place / times / 2)
        _copy_row(page, row, row + place)
        for item in across:
            page.merge_cells(
                start_row=row + place, end_row=row + place, start_column=item.min_col, end_column=item.max_col
            )


def _move_down(page: Worksheet, row: int, extra: int) -> None:
    last, columns = page.max_row, page.max_column
    heights = {
        number: item.height for number, item in page.row_dimensions.items() if number > row and item.height
    }
    if last > row:
        page.move_range(f"A{row + 1}:{get_column_letter(columns)}{last}", rows=extra)
    for number in heights:
        page.row_dimensions[number].height = None
    for number, height in heights.items():
        page.row_dimensions[number + extra].height = height


def _copy_row(page: Worksheet, source: int, target: int) -> None:
    page.row_dimensions[target].height = page.row_dimensions[source].height
    for cell in page[source]:
        made = page.cell(target, cell.column or 1)
        if not isinstance(made, Cell):
            continue
        made.value = cell.value
        if cell.data_type == "f" and isinstance(cell.value, str):
            made.value = Translator(cell.value, cell.coordinate).translate_formula(made.coordinate)
        if cell.has_style:
            for part in ("font", "border", "fill", "number_format", "protection", "alignment"):
                setattr(made, part, copy(getattr(cell, part)))
