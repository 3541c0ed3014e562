"""The layer tree: every layer of the theme with a switch, and below it the symbols that are in the
picture. It is arranged by mouse and keyboard; what that means is the arranger's matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from app.carto.display import DrawnClass
from app.carto.layers import Layer
from app.carto.legend import GROUP_TITLES
from app.carto.theme import Theme
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.symbols import no_symbol, symbol_icon

_LAYER, _GROUP, _NAME = (Qt.ItemDataRole.UserRole + at for at in range(3))
_ON, _OFF = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_LAST = "base"  # the group that stays at the ground, with its name


class LayerTree(QTreeWidget):
    """Layers from the top down; the numbers count what is seen."""

    switched = Signal(dict)  # layer id -> shown
    renamed = Signal(str, str)
    moved = Signal(str, str, bool)  # a layer, the one beside which it goes, above (else below) it
    grouped = Signal(str, str)  # a layer, the group it goes to
    group_renamed = Signal(str, str)
    group_moved = Signal(str, str, bool)  # a group, the one beside which it goes, above (else below) it
    wanted = Signal(str)  # the properties of a layer
    asked = Signal(str, QPoint)  # the menu of a layer, at a place of the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setColumnCount(2)
        self.setAccessibleName(tr(N_("Layers")))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setIndentation(metrics.grid(3))
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.setUniformRowHeights(True)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: dict[str, QTreeWidgetItem] = {}
        self._folded: dict[str, bool] = {}
        self.itemChanged.connect(self._changed)
        self.itemExpanded.connect(lambda item: self._fold(item, False))
        self.itemCollapsed.connect(lambda item: self._fold(item, True))
        self.customContextMenuRequested.connect(self._ask)

    def show_theme(self, theme: Theme) -> None:
        """List a theme's layers; the current one stays current, or the current group."""
        current, group = self.current(), self._current_group()
        self.blockSignals(True)
        self.clear()
        self._items.clear()
        self._groups.clear()
        layers = list(reversed(theme.layers))
        named = dict.fromkeys([*(layer.group for layer in layers if layer.group != _LAST), _LAST])
        for name in named:
            mine = [layer for layer in layers if layer.group == name]
            if not mine:
                continue
            item = self._group(name, mine)
            for layer in mine:
                self._items[layer.id] = self._layer(item, layer)
            self._groups[name] = item
            if name == group:
                self.setCurrentItem(item)
        self.blockSignals(False)
        self.choose(current)

    def show_drawn(self, drawn: Sequence[DrawnClass], placeless: Mapping[str, int]) -> None:
        """The symbols of the picture below their layers, the last drawn on top, and what has no place."""
        self.blockSignals(True)
        for layer_id, item in self._items.items():
            item.takeChildren()
            mine = [entry for entry in reversed(drawn) if entry.layer == layer_id]
            without = placeless.get(layer_id, 0)
            if len(mine) == 1 and tr(mine[0].title) == item.text(0) and not without:
                self._one(item, mine[0])
                continue
            for entry in mine:
                child = self._line(item, tr(entry.title), entry.count)
                child.setIcon(0, symbol_icon(entry.symbol))
            if without:
                line = self._line(item, tr(N_("Without a position")), without)
                line.setIcon(0, no_symbol())
                line.setToolTip(0, tr(N_("In the ledger, but in no place of the map.")))
        self.blockSignals(False)

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Mark the layers that cannot be shown, with the reason as their tip."""
        self.blockSignals(True)
        for layer_id, words in faults.items():
            item = self._items.get(layer_id)
            if item is not None:
                item.setIcon(0, icons.icon("warning"))
                item.setToolTip(0, words)
        self.blockSignals(False)

    def current(self) -> str:
        """The id of the current layer, also when one of its symbols is the current line; or empty."""
        item: QTreeWidgetItem | None = self.currentItem()
        while item is not None and not item.data(0, _LAYER):
            item = item.parent()
        return str(item.data(0, _LAYER)) if item is not None else ""

    def current_group(self) -> str:
        """The group whose own line is the current one, but for the ground's; or empty."""
        name = self._current_group()
        return name if name != _LAST else ""

    def _current_group(self) -> str:
        item: QTreeWidgetItem | None = self.currentItem()
        return str(item.data(0, _GROUP) or "") if item is not None else ""

    def choose(self, layer_id: str) -> None:
        """Make a layer the current one."""
        if layer_id in self._items:
            self.setCurrentItem(self._items[layer_id])

    def rename_current(self) -> None:
        """Write in the line of the current layer or group."""
        item = self._items.get(self.current()) or self._groups.get(self.current_group())
        if item is not None:
            self.editItem(item, 0)

    def shift_current(self, up: bool) -> None:
        """The current layer past its neighbour, into the next group at the end of its own; or a group."""
        if group := self.current_group():
            self._shift_group(group, up)
            return
        layers = self._listed()
        current = self.current()
        if current not in layers:
            return
        at = layers.index(current) + (-1 if up else 1)
        if not 0 <= at < len(layers):
            return
        beside = layers[at]
        other = self._items[beside].parent() is not self._items[current].parent()
        self.moved.emit(current, beside, up != other)

    def _shift_group(self, group: str, up: bool) -> None:
        groups = [name for name in self._groups if name != _LAST]
        at = groups.index(group) + (-1 if up else 1)
        if 0 <= at < len(groups):
            self.group_moved.emit(group, groups[at], up)

    def _listed(self) -> list[str]:
        return list(self._items)

    # ---- items

    def _line(self, item: QTreeWidgetItem, words: str, count: int) -> QTreeWidgetItem:
        child = QTreeWidgetItem(item, [words, f"{count:,}"])
        child.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
        child.setFlags(Qt.ItemFlag.ItemIsEnabled)
        child.setToolTip(0, words)
        return child

    def _one(self, item: QTreeWidgetItem, entry: DrawnClass) -> None:
        item.setIcon(0, symbol_icon(entry.symbol))
        item.setText(1, f"{entry.count:,}")

    def _group(self, name: str, layers: Sequence[Layer]) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self, [tr(GROUP_TITLES.get(name, name))])
        item.setData(0, _GROUP, name)
        item.setData(0, _NAME, item.text(0))
        item.setFirstColumnSpanned(True)
        item.setFont(0, metrics.sized(0.95, bold=True))
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsDropEnabled
        own = Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsSelectable
        item.setFlags(flags | own if name != _LAST else flags)
        shown = {layer.visible for layer in layers}
        item.setCheckState(
            0, Qt.CheckState.PartiallyChecked if len(shown) > 1 else _ON if True in shown else _OFF
        )
        item.setExpanded(not self._folded.get(name, name == "base"))
        return item

    def _layer(self, group: QTreeWidgetItem, layer: Layer) -> QTreeWidgetItem:
        item = QTreeWidgetItem(group, [tr(layer.title), ""])
        item.setData(0, _LAYER, layer.id)
        item.setData(0, _NAME, item.text(0))
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
        item.setFlags(
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsUserCheckable
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemIsDragEnabled
        )
        item.setCheckState(0, _ON if layer.visible else _OFF)
        item.setExpanded(layer.group != "base")
        item.setToolTip(0, tr(layer.title))
        return item

    def _fold(self, item: QTreeWidgetItem, folded: bool) -> None:
        if name := item.data(0, _GROUP):
            self._folded[str(name)] = folded

    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        if column != 0:
            return
        shown, layer = item.checkState(0) == _ON, item.data(0, _LAYER)
        group = item.data(0, _GROUP)
        if group and item.text(0) != item.data(0, _NAME):
            self._tell(partial(self.group_renamed.emit, str(group), item.text(0)))
        elif group:
            mine = (item.child(at).data(0, _LAYER) for at in range(item.childCount()))
            self._tell(partial(self.switched.emit, {str(name): shown for name in mine}))
        elif layer and item.text(0) != item.data(0, _NAME):
            self._tell(partial(self.renamed.emit, str(layer), item.text(0)))
        elif layer:
            self._tell(partial(self.switched.emit, {str(layer): shown}))

    def _tell(self, news: Callable[[], object]) -> None:
        """Once the item has been left alone: whoever hears of it fills the tree anew, which ends the item."""
        QTimer.singleShot(0, self, news)

    # ---- input

    def dropEvent(self, event: QDropEvent) -> None:
        """A layer dropped beside another or on a group, a group dropped past another; the tree is filled anew
        by whoever arranges."""
        layer = self.current()
        target: QTreeWidgetItem | None = self.itemAt(event.position().toPoint())
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        while target is not None and not (target.data(0, _LAYER) or target.data(0, _GROUP)):
            target = target.parent()
        if target is None:
            return
        if moved := self.current_group():
            self._drop_group(moved, target)
            return
        if not layer:
            return
        if group := target.data(0, _GROUP):
            self.grouped.emit(layer, str(group))
        elif target.data(0, _LAYER) != layer:
            middle = self.visualItemRect(target).center().y()
            self.moved.emit(layer, str(target.data(0, _LAYER)), event.position().y() < middle)

    def _drop_group(self, group: str, target: QTreeWidgetItem) -> None:
        """Past the group it is dropped on: above when it came from below."""
        onto = str((target if target.data(0, _GROUP) else target.parent()).data(0, _GROUP))
        listed = list(self._groups)
        if onto not in (group, _LAST):
            self.group_moved.emit(group, onto, listed.index(group) > listed.index(onto))

    def event(self, event: QEvent) -> bool:
        """F2 writes in the line, though elsewhere it edits the record."""
        overrides = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        named = self.current() or self.current_group()
        if overrides and event.key() == Qt.Key.Key_F2 and named:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt+Up and Alt+Down move the layer, Enter opens its properties; the rest is the tree's."""
        keys = {Qt.Key.Key_Up: True, Qt.Key.Key_Down: False}
        key = Qt.Key(event.key())
        if self.state() is QAbstractItemView.State.EditingState:  # Enter ends the writing and means no more
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier and key in keys:
            self.shift_current(keys[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current():
            self.wanted.emit(self.current())
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A layer's properties, or a group folded."""
        index: QModelIndex = self.indexAt(event.position().toPoint())
        if index.isValid() and self.current() and not self.itemFromIndex(index).data(0, _GROUP):
            self.wanted.emit(self.current())
        else:
            super().mouseDoubleClickEvent(event)

    def _ask(self, at: QPoint) -> None:
        if self.current():
            self.asked.emit(self.current(), self.viewport().mapToGlobal(at))
