"""What the import would do, row by row: new, changed, refused with reasons, warnings, rows that are no
records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QTabWidget, QVBoxLayout, QWidget

from app.domain.entity import GEOMETRY, EntityType
from app.domain.values import show
from app.i18n import N_, in_a_row, tr
from app.ui import metrics
from app.ui.imports.columnspage import PLACES
from app.ui.imports.lines import Line, Lines, LinesTable
from app.ui.names import Names

Place = tuple[str, int]  # sheet and row
_TWICE = ("duplicate_of", "possible_duplicate")
_PAPERS = "lacks_papers"
_LACKING = N_("Lacking papers {n}")
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
        self._ordered(report)
        self._several = len({item.sheet for item in report.records}) > 1
        self._records = self._tab(
            N_("Records {n}"),
            (N_("Row"), N_("What"), N_("Record"), N_("Values")),
            len(self._order),
            lambda at: self._record(self._order[at]),
            lambda at: self._taken(self._order[at]),
        )
        self._records.lines.ticked.connect(self._ticked)
        cells = [cell for item in report.refused for cell in item.cells]
        lines = [(self._row(item), self._label(item.field), item.value, item.why) for item in cells]
        headings = (N_("Row"), N_("Field"), N_("Value"), N_("Why"))
        self._list(
            N_("Refused {n}"), headings, lines, len({(item.sheet, item.row) for item in report.refused})
        )
        self._warnings(report.warnings)
        self._list(N_("Not records {n}"), (N_("Row"), N_("What"), N_("Text")), [
            (self._row(item), tr(_SKIPPED.get(item.kind, item.kind)), item.text) for item in report.skipped
        ])  # fmt: skip

    def _warnings(self, warnings: Sequence[Any]) -> None:
        """What is to be looked at, and apart from it the papers that boilers moved in as done lack."""
        lines: dict[bool, list[tuple[str, ...]]] = {True: [], False: []}
        for item in warnings:
            place = (self._row(item),) if item.code == _PAPERS else (self._row(item), self._label(item.field))
            lines[item.code == _PAPERS].append((*place, item.why))
        self._list(N_("To be looked at {n}"), (N_("Row"), N_("Field"), N_("Why")), lines[False])
        if lines[True]:
            self._list(_LACKING, (N_("Row"), N_("Lacking papers")), lines[True])

    def left(self) -> frozenset[Place]:
        """The rows (sheet, row) that the user leaves out."""
        return frozenset(self._left)

    def count_left(self) -> int:
        """The number of records left out."""
        return sum(_leaves(item, self._left) for item in self._report.records) if self._report else 0

    def _ordered(self, report: Any) -> None:
        """Possible duplicates first, unchanged records last."""
        self._doubtful = {(w.sheet, w.row): w.why for w in report.warnings if w.code in _TWICE}
        self._order = sorted(
            report.records,
            key=lambda item: (
                item.action == "unchanged", (item.sheet, item.row) not in self._doubtful, item.row
            ),
        )  # fmt: skip

    def _taken(self, item: Any) -> bool | None:
        return None if item.action == "unchanged" else (item.sheet, item.row) not in self._left

    def _ticked(self, lines: Sequence[int], taken: bool) -> None:
        """One row of a file is taken or left as a whole, with every record it stands for."""
        chosen = (self._order[at] for at in lines)
        places = {(item.sheet, item.row) for item in chosen if item.action != "unchanged"}
        self._left = self._left - places if taken else self._left | places
        self._records.lines.repaint()
        self.summary.setText(sentence(self._report, self._left))
        self.chosen.emit()

    def _row(self, item: Any) -> str:
        """The row's number, after the sheet's name where there are several."""
        return f"{item.sheet} {item.row}" if self._several else str(item.row)

    def _record(self, item: Any) -> tuple[str, ...]:
        values = {**(item.before.values() if item.before else {}), **item.values}
        title = " ".join(str(values.get(name) or "") for name in self._kind.title).strip()
        done = tr(_DONE.get(item.action, item.action))
        doubt = self._doubtful.get((item.sheet, item.row)) if item.action == "add" else None
        done = tr(N_("New, perhaps a duplicate")) if doubt else done
        said = in_a_row(words for words in ((doubt or "").rstrip("。."), self._said(item)) if words)
        return self._row(item), done, title, said

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
        return in_a_row(parts)

    def _label(self, name: str) -> str:
        field = self._kind.fields.get(name)
        return tr(field.label) if field else tr(PLACES.get(name, name))

    def _list(
        self, title: str, headings: Sequence[str], lines: Sequence[Sequence[str]], rows: int | None = None
    ) -> None:
        """A tab of lines; `rows` when they are of fewer rows than there are lines."""
        self._tab(title, headings, len(lines), lines.__getitem__)
        if rows is not None:
            self.tabs.setTabText(self.tabs.count() - 1, tr(title, n=rows))

    def _tab(
        self, title: str, headings: Sequence[str], count: int, line: Line,
        taken: Callable[[int], bool | None] = lambda at: None,
    ) -> LinesTable:  # fmt: skip
        table = LinesTable(Lines([tr(words) for words in headings], count, line, taken))
        self.tabs.addTab(table, tr(title, n=count))
        return table


def _leaves(item: Any, left: Collection[Place]) -> bool:
    return item.action != "unchanged" and (item.sheet, item.row) in left


def sentence(report: Any, left: Collection[Place] = ()) -> str:
    """Every row accounted for in one line; records of the rows `left` out are counted apart."""
    out = [item.action for item in report.records if _leaves(item, left)]
    lacking = sum(item.code == _PAPERS for item in report.warnings)
    words = tr(
        N_("{read} rows read: {added} new, {changed} changed, {unchanged} unchanged, {refused} refused, "
           "{duplicates} duplicates, {warnings} to be looked at"),
        read=report.read, added=report.count("add") - out.count("add"),
        changed=report.count("change") - out.count("change"),
        unchanged=report.count("unchanged"), refused=len({(item.sheet, item.row) for item in report.refused}),
        duplicates=report.duplicates, warnings=len(report.warnings) - lacking,
    )  # fmt: skip
    more = [tr(_LACKING, n=lacking)] if lacking else []
    return " · ".join([words, *more, *([tr(N_("{n} left out"), n=len(out))] if out else [])])
