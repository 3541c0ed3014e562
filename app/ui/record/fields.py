"""The fields of a record as a person reads them, arranged in groups."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget
from shapely.geometry import Point

from app.domain.coordinates.formats import show_position
from app.domain.coordinates.measure import area_m2, area_words, distance_words, length_m, spot_of
from app.domain.entity import Entity, Shape
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.names import Names
from app.ui.parts import named
from app.ui.record.arrangement import arranged

Rows = list[tuple[str, str]]  # words of a label and of its value


class FieldsView(QScrollArea):
    """Groups of label and value; fields nobody filled in are left out unless asked for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._record: Entity | None = None
        self._names = Names()
        self._place: Rows = []
        self._all = QCheckBox(tr(N_("Show empty fields too")))
        self._all.toggled.connect(self._fill)

    def show_record(self, record: Entity, names: Names, place: Rows) -> None:
        """Show where a record is, as `place_rows` says it, and its fields."""
        self._record, self._names, self._place = record, names, place
        at = self.verticalScrollBar().value()
        self._fill()
        self.verticalScrollBar().setValue(at)

    def _fill(self) -> None:
        if self._record is None:
            return
        self._all.setParent(None)
        body = named("recordBody")
        column = QVBoxLayout(body)
        metrics.tight(column, 2, 2)
        if self._place:
            column.addLayout(_grid(self._place))
        for title, fields in arranged(self._record.TYPE):
            rows = [
                (tr(field.label), self._names.show(field, getattr(self._record, field.name), unit=True))
                for field in fields
            ]
            rows = [row for row in rows if row[1] or self._all.isChecked()]
            if not rows:
                continue
            heading = QLabel(tr(title))
            heading.setFont(metrics.sized(1.0, bold=True))
            column.addWidget(heading)
            column.addLayout(_grid(rows))
        column.addWidget(self._all)
        column.addStretch(1)
        self.setWidget(body)


def _grid(rows: Rows) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(metrics.grid(3))
    grid.setVerticalSpacing(metrics.grid(1))
    grid.setColumnStretch(1, 1)
    grid.setColumnMinimumWidth(0, metrics.chars(13))
    for at, (label, value) in enumerate(rows):
        name = QLabel(label, wordWrap=True)
        name.setProperty("muted", True)
        name.setFixedWidth(metrics.chars(14))
        shown = QLabel(value or "—", wordWrap=True)
        shown.setTextFormat(Qt.TextFormat.PlainText)
        shown.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(name, at, 0, top)
        grid.addWidget(shown, at, 1, top)
    return grid


def place_rows(record: Entity, notation: str) -> Rows:
    """Where a record is, in the chosen notation, or how large: geodesic on the ellipsoid.

    An outline of a million corners takes most of a second, so this is asked for where the record is read.
    """
    shape, spot = record.geometry, spot_of(record.geometry)
    if spot is not None:
        return [(tr(N_("Position")), show_position(*spot, notation))]
    area, length = (
        (0.0, 0.0) if shape is None or isinstance(shape, Point) else (area_m2(shape), length_m(shape))
    )
    if length > 0.0 and math.isfinite(area + length):
        return [(tr(N_("Area")), area_words(area)), (tr(N_("Perimeter")), distance_words(length))]
    return (
        [(tr(N_("Position")), tr(N_("not known")))]
        if record.TYPE.shape is Shape.POINT or shape is not None
        else []
    )
