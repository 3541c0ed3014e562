"""Reading records: one by its key, many by a filter, counts and sums by fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Integer, Select, Table, func, literal_column, select

from app.domain.entity import GEOMETRY, Entity, EntityType
from app.domain.filters import EVERYTHING, Filter
from app.errors import Invalid
from app.i18n import N_
from app.store import byrecord
from app.store.conditions import order_of, where_of
from app.store.connect import Database, raw_of
from app.store.surroundings import Around, Source, names_of
from app.store.tables import default_of, known

E = TypeVar("E", bound=Entity)
_SHORTEST_PREFIX = 6


class Reader:
    """Records as objects, for forms and ledgers."""

    def __init__(self, database: Database, around: Around) -> None:
        self._database = database
        self._around = around

    def get(self, record: type[E], uid: str) -> E | None:
        """The record with this uid."""
        table = self._table(record)
        found = self._records(record, table.c.uid == uid, [table.c.fid], 1, 0)
        return found[0] if found else None

    def by_key(self, record: type[E], key: str) -> E | None:
        """The record with this uid, this key, or a uid that begins so; Invalid when several are meant."""
        found = self.get(record, key)
        if found is not None:
            return found
        kind, table = record.TYPE, self._table(record)
        if kind.key in table.c and kind.key != "uid":
            exact = self._records(record, table.c[kind.key] == key, [table.c.fid], 2, 0)
            if exact:
                return _only(exact, kind, key)
        if len(key) < _SHORTEST_PREFIX:
            return None
        begun = self._records(record, table.c.uid.startswith(key, autoescape=True), [table.c.fid], 2, 0)
        return _only(begun, kind, key) if begun else None

    def find(
        self,
        record: type[E],
        filter: Filter = EVERYTHING,
        *,
        order: str = "",
        limit: int | None = None,
        offset: int = 0,
    ) -> list[E]:
        """The records a filter accepts, ordered by `name,-other`, else as entered."""
        with self._database.reading() as connection:
            source = self._source(connection, record, names_of(filter, order))
            wanted = (where_of(source, filter), order_of(source, order), limit, offset)
            return read_records(connection, self._around, record, (source.table, *wanted))

    def count(self, record: type[Entity], filter: Filter = EVERYTHING) -> int:
        """How many records a filter accepts."""
        with self._database.reading() as connection:
            source = self._source(connection, record, names_of(filter))
            query = select(func.count()).select_from(source.table).where(where_of(source, filter))
            return int(connection.execute(query).scalar_one())

    def tally(
        self, record: type[Entity], by: Sequence[str], total: str | None, filter: Filter = EVERYTHING
    ) -> list[tuple[Any, ...]]:
        """For each combination of the fields `by`: their values, the number, the sum of `total`."""
        with self._database.reading() as connection:
            source = self._source(connection, record, [*by, *names_of(filter)])
            keys = [source.column(name) for name in by]
            added: Any = func.coalesce(func.sum(source.column(total)), 0.0) if total else func.count() * 0.0
            query = select(*keys, func.count(), added).where(where_of(source, filter))
            found = connection.execute(query.group_by(*keys).order_by(*keys))
            return [tuple(row) for row in found]

    def uids(self, record: type[Entity], filter: Filter = EVERYTHING, *, order: str = "") -> list[str]:
        """The identities of the records a filter accepts; what a long ledger holds instead of records."""
        with self._database.reading() as connection:
            source = self._source(connection, record, names_of(filter, order))
            query = select(source.table.c.uid).where(where_of(source, filter))
            return list(connection.execute(query.order_by(*order_of(source, order))).scalars())

    def _records(
        self,
        record: type[E],
        condition: ColumnElement[bool],
        order: Sequence[ColumnElement[Any]],
        limit: int | None,
        offset: int,
    ) -> list[E]:
        table = self._table(record)
        with self._database.reading() as connection:
            return read_records(connection, self._around, record, (table, condition, order, limit, offset))

    def _source(self, connection: Connection, record: type[Entity], names: Sequence[str]) -> Source:
        return self._around.source(connection, record.TYPE, names)

    def _table(self, record: type[Entity]) -> Table:
        return self._database.layout.of(record.TYPE.name)


Wanted = tuple[Table, ColumnElement[bool], Sequence[ColumnElement[Any]], int | None, int]


def read_records(connection: Connection, around: Around, record: type[E], wanted: Wanted) -> list[E]:
    """The records wanted (table, condition, order, limit, offset); `revision` is the last journal row."""
    table, condition, order, limit, offset = wanted
    kind = record.TYPE
    names, query, defaults = _everything(table, record)  # type: ignore[arg-type]  # a class can be hashed
    query = query.where(condition).order_by(*order).limit(limit)
    if offset:
        query = query.offset(offset)
    made: list[dict[str, Any]] = []
    for row in connection.execute(query):
        values = dict(zip(names, row, strict=True))
        for name, default in defaults.items():
            if values[name] is None:
                values[name] = default
        made.append(values)
    if made:
        late = byrecord.newest_late(raw_of(connection), kind.name, [values["uid"] for values in made])
        for values in made if late else ():
            values["revision"] = late.get(values["uid"], values["revision"])
    if kind.at_read and made:
        looked = around.of(connection).look([values[GEOMETRY] for values in made])
        for place, values in enumerate(made):
            values.update({name: looked[name][place] for name in kind.at_read})
    return [record(**values) for values in made]


@lru_cache(maxsize=128)
def _everything(table: Table, record: type[Entity]) -> tuple[tuple[str, ...], Select[Any], Mapping[str, Any]]:
    """The columns of whole records and the query for them; a ledger asks it for each page.

    With the declared defaults: a column may be empty against the declaration, because it was added later or
    a foreign program left it out.
    """
    kind = record.TYPE
    names = ("uid", *((GEOMETRY,) if kind.shape.value else ()), *kind.stored)
    revision = literal_column(byrecord.newest(kind.name, table.name), Integer)
    query = select(*(table.c[name] for name in names), func.coalesce(revision, 0))
    defaults = {
        name: found for name in kind.stored if (found := default_of(kind, kind.stored[name])) is not None
    }
    return (*names, "revision"), query, defaults


def record_of(entity: str | type[E]) -> type[E]:
    """The record type of an entity name."""
    if isinstance(entity, str):
        return known(entity).record  # type: ignore[return-value]
    return entity


def _only(found: list[E], kind: EntityType, key: str) -> E:
    if len(found) > 1:
        raise Invalid(
            N_("“{key}” means more than one record of {kind}"),
            hint=N_("Give the whole identity (uid) instead."),
            details=[item.uid for item in found],
            key=key,
            kind=kind.text,
            code="ambiguous",
        )
    return found[0]
