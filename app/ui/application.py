"""The running program: the Qt application with its font and language, and the window built on the desk."""

from __future__ import annotations

import sys

from PySide6.QtCore import QLibraryInfo, QLocale, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from app.i18n import N_, set_language, tr
from app.settings import Preferences, load_preferences
from app.ui import crash, theme
from app.ui.desk import Desk
from app.ui.sweeping import sweep_in
from app.ui.window import MainWindow, MakeDemo

_LOOKS = ("language", "theme")


def make_application(arguments: list[str] | None = None) -> QApplication:
    """The Qt application of this process, made when there is none."""
    running = QApplication.instance()
    app = running if isinstance(running, QApplication) else QApplication(arguments or sys.argv[:1])
    app.setApplicationName("gridward")
    app.setApplicationDisplayName(tr(N_("Gridward")))
    app.setDesktopFileName("gridward")
    theme.load_fonts()
    return app


class Program:
    """Owns desk and window; builds the window anew when language or appearance change."""

    def __init__(
        self, app: QApplication, preferences: Preferences | None = None, make_demo: MakeDemo | None = None
    ) -> None:
        self._app = app
        self._make_demo = make_demo
        self._translator: QTranslator | None = None
        self.desk = Desk(preferences or load_preferences())
        sweep_in(app)
        self._looks = self._wanted()
        self._dress()
        self.window = MainWindow(self.desk, make_demo=make_demo)
        self.desk.failed.connect(crash.report)
        self.desk.preferences_changed.connect(self._rebuild)

    def _wanted(self) -> tuple[str, ...]:
        return tuple(str(getattr(self.desk.preferences, name)) for name in _LOOKS)

    def _dress(self) -> None:
        language, look = self._looks
        set_language(language)
        QLocale.setDefault(QLocale(language))
        if self._translator is not None:
            self._app.removeTranslator(self._translator)
        self._translator = QTranslator(self._app)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._translator.load(QLocale(language), "qtbase", "_", folder):
            self._app.installTranslator(self._translator)
        theme.apply_theme(look)

    def _rebuild(self) -> None:
        wanted = self._wanted()
        if wanted == self._looks:
            return
        self._looks = wanted
        QTimer.singleShot(0, self._replace_window)  # the settings dialog must close first

    def _replace_window(self) -> None:
        old = self.window
        self._dress()
        self.window = MainWindow(self.desk, like=old, make_demo=self._make_demo)
        self.window.show()
        old.give_up()
