"""The way back of a hub that was restored from a backup: it takes again what laptops have kept of its log.

Laptops keep the hub's signed blocks as they came. A hub that was brought back lacks the newest; its own
signature and the chain of heads prove each one that a laptop gives back. What a block says goes to the end of
the log once more: upon what was written since the restore, by the merge rules, as something its writers had
not seen and that had not seen them. So nothing is overwritten unseen, values that differ wait in conflicts,
and an act that the hub has already counts once. Who followed the lost log goes back to where the two part and
follows the new one; records that could differ then are told whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, insert

from app.domain.areas import Scope
from app.domain.merge import is_concurrent
from app.domain.replication import STANDS, Act, Batch, Block, Effect, Entry
from app.errors import Invalid
from app.hub import devices, lost
from app.hub.applying import count_digests, write_acts, write_rows
from app.hub.book import LOST, field_ids
from app.hub.database import HubDatabase
from app.hub.deciding import Deciding
from app.hub.desk import Desk, Told
from app.hub.duplicates import read_keys
from app.hub.evidence import Evidence, NeedFiles
from app.hub.grouping import grouped
from app.hub.keys import HubKeys
from app.hub.log import Logs, NeedArea, missed_areas
from app.hub.parts import is_known_part, keep_parts, marks_of_block, read_parts
from app.hub.pushing import read_rows
from app.hub.rows import Row, Rows
from app.hub.seeing import LostBlock, Stretch, note_standing, stands_under, state_of, stretches
from app.i18n import N_
from app.store.tables import is_known, known
from app.store.views import branch_of
from app.sync import signing
from app.sync.messages import SignedBlock
from app.sync.wire import decode_block

_Whole = tuple[str, str, str]  # area, entity, uid
_Standing = tuple[int, bool, str] | None  # the number of the last change, whether it lives, its area
RETURNED = "returned"  # the note of an effect that was given back


@dataclass(frozen=True)
class Returning:
    """What giving back stands on, for the blocks of one request. `told`: the records that have been told
    whole already, by area, and how they stood; `ends`: the lost blocks up to the last that was taken of each
    branch, by its head."""

    database: HubDatabase
    keys: HubKeys
    root: str
    evidence: Evidence
    told: dict[_Whole, _Standing] = field(default_factory=dict)
    ends: dict[bytes, tuple[LostBlock, ...]] = field(default_factory=dict)

    def take(self, device: str, signed: SignedBlock, when: int, beside: Sequence[SignedBlock] = ()) -> int:
        """Take one block that a laptop gives back at `when` (ms); its entries, 0 when none of it was lost.

        `beside` are blocks that the same push had brought to other areas. Raises Invalid `bad_signature` or
        `bad_block` for one that this hub did not write, `gap` when the one before it is not known here.
        """
        block, areas = self.read(signed), {signed.area}
        while True:
            try:
                told: dict[_Whole, _Standing] = {}
                with self.database.writing() as connection:
                    entries = self._take(connection, device, (signed, block, beside), when, areas, told)
                self.told.update(told)
                return entries
            except NeedArea as needed:
                needed.note(areas)
            except NeedFiles:
                self.evidence.look()

    def read(self, signed: SignedBlock) -> Block:
        """What a block says that this hub wrote; raises Invalid."""
        signing.verify(signing.BLOCK, signed.head, signed.signature, self.keys.public)
        block = decode_block(signed.body)
        if (block.area, block.first, block.last) != (signed.area, signed.first, signed.last):
            raise Invalid(
                N_("What arrived is not a message of this program, or it is damaged"), code="bad_block"
            )
        return block

    def _take(
        self, connection: Connection, device: str, what: tuple[SignedBlock, Block, Sequence[SignedBlock]],
        when: int, areas: set[str], told: dict[_Whole, _Standing],
    ) -> int:  # fmt: skip
        signed, block, beside = what
        logs = Logs(self.database, connection)
        logs.lock(sorted(missed_areas(areas, logs.look())))
        if lost.is_here(connection, signed):
            return 0
        branch, fork, before = lost.place_of(connection, signed)
        if branch == branch_of(block.area, signed.head):
            lost.note_loss(connection, block.area, fork, when)
        view = _seen_before(signed, fork, before)
        for other in beside:
            with suppress(Invalid):  # what comes before that one is not known here
                _, at, above = lost.place_of(connection, other)
                view |= _seen_before(other, at, above)
        site = devices.site_of(connection, branch_of(block.area, signed.head), 1)
        own = Stretch(branch_of(block.area, before), block.area, fork) if before is not None else None
        desk = Desk(
            rows=Rows(self.database, connection), logs=logs, scope=Scope(self.root, self.root), cap="R0",
            site=site, received=when, evidence=self.evidence,
            returned=self._returned(connection, view, own, before), stray=block.area,
        )  # fmt: skip
        entries = tuple(map(_entry, block.effects))
        batch = Batch("", "", 0, b"", 0, 0, 0, (view,), block.acts, entries)
        work = _Work(self, connection, desk, block, batch)
        work.run()
        told.update(work.told)
        row = {
            "head": signed.head, "area": block.area, "first": block.first, "last": block.last,
            "branch": branch, "fork": fork, "site": desk.site, "device": device, "received": when,
            "body": signed.body, "signature": signed.signature,
        }  # fmt: skip
        connection.execute(insert(LOST).values(**row))
        note_standing(connection, signed.head, work.numbers)
        earlier = next((one.blocks for one in desk.returned if own and one.name == own.name), ())
        self.ends[signed.head] = (LostBlock(signed.last, site, frozenset(work.numbers)), *earlier)
        return len(block.effects)

    def _returned(
        self, connection: Connection, view: Mapping[str, int], own: Stretch | None, before: bytes | None
    ) -> tuple[Stretch, ...]:
        """The lost stretches of a view; the `own` of the block, which ends with the head `before`, as this
        request took it."""
        blocks = self.ends.pop(before, None) if before is not None else None
        if own is None or blocks is None:
            return stretches(connection, [view])
        others = {name: seq for name, seq in view.items() if name != own.name}
        return (replace(own, blocks=blocks), *stretches(connection, [others]))


class _Work:
    """One lost block under decision; `batch` are its effects as entries."""

    def __init__(
        self, base: Returning, connection: Connection, desk: Desk, block: Block, batch: Batch
    ) -> None:
        self.base, self.connection, self.desk, self.block, self.batch = base, connection, desk, block, batch
        words, given = base.database.any_of("uid", [act.uid for act in block.acts])
        query = f"SELECT uid FROM hub_act WHERE {words}"
        self.has = {row.uid for row in connection.exec_driver_sql(query, (given,))}
        self.parts = read_parts(base.database, connection, self.has)
        self.stands: dict[tuple[str, str], None] = {}  # records to be told whole
        self.told: dict[_Whole, _Standing] = {}
        self.known: dict[tuple[str, str], list[int]] = {}  # by record: the effects that the hub has otherwise
        self.numbers: set[int] = set()  # where in the log stands what the hub has of it otherwise

    def run(self) -> None:
        """Decide every effect, tell whole what may differ, write."""
        desk, views = self.desk, self.batch.views
        written = tuple(e for e in self.batch.entries if e.op != "n" and is_known(e.entity))
        read_rows(desk.rows, Batch("", "", 0, b"", 0, 0, 0, views, self.block.acts, written))
        self._look_for_known()
        keys = read_keys(self.base.database, self.connection, written)
        deciding = Deciding(desk, self.connection, keys, set())
        for act in self._acts_told():
            (desk.continued if act.uid in self.has else desk.done)[act.uid] = act
        for items in self._acts():
            signs = any(item.entry.entity == "approval" and item.entry.op == "i" for item in items)
            for group in grouped(self.desk.rows, items) if signs else ([item] for item in items):
                self._group(deciding, group)
        desk.evidence.settle()
        for effect in desk.logs.added():
            effect.note = effect.note or RETURNED
        self._tell_whole()
        self._write()

    def _acts_told(self) -> Iterable[Act]:
        """The acts of which the block tells an entry that stands in no other place of the log."""
        told = {e.act: None for e in self.block.effects if not _is_elsewhere(e)}
        return (self.block.acts[act] for act in told)

    def _acts(self) -> Iterator[list[Told]]:
        """What is to be taken, act by act."""
        found: dict[int, list[Told]] = {}
        for place, effect in enumerate(self.block.effects):
            entry = self.batch.entries[place]
            if _is_passing(effect) or not is_known(effect.entity) or self._has(effect):
                self._tell(effect.entity, effect.uid)
                continue
            again = effect.op == "n" and entry.op == "d"  # who found nothing may have seen nothing of it
            view = {self.block.area: 0} if again else self.batch.views[0]
            told = Told(self.block.acts[effect.act], place, entry, view, entry.cells)
            found.setdefault(effect.act, []).append(told)
        yield from found.values()

    def _has(self, effect: Effect) -> bool:
        """Whether the hub has this entry otherwise: its writer sent it again, or it was given back before."""
        uid = self.block.acts[effect.act].uid
        if uid not in self.has:
            return False
        parts = self.parts.get(uid)
        return parts is None or is_known_part(parts, effect)

    def _look_for_known(self) -> None:
        """Note where in the log stands what the hub has otherwise: whoever saw this block has seen that."""
        for place, effect in enumerate(self.block.effects):
            if not _is_passing(effect) and self._has(effect):
                self.known.setdefault((effect.entity, effect.uid), []).append(place)
        if self.known:
            found = self._standing(place for places in self.known.values() for place in places)
            self.numbers = found.get(self.block.area, set())

    def _standing(self, places: Iterable[int]) -> dict[str, set[int]]:
        """By area the numbers of the log under which stands what these effects tell."""
        told = [(self.block.acts[e.act].uid, e) for e in map(self.block.effects.__getitem__, places)]
        return stands_under(self.desk.rows, self.desk.logs, told, self.batch.views[0])

    def _note_seen(self, group: list[Told]) -> None:
        """Who wrote these had seen what the block tells of their records before, also where the hub has that
        otherwise."""
        for item in group:
            known = self.known.get((item.entry.entity, item.entry.uid), ())
            before = [place for place in known if place < item.dseq]
            for area, numbers in self._standing(before).items() if before else ():
                self.desk.sent.setdefault(area, set()).update(numbers)

    def _group(self, deciding: Deciding, group: list[Told]) -> None:
        self._note_seen(group)
        void = self._is_void(group)
        for item in group:
            effect = self.block.effects[item.dseq]
            item.dseq = 0  # it was the number of a laptop's epoch that has passed
            if effect.op == "n" and not self._lives_again(item.entry):  # it is in the log as it was
                said = Effect(0, 0, effect.entity, effect.uid, "n", {}, effect.verdict, effect.note)
                self.desk.put_down(item.act, said, None, self.block.area, {})
            elif void:
                self._tell(item.entry.entity, item.entry.uid)
            else:
                self._take(deciding, item)
        if void:
            deciding.refuse([item for item in group if item.entry.op != "n"], "void", "void")

    def _lives_again(self, entry: Entry) -> bool:
        """Whether there is by now what was to be deleted when there was nothing to delete."""
        row = self.desk.rows.get(entry.entity, entry.uid) if entry.op == "d" else None
        return row is not None and row.alive

    def _take(self, deciding: Deciding, item: Told) -> None:
        entry, accepted = item.entry, self.desk.tally.accepted
        row = self.desk.rows.get(entry.entity, entry.uid)
        fork = item.view[self.block.area]
        moved = row is not None and (row.seq > fork or row.area != self.block.area)
        deciding.apply(item, row)
        row = self.desk.rows.get(entry.entity, entry.uid)
        moved = moved or (
            row is not None and row.area != self.block.area
        )  # also a new one that went elsewhere
        if moved or self.desk.tally.accepted == accepted:
            self._tell(entry.entity, entry.uid)

    def _is_void(self, group: list[Told]) -> bool:
        """Whether a signature was given for a record that somebody changed without its signer seeing it."""
        for item in group:
            owner, entity = item.cells.get("owner"), item.cells.get("owner_entity")
            if item.entry.entity == "approval" and item.entry.op == "i" and owner and entity:
                row = self.desk.rows.get(str(entity), str(owner))
                if row is not None and (not row.alive or self._is_contested(row, item)):
                    return True
        return False

    def _is_contested(self, row: Row, item: Told) -> bool:
        stamps = state_of(self.desk.rows.complete(row), item.view).stamps
        writing = self.desk.writing(item, row.area)
        return any(is_concurrent(stamp, writing) for stamp in stamps.values())

    def _tell(self, entity: str, uid: str) -> None:
        self.stands[entity, uid] = None

    def _tell_whole(self) -> None:
        """Records that a laptop which followed the lost log may hold otherwise, as they stand here.

        Under an act of their own: these effects are not given back when they are lost as well, and an act of
        which a part is given back would be said to have written what the log no longer tells. Once for all
        blocks of a request, unless a record changed between: whoever had followed them follows all of it.
        """
        area = self.block.area
        for entity, uid in self.stands:
            if not is_known(entity):
                continue
            row = self.desk.rows.get(entity, uid)
            whole, standing = (area, entity, uid), (row.seq, row.alive, row.area) if row is not None else None
            if whole in self.base.told and self.base.told[whole] == standing:
                continue
            self.told[whole] = standing
            effect = Effect(0, 0, entity, uid, "d", {}, "accepted", STANDS)
            if row is not None and row.alive and row.area == area:
                values, names = self.desk.rows.complete(row).values, field_ids(known(entity))
                effect.op = "i"
                effect.cells = {name: values[name] for name in names if values.get(name) is not None}
            elif row is not None and row.alive:
                effect.note = f"leave:{row.area}"
            self.desk.logs.add(area, self.desk.act_of_hub(STANDS), effect)

    def _write(self) -> None:
        desk = self.desk
        rows = desk.rows.touched()
        count_digests(desk.rows, desk.logs, rows)
        write_rows(self.base.database, self.connection, rows)
        acts = [*desk.done.values(), *([desk.hub_act] if desk.hub_act else [])]
        write_acts(self.base.database, self.connection, desk, acts)
        desk.logs.store(desk.logs.sealed(self.base.keys, "", 0, desk.received))
        told = [effect for effect in self.block.effects if not _is_elsewhere(effect)]
        marks = marks_of_block(told, [act.uid for act in self.block.acts])
        # An act that the hub has and of which no part is noted came whole, in every area.
        keep_parts(
            self.connection, {act: m for act, m in marks.items() if act not in self.has - self.parts.keys()}
        )


def _is_passing(effect: Effect) -> bool:
    """Whether an effect is nobody's entry: told whole before, or the entry is told elsewhere."""
    return effect.note == STANDS or _is_elsewhere(effect)


def _is_elsewhere(effect: Effect) -> bool:
    """Whether another place of the log tells the entry: the log of the area that a record went to, or what a
    change was answered with when it first came. That may have been lost as well and come later, or never; its
    laptop then sends the change again."""
    return effect.note == "repeat" or (effect.op == "d" and effect.note.partition(":")[0] == "leave")


def _entry(effect: Effect) -> Entry:
    """An effect as the entry it was, with the cells that this hub knows. "The same" names the values it was
    said of, and none to a deletion of what was not there."""
    deleted_nothing = effect.op == "n" and effect.note == "same" and not effect.cells
    return Entry(effect.act, effect.entity, effect.uid, "d" if deleted_nothing else effect.op, _cells(effect))


def _cells(effect: Effect) -> dict[str, Any]:
    """The cells of an effect that this hub knows."""
    if not is_known(effect.entity):
        return dict(effect.cells)
    names = set(field_ids(known(effect.entity)))
    return {name: value for name, value in effect.cells.items() if name in names}


def _seen_before(signed: SignedBlock, fork: int, before: bytes | None) -> dict[str, int]:
    """What of an area's log stood before a lost block: up to where that parts from the log of today, and the
    lost blocks with the one of head `before` at their end."""
    view = {signed.area: fork}
    if before is not None:
        view[branch_of(signed.area, before)] = signed.first - 1
    return view


def give_back(returning: Returning, device: str, blocks: Iterable[SignedBlock], when: int) -> int:
    """Take blocks as they had come, those of an area in their order; how many entries had been lost.

    A record that moved is told by two logs. So blocks of one push know of each other, and what was written
    before a move is taken before it.
    """
    latest: dict[str, int] = {}
    pushes: dict[tuple[int, str, int], list[SignedBlock]] = {}
    found = []
    for signed in blocks:
        block = returning.read(signed)
        latest[signed.area] = max(
            latest.get(signed.area, 0), block.received
        )  # a clock may have been set back
        push = (block.received, block.device, block.epoch)
        pushes.setdefault(push, []).append(signed)
        found.append((latest[signed.area], push, signed))
    entries = 0
    for _, push, signed in sorted(found, key=lambda item: item[0]):
        beside = [other for other in pushes[push] if other.area != signed.area]
        entries += returning.take(device, signed, when, beside)
    return entries
