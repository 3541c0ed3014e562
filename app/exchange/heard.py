"""Workbooks that openpyxl reads and writes as a whole: it is heard how far it is, and can be left."""

from __future__ import annotations

from io import BufferedReader, BytesIO, FileIO
from pathlib import Path

from openpyxl import Workbook

from app.exchange.ticking import Tick, left_when_cancelled

_SHARE = 0.5  # of reading and writing a workbook, its reading


class Heard(BufferedReader):
    """A file whose every reading is heard: `tick(share)` with half of the share that was read, and may raise.

    openpyxl unpacks a workbook bit by bit, so one that is large is given up at the next bit.
    """

    def __init__(self, path: Path, tick: Tick) -> None:
        super().__init__(FileIO(path))
        self._tick, self._size, self._got = tick, max(path.stat().st_size, 1), 0

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, after whoever watches had a say."""
        self._tick(min(self._got / self._size, 1.0) * _SHARE)
        blob = super().read(size)
        self._got += len(blob)
        return blob


def save_book(book: Workbook, target: Path, tick: Tick) -> None:
    """Write the workbook; when `tick` raises, what was begun is dropped and ends by itself.

    It is packed in memory first: left alone, the packing holds no file that somebody wants back.
    """
    target.write_bytes(left_when_cancelled(lambda: _packed(book), tick, _SHARE))


def _packed(book: Workbook) -> bytes:
    made = BytesIO()
    book.save(made)
    return made.getvalue()
