"""The bar that a revoked laptop shows: what it means, what was kept, what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.theme import colours


class RevokedBar(QWidget):
    """Hidden on every other laptop."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setProperty("alarm", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk = desk
        sign = QLabel()
        sign.setPixmap(icons.pixmap("blocked", metrics.grid(5), colours().danger))
        self._words = QLabel(wordWrap=True)
        self.button = QPushButton(tr(N_("Hand in what is left")))
        self.button.clicked.connect(desk.sync.begin)
        row = QHBoxLayout(self)
        metrics.tight(row, 1.5, 2)
        row.addWidget(sign)
        row.addWidget(self._words, 1)
        row.addWidget(self.button)
        self.hide()
        desk.sync.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show or hide."""
        status = self._desk.sync.status
        revoked = status is not None and status.state == "revoked"
        self.setVisible(revoked)
        if status is None or not revoked:
            return
        left = status.unsent - status.handed_in
        words = N_(
            "The bureau has revoked this laptop: the hub takes its work only after a person has "
            "looked at it. {n} changes wait here; nothing is deleted. Ask the bureau what to do."
        )
        if status.handed_in and not left:
            words = N_(
                "The bureau has revoked this laptop. Its last {n} changes are at the hub, where a person "
                "looks at them; they stay here as well. Ask the bureau what to do."
            )
        self._words.setText(tr(words, n=f"{left or status.handed_in:,}"))
        self.button.setEnabled(not self._desk.sync.running and left > 0)
