"""Finds words that have less room than they need, in any part of a window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QTabBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

W = TypeVar("W", bound=QWidget)
SLACK = 1
_TRIES = 40  # of 50 ms each


def cut_off(root: QWidget) -> list[str]:
    """The visible words below `root` that have less room than they need."""
    return [f"{type(box).__name__} {words!r} {why}" for box, words, why in _tight(root)]


def stays_cut_off(root: QWidget, qtbot: QtBot) -> list[str]:
    """The same once the layout has come to rest: on a busy machine that takes more than a moment."""
    for _ in range(_TRIES):
        qtbot.wait(50)
        if not cut_off(root):
            return []
    return cut_off(root)


def _tight(root: QWidget) -> Iterator[tuple[QWidget, str, str]]:
    yield from _labels(root)
    yield from _buttons(root)
    for box in _shown(root, QComboBox):
        room = box.width() - box.height()
        if not box.isEditable() and box.fontMetrics().horizontalAdvance(box.currentText()) > room:
            yield box, box.currentText(), f"has {room}"
    for bar in _shown(root, QTabBar):
        for at in range(bar.count()):
            if bar.isTabVisible(at) and bar.tabRect(at).right() > bar.width() + SLACK:
                yield bar, bar.tabText(at), "lies beyond the edge"


def _labels(root: QWidget) -> Iterator[tuple[QWidget, str, str]]:
    for label in _shown(root, QLabel):
        if not label.text() or not label.pixmap().isNull():
            continue
        width, height = label.sizeHint().width(), label.heightForWidth(label.width())
        if label.wordWrap() and height > label.height() + SLACK:
            yield label, label.text(), f"needs height {height}, has {label.height()}"
        if not label.wordWrap() and width > label.width() + SLACK:
            yield label, label.text(), f"needs {width}, has {label.width()}"


def _buttons(root: QWidget) -> Iterator[tuple[QWidget, str, str]]:
    for button in _shown(root, QAbstractButton):
        if not button.text():
            continue
        width, height = button.sizeHint().width(), button.fontMetrics().height()
        if width > button.width() + SLACK:
            yield button, button.text(), f"needs {width}, has {button.width()}"
        if not isinstance(button, QToolButton) and height > button.height():
            yield button, button.text(), f"needs height {height}, has {button.height()}"


def _shown(root: QWidget, kind: type[W]) -> list[W]:
    return [box for box in root.findChildren(kind) if box.isVisibleTo(root)]
