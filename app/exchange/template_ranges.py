"""What a sheet says of ranges follows when a row of it became many: formulas, print area, filter, conditional
formats, lists to choose from, tables and names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openpyxl.cell import Cell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.formula.tokenizer import Token, Tokenizer
from openpyxl.worksheet.cell_range import MultiCellRange
from openpyxl.worksheet.worksheet import Worksheet

_PLACE = re.compile(r"(\$?[A-Z]{1,3})(\$?)(\d+)")


def follow(page: Worksheet, row: int, extra: int) -> None:
    """After `row` was repeated `extra` times more: ranges that held it hold all its copies, those below it
    have moved down, and formulas mean the same cells as before, on other sheets too."""
    _follow_formulas(page, row, extra)
    _follow_print_area(page, row, extra)
    if page.auto_filter.ref:
        page.auto_filter.ref = _stretched(page.auto_filter.ref, row, extra)
    for table in page.tables.values():
        table.ref = _stretched(table.ref, row, extra)
        if table.autoFilter is not None:
            table.autoFilter.ref = _stretched(table.autoFilter.ref, row, extra)
    _follow_lists(page, row, extra)
    _follow_formats(page, row, extra)
    _follow_names(page, row, extra)


def _follow_formulas(page: Worksheet, row: int, extra: int) -> None:
    book = page.parent
    for other in book.worksheets if book is not None else (page,):
        name = "" if other is page else page.title
        for cell in _formulas(other):
            own = other is page and cell.row == row  # a sum over the line's own cells stays in the line
            cell.value = _moved(str(cell.value), row, extra, name, not own)


def _formulas(page: Worksheet) -> Iterator[Cell]:
    for cells in page.iter_rows():
        for cell in cells:
            if isinstance(cell, Cell) and cell.data_type == "f" and isinstance(cell.value, str):
                yield cell


def _follow_lists(page: Worksheet, row: int, extra: int) -> None:
    """Data validations and the cells their lists stand in."""
    for lists in page.data_validations.dataValidation:
        lists.sqref = MultiCellRange(_stretched(str(lists.sqref), row, extra))
        for name in ("formula1", "formula2"):
            formula = getattr(lists, name)
            if isinstance(formula, str) and not formula.startswith('"'):
                setattr(lists, name, _moved(f"={formula}", row, extra)[1:])


def _follow_formats(page: Worksheet, row: int, extra: int) -> None:
    """Conditional formats; their formulas are written for the first cell of the range."""
    made = ConditionalFormattingList()
    for item in page.conditional_formatting:
        place = _stretched(str(item.sqref), row, extra)
        for rule in item.rules:
            rule.formula = [_moved(f"={formula}", row, extra)[1:] for formula in rule.formula]
            made.add(place, rule)
    page.conditional_formatting = made


def _follow_names(page: Worksheet, row: int, extra: int) -> None:
    """Names of ranges on this sheet, whether the workbook or the sheet has them."""
    book = page.parent
    for names in (page.defined_names, book.defined_names if book is not None else {}):
        for name in names.values():
            if name.attr_text and "!" in name.attr_text:
                name.attr_text = _moved(f"={name.attr_text}", row, extra, page.title)[1:]


def _follow_print_area(page: Worksheet, row: int, extra: int) -> None:
    areas = [part.split("!")[-1] for part in str(page.print_area or "").split(",") if part]
    if areas:
        page.print_area = ",".join(_stretched(area.replace("$", ""), row, extra) for area in areas)


def _stretched(places: str, row: int, extra: int) -> str:
    """Ranges, apart by spaces: one that holds the row reaches further, one below it moves."""
    return " ".join(_range(place, row, extra) for place in places.split())


def _range(place: str, row: int, extra: int) -> str:
    first, colon, last = place.partition(":")
    if not colon:
        last = first
    start, end = _shifted(first, row + 1, extra), _shifted(last, row, extra)
    return f"{start}:{end}" if colon or start != end else start


def _moved(formula: str, row: int, extra: int, sheet: str = "", grows: bool = True) -> str:
    """A formula after the row was repeated: in the sheet itself, or in another one that names it. Ranges that
    end in the row reach over its copies when it `grows`."""
    tokens = Tokenizer(formula)
    for token in tokens.items:
        if token.type != Token.OPERAND or token.subtype != Token.RANGE:
            continue
        before, mark, place = token.value.rpartition("!")
        if before.strip("'").replace("''", "'") != sheet:
            continue
        first, colon, last = place.partition(":")
        end = _shifted(last, row if colon and grows else row + 1, extra)
        token.value = f"{before}{mark}{_shifted(first, row + 1, extra)}{colon}{end}"
    return "=" + "".join(token.value for token in tokens.items)


def _shifted(place: str, since: int, extra: int) -> str:
    """A cell's name moved down when its row is `since` or below."""
    found = _PLACE.fullmatch(place)
    if not found or int(found[3]) < since:
        return place
    return f"{found[1]}{found[2]}{int(found[3]) + extra}"
