"""The list of sheets, written by hand so that a built program finds them; a test compares it with the
folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import Invalid
from app.i18n import N_
from app.printing import boiler_map, grid_map, lookback_map, sources_map, zone_sheet
from app.printing.page import Page
from app.printing.request import SheetRequest


@dataclass(frozen=True)
class Sheet:
    """A ready-made sheet: its id, the letters before its numbers (pinyin initials of its subject), its name,
    the paper it is made for and how it is made."""

    id: str
    letters: str
    title: str
    paper: str
    build: Callable[[SheetRequest], list[Page]]


SHEETS: dict[str, Sheet] = {
    sheet.ID: Sheet(sheet.ID, sheet.LETTERS, sheet.TITLE, sheet.PAPER, sheet.build)
    for sheet in (boiler_map, grid_map, lookback_map, sources_map, zone_sheet)
}


def sheet(sheet_id: str) -> Sheet:
    """A sheet by its id; raises Invalid with the known ids."""
    found = SHEETS.get(sheet_id)
    if found is None:
        raise Invalid(
            N_("There is no sheet “{name}”."),
            hint=N_("Known sheets: {known}"),
            code="unknown_sheet",
            name=sheet_id,
            known=" ".join(SHEETS),
        )
    return found
