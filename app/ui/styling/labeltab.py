"""The words beside a layer's features: which field, how they are set, their halo, at which scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QVBoxLayout, QWidget

from app.carto.labels import AROUND, MIDDLE, OUTWARD
from app.carto.symbols import TextStyle
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.styling.colours import ColourButton
from app.ui.styling.scales import ScaleRange

_PLACES = {
    AROUND: N_("Beside the feature"),
    MIDDLE: N_("In the middle"),
    OUTWARD: N_("Outwards, with a line"),
}


class LabelTab(QWidget):
    """`edited` says that `label` is another."""

    edited = Signal()

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._filling = False
        self._kept: dict[str, Any] = {}
        self._chosen: set[ColourButton] = set()
        self.on = QCheckBox(tr(N_("Show words beside the features")))
        self.field, self.place = QComboBox(), QComboBox()
        for name, title in fields:
            self.field.addItem(title, name)
        for name, title in _PLACES.items():
            self.place.addItem(tr(title), name)
        self.em = _millimetres(1.0, 20.0)
        self.halo = _millimetres(0.0, 3.0)
        self.bold = QCheckBox(tr(N_("Bold")))
        self.colour = ColourButton(tr(N_("Colour of the words")))
        self.halo_colour = ColourButton(tr(N_("Colour of the halo")))
        self.scales = ScaleRange()
        self._lay_out()
        for box in (self.on, self.bold):
            box.toggled.connect(self._tell)
        for choice in (self.field, self.place):
            choice.activated.connect(self._tell)
        for number in (self.em, self.halo):
            number.valueChanged.connect(self._tell)
        for button in (self.colour, self.halo_colour):
            button.chosen.connect(lambda _, button=button: self._recolour(button))
        self.scales.edited.connect(self._tell)

    def fill(self, table: Mapping[str, Any] | None, style: TextStyle | None) -> None:
        """Show a layer's label table; `style` is the same with the palette's colours."""
        self._filling = True
        self._kept = dict(table or {})
        self._chosen.clear()
        self.on.setChecked(table is not None)
        if name := self._kept.get("field"):
            if self.field.findData(name) < 0:
                self.field.addItem(str(name), name)
            self.field.setCurrentIndex(self.field.findData(name))
        self.place.setCurrentIndex(max(self.place.findData(self._kept.get("placing", AROUND)), 0))
        self.em.setValue(float(self._kept.get("size_mm", 2.6)))
        self.halo.setValue(float(self._kept.get("halo_mm", 0.35)))
        self.bold.setChecked(bool(self._kept.get("bold", False)))
        self.colour.show_colour(style.colour if style else "#222222")
        self.halo_colour.show_colour(style.halo if style and style.halo else "#FFFFFF")
        self.scales.fill(self._kept.get("scales"))
        self._filling = False
        self._enable()

    def label(self) -> dict[str, Any] | None:
        """The table of the label, None for none."""
        if not self.on.isChecked() or not self.field.currentData():
            return None
        made = {
            **self._kept,
            "field": self.field.currentData(),
            "placing": self.place.currentData(),
            "size_mm": self.em.value(),
            "halo_mm": self.halo.value(),
            "bold": self.bold.isChecked(),
            "leader": self._leads(),
        }
        if self.colour in self._chosen:
            made["colour"] = self.colour.colour
        if self.halo_colour in self._chosen:
            made["halo"] = self.halo_colour.colour
        made.pop("scales", None)
        pair = self.scales.pair()
        return {**made, "scales": pair} if pair else made

    def _leads(self) -> bool:
        """Whether a line leads to the words: outwards always; beside the feature only as the theme has it."""
        place = self.place.currentData()
        same = place == self._kept.get("placing", AROUND)
        return place == OUTWARD or (same and bool(self._kept.get("leader", False)))

    def _recolour(self, button: ColourButton) -> None:
        self._chosen.add(button)
        self._tell()

    def _tell(self, *_: object) -> None:
        if not self._filling:
            self._enable()
            self.edited.emit()

    def _enable(self) -> None:
        self._form.setEnabled(self.on.isChecked())

    def _lay_out(self) -> None:
        self._form = QWidget()
        form = QFormLayout(self._form)
        rows: tuple[tuple[str, QWidget], ...] = (
            (N_("Field"), self.field), (N_("Where"), self.place), (N_("Size"), self.em), ("", self.bold),
            (N_("Colour"), self.colour), (N_("Halo"), self.halo),
            (N_("Colour of the halo"), self.halo_colour), (N_("Scales"), self.scales),
        )  # fmt: skip
        for words, box in rows:
            form.addRow(tr(words) if words else "", box)
            if words:
                box.setAccessibleName(tr(words))
        column = QVBoxLayout(self)
        metrics.tight(column, 2, 2)
        column.addWidget(self.on)
        column.addWidget(self._form)
        column.addStretch(1)


def _millimetres(least: float, most: float) -> QDoubleSpinBox:
    return QDoubleSpinBox(minimum=least, maximum=most, singleStep=0.1, decimals=2, suffix=f" {tr(N_('mm'))}")
