"""Qt's exception hook: an error nobody expected is written down and shown, and the window stays open."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_dir
from PySide6.QtWidgets import QApplication, QMessageBox

from app import __version__
from app.errors import AppError
from app.i18n import N_, tr
from app.ui.messages import name_button, show_error

_log = logging.getLogger(__name__)
_shown = False


def install() -> None:
    """From now on an exception in a slot or event comes here instead of only to the terminal."""
    sys.excepthook = _hook


def report(error: BaseException) -> None:
    """Show an error from anywhere: an expected one with its words, another with a crash report."""
    if isinstance(error, AppError):
        show_error(QApplication.activeWindow(), error)
        return
    if isinstance(error, KeyboardInterrupt):
        QApplication.quit()
        return
    _log.error("unexpected error", exc_info=error)
    _show(error, write_report(error))


def write_report(error: BaseException, folder: Path | None = None) -> Path | None:
    """The crash report as a text file, or None when it cannot be written."""
    place = folder or Path(os.environ.get("GRIDWARD_LOGS") or user_log_dir("gridward", appauthor=False))
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    try:
        place.mkdir(parents=True, exist_ok=True)
        target = place / f"crash-{stamp}.txt"
        target.write_text(
            f"Gridward {__version__} {stamp}\nPython {sys.version}\n\n{''.join(lines)}", "utf-8"
        )
    except OSError:
        return None
    return target


def _hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    try:
        report(error.with_traceback(trace))
    except Exception:  # the hook is the last place an error can go: never raise from it
        sys.__excepthook__(kind, error, trace)


def _show(error: BaseException, written: Path | None) -> None:
    global _shown
    if _shown or not isinstance(QApplication.instance(), QApplication):
        return  # one box at a time: an error while painting would open hundreds
    _shown = True
    try:
        _box(error, written).exec()
    finally:
        _shown = False


def _box(error: BaseException, written: Path | None) -> QMessageBox:
    box = QMessageBox(QApplication.activeWindow())
    box.setIcon(QMessageBox.Icon.Critical)
    box.setWindowTitle(tr(N_("Something unexpected happened")))
    box.setText(
        tr(N_("The program made a mistake. What was saved before is safe; this last step may not be done."))
    )
    where = tr(N_("A report was written to {path}."), path=written) if written else ""
    box.setInformativeText("\n".join(part for part in (where, f"{type(error).__name__}: {error}") if part))
    box.setDetailedText("".join(traceback.format_exception(type(error), error, error.__traceback__)))
    name_button(box.addButton(QMessageBox.StandardButton.Close), N_("Go on working"))
    return box
