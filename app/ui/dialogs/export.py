"""Exporting the records a ledger shows, by the ending of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.actions.exports import ExportOptions, export_these
from app.actions.watching import Watch
from app.domain.entity import EntityType
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.ledger.rows import Question, read_page, read_rows
from app.ui.messages import ask, buttons, tell
from app.ui.parts import fault, muted, say_refusal, side_button
from app.ui.tasks import Callbacks, Token

_FORMATS = (
    (".xlsx", N_("Excel workbook (.xlsx)")),
    (".csv", N_("Text table (.csv, UTF-8)")),
    (".geojson", N_("GeoJSON (.geojson)")),
    (".gpkg", N_("GeoPackage (.gpkg)")),
    (".zip", N_("Shapefile (.zip)")),
)


class ExportDialog(QDialog):
    """Takes the ledger's own question, so that the file holds what is seen, in the same order."""

    def __init__(
        self, desk: Desk, kind: EntityType, question: Question | None, folder: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._desk, self._kind = desk, kind
        self._question = question or Question(kind)
        self.setWindowTitle(tr(N_("Export: {kind}"), kind=kind.text))
        self.format = QComboBox()
        for ending, label in _FORMATS:
            self.format.addItem(tr(label), ending)
        self.format.activated.connect(self._change_ending)
        self.public = QCheckBox(tr(N_("Public edition: without coordinates, names and phones")))
        self.file = QLineEdit(str(Path(folder) / f"{kind.text}.xlsx"))
        choose = side_button(tr(N_("Choose…")), self._choose)
        where = QHBoxLayout()
        where.addWidget(self.file, 1)
        where.addWidget(choose)
        self._fault = fault()
        self.foot = buttons(tr(N_("Export")))
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        rows = QFormLayout()
        rows.setHorizontalSpacing(metrics.grid(3))
        rows.addRow(tr(N_("Format")), self.format)
        rows.addRow(tr(N_("File")), where)
        rows.addRow("", self.public)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        column.addLayout(rows)
        column.addWidget(muted(tr(N_("The records the ledger shows now, with its filter and order."))))
        column.addWidget(self._fault)
        column.addStretch(1)
        column.addWidget(self.foot)
        self.setMinimumWidth(metrics.chars(76))

    def send(self) -> None:
        """Write the file in a thread."""
        path, public, question, names = (
            Path(self.file.text()),
            self.public.isChecked(),
            self._question,
            self._desk.names,
        )
        if path.exists() and not ask(
            self, tr(N_("{name} exists. Replace it?"), name=path.name), tr(N_("Replace"))
        ):
            return

        def work(session: Any, token: Token) -> int:
            uids = read_rows(session, question, names).uids
            found = read_page(session, question.kind, uids)
            records = [found[uid] for uid in uids if uid in found]
            options = ExportOptions(public=public)
            watch = Watch(token.progress, token.cancelled)
            return export_these(session, question.kind.cli, records, path, options, watch=watch)

        self.foot.setEnabled(False)
        callbacks: Callbacks[int] = Callbacks(
            lambda count: self._done(count, path), self._refused, finished=lambda: self.foot.setEnabled(True)
        )
        self._desk.read(self, work, callbacks, title=tr(N_("Exporting")))

    def _done(self, count: int, path: Path) -> None:
        self.accept()
        tell(self.parentWidget(), tr(N_("{n} records are in {path}"), n=f"{count:,}", path=path))

    def _refused(self, error: Exception) -> None:
        say_refusal(self._fault, error, self._desk.failed.emit)

    def _change_ending(self) -> None:
        self.file.setText(str(Path(self.file.text()).with_suffix(str(self.format.currentData()))))

    def _choose(self) -> None:
        ending = str(self.format.currentData())
        name, _ = QFileDialog.getSaveFileName(self, self.windowTitle(), self.file.text(), f"*{ending}")
        if name:
            self.file.setText(name if name.endswith(ending) else name + ending)
