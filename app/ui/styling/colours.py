"""A button that shows a colour and lets another be chosen: from a small table, or by its number."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QGridLayout, QLineEdit, QMenu, QToolButton, QWidget, QWidgetAction

from app.carto.classing import RAMPS, ramp_colours
from app.i18n import N_, tr
from app.ui import metrics

_SHADES = 5


def swatch(colour: str, side: int) -> QIcon:
    """A filled square; crossed out for no colour."""
    picture = QPixmap(side, side)
    picture.fill(QColor(colour) if colour else Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QColor("#808080"))
    painter.drawRect(0, 0, side - 1, side - 1)
    if not colour:
        painter.drawLine(0, side - 1, side - 1, 0)
    painter.end()
    return QIcon(picture)


class ColourButton(QToolButton):
    """`colour` is `#RRGGBB`; `chosen` is emitted when a person chose, not when it is set."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.colour = "#000000"
        self._menu = QMenu(self)
        held = QWidgetAction(self._menu)
        held.setDefaultWidget(self._table())
        self._menu.addAction(held)
        self.setMenu(self._menu)

    def show_colour(self, colour: str) -> None:
        """Set the colour."""
        self.colour = colour
        self.setIcon(swatch(colour, metrics.grid(4)))
        self.setText(colour.upper())
        self._number.setText(colour.upper())

    def _table(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        metrics.tight(grid, 1, 0.5)
        for row, ramp in enumerate(RAMPS):
            for column, colour in enumerate(ramp_colours(ramp, 8 if ramp == "mixed" else _SHADES)):
                cell = QToolButton()
                cell.setIcon(swatch(colour, metrics.grid(4)))
                cell.setToolTip(colour)
                cell.setAccessibleName(f"{tr(RAMPS[ramp])} {colour}")
                cell.setAutoRaise(True)
                cell.clicked.connect(lambda _=False, colour=colour: self._choose(colour))
                grid.addWidget(cell, row, column)
        self._number = QLineEdit(maxLength=7)
        self._number.setAccessibleName(tr(N_("Number of the colour, such as #1976D2")))
        self._number.setPlaceholderText("#1976D2")
        self._number.returnPressed.connect(lambda: self._choose(self._number.text()))
        grid.addWidget(self._number, len(RAMPS), 0, 1, 8)
        return box

    def _choose(self, colour: str) -> None:
        given = colour.strip() if colour.strip().startswith("#") else f"#{colour.strip()}"
        if re.fullmatch(r"#[0-9A-Fa-f]{6}", given):
            self._menu.hide()
            self.show_colour(given)
            self.chosen.emit(given)
