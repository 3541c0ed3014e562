"""The page the window opens on: where the person left it, else the one their work begins with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.ui.frame.rail import ENTRIES, PRINT, TODAY

if TYPE_CHECKING:
    from app.ui.window import MainWindow

LEDGER = "boiler"  # where nobody is signed in, and where bureau staff begin
_ON_TODAY = ("R1", "R2", "R4", "R6")  # who goes out or answers for it begins with what waits
_PAGES = frozenset(name for name, _, _ in ENTRIES if name != PRINT)
_MOST_PEOPLE = 40  # of one laptop; those who were here longest ago go first


class FirstPage(QObject):
    """Chooses the page of a workspace that opens, again when somebody signs in to it, and keeps where they
    leave."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._awaits = window, False
        window.desk.actor_changed.connect(self._signed_in)

    def expect(self) -> str:
        """The page for a workspace that has just been laid on the desk."""
        actor = self._window.desk.actor
        self._awaits = actor is None
        return first_page(actor.uid, actor.role, self._window.desk.preferences.left_at) if actor else LEDGER

    def keep(self) -> str | None:
        """What the preferences shall hold now that the window closes."""
        left, actor = self._window.desk.preferences.left_at, self._window.desk.actor
        return leaving(left, actor.uid, self._window.page) if actor else left

    def _signed_in(self) -> None:
        """Whoever signs in first after opening is taken to their page, unless somebody went elsewhere."""
        if self._awaits and self._window.desk.actor is not None:
            page = self.expect()
            if self._window.page == LEDGER != page:
                self._window.go(page)


def first_page(who: str, role: str, left: str | None) -> str:
    """The page for somebody (a uid) with a role; `left` is what `leaving` made."""
    kept = _read(left).get(who, "")
    if kept in _PAGES:
        return kept
    return TODAY if role in _ON_TODAY else LEDGER


def leaving(left: str | None, who: str, page: str) -> str:
    """What is kept of where people left the window, with this person's page."""
    others = {known: at for known, at in _read(left).items() if known != who}
    kept = dict([*others.items(), (who, page)][-_MOST_PEOPLE:])
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def _read(left: str | None) -> dict[str, str]:
    try:
        held = json.loads(left or "{}")
    except ValueError:
        return {}
    return {str(who): str(at) for who, at in held.items()} if isinstance(held, dict) else {}
