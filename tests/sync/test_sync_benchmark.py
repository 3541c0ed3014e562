"""The benchmark of sync runs through on small numbers, so that it cannot rot; its speed is not looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from postgres_server import needs_postgis

ROOT = Path(__file__).resolve().parents[2]


def _run(tmp_path: Path, parts: str) -> dict[str, dict[str, object]]:
    out = tmp_path / "found.json"
    command = [sys.executable, "benchmarks/sync.py", "--quick", "--only", parts, "--json", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, dict[str, object]] = json.loads(out.read_text("utf-8"))
    return found


def test_files_are_measured_beside_geodiff(tmp_path: Path) -> None:
    found = _run(tmp_path, "bytes,bootstrap,capture")
    assert found["bootstrap"]["cells"] == 1000
    assert all(part["ratio"] for name, part in found.items() if name not in ("machine", "quick"))


@needs_postgis
def test_laptops_and_hub_are_measured_and_agree(tmp_path: Path) -> None:
    found = _run(tmp_path, "exchange,small")
    assert found["small"]["syncs"] == 10
    assert set(found["exchange"]) >= {"round", "hub", "fold"}
