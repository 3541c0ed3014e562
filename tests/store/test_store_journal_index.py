"""A record's rows are found through an index that is brought up to date later, and in what came since."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.domain.changes import update
from app.domain.entities.boiler import Boiler
from app.errors import Changed
from app.store import byrecord, chain, evidence, journal, pending, surroundings, tidying
from app.store.agreement import disagreeing
from app.store.connect import raw_of
from app.store.workspace import Workspace
from store.records import CHIEF, Desk, boiler, foreign

Asked = list[tuple[str, Any]]
OLDER = (
    "DROP TABLE sync_journal_by",
    "DROP TABLE sync_indexed",
    f"CREATE INDEX ix_sync_journal_uid ON sync_journal (substr(uid, 1, {byrecord.BEGINNING}))",
    "DROP INDEX ix_sync_journal_around",
    "CREATE INDEX ix_sync_journal_around ON sync_journal (tbl) WHERE tbl IN ('setting')",
    "CREATE INDEX ix_sync_journal_record ON sync_journal (tbl, uid, seq)",
    "UPDATE gridward_meta SET value = 'older' WHERE key = 'schema'",
)
REACHED = "SELECT seq FROM sync_indexed"
FORGED = (
    "DELETE FROM sync_journal_by WHERE seq = 2",
    "UPDATE sync_journal_by SET begins = 'ffffff' WHERE seq = 1",
    "INSERT INTO sync_journal_by VALUES ('ffffff', 7)",
    "UPDATE sync_indexed SET seq = 4",
)


def written(path: Path, *statements: str) -> None:
    """Put statements into the file past this program."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def reached(path: Path) -> int:
    """Up to which row of the journal all are in the index."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(REACHED).fetchone()[0])


def take_in(workspace: Workspace, rows: int) -> None:
    """Have that many more rows in the index."""
    with workspace._opened.database.repeatable() as connection:
        byrecord.take_in(raw_of(connection), rows)


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
    told = [item for item in found if "sync_journal_by" in item[0] and item[0].startswith("SELECT")]
    assert told
    with closing(sqlite3.connect(workspace.path)) as connection:
        plans = [
            row[3]
            for query, values in told
            for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)
        ]
    assert not [plan for plan in plans if plan.startswith(("SCAN sync_journal", "SCAN j"))]
    assert [plan for plan in plans if plan.endswith("USING PRIMARY KEY (begins=?)")]


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
    assert set(found) == set(places)
    assert [plan for plan in plans if plan.startswith("SCAN")] == [
        "SCAN json_each VIRTUAL TABLE INDEX 1:"
    ] * 5 + ["SCAN e VIRTUAL TABLE INDEX 1:"]
    assert plans.count("SEARCH sync_journal_by USING PRIMARY KEY (begins=? AND seq>?)") == 2


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 5])
def test_every_reader_sees_rows_taken_in_and_later_ones(desk: Desk, workspace: Workspace, rows: int) -> None:
    one, other = boiler("PL-1"), boiler("PL-2")
    desk.add(one, other)
    desk.edit(one, note="一")
    Desk(workspace, CHIEF).edit(one.replace(note="一"), note="二")
    foreign(workspace.path, "UPDATE 燃煤锅炉 SET note = 'QGIS' WHERE ledger_no = 'PL-2'")
    take_in(workspace, rows)
    assert reached(workspace.path) == rows
    assert [entry.seq for entry in workspace.history("boiler", one.uid)] == [4, 3, 1]
    assert [entry.seq for entry in workspace.history("boiler", other.uid)] == [5, 2]
    assert [record.revision for record in workspace.find(Boiler)] == [4, 5]
    assert workspace.get("boiler", other.uid).revision == 5  # type: ignore[union-attr]
    with pytest.raises(Changed) as refused:
        desk.edit(one.replace(note="一"), note="三")
    assert refused.value.values["who"] == CHIEF.name
    with workspace._opened.database.reading() as connection:
        raw = raw_of(connection)
        found = pending.of_records(raw, [("boiler", one.uid), ("boiler", other.uid)], 2)
    assert {place[1]: [change.seq for change in changes] for place, changes in found.items()} == {
        one.uid: [3, 4],
        other.uid: [2, 5],
    }
    report = workspace.check()
    assert report.ok, report.findings


def test_very_many_records_are_read_with_their_last_rows(
    desk: Desk, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byrecord, "_FEW", 1)
    desk.add(boiler("PL-1"), boiler("PL-2"))
    take_in(workspace, 1)
    assert [record.revision for record in workspace.find(Boiler)] == [1, 2]


def test_a_file_for_reading_only_is_read_as_it_was_left(file: Path) -> None:
    with Workspace.open(file) as workspace:
        one = boiler("PL-1")
        Desk(workspace).add(one)
    assert reached(file) == 0
    with Workspace.open(file, read_only=True) as workspace:
        assert len(workspace.history("boiler", one.uid)) == workspace.get("boiler", one.uid).revision == 1  # type: ignore[union-attr]
        assert workspace.check().ok


def test_rows_are_taken_in_once_they_are_many_and_when_the_file_is_closed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "_MANY", 3)
    monkeypatch.setattr(tidying, "_WORTH", 2)
    monkeypatch.setattr(tidying, "_PORTION", 2)
    with Workspace.open(file) as workspace:
        desk = Desk(workspace)
        desk.add(boiler("PL-1"), boiler("PL-2"))
        assert reached(file) == 0, "a save does not wait for it"
        desk.add(boiler("PL-3"))
        workspace._opened.database.tidying.join()
        assert reached(file) == 3
        desk.add(boiler("PL-4"))
        desk.add(boiler("PL-5"))
    assert reached(file) == 5
    with Workspace.open(file) as workspace:
        Desk(workspace).add(boiler("PL-6"))
    assert reached(file) == 5, "one row is not worth it"


def test_what_breaks_off_in_the_middle_leaves_everything_to_be_found(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    those, whole = [boiler(f"PL-{number}") for number in range(7)], byrecord.take_in
    taken: list[int] = []

    def broken(raw: sqlite3.Connection, most: int) -> int:
        left = whole(raw, most)
        taken.append(left)
        if len(taken) == 2:  # this portion is written and not committed
            raise sqlite3.OperationalError("disk I/O error")
        return left

    monkeypatch.setattr(tidying, "_WORTH", 1)
    monkeypatch.setattr(tidying, "_PORTION", 3)
    monkeypatch.setattr(byrecord, "take_in", broken)
    with Workspace.open(file) as workspace:
        Desk(workspace).add(*those)
    assert (taken, reached(file)) == ([4, 1], 3)
    with Workspace.open(file) as workspace:
        assert [record.revision for record in workspace.find(Boiler)] == [1, 2, 3, 4, 5, 6, 7]
        assert [len(workspace.history("boiler", one.uid)) for one in those] == [1] * 7
        assert workspace.check().ok
        Desk(workspace).edit(those[0], note="新")
    assert reached(file) == 8


@pytest.mark.parametrize("forged", FORGED)
def test_a_check_finds_an_index_that_is_not_the_journals(
    desk: Desk, workspace: Workspace, forged: str
) -> None:
    desk.add(boiler("PL-1"), boiler("PL-2"), boiler("PL-3"), boiler("PL-4"))
    take_in(workspace, 3)
    assert workspace.check().ok
    written(workspace.path, forged)
    report = workspace.check()
    assert [(item.check, item.code) for item in report.findings] == [("journal", "index_differs")]


def test_without_the_number_reached_all_is_looked_through(desk: Desk, workspace: Workspace) -> None:
    one = boiler("PL-1")
    desk.add(one)
    take_in(workspace, 1)
    written(workspace.path, "DELETE FROM sync_indexed")
    assert len(workspace.history("boiler", one.uid)) == 1


def _waiting(
    file: Path, monkeypatch: pytest.MonkeyPatch, begun: list[threading.Thread], go_on: threading.Semaphore
) -> Any:
    """Tidying that writes nothing: it notes the thread it is done in, and waits there until it may go on."""

    def take_in(_: tidying.Tidying) -> float:
        begun.append(threading.current_thread())
        assert go_on.acquire(timeout=60)
        return 0.0

    monkeypatch.setattr(tidying.Tidying, "_take_in", take_in)
    monkeypatch.setattr(tidying.Tidying, "_bring_in", lambda _: 0.0)
    return tidying.Tidying(file, *[None] * 3)  # type: ignore[arg-type]  # it writes nothing here


def test_who_comes_meanwhile_begins_no_second_thread_and_waits_for_nobody(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread nobody knows of would write on after the file was closed; what a fold left is done by the one
    that is about it, once more."""
    begun, go_on = list[threading.Thread](), threading.Semaphore(0)
    tidy = _waiting(file, monkeypatch, begun, go_on)

    def at_once(work: Callable[[], None], times: int) -> None:
        work()
        tidy._count(tidying._MANY)
        for _ in range(2):
            threading.Thread(target=tidy.saved, args=(1,)).run()
        go_on.release(times)
        tidy.join()

    at_once(lambda: tidy.saved(tidying._MANY), 1)
    assert len(begun) == 1, "a save is taken in with the next one"
    at_once(lambda: (tidy.ended(), tidy.ended()), 2)  # type: ignore[func-returns-value]
    assert len(begun) == 3 and begun[1] is begun[2] is not begun[0]
    tidy.join()


def test_a_thread_that_ends_knows_nothing_of_the_next(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody begins anew just when the one before has said that it is done and is about to end."""
    begun, go_on, ended = list[threading.Thread](), threading.Semaphore(1), threading.Event()
    tidy = _waiting(file, monkeypatch, begun, go_on)
    lock = tidy._turn

    class Told:
        def __enter__(self) -> None:
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            lock.release()
            if threading.current_thread().name == "tidy" and not ended.is_set():
                ended.set()
                tidy.ended()

    tidy._turn = Told()
    tidy._count(tidying._WORTH)
    tidy.ended()
    assert ended.wait(60)
    begun[0].join(60)
    tidy.saved(tidying._MANY)
    go_on.release(2)
    tidy.join()
    assert len(begun) == 2, "the second is about it still when the save comes"


def test_a_number_beyond_the_journal_leaves_nothing_to_take_in(desk: Desk, workspace: Workspace) -> None:
    """As when another program removed rows: whoever takes in until nothing is left must come to an end."""
    desk.add(boiler("PL-1"))
    written(workspace.path, "INSERT OR REPLACE INTO sync_indexed VALUES (1, 1000)")
    with closing(sqlite3.connect(workspace.path)) as connection:
        assert byrecord.late(connection) == byrecord.take_in(connection) == 0


def test_a_file_of_an_earlier_version_gets_the_index(file: Path) -> None:
    with Workspace.open(file) as workspace:
        one = boiler("PL-1")
        Desk(workspace).add(one)
    written(file, *OLDER)
    with Workspace.open(file) as workspace:
        assert [entry.operation for entry in workspace.history("boiler", one.uid)] == ["insert"]
        assert workspace.check().ok
    with closing(sqlite3.connect(file)) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM pragma_index_list('sync_journal')")}
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {surroundings._NEWEST}")]
    assert reached(file) == 1
    assert plan == ["SEARCH sync_journal USING COVERING INDEX ix_sync_journal_around (tbl=?)"]
    assert names == {"ix_sync_journal_around", "ix_sync_journal_txn"}


def test_what_an_earlier_version_wrote_since_is_found_as_well(file: Path) -> None:
    """Such a program makes its own index again and knows nothing of this one."""
    with Workspace.open(file) as workspace:
        one = boiler("PL-1")
        Desk(workspace).add(one)
        take_in(workspace, 1)
        Desk(workspace).edit(one, note="一")
    written(file, *OLDER[2:3], OLDER[-1])
    with Workspace.open(file) as workspace:
        assert [entry.seq for entry in workspace.history("boiler", one.uid)] == [2, 1]
        assert workspace.check().ok
    assert reached(file) == 2


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
