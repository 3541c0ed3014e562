"""Change sets: what an action wants to have changed, by whom and why; the store applies one as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.domain.entity import GEOMETRY, Entity

Operation = Literal["insert", "update", "delete"]


@dataclass(frozen=True)
class Actor:
    """Who does something: a person's uid and name, their role and organisation at that moment."""

    uid: str
    name: str
    role: str
    org: str = ""
    area: str = ""


@dataclass(frozen=True)
class Change:
    """One record's change: the fields as the writer saw them (`before`) and as they shall be (`after`).

    Geometry stands among the fields under the name `geometry`, as shapely in EPSG:4490.
    """

    entity: str
    uid: str
    operation: Operation
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChangeSet:
    """Changes that belong together, applied and undone as one; `undoes` is the transaction taken back. `uid`
    is given to one that is brought back from a damaged file."""

    changes: tuple[Change, ...]
    action: str
    actor: Actor
    reason: str = ""
    undoes: str | None = None
    uid: str = ""


@dataclass(frozen=True)
class Committed:
    """What has been written: the transaction's uid and the records it touched, by entity name."""

    transaction: str
    touched: Mapping[str, tuple[str, ...]]


def new_uid() -> str:
    """A fresh identity for a record."""
    return str(uuid.uuid4())


def insert(record: Entity) -> Change:
    """The change that adds `record`."""
    held = ((name, getattr(record, name)) for name in record.TYPE.stored)
    after = {name: value for name, value in held if value not in (None, ())}
    if record.geometry is not None:
        after[GEOMETRY] = record.geometry
    return Change(record.TYPE.name, record.uid, "insert", {}, after)


def update(record: Entity, **values: Any) -> Change | None:
    """The change that gives `record` these values; None when nothing differs."""
    differing = {
        name: value
        for name, value in values.items()
        if name not in record.TYPE.at_read and not _same(getattr(record, name), value)
    }
    if not differing:
        return None
    before = {name: getattr(record, name) for name in differing}
    return Change(record.TYPE.name, record.uid, "update", before, differing)


def delete(record: Entity) -> Change:
    """The change that removes `record`, remembering all it held."""
    before = dict(insert(record).after)
    return Change(record.TYPE.name, record.uid, "delete", before, {})


def collect(changes: Iterable[Change | None]) -> tuple[Change, ...]:
    """The changes that really change something."""
    return tuple(change for change in changes if change is not None)


def _same(old: Any, new: Any) -> bool:
    if hasattr(old, "equals_exact") and hasattr(new, "equals_exact"):
        return bool(old.equals_exact(new, 0.0))
    return bool(old == new)
