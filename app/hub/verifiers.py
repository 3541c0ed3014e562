"""PIN verifiers stay at the hub: records and logs carry a mark in their place, grants carry the verifier.

A PIN of six digits is found within days by whoever holds its verifier. What travels in a record lies on every
laptop that reads it, so the hub puts a mark there which tells nothing, and gives the verifier only with the
grant of a person to the laptops that may serve them.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, text

from app.domain.areas import Scope
from app.domain.entities.people import AT_HUB, Person, is_at_hub
from app.domain.limits import VERIFIER
from app.domain.replication import Cells, Entry
from app.hub.applying import write_own
from app.hub.auth import derived
from app.hub.book import FACTS, VERIFIERS, field_ids
from app.hub.database import HubDatabase
from app.hub.desk import Desk, Told
from app.hub.keys import HubKeys, set_fact
from app.hub.log import Logs
from app.hub.rows import Rows

PERSON = Person.TYPE.name
FIELD = Person.TYPE.fields["verifier"].id
_DONE = "verifiers_kept"


@dataclass(frozen=True)
class Verifiers:
    """Takes verifiers out of what comes in, within one transaction."""

    connection: Connection
    keys: HubKeys
    founding: bool = False  # what comes in may be the history of another hub, with its marks

    def without(self, entry: Entry) -> Entry:
        """The entry with a mark in the place of a verifier."""
        if entry.entity == PERSON and FIELD in entry.cells:
            entry.cells = self.marked(entry.uid, entry.cells)
        return entry

    def marked(self, person: str, cells: Mapping[str, Any]) -> Cells:
        """A person's cells with a mark in the place of the verifier, which is kept here."""
        found = dict(cells)
        value = found.get(FIELD)
        if not isinstance(value, str) or not value:
            return found
        # What is none is refused, like any value that cannot be, and no conflict shows what it was.
        if is_at_hub(value):
            found[FIELD] = value if self.founding or self._stands_for_one(person, value) else AT_HUB
        else:
            found[FIELD] = self._keep(person, value) if re.fullmatch(VERIFIER, value) else AT_HUB
        return found

    def _stands_for_one(self, person: str, mark: str) -> bool:
        """Whether a mark is one that this hub made for the person, or the one in their record: a hub that was
        brought back, or begun from a replica's history, has marks whose verifier is gone."""
        if "\0" in mark + person:
            return False
        made = select(VERIFIERS.c.mark).where(VERIFIERS.c.mark == mark, VERIFIERS.c.person == person)
        if self.connection.execute(made).first() is not None:
            return True
        held = text("SELECT verifier FROM person WHERE uid = :uid")
        return self.connection.execute(held, {"uid": person}).scalar() == mark

    def _keep(self, person: str, verifier: str) -> str:
        """The mark: the same for the same person and verifier, and worth nothing without the hub's secret."""
        key = derived(self.keys.secret, "gridward-verifier-1")
        mark = AT_HUB + hmac.digest(key, json.dumps([person, verifier]).encode(), "sha256").hex()[:40]
        known = select(VERIFIERS.c.mark).where(VERIFIERS.c.mark == mark)
        if self.connection.execute(known).first() is None:
            self.connection.execute(insert(VERIFIERS).values(mark=mark, person=person, verifier=verifier))
        return mark


def kept(connection: Connection) -> dict[tuple[str, str], str]:
    """Every verifier by person and mark."""
    rows = connection.execute(select(VERIFIERS))
    return {(row.person, row.mark): row.verifier for row in rows}


def take_out(database: HubDatabase, keys: HubKeys, root: str, now: int) -> None:
    """Once, in a hub of an earlier version: put marks into the records that still carry verifiers.

    It is an act of the hub's own, so that the verifiers leave every laptop with its next round.
    """
    with database.reading() as connection:
        if connection.execute(select(FACTS.c.value).where(FACTS.c.name == _DONE)).first() is not None:
            return
    with database.writing() as connection:
        rows, logs = Rows(database, connection), Logs(database, connection)
        verifiers = Verifiers(connection, keys)
        found = dict(_carriers(connection))
        rows.read(PERSON, list(found), field_ids(Person.TYPE))
        desk = Desk(rows, logs, Scope(root, root), "R0", 0, now, founding=True)
        logs.lock(sorted({row.area for row in rows.of_entity(PERSON)}))
        for row in list(rows.of_entity(PERSON)):
            entry = Entry(0, PERSON, row.uid, "u", verifiers.marked(row.uid, {FIELD: found[row.uid]}))
            desk.extra(Told(desk.own_act(), 0, entry, {}, entry.cells), row, entry.cells, "")
        write_own(database, connection, keys, desk)
        set_fact(connection, _DONE, b"1")


def _carriers(connection: Connection) -> Iterator[tuple[str, str]]:
    """The persons whose record still carries a verifier."""
    rows = connection.exec_driver_sql("SELECT uid, verifier FROM person WHERE h_alive")
    for uid, value in rows:
        if value and not is_at_hub(str(value)):
            yield uid, str(value)
