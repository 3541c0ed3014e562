"""The rows one push works on: read in few queries, changed in memory, written by `applying.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from app.domain.entity import GEOMETRY, EntityType
from app.domain.fields import Kind
from app.domain.replication import Cells
from app.domain.values import as_moment
from app.hub.book import SITES, field_ids
from app.hub.database import HubDatabase, Reading, as_sqlalchemy
from app.store.tables import is_known, known

ALL = "*"  # the stamp of every field without one of its own
MOVED = "@"  # of a row that came from another area: that area, and the stamps it had there
HALF = 1000  # words from which on two connections ask for half of them each
Key = tuple[str, str]
Written = list[int]  # a stamp as it is stored: number, site, clock


class _Nothing(dict[str, Any]):
    """No cells, for the many rows that have none; it is replaced, never filled."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __setitem__(self, name: str, value: Any) -> None:
        raise TypeError("shared by all rows")

    update = setdefault = __setitem__  # type: ignore[assignment]


_NOTHING = _Nothing()


@dataclass(slots=True)
class Row:
    """A row as the hub holds it and as this push leaves it.

    `values` are the fields read or written so far, `read` how they stood at the start, the same dict until
    something is written; `stamps` is None until they are needed. `fresh` rows are not in the database yet.
    `sets` and `marks` are what this push writes: values, and by field the stamp.
    """

    entity: str
    uid: str
    area: str
    alive: bool
    seq: int
    values: Cells
    stamps: dict[str, Any] | None = None
    editors: dict[str, int] | None = None
    whole: bool = False
    fresh: bool = False
    was_alive: bool = False
    was_area: str = ""
    read: Cells = _NOTHING
    sets: Cells = _NOTHING
    marks: dict[str, Any] = _NOTHING
    replaced: bool = False  # whether `marks` are all the stamps, not only new ones
    entered: dict[str, int] | None = None  # new editors
    new_round: bool = False
    sent: dict[str, Any] | None = None  # the marks with which it was handed over to be written
    written: tuple[str, str | None] | None = None  # stamps and editors as read, until somebody asks for them
    own: dict[str, int] = _NOTHING  # fields that the laptop of this push wrote itself: under which number

    @property
    def touched(self) -> bool:
        """Whether there is anything to write."""
        return self.fresh or bool(self.sets or self.marks)

    def write(self, sets: Cells) -> None:
        """Give fields new values, and keep how they stood."""
        if self.values is self.read:
            self.values = {**self.read, **sets}
        else:
            self.values.update(sets)
        self.sets = {**self.sets, **sets} if self.sets else sets.copy()

    def mark(self, names: Iterable[str], stamp: Written) -> None:
        """Note who wrote these fields."""
        fresh = dict.fromkeys(names, stamp)
        self.marks = {**self.marks, **fresh} if self.marks else fresh

    def is_seen(self, view: Mapping[str, int]) -> bool:
        """Whether it is there, and nobody wrote it after what its writer had seen."""
        return self.alive and self.seq <= view.get(self.area, 0)

    def stamp_of(self, name: str) -> Written | None:
        """The stamp of a field, with what this push wrote."""
        for found in (self.marks, {} if self.replaced else self.stamps or {}):
            if name in found:
                return list(found[name])
            if name and ALL in found and found is self.marks:
                return list(found[ALL])
        return (self.stamps or {}).get(ALL) if name and not self.replaced else None


class Rows(Reading):
    """All rows of a push, by entity and uid."""

    def __init__(self, database: HubDatabase, connection: Connection) -> None:
        super().__init__(connection)
        self._database = database
        self._rows: dict[Key, Row] = {}
        self._kinds: dict[str, dict[str, Row]] = {}  # the same rows, by entity
        self._absent: set[Key] = set()
        self._asked: dict[tuple[str, str], set[str]] = {}  # owners whose rows have been read

    def is_same_laptop(self, site: int, other: int) -> bool:
        """Whether two sites are epochs of one laptop."""
        query = select(SITES.c.device).where(SITES.c.id.in_((site, other))).distinct()
        return len(self._connection.execute(query).all()) == 1

    def get(self, entity: str, uid: str) -> Row | None:
        """A row read before or made in this push; reads it when nobody asked for it yet."""
        key = (entity, uid)
        found = self._rows.get(key)
        if found is None and key not in self._absent and is_known(entity) and "\0" not in uid:
            self.read(entity, [uid], context_ids(known(entity)))
            found = self._rows.get(key)
        return found

    def peek(self, entity: str, uid: str) -> Row | None:
        """A row that has been read already."""
        return self._rows.get((entity, uid))

    def add(self, row: Row) -> None:
        """Take in a row that was made in this push."""
        self._keep(row)
        self._absent.discard((row.entity, row.uid))

    def take_in(self, rows: Iterable[Row], absent: Iterable[Key]) -> None:
        """Rows read elsewhere, whole, and the keys of those that are not there."""
        for row in rows:
            self._keep(row)
        self._absent.update(absent)

    def touched(self) -> list[Row]:
        """The rows to write."""
        return [row for row in self._rows.values() if row.touched]

    def every(self) -> list[Row]:
        """All rows that this push has read or made."""
        return [*self._rows.values()]

    def read(self, entity: str, uids: Iterable[str], names: Sequence[str]) -> None:
        """Read these fields of many rows at once; rows known already keep what they have."""
        wanted = [
            uid for uid in uids if (entity, uid) not in self._rows and (entity, uid) not in self._absent
        ]
        for row in self._query(entity, sorted(wanted), names):
            self._keep(row)
        self._absent.update((entity, uid) for uid in wanted if (entity, uid) not in self._rows)

    def read_starting(
        self, entity: str, starts: Sequence[str], names: Sequence[str], meanwhile: Callable[[], None]
    ) -> dict[str, list[str]]:
        """Read rows, also dead ones, by the beginnings of their uids; `meanwhile` is done while it looks."""
        found: dict[str, list[str]] = {start: [] for start in starts}
        if not starts or not is_known(entity):
            return found
        marked, _ = self._database.each_of(())
        select = _select(self._database, entity, names, marked)
        query = f"{select} ON t.uid >= s.word AND t.uid < s.word || 'g'"
        lengths = sorted(set(map(len, starts)))
        there, kept = self._told_of_each(query, starts, meanwhile), self._kinds.setdefault(entity, {})
        for row in _rows_of(self._database.postgres, known(entity), names, there):
            uid = row.uid
            if uid not in kept:
                self._keep(row)
            for length in lengths:
                if uid[:length] in found:
                    found[uid[:length]].append(uid)
        return found

    def complete(self, row: Row) -> Row:
        """The row with all its fields and stamps."""
        self.complete_all([row])
        return row

    def complete_all(self, rows: Iterable[Row]) -> None:
        """Read what is missing of the fields and stamps of many rows at once."""
        stored = [row for row in rows if not row.fresh]
        self.fill(stored)
        self.stamp(stored)

    def fill(self, rows: Iterable[Row]) -> None:
        """Read what is missing of the fields of many rows at once."""
        missing = [row for row in rows if not row.whole]
        for entity in {row.entity for row in missing}:
            self.widen([row for row in missing if row.entity == entity], field_ids(known(entity)))
        for row in missing:
            row.whole = True

    def widen(self, rows: Sequence[Row], names: Sequence[str]) -> None:
        """Read further fields of rows of one entity."""
        wanted = dict.fromkeys(names).keys()
        missing = [row for row in rows if not row.fresh and not row.values.keys() >= wanted]
        for found in self._query(missing[0].entity, [row.uid for row in missing], names) if missing else ():
            row = self._rows[found.entity, found.uid]
            for name, value in found.values.items():
                if name not in row.values:
                    row.values[name] = row.read[name] = value

    def stamp(self, rows: Iterable[Row]) -> None:
        """Read the stamps of rows that have none yet."""
        by_entity: dict[str, list[Row]] = {}
        for row in rows:
            if row.written is not None:
                (row.stamps, row.editors), row.written = map(_json, row.written), None
            elif row.stamps is None:
                by_entity.setdefault(row.entity, []).append(row)
        for entity, those in by_entity.items():
            words, given = self._database.any_of("uid", [row.uid for row in those])
            query = f'SELECT uid, h_stamps, h_editors FROM "{entity}" WHERE {words}'
            for uid, stamps, editors in self._connection.exec_driver_sql(query, (given,)).all():
                row = self._rows[entity, uid]
                row.stamps, row.editors = _json(stamps), _json(editors)

    def ask_owned(self, entity: str, owner_field: str, owners: Iterable[str]) -> None:
        """Read the living rows of `entity` that belong to these owners, once for each owner."""
        asked = self._asked.setdefault((entity, owner_field), set())
        wanted = sorted({uid for uid in owners if "\0" not in uid} - asked)  # no owner PostgreSQL could have
        if not wanted:
            return
        asked.update(wanted)
        words, given = self._database.any_of(owner_field, wanted)
        query = f'SELECT uid FROM "{entity}" WHERE {words} AND h_alive'
        uids = [uid for (uid,) in self._connection.exec_driver_sql(query, (given,))]
        self.read(entity, uids, field_ids(known(entity)))

    def note_asked(self, entity: str, owner_field: str, owners: Iterable[str]) -> None:
        """Every living row of `entity` that belongs to these owners has been taken in."""
        self._asked.setdefault((entity, owner_field), set()).update(owners)

    def owned(self, entity: str, owner_field: str, owners: Sequence[str]) -> list[Row]:
        """All living rows of `entity` that belong to these owners, whole."""
        self.ask_owned(entity, owner_field, owners)
        wanted = set(owners)
        return [
            self.complete(row)
            for row in self.of_entity(entity)
            if row.alive and row.values.get(owner_field) in wanted
        ]

    def living(self, entity: str) -> list[Row]:
        """All living rows of a small entity, whole."""
        query = f'SELECT uid FROM "{entity}" WHERE h_alive'
        uids = [uid for (uid,) in self._connection.exec_driver_sql(query)]
        self.read(entity, uids, field_ids(known(entity)))
        return [self.complete(row) for row in self.of_entity(entity) if row.alive]

    def of_entity(self, entity: str) -> list[Row]:
        """The rows of an entity that this push has read or made."""
        return list(self.by_uid(entity).values())

    def by_uid(self, entity: str) -> Mapping[str, Row]:
        """The same by their uids."""
        return self._kinds.get(entity, {})

    def clear(self) -> None:
        """Forget everything, to read it again under a lock."""
        for part in (self._rows, self._kinds, self._absent, self._asked):
            part.clear()

    def _keep(self, row: Row) -> None:
        self._rows[row.entity, row.uid] = row
        self._kinds.setdefault(row.entity, {})[row.uid] = row

    def _query(self, entity: str, uids: Sequence[str], names: Sequence[str]) -> list[Row]:
        if not uids:
            return []
        words, given = self._database.any_of("uid", uids)
        told = self._told(f"{_select(self._database, entity, names)} WHERE {words}", given)
        return list(_rows_of(self._database.postgres, known(entity), names, told))

    def _told_of_each(self, query: str, words: Sequence[str], meanwhile: Callable[[], None]) -> list[Any]:
        """What a query tells of each of these words; of many, another connection asks for half of them at the
        same time. It sees a later moment: who locks the areas afterwards reads again where that matters."""
        spare, half = self._database.spare, len(words) // 2
        if not self._database.postgres or half < HALF or not spare.acquire(blocking=False):
            return self._told(query, self._database.each_of(words)[1])
        first, last = (self._database.each_of(part)[1] for part in (words[:half], words[half:]))
        try:
            with self._database.reading() as second, ThreadPoolExecutor(2) as beside:
                second.exec_driver_sql("SET LOCAL enable_seqscan = off")
                parts = ((self._connection, query, first), (second, query, last))
                asked = [beside.submit(_fetched, *part) for part in parts]
                meanwhile()
                return [row for half in asked for row in half.result()]
        finally:
            spare.release()

    def _told(self, query: str, given: Any) -> list[Any]:
        """Every row as the driver gives it."""
        if not self._database.postgres:
            return list(self._connection.exec_driver_sql(query, (given,)).all())
        return _fetched(self._connection, query, given)


def _fetched(connection: Connection, query: str, given: Any) -> list[Any]:
    """What PostgreSQL's driver gives: SQLAlchemy would wrap each of thousands of rows once more."""
    driver: Any = connection.connection.driver_connection
    with as_sqlalchemy(), driver.cursor() as cursor:
        found: list[Any] = cursor.execute(query, (given,)).fetchall()
    return found


def read_living(
    database: HubDatabase, connection: Connection, entity: str, names: Sequence[str], areas: Sequence[str]
) -> Iterator[Row]:
    """The living rows of an entity in some areas, one after the other, without keeping them."""
    words, given = database.any_of("h_area", areas)
    query = f"{_select(database, entity, names)} WHERE h_alive AND {words}"
    bit_by_bit = {"stream_results": True, "yield_per": 2000}
    with connection.exec_driver_sql(query, (given,), execution_options=bit_by_bit) as found:
        yield from _rows_of(database.postgres, known(entity), names, found)


def _select(database: HubDatabase, entity: str, names: Sequence[str], beside: str = "") -> str:
    """The words that read these fields; `beside` is another table to join, before the condition."""
    quoted = {name: f't."{name}"' for name in names}
    if database.postgres and GEOMETRY in quoted:
        quoted[GEOMETRY] = f"ST_AsBinary(t.{GEOMETRY}, 'NDR')"
    listed = ", ".join(["t.uid", "t.h_area", "t.h_alive", "t.h_seq", *quoted.values()])
    return f'SELECT {listed} FROM {beside + " JOIN " if beside else ""}"{entity}" t'


def _rows_of(postgres: bool, kind: EntityType, names: Sequence[str], found: Iterable[Any]) -> Iterator[Row]:
    """Rows from what the database gives."""
    readers = [
        (place, reader) for place, name in enumerate(names) if (reader := reader_of(kind, name, postgres))
    ]
    whole, entity = set(names) >= set(field_ids(kind)), kind.name
    for uid, area, alive, seq, *cells in found:
        for place, reader in readers:
            if cells[place] is not None:
                cells[place] = reader(cells[place])
        values = dict(zip(names, cells, strict=True))
        living = bool(alive)
        yield Row(entity, uid, area, living, seq, values, None, None, whole, False, living, area, values)


def context_ids(kind: EntityType) -> tuple[str, ...]:
    """The fields that every decision about a row of this kind looks at."""
    wanted = ("div_code", "status", "round_no", "owner", "owner_entity", "source", "cell", "baseline", "area")
    names = {item.id for item in kind.stored.values()}
    keys = [item.id for item in kind.stored.values() if item.unique]
    return tuple(dict.fromkeys([*(name for name in wanted if name in names), *keys]))


def reader_of(kind: EntityType, name: str, postgres: bool) -> Any:
    """What turns a stored value into one that travels; None where they are the same."""
    if name == GEOMETRY:
        return None if postgres else bytes
    found = next((item for item in kind.stored.values() if item.id == name), None)
    if found is None:
        return None
    readers: dict[Kind, Any] = {Kind.TEXTS: json.loads, Kind.MOMENT: _moment}
    if not postgres:  # where a column has no type of its own
        readers |= {Kind.BOOLEAN: bool, Kind.NUMBER: float}
    return readers.get(found.kind)


def _moment(value: str | datetime) -> str:
    return as_moment(value) if isinstance(value, datetime) else value


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value or {}
