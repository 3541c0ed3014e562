"""Tables from the declarations: one per entity, the same for the GeoPackage and for PostGIS."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TextClause,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

from app.domain.catalog import ENTITIES
from app.domain.entity import GEOMETRY, EntityType, Shape
from app.domain.fields import Field, Kind
from app.domain.values import as_moment
from app.i18n import in_language
from app.store import limits
from app.store.engine import dialect
from app.store.geom import SRID, Geom

STORED_TYPES: tuple[EntityType, ...] = tuple(record.TYPE for record in ENTITIES)
# QGIS shows a layer under its table's name, so the tables of a bureau's file are named in Chinese.
LAYER_LANGUAGE = "zh_CN"


class Line(String):
    """Text of limited length; VARCHAR is no GeoPackage type, and GDAL drops such columns."""


@compiles(Line, "sqlite")
def _line(element: Line, compiler: Any, **options: Any) -> str:
    return f"TEXT({element.length})"


@compiles(Geom, "postgresql")
def _geometry(element: Geom, compiler: Any, **options: Any) -> str:
    return f"geometry({element.shape.value},{SRID})"


class Texts(TypeDecorator[tuple[str, ...]]):
    """Several short texts, kept as a JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """A tuple as JSON; an empty one as unknown."""
        return json.dumps(list(value), ensure_ascii=False) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        """JSON as a tuple."""
        return tuple(json.loads(value)) if value else ()


class _Datetime(Text):
    """What GeoPackage calls DATETIME: UTC text with milliseconds."""


@compiles(_Datetime, "sqlite")
def _datetime(element: _Datetime, compiler: Any, **options: Any) -> str:
    return "DATETIME"


class Moment(TypeDecorator[str]):
    """A point in time: UTC text here, `timestamptz` in PostgreSQL."""

    impl = _Datetime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Each database's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(_Datetime())

    def process_result_value(self, value: str | datetime | None, dialect: Dialect) -> str | None:
        """The stored text of either."""
        return as_moment(value) if isinstance(value, datetime) else value


def column_type(field: Field) -> TypeEngine[Any]:
    """The type of a field's column."""
    match field.kind:
        case Kind.NUMBER:
            return Double()
        case Kind.INTEGER:
            return Integer()
        case Kind.BOOLEAN:
            return Boolean()
        case Kind.DATE:
            return Line(10)
        case Kind.MOMENT:
            return Moment()
        case Kind.TEXTS:
            return Texts()
        case _:
            return Line(field.length)


@dataclasses.dataclass(frozen=True)
class Layout:
    """The tables of one database, by entity name."""

    metadata: MetaData
    tables: Mapping[str, Table]

    def of(self, entity: str) -> Table:
        """The table of an entity."""
        return self.tables[entity]

    def entity_of(self, table_name: str) -> EntityType | None:
        """The entity a table belongs to; None for a table of another kind."""
        return next((known(name) for name, table in self.tables.items() if table.name == table_name), None)


def known(entity: str) -> EntityType:
    """The declaration behind an entity name, as this version of the program has it."""
    return _BY_NAME[entity]


def is_known(entity: str) -> bool:
    """Whether this version of the program knows the entity."""
    return entity in _BY_NAME


def layout(names: Mapping[str, str] | None = None, kinds: Sequence[EntityType] = STORED_TYPES) -> Layout:
    """The tables of these entities; `names` gives the table names a file uses, else the entity names."""
    metadata = MetaData()
    chosen = names or {}
    tables = {kind.name: _table(kind, chosen.get(kind.name, kind.name), metadata) for kind in kinds}
    return Layout(metadata, tables)


def layout_of_file(names: Mapping[str, str]) -> Layout:
    """The tables under the names a file uses; made once, as a program may open many files."""
    return _named_layout(tuple(sorted(names.items())))


@lru_cache(maxsize=8)
def _named_layout(names: tuple[tuple[str, str], ...]) -> Layout:
    return layout(dict(names))


def layer_names(kinds: Sequence[EntityType] = STORED_TYPES) -> dict[str, str]:
    """The table names of a new file, in the bureau's language; equal labels get the entity name behind."""
    names: dict[str, str] = {}
    for kind in kinds:
        name = in_language(LAYER_LANGUAGE, kind.label)
        names[kind.name] = name if name not in names.values() else f"{name}_{kind.name}"
    return names


def warm_up() -> None:
    """Make what the first file needs: the tables under their usual names, and the dialect."""
    layout_of_file(layer_names())
    dialect()


def default_of(kind: EntityType, field: Field) -> Any:
    """The declared default of a field, None when it is unknown by default."""
    described: Mapping[str, Any] = vars(kind.record)["__dataclass_fields__"]
    value = described[field.name].default
    return None if value == () or value is dataclasses.MISSING else value


def _table(kind: EntityType, name: str, metadata: MetaData) -> Table:
    columns: list[Column[Any]] = [
        Column("fid", Integer, primary_key=True, autoincrement=True),
        # Empty only inside the insert of a foreign program; the journal's trigger fills it.
        Column("uid", Line(36), unique=True),
    ]
    if kind.shape is not Shape.NONE:
        columns.append(Column(GEOMETRY, Geom(kind.shape)))
    columns += [_column(kind, item) for item in kind.stored.values()]
    checks = [
        CheckConstraint(condition, name=rule).ddl_if(dialect="postgresql")
        for rule, condition in limits.checks(kind)
    ]
    table = Table(name, metadata, *columns, *checks)
    for item in kind.stored.values():
        if item.indexed and not item.unique:
            Index(f"ix_{kind.name}_{item.id}", table.c[item.name])
    return table


def _column(kind: EntityType, field: Field) -> Column[Any]:
    """The column is named by the field's fixed id, so that renaming a field leaves the file alone."""
    default = default_of(kind, field)
    return Column(
        field.id,
        column_type(field),
        key=field.name,
        unique=field.unique,
        nullable=not field.required,
        server_default=_written(default),
    )


def _written(default: Any) -> str | TextClause | None:
    """A default as SQL; a number without quotes, as QGIS would otherwise read a text."""
    return text(str(default)) if isinstance(default, int | float) else default


_BY_NAME = {kind.name: kind for kind in STORED_TYPES}
