"""One look for many cells of a workbook: a font and border of its own for each costs most of the time."""

from __future__ import annotations

from copy import copy
from typing import Any

from openpyxl.cell import Cell
from openpyxl.styles.cell_style import StyleArray
from openpyxl.worksheet.worksheet import Worksheet

MAKER = "Gridward"  # what a file says of its author: the program, never a person


def look(page: Worksheet, **parts: Any) -> StyleArray:
    """What cells of this page look like: `look(page, font=Font(bold=True), border=...)`."""
    model: Any = Cell(page, 1, 1)
    for name, part in parts.items():
        setattr(model, name, part)
    worn: StyleArray = model._style
    return worn


def put_on(cell: Any, worn: StyleArray) -> None:
    """Give a cell a look; how its number or date is written stays."""
    own = cell._style  # None until something gave it one
    cell._style = copy(worn)
    if own:
        cell._style.numFmtId = own.numFmtId
