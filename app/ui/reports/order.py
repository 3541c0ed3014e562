"""What report is wanted: which one, of which month, of which boilers, in whose template, in which format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QDate, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from app.actions.reports import BY_NAME_OF, IN_TEMPLATE, OF_MONTH, REPORTS, ReportKind, ReportOrder
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.parts import side_button

ALL, SELECTED, SHOWN = "", "selected", "shown"
_TYPING_MS = 300
_NO_MONTH = QDate(2000, 1, 1)  # until the workspace has said which one is in hand
_NAMED = {"lookback": N_("Look-back round"), "baseline": N_("Baseline")}  # what of its kind it is of
# What the window knows beyond the records: the boilers selected, and those the ledger shows now.
Known = Callable[[str], Sequence[str]]


class OrderForm(QWidget):
    """Emits `changed` a moment after anything was chosen."""

    changed = Signal()

    def __init__(self, known: Known, folder: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known, self._folder = known, folder
        self._counties: Mapping[str, str] = {}
        self._named: Mapping[str, Sequence[str]] = {}
        self._delay = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._delay.timeout.connect(self.changed)
        self.report, self.scope, self.format = QComboBox(), QComboBox(), QComboBox()
        for kind in REPORTS:
            self.report.addItem(kind.text, kind)
        self.month = QDateEdit(_NO_MONTH)
        self._proposed = ""  # the month that was proposed last; one that was chosen stays
        self.month.setDisplayFormat("yyyy-MM")
        self.month.setToolTip(tr(N_("In the first days of a month the month before is proposed")))
        self.condition = QLineEdit(placeholderText=tr(N_("Such as rated_tph>=4 and fuel=gas")))
        self.template = QLineEdit(placeholderText=tr(N_("None: the program’s own layout")))
        self.public = QCheckBox(tr(N_("Public edition: without coordinates, names and phones")))
        self._lay_out()
        self.report.currentIndexChanged.connect(self._chosen)
        for box in (self.scope, self.format):
            box.activated.connect(self._delay.start)
        self.month.dateChanged.connect(self._delay.start)
        self.condition.textChanged.connect(self._delay.start)
        self.public.toggled.connect(self._delay.start)
        self._chosen()

    @property
    def kind(self) -> ReportKind:
        """The report that is chosen."""
        found: ReportKind = self.report.currentData()
        return found

    @property
    def ending(self) -> str:
        """The ending of the file; empty for a folder."""
        return str(self.format.currentData() or "")

    @property
    def period(self) -> str:
        """The month, where the report has one; empty for the running one."""
        chosen = self.month.date()
        return chosen.toString("yyyy-MM") if self.kind.name in OF_MONTH and chosen != _NO_MONTH else ""

    def order(self) -> ReportOrder:
        """What is wanted, as the action takes it; raises Invalid when the ledger gives no boiler."""
        kind, scope = self.kind, str(self.scope.currentData() or "")
        by_month, by_name = kind.name in OF_MONTH, kind.name in BY_NAME_OF
        of: Sequence[str] = ()
        if by_name:
            of = (scope,) if scope else ()
        elif not by_month and scope in (SELECTED, SHOWN):
            of = self._known(scope)
            if not of:
                raise Invalid(
                    N_("The ledger has no boiler selected or shown"),
                    hint=N_("Choose some there, or report of all."),
                    code="nothing_chosen",
                )
        template = self.template.text().strip() if self.template.isEnabled() else ""
        return ReportOrder(
            kind.name,
            self.period,
            tuple(of),
            None if by_month or by_name or of else self._where(scope),
            Path(template) if template else None,
            self.public.isChecked(),
        )

    def choose(self, name: str) -> None:
        """Choose a report by its name."""
        self.report.setCurrentIndex(max(0, next(at for at, kind in enumerate(REPORTS) if kind.name == name)))

    def settle(self) -> None:
        """What was chosen a moment ago has been read or given up: nothing is emitted for it any more."""
        self._delay.stop()

    def offer(self, counties: Mapping[str, str], named: Mapping[str, Sequence[str]], month: str) -> None:
        """What the workspace offers as scopes, and the month to report now; what was chosen stays
        chosen where it still is there."""
        if self.month.date() == _NO_MONTH or self.month.date().toString("yyyy-MM") == self._proposed:
            self.month.setDate(QDate.fromString(month, "yyyy-MM"))
        self._proposed = month
        self._counties, self._named = counties, named
        self._fill_scope()

    def _where(self, scope: str) -> str | None:
        parts = [self.condition.text().strip()]
        if scope in self._counties:
            parts.insert(0, f"div_code>={scope} and div_code<{int(scope) + 1}")
        written = [part for part in parts if part]
        if len(written) < 2 or " or " not in written[1]:
            return " and ".join(written) or None
        return " or ".join(f"{written[0]} and {part.strip()}" for part in written[1].split(" or "))

    def _chosen(self) -> None:
        kind = self.kind
        self.format.clear()
        for ending in kind.endings:
            self.format.addItem(_FORMATS.get(ending) or tr(N_("Folder")), ending)
        by_month = kind.name in OF_MONTH
        for row, shown in ((self.month, by_month), (self.scope, not by_month),
                           (self.condition, not by_month and kind.name not in BY_NAME_OF),
                           (self._template_row, kind.name in IN_TEMPLATE)):  # fmt: skip
            self._rows.setRowVisible(row, shown)
        self.template.setEnabled(kind.name in IN_TEMPLATE)
        self._scope_name.setText(tr(_NAMED.get(kind.name, N_("Boilers"))))
        self._fill_scope()
        self._delay.start()

    def _fill_scope(self) -> None:
        chosen = self.scope.currentData()
        self.scope.clear()
        if self.kind.name in BY_NAME_OF:
            for name in self._named.get(self.kind.name, ()):
                self.scope.addItem(name, name)
        else:
            self.scope.addItem(tr(N_("All (letters: those that are open)")), ALL)
            self.scope.addItem(tr(N_("Those selected in the ledger")), SELECTED)
            self.scope.addItem(tr(N_("Those the ledger shows now")), SHOWN)
            for code, name in sorted(self._counties.items()):
                self.scope.addItem(name, code)
        self.scope.setCurrentIndex(max(0, self.scope.findData(chosen)))

    def _lay_out(self) -> None:
        rows = self._rows = QFormLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setHorizontalSpacing(metrics.grid(2))
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._scope_name = QLabel()
        self._template_row = QWidget()
        beside = QHBoxLayout(self._template_row)
        metrics.tight(beside, 0, 1)
        beside.addWidget(self.template, 1)
        beside.addWidget(side_button(tr(N_("Choose…")), self._choose_template))
        rows.addRow(tr(N_("Report")), self.report)
        rows.addRow(tr(N_("Month")), self.month)
        rows.addRow(self._scope_name, self.scope)
        rows.addRow(tr(N_("Condition")), self.condition)
        rows.addRow(tr(N_("Template")), self._template_row)
        rows.addRow(tr(N_("Format")), self.format)
        rows.addRow(self.public)
        for box in (self.report, self.scope, self.format):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)

    def _choose_template(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr(N_("Template")), self._folder(), "*.xlsx")
        if name:
            self.template.setText(name)
            self._delay.start()


_FORMATS = {".xlsx": "Excel (.xlsx)", ".csv": "CSV (.csv)", ".docx": "Word (.docx)", ".pdf": "PDF (.pdf)",
            ".zip": "ZIP (.zip)", ".txt": "TXT (.txt)"}  # fmt: skip
