"""Asking for a few values and starting one action of the list with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit

from app.domain.fields import CodeList, Field, Kind
from app.i18n import tr
from app.ui.dialogs.ask import AskDialog, Work

if TYPE_CHECKING:
    from app.ui.window import MainWindow


def ask_for(window: MainWindow, action: str, fields: tuple[Field, ...], work: Work, said: str) -> AskDialog:
    """Open the dialog of an action; what is `said` when it is done stands at the foot of the window."""
    desk, title = window.desk, tr(window.commands.commands[action].label)
    dialog = AskDialog(desk, title, fields, work, lambda _: desk.said.emit(tr(said)), window)
    if window.commands.commands[action].writes:
        desk.room.watch_over(dialog.foot)
    dialog.open()
    return dialog


def text_field(name: str, label: str, *, required: bool = True, length: int = 200) -> Field:
    """A line of text."""
    return Field(Kind.TEXT, label, name=name, required=required, length=length)


def choice_field(name: str, label: str, choices: CodeList) -> Field:
    """One of a list."""
    return Field(Kind.CHOICE, label, name=name, choices=choices, required=True)


def hide_typing(dialog: AskDialog, *names: str) -> None:
    """Show dots for what is typed into these fields."""
    for name in names:
        for line in dialog.form.editor(name).findChildren(QLineEdit):
            line.setEchoMode(QLineEdit.EchoMode.Password)
