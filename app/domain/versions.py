"""Versions of the program as numbers with dots, such as 1.4.2: which is lower."""

from __future__ import annotations

import re

_NUMBERS = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}", re.ASCII)
_PARTS = 4


def is_version(text: str) -> bool:
    """Whether somebody wrote a version."""
    return _NUMBERS.fullmatch(text) is not None


def is_below(program: str, minimum: str) -> bool:
    """Whether a version is lower than the lowest that may sync ("" when any may). One that is not known is
    lower than all."""
    return bool(minimum) and _numbers(program) < _numbers(minimum)


def _numbers(text: str) -> list[int]:
    """What begins the text as a version: 1.2.0.dev3 counts as 1.2; [-1] when nothing does."""
    found = _NUMBERS.match(text)
    if found is None:
        return [-1]
    numbers = [int(part) for part in found.group().split(".")]
    return numbers + [0] * (_PARTS - len(numbers))
