"""Entities: frozen records whose fields are declared once, and the description derived from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

from shapely.geometry.base import BaseGeometry

from app.domain import fields as f
from app.domain.fields import Field
from app.i18n import tr


class Shape(Enum):
    """The geometry an entity carries, by its GeoPackage name. All are in EPSG:4490, x = longitude."""

    NONE = ""
    POINT = "POINT"
    MULTIPOLYGON = "MULTIPOLYGON"
    GEOMETRY = "GEOMETRY"  # a point, a line or an area, each record its own


GEOMETRY = "geometry"


@dataclass(frozen=True, eq=False)  # there is one of each, and what follows from it is kept by it
class EntityType:
    """What the declaration of an entity says; tables, forms, headings and merge rules are derived from it.

    `name` is the word in code and files, `cli` the KIND of the command line, `key` the field people call a
    record by, `append_only` means that rows are added and never changed; what is kept `for_good` is not
    even taken back by undoing.
    """

    name: str
    label: str
    shape: Shape
    fields: Mapping[str, Field]
    record: type[Entity]
    cli: str
    key: str
    title: tuple[str, ...]
    append_only: bool
    for_good: bool = False

    @property
    def text(self) -> str:
        """The entity's name in the user's language."""
        return tr(self.label)

    @cached_property
    def stored(self) -> Mapping[str, Field]:
        """The fields that files, the journal and the wire hold: all but those worked out when read."""
        return {name: item for name, item in self.fields.items() if not item.at_read}

    @cached_property
    def at_read(self) -> tuple[str, ...]:
        """The fields that are worked out whenever a record is read, and kept nowhere."""
        return tuple(name for name, item in self.fields.items() if item.at_read)

    def public_fields(self) -> tuple[Field, ...]:
        """The fields that may leave the office."""
        return tuple(item for item in self.fields.values() if item.public)


@dataclass(frozen=True, kw_only=True)
class Entity:
    """A record: flat, immutable, safe in any thread. `revision` grows with every change of the record."""

    uid: str
    geometry: BaseGeometry | None = None
    revision: int = 0
    TYPE: ClassVar[EntityType]

    def values(self) -> dict[str, Any]:
        """The declared fields by name, without uid, geometry and revision."""
        return {name: getattr(self, name) for name in self.TYPE.fields}

    def replace(self, **changes: Any) -> Self:
        """The same record with some fields changed."""
        return dataclasses.replace(self, **changes)

    def title(self) -> str:
        """What a person calls this record, from the fields the declaration names."""
        parts = [
            str(getattr(self, name)) for name in self.TYPE.title if getattr(self, name) not in (None, "")
        ]
        return " ".join(parts) or self.uid[:8]


E = TypeVar("E", bound=Entity)


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    field_specifiers=(
        f.text,
        f.number,
        f.integer,
        f.boolean,
        f.choice,
        f.date,
        f.moment,
        f.state,
        f.reference,
        f.texts,
    ),
)
def entity(
    *,
    label: str,
    cli: str,
    key: str,
    title: tuple[str, ...],
    shape: Shape = Shape.NONE,
    append_only: bool = False,
) -> Callable[[type[E]], type[E]]:
    """Make a frozen record type of a class body of declared fields."""

    def make(cls: type[E]) -> type[E]:
        record = dataclass(frozen=True, kw_only=True)(cls)
        declared = {
            item.name: _named(item) for item in dataclasses.fields(record) if "field" in item.metadata
        }
        name = _snake(cls.__name__)
        record.TYPE = EntityType(name, label, shape, declared, record, cli, key, title, append_only)
        return record

    return make


def kept_for_good(cls: type[E]) -> type[E]:
    """Let the rows of an entity stay whatever happens: they are not even taken back by undoing."""
    cls.TYPE = dataclasses.replace(cls.TYPE, append_only=True, for_good=True)
    return cls


def _named(item: dataclasses.Field[Any]) -> Field:
    declared: Field = item.metadata["field"]
    return dataclasses.replace(declared, name=item.name, id=declared.id or item.name)


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
