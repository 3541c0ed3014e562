"""Commands of the window: one list that the menus, the shortcuts and the palette are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import tr
from app.ui import icons

ALWAYS, OPEN, SIGNED_IN = 0, 1, 2  # what a command needs: nothing, a workspace, a person


@dataclass(frozen=True)
class Command:
    """What a user may do; `group` is its menu, `needs` one of ALWAYS, OPEN, SIGNED_IN."""

    id: str
    label: str
    run: Callable[[], object]
    group: str
    icon: str = ""
    shortcut: str = ""
    needs: int = OPEN


class Commands:
    """The commands as Qt actions, living on the window so that their shortcuts work everywhere in it."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self.actions: dict[str, QAction] = {}
        self.commands: dict[str, Command] = {}

    def add(self, commands: Iterable[Command]) -> None:
        """Make actions of commands."""
        for command in commands:
            action = QAction(tr(command.label), self._window)
            if command.shortcut:
                action.setShortcut(QKeySequence(command.shortcut))
                action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            if command.icon:
                icons.wear(action, command.icon)
            action.triggered.connect(lambda _=False, run=command.run: run())
            self._window.addAction(action)
            self.actions[command.id] = action
            self.commands[command.id] = command

    def enable(self, level: int) -> None:
        """Enable what `level` allows: nothing open, a workspace open, or somebody signed in."""
        for name, command in self.commands.items():
            self.actions[name].setEnabled(command.needs <= level)

    def relabel(self) -> None:
        """Write the labels again in the language in use."""
        for name, command in self.commands.items():
            self.actions[name].setText(tr(command.label))

    def menu(self, groups: Iterable[str]) -> QMenu:
        """A menu of the commands of these groups, with a line between groups."""
        menu = QMenu(self._window)
        for group in groups:
            if not menu.isEmpty():
                menu.addSeparator()
            for name, command in self.commands.items():
                if command.group == group:
                    menu.addAction(self.actions[name])
        return menu

    def found(self, words: str) -> list[Command]:
        """The enabled commands whose label holds all the words."""
        wanted = words.casefold().split()
        enabled = (item for name, item in self.commands.items() if self.actions[name].isEnabled())
        return [item for item in enabled if all(word in tr(item.label).casefold() for word in wanted)]
