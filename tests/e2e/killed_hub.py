# ruff: noqa: E402 (run as a program, so the folders come first)
"""`gridward hub serve` that is killed in a phase of its first push: `killed_hub.py PHASE hub serve …`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from app.__main__ import main
from app.hub.hub import Hub
from app.hub.log import Logs
from app.hub.objects import Blobs
from app.hub.pushing import Pushing
from e2e.sync_laptop import after, before, during

PHASES: dict[str, Callable[[], None]] = {
    "before_push": lambda: before(Pushing, "push"),
    "during_push": lambda: during(Pushing, "push"),
    "before_commit": lambda: after(Logs, "store"),
    "after_commit": lambda: after(Pushing, "push"),
    "part_of_blob": lambda: after(Blobs, "_add_part"),
    "blob_joining": lambda: during(Blobs, "_finish"),
    "blob_joined": lambda: after(Blobs, "_finish"),
    "after_pull": lambda: after(Hub, "pull"),
}

if __name__ == "__main__":
    PHASES[sys.argv.pop(1)]()
    sys.exit(main())
