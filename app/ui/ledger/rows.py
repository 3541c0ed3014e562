"""Which records a ledger holds and in which order, found in a thread; their contents are read page by page
later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.domain.entity import Entity, EntityType
from app.domain.fields import Kind
from app.domain.filters import EVERYTHING, Condition, Filter
from app.domain.output import MW_PER_TPH, Total
from app.ui.names import Names

if TYPE_CHECKING:
    from app.actions.session import Session

PAGE = 120


@dataclass(frozen=True)
class Question:
    """What a ledger asks for: a filter, words to look for, and the order."""

    kind: EntityType
    filter: Filter = EVERYTHING
    words: str = ""
    order: str = ""
    descending: bool = False


@dataclass(frozen=True, eq=False)
class Rows:
    """The answer: uids in order, their place, and for boilers their units and t/h."""

    question: Question
    uids: tuple[str, ...] = ()
    place: Mapping[str, int] = field(default_factory=dict)
    total: Total | None = None


def read_rows(session: Session, question: Question, names: Names) -> Rows:
    """The records that are meant, in order; unknown values come last whichever way the order runs."""
    kind = question.kind
    searched = [item.name for item in kind.fields.values() if item.search]
    summed = ["rated_tph", "rated_mw"] if kind.name == "boiler" else []
    refers = [item.name for item in kind.fields.values() if item.name == "div_code"]
    wanted = dict.fromkeys([*searched, *summed, *refers, *([question.order] if question.order else [])])
    found = session.workspace.columns(kind.name, list(wanted), None, question.filter)
    rows: list[int] = list(range(len(found.uids)))
    if question.words:
        looked = [found.values[name] for name in (*searched, *refers)]
        rows = [row for row in rows if _matches(question.words, [column[row] for column in looked], names)]
    if question.order:
        rows = _ordered(rows, question, found.values[question.order], names)
    uids = tuple(found.uids[row] for row in rows)
    total = _total(rows, found.values) if summed else None
    return Rows(question, uids, {uid: at for at, uid in enumerate(uids)}, total)


def read_page(session: Session, kind: EntityType, uids: Sequence[str]) -> dict[str, Entity]:
    """The records of one page by uid: one indexed read."""
    wanted = Filter(((Condition("uid", "in", tuple(uids)),),))
    return {record.uid: record for record in session.workspace.find(kind.record, wanted)}


def _matches(words: str, held: Sequence[Any], names: Names) -> bool:
    """Every word must occur somewhere: in a searched field or in the name of the division."""
    shown = " ".join(str(value) for value in held if value is not None).casefold()
    division = names.of("division", str(held[-1])) if held and held[-1] else ""
    return all(word in shown or word in division for word in words.casefold().split())


def _ordered(rows: list[int], question: Question, column: Any, names: Names) -> list[int]:
    declared = question.kind.fields[question.order]
    known = [row for row in rows if column[row] not in (None, "", ())]
    unknown = [row for row in rows if column[row] in (None, "", ())]
    numeric = declared.kind in (Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN)

    def key(row: int) -> Any:
        value = column[row]
        if numeric:
            return float(value)
        if declared.kind in (Kind.CHOICE, Kind.STATE) and declared.choices:
            codes = declared.choices.codes
            return codes.index(value) if value in codes else len(codes)
        return str(value)

    known.sort(key=key, reverse=question.descending)
    return known + unknown


def _total(rows: Sequence[int], values: Mapping[str, Any]) -> Total:
    tph, mw = values["rated_tph"], values["rated_mw"]
    output = 0.0
    for row in rows:
        if tph[row] is not None:
            output += float(tph[row])
        elif mw[row] is not None:
            output += float(mw[row]) / MW_PER_TPH
    return Total(len(rows), round(output, 3))
