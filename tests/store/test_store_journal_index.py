"""The journal is looked into by record through its index, also in a file of an earlier version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.domain.changes import update
from app.errors import Changed
from app.store import chain, evidence, journal, pending, surroundings
from app.store.agreement import disagreeing
from app.store.connect import raw_of
from app.store.workspace import Workspace
from store.records import Desk, boiler

Asked = list[tuple[str, Any]]
OLDER = (
    "DROP INDEX ix_sync_journal_uid",
    "DROP INDEX ix_sync_journal_around",
    "CREATE INDEX ix_sync_journal_around ON sync_journal (tbl) WHERE tbl IN ('setting')",
    "CREATE INDEX ix_sync_journal_record ON sync_journal (tbl, uid, seq)",
    "UPDATE gridward_meta SET value = 'older' WHERE key = 'schema'",
)


@contextmanager
def asked() -> Iterator[Asked]:
    """The questions that are put to any database meanwhile."""
    found: Asked = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        found.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def of_one(workspace: Workspace, uid: str) -> None:
    workspace.get("boiler", uid)


def history(workspace: Workspace, uid: str) -> None:
    assert len(workspace.history("boiler", uid)) == 1


def last_writer(workspace: Workspace, uid: str) -> None:
    record = workspace.get("boiler", uid)
    assert record is not None
    with pytest.raises(Changed):
        Desk(workspace).commit(update(record.replace(note="别的"), note="新"))


@pytest.mark.parametrize("ask", [of_one, history, last_writer])
def test_a_record_is_found_without_reading_the_journal(
    desk: Desk, workspace: Workspace, ask: Callable[[Workspace, str], None]
) -> None:
    one = boiler("PL-1")
    desk.add(one, boiler("PL-2"))
    with asked() as found:
        ask(workspace, one.uid)
    told = [item for item in found if "sync_journal" in item[0] and item[0].startswith("SELECT")]
    assert told
    with closing(sqlite3.connect(workspace.path)) as connection:
        plans = [
            row[3]
            for query, values in told
            for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)
        ]
    assert not [plan for plan in plans if plan.startswith("SCAN sync_journal")]
    assert [plan for plan in plans if "ix_sync_journal_uid" in plan]


@pytest.mark.parametrize("count", [1, 3])
def test_what_waits_of_records_is_found_so_too(desk: Desk, workspace: Workspace, count: int) -> None:
    those = [boiler(f"PL-{number}") for number in range(4)]
    desk.add(*those)
    queries: list[str] = []
    with workspace._opened.database.reading() as connection:
        raw = raw_of(connection)
        raw.set_trace_callback(queries.append)
        places = [("boiler", one.uid) for one in those[:count]]
        found = pending.of_records(raw, places, 1)
        evidence.elsewhere(raw, workspace._opened.database.layout)
        raw.set_trace_callback(None)
        looked = [query for query in queries if "sync_journal" in query]
        plans = [row[3] for query in looked for row in raw.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert set(found) == set(places) and len(looked) == 2
    assert len([plan for plan in plans if plan.startswith("SEARCH j USING INDEX ix_sync_journal_uid")]) == 2


def test_a_file_of_an_earlier_version_gets_the_shorter_index(file: Path) -> None:
    with Workspace.open(file) as workspace:
        one = boiler("PL-1")
        Desk(workspace).add(one)
    with closing(sqlite3.connect(file)) as connection:
        for statement in OLDER:
            connection.execute(statement)
        connection.commit()
    with Workspace.open(file) as workspace:
        assert [entry.operation for entry in workspace.history("boiler", one.uid)] == ["insert"]
        assert workspace.check().ok
    with closing(sqlite3.connect(file)) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM pragma_index_list('sync_journal')")}
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {surroundings._NEWEST}")]
    assert plan == ["SEARCH sync_journal USING COVERING INDEX ix_sync_journal_around (tbl=?)"]
    assert names == {"ix_sync_journal_uid", "ix_sync_journal_around", "ix_sync_journal_txn"}


def test_a_check_reads_the_journal_twice_however_many_transactions_there_are(
    desk: Desk, workspace: Workspace
) -> None:
    for number in range(4):
        desk.add(boiler(f"PL-{number}"))
    queries: list[str] = []
    with workspace._opened.database.reading() as connection:
        raw = raw_of(connection)
        raw.set_trace_callback(queries.append)
        assert chain.verify(connection).ok
        assert list(disagreeing(connection, workspace._opened.database.layout)) == []
        raw.set_trace_callback(None)
    read = [query for query in queries if " cells" in query and "sync_journal" in query]
    assert len(read) == 2, read


def test_rows_of_links_that_go_back_or_leave_some_out_are_read_as_well() -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        raw.execute(next(words for words in journal.TABLES if "CREATE TABLE sync_journal" in words))
        made = [(seq, 1, "boiler", "u", "u", 0, "[]", "") for seq in range(1, 9)]
        journal.append(raw, made)
        through = chain._Through(raw)
        spans = ((1, 2), (5, 6), (3, 4), (7, None), (2, 2), (20, 30), (None, 4), (8, 8))
        found = [[row[0] for row in through.between(*span)] for span in spans]
    assert found == [[1, 2], [5, 6], [3, 4], [7, 8], [2], [], [], [8]]
