"""The hub's log: one JSON line for each event, with codes and counts but no names, phones or values.

An unexpected error is logged by its kind and the places in the code it passed, never by its message, which
may quote what somebody entered.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

from app.domain.values import as_moment

LOG = logging.getLogger("gridward.hub")
_FIELDS = "fields"
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)
_NOISY = {"uvicorn.access": logging.CRITICAL, "uvicorn.error": logging.CRITICAL, "PIL": logging.WARNING}


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a message of another library is cut to its template, without the values put into it."""
        line: dict[str, object] = {
            "at": as_moment(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "event": str(record.msg) if record.name == LOG.name else f"{record.name}: {_template(record)}",
            "process": record.process,
        }
        line |= record.__dict__.get(_FIELDS, {})
        if record.exc_info and record.exc_info[1] is not None:
            line |= _without_words(record.exc_info[1])
        return _ENCODER.encode(line)


def say(event: str, **fields: object) -> None:
    """Log an event of the hub with its fields; they must be codes, counts and identifiers."""
    LOG.info(event, extra={_FIELDS: fields})


def say_mistake(error: BaseException) -> None:
    """Log where an unexpected error came from."""
    LOG.error("mistake", exc_info=error)


def set_up(stream: TextIO | None = None) -> None:
    """Send every log of this process to `stream` (standard error) as JSON lines."""
    target = logging.StreamHandler(stream or sys.stderr)
    target.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [target]
    root.setLevel(logging.WARNING)
    LOG.setLevel(logging.INFO)
    for name, level in _NOISY.items():
        logging.getLogger(name).setLevel(level)


def _template(record: logging.LogRecord) -> str:
    return str(record.msg).splitlines()[0][:200] if record.msg else ""


def _without_words(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return {
        "error": type(error).__name__,
        "where": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames],
    }
