"""How a file is to be read: its sheet, its heading rows, its encoding, and the way from an old datum."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.actions.imports import ImportOptions
from app.i18n import N_, tr
from app.ui import metrics

ALL = "all"  # every sheet that has headings of this kind
_ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16")
_OLD = (
    ("xian80", N_("Xian 1980, degrees")),
    ("EPSG:2380", N_("Xian 1980, zone 35 (105°)")),
    ("EPSG:2381", N_("Xian 1980, zone 36 (108°)")),
    ("beijing54", N_("Beijing 1954, degrees")),
    ("EPSG:2432", N_("Beijing 1954, zone 35 (105°)")),
    ("EPSG:2433", N_("Beijing 1954, zone 36 (108°)")),
)


class SourceBox(QWidget):
    """What the importer found, to be set otherwise before it asks; `changed` when a person did so."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet, self.encoding, self.system = QComboBox(), QComboBox(), QComboBox()
        self.header = QLineEdit(placeholderText=tr(N_("found by itself")))
        self.params = QLineEdit(placeholderText="dx, dy, dz, rx, ry, rz, m")
        self.points: Path | None = None
        self.choose = QPushButton(tr(N_("Common points…")), autoDefault=False)
        self.old = QCheckBox(tr(N_("Coordinates of an old datum")))
        self.about = QLabel(wordWrap=True)
        self._fill()
        self._lay_out()
        self._connect()

    def show_report(self, report: Any) -> None:
        """Offer the file's sheets, and show what was used."""
        chosen = self.sheet.currentData()
        self.sheet.blockSignals(True)
        self.sheet.clear()
        self.sheet.addItem(tr(N_("found by itself")), None)
        for name in report.sheets:
            self.sheet.addItem(name, name)
        if len(report.sheets) > 1:
            self.sheet.addItem(tr(N_("all of this kind")), ALL)
        self.sheet.setCurrentIndex(max(0, self.sheet.findData(chosen)))
        self.sheet.blockSignals(False)
        self._sheet_row.setVisible(len(report.sheets) > 1)
        self._encoding_row.setVisible(bool(report.encoding))
        self.about.setText(report.shift.sentence() if report.shift is not None else "")
        self.about.setVisible(report.shift is not None)

    def settled(self, options: ImportOptions) -> ImportOptions:
        """The options with what stands here."""
        old = self.old.isChecked()
        return replace(
            options,
            sheet=self.sheet.currentData(),
            header_rows=self.header.text().strip() or None,
            encoding=self.encoding.currentData(),
            crs=self.system.currentData() if old else None,
            params=self.params.text().strip() if old and self.points is None else "",
            points=self.points if old else None,
        )

    def take_points(self, path: Path) -> None:
        """Convert by the common points of a file."""
        self.points = path
        self.choose.setText(path.name)
        self.params.clear()
        self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a box takes what is written there; it does not go on to the next page as well."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    # ---- layout

    def _fill(self) -> None:
        self.sheet.addItem(tr(N_("found by itself")), None)
        self.encoding.addItem(tr(N_("found by itself")), None)
        for name in _ENCODINGS:
            self.encoding.addItem(name.upper(), name)
        for name, label in _OLD:
            self.system.addItem(tr(label), name)
        for box, label in (
            (self.sheet, N_("Worksheet")), (self.encoding, N_("Encoding")), (self.system, N_("Old system")),
            (self.header, N_("Heading rows")), (self.params, N_("Seven parameters")),
        ):  # fmt: skip
            box.setAccessibleName(tr(label))
        self.header.setMaximumWidth(metrics.chars(16))

    def _lay_out(self) -> None:
        self._sheet_row = _labelled(N_("Worksheet"), self.sheet)
        self._encoding_row = _labelled(N_("Encoding"), self.encoding)
        top, self._below = QHBoxLayout(), QWidget()
        metrics.tight(top, 0, 3)
        for part in (
            self._sheet_row,
            _labelled(N_("Heading rows"), self.header),
            self._encoding_row,
            self.old,
        ):
            top.addWidget(part)
        top.addStretch(1)
        below = QHBoxLayout(self._below)
        metrics.tight(below, 0, 3)
        below.addWidget(_labelled(N_("Old system"), self.system))
        below.addWidget(_labelled(N_("Seven parameters"), self.params), 1)
        below.addWidget(self.choose)
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 1.5)
        column.addLayout(top)
        column.addWidget(self._below)
        column.addWidget(self.about)
        self._below.hide()
        self.about.hide()

    def _connect(self) -> None:
        for box in (self.sheet, self.encoding):
            box.activated.connect(self.changed)
        self.system.activated.connect(self._converted)
        self.header.editingFinished.connect(self._edited)
        self.params.editingFinished.connect(self._parameters)
        self.old.toggled.connect(self._below.setVisible)
        self.old.toggled.connect(self._converted)
        self.choose.clicked.connect(self._ask_points)
        self._was = ""

    def _edited(self) -> None:
        if self.header.text().strip() != self._was:  # leaving the box unchanged reads nothing again
            self._was = self.header.text().strip()
            self.changed.emit()

    def _parameters(self) -> None:
        if self.params.text().strip() and self.params.isModified():
            self.params.setModified(False)
            self.points = None
            self.choose.setText(tr(N_("Common points…")))
            self.changed.emit()

    def _converted(self) -> None:
        """The system alone says nothing: it is read again when there is a way, or when there is none left."""
        if self.points is not None or self.params.text().strip() or not self.old.isChecked():
            self.changed.emit()

    def _ask_points(self) -> None:
        title, kinds = tr(N_("Common points")), "xlsx, xls, csv (*.xlsx *.xls *.csv *.txt)"
        name, _ = QFileDialog.getOpenFileName(self, title, "", kinds)
        if name:
            self.take_points(Path(name))


def _labelled(label: str, box: QWidget) -> QWidget:
    row = QWidget()
    line = QHBoxLayout(row)
    metrics.tight(line, 0, 1)
    line.addWidget(QLabel(tr(label)))
    line.addWidget(box, 1)
    return row
