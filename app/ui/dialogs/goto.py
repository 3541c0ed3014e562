"""Going to a coordinate in any notation."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.dialogs.position import PositionLine
from app.ui.messages import buttons


class GotoDialog(QDialog):
    """`place` is the point to go to after it was accepted."""

    def __init__(self, desk: Desk, parent: QWidget | None = None, text: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(tr(N_("Go to a coordinate")))
        self._line = PositionLine(desk)
        self._foot = buttons(tr(N_("Go")))
        self._foot.accepted.connect(self.accept)
        self._foot.rejected.connect(self.reject)
        self._line.changed.connect(self._check)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        column.addWidget(self._line)
        column.addStretch(1)
        column.addWidget(self._foot)
        metrics.open_at(self, metrics.chars(74), metrics.line_height() * 9)
        self._line.line.setText(text)
        self._check()

    def place(self) -> tuple[float, float] | None:
        """Longitude and latitude EPSG:4490 of the chosen reading."""
        chosen = self._line.reading()
        return (chosen.x, chosen.y) if chosen else None

    def _check(self) -> None:
        for button in self._foot.buttons():
            if button.objectName() == "deed":
                button.setEnabled(self.place() is not None)
