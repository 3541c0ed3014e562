"""The certificate: every value that was ever entered is accounted for, and a tampered file is noticed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.actions.history import undo
from app.actions.syncing import prove
from app.domain.replication import Cells
from app.store.entered import EnteredCell
from app.store.workspace import Workspace
from app.sync.prove import _Account
from sync.lan import TOWN, Lan


def test_every_value_is_accounted_for(lan: Lan, tmp_path: Path) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("inspector", "T-1", address="东大街1号", note="一")
    lan.drain(one, two)
    one.edit("inspector", "T-1", "核对", note="二")
    one.sync()
    two.sync()
    two.edit("officer", "T-1", note="三")  # has seen it: superseded by a named act
    one.edit("inspector", "T-1", address="甲")
    lan.clock.forward(hours=1)
    two.edit("officer", "T-1", address="乙")  # has not seen it: both are kept
    lan.drain(one, two)
    one.edit("inspector", "T-1", apc="未发送")
    out = tmp_path / "proof.json"
    for laptop, waiting in ((one, 1), (two, 0)):
        proof = prove(laptop.session, out)
        assert proof.ok, proof.problems
        told = json.loads(out.read_text("utf-8"))
        assert proof.values == proof.current + proof.in_conflict + proof.superseded + proof.waiting
        assert told["counts"]["values"] == proof.values
        assert len(told["waiting"]) == proof.waiting == waiting
        notes = {item["value"]: item for item in told["superseded"] if item["field"] == "note"}
        assert {"一", "二"} <= set(notes)
        assert told["acts"][notes["二"]["by"]]["name"] == "officer"
        contested = [item["value"] for item in told["in_conflict"] if item["field"] == "address"]
        assert contested == ["甲"]
        assert all(area["digest"] == area["recounted"] for area in told["areas"].values())


def test_work_that_goes_on_meanwhile_is_not_taken_for_a_fault(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal, the records and the areas are all of one moment."""
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("inspector", "T-1", note="一")
    one.enter("inspector", "T-2")
    lan.drain(one, two)
    two.edit("officer", "T-2", note="乙")
    two.sync()
    read = Workspace.held

    def meanwhile(workspace: Workspace) -> Iterator[tuple[str, str, Cells]]:
        def work() -> None:
            one.edit("inspector", "T-1", note="二")
            one.sync()

        with ThreadPoolExecutor(1) as beside:
            beside.submit(work).result()
        return read(workspace)

    monkeypatch.setattr(Workspace, "held", meanwhile)
    proof = prove(one.session, tmp_path / "proof.json")
    assert proof.ok, proof.problems
    told = json.loads((tmp_path / "proof.json").read_text("utf-8"))
    assert all(area["digest"] == area["recounted"] for area in told["areas"].values())
    assert "二" not in [item["value"] for item in told["waiting"]]


def test_what_was_undone_and_deleted_is_named(lan: Lan, tmp_path: Path) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    town.edit("inspector", "T-1", note="写错了")
    undo(town.as_("inspector"))
    town.enter("inspector", "T-2")
    undo(town.as_("inspector"))
    town.sync()
    proof = prove(town.session, tmp_path / "proof.json")
    assert proof.ok, proof.problems
    told = json.loads((tmp_path / "proof.json").read_text("utf-8"))
    gone = {item["value"] for item in told["superseded"]}
    assert {"写错了", "T-2"} <= gone


def test_a_value_changed_behind_the_journal_is_found(lan: Lan, tmp_path: Path) -> None:
    town = lan.laptop(TOWN, "R2")
    boiler = town.enter("inspector", "T-1", note="真")
    town.sync()
    path = town.session.workspace.path
    town.session.close()
    raw = sqlite3.connect(path)
    for name in ("rtree_", "journal_"):
        for row in raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE '%'"
        ).fetchall():
            if row[0].startswith(name):
                raw.execute(f'DROP TRIGGER "{row[0]}"')
    table = raw.execute("SELECT table_name FROM gridward_layer WHERE entity = 'boiler'").fetchone()[0]
    raw.execute(f'UPDATE "{table}" SET note = ? WHERE uid = ?', ("假", boiler.uid))
    raw.commit()
    raw.close()
    town.reopen()
    proof = prove(town.session, tmp_path / "proof.json")
    assert not proof.ok
    assert {item.code for item in proof.problems} >= {"digest", "unwritten"}


def test_what_a_snapshot_tells_no_history_of_is_accounted_for_when_it_gives_way() -> None:
    """A hub leaves squares and what is long past out of a snapshot's history: such a value was in no list."""
    account = _Account({}, {})
    account.take(EnteredCell("a1", "grid_cell", "u1", "name", "旧名", "新名"))
    account.take(EnteredCell("a2", "grid_cell", "u1", "name", "新名", None))
    account.close()
    assert [(item["value"], item["act"], item["by"]) for item in account.superseded] == [
        ("旧名", "", "a1"),
        ("新名", "a1", "a2"),
    ]
    assert account.problems == []
