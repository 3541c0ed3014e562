"""Pan and zoom in a real window: how long each frame took from being asked for to being painted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent


def run(file: Path, count: int) -> dict[str, dict[str, float]]:
    """Frames on an X server of its own; empty, with a word, where there is none."""
    if not shutil.which("xvfb-run"):
        print("Xvfb is not installed: no frames. apt-get install xvfb", file=sys.stderr)
        return {}
    paths = [str(HERE.parent.parent), str(HERE)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1920x1080x24", sys.executable, __file__, str(file), str(count)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the window failed: {done.stderr[-2000:]}")
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Move the map and tell what it took."""
    from our_side import themes
    from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QPointF
    from PySide6.QtWidgets import QApplication

    from app.actions.maps import feature_source
    from app.actions.session import Session
    from app.carto.keeping import ProjectedLayers
    from app.carto.view import MapView
    from app.store.workspace import Workspace
    from app.ui.map.canvas import Canvas
    from app.ui.map.picture import Scene, draw_picture, with_margin
    from app.ui.tasks import Lane, Tasks

    file, count = Path(sys.argv[1]), int(sys.argv[2])
    app = QApplication([])
    workspace = Workspace.open(file)
    _, everything = themes()
    scene = Scene(everything, ProjectedLayers(feature_source(Session(workspace))))
    tasks, canvas = Tasks(), Canvas()
    sharp: list[float] = []

    def wanted(view: MapView) -> None:
        begun = time.perf_counter()
        wide = with_margin(view)

        def done(picture: object) -> None:
            sharp.append((time.perf_counter() - begun) * 1e3)
            canvas.take_picture(picture)  # type: ignore[arg-type]

        tasks.run(canvas, lambda _: draw_picture(scene, wide, 1.0), done, lane=Lane.DRAW, topic="picture")

    canvas.settled.connect(wanted)
    canvas.resize(1900, 1000)
    canvas.show()
    extent = workspace.extent("grid_cell")
    assert extent is not None
    canvas.open(extent, "EPSG:4545")

    def settle() -> None:
        waited = QElapsedTimer()
        waited.start()
        while waited.elapsed() < 60_000 and (canvas.waits() or not tasks.idle() or canvas.picture is None):
            app.processEvents()
            time.sleep(0.002)

    def frames(move: object) -> dict[str, float]:
        settle()
        taken: list[float] = []
        for number in range(count):
            begun = time.perf_counter()
            move(number)  # type: ignore[operator]
            app.processEvents()
            QCoreApplication.sendPostedEvents(canvas, QEvent.Type.UpdateRequest)
            taken.append((time.perf_counter() - begun) * 1e3)
            time.sleep(max(0.0, 1 / 60 - taken[-1] / 1e3))
        taken.sort()
        return {
            "p50_ms": median(taken), "p95_ms": taken[int(0.95 * len(taken))], "worst_ms": taken[-1],
            "sharp_ms": median(sharp),
        }  # fmt: skip

    settle()
    middle = QPointF(950, 500)
    found = {"pan, full extent": frames(lambda n: canvas.pan(9 if n // 30 % 2 else -9, 4))}
    canvas.show_all()
    found["zoom, from full extent"] = frames(
        lambda n: canvas.zoom(1.03 if n // 40 % 2 == 0 else 1 / 1.03, middle)
    )
    canvas.show_all()
    canvas.zoom(10.0)
    found["pan, 1 % of the area"] = frames(lambda n: canvas.pan(12 if n // 40 % 2 else -12, 5))
    print(json.dumps(found))
    tasks.close()
    workspace.close()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
