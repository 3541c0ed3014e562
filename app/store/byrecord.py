"""Which rows of the journal are a record's: an index that is brought up to date when nobody waits for it.

A save would touch a page of such an index for each record it changes. So rows are taken in later, by
thousands and in order (`tidying.py`); up to `sync_indexed.seq` every row is in `sync_journal_by`, and the few
that came after are looked through. Whoever looks for a record's rows asks here and nowhere else.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, TextClause, text

from app.store.rtree import quoted

# By how the uid begins: an index a quarter as long as one of whole uids; few records of a file begin alike.
BEGINNING = 6
TABLES = (
    """CREATE TABLE sync_journal_by (begins TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (begins, seq)) WITHOUT ROWID""",
    "CREATE TABLE sync_indexed (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL)",
    "INSERT INTO sync_indexed VALUES (1, 0)",
)
_metadata = MetaData()
SYSTEM = (
    Table("sync_journal_by", _metadata, Column("begins", Text), Column("seq", Integer)),
    Table("sync_indexed", _metadata, Column("one", Integer), Column("seq", Integer)),
)

# Without its row nothing counts as taken in, and all is looked through.
REACHED = "coalesce((SELECT seq FROM sync_indexed WHERE one = 1), 0)"
_LATE = f"SELECT max(0, coalesce((SELECT max(seq) FROM sync_journal), 0) - {REACHED})"
_PORTION = "SELECT max(seq) FROM (SELECT seq FROM sync_journal WHERE seq > ? ORDER BY seq LIMIT ?)"
_TAKE_IN = f"""INSERT OR IGNORE INTO sync_journal_by
  SELECT substr(uid, 1, {BEGINNING}), seq FROM sync_journal WHERE seq > ? AND seq <= ? ORDER BY 1, 2"""
_OF_RECORD = f"""sync_journal.seq IN (SELECT seq FROM sync_journal_by WHERE begins = :begins
    UNION ALL SELECT seq FROM sync_journal WHERE seq > {REACHED} AND uid = :uid)
  AND sync_journal.uid = :uid AND sync_journal.tbl = :entity"""
_NEWEST_LATE = f"SELECT uid, max(seq) FROM sync_journal WHERE seq > {REACHED} AND tbl = ? {{}} GROUP BY uid"
_CANDIDATES = f"""SELECT seq FROM sync_journal_by
    WHERE begins IN (SELECT value FROM json_each(?)) AND seq >= ?
  UNION ALL SELECT seq FROM sync_journal
    WHERE seq > {REACHED} AND seq >= ? AND uid IN (SELECT value FROM json_each(?))"""
_DIFFERING = f"""SELECT
  abs((SELECT count(*) FROM sync_journal WHERE seq <= {REACHED}) - (SELECT count(*) FROM sync_journal_by))
  + (SELECT count(*) FROM sync_journal j WHERE j.seq <= {REACHED} AND NOT EXISTS
      (SELECT 1 FROM sync_journal_by b WHERE b.begins = substr(j.uid, 1, {BEGINNING}) AND b.seq = j.seq))"""
_EARLIER = ("ix_sync_journal_uid", "ix_sync_journal_record")
_ALL = 1 << 62
_FEW = 1000  # records of which it is quicker to look for them alone


def late(raw: sqlite3.Connection) -> int:
    """How many rows of the journal are not taken in yet."""
    return int(raw.execute(_LATE).fetchone()[0])


def take_in(raw: sqlite3.Connection, most: int = _ALL) -> int:
    """Take in the oldest `most` of those rows, in the transaction that is open; how many are left."""
    reached = raw.execute(f"SELECT {REACHED}").fetchone()[0]
    last = raw.execute(_PORTION, (reached, most)).fetchone()[0]
    if last is not None:
        raw.execute(_TAKE_IN, (reached, last))
        raw.execute("INSERT OR REPLACE INTO sync_indexed VALUES (1, ?)", (last,))
    return late(raw)


def differing(connection: Connection) -> int:
    """How many rows up to the number reached are not in the index, or in it and not in the journal."""
    return int(connection.exec_driver_sql(_DIFFERING).scalar_one())


def bring_up(connection: Connection) -> bool:
    """Give a file of an earlier version, or one that such a program has written to since, this index in place
    of its own; whether it had to be made."""
    raw: Any = connection.connection.driver_connection
    lacking = raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'sync_journal_by'").fetchone() is None
    for statement in TABLES if lacking else ():
        raw.execute(statement)
    for name in _EARLIER:
        raw.execute(f"DROP INDEX IF EXISTS {name}")
    take_in(raw)
    return lacking


def of_record(entity: str, uid: str) -> TextClause:
    """The condition that a journal row is of this record."""
    return text(_OF_RECORD).bindparams(entity=entity, uid=uid, begins=uid[:BEGINNING])


def newest(entity: str, table: str) -> str:
    """As SQL: the number of the last row taken in of the record that a query reads from `table`."""
    uid = f"{quoted(table)}.uid"
    return (
        "(SELECT b.seq FROM sync_journal_by b CROSS JOIN sync_journal j ON j.seq = b.seq"
        f" WHERE b.begins = substr({uid}, 1, {BEGINNING}) AND j.uid = {uid} AND j.tbl = '{entity}'"
        " ORDER BY b.seq DESC LIMIT 1)"
    )


def newest_late(raw: sqlite3.Connection, entity: str, uids: Collection[str]) -> dict[str, int]:
    """The numbers of the last rows of those of these records that have rows not taken in yet."""
    if len(uids) > _FEW:
        return dict(raw.execute(_NEWEST_LATE.format(""), (entity,)))
    among = "AND uid IN (SELECT value FROM json_each(?))"
    return dict(raw.execute(_NEWEST_LATE.format(among), (entity, json.dumps(list(uids)))))


def candidates(raw: sqlite3.Connection, uids: Collection[str], since: int) -> str:
    """Numbers from `since` on, as a list in JSON: of all rows of records with these uids, and some others."""
    begins = json.dumps(list({uid[:BEGINNING] for uid in uids}))
    found = raw.execute(_CANDIDATES, (begins, since, since, json.dumps(list(uids))))
    return json.dumps([row[0] for row in found])
