"""The power fails in every phase: what a program said is safe is there afterwards, whatever else is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Attachment
from app.store.workspace import Workspace
from app.sync.bundle_volume import check_volume
from e2e.power_cut import Disk, compiled
from e2e.processes import CLIENT_PHASES, HUB_PHASES, ROOT, TIMES, check, doing, laptop, noted, served
from sync.town import reopen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="noted on Linux only")
CHANCE = Random(1)
ANSWERED = ("after_commit", "blob_joined", "", "")  # the phases that say most; at night all of them
CUTS = (None, CHANCE)  # in turns: only what was asked for is on the disk; by chance, some more is


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What notes; compiled once."""
    return compiled(tmp_path_factory.mktemp("power"))


def test_a_laptop_has_what_it_said_is_saved(town: Path, library: Path, tmp_path: Path) -> None:
    saved: list[str] = []
    disk = Disk(town / "town_a", library)
    with served(town) as (_, url):
        for turn in range(TIMES):
            for number, phase in enumerate(CLIENT_PHASES):
                word = f"{phase}{turn}"
                saved += laptop(town, "town_a", url, phase, word, environment=disk.environment)[0]
                disk.cut(CUTS[(number + turn) % 2])
                _has_it_all(
                    shutil.copytree(disk.folder, tmp_path / word),
                    saved[-1],
                    word if phase == "during_blob" else "",
                )
        laptop(town, "town_a", url, "none", "end", 0)
    check(town, saved)


def _has_it_all(left: Path, note: str, paper: str) -> None:
    with Workspace.open(left / "work.gpkg") as workspace:
        report = workspace.check()
        assert report.ok, report.findings
        found = workspace.by_key(Boiler, "A-entered")
        assert found is not None and found.note == note
        for item in workspace.find(Attachment):
            if paper and item.file_name == f"{paper}.pdf":
                assert workspace.verify_attachment(item.sha256).is_file()


def test_a_hub_has_what_it_answered_for(town: Path, library: Path) -> None:
    """It has it by itself: laptops would give a hub back what it lost."""
    saved: list[str] = []
    disk = Disk(town / "hub", library)
    for turn in range(TIMES):
        for number, phase in enumerate(ANSWERED if TIMES == 1 else (*HUB_PHASES, "")):
            with served(town, phase, environment=disk.environment) as (hub, url):
                saved += laptop(town, "town_a", url, doing(phase), f"hub-{number}-{turn}")[0]
                hub.kill()
                hub.wait(30)
            disk.cut(CUTS[(number + turn) % 2])
        world = reopen(town, ("city",))
        try:
            assert not set(saved) - set(noted(world.log())), "answered for and lost"
        finally:
            world.close()
    check(town, saved)


def test_a_stick_has_the_bundle_that_is_safe_to_unplug(town: Path, library: Path) -> None:
    disk = Disk(town / "stick", library)
    laptop(town, "town_a", "", "after_bundle", "stick/bundle", environment=disk.environment)
    disk.cut()
    check_volume(town / "stick" / "bundle.bundle")


def test_who_has_joined_has_the_keys(town: Path, library: Path, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "new", library)
    settings = {
        "GRIDWARD_CONFIG": str(disk.folder / "config"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    with served(town) as (_, url):
        invited = _shell(settings, "hub", "invite", str(town / "hub"), "--area", "620802101", "--role", "R2")
        file = ("-w", str(disk.folder / "new.gpkg"))
        _shell(disk.environment | settings, *file, "enrol", "--hub", url, "--code", invited["code"])
        disk.cut()
        assert _shell(settings, *file, "sync")["agrees"]


def test_a_copy_of_the_hub_is_whole(town: Path, library: Path, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "copies", library)
    made = Path(
        _shell(disk.environment, "hub", "backup", str(town / "hub"), "-o", str(disk.folder))["backup"]
    )
    disk.cut()
    for part in (town / "hub" / "blobs" / "blobs").rglob("*"):
        copy = made / part.relative_to(town / "hub")
        assert part.is_dir() or copy.read_bytes() == part.read_bytes()


def _shell(environment: dict[str, str], *words: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "app", "--json", *words], cwd=ROOT, env={**os.environ, **environment},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
