"""A random draw that anybody can repeat with a seed and a list, in any program."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def draw(seed: str, names: Iterable[str], count: int) -> list[str]:
    """The `count` names drawn, in the order of the draw.

    Each name is given the SHA-256 of `seed:name` in UTF-8; the smallest are drawn. So a later program, or a
    spreadsheet, draws the same, and one name more in the list moves no other.
    """
    ranked = sorted(set(names), key=lambda name: (hashlib.sha256(f"{seed}:{name}".encode()).digest(), name))
    return ranked[:count]
