"""Finding the records that a batch names by the beginnings of their uids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from app.domain.replication import Batch, Entry
from app.hub.book import field_ids
from app.hub.rows import Rows, context_ids
from app.hub.touching import touched_uids
from app.store.tables import is_known, known


def names_of(entity: str, those: Iterable[Entry]) -> list[str]:
    """The fields that deciding these entries asks for: those that every decision looks at, and theirs."""
    kind = known(entity)
    names = set(context_ids(kind))
    for entry in those:
        if entry.op == "u":
            names.update(entry.cells)
    return [name for name in field_ids(kind) if name in names]


class Reading:
    """Finds records by the beginnings of their uids, and reads what the push needs of them on the way; those
    that are not here among what the laptop had `made`."""

    def __init__(
        self, rows: Rows, batch: Batch, meanwhile: Callable[[], None],
        made: Callable[[str, Sequence[str]], dict[str, list[str]]],
    ) -> None:  # fmt: skip
        self._rows, self._meanwhile, self._made = rows, meanwhile, made
        self._touched = touched_uids(batch.entries)

    def __call__(self, entity: str, starts: Sequence[str]) -> dict[str, list[str]]:
        """The uids of this entity that begin like each of `starts`."""
        found: dict[str, list[str]] = {}
        if is_known(entity):
            names = names_of(entity, self._touched.get(entity, ()))
            found = self._rows.read_starting(entity, starts, names, self._meanwhile)
        left = [start for start in starts if not found.get(start)]
        return {**found, **self._made(entity, left)} if left else found
