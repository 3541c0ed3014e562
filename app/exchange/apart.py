"""Reading in another process: GDAL and GEOS keep the interpreter's lock for seconds with a long file, and a
window in the same process would stand still meanwhile."""

from __future__ import annotations

import glob
import multiprocessing
import os
import signal
import tempfile
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from app.errors import AppError, Invalid
from app.exchange.ticking import Tick, go_on
from app.i18n import N_

T = TypeVar("T")
LONG_BYTES = (
    1_000_000  # below, a read holds the lock for less than 30 ms, and a process takes longer to start
)
_PACKED_BYTES = 100_000
_PACKED = (".kmz", ".zip")
_BESIDE = (".shp", ".tab", ".mif")  # most of these lies in files of the same name
_LOOK_EVERY_S = 0.05
_NICE = 5
_PART, _END, _FAILED = range(3)


def is_long(path: Path) -> bool:
    """Whether a map file, with what lies beside it, is better read in another process."""
    with suppress(OSError):
        if path.suffix.lower() in _PACKED:
            return path.stat().st_size > _PACKED_BYTES
        beside = path.suffix.lower() in _BESIDE
        parts = path.parent.glob(f"{glob.escape(path.stem)}.*") if beside else [path]
        return sum(part.stat().st_size for part in parts) > LONG_BYTES
    return False


def parts_of(
    path: Path, read: Callable[..., Iterable[T]], *given: Any, tick: Tick = go_on
) -> Generator[T, None, None]:
    """What `read(path, *given)` yields: here for a short file, made in another process for a long one.

    `read` is a function of a module, what it is given and yields can be pickled, and each part is small: its
    unpacking is what is left of the work here. `tick(0.0)` is asked while the process works; when it raises,
    and when the generator is closed, the process is ended, and what it had in the temporary folder goes with
    it. Raises what `read` raised, and Invalid when the process broke down.
    """
    if not is_long(path):
        yield from read(path, *given)
        return
    apart = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="gridward-read-", ignore_cleanup_errors=True) as scratch:
        here, there = apart.Pipe(duplex=False)
        process = apart.Process(target=_work, args=(there, scratch, read, path, *given), daemon=True)
        process.start()
        there.close()
        try:
            with closing(here):
                yield from _received(here, path, tick)
        finally:
            process.kill()
            process.join()


def _received(here: Connection, path: Path, tick: Tick) -> Generator[Any, None, None]:
    while True:
        while not _ready(here):
            tick(0.0)
        try:
            kind, value = here.recv()
        except (EOFError, OSError) as error:  # OSError: it ended in the middle of a part
            raise Invalid(
                N_("“{file}” cannot be read: the reading broke down."),
                code="unreadable_file",
                hint=N_("The file is damaged, or too large for the memory of this computer."),
                file=path.name,
            ) from error
        if kind == _END:
            return
        if kind == _FAILED:
            raise value
        yield value


def _ready(here: Connection) -> bool:
    """Whether there is a part to be had, or no more ever."""
    try:
        return here.poll(_LOOK_EVERY_S)
    except OSError:  # Windows says so here already when the other end is gone
        return True


def _work(
    there: Connection, scratch: str, read: Callable[..., Iterable[Any]], path: Path, *given: Any
) -> None:
    """All that the other process does. Ctrl+C is the first one's matter, which then ends this one.

    `scratch` is the folder for what it needs for a while: it is ended without a word, and cleans nothing.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = scratch
    if hasattr(os, "nice"):
        os.nice(_NICE)
    with suppress(BrokenPipeError):  # nobody wants it any more
        try:
            for part in read(path, *given):
                there.send((_PART, part))
        except AppError as error:
            there.send((_FAILED, error))
        except (BrokenPipeError, MemoryError):  # of memory nothing is told: the first process says what it is
            raise
        except Exception as error:  # a mistake, told where it can be seen
            lines = "".join(traceback.format_exception(error))
            there.send((_FAILED, RuntimeError(f"in the reading process: {lines}")))
        else:
            there.send((_END, None))
