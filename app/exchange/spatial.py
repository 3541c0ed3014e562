"""GIS files into the neutral table: shapefile (whatever its .cpg claims), GeoJSON, GeoPackage, KML, GPX and
DXF."""

from __future__ import annotations

import glob
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from app.domain.portions import from_wkb, in_portions
from app.errors import Invalid
from app.exchange.delimited import SURE, everyday_share
from app.exchange.grid import Book, Sheet, Value
from app.exchange.kml import readable_kml, with_true_names
from app.exchange.reasons import reason_of, said_by
from app.exchange.workbook_xml import check_bomb
from app.i18n import N_

SPATIAL_ENDINGS = (
    ".shp",
    ".geojson",
    ".json",
    ".gpkg",
    ".kml",
    ".kmz",
    ".gpx",
    ".dxf",
    ".zip",
    ".gml",
    ".tab",
    ".mif",
)
_UNDECODED = "ISO-8859-1"  # every byte is one character of it, so the bytes can be had back
_OWN_TABLES = ("gw_", "journal", "sqlite_", "gpkg_", "rtree_")
MAX_FEATURES = 500_000
_MOST_JSON_BYTES = 200_000_000


def read_spatial(path: Path, encoding: str | None = None, *, only: str = "") -> Book:
    """Read every layer of a GIS file, or `only` the one of that name; the feature's number from 1 is its
    row. Raises Invalid when GDAL cannot.

    GDAL keeps the interpreter's lock while it reads: beside a window this is done by `laid.py`.
    """
    source: str | bytes = _inside_zip(path) if path.suffix.lower() == ".zip" else str(path)
    form = "shp" if str(source).lower().endswith(".shp") else path.suffix.lower().lstrip(".")
    names: Mapping[str, str] = {}
    if form in ("kml", "kmz"):
        source, names = readable_kml(path)
    elif form in ("geojson", "json"):
        source = _json_in_utf8(path, source)
    elif path.suffix.lower() == ".shp":
        _check_parts(path)
    read = _read(path, source, (form, encoding, only))
    sheets = [with_true_names(sheet, names) if form in ("kml", "kmz") else sheet for sheet, _, _ in read]
    if not sheets or all(sheet.is_empty for sheet in sheets):
        raise Invalid(N_("There is no feature in “{file}”."), code="empty", file=path.name)
    if form == "shp" and not any(sheet.headings for sheet in sheets):
        raise Invalid(
            N_("The table (.dbf) of “{file}” is missing or damaged."),
            code="unreadable_file",
            hint=N_("Copy all files of the shapefile again: .shp, .shx, .dbf, .prj and .cpg."),
            file=path.name,
        )
    return Book(path.name, form, sheets, read[0][1], read[0][2])


def _read(
    path: Path, source: str | bytes, how: tuple[str, str | None, str]
) -> list[tuple[Sheet, str, Sequence[str]]]:
    """The layers, each with its encoding and the others it may be in; raises Invalid when GDAL cannot."""
    form, encoding, only = how
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _layers(source, form, encoding, path.stem, only)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        UnicodeDecodeError,
        UnboundLocalError,  # pyogrio 0.13, at a system that GDAL read and cannot write again
        ValueError,
    ) as error:
        system = isinstance(error, (pyogrio.errors.CRSError, UnboundLocalError))
        if system and path.suffix.lower() == ".shp":
            return _without_system(path, encoding)
        raise Invalid(
            N_("“{file}” is no readable map file: {why}"),
            code="unreadable_file",
            file=path.name,
            hint=N_("Save it again from the program it comes from, as GeoPackage or GeoJSON."),
            details=said_by(error),
            why=reason_of(error),
        ) from error


def _layers(
    source: str | bytes, form: str, encoding: str | None, title: str, only: str = ""
) -> list[tuple[Sheet, str, Sequence[str]]]:
    layers = [str(name) for name, _ in pyogrio.list_layers(source)]
    wanted = [name for name in layers if not name.lower().startswith(_OWN_TABLES)]
    wanted = [only] if only in wanted else wanted
    return [_layer(source, (layers.index(name), name), form, encoding, title) for name in wanted]


def _without_system(path: Path, encoding: str | None) -> list[tuple[Sheet, str, Sequence[str]]]:
    """A shapefile whose .prj is damaged, read as if it had none: where it lies is then asked."""
    with tempfile.TemporaryDirectory(prefix="gridward-shp-") as folder:
        for part in path.parent.glob(f"{glob.escape(path.stem)}.*"):
            if part.suffix.lower() in (".shp", ".shx", ".dbf"):
                shutil.copyfile(part, Path(folder) / f"{path.stem}{part.suffix.lower()}")
        return _layers(str(Path(folder) / f"{path.stem}.shp"), "shp", encoding, path.stem)


def _json_in_utf8(path: Path, source: str | bytes) -> str | bytes:
    """GeoJSON is UTF-8 by its standard; some programs write it in the system's encoding all the same."""
    blob = path.read_bytes() if path.stat().st_size <= _MOST_JSON_BYTES else b""
    try:
        blob.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return blob.decode("gb18030").encode("utf-8")
        except UnicodeDecodeError:
            return source
    return source


def _check_parts(path: Path) -> None:
    """A shapefile is three files; raises Invalid when one was left behind."""
    beside = {item.suffix.lower() for item in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    lacking = [part for part in (".dbf", ".shx") if part not in beside]
    if lacking:
        raise Invalid(
            N_("Beside “{file}” its {parts} is missing."),
            code="unreadable_file",
            hint=N_("Copy all files of the shapefile again: .shp, .shx, .dbf, .prj and .cpg."),
            file=path.name,
            parts=" ".join(lacking),
        )


def _inside_zip(path: Path) -> str:
    check_bomb(path)
    try:
        with zipfile.ZipFile(path) as package:
            names = [
                name
                for name in package.namelist()
                if name.lower().endswith((".shp", ".geojson", ".kml", ".gpkg"))
            ]
    except zipfile.BadZipFile as error:
        raise Invalid(
            N_("“{file}” is damaged and cannot be opened."), code="unreadable_file", file=path.name
        ) from error
    if len(names) != 1:
        raise Invalid(
            N_("“{file}” should hold one map layer and holds {n}."),
            code="unreadable_file",
            file=path.name,
            n=len(names),
        )
    return f"/vsizip/{path}/{names[0]}"


def _layer(
    source: str | bytes, layer: tuple[int, str], form: str, encoding: str | None, title: str
) -> tuple[Sheet, str, Sequence[str]]:
    """A layer by its number and name; one read from memory may have another name each time."""
    at, name = layer
    options: dict[str, Any] = {"encoding": _UNDECODED} if form == "shp" else {}
    count = int(pyogrio.read_info(source, layer=at, **options)["features"])
    if count > MAX_FEATURES:
        raise Invalid(
            N_("The layer “{layer}” has {n} features; at most {limit} can be read."),
            code="too_large",
            layer=name,
            n=count,
            limit=MAX_FEATURES,
        )
    meta, _, shapes, columns = pyogrio.raw.read(source, layer=at, **options)
    count = len(shapes) if shapes is not None else len(columns[0]) if len(columns) else 0
    fields = [str(field) for field in meta["fields"]]
    used, doubt = "", tuple[str, ...]()
    if form == "shp":
        fields, columns, used, doubt = _decoded(fields, columns, encoding)
    table = [[_plain(value) for value in row] for row in zip(*columns, strict=True)] or [
        [] for _ in range(count)
    ]
    geometries = (
        list(in_portions(shapely.force_2d, from_wkb(shapes))) if shapes is not None else [None] * count
    )
    headings = [_heading(field) for field in fields]
    sheet = Sheet(
        title if form == "shp" or name.startswith("pyogrio_") else name,
        table,
        1,
        headings=headings,
        geometries=geometries,
        crs=_crs_name(meta["crs"]),
    )
    return sheet, used, doubt


def _heading(field: str) -> str:
    """KML calls the title of a placemark Name and its text Description."""
    return {"Name": "名称", "Description": "备注", "description": "备注"}.get(field, field)


def _decoded(
    fields: list[str], columns: Sequence[np.ndarray], encoding: str | None
) -> tuple[list[str], list[np.ndarray], str, tuple[str, ...]]:
    """Give the shapefile's texts their true encoding; what its .cpg says is often wrong, so the bytes
    decide."""
    texts = [
        value for column in columns if column.dtype == object for value in column if isinstance(value, str)
    ]
    guessed, doubt = _guess([text.encode("latin-1", "replace") for text in (*fields, *texts[:5000])])
    used = encoding or guessed

    def decode(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return value.encode("latin-1").decode(
                used, "ignore"
            )  # names cut at ten bytes may end in half a character
        except UnicodeEncodeError:
            return value

    decoded = [
        np.array([decode(v) for v in column], dtype=object) if column.dtype == object else column
        for column in columns
    ]
    return [str(decode(field)) for field in fields], decoded, used, () if encoding else doubt


def _guess(texts: Sequence[bytes]) -> tuple[str, tuple[str, ...]]:
    """UTF-8 when nearly every text is that, a cut end aside; else GB18030, in doubt if it reads oddly."""
    foreign = [text for text in texts if not text.isascii()]
    strange = sum(not _is_utf8(text) for text in foreign)
    if strange <= len(foreign) // 50:
        return "utf-8", ()
    return "gb18030", () if everyday_share(b"".join(foreign)) >= SURE else ("gb18030", "big5")


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > 0 and len(text) - error.start < 4  # only the last character is cut
    return True


def _plain(value: object) -> Value:
    if value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)[:10]
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return float(value)
    if isinstance(value, np.floating):
        return None if np.isnan(value) else float(value)
    text = str(value).strip()
    return text or None


def _crs_name(written: str | None) -> str:
    """The layer's system as `EPSG:n`, the text itself when it has no number, or empty when the file says
    none."""
    if not written:
        return ""
    try:
        crs = CRS.from_user_input(written)
    except CRSError:
        return ""
    number = crs.to_epsg(min_confidence=60)
    return f"EPSG:{number}" if number else written
