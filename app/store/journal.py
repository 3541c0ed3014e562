"""The journal: triggers that note every changed cell, and the tables that say who, when, where and why.

The triggers use SQLite's own functions only, so that an edit made in QGIS is noted as well. This program's
own saves and folds write the same rows themselves (`noting.py`, `fold_write.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text

from app.domain.entities.setting import Setting
from app.domain.entities.water import BuiltUpArea, ProtectionZone
from app.domain.entity import GEOMETRY, EntityType, Shape
from app.domain.fields import Kind
from app.store.rtree import quoted

# sync_ctx says whose changes follow: a foreign program's (0), or this program's, which notes them itself (-1;
# a file of an earlier version may hold a transaction's number). Beside it stands the number of the last fold,
# which is noted as what the writer had seen.
FOREIGN = 0
NOTED = -1
# What sync_txn.sealed_batch says of a transaction; empty: ours, and nothing of it has been sealed yet.
FROM_HUB = "hub"  # another laptop's or the hub's own
SENT = "sent"  # ours; the rows in sync_sent still wait for the hub's answer
SETTLED = "settled"  # ours, and the hub has answered all of it

# Kinds of which a reader asks each time whether anything has changed; they have an index of their own.
WATCHED = (BuiltUpArea.TYPE.name, ProtectionZone.TYPE.name, Setting.TYPE.name)
# Not with IN: of such a list SQLite makes a table anew for each row that is put into the journal.
AROUND = "(" + " OR ".join(f"tbl = '{name}'" for name in WATCHED) + ")"
AROUND_INDEX = f"CREATE INDEX ix_sync_journal_around ON sync_journal (tbl) WHERE {AROUND}"
LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'sync_journal'"
_TO_JSON, _TO_LINES = msgspec.json.Encoder().encode, msgspec.json.Encoder().encode_lines
_FROM_JSON = msgspec.json.Decoder(list[list[Any]]).decode
_FROM_LIST = msgspec.json.Decoder(list[list[list[Any]]]).decode
_metadata = MetaData()
TRANSACTIONS = Table(
    "sync_txn",
    _metadata,
    Column("id", Integer, primary_key=True),
    *(Column(name, Text) for name in ("uuid", "device", "actor", "actor_name", "role", "org")),
    *(Column(name, Text) for name in ("action", "reason", "undoes")),
    Column("hlc", Integer),
    Column("wall", Text),
    Column("sealed_batch", Text),
)
JOURNAL = Table(
    "sync_journal",
    _metadata,
    Column("seq", Integer, primary_key=True),
    Column("txn", Integer),
    *(Column(name, Text) for name in ("tbl", "uid", "op")),
    Column("base", Integer),
    *(Column(name, Text) for name in ("cells", "at")),
)
CLAIMS = Table("sync_claim", _metadata, Column("seq", Integer, primary_key=True), Column("txn", Integer))
CHAIN = Table(
    "sync_chain",
    _metadata,
    Column("id", Integer, primary_key=True),
    *(Column(name, Integer) for name in ("txn", "first_seq", "last_seq")),
    Column("head", Text),
)
NOW_WRITING = Table(
    "sync_ctx",
    _metadata,
    Column("one", Integer, primary_key=True),
    *(Column(name, Integer) for name in ("txn", "base")),
)
SYSTEM = (TRANSACTIONS, NOW_WRITING, JOURNAL, CLAIMS, CHAIN)

TABLES = (
    """CREATE TABLE sync_txn (
  id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, device TEXT NOT NULL, actor TEXT NOT NULL,
  actor_name TEXT NOT NULL, role TEXT NOT NULL, org TEXT NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL,
  undoes TEXT, hlc INTEGER NOT NULL, wall TEXT NOT NULL, sealed_batch TEXT)""",
    "CREATE TABLE sync_ctx (one INTEGER PRIMARY KEY CHECK (one = 1), txn INTEGER NOT NULL, base INTEGER)",
    "INSERT INTO sync_ctx VALUES (1, 0, 0)",
    """CREATE TABLE sync_journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, txn INTEGER NOT NULL, tbl TEXT NOT NULL, uid TEXT NOT NULL,
  op TEXT NOT NULL, base INTEGER, cells TEXT NOT NULL, at TEXT NOT NULL)""",
    # Edits of other programs carry transaction 0 for ever; a claim says later whose they are.
    "CREATE TABLE sync_claim (seq INTEGER PRIMARY KEY, txn INTEGER NOT NULL)",
    """CREATE TABLE sync_chain (
  id INTEGER PRIMARY KEY AUTOINCREMENT, txn INTEGER NOT NULL, first_seq INTEGER, last_seq INTEGER,
  head TEXT NOT NULL)""",
    AROUND_INDEX,
    "CREATE INDEX ix_sync_journal_txn ON sync_journal (txn)",
    "CREATE INDEX ix_sync_txn_undoes ON sync_txn (undoes) WHERE undoes IS NOT NULL",
)

_PERMANENT = ("sync_txn", "sync_journal", "sync_claim", "sync_chain")
_UID = (
    "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) ||"
    " '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) ||"
    " '-' || hex(randomblob(6)))"
)
_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ','now')"
CONTEXT = "COALESCE((SELECT txn FROM sync_ctx WHERE one = 1), 0)"
_BASE = "(SELECT base FROM sync_ctx WHERE one = 1)"


def set_context(connection: Connection, transaction: int) -> None:
    """Tell the triggers whose changes follow."""
    connection.exec_driver_sql(
        "INSERT INTO sync_ctx VALUES (1, ?, 0) ON CONFLICT (one) DO UPDATE SET txn = excluded.txn",
        (transaction,),
    )


def index_watched(connection: Connection) -> bool:
    """Give a file of an earlier version the index of the watched kinds as it is now; whether it did."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = 'ix_sync_journal_around'"
    if connection.exec_driver_sql(query).scalar() == AROUND_INDEX:
        return False
    connection.exec_driver_sql("DROP INDEX IF EXISTS ix_sync_journal_around")
    connection.exec_driver_sql(AROUND_INDEX)
    return True


def last_row(raw: sqlite3.Connection) -> int:
    """The highest number a journal row ever had."""
    row = raw.execute(LAST).fetchone()
    return int(row[0]) if row else 0


def append(raw: sqlite3.Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Put rows, whole and numbered, at the end of the journal."""
    raw.executemany("INSERT INTO sync_journal VALUES (?,?,?,?,?,?,?,?)", rows)


def written(cells: Sequence[Sequence[Any]]) -> str:
    """Cells as a row keeps them."""
    return _TO_JSON(cells).decode()


def written_many(rows: Sequence[Sequence[Sequence[Any]]]) -> list[str]:
    """The same for many rows at once."""
    return _TO_LINES(rows).decode().split("\n")[:-1]  # no text of JSON has an end of a line in it


def read(cells: str) -> list[list[Any]]:
    """[[column, old, new], …] of a row; a fourth value says that the cell never came in sight here."""
    return _FROM_JSON(cells)


def read_many(rows: Sequence[str]) -> list[list[list[Any]]]:
    """The same of many rows at once."""
    return _FROM_LIST(f"[{','.join(rows)}]")


def guards() -> list[str]:
    """Triggers that keep everybody from rewriting what has been noted (`sealed_batch` is set when pushed)."""
    kept = ", ".join(column.name for column in TRANSACTIONS.columns if column.name != "sealed_batch")
    made = []
    for table in _PERMANENT:
        of = f" OF {kept}" if table == "sync_txn" else ""
        for moment, scope in (("UPDATE", of), ("DELETE", "")):
            made.append(
                f"CREATE TRIGGER {table}_keep_{moment.lower()} BEFORE {moment}{scope} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END"
            )
    return made


def triggers(kind: EntityType, table: str) -> list[str]:
    """The four triggers that journal an entity's table and hold its uid fixed."""
    t, name = quoted(table), kind.name
    fill = f"UPDATE {t} SET uid = {_UID} WHERE fid = NEW.fid AND uid IS NULL;"
    held = f"(SELECT uid FROM {t} WHERE fid = NEW.fid)"
    columns = _columns(kind)
    differs = " OR ".join(f"OLD.{quoted(c)} IS NOT NEW.{quoted(c)}" for c, _ in columns)
    noted = {
        "insert": f"{fill} {_note(name, held, 'i', _cells(columns, '', 'NEW'))}",
        "update": _note(name, "OLD.uid", "u", _cells(columns, "OLD", "NEW")),
        "delete": _note(name, "OLD.uid", "d", _cells(columns, "OLD", "")),
        "identity": "SELECT RAISE(ABORT, 'the uid of a record is never changed');",
    }
    moments = {
        "insert": f"AFTER INSERT ON {t} WHEN {CONTEXT} >= 0",
        "update": f"AFTER UPDATE ON {t} WHEN {CONTEXT} >= 0 AND OLD.uid IS NOT NULL AND ({differs})",
        "delete": f"AFTER DELETE ON {t} WHEN {CONTEXT} >= 0",
        "identity": f"BEFORE UPDATE OF uid ON {t} WHEN OLD.uid IS NOT NULL AND OLD.uid IS NOT NEW.uid",
    }
    return [f"CREATE TRIGGER journal_{name}_{what} {moments[what]} BEGIN {noted[what]} END" for what in noted]


def cells_of_row(kind: EntityType, row: str) -> str:
    """The SQL expression of [[column, null, value], …] of a row called `row`, as its insert is noted."""
    return _cells(_columns(kind), "", row)


def _columns(kind: EntityType) -> list[tuple[str, Kind | None]]:
    """Column names with their kind; the geometry has none."""
    columns: list[tuple[str, Kind | None]] = [(item.id, item.kind) for item in kind.stored.values()]
    return columns if kind.shape is Shape.NONE else [(GEOMETRY, None), *columns]


def _note(entity: str, uid: str, op: str, cells: str) -> str:
    return (
        f"INSERT INTO sync_journal (txn, tbl, uid, op, base, cells, at)"
        f" VALUES ({CONTEXT}, '{entity}', {uid}, '{op}', {_BASE}, {cells}, {_NOW});"
    )


def _cells(columns: list[tuple[str, Kind | None]], old: str, new: str) -> str:
    """[[column, old, new], …] of the cells that differ, as an SQL expression."""
    rows = []
    for column, kind in columns:
        before, after = _value(old, column, kind), _value(new, column, kind)
        side = [f"{name}.{quoted(column)}" for name in (old, new) if name]
        wanted = f"{side[0]} IS NOT {side[1]}" if len(side) == 2 else f"{side[0]} IS NOT NULL"
        rows.append(f"SELECT json_array('{column}', {before}, {after}) AS c WHERE {wanted}")
    return f"(SELECT json_group_array(json(c)) FROM ({' UNION ALL '.join(rows)}))"


def _value(side: str, column: str, kind: Kind | None) -> str:
    """The cell as JSON: a geometry in hex, a number with all its digits (json_array alone keeps 15)."""
    if not side:
        return "NULL"
    cell = f"{side}.{quoted(column)}"
    if kind is None:
        return f"CASE WHEN {cell} IS NULL THEN NULL ELSE hex({cell}) END"
    if kind is Kind.NUMBER:
        return f"CASE typeof({cell}) WHEN 'real' THEN json(printf('%!.17g', {cell})) ELSE {cell} END"
    return cell
