# ruff: noqa: E402 (run as a program, so the folders come first)
"""Lives of a hub and of laptops, each a fork of this program with everything loaded, cut short by kill -9.

`lives.py TOWN moments SEED KILLS` kills so many, at any moment of a laptop's life; `… TOWN WHOSE TIMES`
kills the `laptop` or the `hub` so often in each of its phases; `… TOWN cut_laptop TIMES` and `cut_hub` take
its power away there, loaded after what notes it (`power_cut.py`). It prints what the laptops said is saved,
and `killed hub`, `killed laptop` or `killed PHASE` for each that was killed while the laptop lived.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from app.__main__ import main as gridward
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Attachment
from app.store.workspace import Workspace
from e2e import killed_hub, sync_laptop
from e2e.power_cut import Disk
from e2e.processes import CLIENT_PHASES, HUB_PHASES, doing, noted
from sync.town import reopen

SERVING = (
    "app.cli.main", "app.cli.hub", "app.hub.serve", "app.hub.server", "anyio._backends._asyncio",
    "sqlalchemy.dialects.sqlite", "typer._adapters", "uvicorn.lifespan.on", "uvicorn.loops.uvloop",
)  # fmt: skip
for needed in SERVING:
    import_module(needed)  # each fork of a hub loaded them anew, half a second of the processor

WITH_PAPER = 7  # one laptop's life in so many brings a paper along
ANSWERED = ("after_commit", "blob_joined", "", "")  # the phases that say most; at night all of them
CHANCE = Random(1)
CUTS = (None, CHANCE)  # in turns: only what was asked for is on the disk; by chance, some more is


def fork(work: Callable[[], object]) -> int:
    """A process that does this and ends."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        sys.stdout.flush()
        code = 0
    except BaseException:  # noqa: BLE001 - a fork never returns into its parent's work
        traceback.print_exc()
    os._exit(code)


@dataclass
class Hub:
    """The hub's process; it lives on until it is killed."""

    town: Path
    process: int = 0
    url: str = ""
    disk: Disk | None = None

    def start(self, phase: str = "") -> None:
        """Begin to serve, unless it does; perhaps until a phase."""
        if self.process:
            return
        atexit.register(self.end)
        reads, writes = os.pipe()

        def serve() -> None:
            os.dup2(writes, 1)
            os.environ.update(self.disk.environment if self.disk else {})
            killed_hub.PHASES.get(phase, lambda: None)()
            sys.argv = ["gridward", "hub", "serve", str(self.town / "hub"), "--port", "0", "--json"]
            gridward()

        self.process = fork(serve)
        os.close(writes)
        with os.fdopen(reads) as said:
            self.url = json.loads(said.readline())["url"]

    def end(self) -> None:
        """Kill it if it lives still: a story that ends badly is told at once."""
        if self.process:
            with suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)

    def kill(self) -> None:
        """Kill it, at whatever it is."""
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        self.process = 0


def live(town: Path, hub: Hub, number: int, chance: Random, typical: float) -> tuple[str, float]:
    """One laptop's life, of which it or its hub may not see the end: who was killed, and how long it took."""
    hub.start()
    name = chance.choice(tuple(sync_laptop.PEOPLE))
    phase = "with_blob" if number % WITH_PAPER == 0 else "none"
    victim = chance.choice(("hub", "laptop")) if typical else ""
    began = time.monotonic()
    laptop = fork(lambda: sync_laptop.main(town, name, hub.url, phase, f"life{number}", 2, 1))
    if victim:
        time.sleep(chance.uniform(0, typical))
        found, status = os.waitpid(laptop, os.WNOHANG)
        victim = "" if found else victim
        if victim == "laptop":
            os.kill(laptop, signal.SIGKILL)
        elif victim == "hub":
            hub.kill()
    else:
        found = 0
    if not found:
        _, status = os.waitpid(laptop, 0)
    if status and not (os.WIFSIGNALED(status) and victim == "laptop"):
        raise SystemExit(f"life {number} ended with {status}")
    return victim, time.monotonic() - began


def moments(town: Path, seed: int, kills: int) -> None:
    """Live and kill at any moment."""
    hub, chance, number, done = Hub(town), Random(seed), 1, 0
    _, typical = live(town, hub, number, chance, 0)
    while done < kills:
        number += 1
        victim, _ = live(town, hub, number, chance, typical)
        done += bool(victim)
        print(f"killed {victim or 'nobody'}", flush=True)
    if hub.process:
        hub.kill()


def ended(process: int, phase: str, times: int = 600) -> None:
    """Wait until somebody was killed in a phase, and say so."""
    for _ in range(times):
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            if not os.WIFSIGNALED(status):
                raise SystemExit(f"{phase} was not reached")
            print(f"killed {phase}", flush=True)
            return
        time.sleep(0.05)
    raise SystemExit(f"nobody dies in {phase}")


def laptops_phases(town: Path, times: int) -> None:
    """A laptop is killed in each of its phases; at last one sends what is left."""
    hub = Hub(town)
    hub.start()
    for turn, phase in ((turn, phase) for turn in range(times) for phase in CLIENT_PHASES):
        ended(fork(partial(sync_laptop.main, town, "town_a", hub.url, phase, f"{phase}{turn}")), phase)
    os.waitpid(fork(partial(sync_laptop.main, town, "town_a", hub.url, "none", "end", 0)), 0)
    hub.kill()


def hubs_phases(town: Path, times: int) -> None:
    """A hub is killed in each of its phases while a laptop syncs."""
    hub = Hub(town)
    for turn, phase in ((turn, phase) for turn in range(times) for phase in HUB_PHASES):
        hub.start(phase)
        word = f"hub-{phase}{turn}"
        laptop = fork(partial(sync_laptop.main, town, "town_a", hub.url, doing(phase), word))
        ended(hub.process, phase)
        hub.process = 0
        _, status = os.waitpid(laptop, 0)
        if status:
            raise SystemExit(f"the laptop ended with {status} in {phase}")


def well(work: Callable[[], object]) -> None:
    """Do this in a process of its own, which has to end well."""
    _, status = os.waitpid(fork(work), 0)
    if status:
        raise SystemExit(f"ended with {status}")


def laptops_cuts(town: Path, times: int) -> None:
    """A laptop's power fails in each of its phases: it has what it said is saved."""
    disk, hub = Disk(town / "town_a", Path(os.environ["LD_PRELOAD"])), Hub(town)
    hub.start()

    def work(phase: str, word: str) -> None:
        os.environ.update(disk.environment)
        sync_laptop.main(town, "town_a", hub.url, phase, word)

    for turn in range(times):
        for number, phase in enumerate(CLIENT_PHASES):
            word = f"{phase}{turn}"
            ended(fork(partial(work, phase, word)), phase)
            disk.cut(CUTS[(number + turn) % 2])
            left = town / "left"
            shutil.copytree(disk.folder, left)
            well(partial(has_it_all, left, f"{word}-1", word if phase == "during_blob" else ""))
            shutil.rmtree(left)
    well(partial(sync_laptop.main, town, "town_a", hub.url, "none", "end", 0))
    hub.kill()


def has_it_all(left: Path, note: str, paper: str) -> None:
    """What a disk was left with is whole, and holds the note and the paper."""
    with Workspace.open(left / "work.gpkg") as workspace:
        report = workspace.check()
        assert report.ok, report.findings
        found = workspace.by_key(Boiler, "A-entered")
        assert found is not None and found.note == note, note
        for item in workspace.find(Attachment):
            if paper and item.file_name == f"{paper}.pdf":
                assert workspace.verify_attachment(item.sha256).is_file()


def hubs_cuts(town: Path, times: int) -> None:
    """A hub's power fails in its phases: it has what it answered for."""
    disk = Disk(town / "hub", Path(os.environ["LD_PRELOAD"]))
    hub = Hub(town, disk=disk)
    notes: list[str] = []
    for turn in range(times):
        for number, phase in enumerate(ANSWERED if times == 1 else (*HUB_PHASES, "")):
            hub.start(phase)
            word = f"hub-{number}-{turn}"
            well(partial(sync_laptop.main, town, "town_a", hub.url, doing(phase), word))
            hub.kill()
            notes += (f"{word}-0", f"{word}-1")
            disk.cut(CUTS[(number + turn) % 2])
        well(partial(has_told, town, notes))


def has_told(town: Path, notes: list[str]) -> None:
    """The hub has the notes by itself: laptops would give it back what it lost."""
    world = reopen(town, ("city",))
    try:
        assert not set(notes) - set(noted(world.log())), "answered for and lost"
    finally:
        world.close()


WAYS: dict[str, Callable[..., None]] = {
    "moments": moments,
    "laptop": laptops_phases,
    "hub": hubs_phases,
    "cut_laptop": laptops_cuts,
    "cut_hub": hubs_cuts,
}

if __name__ == "__main__":
    WAYS[sys.argv[2]](Path(sys.argv[1]), *map(int, sys.argv[3:]))
