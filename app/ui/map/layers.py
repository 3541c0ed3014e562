"""The layer tree: every layer of the theme with a switch, and below it the symbols that are in the
picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from app.carto.display import DrawnClass
from app.carto.layers import Layer
from app.carto.theme import Theme
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.symbols import symbol_icon

_LAYER = Qt.ItemDataRole.UserRole
_TITLES = {"theme": N_("Thematic features"), "base": N_("Base map")}


class LayerTree(QTreeWidget):
    """Layers from the top down; the numbers count what is seen."""

    switched = Signal(str, bool)  # layer id, shown

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setColumnCount(2)
        self.setAccessibleName(tr(N_("Layers")))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setIndentation(metrics.grid(3))
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._items: dict[str, QTreeWidgetItem] = {}
        self.itemChanged.connect(self._changed)

    def show_theme(self, theme: Theme) -> None:
        """List a theme's layers."""
        self.blockSignals(True)
        self.clear()
        self._items.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        for layer in reversed(theme.layers):
            if not layer.legend and layer.group != "theme":
                continue
            group = groups.get(layer.group) or self._group(layer.group)
            groups[layer.group] = group
            self._items[layer.id] = self._layer(group, layer)
        self.blockSignals(False)

    def show_drawn(self, drawn: Sequence[DrawnClass]) -> None:
        """The symbols of the picture below their layers, the last drawn on top."""
        self.blockSignals(True)
        for layer_id, item in self._items.items():
            item.takeChildren()
            mine = [entry for entry in reversed(drawn) if entry.layer == layer_id]
            if len(mine) == 1 and mine[0].title == item.text(0):
                self._one(item, mine[0])
                continue
            for entry in mine:
                child = QTreeWidgetItem(item, [tr(entry.title), f"{entry.count:,}"])
                child.setIcon(0, symbol_icon(entry.symbol))
                child.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
                child.setFlags(Qt.ItemFlag.ItemIsEnabled)
                child.setToolTip(0, tr(entry.title))
        self.blockSignals(False)

    def _one(self, item: QTreeWidgetItem, entry: DrawnClass) -> None:
        item.setIcon(0, symbol_icon(entry.symbol))
        item.setText(1, f"{entry.count:,}")

    def _group(self, name: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self, [tr(_TITLES.get(name, name))])
        item.setFirstColumnSpanned(True)
        item.setFont(0, metrics.sized(0.95, bold=True))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        item.setExpanded(name == "theme")
        return item

    def _layer(self, group: QTreeWidgetItem, layer: Layer) -> QTreeWidgetItem:
        item = QTreeWidgetItem(group, [tr(layer.title), ""])
        item.setData(0, _LAYER, layer.id)
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
        item.setFlags(
            Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable
        )
        item.setCheckState(0, Qt.CheckState.Checked if layer.visible else Qt.CheckState.Unchecked)
        item.setExpanded(layer.group == "theme")
        item.setToolTip(0, tr(layer.title))
        return item

    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        layer = item.data(0, _LAYER)
        if layer and column == 0:
            self.switched.emit(str(layer), item.checkState(0) == Qt.CheckState.Checked)
