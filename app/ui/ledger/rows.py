"""Which records a ledger holds and in which order, found in a thread; their contents are read page by page
later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.carto.identities import MANY, Identities, places_of
from app.domain.entity import Entity, EntityType
from app.domain.fields import Field, Kind
from app.domain.filters import EVERYTHING, Condition, Filter
from app.domain.output import MW_PER_TPH, Total
from app.domain.portions import in_order, let_go
from app.ui.ledger.columnfilter import ColumnFilter, accepts
from app.ui.ledger.grouping import Group, field_of, groups_of, key_of
from app.ui.ledger.words import holding
from app.ui.names import Names

if TYPE_CHECKING:
    from app.actions.session import Session

PAGE = 120
_EMPTY = (None, "", ())
Sort = tuple[str, bool]  # field, whether the order runs down


@dataclass(frozen=True)
class Question:
    """What a ledger asks for: filters, words to look for, the order, and what to group by."""

    kind: EntityType
    filter: Filter = EVERYTHING
    words: str = ""
    sorts: tuple[Sort, ...] = ()
    columns: tuple[ColumnFilter, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Rows:
    """The answer: uids in order, their place, groups, and for boilers their units and t/h."""

    question: Question
    uids: Sequence[str] = ()
    place: Mapping[str, int] = field(default_factory=dict)
    total: Total | None = None
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class HeldValue:
    """A value of a column, as it is shown, and how many records hold it."""

    value: Any
    shown: str
    count: int


def read_rows(session: Session, question: Question, names: Names) -> Rows:
    """The records that are meant, in order; unknown values come last whichever way the order runs."""
    uids, values, rows = _meant(session, question, names, ())
    kind = question.kind
    for name, descending in reversed(question.sorts):
        rows = _ordered(rows, kind.fields[name], values[name], descending)
    for by in reversed(question.groups):
        rows = _ordered(rows, kind.fields[field_of(by)], _keys(by, values[field_of(by)]), False)
    many = Identities.of(uids) if len(rows) >= MANY else None
    ordered = tuple(uids[row] for row in rows) if many is None else many.taken(rows)
    if kind.at_read and ordered:  # the first page is read while it is painted: what its fields are worked out
        read_page(session, kind, ordered[:1])  # from is made here, once, in the thread
    outputs = _outputs(rows, values) if kind.name == "boiler" else [0.0] * len(rows)
    total = Total(len(rows), round(sum(outputs), 3)) if kind.name == "boiler" else None
    groups: list[Group] = []
    if question.groups:
        columns = [_keys(by, values[field_of(by)]) for by in question.groups]
        groups = groups_of(
            question.groups, [tuple(column[row] for column in columns) for row in rows], outputs
        )
    places = places_of(ordered)
    for read in (uids, *values.values()):
        let_go(read)
    return Rows(question, ordered, places, total, tuple(groups))


def read_values(session: Session, question: Question, name: str, names: Names) -> list[HeldValue]:
    """The values of a column among the records that every other filter accepts, in order, empty last."""
    others = tuple(item for item in question.columns if item.field != name)
    asked = replace(question, columns=others, groups=(), sorts=())
    _, values, rows = _meant(session, asked, names, (name,))
    declared, counted = question.kind.fields[name], dict[Any, int]()
    for row in rows:
        held = values[name][row]
        value = None if held in _EMPTY else held.item() if hasattr(held, "item") else held
        counted[value] = counted.get(value, 0) + 1
    known = list(counted)
    order = _ordered(list(range(len(known))), declared, known, False)
    return [HeldValue(known[at], names.show(declared, known[at]), counted[known[at]]) for at in order]


def read_page(session: Session, kind: EntityType, uids: Sequence[str]) -> dict[str, Entity]:
    """The records of one page by uid: one indexed read."""
    wanted = Filter(((Condition("uid", "in", tuple(uids)),),))
    return {record.uid: record for record in session.workspace.find(kind.record, wanted)}


def _meant(
    session: Session, question: Question, names: Names, more: Iterable[str]
) -> tuple[list[str], Mapping[str, Any], list[int]]:
    """All uids of the filter, the columns that were needed, and the rows that are meant."""
    kind = question.kind
    needed = [
        *(["rated_tph", "rated_mw"] if kind.name == "boiler" else []),
        *(item.field for item in question.columns),
        *(name for name, _ in question.sorts),
        *(field_of(by) for by in question.groups),
        *more,
    ]
    wanted = [name for name in dict.fromkeys(needed) if name in kind.fields]
    meant = holding(session, kind, question.filter, question.words, names)
    found = session.workspace.columns(kind.name, wanted, None, meant, shapes=False)
    rows: list[int] = list(range(len(found.uids)))
    for asked in question.columns:
        fits = _remembered(accepts(asked, kind.fields[asked.field], _show(kind.fields[asked.field], names)))
        column = found.values[asked.field]
        rows = [row for row in rows if fits(column[row])]
    return found.uids, found.values, rows


def _show(declared: Field, names: Names) -> Callable[[Any], str]:
    return lambda value: names.show(declared, value)


def _remembered(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Columns repeat their values: each is judged once."""
    known: dict[Any, bool] = {}

    def judge(value: Any) -> bool:
        if value not in known:
            known[value] = fits(value)
        return known[value]

    return judge


def _keys(by: str, column: Any) -> list[Any]:
    return [None if value in _EMPTY else key_of(by, value) for value in column]


def _ordered(rows: list[int], declared: Field, column: Any, descending: bool) -> list[int]:
    known = [row for row in rows if column[row] not in _EMPTY]
    unknown = [row for row in rows if column[row] in _EMPTY]
    numeric = declared.kind in (Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN)
    codes = declared.choices.codes if declared.choices else ()
    place = {code: at for at, code in enumerate(codes)}

    def key(row: int) -> Any:
        value = column[row]
        if numeric:
            return float(value)
        return place.get(value, len(codes)) if codes else str(value)

    return in_order(known, key, descending=descending) + unknown


def _outputs(rows: Sequence[int], values: Mapping[str, Any]) -> list[float]:
    tph, mw = values["rated_tph"], values["rated_mw"]
    return [
        float(tph[row])
        if tph[row] is not None
        else float(mw[row]) / MW_PER_TPH
        if mw[row] is not None
        else 0.0
        for row in rows
    ]
