"""The window with a real hub in this process: rounds, a value taken by a key and taken back, revocation."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.actions.evidence import add_evidence
from app.actions.people import disable_user
from app.actions.steps import do_step
from app.actions.sticks import papers_away
from app.domain.entities.papers import Attachment
from app.settings import BY_HAND
from app.ui.application import Program
from app.ui.conflicts.model import MERGED, NOT_TAKEN
from app.ui.conflicts.notes import conflict_lines, of_record
from app.ui.dialogs.reason import ReasonDialog
from app.ui.frame.rail import CONFLICTS, SYNC
from app.ui.sync.tables import outcome
from builders import photo
from sync.lan import COUNTY, TOWN, Lan, Laptop
from window_cases import WAIT_MS, settle

Make = Callable[..., Program]


def open_laptop(make: Make, qtbot: QtBot, laptop: Laptop, login: str) -> Program:
    """A window on a laptop of the bureau, with somebody signed in."""
    running = make(sync=BY_HAND)
    running.window.open_session(laptop.as_(login))
    settle(running, qtbot)
    return running


def sync_in_window(running: Program, qtbot: QtBot) -> None:
    running.desk.sync.begin()
    qtbot.waitUntil(lambda: not running.desk.sync.running, timeout=WAIT_MS)
    settle(running, qtbot)


def test_what_others_entered_appears_and_all_areas_agree(program: Make, lan: Lan, qtbot: QtBot) -> None:
    town, county = lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R4")
    running = open_laptop(program, qtbot, county, "clerk")
    assert running.window.top.sync.text().startswith("已全部上报")
    town.enter("inspector", "T-1", address="东大街1号")
    town.sync()
    running.window.go("boiler")
    settle(running, qtbot)
    sync_in_window(running, qtbot)
    ledger = running.window.work.ledger
    assert ledger is not None
    qtbot.waitUntil(lambda: ledger.model.rowCount() == 1, timeout=WAIT_MS)
    done = running.desk.sync.rounds[0].done
    assert done is not None
    assert done.agrees
    running.window.go(SYNC)
    settle(running, qtbot)


def test_a_round_held_up_by_another_program_says_so_and_can_be_stopped(
    program: Make, lan: Lan, qtbot: QtBot
) -> None:
    """Such as QGIS in its edit mode; a save that waits is named in the status bar, and stopped there."""
    town = lan.laptop(TOWN, "R2")
    running = open_laptop(program, qtbot, town, "inspector")
    town.enter("inspector", "T-1", address="东大街1号")
    watch, file, words = running.desk.sync, town.session.workspace.path, "等待其他程序写完"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        watch.begin()
        qtbot.waitUntil(lambda: running.window.top.sync.text().startswith(words), timeout=WAIT_MS)
        watch.stop()
        qtbot.waitUntil(lambda: not watch.running and bool(watch.rounds), timeout=WAIT_MS)
        assert watch.rounds[0].stopped_after == 0
        saved: list[object] = []
        running.desk.act(
            running.window, lambda session, _: town.enter("inspector", "T-2"), saved.append, title="Saving"
        )
        bar = running.window.status
        qtbot.waitUntil(lambda: bar._work.text().startswith(words), timeout=WAIT_MS)
        bar._cancel()
        qtbot.waitUntil(lambda: not bar._work.isVisible(), timeout=WAIT_MS)
        other.execute("ROLLBACK")
    sync_in_window(running, qtbot)
    done = watch.rounds[0].done
    assert not saved and done is not None and done.pushed == 1


def test_own_work_is_unsent_until_the_hub_has_it(program: Make, lan: Lan, qtbot: QtBot) -> None:
    town = lan.laptop(TOWN, "R2")
    running = open_laptop(program, qtbot, town, "inspector")
    town.enter("inspector", "T-1", address="东大街1号")
    qtbot.waitUntil(lambda: running.window.top.sync.text() == "1 条未上报 · 已存本机", timeout=WAIT_MS)
    town.cut = 0
    sync_in_window(running, qtbot)
    assert "离线" in running.window.top.sync.text()
    assert "1 条未上报 · 已存本机" in running.window.top.sync.text()
    town.cut = None
    sync_in_window(running, qtbot)
    assert running.window.top.sync.text().startswith("已全部上报 · 上次同步")


def test_the_losing_value_can_be_taken_by_a_key_and_taken_back(program: Make, lan: Lan, qtbot: QtBot) -> None:
    one, two, county = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R4")
    one.enter("inspector", "T-1", address="东大街1号")
    lan.drain(one, two)
    one.edit("inspector", "T-1", "现场核对", address="东大街3号")
    lan.clock.forward(hours=1)
    two.edit("officer", "T-1", "电话核对", address="东大街5号")
    lan.drain(one, two)
    running = open_laptop(program, qtbot, county, "clerk")
    sync_in_window(running, qtbot)
    running.window.go(CONFLICTS)
    settle(running, qtbot)
    page = running.window.conflicts
    (view,) = page._by_shelf[MERGED]
    page.show_conflict(view.uid)
    running.window.activateWindow()
    qtbot.waitUntil(running.window.isActiveWindow, timeout=WAIT_MS)
    qtbot.keyClick(page.list, Qt.Key.Key_2)
    dialog = next(box for box in running.window.findChildren(ReasonDialog) if box.isVisible())
    assert dialog.reason()
    dialog.accept()
    qtbot.waitUntil(lambda: county.boiler("T-1").address == "东大街3号", timeout=WAIT_MS)
    settle(running, qtbot)
    assert page._by_shelf[MERGED] == []
    running.window.commands.actions["undo"].trigger()
    qtbot.waitUntil(lambda: county.boiler("T-1").address == "东大街5号", timeout=WAIT_MS)
    settle(running, qtbot)
    assert len(page._by_shelf[MERGED]) == 1


def test_a_revoked_laptop_is_told_so(program: Make, lan: Lan, qtbot: QtBot) -> None:
    town = lan.laptop(TOWN, "R2")
    running = open_laptop(program, qtbot, town, "inspector")
    town.enter("inspector", "T-1")
    lan.hub.revoke(town.device, lan.clock(), "丢失")
    assert not running.window.revoked.isVisible()
    sync_in_window(running, qtbot)
    assert running.window.revoked.isVisible()
    assert running.window.top.sync.text() == "本机已被停用 · 1 条已交中心，待人工查看"
    town.enter("inspector", "T-2", address="东大街2号")
    running.desk.sync.look()
    qtbot.waitUntil(lambda: "1 条未上报，仍存本机" in running.window.top.sync.text(), timeout=WAIT_MS)
    sync_in_window(running, qtbot)
    assert running.window.top.sync.text() == "本机已被停用 · 2 条已交中心，待人工查看"


def test_a_void_signature_says_who_had_changed_what(
    program: Make, lan: Lan, qtbot: QtBot, tmp_path: Path
) -> None:
    one, two = lan.laptop(COUNTY, "R4"), lan.laptop(COUNTY, "R4")
    one.enter("inspector", "T-1", rated_tph=2.0)
    lan.drain(one, two)
    two.edit("officer", "T-1", "铭牌为 4 蒸吨", rated_tph=4.0)
    two.sync()
    lan.clock.forward(hours=1)
    papers = [("nameplate", photo(tmp_path / "铭牌.jpg", shade=1))]
    do_step(one.as_("clerk"), "register", one.boiler("T-1"), evidence=papers, reason="核实")
    signer = open_laptop(program, qtbot, one, "clerk")
    sync_in_window(signer, qtbot)
    said, tone = outcome(signer.desk.sync.rounds[0])
    assert "3 项被退回" in said and tone == "warning"
    other = open_laptop(program, qtbot, two, "officer")
    sync_in_window(other, qtbot)
    for running, laptop in ((signer, one), (other, two)):
        running.window.show_record("boiler", laptop.boiler("T-1").uid)
        notes = running.window.work.record.conflicts
        qtbot.waitUntil(notes.isVisible, timeout=WAIT_MS)
        assert "中心未予采纳" in notes.words() and "clerk" in notes.words()
        assert "officer 已于" in notes.words() and "额定出力：2 → 4 t/h" in notes.words()
        assert "铭牌为 4 蒸吨" in notes.words()
        settle(running, qtbot)
    signer.window.go(SYNC)
    settle(signer, qtbot)
    signer.window.sync._show_brought(signer.desk.sync.rounds[0])
    page = signer.window.conflicts
    qtbot.waitUntil(lambda: page.detail.view is not None and page.detail.view.kind == "void", timeout=WAIT_MS)
    settle(signer, qtbot)
    assert page._shelf() == NOT_TAKEN and not page.detail.take.isVisible()
    do_step(one.as_("clerk"), "register", one.boiler("T-1"), evidence=papers, reason="再核")
    assert not of_record(one.session, one.boiler("T-1").uid), "signed again: nothing is left to tell"


def test_a_refusal_is_told_at_the_record_until_it_is_changed(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1", note="起初")
    town.sync()
    office = lan.laptops[0]
    office.sync()
    disable_user(office.as_("admin"), "inspector")
    office.sync()
    town.edit("inspector", "T-1", note="停用以后")
    assert town.sync().rejected == 1
    [refusal] = of_record(town.session, town.boiler("T-1").uid)
    assert refusal.kind == "rejected" and "停用以后" in "".join(conflict_lines([refusal]))
    lan.clock.forward(minutes=5)
    town.edit("officer", "T-1", note="另一人改过")
    assert not of_record(town.session, town.boiler("T-1").uid)


def test_a_paper_that_is_not_here_is_asked_for_with_the_next_stick(
    program: Make, lan: Lan, qtbot: QtBot, tmp_path: Path
) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    add_evidence(town.as_("officer"), town.boiler("T-1"), [("photo_before", photo(tmp_path / "前.jpg"))])
    [paper] = town.session.workspace.find(Attachment)
    running = open_laptop(program, qtbot, town, "officer")
    running.window.show_record("boiler", town.boiler("T-1").uid)
    view = running.window.work.record.evidence
    qtbot.waitUntil(lambda: view.list.count() == 1, timeout=WAIT_MS)
    settle(running, qtbot)
    view.list.setCurrentRow(0)
    assert view.bring.isHidden(), "it is here"
    town.session.workspace.attachment_path(paper.sha256).unlink()
    view._look_for([paper])
    qtbot.waitUntil(lambda: not view.bring.isHidden(), timeout=WAIT_MS)
    assert "文件不在本机" in view.list.item(0).text()
    view.bring.click()
    qtbot.waitUntil(view.bring.isHidden, timeout=WAIT_MS)
    assert "已要求取回，随下次同步或 U 盘到来" in view.list.item(0).text()
    assert papers_away(town.session, [paper]) == {paper.uid: True}
    settle(running, qtbot)


def test_a_paper_that_the_hub_has_is_fetched_at_once(
    program: Make, lan: Lan, qtbot: QtBot, tmp_path: Path
) -> None:
    town, same = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    add_evidence(town.as_("officer"), town.boiler("T-1"), [("photo_before", photo(tmp_path / "前.jpg"))])
    lan.drain(town, same)
    [paper] = same.session.workspace.find(Attachment)
    same.session.workspace.attachment_path(paper.sha256).unlink()
    running = open_laptop(program, qtbot, same, "officer")
    running.window.show_record("boiler", same.boiler("T-1").uid)
    view = running.window.work.record.evidence
    qtbot.waitUntil(lambda: view.list.count() == 1, timeout=WAIT_MS)
    view.list.setCurrentRow(0)
    qtbot.waitUntil(lambda: not view.bring.isHidden(), timeout=WAIT_MS)
    view.bring.click()
    there = same.session.workspace.attachment_path(paper.sha256)
    qtbot.waitUntil(there.is_file, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: view._away == {}, timeout=WAIT_MS)
    assert "取回" not in view.list.item(0).text() and view.bring.isHidden()
    settle(running, qtbot)
