"""The hash chain over the journal: each transaction's rows sealed with the hash of all before them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from app.store.connect import raw_of
from app.store.journal import CHAIN, CLAIMS, FOREIGN, JOURNAL, TRANSACTIONS

START = "0" * 64
_MANY = 500
_OFTEN = 50  # links, which take a millisecond or two
SEALED_TO = "SELECT last_seq FROM sync_chain WHERE last_seq IS NOT NULL ORDER BY id DESC LIMIT 1"
HEAD = "SELECT head FROM sync_chain ORDER BY id DESC LIMIT 1"
_PUT = "INSERT INTO sync_chain (txn, first_seq, last_seq, head) VALUES (?,?,?,?)"
Headers = dict[int, tuple[list[Any], list[int]]]  # by transaction its own row, and what it answers for
Told = tuple[list[Any], list[int]] | None
_LAST = (1 << 63) - 1  # the highest number a row can have
_TEXT = msgspec.json.Encoder().encode
_OLDER = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
# `sealed_batch` is written later, when a batch is pushed, so it is no part of what is sealed.
_HEADER = [column for column in TRANSACTIONS.columns if column.name != "sealed_batch"]


@dataclass(frozen=True)
class JournalReport:
    """What checking the chain found; without `problems` no row was changed, added or removed."""

    transactions: int
    changes: int
    unattributed: int
    head: str
    problems: tuple[dict[str, Any], ...] = field(default_factory=tuple)

    @property
    def ok(self) -> bool:
        """Whether the journal is whole."""
        return not self.problems


@dataclass(frozen=True)
class Proven:
    """A link up to which the chain was found whole: its number, the last journal row and the highest
    transaction that it and those before it hold, and its head."""

    link: int
    seq: int
    transaction: int
    head: str


BEGINNING = Proven(0, 0, 0, START)


def seal(connection: Connection, transaction: int) -> str:
    """Chain what has been journalled since the last link, foreign edits apart; gives the new head."""
    reached = head_of(connection)
    rows = _rows(connection, sealed_to(connection) + 1, None)
    # Our transaction holds the write lock, so what others wrote stands before it.
    found = [row for row in rows if row[1] == FOREIGN]
    own = [row for row in rows if row[1] == transaction]
    if found:
        reached = _link(connection, reached, FOREIGN, found)
    return reached if transaction == FOREIGN else _link(connection, reached, transaction, own)


def seal_found(connection: Connection) -> None:
    """Chain edits of other programs that are not chained yet; the open transaction has noted nothing."""
    newest = raw_of(connection).execute("SELECT max(seq) FROM sync_journal").fetchone()[0]
    if newest is not None and newest > sealed_to(connection):
        seal(connection, FOREIGN)


def sealed_to(connection: Connection) -> int:
    """The number of the last journal row the chain holds."""
    row = raw_of(connection).execute(SEALED_TO).fetchone()
    return int(row[0]) if row else 0


def _link(connection: Connection, head: str, transaction: int, rows: Sequence[Any]) -> str:
    told = _headers(raw_of(connection), [transaction]).get(transaction)
    new = _sealed(_content(head, told, rows))
    first, last = (rows[0][0], rows[-1][0]) if rows else (None, None)
    raw_of(connection).execute(_PUT, (transaction, first, last, new))
    return new


def link_runs(
    connection: Connection,
    runs: Sequence[tuple[int, Sequence[Sequence[Any]]]],
    known: Headers | None = None,
) -> None:
    """Chain what this program has just noted: each run of neighbouring rows with its transaction.

    `known` has the own rows of transactions that have just been written.
    """
    raw, headers = raw_of(connection), dict(known or {})
    headers |= _headers(raw, list({transaction for transaction, _ in runs} - headers.keys()))
    head, links = head_of(connection), []
    for transaction, rows in runs:
        header, claimed = headers[transaction]
        head = _sealed([head, header, rows, claimed])
        first, last = (rows[0][0], rows[-1][0]) if rows else (None, None)
        links.append((transaction, first, last, head))
    raw.executemany(_PUT, links)


def link(raw: sqlite3.Connection, head: str, header: list[Any], rows: Sequence[Sequence[Any]]) -> None:
    """Chain the rows of a transaction that has just been written after `head`; `header` is its own row."""
    first, last = (rows[0][0], rows[-1][0]) if rows else (None, None)
    raw.execute(_PUT, (header[0], first, last, _sealed([head, header, rows, []])))


def _headers(raw: sqlite3.Connection, numbers: Sequence[int]) -> Headers:
    """What is sealed with the rows of these transactions: their own row, and what they answer for."""
    names = ", ".join(column.name for column in _HEADER)
    found: Headers = {}
    for start in range(0, len(numbers), _MANY):
        part = numbers[start : start + _MANY]
        marks = ",".join("?" * len(part))
        for row in raw.execute(f"SELECT {names} FROM sync_txn WHERE id IN ({marks})", part):
            found[row[0]] = (list(row), [])
        claims = f"SELECT txn, seq FROM sync_claim WHERE txn IN ({marks}) ORDER BY seq"
        for transaction, seq in raw.execute(claims, part):
            found.setdefault(transaction, ([], []))[1].append(seq)
    return found


def prove(
    connection: Connection, since: Proven = BEGINNING, between: Callable[[], None] = lambda: None
) -> tuple[list[dict[str, Any]], Proven]:
    """Compute the chain again from a link on: what is not as it was sealed, and how far the chain reaches.

    `between` is called every so often, and may wait or raise to stop.
    """
    head, reached, highest = since.head, since.seq, since.transaction
    problems: list[dict[str, Any]] = []
    links = connection.execute(select(CHAIN).where(CHAIN.c.id > since.link).order_by(CHAIN.c.id)).all()
    for count, (link, told, rows) in enumerate(_sealed_with(raw_of(connection), links)):
        if not count % _OFTEN:
            between()
        if link.first_seq and link.first_seq != reached + 1:
            problems.append({"code": "gap", "after": reached, "next": link.first_seq})
        content = _content(head, told, rows)
        if link.head not in (_sealed(content), _sealed(content, _older_text)):
            problems.append(_altered(connection, link))
        # Going on from the head that was written tells each altered transaction apart.
        head, reached, highest = link.head, link.last_seq or reached, max(highest, link.txn)
    problems += _cut(connection, reached, [link.txn for link in links], since.transaction)
    return problems, Proven(links[-1].id if links else since.link, reached, highest, head)


def has_link(connection: Connection, proven: Proven) -> bool:
    """Whether this file's chain has that link."""
    query = "SELECT head FROM sync_chain WHERE id = ?"
    found = raw_of(connection).execute(query, (proven.link,)).fetchone()
    return found is not None and found[0] == proven.head


def verify(connection: Connection) -> JournalReport:
    """Compute the chain again and name the transactions whose rows are not as they were sealed."""
    problems, proven = prove(connection)
    return JournalReport(
        transactions=_number(connection, select(func.count()).select_from(TRANSACTIONS)),
        changes=_number(connection, select(func.count()).select_from(JOURNAL)),
        unattributed=_number(connection, unattributed_count()),
        head=proven.head,
        problems=tuple(problems),
    )


def unattributed_count() -> Any:
    """The query that counts edits of other programs nobody has answered for."""
    claimed = select(CLAIMS.c.seq)
    return (
        select(func.count())
        .select_from(JOURNAL)
        .where(JOURNAL.c.txn == FOREIGN, JOURNAL.c.seq.not_in(claimed))
    )


def _cut(connection: Connection, reached: int, linked: Sequence[int], since: int) -> list[dict[str, Any]]:
    """Rows or transactions that the chain does not hold, or that the file once had at its end."""
    problems: list[dict[str, Any]] = []
    stray = select(JOURNAL.c.seq).where(JOURNAL.c.seq > reached, JOURNAL.c.txn != FOREIGN)
    problems += [{"code": "added", "seq": seq} for seq in connection.execute(stray).scalars()]
    later = select(TRANSACTIONS.c.id).where(TRANSACTIONS.c.id > since)
    loose = set(connection.execute(later).scalars()) - set(linked)
    problems += [{"code": "unsealed", "transaction": number} for number in sorted(loose)]
    highest = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
    given = {row[0]: int(row[1]) for row in highest}
    for table, column in ((JOURNAL, JOURNAL.c.seq), (TRANSACTIONS, TRANSACTIONS.c.id), (CHAIN, CHAIN.c.id)):
        last = _number(connection, select(func.coalesce(func.max(column), 0)))
        if given.get(table.name, 0) > last:
            problems.append({"code": "cut", "table": table.name, "after": last, "was": given[table.name]})
    return problems


def _altered(connection: Connection, link: Any) -> dict[str, Any]:
    who = connection.execute(
        select(TRANSACTIONS.c.uuid, TRANSACTIONS.c.actor_name, TRANSACTIONS.c.wall).where(
            TRANSACTIONS.c.id == link.txn
        )
    ).first()
    return {
        "code": "altered",
        "transaction": who.uuid if who else None,
        "person": who.actor_name if who else None,
        "at": who.wall if who else None,
        "first": link.first_seq,
        "last": link.last_seq,
    }


def head_of(connection: Connection) -> str:
    """The hash that stands for everything journalled so far."""
    row = raw_of(connection).execute(HEAD).fetchone()
    return str(row[0]) if row else START


def _rows(connection: Connection, first: int, last: int | None) -> list[tuple[Any, ...]]:
    query = select(JOURNAL).where(JOURNAL.c.seq >= first).order_by(JOURNAL.c.seq)
    if last is not None:
        query = query.where(JOURNAL.c.seq <= last)
    return [tuple(row) for row in connection.execute(query)]


def _sealed_with(raw: sqlite3.Connection, links: Sequence[Any]) -> Iterator[tuple[Any, Told, list[Any]]]:
    """Each link with what its transaction says of itself and its journal rows."""
    rows = _Through(raw)
    for start in range(0, len(links), _MANY):
        part = links[start : start + _MANY]
        headers = _headers(raw, list({link.txn for link in part}))
        for link in part:
            yield link, headers.get(link.txn), rows.between(link.first_seq, link.last_seq)


class _Through:
    """The journal read through once, as links follow each other; anew from where one goes back."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._past: int | None = None  # what lies up to here was given
        self._rows: Iterator[Any] = iter(())
        self._next: Any = None

    def between(self, first: int | None, last: int | None) -> list[Any]:
        """The rows from number `first` to `last`, or to the end; none without a beginning."""
        if not first:
            return []
        end = _LAST if last is None else last
        if self._past is None or first <= self._past:
            names = ", ".join(column.name for column in JOURNAL.columns)
            query = f"SELECT {names} FROM sync_journal WHERE seq >= ? ORDER BY seq"
            self._rows = iter(self._raw.execute(query, (first,)))
            self._next = next(self._rows, None)
        found = []
        while self._next is not None and self._next[0] <= end:
            if self._next[0] >= first:
                found.append(self._next)
            self._next = next(self._rows, None)
        self._past = end
        return found


def _content(head: str, told: Told, rows: Sequence[Any]) -> list[Any]:
    """What a link is the hash of."""
    header, claims = told or ([], [])
    return [head, _row(header) if header else None, [_row(row) for row in rows], claims]


def _row(row: Sequence[Any]) -> list[Any]:
    """A row as it is sealed; what no column holds must not read like something that one does."""
    return [repr(value) if isinstance(value, bytes | float) else value for value in row]


def _sealed(content: list[Any], text: Callable[[Any], bytes] = _TEXT) -> str:
    return hashlib.sha256(text(content)).hexdigest()


def _older_text(content: list[Any]) -> bytes:
    """As the first links were made: the same with every letter beyond ASCII written as its number."""
    return _OLDER(content).encode()


def _number(connection: Connection, query: Any) -> int:
    return int(connection.execute(query).scalar() or 0)
