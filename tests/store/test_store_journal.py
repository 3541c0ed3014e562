"""Who, when, why, before and after stand in the journal for every change, whoever made it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from shapely.geometry import Point

from app.domain.changes import insert, update
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.grid_cell import GridCell
from app.errors import Invalid
from app.store.workspace import Workspace, verify_journal
from store.records import CHIEF, CLERK, START, Desk, boiler, cell, foreign, village


def test_history_tells_who_when_where_why_and_what(desk: Desk, workspace: Workspace) -> None:
    one = boiler("PL-1", rated_tph=2.0)
    desk.add(one)
    Desk(workspace, CHIEF).commit(
        update(one, rated_tph=4.0, pressurized=True, geometry=Point(106.7, 35.6)),
        action="correct",
        reason="现场核实铭牌",
    )
    newest, oldest = workspace.history("boiler", one.uid)
    assert (newest.person, newest.role, newest.action, newest.reason) == (
        "李强",
        "R4",
        "correct",
        "现场核实铭牌",
    )
    assert (newest.at, newest.device) == ("2026-11-23T02:01:00.000Z", workspace.device)
    assert (newest.operation, newest.external) == ("update", False)
    changed = {item.field: (item.before, item.after) for item in newest.changes}
    assert changed["rated_tph"] == (2.0, 4.0)
    assert changed["pressurized"] == (None, True)
    assert changed["geometry"] == (one.geometry, Point(106.7, 35.6))
    assert set(changed) == {"rated_tph", "pressurized", "geometry"}
    assert (oldest.person, oldest.operation) == ("王芳", "insert")


def test_a_bulk_change_is_journalled_record_by_record(desk: Desk, workspace: Workspace) -> None:
    cells = [cell(f"C{n}", 106 + n / 1000) for n in range(300)]
    villages = [village(f"620802001{n:03d}") for n in range(50)]
    committed = desk.add(*cells, *villages)
    assert {name: len(uids) for name, uids in committed.touched.items()} == {"grid_cell": 300, "division": 50}
    desk.commit(*(update(item, patrol_freq="每周") for item in cells), action="patrol")
    newest, oldest = workspace.transactions()
    assert newest.counts == {"grid_cell": 300}
    assert oldest.counts == {"grid_cell": 300, "division": 50}
    assert workspace.unsent() == 650
    change = workspace.history(GridCell, cells[7].uid)[0].changes
    assert [(item.field, item.before, item.after) for item in change] == [("patrol_freq", None, "每周")]


def test_the_history_of_a_deleted_record_stays(desk: Desk, workspace: Workspace) -> None:
    one = village("620802001001", aliases=("旧名",))
    desk.add(one)
    desk.remove(one)
    newest = workspace.history(Division, one.uid)[0]
    assert newest.operation == "delete"
    assert {item.field: item.before for item in newest.changes}["aliases"] == ("旧名",)


@pytest.mark.parametrize("number", [0.1 + 0.2, 1 / 3, 2.8, 1e-7, 2999.999999999999, 2.0])
def test_a_number_keeps_its_digits_through_the_journal(
    desk: Desk, workspace: Workspace, number: float
) -> None:
    one = boiler("PL-1", rated_tph=number)
    desk.add(one)
    desk.remove(one)
    desk.undo()
    found = workspace.get(Boiler, one.uid)
    assert found is not None
    assert found.rated_tph == pytest.approx(number, rel=1e-14)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sync_journal SET cells = '[]'",
        "DELETE FROM sync_journal",
        "UPDATE sync_txn SET actor_name = '别人'",
        "DELETE FROM sync_txn",
        "DELETE FROM sync_chain",
        "UPDATE 燃煤锅炉 SET uid = 'another'",
    ],
)
def test_nobody_rewrites_what_was_noted(desk: Desk, file: Path, statement: str) -> None:
    desk.add(boiler())
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        foreign(file, statement)


def test_an_edit_by_another_program_waits_for_a_name_and_a_reason(file: Path) -> None:
    one = boiler("PL-1", user_org="旧名")
    with Workspace.open(file) as workspace:
        Desk(workspace).add(one)
    foreign(file, "UPDATE 燃煤锅炉 SET user_org = '新名', rated_tph = 9 WHERE ledger_no = 'PL-1'")
    with Workspace.open(file) as workspace:
        (edit,) = workspace.external_changes()
        assert (edit.entity, edit.uid, edit.operation) == ("boiler", one.uid, "update")
        assert {c.field: (c.before, c.after) for c in edit.changes} == {
            "user_org": ("旧名", "新名"),
            "rated_tph": (2.0, 9.0),
        }
        assert workspace.history("boiler", one.uid)[0].external
        assert workspace.history("boiler", one.uid)[0].person == ""
        with pytest.raises(Invalid) as caught:
            workspace.seal(CLERK, "  ", START)
        assert caught.value.code == "reason_missing"
        assert workspace.seal(CLERK, "在 QGIS 中改名", START) == 1
        assert workspace.external_changes() == []
        assert workspace.seal(CLERK, "再来", START) == 0
        newest = workspace.history("boiler", one.uid)[0]
        assert (newest.person, newest.reason, newest.external) == ("王芳", "在 QGIS 中改名", True)
        assert workspace.check().ok
    with Workspace.open(file) as workspace:
        assert workspace.external_changes() == []
        assert workspace.verify_journal().ok


def test_a_foreign_insert_gets_an_identity_and_a_delete_is_noted(file: Path) -> None:
    with Workspace.open(file) as workspace:
        Desk(workspace).add(boiler("PL-1"))
    foreign(file, "INSERT INTO 燃煤锅炉 (ledger_no) VALUES ('QGIS-1')")
    foreign(file, "DELETE FROM 燃煤锅炉 WHERE ledger_no = 'PL-1'")
    with Workspace.open(file) as workspace:
        made, gone = workspace.external_changes()
        assert (made.operation, gone.operation) == ("insert", "delete")
        found = workspace.by_key(Boiler, "QGIS-1")
        assert found is not None
        assert found.uid == made.uid
        assert len(found.uid) == 36
        assert (found.status, found.round_no) == ("suspect", 1)


def test_a_foreign_edit_while_we_are_open_is_told_apart(desk: Desk, workspace: Workspace, file: Path) -> None:
    one = boiler("PL-1")
    desk.add(one)
    foreign(file, "UPDATE 燃煤锅炉 SET note = '外部' WHERE ledger_no = 'PL-1'")
    desk.add(boiler("PL-2"))
    assert [edit.uid for edit in workspace.external_changes()] == [one.uid]
    assert workspace.verify_journal().ok
    sealed = workspace.seal(CLERK, "确认", START)
    assert sealed == 1
    desk.undo()
    found = workspace.get(Boiler, one.uid)
    assert found is not None
    assert found.note is None  # the sealed edit is the person's last act and can be taken back


def test_setting_the_context_aside_hides_nothing(file: Path) -> None:
    with Workspace.open(file) as workspace:
        Desk(workspace).add(boiler("PL-1"))
    foreign(file, "DELETE FROM sync_ctx")
    foreign(file, "UPDATE 燃煤锅炉 SET note = '外部'")
    with Workspace.open(file) as workspace:
        assert len(workspace.external_changes()) == 1
        Desk(workspace).add(boiler("PL-2"))
        assert len(workspace.transactions()) == 2
        assert workspace.history(Boiler, workspace.find(Boiler)[1].uid)[0].person == "王芳"


TAMPERING = {
    "altered": "UPDATE sync_journal SET cells = replace(cells, '2.0', '9.0') WHERE seq = 2",
    "renamed": "UPDATE sync_txn SET actor_name = '别人' WHERE id = 1",
    "removed": "DELETE FROM sync_journal WHERE seq = 2",
    "bytes that read alike": "UPDATE sync_txn SET action = x'79d8ad' WHERE id = 1 AND action = 'edit'",
    "cut": "DELETE FROM sync_journal WHERE seq = 3",
    "added": "INSERT INTO sync_journal VALUES (99, 3, 'boiler', 'x', 'u', NULL, '[]', '')",
}


@pytest.mark.parametrize("how", TAMPERING)
def test_a_journal_that_was_tampered_with_shows_it(file: Path, how: str) -> None:
    with Workspace.open(file) as workspace:
        desk = Desk(workspace)
        for number in range(3):
            desk.commit(insert(boiler(f"PL-{number}")), action="edit")
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'sync_%_keep_%'"
        ).fetchall()
        for (name,) in names:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(TAMPERING[how])
        connection.commit()
    report = verify_journal(file)
    assert not report.ok
    assert report.problems


def test_the_last_transaction_cut_off_with_its_seal_shows(file: Path) -> None:
    with Workspace.open(file) as workspace:
        desk = Desk(workspace)
        desk.add(boiler("PL-1"))
        desk.add(boiler("PL-2"))
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'sync_%_keep_%'"
        ).fetchall()
        for (name,) in names:
            connection.execute(f"DROP TRIGGER {name}")
        for table, key in (("sync_chain", "id"), ("sync_txn", "id"), ("sync_journal", "seq")):
            connection.execute(f"DELETE FROM {table} WHERE {key} = 2")
        connection.commit()
    assert {problem["code"] for problem in verify_journal(file).problems} == {"cut"}


def test_a_missing_trigger_is_found_and_put_back(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TRIGGER journal_boiler_update")
        connection.execute("DROP TRIGGER sync_journal_keep_delete")
    with Workspace.open(file, read_only=True) as workspace:
        found = {item.where for item in workspace.check().findings}
        assert found == {"journal_boiler_update", "sync_journal_keep_delete"}
    with Workspace.open(file) as workspace:
        assert workspace.check().ok
        desk = Desk(workspace)
        one = boiler()
        desk.commit(insert(one))
        desk.edit(one, note="记下")
        assert len(workspace.history(Boiler, one.uid)) == 2
