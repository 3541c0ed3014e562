"""QGIS draws the workspace: run by the Python that QGIS is built for, by benchmarks/canvas.py.

/usr/bin/python3 qgis_side.py FILE TIMES PART…      parts: first cells everything

The part picture=X0,Y0,X1,Y1=FILE keeps the picture of a box of metres.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from looks import COLOURS, CRS, OUTLINE, OUTLINE_MM, SIZES, STATES, TABLES, views
from qgis.core import (  # type: ignore[import-not-found]
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsRectangle,
    QgsRendererCategory,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
from qgis.PyQt.QtGui import QColor, QFont  # type: ignore[import-not-found]
from timing import measure, tell


def opened(path: str, name: str):  # type: ignore[no-untyped-def]
    """A layer of the file with its look."""
    layer = QgsVectorLayer(f"{path}|layername={TABLES[name]}", name, "ogr")
    assert layer.isValid(), name
    if name == "cells":
        pen = {"outline_color": OUTLINE, "outline_width": str(OUTLINE_MM)}
        kinds = [
            QgsRendererCategory(number + 1, QgsFillSymbol.createSimple({"color": colour, **pen}), str(number))
            for number, colour in enumerate(COLOURS)
        ]
        layer.setRenderer(QgsCategorizedSymbolRenderer("size_m", kinds))
    elif name == "boilers":
        dot = {"name": "circle", "size": "1.8", "outline_color": "#ffffff", "outline_width": "0.18"}
        kinds = [
            QgsRendererCategory(state, QgsMarkerSymbol.createSimple({**dot, "color": colour}), state)
            for state, colour in STATES.items()
        ]
        layer.setRenderer(QgsCategorizedSymbolRenderer("status", kinds))
    elif name == "zones":
        look = {"color": "0,120,60,60", "outline_color": "#00783c", "outline_width": "0.3"}
        layer.renderer().setSymbol(QgsFillSymbol.createSimple(look))
        labelled(layer)
    else:
        look = {"style": "no", "outline_color": "#444444", "outline_width": "0.25"}
        layer.renderer().setSymbol(QgsFillSymbol.createSimple(look))
        labelled(layer)
    return layer


def labelled(layer) -> None:  # type: ignore[no-untyped-def]
    """Names with collision handling, in Chinese."""
    words = QgsTextFormat()
    words.setFont(QFont("Noto Sans CJK SC"))
    words.setSize(7)
    words.setColor(QColor("#222222"))
    rule = QgsPalLayerSettings()
    rule.fieldName = "name"
    rule.setFormat(words)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(rule))
    layer.setLabelsEnabled(True)


def drawn(layers, box, size, crs=None) -> object:  # type: ignore[no-untyped-def]
    """The picture of a box of degrees, or of another system's units."""
    asked = QgsMapSettings()
    asked.setLayers(layers)
    asked.setDestinationCrs(crs or layers[-1].crs())
    asked.setOutputSize(QSize(*size))
    asked.setOutputDpi(96)
    asked.setBackgroundColor(QColor("white"))
    asked.setFlag(QgsMapSettings.UseRenderingOptimization, True)
    asked.setExtent(QgsRectangle(*box))
    job = QgsMapRendererParallelJob(asked)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def main() -> None:
    """Draw what was asked for."""
    path, times, parts = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    app = QgsApplication([], False)
    app.initQgis()
    cpu, begun = time.process_time(), time.perf_counter()
    cells = opened(path, "cells")
    found = cells.extent()
    extent = (found.xMinimum(), found.yMinimum(), found.xMaximum(), found.yMaximum())
    if "first" in parts:
        drawn([cells], extent, SIZES[0])
        wall, used = (time.perf_counter() - begun) * 1e3, (time.process_time() - cpu) * 1e3
        tell("first", wall_ms=wall, cpu_ms=used)
    if "cells" in parts:
        for size in SIZES:
            for name, box in views(extent):
                tell(
                    f"cells {name} {size[0]}x{size[1]}", **measure(partial(drawn, [cells], box, size), times)
                )
    for _, box, kept in (part.split("=") for part in parts if part.startswith("picture=")):
        metres = QgsCoordinateReferenceSystem(CRS)
        drawn([cells], [float(value) for value in box.split(",")], SIZES[0], metres).save(kept)
    if "everything" in parts:
        layers = [opened(path, name) for name in ("boilers", "zones", "towns")] + [cells]
        tell("everything", **measure(lambda: drawn(layers, extent, SIZES[0]), times))
    os._exit(0)  # QGIS takes itself apart slowly, and sometimes falls over while it does


if __name__ == "__main__":
    main()
