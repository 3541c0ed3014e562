"""Commands of the window: one list that the menus, the shortcuts and the palette are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.domain.changes import Actor
from app.i18n import N_, tr
from app.ui import icons

if TYPE_CHECKING:
    from app.actions.action import ActionEntry

ALWAYS, OPEN, SIGNED_IN = 0, 1, 2  # what a command needs: nothing, a workspace, a person
Run = Callable[[], object]
_GOES_ON = frozenset({"sign_out", "unlock_keys", "resolve"})  # of a person, and change no record
_TAKES_IN = frozenset({"bundle_in"})  # of nobody in particular, and write all the same


@dataclass(frozen=True)
class Command:
    """What a user may do; `group` is its menu, `needs` one of ALWAYS, OPEN, SIGNED_IN; no `roles` means
    everybody."""

    id: str
    label: str
    run: Run
    group: str
    icon: str = ""
    shortcut: str = ""
    needs: int = OPEN
    roles: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it changes what is in the workspace."""
        return (self.needs == SIGNED_IN and self.id not in _GOES_ON) or self.id in _TAKES_IN


class Commands:
    """The commands as Qt actions, living on the window so that their shortcuts work everywhere in it."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._level, self._role, self._closed = ALWAYS, "", ""
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
            self._enable(command)

    def adopt(self, entries: Iterable[ActionEntry], bound: Mapping[str, tuple[Run, str, int]]) -> None:
        """Add the program's actions as the one list of actions names them.

        `bound` says what each does in a window: what to run, its menu, what it needs.
        """
        self.add(
            Command(
                entry.id,
                entry.label,
                *bound[entry.id][:2],
                entry.icon,
                entry.shortcut,
                bound[entry.id][2],
                entry.roles,
            )
            for entry in entries
            if entry.id in bound and entry.id not in self.actions
        )

    def enable(self, level: int, actor: Actor | None = None, closed: str = "") -> None:
        """Enable what `level` allows: nothing open, a workspace open, or somebody signed in, by their
        role. `closed` says why nothing can be changed now."""
        self._level, self._role, self._closed = level, actor.role if actor else "", closed
        for command in self.commands.values():
            self._enable(command)

    def _enable(self, command: Command) -> None:
        fits = not command.roles or self._role in command.roles
        action = self.actions[command.id]
        closed = self._closed if command.writes else ""
        action.setEnabled(command.needs <= self._level and fits and not closed)
        known = bool(self._role) and not fits
        action.setToolTip(tr(N_("Not for your role: {name}"), name=tr(command.label)) if known else closed)

    def menu(self, groups: Iterable[str], title: str = "") -> QMenu:
        """A menu of the commands of these groups, with a line between groups."""
        menu = QMenu(title, self._window)
        menu.setToolTipsVisible(True)
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
