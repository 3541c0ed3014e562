"""Workbooks that openpyxl reads and writes as a whole: it is heard how far it is, and can be left."""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.utils.bound_dictionary import BoundDictionary
from openpyxl.worksheet.dimensions import RowDimension

from app.exchange.ticking import Tick

_SHARE = 0.5  # of reading and writing a workbook, its reading
_TICK_ROWS = 200


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


class _HeardRows(BoundDictionary[int, RowDimension]):
    """The rows of a sheet: openpyxl asks for the height of each one when it writes it."""

    def __init__(self, rows: BoundDictionary[int, RowDimension], heard: Callable[[], None]) -> None:
        super().__init__(rows.reference, rows.default_factory)
        self.update(rows)
        self._heard = heard

    def get(self, row: Any, default: Any = None, /) -> Any:
        """What is known of a row, after whoever watches had a say."""
        self._heard()
        return super().get(row, default)


class _HeardBytes(BytesIO):
    """A place in memory that says when something is written to it."""

    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__()
        self._heard = heard

    def write(self, blob: Any, /) -> int:
        """Take some bytes, after whoever watches had a say."""
        self._heard()
        return super().write(blob)


def save_book(book: Workbook, target: Path, tick: Tick) -> None:
    """Write the workbook row by row; when `tick` raises nothing goes on, and the target is what it was.

    The workbook can be saved once. It is packed in memory first: while it is given up, nothing holds a file
    that somebody wants back.
    """
    whole = max(sum(page.max_row for page in book.worksheets), 1)
    done, given_up = 0, False

    def next_row() -> None:
        nonlocal done
        done += 1
        if done % _TICK_ROWS == 0:
            say()

    def say() -> None:
        nonlocal given_up
        if given_up:  # the package closes itself, and is not asked again
            return
        given_up = True
        tick(min(_SHARE + (1 - _SHARE) * done / whole, 1.0))
        given_up = False

    for page in book.worksheets:
        cast(Any, page).row_dimensions = _HeardRows(page.row_dimensions, next_row)
    made = _HeardBytes(say)
    book.save(made)
    target.write_bytes(made.getvalue())
