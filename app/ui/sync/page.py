"""The sync page: how things stand, what to do about it, the last rounds, and agreement by area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.rights import PAGE_VISITORS
from app.domain.values import show_moment
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.names import Names
from app.ui.parts import card, heading, muted, side_button
from app.ui.sync.tables import areas_table, rounds_table
from app.ui.sync.words import Asking, is_restored, restored_words, running_line
from app.ui.theme import colours

if TYPE_CHECKING:
    from app.actions.syncing import SyncStatus
    from app.ui.sync.watch import Round

# What the buttons ask the window to do: the ids of commands, the icon, the words.
_ALONE = (
    ("enrol", "hub", N_("Join the bureau's hub…")),
    ("verify_bundle", "check", N_("Verify a bundle…")),
)
_JOINED = (
    ("bundle_out", "stick", N_("Save to a USB stick…")),
    ("bundle_in", "stick_in", N_("Read from a USB stick…")),
    ("verify_bundle", "check", N_("Verify a bundle…")),
    ("prove", "proof", N_("Prove that nothing was lost…")),
)


class SyncPage(QScrollArea):
    """`wanted` carries the id of a command, `asked` which conflicts to show."""

    wanted = Signal(str)
    asked = Signal(list)  # the uids of conflicts to be looked at

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bar: QProgressBar | None = None  # only while the page shows a round that is under way
        self._words, self._title = QLabel(), QLabel()
        desk.sync.changed.connect(self.refresh)
        desk.actor_changed.connect(self.refresh)
        desk.sync.progressed.connect(self._progressed)
        desk.opened.connect(self.refresh)

    def refresh(self) -> None:
        """Build the page from what is known; only while it is looked at."""
        if self._desk.session is not None and self.isVisible():
            self._build()

    def showEvent(self, event: object) -> None:
        """What happened while the page was hidden is shown now."""
        self._build()

    def _build(self) -> None:
        status, session = self._desk.sync.status, self._desk.session
        if status is None or session is None:
            return
        at = self.verticalScrollBar().value()
        self._bar = None  # the one that was shown goes with the old body; rounds begin on a hidden page too
        body = QWidget()
        column = QVBoxLayout(body)
        metrics.tight(column, 5, 4)
        column.addWidget(self._state(status))
        if status.enrolled:
            column.addWidget(heading(tr(N_("Agreement by area")), 1.1))
            self._add_areas(column)
            column.addWidget(heading(tr(N_("Last rounds")), 1.1))
            self._add_rounds(column, session.today)
        column.addStretch(1)
        self.setWidget(body)
        self.verticalScrollBar().setValue(at)

    # ---- parts

    def _state(self, status: SyncStatus) -> QWidget:
        frame = card()
        column = QVBoxLayout(frame)
        metrics.tight(column, 4, 3)
        column.addLayout(self._headline(status))
        if self._desk.sync.running:
            column.addWidget(self._progress())
        elif status.enrolled:
            column.addLayout(self._facts(status))
        else:
            column.addWidget(muted(tr(N_(
                "A hub brings together what several laptops enter. Until you join one, everything works "
                "here, and nothing leaves this laptop."
            ))))  # fmt: skip
        column.addLayout(self._buttons(status))
        return frame

    def _facts(self, status: SyncStatus) -> QGridLayout:
        today = self._desk.need().today
        return _facts(status, today, self._desk.names, self._desk.sync.line(status, today).tip)

    def _headline(self, status: SyncStatus) -> QHBoxLayout:
        line = self._desk.sync.line(status, self._desk.need().today)
        sign, words = QLabel(), heading(line.words, 1.3)
        self._title = words
        colour = getattr(colours(), line.tone) if line.tone else colours().text
        sign.setPixmap(icons.pixmap(line.icon, metrics.grid(8), colour))
        words.setStyleSheet(f"color: {colour};")
        words.setWordWrap(True)
        texts = QVBoxLayout()
        metrics.tight(texts, 0, 0.5)
        texts.addWidget(words)
        texts.addWidget(muted(line.tip))
        row = QHBoxLayout()
        row.setSpacing(metrics.grid(3))
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        return row

    def _progress(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        metrics.tight(column, 0, 1)
        self._bar, self._words = QProgressBar(textVisible=False), muted()
        self._bar.setFixedHeight(metrics.grid(2))
        column.addWidget(self._bar)
        column.addWidget(self._words)
        self._progressed(*self._desk.sync.progress)
        return box

    def _progressed(self, done: int, total: int, words: str) -> None:
        if self._bar is None:
            return
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._words.setText(words or tr(N_("Talking with the hub…")))
        self._title.setText(running_line(done, total, words, self._desk.sync.silent).words)

    def _buttons(self, status: SyncStatus) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(metrics.grid(2))
        row = _row(column)
        if status.enrolled:
            running = self._desk.sync.running
            words = N_("Stop") if running else N_("Sync now")
            self._add(
                row, "stop_sync" if running else "sync", "close" if running else "sync", words, not running
            )
        rest = _JOINED if status.enrolled else _ALONE
        for at, (name, icon, words) in enumerate(rest):
            self._add(row, name, icon, words, not status.enrolled and at == 0)
        row.addStretch(1)
        asks = _row(column)
        if status.waiting_for_reason:
            self._add(asks, "seal", "seal", N_("Give the reason for edits of other programs…"), False)
        asking = self._desk.sync.asking if status.state != "revoked" else Asking()
        if asking.mine:
            self._add(asks, "page_conflicts", "conflicts", N_("Decide conflicts…"), False)
        for uids, words in (
            (asking.refused, N_("See what was not accepted…")),
            (asking.others, N_("See what others decide…")),
        ):
            if uids:
                self._add_look(asks, uids, words)
        actor = self._desk.actor
        if status.hub.startswith("http") and actor is not None and actor.role in PAGE_VISITORS:
            self._add(asks, "hub_pages", "hub", N_("Open the hub’s pages…"), False)
        asks.addStretch(1)
        return column

    def _add(self, row: QHBoxLayout, name: str, icon: str, words: str, primary: bool) -> None:
        button = QPushButton(tr(words))
        button.setObjectName(name)
        button.setProperty("primary", primary)
        if not primary:
            icons.wear(button, icon)
        button.setIconSize(QSize(metrics.grid(4.5), metrics.grid(4.5)))
        button.clicked.connect(lambda: self.wanted.emit(name))
        closed = self._desk.room.why_closed if name in ("bundle_in", "seal") else ""
        button.setEnabled(not closed)
        button.setToolTip(closed)
        row.addWidget(button)

    def _add_look(self, row: QHBoxLayout, uids: Sequence[str], words: str) -> None:
        button = side_button(tr(words), lambda: self.asked.emit(list(uids)))
        icons.wear(button, "conflicts")
        row.addWidget(button)

    def _add_areas(self, column: QVBoxLayout) -> None:
        known = next(
            (item.done.areas for item in self._desk.sync.rounds if item.done and item.done.areas), {}
        )
        if known:
            column.addWidget(areas_table(known, self._desk.names))
            words = N_("After each round laptop and hub compare a sum over all values of an area.")
            column.addWidget(muted(tr(words)))
        else:
            column.addWidget(muted(tr(N_("Laptop and hub compare their values at the next sync."))))

    def _add_rounds(self, column: QVBoxLayout, today: str) -> None:
        if self._desk.sync.rounds:
            rounds = list(self._desk.sync.rounds)
            table = rounds_table(rounds, today)
            table.cellClicked.connect(lambda row, _: self._show_brought(rounds[row]))
            column.addWidget(table)
        else:
            column.addWidget(muted(tr(N_("No round since the program was started."))))

    def _show_brought(self, item: Round) -> None:
        """What the hub refused, and what waits for somebody, stands in the inbox with its reasons."""
        if item.done is not None and (item.done.rejected or item.done.conflicts):
            self.asked.emit(list(item.done.touched.get("conflict", ())))


def _row(column: QVBoxLayout) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(metrics.grid(2))
    column.addLayout(row)
    return row


def _facts(status: SyncStatus, today: str, names: Names, said: str) -> QGridLayout:
    """What is known of the hub; not again what the heading has `said`."""
    from app.actions.syncing import disk_words  # late: actions load after the first paint

    place = names.places(status.area)
    rows = [
        (N_("Hub"), status.hub),
        (N_("Area of this laptop"), f"{place} {status.area}" if place else status.area),
        (N_("Last sync"), show_moment(status.last_sync) if status.last_sync else tr(N_("not yet"))),
        (N_("Last failure"), "" if status.last_error in said else status.last_error),
        (N_("Disk"), disk_words(status.disk)),
        (N_("Restored hub"), "" if is_restored(status, today) else restored_words(status)),
    ]
    grid = QGridLayout()
    grid.setHorizontalSpacing(metrics.grid(4))
    grid.setVerticalSpacing(metrics.grid(1))
    grid.setColumnStretch(1, 1)
    for at, (name, value) in enumerate((name, value) for name, value in rows if value):
        label, shown = muted(tr(name)), QLabel(value, wordWrap=True)
        label.setMinimumWidth(metrics.chars(18))
        shown.setTextFormat(Qt.TextFormat.PlainText)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(shown, at, 1, Qt.AlignmentFlag.AlignTop)
    return grid
