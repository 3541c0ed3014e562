"""Undo and redo against a plain model, across restarts, and refused when a record has moved on."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from shapely.geometry import Point

from app.domain.changes import insert, update
from app.domain.entities.boiler import Boiler
from app.errors import Changed, Invalid
from app.store.values import same
from app.store.workspace import Workspace
from store.records import CHIEF, Desk, boiler


def test_undo_and_redo_survive_a_restart(file: Path) -> None:
    one = boiler("PL-1", rated_tph=2.0)
    with Workspace.open(file) as workspace:
        desk = Desk(workspace)
        desk.add(one)
        desk.edit(one, rated_tph=4.0, geometry=Point(106.7, 35.6))
    with Workspace.open(file) as workspace:
        desk = Desk(workspace)
        desk.undo()
        found = workspace.get(Boiler, one.uid)
        assert found is not None
        assert (found.rated_tph, found.geometry) == (2.0, one.geometry)
        desk.undo()
        assert workspace.get(Boiler, one.uid) is None
        assert workspace.last_undoable(desk.actor.uid) is None
    with Workspace.open(file) as workspace:
        desk = Desk(workspace)
        desk.redo()
        desk.redo()
        found = workspace.get(Boiler, one.uid)
        assert found is not None
        assert (found.rated_tph, found.geometry) == (4.0, Point(106.7, 35.6))
        assert workspace.last_redoable(desk.actor.uid) is None
        assert [entry.undoes is not None for entry in workspace.transactions()] == [True] * 4 + [False] * 2
        assert workspace.check().ok


def test_undo_is_refused_in_a_sentence_when_somebody_went_on(desk: Desk, workspace: Workspace) -> None:
    one = boiler("PL-1", rated_tph=2.0)
    desk.add(one)
    desk.edit(one, rated_tph=4.0)
    Desk(workspace, CHIEF).commit(update(one.replace(rated_tph=4.0), rated_tph=6.0))
    with pytest.raises(Changed) as caught:
        desk.undo()
    assert "无法撤销" in caught.value.message
    assert "李强" in caught.value.message
    found = workspace.get(Boiler, one.uid)
    assert found is not None
    assert found.rated_tph == 6.0


def test_adding_is_not_undone_once_the_record_was_filled_in(desk: Desk, workspace: Workspace) -> None:
    one = boiler("PL-1")
    desk.add(one)
    Desk(workspace, CHIEF).commit(update(one, note="已核实"))
    with pytest.raises(Changed):
        desk.undo()
    assert workspace.count(Boiler) == 1


def test_a_transaction_is_taken_back_once(desk: Desk, workspace: Workspace) -> None:
    added = desk.add(boiler("PL-1")).transaction
    desk.undo()
    with pytest.raises(Invalid) as caught:
        workspace.inverse(added)
    assert caught.value.code == "already_undone"
    with pytest.raises(Invalid) as caught:
        workspace.inverse("no-such-transaction")
    assert caught.value.code == "nothing_to_undo"


def test_several_changes_of_one_record_are_taken_back_as_one(desk: Desk, workspace: Workspace) -> None:
    one = boiler("PL-1", rated_tph=2.0)
    second = one.replace(rated_tph=4.0)
    desk.commit(insert(one), update(one, rated_tph=4.0), update(second, note="两次"))
    desk.undo()
    assert workspace.count(Boiler) == 0
    desk.redo()
    found = workspace.get(Boiler, one.uid)
    assert found is not None
    assert (found.rated_tph, found.note) == (4.0, "两次")


def test_each_person_has_their_own_undo(desk: Desk, workspace: Workspace) -> None:
    chief = Desk(workspace, CHIEF)
    mine, theirs = desk.add(boiler("PL-1")), chief.add(boiler("PL-2"))
    assert workspace.last_undoable(desk.actor.uid) == mine.transaction
    assert workspace.last_undoable(chief.actor.uid) == theirs.transaction
    desk.undo()
    assert [item.ledger_no for item in workspace.find(Boiler)] == ["PL-2"]


def test_a_new_change_ends_redo(desk: Desk, workspace: Workspace) -> None:
    desk.add(boiler("PL-1"))
    desk.undo()
    assert workspace.last_redoable(desk.actor.uid)
    desk.add(boiler("PL-2"))
    assert workspace.last_redoable(desk.actor.uid) is None


def test_redo_ends_at_what_was_new_after_it_even_when_that_was_undone_and_redone(desk: Desk) -> None:
    one = boiler("PL-1")
    desk.add(one)
    desk.edit(one, note="一")
    desk.undo()
    desk.edit(one, note="二")
    desk.undo()
    desk.redo()
    assert desk.workspace.last_redoable(desk.actor.uid) is None
    desk.undo()
    desk.redo()
    found = desk.workspace.get(Boiler, one.uid)
    assert found is not None
    assert found.note == "二"


Model = dict[str, dict[str, object]]
_EMPTY: Path | None = None


def _empty() -> Path:
    """An empty workspace for the machine, which cannot take fixtures; made once."""
    global _EMPTY
    if _EMPTY is None:
        _EMPTY = Path(tempfile.mkdtemp()) / "empty.gpkg"
        Workspace.create(_EMPTY, "620800", "平凉市").close()
    return _EMPTY


class UndoMachine(RuleBasedStateMachine):
    """One person adds, edits, deletes, undoes, redoes, restarts; the model keeps whole states in a list."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = Path(shutil.copy(_empty(), self.folder / "machine.gpkg"))
        self.desk = Desk(Workspace.open(self.path))
        self.past: list[Model] = []
        self.now: Model = {}
        self.future: list[Model] = []
        self.number = 0

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            report = self.desk.workspace.check()
            self.desk.workspace.close()
            shutil.rmtree(self.folder)
            assert report.ok, report.findings

    def _did(self, state: Model) -> None:
        self.past.append(self.now)
        self.now, self.future = state, []

    @rule(count=st.integers(1, 3), x=st.floats(105, 108), output=st.none() | st.floats(0, 3000))
    def add(self, count: int, x: float, output: float | None) -> None:
        records = []
        for _ in range(count):
            self.number += 1
            records.append(boiler(f"PL-{self.number}", geometry=Point(x, 35), rated_tph=output))
        self.desk.add(*records)
        self._did({**self.now, **{item.uid: self._told(item) for item in records}})

    @precondition(lambda self: self.now)
    @rule(which=st.integers(0), output=st.floats(0, 3000), note=st.text(max_size=5), there=st.booleans())
    def edit(self, which: int, output: float, note: str, there: bool) -> None:
        record = self._pick(which)
        geometry = record.geometry if there else None
        change = update(record, rated_tph=output, note=note or None, geometry=geometry)
        if change is None:
            return
        self.desk.commit(change)
        told = self._told(record.replace(rated_tph=output, note=note or None, geometry=geometry))
        self._did({**self.now, record.uid: told})

    @precondition(lambda self: self.now)
    @rule(which=st.integers(0))
    def delete(self, which: int) -> None:
        record = self._pick(which)
        self.desk.remove(record)
        self._did({uid: told for uid, told in self.now.items() if uid != record.uid})

    @precondition(lambda self: self.past)
    @rule()
    def undo(self) -> None:
        self.desk.undo()
        self.future.append(self.now)
        self.now = self.past.pop()

    @precondition(lambda self: self.future)
    @rule()
    def redo(self) -> None:
        self.desk.redo()
        self.past.append(self.now)
        self.now = self.future.pop()

    @rule()
    def restart(self) -> None:
        at = self.desk.at
        self.desk.workspace.close()
        self.desk = Desk(Workspace.open(self.path))
        self.desk.at = at

    @invariant()
    def the_file_holds_what_the_model_holds(self) -> None:
        if not hasattr(self, "desk"):
            return
        workspace = self.desk.workspace
        found = {item.uid: self._told(item) for item in workspace.find(Boiler)}
        assert found.keys() == self.now.keys()
        for uid, told in self.now.items():
            assert all(same(found[uid][name], value) for name, value in told.items())
        assert bool(workspace.last_undoable(self.desk.actor.uid)) == bool(self.past)
        assert bool(workspace.last_redoable(self.desk.actor.uid)) == bool(self.future)

    def _pick(self, which: int) -> Boiler:
        uid = sorted(self.now)[which % len(self.now)]
        record = self.desk.workspace.get(Boiler, uid)
        assert record is not None
        return record

    def _told(self, record: Boiler) -> dict[str, object]:
        x = record.geometry.x if record.geometry is not None else None  # type: ignore[attr-defined]
        return {"no": record.ledger_no, "tph": record.rated_tph, "note": record.note, "x": x}


TestUndoMachine = UndoMachine.TestCase
TestUndoMachine.settings = settings(max_examples=12, stateful_step_count=12)
