"""The quick road of a push: entries nobody contests, found for many at once and put down in order.

Whatever has something to weigh is left to `deciding.py`, the careful road: a record written since its writer
looked, or met twice in one batch, steps and taking back, persons, what follows another record, keys that are
taken, places that change. Both roads ask the same functions who may write what, and put down by the same
`Desk.put_down`: rights depend on few facts of an entry, and are asked once for each set of them that occurs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from app.domain.areas import OWNERS, PLACES
from app.domain.changes import Actor
from app.domain.fields import Merge
from app.domain.merge import Decision, rule_of
from app.domain.replication import Act, Batch, Cells, Effect, Entry
from app.domain.rights import LASTING
from app.hub.admitting import admitted_alike
from app.hub.allowing import STEPS_ONLY, refusal, workflow_ids
from app.hub.book import field_ids, unique_ids
from app.hub.desk import Desk, Told
from app.hub.duplicates import Keys
from app.hub.naming import AUTHORS
from app.hub.rows import Row
from app.hub.steps import edits
from app.store.tables import is_known, known

_ASIDE = frozenset(("person", "conflict", *OWNERS))  # kinds with rules of their own
_BESIDE = frozenset(("approval", "attachment"))
_AT_ONCE = 1000  # entries that are looked at together
Form = tuple[str, str, tuple[str, ...]]  # entity, operation, fields
Every = Sequence[Cells | None]
Found = tuple[Cells, Row | None, str, bool]  # admitted cells, the row, its area, whether it counts as editing


class Uncontested:
    """The entries of one batch that nothing speaks against, by their place in it."""

    def __init__(self, desk: Desk, keys: Keys, batch: Batch) -> None:
        self._desk, self._keys, self._batch = desk, keys, batch
        self.first = batch.first
        self.updated: list[Row] = []  # the rows that `take` gave new values
        self._found: list[Found | None] = [None] * len(batch.entries)
        self._rights: dict[Hashable, tuple[str, str]] = {}  # facts: why not, and the area
        self._looked = len(batch.entries)  # places before this one have been looked at
        if desk.founding or any(entry.entity == "person" for entry in batch.entries):
            return
        self._actors = [None if act.undoes else desk.author(act)[0] for act in batch.acts]
        self._signed = {str(row.values.get("owner")) for row in desk.rows.of_entity("approval")}
        self._met, self._steps = self._meetings()
        self._looked = 0

    def has(self, places: Sequence[int]) -> bool:
        """Whether all of these entries may take the quick road."""
        while self._looked <= max(places, default=-1):
            self._look_on()
        return all(self._found[place] is not None for place in places)

    def take(self, places: Sequence[int], act: Act) -> int:
        """Put entries of an act down, as many as nothing speaks against; the next is for the careful road."""
        entries, desk, first = self._batch.entries, self._desk, self.first
        for count, place in enumerate(places):
            found = self._found[place]
            if found is None:
                return count
            cells, row, area, edited = found
            entry = entries[place]
            if (row is not None and row.touched) or (entry.op != "u" and not self._key(entry, cells)):
                return count
            effect = Effect(0, first + place, entry.entity, entry.uid, entry.op, cells)
            if entry.op == "u" and row is not None and not row.entered:
                self.updated.append(row)
                desk.put_update(act, effect, row, area, act.person if edited else None)
                continue
            row = desk.put_down(act, effect, row, area, cells)
            if edited and row is not None:
                row.entered = {**row.entered, act.person: 1} if row.entered else {act.person: 1}
        return len(places)

    def _key(self, entry: Entry, cells: Cells) -> bool:
        """Whether no other record has the keys of this one; if so they are noted."""
        kind, decision = known(entry.entity), Decision(entry.op, cells, cells)
        if self._keys.clash(kind, entry.uid, decision) is not None:
            return False
        self._keys.note(kind, entry.uid, decision)
        return True

    # ------------------------------------------------------------ looking
    def _meetings(self) -> tuple[Mapping[str, int], set[int]]:
        """How often the batch meets each record, and the acts that are steps."""
        entries = self._batch.entries
        met = Counter([entry.uid for entry in entries])
        steps = set()
        for entry in entries:
            if entry.entity in _BESIDE:  # a step and its papers change the record they are about
                steps.add(entry.act)
                met[str(entry.cells.get("owner"))] += 2
        return met, steps

    def _look_on(self) -> None:
        """Look at the next entries, so many that it is worth it: the first of a large push can be written
        while others are looked at."""
        first, self._looked = self._looked, min(self._looked + _AT_ONCE, len(self._batch.entries))
        for form, places in self._forms(range(first, self._looked)).items():
            self._look(form, places)

    def _forms(self, places: Iterable[int]) -> dict[Form, list[int]]:
        """Of these entries those that could be uncontested: those of one form together."""
        entries, met, steps, actors = self._batch.entries, self._met, self._steps, self._actors
        found: dict[Form, list[int]] = {}
        for place in places:
            entry = entries[place]
            if met[entry.uid] == 1 and entry.act not in steps and actors[entry.act] is not None:
                found.setdefault((entry.entity, entry.op, tuple(entry.cells)), []).append(place)
        return found

    def _look(self, form: Form, places: list[int]) -> None:
        entity, op, names = form
        if not _is_usual(form):
            return
        entries, ready = self._batch.entries, self._desk.admitted
        if ready is not None:
            every = [ready[place] for place in places]
        else:
            every = admitted_alike(known(entity), op, names, [entries[place].cells for place in places])
        find = {"i": self._inserts, "u": self._updates, "d": self._deletes}[op]
        edited = op != "d" and edits(entity, names, inserts=op == "i")
        found = self._found
        for place, cells, where in zip(places, every, find(form, places, every), strict=True):
            if where is not None and cells is not None:
                found[place] = (cells, *where, edited)

    def _inserts(self, form: Form, places: list[int], every: Every) -> Iterator[tuple[None, str] | None]:
        """Records that the hub has never had."""
        entity, batch, stored = form[0], self._batch, self._desk.rows.by_uid(form[0])
        place_field, asked = PLACES.get(entity, "div_code"), _asked(entity)
        for place, cells in zip(places, every, strict=True):
            entry = batch.entries[place]
            if cells is None or entry.uid in stored:
                yield None
                continue
            states = tuple([cells.get(name) for name in asked])
            stepped, told = not STEPS_ONLY.isdisjoint(cells), bool(batch.acts[entry.act].reason.strip())
            facts = (entity, "i", self._actors[entry.act], cells.get(place_field), states, stepped, told)
            area = self._allowed(facts, place, cells, None)
            yield None if area is None else (None, area)

    def _updates(self, form: Form, places: list[int], every: Every) -> Iterator[tuple[Row, str] | None]:
        """Living records that their writers have seen as they are."""
        names, entries = dict.fromkeys(form[2]).keys(), self._batch.entries
        rights: dict[Hashable, str | None] = {}
        for place, cells, row in zip(places, every, self._seen(form[0], places), strict=True):
            if row is None or cells is None or not row.values.keys() >= names:
                yield None
                continue
            held = row.values
            facts = (entries[place].act, row.area, held.get("div_code"), held.get("status"))
            if facts not in rights:
                rights[facts] = self._allowed_here(form, place, cells, row)
            area = rights[facts]
            yield None if area is None else (row, area)

    def _deletes(self, form: Form, places: list[int], every: Every) -> Iterator[tuple[Row, str] | None]:
        """The same, without a signature on them."""
        for place, cells, row in zip(places, every, self._seen(form[0], places), strict=True):
            if row is None or cells is None or row.uid in self._signed:
                yield None
                continue
            area = self._allowed_here(form, place, cells, row)
            yield None if area is None else (row, area)

    def _seen(self, entity: str, places: list[int]) -> Iterator[Row | None]:
        """The rows that nobody wrote after what their writers had seen; None for others."""
        entries, views, stored = self._batch.entries, self._batch.views, self._desk.rows.by_uid(entity)
        for place in places:
            entry = entries[place]
            row = stored.get(entry.uid)
            yield row if row is not None and row.is_seen(views[entry.view]) else None

    def _allowed_here(self, form: Form, place: int, cells: Cells, row: Row) -> str | None:
        """The row's area when the person may change it; it stays where it is."""
        held, actor = row.values, self._actors[self._batch.entries[place].act]
        facts = (form, actor, row.area, held.get("div_code"), held.get("status"))
        return self._allowed(facts, place, cells, row)

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


def admitted_cells(batch: Batch) -> list[Cells | None]:
    """The cells of every entry that could be uncontested as they are kept; None for others."""
    entries = batch.entries
    forms: dict[Form, list[int]] = {}
    for place, entry in enumerate(entries):
        forms.setdefault((entry.entity, entry.op, tuple(entry.cells)), []).append(place)
    found: list[Cells | None] = [None] * len(entries)
    for form, places in forms.items():
        if _is_usual(form):
            entity, op, names = form
            every = admitted_alike(known(entity), op, names, [entries[place].cells for place in places])
            for place, cells in zip(places, every, strict=True):
                found[place] = cells
    return found


def _is_usual(form: Form) -> bool:
    entity, op, names = form
    return is_known(entity) and entity not in _ASIDE and _is_simple(entity, op, names)


def may_go_quickly(entity: str, op: str) -> bool:
    """Whether records of this kind may be made or deleted without anything to weigh."""
    return entity not in _ASIDE and _is_simple(entity, op, () if op == "d" else ("uid",))


@lru_cache(maxsize=4096)
def _is_simple(entity: str, op: str, names: tuple[str, ...]) -> bool:
    """Whether changes of these fields meet no rule but who may write the record, and who wrote it since."""
    kind = known(entity)
    if kind.append_only or entity in AUTHORS or op not in ("i", "u", "d") or bool(names) != (op != "d"):
        return False
    if op != "u":
        return True
    declared = {item.id: item for item in kind.stored.values()}
    guarded = {
        *unique_ids(kind),
        *PLACES.values(),
        "div_code",
        *frozenset().union(*workflow_ids(kind)),
        *LASTING,
    }
    known_ids = set(field_ids(kind))
    return all(
        name in known_ids and name not in guarded and rule_of(declared, name) is not Merge.HUB
        for name in names
    )


@lru_cache(maxsize=64)
def _asked(entity: str) -> tuple[str, ...]:
    """The fields of a new record that rights depend on."""
    return ("origin", *sorted(workflow_ids(known(entity))[0]))
