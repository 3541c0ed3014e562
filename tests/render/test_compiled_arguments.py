"""The compiled part gets anything as arguments: it refuses or does it, and touches only its buffers.

Here guards around each buffer show what is written; over a build with AddressSanitizer
(docs/contributing.md) the same calls show what is read as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

_scan = pytest.importorskip("app.carto._scan")
Maker = Callable[[random.Random], Any]
GUARD = 64
WILD = [
    float("nan"),
    float("inf"),
    -float("inf"),
    1e308,
    -1e308,
    1e-320,
    -1e-320,
    0.0,
    -0.0,
    1.0,
    7.5,
    1e9,
    -1e9,
]
SIZES = [
    -(2**63),
    -(2**31),
    -1,
    0,
    1,
    2,
    3,
    7,
    16,
    33,
    255,
    256,
    65_535,
    65_536,
    65_537,
    2**28,
    2**31,
    2**63 - 1,
]
CALLS = 4000


class Guarded:
    """An array inside a longer one whose ends must stay as they are."""

    def __init__(self, values: np.ndarray[Any, Any]) -> None:
        flat = np.ascontiguousarray(values).ravel()
        self.whole = np.full(flat.nbytes + 2 * GUARD, 0xA5, dtype=np.uint8)
        self.inner = self.whole[GUARD : GUARD + flat.nbytes].view(flat.dtype)
        self.inner[:] = flat

    def intact(self) -> bool:
        return bool(
            (self.whole[:GUARD] == 0xA5).all() and (self.whole[len(self.whole) - GUARD :] == 0xA5).all()
        )


class Caller:
    """Makes the arguments of one call: mostly ones that fit, some that do not."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.np = np.random.default_rng(seed)
        self.guards: list[Guarded] = []

    def number(self) -> float:
        return self.rng.choice(WILD) if self.rng.random() < 0.3 else self.rng.uniform(-40, 40)

    def size(self, fitting: int) -> int:
        return self.rng.choice(SIZES) if self.rng.random() < 0.08 else fitting

    def array(self, values: Any, dtype: Any) -> Any:
        """What a caller hands over as a buffer of this kind."""
        array = np.ascontiguousarray(values, dtype=dtype).ravel()
        turn = self.rng.random()
        if turn < 0.03:
            return self.odd(array)
        if turn < 0.06:
            array = array[: self.rng.randrange(len(array) + 1)]
        self.guards.append(Guarded(array))
        return self.guards[-1].inner

    def odd(self, array: np.ndarray[Any, Any]) -> Any:
        shifted = np.zeros(array.nbytes + 1, dtype=np.uint8)[1:].view(array.dtype)
        objects = np.array([None] * max(len(array), 1), dtype=object)
        frozen = array.copy()
        frozen.flags.writeable = False
        return self.rng.choice(
            [
                np.repeat(array, 2)[::2], array[::-1], shifted, objects, frozen, array.tobytes(), 5, None,
                array.astype(array.dtype.newbyteorder()), np.zeros(len(array), np.complex128), array[:0],
                np.zeros((), dtype=array.dtype), memoryview(array), np.zeros(len(array), "f4"),
                np.zeros(len(array), "f8"), "text",
            ]
        )  # fmt: skip

    def floats(self, count: int, dtype: Any = np.float32) -> np.ndarray[Any, Any]:
        with np.errstate(over="ignore"):
            return np.array([self.number() for _ in range(count)], dtype=np.float64).astype(dtype)

    def starts(self, count: int, end: int) -> np.ndarray[Any, Any]:
        found = np.sort(self.np.integers(0, end + 1, count + 1)).astype(np.uint32)
        found[0], found[-1] = 0, end
        if self.rng.random() < 0.2:
            found[self.rng.randrange(len(found))] = self.rng.choice([0, end, end + 1, 2**31, 2**32 - 1])
        return found

    def place(self) -> tuple[float, ...]:
        plain = self.rng.random() < 0.4
        return (1.0, 0.0, 1.0, 0.0) if plain else tuple(self.number() for _ in "xxyy")

    def paper(self) -> tuple[Any, int, tuple[int, ...]]:
        wide, high = self.rng.randrange(0, 40), self.rng.randrange(0, 30)
        frame = (
            sorted(self.rng.randrange(wide + 1) for _ in "lr"),
            sorted(self.rng.randrange(high + 1) for _ in "tb"),
        )
        left, right = (self.size(value) for value in frame[0])
        top, bottom = (self.size(value) for value in frame[1])
        return self.array(np.zeros(wide * high), np.uint32), self.size(wide), (left, top, right, bottom)

    def lines(self) -> tuple[Any, Any, Any]:
        vertices, rings = self.rng.randrange(0, 60), self.rng.randrange(0, 8)
        kind = self.rng.choice([np.float32, np.float64])
        runs = (
            self.array(self.np.integers(0, rings + 2, (3, 2)), np.uint32) if self.rng.random() < 0.5 else None
        )
        xy = self.array(self.floats(2 * vertices, kind), kind)
        return xy, self.array(self.starts(rings, vertices), np.uint32), runs

    def layer(self) -> tuple[Any, ...]:
        vertices, rings, areas = (
            self.rng.randrange(0, 90),
            self.rng.randrange(0, 20),
            self.rng.randrange(0, 70),
        )
        groups = -(-areas // 32)
        boxes = (
            np.tile([-np.inf, -np.inf, np.inf, np.inf], groups)
            if self.rng.random() < 0.7
            else self.floats(4 * groups)
        )
        kind = self.rng.choice([np.uint16, np.uint32])
        return (
            self.array(self.floats(2 * vertices), np.float32),
            self.array(self.starts(rings, vertices), np.uint32),
            self.array(self.starts(areas, rings).astype(kind), kind),
            self.array(boxes, np.float32),
            self.array(self.np.integers(0, 256, areas), np.uint8),
        )

    def blob(self) -> bytes | None:
        rings = [
            self.floats(2 * self.rng.randrange(0, 9), np.float64) for _ in range(self.rng.randrange(0, 3))
        ]
        rings = [np.clip(np.nan_to_num(ring), -90, 90) if self.rng.random() < 0.8 else ring for ring in rings]
        body = b"".join((len(ring) // 2).to_bytes(4, "little") + ring.tobytes() for ring in rings)
        found = b"GP\0\1" + bytes(4) + b"\1\3\0\0\0" + len(rings).to_bytes(4, "little") + body
        if self.rng.random() < 0.3:
            found = (
                found[:8]
                + b"\1\6\0\0\0"
                + self.rng.choice([1, 2, 2**32 - 1]).to_bytes(4, "little")
                + found[8:]
            )
        if self.rng.random() < 0.2:
            at = self.rng.randrange(len(found))
            found = found[:at] + bytes([self.rng.randrange(256)]) + found[at + 1 :]
        if self.rng.random() < 0.2:
            found = found[: self.rng.randrange(len(found))]
        return None if self.rng.random() < 0.1 else found

    # ---- a call of each entry point

    def check(self) -> tuple[Any, ...]:
        return self.layer()[:3]

    def boxes(self) -> tuple[Any, ...]:
        xy, rings, areas, _, classes = self.layer()
        wanted = np.size(classes)
        return xy, rings, areas, self.array(np.zeros(4 * -(-wanted // 32)), np.float32)

    def numbers(self) -> tuple[Any, ...]:
        wide, high = self.rng.randrange(1, 40), self.rng.randrange(0, 30)
        return self.layer(), self.place(), self.array(np.zeros(wide * high), np.int32), self.size(wide)

    def draw(self) -> tuple[Any, ...]:
        out, stride, frame = self.paper()
        rows = sorted(self.rng.randrange(max(min(frame[3] - frame[1], 99), 0) + 1) for _ in "fl")
        colours = self.array(self.np.integers(0, 2**32, 768, dtype=np.uint64), np.uint32)
        return self.layer(), self.place(), colours, out, stride, frame, self.size(rows[0]), self.size(rows[1])

    def touching(self) -> tuple[Any, ...]:
        layer = self.layer()
        count = np.size(layer[4])
        rows = self.array(np.zeros(count), np.uint32) if self.rng.random() < 0.7 else None
        return layer, self.place(), self.array(np.zeros(256), np.uint32), rows

    def measure(self) -> tuple[Any, ...]:
        blobs = [self.blob() for _ in range(self.rng.randrange(0, 6))]
        return self.rng.choice([blobs, blobs, blobs, [*blobs, 5], tuple(blobs)]), self.array(
            np.zeros(len(blobs)), np.uint8
        )

    def unpack(self) -> tuple[Any, ...]:
        blobs = [self.blob() for _ in range(self.rng.randrange(0, 6))]
        found = np.zeros(len(blobs), np.uint8)
        vertices, rings = _scan.measure(blobs, found)
        if self.rng.random() < 0.2:
            found[:] = self.np.integers(0, 3, len(found))
        return (
            blobs, self.array(found, np.uint8), self.array(np.zeros(2 * vertices), np.float64),
            self.array(np.zeros(rings + 1), np.uint32), self.array(np.zeros(len(blobs) + 1), np.uint32),
        )  # fmt: skip

    def digest(self) -> tuple[Any, ...]:
        return (self.array(self.np.integers(0, 256, self.rng.randrange(0, 90)), np.uint8),)

    def stamp(self) -> tuple[Any, ...]:
        side = self.rng.randrange(1, 9)
        corners = [
            self.rng.choice([-(2**31), 2**31 - 1, -3, 0, 5, 20]) for _ in range(2 * self.rng.randrange(0, 6))
        ]
        picture = self.array(self.np.integers(0, 2**32, side * side, dtype=np.uint64), np.uint32)
        return (
            *self.paper(),
            picture,
            self.size(side),
            self.array(np.array(corners, dtype=np.int64), np.int32),
        )

    def fill(self) -> tuple[Any, ...]:
        hatch = tuple(self.number() for _ in range(5)) if self.rng.random() < 0.5 else (0.0,) * 5
        return *self.paper(), *self.lines(), self.place(), self.rng.getrandbits(32), hatch

    def stroke(self) -> tuple[Any, ...]:
        width = abs(self.number()) if self.rng.random() < 0.3 else self.rng.uniform(0.1, 9)
        return (
            *self.paper(),
            *self.lines(),
            self.place(),
            self.rng.getrandbits(32),
            width,
            self.rng.random() < 0.5,
        )

    def grid(self) -> tuple[float, int, int]:
        cell = self.number() if self.rng.random() < 0.2 else self.rng.uniform(1, 30)
        return cell, self.size(self.rng.randrange(1, 9)), self.size(self.rng.randrange(1, 9))

    def spread(self) -> tuple[Any, ...]:
        grid, boxes = (
            self.grid(),
            self.array(self.floats(4 * self.rng.randrange(0, 20), np.float64), np.float64),
        )
        cells = grid[1] * grid[2] if 0 < grid[1] * grid[2] < 999 else 1
        starts = self.array(self.np.integers(0, 50, cells + 1), np.uint32)
        order = (
            self.array(np.zeros(self.rng.randrange(0, 60)), np.uint32) if self.rng.random() < 0.6 else None
        )
        return boxes, grid, starts, order

    def clear(self) -> tuple[Any, ...]:
        boxes, grid, starts, _ = self.spread()
        asked = self.floats(4 * self.rng.randrange(0, 20), np.float64)
        order = self.array(self.np.integers(0, 25, self.rng.randrange(0, 60)), np.uint32)
        return (
            self.array(asked, np.float64),
            boxes,
            grid,
            starts,
            order,
            self.array(np.zeros(len(asked) // 4), np.uint8),
        )

    def identities(self) -> tuple[Any, ...]:
        good = "0123abcd-4567-89ab-cdef-0123456789ab"
        uids = [
            self.rng.choice([good, good, good, good[:-1], "\udc80" * 36, "é" * 18, None, 5]) for _ in range(3)
        ]
        return uids, self.array(np.zeros(6), np.uint64)

    def interpolate(self) -> tuple[Any, ...]:
        columns, rows = self.rng.randrange(3, 8), self.rng.randrange(3, 8)
        xy = self.array(self.floats(2 * self.rng.randrange(0, 40), np.float64), np.float64)
        nodes = self.array(self.floats(2 * columns * rows, np.float64), np.float64)
        return xy, nodes, self.size(columns), (self.number(), self.number()), (self.number(), self.number())


ENTRIES: Sequence[str] = (
    "check", "boxes", "numbers", "draw", "touching", "measure", "unpack", "digest", "stamp", "fill", "stroke",
    "spread", "clear", "identities", "interpolate",
)  # fmt: skip


def call(seed: int) -> tuple[str, str]:
    """One call of one entry point; which, and how it ended."""
    entry, caller = ENTRIES[seed % len(ENTRIES)], Caller(seed)
    arguments = getattr(caller, entry)()
    try:
        getattr(_scan, entry)(*arguments)
        ended = "done"
    except (ValueError, TypeError, BufferError, OverflowError, MemoryError) as refused:
        ended = type(refused).__name__
    assert all(guard.intact() for guard in caller.guards), (entry, seed)
    return entry, ended


def test_every_entry_point_is_called() -> None:
    assert sorted(ENTRIES) == sorted(name for name in dir(_scan) if not name.startswith("_"))


def test_no_arguments_make_it_write_beside_a_buffer() -> None:
    ends = [call(seed) for seed in range(CALLS)]
    done = {entry for entry, ended in ends if ended == "done"}
    refused = {entry for entry, ended in ends if ended == "ValueError"}
    assert done == set(ENTRIES)
    assert refused >= set(ENTRIES) - {"measure", "digest", "identities", "stamp"}


PLAIN = np.zeros(40, dtype=np.float64)
MISFITS: dict[str, Any] = {
    "of the other kind": PLAIN.view(np.int64),
    "of another size": np.zeros(40, dtype=np.float32),
    "of objects": np.full(40, None, dtype=object),
    "of turned bytes": PLAIN.astype(PLAIN.dtype.newbyteorder()),
    "out of its place": np.zeros(8 * 40 + 1, dtype=np.uint8)[1:].view(np.float64),
    "with gaps": np.zeros(80)[::2],
}


@pytest.mark.parametrize("what", MISFITS)
def test_a_buffer_that_does_not_fit_is_refused(what: str) -> None:
    nodes = np.zeros(2 * 16)
    _scan.interpolate(PLAIN.copy(), nodes, 4, (0.0, 0.0), (1.0, 1.0))
    with pytest.raises(ValueError, match=r"wanted|contiguous"):
        _scan.interpolate(MISFITS[what], nodes, 4, (0.0, 0.0), (1.0, 1.0))


def test_what_may_not_be_written_is_not() -> None:
    with pytest.raises((BufferError, ValueError)):
        _scan.interpolate(PLAIN.tobytes(), np.zeros(2 * 16), 4, (0.0, 0.0), (1.0, 1.0))
    frozen = PLAIN.copy()
    frozen.flags.writeable = False
    with pytest.raises((BufferError, ValueError)):
        _scan.interpolate(frozen, np.zeros(2 * 16), 4, (0.0, 0.0), (1.0, 1.0))


def test_an_edge_that_hardly_rises_spoils_no_row() -> None:
    """Its slope would be no number."""
    out = np.zeros(40 * 20, dtype=np.uint32)
    flat = np.array([-1e8, 5e-324, 1e8, -5e-324, 1e8, 8.0, -1e8, 8.0])
    _scan.fill(
        out,
        40,
        (0, 0, 40, 20),
        flat,
        np.array([0, 4], np.uint32),
        None,
        (1.0, 0.0, 1.0, 0.0),
        0xFF00FF00,
        (0.0,) * 5,
    )
    assert (out.reshape(20, 40)[:8] == 0xFF00FF00).all()
    assert (out.reshape(20, 40)[8:] == 0).all()
