"""KML with Chinese field names made readable for GDAL, which would turn every Chinese letter into a dash."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path

from app.errors import Invalid
from app.exchange.grid import Sheet, Value, is_blank, text_of
from app.i18n import N_

MAX_UNPACKED_BYTES = 400_000_000
_NAMED = re.compile(rb"(<(?:\w+:)?(?:Data|SimpleData|SimpleField)\b[^>]*?\bname\s*=\s*)([\"'])(.*?)\2")
_ENCODING = re.compile(rb"<\?xml[^>]*\bencoding=[\"']([\w-]+)")
_ALIAS = "field{}"
_LEAST_PAIRS = 2
# What GDAL adds to every placemark; kept where a file fills it in.
_ADDED = frozenset(
    "id name 名称 description 备注 timestamp begin end icon altitudemode tessellate extrude visibility"
    " draworder".split()
)


def readable_kml(path: Path) -> tuple[bytes, Mapping[str, str]]:
    """The document of a kml or kmz with its field names replaced, and the true name of each replacement.

    Raises Invalid for a kmz that holds no document or an absurdly large one.
    """
    blob = _document(path) if path.suffix.lower() == ".kmz" else path.read_bytes()
    declared = _ENCODING.match(blob)
    encoding = _known(declared[1].decode("ascii", "replace")) if declared else "utf-8"
    names: dict[str, str] = {}
    aliases: dict[str, str] = {}

    def rename(match: re.Match[bytes]) -> bytes:
        name = unescape(match[3].decode(encoding, "replace")).strip()
        alias = aliases.setdefault(name, _ALIAS.format(len(aliases) + 1))
        names[alias] = name
        return match[1] + match[2] + alias.encode() + match[2]

    return _NAMED.sub(rename, blob), names


def _known(encoding: str) -> str:
    """An encoding by the name a file gives it; UTF-8 for a name that means none."""
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return "utf-8"


def with_true_names(sheet: Sheet, names: Mapping[str, str]) -> Sheet:
    """The layer under its own field names, without the empty columns that GDAL adds."""
    kept = [
        column
        for column, heading in enumerate(sheet.headings)
        if heading.lower() not in _ADDED or not all(is_blank(row[column]) for row in sheet.rows)
    ]
    rows = [[row[column] for column in kept] for row in sheet.rows]
    headings = [names.get(sheet.headings[n], sheet.headings[n]) for n in kept]
    return _with_described(replace(sheet, rows=rows, headings=headings))


def _with_described(sheet: Sheet) -> Sheet:
    """What placemarks say in lines of their description (“锅炉吨位：4”), or in a table there, as columns."""
    column = next((at for at, heading in enumerate(sheet.headings) if heading == "备注"), None)
    if column is None:
        return sheet
    said = [_pairs_in(text_of(row[column])) for row in sheet.rows]
    if 2 * sum(len(pairs) >= _LEAST_PAIRS for pairs in said) < len(said):
        return sheet
    words = [word for word in dict.fromkeys(word for pairs in said for word in pairs)
             if word not in sheet.headings]  # fmt: skip
    rows: list[list[Value]] = []
    for row, pairs in zip(sheet.rows, said, strict=True):
        told = len(pairs) >= _LEAST_PAIRS  # then the description has been read and is no note
        kept = [None if told and at == column else cell for at, cell in enumerate(row)]
        rows.append([*kept, *(pairs.get(word) for word in words)])
    return replace(sheet, rows=rows, headings=[*sheet.headings, *words])


def _pairs_in(description: str) -> dict[str, str]:
    """The words and values of a description, of its lines and the rows of its table."""
    text = re.sub(r"(?i)</t[dh]>\s*<t[dh][^>]*>", "：", description)
    text = re.sub(r"(?i)<br\s*/?>|</?(?:tr|p|div|li)[^>]*>", "\n", text)
    lines = unescape(re.sub(r"<[^>]*>", "", text)).splitlines()
    found = (re.match(r"\s*([^:：=]{2,16}?)\s*[:：=]\s*(.*\S)", line) for line in lines)
    return {match[1]: match[2].strip() for match in found if match}


def _document(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as package:
            found = [item for item in package.infolist() if item.filename.lower().endswith(".kml")]
            if found and found[0].file_size <= MAX_UNPACKED_BYTES:
                return package.read(found[0])
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        pass
    raise Invalid(N_("“{file}” is damaged and cannot be opened."), code="unreadable_file", file=path.name)
