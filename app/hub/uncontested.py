"""The quick road of a push: entries nobody contests, found for a whole batch at once and put down in order.

Whatever has something to weigh is left to `deciding.py`, the careful road: a record written since its writer
looked, or met twice in one batch, steps and taking back, persons, what follows another record, keys that are
taken, places that change. Both roads ask the same functions who may write what, and put down by the same
`Desk.put_down`: rights depend on few facts of an entry, and are asked once for each set of them that occurs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from app.domain.areas import OWNERS, PLACES
from app.domain.changes import Actor
from app.domain.entity import EntityType
from app.domain.fields import Merge
from app.domain.merge import Decision, rule_of
from app.domain.replication import Act, Batch, Cells, Effect, Entry
from app.hub.admitting import admitted_alike
from app.hub.allowing import STEPS_ONLY, refusal, workflow_ids
from app.hub.book import field_ids, unique_ids
from app.hub.desk import Desk, Told
from app.hub.duplicates import Keys
from app.hub.rows import Row
from app.hub.steps import edits
from app.store.tables import is_known, known

_ASIDE = frozenset(("person", "conflict", *OWNERS))  # kinds with rules of their own
_BESIDE = frozenset(("approval", "attachment"))
Form = tuple[str, str, tuple[str, ...]]  # entity, operation, fields
Found = tuple[Cells, Row | None, str, bool]  # admitted cells, the row, its area, whether it counts as editing


class Uncontested:
    """The entries of one batch that nothing speaks against, by their place in it."""

    def __init__(self, desk: Desk, keys: Keys, batch: Batch) -> None:
        self._desk, self._keys, self._batch = desk, keys, batch
        self.first = batch.first
        self._found: list[Found | None] = [None] * len(batch.entries)
        self._rights: dict[Hashable, tuple[str, str]] = {}  # facts: why not, and the area
        if desk.founding or any(entry.entity == "person" for entry in batch.entries):
            return
        self._actors = [None if act.undoes else desk.author(act)[0] for act in batch.acts]
        self._signed = {str(row.values.get("owner")) for row in desk.rows.of_entity("approval")}
        for form, places in self._forms().items():
            self._look(form, places)

    def has(self, places: Iterable[int]) -> bool:
        """Whether all of these entries may take the quick road."""
        return all(self._found[place] is not None for place in places)

    def take(self, place: int, act: Act) -> bool:
        """Put an entry down; False leaves it to the careful road."""
        found = self._found[place]
        if found is None:
            return False
        cells, row, area, edited = found
        entry, desk = self._batch.entries[place], self._desk
        if row is not None and row.touched:
            return False
        if entry.op != "u" and not self._key(entry, cells):
            return False
        effect = Effect(0, self._batch.first + place, entry.entity, entry.uid, entry.op, cells)
        row = desk.put_down(act, effect, row, area, cells)
        if edited and row is not None:
            row.entered = {**row.entered, act.person: 1} if row.entered else {act.person: 1}
        return True

    def _key(self, entry: Entry, cells: Cells) -> bool:
        """Whether no other record has the keys of this one; if so they are noted."""
        kind, decision = known(entry.entity), Decision(entry.op, cells, cells)
        if self._keys.clash(kind, entry.uid, decision) is not None:
            return False
        self._keys.note(kind, entry.uid, decision)
        return True

    # ------------------------------------------------------------ looking
    def _forms(self) -> dict[Form, list[int]]:
        """The entries that could be uncontested: those of one form together."""
        entries = self._batch.entries
        met = Counter([entry.uid for entry in entries])
        steps = set()
        for entry in entries:
            if entry.entity in _BESIDE:  # a step and its papers change the record they are about
                steps.add(entry.act)
                met[str(entry.cells.get("owner"))] += 2
        found: dict[Form, list[int]] = {}
        for place, entry in enumerate(entries):
            if met[entry.uid] == 1 and entry.act not in steps and self._actors[entry.act] is not None:
                found.setdefault((entry.entity, entry.op, tuple(entry.cells)), []).append(place)
        return found

    def _look(self, form: Form, places: list[int]) -> None:
        entity, op, names = form
        if not is_known(entity) or entity in _ASIDE or not _is_simple(known(entity), op, names):
            return
        entries = self._batch.entries
        every = admitted_alike(known(entity), op, names, [entries[place].cells for place in places])
        look = {"i": self._insert, "u": self._update, "d": self._delete}[op]
        edited = op != "d" and edits(entity, names, inserts=op == "i")
        for place, cells in zip(places, every, strict=True):
            if cells is None:
                continue
            where = look(form, entries[place], place, cells)
            if where is not None:
                row, area = where
                self._found[place] = (cells, row, area, edited)

    def _insert(self, form: Form, entry: Entry, place: int, cells: Cells) -> tuple[Row | None, str] | None:
        """A record that the hub has never had."""
        if self._desk.rows.peek(form[0], entry.uid) is not None:
            return None
        code = cells.get(PLACES.get(form[0], "div_code"))
        states = tuple([cells.get(name) for name in _asked(form[0])])
        stepped = not STEPS_ONLY.isdisjoint(cells)
        told = bool(self._batch.acts[entry.act].reason.strip())
        facts = (form[0], "i", self._actors[entry.act], code, states, stepped, told)
        area = self._allowed(facts, place, cells, None)
        return None if area is None else (None, area)

    def _update(self, form: Form, entry: Entry, place: int, cells: Cells) -> tuple[Row, str] | None:
        """A living record that its writer has seen as it is."""
        row = self._seen(form[0], entry)
        if row is None or not row.values.keys() >= cells.keys():
            return None
        return self._allowed_here(form, place, cells, row)

    def _delete(self, form: Form, entry: Entry, place: int, cells: Cells) -> tuple[Row, str] | None:
        """The same, read whole, and without a signature on it."""
        row = self._seen(form[0], entry)
        if row is None or not row.whole or entry.uid in self._signed:
            return None
        return self._allowed_here(form, place, cells, row)

    def _allowed_here(self, form: Form, place: int, cells: Cells, row: Row) -> tuple[Row, str] | None:
        """The row and its area when the person may change it; it stays where it is."""
        held, actor = row.values, self._actors[self._batch.entries[place].act]
        facts = (form, actor, row.area, held.get("div_code"), held.get("status"))
        area = self._allowed(facts, place, cells, row)
        return None if area is None else (row, area)

    def _seen(self, entity: str, entry: Entry) -> Row | None:
        row = self._desk.rows.peek(entity, entry.uid)
        if row is None or not row.is_seen(self._batch.views[entry.view]):
            return None
        return row

    def _allowed(self, facts: Hashable, place: int, cells: Cells, row: Row | None) -> str | None:
        """The area of the record when the person may do this, asked once for all entries of equal facts."""
        found = self._rights.get(facts)
        if found is None:
            entry = self._batch.entries[place]
            act, actor = self._batch.acts[entry.act], self._actors[entry.act]
            assert isinstance(actor, Actor)
            told = Told(act, self._batch.first + place, entry, self._batch.views[entry.view], cells)
            area = row.area if row else self._desk.area_of(entry.entity, entry.uid, cells, None)
            found = self._rights[facts] = (refusal(self._desk, told, row, area, actor), area)
        return None if found[0] else found[1]


def _is_simple(kind: EntityType, op: str, names: Sequence[str]) -> bool:
    """Whether changes of these fields meet no rule but who may write the record, and who wrote it since."""
    if kind.append_only or op not in ("i", "u", "d") or bool(names) != (op != "d"):
        return False
    if op != "u":
        return True
    declared = {item.id: item for item in kind.stored.values()}
    guarded = {*unique_ids(kind), *PLACES.values(), "div_code", *frozenset().union(*workflow_ids(kind))}
    known_ids = set(field_ids(kind))
    return all(
        name in known_ids and name not in guarded and rule_of(declared, name) is not Merge.HUB
        for name in names
    )


def _asked(entity: str) -> Sequence[Any]:
    """The fields of a new record that rights depend on."""
    return ("origin", *sorted(workflow_ids(known(entity))[0]))
