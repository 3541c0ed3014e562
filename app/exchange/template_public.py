"""A county's own workbook for a public edition: nothing goes out with it that nobody sees on the sheet."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, cast

from openpyxl.cell import Cell
from openpyxl.drawing.image import Image as Picture
from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError
from openpyxl.packaging.core import DocumentProperties
from openpyxl.packaging.custom import CustomPropertyList
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidationList
from openpyxl.worksheet.scenario import ScenarioList
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

from app.errors import Invalid
from app.i18n import N_, listed, tr

_MOST_NAMED = 20


def make_public(book: Workbook) -> None:
    """Take away what a reader does not see: authors, remarks, lists to choose from, links, scenarios, what
    pivot tables and cameras keep.

    Raises Invalid `hidden_sheets` or `hidden_cells` with the places, where something hidden may be wanted by
    what is shown: sheets, rows and columns, names with a value of their own, other workbooks. Somebody has to
    look at these.
    """
    _refuse_hidden_sheets(book)
    hidden = [*_hidden_cells(book), *_own_names(book), *_other_workbooks(book)]
    if hidden:
        raise Invalid(
            N_("The template holds what nobody sees and a public edition would take along: {places}"),
            hint=N_("Nothing was written. Show it or remove it in Excel or WPS."),
            details=hidden, places=listed(hidden[:_MOST_NAMED]), code="hidden_cells",
        )  # fmt: skip
    book.properties = DocumentProperties(title=book.properties.title)
    cast(Any, book).custom_doc_props = CustomPropertyList()
    for page in book.worksheets:
        _strip(page)


def _refuse_hidden_sheets(book: Workbook) -> None:
    hidden = [page.title for page in book.worksheets if page.sheet_state != "visible"]
    if hidden:
        raise Invalid(
            N_("The template has hidden sheets, which a public edition would take along: {sheets}"),
            hint=N_("Nothing was written. Show them or remove them in Excel or WPS."),
            details=hidden, sheets="、".join(hidden), code="hidden_sheets",
        )  # fmt: skip


def _hidden_cells(book: Workbook) -> Iterator[str]:
    """Rows and columns that are hidden and not empty."""
    for page in book.worksheets:
        filled = [cell for row in page.iter_rows() for cell in row if cell.value not in (None, "")]
        rows = {number for number, item in page.row_dimensions.items() if item.hidden or item.height == 0}
        for row in sorted(rows & {cell.row for cell in filled}):
            yield f"{page.title}!{tr(N_('row {row}'), row=row)}"
        columns = {
            number
            for item in page.column_dimensions.values()
            if item.hidden or item.width == 0
            for number in range(item.min or 1, (item.max or item.min or 1) + 1)
        }
        for column in sorted(columns & {cell.column or 1 for cell in filled}):
            yield f"{page.title}!{tr(N_('column {column}'), column=get_column_letter(column))}"


def _own_names(book: Workbook) -> Iterator[str]:
    """Names that hold a value of their own, and not cells one can look at."""
    for names in (book.defined_names, *(page.defined_names for page in book.worksheets)):
        for name, item in names.items():
            if not _only_cells(item.attr_text or ""):
                yield name


def _only_cells(meant: str) -> bool:
    try:
        tokens = Tokenizer(f"={meant}").items
    except TokenizerError:  # nobody can say what it is
        return False
    return not any(token.type == Token.OPERAND and token.subtype != Token.RANGE for token in tokens)


def _other_workbooks(book: Workbook) -> Iterator[str]:
    """Other workbooks the formulas look into: what was last read there lies in the file."""
    for link in cast(Any, book)._external_links:
        yield str(link.file_link.Target)


def _strip(page: Worksheet) -> None:
    held = cast(Any, page)
    page.data_validations = DataValidationList()
    page.scenarios = ScenarioList()
    held._pivots = []
    for row in page.iter_rows():
        for cell in (cell for cell in row if isinstance(cell, Cell)):
            cell.comment = None
            cell.hyperlink = None
    held._images = [_only_points(item) for item in held._images]


def _only_points(picture: Any) -> Picture:
    """The picture alone: a photograph names its place, its camera and its owner."""
    made = BytesIO()
    with Image.open(BytesIO(picture._data())) as held:
        held.convert("RGBA").save(made, "PNG")
    fresh = Picture(made)
    fresh.anchor, fresh.width, fresh.height = picture.anchor, picture.width, picture.height
    return fresh
