"""The settings dialog, made from the declared preferences."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from app.errors import Invalid
from app.i18n import N_, tr
from app.settings import offered
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.forms.form import Form
from app.ui.messages import buttons


class SettingsDialog(QDialog):
    """Language, appearance, notation of coordinates; they take effect at once."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setWindowTitle(tr(N_("Settings")))
        self.form = Form(desk.names)
        self.form.add_group("", offered())
        self.form.fill({field.name: getattr(desk.preferences, field.name) for field in offered()})
        note = QLabel(tr(N_("They are kept on this laptop, for you alone.")), wordWrap=True)
        note.setProperty("muted", True)
        foot = buttons(tr(N_("Apply")))
        foot.accepted.connect(self._apply)
        foot.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        column.addWidget(self.form)
        column.addWidget(note)
        column.addStretch(1)
        column.addWidget(foot)
        self.setMinimumWidth(metrics.chars(56))

    def _apply(self) -> None:
        try:
            changed = self.form.changes()
        except Invalid:
            return
        if changed:
            self._desk.prefer(**changed)
        self.accept()
