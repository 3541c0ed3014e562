"""Columns of values as they travel: equal things beside each other, every value exactly as it was.

A column starts with the kind of each of its values (one number when they are all alike), then the values
of each kind together. Texts that are uuids or moments, points, and numbers with few decimals have shorter
forms, taken only where they give back the same value to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.sync import few
from app.sync.parts import Malformed, Reader, Writer

_NONE, _BOOL, _INT, _FLOAT, _TEXT, _BYTES, _TEXTS = range(7)
_KINDS: dict[type, int] = {
    type(None): _NONE, bool: _BOOL, int: _INT, float: _FLOAT, str: _TEXT, bytes: _BYTES, list: _TEXTS,
    tuple: _TEXTS,
}  # fmt: skip
_PLAIN, _LISTED, _UUIDS, _MOMENTS = range(4)  # the forms of texts
_JOINED, _POINTS = range(2)  # the forms of bytes
_RAW = 10  # of real numbers: as they are, else the number of decimals
_EXACT = float(1 << 53)
_POINT = np.dtype([("head", "V5"), ("x", "<f8"), ("y", "<f8")])
_POINT_HEAD = b"\x01\x01\x00\x00\x00"  # WKB: little-endian, type 1
_UUID = 36  # letters
_UUID_DASHES = (8, 13, 18, 23)
_UUID_DIGITS = [place for place in range(36) if place not in _UUID_DASHES]
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_HEX_VALUE = np.full(256, 16, np.uint8)
_HEX_VALUE[_HEX] = np.arange(16)
_MOMENT = np.frombuffer(b"0000-00-00T00:00:00.000Z", np.uint8)
_MOMENT_DIGITS = np.flatnonzero(ord("0") == _MOMENT)
_MOMENT_MARKS = np.flatnonzero(ord("0") != _MOMENT)
_LAST_MOMENT = 253_402_300_799_999  # the end of the year 9999, in ms


def write_values(out: Writer, values: Sequence[Any]) -> None:
    """A column of any values that may travel; raises Malformed for one that may not."""
    kinds = set(map(type, values))
    if len(kinds) == 1 and (alike := _KINDS.get(type(values[0]))) is not None:
        out.numbers.append(alike)
        _WRITE[alike](out, values)
        return
    if not kinds <= _KINDS.keys():
        raise Malformed(f"a value of the type {', '.join(sorted(kind.__name__ for kind in kinds))}")
    present = sorted({_KINDS[kind] for kind in kinds})
    if len(present) <= 1:  # nothing at all, or lists and tuples
        out.number(present[0] if present else _NONE)
        by_kind = {present[0]: values} if present else {}
    else:
        out.number(len(_WRITE))
        tags = [_KINDS[type(value)] for value in values]
        out.ints(tags)
        by_kind = {kind: [v for v, tag in zip(values, tags, strict=True) if tag == kind] for kind in present}
    for kind, those in by_kind.items():
        _WRITE[kind](out, those)


def read_values(source: Reader, count: int) -> list[Any]:
    """A column of `count` values."""
    kind = source.number(len(_READ))
    if kind < len(_READ):
        return _READ[kind](source, count)
    if count <= few.FEW:
        return _read_few(source, count)
    tags = source.indexes(count, len(_READ))
    found = np.empty(count, object)
    for kind in np.unique(tags).tolist():
        here = np.flatnonzero(tags == kind)
        column = np.empty(len(here), object)
        column[:] = _READ[kind](source, len(here))
        found[here] = column
    return list(found.tolist())


def _read_few(source: Reader, count: int) -> list[Any]:
    tags = source.places(count, len(_READ))
    parts = {kind: iter(_READ[kind](source, tags.count(kind))) for kind in sorted(set(tags))}
    return [next(parts[tag]) for tag in tags]


# ------------------------------------------------------------------ texts
def write_texts(out: Writer, texts: Sequence[str]) -> None:
    """A column of texts, in the shortest of their forms."""
    if not texts:
        return
    if len(texts[0]) == _UUID and (packed := pack_uuids(texts)):
        out.number(_UUIDS)
        out.chunk(packed)
    elif (moments := moments_of(texts)) is not None:
        out.number(_MOMENTS)
        out.ints(moments)
    elif len(distinct := dict.fromkeys(texts)) <= len(texts) * 0.7:
        out.number(_LISTED)
        out.number(len(distinct))
        _write_joined(out, list(distinct))
        places = {text: place for place, text in enumerate(distinct)}
        out.ints([places[text] for text in texts])
    else:
        out.number(_PLAIN)
        _write_joined(out, texts)


def read_texts(source: Reader, count: int) -> list[str]:
    """A column of `count` texts."""
    if not count:
        return []
    form = source.number(_MOMENTS)
    if form == _UUIDS:
        return unpack_uuids(source.chunk(16 * count))
    if form == _MOMENTS:
        return moment_texts(source.whole(count))
    if form == _PLAIN:
        return _read_joined(source, count)
    distinct = _read_joined(source, source.number(count))
    return [distinct[place] for place in source.places(count, len(distinct))]


def pack_uuids(texts: Sequence[str]) -> bytes | None:
    """16 bytes for each uuid in its usual form (lower case, four dashes); None when a text is none."""
    if len(texts) <= few.FEW:
        return few.pack_uuids(texts)
    joined = "".join(texts)
    if len(joined) != 36 * len(texts) or not joined.isascii():
        return None
    letters = np.frombuffer(joined.encode("ascii"), np.uint8).reshape(-1, 36)
    digits = _HEX_VALUE[letters[:, _UUID_DIGITS]]
    if (letters[:, _UUID_DASHES] != ord("-")).any() or (digits > 15).any() or set(map(len, texts)) != {36}:
        return None
    return bytes((digits[:, ::2] << 4 | digits[:, 1::2]).tobytes())


def unpack_uuids(packed: bytes) -> list[str]:
    """The texts of uuids of 16 bytes each."""
    if len(packed) <= few.FEW * 16:
        return few.unpack_uuids(packed)
    given = np.frombuffer(packed, np.uint8).reshape(-1, 16)
    letters = np.full((len(given), 36), ord("-"), np.uint8)
    letters[:, _UUID_DIGITS[::2]] = _HEX[given >> 4]
    letters[:, _UUID_DIGITS[1::2]] = _HEX[given & 15]
    joined = letters.tobytes().decode("ascii")
    return [joined[at : at + 36] for at in range(0, len(joined), 36)]


def _write_joined(out: Writer, texts: Sequence[str]) -> None:
    joined = "".join(texts).encode("utf-8")
    out.ints(list(map(len, texts)))
    out.numbers.append(len(joined))
    out.chunk(joined)


def _read_joined(source: Reader, count: int) -> list[str]:
    lengths = source.whole(count)
    joined = source.chunk(source.number(source.left)).decode("utf-8")
    return _cut(joined, lengths)


def _cut(joined: Any, lengths: list[int]) -> list[Any]:
    """Something in pieces of these lengths, which must make up all of it."""
    if sum(lengths) != len(joined) or (lengths and min(lengths) < 0):
        raise Malformed("lengths that do not add up")
    if len(lengths) == 1:
        return [joined]
    begin, found = 0, []
    for length in lengths:
        end = begin + length
        found.append(joined[begin:end])
        begin = end
    return found


def moments_of(texts: Sequence[str]) -> Sequence[int] | NDArray[np.int64] | None:
    """Milliseconds since 1970 for moments like 2026-11-23T10:00:00.000Z; None for other texts."""
    if texts[0][-1:] != "Z" or set(map(len, texts)) != {len(_MOMENT)}:
        return None
    if len(texts) <= few.FEW:
        return few.moments_of(texts)
    joined = "".join(texts)
    if not joined.isascii():
        return None
    letters = np.frombuffer(joined.encode("ascii"), np.uint8).reshape(-1, len(_MOMENT))
    digits = letters[:, _MOMENT_DIGITS]
    if (
        (letters[:, _MOMENT_MARKS] != _MOMENT[_MOMENT_MARKS]).any()
        or (digits < 48).any()
        or (digits > 57).any()
    ):
        return None
    try:
        found = np.array([text[:-1] for text in texts], "datetime64[ms]").view(np.int64)
    except ValueError:
        return None
    inside = bool((found >= 0).all() and (found <= _LAST_MOMENT).all())
    return found if inside and moment_texts(found.tolist()) == list(texts) else None


def moment_texts(moments: Sequence[int]) -> list[str]:
    """The moments as texts; raises Malformed for years before 1970 or after 9999."""
    if not moments:
        return []
    if min(moments) < 0 or max(moments) > _LAST_MOMENT:
        raise Malformed("a moment outside the years 1970 to 9999")
    if len(moments) <= few.FEW:
        return few.moment_texts(moments)
    texts = np.datetime_as_string(np.asarray(moments, np.int64).view("datetime64[ms]"), unit="ms").tolist()
    return [f"{text}Z" for text in texts]


# ------------------------------------------------------------------ the other kinds
def _write_nothing(out: Writer, values: Sequence[Any]) -> None:
    """None needs no more than its kind."""


def _read_nothing(source: Reader, count: int) -> list[Any]:
    return [None] * count


def _write_bools(out: Writer, values: Sequence[Any]) -> None:
    out.ints([int(value) for value in values])


def _read_bools(source: Reader, count: int) -> list[Any]:
    return list(map(bool, source.places(count, 2)))


def _write_ints(out: Writer, values: Sequence[Any]) -> None:
    try:
        out.ints(values)
    except OverflowError:
        raise Malformed("a whole number of more than 64 bits") from None


def _read_ints(source: Reader, count: int) -> list[Any]:
    return source.whole(count)


def _write_floats(out: Writer, values: Sequence[Any]) -> None:
    if len(values) <= few.FEW:
        _write_few_floats(out, values)
        return
    array = np.asarray(values, np.float64)
    if not np.isfinite(array).all():
        raise Malformed("a number that is none")
    for decimals in range(_RAW):
        whole = _whole(array, decimals)
        if whole is not None:
            out.number(decimals)
            out.ints(whole)
            return
    out.number(_RAW)
    out.ints(array.view(np.int64))


def _write_few_floats(out: Writer, values: Sequence[float]) -> None:
    if not few.are_finite(values):
        raise Malformed("a number that is none")
    for decimals in range(_RAW):
        whole = few.whole(values, decimals)
        if whole is not None:
            out.number(decimals)
            out.ints(whole)
            return
    out.number(_RAW)
    out.ints(few.raw(values))


def _whole(array: NDArray[np.float64], decimals: int) -> NDArray[np.int64] | None:
    """The numbers without their point; None when one would not come back the same (so with -0.0)."""
    if np.abs(array).max() >= _EXACT / 10.0**decimals:
        return None
    whole = np.rint(array * 10.0**decimals).astype(np.int64)
    same = (whole / 10.0**decimals).view(np.int64) == array.view(np.int64)
    return whole if same.all() else None


def _read_floats(source: Reader, count: int) -> list[Any]:
    decimals = source.number(_RAW) if count else 0
    if count <= few.FEW:
        return _read_few_floats(source, count, decimals)
    whole = source.ints(count)
    found = whole.view(np.float64) if decimals == _RAW else whole / 10.0**decimals
    if not np.isfinite(found).all():
        raise Malformed("a number that is none")
    return list(found.tolist())


def _read_few_floats(source: Reader, count: int, decimals: int) -> list[Any]:
    whole = source.whole(count)
    power = 10.0**decimals
    found = few.from_raw(whole) if decimals == _RAW else [value / power for value in whole]
    if not few.are_finite(found):
        raise Malformed("a number that is none")
    return found


def _write_bytes(out: Writer, values: Sequence[Any]) -> None:
    joined = b"".join(values)
    lengths = list(map(len, values))
    if set(lengths) == {_POINT.itemsize} and len(values) <= few.FEW:
        those = list(few.POINT.iter_unpack(joined))
        xs, ys = [x for _, x, _ in those], [y for _, _, y in those]
        if {head for head, _, _ in those} == {_POINT_HEAD} and few.are_finite(xs + ys):
            out.number(_POINTS)
            _write_few_floats(out, xs)
            _write_few_floats(out, ys)
            return
    elif set(lengths) == {_POINT.itemsize}:
        points = np.frombuffer(joined, _POINT)
        finite = np.isfinite(points["x"]).all() and np.isfinite(points["y"]).all()
        if finite and (points["head"] == np.void(_POINT_HEAD)).all():
            out.number(_POINTS)
            _write_floats(out, np.ascontiguousarray(points["x"]))  # type: ignore[arg-type]
            _write_floats(out, np.ascontiguousarray(points["y"]))  # type: ignore[arg-type]
            return
    out.number(_JOINED)
    out.ints(lengths)
    out.number(len(joined))
    out.chunk(joined)


def _read_bytes(source: Reader, count: int) -> list[Any]:
    if not count:
        return []
    if source.number(_POINTS) == _POINTS:
        if count <= few.FEW:
            xs, ys = _read_floats(source, count), _read_floats(source, count)
            return [few.POINT.pack(_POINT_HEAD, x, y) for x, y in zip(xs, ys, strict=True)]
        points = np.empty(count, _POINT)
        points["head"] = np.void(_POINT_HEAD)
        points["x"] = _read_floats(source, count)
        points["y"] = _read_floats(source, count)
        joined = points.tobytes()
        return [joined[at : at + _POINT.itemsize] for at in range(0, len(joined), _POINT.itemsize)]
    lengths = source.whole(count)
    return _cut(source.chunk(source.number(source.left)), lengths)


def _write_lists(out: Writer, values: Sequence[Any]) -> None:
    texts = [text for value in values for text in value]
    if not set(map(type, texts)) <= {str}:
        raise Malformed("a list of something else than texts")
    out.ints(list(map(len, values)))
    out.number(len(texts))
    write_texts(out, texts)


def _read_lists(source: Reader, count: int) -> list[Any]:
    lengths = source.whole(count)
    texts = read_texts(source, source.number(source.left))
    source.left -= len(texts)
    return _cut(texts, lengths)


_WRITE: tuple[Callable[[Writer, Sequence[Any]], None], ...] = (
    _write_nothing, _write_bools, _write_ints, _write_floats, write_texts, _write_bytes, _write_lists,
)  # fmt: skip
_READ: tuple[Callable[[Reader, int], list[Any]], ...] = (
    _read_nothing, _read_bools, _read_ints, _read_floats, read_texts, _read_bytes, _read_lists,
)  # fmt: skip
