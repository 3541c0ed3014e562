"""Under whose name an act stands in the log: the name, role and unit the hub knows, whatever the laptop says;
and records that name their author name the person who wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.domain.changes import Actor
from app.domain.limits import REASON
from app.domain.replication import HUB_PERSON, Act, Batch
from app.domain.values import as_datetime, as_moment
from app.hub.dating import wall_of
from app.hub.desk import Desk, Told

_NOT_KNOWN = "?"  # behind a name that only the laptop gives
_LONGEST = 40
# Where a record says by uid who wrote it, and by name.
AUTHORS = {
    "attachment": "added_by",
    "redaction": "removed_by",
    "conflict": "settled_by",
    "report_snapshot": "frozen_by",
    "report_withdrawal": "withdrawn_by",
}
_BY_NAME = {
    "redaction": "removed_by_name",
    "report_snapshot": "frozen_by_name",
    "report_withdrawal": "withdrawn_by_name",
}


def truly_named(desk: Desk, batch: Batch) -> Batch:
    """The batch with its acts in the hub's words, each at a moment; a name nobody here knows is marked. What
    founds a hub brings its persons with it, and is as it is told."""
    if desk.founding:
        return batch
    words = {person: _words(desk, person) for person in {act.person for act in batch.acts}}
    acts = tuple(_named(_timed(desk, _cut(act)), words[act.person]) for act in batch.acts)
    return batch if acts == batch.acts else replace(batch, acts=acts)


def _cut(act: Act) -> Act:
    """The act with a reason that is too long cut, one letter beyond what may be: it is refused, and the log
    need not carry all of it."""
    return act if len(act.reason) <= REASON + 1 else replace(act, reason=act.reason[:REASON] + "…")


def _timed(desk: Desk, act: Act) -> Act:
    """The act at the moment its laptop says, of its receipt where that is none or far in the future."""
    try:
        said = as_datetime(act.wall)
        wall = wall_of(desk, as_moment(said)) if said.tzinfo is not None else desk.moment()
    except (ValueError, OverflowError):
        wall = desk.moment()
    return act if wall == act.wall else replace(act, wall=wall)


def _named(act: Act, words: tuple[str, str, str] | None) -> Act:
    if words is None:
        words = (act.person_name[: _LONGEST - 1].rstrip(_NOT_KNOWN) + _NOT_KNOWN, "", "")
    if words == (act.person_name, act.role, act.org):
        return act
    return replace(act, person_name=words[0], role=words[1], org=words[2])


def _words(desk: Desk, person: str) -> tuple[str, str, str] | None:
    row = desk.rows.get("person", person) if person != HUB_PERSON else None
    if row is None:
        return None
    values = desk.rows.complete(row).values
    name, role, org = (str(values.get(key) or "") for key in ("name", "role", "org"))
    return name, role, org


def is_own_work(group: Sequence[Told], actor: Actor) -> bool:
    """Whether these records name nobody but the actor as their author; names are put into the hub's words."""
    for item in group:
        entity, cells = item.entry.entity, item.cells
        if cells.get(AUTHORS.get(entity, "")) not in (None, actor.uid):
            return False
        if entity in _BY_NAME and _BY_NAME[entity] in cells:
            cells[_BY_NAME[entity]] = actor.name[:_LONGEST]
    return True
