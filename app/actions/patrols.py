"""Patrols of cells: entering one for every cell a person went through, and what they cover of what is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.actions.action import action
from app.actions.laptop import in_own_area
from app.actions.rights import require_area, require_writer
from app.actions.session import Session
from app.domain.areas import prefix_of
from app.domain.changes import Change, insert
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.patrol import Patrol
from app.domain.fields import Field
from app.domain.filters import Condition, equal, one_of, where
from app.domain.patrols import Coverage, coverage, time_of_day
from app.domain.rights import WRITERS
from app.domain.values import check, parse
from app.errors import Invalid, Refused
from app.i18n import N_, listed, tr

_AT_ONCE = 50  # cells of one walk; more is a slip of the hand
_NAMED = 6  # cells of one name that are listed
_GIVEN = ("patrolled_on", "started", "ended", "mode", "result", "inspectors", "note")


@action(
    N_("Record a patrol…"), "record", shortcut="Ctrl+Shift+P", icon="check", command="patrol",
    roles=WRITERS["patrol"],
)  # fmt: skip
def record_patrol(
    session: Session, cells: Sequence[str], values: Mapping[str, Any], reason: str = ""
) -> list[Patrol]:
    """Enter one patrol for each of the cells (codes, uids or names), as one change set.

    Left open, the day is today, the mode routine, the result nothing found and the person who signed in.
    Raises NotAllowed for a cell of another area, Invalid for a day to come, Refused for no such cell.
    """
    require_writer(session, Patrol.TYPE)
    given = _checked(session, {**start_of_patrol(session), **values})
    if not 0 < len(set(cells)) <= _AT_ONCE:
        raise Refused(N_("Choose 1 to {n} cells for a patrol"), n=_AT_ONCE, code="cells")
    made = []
    for ident in dict.fromkeys(cells):
        patrol = Patrol(uid=session.new_uid(), **of_cell(session, ident), **given)
        made.append(in_own_area(session, patrol))
        require_area(session, made[-1])
    changes: list[Change] = [insert(patrol) for patrol in made]
    session.commit(changes, "record_patrol", reason)
    return made


def start_of_patrol(session: Session) -> dict[str, Any]:
    """What a patrol says when nobody says otherwise."""
    name = session.actor.name if session.actor else ""
    return {
        "patrolled_on": session.today,
        "mode": "routine",
        "result": "normal",
        "inspectors": (name,) if name else (),
    }


def of_cell(session: Session, ident: str) -> dict[str, Any]:
    """The fields a patrol takes from its cell (a code, uid or name); raises Refused when there is none."""
    cell = session.workspace.by_key(GridCell, ident) or _by_name(session, ident)
    return {
        "cell": cell.uid,
        "grid_code": cell.grid_code,
        "div_code": cell.div_code,
        "synthetic": cell.synthetic,
    }


def _by_name(session: Session, name: str) -> GridCell:
    """The one cell of this name, else whose name holds these words; of several the one of the highest level,
    if it is alone."""
    found: list[GridCell] = []
    for asked in (equal(name=name.strip()), where(Condition("name", "~", name.strip()))):
        found = found or session.workspace.find(GridCell, asked, order="level,grid_code", limit=_NAMED + 1)
    highest = [cell for cell in found if cell.level == found[0].level]
    if not found or not name.strip():
        raise Refused(
            N_("There is no {kind} “{ident}”"), kind=GridCell.TYPE.text, ident=name, code="unknown_record"
        )
    if len(highest) > 1:
        known = listed([cell.title() for cell in found[:_NAMED]])
        raise Refused(N_("Several cells are called “{name}”"), hint=N_("Say which by its code: {cells}"),
                      name=name, cells=known, code="several")  # fmt: skip
    return found[0]


def cells_of(session: Session, patrols: Sequence[str]) -> tuple[str, ...]:
    """The cells (uids) that these patrols (uids) went through, each once."""
    made = session.workspace.find(Patrol, one_of("uid", tuple(patrols)))
    return tuple(dict.fromkeys(patrol.cell for patrol in made))


@dataclass(frozen=True)
class Behind:
    """Cells that were patrolled less often than arranged (uids), of so many with patrols arranged."""

    cells: tuple[str, ...]
    arranged: int


def behind(session: Session) -> Behind:
    """Which cells of the signed-in person's area lag behind what their ledger arranges."""
    held = session.workspace.tally(
        GridCell, ["uid", "patrol_freq", "div_code"], filter=where(Condition("patrol_freq", "is", False))
    )
    area = session.actor.area if session.actor else ""
    own = prefix_of(area) if area else ""  # and not the county's cell around a township's
    days, today = days_by_cell(session), session.today
    shares = {
        str(uid): coverage(words, days.get(str(uid), ()), today)
        for uid, words, code, *_ in held
        if str(code or "").startswith(own)
    }
    arranged = {uid: found for uid, found in shares.items() if found.due}
    return Behind(tuple(uid for uid, found in arranged.items() if found.made < found.due), len(arranged))


def coverage_of(session: Session, cell: GridCell) -> Coverage:
    """What the patrols of one cell cover of what its ledger arranges."""
    found = session.workspace.find(Patrol, equal(cell=cell.uid))
    return coverage(cell.patrol_freq, [patrol.patrolled_on for patrol in found], session.today)


def coverage_words(found: Coverage) -> str:
    """One sentence of it: the last patrol, how many were made, how many were due."""
    last = tr(N_("last patrol {day}"), day=found.last) if found.last else tr(N_("no patrol recorded"))
    if not found.due:
        made = tr(N_("{made} in {days} days, none arranged"), made=found.made, days=found.days)
    else:
        made = tr(N_("{made} of {due} in {days} days"), made=found.made, due=found.due, days=found.days)
    return f"{last} · {made}"


def days_by_cell(session: Session) -> dict[str, list[str]]:
    """The days on which each cell was patrolled, by the cell's uid."""
    columns = session.workspace.columns(Patrol.TYPE.name, ["cell", "patrolled_on"], None, shapes=False)
    found: dict[str, list[str]] = {}
    for cell, day in zip(columns.values["cell"], columns.values["patrolled_on"], strict=True):
        found.setdefault(str(cell), []).append(str(day))
    return found


def _checked(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    if strange := sorted(set(values) - set(_GIVEN)):
        raise Invalid(N_("A patrol has no field “{field}”"), hint=N_("Fields: {fields}"), field=strange[0],
                      fields=" ".join(_GIVEN), code="bad_field")  # fmt: skip
    read = {name: _one(Patrol.TYPE.fields[name], values.get(name)) for name in _GIVEN}
    read |= checked_times(session, read)
    for name in ("mode", "result"):
        if not read[name]:
            raise Invalid(N_("{field} is needed"), field=tr(Patrol.TYPE.fields[name].label))
    return {**read, "inspectors": tuple(read["inspectors"] or ())}


def checked_times(session: Session, values: Mapping[str, Any]) -> dict[str, str | None]:
    """Begin and end of a patrol as times of day, where they are known.

    Raises Invalid for a day that is not whole or has not come yet, and for times that are none or run back.
    """
    day = str(values["patrolled_on"] or "")
    if len(day) != len(session.today):
        raise Invalid(N_("A patrol needs its whole date, such as {day}"), day=session.today, code="date")
    if day > session.today:
        raise Invalid(N_("{day} has not come yet"), day=day, code="date")
    times = {name: _time(name, values.get(name)) for name in ("started", "ended")}
    if times["started"] and times["ended"] and times["ended"] < times["started"]:
        raise Invalid(N_("The patrol ends before it begins"), code="date")
    return times


def _time(name: str, written: object) -> str | None:
    try:
        return time_of_day(written)
    except ValueError:
        label = tr(Patrol.TYPE.fields[name].label)
        raise Invalid(N_("{field}: “{value}” is no time of day; write 08:30"), field=label,
                      value=str(written), code="date") from None  # fmt: skip


def _one(field: Field, written: Any) -> Any:
    return parse(field, written) if isinstance(written, str) else check(field, written)
