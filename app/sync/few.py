"""The forms of columns for a few values, without arrays, whose making takes longer than so little work.

Each gives exactly what its larger sister in `columns.py` gives; a test holds them together.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from math import copysign, isfinite

FEW = 64  # values for which no array is made
_EXACT = float(1 << 53)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - only distances are asked for
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_MILLISECOND = timedelta(milliseconds=1)
POINT = struct.Struct("<5s2d")


def pack_uuids(texts: Sequence[str]) -> bytes | None:
    """16 bytes for each uuid in its usual form; None when a text is none."""
    joined = "".join(texts)
    if len(joined) != 36 * len(texts):
        return None
    try:
        packed = bytes.fromhex(joined.replace("-", ""))
    except ValueError:
        return None
    return packed if len(packed) == 16 * len(texts) and unpack_uuids(packed) == list(texts) else None


def unpack_uuids(packed: bytes) -> list[str]:
    """The texts of uuids of 16 bytes each."""
    digits = packed.hex()
    return [
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-{digits[at + 12 : at + 16]}"
        f"-{digits[at + 16 : at + 20]}-{digits[at + 20 : at + 32]}"
        for at in range(0, len(digits), 32)
    ]


def moments_of(texts: Sequence[str]) -> list[int] | None:
    """Milliseconds since 1970 of moments; None when a text is none, or before that."""
    found = []
    for text in texts:
        if _MOMENT.fullmatch(text) is None:
            return None
        try:
            moment = (datetime.fromisoformat(text[:-1]) - _EPOCH) // _MILLISECOND
        except ValueError:
            return None
        if moment < 0:
            return None
        found.append(moment)
    return found


def moment_texts(moments: Sequence[int]) -> list[str]:
    """The moments as texts; the caller has looked at their years."""
    return [
        (_EPOCH + timedelta(milliseconds=moment)).isoformat(timespec="milliseconds") + "Z"
        for moment in moments
    ]


def whole(values: Sequence[float], decimals: int) -> list[int] | None:
    """Finite numbers without their point; None when one would not come back the same (so with -0.0)."""
    power = 10.0**decimals
    if max(map(abs, values)) >= _EXACT / power:
        return None
    found = []
    for value in values:
        number = round(value * power)
        if number / power != value or (not number and copysign(1.0, value) < 0):
            return None
        found.append(number)
    return found


def raw(values: Sequence[float]) -> list[int]:
    """The bits of real numbers as whole ones."""
    return list(struct.unpack(f"<{len(values)}q", struct.pack(f"<{len(values)}d", *values)))


def from_raw(bits: Sequence[int]) -> list[float]:
    """The real numbers of such bits."""
    return list(struct.unpack(f"<{len(bits)}d", struct.pack(f"<{len(bits)}q", *bits)))


def are_finite(values: Sequence[float]) -> bool:
    """Whether all are numbers."""
    return all(map(isfinite, values))


def ends_of(lengths: Sequence[int]) -> list[int]:
    """Where pieces of these lengths end."""
    return list(accumulate(lengths))
