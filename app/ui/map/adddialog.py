"""Which layers of a file are laid over the map, and in which system their coordinates are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.carto.mapbook import FEATURES, AddedLayer
from app.domain.coordinates.notation import PINGLIANG
from app.domain.coordinates.zones import (
    BD09,
    GCJ02,
    STORED,
    crs_title,
    normalise_crs,
    transform,
    zone6_crs,
    zone_crs,
)
from app.errors import AppError, Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.messages import buttons
from app.ui.parts import fault, muted, say_fault

if TYPE_CHECKING:
    from app.actions.map_layers import OfferedLayer

_EACH = "each"  # of several layers, each in the system it states
_NAMELESS = {  # GPX and DXF
    "waypoints": N_("Waypoints"),
    "routes": N_("Routes"),
    "route_points": N_("Points of routes"),
    "tracks": N_("Tracks"),
    "track_points": N_("Points of tracks"),
    "entities": N_("Drawing"),
}
_SYSTEMS = (
    STORED, "EPSG:4326", GCJ02, BD09, "EPSG:3857",
    zone_crs(35), zone_crs(36), zone_crs(35, prefixed=True), zone_crs(36, prefixed=True),
    zone6_crs(18), zone6_crs(18, prefixed=True),
)  # fmt: skip


class AddDialog(QDialog):
    """What the file says of its system is proposed; when it says nothing, nothing is chosen beforehand."""

    def __init__(self, file: str, offers: Sequence[OfferedLayer], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr(N_("Lay “{file}” over the map"), file=file))
        self._offers, self._file = offers, file
        self.list = QTreeWidget()
        self.list.setHeaderLabels([tr(N_("Layer")), tr(N_("Features")), tr(N_("The file says"))])
        self.list.setRootIsDecorated(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setAccessibleName(tr(N_("Layers of the file")))
        for offer in offers:
            said = _title(offer.crs) if offer.crs else tr(N_("nothing"))
            item = QTreeWidgetItem(self.list, [_called(offer.part), _counted(offer), said])
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
            item.setCheckState(0, Qt.CheckState.Checked)
        self.system = QComboBox(editable=True)
        self.system.setAccessibleName(tr(N_("Coordinate system")))
        for name in _SYSTEMS:
            self.system.addItem(crs_title(name), name)
        self._propose()
        self._where, self._fault = muted(), fault()
        self._foot = buttons(tr(N_("Show on the map")))
        self._foot.accepted.connect(self.accept)
        self._foot.rejected.connect(self.reject)
        self.system.currentTextChanged.connect(self._look)
        self.list.itemChanged.connect(self._look)
        self._lay_out()
        self._look()

    def crs(self) -> str:
        """The chosen system; raises Invalid when what is written is none, is empty without any choice."""
        written = self.system.currentText().strip()
        at = self.system.findText(written)
        return str(self.system.itemData(at)) if at >= 0 else normalise_crs(written) if written else ""

    def chosen(self) -> list[AddedLayer]:
        """The ticked layers, still without their file's place."""
        crs = self.crs()
        found = []
        for at, offer in enumerate(self._offers):
            if self.list.topLevelItem(at).checkState(0) == Qt.CheckState.Checked:  # type: ignore[union-attr]
                stated = offer.crs if crs == _EACH else crs
                found.append(AddedLayer("", self._name(offer), FEATURES, "", stated, offer.part))
        return found

    def _name(self, offer: OfferedLayer) -> str:
        stem = self._file.rsplit(".", 1)[0]
        return stem if len(self._offers) == 1 or offer.part == stem else f"{stem} · {_called(offer.part)}"

    def _propose(self) -> None:
        said = {offer.crs for offer in self._offers}
        if len(said) > 1 and "" not in said:
            self.system.insertItem(0, tr(N_("Each as it says")), _EACH)
            said = {_EACH}
        self.system.setCurrentIndex(-1)
        only = said.pop() if len(said) == 1 else ""
        if only:
            at = self.system.findData(only)
            self.system.setCurrentIndex(at) if at >= 0 else self.system.setCurrentText(only)
        line = self.system.lineEdit()
        if line is not None:
            line.setPlaceholderText(tr(N_("Choose, or write EPSG and its number")))

    def _look(self, *_: object) -> None:
        """Say where the features would lie."""
        able = False
        try:
            crs = self.crs()
            say_fault(self._fault, "")
            self._where.setText(
                self._place(crs) if crs else tr(N_("The file does not say: choose the system."))
            )
            able = bool(crs) and bool(self.chosen())
        except AppError as refused:
            self._where.setText("")
            say_fault(self._fault, f"{refused.message} {refused.hint}")
        for button in self._foot.buttons():
            if button.objectName() == "deed":
                button.setEnabled(able)

    def _place(self, crs: str) -> str:
        ends = []
        for offer in self._offers:
            if offer.extent:
                (x0, y0, x1, y1), stated = offer.extent, offer.crs if crs == _EACH else crs
                ends.append(np.column_stack(transform([x0, x1], [y0, y1], stated)))
        places = np.concatenate(ends)
        if not np.isfinite(places).all() or (np.abs(places) > (180, 90)).any():
            raise Invalid(N_("The numbers of the file do not fit this system."), code="bad_crs")
        lon, lat = np.column_stack((places.min(axis=0), places.max(axis=0)))
        words = tr(
            N_("The features would lie between {west}° and {east}° east, {south}° and {north}° north."),
            west=f"{lon[0]:.4f}", east=f"{lon[1]:.4f}", south=f"{lat[0]:.4f}", north=f"{lat[1]:.4f}",
        )  # fmt: skip
        near = (
            PINGLIANG[0] <= lon[1]
            and lon[0] <= PINGLIANG[2]
            and PINGLIANG[1] <= lat[1]
            and lat[0] <= PINGLIANG[3]
        )
        return words if near else f"{words} {tr(N_('That is not in Pingliang: is the system right?'))}"

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow(tr(N_("Coordinate system")), self.system)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addWidget(self.list, 1)
        column.addLayout(form)
        column.addWidget(self._where)
        column.addWidget(self._fault)
        note = N_(
            "AMap and Tencent use GCJ-02, Baidu BD-09: taken for WGS 84 they lie about 400 m and 1 km off."
        )
        column.addWidget(muted(tr(note)))
        column.addWidget(self._foot)
        metrics.open_at(self, metrics.chars(84), metrics.line_height() * 17)


def _called(part: str) -> str:
    """A layer's name; those which GDAL gives to layers without one, in words."""
    return tr(_NAMELESS.get(part, part))


def _counted(offer: OfferedLayer) -> str:
    if not offer.placeless:
        return f"{offer.count:,}"
    return tr(N_("{n} ({without} without a place)"), n=f"{offer.count:,}", without=f"{offer.placeless:,}")


def _title(crs: str) -> str:
    try:
        return crs_title(crs)
    except AppError:
        return crs[:60]
