"""A hub with people and laptops: they write batches by hand, as an honest or a hostile one would."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyrage
import shapely
from shapely.geometry import Point

from app.domain.casework import WORKFLOWS, current_approvals, outcome, signature
from app.domain.changes import Actor, new_uid
from app.domain.digest import MODULUS, row_hash
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Approval, Attachment
from app.domain.entities.people import Person
from app.domain.entity import Entity
from app.domain.policy import Policy
from app.domain.replication import SEEN_BYTES, Act, Batch, Block, Effect, Entry
from app.domain.values import as_moment, bureau_day
from app.domain.workflow import Case, judge
from app.hub.hub import Hub
from app.hub.pushing import PushAnswer
from app.hub.records import cells_of, record_of
from app.sync import signing
from app.sync.messages import EnrolRequest
from app.sync.wire import decode_block, encode_batch

TOWN, TOWN2, COUNTY, CITY = "620802105", "620802106", "620802", "620800"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PEOPLE = {
    "root": ("R0", "", ""),
    "inspector": ("R1", "柳湖镇政府", TOWN),
    "officer": ("R2", "柳湖镇政府", TOWN),
    "officer2": ("R2", "柳湖镇政府", TOWN),
    "clerk": ("R3", "崆峒分局", COUNTY),
    "clerk2": ("R3", "市场监管局", COUNTY),
    "chief": ("R4", "崆峒分局", COUNTY),
    "city": ("R5", "市局", CITY),
    "leader": ("R6", "市局", CITY),
    "stranger": ("R3", "静宁分局", "620826"),
    "keeper": ("R0", "崆峒分局", COUNTY),
}


def person(login: str) -> Person:
    """One of the people; the uid is made of the name."""
    role, org, area = PEOPLE[login]
    uid = f"{list(PEOPLE).index(login) + 1:08d}-0000-4000-8000-000000000000"
    return Person(uid=uid, login=login, name=login, role=role, org=org or None, area=area or None)


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = NOON

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class HubBench:
    """A hub at work."""

    hub: Hub
    clock: Clock = field(default_factory=Clock)

    def laptop(self, area: str = TOWN, role: str = "R2") -> Laptop:
        """A newly enrolled laptop."""
        invite = self.hub.invite(area, role, 10, self.clock.now)
        seed = new_uid().replace("-", "").encode()
        recipient = str(pyrage.x25519.Identity.generate().to_public())
        key = signing.public_key(seed)
        asked = EnrolRequest(
            code=invite.secret, sign_key=key, recipient=recipient, schema=1, program="t", signature=b""
        )
        made = self.hub.enrol(_signed(asked, seed), self.clock.now)
        return Laptop(self, made.device, area, seed, made.hub, made.epoch)

    def boiler(self, uid: str) -> Boiler | None:
        """A boiler as the hub has it."""
        return self.record(Boiler, uid)

    def record(self, kind: type[Any], uid: str) -> Any:
        """Any record as the hub has it, None when it is dead or unknown."""
        with self.hub.database.reading() as connection:
            from app.hub import books

            found = books.records(self.hub.database, connection, kind, f"uid = '{uid}'")
        return found[0] if found else None

    def records(self, kind: type[Any]) -> list[Any]:
        """All living records of a kind."""
        with self.hub.database.reading() as connection:
            from app.hub import books

            return books.records(self.hub.database, connection, kind)

    def effects(self, area: str) -> list[Effect]:
        """The log of an area, as effects."""
        return [effect for block in self.blocks(area) for effect in block.effects]

    def blocks(self, area: str) -> list[Block]:
        """The log of an area."""
        return [decode_block(block.body) for block in self.hub.log(area)]

    def check(self) -> None:
        """The log is whole, folds to what the hub holds, and every digest is that of the rows."""
        areas = self.hub.status().areas
        rows: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
        for area, (seq, head, digest) in areas.items():
            at, chain = 0, signing.HEAD_START
            for block in self.hub.log(area):
                assert block.first == at + 1
                chain = signing.next_head(chain, block.body)
                assert chain == block.head
                signing.verify(signing.BLOCK, block.head, block.signature, self.hub.key)
                at = block.last
                fold(rows.setdefault(area, {}), decode_block(block.body).effects)
            assert (at, chain) == (seq, head)
            held = rows.get(area, {})
            folded = sum(row_hash(*place, cells) for place, cells in held.items()) % MODULUS
            assert folded == digest, area
        recounted = self.hub.recount()
        assert {area: value for area, value in recounted.items() if value} == {
            area: now[2] for area, now in areas.items() if now[2]
        }


def fold(rows: dict[tuple[str, str], dict[str, Any]], effects: Iterable[Effect]) -> None:
    """What every laptop does with effects."""
    for effect in effects:
        place = (effect.entity, effect.uid)
        if effect.op == "i":
            rows[place] = {name: value for name, value in effect.cells.items() if value is not None}
        elif effect.op == "u":
            rows[place].update(effect.cells)
        elif effect.op == "d":
            rows.pop(place, None)


def _signed(asked: EnrolRequest, seed: bytes) -> EnrolRequest:
    mark = signing.sign(signing.ENROL, asked.claim, seed)
    return EnrolRequest(
        code=asked.code,
        sign_key=asked.sign_key,
        recipient=asked.recipient,
        schema=1,
        program="t",
        signature=mark,
    )


@dataclass
class Laptop:
    """A laptop that writes its batches by hand. `view` is what it has seen, `heads` what shows that."""

    bench: HubBench
    uid: str
    area: str
    seed: bytes
    hub: str
    epoch: int = 1
    next: int = 1
    previous: bytes = signing.HEAD_START
    view: dict[str, int] = field(default_factory=dict)
    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    skew_ms: int = 0
    answers: list[Effect] = field(default_factory=list)  # the hub's answers in the last pull
    _acts: list[Act] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)
    _views: list[dict[str, int]] = field(default_factory=list)
    _count: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def act(
        self, by: str, action: str = "edit", reason: str = "", undoes: str | None = None, **other: Any
    ) -> Act:
        """Begin an act; entries that follow belong to it."""
        who = person(by)
        now = int(self.bench.clock.now.timestamp() * 1000) + self.skew_ms
        wall = as_moment(self.bench.clock.now + timedelta(milliseconds=self.skew_ms))
        act = Act(
            new_uid(), self.uid, who.uid, who.name, who.role, who.org or "", action, reason, undoes,
            (now << 16) + next(iter(self._count)), wall,
        )  # fmt: skip
        self._acts.append(replace(act, **other))
        return self._acts[-1]

    def write(self, entity: str, uid: str, op: str, cells: Mapping[str, Any] | None = None) -> str:
        """One entry of the last act."""
        self._entries.append(Entry(len(self._acts) - 1, entity, uid, op, dict(cells or {}), len(self._views)))
        self._views.append(dict(self.view))
        return uid

    def insert(self, record: Entity) -> str:
        """A whole record."""
        return self.write(record.TYPE.name, record.uid, "i", cells_of(record))

    def edit(
        self, by: str, uid: str, entity: str = "boiler", reason: str = "", action: str = "edit", **cells: Any
    ) -> Act:
        """One act with one update."""
        act = self.act(by, action, reason)
        self.write(entity, uid, "u", cells)
        return act

    def delete(self, by: str, uid: str, entity: str = "boiler") -> Act:
        """One act that deletes."""
        act = self.act(by, "delete", "错误登记")
        self.write(entity, uid, "d")
        return act

    def enter(self, by: str = "officer", **changes: Any) -> Boiler:
        """A new boiler in an act of its own."""
        made = boiler(**changes)
        self.act(by, "add")
        self.insert(made)
        return made

    def batch(self, **changes: Any) -> bytes:
        """What waits as a signed batch; does not go on to the next."""
        made = Batch(
            self.hub, self.uid, self.epoch, self.previous, self.next, 1,
            int(self.bench.clock.now.timestamp() * 1000) + self.skew_ms, tuple(self._views) or ({},),
            tuple(self._acts), tuple(self._entries),
            {area: (seq, head[:SEEN_BYTES]) for area, (seq, head) in self.heads.items()},
        )  # fmt: skip
        made = replace(made, **changes)
        message = signing.signed(signing.BATCH, encode_batch(made), self.uid, self.seed)
        self._last = (message.sha256, made.last)
        return signing.pack_signed(message)

    def push(self, **changes: Any) -> PushAnswer:
        """Send what waits; when it was taken, go on."""
        answer = self.bench.hub.push(self.batch(**changes), self.bench.clock.now)
        if answer.state in ("taken", "quarantined"):
            self.previous, self.next = self._last[0], self._last[1] + 1
            self.forget()
        return answer

    def forget(self) -> None:
        """Nothing waits any more."""
        self._acts, self._entries, self._views = [], [], []

    def pull(self) -> list[Effect]:
        """Fetch everything; from now on it has been seen."""
        found: list[Effect] = []
        self.answers = []
        while True:
            answer = self.bench.hub.pull(self.uid, self.view, 1 << 20)
            for block in answer.blocks:
                assert block.first == self.view.get(block.area, 0) + 1
                self.view[block.area] = block.last
                self.heads[block.area] = (block.last, block.head)
                told = decode_block(block.body)
                found += told.effects
                self.answers += [item for item in told.effects if item.dseq and told.device == self.uid]
            if not answer.more:
                return found

    # ------------------------------------------------------------ steps
    def step(self, by: str, action: str, uid: str, papers: Iterable[str] = (), **values: Any) -> Act:
        """A step as the laptop of this person writes it, upon the record as the hub has it now."""
        reason = values.pop("reason", "")
        record = self.bench.boiler(uid)
        assert record is not None
        act = self.act(by, action, reason)
        fresh = [self.paper(record, kind, by) for kind in papers]
        case = self.case(by, record.replace(**values), fresh, reason)
        row = WORKFLOWS["boiler"].step(action, record.status)
        found = judge(WORKFLOWS["boiler"], row, case)
        after = outcome(case.record, WORKFLOWS["boiler"], found, case)
        self.sign(act, record, after, case, fresh)
        return act

    def sign(self, act: Act, before: Boiler, after: Entity, case: Case, papers: Iterable[Attachment]) -> None:
        """The entries of a step: the record's change, the papers, the signature."""
        cells = _difference(before, after)
        if cells:
            self.write("boiler", before.uid, "u", cells)
        for item in papers:
            self.insert(item)
        self.insert(signature(new_uid(), after, case, act.action, act.wall))

    def case(self, by: str, record: Entity, papers: Iterable[Attachment] = (), reason: str = "") -> Case:
        """What the laptop judges a step by."""
        who = person(by)
        approvals = sorted(
            (item for item in self.bench.records(Approval) if item.owner == record.uid),
            key=lambda item: item.signed_at,
        )
        kept = [item for item in self.bench.records(Attachment) if item.owner == record.uid]
        round_no = int(getattr(record, "round_no", 1))
        return Case(
            record=record,
            actor=Actor(who.uid, who.name, who.role, who.org or "", who.area or ""),
            policy=Policy(),
            today=bureau_day(self.bench.clock.now),
            approvals=tuple(current_approvals(approvals, round_no)),
            attachments=(*(item for item in kept if item.round_no == round_no), *papers),
            reason=reason,
        )

    def paper(self, record: Entity, kind: str, by: str) -> Attachment:
        """A piece of evidence whose file the hub has, taken on the spot today."""
        content = f"{kind} {new_uid()}".encode()
        import hashlib

        sha256 = hashlib.sha256(content).hexdigest()
        self.bench.hub.blobs.put(sha256, content)
        place = record.geometry
        self.bench.clock.forward(seconds=1)
        return Attachment(
            uid=new_uid(), owner_entity="boiler", owner=record.uid, kind=kind, file_name=f"{kind}.jpg",
            sha256=sha256, size=len(content), taken_at=as_moment(self.bench.clock.now),
            photo_x=getattr(place, "x", None), photo_y=getattr(place, "y", None),
            round_no=int(getattr(record, "round_no", 1)), added_by=person(by).uid,
            added_at=as_moment(self.bench.clock.now),
        )  # fmt: skip


_NUMBERS = itertools.count(1)


def boiler(**changes: Any) -> Boiler:
    """A boiler to verify, in the town, away from all others."""
    number = next(_NUMBERS)
    values: dict[str, Any] = {
        "uid": new_uid(), "ledger_no": f"KT-{number:05d}", "user_org": f"单位{number}", "div_code": TOWN,
        "boiler_type": "hot_water", "rated_tph": 2.0, "fuel": "bituminous", "pressurized": False,
        "address": f"东大街{number}号", "geometry": Point(106.0 + number * 0.001, 35.5),
    }  # fmt: skip
    return Boiler(**{**values, **changes})


def wkb(x: float, y: float) -> bytes:
    """A point as it travels."""
    return bytes(shapely.to_wkb(Point(x, y), byte_order=1))


def _difference(before: Entity, after: Entity) -> dict[str, Any]:
    old, new = cells_of(before), cells_of(after)
    return {name: new.get(name) for name in {**old, **new} if old.get(name) != new.get(name)}


__all__ = ["Attachment", "Clock", "HubBench", "Laptop", "boiler", "person", "record_of", "wkb"]
