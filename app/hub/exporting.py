"""The whole log as one file for whoever checks it without this program: blocks, heads, the public key."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from app import disk
from app.domain.digest import as_text
from app.errors import Invalid, StoreFailure
from app.hub.hub import Hub
from app.i18n import N_

_TABLES = """
CREATE TABLE hub_fact (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE hub_area (code TEXT PRIMARY KEY, seq INTEGER NOT NULL, head BLOB NOT NULL, digest TEXT NOT NULL);
CREATE TABLE hub_log (area TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, body BLOB NOT NULL,
  head BLOB NOT NULL, signature BLOB NOT NULL);
"""


def export_log(hub: Hub, out: Path) -> int:
    """Write the log of every area into the SQLite file `out`, without any secret; gives the number of blocks.

    Raises Invalid `exists` for a file that is there, StoreFailure when it cannot be written.
    """
    if out.exists():
        raise Invalid(N_("{file} is there already"), file=out.name, code="exists")
    part = out.with_name(out.name + ".part")
    part.unlink(missing_ok=True)
    count = 0
    try:
        with closing(sqlite3.connect(part)) as file:
            file.executescript(_TABLES)
            file.executemany(
                "INSERT INTO hub_fact VALUES (?, ?)", [("hub", hub.uid.encode()), ("key", hub.key)]
            )
            # First where the areas stand: what is pushed meanwhile must not make the log look short.
            for code, (seq, head, digest) in sorted(hub.status().areas.items()):
                file.execute("INSERT INTO hub_area VALUES (?, ?, ?, ?)", (code, seq, head, as_text(digest)))
                blocks = [block for block in hub.log(code) if block.last <= seq]
                rows = [(b.area, b.first, b.last, b.body, b.head, b.signature) for b in blocks]
                file.executemany("INSERT INTO hub_log VALUES (?, ?, ?, ?, ?, ?)", rows)
                count += len(rows)
            file.commit()
        disk.settle(part, out)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise StoreFailure(
            N_("{file} cannot be written"), file=out.name, details=[str(error)], code="file"
        ) from error
    return count
