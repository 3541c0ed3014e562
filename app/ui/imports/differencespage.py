"""What the import would do, row by row: new, changed, refused with reasons, warnings, rows that are no
records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.entity import GEOMETRY, EntityType
from app.domain.values import show
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.names import Names

Place = tuple[str, int]  # sheet and row
_MOST = 3000
_TWICE = ("duplicate_of", "possible_duplicate")
_PAPERS = "lacks_papers"
_DONE = {"add": N_("New"), "change": N_("Changed"), "unchanged": N_("Unchanged")}
_SKIPPED = {
    "total": N_("Total row"),
    "note": N_("Note row"),
    "heading": N_("Heading repeated"),
    "numbering": N_("Numbers of the columns"),
    "section": N_("Name of a group"),
}


class DifferencesPage(QWidget):
    """Counts in one sentence, lists in tabs; a record whose tick is taken away is left out of the import."""

    chosen = Signal()

    def __init__(self, kind: EntityType, names: Names, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind, self._names = kind, names
        self._report: Any = None
        self._left: set[Place] = set()
        self.summary = QLabel(wordWrap=True)
        self.summary.setFont(metrics.sized(1.1, bold=True))
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 2)
        column.addWidget(self.summary)
        column.addWidget(self.tabs, 1)

    def show_report(self, report: Any) -> None:
        """Show a plan's report."""
        self._report = report
        self._left &= {(item.sheet, item.row) for item in report.records}
        self.summary.setText(sentence(report, self._left))
        while self.tabs.count():
            gone = self.tabs.widget(0)
            self.tabs.removeTab(0)
            gone.deleteLater()
        records = self._ordered(report)
        table = self._tab(
            N_("Records {n}"), (N_("Row"), N_("What"), N_("Record"), N_("Values")), self._records(records)
        )
        self._add_ticks(table, records)
        refused = [(str(item.row), self._label(item.field), item.value, item.why) for item in report.refused]
        self._tab(N_("Refused {n}"), (N_("Row"), N_("Field"), N_("Value"), N_("Why")), refused)
        self._warnings(report.warnings)
        skipped = [
            (str(item.row), tr(_SKIPPED.get(item.kind, item.kind)), item.text) for item in report.skipped
        ]
        self._tab(N_("Not records {n}"), (N_("Row"), N_("What"), N_("Text")), skipped)

    def _warnings(self, warnings: Sequence[Any]) -> None:
        """What is to be looked at, and apart from it the papers that boilers moved in as done lack."""
        lines: dict[bool, list[tuple[str, ...]]] = {True: [], False: []}
        for item in warnings:
            place = (str(item.row),) if item.code == _PAPERS else (str(item.row), self._label(item.field))
            lines[item.code == _PAPERS].append((*place, item.why))
        self._tab(N_("To be looked at {n}"), (N_("Row"), N_("Field"), N_("Why")), lines[False])
        if lines[True]:
            self._tab(N_("Lacking papers {n}"), (N_("Row"), N_("Lacking papers")), lines[True])

    def left(self) -> frozenset[Place]:
        """The rows (sheet, row) that the user leaves out."""
        return frozenset(self._left)

    def count_left(self) -> int:
        """The number of records left out."""
        return sum(_leaves(item, self._left) for item in self._report.records) if self._report else 0

    def _ordered(self, report: Any) -> list[Any]:
        """Possible duplicates first, unchanged records last."""
        self._doubtful = {(w.sheet, w.row): w.why for w in report.warnings if w.code in _TWICE}
        return sorted(
            report.records,
            key=lambda item: (
                item.action == "unchanged", (item.sheet, item.row) not in self._doubtful, item.row
            ),
        )  # fmt: skip

    def _add_ticks(self, table: QTableWidget, records: Sequence[Any]) -> None:
        for row, item in enumerate(records[:_MOST]):
            cell = table.item(row, 0)
            if cell is None or item.action == "unchanged":
                continue
            cell.setFlags(cell.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            taken = (item.sheet, item.row) not in self._left
            cell.setCheckState(Qt.CheckState.Checked if taken else Qt.CheckState.Unchecked)
            cell.setData(Qt.ItemDataRole.UserRole, (item.sheet, item.row))
        table.resizeColumnToContents(0)
        table.itemChanged.connect(self._ticked)

    def _ticked(self, cell: QTableWidgetItem) -> None:
        """One row of a file is taken or left as a whole, with every record it stands for."""
        place = cell.data(Qt.ItemDataRole.UserRole)
        table = cell.tableWidget()
        if place is None or cell.column() or table is None:
            return
        state, place = cell.checkState(), (str(place[0]), int(place[1]))
        if state == Qt.CheckState.Checked:
            self._left.discard(place)
        else:
            self._left.add(place)
        for row in range(table.rowCount()):
            other = table.item(row, 0)
            same = other is not None and other.data(Qt.ItemDataRole.UserRole) is not None
            if other is not None and same and tuple(other.data(Qt.ItemDataRole.UserRole)) == place:
                other.setCheckState(state)
        self.summary.setText(sentence(self._report, self._left))
        self.chosen.emit()

    def _records(self, ordered: Sequence[Any]) -> list[tuple[str, ...]]:
        lines: list[tuple[str, ...]] = []
        for item in ordered:
            values = {**(item.before.values() if item.before else {}), **item.values}
            title = " ".join(str(values.get(name) or "") for name in self._kind.title).strip()
            done = tr(_DONE.get(item.action, item.action))
            doubt = self._doubtful.get((item.sheet, item.row)) if item.action == "add" else None
            done = tr(N_("New, perhaps a duplicate")) if doubt else done
            said = "; ".join(words for words in (doubt, self._said(item)) if words)
            lines.append((str(item.row), done, title, said))
        return lines

    def _said(self, item: Any) -> str:
        """For a change before → after; for an addition what the row says."""
        parts = []
        values = item.changes if item.before is not None else item.values
        for name, value in values.items():
            field = self._kind.fields.get(name)
            if name == GEOMETRY:
                parts.append(tr(N_("Position")))
            elif field is not None and name not in self._kind.title:
                after = self._names.show(field, value, unit=True)
                before = show(field, getattr(item.before, name, None)) if item.before is not None else ""
                parts.append(
                    f"{tr(field.label)} {before or '—'} → {after}"
                    if item.before
                    else f"{tr(field.label)} {after}"
                )
        return "; ".join(parts)

    def _label(self, name: str) -> str:
        field = self._kind.fields.get(name)
        return tr(field.label) if field else name

    def _tab(self, title: str, headings: Sequence[str], lines: Sequence[Sequence[str]]) -> QTableWidget:
        table = QTableWidget(min(len(lines), _MOST), len(headings))
        table.setHorizontalHeaderLabels([tr(words) for words in headings])
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setAlternatingRowColors(True)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().setDefaultSectionSize(metrics.line_height())
        for row, line in enumerate(lines[:_MOST]):
            for column, words in enumerate(line):
                item = QTableWidgetItem(words)
                item.setToolTip(words)
                table.setItem(row, column, item)
        table.resizeColumnsToContents()
        for column in range(len(headings) - 1):
            table.setColumnWidth(column, min(table.columnWidth(column), metrics.chars(44)))
        table.horizontalHeader().setSectionResizeMode(len(headings) - 1, QHeaderView.ResizeMode.Stretch)
        self.tabs.addTab(table, tr(title, n=len(lines)))
        return table


def _leaves(item: Any, left: Collection[Place]) -> bool:
    return item.action != "unchanged" and (item.sheet, item.row) in left


def sentence(report: Any, left: Collection[Place] = ()) -> str:
    """Every row accounted for in one line; records of the rows `left` out are counted apart."""
    out = [item.action for item in report.records if _leaves(item, left)]
    words = tr(
        N_("{read} rows read: {added} new, {changed} changed, {unchanged} unchanged, {refused} refused, "
           "{duplicates} duplicates, {warnings} to be looked at"),
        read=report.read, added=report.count("add") - out.count("add"),
        changed=report.count("change") - out.count("change"),
        unchanged=report.count("unchanged"), refused=len({(item.sheet, item.row) for item in report.refused}),
        duplicates=report.duplicates, warnings=len(report.warnings),
    )  # fmt: skip
    return f"{words} · {tr(N_('{n} left out'), n=len(out))}" if out else words
