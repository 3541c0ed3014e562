"""What makes the file a GeoPackage 1.4: the required tables, the layers and their Chinese names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table

from app.domain.entity import GEOMETRY, EntityType, Shape
from app.domain.fields import Field, Kind
from app.i18n import in_language
from app.store import rtree
from app.store.geom import SRID
from app.store.tables import LAYER_LANGUAGE

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10400
SCHEMA_DEFINITION = "http://www.geopackage.org/spec/#extension_schema"

_CGCS2000 = (
    'GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,'
    '298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,'
    'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],'
    'AUTHORITY["EPSG","4490"]]'
)
_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]'
)
_SYSTEMS = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate system"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate system"),
    ("WGS 84", 4326, "EPSG", 4326, _WGS84, "longitude/latitude on the WGS 84 spheroid"),
    ("CGCS2000", SRID, "EPSG", SRID, _CGCS2000, "2000国家大地坐标系"),
)

TABLES = (
    """CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)""",
    """CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
    """CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    """CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))""",
    """CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name))""",
    """CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))""",
)


def prepare(connection: Connection) -> None:
    """Make the tables every GeoPackage has, in an empty file."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {USER_VERSION}")
    for statement in TABLES:
        connection.exec_driver_sql(statement)
    _rows(connection, "INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?,?)", _SYSTEMS)
    _extend(connection, "gpkg_data_columns", None, "gpkg_schema", SCHEMA_DEFINITION, "read-write")
    _extend(connection, "gpkg_data_column_constraints", None, "gpkg_schema", SCHEMA_DEFINITION, "read-write")


def register(connection: Connection, kind: EntityType, table: Table) -> None:
    """Announce an entity's table as a layer or as attributes, with its index and its Chinese words."""
    spatial = kind.shape is not Shape.NONE
    _rows(
        connection,
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)"
        " VALUES (?,?,?,?,?)",
        [
            (
                table.name,
                "features" if spatial else "attributes",
                table.name,
                kind.name,
                SRID if spatial else None,
            )
        ],
    )
    if spatial:
        _rows(
            connection,
            "INSERT INTO gpkg_geometry_columns VALUES (?,?,?,?,0,0)",
            [(table.name, GEOMETRY, kind.shape.value, SRID)],
        )
        _extend(connection, table.name, GEOMETRY, rtree.EXTENSION, rtree.DEFINITION, "write-only")
        for statement in rtree.statements(table.name, GEOMETRY):
            connection.exec_driver_sql(statement)
    describe(connection, kind, table)


def describe(connection: Connection, kind: EntityType, table: Table) -> None:
    """Write the Chinese column names, code lists and limits that QGIS shows, in place of older ones."""
    connection.exec_driver_sql("DELETE FROM gpkg_data_columns WHERE table_name = ?", (table.name,))
    taken: set[str] = set()
    for item in kind.stored.values():
        rule = f"{kind.name}.{item.id}" if _limits(item) else None
        label = _words(item.label)
        name = label if label not in taken else f"{label} ({item.id})"
        taken.add(name)
        hint = _words(item.hint) if item.hint else None
        _rows(
            connection,
            "INSERT INTO gpkg_data_columns VALUES (?,?,?,?,?,NULL,?)",
            [(table.name, item.id, name, f"{name}({_words(item.unit)})" if item.unit else name, hint, rule)],
        )
        if rule:
            connection.exec_driver_sql(
                "DELETE FROM gpkg_data_column_constraints WHERE constraint_name = ?", (rule,)
            )
            _rows(
                connection,
                "INSERT INTO gpkg_data_column_constraints VALUES (?,?,?,?,?,?,?,?)",
                [(rule, *limit) for limit in _limits(item)],
            )


def touch(connection: Connection, tables: Iterable[Table]) -> None:
    """Note in the contents that these layers changed now."""
    for table in tables:
        connection.exec_driver_sql(
            "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now')"
            " WHERE table_name = ?",
            (table.name,),
        )


def _limits(field: Field) -> list[tuple[Any, ...]]:
    if field.choices and field.kind is not Kind.TEXTS:
        return [
            ("enum", item.code, None, None, None, None, _words(item.label)) for item in field.choices.choices
        ]
    ranged = field.kind in (Kind.NUMBER, Kind.INTEGER)
    if ranged and field.minimum is not None and field.maximum is not None:
        return [("range", None, field.minimum, 1, field.maximum, 1, None)]
    return []


def _words(text: str) -> str:
    return in_language(LAYER_LANGUAGE, text)


def _extend(
    connection: Connection, table: str, column: str | None, name: str, definition: str, scope: str
) -> None:
    _rows(
        connection,
        "INSERT INTO gpkg_extensions VALUES (?,?,?,?,?)",
        [(table, column, name, definition, scope)],
    )


def _rows(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    for row in rows:
        connection.exec_driver_sql(statement, row)
