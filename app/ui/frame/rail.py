"""The rail at the left: Today, the ledgers, printing, reports, conflicts, sync. Each entry does something;
what does not exist yet is left out."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.theme import colours

TODAY, PRINT, REPORTS, CONFLICTS, SYNC = "today", "print", "reports", "conflicts", "sync"
ENTRIES = (
    (TODAY, "today", N_("Today")),
    ("grid_cell", "cells", N_("Cells")),
    ("boiler", "boilers", N_("Boilers")),
    ("water_source", "sources", N_("Sources")),
    ("built_up_area", "builtup", N_("Built-up")),
    ("patrol", "patrols", N_("Patrols")),
    (PRINT, "print", N_("Print")),
    (REPORTS, "sheet", N_("Reports")),
    (CONFLICTS, "conflicts", N_("Conflicts")),
    (SYNC, "sync", N_("Sync")),
)
_MOST = 99
_KEYS = tuple(name for name, _, _ in ENTRIES if name != PRINT)  # printing has a key of its own


@dataclass(frozen=True)
class Look:
    """How the buttons stand: with words or without, the side of a picture and the room between, in grid
    steps."""

    style: Qt.ToolButtonStyle
    icon: float
    spacing: float


_LOOKS = (
    Look(Qt.ToolButtonStyle.ToolButtonTextUnderIcon, 6, 1),
    Look(Qt.ToolButtonStyle.ToolButtonTextUnderIcon, 5, 0.25),
    Look(Qt.ToolButtonStyle.ToolButtonIconOnly, 5, 0.25),
)


def key_of(page: str) -> str:
    """The keys that open a page of the rail: its number, or those of printing."""
    return f"Ctrl+{_KEYS.index(page) + 1}" if page in _KEYS else "Ctrl+P"


class Rail(QWidget):
    """Emits the page that was chosen: `today`, an entity name, or `print`.

    Where it is low it draws closer, and on a screen of 1366 × 768 at 125 % it shows the pictures alone, whose
    names are the tool tips.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._buttons: dict[str, BadgeButton] = {}
        group = QButtonGroup(self)
        column = self._column = QVBoxLayout(self)
        metrics.tight(column, 1, 1)
        for name, icon, label in ENTRIES:
            button = BadgeButton()
            button.setText(tr(label))
            button.setToolTip(f"{tr(label)} ({key_of(name)})")
            button.setAccessibleName(tr(label))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(metrics.grid(17))
            button.setCheckable(name != PRINT)
            icons.wear(button, icon)
            button.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
            group.addButton(button)
            column.addWidget(button)
            self._buttons[name] = button
        column.addStretch(1)
        self._needed = tuple(self._dress(look) for look in _LOOKS)
        self._dress(_LOOKS[0])

    def minimumSizeHint(self) -> QSize:
        """As wide as the words, as low as the pictures alone."""
        return self._needed[-1]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The airiest look there is room for."""
        super().resizeEvent(event)
        height = event.size().height()
        fitting = (look for look, size in zip(_LOOKS, self._needed, strict=True) if size.height() <= height)
        self._dress(next(fitting, _LOOKS[-1]))

    def _dress(self, look: Look) -> QSize:
        """Take a look; what it needs."""
        for button in self._buttons.values():
            button.setToolButtonStyle(look.style)
            button.setIconSize(QSize(metrics.grid(look.icon), metrics.grid(look.icon)))
        self._column.setSpacing(metrics.grid(look.spacing))
        return self._column.minimumSize()

    def show_page(self, name: str) -> None:
        """Mark the page that is shown."""
        if name in self._buttons and self._buttons[name].isCheckable():
            self._buttons[name].setChecked(True)

    def show_badge(self, name: str, count: int) -> None:
        """Put a number on an entry; 0 takes it away."""
        self._buttons[name].show_count(count)

    def badge(self, name: str) -> str:
        """What the badge of an entry says."""
        return self._buttons[name].badge

    def enable(self, on: bool) -> None:
        """Without a workspace there is nothing to go to."""
        for button in self._buttons.values():
            button.setEnabled(on)


class BadgeButton(QToolButton):
    """A button that may carry a number at its upper right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.badge = ""

    def show_count(self, count: int) -> None:
        """Show a number, or none for 0; a screen reader hears it as well."""
        self.badge = f"{_MOST}+" if count > _MOST else str(count) if count else ""
        self.setAccessibleName(f"{self.text()} {self.badge}".strip())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The badge comes on top."""
        super().paintEvent(event)
        if not self.badge:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(metrics.sized(0.8, bold=True))
        height = metrics.grid(4.5)
        width = max(height, QFontMetricsF(painter.font()).horizontalAdvance(self.badge) + metrics.grid(2))
        box = QRectF(min(self.width() / 2 + metrics.grid(1), self.width() - width - 1), 1, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().danger))
        painter.drawRoundedRect(box, height / 2, height / 2)
        painter.setPen(QColor(colours().base))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.badge)
        painter.end()
