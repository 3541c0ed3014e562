"""Records into files: xlsx and csv with the ledger's headings, and GIS formats with coordinates in any
system."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from shapely import Point

from app.domain.coordinates.zones import STORED, is_geographic, transform
from app.domain.entity import Entity, EntityType, Shape
from app.domain.fields import Field, Kind
from app.domain.values import show
from app.errors import Invalid, StoreFailure
from app.exchange.export_spatial import SPATIAL, write_spatial
from app.exchange.looks import MAKER, look, put_on
from app.exchange.streamed import Rows, save_with_rows
from app.exchange.ticking import Tick, go_on
from app.i18n import N_, tr

TABLES = (".xlsx", ".csv")
FORMATS = (*TABLES, *SPATIAL)
_HEAD = PatternFill("solid", fgColor="FFDCE6F1")
_THIN = Side(style="thin", color="FFB0B7C3")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_WIDEST, _NARROWEST = 48.0, 7.0
_TICK_RECORDS = 500


@dataclass(frozen=True)
class ExportOptions:
    """How to write: `public` leaves out people, phones and places; `crs` of the coordinates; `title` over a
    table.

    `encoding` is that of a csv: `utf-8-sig`, which Excel needs, or `gb18030`.
    """

    public: bool = False
    crs: str = STORED
    title: str = ""
    encoding: str = "utf-8-sig"


def export_records(
    kind: EntityType, records: Sequence[Entity], target: Path, options: ExportOptions, tick: Tick = go_on
) -> Path:
    """Write records by the ending of `target`; returns the file written. Raises Invalid for an unknown
    ending.

    A file that is there before is replaced only when the new one is complete. `tick(share)` is called now and
    then while a table is written, and may raise to cancel.
    """
    ending = _ending_for(kind, target, options)
    part = target.with_name(f".{target.stem}.part{ending}")
    try:
        if ending == ".xlsx":
            _write_xlsx(kind, records, part, options, tick)
        elif ending == ".shp":  # several files, each put in its place when all are complete
            write_spatial(kind, records, target, exported_fields(kind, options.public), options.crs)
            return target
        elif ending == ".csv":
            _write_csv(kind, records, part, options, tick)
        else:
            write_spatial(kind, records, part, exported_fields(kind, options.public), options.crs)
        part.replace(target)
    except OSError as error:
        raise StoreFailure(N_("“{file}” cannot be written: {why}"), code="unwritable", file=str(target),
                           why=error.strerror or str(error)) from error  # fmt: skip
    finally:
        part.unlink(missing_ok=True)
    return target


def _ending_for(kind: EntityType, target: Path, options: ExportOptions) -> str:
    """The ending that says the format; raises Invalid for one that is unknown or not for this edition."""
    ending = target.suffix.lower()
    if ending not in FORMATS:
        raise Invalid(
            N_("“{ending}” is no format to export to."),
            code="format",
            ending=ending or target.name,
            hint=N_("Known endings: {known}"),
            known=" ".join(FORMATS),
        )
    if options.public and ending in SPATIAL:
        raise Invalid(
            N_("A public edition has no coordinates, so it cannot be a map file."),
            code="public",
            hint=N_("Export it as xlsx or csv."),
        )
    return ending


def exported_fields(kind: EntityType, public: bool) -> list[Field]:
    """The fields of an edition, in the order of the declaration."""
    if public:
        return list(kind.public_fields())
    return [field for field in kind.fields.values() if not field.secret]


def headings(kind: EntityType, options: ExportOptions) -> list[str]:
    """The headings of a table: each field's, then the coordinates unless the edition is public."""
    words = [field.heading for field in exported_fields(kind, options.public)]
    if _with_points(kind, options):
        words += (
            [tr("Longitude"), tr("Latitude")]
            if is_geographic(options.crs)
            else [tr("Y (east)"), tr("X (north)")]
        )
    return words


def _with_points(kind: EntityType, options: ExportOptions) -> bool:
    return kind.shape is Shape.POINT and not options.public


def _lines(
    kind: EntityType, records: Sequence[Entity], options: ExportOptions, tick: Tick
) -> list[list[Any]]:
    fields = exported_fields(kind, options.public)
    lines = []
    for number, record in enumerate(records):
        if number % _TICK_RECORDS == 0:
            tick(number / len(records) / 2)
        lines.append([_cell(field, getattr(record, field.name)) for field in fields])
    if _with_points(kind, options):
        for line, (x, y) in zip(lines, _coordinates(records, options.crs), strict=True):
            line += [x, y]
    return lines


def _cell(field: Field, value: Any) -> Any:
    """Numbers stay numbers, everything else is what a person reads."""
    if value is None or value == ():
        return None
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        return value
    return show(field, value)


def _coordinates(records: Sequence[Entity], crs: str) -> list[tuple[float | None, float | None]]:
    found: list[tuple[float | None, float | None]] = [(None, None)] * len(records)
    points = [
        (n, r.geometry)
        for n, r in enumerate(records)
        if isinstance(r.geometry, Point) and not r.geometry.is_empty
    ]
    if points:
        xs, ys = transform([point.x for _, point in points], [point.y for _, point in points], STORED, crs)
        places = 7 if is_geographic(crs) else 2
        for (n, _), x, y in zip(points, xs, ys, strict=True):
            found[n] = (round(float(x), places), round(float(y), places))
    return found


def _write_csv(
    kind: EntityType, records: Sequence[Entity], target: Path, options: ExportOptions, tick: Tick
) -> None:
    with target.open("w", encoding=options.encoding, errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings(kind, options))
        writer.writerows(
            [
                ["" if cell is None else harmless(cell) for cell in line]
                for line in _lines(kind, records, options, tick)
            ]
        )


def harmless(cell: Any) -> Any:
    """A text that a spreadsheet would run as a formula is written so that it is not."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+@" and len(cell) > 1 else cell


def _write_xlsx(
    kind: EntityType, records: Sequence[Entity], target: Path, options: ExportOptions, tick: Tick
) -> None:
    book = Workbook()
    book.properties.creator = MAKER
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = kind.text[:31]
    words, lines = headings(kind, options), _lines(kind, records, options, tick)
    top = 1
    if options.title:
        page.cell(1, 1, options.title).font = Font(bold=True, size=14)
        page.cell(1, 1).alignment = Alignment(horizontal="center")
        page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(words))
        top = 2
    _write_head(page, top, words)
    framed = look(page, border=_BORDER)
    for column in range(1, len(words) + 1) if lines else ():  # the model of all lines
        put_on(page.cell(top + 1, column), framed)
    _set_widths(page, words, lines)
    page.freeze_panes = f"B{top + 1}"
    page.auto_filter.ref = f"A{top}:{get_column_letter(len(words))}{top + max(len(lines), 1)}"
    page.print_title_rows = f"1:{top}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.page_setup.fitToHeight = 0
    save_with_rows(book, page, Rows(top + 1, lines), target, lambda share: tick(0.5 + share / 2))


def _write_head(page: Worksheet, row: int, words: Sequence[str]) -> None:
    for column, word in enumerate(words, 1):
        cell = page.cell(row, column, word)
        cell.font, cell.fill, cell.border = Font(bold=True), _HEAD, _BORDER
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def _set_widths(page: Worksheet, words: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    for column, word in enumerate(words, 1):
        texts = [word, *(str(line[column - 1]) for line in lines[:200] if line[column - 1] is not None)]
        widest = max(_breadth(text) for text in texts)
        page.column_dimensions[get_column_letter(column)].width = min(max(widest + 2, _NARROWEST), _WIDEST)


def _breadth(text: str) -> float:
    """Columns are measured in Latin digits; a Chinese character is about two of them."""
    return sum(1.9 if ord(sign) > 0x2E80 else 1.0 for sign in text)
