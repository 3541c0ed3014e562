"""How a layer's features are told apart: one symbol, by listed values, or by breaks of a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QSpinBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.carto.arranging import LOOK_KEYS
from app.carto.classing import DIVISIONS, MOST_CLASSES, NATURAL, RAMPS, SMALLEST, Wish, categorised, graduated
from app.carto.features import Objects
from app.carto.layers import Layer
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.styling.symbolbox import PARTS, SymbolBox
from app.ui.symbols import symbol_icon

SINGLE, CATEGORISED, GRADUATED = "single", "categorised", "graduated"
_METHODS = {
    SINGLE: N_("One symbol"),
    CATEGORISED: N_("By value"),
    GRADUATED: N_("By number, in classes"),
}
# Reads the values of a field in a thread and gives them to the second; the words of a value.
Values = Callable[[str, Callable[[Objects], None]], None]
Words = Callable[[str, object], str]


class SymbolTab(QWidget):
    """`edited` says that `look` is another; the map shows it and hands back the layer by `show_layer`."""

    edited = Signal()

    def __init__(
        self, fields: Sequence[tuple[str, str]], parts: tuple[str, ...], values: Values, words: Words
    ) -> None:
        super().__init__()
        self._values, self._words = values, words
        self._look: dict[str, Any] = {}
        self._filling = False
        self.method, self.field = QComboBox(), QComboBox()
        for name, title in _METHODS.items():
            self.method.addItem(tr(title), name)
        for name, title in fields:
            self.field.addItem(title, name)
        self.count = QSpinBox(minimum=2, maximum=MOST_CLASSES, value=5)
        self.division, self.ramp = QComboBox(), QComboBox()
        for box, choices in ((self.division, DIVISIONS), (self.ramp, RAMPS)):
            for name, title in choices.items():
                box.addItem(tr(title), name)
        self.classes = QTreeWidget()
        self.classes.setHeaderHidden(True)
        self.classes.setColumnCount(2)
        self.classes.setRootIsDecorated(False)
        self.classes.setAccessibleName(tr(N_("Classes")))
        self.classes.header().setStretchLastSection(False)
        self.classes.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.classes.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.symbol = SymbolBox(parts)
        self._lay_out()
        self._connect()

    def _connect(self) -> None:
        self.method.activated.connect(self._change_method)
        for box in (self.field, self.division, self.ramp):
            box.activated.connect(self._remake)
        self.count.valueChanged.connect(self._remake)
        self.classes.currentItemChanged.connect(lambda *_: self._show_symbol())
        self.classes.itemChanged.connect(self._retitle)
        self.symbol.edited.connect(self._resymbol)

    # ---- what is shown

    def fill(self, table: Mapping[str, Any], layer: Layer) -> None:
        """Show a layer's table."""
        self._filling = True
        self._look = {key: table[key] for key in LOOK_KEYS if key in table}
        method = SINGLE if "class" not in table else GRADUATED if table.get("breaks") else CATEGORISED
        self.method.setCurrentIndex(self.method.findData(method))
        if "field" in table:
            if self.field.findData(table["field"]) < 0:
                self.field.addItem(str(table["field"]), table["field"])
            self.field.setCurrentIndex(self.field.findData(table["field"]))
        if method == GRADUATED:
            self.count.setValue(len(table["breaks"]) + 1)
        self.ramp.setCurrentIndex(self.ramp.findData("mixed" if method == CATEGORISED else "reds"))
        self._filling = False
        self._enable()
        self.show_layer(layer)

    def show_layer(self, layer: Layer) -> None:
        """List the classes as they are drawn now; the current one stays current."""
        self._layer = layer
        at = max(self.classes.indexOfTopLevelItem(self.classes.currentItem()), 0)
        self._filling = True
        self.classes.clear()
        for item in layer.rule.classes:
            line = QTreeWidgetItem(self.classes, [tr(item.title), ""])
            line.setIcon(0, symbol_icon(item.symbol))
            line.setFlags(line.flags() | Qt.ItemFlag.ItemIsEditable)
            line.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
        current = self.classes.topLevelItem(min(at, len(layer.rule.classes) - 1))
        if current is not None:
            self.classes.setCurrentItem(current)
        self._filling = False
        self._show_symbol()

    def show_counts(self, counts: Sequence[int]) -> None:
        """How many features each class holds in all."""
        self._filling = True
        for at, count in enumerate(counts):
            line = self.classes.topLevelItem(at)
            if line is not None:
                line.setText(1, f"{count:,}")
        self._filling = False

    def look(self) -> dict[str, Any]:
        """The keys that make the look."""
        return dict(self._look)

    def _show_symbol(self) -> None:
        at = self._at()
        if not self._filling and at is not None:
            self.symbol.fill(self._tables()[at], self._layer.rule.classes[at].symbol)

    def _tables(self) -> list[dict[str, Any]]:
        """The tables that hold a symbol: the classes, or the layer itself."""
        classes: list[dict[str, Any]] = self._look.get("class", [self._look])
        return classes

    def _at(self) -> int | None:
        at = self.classes.indexOfTopLevelItem(self.classes.currentItem())
        return at if 0 <= at < len(self._tables()) else None

    def _enable(self) -> None:
        method = self.method.currentData()
        self.field.setEnabled(method != SINGLE)
        self.ramp.setEnabled(method != SINGLE)
        for box in (self.count, self.division):
            box.setEnabled(method == GRADUATED)

    # ---- what is changed

    def _change_method(self, *_: object) -> None:
        """Numbers want a ramp from light to dark, values distinct colours."""
        ramp = {GRADUATED: "reds", CATEGORISED: "mixed"}.get(self.method.currentData())
        if ramp and (self.ramp.currentData() == "mixed") != (ramp == "mixed"):
            self.ramp.setCurrentIndex(self.ramp.findData(ramp))
        self._remake()

    def _remake(self, *_: object) -> None:
        """Other classes: made from the values of the field, which are read in a thread."""
        if self._filling:
            return
        self._enable()
        method, name = self.method.currentData(), self.field.currentData()
        if method == SINGLE:
            self._take(self._first_symbol())
        elif name:
            self._values(name, lambda values: self._classed(method, name, values))

    def _classed(self, method: str, name: str, values: Objects) -> None:
        if (method, name) != (self.method.currentData(), self.field.currentData()):
            return  # another choice was made meanwhile
        wish = Wish(name, self.count.value(), self.division.currentData() or NATURAL, self.ramp.currentData())
        symbol = _plain(self._first_symbol())
        if method == GRADUATED:
            self._look.pop("size", None)  # the classes have sizes of their own
            self._take(graduated(wish, values, symbol))
        else:
            self._take(categorised(wish, values, symbol, lambda value: self._words(name, value)))

    def _first_symbol(self) -> dict[str, Any]:
        """The look the classes vary: that of the class with most parts."""
        tables = [{part: table[part] for part in PARTS if part in table} for table in self._tables()]
        first = max(tables, key=len, default={})
        if self._look.get("breaks") and "marker" in first:  # the lowest class is smaller than what it varies
            size = round(first["marker"]["size_mm"] / SMALLEST, 2)
            first = {**first, "marker": {**first["marker"], "size_mm": size}}
        return first

    def _take(self, look: Mapping[str, Any]) -> None:
        size = {"size": self._look["size"]} if "size" in self._look else {}
        self._look = {**size, **look}
        self.edited.emit()

    def _resymbol(self) -> None:
        at = self._at()
        if at is None:
            return
        changed = [
            {**{key: value for key, value in table.items() if key not in PARTS}, **self.symbol.table()}
            if place == at
            else table
            for place, table in enumerate(self._tables())
        ]
        self._look = {**self._look, "class": changed} if "class" in self._look else changed[0]
        self.edited.emit()

    def _retitle(self, item: QTreeWidgetItem, column: int) -> None:
        at = self.classes.indexOfTopLevelItem(item)
        if self._filling or column != 0 or "class" not in self._look:
            return
        changed = [dict(table) for table in self._look["class"]]
        changed[at]["title"] = item.text(0).strip() or changed[at]["title"]
        self._look = {**self._look, "class": changed}
        self.edited.emit()

    # ---- layout

    def _lay_out(self) -> None:
        form = QFormLayout()
        rows: tuple[tuple[str, QWidget], ...] = (
            (N_("Symbols"), self.method), (N_("Field"), self.field), (N_("Classes"), self.count),
            (N_("Divided by"), self.division), (N_("Colours"), self.ramp),
        )  # fmt: skip
        for words, box in rows:
            form.addRow(tr(words), box)
            box.setAccessibleName(tr(words))
        left = QVBoxLayout()
        left.addLayout(form)
        left.addWidget(self.classes, 1)
        row = QHBoxLayout(self)
        metrics.tight(row, 2, 3)
        row.addLayout(left, 3)
        row.addWidget(self.symbol, 2)


def _plain(symbol: Mapping[str, Any]) -> dict[str, Any]:
    """A look to be varied: a full disc, an area without hatching."""
    made = dict(symbol)
    if "marker" in made:
        made["marker"] = {**made["marker"], "shape": "circle"}
    if "hatch" in made.get("fill", {}):
        made["fill"] = {"colour": "#BDBDBD", "opacity": 0.85}
    return made
