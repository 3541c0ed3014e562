"""The program draws the workspace: the same pictures as qgis_side.py, in a process of its own.

PYTHONPATH=.:benchmarks/canvasbench python our_side.py FILE TIMES PART…

Parts: first again cells everything memory; picture=SHARE=FILE keeps the picture of a share of the area and
tells the box of metres it shows.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from looks import COLOURS, CRS, OUTLINE, OUTLINE_MM, SIZES, STATES, views
from timing import measure, tell

from app.actions.maps import feature_source
from app.actions.session import Session
from app.bootstrap import warm_up
from app.carto.compose import display_list
from app.carto.features import Extent
from app.carto.keeping import ProjectedLayers
from app.carto.layers import LabelRule, Layer, SymbolClass, SymbolRule
from app.carto.symbols import Fill, Line, Marker, Symbol, TextStyle
from app.carto.theme import Theme, read_theme
from app.carto.view import MapView
from app.render.fonts import ensure_application
from app.render.image import paint_to_image
from app.store.workspace import Workspace


def _rule(field: str, looks: dict[object, Symbol]) -> SymbolRule:
    found = (SymbolClass(str(value), str(value), look, values=(value,)) for value, look in looks.items())
    return SymbolRule(tuple(found), field)


def themes() -> tuple[Theme, Theme]:
    """The cells alone, and everything."""
    line = Line(OUTLINE, OUTLINE_MM)
    cells = _rule("size_m", {n + 1: Symbol(Fill(colour), line) for n, colour in enumerate(COLOURS)})
    dots = _rule("status", {s: Symbol(marker=Marker("circle", 1.8, colour)) for s, colour in STATES.items()})
    zone = SymbolRule((SymbolClass("all", "z", Symbol(Fill("#00783c", 0.24), Line("#00783c", 0.3))),))
    town = SymbolRule((SymbolClass("all", "t", Symbol(None, Line("#444444", 0.25))),))
    words = LabelRule("name", TextStyle(2.5), "middle")
    layers = (
        Layer("cells", "c", "grid_cell", cells, order=20),
        Layer("towns", "t", "division", town, order=40, label=words),
        Layer("zones", "z", "protection_zone", zone, order=50, label=words),
        Layer("boilers", "b", "boiler", dots, order=70),
    )
    colours = {**read_theme("boilers").colours, "ground": "#ffffff"}
    return Theme("cells", "c", layers[:1], colours), Theme("everything", "e", layers, colours)


def keep_pictures(parts: list[str], theme: Theme, layers: ProjectedLayers, extent: Extent) -> None:
    """Keep the pictures that were asked for, and tell which box of metres each shows."""
    for _, share, kept in (part.split("=") for part in parts if part.startswith("picture=")):
        view = MapView.of_degrees(dict(views(extent))[share], SIZES[0], CRS)
        paint_to_image(display_list(theme, layers, view), view).save(kept)
        tell(f"picture {share}", **dict(zip(("x0", "y0", "x1", "y1"), view.extent, strict=True)))


def main() -> None:
    """Draw what was asked for."""
    path, times, parts = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    ensure_application()
    gc.disable()  # as the window does: it sweeps between events, and never in the thread that draws
    warm_up()  # the window does so before a file is opened, as QGIS loads its providers
    only, everything = themes()
    cpu, begun = time.process_time(), time.perf_counter()
    workspace = Workspace.open(path, proven=False)  # as the window does: proven after the first picture
    opened = (time.perf_counter() - begun) * 1e3, (time.process_time() - cpu) * 1e3
    layers = ProjectedLayers(feature_source(Session(workspace)))
    extent = workspace.extent("grid_cell")
    assert extent is not None

    def draw(theme: Theme, view: MapView) -> None:
        paint_to_image(display_list(theme, layers, view), view)

    draw(only, MapView.of_degrees(extent, SIZES[0], CRS))
    wall, used = (time.perf_counter() - begun) * 1e3, (time.process_time() - cpu) * 1e3
    for name in ("first", "again"):
        if name in parts:
            tell(name, wall_ms=wall, cpu_ms=used, open_ms=opened[0], open_cpu_ms=opened[1])
    if "cells" in parts:
        for size in SIZES:
            for name, box in views(extent):
                view = MapView.of_degrees(box, size, CRS)
                tell(f"cells {name} {size[0]}x{size[1]}", **measure(partial(draw, only, view), times))
    if "memory" in parts:
        many = layers.many("grid_cell", only.classed_by("grid_cell"), CRS)
        if many is not None:
            tell("memory", bytes=many.nbytes / len(many), cells=len(many))
    keep_pictures(parts, only, layers, extent)
    if "everything" in parts:
        view = MapView.of_degrees(extent, SIZES[0], CRS)
        draw(everything, view)
        tell("everything", **measure(lambda: draw(everything, view), times))
    workspace.close()


if __name__ == "__main__":
    main()
