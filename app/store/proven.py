"""Up to where the journal's chain was found whole, kept beside the file: each look goes on from there.

Not in the file: who looks is a reader, and a backup that is brought back is to be looked at whole. Whoever
can alter the file can alter the mark too; the whole chain, once a week, does not ask it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from app.store import chain
from app.store.chain import BEGINNING, Proven

WEEK = timedelta(days=7)


class _Mark(msgspec.Struct, frozen=True):
    proven: Proven
    whole_at: float  # seconds since 1970, when the whole chain was found whole


@dataclass(frozen=True)
class ChainLook:
    """What a look at the chain found; `whole` says that all of it was looked at."""

    problems: tuple[dict[str, Any], ...]
    whole: bool


def mark_path(file: Path) -> Path:
    """Where the mark of a workspace is."""
    return file.with_name(f".{file.name}.proven")


def look(
    connection: Connection, file: Path, now: datetime, between: Callable[[], None], *, how: str
) -> ChainLook:
    """Look at what was chained since the last look; `how`: "tail" no more than that, "weekly" all of it when
    the last such look is a week ago, "whole" all of it. Without a mark that fits the file it is all of it.
    `between` is called often, and may wait or raise to stop."""
    mark = _read(file)
    since = mark.proven if mark is not None and chain.has_link(connection, mark.proven) else BEGINNING
    age = now.timestamp() - mark.whole_at if mark is not None else -1.0
    due = how == "weekly" and not 0 <= age < WEEK.total_seconds()
    whole = how == "whole" or due or mark is None or since == BEGINNING
    problems, proven = chain.prove(connection, BEGINNING if whole else since, between)
    if problems:
        if whole:
            _forget(file)  # so that the next look finds it again
    elif whole or proven != since:
        _write(file, _Mark(proven, now.timestamp() if whole or mark is None else mark.whole_at))
    return ChainLook(tuple(problems), whole)


def _read(file: Path) -> _Mark | None:
    try:
        return msgspec.json.decode(mark_path(file).read_bytes(), type=_Mark)
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return None


def _write(file: Path, mark: _Mark) -> None:
    """Not brought to the disk at once: a mark that is lost costs a look at the whole."""
    target = mark_path(file)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    with suppress(OSError):  # a folder that only can be read
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(msgspec.json.encode(mark))
        part.replace(target)


def _forget(file: Path) -> None:
    with suppress(OSError):
        mark_path(file).unlink(missing_ok=True)
