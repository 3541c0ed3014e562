"""The bar above a ledger: words to look for, status, division, month, and an expression for anything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from app.domain.entities.boiler_codes import GROUP_OF_STATE, STATUS_GROUPS, group_of
from app.domain.entity import EntityType
from app.domain.filters import Condition, Filter, parse_filter
from app.domain.output import Total
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.ledger.columns import MONTHS
from app.ui.names import Names
from app.ui.symbols import status_icon

_TYPING_MS = 250
_COUNTY = 6
_OWN, _OWN_ROLE = "own", Qt.ItemDataRole.UserRole + 1  # marks the area of whoever is signed in
_MONTHS = 25  # two years and the month that runs: what is older is found by the column's filter


class FilterBar(QWidget):
    """Emits `changed` a moment after the user stopped typing; its count is shown in the ledger's foot."""

    changed = Signal()

    def __init__(
        self, kind: EntityType, names: Names, parent: QWidget | None = None, *, today: str = ""
    ) -> None:
        super().__init__(parent)
        self.setObjectName("paneHeader")
        self._kind = kind
        self._delay = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._delay.timeout.connect(self.changed)
        self._title = QLabel(kind.text)
        self._title.setFont(metrics.sized(1.0, bold=True))
        self.words = self._line(N_("Find in this ledger"), 14)
        self.status = self._status_box()
        self.division = self._division_box(names)
        self.month = self._month_box(today)
        self.expression = self._line(N_("Condition, such as rated_tph>=4 and fuel=gas"), 20)
        self.expression.hide()
        self._rows: tuple[str, ...] | None = None  # exactly these records, as when a number was clicked
        self._pin = QPushButton()
        self._pin.setAutoDefault(False)
        self._pin.setToolTip(tr(N_("Only the records this number counts; click to show all again")))
        self._pin.clicked.connect(lambda: self.choose())
        self._pin.hide()
        self.count = QLabel()
        self.count.setProperty("muted", True)
        self._fault = QLabel()
        self._fault.setProperty("danger", True)
        self._lay_out()

    def filter(self) -> Filter:
        """The filter the boxes and the expression mean together; raises Invalid for a bad expression."""
        common = [
            *self._in_group(),
            *self._within(),
            *self._in_month(),
            *([Condition("uid", "in", self._rows)] if self._rows is not None else []),
        ]
        groups = parse_filter(
            self.expression.text() if self.expression.isVisible() else "", self._kind
        ).groups
        if not groups:
            return Filter((tuple(common),)) if common else Filter()
        return Filter(tuple((*common, *group) for group in groups))

    def text(self) -> str:
        """The words to look for."""
        return self.words.text().strip()

    def choose(
        self,
        *,
        group: str = "",
        division: str = "",
        month: str = "",
        expression: str = "",
        rows: Sequence[str] = (),
        said: str = "",
    ) -> None:
        """Set the boxes from outside, as when a number was clicked; with `said` the ledger shows `rows`."""
        self._pin_rows(rows if said else None, said)
        self.words.clear()
        self.status.setCurrentIndex(max(0, self.status.findData(group)))
        self.division.setCurrentIndex(max(0, self.division.findData(division)))
        self.month.setCurrentIndex(max(0, self.month.findData(month)))
        self.expression.setText(expression)
        self.expression.setVisible(bool(expression))
        self._delay.stop()
        self.changed.emit()

    def _pin_rows(self, rows: Sequence[str] | None, said: str = "") -> None:
        self._rows = None if rows is None else tuple(rows)
        self._pin.setText(f"{said}  ×")
        self._pin.setVisible(rows is not None)

    def offer_area(self, code: str, name: str) -> None:
        """Offer the area of whoever is signed in beside the counties, when it is none of them."""
        chosen, own = self.division.currentData(), self.division.findData(_OWN, _OWN_ROLE)
        if own >= 0:
            self.division.removeItem(own)
        if code and name and self.division.findData(code) < 0 and not code.endswith("00"):
            self.division.insertItem(1, tr(N_("My area: {name}"), name=name), code)
            self.division.setItemData(1, _OWN, _OWN_ROLE)
        self.division.setCurrentIndex(max(0, self.division.findData(chosen)))

    def held(self) -> dict[str, str]:
        """What stands in the boxes, as a view keeps it."""
        held = {
            "words": self.text(),
            "status": str(self.status.currentData() or ""),
            "division": str(self.division.currentData() or ""),
            "month": str(self.month.currentData() or ""),
            "expression": self.expression.text().strip(),
        }
        return {name: value for name, value in held.items() if value}

    def put(self, held: Mapping[str, str]) -> None:
        """Fill the boxes as a view has them; who calls asks for the rows."""
        self._pin_rows(None)
        self.words.setText(held.get("words", ""))
        self.status.setCurrentIndex(max(0, self.status.findData(held.get("status", ""))))
        self.division.setCurrentIndex(max(0, self.division.findData(held.get("division", ""))))
        self.month.setCurrentIndex(max(0, self.month.findData(held.get("month", ""))))
        self.expression.setText(held.get("expression", ""))
        self.expression.setVisible(bool(held.get("expression")))
        self._delay.stop()

    def add(self, *buttons: QWidget) -> None:
        """Put buttons at the right end."""
        for button in buttons:
            self._row.addWidget(button)

    def show_count(self, shown: int, total: Total | None) -> None:
        """How many records there are; boilers always in units and t/h together."""
        self._fault.clear()
        if total is not None:
            self.count.setText(tr(N_("{n} units · {tph} t/h"), n=total.units, tph=f"{total.tph:g}"))
        else:
            self.count.setText(tr(N_("{n} records"), n=f"{shown:,}"))

    def counted(self) -> str:
        """What the bar says about the number of records."""
        return self.count.text()

    def fault(self) -> str:
        """What the bar says about the condition; empty when it can be read."""
        return self._fault.text()

    def show_fault(self, fault: Invalid) -> None:
        """Say what is wrong with the expression."""
        self._fault.setText(fault.message)
        self._fault.setToolTip(fault.hint)

    def is_filtering(self) -> bool:
        """Whether any of the boxes narrows the ledger."""
        return bool(
            self.text()
            or self.status.currentData()
            or self.division.currentData()
            or self.month.currentData()
            or self.expression.text()
            or self._rows is not None
        )

    def _in_group(self) -> list[Condition]:
        """What holds for the states counted under the chosen word; for the unverified also unknown ones."""
        chosen = self.status.currentData()
        if not chosen:
            return []
        if chosen == group_of(""):
            return [
                Condition("status", "!=", known) for known, group in GROUP_OF_STATE.items() if group != chosen
            ]
        return [
            Condition("status", "in", tuple(one for one, group in GROUP_OF_STATE.items() if group == chosen))
        ]

    def _within(self) -> list[Condition]:
        code = self.division.currentData()
        return [Condition("div_code", ">=", code), Condition("div_code", "<", _after(code))] if code else []

    def _in_month(self) -> list[Condition]:
        month = self.month.currentData()
        return [Condition(MONTHS[self._kind.name], "^", month)] if month else []

    def _line(self, hint: str, width: int) -> QLineEdit:
        line = QLineEdit(placeholderText=tr(hint), clearButtonEnabled=True)
        line.setAccessibleName(tr(hint))
        line.setMinimumWidth(metrics.chars(width))
        line.textChanged.connect(self._delay.start)
        return line

    def _status_box(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(tr(N_("Status")))
        box.addItem(tr(N_("Every status")), "")
        first = {group: state for state, group in reversed(GROUP_OF_STATE.items())}
        for code in STATUS_GROUPS.codes:
            box.addItem(status_icon(first[code]), STATUS_GROUPS.label(code), code)
        box.setVisible("status" in self._kind.fields)
        box.activated.connect(self._delay.start)
        return box

    def _division_box(self, names: Names) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(tr(N_("Division")))
        box.addItem(tr(N_("Every county")), "")
        for code, name in sorted(names.known("division").items()):
            if len(code) == _COUNTY and not code.endswith("00") and code not in names.past:
                box.addItem(name, code)
        box.setVisible("div_code" in self._kind.fields)
        box.activated.connect(self._delay.start)
        return box

    def _month_box(self, today: str) -> QComboBox:
        """The month of `today` and those before it, where a ledger goes by days."""
        box = QComboBox()
        box.setAccessibleName(tr(N_("Month")))
        box.addItem(tr(N_("Every month")), "")
        for month in months_before(today) if today else ():
            box.addItem(month, month)
        box.setVisible(self._kind.name in MONTHS)
        box.activated.connect(self._delay.start)
        return box

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout(self)
        metrics.tight(row, 1, 1.5)
        more = QToolButton()
        more.setProperty("flat", True)
        icons.wear(more, "filter")
        more.setToolTip(tr(N_("Filter by a condition on any field")))
        more.setAccessibleName(tr(N_("Filter by a condition on any field")))
        more.setCheckable(True)
        more.toggled.connect(self._toggle_expression)
        row.addWidget(self._title)
        row.addWidget(self._pin)
        row.addWidget(self.words, 1)
        for box in (self.status, self.division, self.month):
            if box.isVisibleTo(self):
                row.addWidget(box)
        row.addWidget(more)
        row.addWidget(self.expression, 2)
        row.addWidget(self._fault)
        row.addStretch(1)

    def _toggle_expression(self, shown: bool) -> None:
        self.expression.setVisible(shown)
        if shown:
            self.expression.setFocus()
        elif self.expression.text():
            self.expression.clear()


def months_before(today: str, count: int = _MONTHS) -> list[str]:
    """The month of a day (ISO) and those before it, the newest first: `2026-01`, `2025-12`."""
    newest = int(today[:4]) * 12 + int(today[5:7]) - 1
    return [f"{at // 12:04}-{at % 12 + 1:02}" for at in range(newest, newest - count, -1)]


def _after(code: str) -> str:
    """The first code after every division below `code`: `620802` → `620803`."""
    return str(int(code) + 1).zfill(len(code))
