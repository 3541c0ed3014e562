"""The fields that are worked out when a record is read: from the polygons in the file as they are now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, cast, func, literal, null, select

from app.domain.entity import GEOMETRY, EntityType
from app.domain.filters import Filter
from app.domain.surroundings import Area, Surroundings, Zone, counting
from app.errors import Invalid
from app.i18n import N_
from app.store.connect import Database
from app.store.geom import from_blobs
from app.store.journal import AROUND, WATCHED
from app.store.tables import column_type

YEAR_SETTING = "builtup_year"
_NEWEST = f"SELECT tbl, max(seq) FROM sync_journal WHERE {AROUND} GROUP BY tbl ORDER BY tbl"
Version = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Source:
    """A table as queries see it: its columns, and expressions for fields that have none."""

    table: Table
    worked: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)

    def column(self, name: str) -> ColumnElement[Any]:
        """The column or expression of a field; raises Invalid for a field that is not there."""
        if name in self.worked:
            return self.worked[name]
        if name not in self.table.c:
            raise Invalid(N_("There is no field “{field}” to look for"), field=name, code="unknown_field")
        return self.table.c[name]


class Around:
    """Surroundings by the state of the file.

    Every change of a polygon or of the setting, whoever made it (this program, a sync, QGIS, an undo), adds
    a row to the journal; the newest rows therefore say whether what was read last still holds.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: tuple[Version, Surroundings] | None = None

    def now(self) -> Surroundings:
        """The surroundings as the file has them now."""
        with self._database.reading() as connection:
            return self.of(connection)

    def of(self, connection: Connection) -> Surroundings:
        """The surroundings as this connection sees the file."""
        version = self._version(connection)
        held = self._held
        if held is None or held[0] != version:
            held = (version, self._read(connection))
            self._held = held
        return held[1]

    def source(self, connection: Connection, kind: EntityType, names: Iterable[str] = ()) -> Source:
        """The table of an entity, able to filter and sort by `names` even where they are no columns."""
        table = self._database.layout.of(kind.name)
        wanted = [name for name in dict.fromkeys(names) if name in kind.at_read]
        if not wanted:
            return Source(table)
        query = select(table.c.uid, table.c[GEOMETRY]).where(table.c[GEOMETRY].is_not(None))
        rows = connection.execute(query).cursor.fetchall()  # raw: not an object for each point
        found = self.of(connection).look(from_blobs([row[1] for row in rows]))
        uids = [row[0] for row in rows]
        return Source(table, {name: _expression(kind, table, name, uids, found[name]) for name in wanted})

    def _version(self, connection: Connection) -> Version:
        newest = tuple(tuple(row) for row in connection.exec_driver_sql(_NEWEST))
        held = [select(func.count()).select_from(self._database.layout.of(name)) for name in WATCHED]
        return (*newest, tuple(connection.execute(query).scalar_one() for query in held))

    def _read(self, connection: Connection) -> Surroundings:
        layout = self._database.layout
        areas, zones, settings = (layout.of(name) for name in WATCHED)
        rows = connection.execute(
            select(areas.c.uid, areas.c.name, areas.c.year, areas.c[GEOMETRY]).order_by(areas.c.fid)
        )
        asked = select(settings.c.value).where(settings.c.name == YEAR_SETTING)
        written = str(connection.execute(asked).scalar() or "0")
        year = int(written) if written.isdigit() else 0
        # A zone with a last day has been superseded, and protects nothing any more.
        superseded = func.coalesce(zones.c.valid_to, "") != ""
        in_force = select(zones.c.level, zones.c[GEOMETRY]).where(~superseded)
        return Surroundings(
            counting((Area(uid, name, at, shape) for uid, name, at, shape in rows), year),
            tuple(Zone(level, shape) for level, shape in connection.execute(in_force)),
        )


def names_of(filter: Filter, order: str = "") -> list[str]:
    """The fields that a filter and an ordering speak of."""
    filtered = [name for group in filter.groups for item in group for name in item.fields]
    return [*filtered, *(part.strip().lstrip("-") for part in order.split(",") if part.strip())]


def _expression(
    kind: EntityType, table: Table, name: str, uids: Sequence[str], values: Sequence[Any]
) -> ColumnElement[Any]:
    """The field as SQL: a list of records for each value it takes, handed over as JSON."""
    having: dict[Any, list[str]] = {}
    for uid, value in zip(uids, values, strict=True):
        if value is not None:
            having.setdefault(value, []).append(uid)
    sort = column_type(kind.fields[name])
    whens = []
    for value, mine in having.items():
        listed = func.json_each(json.dumps(mine)).table_valued("value")
        whens.append((table.c.uid.in_(select(listed.c.value)), literal(value, sort)))
    return case(*whens, else_=null()) if whens else cast(null(), sort)
