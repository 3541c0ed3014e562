"""The map beside QGIS on the same file, machine and run: ratios matter, milliseconds are this machine's.

    python benchmarks/canvas.py [--quick] [--scales 11k,44k] [--rounds N] [--json FILE] [--folder DIR]

redraw      cells with outlines, smoothed on both sides, by share of the area and size of the picture
everything  cells, 50,000 boilers, 500 zones and names with collision, at 44k
first       from opening the file to the first picture, without and with the sidecar of the map
frames      pan and zoom in a real window on an X server (Xvfb), 1.1 million cells and 50,000 boilers
memory      bytes our arrays hold for a cell
likeness    where edges lie and how colours differ between both sides' pictures of one view

Both sides take turns, each in a process of its own; medians of all rounds, by clock and in processor time.
Without QGIS (apt-get install qgis python3-qgis) our side is measured alone and no ratio is given.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from canvasbench import data, frames, likeness
from canvasbench.looks import SHARES, SIZES
from syncbench.measuring import machine

HERE = Path(__file__).resolve().parent
SYSTEM_PYTHON = "/usr/bin/python3"
Found = dict[str, dict[str, float]]
FULL = f"cells 100 % {SIZES[0][0]}x{SIZES[0][1]}"
REDRAW = {"11k": 5.0, "44k": 10.0, "450k": 50.0, "1100k": 100.0}


def has_qgis() -> bool:
    """Whether the system's Python can draw with QGIS."""
    if not Path(SYSTEM_PYTHON).exists():
        return False
    asked = [SYSTEM_PYTHON, "-c", "import qgis.core"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def run(side: str, file: Path, times: int, parts: Iterable[str]) -> Found:
    """One process of a side; what it told."""
    ours = side == "ours"
    script = HERE / "canvasbench" / ("our_side.py" if ours else "qgis_side.py")
    paths = [str(HERE.parent), str(HERE / "canvasbench")] if ours else [str(HERE / "canvasbench")]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.pathsep.join(paths)}
    python = sys.executable if ours else SYSTEM_PYTHON
    done = subprocess.run(
        [python, str(script), str(file), str(times), *parts],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{side} failed on {file.name}: {done.stderr[-2000:]}")
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {row.pop("what"): row for row in told}


def middle(runs: list[Found]) -> Found:
    """Medians of several runs."""
    return {what: {key: median(one[what][key] for one in runs) for key in runs[0][what]} for what in runs[0]}


def compare(file: Path, scale: str, rounds: int, *, qgis: bool) -> dict[str, Found]:
    """Both sides in turn on one file."""
    sides: dict[str, list[Found]] = {"ours": [], "qgis": []}
    sidecar = file.with_name(f"{file.name}.map")
    parts = ["first", "cells", *(["everything"] if scale == "44k" else [])]
    for number in range(rounds):
        shutil.rmtree(sidecar, ignore_errors=True)
        first = run("ours", file, 1, ["first"])
        sides["ours"].append({**run("ours", file, 5, ["again", *parts[1:], "memory"]), **first})
        if qgis:
            sides["qgis"].append(run("qgis", file, 3, parts))
        print(f"{scale} round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return {side: middle(runs) for side, runs in sides.items() if runs}


def alike(file: Path, folder: Path) -> dict[str, dict[str, float]]:
    """Both sides' pictures of the same views of a file, compared pixel by pixel."""
    kept = {f"{share * 100:g} %": folder / f"ours-{number}.png" for number, share in enumerate(SHARES)}
    told = run("ours", file, 1, [f"picture={name}={path}" for name, path in kept.items()])
    found = {}
    for name, path in kept.items():
        box = ",".join(str(told[f"picture {name}"][side]) for side in ("x0", "y0", "x1", "y1"))
        peer = path.with_name(path.name.replace("ours", "qgis"))
        run("qgis", file, 1, [f"picture={box}={peer}"])
        found[name] = likeness.compare(path, peer)
    return found


def ratios(found: dict[str, dict[str, Found]]) -> list[tuple[str, float, float, str, float]]:
    """What was asked for: words, ratio by the clock and in processor time, how it compares, the number."""
    rows: list[tuple[str, float, float, str, float]] = []

    def row(words: str, scale: str, ours: str, theirs: str, wanted: float) -> None:
        if "qgis" not in found.get(scale, {}) or ours not in found[scale]["ours"]:
            return
        mine, peer = found[scale]["ours"][ours], found[scale]["qgis"][theirs]
        rows.append((words, peer["wall_ms"] / mine["wall_ms"], peer["cpu_ms"] / mine["cpu_ms"], ">=", wanted))

    for scale, wanted in REDRAW.items():
        row(f"full redraw {scale}: QGIS : ours", scale, FULL, FULL, wanted)
        for size in SIZES:
            for share in SHARES:
                name = f"cells {share * 100:g} % {size[0]}x{size[1]}"
                if name != FULL:
                    row(f"{name} {scale}: QGIS : ours", scale, name, name, 1.0)
    row("everything on, 44k: QGIS : ours", "44k", "everything", "everything", 5.0)
    row("first picture 1.1M, no sidecar: QGIS : ours", "1100k", "first", "first", 3.0)
    row("first picture 1.1M, sidecar: QGIS : ours", "1100k", "again", "first", 50.0)
    for scale, sides in found.items():
        if "memory" in sides.get("ours", {}):
            held = sides["ours"]["memory"]["bytes"]
            rows.append((f"bytes a cell in our arrays, {scale}", held, held, "<=", 60.0))
    return rows


def main(words: list[str] | None = None) -> int:
    """Measure, print a table and, with --json, write everything."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    asked.add_argument("--quick", action="store_true", help="the smallest file once, to see that it runs")
    asked.add_argument("--scales", default=",".join(data.SCALES), help="with commas between")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--json", type=Path, help="where everything that was measured is written")
    asked.add_argument(
        "--folder", type=Path, help="where files are made and kept (default: made and removed)"
    )
    given = asked.parse_args(words)
    scales = ["11k"] if given.quick else given.scales.split(",")
    qgis = has_qgis()
    if not qgis:
        print("QGIS is not installed: no ratios. apt-get install qgis python3-qgis", file=sys.stderr)
    found: dict[str, Any] = {"machine": machine(), "quick": given.quick}
    with tempfile.TemporaryDirectory(prefix="gridward-bench-") as scratch:
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        sides = {}
        for scale in scales:
            file = folder / f"cells-{scale}.gpkg"
            if not file.exists():
                print(f"making {file.name} …", file=sys.stderr, flush=True)
                data.make(file, scale)
            sides[scale] = compare(file, scale, 1 if given.quick else given.rounds, qgis=qgis)
        found["sides"] = sides
        pictured = folder / f"cells-{'44k' if '44k' in scales else scales[0]}.gpkg"
        found["likeness"] = alike(pictured, Path(scratch)) if qgis else {}
        largest = folder / f"cells-{scales[-1]}.gpkg"
        found["frames"] = frames.run(largest, 40 if given.quick else 150)
    print(json.dumps(found["machine"], ensure_ascii=False))
    for line in table(sides, found["frames"], quick=given.quick):
        print(line)
    for name, told in found["likeness"].items():
        print(f"pictures of {name} of the area: " + ", ".join(f"{key} {n:.3f}" for key, n in told.items()))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


def table(sides: dict[str, dict[str, Found]], moving: Found, *, quick: bool) -> list[str]:
    """Targets beside what was measured."""
    lines = ["Small numbers: this says that it runs, and nothing about speed."] if quick else []
    lines.append(f"{'what':48} {'target':>9} {'by clock':>9} {'processor':>9}")
    for words, wall, cpu, sign, wanted in ratios(sides):
        met = (wall >= wanted and cpu >= wanted) if sign == ">=" else wall <= wanted
        lines.append(f"{words:48} {f'{sign} {wanted:g}':>9} {wall:9.2f} {cpu:9.2f} {'' if met else 'missed'}")
    for name, times in moving.items():
        for key, wanted in (("p95_ms", 16.0), ("worst_ms", 33.0)):
            met = "" if times[key] < wanted else "missed"
            lines.append(
                f"{f'{name}: {key} of a frame':48} {f'< {wanted:g}':>9} {times[key]:9.2f} {'':9} {met}"
            )
    return lines


if __name__ == "__main__":
    sys.exit(main())
