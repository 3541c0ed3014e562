"""A hub and laptops as processes of their own, and what has to be true when all is over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.domain.entities.papers import Attachment
from app.domain.replication import Block
from sync.accounts import check_hub_rows, check_laptops
from sync.oracle import check_numbers, replayed
from sync.town import reopen
from sync.world import World

ROOT = Path(__file__).resolve().parents[2]
LAPTOP, HUB = ROOT / "tests" / "e2e" / "sync_laptop.py", ROOT / "tests" / "e2e" / "killed_hub.py"
TIMES = max(1, int(os.environ.get("GRIDWARD_EXAMPLES", "1")) // 10)
LIVES, KILLS = ROOT / "tests" / "e2e" / "lives.py", 20 * TIMES
CLIENT_PHASES = (
    "before_push", "during_push", "after_commit", "during_fold", "before_blob", "during_blob",
    "during_bundle",
)  # fmt: skip
HUB_PHASES = (
    "before_push", "during_push", "before_commit", "after_commit", "part_of_blob", "blob_joining",
    "blob_joined", "after_pull",
)  # fmt: skip


def doing(phase: str) -> str:
    """What the laptop does while its hub dies in this phase."""
    return "with_blob" if "blob" in phase else "none"


@contextmanager
def served(
    town: Path, phase: str = "", port: str = "0", environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The hub as a process of its own, perhaps one that dies in a phase; its address."""
    start = [str(HUB), phase] if phase else ["-m", "app"]
    words = ["hub", "serve", str(town / "hub"), "--port", port, "--json"]
    process = subprocess.Popen(
        [sys.executable, *start, *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())["url"]
    finally:
        process.kill()
        process.communicate()


def laptop(
    town: Path, name: str, url: str, phase: str, word: str, *numbers: int,
    environment: Mapping[str, str] | None = None,
) -> tuple[list[str], int]:  # fmt: skip
    """A laptop's program until its end: the notes it said are saved, and its exit code."""
    words = [str(town), name, url, phase, word, *map(str, numbers)]
    done = subprocess.run(
        [sys.executable, str(LAPTOP), *words], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env=environment,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return [line[6:] for line in done.stdout.splitlines() if line.startswith("saved ")], done.returncode


def lived(town: Path, *words: str | int, patience: int = 300, preload: Path | None = None) -> Counter[str]:
    """What lives cut short have said, and how often; all that was called saved is there in the end."""
    # A line is written at once, or those of two lives mix: never unbuffered, which writes its end apart.
    surroundings = {**os.environ, "PYTHONUNBUFFERED": "", **({"LD_PRELOAD": str(preload)} if preload else {})}
    done = subprocess.run(
        [sys.executable, str(LIVES), str(town), *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, timeout=patience, env=surroundings,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = Counter(done.stdout.splitlines())
    check(town, [line[6:] for line in said if line.startswith("saved ")])
    return said


def check(town: Path, saved: list[str]) -> None:
    """Everybody syncs in the end; each saved note is in the log once, and all have the same."""
    world = reopen(town, ("city", "town_a", "town_a2"))
    try:
        world.drain()
        blocks = world.log()
        check_numbers(blocks)
        replay = replayed(blocks)
        told = noted(blocks)
        kept = json.dumps([row for rows in replay.conflicts.values() for row in rows], ensure_ascii=False)
        assert not [note for note in saved if note not in told and note not in kept], "saved and lost"
        assert not [note for note in saved if told.count(note) > 1], "counted twice"
        check_hub_rows(world, replay)
        check_laptops(world, replay)
        lacking = [
            item.file_name for item in _papers(world) if world.hub.blobs.size(item.sha256) != item.size
        ]
        assert not lacking, "a paper that the hub knows of and has not"
    finally:
        world.close()


def _papers(world: World) -> list[Attachment]:
    return [item for one in world.laptops.values() for item in one.workspace.find(Attachment)]


def noted(blocks: Mapping[str, list[Block]]) -> list[object]:
    """Every note of a boiler that the log tells of."""
    return [
        effect.cells["note"]
        for items in blocks.values()
        for block in items
        for effect in block.effects
        if effect.entity == "boiler" and effect.op == "u" and "note" in effect.cells
    ]
