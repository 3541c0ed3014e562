"""The rail at the left: Today, the ledgers, printing. Each entry does something; what does not exist yet
is left out."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import icons, metrics

TODAY, PRINT = "today", "print"
ENTRIES = (
    (TODAY, "today", N_("Today")),
    ("grid_cell", "cells", N_("Cells")),
    ("boiler", "boilers", N_("Boilers")),
    ("water_source", "sources", N_("Sources")),
    (PRINT, "print", N_("Print")),
)


class Rail(QWidget):
    """Emits the page that was chosen: `today`, an entity name, or `print`."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        metrics.tight(column, 1, 1)
        for at, (name, icon, label) in enumerate(ENTRIES, 1):
            button = QToolButton()
            button.setText(tr(label))
            button.setToolTip(f"{tr(label)} (Ctrl+{at})")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setIconSize(QSize(metrics.grid(6), metrics.grid(6)))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(metrics.grid(17))
            button.setCheckable(name != PRINT)
            icons.wear(button, icon)
            button.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
            group.addButton(button)
            column.addWidget(button)
            self._buttons[name] = button
        column.addStretch(1)

    def show_page(self, name: str) -> None:
        """Mark the page that is shown."""
        if name in self._buttons and self._buttons[name].isCheckable():
            self._buttons[name].setChecked(True)

    def enable(self, on: bool) -> None:
        """Without a workspace there is nothing to go to."""
        for button in self._buttons.values():
            button.setEnabled(on)
