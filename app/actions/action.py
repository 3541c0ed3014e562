"""Marks a function as an action: what menus, the palette, shortcuts and the command line show of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from app.i18n import tr

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class ActionEntry:
    """An action as the user meets it. `group` is its menu, `command` its name on the command line (may be
    empty), `roles` who is offered it (empty: everybody); the function itself checks again."""

    id: str
    label: str
    group: str
    run: Callable[..., Any]
    shortcut: str = ""
    icon: str = ""
    command: str = ""
    roles: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The label in the user's language."""
        return tr(self.label)


def action(
    label: str,
    group: str,
    *,
    shortcut: str = "",
    icon: str = "",
    command: str = "",
    roles: tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Give a plain function its entry; the function itself stays as it is."""

    def mark(function: F) -> F:
        entry = ActionEntry(function.__name__, label, group, function, shortcut, icon, command, roles)
        function.__dict__["action"] = entry
        return function

    return mark


def entry_of(function: Callable[..., Any]) -> ActionEntry:
    """The entry of a marked function; raises KeyError for a function that is no action."""
    found: ActionEntry = function.__dict__["action"]
    return found
