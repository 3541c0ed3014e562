"""The way back in for an office in which nobody can sign in as an administrator of the whole any more.

No laptop brings that about, but a hub that was brought back may: what laptops give back stands, also that the
administrator it knew was put out of office, or has another PIN; and PINs chosen since the backup are in no
log. Whoever keeps the hub's machine then says who the administrator is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.domain.areas import Scope
from app.domain.changes import new_uid
from app.domain.entities.people import Person
from app.domain.replication import Entry
from app.domain.rights import keeps_house
from app.hub.applying import write_own
from app.hub.database import HubDatabase
from app.hub.desk import Desk, Told
from app.hub.keys import HubKeys
from app.hub.log import Logs
from app.hub.rows import Row, Rows
from app.hub.verifiers import FIELD, PERSON, Verifiers

APPOINTED = "appointed"  # the word of the hub's act


@dataclass(frozen=True)
class Appointed:
    """Who is an administrator of the whole now; `made` says that there was nobody of that name."""

    uid: str
    made: bool


def appoint(
    database: HubDatabase, keys: HubKeys, root: str, who: tuple[str, str], when: int, by: str
) -> Appointed:
    """Make somebody (sign-in name, PIN verifier) an administrator of the whole who can sign in, as the hub's
    own act at `when` (ms); `by` says who wanted it."""
    login, verifier = who
    with database.writing() as connection:
        rows, logs = Rows(database, connection), Logs(database, connection)
        desk = Desk(rows, logs, Scope(root, root), "R0", 0, when, own=(APPOINTED, by))
        logs.lock(sorted({root, *logs.look()}))  # a person of a county moves; it is done once in years
        row = next((one for one in rows.living(PERSON) if one.values.get("login") == login), None)
        uid = row.uid if row is not None else new_uid()
        mark = Verifiers(connection, keys).marked(uid, {FIELD: verifier})[FIELD]
        if row is None:
            made = Person(uid=uid, login=login, name=login, role="R0", area=root, verifier=mark)
            desk.insert_record(made, desk.area_of(PERSON, uid, {"area": root}, None))
        else:
            _promote(desk, row, mark)
        write_own(database, connection, keys, desk)
    return Appointed(uid, row is None)


def _promote(desk: Desk, row: Row, mark: str) -> None:
    """Give somebody who is there the role, the whole, and the PIN."""
    root, values = desk.scope.root, row.values
    wanted: dict[str, Any] = {"role": "R0", "disabled": None, FIELD: mark}
    if not keeps_house(values.get("area"), root):
        wanted["area"] = root
    sets = {name: value for name, value in wanted.items() if values.get(name) != value}
    if sets:
        entry = Entry(0, PERSON, row.uid, "u", sets)
        desk.extra(Told(desk.own_act(), 0, entry, {}, sets), row, sets, "")
