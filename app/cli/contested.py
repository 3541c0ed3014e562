"""Conflicts as lines: both values side by side, who wrote them, when and why, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.cli.answer import table
from app.i18n import N_, listed, tr

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView, Side

_LONGEST = 60  # characters of a value; the window and JSON have all of it


def conflict_lines(views: list[ConflictView]) -> list[str]:
    """Each conflict with a blank line behind it."""
    return [line for view in views for line in (*_told(view), "")][:-1]


def _told(view: ConflictView) -> Iterator[str]:
    yield f"{view.uid[:8]}  {view.kind_text} · {view.record.title} · {_standing(view)}"
    yield f"  {view.rule}"
    mine, theirs = (view.kept, view.offered) if view.mine == "kept" else (view.offered, view.kept)
    other = "offered" if view.mine == "kept" else "kept"
    rows = [
        [item.label, *(_value(view, item.field, getattr(item, side)) for side in (view.mine, other))]
        for item in view.fields
    ]
    rows.append([tr(N_("Entered by")), _side(mine), _side(theirs)])
    headings = ["", "mine", "theirs"]  # the words that --take asks for
    stands = 1 if view.mine == "kept" else 2
    word = N_("stands") if view.situation == "open" else N_("stood")
    headings[stands] += f" ({tr(word)})"
    yield from (f"  {line}" for line in table(headings, rows))


def _standing(view: ConflictView) -> str:
    """Who decides it, or what was decided."""
    from app.domain.entities.people import ROLES  # late: help pages need no domain

    if view.situation == "open":
        return tr(N_("to be decided by {roles}"), roles=listed(map(ROLES.label, view.decides)))
    if not view.settled_by:
        return tr(N_("settled by the rule"))
    taken = {"kept": N_("what stood"), "offered": N_("the other")}.get(view.taken or "")
    said = tr(taken) if taken else (view.taken or "")
    return tr(N_("settled by {who}: {taken}"), who=view.settled_by, taken=said)


def _value(view: ConflictView, field: str, value: Any) -> str:
    from app.domain.catalog import BY_NAME  # late: help pages need no domain
    from app.domain.values import show

    declared = BY_NAME[view.record.entity].fields.get(field)
    if declared is None:
        point = getattr(value, "coords", None)
        text = ", ".join(f"{part:.6f}" for part in point[0]) if point else str(value or "—")
    else:
        text = show(declared, value) or "—"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _side(side: Side) -> str:
    from app.domain.values import show_moment

    when = show_moment(side.at) if side.at else ""
    return " ".join(part for part in (side.by, when, side.reason) if part)[: _LONGEST * 2] or "—"
