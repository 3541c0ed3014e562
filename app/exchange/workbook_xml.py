"""What the fast workbook reader does not tell: hidden rows, cells in error, formulas nobody calculated; and
bombs."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree
from xml.sax.saxutils import unescape

from app.errors import Invalid
from app.exchange.grid import column_number
from app.exchange.ticking import Tick, go_on
from app.i18n import N_

MAX_UNPACKED_BYTES = 800_000_000
MAX_RATIO = 400  # ordinary sheets pack 5 to 30 times
_PIECE = 1 << 20
_READ = re.compile(
    r"xl/(?!media/|drawings/|embeddings/).*\.(?:xml|bin|rels)|content\.xml"
)  # by the fast reader
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml|content\.xml")
_HIDDEN_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"[^>]*?\bhidden="(?:1|true)"')
_ERROR = re.compile(rb'<c\b[^>]*?\br="([A-Z]+)(\d+)"[^>]*?\bt="e"[^>]*>.*?<v>([^<]*)</v>', re.S)
_FORMULA = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]+)(\d+)"[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_LINKED = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]+)(\d+)"[^>]*>\s*<f\b[^>]*>[^<]*\[(?:\d+|[^\]<]*\.xls\w*)\][^<]*</f>'
)
_FAR = re.compile(rb'<c\b[^>]*?\br="(?:[A-Z]{3}\d|[A-Z]{1,2}\d{5})')
_VALUED = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
_REPEATED = re.compile(
    rb'<table:table-cell\b(?=[^>]*office:value)[^>]*number-columns-repeated="(\d{4,7})"'
    rb'|<table:table-row\b[^>]*number-rows-repeated="(\d{4,7})"[^>]*>(?:(?!</table:table-row>).)*?office:value',
    re.S,
)
_XF = re.compile(rb"<xf\b[^>]*?\bnumFmtId=\"(\d+)\"")
_OWN_FORMAT = re.compile(rb'<numFmt\b[^>]*?\bnumFmtId="(\d+)"[^>]*?\bformatCode="([^"]*)"')
_MONTHS = frozenset({17, 27, 36, 50, 52, 57})  # built-in forms that show a year and a month
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
NO_RESULT = "="  # a formula without a stored result


@dataclass(frozen=True)
class Extras:
    """What a sheet's XML says beyond its values."""

    hidden_rows: frozenset[int]
    faults: dict[tuple[int, int], str]
    linked: frozenset[tuple[int, int]] = frozenset()  # cells (row, column) that look into another workbook
    months: frozenset[tuple[int, int]] = frozenset()  # cells whose dates are shown without a day


def check_bomb(path: Path) -> None:
    """Raise Invalid when the packed workbook would unpack to an absurd size, or is no package at all."""
    try:
        with zipfile.ZipFile(path) as package:
            sizes = [(entry.file_size, entry.compress_size) for entry in package.infolist()]
    except zipfile.BadZipFile as error:
        raise _damaged(path) from error
    unpacked, packed = sum(size for size, _ in sizes), sum(size for _, size in sizes) or 1
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > 50_000_000 and unpacked / packed > MAX_RATIO):
        raise Invalid(
            N_("“{file}” would unpack to {mb} MB; that is no ordinary workbook."),
            code="too_large",
            hint=N_("Copy the ledger's sheet into a new workbook and import that."),
            file=path.name,
            mb=unpacked // 1_000_000,
        )


def _damaged(path: Path | str | None) -> Invalid:
    return Invalid(
        N_("“{file}” is damaged and cannot be opened."),
        code="unreadable_file",
        hint=N_("Open it in Excel or WPS, repair it and save it again."),
        file=Path(path or "").name,
    )


def check_extent(path: Path, limit: int, tick: Tick = go_on) -> None:
    """Raise Invalid when the cells with a value span more than `limit` cells, as one in the last row does.

    The fast reader makes room for the whole rectangle at once; where there is none it ends the program. It
    also unpacks whatever there is: a part that unpacks to more than it says is refused here.
    """
    with zipfile.ZipFile(path) as package:
        for entry in package.infolist():
            if not _READ.fullmatch(entry.filename):
                continue
            xml = _unpacked(package, entry, tick)
            if not _SHEET.fullmatch(entry.filename):
                continue
            rows, columns = _extent(xml)
            if rows * columns > limit:
                raise Invalid(
                    N_("A sheet of “{file}” claims {rows} rows and {columns} columns."),
                    code="too_large",
                    hint=N_("Copy the ledger's rows into a new workbook and import that."),
                    file=path.name,
                    rows=rows,
                    columns=columns,
                )


def _unpacked(package: zipfile.ZipFile, entry: zipfile.ZipInfo, tick: Tick) -> bytes:
    """A part piece by piece; raises Invalid when it is not as long as it says, or damaged."""
    whole, room = bytearray(), copy(entry)
    room.file_size = entry.file_size + 1  # one byte more shows that there is more
    try:
        with package.open(room) as part:
            while piece := part.read(_PIECE):
                tick(0.0)
                whole += piece
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        whole = bytearray(entry.file_size + 1)  # damaged, or packed in a way that no program for tables uses
    if len(whole) != entry.file_size:
        raise _damaged(package.filename)
    return bytes(whole)


def _extent(xml: bytes) -> tuple[int, int]:
    """The last row and column that hold a value; only looked for closely where some cell lies far out."""
    repeated = [int(found[1] or found[2]) for found in _REPEATED.finditer(xml)]
    if repeated:  # of an ods: a valued cell that stands many times
        return max(repeated), max(repeated)
    lines = xml.split(b"<row")
    counted = len(lines) - 1, max(line.count(b"<c ") + line.count(b"<c>") for line in lines)
    if not _FAR.search(xml):
        return counted[0], counted[1]
    letters, numbers = set[bytes](), set[bytes]()  # few of the one, and each reckoned once
    for found in _VALUED.finditer(xml):
        letters.add(found[1])
        numbers.add(found[2])
    rows = max(map(int, numbers), default=0)
    columns = max((column_number(item.decode()) for item in letters), default=0)
    return max(counted[0], rows), max(counted[1], columns)


def read_extras(path: Path, tick: Tick = go_on) -> dict[str, Extras]:
    """The extras of every sheet by its name; nothing for a file that is not in the xlsx form."""
    with zipfile.ZipFile(path) as package:
        names = set(package.namelist())
        if "xl/workbook.xml" not in names:
            return {}
        files = _sheet_files(package, names)
        styles = _month_styles(package.read("xl/styles.xml")) if "xl/styles.xml" in names else ()
        found = {}
        for sheet, file in files.items():
            tick(0.0)
            if file in names:
                found[sheet] = _extras(package.read(file), styles)
        return found


def _month_styles(xml: bytes) -> Sequence[int]:
    """The cell styles that show of a date its year and month, such as 2018年10月."""
    forms = ((int(found[1]), found[2].decode("utf-8", "replace")) for found in _OWN_FORMAT.finditer(xml))
    own = {number: unescape(form, {"&quot;": '"'}) for number, form in forms}
    months = _MONTHS | {number for number, form in own.items() if _shows_months(form)}
    cells = xml.partition(b"<cellXfs")[2].partition(b"</cellXfs>")[0]
    return [at for at, found in enumerate(_XF.finditer(cells)) if int(found[1]) in months]


def _shows_months(form: str) -> bool:
    signs = re.sub(r"""\[[^]]*\]|"[^"]*"|\\.|_.|\*.""", "", form.partition(";")[0]).casefold()
    return "y" in signs and "m" in signs and not re.search("[dhs]", signs)


def _sheet_files(package: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    relations = "xl/_rels/workbook.xml.rels"
    if relations not in names:
        return {}
    try:
        targets = {
            item.get("Id", ""): item.get("Target", "")
            for item in ElementTree.fromstring(package.read(relations))
        }
        book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    except ElementTree.ParseError:
        return {}
    found = {}
    for item in book.iter():
        if item.tag.endswith("}sheet"):
            target = targets.get(item.get(_RELATION, ""), "")
            file = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
            found[item.get("name", "")] = file
    return found


def _extras(xml: bytes, month_styles: Sequence[int] = ()) -> Extras:
    months = frozenset[tuple[int, int]]()
    if month_styles:
        wanted = "|".join(str(style) for style in month_styles).encode()
        cells = re.finditer(rb'<c\b[^>]*?\br="([A-Z]+)(\d+)"[^>]*?\bs="(?:%b)"' % wanted, xml)
        months = frozenset((int(found[2]), column_number(found[1].decode())) for found in cells)
    hidden = (
        frozenset(int(match[1]) for match in _HIDDEN_ROW.finditer(xml)) if b"hidden=" in xml else frozenset()
    )
    faults = {}
    if b't="e"' in xml:
        for match in _ERROR.finditer(xml):
            faults[int(match[2]), column_number(match[1].decode())] = match[3].decode("utf-8", "replace")
    if b"<f" not in xml:
        return Extras(hidden, faults, months=months)
    for match in _FORMULA.finditer(xml):
        faults[int(match[2]), column_number(match[1].decode())] = NO_RESULT
    linked = ((int(match[2]), column_number(match[1].decode())) for match in _LINKED.finditer(xml))
    return Extras(hidden, faults, frozenset(linked), months)
