"""What is asked for a sheet: which, of what, on which paper, at which scale, for whom."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.actions.sheets import SheetOrder, sheet_titles
from app.carto.scale import ROUND_SCALES, scale_text
from app.i18n import N_, tr
from app.printing.page import LANDSCAPE, PAPERS, PORTRAIT
from app.printing.request import INTERNAL, SECRECY
from app.ui import metrics

_FIRST = {"water_source": "zone_sheet", "grid_cell": "grid_map", "patrol": "grid_map"}
_CODE = Qt.ItemDataRole.UserRole


class OrderForm(QWidget):
    """`changed` after every choice; `sheet_chosen` when another list of scopes is needed."""

    changed = Signal()
    sheet_chosen = Signal(str)

    def __init__(self, page: str, shown: tuple[str, str], parent: QWidget | None = None) -> None:
        """`page` is the ledger that is open; `shown` the id and title of the theme on the screen."""
        super().__init__(parent)
        self.sheet = QComboBox()
        for name, title in sheet_titles().items():
            self.sheet.addItem(title, name)
        self.sheet.setCurrentIndex(max(0, self.sheet.findData(_FIRST.get(page, "boiler_map"))))
        self.of = QListWidget()
        self.of.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.of.setAccessibleName(tr(N_("Scope")))
        self.series = QCheckBox(tr(N_("A series: one page for each")))
        self.paper = self._box([("", N_("As the sheet proposes")), *((name, name) for name in PAPERS)])
        ways = [("", N_("As the sheet proposes")), (PORTRAIT, N_("Upright")), (LANDSCAPE, N_("Lying"))]
        self.orientation = self._box(ways)
        self.scale = QComboBox()
        self.scale.addItem(tr(N_("The largest that fits")), None)
        for denominator in ROUND_SCALES:
            self.scale.addItem(scale_text(denominator), denominator)
        self.secrecy = self._box(list(SECRECY.items()))
        self.secrecy.setCurrentIndex(max(0, self.secrecy.findData(INTERNAL)))
        theme_id, title = shown
        as_shown = tr(N_("As on the screen: {theme}"), theme=title)
        self.drawn = self._box([("", N_("Standard sheet"))])
        self.drawn.addItem(as_shown, theme_id)
        self.drawn.setToolTip(
            tr(N_("The layers, looks, order and added files of the map, beyond the area too"))
        )
        self.public = QCheckBox(tr(N_("Public edition: without coordinates, names and phones")))
        self._lay_out()
        self._connect()

    def order(self) -> SheetOrder:
        """The order as it stands."""
        chosen = tuple(str(item.data(_CODE)) for item in self.of.selectedItems())
        return SheetOrder(
            sheet=str(self.sheet.currentData()),
            of=chosen,
            series=self.series.isChecked(),
            paper=str(self.paper.currentData()),
            orientation=str(self.orientation.currentData()),
            scale=self.scale.currentData(),
            public=self.public.isChecked(),
            secrecy=str(self.secrecy.currentData()),
            theme="" if self.public.isChecked() else str(self.drawn.currentData()),
        )

    def show_scopes(self, choices: Sequence[tuple[str, str]], chosen: str = "") -> None:
        """The things the sheet can be of; `chosen` or the first is selected."""
        self.of.blockSignals(True)
        self.of.clear()
        for code, name in choices:
            item = QListWidgetItem(name)
            item.setData(_CODE, code)
            self.of.addItem(item)
        codes = [code for code, _ in choices]
        if codes:
            self.of.setCurrentRow(codes.index(chosen) if chosen in codes else 0)
        self.of.blockSignals(False)
        self.changed.emit()

    def _connect(self) -> None:
        self.sheet.activated.connect(lambda: self.sheet_chosen.emit(str(self.sheet.currentData())))
        self.of.itemSelectionChanged.connect(self.changed)
        for box in (self.drawn, self.paper, self.orientation, self.scale, self.secrecy):
            box.activated.connect(self.changed)
        self.public.toggled.connect(self.drawn.setDisabled)
        for check in (self.series, self.public):
            check.toggled.connect(self.changed)

    def _box(self, rows: Sequence[tuple[str, str]]) -> QComboBox:
        box = QComboBox()
        for code, label in rows:
            box.addItem(tr(label), code)
        return box

    def _lay_out(self) -> None:
        rows = QFormLayout()
        rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        rows.setHorizontalSpacing(metrics.grid(2))
        rows.addRow(tr(N_("Map picture")), self.drawn)
        rows.addRow(tr(N_("Paper")), self.paper)
        rows.addRow(tr(N_("Orientation")), self.orientation)
        rows.addRow(tr(N_("Scale")), self.scale)
        rows.addRow(tr(N_("Classification")), self.secrecy)
        self.public.setText(tr(N_("Public edition")))
        self.public.setToolTip(tr(N_("Public edition: without coordinates, names and phones")))
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 2)
        for title, box in ((N_("Sheet"), self.sheet), (N_("Scope"), self.of)):
            label = QLabel(tr(title))
            label.setFont(metrics.sized(1.0, bold=True))
            label.setBuddy(box)
            column.addWidget(label)
            column.addWidget(box)
        column.addWidget(self.series)
        column.addLayout(rows)
        column.addWidget(self.public)
        column.setStretchFactor(self.of, 1)
