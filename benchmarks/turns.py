"""How long the window's thread waits for its turn while a thread beside it reads and draws a whole map.

    python benchmarks/turns.py [--scales 44k,450k] [--folder DIR]

A thread that wakes every millisecond stands for the window; what it waits longer for is the interpreter's
lock held by one call, or a busy machine. A process of its own that wakes as often tells how busy it was.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path[:0] = [str(Path(__file__).parent / "canvasbench")]
import data  # noqa: E402 - beside this file
from looks import SIZES, views  # noqa: E402
from our_side import CRS, themes  # noqa: E402

from app.actions.maps import feature_source  # noqa: E402
from app.actions.session import Session  # noqa: E402
from app.carto.compose import display_list  # noqa: E402
from app.carto.keeping import ProjectedLayers  # noqa: E402
from app.carto.view import MapView  # noqa: E402
from app.render.fonts import ensure_application  # noqa: E402
from app.render.image import paint_to_image  # noqa: E402
from app.store.workspace import Workspace  # noqa: E402

Span = tuple[float, float]
BESIDE = """
import time
last = time.monotonic()
while True:
    time.sleep(0.001)
    now = time.monotonic()
    if now - last > 0.01:
        print(last, now, flush=True)
    last = now
"""


class Stages:
    """Stages of the work by name, with when they began and ended."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []

    def run(self, name: str, work: Callable[[], Any]) -> Any:
        """Do a part of the work."""
        begun = time.monotonic()
        found = work()
        self.spans.append((name, (begun, time.monotonic())))
        return found


def work_on(file: Path, stages: Stages) -> None:
    """Everything on: cells, districts, 500 zones and names, 50,000 boilers; three views."""
    workspace = Workspace.open(file)
    layers = ProjectedLayers(feature_source(Session(workspace)))
    extent = workspace.extent("grid_cell")
    assert extent is not None
    _, theme = themes()
    for layer in theme.layers:
        stages.run(f"read {layer.entity}", partial(layers.drawn_by, theme, layer, CRS))
    for name, box in views(extent):
        view = MapView.of_degrees(box, SIZES[0], CRS)
        for turn in ("first", "again"):
            drawn = stages.run(f"list {name} {turn}", partial(display_list, theme, layers, view))
            stages.run(f"paint {name} {turn}", partial(paint_to_image, drawn, view))
    workspace.close()


def measure(file: Path) -> None:
    """Tell the longest wait of each stage."""
    stages, waits = Stages(), list[Span]()
    with tempfile.TemporaryFile("w+") as told:
        beside = subprocess.Popen([sys.executable, "-c", BESIDE], stdout=told)
        worker = threading.Thread(target=work_on, args=(file, stages))
        worker.start()
        last = time.monotonic()
        while worker.is_alive():
            time.sleep(0.001)
            now = time.monotonic()
            waits.append((last, now))
            last = now
        beside.kill()
        beside.wait()
        told.seek(0)
        others = [(float(a), float(b)) for a, b in (line.split() for line in told if line.endswith("\n"))]
    for name, span in stages.spans:
        took = (span[1] - span[0]) * 1e3
        print(f"{name:26s} {took:7.0f} ms, longest wait {_longest(waits, span):5.1f}, of another process "
              f"{_longest(others, span):5.1f}")  # fmt: skip


def _longest(waits: list[Span], span: Span) -> float:
    within = [end - begin for begin, end in waits if end > span[0] and begin < span[1]]
    return max(within, default=0.0) * 1e3


def main() -> None:
    """Measure the scales that were asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--scales", default="44k,450k")
    asked.add_argument("--folder", type=Path, default=None)
    given = asked.parse_args()
    gc.disable()  # as in the window, which sweeps between events
    ensure_application()
    with tempfile.TemporaryDirectory() as scratch:
        for scale in given.scales.split(","):
            file = (given.folder or Path(scratch)) / f"{scale}.gpkg"
            if not file.exists():
                data.make(file, scale)
            print(f"== {scale}")
            measure(file)


if __name__ == "__main__":
    main()
