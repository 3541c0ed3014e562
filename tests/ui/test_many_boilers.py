"""One step on many boilers from the ledger's selection, and a look-back round recorded row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from openpyxl import load_workbook
from PIL import Image
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from app.actions.lookback import draw_lookback, find_round, visits_of
from app.domain.entities.boiler import Boiler
from app.domain.filters import equal, one_of
from app.ui.application import Program
from app.ui.dialogs.ask import AskDialog
from app.ui.dialogs.lookback import LookbackDialog
from app.ui.record.batchdialog import BatchDialog, BatchOutcome
from app.ui.record.stepdialog import StepDialog
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]
D = TypeVar("D", bound=QDialog)


def _open(running: Program, kind: type[D]) -> D:
    return next(box for box in running.window.findChildren(kind) if box.isVisible())


def _photo(folder: Path) -> Path:
    Image.new("RGB", (60, 80), "grey").save(folder / "照片.png")
    return folder / "照片.png"


def test_the_same_step_on_what_the_ledger_has_selected(office: Office, qtbot: QtBot, tmp_path: Path) -> None:
    running = office("clerk")
    session = running.desk.session
    assert session is not None
    found = session.workspace.find(Boiler, one_of("status", ("planned", "suspect")), order="status")
    mine = [item for item in found if (item.div_code or "").startswith("620802")]
    planned = [item for item in mine if item.status == "planned"][:3]
    other = next(item for item in mine if item.status == "suspect")
    panel = running.window.work.record
    running.desk.selection.choose("boiler", [other.uid])
    settle(running, qtbot)
    assert not panel.many.isVisible()
    running.desk.selection.choose("boiler", [other.uid, *(item.uid for item in planned)])
    qtbot.waitUntil(panel.many.isVisible, timeout=WAIT_MS)
    panel.many.click()
    qtbot.waitUntil(panel.many.menu_shown.isVisible, timeout=WAIT_MS)
    words = [entry.text() for entry in panel.many.menu_shown.actions()]
    assert "开始整治：适用3条，共4条" in words
    entry = next(item for item in panel.many.menu_shown.actions() if "开始整治" in item.text())
    entry.trigger()
    panel.many.menu_shown.close()
    settle(running, qtbot)
    dialog = _open(running, BatchDialog)
    dialog.add_file("photo_before", _photo(tmp_path))
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    outcome = _open(running, BatchOutcome)
    assert outcome.table.rowCount() == 1
    assert outcome.table.item(0, 0).text() == other.title()
    assert "待核实" in outcome.table.item(0, 1).text()
    outcome.copy()
    assert QApplication.clipboard().text().startswith(f"{other.title()}\t")
    for ending in ("csv", "xlsx"):
        outcome.save_to(tmp_path / f"结果.{ending}")
        settle(running, qtbot)
    saved = (tmp_path / "结果.csv").read_text("utf-8-sig")
    assert f"{other.title()}," in saved
    assert "待核实" in saved
    sheet = load_workbook(tmp_path / "结果.xlsx").active
    assert other.title() in [cell.value for row in sheet.iter_rows() for cell in row]
    outcome.select()
    assert running.desk.selection.now.uids == (other.uid,)
    states = {item.status for item in session.workspace.find(Boiler, one_of("uid", [b.uid for b in planned]))}
    assert states == {"in_progress"}
    settle(running, qtbot)


def test_who_may_do_nothing_with_the_selection_is_told(office: Office, qtbot: QtBot) -> None:
    running = office("leader")
    assert running.desk.session is not None
    found = running.desk.session.workspace.find(Boiler, equal(status="registered"), limit=2)
    said: list[str] = []
    running.desk.said.connect(said.append)
    running.desk.selection.choose("boiler", [item.uid for item in found])
    settle(running, qtbot)
    running.window.commands.actions["do_steps"].trigger()
    settle(running, qtbot)
    assert said[-1] == "这些记录现在没有由您办理的步骤。"


def test_a_round_is_recorded_from_its_rows(office: Office, qtbot: QtBot, tmp_path: Path) -> None:
    running = office("city")
    session = running.desk.session
    assert session is not None
    made = draw_lookback(session, "测试轮", 3, seed="s")
    settle(running, qtbot)
    running.window.commands.actions["rounds"].trigger()
    dialog = _open(running, LookbackDialog)
    qtbot.waitUntil(lambda: dialog.table.rowCount() == made.drawn, timeout=WAIT_MS)
    assert "种子" in dialog.seed.text()
    assert dialog.bar.value() == 0
    first = dialog.chosen()
    assert first is not None
    settle(running, qtbot)
    assert running.desk.selection.now.uids == (first.boiler.uid,)
    dialog.good.click()
    settle(running, qtbot)
    step = _open(running, StepDialog)
    assert step.form.editor("lookback_round").value() == "测试轮"
    step.add_file("lookback_photo", _photo(tmp_path))
    step.send()
    qtbot.waitUntil(lambda: not step.isVisible(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: dialog.bar.value() == 1, timeout=WAIT_MS)
    settle(running, qtbot)
    assert [item.result for item in visits_of(session, made)].count("good") == 1
    following = dialog.chosen()
    assert following is not None
    assert following.place == 2  # the next that is open is chosen by itself
    dialog.bad.click()
    settle(running, qtbot)
    step = _open(running, StepDialog)
    step.add_file("rebound_photo", _photo(tmp_path))
    step.reason.setPlainText("夜间冒烟")
    step.send()
    qtbot.waitUntil(lambda: not step.isVisible(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: dialog.bar.value() == 2, timeout=WAIT_MS)
    assert "已报告1" in dialog.words.text()
    dialog.write(tmp_path / "清单.csv")
    settle(running, qtbot)
    assert following.boiler.ledger_no in (tmp_path / "清单.csv").read_text("utf-8-sig")
    dialog.close()
    # Hidden it would go on reading at every change, and choose records nobody asked for.
    qtbot.waitUntil(lambda: not running.window.findChildren(LookbackDialog), timeout=WAIT_MS)
    settle(running, qtbot)


def test_a_round_is_drawn_from_what_the_dialog_limits_it_to(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    session = running.desk.session
    assert session is not None
    settle(running, qtbot)
    running.window.commands.actions["draw_lookback"].trigger()
    dialog = _open(running, AskDialog)
    cleared = session.workspace.find(Boiler, equal(status="cleared"))
    code = max(str(item.div_code) for item in cleared if item.div_code)
    dialog.form.fill({"name": "一地轮", "share": 100.0, "within": code, "seed": "s"})
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    made = find_round(session, "一地轮")
    assert made.condition == f"div_code^{code}"
    wanted = {item.ledger_no for item in cleared if (item.div_code or "").startswith(code)}
    assert 0 < len(wanted) < len(cleared)
    assert {item.boiler.ledger_no for item in visits_of(session, made)} == wanted
    settle(running, qtbot)
    running.window.commands.actions["rounds"].trigger()
    shown = _open(running, LookbackDialog)
    qtbot.waitUntil(lambda: shown.table.rowCount() == made.drawn, timeout=WAIT_MS)
    assert f"行政区划在{running.desk.names.of('division', code)}内" in shown.seed.text()
    shown.close()
    settle(running, qtbot)
