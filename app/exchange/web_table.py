"""Tables of a web page, which many systems hand out under the name of a workbook (.xls)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from html.parser import HTMLParser
from pathlib import Path

from app.errors import Invalid
from app.exchange.delimited import decode
from app.exchange.grid import Book, Sheet, Span, Value
from app.i18n import N_

MAX_BYTES = 60_000_000
MAX_CELLS = 5_000_000
_WIDEST = 16_384  # columns a sheet of a workbook has
_UNSEEN = frozenset({"script", "style", "head", "noscript"})
_ROWS, _CELLS = "tr", ("td", "th")


def is_web_archive(start: bytes) -> bool:
    """True for a page packed with its parts in one file (.mht), as Excel and old systems write it."""
    return b"mime-version:" in start.lower() or start.lower().lstrip().startswith(b"from: <saved by")


def read_web_tables(path: Path, encoding: str | None = None) -> Book | None:
    """The tables of a page as sheets, outer ones before those inside; None when it has none with words.

    Only words are read: no script runs, nothing is fetched, and no entity but a sign is known. Raises Invalid
    for a page that is too large.
    """
    return _book(path, [decode(_bytes(path), encoding, path.name)])


def read_web_archive(path: Path, encoding: str | None = None) -> Book:
    """The tables of every page in a packed one. Raises Invalid when it has none, or is too large."""
    parts = message_from_bytes(_bytes(path)).walk()
    pages = [(part.get_payload(decode=True), part.get_content_charset()) for part in parts
             if part.get_content_type() == "text/html"]  # fmt: skip
    texts = [
        decode(blob, encoding or _known(charset), path.name)
        for blob, charset in pages
        if isinstance(blob, bytes) and blob
    ]
    found = _book(path, texts) if texts else None
    if found is None:
        raise Invalid(
            N_("“{file}” is a web page, not a workbook."),
            code="not_a_workbook",
            hint=N_("Open it in Excel or WPS and save it as xlsx."),
            file=path.name,
        )
    return found


def _known(charset: str | None) -> str | None:
    """The encoding a part names; GB 2312 is said by programs that write all of GB18030."""
    return "gb18030" if charset in ("gb2312", "gbk") else charset


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(path)
    return path.read_bytes()


def _book(path: Path, pages: Sequence[tuple[str, str, Sequence[str]]]) -> Book | None:
    """The tables of pages (text, encoding, other encodings that would do); None when none has words."""
    reader = _Reader(path)
    for text, *_ in pages:
        reader.feed(text)
        reader.close()
        reader.reset()
    _, used, doubt = pages[0]
    filled = [table for table in reader.tables if any(any(row) for row in table.rows)]
    names = [path.stem if len(filled) == 1 else f"{path.stem} {at}" for at in range(1, len(filled) + 1)]
    sheets = [Sheet(name, table.rows, merged=table.spans) for name, table in zip(names, filled, strict=True)]
    return Book(path.name, "html", sheets, used, doubt) if sheets else None


@dataclass
class _Table:
    """Rows as they are laid out; `taken` are cells that a cell above or at the left covers."""

    rows: list[list[Value]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    taken: set[tuple[int, int]] = field(default_factory=set)
    words: list[str] | None = None
    reach: tuple[int, int] = (1, 1)

    def begin_cell(self, down: int, across: int) -> None:
        """A cell begins; the words that follow are its own."""
        self.end_cell()
        if not self.rows:
            self.rows.append([])
        self.words, self.reach = [], (down, across)

    def end_cell(self) -> None:
        """Put the cell where the next place is free."""
        if self.words is None:
            return
        row, line = len(self.rows), self.rows[-1]
        while (row, len(line) + 1) in self.taken:
            line.append(None)
        left, (down, across) = len(line) + 1, self.reach
        line.append(" ".join("".join(self.words).split()) or None)
        if down > 1 or across > 1:
            self.spans.append(Span(row, left, row + down - 1, left + across - 1))
            self.taken.update((row + y, left + x) for y in range(down) for x in range(across) if x or y)
        self.words = None


class _Reader(HTMLParser):
    """Goes through the page once; tables inside cells become tables of their own."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._unseen = ""
        self._path, self._cells = path, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A table, a row or a cell begins."""
        if tag in _UNSEEN:
            self._unseen = self._unseen or tag
        elif tag == "table":
            self._open.append(_Table())
            self.tables.append(self._open[-1])
        elif self._open and tag == _ROWS:
            self._open[-1].end_cell()
            self._open[-1].rows.append([])
        elif self._open and tag in _CELLS:
            said = dict(attrs)
            down, across = _count(said.get("rowspan")), _count(said.get("colspan"))
            self._cells += down * across
            if self._cells > MAX_CELLS:
                raise _too_large(self._path)
            self._open[-1].begin_cell(down, across)
        elif tag == "br":
            self._hear(" ")

    def handle_endtag(self, tag: str) -> None:
        """A table or what is not seen ends."""
        if tag == self._unseen:
            self._unseen = ""
        elif self._open and tag in (*_CELLS, _ROWS):
            self._open[-1].end_cell()
        elif self._open and tag == "table":
            self._open.pop().end_cell()

    def _hear(self, data: str) -> None:
        """Words of the cell that is open."""
        if self._open and not self._unseen and self._open[-1].words is not None:
            self._open[-1].words.append(data)

    handle_data = _hear  # the name the parser calls


def _count(said: str | None) -> int:
    words = (said or "").strip()
    return min(max(int(words), 1), _WIDEST) if words.isascii() and words.isdigit() and len(words) < 7 else 1


def _too_large(path: Path) -> Invalid:
    return Invalid(
        N_("The web page “{file}” is too large to be read as a table."),
        code="too_large",
        hint=N_("Open it in Excel or WPS and save it as xlsx."),
        file=path.name,
    )
