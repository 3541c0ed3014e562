"""The road of a small push on PostgreSQL: one round of questions, the same decisions, one round to keep.

It takes the usual case: a laptop in good standing whose areas are known beforehand. In every other case
`Quick.push` gives None, nothing has been done, and the push takes the long road of `pushing.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from app.domain.areas import Scope
from app.domain.policy import Policy
from app.domain.replication import Batch
from app.hub.answering import (
    PushAnswer,
    answer_at_once,
    batch_row,
    device_row,
    likely_areas,
    own_copy,
)
from app.hub.applying import act_rows, count_digests, write_acts, write_rows
from app.hub.database import HubDatabase
from app.hub.deciding import Deciding
from app.hub.desk import Desk
from app.hub.evidence import Evidence
from app.hub.gathering import SMALL, Gathered, gather
from app.hub.keeping import Books, keep_rows, swaps_keys
from app.hub.keys import HubKeys
from app.hub.log import Logs
from app.hub.naming import truly_named
from app.hub.nearby import flag_near
from app.hub.pulling import Wanted, ask_since, read_since
from app.hub.rows import Rows
from app.hub.seeing import speaks_of_lost
from app.sync.wire import Ambiguous, resolve_uids

_REMEMBERED = 20_000  # laptops whose areas this process remembers
_FEW = 3  # areas locked on the mere expectation that a push will need them
_ASIDE = frozenset(("person", "setting"))  # what this process may remember from before


class AnotherDatabase(Exception):
    """What this process remembers is of the database before somebody brought an older state back."""


@dataclass
class Remembered:
    """What this process remembers between pushes: the areas each laptop wrote to last, and the bureau's
    numbers with the number and head of the root's log that they were read at."""

    areas: OrderedDict[str, tuple[str, ...]] = field(default_factory=OrderedDict)
    policy: tuple[tuple[int, bytes], Policy] | None = None
    incarnation: object = None  # of the database that all this was read from

    def check(self, found: object) -> None:
        """Raises AnotherDatabase, once, where an older state was brought back since."""
        if found != self.incarnation:
            self.areas.clear()
            self.policy, self.incarnation = None, found
            raise AnotherDatabase

    def learn(self, device: str, areas: set[str]) -> None:
        """The laptop wrote to these areas."""
        self.areas[device] = tuple(sorted(areas)) if len(areas) <= _FEW else ()
        while len(self.areas) > _REMEMBERED:
            self.areas.popitem(last=False)


@dataclass(frozen=True)
class Arrived:
    """A batch as it came: its SHA-256, the signed bytes, when (ms), and what the laptop wants to know."""

    batch: Batch
    sha256: bytes
    signed: bytes
    received: int
    evidence: Evidence
    wanted: Wanted | None = None


@dataclass(frozen=True)
class Quick:
    """What the road stands on."""

    database: HubDatabase
    keys: HubKeys
    root: str
    remembered: Remembered = field(default_factory=Remembered)

    def push(self, arrived: Arrived) -> PushAnswer | None:
        """Decide a small batch; durable when this returns an answer. None: not for this road."""
        batch, areas = arrived.batch, self.remembered.areas.get(arrived.batch.device)
        if not (self.database.postgres and areas and 0 < len(batch.entries) <= SMALL):
            return None
        if any(entry.entity in _ASIDE for entry in batch.entries):
            return None
        with self.database.writing() as connection:
            self.remembered.check(self.database.incarnation(connection))
            return self._push(connection, arrived, areas)

    def _push(self, connection: Connection, arrived: Arrived, areas: tuple[str, ...]) -> PushAnswer | None:
        batch, policy = arrived.batch, self.remembered.policy
        metres = policy[1].duplicate_m if policy is not None else None
        found = gather(self.database, connection, batch, (self.root, areas, metres))
        device = found.device
        if answer_at_once(None, device, batch) is not None:
            return None  # a repeat, a gap or a fork
        if found.site is None or device.revoked_at is not None or device.founding:
            return None
        if any(act.device != device.uid for act in batch.acts):
            return None  # of a laptop that has got new keys
        try:
            batch = resolve_uids(batch, found.find)
        except Ambiguous:
            return None  # the long road looks further for them
        batch = replace(batch, entries=tuple(map(own_copy, batch.entries)))
        desk = self._desk(connection, found, arrived)
        keys = found.fill(desk.rows, batch)
        if not likely_areas(desk, batch) <= found.areas.keys():
            return None
        self._use_policy(desk, found)
        if speaks_of_lost(batch):
            return None
        batch = truly_named(desk, batch)
        Deciding(desk, connection, keys, set()).run(batch)  # acts it has already cannot be kept a second time
        desk.evidence.settle()
        flag_near(self.database, connection, desk, batch, found.around)
        return self._keep(connection, desk, found, replace(arrived, batch=batch))

    def _desk(self, connection: Connection, found: Gathered, arrived: Arrived) -> Desk:
        logs = Logs(self.database, connection)
        logs.hold(found.areas)
        assert found.site is not None
        return Desk(
            rows=Rows(self.database, connection),
            logs=logs,
            scope=Scope(found.device.area, self.root),
            cap=found.device.role_cap,
            site=found.site,
            received=arrived.received,
            evidence=arrived.evidence,
        )

    def _use_policy(self, desk: Desk, found: Gathered) -> None:
        """The bureau's numbers as remembered, or read anew when anything was written at the root since."""
        remembered = self.remembered.policy
        if remembered is not None and remembered[0] == found.root:
            desk.know_policy(remembered[1])
        else:
            self.remembered.policy = (found.root, desk.policy)
            found.around = None

    def _keep(self, connection: Connection, desk: Desk, found: Gathered, arrived: Arrived) -> PushAnswer:
        """Write everything and commit."""
        batch, device, tally = arrived.batch, found.device, desk.tally
        rows = desk.rows.touched()
        count_digests(desk.rows, desk.logs, rows)
        acts = [*desk.done.values(), *([desk.hub_act] if desk.hub_act else [])]
        answer = PushAnswer(
            batch.last + 1, "taken", device.epoch, tally.accepted, tally.merged, tally.conflict,
            tally.rejected,
        )  # fmt: skip
        rare = swaps_keys(rows) or bool(desk.undone or desk.continued)
        assert all(row.entity != "person" for row in rows), "who changes people takes the long road"
        if rare:
            write_rows(self.database, connection, rows)
            write_acts(self.database, connection, desk, acts, batch.first)
        with self.database.together(connection, commit=True) as ask:
            books, standing = Books(), device_row(batch, arrived.sha256, arrived.received)
            if not rare:
                keep_rows(ask, rows)
                for values in act_rows(desk, acts, batch.first):
                    books.keep("hub_act", values)
            for values in desk.logs.sealed(self.keys, device.uid, device.epoch, arrived.received):
                books.keep("hub_log", values)
            for code, values in desk.logs.standing().items():
                books.note("hub_area", ("code", code), values)
            what = arrived.sha256, arrived.signed, arrived.received
            books.keep("hub_batch", batch_row(batch, what, answer))
            books.note("hub_device", ("uid", device.uid), standing)
            books.send(ask)
            wanted = arrived.wanted
            news = ask_since(ask, desk.scope, wanted.cursors) if wanted is not None else None
        if wanted is not None and news is not None:
            wanted.told = read_since(news, replace(device, **standing), wanted.limit_bytes)
        return answer
