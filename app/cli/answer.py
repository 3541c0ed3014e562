"""What a command answers: one JSON document, the same for people as lines, and the exit code."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.values import show_moment
from app.errors import AppError
from app.i18n import N_, tr

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")  # as documents have it, in UTC


@dataclass(frozen=True)
class Answer:
    """`document` goes to standard output with --json, `lines` without; `exit_code` ends the command."""

    document: Any
    lines: Sequence[str] = ()
    exit_code: int = 0


class Bar:
    """A progress bar on standard error; whatever is said next begins on a line of its own."""

    def __init__(self) -> None:
        self._open = False

    def __call__(self, done: int, whole: int, text: str) -> None:
        """Show that `done` of `whole` is done; what is only waited for leaves it as it stands."""
        if not (whole or text):
            return
        share = min(max(done / whole, 0.0), 1.0) if whole else 0.0
        sys.stderr.write(f"\r\033[K[{'#' * round(share * 30):<30}] {share:4.0%} {text}")
        sys.stderr.flush()
        self._open = True

    def end(self) -> None:
        """Leave the bar as it is and go to the next line."""
        if self._open:
            sys.stderr.write("\n")
            self._open = False


BAR = Bar()


def print_document(document: Any) -> None:
    """The one JSON document, in UTF-8 whatever the terminal speaks."""
    text = json.dumps(document, ensure_ascii=False, indent=1, default=_plain)
    sys.stdout.flush()
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None:  # a test or an embedding program put a text stream there
        sys.stdout.write(f"{text}\n")
        return
    raw.write(f"{text}\n".encode())
    raw.flush()


def print_lines(lines: Iterable[str]) -> None:
    """Lines for people on standard output."""
    BAR.end()
    for line in lines:
        print(line)
    sys.stdout.flush()


def note(text: str) -> None:
    """A remark for people, beside what the command answers."""
    BAR.end()
    print(text, file=sys.stderr)


def refusal(error: AppError) -> dict[str, Any]:
    """The JSON of a refusal."""
    return {
        "error": error.code,
        "message": error.message,
        "hint": error.hint,
        "details": list(error.details),
    }


def note_refusal(error: AppError) -> None:
    """A refusal in words: what happened, what to do, which rows or fields."""
    note(error.message)
    if error.hint:
        note(f"  {error.hint}")
    said = error.message
    for detail in error.details:
        line = _detail(detail)
        if line != said:
            note(f"  - {line}")


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Columns under headings, aligned by the width of Chinese characters."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(headings, *cells, strict=True)]
    rule = ["-" * width for width in widths]
    return ["  ".join(map(_pad, row, widths)).rstrip() for row in (headings, rule, *cells)]


def pairs(document: Mapping[str, Any]) -> list[str]:
    """One line for each key and value; a dash where there is none."""
    width = max((_width(str(key)) for key in document), default=0)
    return [f"{_pad(str(key), width)}  {_cell(value) or '–'}" for key, value in document.items()]


def _detail(detail: object) -> str:
    if isinstance(detail, Mapping):
        return str(detail.get("why") or "; ".join(f"{key}: {value}" for key, value in detail.items()))
    return str(detail)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return tr(N_("Yes")) if value else tr(N_("No"))
    if isinstance(value, Mapping):
        return "  ".join(f"{key} {_cell(item)}" for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(_cell(item) for item in value)
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return show_moment(value)
    return str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)
