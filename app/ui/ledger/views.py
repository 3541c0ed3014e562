"""How a ledger is arranged, as values that can be kept under a name and read again by another version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.entity import EntityType
from app.errors import AppError
from app.ui.ledger.columnfilter import ColumnFilter, accepts
from app.ui.ledger.grouping import groupings
from app.ui.ledger.rows import Sort

MOST_FROZEN = 8
_MOST_PEOPLE = 40  # of one laptop, whose arrangement is kept; those who were here longest ago go first
_ONE_GROUPING = 2  # county and township is the deepest


@dataclass(frozen=True)
class View:
    """Columns from left to right with their widths in digits of the font, order, filters and groups."""

    name: str = ""
    columns: tuple[str, ...] = ()
    widths: Mapping[str, float] = field(default_factory=dict)
    frozen: int = 0
    sorts: tuple[Sort, ...] = ()
    filters: tuple[ColumnFilter, ...] = ()
    groups: tuple[str, ...] = ()
    boxes: Mapping[str, str] = field(default_factory=dict)  # status, division, expression, words


@dataclass(frozen=True)
class Kept:
    """What is kept for one ledger: how it was left, and the views by name, in the order they were saved."""

    now: View | None = None
    named: tuple[View, ...] = ()

    def with_view(self, view: View) -> Kept:
        """The same with this view, in the place of one of the same name."""
        if view.name in self.names():
            return replace(self, named=tuple(view if old.name == view.name else old for old in self.named))
        return replace(self, named=(*self.named, view))

    def without(self, name: str) -> Kept:
        """The same without the view of this name."""
        return replace(self, named=tuple(view for view in self.named if view.name != name))

    def names(self) -> tuple[str, ...]:
        """The names of the views."""
        return tuple(view.name for view in self.named)

    def view(self, name: str) -> View | None:
        """The view of a name."""
        return next((view for view in self.named if view.name == name), None)


def read_kept(text: str | None, kind: EntityType, who: str = "") -> Kept:
    """What the kept text says of a ledger; what this version does not know is left out.

    `now` is how `who` left it, or whoever was there last when this person has not been.
    """
    try:
        held = json.loads(text or "{}").get(kind.name, {})
        now = held.get("left", {}).get(who) or held.get("now")
        named = [_view(item, kind) for item in held.get("named", ())]
        return Kept(_view(now, kind) if now else None, tuple(view for view in named if view.name))
    except (ValueError, TypeError, AttributeError):
        return Kept()


def write_kept(text: str | None, kind: EntityType, kept: Kept, who: str = "") -> str:
    """The kept text with this said of a ledger, and what it says of other ledgers and people."""
    try:
        held = json.loads(text or "{}")
    except ValueError:
        held = {}
    held = held if isinstance(held, dict) else {}
    old = held.get(kind.name)
    left = dict(old["left"]) if isinstance(old, dict) and isinstance(old.get("left"), dict) else {}
    if who and kept.now:
        left.pop(who, None)
        left = {**dict(list(left.items())[1 - _MOST_PEOPLE :]), who: _plain(kept.now)}
    held[kind.name] = {
        "now": _plain(kept.now) if kept.now else None,
        "left": left,
        "named": [_plain(view) for view in kept.named],
    }
    return json.dumps(held, ensure_ascii=False, separators=(",", ":"))


def _plain(view: View) -> dict[str, Any]:
    asked = [
        {key: value for key, value in vars(item).items() if value not in (None, "")} for item in view.filters
    ]
    return {**vars(view), "filters": asked}


def _view(held: Mapping[str, Any], kind: EntityType) -> View:
    fields = kind.fields
    known = groupings(kind)
    return View(
        str(held.get("name", "")),
        tuple(dict.fromkeys(name for name in held.get("columns", ()) if name in fields)),
        {name: float(width) for name, width in dict(held.get("widths", {})).items() if name in fields},
        min(max(int(held.get("frozen", 0)), 0), MOST_FROZEN),
        tuple((str(name), bool(down)) for name, down in held.get("sorts", ()) if name in fields),
        tuple(asked for item in held.get("filters", ()) if (asked := _filter(item, kind))),
        tuple(by for by in held.get("groups", ()) if by in known)[:_ONE_GROUPING],
        {str(key): str(value) for key, value in dict(held.get("boxes", {})).items()},
    )


def _filter(held: Mapping[str, Any], kind: EntityType) -> ColumnFilter | None:
    """A kept filter of a column; None when the column is gone or its limits cannot be read any more."""
    name = str(held.get("field", ""))
    if name not in kind.fields:
        return None
    values = held.get("values")
    asked = ColumnFilter(
        name,
        None if values is None else tuple(tuple(one) if isinstance(one, list) else one for one in values),
        str(held.get("contains", "")),
        str(held.get("low", "")),
        str(held.get("high", "")),
        held.get("empty") if isinstance(held.get("empty"), bool) else None,
    )
    try:
        accepts(asked, kind.fields[name], str)
    except AppError:
        return None
    return asked
