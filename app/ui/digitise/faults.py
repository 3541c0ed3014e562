"""Where areas do not fit together: a list beside the map; each is shown there and opened for drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QListWidget, QVBoxLayout, QWidget

from app.carto.digitise.corners import rings
from app.carto.projection import to_map
from app.carto.view import MapView
from app.domain.catalog import entity_type
from app.domain.coordinates.measure import area_words
from app.domain.topology import Fault
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.map.canvas import Canvas
from app.ui.parts import muted, side_button
from app.ui.theme import colours

if TYPE_CHECKING:
    from app.actions.session import Session

_KINDS = ("grid_cell", "protection_zone", "built_up_area", "division")


class FaultsDialog(QDialog):
    """Stays open beside the map; a fault that is chosen is shown there."""

    shown = Signal(object)  # Fault or None
    wanted = Signal(object)  # Fault: its records shall be drawn

    def __init__(self, desk: Desk, entity: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)  # hidden, it would check at every change
        self.setWindowTitle(tr(N_("Areas that do not fit together")))
        self._desk = desk
        self._faults: list[Fault] = []
        self.kinds = QComboBox()
        self.kinds.setAccessibleName(tr(N_("Ledger")))
        for name in _KINDS:
            self.kinds.addItem(entity_type(name).text, name)
        self.kinds.setCurrentIndex(max(self.kinds.findData(entity), 0))
        self.kinds.currentIndexChanged.connect(self.check)
        self.list = QListWidget()
        self.list.setAccessibleName(tr(N_("Faults")))
        self.list.setWordWrap(True)
        self.list.currentRowChanged.connect(self._show)
        self.list.itemActivated.connect(lambda _: self._show(self.list.currentRow()))
        self.says = muted()
        self.draw = side_button(tr(N_("Edit these shapes")), self._want)
        self._lay_out()
        desk.changed.connect(self._records_changed)
        self.check()

    def check(self) -> None:
        """Look again."""
        kind = entity_type(self.kinds.currentData())
        self.says.setText(tr(N_("Checking…")))

        def work(session: Session, _: Any) -> list[Fault]:
            from app.actions.shapes import check_topology  # late: actions load after the first paint

            return check_topology(session, kind.cli)

        self._desk.read(self, work, self._take, topic="faults", title=tr(N_("Checking the areas")))

    def _take(self, faults: list[Fault]) -> None:
        self._faults = faults
        self.list.clear()
        for fault in faults:
            size = "" if fault.area_m2 is None else f"  {area_words(fault.area_m2)}"
            self.list.addItem(f"{fault.words}{size}\n{'、'.join(fault.titles)}")
        said = N_("{n} places do not fit") if faults else N_("Everything fits together")
        self.says.setText(tr(said, n=len(faults)))
        self.draw.setEnabled(bool(faults))
        if faults:
            self.list.setCurrentRow(0)
        else:
            self.shown.emit(None)

    def _records_changed(self, touched: object) -> None:
        if self.kinds.currentData() in touched:  # type: ignore[operator]
            self.check()

    def _show(self, row: int) -> None:
        self.shown.emit(self._faults[row] if 0 <= row < len(self._faults) else None)

    def _want(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._faults):
            self.wanted.emit(self._faults[row])

    def entity(self) -> str:
        """The ledger that is checked."""
        return str(self.kinds.currentData())

    def done(self, result: int) -> None:
        """Closed: nothing is marked on the map any more."""
        self.shown.emit(None)
        super().done(result)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        top = QHBoxLayout()
        top.addWidget(QLabel(tr(N_("Ledger"))))
        top.addWidget(self.kinds, 1)
        column.addLayout(top)
        column.addWidget(self.says)
        column.addWidget(self.list, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.draw)
        foot.addStretch(1)
        foot.addWidget(side_button(tr(N_("Close")), self.close))
        column.addLayout(foot)
        metrics.open_at(self, metrics.chars(58), metrics.line_height() * 18)


class FaultMark:
    """The fault that was chosen, drawn on the map."""

    def __init__(self) -> None:
        self.fault: Fault | None = None

    def draw(self, painter: QPainter, canvas: Canvas) -> None:
        """An area hatched in the colour of danger, a point as a ring; both with a light edge."""
        view = canvas.view
        if self.fault is None or view is None or self.fault.place.is_empty:
            return
        colour = QColor(colours().danger)
        if self.fault.area_m2 is None:
            x, y = view.px_of(self.fault.place.x, self.fault.place.y)  # type: ignore[attr-defined]
            for ink, width in ((QColor("#ffffff"), 5.0), (colour, 2.4)):
                painter.setPen(QPen(ink, width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(x, y), metrics.grid(3), metrics.grid(3))
            return
        path = _outline(self.fault, view)
        painter.setPen(QPen(QColor("#ffffff"), 4.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.setPen(QPen(colour, 2.2))
        hatch = QColor(colour)
        hatch.setAlpha(150)
        painter.setBrush(hatch)
        painter.drawPath(path)


def _outline(fault: Fault, view: MapView) -> QPainterPath:
    path = QPainterPath()
    for ring in rings(fault.place):
        if ring.closed:
            px = view.to_mm(to_map(ring.xy, view.crs)) * view.px_per_mm
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in px.tolist()]))
            path.closeSubpath()
    return path
