"""Looking at the journal's chain from where it was found whole on, and once a week at all of it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.changes import insert
from app.errors import Cancelled
from app.store import chain
from app.store.proven import mark_path
from app.store.workspace import Workspace
from store.records import START, Desk, boiler, foreign

EARLY = "UPDATE sync_journal SET cells = replace(cells, '2.0', '9.0') WHERE seq = 2"
NEWEST = EARLY.replace("= 2", "= (SELECT max(seq) FROM sync_journal)")


def forge(file: Path, statement: str) -> None:
    """Change what is never changed."""
    with closing(sqlite3.connect(file)) as connection:
        kept = "SELECT name FROM sqlite_master WHERE name LIKE 'sync_%_keep_%'"
        for (name,) in connection.execute(kept).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        connection.commit()


def add(workspace: Workspace, *names: str) -> None:
    desk = Desk(workspace)
    for name in names:
        desk.commit(insert(boiler(name)), action="edit")


def codes(workspace: Workspace, how: str = "tail", days: float = 0) -> list[str]:
    """What is found wrong, by its codes, so many days later."""
    found = workspace.look_at_chain(START + timedelta(days=days), lambda: None, how=how)
    return [str(item["code"]) for item in found.problems]


def was_whole(workspace: Workspace, how: str = "tail", days: float = 0) -> bool:
    found = workspace.look_at_chain(START + timedelta(days=days), lambda: None, how=how)
    assert not found.problems
    return found.whole


def test_each_look_goes_on_from_the_last_and_once_a_week_it_is_all(file: Path) -> None:
    with Workspace.open(file) as workspace:
        add(workspace, "PL-1", "PL-2")
        assert was_whole(workspace), "nobody had looked before"
        assert not was_whole(workspace) and not was_whole(workspace, "weekly", days=6.9)
        add(workspace, "PL-3")
        assert not was_whole(workspace, "weekly", days=6.9)
        assert not was_whole(workspace, "tail", days=30), "a round never waits for all of it"
        assert was_whole(workspace, "weekly", days=7)
        assert not was_whole(workspace, "weekly", days=13.9)
        assert was_whole(workspace, "weekly", days=-1), "a clock that was set back"


def test_what_was_written_since_is_found_at_once_and_again(file: Path) -> None:
    with Workspace.open(file) as workspace:
        add(workspace, "PL-1")
        assert was_whole(workspace)
        add(workspace, "PL-2")
        forge(file, NEWEST)
        for _ in range(2):
            assert codes(workspace) == ["altered"]
        add(workspace, "PL-3")
        assert codes(workspace) == ["altered"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM sync_journal WHERE seq = (SELECT max(seq) FROM sync_journal)", "cut"),
        ("INSERT INTO sync_journal VALUES (99, 3, 'boiler', 'x', 'u', NULL, '[]', '')", "added"),
        ("DELETE FROM sync_chain WHERE id = (SELECT max(id) FROM sync_chain)", "unsealed"),
    ],
)
def test_what_was_taken_from_the_end_or_added_is_found(file: Path, statement: str, code: str) -> None:
    with Workspace.open(file) as workspace:
        add(workspace, "PL-1")
        assert was_whole(workspace)
        add(workspace, "PL-2")
        forge(file, statement)
        assert code in codes(workspace)


def test_what_was_altered_further_back_is_found_within_the_week_and_stays_found(file: Path) -> None:
    with Workspace.open(file) as workspace:
        add(workspace, "PL-1", "PL-2", "PL-3")
        assert was_whole(workspace)
        forge(file, EARLY)
        assert codes(workspace) == []
        assert codes(workspace, "weekly", days=8) == ["altered"]
        assert not mark_path(file).exists()
        assert codes(workspace) == ["altered"], "no later look passes over it"


def test_check_looks_at_all_and_counts_as_the_weekly_look(file: Path) -> None:
    with Workspace.open(file) as workspace:
        add(workspace, "PL-1", "PL-2")
        assert workspace.check(START).ok
        assert not was_whole(workspace, "weekly", days=6)
        forge(file, EARLY)
        assert not workspace.check(START).checks["journal"]


def test_another_state_of_the_file_is_looked_at_whole(file: Path, tmp_path: Path) -> None:
    with Workspace.open(file) as workspace:
        add(workspace, "PL-1")
    earlier = shutil.copy(file, tmp_path / "earlier.gpkg")
    with Workspace.open(file) as workspace:
        add(workspace, "PL-2")
        assert was_whole(workspace)
    shutil.copy(earlier, file)
    with Workspace.open(file) as workspace:
        assert was_whole(workspace), "the mark knows a link that this file does not have"
        add(workspace, "PL-3", "PL-4")
        assert not was_whole(workspace)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"proven": 3}', b"\xff" * 40])
def test_a_mark_that_says_nothing_is_no_mark(file: Path, content: bytes) -> None:
    with Workspace.open(file) as workspace:
        add(workspace, "PL-1")
        mark_path(file).write_bytes(content)
        assert was_whole(workspace)
        assert mark_path(file).stat().st_mode & 0o77 == 0


def test_edits_of_other_programs_are_no_fault(file: Path) -> None:
    with Workspace.open(file) as workspace:
        add(workspace, "PL-1")
        assert was_whole(workspace)
        foreign(file, "UPDATE 燃煤锅炉 SET user_org = '新名'")
        assert codes(workspace) == []
        add(workspace, "PL-2")
        assert codes(workspace) == []


def test_whoever_waits_may_stop_it(file: Path) -> None:
    def stop() -> None:
        raise Cancelled("")

    with Workspace.open(file) as workspace:
        add(workspace, "PL-1")
        with pytest.raises(Cancelled):
            workspace.look_at_chain(START, stop, how="weekly")
        assert not mark_path(file).exists()
        assert was_whole(workspace)


def test_a_look_asks_often_whether_to_go_on(file: Path) -> None:
    with Workspace.open(file) as workspace:
        add(workspace, *(f"PL-{number}" for number in range(2 * chain._OFTEN)))
        asked: list[None] = []
        workspace.look_at_chain(START, lambda: asked.append(None), how="tail")
        assert len(asked) >= 2
