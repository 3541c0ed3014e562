"""The Today page: cleared of the baseline by county in units and t/h, and what waits; every number opens
its rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.output import Total
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk, Touched
from app.ui.parts import card
from app.ui.theme import colours
from app.ui.today.numbers import Card, Today, read_today

if TYPE_CHECKING:
    from app.domain.reporting import CountyRow

_SHARE = "rate"
_COLUMNS = (  # heading, the figure it shows and opens
    (N_("County or district"), "baseline"),
    (N_("Baseline"), "baseline"),
    (N_("Cleared"), "cleared"),
    (N_("Share"), _SHARE),
    (N_("Moved in, papers lacking"), "migrated"),
    (N_("Awaiting acceptance"), "accepting"),
    (N_("Being treated"), "treating"),
    (N_("Sealed"), "sealed"),
    (N_("Rebound"), "rebound"),
    (N_("Retained"), "retained"),
    (N_("Added"), "added"),
    (N_("Missed"), "missed"),
)
_ABREAST = 4


class TodayPage(QScrollArea):
    """`wanted` asks for the boilers of a condition, `rows_wanted` for the records of a number."""

    wanted = Signal(str)
    rows_wanted = Signal(str, object, str)  # entity, uids, words

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.today: Today | None = None
        self.setWidgetResizable(True)
        desk.changed.connect(self._records_changed)
        desk.opened.connect(self._opened)
        desk.actor_changed.connect(self.reload)

    def reload(self) -> None:
        """Read the numbers again if somebody looks at them: behind the other pages every edit would read
        them. Old ones are not kept: shown again, the page is empty until they are read."""
        if self.isVisible():
            self._desk.read(self, lambda session, _: read_today(session), self._show, topic="today")
        else:
            self._clear()

    def _clear(self) -> None:
        if self.widget() is not None:
            self.takeWidget().deleteLater()
        self.today = None

    def showEvent(self, event: QShowEvent) -> None:
        """They may have changed meanwhile, and so may the day."""
        super().showEvent(event)
        self.reload()

    def _opened(self) -> None:
        """Nothing of another workspace stays."""
        self._clear()
        self.reload()

    def _records_changed(self, touched: Touched) -> None:
        if {"boiler", "baseline", "patrol", "grid_cell"} & set(touched):
            self.reload()

    def _show(self, today: Today) -> None:
        if not self.isVisible():
            return  # they may be old by the time somebody looks
        self.today = today
        body = QWidget()
        column = QVBoxLayout(body)
        metrics.tight(column, 5, 4)
        if today.own is not None:
            column.addWidget(_heading_of(self._desk.names.of("division", today.own.area)))
            column.addLayout(self._abreast([self._patrols(), *map(self._card, today.own.cards)]))
            column.addWidget(_heading_of(tr(N_("All of the workspace"))))
        column.addWidget(self._headline())
        column.addLayout(self._abreast([self._card(shown) for shown in today.cards]))
        if today.own is None and self._need().behind.arranged:
            column.addWidget(self._patrols())
        column.addWidget(_heading_of(tr(N_("By county: units / t/h"))))
        column.addWidget(self._table())
        column.addWidget(self._footnote())
        column.addStretch(1)
        self.setWidget(body)

    def _headline(self) -> QWidget:
        whole = self._need().headline.sum
        frame = card()
        column = QVBoxLayout(frame)
        metrics.tight(column, 4, 2)
        words = QPushButton(_headline_words(whole))
        words.setProperty("link", True)
        words.setFont(metrics.sized(1.5, bold=True))
        words.setCursor(Qt.CursorShape.PointingHandCursor)
        words.clicked.connect(lambda: self._ask(whole, "cleared"))
        column.addWidget(words)
        if whole.migrated.units:
            column.addWidget(self._moved_in(whole))
        bar = QProgressBar(textVisible=False)
        bar.setRange(0, max(1, whole.baseline.units))
        bar.setValue(whole.cleared.units)
        bar.setFixedHeight(metrics.grid(2))
        column.addWidget(bar)
        return frame

    def _moved_in(self, whole: CountyRow) -> QPushButton:
        """The boilers that a ledger claims as cleared, beside those that are."""
        said = N_("Moved in as cleared, papers lacking: {n} (counted in, the share would be {rate})")
        rate = whole.rate_with_claims
        percent = f"{rate * 100:.1f} %" if rate is not None else "—"
        words = QPushButton(tr(said, n=_both(whole.migrated), rate=percent))
        words.setProperty("link", True)
        words.setCursor(Qt.CursorShape.PointingHandCursor)
        words.clicked.connect(lambda: self._ask(whole, "migrated"))
        return words

    def _abreast(self, cards: list[QWidget]) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(metrics.grid(3))
        for at, shown in enumerate(cards):
            grid.addWidget(shown, at // _ABREAST, at % _ABREAST)
        for column in range(_ABREAST):
            grid.setColumnStretch(column, 1)
        return grid

    def _card(self, shown: Card) -> QWidget:
        tone = shown.tone if shown.total.units else ""
        run = partial(self.wanted.emit, shown.expression)
        return _number_card(tr(shown.title), _both(shown.total), tone, run)

    def _patrols(self) -> QWidget:
        """The cells of one's own area where patrols lag behind; no person's cells are ranked."""
        found = self._need().behind
        title, said = N_("Cells patrolled less often than arranged"), f"{len(found.cells)} / {found.arranged}"
        run = partial(self.rows_wanted.emit, "grid_cell", found.cells, f"{tr(title)} · {said}")
        return _number_card(tr(title), said, "danger" if found.cells else "", run)

    def _table(self) -> QTableWidget:
        found = self._need().headline
        rows = [*found.rows, found.sum]
        table = QTableWidget(len(rows), len(_COLUMNS))
        for at, (title, _) in enumerate(_COLUMNS):
            table.setHorizontalHeaderItem(at, _heading(tr(title), at))
        table.verticalHeader().hide()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setAccessibleName(tr(N_("By county: units / t/h")))
        table.verticalHeader().setDefaultSectionSize(metrics.line_height() + metrics.grid(1))
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        for at, row in enumerate(rows):
            for column, words in enumerate(_cells(row)):
                table.setItem(at, column, _item(words, column, last=at == len(rows) - 1))
        if len(found.rows) == 0:
            table.hide()
        table.cellActivated.connect(lambda at, column: self._open(rows, at, column))
        table.cellClicked.connect(lambda at, column: self._open(rows, at, column))
        height = (
            table.verticalHeader().defaultSectionSize() * len(rows)
            + table.horizontalHeader().sizeHint().height()
        )
        table.setFixedHeight(height + metrics.grid(1))
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return table

    def _open(self, rows: list[CountyRow], at: int, column: int) -> None:
        name = _COLUMNS[column][1]
        self._ask(rows[at], "cleared" if name == _SHARE else name)

    def _ask(self, row: CountyRow, name: str) -> None:
        """Show exactly the boilers that a number counts."""
        title = next(title for title, known in _COLUMNS[1:] if known == name)
        said = f"{row.name} · {tr(title)} · {_both(row.total(name))}"
        self.rows_wanted.emit("boiler", row.figures[name].uids, said)

    def _footnote(self) -> QLabel:
        found = self._need().headline
        parts = []
        if found.baseline is not None:
            parts.append(tr(N_("Baseline: {name}"), name=found.baseline.name))
        else:
            parts.append(tr(N_("No baseline has been frozen yet: shares cannot be given.")))
        if found.sum.migrated.units:
            parts.append(tr(N_("What was moved in counts as cleared once its papers are whole.")))
        if found.sum.total("unsorted").units:
            parts.append(tr(N_("Outside the baseline, not told whether added or missed: {n}"),
                            n=_both(found.sum.total("unsorted"))))  # fmt: skip
        parts.append(tr(N_("The cards above count every boiler, the table those of the baseline.")))
        parts.append(tr(N_("Sealed boilers do not count as cleared.")))
        if found.synthetic:
            parts.append(tr(N_("Synthetic data for the demo")))
        label = QLabel(" · ".join(parts), wordWrap=True)
        label.setProperty("muted", True)
        return label

    def _need(self) -> Today:
        assert self.today is not None
        return self.today


def _heading_of(words: str) -> QLabel:
    title = QLabel(words)
    title.setFont(metrics.sized(1.1, bold=True))
    return title


def _number_card(title: str, said: str, tone: str, run: Callable[[], object]) -> QWidget:
    """A number under its title that opens its rows."""
    frame = card()
    column = QVBoxLayout(frame)
    metrics.tight(column, 2, 0)
    quiet = QLabel(title)
    quiet.setProperty("muted", True)
    number = QPushButton(said)
    number.setProperty("link", True)
    number.setFont(metrics.sized(1.25, bold=True))
    number.setCursor(Qt.CursorShape.PointingHandCursor)
    number.setAccessibleName(f"{title} {said}")
    if tone:
        number.setStyleSheet(f"color: {getattr(colours(), tone)};")
    number.clicked.connect(lambda: run())
    column.addWidget(quiet)
    column.addWidget(number)
    return frame


def _both(value: Total) -> str:
    return tr(N_("{n} units · {tph} t/h"), n=value.units, tph=f"{value.tph:g}")


def _headline_words(whole: CountyRow) -> str:
    if whole.rate is None:
        return tr(N_("Cleared {cleared}"), cleared=_both(whole.cleared))
    return tr(
        N_("Cleared {n} of {all} units ({rate} %) · {tph} of {all_tph} t/h"),
        n=whole.cleared.units,
        all=whole.baseline.units,
        rate=f"{whole.rate * 100:.1f}",
        tph=f"{whole.cleared.tph:g}",
        all_tph=f"{whole.baseline.tph:g}",
    )


def _cells(row: CountyRow) -> list[str]:
    rate = f"{row.rate * 100:.1f} %" if row.rate is not None else "—"
    totals = [(name, row.total(name)) for _, name in _COLUMNS[1:] if name != _SHARE]
    words = {name: f"{item.units} / {item.tph:g}" for name, item in totals} | {_SHARE: rate}
    return [row.name, *(words[name] for _, name in _COLUMNS[1:])]


def _heading(words: str, column: int) -> QTableWidgetItem:
    item = QTableWidgetItem(words)
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return item


def _item(words: str, column: int, *, last: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(words)
    if column:
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setForeground(QColor(colours().accent))
    if last:
        item.setFont(metrics.sized(1.0, bold=True))
    item.setToolTip(tr(N_("Show these boilers")))
    return item
