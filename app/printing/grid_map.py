"""网格分布图: the cells of an area by level and kind."""

from __future__ import annotations

from app.i18n import N_
from app.printing.area_map import build_area_map
from app.printing.page import Page
from app.printing.request import SheetRequest

ID, LETTERS = "grid_map", "WG"
TITLE = N_("Grid map")
PAPER = "A3"


def build(request: SheetRequest) -> list[Page]:
    """The one page of the map. Raises Invalid when the area does not fit at the asked scale."""
    return build_area_map(request, "cells", N_("{area} air quality grid map"), PAPER)
