"""The digest of an area: a sum over its cells, so that each change updates it and any order gives the same.

Both sides keep it as they write, and compare it after each sync; equal sums mean equal records. It guards
against faults, not against forgers, who are held by the signed blocks of the log.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

MODULUS = 1 << 128
_BYTES = 16
_EMPTY = blake2b(digest_size=_BYTES)  # a copy costs a tenth of a new one
_FLOAT = struct.Struct("<d")


def cell_hash(entity: str, uid: str, field_id: str, value: Any) -> int:
    """The share of one cell in its area's digest; unknown (None) and no texts have none.

    `value` is a value as it travels (`domain/replication.py`). A whole number and the same real number
    differ, so numbers must carry the type their field declares.
    """
    if value is None or value == [] or value == ():
        return 0
    if type(value) is str:  # most are; one step instead of three
        content = f"{entity}\0{uid}\0{field_id}\0s{value}".encode()
    else:
        content = f"{entity}\0{uid}\0{field_id}\0".encode() + _written(value)
    hashed = _EMPTY.copy()
    hashed.update(content)
    return int.from_bytes(hashed.digest(), "little")


def row_hash(entity: str, uid: str, cells: Mapping[str, Any]) -> int:
    """The share of a whole record."""
    begin, total, number = _EMPTY.copy(), 0, int.from_bytes
    begin.update(f"{entity}\0{uid}\0".encode())
    for name, value in cells.items():  # `cell_hash` written out: a large push has a hundred thousand cells
        if type(value) is str:
            content = f"{name}\0s{value}".encode()
        elif value is None or value == [] or value == ():
            continue
        else:
            content = f"{name}\0".encode() + _written(value)
        hashed = begin.copy()
        hashed.update(content)
        total += number(hashed.digest(), "little")
    return total % MODULUS


def as_text(digest: int) -> str:
    """A digest as people and files write it: 32 hex digits."""
    return f"{digest % MODULUS:032x}"


def _written(value: Any) -> bytes:
    """A value with its type, so that the text 1 and the number 1 differ."""
    if isinstance(value, float):
        return b"f" + _FLOAT.pack(value + 0.0)  # adding zero makes -0.0 and 0.0 the same
    if isinstance(value, bytes | bytearray | memoryview):
        return b"g" + bytes(value)
    if isinstance(value, bool):
        return b"b1" if value else b"b0"
    if isinstance(value, int):
        return b"i%d" % value
    if isinstance(value, str):
        return b"s" + value.encode()
    return b"l" + "\0".join(value).encode()
