"""Telling the user: what happened, what was kept, what to do; and asking before something is done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox, QInputDialog, QMessageBox, QPushButton, QWidget

from app.errors import AppError
from app.i18n import N_, tr
from app.ui import metrics

_MOST_DETAILS = 200


def show_error(parent: QWidget | None, error: Exception) -> None:
    """Show a failure the user can understand; the window stays as it was."""
    box = error_box(parent, error)
    box.exec()
    box.deleteLater()


def error_box(parent: QWidget | None, error: Exception) -> QMessageBox:
    """The box for a failure, with its details folded away."""
    if isinstance(error, AppError):
        message, hint, details = error.message, error.hint, error.details
    else:
        message, hint, details = str(error) or type(error).__name__, "", []
    box = QMessageBox(QMessageBox.Icon.Warning, tr(N_("This could not be done")), message, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    if hint:
        box.setInformativeText(hint)
    if details:
        box.setDetailedText("\n".join(str(item) for item in details[:_MOST_DETAILS]))
    name_button(box.addButton(QMessageBox.StandardButton.Close), N_("Close"))
    return box


def ask(parent: QWidget | None, question: str, do_it: str, hint: str = "") -> bool:
    """Ask before something that cannot be lightly taken back; `do_it` is the word on the button."""
    box = QMessageBox(QMessageBox.Icon.Question, tr(N_("Please confirm")), question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(hint)
    agree = box.addButton(do_it, QMessageBox.ButtonRole.AcceptRole)
    name_button(box.addButton(QMessageBox.StandardButton.Cancel), N_("Cancel"))
    box.exec()
    agreed = box.clickedButton() is agree
    box.deleteLater()
    return agreed


def ask_word(parent: QWidget, title: str, label: str, held: str = "") -> str:
    """Ask for a name under a title (a trailing … is the menu's); empty when nobody gives one."""
    box = QInputDialog(parent)
    box.setWindowTitle(tr(title).rstrip("…"))
    box.setLabelText(tr(label))
    box.setTextValue(held)
    box.setOkButtonText(tr(N_("OK")))
    box.setCancelButtonText(tr(N_("Cancel")))
    for button in box.findChildren(QPushButton):
        button.setIcon(QIcon())
    box.resize(metrics.chars(46), metrics.line_height() * 5)
    given = box.textValue().strip() if box.exec() else ""
    box.deleteLater()
    return given


def tell(parent: QWidget | None, message: str, hint: str = "") -> None:
    """Say that something is done, where a line in the status bar would be missed."""
    box = QMessageBox(QMessageBox.Icon.Information, tr(N_("Done")), message, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(hint)
    name_button(box.addButton(QMessageBox.StandardButton.Close), N_("Close"))
    box.exec()
    box.deleteLater()


def name_button(button: QPushButton | None, word: str) -> None:
    """Write our own word on a standard button, as the catalogue has it (Qt's own may be missing)."""
    if button is not None:
        button.setText(tr(word))
        button.setIcon(QIcon())  # some desktops put pictures of another family on their own buttons


def buttons(do_it: str, *, cancel: bool = True) -> QDialogButtonBox:
    """The row of buttons at the foot of a dialog: the deed on the default button, and a way out."""
    row = QDialogButtonBox()
    deed = row.addButton(do_it, QDialogButtonBox.ButtonRole.AcceptRole)
    deed.setObjectName("deed")
    if cancel:
        name_button(row.addButton(QDialogButtonBox.StandardButton.Cancel), N_("Cancel"))
    return row
