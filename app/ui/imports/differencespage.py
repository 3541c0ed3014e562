"""What the import would do, row by row: new, changed, refused with reasons, warnings, rows that are no
records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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

_MOST = 3000
_DONE = {"add": N_("New"), "change": N_("Changed"), "unchanged": N_("Unchanged")}
_SKIPPED = {
    "title": N_("Title row"),
    "total": N_("Total row"),
    "note": N_("Note row"),
    "empty": N_("Empty row"),
    "header": N_("Heading repeated"),
    "hidden": N_("Hidden row"),
}


class DifferencesPage(QWidget):
    """Counts in one sentence, lists in tabs."""

    def __init__(self, kind: EntityType, names: Names, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind, self._names = kind, names
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
        self.summary.setText(sentence(report))
        while self.tabs.count():
            gone = self.tabs.widget(0)
            self.tabs.removeTab(0)
            gone.deleteLater()
        self._tab(
            N_("Records {n}"), (N_("Row"), N_("What"), N_("Record"), N_("Values")), self._records(report)
        )
        refused = [(str(item.row), self._label(item.field), item.value, item.why) for item in report.refused]
        self._tab(N_("Refused {n}"), (N_("Row"), N_("Field"), N_("Value"), N_("Why")), refused)
        warned = [(str(item.row), self._label(item.field), item.why) for item in report.warnings]
        self._tab(N_("To be looked at {n}"), (N_("Row"), N_("Field"), N_("Why")), warned)
        skipped = [
            (str(item.row), tr(_SKIPPED.get(item.kind, item.kind)), item.text) for item in report.skipped
        ]
        self._tab(N_("Not records {n}"), (N_("Row"), N_("What"), N_("Text")), skipped)

    def _records(self, report: Any) -> list[tuple[str, ...]]:
        lines: list[tuple[str, ...]] = []
        ordered = sorted(report.records, key=lambda item: (item.action == "unchanged", item.row))
        for item in ordered:
            values = {**(item.before.values() if item.before else {}), **item.values}
            title = " ".join(str(values.get(name) or "") for name in self._kind.title).strip()
            lines.append((str(item.row), tr(_DONE.get(item.action, item.action)), title, self._said(item)))
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

    def _tab(self, title: str, headings: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
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


def sentence(report: Any) -> str:
    """Every row accounted for in one line."""
    return tr(
        N_("{read} rows read: {added} new, {changed} changed, {unchanged} unchanged, {refused} refused, "
           "{duplicates} duplicates, {warnings} to be looked at"),
        read=report.read, added=report.count("add"), changed=report.count("change"),
        unchanged=report.count("unchanged"), refused=len({(item.sheet, item.row) for item in report.refused}),
        duplicates=report.duplicates, warnings=len(report.warnings),
    )  # fmt: skip
