"""What the inbox holds that somebody has to know of, and what they have looked at: that asks no more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from app.ui.conflicts.model import is_refused
from app.ui.sync.words import Asking

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView

_MOST_PEOPLE, _MOST = 16, 2000  # who works on one laptop; of more that was looked at the newest are kept
_LETTERS = 12  # of a uid: enough to tell two conflicts of one laptop apart


def asking_of(views: Iterable[ConflictView], seen: frozenset[str]) -> Asking:
    """What asks, of all conflicts; `seen` is what `seen_by` gives."""
    found: dict[str, list[str]] = {"mine": [], "others": [], "refused": []}
    for view in views:
        if name := _asks(view, seen):
            found[name].append(view.uid)
    return Asking(**{name: tuple(uids) for name, uids in found.items()})


def _asks(view: ConflictView, seen: frozenset[str]) -> str:
    if view.situation == "open" and view.can_decide:
        return "mine"
    ours = view.offered.mine or view.kept.mine
    if not ours or view.uid[:_LETTERS] in seen:
        return ""
    if view.situation == "open":
        return "others"
    return "refused" if is_refused(view) and view.offered.mine else ""


def seen_by(kept: str | None, who: str) -> frozenset[str]:
    """What somebody (a uid) has looked at, of what `looked_at` made; for "", nobody signed in, what anybody
    has."""
    known = _read(kept)
    return frozenset(known.get(who, ()) if who else chain.from_iterable(known.values()))


def looked_at(
    kept: str | None, who: str, views: Sequence[ConflictView], shown: Sequence[ConflictView]
) -> str:
    """What is kept now that somebody has been shown some of all conflicts; what is settled is forgotten."""
    seen = seen_by(kept, who) | {view.uid[:_LETTERS] for view in shown}
    still = [view for view in views if view.situation == "open" or is_refused(view)]
    still.sort(key=lambda view: view.raised_at)
    mine = [view.uid[:_LETTERS] for view in still if view.uid[:_LETTERS] in seen][-_MOST:]
    others = {known: uids for known, uids in _read(kept).items() if known != who}
    held = dict([*others.items(), (who, mine)][-_MOST_PEOPLE:])
    return json.dumps(held, separators=(",", ":"))


def _read(kept: str | None) -> dict[str, list[str]]:
    try:
        held = json.loads(kept or "{}")
    except ValueError:
        return {}
    told = held.items() if isinstance(held, dict) else ()
    return {str(who): [str(uid) for uid in uids] for who, uids in told if isinstance(uids, list)}
