"""Icons of one family: monochrome drawings in `resources/icons`, tinted to the palette."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from app.resources import resource
from app.ui.theme import colours

_SIZES = (16, 20, 24, 32, 48, 64)


def icon(name: str) -> QIcon:
    """The icon of that name in the palette in use, greyed when disabled."""
    look = colours()
    return _icon(name, look.text, look.muted)


def wear(owner: QAbstractButton | QAction, name: str) -> None:
    """Give a button or action its icon."""
    owner.setIcon(icon(name))


def pixmap(name: str, size: int, colour: str) -> QPixmap:
    """One drawing of an icon, `size` pixels wide, in `colour`."""
    drawing = resource("icons", f"{name}.svg").read_text("utf-8").replace("currentColor", colour)
    picture = QPixmap(QSize(size, size))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter)
    painter.end()
    return picture


@lru_cache(maxsize=256)
def _icon(name: str, colour: str, faint: str) -> QIcon:
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(pixmap(name, size, colour), QIcon.Mode.Normal)
        made.addPixmap(pixmap(name, size, faint), QIcon.Mode.Disabled)
    return made
