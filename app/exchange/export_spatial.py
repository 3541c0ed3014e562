"""Records into GIS files: GeoJSON, shapefile in a zip, GeoPackage, KML and DXF."""

from __future__ import annotations

import tempfile
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import shapely

from app.domain.coordinates.gcj import Floats
from app.domain.coordinates.zones import BD09, GCJ02, STORED, crs_object, is_geographic, transform
from app.domain.entity import Entity, EntityType, Shape
from app.domain.fields import Field, Kind
from app.domain.values import show
from app.errors import Invalid
from app.i18n import N_

SPATIAL = (".geojson", ".shp", ".zip", ".gpkg", ".kml", ".dxf")
_DRIVERS = {".geojson": "GeoJSON", ".gpkg": "GPKG", ".kml": "KML", ".dxf": "DXF"}
_FORMS = {Shape.POINT: "Point", Shape.MULTIPOLYGON: "MultiPolygon", Shape.GEOMETRY: "Unknown"}
_SHP = {Shape.POINT: "Point", Shape.MULTIPOLYGON: "Polygon"}  # a shapefile does not tell one from several
_NAME_BYTES = 10  # a dBASE name; Chinese ones would be cut to three to five characters


def write_spatial(
    kind: EntityType, records: Sequence[Entity], target: Path, fields: Sequence[Field], crs: str
) -> None:
    """Write the records that have a geometry in `crs`, by the ending. Raises Invalid for a kind without
    geometry."""
    ending = target.suffix.lower()
    _refuse_unfit(kind, ending, crs)
    drawn = ending in (".kml", ".dxf")  # the others keep records without a place too
    placed = [record for record in records if not drawn or _has_place(record)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # GDAL's remarks on names it shortens are expected
        if ending in (".shp", ".zip"):
            _write_shapefile(kind, placed, target, fields, crs)
        elif ending == ".dxf":
            _write_dxf(kind, placed, target, crs)
        else:
            frame = _frame(placed, [(field, field.name) for field in fields], crs, words=True)
            several = kind.shape is Shape.MULTIPOLYGON
            pyogrio.write_dataframe(
                frame,
                target,
                driver=_DRIVERS[ending],
                layer=kind.text,
                geometry_type=_FORMS[kind.shape],
                promote_to_multi=several,
            )


def _refuse_unfit(kind: EntityType, ending: str, crs: str) -> None:
    """Raise Invalid for what a format cannot hold."""
    if kind.shape is Shape.NONE:
        raise Invalid(
            N_("{kind} has no place on the map; export it as xlsx or csv."), code="format", kind=kind.text
        )
    if crs in (GCJ02, BD09):
        raise Invalid(
            N_("Map files are not written in {crs}: no program could tell."), code="bad_crs", crs=crs
        )
    if ending in (".shp", ".zip") and kind.shape not in _SHP:
        raise Invalid(
            N_("A shapefile holds points, lines or areas, not all of them."),
            hint=N_("Export {kind} as gpkg or geojson."),
            code="format",
            kind=kind.text,
        )
    if ending in (".kml", ".geojson") and not is_geographic(crs):
        raise Invalid(N_("A file ending in {ending} holds degrees only."), code="bad_crs", ending=ending)


def _has_place(record: Entity) -> bool:
    return record.geometry is not None and not record.geometry.is_empty


def _frame(
    records: Sequence[Entity], columns: Sequence[tuple[Field, str]], crs: str, words: bool
) -> geopandas.GeoDataFrame:
    content: dict[str, Any] = {
        name: np.array(
            [_value(field, getattr(record, field.name), words) for record in records], dtype=object
        )
        for field, name in columns
    }
    for field, name in columns:
        if field.kind in (Kind.NUMBER, Kind.INTEGER):
            content[name] = np.array([np.nan if v is None else float(v) for v in content[name]], dtype=float)
    return geopandas.GeoDataFrame(content, geometry=_moved(records, crs), crs=crs_object(crs))


def _value(field: Field, value: Any, words: bool) -> Any:
    if value is None or value == ():
        return None
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        return value
    return show(field, value) if words else str(value)


def _moved(records: Sequence[Entity], crs: str) -> list[Any]:
    shapes = [record.geometry if _has_place(record) else None for record in records]
    if crs == STORED:
        return shapes

    def move(xy: Floats) -> Floats:
        return np.column_stack(transform(xy[:, 0], xy[:, 1], STORED, crs))

    return [shapely.transform(shape, move) if shape is not None else None for shape in shapes]


def _write_shapefile(
    kind: EntityType, records: Sequence[Entity], target: Path, fields: Sequence[Field], crs: str
) -> None:
    """The shapefile's parts, beside the target or in a zip, with its encoding and a list of its columns.

    GB18030 is what every Chinese program reads; the .cpg says so.
    """
    names = _short_names(fields)
    frame = _frame(records, list(zip(fields, names, strict=True)), crs, words=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        stem = kind.name if target.suffix.lower() == ".zip" else target.stem
        base = Path(folder) / stem
        pyogrio.write_dataframe(
            frame,
            base.with_suffix(".shp"),
            driver="ESRI Shapefile",
            encoding="GB18030",
            geometry_type=_SHP[kind.shape],
        )
        base.with_suffix(".cpg").write_text("GB18030", "ascii")
        lines = [f"{name},{field.name},{field.heading}" for name, field in zip(names, fields, strict=True)]
        base.with_suffix(".columns.csv").write_text("\n".join(lines), "utf-8-sig")
        files = sorted(Path(folder).iterdir())
        if target.suffix.lower() == ".shp":
            for file in files:
                file.replace(target.parent / file.name)
            return
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
            for file in files:
                package.write(file, file.name)


def _short_names(fields: Sequence[Field]) -> list[str]:
    """Names of at most ten bytes, all different."""
    names: list[str] = []
    for field in fields:
        name, number = field.name[:_NAME_BYTES], 1
        while name in names:
            number += 1
            name = f"{field.name[: _NAME_BYTES - len(str(number))]}{number}"
        names.append(name)
    return names


def _write_dxf(kind: EntityType, records: Sequence[Entity], target: Path, crs: str) -> None:
    """A drawing: points with the record's name as text, outlines as lines."""
    shapes, texts = [], []
    for record, shape in zip(records, _moved(records, crs), strict=True):
        shapes.append(shape.boundary if shape.geom_type.endswith("Polygon") else shape)
        texts.append(record.title())
    content = {"Layer": [kind.name] * len(shapes), "Text": texts}
    frame = geopandas.GeoDataFrame(content, geometry=shapes, crs=crs_object(crs))
    pyogrio.write_dataframe(frame, target, driver="DXF")
