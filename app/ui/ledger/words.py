"""What the words above a ledger mean, as conditions the database answers: only what holds them is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.domain.entity import EntityType
from app.domain.filters import ANY, Condition, Filter
from app.ui.finder.search import could_be_initials, initials
from app.ui.names import Names

if TYPE_CHECKING:
    from app.actions.session import Session

_SPOKEN = ("user_org", "name", "address")  # what is looked up by its pinyin initials
_DIVISION = "div_code"
_UPPER = (6, 9)  # digits of the codes of counties and townships, whose divisions begin with them


def holding(session: Session, kind: EntityType, filter: Filter, words: str, names: Names) -> Filter:
    """Those of `filter` in which every word occurs somewhere: in a searched field, in the name of the
    division or of one it lies in, or as pinyin initials."""
    asked = tuple(
        Condition("", ANY, tuple(_ways(session, kind, word, names))) for word in words.casefold().split()
    )
    return Filter(tuple((*group, *asked) for group in filter.groups or ((),))) if asked else filter


def _ways(session: Session, kind: EntityType, word: str, names: Names) -> Iterator[Condition]:
    """The ways in which one word may occur in a record."""
    searched = [item.name for item in kind.fields.values() if item.search]
    yield from (Condition(name, "~", word) for name in searched)
    spoken = could_be_initials(word)
    if _DIVISION in kind.fields:
        known = names.known("division").items()
        named = [
            code for code, name in known if word in name.casefold() or (spoken and word in initials(name))
        ]
        yield Condition(_DIVISION, "in", tuple(named))
        yield Condition(_DIVISION, "^", tuple(code for code in named if len(code) in _UPPER))
    for name in _SPOKEN if spoken else ():
        if name in searched:
            held = (str(value or "") for value, *_ in session.workspace.tally(kind.record, [name], None))
            yield Condition(name, "in", tuple(value for value in held if value and word in initials(value)))
