"""The frozen reports: a list to open from, to compare two of, to copy a file from, to withdraw one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.changes import Actor
from app.domain.entities.snapshot import ReportSnapshot, ReportWithdrawal
from app.domain.rights import may_withdraw
from app.domain.values import show_moment
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.parts import heading, muted, side_button

OPEN, COMPARE, COPY, WITHDRAW = "open", "compare", "copy", "withdraw"
_HEADS = (N_("Name"), N_("Frozen at"), N_("Units"))


class FrozenList(QWidget):
    """Emits what is to be done, with the names of the chosen reports."""

    asked = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reports: Sequence[ReportSnapshot] = ()
        self._gone: Mapping[str, ReportWithdrawal] = {}
        self.actor: Actor | None = None
        self.table = QTableWidget(0, len(_HEADS))
        self.table.setHorizontalHeaderLabels([tr(head) for head in _HEADS])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.setAccessibleName(tr(N_("Frozen reports")))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._room = QWidget()  # below the words that nothing is there
        self._none = muted(tr(N_("Nothing is frozen yet. Freeze a report when you send it.")))
        self.buttons: dict[str, QPushButton] = {
            name: side_button(tr(words), partial(self._ask, name))
            for name, words in (
                (OPEN, N_("Open")),
                (COMPARE, N_("Compare two")),
                (COPY, N_("Copy its file…")),
                (WITHDRAW, N_("Withdraw…")),
            )
        }
        self.table.itemSelectionChanged.connect(self._say)
        self.table.cellActivated.connect(lambda *_: self.asked.emit(OPEN, self.names()[:1]))
        self._lay_out()
        self._say()

    def show_reports(
        self, reports: Sequence[ReportSnapshot], gone: Mapping[str, ReportWithdrawal], actor: Actor | None
    ) -> None:
        """Show the list, the newest first; what was chosen stays chosen."""
        kept = set(self.names())
        self._reports, self._gone, self.actor = reports, gone, actor
        self.table.setRowCount(len(reports))
        for at, item in enumerate(reports):
            withdrawn = gone.get(item.uid)
            words = f"{item.name}（{tr(N_('withdrawn'))}）" if withdrawn else item.name
            units = f"{item.units} / {item.tph:g}"
            for column, shown in enumerate((words, show_moment(item.frozen_at)[:10], units)):
                cell = QTableWidgetItem(shown)
                cell.setToolTip(_tip(item, withdrawn))
                if column == 2:
                    cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(at, column, cell)
                cell.setSelected(item.name in kept)
        self._none.setVisible(not reports)
        self.table.setVisible(bool(reports))
        self._room.setVisible(not reports)
        self._say()

    def _ask(self, what: str) -> None:
        self.asked.emit(what, self.names())

    def names(self) -> tuple[str, ...]:
        """The names of the chosen reports."""
        return tuple(item.name for item in self._chosen())

    def choose(self, *names: str) -> None:
        """Choose reports by name."""
        for at, item in enumerate(self._reports):
            for column in range(len(_HEADS)):
                cell = self.table.item(at, column)
                if cell is not None:
                    cell.setSelected(item.name in names)

    def _chosen(self) -> list[ReportSnapshot]:
        rows = sorted({index.row() for index in self.table.selectedIndexes()})
        return [self._reports[row] for row in rows if row < len(self._reports)]

    def _say(self) -> None:
        chosen = self._chosen()
        one = chosen[0] if len(chosen) == 1 else None
        self.buttons[OPEN].setEnabled(one is not None)
        self.buttons[COPY].setEnabled(one is not None)
        self.buttons[COMPARE].setEnabled(len(chosen) == 2 and chosen[0].report == chosen[1].report)
        actor = self.actor
        self.buttons[WITHDRAW].setEnabled(
            one is not None
            and one.uid not in self._gone
            and actor is not None
            and may_withdraw(actor.role, actor.area, actor.uid, one.values())
        )

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 2)
        column.addWidget(heading(tr(N_("Frozen reports"))))
        column.addWidget(self._none)
        column.addWidget(self.table, 1)
        column.addWidget(self._room, 1)
        grid = QGridLayout()
        grid.setSpacing(metrics.grid(1))
        for at, button in enumerate(self.buttons.values()):
            grid.addWidget(button, at // 2, at % 2)
        self.buttons[COMPARE].setToolTip(tr(N_("Choose two of one kind with Ctrl")))
        self.buttons[WITHDRAW].setToolTip(
            tr(N_("For leaders of county and city, never for who froze it; it stays listed"))
        )
        column.addLayout(grid)


def _tip(item: ReportSnapshot, withdrawn: ReportWithdrawal | None) -> str:
    lines = [f"{item.name} · {show_moment(item.frozen_at)} · {item.frozen_by_name} · {item.baseline or '—'}"]
    if item.reason:
        lines.append(item.reason)
    if withdrawn is not None:
        said = N_("Withdrawn by {name}: {reason}")
        lines.append(tr(said, name=withdrawn.withdrawn_by_name, reason=withdrawn.reason))
    return "\n".join(lines)
