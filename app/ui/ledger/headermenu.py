"""The box at a heading: order, the values with their counts, a part of the text, from–to, empty or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.fields import Field, Kind
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.ledger.columnfilter import RANGED, ColumnFilter, accepts
from app.ui.ledger.rows import HeldValue
from app.ui.parts import fault, heading, muted, say_fault, side_button

_MOST_LISTED = 2000
_VALUE = Qt.ItemDataRole.UserRole


class FilterMenu(QFrame):
    """A popup; Enter takes the filter, Esc leaves it as it was."""

    taken = Signal(object)  # ColumnFilter
    ordered = Signal(str, bool)  # field, whether the order runs down

    def __init__(self, field: Field, now: ColumnFilter, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("finderPopup")
        self._field, self._now = field, now
        self._held: list[HeldValue] = []
        self.search = self._line(tr(N_("Find a value")))
        self.search.textChanged.connect(self._narrow)
        self.values = QListWidget()
        self.values.setAccessibleName(tr(N_("Values")))
        self.values.setMinimumHeight(metrics.line_height() * 7)
        self.contains = self._line(tr(N_("Contains")), now.contains)
        self.low, self.high = self._line(tr(N_("From")), now.low), self._line(tr(N_("To")), now.high)
        self.empty = QComboBox()
        for label, held in (
            (N_("Empty or not"), None),
            (N_("Empty only"), True),
            (N_("Not empty only"), False),
        ):
            self.empty.addItem(tr(label), held)
        self.empty.setCurrentIndex(max(0, self.empty.findData(now.empty)))
        self.empty.setAccessibleName(tr(N_("Empty or not")))
        self._note = muted()
        self._note.hide()
        self._fault = fault()
        self._lay_out()
        self.search.setFocus()

    def show_values(self, held: Sequence[HeldValue]) -> None:
        """List the values, those of the filter ticked; without one all are."""
        self._held = list(held)
        listed = self._held[:_MOST_LISTED]
        chosen = self._now.values
        for value in listed:
            item = QListWidgetItem(f"{value.shown or tr(N_('(empty)'))}  ({value.count:,})", self.values)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            on = chosen is None or value.value in chosen
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            item.setData(_VALUE, value)
        if len(self._held) > len(listed):
            said = N_("The first {n} of {all} values; the box “Contains” looks at all of them")
            self._note.setText(tr(said, n=len(listed), all=len(self._held)))
            self._note.show()

    def tick(self, shown: Sequence[str]) -> None:
        """Tick these values only."""
        for item in self._items():
            on = item.data(_VALUE).shown in shown
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def filter(self) -> ColumnFilter:
        """What is asked for; raises Invalid for a limit that cannot be read."""
        ranged = self._field.kind in RANGED
        made = ColumnFilter(
            self._field.name,
            self._chosen(),
            self.contains.text().strip(),
            self.low.text().strip() if ranged else "",
            self.high.text().strip() if ranged else "",
            self.empty.currentData(),
        )
        accepts(made, self._field, str)
        return made

    def take(self) -> None:
        """Take the filter, or say why it cannot be."""
        try:
            made = self.filter()
        except Invalid as reason:
            say_fault(self._fault, reason.message)
            return
        self.taken.emit(made)
        self.close()

    def _chosen(self) -> tuple[Any, ...] | None:
        """The ticked values that can be seen when a search narrows the list; None when all are ticked."""
        items = self._items()
        on = [item for item in items if item.checkState() == Qt.CheckState.Checked and not item.isHidden()]
        if len(on) == len(items) or not items:
            return None if items or self._now.values is None else self._now.values
        return tuple(item.data(_VALUE).value for item in on)

    def _items(self) -> list[QListWidgetItem]:
        return [self.values.item(at) for at in range(self.values.count())]

    def _narrow(self, text: str) -> None:
        wanted = text.strip().casefold()
        for item in self._items():
            item.setHidden(wanted not in item.data(_VALUE).shown.casefold())

    def _set_all(self, on: bool) -> None:
        for item in self._items():
            if not item.isHidden():
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def _order(self, down: bool) -> None:
        self.ordered.emit(self._field.name, down)
        self.close()

    def _clear(self) -> None:
        self.taken.emit(ColumnFilter(self._field.name))
        self.close()

    def _line(self, hint: str, text: str = "") -> QLineEdit:
        line = QLineEdit(text, placeholderText=hint, clearButtonEnabled=True)
        line.setAccessibleName(hint)
        line.returnPressed.connect(self.take)
        return line

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        metrics.tight(column, 2, 1.5)
        column.addWidget(heading(self._field.heading))
        column.addLayout(
            _row(
                side_button(tr(N_("▲ Ascending")), lambda: self._order(False)),
                side_button(tr(N_("▼ Descending")), lambda: self._order(True)),
            )
        )
        column.addWidget(self.search)
        column.addLayout(
            _row(
                side_button(tr(N_("Tick all")), lambda: self._set_all(True)),
                side_button(tr(N_("Tick none")), lambda: self._set_all(False)),
            )
        )
        column.addWidget(self.values, 1)
        column.addWidget(self._note)
        column.addWidget(self.contains)
        if self._field.kind in RANGED:
            column.addLayout(_row(self.low, QLabel("–"), self.high))
            if self._field.kind is Kind.DATE:
                self.low.setToolTip(tr(N_("2018, 2018-10 or 2018-10-05")))
        column.addWidget(self.empty)
        column.addWidget(self._fault)
        good = side_button(tr(N_("Filter")), self.take)
        good.setProperty("primary", True)
        column.addLayout(_row(good, side_button(tr(N_("No filter here")), self._clear)))
        self.setMinimumWidth(metrics.chars(34))


def _row(*parts: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(metrics.grid(1))
    for part in parts:
        row.addWidget(part, 0 if isinstance(part, QLabel) else 1)
    return row
