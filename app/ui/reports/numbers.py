"""The numbers of a report as a table: what is counted down, places across; each opens its boilers."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from app.domain.frozen import Counted, Number
from app.domain.output import Total
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.parts import heading, muted
from app.ui.theme import colours


class Titled(QWidget):
    """A title and words, with room below; `wanted` asks for the boilers behind a number, and says which."""

    wanted = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = heading("", 1.2)
        self.title.setWordWrap(True)
        self.about = muted()
        self.below = QVBoxLayout(self)
        metrics.tight(self.below, 0, 2)
        self.below.addWidget(self.title)
        self.below.addWidget(self.about)


class NumbersView(Titled):
    """The numbers of one report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel(wordWrap=True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.table = dressed(QTableWidget())
        self.table.setAccessibleName(tr(N_("Numbers of the report")))
        self.table.cellClicked.connect(self._open)
        self.table.cellActivated.connect(self._open)
        self._numbers: dict[tuple[int, int], Number] = {}
        self.below.addWidget(self.text)
        self.below.addWidget(self.table, 1)
        self._room = QWidget()  # below words alone, which stay on top
        self.below.addWidget(self._room, 1)

    def say(self, title: str, about: str) -> None:
        """Words without numbers, such as why there are none."""
        self.show_counted(Counted((), {}), title, about)

    def show_counted(self, counted: Counted, title: str, about: str) -> None:
        """Show the numbers of a report, the whole first."""
        self.title.setText(title)
        self.about.setText(about)
        self.text.setText(counted.text)
        self.text.setVisible(bool(counted.text))
        places = dict.fromkeys((item.place, item.place_name) for item in counted.numbers)
        labels = dict.fromkeys((item.name, item.label) for item in counted.numbers)
        table, self._numbers = self.table, {}
        table.setVisible(bool(places))
        self._room.setVisible(not places)
        table.clear()
        table.setRowCount(len(labels))
        table.setColumnCount(len(places))
        table.setHorizontalHeaderLabels([name for _, name in places])
        table.setVerticalHeaderLabels([tr(label) for _, label in labels])
        by_place = {(item.place, item.name): item for item in counted.numbers}
        for at, (name, _) in enumerate(labels):
            for across, (place, _) in enumerate(places):
                number = by_place.get((place, name))
                if number is not None:
                    self._numbers[at, across] = number
                    table.setItem(at, across, number_item(_short(number.total), empty=not number.uids))
        table.resizeColumnsToContents()

    def _open(self, row: int, column: int) -> None:
        number = self._numbers.get((row, column))
        if number is not None:
            self.wanted.emit(number.uids, f"{number.place_name} · {tr(number.label)} · {both(number.total)}")


def dressed(table: QTableWidget) -> QTableWidget:
    """A table to read and to click, not to edit."""
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().setDefaultSectionSize(metrics.line_height() + metrics.grid(1))
    return table


def number_item(words: str, *, empty: bool = False) -> QTableWidgetItem:
    """A cell that opens rows when it is clicked."""
    item = QTableWidgetItem(words)
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setForeground(QColor(colours().muted if empty else colours().accent))
    item.setToolTip(tr(N_("Show these boilers")))
    return item


def both(total: Total) -> str:
    """Units and t/h together, in words."""
    return tr(N_("{n} units · {tph} t/h"), n=total.units, tph=f"{total.tph:g}")


def _short(total: Total) -> str:
    return f"{total.units} / {round(total.tph, 2):g}"
