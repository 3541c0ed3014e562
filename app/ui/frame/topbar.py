"""The bar at the top: workspace menu, search, what has not been sent yet, who is signed in."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from app.domain.entities.people import ROLES
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.theme import colours


class TopBar(QWidget):
    """Gets its menus and the search field from the window."""

    def __init__(self, desk: Desk, finder: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        self._desk = desk
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.workspace = _menu_button("workspace")
        self.who = _menu_button("person")
        self._safe = QLabel()
        self._unsent = QLabel()
        self._unsent.setProperty("muted", True)
        finder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        finder.setMaximumWidth(metrics.chars(80))
        row = QHBoxLayout(self)
        metrics.tight(row, 1, 2)
        row.addWidget(self.workspace)
        row.addWidget(finder, 3)
        row.addStretch(1)
        row.addWidget(self._safe)
        row.addWidget(self._unsent)
        row.addWidget(self.who)
        desk.opened.connect(self.refresh)
        desk.actor_changed.connect(self.refresh)
        desk.changed.connect(lambda _: self._count())
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
        self._safe.setPixmap(icons.pixmap("safe", metrics.grid(5), colours().good))
        self._safe.setVisible(session is not None)
        self._unsent.setVisible(session is not None)
        self._count()

    def _count(self) -> None:
        self._desk.read(
            self, lambda session, _: session.workspace.unsent(), self._show_unsent, topic="unsent"
        )

    def _show_unsent(self, count: int) -> None:
        said = N_("{n} unsent · safe on this laptop") if count else N_("Everything sent")
        self._unsent.setText(tr(said, n=f"{count:,}") if count else tr(said))
        self._unsent.setToolTip(
            tr(N_("Changes are written to this laptop at once; the bureau's server has not got them yet."))
        )


def _menu_button(icon: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("flat", True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    icons.wear(button, icon)
    return button
