"""One push, one transaction: a signed batch is proved, decided, written, and durable before the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import psycopg
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from app.domain.areas import Scope
from app.domain.replication import SEEN_BYTES, Act, Batch, Entry
from app.errors import Invalid, NotAllowed
from app.hub import devices, lost, quarantine
from app.hub.abreast import hold_of
from app.hub.answering import (
    PushAnswer,
    answer_at_once,
    batch_row,
    continue_acts,
    device_row,
    likely_areas,
    own_acts,
    own_copy,
)
from app.hub.book import BATCHES
from app.hub.brought import Known, claimed, left_out, made
from app.hub.database import HubDatabase
from app.hub.deciding import Deciding
from app.hub.desk import Desk
from app.hub.devices import Device
from app.hub.duplicates import read_keys
from app.hub.evidence import Evidence, NeedFiles
from app.hub.finding import Reading, names_of
from app.hub.keeping import Books
from app.hub.keys import HubKeys
from app.hub.log import Logs, NeedArea, missed_areas
from app.hub.naming import truly_named
from app.hub.nearby import looking
from app.hub.parts import keep_parts, marks_of_push, read_parts
from app.hub.pulling import Wanted
from app.hub.quick import AnotherDatabase, Arrived, Quick, Remembered
from app.hub.rows import Rows, context_ids
from app.hub.seeing import believed, stretches
from app.hub.storing import MANY, Storing, ahead
from app.hub.touching import owners_of, read_whole, touched_uids
from app.hub.uncontested import admitted_cells
from app.hub.verifiers import Verifiers
from app.i18n import N_
from app.litter import let_go, undisturbed
from app.store.tables import known
from app.sync.signing import BATCH, HEAD_START, Signed, unpack_signed, verify_signed
from app.sync.wire import Ambiguous, decode_batch, resolve_uids

__all__ = ["PushAnswer", "Pushing", "read_rows"]

_TRIES = 6  # of a push that meets another process
_KEYS = 50_000
_LONGEST_UID = 64  # letters of an act's, and of a person's
_LONGEST_WORD = 60  # letters of what an act did: a word of this program
_HEADS = 200_000
# Another process wrote the same number or area at the same moment: who meets it looks again.
_MET = (IntegrityError, OperationalError, psycopg.IntegrityError, psycopg.OperationalError)


@dataclass(frozen=True)
class Pushing:
    """What every push stands on."""

    database: HubDatabase
    keys: HubKeys
    hub: str
    root: str
    evidence: Callable[[], Evidence]  # of one push
    clear: Callable[[Iterable[str]], None]  # these files may have to go
    known: dict[str, bytes] = field(default_factory=dict)  # the keys of laptops; a laptop's never changes
    remembered: Remembered = field(default_factory=Remembered)
    heads: dict[tuple[str, int], bytes] = field(default_factory=dict)  # ends of blocks that the log has

    def push(self, signed: bytes, received: datetime, wanted: Wanted | None = None) -> PushAnswer:
        """Decide a signed batch; `wanted` is filled in where that costs no further question.

        Raises Invalid for one that cannot be read or was not signed by its laptop, NotAllowed for an unknown
        laptop or another hub's batch.
        """
        litter: list[Iterable[object]] = []
        with undisturbed(len(signed)), suppress(AnotherDatabase):
            try:
                return self._taken(signed, received, wanted, litter)
            finally:
                let_go(litter)
        self.heads.clear()
        self.known.clear()
        return self.push(signed, received, wanted)  # looked at again, now that nothing old is remembered

    def _taken(
        self, signed: bytes, received: datetime, wanted: Wanted | None, litter: list[Iterable[object]]
    ) -> PushAnswer:
        """The same, while nobody looks for litter; `litter` gets the many objects nobody needs afterwards."""
        message = unpack_signed(signed)
        self._prove(message)
        batch = decode_batch(message.body)
        self._check(batch, message, self.hub)
        behind = self._behind(batch)
        if behind is not None:
            return behind
        batch = believed(batch)
        named = [str(e.cells.get("sha256")) for e in batch.entries if e.entity == "redaction"]
        answer = self._decided(batch, message, (signed, received, wanted), litter)
        if named:
            self.clear(named)
        return answer

    def _decided(
        self, batch: Batch, message: Signed, told: tuple[bytes, datetime, Wanted | None],
        litter: list[Iterable[object]],
    ) -> PushAnswer:  # fmt: skip
        """A batch that is its laptop's and in its turn, by the short road or the long one."""
        signed, received, wanted = told
        if len(batch.entries) > MANY:
            litter.append(batch.entries)
        arrived = Arrived(batch, message.sha256, signed, _ms(received), self.evidence(), wanted)
        quick = Quick(self.database, self.keys, self.root, self.remembered)
        with suppress(NeedArea, NeedFiles, *_MET):  # then the long road looks again
            answer = quick.push(arrived)
            if answer is not None:
                return answer
        return self._long(arrived, litter, lambda _: None)

    def lay_aside(self, signed: bytes, received: datetime, by: str, why: str) -> PushAnswer:
        """Lay a batch before people that a laptop wrote for another hub, which is lost with its books: nobody
        can prove who wrote it, and nothing of it counts before somebody has taken it in.

        Raises Invalid for one that cannot be read, or whose laptop is one of this hub.
        """
        message = unpack_signed(signed)
        batch = decode_batch(message.body)
        self._check(batch, message, batch.hub)
        arrived = Arrived(batch, message.sha256, signed, _ms(received), self.evidence())

        def stand_in(connection: Connection) -> None:
            devices.stand_in(connection, batch, (self.root, arrived.received), by, why)

        return self._long(arrived, [], stand_in)

    def _long(
        self, arrived: Arrived, litter: list[Iterable[object]], before: Callable[[Connection], None]
    ) -> PushAnswer:
        """The long road, again and again while another process is met on it; `before` begins each try."""
        extra: set[str] = set()  # areas that were missed
        left = _TRIES
        while True:
            try:
                with self.database.writing() as connection:
                    self.remembered.check(self.database.incarnation(connection))
                    before(connection)
                    return self._push(connection, arrived, extra, litter)
            except NeedArea as needed:
                needed.note(extra)
            except NeedFiles:
                arrived.evidence.look()
            except _MET:
                left -= 1
                if not left or not self.database.postgres:
                    raise

    def _behind(self, batch: Batch) -> PushAnswer | None:
        """The answer for a laptop that has followed more than this hub, brought back from a backup, has."""
        ends = batch.seen.items()
        strange = [(area, seq, head) for area, (seq, head) in ends if self.heads.get((area, seq)) != head]
        if not strange:
            return None
        with self.database.reading() as connection:
            if not all(lost.has_block(connection, *end) for end in strange):
                device = devices.device(connection, batch.device)
                assert device is not None, "its signature was proved"
                # The work of a revoked laptop waits for a person whatever it had seen.
                revoked = device.revoked_at is not None
                return None if revoked else PushAnswer(device.next, "restored", device.epoch)
        self._remember(strange)
        return None

    def follow(self, areas: Mapping[str, tuple[int, bytes, int]]) -> None:
        """A laptop was told that its areas stand here: it will soon say so, and nobody has to look then."""
        self._remember([(area, seq, head[:SEEN_BYTES]) for area, (seq, head, _) in areas.items()])

    def _remember(self, ends: Iterable[tuple[str, int, bytes]]) -> None:
        if len(self.heads) > _HEADS:
            self.heads.clear()
        self.heads.update({(area, seq): head for area, seq, head in ends})

    def _prove(self, message: Signed) -> None:
        key = self.known.get(message.device)
        if key is None:
            with self.database.reading() as connection:
                found = devices.device(connection, message.device)
            if found is None:
                raise NotAllowed(N_("The hub does not know this laptop"), code="unknown_device")
            key = found.sign_key
            if len(self.known) < _KEYS:
                self.known[message.device] = key
        verify_signed(BATCH, message, key)

    def _check(self, batch: Batch, message: Signed, hub: str) -> None:
        if batch.device != message.device:
            raise Invalid(N_("The batch names another laptop than the one that signed it"), code="bad_batch")
        if batch.hub != hub:
            raise NotAllowed(N_("This batch was written for another hub"), code="foreign_hub")
        if any(map(_bad_act, batch.acts)) or any(map(_bad_uid, batch.entries)):
            raise Invalid(
                N_("What arrived is not a message of this program, or it is damaged"), code="bad_batch"
            )

    def _push(
        self, connection: Connection, arrived: Arrived, extra: set[str], litter: list[Iterable[object]]
    ) -> PushAnswer:
        batch = arrived.batch
        if self.database.postgres:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # everything is looked up by a key
        device = devices.device(connection, batch.device, lock=True)
        assert device is not None, "laptops are revoked, never deleted"
        query = select(BATCHES.c.answer).where(BATCHES.c.sha256 == arrived.sha256)
        before = answer_at_once(connection.execute(query).scalar(), device, batch)
        if before is not None:
            return _fork(connection, device, before)
        formers = devices.formers(connection, device) if device.former else {}
        batch = replace(batch, acts=own_acts(batch, (device.uid, *formers)))
        logs = Logs(self.database, connection)
        desk, seen = self._desk(connection, device, arrived, logs), logs.look()
        extra = missed_areas(extra, seen)
        desk.formers = formers
        try:
            batch = self._whole(connection, desk, batch)
        except Ambiguous:
            return PushAnswer(device.next, "full_uids", device.epoch)
        if device.revoked_at is not None:
            self._lay_before_people(connection, desk, truly_named(desk, batch), (device, extra))
            state = "quarantined"
        else:
            self._hold(connection, desk, batch, (seen, extra))
            self._take(connection, desk, truly_named(desk, batch), device)
            state = "taken"
        if len(batch.entries) > MANY:
            litter += (batch.entries, desk.rows.every(), desk.logs.added())
        tally = desk.tally
        answer = PushAnswer(
            batch.last + 1, state, device.epoch, tally.accepted, tally.merged, tally.conflict, tally.rejected
        )
        self._note(connection, device, replace(arrived, batch=batch), answer)
        return answer

    def _lay_before_people(
        self, connection: Connection, desk: Desk, batch: Batch, whose: tuple[Device, set[str]]
    ) -> None:
        """Keep what a revoked laptop brought, but for what the hub has: its file went on with new keys."""
        device, extra = whose
        known_acts = self._known_acts(connection, batch)
        marks = claimed(connection, known_acts, (device.uid, *desk.formers), desk.site)
        fresh = replace(batch, entries=tuple(left_out(batch, known_acts, marks)))
        quarantine.keep(desk, fresh, device, areas=extra)
        storing = Storing(self.database, self.keys, connection, desk, batch)
        storing.keep(storing.write(device, None, flagged=False))

    def _whole(self, connection: Connection, desk: Desk, batch: Batch) -> Batch:
        """The batch with full uids, and with marks in the place of verifiers. Raises Ambiguous."""

        def look() -> None:
            desk.admitted = desk.admitted or admitted_cells(batch)

        laptop = (batch.device, *desk.formers)
        whole = resolve_uids(batch, Reading(desk.rows, batch, look, partial(made, connection, laptop)))
        kept = Verifiers(connection, self.keys, desk.founding)
        own = map(own_copy, whole.entries) if whole is batch else whole.entries
        return replace(whole, entries=tuple(map(kept.without, own)))

    def _desk(self, connection: Connection, device: Device, arrived: Arrived, logs: Logs) -> Desk:
        return Desk(
            rows=Rows(self.database, connection),
            logs=logs,
            scope=Scope(device.area, self.root),
            cap=device.role_cap,
            site=devices.site_of(connection, device.uid, device.epoch),
            received=arrived.received,
            evidence=arrived.evidence,
            founding=device.founding,
        )

    def _hold(
        self, connection: Connection, desk: Desk, batch: Batch, known_of: tuple[Mapping[str, int], set[str]]
    ) -> None:
        """Read what the batch touches, lock the areas it is likely to write to, and hold what it will look
        around."""
        seen, extra = known_of
        read_rows(desk.rows, batch)
        own = likely_areas(desk, batch)
        now = desk.logs.lock(sorted(own | extra))
        self.remembered.learn(batch.device, own)  # `extra` is of this batch: the next need not wait for it
        if self.database.postgres and any(now[code] != seen.get(code, 0) for code in now):
            desk.rows.clear()  # somebody wrote there between the look and the lock
            read_rows(desk.rows, batch)
        held = hold_of(batch.entries) if self.database.postgres else None
        if held is not None:
            connection.exec_driver_sql(*held)

    def _take(self, connection: Connection, desk: Desk, batch: Batch, device: Device) -> None:
        """Decide a batch whose areas are locked, and keep what was decided."""
        keys = read_keys(self.database, connection, batch.entries)
        desk.returned = stretches(connection, batch.views)
        repeated = self._repeated(connection, desk, batch)
        with ahead(self.database, connection, desk, batch) as writing:
            with looking(self.database, desk, batch) as around:
                Deciding(desk, connection, keys, repeated).run(batch, writing)
                desk.evidence.settle()
            storing = Storing(self.database, self.keys, connection, desk, batch, around)
            blocks = storing.write(device, writing, flagged=not desk.founding)
        storing.keep(blocks)

    def _note(self, connection: Connection, device: Device, arrived: Arrived, answer: PushAnswer) -> None:
        """Keep the signed bytes as evidence, and where the laptop stands."""
        batch, sha256, received = arrived.batch, arrived.sha256, arrived.received
        kept = batch_row(batch, (sha256, arrived.signed, received), answer)
        standing = device_row(batch, sha256, received)
        if self.database.postgres:
            books = Books()
            books.keep(BATCHES.name, kept)
            books.note("hub_device", ("uid", device.uid), standing)
            books.write(self.database, connection)
        else:
            connection.execute(insert(BATCHES).values(**kept))
            devices.change(connection, device.uid, **standing)

    def _repeated(self, connection: Connection, desk: Desk, batch: Batch) -> set[str]:
        """The acts that the hub has already; of those it may have in part the desk learns what it has."""
        known_ = self._known_acts(connection, batch)
        repeated = continue_acts(desk, batch, known_)
        desk.parts = read_parts(self.database, connection, repeated)
        desk.continued.update({act.uid: act for act in batch.acts if act.uid in desk.parts})
        keep_parts(connection, marks_of_push(batch, desk.parts))
        repeated -= desk.parts.keys()
        known_ = {uid: what for uid, what in known_.items() if uid in repeated}
        desk.claimed = claimed(connection, known_, (batch.device, *desk.formers), desk.site)
        return repeated

    def _known_acts(self, connection: Connection, batch: Batch) -> dict[str, Known]:
        """The acts of a batch that the hub has."""
        words, given = self.database.any_of("uid", list({act.uid for act in batch.acts}))
        query = f"SELECT uid, site, person, batch FROM hub_act WHERE {words}"
        acts = connection.exec_driver_sql(query, (given,))
        return {row.uid: Known(row.site, row.person, row.batch) for row in acts}


def read_rows(rows: Rows, batch: Batch) -> None:
    """Read what the entries touch, and what it belongs to, in a few queries for each kind."""
    for entity, uids in owners_of(batch.entries).items():
        rows.read(entity, uids, context_ids(known(entity)))
    for entity, those in touched_uids(batch.entries).items():
        rows.read(entity, [entry.uid for entry in those], names_of(entity, those))
        read_whole(rows, batch, those)


def _bad_act(act: Act) -> bool:
    """Whether the hub's book cannot hold what it keeps of an act."""
    names = act.uid, act.person, act.undoes or ""
    texts = *names, act.person_name, act.action, act.reason, act.wall
    words = any("\0" in text for text in texts) or len(act.action) > _LONGEST_WORD
    return words or max(map(len, names)) > _LONGEST_UID


def _bad_uid(entry: Entry) -> bool:
    return len(entry.uid) > 36 or "\0" in entry.uid or len(entry.entity) > 40


def _ms(when: datetime) -> int:
    return int(when.timestamp() * 1000)


def _fork(connection: Connection, device: Device, answer: PushAnswer) -> PushAnswer:
    """The answer as it is; a fork begins the laptop's new epoch."""
    if answer.state == "fork" and answer.epoch != device.epoch:
        devices.change(connection, device.uid, epoch=answer.epoch, next=1, chain=HEAD_START)
    return answer
