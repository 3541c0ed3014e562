"""The demo of many tests, built once in a run: the processes of one run share it."""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.demo.build import FILE, Demo, build

COARSE_M = 5000  # regular cells have tests of their own; here they only cost time


def shared_demo(factory: pytest.TempPathFactory) -> Demo:
    """A copy of the run's demo for those who only read it: its workspace is their own, its papers are linked.

    Whoever comes first builds it, and others that come meanwhile wait for that.
    """
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    whole = shared / "shared-demo.pickle"
    with (shared / "shared-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            kept = pickle.dumps(build(shared / "shared-demo", cell_size_m=COARSE_M))
            whole.write_bytes(kept)
    made: Demo = pickle.loads(whole.read_bytes())
    folder = factory.mktemp("demo")
    shutil.copytree(made.path.parent, folder, copy_function=_copied, dirs_exist_ok=True)
    return replace(made, path=folder / FILE)


def _copied(source: str, target: str) -> None:
    if Path(source).name == FILE:
        shutil.copy(source, target)
    else:
        os.link(source, target)
