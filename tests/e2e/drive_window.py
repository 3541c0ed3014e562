"""Run as a program under an X server: drives the real window with keys and mouse, and prints what it saw."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.setting import Setting
from app.domain.filters import equal
from app.settings import Preferences
from app.ui import crash
from app.ui.application import Program, make_application
from app.ui.dialogs.signin import SignInDialog
from app.ui.forms.checklist import ChecklistEditor
from app.ui.record.editdialog import EditDialog
from app.ui.record.stepdialog import StepDialog
from window_cases import shows_marks

PATIENCE_S = 30.0
PIN = "246810"
FOUND = {
    "ledger_no": "XS-2026-001",
    "user_org": "柳湖镇新发现浴池",
    "boiler_type": "tea_bath",
    "rated_tph": 0.5,
    "fuel": "bituminous",
}
PLAN = {"treatment": "dismantle", "due_date": "2030-12-31", "resp_org": "柳湖镇人民政府"}
CHECKED = "门牌与台账一致"
LIFE: tuple[tuple[str, str, dict[str, object]], ...] = (  # who, what they write, which fields they fill
    ("inspector", "", {}),
    ("clerk", "", {"boiler_type": "tea_bath"}),
    ("clerk", "", PLAN),
    ("chief", "同意", PLAN),
    ("officer", "", {}),
    ("officer", "", {"done_date": "2026-11-20"}),
    ("officer2", CHECKED, {}),
    ("clerk", "", {"end_state": "A"}),
    ("clerk2", "", {"end_state": "A"}),
    ("chief", "", {}),
    ("city", "", {}),
    ("leader", "", {}),
)


class Driver:
    """The program in this process, its input from outside by xdotool."""

    def __init__(self, workspace: Path, pictures: Path, size: tuple[int, int], theme: str) -> None:
        self.pictures = pictures
        self.seen: dict[str, Any] = {}
        self.app = make_application()
        crash.install()
        self.program = Program(self.app, Preferences(theme=theme))
        self.window = self.program.window
        started = time.monotonic()
        self.window.setGeometry(0, 0, *size)
        self.window.show()
        self.window.activateWindow()
        self.seen["heavy_at_first_paint"] = sorted(
            name for name in ("geopandas", "pandas", "folium", "pyogrio", "sqlalchemy") if name in sys.modules
        )
        self.window.open_path(workspace)
        self.until(lambda: self.window.work.map.canvas.picture is not None)
        self.seen["first_map_s"] = round(time.monotonic() - started, 2)

    def until(self, done: Callable[[], object]) -> None:
        """Let the program work until `done` is true; fails after PATIENCE_S."""
        end = time.monotonic() + PATIENCE_S
        while not done():
            QApplication.processEvents()
            time.sleep(0.005)
            if time.monotonic() > end:
                self.picture("stuck")
                raise TimeoutError("the window did not get there")

    def rest(self) -> None:
        """Until nothing is under way."""
        end = time.monotonic() + 0.4
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)
        self.until(self.program.desk.tasks.idle)

    def back_to_window(self) -> None:
        """Give the keyboard back to the window, as a window manager would; a bare X server has none."""
        self.window.activateWindow()
        self.rest()

    def keys(self, *names: str) -> None:
        """Press keys as a person would."""
        self._xdotool("key", "--clearmodifiers", *names)

    def type(self, words: str) -> None:
        """Type words."""
        self._xdotool("type", "--delay", "12", words)

    def click(self, box: QWidget, at: QPoint | None = None) -> None:
        """Click a widget, or a point in it."""
        place = box.mapToGlobal(at or box.rect().center())
        self._xdotool("mousemove", str(place.x()), str(place.y()), "click", "1")

    def picture(self, name: str) -> None:
        """What the screen shows."""
        self.rest_briefly()
        target = self.pictures / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(target)], check=True)

    def rest_briefly(self) -> None:
        """Let paint events through."""
        end = time.monotonic() + 0.15
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)

    def dialog(self, kind: type[QDialog]) -> QDialog:
        """The open dialog of a kind."""
        self.until(lambda: any(box.isVisible() for box in self.window.findChildren(kind)))
        return next(box for box in self.window.findChildren(kind) if box.isVisible())

    def _xdotool(self, *words: str) -> None:
        running = subprocess.Popen(["xdotool", *words])
        self.until(lambda: running.poll() is not None)
        self.rest_briefly()


def sign_in(driver: Driver, login: str, *, ask: bool) -> None:
    """Sign in by the dialog."""
    if ask:
        driver.window.commands.actions["sign_in"].trigger()
    dialog = driver.dialog(SignInDialog)
    assert isinstance(dialog, SignInDialog)
    driver.until(lambda: dialog.who.count() > 0)
    dialog.who.setCurrentIndex(dialog.who.findData(login))
    driver.click(dialog.pin)
    driver.type(PIN)
    driver.keys("Return")
    driver.until(lambda: not dialog.isVisible())
    driver.back_to_window()


def find(driver: Driver, words: str) -> None:
    """Ctrl+K, type, Enter."""
    driver.keys("ctrl+k")
    driver.type(words)
    driver.until(lambda: driver.window.finder.list.count() > 0)
    driver.rest()
    driver.picture("finder")
    driver.keys("Return")
    driver.until(lambda: driver.window.work.record.view is not None)
    driver.rest()


def take_step(driver: Driver, paper: Path, reason: str = "", **values: object) -> None:
    """Ctrl+Enter opens the first step; its papers and fields are given, and it is taken."""
    driver.keys("ctrl+Return")
    dialog = driver.dialog(StepDialog)
    assert isinstance(dialog, StepDialog)
    for name, value in values.items():
        dialog.form.editor(name).set_value(value)
        dialog.form.editor(name).edited.emit()
    dialog.reason.setPlainText(reason)
    for name in dialog.form.names():
        editor = dialog.form.editor(name)
        if editor.field.choices and editor.value() is None:
            editor.set_value(editor.field.choices.codes[0])
            editor.edited.emit()
    checks = dialog.form.editor("end_checks") if "end_checks" in dialog.form.names() else None
    for box in checks.boxes.values() if isinstance(checks, ChecklistEditor) else ():
        if not box.isHidden() and not box.isChecked():
            box.click()
    for kind in dialog.missing():
        dialog.add_file(kind, paper)
    if not values:
        driver.picture("step")
    dialog.send()
    driver.until(lambda: not dialog.isVisible() or dialog.fault())
    assert not dialog.isVisible(), dialog.fault()
    driver.back_to_window()


def story(driver: Driver, paper: Path) -> None:
    """A clerk finds a boiler that waits for the county, and a second one accepts it."""
    sign_in(driver, "clerk", ask=False)
    session = driver.program.desk.session
    assert session is not None
    waiting = session.workspace.find(Boiler, equal(status="town_ok"))
    boiler = next(item for item in waiting if (item.div_code or "").startswith("620802"))
    find(driver, boiler.ledger_no)
    record = driver.window.work.record
    driver.seen["title"] = record.title.text()
    driver.seen["marked_on_map"] = shows_marks(driver.program)
    ledger = driver.window.work.ledger
    assert ledger is not None
    rows = ledger.table.selectionModel().selectedRows()
    driver.seen["row_selected"] = [ledger.model.uid_at(row.row()) for row in rows] == [boiler.uid]
    driver.picture("boiler")
    for login in ("clerk", "clerk2"):
        sign_in(driver, login, ask=True)
        before = len(record.view.signatures) if record.view else 0
        take_step(driver, paper)
        driver.until(lambda before=before: record.view is not None and len(record.view.signatures) > before)
    driver.seen["signed_by"] = [item.approval.person_name for item in record.view.signatures][-2:]
    driver.seen["history"] = record.history.toPlainText()
    driver.picture("accepted")
    driver.window.go("today")
    driver.rest()
    driver.picture("today")
    driver.seen["expected"] = {"title": boiler.title(), "ledger_no": boiler.ledger_no}


def add_boiler(driver: Driver) -> None:
    """Ctrl+N: somebody on patrol has found a boiler."""
    driver.keys("ctrl+n")
    dialog = driver.dialog(EditDialog)
    assert isinstance(dialog, EditDialog)
    for name, value in FOUND.items():
        dialog.form.editor(name).set_value(value)
    dialog.place.line.setText("106.663611, 35.583327")
    dialog.send()
    driver.until(lambda: not dialog.isVisible())
    driver.back_to_window()
    driver.until(lambda: driver.window.work.record.view is not None)


def life(driver: Driver, paper: Path) -> None:
    """A boiler from a patrol's find to cleared, each step by who has to take it, in the window alone.

    The notice runs no days here; the record is chosen once and stays chosen while people come and go.
    """
    sign_in(driver, "admin", ask=False)
    session = driver.program.desk.session
    assert session is not None
    session.commit([insert(Setting(uid=session.new_uid(), name="notice_working_days", value="0"))], "setting")
    record = driver.window.work.record
    states: list[tuple[str, str]] = []
    for login, reason, values in LIFE:
        sign_in(driver, login, ask=True)
        if login == "inspector":
            driver.window.go("boiler")
            driver.rest()
            add_boiler(driver)
        else:
            driver.rest()
            before = len(record.view.signatures) if record.view else 0
            take_step(driver, paper, reason, **values)
            driver.until(lambda before=before: record.view and len(record.view.signatures) > before)
        assert record.view is not None
        states.append((login, str(record.view.state)))
    driver.rest()
    driver.seen["life"] = states
    driver.seen["history"] = record.history.toPlainText()
    driver.picture("cleared")


def main() -> int:
    """Arguments: workspace, folder for pictures, a paper, width, height, theme, story."""
    workspace, pictures, paper = (Path(word) for word in sys.argv[1:4])
    driver = Driver(workspace, pictures, (int(sys.argv[4]), int(sys.argv[5])), sys.argv[6])
    try:
        (life if sys.argv[7] == "life" else story)(driver, paper)
    except Exception:  # noqa: BLE001 what stopped the story is the finding; the crash dialog would wait for a person
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    driver.window.close()
    print(json.dumps(driver.seen, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
