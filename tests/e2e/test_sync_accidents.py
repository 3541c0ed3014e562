"""Real processes on a real port, killed with -9 in every phase, on a bad network, with full disks.

What a laptop said is saved is in the hub's log exactly once in the end, and everybody has the same.
`GRIDWARD_EXAMPLES` repeats the loops more often (at night).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.exc import OperationalError

from app.errors import AppError
from e2e.bad_network import BadNetwork, mixed
from e2e.processes import (
    CLIENT_PHASES,
    HUB_PHASES,
    KILLS,
    TIMES,
    check,
    laptop,
    lived,
    served,
)
from small_disk import fill, small_disk
from sync import doings
from sync.accounts import settle
from sync.town import boiler, copy_of, end, reopen
from sync.world import World


@pytest.mark.parametrize(("whose", "phases"), [("laptop", CLIENT_PHASES), ("hub", HUB_PHASES)])
def test_somebody_is_killed_in_every_phase(town: Path, whose: str, phases: tuple[str, ...]) -> None:
    said = lived(town, whose, TIMES, patience=300 * TIMES)
    assert {phase: said[f"killed {phase}"] for phase in phases} == dict.fromkeys(phases, TIMES)
    assert sum(line.startswith("saved ") for line in said) >= 2 * len(phases) * TIMES


def test_nothing_is_lost_at_whatever_moment_somebody_is_killed(town: Path) -> None:
    said = lived(town, "moments", 1, KILLS, patience=300 + 10 * KILLS)
    assert said["killed hub"] > KILLS // 4 and said["killed laptop"] > KILLS // 4, said


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


@pytest.mark.parametrize("whose", ["laptop", "hub"])
def test_a_full_disk_loses_nothing(template: Path, tmp_path: Path, whose: str) -> None:
    with small_disk(tmp_path / "small", 24) as disk:
        _on_a_full_disk(template, disk, whose)


def _on_a_full_disk(template: Path, disk: Path, whose: str) -> None:
    folder = copy_of(template)
    part = "town_a" if whose == "laptop" else "hub"
    shutil.move(folder / part, disk / part)
    (folder / part).symlink_to(disk / part)
    world = reopen(folder, ("city", "town_a", "town_a2"))
    try:
        _work_on_a_full_disk(world, disk, whose)
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
