"""The bar at the top: workspace menu, search, what has not been sent yet, who is signed in."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from app.domain.entities.people import ROLES
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.sync.line import SyncLine


class TopBar(QWidget):
    """Gets its menus and the search field from the window."""

    def __init__(self, desk: Desk, finder: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        self._desk = desk
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.workspace = _menu_button("workspace")
        self.who = _menu_button("person")
        self.sync = SyncLine(desk)
        finder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        finder.setMaximumWidth(metrics.chars(80))
        row = QHBoxLayout(self)
        metrics.tight(row, 1, 2)
        row.addWidget(self.workspace)
        row.addWidget(finder, 3)
        row.addStretch(1)
        row.addWidget(self.sync)
        row.addWidget(self.who)
        desk.opened.connect(self.refresh)
        desk.actor_changed.connect(self.refresh)
        self.refresh()

    def set_menus(self, workspace: QMenu, who: QMenu) -> None:
        """Hang in the menus."""
        self.workspace.setMenu(workspace)
        self.who.setMenu(who)

    def refresh(self) -> None:
        """Show workspace and person."""
        session, actor = self._desk.session, self._desk.actor
        title = session.workspace.title if session else tr(N_("No workspace"))
        self.workspace.setText(f"{title} ▾")
        self.workspace.setToolTip(str(session.workspace.path) if session else tr(N_("Open, new, demo")))
        words = f"{actor.name} · {ROLES.label(actor.role)}" if actor else tr(N_("Sign in"))
        self.who.setText(f"{words} ▾")
        self.who.setToolTip(actor.org if actor else "")


def _menu_button(icon: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("flat", True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    icons.wear(button, icon)
    return button
