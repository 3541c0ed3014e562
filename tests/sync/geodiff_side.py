"""The same histories on the peer: two copies of one table, merged by geodiff's rebase as Mergin Maps does it.

What people entered is taken from the oracle of our own run, cell by cell, so that both sides start from the
same records and get the same edits. The table is plain: the fields of a boiler with an integer key.
"""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pygeodiff

from app.domain.entities.boiler import Boiler
from app.domain.entity import GEOMETRY

COLUMNS = (GEOMETRY, *(item.id for item in Boiler.TYPE.stored.values()))


@dataclass(frozen=True)
class Write:
    """One change of one boiler on side `a` or `b`: op i, u or d."""

    side: str
    op: str
    uid: str
    cells: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Merged:
    """What became of the values: each is (uid, field, value). `torn` are boilers mixed from both sides."""

    stands: list[tuple[str, str, Any]] = field(default_factory=list)
    own_later: list[tuple[str, str, Any]] = field(default_factory=list)
    in_file: list[tuple[str, str, Any]] = field(default_factory=list)
    gone: list[tuple[str, str, Any]] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)


def merge(folder: Path, rows: Mapping[str, Mapping[str, Any]], writes: Iterable[Write]) -> Merged:
    """Side a syncs first; side b rebases its file upon a's, as its next sync would."""
    folder.mkdir(parents=True, exist_ok=True)
    base, theirs, mine, conflict = (folder / name for name in ("base.db", "a.db", "b.db", "conflict.json"))
    _make(base, rows)
    shutil.copy(base, theirs)
    shutil.copy(base, mine)
    done = list(writes)
    for side, file in (("a", theirs), ("b", mine)):
        _write(file, [item for item in done if item.side == side])
    geodiff = pygeodiff.GeoDiff()
    geodiff.set_maximum_logger_level(geodiff.LevelError)
    geodiff.rebase(str(base), str(theirs), str(mine), str(conflict))
    told = json.loads(conflict.read_text())["geodiff"] if conflict.exists() else []
    return _account(rows, _rows(mine), done, told)


def _make(file: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    connection = sqlite3.connect(file)
    connection.execute(f"CREATE TABLE boiler (fid INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT, {names})")
    for uid, cells in sorted(rows.items()):
        _insert(connection, uid, cells)
    connection.commit()
    connection.close()


def _insert(connection: sqlite3.Connection, uid: str, cells: Mapping[str, Any]) -> None:
    marks = ", ".join("?" for _ in range(len(COLUMNS) + 1))
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    values = [uid, *(_plain(cells.get(name)) for name in COLUMNS)]
    connection.execute(f"INSERT INTO boiler (uid, {names}) VALUES ({marks})", values)


def _write(file: Path, writes: Iterable[Write]) -> None:
    connection = sqlite3.connect(file)
    for item in writes:
        if item.op == "i":
            _insert(connection, item.uid, item.cells)
        elif item.op == "d":
            connection.execute("DELETE FROM boiler WHERE uid = ?", (item.uid,))
        else:
            for name, value in item.cells.items():
                values = (_plain(value), item.uid)
                connection.execute(f'UPDATE boiler SET "{name}" = ? WHERE uid = ?', values)
    connection.commit()
    connection.close()


def _rows(file: Path) -> dict[str, dict[str, Any]]:
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    found = {row["uid"]: dict(row) for row in connection.execute("SELECT * FROM boiler")}
    connection.close()
    return found


def _account(
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
    writes: list[Write],
    told: list[dict[str, Any]],
) -> Merged:
    named = {json.dumps(value) for item in told for change in item["changes"] for value in _sides(change)}
    found = Merged()
    for place, item in enumerate(writes):
        for name, value in item.cells.items():
            if value is None or before.get(item.uid, {}).get(name) == value:
                continue
            told_value = (item.uid, name, value)
            if after.get(item.uid, {}).get(name) == _plain(value):
                found.stands.append(told_value)
            elif _own_later(writes[place + 1 :], item, name):
                found.own_later.append(told_value)
            elif json.dumps(_told(value)) in named:
                found.in_file.append(told_value)
            else:
                found.gone.append(told_value)
    found.torn = [uid for uid in after if _is_torn(uid, after[uid], writes)]
    return found


def _sides(change: Mapping[str, Any]) -> list[Any]:
    return [change[key] for key in ("old", "new") if key in change]


def _own_later(later: list[Write], item: Write, name: str) -> bool:
    """Whether the same side wrote the field once more: geodiff keeps the last of a side's values only."""
    return any(one.side == item.side and one.uid == item.uid and name in one.cells for one in later)


def _is_torn(uid: str, row: Mapping[str, Any], writes: list[Write]) -> bool:
    """Whether the record's life (state, dates, evidence) is put together from both sides, one of which took
    a step that changed its state."""
    life = {item.id for item in Boiler.TYPE.fields.values() if item.group == "life"}
    sides = set()
    for item in writes:
        if item.uid == uid and item.op == "u":
            sides.update(
                item.side
                for name, value in item.cells.items()
                if name in life and value is not None and row.get(name) == _plain(value)
                and not _said_by_other(writes, item, name, value)
            )  # fmt: skip
    stepped = any(item.uid == uid and "status" in item.cells for item in writes)
    return stepped and len(sides) > 1


def _said_by_other(writes: list[Write], item: Write, name: str, value: Any) -> bool:
    return any(
        one.side != item.side and one.uid == item.uid and one.cells.get(name) == value for one in writes
    )


def _told(value: Any) -> Any:
    """A value as geodiff's conflict file writes it."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else _plain(value)


def _plain(value: Any) -> Any:
    """A value as a plain SQLite column holds it; several codes stand in one cell, none of them is nothing."""
    if isinstance(value, (tuple, list)):
        return "|".join(map(str, value)) or None
    return int(value) if isinstance(value, bool) else value
