"""The welcome page: open a workspace, make a new one, try the demo; what was open last comes first."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app import __version__
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.parts import card


class WelcomePage(QWidget):
    """`chosen` carries a command's id, `last` the path of the workspace that was open last."""

    chosen = Signal(str)
    last = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, demo: bool = False) -> None:
        super().__init__(parent)
        self._path: str = ""
        title = QLabel(tr(N_("Gridward")))
        title.setFont(metrics.sized(2.0, bold=True))
        about = QLabel(
            tr(N_("The map and ledger of an environment bureau, on this laptop, with or without a network"))
        )
        about.setProperty("muted", True)
        about.setWordWrap(True)
        frame = card()
        frame.setMinimumWidth(metrics.chars(62))
        frame.setMaximumWidth(metrics.chars(80))
        self._column = QVBoxLayout(frame)
        metrics.tight(self._column, 6, 3)
        self._column.addWidget(title)
        self._column.addWidget(about)
        self._last = self._button("workspace", "", lambda: self.last.emit(self._path), primary=True)
        self._button("workspace", N_("Open a workspace… (a .gpkg file)"), lambda: self.chosen.emit("open"))
        self._button("new", N_("New workspace…"), lambda: self.chosen.emit("new"))
        self._button("hub", N_("Join the bureau's hub…"), lambda: self.chosen.emit("enrol"))
        if demo:
            self._button("boilers", N_("Try the demo with synthetic data…"), lambda: self.chosen.emit("demo"))
        version = QLabel(tr(N_("Version {version}"), version=__version__))
        version.setProperty("muted", True)
        self._column.addWidget(version)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(frame, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(2)

    def show_last(self, path: str | None) -> None:
        """Offer the last workspace when its file is still there."""
        self._path = path or ""
        there = bool(path) and Path(self._path).is_file()
        self._last.setVisible(there)
        self._last.setText(tr(N_("Go on with {name}"), name=Path(self._path).name))
        self._last.setToolTip(self._path)

    def _button(self, icon: str, words: str, run: object, *, primary: bool = False) -> QPushButton:
        button = QPushButton(tr(words) if words else "")
        button.setProperty("primary", primary)
        button.setMinimumHeight(metrics.grid(9))
        if not primary:
            icons.wear(button, icon)
        button.clicked.connect(run)
        self._column.addWidget(button)
        return button
