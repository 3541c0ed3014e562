"""What every person entered and had seen on their screen, apart from what the program notes itself.

The oracle knows records only as laptops show them: what was ever shown on a laptop has been seen there. It
uses no number of the log, no view, no base and no clock.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely

from app.domain.changes import ChangeSet
from app.domain.entity import GEOMETRY, Entity
from app.domain.fields import Kind
from app.domain.replication import Act, Block, Effect
from app.store.tables import known

Cell = tuple[str, str, str]  # entity, uid, field
Place = tuple[str, str]  # entity, uid
Seen = Mapping[Cell, frozenset[Any]]


class Lost(AssertionError):
    """Something that was entered is not accounted for."""


@dataclass(frozen=True)
class Entered:
    """One change as a person made it: what they wrote and everything their laptop had ever shown before."""

    act: str
    laptop: str
    action: str
    entity: str
    uid: str
    op: str
    cells: Mapping[str, Any]
    seen: Seen


@dataclass
class Logged:
    """An effect of the hub's log with its act and number."""

    area: str
    seq: int
    device: str
    epoch: int
    act: Act
    effect: Effect


# Where a record lies is said by its owner, named in this field, or else by its division.
OWNER_FIELDS = {"assignment": "cell", "patrol": "cell", "intake": "source", "protection_zone": "source"}


def owner_of(entity: str, cells: Mapping[str, Any]) -> Any:
    """The uid of the record to which another one belongs, as these cells name it."""
    return cells.get(OWNER_FIELDS.get(entity, "owner"))


def places_of(entity: str) -> set[str]:
    """The fields that say in which area a record lies."""
    return {"div_code", "area" if entity == "person" else "div_code", OWNER_FIELDS.get(entity, "owner")}


def wire_cells(record: Entity) -> dict[str, Any]:
    """A record's known cells by field id, written here once more so that no code under test is believed."""
    found = {item.id: plain(item.kind, getattr(record, name)) for name, item in record.TYPE.stored.items()}
    if record.geometry is not None:
        found[GEOMETRY] = shapely.to_wkb(record.geometry, byte_order=1)
    return {name: value for name, value in found.items() if value is not None}


def plain(kind: Kind | None, value: Any) -> Any:
    """A value that can be compared and kept in a set."""
    if value in (None, ()):
        return None
    return tuple(value) if kind is Kind.TEXTS else float(value) if kind is Kind.NUMBER else value


def comparable(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Cells that travelled, without unknown ones, lists as tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in cells.items()
        if value is not None and value != []
    }


@dataclass
class Oracle:
    """Told of everything that is entered and shown; asked at the end whether the log accounts for it."""

    shown: dict[str, dict[Cell, frozenset[Any]]] = field(default_factory=dict)
    entered: list[Entered] = field(default_factory=list)
    begun_anew: set[str] = field(default_factory=set)  # laptops brought back from a backup
    forgotten: set[str] = field(default_factory=set)  # acts that a restored backup may have taken with it
    held_back: set[str] = field(default_factory=set)  # laptops that were revoked

    def show(self, laptop: str, records: Iterable[Entity]) -> None:
        """These records are on a laptop's screen now."""
        mine = self.shown.setdefault(laptop, {})
        for record in records:
            cells = wire_cells(record)
            names = [item.id for item in record.TYPE.stored.values()]
            for name in (*names, *((GEOMETRY,) if record.TYPE.shape.value else ())):
                key = (record.TYPE.name, record.uid, name)
                value = cells.get(name)
                known_values = mine.get(key, frozenset())
                if value not in known_values:
                    mine[key] = known_values | {value}

    def enter(self, laptop: str, act: str, change_set: ChangeSet) -> None:
        """Somebody wrote this; what was shown before is what they had seen."""
        seen = dict(self.shown.get(laptop, {}))
        for change in change_set.changes:
            kind = known(change.entity)
            cells = {
                GEOMETRY if name == GEOMETRY else kind.fields[name].id: shapely.to_wkb(value, byte_order=1)
                if name == GEOMETRY and value is not None
                else plain(kind.fields[name].kind if name in kind.fields else None, value)
                for name, value in change.after.items()
            }
            op = change.operation[0]
            self.entered.append(
                Entered(act, laptop, change_set.action, change.entity, change.uid, op, cells, seen)
            )

    def movable(self) -> set[str]:
        """The records that somebody moved, whatever the hub said of it."""
        return {
            item.uid for item in self.entered if item.op == "u" and places_of(item.entity) & item.cells.keys()
        }

    def acts_about(self, uids: Container[str]) -> set[str]:
        """The acts about these records, or about what belongs to them."""
        return {
            item.act for item in self.entered if item.uid in uids or owner_of(item.entity, item.cells) in uids
        }

    def owned_by(self, uids: Container[str]) -> set[str]:
        """What anybody entered as belonging to one of these records."""
        return {item.uid for item in self.entered if owner_of(item.entity, item.cells) in uids}

    def acts_of(self, laptop: str) -> set[str]:
        """The transactions a laptop wrote."""
        return {item.act for item in self.entered if item.laptop == laptop}


def leaves(effect: Effect) -> bool:
    """Whether an effect only takes a record out of its area: the other area's log has the entry."""
    return effect.op == "d" and effect.note.partition(":")[0] == "leave"


@dataclass
class Replay:
    """The log read once more from its first entry, by plain assignment.

    A record that has left an area and not entered the other one yet is in `passing`, with that area and all
    it holds; `moved` are the records that ever left one.
    """

    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    areas: dict[tuple[str, str], str] = field(default_factory=dict)
    passing: dict[tuple[str, str], tuple[str, dict[str, Any]]] = field(default_factory=dict)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    movable: set[str] = field(default_factory=set)  # uids of records that somebody moved
    begun_anew: set[str] = field(default_factory=set)  # laptops brought back from a backup
    returned: set[tuple[str, str]] = field(default_factory=set)  # records told by what was given back
    writers: dict[Cell, str] = field(default_factory=dict)  # the act behind each value that stands
    history: dict[Cell, list[tuple[Any, str]]] = field(default_factory=dict)
    conflicts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by owner's uid
    offered: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by the act of the other side
    entries: list[tuple[Logged, Mapping[str, Any], bool]] = field(default_factory=list)
    meant: dict[tuple[str, Cell], Any] = field(default_factory=dict)  # by act and cell: what was entered
    signed: list[tuple[Logged, Place, Mapping[str, Any]]] = field(default_factory=list)  # with the record
    days: Mapping[str, str] = field(default_factory=dict)  # what a step stamps by a right clock, by field

    def take(self, item: Logged) -> None:
        """One effect."""
        effect, place = item.effect, (item.effect.entity, item.effect.uid)
        before = self.rows.get(place)
        if _is_told(item):
            self._told_again(item, before)
            return
        if effect.op == "i" and place in self.passing:
            before = self.passing.pop(place)[1]
        self.entries.append((item, dict(before or {}), before is not None))
        self.returned |= {place} if item.device == "" else set()
        if effect.entity == "approval" and effect.op == "i" and effect.note != "enter":
            owner = (str(effect.cells.get("owner_entity")), str(effect.cells.get("owner")))
            self.signed.append((item, owner, dict(self.rows.get(owner, {}))))
        if effect.op in "iu":
            cells = dict(effect.cells)
            if effect.op == "u" and before is None:
                raise Lost(f"the log changes a record that is not there: {place} at {item.area} {item.seq}")
            whole = comparable(cells) if effect.op == "i" else {**(before or {}), **cells}
            self.rows[place] = comparable(whole)
            self.areas[place] = item.area
            for name, value in cells.items():
                self._wrote((*place, name), value, item.act.uid, again=before is None)
        elif effect.op == "d" and self.areas.get(place) == item.area:
            row = self.rows.pop(place, None)
            if leaves(effect) and row is not None:
                self.passing[place] = (effect.note.partition(":")[2], row)
                self.moves[place] += 1
        if effect.entity == "conflict" and effect.op in "iu":
            self._conflict(self.rows[place])

    def _conflict(self, row: dict[str, Any]) -> None:
        """Note what a conflict keeps; its earlier states count as well."""
        found = self.conflicts.setdefault(str(row.get("owner")), [])
        if row not in found:
            found.append(row)
        self.offered.setdefault(str(row.get("offered_act")), []).append(row)

    def waits(self, item: Logged) -> bool:
        """Whether an effect comes after one of another area's log: what enters has left before, and what is
        changed is there."""
        effect, place = item.effect, (item.effect.entity, item.effect.uid)
        if effect.op == "n" or _is_told(item):
            return False
        if place in self.passing:
            return effect.op != "i" or item.area != self.passing[place][0]
        stands = self.areas[place] if place in self.rows else None
        enters = effect.op != "i" or stands is not None or effect.note == "enter"
        return stands != item.area and enters

    def _told_again(self, item: Logged, before: Mapping[str, Any] | None) -> None:
        """A restored hub tells a record whole: that changes nothing for who has followed its log."""
        place = (item.effect.entity, item.effect.uid)
        told = comparable(item.effect.cells) if item.effect.op == "i" else None
        held = dict(before) if before is not None and self.areas[place] == item.area else None
        if told != held:
            raise Lost(f"the hub changed {place} by itself at {item.area} {item.seq}")

    def _wrote(self, cell: Cell, value: Any, act: str, *, again: bool) -> None:
        """Note who wrote a value; what comes back with its record is written again."""
        value = tuple(value) if isinstance(value, list) else value
        told = self.history.setdefault(cell, [])
        if again or not told or told[-1][0] != value:
            told.append((value, act))
            self.writers[cell] = act


def _is_told(item: Logged) -> bool:
    """Whether a restored hub tells a record whole here."""
    by_itself = item.act.person == "hub" and item.device == ""
    return by_itself and (item.effect.entity != "conflict" or item.act.action == "stands")


def replayed(blocks: Mapping[str, list[Block]]) -> Replay:
    """The state after all blocks of all areas, in the order in which the hub received them."""
    replay = Replay()
    together: dict[int, dict[str, deque[Logged]]] = defaultdict(dict)
    for area, items in blocks.items():
        latest = 0  # a hub's clock may have been set back; the numbers of an area are never wrong
        for block in items:
            latest = max(latest, block.received)
            told = (
                Logged(area, block.first + place, block.device, block.epoch, block.acts[effect.act], effect)
                for place, effect in enumerate(block.effects)
            )
            together[latest].setdefault(area, deque()).extend(told)
    for _, queues in sorted(together.items()):
        _take_turns(replay, queues)
    return replay


def _take_turns(replay: Replay, queues: dict[str, deque[Logged]]) -> None:
    """What the logs of several areas received at one moment. A record moves from one to another by one push,
    so the areas take turns where one has to wait for another."""
    left = [queues[area] for area in sorted(queues)]
    while any(left):
        ready = [queue for queue in left if queue and not replay.waits(queue[0])]
        queue = ready[0] if ready else next(filter(None, left))  # the logs contradict: `take` says how
        replay.take(queue.popleft())


def in_conflict(replay: Replay, uid: str, name: str, value: Any, act: str = "") -> bool:
    """Whether a conflict of this record, or one about what this act offered, keeps the value."""
    wanted = value.hex() if isinstance(value, bytes) else list(value) if isinstance(value, tuple) else value
    for row in (*replay.conflicts.get(uid, ()), *replay.offered.get(act, ())):
        for side in ("kept", "offered"):
            cells = json.loads(row.get(side) or "{}")
            if name in cells and cells[name] == wanted:
                return True
    return False


def check_numbers(blocks: Mapping[str, list[Block]]) -> None:
    """The logs have no gap and no number of a laptop twice."""
    numbers: Counter[tuple[str, int, int]] = Counter()
    for area, items in blocks.items():
        reached = 0
        for block in items:
            if block.first != reached + 1:
                raise Lost(f"gap in {area}: after {reached} comes {block.first}")
            reached = block.last
            numbers.update(
                (block.device, block.epoch, effect.dseq) for effect in block.effects if effect.dseq
            )
    twice = [number for number, times in numbers.items() if times > 1]
    if twice:
        raise Lost(f"a number was given twice: {twice[:3]}")
    check_pushes(blocks)


def check_pushes(blocks: Mapping[str, list[Block]]) -> None:
    """What the hub took of a laptop begins with the number after the last it had taken, push after push."""
    pushes: dict[tuple[str, int], dict[int, set[int]]] = {}
    for block in (block for items in blocks.values() for block in items if block.device):
        told = pushes.setdefault((block.device, block.epoch), {}).setdefault(block.received, set())
        told.update(effect.dseq for effect in block.effects if effect.dseq)
    for (device, epoch), those in pushes.items():
        reached = 0
        for received in sorted(those):
            for number in sorted(those[received]):
                if number != reached + 1:
                    raise Lost(
                        f"a push was taken before its turn: {device} {epoch}: {number} after {reached}"
                    )
                reached = number
