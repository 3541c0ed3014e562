"""Writes tables as the files counties send: workbooks old and new, text in three encodings, and map files."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pyogrio.raw
import shapely
import xlwt
from shapely import Point

Place = tuple[float, float]


@dataclass
class Page:
    """A sheet as it is written: rows from the first on, merged ranges (top, left, bottom, right) from 1."""

    name: str
    rows: list[list[Any]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


@dataclass
class Layer:
    """A map layer as it is written: headings, one row a feature, the places beside them, and its system."""

    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    places: Sequence[Place | None]
    crs: str = ""


def write_xlsx(path: Path, pages: Sequence[Page]) -> None:
    """An xlsx of these pages."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for page in pages:
        sheet = book.create_sheet(page.name)
        for row in page.rows:
            sheet.append(row)
        for top, left, bottom, right in page.merged:
            sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
    book.save(path)


def write_xls(path: Path, pages: Sequence[Page]) -> None:
    """An xls of these pages, as Excel 97 wrote them."""
    book = xlwt.Workbook(encoding="utf-8")
    dated = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for page in pages:
        sheet = book.add_sheet(page.name, cell_overwrite_ok=True)
        for top, left, bottom, right in page.merged:
            sheet.merge(top - 1, bottom - 1, left - 1, right - 1)
        for row, cells in enumerate(page.rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(row, column, cell, *([dated] if isinstance(cell, date) else []))
    book.save(str(path))


def write_csv(path: Path, page: Page, encoding: str) -> None:
    """The page as text; what was merged stands in the first cell only."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([["" if cell is None else str(cell) for cell in row] for row in page.rows])


def write_shapefile(path: Path, layer: Layer, encoding: str, cpg: str) -> None:
    """A shapefile of points whose field names were cut at ten bytes wherever that fell; `cpg` may lie."""
    names = [f"F{n}" for n in range(len(layer.headings))]
    columns = _columns(layer)
    _write(path, layer, columns, names, driver="ESRI Shapefile",
           encoding="GB18030" if encoding == "gb18030" else "UTF-8")  # fmt: skip
    table = path.with_suffix(".dbf")
    blob = bytearray(table.read_bytes())
    for n, heading in enumerate(layer.headings):
        blob[32 + 32 * n : 43 + 32 * n] = heading.encode(encoding)[:10].ljust(11, b"\0")
    blob[29] = 0x4D if encoding == "gb18030" else 0  # what Chinese programs write there
    table.write_bytes(bytes(blob))
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)


def cut(heading: str, encoding: str) -> str:
    """A heading as ten bytes of it read."""
    return heading.encode(encoding)[:10].decode(encoding, "ignore")


def write_geojson(path: Path, layer: Layer) -> None:
    """A feature collection; its values keep their types, so that columns are mixed."""
    features = [
        {
            "type": "Feature",
            "properties": {head: _json(cell) for head, cell in zip(layer.headings, row, strict=True)},
            "geometry": None if place is None else {"type": "Point", "coordinates": place},
        }
        for row, place in zip(layer.rows, layer.places, strict=True)
    ]
    document: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if layer.crs not in ("", "EPSG:4326"):
        name = f"urn:ogc:def:crs:{layer.crs.replace(':', '::')}"
        document["crs"] = {"type": "name", "properties": {"name": name}}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")


def write_geopackage(path: Path, layer: Layer) -> None:
    """A GeoPackage of one layer of the file's name."""
    _write(path, layer, _columns(layer), list(layer.headings), driver="GPKG", layer=path.stem)


def _columns(layer: Layer) -> list[Any]:
    count = len(layer.headings)
    return [np.array([_text(row[n]) for row in layer.rows], dtype=object) for n in range(count)]


def _write(path: Path, made: Layer, columns: list[Any], names: list[str], **how: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a layer without a system has none
        pyogrio.raw.write(str(path), _wkb(made.places), columns, names, geometry_type="Point",
                          crs=made.crs or None, **how)  # fmt: skip


def write_kml(path: Path, layer: Layer) -> None:
    """Placemarks with their values as extended data, as map programs on phones write them."""
    marks = []
    for row, place in zip(layer.rows, layer.places, strict=True):
        items = "".join(
            f'<Data name="{escape(head)}"><value>{escape(str(cell))}</value></Data>'
            for head, cell in zip(layer.headings, row, strict=True)
            if cell is not None
        )
        point = f"<Point><coordinates>{place[0]},{place[1]},0</coordinates></Point>" if place else ""
        marks.append(f"<Placemark><ExtendedData>{items}</ExtendedData>{point}</Placemark>")
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<Folder><name>{path.stem}</name>{''.join(marks)}</Folder></Document></kml>",
        "utf-8",
    )


def _wkb(places: Sequence[Place | None]) -> Any:
    return shapely.to_wkb(
        np.array([None if place is None else Point(place) for place in places], dtype=object)
    )


def _text(cell: Any) -> str | None:
    return None if cell is None else str(cell)


def _json(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else cell
