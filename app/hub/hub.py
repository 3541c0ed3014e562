"""The hub as server, sticks and tests see it: one thin door to deciding, log, laptops and books."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from app.domain.areas import Scope, covers
from app.domain.changes import new_uid
from app.domain.entities.conflict import Conflict
from app.domain.entities.people import Person
from app.errors import Refused, StoreFailure
from app.hub import (
    appointing,
    books,
    clearing,
    devices,
    founding,
    keys,
    lost,
    migrations,
    policies,
    programs,
    pulling,
    verifiers,
)
from app.hub.database import HubDatabase
from app.hub.devices import Device, Invite
from app.hub.evidence import Evidence
from app.hub.log import read_blocks, stream_blocks
from app.hub.objects import Blobs
from app.hub.pushing import PushAnswer, Pushing
from app.hub.reached import Reached
from app.hub.replies import PullAnswer
from app.hub.returning import Returning, give_back
from app.hub.snapshots import Snapshots
from app.i18n import N_
from app.sync.messages import (
    PULL_LIMIT,
    EnrolAnswer,
    EnrolRequest,
    Held,
    PullRequest,
    RejoinReply,
    RejoinRequest,
    SignedBlock,
)

BLOBS = "blobs"
SNAPSHOTS = "snapshots"
_SCOPES = 50_000


class Hub:
    """An open hub; safe in several threads, and on PostgreSQL in several processes."""

    def __init__(self, database: HubDatabase, folder: Path, blobs: Blobs | None = None) -> None:
        self.database = database
        self.folder = folder
        with database.reading() as connection:
            facts = keys.facts(connection)
            self._keys = keys.read_keys(connection)
        self.uid = facts["hub"].decode()
        self.root = facts["root"].decode()
        self.blobs = blobs or Blobs.open(facts["objects"].decode() if "objects" in facts else folder / BLOBS)
        self._reached = Reached(database)
        self._scopes: dict[str, Scope] = {}  # a laptop's never changes
        self._pushing = Pushing(
            database, self._keys, self.uid, self.root, lambda: Evidence(self.blobs),
            self.clear_papers,
        )  # fmt: skip

    # ------------------------------------------------------------ making, opening
    @classmethod
    def init(
        cls,
        place: Path | None,
        url: str | None,
        area: str,
        records: Iterable[founding.First] = (),
        admin: Person | None = None,
        *,
        now: datetime,
    ) -> Hub:
        """Make a hub for an area with its first records, owners before what belongs to them.

        With a person among them (or `admin`) it is founded, else the first laptop founds it.

        Raises Refused `exists` when there is one already.
        """
        folder = _folder(place)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = HubDatabase(place, url, make=True)
        if migrations.is_made(database):
            database.close()
            raise Refused(N_("There is a hub already"), hint=N_("Nothing was changed."), code="exists")
        migrations.make_schema(database)
        with database.writing() as connection:
            keys.make_keys(connection)
            keys.set_fact(connection, "hub", new_uid().encode())
            keys.set_fact(connection, "root", area.encode())
        hub = cls(database, folder)
        migrations.make_partitions(database, _ms(now))
        founding.begin(database, hub._keys, area, chain(records, [admin] if admin else []), _ms(now))
        migrations.finish_making(database)
        return hub

    @classmethod
    def open(cls, place: Path | None = None, url: str | None = None, blobs: Blobs | None = None) -> Hub:
        """Open a hub in a folder or at a PostgreSQL address, and bring it up to this version's schema.

        Raises StoreFailure when there is none, or it was made by a newer version.
        """
        if url is None and (place is None or not (place / "hub.db").is_file()):
            raise StoreFailure(
                N_("There is no hub here"), hint=N_("Make one with “hub init”."), code="no_hub"
            )
        database = HubDatabase(place if url is None else None, url)
        if not migrations.is_made(database):
            database.close()
            raise StoreFailure(
                N_("There is no hub here"), hint=N_("Make one with “hub init”."), code="no_hub"
            )
        migrations.migrate(database)
        hub = cls(database, _folder(place), blobs)
        verifiers.take_out(database, hub._keys, hub.root, books.clock())
        return hub

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    @property
    def secret(self) -> bytes:
        """32 bytes that all processes of this hub share."""
        return self._keys.secret

    @property
    def sign_seed(self) -> bytes:
        """What the hub signs with (32 bytes)."""
        return self._keys.seed

    @property
    def identity(self) -> str:
        """The age identity that opens bundles for the hub."""
        return self._keys.identity

    @property
    def recipient(self) -> str:
        """The age recipient that bundles for the hub are written to."""
        return self._keys.recipient

    @property
    def key(self) -> bytes:
        """The key laptops verify blocks and grants with."""
        return self._keys.public

    def ping(self) -> None:
        """Ask the database something small."""
        with self.database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    # ------------------------------------------------------------ the traffic of laptops
    def push(self, signed: bytes, received: datetime) -> PushAnswer:
        """Decide a signed batch; durable when this returns. See `Pushing.push`."""
        return self._pushing.push(signed, received)

    def sync(
        self, device: str, signed: bytes, asked: PullRequest, now: datetime
    ) -> tuple[PushAnswer, PullAnswer | None]:
        """A whole small sync: `push`, and where the batch is taken `pull`. Raises what they raise."""
        wanted = pulling.Wanted(asked.after, asked.limit, asked.held, asked.heads)
        answer = self._pushing.push(signed, now, wanted)
        if answer.state not in ("taken", "repeat"):
            return answer, None
        if wanted.told is None:
            return answer, self.pull(device, asked.after, asked.limit, now, asked.held, asked.heads)
        pulling.check(wanted.told, wanted.cursors)
        return answer, self._answered(wanted.told, wanted, _ms(now))

    def pull(
        self,
        device: str,
        cursors: Mapping[str, int],
        limit_bytes: int = PULL_LIMIT,
        now: datetime | None = None,
        held: Held | None = None,
        heads: Mapping[str, bytes] | None = None,
    ) -> PullAnswer:
        """What came after these numbers, in the areas the laptop reads, with newer grants than it holds.

        `heads` is what the laptop shows for its numbers; None where the hub itself knows that it has so much.
        Raises NotAllowed `revoked`, Conflict `hub_behind` when the laptop has seen more than the hub has.
        """
        scope = self._scopes.get(device) if self.database.postgres else None
        told = pulling.since(self.database, scope, device, cursors, limit_bytes) if scope else None
        if told is None:
            told = pulling.since_long(self.database, self.root, device, cursors, limit_bytes)
            if len(self._scopes) < _SCOPES:
                self._scopes[device] = Scope(told.device.area, self.root)
        time = _ms(now) if now is not None else max((told.device.last_sync or 0), books.clock())
        return self._answered(told, pulling.Wanted(cursors, limit_bytes, held, heads), time)

    def _answered(self, told: pulling.Since, wanted: pulling.Wanted, time: int) -> PullAnswer:
        given = pulling.given(told, wanted)
        last = {block.area: block.last for block in told.blocks}
        self._reached.hear(told.device, given.cursors, last, time)
        if not told.more:
            self._pushing.follow(told.areas)
        grants = None if wanted.held is None else self._newer(told, wanted.held, time)
        return PullAnswer(told.blocks, given.areas, told.more, time, grants)

    def _newer(self, told: pulling.Since, held: Held, time: int) -> bytes:
        """The grants, where those that a laptop holds are no longer good. They are read after the blocks, and
        so know everybody whom these speak of."""
        if policies.are_good(held, told.people, time):
            return b""
        with self.database.reading() as connection:
            return policies.grants(connection, self._keys, self.uid, told.device, time)

    def rejoin(self, device: str, asked: RejoinRequest) -> RejoinReply:
        """Up to where a laptop and a restored hub agree, and its epoch. Raises NotAllowed `revoked`."""
        with self.database.reading() as connection:
            found = pulling.working(devices.known_device(connection, device))
            common = {area: lost.common(connection, area, ends) for area, ends in asked.ends.items()}
            lacks = sum(not lost.has_batch(connection, sha256) for sha256 in asked.taken)
            lacks += sum(lost.unknown(connection, area, ends) for area, ends in asked.lost.items())
        epoch = pulling.renewed(self.database, device, asked.epoch) if asked.renumber else found.epoch
        return RejoinReply(common=common, epoch=epoch, lacks=lacks)

    def give_back(self, device: str, blocks: Iterable[SignedBlock], now: datetime) -> int:
        """Take blocks of its own log that this hub has lost; how many entries. See `hub/returning.py`."""
        pulling.working(self.device(device))
        p = self._pushing
        returning = Returning(p.database, p.keys, p.root, p.evidence())
        entries = give_back(returning, device, blocks, _ms(now))
        self.clear_papers()
        return entries

    def note_restored(self, now: datetime) -> None:
        """This hub was brought back from a backup: no laptop goes on with the numbers it had."""
        with self.database.writing() as connection:
            lost.note_restored(connection, _ms(now))
        Snapshots(self.database, self.folder / SNAPSHOTS, self.root).forget()

    def names_blob(self, device: str, sha256: str) -> bool:
        """Whether a living record that the laptop may read names this attachment, or late work does that
        waits for a person."""
        with self.database.reading() as connection:
            found = devices.known_device(connection, device)
            scope = Scope(found.area, self.root)
            areas = books.areas_naming(connection, self.database.mark, [sha256])
            return any(scope.reads(area) for area in areas.get(sha256, ()))

    def put_part(self, sha256: str, offset: int, content: bytes, total: int | None, device: str) -> int:
        """Go on with a laptop's upload, see `Blobs.put_part`; raises Refused for what was taken away."""
        with self.database.reading() as connection:
            clearing.check(connection, self.database.mark, sha256)
        return self.blobs.put_part(sha256, offset, content, total, device)

    def clear_papers(self, names: Iterable[str] | None = None) -> None:
        """Drop attachments that were taken away: these, or all. What cannot go now goes another time."""
        with suppress(StoreFailure):
            clearing.clear(self.database, self.blobs, names)

    def note_seen(
        self, device: str, cursors: Mapping[str, int], given: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """The laptop has folded this much, as it said by stick, and is given up to `given`."""
        self._reached.forget(device)
        found = self.device(device)
        self._reached.hear(found, cursors, given, found.last_sync or 0)

    def note_rest(self) -> None:
        """Write how far those laptops have come that came again too soon to be noted at once."""
        self._reached.note_rest()

    def tend(self, now: datetime) -> None:
        """Make the log's partitions for this month and the next, drop uploads that nobody went on with and
        attachments that were taken away; whoever serves the hub calls this once a day."""
        migrations.make_partitions(self.database, _ms(now))
        self.blobs.sweep(now)
        self.clear_papers()

    def snapshot(self, device: str, made: Callable[[int, int], None] | None = None) -> Path:
        """The file a new laptop starts from (.gpkg.zst); made when there is none that is new enough.

        `device` is a laptop, or the code of an area; `made` hears how many records of how many are written.
        """
        area = device if device.isdigit() and covers(self.root, device) else self.device(device).area
        return Snapshots(self.database, self.folder / SNAPSHOTS, self.root).of_area(area, made)

    def enrol(self, request: EnrolRequest, now: datetime) -> EnrolAnswer:
        """Take in a laptop that knows an invitation's code. Raises NotAllowed `bad_code`."""
        with self.database.writing() as connection:
            first = books.founds(connection)
            made = devices.enrol(connection, request, _ms(now), founding=first, hub_key=self._keys.public)
        return EnrolAnswer(
            device=made.uid, epoch=made.epoch, hub=self.uid, hub_key=self._keys.public,
            hub_recipient=self._keys.recipient, area=made.area, root=self.root, role_cap=made.role_cap,
            founding=made.founding, hub_time=_ms(now),
        )  # fmt: skip

    def policy(self, device: str, now: datetime) -> bytes:
        """The signed grants: who may sign in on this laptop, and until when."""
        with self.database.reading() as connection:
            found = devices.known_device(connection, device)
            return policies.grants(connection, self._keys, self.uid, found, _ms(now))

    # ------------------------------------------------------------ keeping the laptops
    def invite(self, area: str, role: str, minutes: int = 10, now: datetime | None = None) -> Invite:
        """A one-time code for a laptop of `area` that serves persons up to `role`."""
        with self.database.writing() as connection:
            return devices.invite(connection, area, role, minutes, _ms(now) if now else books.clock())

    def device(self, device: str) -> Device:
        """A laptop; raises NotAllowed `unknown_device`."""
        with self.database.reading() as connection:
            return devices.known_device(connection, device)

    def devices(self) -> list[books.DeviceBook]:
        """Every laptop with how far it has come."""
        with self.database.reading() as connection:
            return books.laptops(connection, self.root)

    def revoke(self, device: str, now: datetime, reason: str = "", by: str = "") -> Device:
        """Take a laptop's work no longer as it comes; `by` says who wants it."""
        with self.database.writing() as connection:
            return devices.revoke(connection, device, _ms(now), reason, by)

    def require_program(self, version: str, by: str, now: datetime) -> None:
        """Let no lower version of the program sync; "" lets any. See `programs.require`."""
        with self.database.writing() as connection:
            programs.require(connection, version, by, _ms(now))

    def lay_aside(self, signed: bytes, received: datetime, by: str, why: str) -> PushAnswer:
        """Lay a batch before people that was written for a lost hub. See `Pushing.lay_aside`."""
        return self._pushing.lay_aside(signed, received, by, why)

    # ------------------------------------------------------------ the books
    def status(self) -> books.Status:
        """Counts, areas and what engine it runs on."""
        with self.database.reading() as connection:
            return books.status(self.database, connection, self.root)

    def conflicts(self, area: str | None = None) -> list[Conflict]:
        """The open conflicts, of an area and those below it when one is given."""
        with self.database.reading() as connection:
            found = books.records(self.database, connection, Conflict, "situation = 'open'", area)
        return sorted(found, key=lambda item: item.raised_at)

    def appoint(self, login: str, verifier: str, now: datetime, by: str) -> appointing.Appointed:
        """Make somebody an administrator of the whole who can sign in; `by` says who wants it."""
        return appointing.appoint(self.database, self._keys, self.root, (login, verifier), _ms(now), by)

    def people(self) -> list[Person]:
        """Every person."""
        with self.database.reading() as connection:
            return books.records(self.database, connection, Person)

    def quarantine(self) -> list[books.QuarantinedBatch]:
        """Batches of revoked laptops, also those decided about: conflicts say what still waits."""
        with self.database.reading() as connection:
            return books.quarantined(connection)

    def division_names(self) -> dict[str, str]:
        """The names of divisions by their codes."""
        with self.database.reading() as connection:
            rows = connection.exec_driver_sql("SELECT code, name FROM division WHERE h_alive")
            return {row.code: row.name for row in rows}

    def blocks(self, cursors: Mapping[str, int], until: Mapping[str, int]) -> Iterator[SignedBlock]:
        """The blocks after these numbers up to those, one by one."""
        return stream_blocks(self.database, cursors, until)

    def log(self, area: str) -> list[SignedBlock]:
        """The whole log of an area, for whoever proves it."""
        with self.database.reading() as connection:
            return read_blocks(connection, {area: 0}, 1 << 62)[0]

    def recount(self) -> dict[str, int]:
        """The digest of each area, worked out anew from the rows."""
        with self.database.reading() as connection:
            return books.recount(self.database, connection)


def _folder(place: Path | None) -> Path:
    return place if place is not None else Path(tempfile.gettempdir()) / "gridward-hub"


def _ms(when: datetime) -> int:
    return int(when.timestamp() * 1000)
