"""What the program's own saves note is what the triggers would have noted, for every field of every kind."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from shapely.geometry import LineString, MultiPolygon, Point, box

from app.domain.changes import Change, ChangeSet, new_uid, update
from app.domain.entities.papers import SHA256
from app.domain.entity import GEOMETRY, EntityType, Shape
from app.domain.fields import Field, Kind
from app.store.tables import STORED_TYPES
from app.store.workspace import Workspace
from store.records import CLERK, START, Desk, boiler, foreign

SHAPES = {
    Shape.POINT: (Point(106.7, 35.5), Point(106.71, 35.52)),
    Shape.MULTIPOLYGON: (MultiPolygon([box(106, 35, 107, 36)]), MultiPolygon([box(106, 35, 106.5, 35.5)])),
}
LINE = (LineString([(106, 35), (107, 36)]), LineString([(106, 35), (106.1, 35.2)]))


def values_of(field: Field) -> tuple[Any, Any]:
    """Two values a field may have."""
    codes = [item.code for item in field.choices.choices] if field.choices else []
    match field.kind:
        case Kind.NUMBER:
            low = field.minimum if field.minimum is not None else 0.0
            return low + 0.1, low + 1  # a whole number where a real one is declared
        case Kind.INTEGER:
            low = int(field.minimum or 0)
            return low, low + 1
        case Kind.BOOLEAN:
            return True, False
        case Kind.DATE:
            return "2024-03-01", "2025-11"
        case Kind.MOMENT:
            return "2026-01-02T03:04:05.678Z", "2026-01-03T00:00:00.000Z"
        case Kind.TEXTS:
            return (tuple(codes[:2]), tuple(codes[:1])) if codes else (("甲“乙”", "丙\\"), ("丁",))
        case _ if codes:
            return codes[0], codes[-1]
        case _ if field.pattern == SHA256:
            return "0" * 64, "f" * 64
        case _ if field.id == "verifier":
            return tuple(f"hub:{digit * 40}" for digit in "0f")
        case _:
            length = field.length or 40
            return new_uid()[:length], "“引号” \\ \U0001f525"[:length]


def filled(kind: EntityType, which: int) -> dict[str, Any]:
    """A value for every field."""
    found = {name: values_of(item)[which] for name, item in kind.fields.items()}
    if kind.shape.value:
        found[GEOMETRY] = SHAPES.get(kind.shape, LINE)[which]
    return found


def told(workspace: Workspace) -> Iterator[tuple[str, str, str, list[list[Any]]]]:
    """Every journal row."""
    with workspace._opened.database.reading() as connection:
        query = "SELECT tbl, uid, op, cells FROM sync_journal ORDER BY seq"
        for entity, uid, op, cells in connection.exec_driver_sql(query).all():
            yield entity, uid, op, json.loads(cells)


def check_beginnings(workspace: Workspace) -> None:
    """Every old value is the one noted before, and nothing is noted that did not change."""
    held: dict[str, dict[str, Any]] = {}
    for _, uid, op, cells in told(workspace):
        record = held.setdefault(uid, {})
        for name, old, new in cells:
            assert record.get(name) == old != new, (uid, name)
            record[name] = new
        if op == "d":
            assert not any(value is not None for value in held.pop(uid).values())


@pytest.mark.parametrize("kind", STORED_TYPES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("loud", [False, True], ids=["alone", "beside triggers of another program"])
def test_every_field_is_noted_as_the_file_holds_it(
    workspace: Workspace, kind: EntityType, loud: bool
) -> None:
    if loud:
        table = workspace._opened.database.layout.of(kind.name).name
        foreign(workspace.path, "CREATE TABLE counted (n INTEGER)")
        count = (
            f'CREATE TRIGGER count_them AFTER INSERT ON "{table}" BEGIN INSERT INTO counted VALUES (1); END'
        )
        foreign(workspace.path, count)
    first, second = filled(kind, 0), filled(kind, 1)
    unique = {name for name, item in kind.fields.items() if item.unique}
    needed = {name for name, item in kind.fields.items() if item.required}
    uid = new_uid()
    write(workspace, Change(kind.name, uid, "insert", {}, first))
    bare = {name: f"{str(first[name])[:-1]}x" if name in unique else first[name] for name in needed}
    write(workspace, Change(kind.name, new_uid(), "insert", {}, bare))  # the table fills in its defaults
    if not kind.append_only:
        changed = {name: value for name, value in second.items() if name not in unique}
        write(workspace, Change(kind.name, uid, "update", {name: first[name] for name in changed}, changed))
        emptied = [name for name in changed if name not in needed]
        nothing = dict.fromkeys(emptied)
        write(workspace, Change(kind.name, uid, "update", {n: changed[n] for n in emptied}, nothing))
        write(
            workspace,
            *(Change(kind.name, uid, "update", {name: None}, {name: first[name]}) for name in emptied),
        )
        gone = {**first, **{name: changed[name] for name in changed if name in needed}}
        write(workspace, Change(kind.name, uid, "delete", gone, {}))
    findings = [item for item in workspace.check().findings if item.check != "attachments"]
    assert findings == []
    check_beginnings(workspace)
    assert workspace.external_count() == 0


def write(workspace: Workspace, *changes: Change) -> None:
    """One transaction."""
    workspace.apply(ChangeSet(changes, "test", CLERK), at=START)


def test_a_geometry_is_noted_as_another_program_wrote_it(workspace: Workspace) -> None:
    one = boiler("PL-1")
    desk = Desk(workspace)
    desk.add(one)
    boxed = struct.pack("<2sBBi4d", b"GP", 0, 0b011, 4490, 106.7, 106.7, 35.5, 35.5)
    boxed += struct.pack("<BI2d", 1, 1, 106.7, 35.5)  # a point with its envelope, as QGIS may write it
    foreign(workspace.path, "UPDATE 燃煤锅炉 SET geometry = ?", boxed)
    record = workspace.get("boiler", one.uid)
    assert record is not None
    desk.commit(update(record, geometry=Point(106.8, 35.6)))
    *_, (_, _, op, cells) = told(workspace)
    assert op == "u" and [(name, old) for name, old, _ in cells] == [(GEOMETRY, boxed.hex().upper())]
    check_beginnings(workspace)
    assert workspace.check().ok
