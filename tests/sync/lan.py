"""A bureau with a hub in this process and laptops that sync with it by the real round, without HTTP."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shapely.geometry import Point

from actions.office import BOILER, PEOPLE, PIN
from app.actions import syncing
from app.actions.people import actor_of, find_person, new_person
from app.actions.records import add_record, edit_record, find_record
from app.actions.session import Session
from app.bootstrap import create_workspace
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.errors import HubUnreachable
from app.hub.hub import Hub
from app.store.workspace import Workspace
from app.sync import enrol as joining
from app.sync.enrol import Joined, Owner
from app.sync.keys import DeviceKeys
from app.sync.messages import EnrolAnswer, EnrolRequest, PullRequest
from app.sync.results import SyncDone
from builders import PLACE
from conftest import Clock
from sync.direct import Direct

CITY, COUNTY, TOWN, TOWN2 = "620800", "620802", "620802105", "620802106"
FILE = "laptop.gpkg"
_NO_REQUEST = ("left", "answers_lost", "apart", "heed", "close")


class Cut(Direct):
    """A line that is cut after so many requests; `answers_lost` cuts it when the hub has done its part,
    `apart` makes the hub one of the version before, which answers a push with nothing but its own reply."""

    left = 1 << 30
    answers_lost = False
    apart = False

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name in _NO_REQUEST or not callable(found):
            return found

        def call(*given: Any) -> Any:
            self.left -= 1
            if self.apart and name in ("push", "pull"):
                given = given[:1] if name == "push" else (PullRequest(after=given[0].after),)
            if self.left < 0:
                if self.answers_lost:
                    found(*given)
                raise HubUnreachable("cut")
            return found(*given)

        return call


@dataclass
class Laptop:
    """One laptop: its open workspace and its keys. Whoever acts is named."""

    session: Session
    keys: DeviceKeys
    hub: Hub
    clock: Clock
    cut: int | None = None
    answers_lost: bool = False
    apart: bool = False

    def __post_init__(self) -> None:
        self.session.now = self.clock
        self.session.keys = self.keys
        self.session.reach = self._reach

    def _reach(self, facts: Any, keys: Any) -> Cut:
        line = Cut(self.hub, facts.device, self.clock)
        if self.cut is not None:
            line.left, line.answers_lost = self.cut, self.answers_lost
        line.apart = self.apart
        return line

    @property
    def device(self) -> str:
        return self.session.workspace.device

    @property
    def replica(self) -> Any:
        return self.session.workspace.replica

    def as_(self, login: str) -> Session:
        person = find_person(self.session, login)
        assert person is not None, login
        self.session.actor = actor_of(person)
        return self.session

    def sync(self) -> SyncDone:
        return syncing.sync(self.session)

    def enter(self, by: str, number: str, **values: Any) -> Boiler:
        place = values.pop("place", PLACE)
        found = add_record(self.as_(by), "boiler", {**BOILER, "ledger_no": number, **values}, Point(place))
        assert isinstance(found, Boiler)
        return found

    def edit(self, by: str, number: str, reason: str = "", **values: Any) -> None:
        edit_record(self.as_(by), self.boiler(number), values, reason=reason)

    def boiler(self, number: str) -> Boiler:
        found = find_record(self.session, "boiler", number)
        assert isinstance(found, Boiler)
        return found

    def reopen(self, file: Path | None = None) -> None:
        path = self.session.workspace.path
        self.session.close()
        if file is not None:
            shutil.copy(file, path)
        actor = self.session.actor
        self.session = Session(Workspace.open(path), actor)
        self.__post_init__()


@dataclass
class Lan:
    """The bureau: `founder` has brought the people, the divisions and nothing else."""

    hub: Hub
    clock: Clock
    folder: Path
    laptops: list[Laptop] = field(default_factory=list)
    _numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        made = self.hub.enrol(request, self.clock())
        return EnrolAnswer(**{name: getattr(made, name) for name in _ANSWER})

    def join(self, area: str, role: str, url: str = "http://127.0.0.1:1") -> Joined:
        code = self.hub.invite(area, role, 10, self.clock()).secret + "0" * 10
        keys = DeviceKeys.make()
        answer = joining.ask(self, code, keys, joining.SCHEMA)
        return Joined(joining.facts_of_answer(answer, url, "", self.clock()), keys)

    def laptop(self, area: str = TOWN, role: str = "R2", file: Path | None = None) -> Laptop:
        """A new laptop of an area; with `file` an existing workspace becomes the replica."""
        joined = self.join(area, role)
        if file is None:
            file = self.folder / f"{next(iter(self._numbers))}" / FILE
            file.parent.mkdir()
            joining.begin_empty(file, joined.facts)
            session = Session(Workspace.open(file))
        else:
            session = Session(Workspace.open(file))
            joining.attach_workspace(session.workspace, joined, Owner())
        found = Laptop(session, joined.keys, self.hub, self.clock)
        self.laptops.append(found)
        if not joined.facts.founding:
            found.sync()
        return found

    def drain(self, *laptops: Laptop, rounds: int = 2) -> list[SyncDone]:
        """Everybody syncs, twice, so that what one sent reaches the others."""
        return [one.sync() for _ in range(rounds) for one in laptops or self.laptops]

    def close(self) -> None:
        for one in self.laptops:
            one.session.close()
        self.hub.close()


_ANSWER = (
    "device", "epoch", "hub", "hub_key", "hub_recipient", "area", "root", "role_cap", "founding",
)  # fmt: skip


def found(folder: Path, now: Callable[[], datetime] | None = None) -> None:
    """Make, once, a founded hub in `folder/hub` and the workspace that founded it in `folder/founder`."""
    clock = Clock()
    (folder / "founder").mkdir(parents=True)
    file = folder / "founder" / FILE
    session = create_workspace(file, CITY, "admin", PIN, now=clock)
    first = new_person(session, "first", "R0", "", "", PIN)
    people = [
        first.replace(uid=session.new_uid(), login=name, name=name, role=role, org=org, area=area)
        for name, (role, org, area) in PEOPLE.items()
    ]
    session.commit(map(insert, people), "user_add")
    session.close()
    hub = Hub.init(folder / "hub", None, CITY, now=clock())
    lan = Lan(hub, clock, folder)
    founder = lan.laptop(CITY, "R0", file)
    founder.sync()
    founder.sync()
    assert not founder.replica.facts().founding
    (folder / "founder" / "keys").write_bytes(founder.keys.to_bytes())
    lan.close()


def begin(made: Path, folder: Path) -> Lan:
    """A copy of the founded hub with its founder's laptop."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    clock = Clock()
    lan = Lan(Hub.open(folder / "hub"), clock, folder)
    keys = DeviceKeys.from_bytes((folder / "founder" / "keys").read_bytes())
    session = Session(Workspace.open(folder / "founder" / FILE))
    lan.laptops.append(Laptop(session, keys, lan.hub, clock))
    return lan
