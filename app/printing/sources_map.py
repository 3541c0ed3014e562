"""水源地保护区划图: all sources of an area with their protection zones by level."""

from __future__ import annotations

from app.i18n import N_
from app.printing.area_map import build_area_map
from app.printing.page import Page
from app.printing.request import SheetRequest

ID, LETTERS = "sources_map", "SY"
TITLE = N_("Drinking-water sources map")
PAPER = "A3"


def build(request: SheetRequest) -> list[Page]:
    """The one page of the map, in public without intakes. Raises Invalid when the area does not fit."""
    return build_area_map(request, "sources", N_("{area} drinking-water source protection map"), PAPER)
