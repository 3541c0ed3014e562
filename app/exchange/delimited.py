"""Delimited text: the encoding told from the bytes (BOM, then UTF-8, then GB18030), the delimiter from the
rows."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from pathlib import Path

from app.errors import Invalid
from app.exchange.grid import Book, Sheet, Value
from app.exchange.reasons import reason_of, said_by
from app.i18n import N_

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_DELIMITERS = ",\t;|，"
SURE = 0.6  # share of a Chinese text's characters that are everyday ones in the right encoding
ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16")


def read_delimited(path: Path, encoding: str | None = None) -> Book:
    """Read a CSV, TSV or semicolon file. Raises Invalid when no encoding reads it."""
    blob = path.read_bytes()
    text, used, doubt = decode(blob, encoding, path.name)
    rows = _rows(text, path.name)
    sheet = Sheet(path.stem, rows)
    if sheet.is_empty:
        raise Invalid(N_("“{file}” is empty."), code="empty", file=path.name)
    return Book(path.name, "csv", [sheet], used, doubt)


def decode(blob: bytes, encoding: str | None, name: str) -> tuple[str, str, Sequence[str]]:
    """The text of `blob`, the encoding used, and the encodings that would read it too when in doubt."""
    if encoding:
        return _decode_as(blob, encoding, name), encoding.lower(), ()
    for mark, codec in _BOMS:
        if blob.startswith(mark):
            try:
                return blob.decode(codec).lstrip("\ufeff"), codec.removesuffix("-sig"), ()
            except UnicodeError:  # the mark lies: the bytes behind it decide
                blob = blob.removeprefix(mark)
    try:
        return blob.decode("utf-8"), "utf-8", ()
    except UnicodeDecodeError:
        pass
    try:
        text = blob.decode("gb18030")
    except UnicodeDecodeError:
        return _last_resort(blob, name)
    if everyday_share(blob) >= SURE:
        return text, "gb18030", ()
    return text, "gb18030", ("gb18030", "big5")


def _decode_as(blob: bytes, encoding: str, name: str) -> str:
    try:
        text = blob.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except LookupError as error:
        raise Invalid(
            N_("There is no encoding “{encoding}”."),
            code="encoding",
            encoding=encoding,
            hint=N_("Known encodings: {known}"),
            known=" ".join(ENCODINGS),
        ) from error
    except UnicodeError as error:
        raise Invalid(
            N_("“{file}” is not written in {encoding}."),
            code="encoding",
            file=name,
            encoding=encoding,
            hint=N_("Leave out --encoding, or try gb18030."),
        ) from error
    return text


def _last_resort(blob: bytes, name: str) -> tuple[str, str, Sequence[str]]:
    """Neither UTF-8 nor GB18030: UTF-16 without a mark, or damaged bytes in an otherwise readable text."""
    if blob.count(b"\x00") > len(blob) // 4:
        little = blob[1::2].count(0) > blob[::2].count(0)
        return _decode_as(blob, "utf-16-le" if little else "utf-16-be", name), "utf-16", ()
    for encoding in ("utf-8", "gb18030"):
        text = blob.decode(encoding, "replace")
        if text.count("\ufffd") <= len(text) // 200:
            return text, encoding, ("gb18030", "utf-8", "big5")
    raise Invalid(
        N_("The text of “{file}” is in no known encoding."),
        code="encoding",
        file=name,
        hint=N_("Line {line} is the first that is not UTF-8. Open it in Excel or WPS and save it as xlsx."),
        line=_first_line_unlike_utf8(blob),
    )


def _first_line_unlike_utf8(blob: bytes) -> int:
    try:
        blob.decode("utf-8")
    except UnicodeDecodeError as error:
        return blob.count(b"\n", 0, error.start) + 1
    return 1


def everyday_share(blob: bytes) -> float:
    """Of the two-byte characters in GB bytes, the share that are everyday ones (level 1 of GB 2312) or
    punctuation."""
    common = pairs = index = 0
    while index < len(blob) - 1:
        lead = blob[index]
        if lead < 0x81:
            index += 1
            continue
        pairs += 1
        common += (0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA9) and blob[index + 1] >= 0xA1
        index += 2
    return common / pairs if pairs else 1.0


def _rows(text: str, name: str) -> list[list[Value]]:
    delimiter = _delimiter(text)
    lines = text.replace("\x00", "").splitlines(keepends=True)
    csv.field_size_limit(10_000_000)
    try:
        read = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise Invalid(
            N_("“{file}” is not a table: {why}"),
            code="unreadable_file",
            details=said_by(error),
            file=name,
            why=reason_of(error),
        ) from error
    return [[cell.strip() or None for cell in row] for row in read]


def _delimiter(text: str) -> str:
    """The sign that divides most of the first lines into the same number of columns."""
    lines = [line for line in text.splitlines()[:40] if line.strip()]

    def regularity(sign: str) -> tuple[int, int]:
        counts = [line.count(sign) for line in lines]
        usual = max(set(counts), key=counts.count) if counts else 0
        return (counts.count(usual) if usual else 0, usual)

    best = max(_DELIMITERS, key=regularity)
    return best if any(best in line for line in lines) else ","
