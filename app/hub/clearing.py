"""Files of papers that were taken away: gone once no living paper has the same, and not taken again.

Done after the push that brought the redaction, and once a day for what a dead process or a store that did not
answer left behind, or a backup brought back.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from app.errors import Refused
from app.hub.database import HubDatabase
from app.hub.objects import Blobs
from app.i18n import N_
from app.sync.blobs import TAKEN_AWAY

_GONE = """SELECT DISTINCT g.sha256 FROM redaction g WHERE g.h_alive
  AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = g.sha256 AND a.h_alive)"""


def taken_away(connection: Connection, mark: str = "", sha256: str | None = None) -> set[str]:
    """The SHA-256 of files that only papers had which were taken away; of all, or of this one if it is."""
    if sha256 is None:
        return {name for (name,) in connection.exec_driver_sql(_GONE)}
    found = connection.exec_driver_sql(f"{_GONE} AND g.sha256 = {mark}", (sha256,))
    return {name for (name,) in found}


def check(connection: Connection, mark: str, sha256: str) -> None:
    """Raises Refused for a file that was taken away, until somebody has added it anew."""
    if taken_away(connection, mark, sha256):
        raise Refused(
            N_("The attachment was taken away from its record, and is not kept any more"),
            hint=N_("Nothing is to be done. Where it belongs it is added anew."),
            code=TAKEN_AWAY,
        )


def clear(database: HubDatabase, blobs: Blobs, names: Iterable[str] | None = None) -> None:
    """Drop these files where they were taken away, else all that were."""
    with database.reading() as connection:
        if names is None:
            gone = taken_away(connection)
        else:
            gone = {name for one in set(names) for name in taken_away(connection, database.mark, one)}
    for sha256 in sorted(gone):
        if blobs.size(sha256) is not None or names is not None:
            blobs.drop(sha256)
