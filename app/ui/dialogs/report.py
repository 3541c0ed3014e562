"""The reports a bureau owes upward: which one, of which month, in whose template, into which file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QDate
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.actions.reports import REPORTS, ReportDone, ReportKind, ReportOrder, make_report
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.messages import ask, buttons, tell
from app.ui.parts import fault, muted, say_refusal, side_button
from app.ui.tasks import Callbacks

_BY_MONTH, _OF_BOILERS, _IN_TEMPLATE = "monthly", ".docx", ("monthly", "ledger")


class ReportDialog(QDialog):
    """Papers are of the selected boilers; without a selection letters take all that are open."""

    def __init__(self, desk: Desk, folder: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._folder = desk, folder
        self.setWindowTitle(tr(N_("Reports")))
        self.report = QComboBox()
        for kind in REPORTS:
            self.report.addItem(kind.text, kind)
        self.report.currentIndexChanged.connect(self._chosen)
        self.month = QDateEdit(QDate.currentDate())
        self.month.setDisplayFormat("yyyy-MM")
        self.template, self.file = QLineEdit(), QLineEdit()
        self.template.setPlaceholderText(tr(N_("None: the program’s own layout")))
        self.public = QCheckBox(tr(N_("Public edition: without coordinates, names and phones")))
        self.about, self._fault = muted(), fault()
        self.foot = buttons(tr(N_("Write")))
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        self._lay_out()
        self._chosen()

    def send(self) -> None:
        """Write the file in a thread."""
        path, kind = Path(self.file.text()), self._kind()
        if path.exists() and not ask(
            self, tr(N_("{name} exists. Replace it?"), name=path.name), tr(N_("Replace"))
        ):
            return
        written = self.template.text().strip()
        order = ReportOrder(
            kind.name,
            self.month.date().toString("yyyy-MM"),
            self._selected() if _OF_BOILERS in kind.endings else (),
            template=Path(written) if written and self.template.isEnabled() else None,
            public=self.public.isChecked(),
        )

        def work(session: Any, _: Any) -> ReportDone:
            return make_report(session, order, path)

        self.foot.setEnabled(False)
        callbacks: Callbacks[ReportDone] = Callbacks(
            self._done, self._refused, finished=lambda: self.foot.setEnabled(True)
        )
        self._desk.read(self, work, callbacks, title=tr(N_("Writing the report")))

    def _done(self, done: ReportDone) -> None:
        self.accept()
        said = tr(N_("{n} rows are in {path}"), n=f"{done.rows:,}", path=done.path)
        tell(self.parentWidget(), f"{said}\n\n{done.text}" if done.text else said)

    def _refused(self, error: Exception) -> None:
        say_refusal(self._fault, error, self._desk.failed.emit)

    def _kind(self) -> ReportKind:
        kind: ReportKind = self.report.currentData()
        return kind

    def _selected(self) -> tuple[str, ...]:
        now = self._desk.selection.now
        return tuple(now.uids) if now.entity == "boiler" else ()

    def _chosen(self) -> None:
        kind = self._kind()
        self.month.setEnabled(kind.name == _BY_MONTH)
        self.template.setEnabled(kind.name in _IN_TEMPLATE)
        self._pick_template.setEnabled(kind.name in _IN_TEMPLATE)
        self.file.setText(str(Path(self._folder) / f"{kind.text}{kind.endings[0]}"))
        self.about.setText(self._what(kind))
        self._fault.hide()

    def _what(self, kind: ReportKind) -> str:
        if _OF_BOILERS not in kind.endings:
            return tr(
                N_("Counted from the records as they are; a template may hold marks such as {{ledger_no}}.")
            )
        count = len(self._selected())
        if count:
            return tr(N_("For the {n} boilers selected in the ledger."), n=count)
        return tr(N_("No boiler is selected: forms are of all boilers, letters of those that are open."))

    def _lay_out(self) -> None:
        self._pick_template = side_button(tr(N_("Choose…")), self._choose_template)
        rows = QFormLayout()
        rows.setHorizontalSpacing(metrics.grid(3))
        rows.addRow(tr(N_("Report")), self.report)
        rows.addRow(tr(N_("Month")), self.month)
        rows.addRow(tr(N_("Template")), _beside(self.template, self._pick_template))
        rows.addRow(tr(N_("File")), _beside(self.file, side_button(tr(N_("Choose…")), self._choose)))
        rows.addRow("", self.public)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        column.addLayout(rows)
        column.addWidget(self.about)
        column.addWidget(self._fault)
        column.addStretch(1)
        column.addWidget(self.foot)
        self.setMinimumWidth(metrics.chars(84))

    def _choose(self) -> None:
        kinds = " ".join(f"*{ending}" for ending in self._kind().endings)
        name, _ = QFileDialog.getSaveFileName(self, self.windowTitle(), self.file.text(), kinds)
        if name:
            self.file.setText(name if Path(name).suffix else name + self._kind().endings[0])

    def _choose_template(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr(N_("Template")), self._folder, "*.xlsx")
        if name:
            self.template.setText(name)


def _beside(field: QWidget, button: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(field, 1)
    row.addWidget(button)
    return row
