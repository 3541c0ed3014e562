"""Keys that no two living records share; boilers that merely look alike are in `nearby.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from app.domain.entity import EntityType
from app.domain.merge import Decision
from app.domain.replication import Entry
from app.hub.book import unique_ids
from app.hub.database import HubDatabase
from app.hub.rows import Rows
from app.store.tables import is_known, known


@dataclass(frozen=True, slots=True)
class Clash:
    """The field, and the record that has the value already."""

    field: str
    uid: str


@dataclass
class Keys:
    """Who has which key value, among living records, as this push leaves it."""

    held: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    given: dict[tuple[str, str, str], str] = field(default_factory=dict)  # (entity, field, uid): value

    def clash(self, kind: EntityType, uid: str, decision: Decision) -> Clash | None:
        """The living record that has a key value this decision would set."""
        if decision.op not in "iu":
            return None
        for name in unique_ids(kind):
            value = decision.sets.get(name)
            holder = self.held.get((kind.name, name), {}).get(str(value)) if value is not None else None
            if holder is not None and holder != uid:
                return Clash(name, holder)
        return None

    def ask(self, rows: Rows, kind: EntityType, decision: Decision) -> None:
        """Read who has the keys that this decision would set, where no entry of the push names them."""
        for name in unique_ids(kind):
            if (value := decision.sets.get(name)) is not None:
                for row in rows.owned(kind.name, name, [str(value)]):
                    self.hold(kind.name, name, row.uid, str(value))

    def hold(self, entity: str, name: str, uid: str, value: str) -> None:
        """A living record has this value."""
        self.held.setdefault((entity, name), {})[value] = uid
        self.given[entity, name, uid] = value

    def note(self, kind: EntityType, uid: str, decision: Decision) -> None:
        """Keep up with a decision that was put down."""
        for name in unique_ids(kind):
            if decision.op == "d" or (decision.op in "iu" and name in decision.sets):
                place = (kind.name, name)
                old = self.given.pop((kind.name, name, uid), None)
                if old is not None and self.held.get(place, {}).get(old) == uid:
                    del self.held[place][old]
                value = decision.sets.get(name)
                if decision.op != "d" and value is not None:
                    self.held.setdefault(place, {})[str(value)] = uid
                    self.given[kind.name, name, uid] = str(value)


def read_keys(database: HubDatabase, connection: Connection, entries: Iterable[Entry]) -> Keys:
    """Who has the key values that these entries set, and the values of the records they touch."""
    keys = Keys()
    wanted, touched = asked_keys(entries)
    for (entity, name), values in wanted.items():
        _read(database, connection, keys, (entity, name, name), list(values))
    for (entity, name), uids in touched.items():
        _read(database, connection, keys, (entity, name, "uid"), list(uids))
    return keys


def asked_keys(
    entries: Iterable[Entry],
) -> tuple[dict[tuple[str, str], dict[str, None]], dict[tuple[str, str], dict[str, None]]]:
    """By entity and key field: the values these entries set, and the uids of records that may lose theirs."""
    wanted: dict[tuple[str, str], dict[str, None]] = {}
    touched: dict[tuple[str, str], dict[str, None]] = {}
    for entry in entries:
        if not is_known(entry.entity):
            continue
        for name in unique_ids(known(entry.entity)):
            value = entry.cells.get(name)
            if isinstance(value, str) and "\0" not in value:  # which PostgreSQL takes in no query either
                wanted.setdefault((entry.entity, name), {})[entry.cells[name]] = None
            if entry.op == "d" or (name in entry.cells and entry.op == "u"):
                touched.setdefault((entry.entity, name), {})[entry.uid] = None
    return wanted, touched


def _read(
    database: HubDatabase,
    connection: Connection,
    keys: Keys,
    what: tuple[str, str, str],
    given: Sequence[str],
) -> None:
    entity, name, by = what
    words, value = database.any_of(f'"{by}"', given)
    query = f'SELECT uid, "{name}" FROM "{entity}" WHERE h_alive AND {words}'
    for uid, key in connection.exec_driver_sql(query, (value,)).all():
        keys.hold(entity, name, uid, str(key))
