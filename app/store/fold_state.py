"""What one step of a fold needs to know of the file, read in a few queries and kept in memory."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from app.domain.areas import OWNERS, ROOTED, area_of_code
from app.domain.replication import Block, Effect
from app.store import journal, outbox
from app.store.crossing import Row, crossing, unpacked
from app.store.fold_copies import wrote
from app.store.fold_own import Item, Own, place_field
from app.store.fold_plain import Form
from app.store.pending import Place, Waiting, as_change, chunks, rounded_chunks
from app.store.rebase import Pending, Shadow
from app.store.replica_facts import ReplicaFacts
from app.store.rtree import quoted
from app.store.tables import Layout, is_known


@dataclass
class FoldState:
    """The records of a step as they are held, and all that stands beside them.

    `held` has whole records, and in `narrow` only the fields the step touches; None where there is no record.
    `plain` are updates by form (see `fold_plain.py`), the entries left are `others`, both with their places.
    `accepted` are own changes that come back just as they were written (`fold_own.py`), with nothing else
    said of their record, which is not read. `anew`: a restored hub's log is followed from an earlier number
    on, and a record may stand in another area here than where that log tells of it.
    """

    raw: sqlite3.Connection
    layout: Layout
    facts: ReplicaFacts
    block: Block
    span: tuple[int, int]
    number: int
    lock: Callable[[], None] | None = None  # to be called before anything is written
    waiting: Waiting = field(default_factory=Waiting)
    effects: tuple[Effect, ...] = ()
    others: list[tuple[int, Effect]] = field(default_factory=list)
    plain: dict[Form, list[tuple[int, Effect]]] = field(default_factory=dict)
    held: dict[Place, Row | None] = field(default_factory=dict)
    fids: dict[Place, int] = field(default_factory=dict)
    narrow: set[Place] = field(default_factory=set)
    accepted: Own = field(init=False)
    pending: dict[Place, list[Pending]] = field(default_factory=dict)
    shadows: dict[Place, Shadow] = field(default_factory=dict)
    ghosts: dict[Place, dict[str, Row]] = field(default_factory=dict)
    places: dict[Place, str] = field(default_factory=dict)
    taken: dict[Place, dict[str, str]] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=dict)
    anew: bool = False

    def __post_init__(self) -> None:
        """Read everything the step needs."""
        start = self.span[0] - self.block.first
        chosen = self.block.effects[start : self.span[1] - self.block.first + 1]
        if not all(map(is_known, {effect.entity for effect in chosen})):
            chosen = tuple(effect for effect in chosen if is_known(effect.entity))
        self.effects = chosen
        self.accepted = Own(self.block.area)
        self._acts()
        places = [(effect.entity, effect.uid) for effect in self.effects]
        records = set(places)
        waiting = self.waiting.of_records(self.raw, records)
        self._beside(records)
        self.anew = self.raw.execute("SELECT 1 FROM sync_lost LIMIT 1").fetchone() is not None
        busy = records if self.anew else {*self.shadows, *self.ghosts, *self.taken}
        if len(records) < len(places):
            busy.update(place for place, times in Counter(places).items() if times > 1)
        items: Iterable[Item] = enumerate(self.effects)
        if waiting:
            items = self._accepted(waiting, busy)
            for place in waiting.keys() - set(self.accepted.records):
                self.pending[place] = [as_change(change) for change in waiting[place]]
            busy.update(self.pending)
        self._sort(items, busy)
        self._records({(effect.entity, effect.uid) for _, effect in self.others})

    def beside(self, place: Place) -> bool:
        """Whether something stands beside a record that changes what an entry does to it."""
        return self.anew or place in self.shadows or place in self.ghosts or place in self.taken

    def area_of(self, place: Place, cells: Row) -> str:
        """The area of a confirmed record of this file."""
        entity = place[0]
        if entity in ROOTED:
            return self.facts.root
        if entity in OWNERS:
            return self.places.get(place, self.block.area)
        named = place_field(entity)
        return area_of_code(cells.get(named) if named else None, self.facts.root)

    def _acts(self) -> None:
        """Which transactions of the block the file has, and which of them are its own and unanswered."""
        told = [self.block.acts[act] for act in {effect.act for effect in self.effects}]
        mine = self.facts.device, *self.facts.formers
        others = {act.uid for act in told if act.device not in mine}
        clash: set[str] = set()
        for part, marks in chunks([act.uid for act in told]):
            query = f"SELECT uuid, id, sealed_batch FROM sync_txn WHERE uuid IN ({marks})"
            for uid, number, state in self.raw.execute(query, part).fetchall():
                if uid in others and state != journal.FROM_HUB and not self._wrote(uid, number):
                    clash.add(uid)
                    continue
                self.acts[uid] = number
                if state is None:
                    self._open(uid)
                if state in (None, journal.SENT):
                    self.own[uid] = number
        if clash:
            self._tell_apart(clash)

    def _wrote(self, uid: str, number: int) -> bool:
        """Whether what another laptop brought as an own act is what that wrote: by a copy of the file."""
        acts = self.block.acts
        return wrote(self.raw, number, (item for item in self.effects if acts[item.act].uid == uid))

    def _tell_apart(self, clash: Collection[str]) -> None:
        """Another laptop used the numbers of own acts for something else: that neither answers these nor
        belongs to them, so its acts go by another name here."""
        acts = tuple(
            replace(act, uid=f"{act.uid}~{act.device}") if act.uid in clash else act
            for act in self.block.acts
        )
        self.block = replace(self.block, acts=acts)
        self._acts()

    def _open(self, uid: str) -> None:
        """List the changes of an own act that comes back although nobody here remembers having sealed it."""
        if self.lock is not None:
            self.lock()
        outbox.open_act(self.raw, uid)

    def _beside(self, records: set[Place]) -> None:
        for entity, uid, alive, cells, unseen in self._kept("sync_shadow", records):
            row = unpacked(cells, entity) if alive else None
            self.shadows[(entity, uid)] = Shadow(row, json.loads(unseen))
        for entity, uid, name, value in self._kept("sync_taken", records):
            self.taken.setdefault((entity, uid), {})[name] = value
        following = {place for place in records if place[0] in OWNERS}
        for entity, uid, area in self._kept("sync_place", following):
            self.places[(entity, uid)] = area
        for area, entity, uid, cells in self._kept("sync_ghost", records):
            self.ghosts.setdefault((entity, uid), {})[area] = unpacked(cells, entity)

    def _kept(self, table: str, records: set[Place]) -> Iterable[tuple[str, ...]]:
        """The rows of a small table that belong to these records."""
        if not records or self.raw.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None:
            return []
        found = []
        for entity, uids in _by_entity(records).items():
            for part, marks in chunks(uids):
                query = f"SELECT * FROM {table} WHERE tbl = ? AND uid IN ({marks})"
                found += self.raw.execute(query, (entity, *part)).fetchall()
        return found

    def _accepted(self, waiting: Mapping[Place, list[Any]], busy: Collection[Place]) -> list[Item]:
        """Set apart what comes back as it was written; the other entries with their places. `busy` are
        records that come twice or that something else stands beside."""
        left, found = list[Item](), list[tuple[Item, Sequence[Any]]]()
        own, acts = self.own, self.block.acts
        for item in enumerate(self.effects):
            effect = item[1]
            place = (effect.entity, effect.uid)
            changes = waiting.get(place, ())
            if len(changes) == 1 and place not in busy and effect.verdict == "accepted" and not effect.note:
                row = changes[0]
                if type(row) is tuple and row[3] == effect.op and row[5] == own.get(acts[effect.act].uid):
                    found.append((item, row))
                    continue
            left.append(item)
        other = self.accepted.take(found, self.area_of)
        return sorted((*left, *other), key=itemgetter(0)) if other else left

    def _sort(self, items: Iterable[Item], busy: Collection[Place]) -> None:
        """Tell plain updates from the other entries."""
        forms: dict[Form, list[Item]] = {}
        for item in items:
            effect, found = item[1], self.others
            if effect.op == "u" and not (busy and (effect.entity, effect.uid) in busy):
                form = (effect.entity, tuple(effect.cells))
                if form not in forms:
                    plain = crossing(effect.entity).unique_in.isdisjoint(effect.cells)
                    forms[form] = self.plain.setdefault(form, []) if plain else self.others
                found = forms[form]
            found.append(item)

    def _records(self, records: set[Place]) -> None:
        """The records of the other entries: of those that are only updated just the fields in question."""
        whole = {place for place in records if place in self.pending or self.beside(place)}
        whole |= {(effect.entity, effect.uid) for _, effect in self.others if effect.op in "id"} & records
        self.narrow = records - whole
        for entity, uids in _by_entity(whole).items():
            self._read(entity, crossing(entity).columns, uids)
        fields: dict[Place, tuple[str, ...]] = {}
        for _, effect in self.others:
            place = (effect.entity, effect.uid)
            if place in self.narrow:
                names = tuple(effect.cells)
                fields[place] = names if fields.get(place, names) == names else (*fields[place], *names)
        forms: dict[Form, list[str]] = {}
        for (entity, uid), names in fields.items():
            forms.setdefault((entity, names), []).append(uid)
        for (entity, names), uids in forms.items():
            self._read(entity, crossing(entity).ordered(names), uids)

    def _read(self, entity: str, columns: tuple[str, ...], uids: list[str]) -> None:
        table = quoted(self.layout.of(entity).name)
        listed = "".join(f", {quoted(name)}" for name in columns)
        turned = crossing(entity).reader(columns)
        for uid in uids:
            self.held[(entity, uid)] = None
        for part, marks in rounded_chunks(uids):
            query = f"SELECT fid, uid{listed} FROM {table} WHERE uid IN ({marks})"
            for fid, uid, *cells in self.raw.execute(query, part):
                place = (entity, uid)
                self.held[place] = turned(cells)
                self.fids[place] = fid


def _by_entity(places: Iterable[Place]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entity, uid in places:
        found.setdefault(entity, []).append(uid)
    return found
