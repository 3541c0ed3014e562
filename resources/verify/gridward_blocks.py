"""Reads the blocks of a hub's log from their bytes alone; nothing of Gridward is used.

A block is `GWK`, the version (1), the length of its front, the front (zstd: head and small chunks) and the
large chunks. Its entries lie in columns; docs/sync.md has the form.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import zstandard
from msgspec import msgpack

NONE, BOOL, INT, FLOAT, TEXT, BYTES, TEXTS = KINDS = range(7)
VERDICTS = ("accepted", "merged", "conflict", "rejected")
ACT = ("uid", "device", "person", "person_name", "role", "org", "action", "reason", "undoes", "hlc", "wall")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


class Chunks:
    """Numbers and runs of bytes in the order they were written."""

    def __init__(self, numbers: list[int], small: bytes, large: bytes) -> None:
        self.numbers, self.small, self.large = iter(numbers), small, large

    def number(self) -> int:
        return next(self.numbers)

    def chunk(self, length: int) -> bytes:
        if length < 512:
            found, self.small = self.small[:length], self.small[length:]
            return found
        squeezed = self.number()
        found, self.large = self.large[: squeezed or length], self.large[squeezed or length :]
        return zstandard.ZstdDecompressor().decompress(found, max_output_size=length) if squeezed else found

    def ints(self, count: int) -> list[int]:
        if not count:
            return []
        form, first = self.number(), self.number()
        if form <= 8:
            return self.planes(form, first, count)
        values = [first]
        for step in self.planes(form - 9, self.number(), count - 1):
            values.append(signed(values[-1] + step))
        return values

    def planes(self, width: int, low: int, count: int) -> list[int]:
        planes = [self.chunk(count) for _ in range(width)]
        rows = zip(*planes, strict=True) if planes else [()] * count
        return [signed(low + int.from_bytes(bytes(row), "little")) for row in rows]

    def joined(self, count: int, text: bool) -> list[Any]:
        lengths, at, found = self.ints(count), 0, []
        raw: Any = self.chunk(self.number())
        raw = raw.decode() if text else raw
        for length in lengths:
            found.append(raw[at : at + length])
            at += length
        return found

    def texts(self, count: int) -> list[str]:
        if not count:
            return []
        form = self.number()
        if form == 2:
            raw = self.chunk(16 * count).hex()
            cut = [raw[at : at + 32] for at in range(0, len(raw), 32)]
            return [f"{u[:8]}-{u[8:12]}-{u[12:16]}-{u[16:20]}-{u[20:]}" for u in cut]
        if form == 3:
            times = [EPOCH + timedelta(milliseconds=value) for value in self.ints(count)]
            return [time.isoformat(timespec="milliseconds").replace("+00:00", "Z") for time in times]
        if form == 0:
            return self.joined(count, text=True)
        distinct = self.joined(self.number(), text=True)
        return [distinct[place] for place in self.ints(count)]

    def floats(self, count: int) -> list[float]:
        decimals = self.number() if count else 0
        whole = self.ints(count)
        if decimals == 10:
            return [struct.unpack("<d", struct.pack("<q", value))[0] for value in whole]
        return [value / 10.0**decimals for value in whole]

    def values(self, count: int) -> list[Any]:
        kind = self.number()
        if kind < len(KINDS):
            return self.alike(kind, count)
        tags = self.ints(count)
        parts = {tag: iter(self.alike(tag, tags.count(tag))) for tag in sorted(set(tags))}
        return [next(parts[tag]) for tag in tags]

    def alike(self, kind: int, count: int) -> list[Any]:
        if kind == NONE:
            return [None] * count
        if kind == BOOL:
            return [bool(value) for value in self.ints(count)]
        if kind in (INT, FLOAT, TEXT):
            return {INT: self.ints, FLOAT: self.floats, TEXT: self.texts}[kind](count)
        if kind == TEXTS:
            lengths = self.ints(count)
            texts = iter(self.texts(self.number()))
            return [[next(texts) for _ in range(length)] for length in lengths]
        if count and self.number() == 1:
            places = zip(self.floats(count), self.floats(count), strict=True)
            return [struct.pack("<BI2d", 1, 1, x, y) for x, y in places]
        return self.joined(count, text=False) if count else []


def signed(value: int) -> int:
    """A number of 64 bits that ran over."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def block_of(body: bytes) -> tuple[Row, list[Row]]:
    """The head of a block and its entries."""
    if body[:4] != b"GWK\x01":
        raise ValueError("not a block of version 1")
    ends = 8 + int.from_bytes(body[4:8], "little")
    front = zstandard.ZstdDecompressor().decompress(body[8:ends], max_output_size=1 << 24)
    length = 4 + int.from_bytes(front[:4], "little")
    numbers, names, acts, count, *rest = msgpack.decode(front[4:length])
    source = Chunks(numbers, front[length:], body[ends:])
    columns = [source.values(acts) for _ in ACT] if acts else []
    told = [dict(zip(ACT, row, strict=True)) for row in zip(*columns, strict=True)]
    act_of = source.ints(count)
    total = source.number()
    kinds, ops, sizes = source.ints(total), source.ints(total), source.ints(total)
    fields = iter(source.ints(sum(sizes)))
    forms = [tuple(names[next(fields)] for _ in range(size)) for size in sizes]
    form_of = source.ints(count)
    rows = source.number()
    row_of = list(range(count))
    if rows != count:
        fresh = source.ints(count)
        again = iter(source.ints(count - rows))
        met = -1
        for place, new in enumerate(fresh):
            met += new
            row_of[place] = met if new else next(again)
    width = source.number()
    if width != 16:
        raise ValueError("short uids in the log")
    uids = source.texts(rows)
    cells = _cells(source, [(names[kind], form) for kind, form in zip(kinds, forms, strict=True)], form_of)
    dseqs, verdicts, notes = source.ints(count), source.ints(count), source.texts(count)
    entries = [
        {"act": told[act_of[n]], "entity": names[kinds[form]], "op": "iudn"[ops[form]],
         "uid": uids[row_of[n]],
         "cells": cells[n], "dseq": dseqs[n], "verdict": VERDICTS[verdicts[n]], "note": notes[n]}
        for n, form in enumerate(form_of)
    ]  # fmt: skip
    return dict(zip(("area", "first", "device", "epoch", "received"), rest, strict=False)), entries


def _cells(source: Chunks, forms: list[tuple[str, tuple[str, ...]]], form_of: list[int]) -> list[Row]:
    counts: dict[tuple[str, str], int] = {}
    for place, (entity, names) in enumerate(forms):
        for name in names:
            counts[entity, name] = counts.get((entity, name), 0) + form_of.count(place)
    values = {key: iter(source.values(count)) for key, count in counts.items()}
    cells: list[Row] = [{} for _ in form_of]
    for form, (entity, names) in enumerate(forms):
        for place in (n for n, found in enumerate(form_of) if found == form):
            cells[place] = {name: next(values[entity, name]) for name in names}
    return cells
