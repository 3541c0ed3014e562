"""The build of WKB, looked at before GEOS reads it.

GEOS follows geometries within geometries as deep as they go, and one of a megabyte can be so deep that the
process ends. Bytes that somebody else wrote are therefore looked at first.
"""

from __future__ import annotations

import struct

_SINGLE = frozenset((1, 2, 3))  # point, line, area
_SEVERAL = {4: frozenset((1,)), 5: frozenset((2,)), 6: frozenset((3,))}
_ANY = _SINGLE | _SEVERAL.keys()
_HEIGHT, _MEASURE, _SYSTEM = 0x80000000, 0x40000000, 0x20000000  # marks of EWKB beside the kind


def is_plain(wkb: bytes) -> bool:
    """Whether these are the bytes of a point, a line, an area, or several of one of them, each with all its
    numbers: nothing within which something else could lie."""
    try:
        return _end(wkb, 0, _ANY) <= len(wkb)
    except (struct.error, ValueError):  # cut, or of another kind
        return False


def _end(wkb: bytes, at: int, allowed: frozenset[int]) -> int:
    """Where a geometry of an allowed kind that begins at `at` ends; raises ValueError for another kind."""
    order = "<" if wkb[at : at + 1] == b"\x01" else ">"
    number = struct.Struct(f"{order}I")
    (told,) = number.unpack_from(wkb, at + 1)
    at += 9 if told & _SYSTEM else 5
    dimensions, kind = divmod(told & 0xFFFF, 1000)
    if kind not in allowed:
        raise ValueError("a geometry of another kind")
    more = bool(told & _HEIGHT or dimensions in (1, 3)) + bool(told & _MEASURE or dimensions in (2, 3))
    size = 8 * (2 + more)
    if kind == 1:
        return at + size
    count, at = _count(wkb, at, number)
    if kind == 2:
        return at + count * size
    for _ in range(count):
        if kind == 3:
            vertices, at = _count(wkb, at, number)
            at += vertices * size
        else:
            at = _end(wkb, at, _SEVERAL[kind])
    return at


def _count(wkb: bytes, at: int, number: struct.Struct) -> tuple[int, int]:
    """A number that says how many follow, and where these begin."""
    return int(number.unpack_from(wkb, at)[0]), at + number.size
