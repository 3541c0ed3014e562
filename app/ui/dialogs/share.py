"""Sharing the map as one web page that opens anywhere without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.carto.theme import THEMES, read_theme
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.messages import ask, buttons
from app.ui.parts import fault, say_refusal, side_button
from app.ui.tasks import Callbacks


class ShareDialog(QDialog):
    """Theme, edition, file."""

    def __init__(self, desk: Desk, theme: str, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setWindowTitle(tr(N_("Share as a web page")))
        self.theme = QComboBox()
        for name in THEMES:
            self.theme.addItem(tr(read_theme(name).title), name)
        self.theme.setCurrentIndex(max(0, self.theme.findData(theme)))
        self.public = QCheckBox(tr(N_("Public edition: without coordinates, names and phones")))
        self.file = QLineEdit(str(Path(folder) / f"{tr(N_('map'))}.html"))
        choose = side_button(tr(N_("Choose…")), self._choose)
        where = QHBoxLayout()
        where.addWidget(self.file, 1)
        where.addWidget(choose)
        note = QLabel(
            tr(N_("One file with everything inside; it opens in any browser with no network.")), wordWrap=True
        )
        note.setProperty("muted", True)
        self._fault = fault()
        self.foot = buttons(tr(N_("Write the page")))
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        rows = QFormLayout()
        rows.setHorizontalSpacing(metrics.grid(3))
        rows.addRow(tr(N_("Map")), self.theme)
        rows.addRow("", self.public)
        rows.addRow(tr(N_("File")), where)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        column.addLayout(rows)
        column.addWidget(note)
        column.addWidget(self._fault)
        column.addStretch(1)
        column.addWidget(self.foot)
        self.setMinimumWidth(metrics.chars(76))

    def send(self) -> None:
        """Write the page in a thread."""
        path, theme, public = Path(self.file.text()), str(self.theme.currentData()), self.public.isChecked()
        if path.exists() and not ask(
            self, tr(N_("{name} exists. Replace it?"), name=path.name), tr(N_("Replace"))
        ):
            return

        def work(session: Any, token: Any) -> object:
            from app.actions.sharing import share  # late: it loads Folium

            return share(session, path, theme=theme, public=public, progress=token.progress)

        self.foot.setEnabled(False)
        callbacks: Callbacks[object] = Callbacks(
            lambda _: self._done(path), self._refused, finished=lambda: self.foot.setEnabled(True)
        )
        self._desk.read(self, work, callbacks, title=tr(N_("Writing the page")))

    def _done(self, path: Path) -> None:
        self.accept()
        if ask(self.parentWidget(), tr(N_("The page is in {path}"), path=path), tr(N_("Open it"))):
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def _refused(self, error: Exception) -> None:
        say_refusal(self._fault, error, self._desk.failed.emit)

    def _choose(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr(N_("Share as a web page")), self.file.text(), "HTML (*.html)"
        )
        if name:
            self.file.setText(name if name.endswith(".html") else f"{name}.html")
