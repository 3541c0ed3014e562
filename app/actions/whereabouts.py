"""The division of what another program added without one, worked out from its place before it is sealed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from app.actions.places import Places, derived_values
from app.actions.session import Session
from app.domain.areas import OWNERS, area_of_code, covers
from app.domain.catalog import BY_NAME
from app.domain.changes import Change, update
from app.domain.entities.division import Division
from app.domain.entities.sketch import Sketch, form_of
from app.domain.entity import Entity
from app.domain.filters import equal
from app.domain.rights import in_area
from app.i18n import N_, listed, tr
from app.store.external import ExternalEdit

_LEVELS = ("town", "county")  # the smaller first
Key = tuple[str, str]


@dataclass(frozen=True)
class Whereabouts:
    """What sealing fills in of a record, and the sentence on it; `change` fills in no division that is not
    certain."""

    said: str
    change: Change | None = None


def whereabouts(session: Session, edits: Iterable[ExternalEdit]) -> dict[Key, Whereabouts]:
    """Of each record that was added without a division, by entity and uid: where it belongs, or why that is
    not known. The hub takes nothing that belongs nowhere from the laptop of a county or town."""
    added = dict.fromkeys((edit.entity, edit.uid) for edit in edits if edit.operation == "insert")
    found: dict[Key, Whereabouts] = {}
    for entity, uid in added:
        record: Entity | None = session.workspace.get(entity, uid) if _may_lack(entity) else None
        if record is not None and not getattr(record, "div_code", "") and not _follows(record):
            place = _of_record(session, record)
            found[entity, uid] = place if place.change is not None else _with_form(place, record)
    return found


def _with_form(place: Whereabouts, record: Entity) -> Whereabouts:
    """What a sketch is made of is certain wherever it lies."""
    if not isinstance(record, Sketch) or record.form is not None or record.geometry is None:
        return place
    return replace(place, change=update(record, form=form_of(record.geometry.geom_type)))


def _may_lack(entity: str) -> bool:
    return entity in BY_NAME and "div_code" in BY_NAME[entity].fields


def _follows(record: Entity) -> bool:
    """Whether it belongs where another record does, as a zone to its source."""
    owner = OWNERS.get(record.TYPE.name)
    return owner is not None and bool(getattr(record, owner[0], None))


def _of_record(session: Session, record: Entity) -> Whereabouts:
    shape = record.geometry
    if shape is None or shape.is_empty:
        return _unknown(N_("it has no position"))
    box = tuple(float(value) for value in shape.bounds)
    places = Places(session, (box[0], box[1], box[2], box[3]))
    rows = places.layer("division", ("code", "name", "level", "synthetic"))
    touched = [int(row) for row in rows.tree.query(shape, predicate="intersects")]
    by_level: dict[str, list[int]] = {level: [] for level in _LEVELS}
    for row in touched:
        by_level.get(str(rows.values["level"][row]), []).append(row)
    certain, names = _certain(shape, by_level, rows.shapes), rows.values["name"]
    if certain is None:
        several = next((by_level[level] for level in _LEVELS if len(by_level[level]) > 1), [])
        if several:
            return _unknown(N_("it lies on the boundary of {names}"), names=listed(names[i] for i in several))
        return _unknown(N_("it lies outside every county here, or over its boundary"))
    inside = by_level["county"] if len(by_level["county"]) == 1 else []  # several counties have a 城关镇
    name = " ".join(dict.fromkeys(str(names[row]) for row in (*inside, certain)))
    code, name = _for_this_laptop(session, str(rows.values["code"][certain]), name)
    why = _not_ours(session, code, name)
    if why:
        return Whereabouts(why)
    values = {**derived_values(session, record.replace(div_code=code), places), "div_code": code}
    blank = {field: value for field, value in values.items() if getattr(record, field) is None}
    return Whereabouts(tr(N_("Division from where it lies: {name}"), name=name), update(record, **blank))


def _certain(shape: BaseGeometry, by_level: dict[str, list[int]], shapes: Any) -> int | None:
    """The smallest division that has the whole of it and is alone in touching it."""
    for level in _LEVELS:
        rows: Sequence[int] = by_level[level]
        if len(rows) > 1:
            return None
        if rows:
            return rows[0] if shapely.contains(shapes[rows[0]], shape) else None
    return None


def _for_this_laptop(session: Session, code: str, name: str) -> tuple[str, str]:
    """A place known by its county alone counts for the town of this laptop, as for what is added here."""
    facts = session.workspace.replica.facts()
    if facts is None or facts.founding:
        return code, name
    if facts.scope.writes(code) or not covers(code, facts.area):
        return code, name
    own = session.workspace.find(Division, equal(code=facts.area), limit=1)
    return facts.area, own[0].name if own else facts.area


def _not_ours(session: Session, code: str, name: str) -> str:
    """Why neither this laptop nor the person may write there; empty when both may."""
    facts = session.workspace.replica.facts()
    beyond = (
        facts is not None and not facts.founding and not facts.scope.writes(area_of_code(code, facts.root))
    )
    if not beyond and in_area(session.actor.area if session.actor else None, code):
        return ""
    return _unknown(N_("it lies in {name}, outside your area"), name=name).said


def _unknown(why: str, **values: str) -> Whereabouts:
    said = tr(
        N_("No division: {why}. The hub may refuse it; give it its division first."), why=tr(why, **values)
    )
    return Whereabouts(said)
