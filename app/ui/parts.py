"""Small parts every page uses: cards, headings, quiet words, widgets the style rules know by name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QWidget,
)

from app.errors import AppError
from app.ui import metrics


def named(name: str) -> QWidget:
    """A plain widget that the style rules of `theme.py` know by this name."""
    widget = QWidget()
    widget.setObjectName(name)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return widget


def card() -> QFrame:
    """A framed box."""
    frame = QFrame()
    frame.setObjectName("card")
    return frame


def heading(words: str, factor: float = 1.0) -> QLabel:
    """A bold line."""
    label = QLabel(words)
    label.setFont(metrics.sized(factor, bold=True))
    return label


def muted(words: str = "") -> QLabel:
    """Quiet words that wrap."""
    label = QLabel(words, wordWrap=True)
    label.setProperty("muted", True)
    return label


def fault() -> QLabel:
    """An empty line for what went wrong."""
    label = QLabel(wordWrap=True)
    label.setProperty("danger", True)
    label.hide()
    return label


def say_fault(label: QLabel, words: str) -> None:
    """Show what went wrong, or hide the line when there is nothing to say."""
    label.setText(words)
    label.setVisible(bool(words))


def say_refusal(label: QLabel, error: Exception, otherwise: Callable[[Exception], object]) -> bool:
    """Show why something was refused, or hand on what is no refusal to `otherwise`; whether it was one."""
    if not isinstance(error, AppError):
        otherwise(error)
        return False
    say_fault(label, "\n".join(part for part in (error.message, error.hint) if part))
    return True


def side_button(words: str, run: Callable[[], object]) -> QPushButton:
    """A button beside a field, which Enter never presses."""
    button = QPushButton(words)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: run())
    return button


def redo_typed() -> bool:
    """Do again what was taken back in the text box that has the keys; whether one has them.

    Qt itself takes Ctrl+Y for that on Windows alone, and elsewhere leaves it to the window.
    """
    box = QApplication.focusWidget()
    box = box.lineEdit() if isinstance(box, QComboBox) else box
    if not isinstance(box, (QLineEdit, QTextEdit, QPlainTextEdit)) or box.isReadOnly():
        return False
    box.redo()
    return True
