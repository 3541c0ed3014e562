"""Shapes drawn on the map: saved as one change set, and checked against their neighbours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import shapely
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from app.actions.action import action
from app.actions.places import derived_values
from app.actions.records import all_or_none, edit_of, removal_of
from app.actions.rights import require_area, require_writer
from app.actions.session import Session
from app.domain.catalog import entity_type
from app.domain.changes import Change, Committed, insert
from app.domain.entities.division import Division
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.water import BuiltUpArea, ProtectionZone
from app.domain.entity import Entity, EntityType
from app.domain.filters import one_of
from app.domain.topology import Area, Fault, beyond_range, faults
from app.errors import Changed, Invalid, Refused
from app.i18n import N_, listed, tr

# What of an area's kind must not overlap: the records that share what the function gives.
_GROUPS: dict[str, Callable[[Entity], str]] = {
    GridCell.TYPE.name: lambda cell: "/".join(
        str(getattr(cell, name) or "") for name in ("kind", "level", "size_m")
    ),
    ProtectionZone.TYPE.name: lambda zone: str(getattr(zone, "source", None) or zone.uid),
    BuiltUpArea.TYPE.name: lambda area: str(getattr(area, "year", "")),
    Division.TYPE.name: lambda division: str(getattr(division, "level", "")),
}

_UNREAD = {
    "no_record": N_("Feature {row}: no record here is called {record}"),
    "twice": N_("Feature {row}: the record {record} has a shape already in this file"),
    "no_shape": N_("Feature {row}: no shape for the record {record}"),
}


@dataclass(frozen=True)
class Drawn:
    """What was drawn in one ledger: shapes (EPSG:4490) by uid, None where a record went into another one.

    `cut_from` says for a uid that is new which record it was part of. `seen` are the revisions that were on
    the board: a record changed meanwhile is not written over.
    """

    kind: str
    shapes: Mapping[str, BaseGeometry | None]
    cut_from: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)


@action(
    N_("Edit the shapes of the selection"),
    "map",
    shortcut="Ctrl+Shift+G",
    icon="corners",
    command="shapes",
    roles=("R1", "R2", "R3", "R5"),
)
def save_shapes(session: Session, drawn: Drawn, reason: str) -> Committed | None:
    """Write what was drawn as one change set; None when nothing differs.

    All or nothing: raises Refused whose details name each record that cannot be changed so, Changed when a
    record has moved on since it was laid on the board.
    """
    kind = entity_type(drawn.kind)
    require_writer(session, kind)
    if not reason.strip():
        raise Refused(N_("A reason is needed to change shapes"), code="reason")
    records = _records(session, kind, drawn)
    taken: set[str] = set()
    changes = all_or_none(
        (
            records[drawn.cut_from.get(uid, uid)],
            ("geometry",),
            partial(_change, session, records, (uid, shape, drawn.cut_from.get(uid), reason), taken),
        )
        for uid, shape in drawn.shapes.items()
        if shape is not None or uid not in drawn.cut_from
    )
    return session.commit(changes, "edit", reason) if changes else None


def read_shapes(session: Session, kind: str, path: Path) -> Drawn:
    """The shapes of a GeoJSON file (EPSG:4490) for records that are there, known by `uid` or their key.

    Raises Invalid for a file that is no GeoJSON, and naming features without a shape or a record.
    """
    described = entity_type(kind)
    try:
        features = json.loads(path.read_text("utf-8-sig"))["features"]
        rows = [(item.get("properties") or {}, item.get("geometry")) for item in features]
        found = [(properties, shape(geometry) if geometry else None) for properties, geometry in rows]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError) as error:
        raise Invalid(
            N_("{path} cannot be read as GeoJSON"), path=path.name, details=[str(error)], code="unreadable"
        ) from error
    shapes, faults = {}, []
    for number, (properties, geometry) in enumerate(found, 1):
        named = properties.get("uid") or properties.get(described.key)
        record = session.workspace.by_key(described.record, str(named)) if named else None
        if record is None or geometry is None or geometry.is_empty or record.uid in shapes:
            code = "no_record" if record is None else "twice" if record.uid in shapes else "no_shape"
            why = tr(_UNREAD[code], row=number, record=named or "–")
            faults.append({"row": number, "record": named, "code": code, "why": why})
        else:
            shapes[record.uid] = geometry
    if faults:
        raise Invalid(
            N_("{n} features have no shape, name no record by uid or {key}, or one that another names"),
            hint=N_("Nothing was changed."),
            details=faults,
            n=len(faults),
            key=described.key,
            code="unknown_record",
        )
    return Drawn(described.cli, {uid: _as_area(geometry) for uid, geometry in shapes.items()})


def _records(session: Session, kind: EntityType, drawn: Drawn) -> dict[str, Entity]:
    """The records the shapes belong to, as they are now."""
    wanted = {drawn.cut_from.get(uid, uid) for uid in drawn.shapes}
    found = {item.uid: item for item in session.workspace.find(kind.record, one_of("uid", wanted))}
    moved_on = {uid for uid in wanted if uid not in found}
    moved_on |= {uid for uid, item in found.items() if item.revision != drawn.seen.get(uid, item.revision)}
    if moved_on:
        titles = [found[uid].title() if uid in found else uid[:8] for uid in sorted(moved_on)]
        raise Changed(
            N_("Changed meanwhile: {titles}"),
            hint=N_("Nothing was changed. Draw again on the record as it is now."),
            titles=listed(titles),
            code="changed",
        )
    return found


def _change(
    session: Session,
    records: Mapping[str, Entity],
    drawn: tuple[str, BaseGeometry | None, str | None, str],
    taken: set[str],
) -> Change | None:
    uid, drawn_shape, origin, reason = drawn
    if origin is not None and drawn_shape is not None:
        return insert(_piece(session, records[origin], (uid, drawn_shape), taken))
    if drawn_shape is None:
        return removal_of(session, records[uid], reason)
    return edit_of(session, records[uid], {}, drawn_shape)


def _piece(session: Session, origin: Entity, cut: tuple[str, BaseGeometry], taken: set[str]) -> Entity:
    """The record of a piece that was cut off: as the one it was part of, with a key of its own."""
    uid, shape = cut
    if not shape.is_valid:
        raise Invalid(N_("The outline crosses or touches itself"), code="self_intersection")
    kind = origin.TYPE
    named = {}
    if kind.key in kind.fields and kind.fields[kind.key].unique:
        named[kind.key] = _free_key(session, origin, taken)
    piece = origin.replace(uid=uid, geometry=shape, revision=0, **named)
    piece = piece.replace(**derived_values(session, piece))
    require_area(session, piece)
    return piece


def _free_key(session: Session, origin: Entity, taken: set[str]) -> str:
    """The key of the origin with the first number behind it that nobody bears."""
    stem, number = str(getattr(origin, origin.TYPE.key)), 2
    while True:
        key = f"{stem}-{number}"
        if key not in taken and session.workspace.by_key(type(origin), key) is None:
            taken.add(key)
            return key
        number += 1


def _as_area(geometry: BaseGeometry) -> BaseGeometry:
    return MultiPolygon([geometry]) if isinstance(geometry, Polygon) else geometry


@action(N_("Check that areas fit together…"), "map", icon="topology", command="topology")
def check_topology(session: Session, kind: str) -> list[Fault]:
    """Outlines that cross themselves, overlaps, gaps, first-level zones beyond their source's outer zones.

    Raises Invalid for a kind without areas.
    """
    described = entity_type(kind)
    if described.name not in _GROUPS:
        raise Invalid(
            N_("{kind} has no areas to check"),
            hint=N_("Kinds with areas: {kinds}"),
            kind=described.text,
            kinds=" ".join(entity_type(name).cli for name in _GROUPS),
            code="no_areas",
        )
    group = _GROUPS[described.name]
    # What is superseded protects nothing, and a place known by its name alone has nothing to fit.
    current = (
        item for item in session.workspace.find(described.record) if not getattr(item, "valid_to", None)
    )
    records = [item for item in current if item.geometry is not None]
    areas = [Area(item.uid, item.title(), item.geometry, group(item)) for item in records]
    found = faults(areas)
    if described.name == ProtectionZone.TYPE.name:
        found += _beyond(records, areas)
    return found


def _beyond(records: list[Entity], areas: list[Area]) -> list[Fault]:
    inner, outer = [], dict[str, list[BaseGeometry]]()
    for record, area in zip(records, areas, strict=True):
        if getattr(record, "level", "") == "first":
            inner.append(area)
        elif area.shape is not None:
            outer.setdefault(area.group, []).append(area.shape)
    return beyond_range(inner, outer)
