"""A pair of fields for the scales at which something is shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from app.carto.scale import ROUND_SCALES, scale_text
from app.i18n import N_, tr
from app.ui import metrics


class ScaleRange(QWidget):
    """From a far scale to a near one; `pair` is [nearest, farthest] as a theme has it."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.far, self.near = QComboBox(), QComboBox()
        for box, name in ((self.far, N_("From the scale")), (self.near, N_("To the scale"))):
            box.setAccessibleName(tr(name))
            box.addItem(tr(N_("no limit")), 0.0)
            for scale in reversed(ROUND_SCALES):
                box.addItem(scale_text(scale), float(scale))
            box.activated.connect(lambda _: self.edited.emit())
        row = QHBoxLayout(self)
        metrics.tight(row, 0, 1)
        row.addWidget(self.far, 1)
        row.addWidget(QLabel("–"))
        row.addWidget(self.near, 1)

    def fill(self, pair: Sequence[float] | None) -> None:
        """Show a pair; one that is not in the list is put into it."""
        near, far = pair or (0.0, float("inf"))
        for box, scale in ((self.near, near), (self.far, far)):
            scale = 0.0 if scale == float("inf") else float(scale)
            if box.findData(scale) < 0:
                box.addItem(scale_text(scale), scale)
            box.setCurrentIndex(box.findData(scale))

    def pair(self) -> list[float] | None:
        """What is chosen; None without a limit. Turned round when near is farther than far."""
        near, far = self.near.currentData(), self.far.currentData()
        if not near and not far:
            return None
        if near and far and near >= far:
            near, far = (far, near) if near > far else (0.0, far)
        return [near, far or 1e12]
