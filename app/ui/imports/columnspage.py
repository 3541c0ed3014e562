"""Which column means which field: what was recognised, how surely, and corrections."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.entity import EntityType, Shape
from app.i18n import N_, in_a_row, tr
from app.ui import metrics
from app.ui.imports.sourcebox import SourceBox

PLACES = {"x": N_("Longitude or easting"), "y": N_("Latitude or northing"), "xy": N_("Both coordinates")}
_SURE = 0.8


class ColumnsPage(QWidget):
    """One row a column of the file; `corrected` when the user chose another field."""

    corrected = Signal()
    forgotten = Signal()
    shared = Signal()
    brought = Signal()  # a mapping file of somebody else is to be used

    def __init__(self, kind: EntityType, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = kind
        self._found: dict[str, str] = {}
        self._boxes: dict[str, QComboBox] = {}
        self.source, self.about = SourceBox(), QLabel(wordWrap=True)
        self.table = QTableWidget(0, 5)
        self.table.setHorizontalHeaderLabels(
            [
                tr(N_("Column")),
                tr(N_("Heading in the file")),
                tr(N_("First values")),
                tr(N_("Field")),
                tr(N_("Certainty")),
            ]
        )
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(metrics.line_height() + metrics.grid(2))
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 2)
        column.addWidget(self.source)
        column.addWidget(self.about)
        column.addLayout(self._learning())
        column.addWidget(self.table, 1)

    def _learning(self) -> QHBoxLayout:
        self.learned = QLabel(wordWrap=True)
        self.forget, self.share = QPushButton(tr(N_("Forget them"))), QPushButton(tr(N_("Save the mapping…")))
        bring = QPushButton(tr(N_("Use a mapping…")))
        self.forget.clicked.connect(self.forgotten)
        self.share.clicked.connect(self.shared)
        self.share.setEnabled(False)  # before a file is read there is nothing to save
        bring.clicked.connect(self.brought)
        line = QHBoxLayout()
        line.addWidget(self.learned, 1)
        for button in (self.forget, bring, self.share):
            button.setAutoDefault(False)
            line.addWidget(button)
        self.show_learned(0)
        return line

    def show_learned(self, count: int) -> None:
        """Say how many corrections of earlier files with these headings were used."""
        self.learned.setText(
            tr(N_("{n} corrections of earlier files of this template are used"), n=count) if count else ""
        )
        self.forget.setVisible(count > 0)

    def show_columns(self, columns: Sequence[Any]) -> None:
        """Show the mapping a plan was made with."""
        self._found = {column.key: column.field for column in columns}
        self._boxes.clear()
        self.share.setEnabled(True)
        self.table.setRowCount(len(columns))
        for row, column in enumerate(columns):
            told = unicodedata.normalize("NFKC", column.heading).casefold()
            unit = f"  ({column.unit})" if column.unit and column.unit.casefold() not in told else ""
            self.table.setItem(row, 0, QTableWidgetItem(column.letter))
            heading = QTableWidgetItem(
                column.heading + unit + (f"  · {column.table}" if column.table else "")
            )
            heading.setToolTip(heading.text())
            self.table.setItem(row, 1, heading)
            box = self._box(column.field)
            box.activated.connect(self.corrected)
            samples = QTableWidgetItem(in_a_row(column.samples))
            samples.setToolTip("\n".join(column.samples))
            self.table.setItem(row, 2, samples)
            self.table.setCellWidget(row, 3, box)
            self._boxes[column.key] = box
            sure = tr(N_("sure")) if column.certainty >= _SURE else tr(N_("please check"))
            words = f"{column.certainty * 100:.0f} % · {sure}" if column.field else "—"
            self.table.setItem(row, 4, QTableWidgetItem(words))
        self.table.resizeColumnToContents(0)
        self.table.resizeColumnToContents(4)

    def boxes(self) -> list[QComboBox]:
        """The choosers of fields, in the order of the columns."""
        return list(self._boxes.values())

    def corrections(self) -> dict[str, str]:
        """The columns whose field the user changed: key to field, empty for a column not to be read."""
        chosen = {key: str(box.currentData() or "") for key, box in self._boxes.items()}
        return {key: name for key, name in chosen.items() if name != self._found.get(key, "")}

    def _box(self, field: str) -> QComboBox:
        box = QComboBox()
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.addItem(tr(N_("not read")), "")
        if self._kind.shape is Shape.POINT:
            for name, label in PLACES.items():
                box.addItem(tr(label), name)
        for declared in self._kind.fields.values():
            if not declared.derived and not declared.workflow:
                box.addItem(declared.heading, declared.name)
        if field and box.findData(field) < 0:
            box.addItem(field, field)
        box.setCurrentIndex(max(0, box.findData(field)))
        return box
