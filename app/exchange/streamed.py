"""Many rows into a workbook at once: openpyxl makes everything but them, and one row as their model.

openpyxl keeps an object for each cell; for 50,000 boilers that takes a hundred seconds and a gigabyte.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.worksheet import Worksheet

from app.exchange.ticking import Tick, go_on

_TICK_ROWS = 500
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # no XML may hold them
_STYLE = re.compile(rb'<c r="([A-Z]+)\d+"(?: s="(\d+)")?')
_EXTENT = re.compile(rb'(<dimension ref="[A-Z]+\d+:[A-Z]+)(\d+)')
_HEIGHT = re.compile(r'\bht="[^"]*"')
_LONGEST = 32767  # characters a cell of a workbook holds


@dataclass(frozen=True)
class Rows:
    """Lines that go into a page from row `first` on; `heights` in points, none: all as high as the first."""

    first: int
    lines: Sequence[Sequence[Any]]
    heights: Sequence[float] = ()


def save_with_rows(book: Workbook, page: Worksheet, rows: Rows, target: Path, tick: Tick = go_on) -> None:
    """Save `book` with `rows` in its only sheet `page`.

    The first of them must be written already and tells the looks; the places of the others must be free.
    Texts stay texts, whatever they begin with. `tick(share)` may raise to cancel.
    """
    if not rows.lines:
        book.save(target)
        return
    made = target.with_name(f"{target.name}.made")
    try:
        book.save(made)
        with zipfile.ZipFile(made) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
            name = f"xl/worksheets/sheet{book.sheetnames.index(page.title) + 1}.xml"
            for entry in (entry for entry in source.infolist() if entry.filename != name):
                package.writestr(entry, source.read(entry))
            with package.open(name, "w", force_zip64=True) as part:
                _fill(source.read(name), rows, part, tick)
    finally:
        made.unlink(missing_ok=True)


def _fill(xml: bytes, rows: Rows, part: IO[bytes], tick: Tick) -> None:
    first, lines = rows.first, rows.lines
    model = re.search(rb'<row r="%d"([^>]*)>(.*?)</row>' % first, xml, re.S)
    assert model is not None, "the model row is written"
    styles = {found[1].decode(): int(found[2] or 0) for found in _STYLE.finditer(model[2])}
    head = xml[: model.start()]
    last = first + len(lines) - 1
    part.write(_EXTENT.sub(lambda old: old[1] + b"%d" % max(int(old[2]), last), head))
    attributes = model[1].decode()
    dressed = [_HEIGHT.sub(f'ht="{points}"', attributes) for points in rows.heights]
    dressed = dressed or [attributes] * len(lines)
    for chunk in _chunks(first, lines, dressed, styles, tick):
        part.write(chunk.encode())
    part.write(xml[model.end() :])


def _chunks(
    first: int, lines: Sequence[Sequence[Any]], dressed: Sequence[str], styles: dict[str, int], tick: Tick
) -> Iterator[str]:
    """The rows as XML, some hundred at a time."""
    rows = list[str]()
    letters = [get_column_letter(at) for at in range(1, max(map(len, lines)) + 1)]
    looks = [(letter, styles.get(letter, 0)) for letter in letters]
    for number, line in enumerate(lines, first):
        cells = (
            _cell(f'<c r="{letter}{number}" s="{worn}"', value)
            for (letter, worn), value in zip(looks, line, strict=False)
        )
        rows.append(f'<row r="{number}"{dressed[number - first]}>{"".join(cells)}</row>')
        if len(rows) >= _TICK_ROWS:
            tick((number - first) / len(lines))
            yield "".join(rows)
            rows.clear()
    yield "".join(rows)


def _cell(start: str, value: Any) -> str:
    """One cell: a number, a truth value, a day, or text in its place."""
    if value is None or value == "":
        return f"{start}/>"
    if isinstance(value, bool):
        return f'{start} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"{start}><v>{value!r}</v></c>"
    if isinstance(value, date | time):
        return f"{start}><v>{to_excel(value)!r}</v></c>"  # type: ignore[no-untyped-call]
    text = escape(_UNFIT.sub("", str(value))[:_LONGEST])
    return f'{start} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
