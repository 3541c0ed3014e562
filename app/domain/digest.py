"""The digest of an area: a sum over its cells, so that each change updates it and any order gives the same.

Both sides keep it as they write, and compare it after each sync; equal sums mean equal records. It guards
against faults, not against forgers, who are held by the signed blocks of the log.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import Any

MODULUS = 1 << 128
_BYTES = 16
_EMPTY = blake2b(digest_size=_BYTES)  # a copy costs a tenth of a new one
_FLOAT = struct.Struct("<d")
_cell: Callable[..., int] | None = None
_row: Callable[..., int] | None = None
_change: Callable[..., int] | None = None
_field: Callable[..., int] | None = None

with suppress(ImportError, AttributeError):  # without a compiler, or one that is older: thrice the time
    from app.domain import _digest

    _cell, _row, _change, _field = _digest.cell, _digest.row, _digest.change, _digest.field


def cell_hash(entity: str, uid: str, field_id: str, value: Any) -> int:
    """The share of one cell in its area's digest; unknown (None) and no texts have none.

    `value` is a value as it travels (`domain/replication.py`). A whole number and the same real number
    differ, so numbers must carry the type their field declares.
    """
    if value is None:
        return 0
    if _cell is not None:
        return _cell(entity, uid, field_id, value, _written)
    return plain_row_hash(entity, uid, {field_id: value})


def row_hash(entity: str, uid: str, cells: Mapping[str, Any]) -> int:
    """The share of a whole record."""
    if _row is not None and isinstance(cells, dict):
        return _row(entity, uid, cells, _written)
    return plain_row_hash(entity, uid, cells)


def change_hash(entity: str, uid: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """What the cells in `after` add to the digest, modulo `MODULUS`, when `before` has how they stood; those
    that stay equal add nothing."""
    if _change is not None and isinstance(before, dict) and isinstance(after, dict):
        return _change(entity, uid, before, after, _written)
    changed = [name for name, value in after.items() if before.get(name) != value]
    fresh = plain_row_hash(entity, uid, {name: after[name] for name in changed})
    return (fresh - plain_row_hash(entity, uid, {name: before.get(name) for name in changed})) % MODULUS


def field_hash(entity: str, field_id: str, cells: list[tuple[str, Any, Any]]) -> int:
    """What cells of one field (uid, value before, value after) of many records add to the digest, modulo
    `MODULUS`."""
    if _field is not None:
        return _field(entity, field_id, cells, _written)
    total = 0
    for uid, before, after in cells:
        total += change_hash(entity, uid, {field_id: before}, {field_id: after})
    return total % MODULUS


def plain_row_hash(entity: str, uid: str, cells: Mapping[str, Any]) -> int:
    """The same without compiled code."""
    begin, total, number = _EMPTY.copy(), 0, int.from_bytes
    begin.update(f"{entity}\0{uid}\0".encode())
    for name, value in cells.items():
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
