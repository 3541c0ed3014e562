"""What both sides draw: colours, layers by name, views. QGIS's Python imports this too: nothing of ours."""

from __future__ import annotations

COLOURS = ("#2c7bb6", "#7fb8d8", "#d9ef8b", "#fee08b", "#fc8d59", "#d7191c")
STATES = {
    "suspect": "#9e9e9e", "registered": "#d7191c", "planned": "#fdae61", "cleared": "#1a9641",
    "in_progress": "#2c7bb6",
}  # fmt: skip
OUTLINE, OUTLINE_MM = "#555555", 0.1
TABLES = {"cells": "网格", "boilers": "燃煤锅炉", "zones": "水源保护区", "towns": "行政区划"}
CRS = "EPSG:4545"  # of the pictures that are compared
SIZES = ((1920, 1080), (1024, 640))
SHARES = (1.0, 0.01, 0.0001)  # of the area


def views(extent: tuple[float, float, float, float]) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Boxes about the middle of an extent by the share of its area they show."""
    x0, y0, x1, y1 = extent
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    found = []
    for share in SHARES:
        half_x, half_y = (x1 - x0) / 2 * share**0.5, (y1 - y0) / 2 * share**0.5
        found.append((f"{share * 100:g} %", (x - half_x, y - half_y, x + half_x, y + half_y)))
    return found
