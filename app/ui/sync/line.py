"""The one honest line in the top bar: what is sent, what is safe, what waits; a click opens the sync page."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QToolButton, QWidget

from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.sync.words import Line
from app.ui.theme import colours

_TONES = ("good", "warning", "danger")


class SyncLine(QToolButton):
    """Follows the watch of the desk; hidden while no workspace is open."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.shown: Line | None = None
        self.setProperty("flat", True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(metrics.grid(5), metrics.grid(5)))
        self.hide()
        desk.sync.changed.connect(self.refresh)
        desk.sync.progressed.connect(self.refresh)
        desk.opened.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Say how things stand."""
        session, watch = self._desk.session, self._desk.sync
        self.setVisible(session is not None and watch.status is not None)
        if session is None or watch.status is None:
            return
        self._show(watch.line(watch.status, session.today))

    def _show(self, line: Line) -> None:
        if line == self.shown:
            return
        self.shown = line
        look = colours()
        self.setText(line.words)
        self.setIcon(
            QIcon(
                icons.pixmap(
                    line.icon, metrics.grid(10), getattr(look, line.tone) if line.tone else look.muted
                )
            )
        )
        self.setToolTip(line.tip)
        self.setAccessibleName(f"{tr(N_('Sync'))}: {line.words}")
        for tone in _TONES:
            self.setProperty(tone, tone == line.tone)
        self.setProperty("muted", not line.tone)
        self.style().polish(self)
