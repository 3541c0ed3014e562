"""The two tables of the sync page: what the last rounds did, and whether each area agrees with the hub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.domain.values import as_datetime, bureau_day
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.names import Names
from app.ui.sync.watch import Round
from app.ui.sync.words import near_moment
from app.ui.theme import colours

if TYPE_CHECKING:
    from app.actions.syncing import AreaState, SyncDone

_ROUND_COLUMNS = (
    N_("Time"),
    N_("Sent"),
    N_("Taken"),
    N_("Merged"),
    N_("Refused"),
    N_("Conflicts"),
    N_("Received"),
    N_("Files out / in"),
    N_("Outcome"),
)
_AREA_COLUMNS = (N_("Area of the hub"), N_("Entries"), N_("Same values as the hub"))
_AGREES: Mapping[bool | None, tuple[str, str]] = {
    True: (N_("✓ the same"), "good"),
    False: (N_("✗ different"), "danger"),
    None: (N_("… still fetching"), "muted"),
}
_MOST_SHOWN = 12


def rounds_table(rounds: Iterable[Round], today: str) -> QTableWidget:
    """The last rounds, newest first."""
    rows = [_round_row(item, today) for item in rounds]
    return _table(N_("Last rounds"), _ROUND_COLUMNS, rows)


def areas_table(areas: Mapping[str, AreaState], names: Names) -> QTableWidget:
    """Every area this laptop holds, with the numbers of its log."""
    rows = []
    for code, state in sorted(areas.items()):
        words, tone = _AGREES[state.agrees]
        name = names.of("division", code)
        shown = f"{name} {code}" if name != code else code
        rows.append(((shown, ""), (f"{state.seq:,}", ""), (tr(words), tone)))
    return _table(N_("Agreement by area"), _AREA_COLUMNS, rows)


def outcome(item: Round) -> tuple[str, str]:
    """What came of a round in a few words, and their tone."""
    done = item.done
    if item.stopped_after is not None:
        when = near_moment(item.at, bureau_day(as_datetime(item.at)))
        told = N_("stopped by you at {when}; {n} sent before")
        return tr(told, when=when, n=f"{item.stopped_after:,}"), ""
    if done is None:
        return item.failure, "warning"
    if done.quarantined:
        return tr(N_("kept apart for a person to look at")), "warning"
    if not done.agrees:
        return tr(N_("values differ from the hub")), "danger"
    said = tr(N_("an older copy was recognised; all is kept")) if done.forked and not done.restored else ""
    if done.restored:
        given = N_("the hub was restored; {n} given back") if done.given_back else N_("the hub was restored")
        said = tr(given, n=f"{done.given_back:,}")
    left = tr(N_("{n} left to send"), n=f"{done.unsent:,}") if done.unsent else ""
    refused = tr(N_("{n} refused: click to see why"), n=f"{done.rejected:,}") if done.rejected else ""
    waits = tr(N_("{n} to be decided: click to see them"), n=f"{done.conflicts:,}") if done.conflicts else ""
    words = [part for part in (said, refused, waits, left) if part]
    tone = "warning" if refused or waits else "" if words else "good"
    return " · ".join(words) or tr(N_("✓ done")), tone


def _round_row(item: Round, today: str) -> tuple[tuple[str, str], ...]:
    when = (near_moment(item.at, today) if item.at else "", "")
    return (when, *_numbers(item.done), outcome(item))


def _numbers(done: SyncDone | None) -> list[tuple[str, str]]:
    if done is None:
        return [("", "")] * 7
    refused = (f"{done.rejected:,}", "danger" if done.rejected else "")
    open_ones = (f"{done.conflicts:,}", "warning" if done.conflicts else "")
    files = (f"{done.blobs_up:,} / {done.blobs_down:,}", "")
    plain = [(f"{count:,}", "") for count in (done.pushed, done.accepted, done.merged)]
    return [*plain, refused, open_ones, (f"{done.pulled:,}", ""), files]


def _table(name: str, headings: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]]) -> QTableWidget:
    table = QTableWidget(len(rows), len(headings))
    last = len(headings) - 1
    for at, words in enumerate(headings):
        table.setHorizontalHeaderItem(at, _item(tr(words), "", left=at in (0, last)))
    for row, cells in enumerate(rows):
        for at, (words, tone) in enumerate(cells):
            table.setItem(row, at, _item(words, tone, left=at in (0, last)))
    table.setAccessibleName(tr(name))
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(metrics.line_height() + metrics.grid(1))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(last, QHeaderView.ResizeMode.Stretch)
    shown = min(len(rows), _MOST_SHOWN)
    height = (
        table.verticalHeader().defaultSectionSize() * shown + table.horizontalHeader().sizeHint().height()
    )
    table.setFixedHeight(height + metrics.grid(1))
    return table


def _item(words: str, tone: str, *, left: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(words)
    side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(words)
    if tone:
        item.setForeground(QColor(getattr(colours(), tone)))
    return item
