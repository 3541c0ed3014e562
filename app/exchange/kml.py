"""KML with Chinese field names made readable for GDAL, which would turn every Chinese letter into a dash."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path

from app.errors import Invalid
from app.exchange.grid import Sheet, is_blank
from app.i18n import N_

MAX_UNPACKED_BYTES = 400_000_000
_NAMED = re.compile(rb"(<(?:\w+:)?(?:Data|SimpleData|SimpleField)\b[^>]*?\bname\s*=\s*)([\"'])(.*?)\2")
_ENCODING = re.compile(rb"<\?xml[^>]*\bencoding=[\"']([\w-]+)")
_ALIAS = "field{}"
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
    encoding = declared[1].decode("ascii") if declared else "utf-8"
    names: dict[str, str] = {}
    aliases: dict[str, str] = {}

    def rename(match: re.Match[bytes]) -> bytes:
        name = unescape(match[3].decode(encoding, "replace")).strip()
        alias = aliases.setdefault(name, _ALIAS.format(len(aliases) + 1))
        names[alias] = name
        return match[1] + match[2] + alias.encode() + match[2]

    return _NAMED.sub(rename, blob), names


def with_true_names(sheet: Sheet, names: Mapping[str, str]) -> Sheet:
    """The layer under its own field names, without the empty columns that GDAL adds."""
    kept = [
        column
        for column, heading in enumerate(sheet.headings)
        if heading.lower() not in _ADDED or not all(is_blank(row[column]) for row in sheet.rows)
    ]
    rows = [[row[column] for column in kept] for row in sheet.rows]
    return replace(sheet, rows=rows, headings=[names.get(sheet.headings[n], sheet.headings[n]) for n in kept])


def _document(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as package:
            found = [item for item in package.infolist() if item.filename.lower().endswith(".kml")]
            if found and found[0].file_size <= MAX_UNPACKED_BYTES:
                return package.read(found[0])
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        pass
    raise Invalid(N_("“{file}” is damaged and cannot be opened."), code="unreadable_file", file=path.name)
