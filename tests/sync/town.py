"""The county before a story: its people, boilers in every stage, the hub founded, laptops enrolled."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from actions.office import Office
from app.actions.people import actor_of, new_person
from app.actions.session import Session
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.hub.hub import Hub
from app.store.workspace import Workspace
from app.sync.keys import DeviceKeys
from builders import METRE_NORTH, PLACE
from conftest import Clock
from sync.oracle import Oracle
from sync.replayable import Replayable
from sync.world import COUNTY, LAPTOPS, PEOPLE, ROOT, START, TOWN_A, TOWN_B, Laptop, World, enrol

PIN = "246810"
STAGES = ("entered", "planned", "in_progress", "town_ok", "notice", "cleared")  # of town A; town B has two
# Each boiler has its own place and unit, or the hub would ask whether two of them are one; all stand near the
# place of the photographs.
_APART_M = 18.0
FIVE = ("city", "county", "town_a", "town_a2", "town_b")


def divisions() -> list[Division]:
    """The city, the county and two of its towns, without boundaries."""
    rows = (
        (ROOT, "平凉市", "city", None),
        (COUNTY, "崆峒区", "county", ROOT),
        (TOWN_A, "柳湖镇", "town", COUNTY),
        (TOWN_B, "崆峒镇", "town", COUNTY),
    )
    return [
        Division(
            uid=f"00000000-0000-4000-8000-{code:0>12}", code=code, name=name, level=level, parent_code=up
        )
        for code, name, level, up in rows
    ]


def office(folder: Path) -> Office:
    """The city's workspace with everybody in it, before there was a hub."""
    session = Session(Workspace.create(folder / "work.gpkg", ROOT, "平凉市"))
    clock = Clock()
    session.now = clock
    admin = new_person(session, "admin", "R0", "", ROOT, PIN)
    people = [
        admin.replace(uid=session.new_uid(), login=login, name=login, role=role, org=org, area=area)
        for login, (role, org, area) in PEOPLE.items()
    ]
    session.actor = actor_of(admin)
    session.commit(map(insert, (*divisions(), admin, *people)), "create_workspace")
    return Office(session, clock, folder.parent / "papers")


def boilers(work: Office) -> None:
    """Boilers in every stage, each with its papers."""
    work.enter(ledger_no="B-1", **place(8), div_code=TOWN_B)
    planned = work.planned(ledger_no="B-2", **place(9), div_code=TOWN_B)
    work.do("officer_b", "start", planned, ["photo_before"])
    for number, stage in enumerate(STAGES):
        facts = {"ledger_no": f"A-{stage}", "div_code": TOWN_A, **place(number)}
        if stage == "entered":
            work.enter(**facts)
        elif stage == "notice":
            found = work.county_ok(**facts)
            work.do("city", "notice", found)
        else:
            getattr(work, stage)(**facts)


def place(number: int) -> dict[str, Any]:
    """Where the boiler of this number stands and whose it is."""
    north = PLACE[1] + (number - 4) * _APART_M * METRE_NORTH
    return {"user_org": f"第{number}小学", "address": f"{number}号", "place": (PLACE[0], north)}


def make(folder: Path, url: str | None = None) -> None:
    """The whole town in `folder`: hub/ and a folder for each laptop; with `url` the hub is on PostgreSQL. It
    has the same identities each time."""
    replayable = Replayable("town")
    try:
        _make(folder, url)
    finally:
        replayable.end()


def _make(folder: Path, url: str | None) -> None:
    folder.mkdir(parents=True)
    (folder / "city").mkdir()
    work = office(folder / "city")
    boilers(work)
    Hub.init(folder / "hub", url, ROOT, now=START).close()
    world = World(folder, Hub.open(folder / "hub", url))
    kept: dict[str, bytes] = {}
    for name, (area, role) in LAPTOPS.items():
        if name == "city":
            workspace = work.session.workspace
        else:
            (folder / name).mkdir()
            workspace = Workspace.create(folder / name / "work.gpkg", area, name)
        keys = enrol(world, workspace, area, role)
        workspace.close()
        world.laptops[name] = laptop = Laptop(world, name, folder / name, keys)
        kept[name] = keys.to_bytes()
        done = laptop.round()
        assert done is not None and done.agrees, name
    blocks = world.log()
    kept["founded"] = msgspec.msgpack.encode({area: items[-1].last for area, items in blocks.items()})
    kept["now"] = world.now.isoformat().encode()
    (folder / "keys").write_bytes(msgspec.msgpack.encode(kept))
    world.close()


def begin(template: Path, names: Iterable[str] = FIVE) -> World:
    """A copy of the town, where a story can begin; in memory where the system has room for that."""
    return reopen(copy_of(template), names)


def copy_of(template: Path) -> Path:
    """The files of a town of one's own."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="gridward-", dir=memory if memory.is_dir() else None))
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return folder


def reopen(folder: Path, names: Iterable[str] = FIVE, url: str | None = None) -> World:
    """Open the hub and the laptops of a town."""
    kept = msgspec.msgpack.decode((folder / "keys").read_bytes(), type=dict[str, bytes])
    world = World(folder, Hub.open(folder / "hub", url), Oracle())
    world.url = url
    world.now = datetime.fromisoformat(kept["now"].decode())
    world.founded = msgspec.msgpack.decode(kept["founded"], type=dict[str, int])
    for name in names:
        world.laptops[name] = Laptop(world, name, folder / name, DeviceKeys.from_bytes(kept[name]))
    return world


def keys_of(folder: Path, name: str) -> DeviceKeys:
    """The keys of a laptop of the town."""
    kept = msgspec.msgpack.decode((folder / "keys").read_bytes(), type=dict[str, bytes])
    return DeviceKeys.from_bytes(kept[name])


def end(world: World) -> None:
    """Close and remove a story's files."""
    try:
        world.close()
    finally:
        shutil.rmtree(world.folder, ignore_errors=True)


def boiler(laptop: Laptop, number: str) -> Boiler | None:
    """A boiler as a laptop shows it."""
    found = laptop.workspace.by_key(Boiler, number)
    assert found is None or isinstance(found, Boiler)
    return found
