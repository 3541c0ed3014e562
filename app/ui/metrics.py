"""Sizes that follow the font: the 4 px grid at an ordinary font, larger where the font is larger."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QLayout, QWidget

_HEIGHT_OF_ORDINARY_LINE = 4.8  # line height of the bundled font in grid steps at 10 pt and 96 dpi


def grid(steps: float = 1.0) -> int:
    """`steps` of the grid in device-independent pixels; one step is 4 px at the ordinary font."""
    unit = max(4.0, QFontMetrics(QApplication.font()).height() / _HEIGHT_OF_ORDINARY_LINE)
    return round(unit * steps)


def chars(count: int) -> int:
    """The width of `count` Latin digits, for columns and fields."""
    return QFontMetrics(QApplication.font()).horizontalAdvance("0") * count


def line_height() -> int:
    """The height of one line of text with a little air, for rows."""
    return QFontMetrics(QApplication.font()).height() + grid(1.5)


def sized(factor: float, *, bold: bool = False) -> QFont:
    """The application's font, larger or smaller by a factor."""
    font = QFont(QApplication.font())
    font.setPointSizeF(font.pointSizeF() * factor)
    font.setBold(bold)
    return font


def open_at(dialog: QWidget, width: int, height: int) -> None:
    """Open a dialog at a size, but never larger than the window it belongs to."""
    owner = dialog.parentWidget()
    if owner is not None:
        room = owner.window().size()
        width, height = min(width, room.width() - grid(4)), min(height, room.height() - grid(10))
    dialog.resize(width, height)


def tight(layout: QLayout, margin: float = 0.0, spacing: float = 1.0) -> None:
    """Set a layout's margins and spacing in grid steps."""
    edge = grid(margin)
    layout.setContentsMargins(edge, edge, edge, edge)
    layout.setSpacing(grid(spacing))
