"""Whether a person on a laptop may write a plain change: kind, role, place, state; a word says why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from app.domain.areas import OWNERS
from app.domain.changes import Actor
from app.domain.entity import EntityType
from app.domain.fields import Kind, Merge
from app.domain.limits import PAPERS
from app.domain.rights import (
    HOUSE,
    LASTING,
    MIGRATORS,
    SETTLED,
    SETTLED_WRITERS,
    WRITERS,
    changes_lasting,
    in_area,
    keeps_house,
    may_withdraw,
)
from app.hub.desk import Desk, Told
from app.hub.keepers import is_last
from app.hub.rows import Row
from app.store.tables import default_of, known

BEFORE_WORKFLOW = ("suspect", "registered")  # after this only a step changes the fields of the workflow
CONFLICT_FIELDS = frozenset(("situation", "taken", "settled_by", "settled_at"))
_PLACES = frozenset(("div_code", "area"))
_PIN = frozenset(("verifier",))
_FILE = ("attachment", "i")
_GONE = "redaction"
# What the steps alone write; a ledger that is moved in as claimed may bring it.
STEPS_ONLY = frozenset(
    "applied_on accepted_on notice_from notice_to cleared_on looked_back_on lookback_round "
    "rebound_reported rebound_reason return_reason sealed_until rechecked_on end_checks".split()
)


def refusal(desk: Desk, told: Told, row: Row | None, area: str, actor: Actor) -> str:
    """The word for why this plain change may not be, "" when it may."""
    kind, op = known(told.entry.entity), told.entry.op
    if kind.append_only and op != "i":
        return "append_only"
    if kind.name == "approval":
        return "forged_state"  # a signature comes with its step
    if kind.name == "conflict":
        return _conflict(desk, told, row, area, actor)
    if not _may_write(told, actor):
        return "role"
    if kind.name in OWNERS and op == "i" and not _owner_lives(desk, told):
        return "unknown_record"
    if not desk.scope.writes(area) or not _in_place(desk, told, row, area, actor):
        return "outside_area"
    if _is_settled(told, row) and actor.role not in SETTLED_WRITERS:
        return "role"
    return _own_rule(desk, told, row, actor) or _protected(desk, told, row, kind, actor)


def _is_settled(told: Told, row: Row | None) -> bool:
    if row is None or not (row.alive or told.entry.op == "u"):
        return False
    return row.values.get("status") in SETTLED


def _own_rule(desk: Desk, told: Told, row: Row | None, actor: Actor) -> str:
    """The word for what speaks against a change by a rule of its kind of record alone."""
    entity, op = told.entry.entity, told.entry.op
    if entity == "report_withdrawal" and not _withdraws(desk, told, actor):
        return "role"
    if entity == "attachment" and _is_of_a_later_round(desk, told):
        return "later_round"
    if entity == "person" and is_last(desk, told, row):
        return "last_keeper"
    if row is not None and op != "d" and (row.alive or op == "u") and _changes_lasting(desk, told, row):
        return "lasting"
    return ""


def too_many(desk: Desk, group: Iterable[Told]) -> bool:
    """Whether a record would have more files with those of this group than one may have."""
    fresh = Counter(
        str(item.cells.get("owner")) for item in group if (item.entry.entity, item.entry.op) == _FILE
    )
    return any(
        len(desk.rows.owned("attachment", "owner", [owner])) + more > PAPERS for owner, more in fresh.items()
    )


def _is_of_a_later_round(desk: Desk, told: Told) -> bool:
    """Whether a paper says to be of a round that its record has not come to: evidence kept in store."""
    owner = desk.rows.get(str(told.cells.get("owner_entity")), str(told.cells.get("owner")))
    if owner is None or "round_no" not in known(owner.entity).stored:
        return False
    desk.rows.widen([owner], ["round_no"])
    return int(told.cells.get("round_no") or 1) > int(owner.values.get("round_no") or 1)


def _changes_lasting(desk: Desk, told: Told, row: Row) -> bool:
    names = LASTING.keys() & told.cells.keys()
    if not names:
        return False
    desk.rows.widen([row], list(names))
    return bool(changes_lasting(row.values, told.cells))


def _withdraws(desk: Desk, told: Told, actor: Actor) -> bool:
    report = desk.rows.get("report_snapshot", str(told.cells.get("snapshot")))
    if report is None:
        return False
    desk.rows.complete(report)
    return may_withdraw(actor.role, actor.area, actor.uid, report.values)


def workflow_ids(kind: EntityType) -> tuple[frozenset[str], frozenset[str]]:
    """The columns only a step writes, and those that are a step's once the record is in its workflow."""
    return _workflow_ids(kind.name)


@lru_cache(maxsize=64)
def _workflow_ids(entity: str) -> tuple[frozenset[str], frozenset[str]]:
    kind = known(entity)
    if not any(item.kind is Kind.STATE for item in kind.stored.values()):
        return frozenset(), frozenset()
    states = frozenset(item.id for item in kind.stored.values() if item.merge is Merge.STATE)
    grouped = frozenset(item.id for item in kind.stored.values() if item.group)
    return states, grouped - states


def _may_write(told: Told, actor: Actor) -> bool:
    entry = told.entry
    if actor.role in WRITERS.get(entry.entity, ()):
        return True
    return _own_pin(told, actor)


def _own_pin(told: Told, actor: Actor) -> bool:
    """Everybody changes their own PIN."""
    entry = told.entry
    own = entry.entity == "person" and entry.uid == actor.uid and entry.op == "u"
    return own and told.cells.keys() <= _PIN


def _keeps_house(desk: Desk, told: Told, row: Row | None, area: str, actor: Actor) -> bool:
    """Whether a person, setting or division is the actor's to write, where it is and where it would be."""
    target = desk.area_of(told.entry.entity, told.entry.uid, told.cells, row)
    return desk.scope.writes(target) and all(keeps_house(actor.area, place) for place in (area, target))


def _in_place(desk: Desk, told: Told, row: Row | None, area: str, actor: Actor) -> bool:
    """Whether the record lies in the person's area, and would still."""
    entity = told.entry.entity
    if entity in HOUSE:
        return _own_pin(told, actor) or _keeps_house(desk, told, row, area, actor)
    if row is not None and entity not in OWNERS and _PLACES.isdisjoint(told.cells):
        return _lies_in(actor.area, row.values.get("div_code"))  # it stays where it is
    codes = [_code_of(desk, told.entry.entity, row.values)] if row is not None else []
    codes.append(_code_of(desk, told.entry.entity, {**(row.values if row else {}), **told.cells}))
    target = desk.area_of(told.entry.entity, told.entry.uid, told.cells, row)
    return desk.scope.writes(target) and all(_lies_in(actor.area, code) for code in codes)


@lru_cache(maxsize=4096)
def _lies_in(area: str, code: str | None) -> bool:
    return in_area(area, code)


def _code_of(desk: Desk, entity: str, values: Mapping[str, Any]) -> str | None:
    """The division a record stands in: its own, or that of its owner."""
    if values.get("div_code"):
        return str(values["div_code"])
    if entity not in OWNERS:
        return None
    name, kind = OWNERS[entity]
    owner_kind, owner = kind or values.get("owner_entity"), values.get(name)
    row = desk.rows.get(str(owner_kind), str(owner)) if owner_kind and owner else None
    if row is None:
        return None
    return _code_of(desk, row.entity, row.values)


def _owner_lives(desk: Desk, told: Told) -> bool:
    name, kind = OWNERS[told.entry.entity]
    owner_kind, owner = kind or told.cells.get("owner_entity"), told.cells.get(name)
    if owner is None:
        return True
    row = desk.rows.get(str(owner_kind), str(owner))
    return row is not None and (row.alive or told.entry.entity == _GONE)


def _protected(desk: Desk, told: Told, row: Row | None, kind: EntityType, actor: Actor) -> str:
    """States change by their step; what a step has signed is not deleted."""
    states, grouped = workflow_ids(kind)
    if not states:
        return ""
    if told.entry.op == "d":
        signed = desk.rows.owned("approval", "owner", [told.entry.uid])
        return "signed" if signed else ""
    cells = told.cells
    if told.entry.op == "i" and (row is None or not row.alive):
        return _entry_state(told, kind, actor)
    if row is None or (states | grouped).isdisjoint(cells):
        return ""  # a deleted record keeps its state: an edit that brings it back changes no more than others
    desk.rows.widen([row], [name for name in (*states, *grouped) if name in cells])
    changed = {name for name in (states | grouped) & cells.keys() if row.values.get(name) != cells[name]}
    if changed & states:
        return "forged_state"
    if not changed or row.values.get("status") in BEFORE_WORKFLOW:
        return ""
    return "" if _settles(desk, told, changed, actor) else "forged_state"


def _entry_state(told: Told, kind: EntityType, actor: Actor) -> str:
    """A new record begins at the beginning, unless the city moves it in as its ledger claims."""
    cells = told.cells
    if cells.get("origin") == "migrated":
        may = actor.role in MIGRATORS and told.act.reason.strip()
        return "" if may else "forged_state"
    if any(cells.get(name) not in (None, value) for name, value in _beginnings(kind.name)):
        return "forged_state"
    return "forged_state" if STEPS_ONLY & cells.keys() else ""


@lru_cache(maxsize=64)
def _beginnings(entity: str) -> tuple[tuple[str, Any], ...]:
    """The states a new record begins in."""
    kind = known(entity)
    states, _ = workflow_ids(kind)
    return tuple((item.id, default_of(kind, item)) for item in kind.stored.values() if item.id in states)


def _settles(desk: Desk, told: Told, changed: set[str], actor: Actor) -> bool:
    """Whether somebody who decides settles an open conflict of two steps about these fields of the record."""
    for row in desk.rows.owned("conflict", "owner", [told.entry.uid]):
        values = desk.rows.complete(row).values
        offered = str(values.get("offered") or "") + str(values.get("kept") or "")
        if (
            values.get("kind") == "state"
            and (values.get("situation") == "open" or not values.get("settled_by"))
            and actor.role in str(values.get("decides") or "").split()
            and all(f'"{name}"' in offered for name in changed)
        ):
            return True
    return False


def _conflict(desk: Desk, told: Told, row: Row | None, area: str, actor: Actor) -> str:
    """People settle a conflict, and open it again; everything else in it is the hub's."""
    if told.entry.op != "u" or row is None or not told.cells.keys() <= CONFLICT_FIELDS:
        return "hub_field"
    if not desk.scope.writes(area) or not _decided_in_place(desk, told, row, area, actor):
        return "outside_area"
    decides = str(desk.rows.complete(row).values.get("decides") or "").split()
    return "" if actor.role in decides else "role"


def _decided_in_place(desk: Desk, told: Told, row: Row, area: str, actor: Actor) -> bool:
    """Whether the person decides in the conflict's place: that of its record, or the log it stands in when
    the hub does not have the record, as with what a revoked laptop entered or signed."""
    owner = desk.rows.get(str(row.values.get("owner_entity")), str(row.values.get("owner")))
    if owner is None:
        return _lies_in(actor.area, row.area)
    return _in_place(desk, told, row, area, actor)
