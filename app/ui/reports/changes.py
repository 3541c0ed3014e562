"""What moved between two frozen reports: number by number, with the boilers that came and went."""

from __future__ import annotations

from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.actions.snapshots import TURNS, Compared, turn_words
from app.i18n import N_, tr
from app.ui.parts import heading
from app.ui.reports.numbers import Titled, both, dressed, number_item

_HEADS = (N_("Place"), N_("What is counted"), N_("Before"), N_("After"), N_("Came in"), N_("Went out"))
_BOILERS = (N_("Ledger no."), N_("User unit"), N_("Change"), N_("Before"), N_("After"))
_CAME, _WENT = 4, 5


class ChangesView(Titled):
    """Every number that moved, and every boiler that changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.moved, self.turned = dressed(QTableWidget()), dressed(QTableWidget())
        self.compared: Compared | None = None
        for words, table, heads, share in (
            (N_("Numbers that moved"), self.moved, _HEADS, 3),
            (N_("Boilers that changed"), self.turned, _BOILERS, 2),
        ):
            table.setColumnCount(len(heads))
            table.setHorizontalHeaderLabels([tr(head) for head in heads])
            table.verticalHeader().hide()
            table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
            table.setAccessibleName(tr(words))
            self.below.addWidget(heading(tr(words)))
            self.below.addWidget(table, share)
        for signal in (self.moved.cellClicked, self.moved.cellActivated):
            signal.connect(self._open_number)
        for signal in (self.turned.cellClicked, self.turned.cellActivated):
            signal.connect(self._open_boiler)

    def show_compared(self, compared: Compared) -> None:
        """Show a comparison."""
        self.compared = compared
        found = compared.comparison
        self.title.setText(
            tr(N_("From “{first}” to “{second}”"), first=compared.first.name, second=compared.second.name)
        )
        words = N_(
            "{n} numbers moved, {boilers} boilers changed. A click on what came in or went out shows it."
        )
        nothing = not found.moved and not found.turned
        self.about.setText(
            tr(N_("Nothing moved between the two."))
            if nothing
            else tr(words, n=len(found.moved), boilers=len({item.row.uid for item in found.turned}))
        )
        self.moved.setRowCount(len(found.moved))
        for at, item in enumerate(found.moved):
            for column, shown in enumerate(
                (item.place_name, tr(item.label), both(item.before), both(item.after))
            ):
                self.moved.setItem(at, column, QTableWidgetItem(shown))
            for column, uids in ((_CAME, item.came), (_WENT, item.went)):
                self.moved.setItem(at, column, number_item(str(len(uids)), empty=not uids))
        self.turned.setRowCount(len(found.turned))
        for at, boiler in enumerate(found.turned):
            shown_row = (boiler.row.ledger_no, boiler.row.unit, tr(TURNS[boiler.what]), *turn_words(boiler))
            for column, shown in enumerate(shown_row):
                self.turned.setItem(at, column, QTableWidgetItem(shown))

    def _open_number(self, row: int, column: int) -> None:
        if self.compared is None:
            return
        item = self.compared.comparison.moved[row]
        uids = {_CAME: item.came, _WENT: item.went}.get(column, (*item.came, *item.went))
        word = {_CAME: tr(TURNS["in"]), _WENT: tr(TURNS["out"])}.get(column, tr(N_("moved")))
        self.wanted.emit(uids, f"{item.place_name} · {tr(item.label)} · {word} {len(uids)}")

    def _open_boiler(self, row: int, _: int) -> None:
        if self.compared is not None:
            found = self.compared.comparison.turned[row].row
            self.wanted.emit((found.uid,), found.ledger_no)
