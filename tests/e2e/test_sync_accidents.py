"""Real processes on a real port, killed with -9 in every phase, on a bad network, with full disks.

What a laptop said is saved is in the hub's log exactly once in the end, and everybody has the same.
`GRIDWARD_EXAMPLES` repeats the loops more often (at night).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.exc import OperationalError

from app.errors import AppError
from e2e.bad_network import BadNetwork, mixed
from sync import doings
from sync.accounts import check_hub_rows, check_laptops, settle
from sync.oracle import check_numbers, replayed
from sync.town import boiler, copy_of, end, make, reopen
from sync.world import World

ROOT = Path(__file__).resolve().parents[2]
LAPTOP, HUB = ROOT / "tests" / "e2e" / "sync_laptop.py", ROOT / "tests" / "e2e" / "killed_hub.py"
TIMES = max(1, int(os.environ.get("GRIDWARD_EXAMPLES", "1")) // 10)
CLIENT_PHASES = (
    "before_push", "during_push", "after_commit", "during_fold", "during_blob", "during_bundle",
)  # fmt: skip
HUB_PHASES = ("before_push", "during_push", "before_commit", "after_commit")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town where nothing has happened."""
    folder = tmp_path_factory.mktemp("town") / "town"
    make(folder)
    return folder


@pytest.fixture
def town(template: Path) -> Iterator[Path]:
    """A copy of it."""
    folder = copy_of(template)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(town: Path, phase: str = "", port: str = "0") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The hub as a process of its own, perhaps one that dies in a phase; its address."""
    start = [str(HUB), phase] if phase else ["-m", "app"]
    words = ["hub", "serve", str(town / "hub"), "--port", port, "--json"]
    process = subprocess.Popen(
        [sys.executable, *start, *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())["url"]
    finally:
        process.kill()
        process.communicate()


def laptop(town: Path, name: str, url: str, phase: str, word: str, *numbers: int) -> tuple[list[str], int]:
    """A laptop's program until its end: the notes it said are saved, and its exit code."""
    words = [str(town), name, url, phase, word, *map(str, numbers)]
    done = subprocess.run(
        [sys.executable, str(LAPTOP), *words], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return [line[6:] for line in done.stdout.splitlines() if line.startswith("saved ")], done.returncode


def check(town: Path, saved: list[str]) -> None:
    """Everybody syncs in the end; each saved note is in the log once, and all have the same."""
    world = reopen(town, ("city", "town_a", "town_a2"))
    try:
        world.drain()
        blocks = world.log()
        check_numbers(blocks)
        replay = replayed(blocks)
        told = [
            value
            for items in blocks.values()
            for block in items
            for effect in block.effects
            for name, value in effect.cells.items()
            if effect.entity == "boiler" and name == "note" and effect.op == "u"
        ]
        kept = json.dumps([row for rows in replay.conflicts.values() for row in rows], ensure_ascii=False)
        assert not [note for note in saved if note not in told and note not in kept], "saved and lost"
        assert not [note for note in saved if told.count(note) > 1], "counted twice"
        check_hub_rows(world, replay)
        check_laptops(world, replay)
    finally:
        world.close()


def test_a_laptop_is_killed_in_every_phase(town: Path) -> None:
    saved: list[str] = []
    with served(town) as (_, url):
        for turn in range(TIMES):
            for phase in CLIENT_PHASES:
                found, code = laptop(town, "town_a", url, phase, f"{phase}{turn}")
                saved += found
                assert len(found) == 2
                assert code == -signal.SIGKILL, f"{phase} was not reached"
        laptop(town, "town_a", url, "none", "end", 0)
    check(town, saved)


def test_the_hub_is_killed_in_every_phase(town: Path) -> None:
    saved: list[str] = []
    for turn in range(TIMES):
        for phase in HUB_PHASES:
            with served(town, phase) as (hub, url):
                found, _ = laptop(town, "town_a", url, "none", f"hub-{phase}{turn}")
                saved += found
                assert hub.wait(30) == -signal.SIGKILL, f"{phase} was not reached"
    check(town, saved)


def test_both_work_on_a_network_that_spoils_everything(town: Path) -> None:
    saved: list[str] = []
    with served(town) as (_, url):
        port = int(url.rpartition(":")[2].strip("/"))
        with BadNetwork(port, mixed(7)) as network:
            there = f"http://127.0.0.1:{network.port}"
            for turn in range(2 * TIMES):
                for name in ("town_a", "town_a2"):
                    saved += laptop(town, name, there, "none", f"{name}-{turn}", 3, 4)[0]
            assert sum(times for kind, times in network.seen.items() if kind != "pass") > 3, network.seen
    check(town, saved)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = os.name == "posix" and os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=False, capture_output=True
    ).returncode == 0  # fmt: skip
    if not mounted:
        pytest.skip("only root makes a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def fill(disk: Path) -> Path:
    """Leave nothing free."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return ballast


@pytest.mark.parametrize("whose", ["laptop", "hub"])
def test_a_full_disk_loses_nothing(template: Path, small_disk: Path, whose: str) -> None:
    folder = copy_of(template)
    part = "town_a" if whose == "laptop" else "hub"
    shutil.move(folder / part, small_disk / part)
    (folder / part).symlink_to(small_disk / part)
    world = reopen(folder, ("city", "town_a", "town_a2"))
    try:
        _work_on_a_full_disk(world, small_disk, whose)
    finally:
        end(world)


def _work_on_a_full_disk(world: World, disk: Path, whose: str) -> None:
    town, other = world.laptops["town_a"], world.laptops["town_a2"]
    failures = 0
    ballast = fill(disk)
    chance = Random(1)
    for turn in range(12):
        for one, login in ((town, "officer"), (other, "officer2")):
            record = boiler(one, "A-entered")
            assert record is not None
            words = "满" * chance.randint(100, 400)
            failures += not doings.edit(
                one, login, record, note=f"{words}{turn}", contact=f"{one.name}{turn}"
            )
        try:
            failures += town.round() is None
            failures += other.round() is None
        except (AppError, OperationalError):  # the hub's server makes an answer of the second
            failures += 1
    assert failures, f"the {whose}'s disk was never full"
    ballast.unlink()
    settle(world)
