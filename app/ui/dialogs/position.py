"""Entering a position in any notation: what was typed, and every way to read it, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QWidget
from shapely.geometry import Point

from app.domain.coordinates.formats import show_position
from app.domain.coordinates.measure import spot_of
from app.domain.coordinates.notation import Reading, interpret
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from app.ui.desk import Desk


class PositionLine(QWidget):
    """A line for the text and a list of its readings; the value is a point in degrees EPSG:4490."""

    changed = Signal()

    def __init__(self, desk: Desk, place: BaseGeometry | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notation = desk.preferences.notation
        self._place = place if isinstance(place, Point) and spot_of(place) else None
        self._readings: tuple[Reading, ...] = ()
        self.line = QLineEdit(
            placeholderText="106.6653, 35.5428   106°39′55″E 35°32′34″N   X 3935329 Y 36378479"
        )
        self.line.setAccessibleName(tr(N_("Position")))
        self.box = QComboBox()
        self.box.setAccessibleName(tr(N_("Read as")))
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._why = QLabel(wordWrap=True)
        self._why.setProperty("muted", True)
        rows = QFormLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setHorizontalSpacing(metrics.grid(3))
        rows.addRow(tr(N_("Position")), self.line)
        rows.addRow(tr(N_("Read as")), self.box)
        rows.addRow("", self._why)
        self.line.textChanged.connect(self._read)
        self.box.currentIndexChanged.connect(self._explain)
        if self._place is not None:
            self.line.setText(show_position(self._place.x, self._place.y, self._notation))
        self._before = self.line.text()
        self._read()

    def edited(self) -> bool:
        """Whether the text differs from what it was."""
        return self.line.text() != self._before

    def reading(self) -> Reading | None:
        """The chosen reading."""
        at = self.box.currentIndex()
        return self._readings[at] if 0 <= at < len(self._readings) else None

    def value(self) -> Point | None:
        """The point; the record's own while the text is untouched. Raises Invalid when it cannot be read."""
        if not self.edited():
            return self._place
        if not self.line.text().strip():
            return self._place
        chosen = self.reading()
        if chosen is None:
            raise Invalid(N_("The position cannot be read: {why}"), why=self._why.text(), code="bad_position")
        return Point(chosen.x, chosen.y)

    def _read(self) -> None:
        written = self.line.text().strip()
        found = interpret(written) if written else None
        self._readings = found.readings if found else ()
        self.box.blockSignals(True)
        self.box.clear()
        for reading in self._readings:
            self.box.addItem(f"{show_position(reading.x, reading.y, self._notation)}   {reading.crs}")
        self.box.blockSignals(False)
        self.box.setEnabled(len(self._readings) > 1)
        if found and found.refuse:
            self._why.setText(found.refuse)
        self._explain()

    def _explain(self) -> None:
        chosen = self.reading()
        if chosen is not None:
            self._why.setText(
                tr(N_("{why} (certainty {percent} %)"), why=chosen.why, percent=round(chosen.certainty * 100))
            )
        elif not self.line.text().strip():
            self._why.setText(tr(N_("Any notation: degrees, minutes and seconds, or metres of a zone")))
        self.changed.emit()
