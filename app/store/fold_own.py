"""Own changes that come back just as they were written: most of what a laptop hears of them.

They are in sight and in the journal already, so that of their records nothing is read and nothing written;
what was said of a field of many records is compared and counted at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from app.domain.areas import OWNERS, PLACES
from app.domain.digest import change_hash, field_hash, row_hash
from app.domain.replication import Effect
from app.store import journal
from app.store.crossing import Row, Turn, crossing, known_cells
from app.store.pending import Place, change_of
from app.store.rebase import Pending
from app.store.tables import known

Item = tuple[int, Effect]  # an entry with its place in the step
Form = tuple[str, str]  # entity and the one field that is set
Cell = tuple[str, Any, Any]  # uid, value before, value after


class Own:
    """The entries of a step that say of a record what its one waiting change said, and no more.

    `settled` are the rows of the journal they answer, `owners` those rows' transactions, `records` whose they
    are, `places` in which area a record without one of its own lies from now on (None: it is gone), and
    `digest` what all of them add to the area's.
    """

    def __init__(self, area: str) -> None:
        self.digest = 0
        self.settled: list[int] = []
        self.owners: set[int] = set()
        self.places: dict[Place, str | None] = {}
        self.records: list[Place] = []
        self._area = area
        self._fields: dict[Form, tuple[Turn | None, Turn | None, list[Cell]] | None] = {}

    def take(
        self, found: Iterable[tuple[Item, Sequence[Any]]], area_of: Callable[[Place, Row], str]
    ) -> list[Item]:
        """Work in entries, each with the journal's row of the only change that waits of its record; gives
        those that say anything else."""
        pairs, left = list(found), list[Item]()
        for (item, row), cells in zip(pairs, journal.read_many([row[4] for _, row in pairs]), strict=True):
            effect = item[1]
            short = effect.op == "u" and len(cells) == 1 == len(effect.cells)
            if (
                self._field(effect, cells[0])
                if short
                else self._whole(effect, change_of(row, cells), area_of)
            ):
                self.settled.append(row[2])
                self.owners.add(row[5])
                self.records.append((effect.entity, effect.uid))
            else:
                left.append(item)
        for (entity, name), field in self._fields.items():
            if field is not None:
                self.digest += field_hash(entity, name, field[2])
        return left

    def _field(self, effect: Effect, cell: Sequence[Any]) -> bool:
        """An update of one field: whether it is as it was written."""
        name, old, new = cell[0], cell[1], cell[2]
        form = (effect.entity, name)
        if form not in self._fields:
            self._fields[form] = _begun(form)
        field = self._fields[form]
        if field is None or not effect.dseq or name not in effect.cells:
            return False
        untold, from_wire, changed = field
        said = effect.cells[name]
        if untold is not None:
            old = None if old is None else untold(old)
            new = None if new is None else untold(new)
        if from_wire is not None and said is not None:
            said = from_wire(said)
        if said != new:
            return False
        changed.append((effect.uid, old, new))
        return True

    def _whole(self, effect: Effect, change: Pending, area_of: Callable[[Place, Row], str]) -> bool:
        """Any other entry: the same."""
        entity, uid = place = (effect.entity, effect.uid)
        if effect.op == "d":
            if not effect.dseq or area_of(place, change.old) != self._area:
                return False
            self.digest -= row_hash(entity, uid, change.old)
        else:
            said = crossing(entity).taken(effect.cells)
            if effect.op == "i":
                as_written = known_cells(said) == change.new
            else:
                as_written = bool(effect.dseq) and said == change.new and place_field(entity) not in said
            if not as_written:
                return False
            self.digest += change_hash(entity, uid, change.old, change.new)
        if entity in OWNERS and effect.op in "id":
            self.places[place] = self._area if effect.op == "i" else None
        return True


def _begun(form: Form) -> tuple[Turn | None, Turn | None, list[Cell]] | None:
    """How values of a field are read from the journal and from the log, and a list for its changes; None for
    one that says to which area a record belongs, or is not known."""
    entity, name = form
    cross = crossing(entity)
    if name not in cross.known or name == place_field(entity):
        return None
    return (*cross.readings(name), [])


@lru_cache(maxsize=256)
def place_field(entity: str) -> str | None:
    """The id of the field that says to which area a record belongs."""
    found = known(entity).fields.get(PLACES.get(entity, "div_code"))
    return found.id if found else None
