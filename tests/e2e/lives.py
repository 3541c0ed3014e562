# ruff: noqa: E402 (run as a program, so the folders come first)
"""Lives of a hub and of laptops, each a fork of this program with everything loaded, cut short by kill -9.

`lives.py TOWN SEED KILLS` kills so many, at any moment of a laptop's life; it prints what the laptops said is
saved, and `killed hub` or `killed laptop` for each that was killed while the laptop lived.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from app.__main__ import main as gridward
from e2e import sync_laptop

WITH_PAPER = 7  # one laptop's life in so many brings a paper along


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

    def start(self) -> None:
        """Begin to serve, unless it does."""
        if self.process:
            return
        reads, writes = os.pipe()

        def serve() -> None:
            os.dup2(writes, 1)
            sys.argv = ["gridward", "hub", "serve", str(self.town / "hub"), "--port", "0", "--json"]
            gridward()

        self.process = fork(serve)
        os.close(writes)
        with os.fdopen(reads) as said:
            self.url = json.loads(said.readline())["url"]

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


def main(town: Path, seed: int, kills: int) -> None:
    """Live and kill."""
    hub, chance, number, done = Hub(town), Random(seed), 1, 0
    _, typical = live(town, hub, number, chance, 0)
    while done < kills:
        number += 1
        victim, _ = live(town, hub, number, chance, typical)
        done += bool(victim)
        print(f"killed {victim or 'nobody'}", flush=True)
    if hub.process:
        hub.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
