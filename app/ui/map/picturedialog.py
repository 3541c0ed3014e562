"""How a file of map pictures is laid under the map: what it says of itself, and whether it is shifted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.carto.mapbook import TILES, AddedLayer
from app.domain.coordinates.zones import GCJ02, STORED, crs_title, normalise_crs, zone_crs
from app.errors import AppError
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.messages import buttons
from app.ui.parts import fault, muted, say_fault

if TYPE_CHECKING:
    from app.actions.map_layers import OfferedPicture

_SYSTEMS = (
    "EPSG:4326",
    STORED,
    "EPSG:3857",
    zone_crs(35),
    zone_crs(36),
    zone_crs(35, True),
    zone_crs(36, True),
)


class PictureDialog(QDialog):
    """Nothing is chosen beforehand: a picture 400 m off looks right until somebody measures on it."""

    def __init__(self, file: str, offers: Sequence[OfferedPicture], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr(N_("Lay “{file}” under the map"), file=file))
        self._file = file
        self.part = QComboBox()
        for offer in offers:
            self.part.addItem(offer.part or file, offer)
        self.name = QLineEdit(file.rsplit(".", 1)[0], maxLength=60)
        self.true = QRadioButton(tr(N_("WGS 84 or CGCS2000 (Tianditu, satellite pictures, own surveys)")))
        self.shifted = QRadioButton(tr(N_("GCJ-02 (AMap, Tencent, Google's maps of China): shift it back")))
        self._group = QButtonGroup(self)
        for button in (self.true, self.shifted):
            self._group.addButton(button)
            button.toggled.connect(self._check)
        self.system = QComboBox(editable=True)
        for crs in _SYSTEMS:
            self.system.addItem(crs_title(crs), crs)
        self.system.setCurrentIndex(-1)
        self._facts, self._hint, self._fault = QLabel(wordWrap=True), muted(), fault()
        self._foot = buttons(tr(N_("Show on the map")))
        self._foot.accepted.connect(self.accept)
        self._foot.rejected.connect(self.reject)
        self.part.currentIndexChanged.connect(self._show)
        self.system.currentTextChanged.connect(self._check)
        self._lay_out()
        self._show()

    def chosen(self) -> list[AddedLayer]:
        """The layer, still without its file's place."""
        offer: OfferedPicture = self.part.currentData()
        title = self.name.text().strip() or self._file
        crs = GCJ02 if self.shifted.isChecked() else STORED
        system = "" if offer.facts.crs else self._system()
        return [AddedLayer("", title, TILES, "", crs, offer.part, system=system)]

    def _system(self) -> str:
        """The system of a GeoTIFF that states none; raises Invalid when what is written is none."""
        written = self.system.currentText().strip()
        at = self.system.findText(written)
        return str(self.system.itemData(at)) if at >= 0 else normalise_crs(written) if written else ""

    def _show(self, *_: object) -> None:
        facts = self.part.currentData().facts
        lines = [facts.format]
        if facts.levels:
            lines.append(tr(N_("levels {low} to {high}"), low=facts.levels[0], high=facts.levels[1]))
        lines.append(crs_title(facts.crs) if facts.crs else tr(N_("does not state its system")))
        if facts.extent:
            west, south, east, north = (f"{value:.3f}" for value in facts.extent)
            lines.append(f"{west}°–{east}° E, {south}°–{north}° N")
        if facts.credit:
            lines.append(facts.credit[:120])
        self._facts.setText(" · ".join(lines))
        words = (
            N_("What the file says of itself points to GCJ-02.")
            if facts.seems_shifted
            else N_("Look at a road crossing you know: under the wrong choice it lies about 400 m off.")
        )
        self._hint.setText(tr(words))
        self._form.setRowVisible(self.system, not facts.crs)
        self._form.setRowVisible(self.part, self.part.count() > 1)
        self._check()

    def _check(self, *_: object) -> None:
        able = self._group.checkedButton() is not None
        try:
            able = able and bool(self.part.currentData().facts.crs or self._system())
            say_fault(self._fault, "")
        except AppError as refused:
            able = False
            say_fault(self._fault, refused.message)
        for button in self._foot.buttons():
            if button.objectName() == "deed":
                button.setEnabled(able)

    def _lay_out(self) -> None:
        self._form = QFormLayout()
        rows: tuple[tuple[str, QWidget], ...] = (
            (N_("Picture"), self.part), (N_("Name"), self.name), (N_("Coordinate system"), self.system),
        )  # fmt: skip
        for words, box in rows:
            self._form.addRow(tr(words), box)
            box.setAccessibleName(tr(words))
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addWidget(self._facts)
        column.addLayout(self._form)
        column.addWidget(QLabel(tr(N_("The picture is in"))))
        for part in (self.true, self.shifted, self._hint, self._fault):
            column.addWidget(part)
        column.addStretch(1)
        column.addWidget(self._foot)
        metrics.open_at(self, metrics.chars(84), metrics.line_height() * 14)
