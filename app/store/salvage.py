"""What a damaged file still tells of its own changes that the hub has not answered for, read row by row
around what cannot be read any more."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.changes import Actor, Change, Operation
from app.errors import Invalid
from app.i18n import N_
from app.store import failures
from app.store.connect import opened
from app.store.history import cells_of
from app.store.journal import FOREIGN, FROM_HUB, SETTLED
from app.store.tables import is_known

_OPERATIONS: dict[str, Operation] = {"i": "insert", "u": "update", "d": "delete"}
_TXN = (
    "id, uuid, actor, actor_name, role, org, action, reason, undoes, wall, sealed_batch FROM sync_txn",
    "id",
)
_JOURNAL = ("seq, txn, tbl, uid, op, cells FROM sync_journal", "seq")
_FACT = ("key, value FROM gridward_meta", "key")
_CLAIM = ("seq, txn FROM sync_claim", "seq")


@dataclass(frozen=True)
class FoundAct:
    """An act of this laptop as the damaged file tells it; `sealed` when it may have reached the hub, `torn`
    when something of it cannot be read or known any more."""

    uid: str
    actor: Actor
    action: str
    reason: str
    undoes: str | None
    at: str
    changes: tuple[Change, ...]
    sealed: bool
    torn: bool


@dataclass(frozen=True)
class Found:
    """The acts that can be read, oldest first, whether rows of the journal cannot, the uids of all acts
    of this laptop, also those that the hub has answered for, and the laptop, "" where that cannot be read."""

    acts: tuple[FoundAct, ...]
    gaps: bool
    own: frozenset[str]
    device: str


def look_into(path: Path) -> Found:
    """The own acts of a damaged file that the hub has not answered for; of a workspace without a hub all.

    Raises StoreFailure `damaged` when nothing of its journal can be read.
    """
    if not path.is_file():
        raise Invalid(N_("There is no workspace {file}"), file=str(path), code="not_found")
    with failures.translated(path), closing(opened(path, "ro")) as raw:
        txns, lost = _read(raw, *_TXN)
        rows, torn = _read(raw, *_JOURNAL)
        claims, unclaimed = _read(raw, *_CLAIM)
        facts, _ = _read(raw, *_FACT)
    if not txns:
        raise failures.damaged(path, lost)
    owners = dict(claims)
    by_txn: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_txn.setdefault(owners.get(row[0], row[1]) if row[1] == FOREIGN else row[1], []).append(row)
    gaps = _gaps(rows) if torn else set()
    acts = [_act(txn, by_txn.get(txn[0], []), gaps) for txn in txns if txn[10] not in (FROM_HUB, SETTLED)]
    own = frozenset(txn[1] for txn in txns if txn[10] != FROM_HUB)
    return Found(tuple(acts), bool(lost or torn or unclaimed), own, dict(facts).get("device", ""))


def _read(raw: sqlite3.Connection, what: str, key: str) -> tuple[list[tuple[Any, ...]], str]:
    """The rows of a table by its key, from both ends as far as they can be read; and what is in the way."""
    found: dict[Any, tuple[Any, ...]] = {}
    why = ""
    for way in ("", " DESC"):
        try:
            found.update((row[0], row) for row in raw.execute(f"SELECT {what} ORDER BY {key}{way}"))
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            why = str(error)
        if not why:
            break
    return [found[at] for at in sorted(found)], why


def _gaps(rows: list[tuple[Any, ...]]) -> set[int]:
    """The rows that stand beside such as cannot be read: an act of theirs may lack something."""
    pairs = itertools.pairwise(row[0] for row in rows)
    return {one for pair in pairs if pair[1] != pair[0] + 1 for one in pair}


def _act(txn: tuple[Any, ...], rows: list[tuple[Any, ...]], gaps: set[int]) -> FoundAct:
    _, uid, actor, name, role, org, action, reason, undoes, at, state = txn
    torn = not rows or any(row[0] in gaps for row in rows)
    changes: list[Change] = []
    for row in rows:
        if is_known(row[2]):
            changes += _change(row)
        else:
            torn = True
    who = Actor(actor, name, role, org)
    return FoundAct(uid, who, action, reason, undoes, at, tuple(changes), state is not None, torn)


def _change(row: tuple[Any, ...]) -> Iterator[Change]:
    _, _, entity, uid, op, cells = row
    operation = _OPERATIONS[op]
    fields = cells_of(entity, cells, hidden=False)
    before = {} if operation == "insert" else {item.field: item.before for item in fields}
    after = {} if operation == "delete" else {item.field: item.after for item in fields}
    if operation != "update" or fields:
        yield Change(entity, uid, operation, before, after)
