"""What the row of buttons above the map offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.i18n import N_

if TYPE_CHECKING:
    from app.ui.map.pane import MapPane

TOOLS = (
    "select",
    "lasso",
    "identify",
    "measure_distance",
    "measure_area",
    "zoom_box",
)  # one of them has the pointer
Entry = tuple[str, str, str, Callable[[], None]]


def entries(pane: MapPane) -> list[Entry]:
    """Name, icon, words and what is done, from left to right; a nameless one is a gap."""
    canvas = pane.canvas
    gap: Entry = ("", "", "", lambda: None)
    return [
        ("layers", "layers", N_("Layers and legend"), pane.toggle_layers),
        gap,
        ("select", "select", N_("Select (Shift+drag: in a box)"), lambda: pane.take(pane.select)),
        ("lasso", "lasso", N_("Select with a lasso (Ctrl adds)"), lambda: pane.take(pane.lasso)),
        ("identify", "identify", N_("What lies here (Alt+click)"), lambda: pane.take(pane.identifying.tool)),
        ("measure_distance", "distance", N_("Measure a distance"), lambda: pane.take(pane.distance)),
        ("measure_area", "area", N_("Measure an area"), lambda: pane.take(pane.area)),
        gap,
        ("zoom_box", "zoom_box", N_("Zoom to a box"), lambda: pane.take(pane.box)),
        ("view_back", "back", N_("The view before"), canvas.step_back),
        ("view_forward", "forward", N_("The next view"), canvas.step_forward),
        ("zoom_in", "zoom_in", N_("Zoom in"), lambda: canvas.zoom(1.6)),
        ("zoom_out", "zoom_out", N_("Zoom out"), lambda: canvas.zoom(1 / 1.6)),
        ("zoom_all", "full_extent", N_("The whole area"), canvas.show_all),
        ("zoom_selection", "zoom_selection", N_("Zoom to the selection"), pane.show_selection),
    ]
