"""The settings dialog, made from the declared preferences."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel, QVBoxLayout, QWidget

from app.errors import Invalid
from app.i18n import N_, tr
from app.settings import offered
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.forms.form import Form
from app.ui.messages import buttons
from app.ui.parts import side_button


class SettingsDialog(QDialog):
    """Language, appearance, notation of coordinates, which take effect at once; where each day's second
    backup goes."""

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
        column.addWidget(
            side_button(tr(N_("Choose a folder on another disk…")), self.choose_folder),
            0,
            Qt.AlignmentFlag.AlignRight,
        )
        column.addWidget(note)
        column.addStretch(1)
        column.addWidget(foot)
        self.setMinimumWidth(metrics.chars(64))

    def choose_folder(self) -> None:
        """Ask where the second backup goes."""
        folder = QFileDialog.getExistingDirectory(self, tr(N_("Choose a folder for the backup")))
        if folder:
            self.form.preset({"backup_folder": folder})

    def _apply(self) -> None:
        try:
            changed = self.form.changes()
        except Invalid:
            return
        if changed:
            self._desk.prefer(**changed)
        self.accept()
