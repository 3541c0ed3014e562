"""Editor of one symbol: its marker, line and fill as the table a theme holds of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.carto.symbols import SHAPES, Marker, Symbol
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.styling.colours import ColourButton
from app.ui.symbols import symbol_icon

Table = Mapping[str, Any]
PARTS = ("marker", "line", "fill")

SHAPE_NAMES = {
    "circle": N_("Disc"), "circle_hollow": N_("Ring, white inside"), "circle_half": N_("Half disc"),
    "circle_slash": N_("Ring with a stroke"), "circle_dot": N_("Ring with a dot"), "ring": N_("Ring"),
    "square": N_("Square"), "square_half": N_("Half square"), "square_dot": N_("Square with a dot"),
    "rectangle": N_("Rectangle"), "diamond": N_("Diamond"), "diamond_hollow": N_("Diamond, white inside"),
    "star_ring": N_("Star in a ring"), "triangle": N_("Triangle"), "cross": N_("Cross"),
}  # fmt: skip
_DASHES: dict[str, list[float]] = {
    N_("Solid"): [],
    N_("Dashed"): [2.4, 1.0],
    N_("Dotted"): [0.6, 0.6],
    N_("Dash and dot"): [2.4, 0.7, 0.4, 0.7],
}
_HATCHES: dict[str, float | None] = {
    N_("No hatching"): None,
    N_("Hatching ／"): 45.0,
    N_("Hatching ＼"): 135.0,
    N_("Hatching —"): 0.0,
    N_("Hatching ｜"): 90.0,
}


class SymbolBox(QWidget):
    """Shows the parts a layer can have; `edited` says that the table is another."""

    edited = Signal()

    def __init__(self, parts: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filling = False
        self._kept: dict[str, dict[str, Any]] = {}
        self._chosen: set[ColourButton] = set()  # colours a person has chosen since the symbol was shown
        self._dash_was = self._hatch_was = 0
        self._boxes: dict[str, QGroupBox] = {}
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 1)
        makers = {"marker": self._marker_box, "line": self._line_box, "fill": self._fill_box}
        for part in PARTS:
            if part in parts:
                box = self._boxes[part] = makers[part]()
                box.setCheckable(True)
                box.toggled.connect(self._tell)
                column.addWidget(box)
        column.addStretch(1)

    def fill(self, symbol: Table, shown: Symbol) -> None:
        """Show a table; `shown` is the same with the palette's colours, for colours given by name."""
        self._filling = True
        self._chosen.clear()
        self._kept = {part: dict(symbol[part]) for part in PARTS if part in symbol}
        for part, box in self._boxes.items():
            box.setChecked(part in symbol)
        if "marker" in self._boxes:
            self._fill_marker(self._kept.get("marker", {}), shown)
        if "line" in self._boxes:
            self._fill_line(self._kept.get("line", {}), shown)
        if "fill" in self._boxes:
            self._fill_fill(self._kept.get("fill", {}), shown)
        self._filling = False

    def table(self) -> dict[str, Any]:
        """The parts that are switched on; what the box has no field for stays as it was."""
        makers = {"marker": self._marker, "line": self._line, "fill": self._fill}
        return {part: makers[part]() for part, box in self._boxes.items() if box.isChecked()}

    # ---- marker

    def _marker_box(self) -> QGroupBox:
        self._shape = QComboBox()
        for shape in SHAPES:
            icon = symbol_icon(Symbol(marker=Marker(shape, 3.0, "#1976D2")))
            self._shape.addItem(icon, tr(SHAPE_NAMES[shape]), shape)
        self._size = _number(0.3, 20.0, tr(N_("mm")))
        self._marker_colour = ColourButton(tr(N_("Colour of the marker")))
        return self._box(
            tr(N_("Marker")),
            (N_("Shape"), self._shape), (N_("Size"), self._size), (N_("Colour"), self._marker_colour),
        )  # fmt: skip

    def _fill_marker(self, table: Table, shown: Symbol) -> None:
        self._shape.setCurrentIndex(max(self._shape.findData(table.get("shape", "circle")), 0))
        self._size.setValue(float(table.get("size_mm", 2.0)))
        self._marker_colour.show_colour(shown.marker.colour if shown.marker else "#1976D2")

    def _marker(self) -> dict[str, Any]:
        kept = self._kept.get("marker", {})
        colour = self._colour(kept, self._marker_colour)
        return {**kept, "shape": self._shape.currentData(), "size_mm": self._size.value(), "colour": colour}

    # ---- line

    def _line_box(self) -> QGroupBox:
        self._width = _number(0.05, 5.0, tr(N_("mm")))
        self._line_colour = ColourButton(tr(N_("Colour of the line")))
        self._dash = QComboBox()
        for words, lengths in _DASHES.items():
            self._dash.addItem(tr(words), lengths)
        return self._box(
            tr(N_("Line or outline")),
            (N_("Width"), self._width), (N_("Colour"), self._line_colour), (N_("Style"), self._dash),
        )  # fmt: skip

    def _fill_line(self, table: Table, shown: Symbol) -> None:
        self._width.setValue(float(table.get("width_mm", 0.2)))
        self._line_colour.show_colour(shown.line.colour if shown.line else "#424242")
        pieces = len(table.get("dash", ()))
        self._dash.setCurrentIndex(0 if not pieces else 3 if pieces > 2 else 1 if table["dash"][0] > 1 else 2)
        self._dash_was = self._dash.currentIndex()

    def _line(self) -> dict[str, Any]:
        kept = dict(self._kept.get("line", {}))
        if self._dash.currentIndex() != self._dash_was:
            kept["dash"] = list(self._dash.currentData())
        return {**kept, "width_mm": self._width.value(), "colour": self._colour(kept, self._line_colour)}

    # ---- fill

    def _fill_box(self) -> QGroupBox:
        self._fill_colour = ColourButton(tr(N_("Colour of the area")))
        self._opacity = QSpinBox(minimum=0, maximum=100, suffix=" %")
        self._hatch = QComboBox()
        for words, angle in _HATCHES.items():
            self._hatch.addItem(tr(words), angle)
        return self._box(
            tr(N_("Fill of areas")),
            (N_("Colour"), self._fill_colour), (N_("Opacity"), self._opacity), (N_("Hatching"), self._hatch),
        )  # fmt: skip

    def _fill_fill(self, table: Table, shown: Symbol) -> None:
        fill = shown.fill
        self._fill_colour.show_colour(fill.colour if fill and fill.colour else "#BDBDBD")
        clear = bool(table) and not table.get("colour")
        self._opacity.setValue(0 if clear else round(100 * float(table.get("opacity", 1.0))))
        angle = table["hatch"].get("angle_deg", 45.0) if "hatch" in table else None
        angles = list(_HATCHES.values())
        self._hatch.setCurrentIndex(
            angles.index(float(angle)) if angle in angles and angle is not None else 0
        )
        self._hatch_was = self._hatch.currentIndex()

    def _fill(self) -> dict[str, Any]:
        kept = dict(self._kept.get("fill", {}))
        angle = self._hatch.currentData()
        if self._hatch.currentIndex() != self._hatch_was:
            kept.pop("hatch", None)
            if angle is not None:
                kept["hatch"] = {"colour": "#424242", "angle_deg": angle, "spacing_mm": 1.6, "width_mm": 0.2}
        if self._opacity.value() == 0 and "hatch" in kept:
            return {"hatch": kept["hatch"]}  # hatching alone
        colour = self._colour(kept, self._fill_colour)
        return {**kept, "colour": colour, "opacity": self._opacity.value() / 100}

    # ---- shared

    def _colour(self, kept: Mapping[str, Any], button: ColourButton) -> str:
        """The colour by its name in the palette as long as nobody has chosen another."""
        return str(kept["colour"]) if "colour" in kept and button not in self._chosen else button.colour

    def _box(self, title: str, *rows: tuple[str, QWidget]) -> QGroupBox:
        box = QGroupBox(title)
        form = QFormLayout(box)
        for words, field in rows:
            form.addRow(tr(words), field)
            field.setAccessibleName(f"{title}: {tr(words)}")
            self._listen(field)
        return box

    def _listen(self, field: QWidget) -> None:
        if isinstance(field, QComboBox):
            field.activated.connect(self._tell)
        elif isinstance(field, (QSpinBox, QDoubleSpinBox)):
            field.valueChanged.connect(self._tell)
        elif isinstance(field, ColourButton):
            field.chosen.connect(lambda _, field=field: self._recolour(field))

    def _recolour(self, button: ColourButton) -> None:
        self._chosen.add(button)
        self._tell()

    def _tell(self, *_: object) -> None:
        if not self._filling:
            self.edited.emit()


def _number(least: float, most: float, unit: str) -> QDoubleSpinBox:
    return QDoubleSpinBox(minimum=least, maximum=most, singleStep=0.1, decimals=2, suffix=f" {unit}")
