"""Reading records: one by its key, many by a filter, counts and sums by fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, func, select

from app.domain.entity import Entity, EntityType
from app.domain.filters import EVERYTHING, Filter
from app.errors import Invalid
from app.i18n import N_
from app.store.conditions import column_of, order_of, where_of
from app.store.connect import Database
from app.store.journal import JOURNAL
from app.store.tables import default_of, known

E = TypeVar("E", bound=Entity)
_SHORTEST_PREFIX = 6


class Reader:
    """Records as objects, for forms and ledgers."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        table = self._table(record)
        return self._records(record, where_of(table, filter), order_of(table, order), limit, offset)

    def count(self, record: type[Entity], filter: Filter = EVERYTHING) -> int:
        """How many records a filter accepts."""
        table = self._table(record)
        with self._database.reading() as connection:
            query = select(func.count()).select_from(table).where(where_of(table, filter))
            return int(connection.execute(query).scalar_one())

    def tally(
        self, record: type[Entity], by: Sequence[str], total: str | None, filter: Filter = EVERYTHING
    ) -> list[tuple[Any, ...]]:
        """For each combination of the fields `by`: their values, the number, the sum of `total`."""
        table = self._table(record)
        keys = [column_of(table, name) for name in by]
        added: Any = func.coalesce(func.sum(column_of(table, total)), 0.0) if total else func.count() * 0.0
        query = (
            select(*keys, func.count(), added).where(where_of(table, filter)).group_by(*keys).order_by(*keys)
        )
        with self._database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def uids(self, record: type[Entity], filter: Filter = EVERYTHING, *, order: str = "") -> list[str]:
        """The identities of the records a filter accepts; what a long ledger holds instead of records."""
        table = self._table(record)
        query = select(table.c.uid).where(where_of(table, filter)).order_by(*order_of(table, order))
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

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
            return read_records(connection, table, record, (condition, order, limit, offset))

    def _table(self, record: type[Entity]) -> Table:
        return self._database.layout.of(record.TYPE.name)


Wanted = tuple[ColumnElement[bool], Sequence[ColumnElement[Any]], int | None, int]


def read_records(connection: Connection, table: Table, record: type[E], wanted: Wanted) -> list[E]:
    """The records of a table: condition, order, limit, offset. `revision` is the last journal row of each."""
    condition, order, limit, offset = wanted
    kind = record.TYPE
    names = ["uid", *(["geometry"] if kind.shape.value else []), *kind.fields]
    revision = (
        select(func.max(JOURNAL.c.seq))
        .where(JOURNAL.c.tbl == kind.name, JOURNAL.c.uid == table.c.uid)
        .scalar_subquery()
    )
    query = select(*(table.c[name] for name in names), func.coalesce(revision, 0))
    query = query.where(condition).order_by(*order).limit(limit)
    if offset:
        query = query.offset(offset)
    names.append("revision")
    # A column may be empty against the declaration: added later, or left out by a foreign program.
    defaults = {
        name: default
        for name, field in kind.fields.items()
        if (default := default_of(kind, field)) is not None
    }
    made = []
    for row in connection.execute(query):
        values = dict(zip(names, row, strict=True))
        for name, default in defaults.items():
            if values[name] is None:
                values[name] = default
        made.append(record(**values))
    return made


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
