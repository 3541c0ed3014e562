"""The page of reports: what is wanted at the left, its numbers at the right, the frozen ones below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.actions.freezing import freeze_report, withdraw_frozen
from app.actions.lookback import round_names
from app.actions.monthly import month_in_hand
from app.actions.reports import ReportDone, ReportOrder, count_report, make_report
from app.actions.session import Session
from app.actions.snapshots import (
    Compared,
    compare_frozen,
    file_of,
    find_frozen,
    frozen_reports,
    open_frozen,
    withdrawals,
    write_comparison,
    write_frozen,
)
from app.actions.standing import baselines, places_of
from app.actions.watching import Watch
from app.domain.entities.snapshot import ReportSnapshot, ReportWithdrawal
from app.domain.fields import Field, Kind
from app.domain.frozen import Counted
from app.domain.rights import WRITERS
from app.domain.values import show_moment
from app.errors import AppError, Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk, Touched
from app.ui.dialogs.ask import AskDialog
from app.ui.dialogs.reason import ReasonDialog
from app.ui.messages import show_error
from app.ui.parts import card, side_button
from app.ui.reports.changes import ChangesView
from app.ui.reports.frozen import COMPARE, COPY, OPEN, WITHDRAW, FrozenList
from app.ui.reports.numbers import NumbersView
from app.ui.reports.order import Known, OrderForm
from app.ui.tasks import Callbacks, Token

_LEFT = 46  # characters
_TOUCHES = frozenset(
    ("boiler", "baseline", "attachment", "lookback_round", "report_snapshot", "report_withdrawal")
)
_FREEZE = (
    Field(Kind.TEXT, N_("Name"), name="name", length=80, hint=N_("Empty: report, month and a number")),
    Field(Kind.TEXT, N_("Reason"), name="reason", length=200),
)


@dataclass(frozen=True)
class Offers:
    """What the page offers: counties, rounds and baselines as scopes, frozen reports, the month in hand."""

    counties: Mapping[str, str]
    named: Mapping[str, Sequence[str]]
    frozen: Sequence[ReportSnapshot]
    gone: Mapping[str, ReportWithdrawal]
    month: str


class ReportsPage(QSplitter):
    """`wanted` asks the window for the boilers behind a number."""

    wanted = Signal(object, str)

    def __init__(
        self, desk: Desk, known: Known, folder: Callable[[], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._desk, self._folder = desk, folder
        self.form = OrderForm(known, folder)
        self._live = True  # the records as they are now are shown, and not what was frozen
        self.frozen = FrozenList()
        self.numbers, self.changes = NumbersView(), ChangesView()
        self.write = QPushButton(tr(N_("Write the file…")))
        self.write.setProperty("primary", True)
        self.freeze = side_button(tr(N_("Freeze…")), self.ask_to_freeze)
        self.freeze.setToolTip(
            tr(N_("Keeps file, numbers and boilers for good (staff of county and city bureau)"))
        )
        self.now = side_button(tr(N_("Back to the numbers of now")), self.look)
        self.export = side_button(tr(N_("Save the comparison…")), self._save_comparison)
        self._lay_out()
        self._connect()

    def _connect(self) -> None:
        self.form.changed.connect(self.look)
        self.write.clicked.connect(lambda: self.write_file())
        self.frozen.asked.connect(self._asked)
        self.frozen.table.itemSelectionChanged.connect(self._enable)
        for view in (self.numbers, self.changes):
            view.wanted.connect(self.wanted)
        self._desk.changed.connect(self._records_changed)
        self._desk.actor_changed.connect(self.reload)
        self._desk.opened.connect(self._another)

    # ---- reading

    def _another(self) -> None:
        """Another workspace: what was frozen in the last one is not shown any more."""
        self._live = True
        self.reload()

    def reload(self) -> None:
        """Read what can be chosen and the numbers again."""
        if self._desk.session is not None and self.isVisible():
            self._desk.read(self, _offers, self._take, topic="report_offers")
            if self._live:
                self.look()

    def look(self) -> None:
        """The numbers of what is chosen, as the records are now."""
        if self._desk.session is None:
            return
        self._live = True
        self.form.settle()
        title = f"{self.form.kind.text} {self.form.period}".strip()

        def show(counted: Counted) -> None:
            said = tr(N_("As the records are now. Every number opens its boilers."))
            self._show(self.numbers)
            self.numbers.show_counted(counted, title, said)

        def refused(error: Exception) -> None:
            if not isinstance(error, AppError):
                self._desk.failed.emit(error)
                return
            self._show(self.numbers)
            self.numbers.say(title, error.told)

        try:
            order = self.form.order()
        except Invalid as error:
            self._desk.tasks.overtake(self, "report_numbers")
            refused(error)
            return
        self._desk.read(self, lambda session, _: count_report(session, order), Callbacks(show, refused),
                        topic="report_numbers")  # fmt: skip

    def _take(self, offers: Offers) -> None:
        self.form.offer(offers.counties, offers.named, offers.month)
        self.frozen.show_reports(offers.frozen, offers.gone, self._desk.actor)
        self._enable()

    def _records_changed(self, touched: Touched) -> None:
        if _TOUCHES & set(touched) and self.isVisible():
            self.reload()

    def _enable(self) -> None:
        actor = self._desk.actor
        self.freeze.setEnabled(actor is not None and actor.role in WRITERS["report_snapshot"])

    # ---- writing and freezing

    def write_file(self, target: Path | None = None) -> None:
        """Write the report to a file that is asked for, in a thread."""
        order = self._order()
        path = (target or self._ask_target(order)) if order is not None else None
        if order is None or path is None:
            return

        def work(session: Session, token: Token) -> ReportDone:
            return make_report(session, order, path, watch=Watch(token.progress, token.cancelled))

        def done(made: ReportDone) -> None:
            self._desk.said.emit(made.said)

        self.write.setEnabled(False)
        callbacks = Callbacks(done, None, finished=lambda: self.write.setEnabled(True))
        self._desk.read(self, work, callbacks, title=tr(N_("Writing the report")))

    def ask_to_freeze(self) -> AskDialog | None:
        """Ask for a name and a reason, then keep the report as it is now."""
        order, ending = self._order(), self.form.ending
        if order is None:
            return None

        def work(session: Any, values: Mapping[str, Any]) -> ReportSnapshot:
            name, reason = str(values.get("name") or ""), str(values.get("reason") or "")
            return freeze_report(session, order, name=name, ending=ending or ".zip", reason=reason)

        def done(made: ReportSnapshot) -> None:
            self._desk.said.emit(tr(N_("“{name}” is frozen"), name=made.name))

        dialog = AskDialog(self._desk, tr(N_("Freeze the report")), _FREEZE, work, done, self)
        dialog.say(tr(N_("It cannot be changed or undone; a leader can withdraw it with a reason.")))
        dialog.open()
        return dialog

    def _order(self) -> ReportOrder | None:
        try:
            return self.form.order()
        except Invalid as error:
            show_error(self, error)
            return None

    def _ask_target(self, order: ReportOrder) -> Path | None:
        kind, ending = self.form.kind, self.form.ending
        proposed = str(Path(self._folder()) / f"{kind.text}{order.period and f' {order.period}'}{ending}")
        name, _ = QFileDialog.getSaveFileName(self, kind.text, proposed, f"*{ending}" if ending else "")
        if not name:
            return None
        return Path(name) if Path(name).suffix.lower() == ending else Path(name + ending)

    # ---- frozen ones

    def _asked(self, what: str, names: Sequence[str]) -> None:
        if what == OPEN and names:
            self.open_frozen(names[0])
        elif what == COMPARE and len(names) == 2:
            self.compare(*names)
        elif what == COPY and names:
            self._copy(names[0])
        elif what == WITHDRAW and names:
            self.ask_to_withdraw(names[0])

    def _leave_now(self) -> None:
        """Something frozen is wanted: what was chosen in the form a moment ago must not overtake it."""
        self._live = False
        self.form.settle()

    def open_frozen(self, name: str) -> None:
        """Show the numbers of a frozen report."""
        self._leave_now()

        def work(session: Session, _: Any) -> tuple[ReportSnapshot, Counted, ReportWithdrawal | None]:
            found = find_frozen(session, name)
            return found, open_frozen(session, found), withdrawals(session).get(found.uid)

        def show(found: tuple[ReportSnapshot, Counted, ReportWithdrawal | None]) -> None:
            item, counted, gone = found
            said = tr(N_("Frozen at {at} by {name}. Baseline: {baseline}"), at=show_moment(item.frozen_at),
                      name=item.frozen_by_name, baseline=item.baseline or "—")  # fmt: skip
            if gone is not None:
                words = N_("Withdrawn by {name}: {reason}")
                said = f"{tr(words, name=gone.withdrawn_by_name, reason=gone.reason)} · {said}"
            self._show(self.numbers, frozen=True)
            self.numbers.show_counted(counted, item.name, said)

        self._desk.read(self, work, show, topic="report_numbers")

    def compare(self, one: str, two: str) -> None:
        """Show what moved between two frozen reports."""
        self._leave_now()

        def show(compared: Compared) -> None:
            self._show(self.changes, frozen=True)
            self.changes.show_compared(compared)

        self._desk.read(
            self, lambda session, _: compare_frozen(session, one, two), show, topic="report_numbers"
        )

    def _copy(self, name: str) -> None:
        """Copy the file of a frozen report to where it is asked for."""

        def work(session: Session, _: Any) -> str:
            return Path(file_of(session, find_frozen(session, name)).file_name).suffix

        def choose(ending: str) -> None:
            proposed = str(Path(self._folder()) / f"{name}{ending}")
            chosen, _ = QFileDialog.getSaveFileName(self, name, proposed, f"*{ending}")
            if chosen:
                path = Path(chosen) if Path(chosen).suffix else Path(chosen + ending)
                self._save(lambda session, _: write_frozen(session, find_frozen(session, name), path), path)

        self._desk.read(self, work, choose)

    def _save(self, work: Callable[[Session, Any], object], path: Path) -> None:
        said = tr(N_("Saved: {path}"), path=path)
        self._desk.read(self, work, lambda _: self._desk.said.emit(said), title=tr(N_("Saving the file")))

    def _save_comparison(self) -> None:
        compared = self.changes.compared
        if compared is None:
            return
        proposed = f"{compared.first.name}-{compared.second.name}.xlsx"
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr(N_("Save the comparison")), str(Path(self._folder()) / proposed), "*.xlsx *.csv"
        )
        if chosen:
            path = Path(chosen) if Path(chosen).suffix else Path(chosen + ".xlsx")
            self._save(lambda session, _: write_comparison(session, compared, path), path)

    def ask_to_withdraw(self, name: str) -> ReasonDialog:
        """Ask why a frozen report no longer holds, and say so."""
        question = tr(N_("Why does “{name}” no longer hold?"), name=name)
        title = tr(N_("Withdraw a frozen report"))
        dialog = ReasonDialog(title, question, tr(N_("Withdraw")), [], self)
        dialog.accepted.connect(lambda: self._withdraw(name, dialog.reason()))
        dialog.open()
        return dialog

    def _withdraw(self, name: str, reason: str) -> None:
        self._desk.act(self, lambda session, _: withdraw_frozen(session, name, reason),
                       lambda made: self._desk.said.emit(tr(N_("“{name}” is withdrawn; it stays in the list"),
                                                            name=made.name)),
                       title=tr(N_("Withdraw a frozen report")))  # fmt: skip

    # ---- arranging

    def _show(self, view: QWidget, *, frozen: bool = False) -> None:
        self._pages.setCurrentWidget(view)
        self.now.setVisible(frozen)
        self.export.setVisible(view is self.changes)

    def showEvent(self, event: Any) -> None:
        """Read when the page comes into view."""
        super().showEvent(event)
        self.reload()

    def _lay_out(self) -> None:
        left, right = QWidget(), QWidget()
        column = QVBoxLayout(left)
        metrics.tight(column, 3, 3)
        box = card()
        inside = QVBoxLayout(box)
        metrics.tight(inside, 3, 2)
        inside.addWidget(self.form)
        row = QHBoxLayout()
        row.addWidget(self.write, 1)
        row.addWidget(self.freeze)
        inside.addLayout(row)
        column.addWidget(box)
        column.addWidget(self.frozen, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.numbers)
        self._pages.addWidget(self.changes)
        beside = QVBoxLayout(right)
        metrics.tight(beside, 4, 2)
        beside.addWidget(self._pages, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.now)
        foot.addWidget(self.export)
        foot.addStretch(1)
        beside.addLayout(foot)
        self.addWidget(left)
        self.addWidget(right)
        self.setStretchFactor(1, 1)
        self.setCollapsible(0, False)
        self.setSizes([metrics.chars(_LEFT), metrics.chars(110)])
        self._show(self.numbers)


def _offers(session: Session, _: Any) -> Offers:
    return Offers(
        dict(places_of(session, session.workspace.area)),
        {
            "lookback": round_names(session),
            "baseline": [item.name for item in reversed(baselines(session))],
        },
        frozen_reports(session),
        withdrawals(session),
        month_in_hand(session),
    )
