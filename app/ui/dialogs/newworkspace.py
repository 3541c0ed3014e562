"""Making an empty workspace: where, for which area, who administers it."""

from __future__ import annotations

import csv
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.i18n import N_, tr
from app.resources import resource
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.frame.opening import Opened, make_new
from app.ui.messages import buttons
from app.ui.parts import fault, say_fault, say_refusal, side_button
from app.ui.tasks import Callbacks, Lane

_HOME = "620800"


class NewWorkspaceDialog(QDialog):
    """`made` carries the opened workspace."""

    made = Signal(object)  # Opened

    def __init__(self, desk: Desk, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setWindowTitle(tr(N_("New workspace")))
        self.file = QLineEdit(str(Path(folder) / f"{tr(N_('workspace'))}.gpkg"))
        choose = side_button(tr(N_("Choose…")), self._choose)
        where = QHBoxLayout()
        where.addWidget(self.file, 1)
        where.addWidget(choose)
        self.area = QComboBox(editable=True)
        for code, name in _areas():
            self.area.addItem(f"{name}  {code}", code)
        self.area.setCurrentIndex(max(0, self.area.findData(_HOME)))
        completer = self.area.completer()
        if isinstance(completer, QCompleter):
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.admin, self.pin, self.again = QLineEdit(), QLineEdit(), QLineEdit()
        for line in (self.pin, self.again):
            line.setEchoMode(QLineEdit.EchoMode.Password)
        self._fault = fault()
        self.foot = buttons(tr(N_("Make the workspace")))
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        rows = QFormLayout()
        rows.setHorizontalSpacing(metrics.grid(3))
        rows.addRow(tr(N_("File")), where)
        rows.addRow(tr(N_("Responsible area")), self.area)
        rows.addRow(tr(N_("Administrator")), self.admin)
        rows.addRow(tr(N_("PIN (6 characters or more)")), self.pin)
        rows.addRow(tr(N_("PIN again")), self.again)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        column.addLayout(rows)
        column.addWidget(self._fault)
        column.addStretch(1)
        column.addWidget(self.foot)
        self.setMinimumWidth(metrics.chars(76))

    def send(self) -> None:
        """Make it; the dialog stays open when it cannot be made."""
        if self.pin.text() != self.again.text():
            say_fault(self._fault, tr(N_("The two PINs differ.")))
            return
        path, admin, pin = Path(self.file.text()), self.admin.text().strip(), self.pin.text()
        area = self.chosen_area()
        self.foot.setEnabled(False)
        callbacks: Callbacks[Opened] = Callbacks(
            self._done, self._refused, finished=lambda: self.foot.setEnabled(True)
        )
        self._desk.tasks.run(
            self, lambda _: make_new(path, area, admin, pin), callbacks, lane=Lane.WRITE,
            title=tr(N_("Making the workspace")),
        )  # fmt: skip

    def chosen_area(self) -> str:
        """The code of the area chosen, or the code somebody typed."""
        words = self.area.currentText()
        known = self.area.findText(words)
        return str(self.area.itemData(known)) if known >= 0 else (words.split() or [""])[-1]

    def _done(self, opened: Opened) -> None:
        self.accept()
        self.made.emit(opened)

    def _refused(self, error: Exception) -> None:
        say_refusal(self._fault, error, self._desk.failed.emit)

    def _choose(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr(N_("New workspace")), self.file.text(), "GeoPackage (*.gpkg)"
        )
        if name:
            self.file.setText(name if name.endswith(".gpkg") else f"{name}.gpkg")


def _areas() -> list[tuple[str, str]]:
    """The cities and counties of the shipped code lists, for choosing; the action knows more."""
    with resource("divisions", "gansu_cities.csv").open(encoding="utf-8-sig", newline="") as file:
        cities = [(f"{row['code']}00", row["name"]) for row in csv.DictReader(file)]
    with resource("divisions", "gansu_counties.csv").open(encoding="utf-8-sig", newline="") as file:
        counties = [(row["code"], row["name"]) for row in csv.DictReader(file)]
    return sorted([*cities, *counties])
