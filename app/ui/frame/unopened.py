"""A workspace that could not be opened: what there is to do about it, in a box with a button for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from app.errors import AppError
from app.i18n import N_, tr
from app.ui.messages import ask, error_box

if TYPE_CHECKING:
    from app.ui.window import MainWindow

_ONLY_READABLE = ("in_use", "read_only")
_INSTEAD = (
    ("open", N_("Open another…")),
    ("restore", N_("Restore a backup…")),
    ("new", N_("New workspace…")),
)  # ids of commands


def refused(window: MainWindow, path: Path, read_only: bool, error: Exception) -> None:
    """A file that only can be read is offered for reading; for one that is not there what else there is."""
    code = error.code if isinstance(error, AppError) else ""
    if code in _ONLY_READABLE and not read_only:
        if ask(window, str(error), tr(N_("Open for reading only"))):
            window.open_path(path, read_only=True)
    elif code == "not_found":
        _offer(window, missing_box(window, error))
    else:
        window.desk.failed.emit(error)


def missing_box(window: MainWindow, error: Exception) -> QMessageBox:
    """The box for a file that is not where it was."""
    box = error_box(window, error)
    box.setWindowTitle(tr(N_("The workspace was not found")))
    hint = N_("It may have been moved or renamed, or lie on a stick or drive that is not plugged in.")
    box.setInformativeText(tr(hint))
    for name, words in _INSTEAD:
        button = box.addButton(tr(words), QMessageBox.ButtonRole.ActionRole)
        button.setObjectName(name)
    return box


def _offer(window: MainWindow, box: QMessageBox) -> None:
    box.exec()
    chosen = box.clickedButton().objectName()
    box.deleteLater()
    if chosen in dict(_INSTEAD):
        window.commands.actions[chosen].trigger()
