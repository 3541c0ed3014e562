"""A small county with a hub and five real laptops in one process, on a network and sticks that misbehave."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.actions.people import actor_of, find_person
from app.actions.session import Session
from app.domain.changes import ChangeSet, Committed, collect
from app.domain.entities.boiler import Boiler
from app.domain.entities.conflict import Conflict
from app.domain.entity import Entity
from app.domain.replication import Batch, Block
from app.errors import AppError, HubUnreachable
from app.hub import backup
from app.hub.hub import Hub
from app.hub.place import HubPlace
from app.hub.replies import pull_reply
from app.hub.sticks import give_bundle, take_bundle
from app.store.replica_facts import ReplicaFacts
from app.store.tables import STORED_TYPES
from app.store.workspace import Workspace
from app.sync.keys import DeviceKeys
from app.sync.messages import EnrolRequest, PullReply, PullRequest, PushReply
from app.sync.results import Progress, SyncDone
from app.sync.round import Round
from app.sync.sending import Sealer
from app.sync.signing import ENROL, sign
from app.sync.stick import Stick
from app.sync.wire import decode_block
from postgres_server import create_database, sql
from sync.direct import Direct
from sync.oracle import Lost, Oracle

ROOT, COUNTY = "620800", "620802"
TOWN_A, TOWN_B = "620802105", "620802101"
START = datetime(2026, 12, 14, 2, 0, tzinfo=UTC)
LAPTOPS: Mapping[str, tuple[str, str]] = {  # name: area, the highest role it serves
    "city": (ROOT, "R0"),
    "city2": (ROOT, "R6"),
    "county": (COUNTY, "R4"),
    "town_a": (TOWN_A, "R2"),
    "town_a2": (TOWN_A, "R2"),
    "town_b": (TOWN_B, "R2"),
}
PEOPLE: Mapping[str, tuple[str, str, str]] = {  # login: role, unit, area
    "inspector": ("R1", "柳湖镇政府", TOWN_A),
    "officer": ("R2", "柳湖镇政府", TOWN_A),
    "officer2": ("R2", "柳湖镇政府", TOWN_A),
    "officer_b": ("R2", "崆峒镇政府", TOWN_B),
    "clerk": ("R3", "市生态环境局崆峒分局", COUNTY),
    "clerk2": ("R3", "崆峒区市场监督管理局", COUNTY),
    "registrar": ("R3", "市生态环境局崆峒分局", COUNTY),
    "chief": ("R4", "市生态环境局崆峒分局", COUNTY),
    "city": ("R5", "平凉市生态环境局", ROOT),
    "leader": ("R6", "平凉市生态环境局", ROOT),
}
CREWS: Mapping[str, tuple[str, ...]] = {
    "city": ("city", "leader"),
    "city2": ("city", "leader"),
    "county": ("clerk", "clerk2", "registrar", "chief"),
    "town_a": ("officer", "inspector"),
    "town_a2": ("officer2", "inspector"),
    "town_b": ("officer_b",),
}


class Killed(BaseException):
    """The program of a laptop ends here, as by kill -9; no code of it may catch this."""


@dataclass
class Clock:
    """A clock that somebody may have set wrong."""

    world: World
    off: timedelta = timedelta()

    def __call__(self) -> datetime:
        """This laptop's idea of now."""
        return self.world.now + self.off


class WatchedSession(Session):
    """A session that tells the oracle what a person saw and wrote."""

    laptop: Laptop

    def commit(self, changes: Any, action: str, reason: str = "", *, undoes: str | None = None) -> Committed:
        wanted = collect(changes)
        self.laptop.look()
        change_set = ChangeSet(wanted, action, self.person(), reason, undoes)
        done = super().commit(wanted, action, reason, undoes=undoes)
        self.laptop.world.oracle.enter(self.laptop.name, done.transaction, change_set)
        self.laptop.look()
        return done


@contextmanager
def but_for(codes: frozenset[str]) -> Iterator[None]:
    """Go on after a refusal with one of these codes."""
    try:
        yield
    except AppError as error:
        if error.code not in codes:
            raise


@contextmanager
def unreadable() -> Iterator[None]:
    """Something that was cut and is refused for that; any other refusal is a fault, and ends the story."""
    with pytest.raises(AppError) as refused:
        yield
    assert refused.value.code == "bad_message"


class Line(Direct):
    """The way to the hub, in this process. `fault` befalls the next round and is then forgotten.

    `lost`: the request never arrives; `deaf`: the hub does its work and the answer is lost; `cut`: the
    request arrives cut short; `no_pull`: nothing comes back after the push; `piece`: pulls bring little at a
    time; `torn`: only the first block comes; `stale`: the pull is an answer of long ago; `apart`: the
    hub is of the version before, and is asked for grants and log apart.
    """

    def __init__(self, world: World, laptop: Laptop) -> None:
        super().__init__(world.hub, laptop.device, world.tick)
        self.world, self.laptop = world, laptop
        self.fault = ""

    def push(self, batch: bytes, asked: PullRequest | None = None) -> PushReply:
        self.world.bag.append((self.laptop.name, batch))
        if self.fault == "lost":
            raise HubUnreachable("lost")
        if self.fault == "cut":
            with unreadable():
                super().push(batch[: len(batch) * 2 // 3])
            raise HubUnreachable("cut")
        # With a fault of the way back, and with a hub of the version before, the log is asked for apart.
        apart = self.fault in ("no_pull", "piece", "torn", "stale", "apart")
        reply = super().push(batch, None if apart else asked)
        if self.fault == "deaf":
            raise HubUnreachable("deaf")
        return reply

    def pull(self, asked: PullRequest) -> PullReply:
        if self.fault in ("no_pull", "lost", "deaf", "cut"):
            raise HubUnreachable("no pull")
        limit = 1 if self.fault == "piece" else 1 << 22
        held = None if self.fault == "apart" else asked.held
        given = asked.after, limit, self._now(), held, asked.heads
        reply = pull_reply(self.world.hub.pull(self.laptop.device, *given))
        if self.fault == "stale" and self.laptop.old_reply is not None:
            reply = self.laptop.old_reply
        elif reply.blocks:
            self.laptop.old_reply = reply
        if self.fault == "torn" and reply.blocks:  # the laptop is killed between two blocks
            return PullReply(blocks=reply.blocks[:1], areas=reply.areas, more=False, hub_time=reply.hub_time)
        return reply


@dataclass
class Saved:
    """A backup of a laptop's file, with what its screen had shown until then."""

    folder: Path
    shown: dict[Any, Any]
    acts: set[str]


class Laptop:
    """One real workspace file with the people who use it."""

    def __init__(self, world: World, name: str, folder: Path, keys: DeviceKeys) -> None:
        self.world, self.name, self.folder, self.keys = world, name, folder, keys
        self.area, self.cap = LAPTOPS[name]
        self.clock = Clock(world)
        self.old_reply: PullReply | None = None
        self.revoked = False
        self.alter: Callable[[Batch], Batch] | None = None  # makes batches as another version would
        self.backups: list[Saved] = []
        self.written: list[Path] = []  # bundles for the hub, and its answers
        self.answers: list[Path] = []
        self.session: WatchedSession
        self.open()

    @property
    def file(self) -> Path:
        """The workspace file."""
        return self.folder / "work.gpkg"

    def open(self) -> None:
        """Start the program."""
        self.session = WatchedSession(Workspace.open(self.file))
        self.session.laptop = self
        self.session.now = self.clock
        facts = self.workspace.replica.facts()
        self.device = facts.device if facts else ""
        self.look()

    @property
    def workspace(self) -> Workspace:
        """The open file."""
        return self.session.workspace

    def as_(self, login: str) -> WatchedSession:
        """Let this person be signed in."""
        person = find_person(self.session, login)
        assert person is not None, f"{login} is not known on {self.name}"
        self.session.actor = actor_of(person)
        return self.session

    def look(self) -> None:
        """Everything that can be edited is shown on the screen once."""
        for kind in self.world.looked_at:
            self.world.oracle.show(self.name, self.workspace.find(kind))

    def records(self) -> dict[tuple[str, str], Entity]:
        """Every record of the file."""
        return {
            (kind.name, item.uid): item for kind in STORED_TYPES for item in self.workspace.find(kind.record)
        }

    # ------------------------------------------------------------ sync
    def round(self, fault: str = "", killed_after: int | None = None) -> SyncDone | None:
        """One round on a line with this fault; None when the line broke. May raise Killed."""
        line = Line(self.world, self)
        line.fault = fault
        left = [killed_after if killed_after is not None else -1]

        def progress(*_: object) -> None:
            if left[0] == 0:
                raise Killed
            left[0] -= 1

        try:
            return self._round(line, progress).run()
        except HubUnreachable:
            return None
        finally:
            self.look()

    def by_stick(self, *, there: bool = True, back: bool = True) -> SyncDone | None:
        """A bundle for the hub and its answer; either may be lost on the way."""
        stick = Stick(self.workspace, self.keys, self.clock(), lambda *_: None)
        try:
            with tempfile.TemporaryDirectory(dir=self.world.folder) as folder:
                out, answer = Path(folder) / "out.bundle", Path(folder) / "back.bundle"
                stick.write(out)
                if there:
                    take_bundle(self.world.hub, out, self.world.tick())
                if not back:
                    return None
                give_bundle(self.world.hub, self.device, answer, self.world.tick())
                return stick.read(answer)
        finally:
            self.look()

    def carry(self, there: int | None, back: int | None) -> SyncDone | None:
        """Bundles as they lie in a bag: how many before the newest one arrives there, and is read here."""
        stick = Stick(self.workspace, self.keys, self.clock(), lambda *_: None)
        folder = Path(tempfile.mkdtemp(dir=self.world.folder))
        try:
            stick.write(folder / "out.bundle")
            self.written.append(folder / "out.bundle")
            if there is None:
                return None
            take_bundle(self.world.hub, self.written[-1 - there % len(self.written)], self.world.tick())
            give_bundle(self.world.hub, self.device, folder / "back.bundle", self.world.tick())
            self.answers.append(folder / "back.bundle")
            return None if back is None else stick.read(self.answers[-1 - back % len(self.answers)])
        finally:
            self.look()

    def sealer(self) -> Sealer:
        """What makes this laptop's batches."""
        return self._round(Line(self.world, self), lambda *_: None).sealer()

    def _round(self, line: Line, progress: Progress) -> _Round:
        one = _Round(self.workspace, line, self.keys.sign_seed, self.clock, progress, lambda: False)
        object.__setattr__(one, "laptop", self)
        return one

    # ------------------------------------------------------------ accidents
    def kill(self) -> None:
        """End the program as by kill -9, and start it again from exactly the bytes that are there."""
        fresh = Path(tempfile.mkdtemp(dir=self.world.folder)) / "after"
        shutil.copytree(self.folder, fresh, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
        self.session.workspace.close()  # the dead one's handles; its folder is used no more
        self.folder = fresh
        self.open()

    def back_up(self) -> None:
        """Keep a backup: the file as it is now."""
        folder = Path(tempfile.mkdtemp(dir=self.world.folder))
        shutil.copytree(self.folder, folder / "copy", ignore=shutil.ignore_patterns("*.lock", "*-shm"))
        oracle = self.world.oracle
        self.backups.append(
            Saved(folder / "copy", dict(oracle.shown.get(self.name, {})), oracle.acts_of(self.name))
        )

    def restore(self, which: int) -> None:
        """Bring an old backup back; what was written since may be gone, if nobody else has it."""
        saved = self.backups[which % len(self.backups)]
        oracle = self.world.oracle
        oracle.forgotten |= oracle.acts_of(self.name) - saved.acts
        oracle.begun_anew.add(self.name)
        oracle.shown[self.name] = dict(saved.shown)
        self.workspace.close()
        fresh = Path(tempfile.mkdtemp(dir=self.world.folder)) / "restored"
        shutil.copytree(saved.folder, fresh)
        self.folder = fresh
        self.open()


class _Round(Round):
    """A round whose batches another version of the program may have written."""

    laptop: Laptop

    def sealer(self) -> Sealer:
        plain = super().sealer()
        if self.laptop.alter is None:
            return plain
        other = _Sealer(plain.replica, plain.seed, plain.schema, plain.now)
        object.__setattr__(other, "alter", self.laptop.alter)
        return other


class _Sealer(Sealer):
    alter: Callable[[Batch], Batch]

    def _signed(self, batch: Batch, *, short: bool) -> tuple[bytes, bytes]:
        return super()._signed(self.alter(batch), short=short)


@dataclass
class World:
    """Hub, laptops, what lies around in bundles, and the oracle."""

    folder: Path
    hub: Hub
    oracle: Oracle = field(default_factory=Oracle)
    now: datetime = START
    laptops: dict[str, Laptop] = field(default_factory=dict)
    bag: list[tuple[str, bytes]] = field(default_factory=list)
    counter: int = 0
    url: str | None = None
    postgres: Path | None = None  # the server's socket folder and the database's name
    hub_backups: list[Path] = field(default_factory=list)
    founded: Mapping[str, int] = field(default_factory=dict)  # where each log stood before the story
    looked_at: tuple[type[Entity], ...] = (Boiler, Conflict)  # what people have before their eyes

    def tick(self) -> datetime:
        """The hub's clock; no two things happen at the same moment."""
        self.now += timedelta(seconds=1)
        return self.now

    def fresh(self, laptop: str) -> str:
        """A value nobody has written before."""
        self.counter += 1
        return f"{laptop}-{self.counter}"

    def log(self) -> dict[str, list[Block]]:
        """Every block of every area, as the laptop that reads all is given them."""
        found: dict[str, list[Block]] = {}
        cursors: dict[str, int] = {}
        while True:
            reply = pull_reply(self.hub.pull(self.laptops["city"].device, dict(cursors), 1 << 22))
            for block in reply.blocks:
                found.setdefault(block.area, []).append(decode_block(block.body))
                cursors[block.area] = block.last
            if not reply.more:
                return found

    def deliver(self, which: int, cut: int | None = None) -> None:
        """Somebody brings a batch of the bag to the hub, perhaps again, perhaps cut short."""
        _, body = self.bag[which % len(self.bag)]
        if cut is None:
            self.hub.push(body, self.tick())
            return
        with unreadable():
            self.hub.push(body[: cut % max(1, len(body))], self.tick())

    # ------------------------------------------------------------ a hub that is brought back from a backup
    def back_up_hub(self) -> None:
        """Keep a backup of the hub, while it serves."""
        if self.postgres is not None:
            saved = f"{self.postgres.name}b{len(self.hub_backups)}"
            self._copied(self.postgres.name, saved)
            self.hub_backups.append(Path(saved))
            return
        target = Path(tempfile.mkdtemp(dir=self.folder))
        self.hub_backups.append(backup.backup(HubPlace(self.folder / "hub"), target, self.tick()))

    def restore_hub(self, which: int, *, declared: bool) -> None:
        """Bring an old backup of the hub back: with the command, or by copying files, without a word."""
        saved = self.hub_backups[which % len(self.hub_backups)]
        place = HubPlace(self.folder / "hub")
        if self.postgres is not None:
            self._copied(saved.name, self.postgres.name)
            if declared:  # by the command of docs/hub.md
                self.hub.note_restored(self.tick())
            self._revoke_again()
            return
        self.hub.close()
        if declared:
            backup.restore(saved, place, self.tick())
        else:
            shutil.rmtree(place.folder)
            shutil.copytree(saved, place.folder)
        self.hub = Hub.open(place.folder, None)
        self._revoke_again()

    def _copied(self, source: str, target: str) -> None:
        """Put a copy of a database in another's place; nobody may have either open."""
        assert self.postgres is not None
        server = self.postgres.parent
        self.hub.close()
        sql(server, f'DROP DATABASE IF EXISTS "{target}"')
        create_database(server, target, source)
        self.hub = Hub.open(self.folder / "hub", self.url)

    def _revoke_again(self) -> None:
        for laptop in self.laptops.values():
            if laptop.revoked:  # docs/hub.md: to be done again
                self.hub.revoke(laptop.device, self.tick(), "lost")

    def revoke(self, name: str) -> None:
        """The hub takes a laptop's work no longer as it comes."""
        self.hub.revoke(self.laptops[name].device, self.tick(), "lost")
        self.laptops[name].revoked = True
        self.oracle.held_back.add(name)

    def drain(self) -> None:
        """Everybody syncs on a good line until nothing moves any more."""
        for _ in range(8):
            moved, before = 0, self.hub.status().areas
            for laptop in self.laptops.values():
                if laptop.revoked:
                    with but_for(frozenset({"revoked"})):  # it has nothing to hand over and asks for more
                        laptop.round()
                    continue
                done = laptop.round()
                assert done is not None
                moved += done.pushed + done.pulled
            # What a revoked laptop hands over moves nothing of its own, and everybody hears of it.
            if not moved and self.hub.status().areas == before:
                return
        raise Lost("the laptops do not come to rest")

    def close(self) -> None:
        """Close every file."""
        for laptop in self.laptops.values():
            laptop.workspace.close()
        self.hub.close()


def enrol(world: World, workspace: Workspace, area: str, role: str) -> DeviceKeys:
    """Make an open workspace a replica of the hub, as the enrolment does it."""
    invite = world.hub.invite(area, role, 10, world.tick())
    keys = DeviceKeys.make()
    unsigned = EnrolRequest(
        code=invite.secret,
        sign_key=keys.sign_public,
        recipient=keys.recipient,
        schema=1,
        program="test",
        signature=b"",
    )
    request = msgspec.structs.replace(unsigned, signature=sign(ENROL, unsigned.claim, keys.sign_seed))
    told = world.hub.enrol(request, world.tick())
    names = "hub hub_key hub_recipient device epoch area root role_cap founding".split()
    facts = {name: getattr(told, name) for name in names}
    workspace.replica.enrol(ReplicaFacts(url="http://127.0.0.1", fingerprint="", **facts))
    return keys


def older(batch: Batch) -> Batch:
    """The batch as a program of an older schema would have written it."""
    return replace(batch, schema=0)


def newer(batch: Batch) -> Batch:
    """The batch as a newer program would write it: with a field this hub does not know."""
    entries = tuple(
        replace(item, cells={**item.cells, "x_future": "from tomorrow"})
        if item.op == "u" and item.entity == "boiler"
        else item
        for item in batch.entries
    )
    return replace(batch, entries=entries)
