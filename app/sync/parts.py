"""The lowest layer of the wire format: arrays of whole numbers and runs of bytes, each as short as it goes.

A message is a head (msgpack), a list of small whole numbers that say how each array was written, and the
chunks of bytes those numbers speak of. Chunks too small to compress alone are compressed with the head.
Everything that is read is measured against `LIMIT` before memory is taken for it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import numpy as np
import zstandard
from numpy.typing import NDArray

from app.sync import few

Ints = NDArray[np.int64]
LIMIT = 64 << 20  # bytes a message may have when unpacked
ALONE = 512  # bytes from which a chunk is compressed alone
LEVEL = 12  # more costs time and saves next to nothing
FAST = 5  # of what a hub writes while others wait: a third less time for a fiftieth more bytes
_SIGN = 1 << 63
_SHORT = 1 << 60
_STEP = 1 << 55  # few numbers in steps below this stay within 64 bits
_OWN = threading.local()
WORTH = 0.97  # a chunk that stays longer than this of its length is kept as it is


class Malformed(ValueError):
    """The bytes are not what the format says; the reader of the message turns it into an AppError."""


class TooLong(Malformed):
    """More than one message may hold."""


def compressor(fast: bool) -> zstandard.ZstdCompressor:
    """What makes zstd frames that name their length: this thread's own, as making one takes longer than to
    make a small frame."""
    name = "fast" if fast else "slow"
    found: zstandard.ZstdCompressor | None = getattr(_OWN, name, None)
    if found is None:
        found = zstandard.ZstdCompressor(level=FAST if fast else LEVEL)
        setattr(_OWN, name, found)
    return found


def unsqueeze(frame: bytes, at_most: int) -> bytes:
    """What a zstd frame holds; raises Malformed before memory is taken for more than `at_most` bytes."""
    try:
        told = zstandard.get_frame_parameters(frame)
        if told.content_size > at_most or told.window_size > max(at_most, 1 << 10) * 2:
            raise Malformed("a frame larger than allowed")
        return _reader().decompress(frame, max_output_size=at_most, allow_extra_data=False)
    except zstandard.ZstdError as broken:
        raise Malformed(str(broken)) from None


def _reader() -> zstandard.ZstdDecompressor:
    """This thread's own: making one takes ten times as long as opening a small frame."""
    found: zstandard.ZstdDecompressor | None = getattr(_OWN, "reader", None)
    if found is None:
        found = _OWN.reader = zstandard.ZstdDecompressor()
    return found


@dataclass
class Writer:
    """Collects the numbers and chunks of a message."""

    numbers: list[int] = field(default_factory=list)
    small: list[bytes] = field(default_factory=list)
    large: list[bytes] = field(default_factory=list)
    left: int = LIMIT
    compressor: zstandard.ZstdCompressor = field(default_factory=lambda: compressor(fast=False))

    def number(self, value: int) -> None:
        """One whole number, for what the reader cannot know otherwise."""
        self.numbers.append(value)

    def chunk(self, raw: bytes) -> None:
        """Bytes whose length the reader knows or is told by a number before."""
        self.left = _paid(self.left, len(raw))
        if len(raw) < ALONE:
            self.small.append(raw)
            return
        squeezed = self.compressor.compress(raw)
        worth = len(squeezed) < len(raw) * WORTH
        self.numbers.append(len(squeezed) if worth else 0)
        self.large.append(squeezed if worth else raw)

    def ints(self, values: Sequence[int] | Ints) -> None:
        """Whole numbers of 64 bits, as distances from the smallest or as steps, whichever is shorter."""
        if len(values) <= few.FEW and self._few(
            values if isinstance(values, list) else list(map(int, values))
        ):
            return
        array = np.asarray(values, dtype=np.int64)
        if not len(array):
            return
        self.left = _paid(self.left, 8 * len(array))
        low, width = _frame(array)
        steps = np.diff(array)
        step_low, step_width = _frame(steps) if len(steps) else (0, 8)
        if width <= step_width:
            self.numbers += [width, low]
            self._planes(array, low, width)
        else:
            self.numbers += [9 + step_width, int(array[0]), step_low]
            self._planes(steps, step_low, step_width)

    def _few(self, values: list[int]) -> bool:
        """The same for a few numbers, without arrays, which cost more than they save; False when steps
        between them could be too long."""
        if not values:
            return True
        low, high = min(values), max(values)
        if low < -_SIGN or high >= _SIGN or high - low > _SHORT:
            return False
        if low == high:
            self.left = _paid(self.left, 8 * len(values))
            self.numbers += (0, low)
            return True
        width = _bytes(high - low)
        if width == 1 and _have_no_pace(values):  # most columns: no steps are shorter
            self.left = _paid(self.left, 9 * len(values))
            self.numbers += (1, low)
            self.small.append(bytes([value - low for value in values] if low else values))
            return True
        steps = [after - before for before, after in pairwise(values)]
        self.left = _paid(self.left, 8 * len(values))
        step_low = min(steps)
        step_width = _bytes(max(steps) - step_low)
        if width <= step_width:
            self.numbers += (width, low)
        else:
            self.numbers += (9 + step_width, values[0], step_low)
            values, low, width = steps, step_low, step_width
        for place in range(0, 8 * width, 8):
            self.chunk(bytes([value - low >> place & 255 for value in values]))
        return True

    def _planes(self, array: Ints, low: int, width: int) -> None:
        """The lowest bytes of all numbers, then the next ones: equal bytes lie together."""
        if width:
            distances = array.view(np.uint64) - np.uint64(low & _MASK)
            planes = distances.astype("<u8").view(np.uint8).reshape(-1, 8)
            for place in range(width):
                self.chunk(planes[:, place].tobytes())


@dataclass(slots=True)
class Reader:
    """Gives back what a Writer collected, in the same order; raises Malformed for what does not fit."""

    numbers: Sequence[int]
    small: memoryview
    large: memoryview
    left: int = LIMIT
    _number: int = 0
    _small: int = 0
    _large: int = 0

    def number(self, at_most: int | None = None) -> int:
        """The next number; with `at_most`, one between 0 and that."""
        try:
            value = self.numbers[self._number]
        except IndexError:
            raise Malformed("a number is missing") from None
        self._number += 1
        if at_most is not None and not 0 <= value <= at_most:
            raise Malformed(f"{value} where at most {at_most} is possible")
        return value

    def chunk(self, length: int) -> bytes:
        """The next `length` bytes."""
        self.left = _paid(self.left, length)
        if length < ALONE:
            found = bytes(self.small[self._small : self._small + length])
            self._small += length
        else:
            squeezed = self.number(length)
            found = bytes(self.large[self._large : self._large + (squeezed or length)])
            self._large += squeezed or length
            found = unsqueeze(found, length) if squeezed else found
        if len(found) != length:
            raise Malformed("bytes are missing")
        return found

    def ints(self, count: int) -> Ints:
        """The next `count` whole numbers; the caller has checked that so many may be."""
        if not count:
            return np.zeros(0, np.int64)
        self.left = _paid(self.left, 8 * count)
        form = self.number(17)
        if form <= 8:
            return self._planes(self.number(), form, count)
        return self._steps(self.number(), self.number(), form - 9, count)

    def whole(self, count: int) -> list[int]:
        """The same as a list; of a few no array is made."""
        if count > few.FEW or not count:
            found: list[int] = self.ints(count).tolist()
            return found
        form, low = self.number(17), self.number()
        if form <= 1 and -_SHORT <= low <= _SHORT:  # nearly every column: one number, or a byte for each
            return self._bytes(low, count) if form else self._same(low, count)
        self.left = _paid(self.left, 8 * count)
        if form <= 8:
            if form > 6 or abs(low) > _SHORT:
                return [(value + _SIGN & _MASK) - _SIGN for value in self._few(low, form, count)]
            return self._few(low, form, count)
        first, low = low, self.number()
        if form > 15 or abs(first) > _SHORT or abs(low) > _STEP:
            return list(self._steps(first, low, form - 9, count).tolist())
        return list(accumulate(self._few(low, form - 9, count - 1), initial=first))

    def indexes(self, count: int, below: int) -> Ints:
        """The next `count` numbers, each from 0 to `below` - 1."""
        found = self.ints(count)
        if count and not (int(found.min()) >= 0 and int(found.max()) < below):
            raise Malformed("a reference to something that is not there")
        return found

    def places(self, count: int, below: int) -> list[int]:
        """The same as a list."""
        found = self.whole(count)
        if count and not (min(found) >= 0 and max(found) < below):
            raise Malformed("a reference to something that is not there")
        return found

    def done(self) -> None:
        """Raises Malformed when something was not read: the message says more than its reader understood."""
        if (self._number, self._small, self._large) != (len(self.numbers), len(self.small), len(self.large)):
            raise Malformed("something is left over")

    def _same(self, value: int, count: int) -> list[int]:
        self.left = _paid(self.left, 8 * count)
        return [value] * count

    def _bytes(self, low: int, count: int) -> list[int]:
        self.left = _paid(self.left, 9 * count)
        begin = self._small
        self._small = begin + count
        found = self.small[begin : begin + count].tolist()
        if len(found) != count:
            raise Malformed("bytes are missing")
        return [low + value for value in found] if low else found

    def _few(self, low: int, width: int, count: int) -> list[int]:
        if not width:
            return [low] * count
        planes = [self.chunk(count) for _ in range(width)]
        if width == 1:
            return [low + value for value in planes[0]]
        return [low + int.from_bytes(one, "little") for one in zip(*planes, strict=True)]

    def _steps(self, first: int, low: int, width: int, count: int) -> Ints:
        values = np.empty(count, np.int64)
        values[0] = first
        values[1:] = self._planes(low, width, count - 1)
        return np.cumsum(values, dtype=np.int64)

    def _planes(self, low: int, width: int, count: int) -> Ints:
        planes = np.zeros((count, 8), np.uint8)
        for place in range(width):
            planes[:, place] = np.frombuffer(self.chunk(count), np.uint8)
        distances = planes.view("<u8").reshape(-1).astype(np.uint64)
        return (distances + np.uint64(low & _MASK)).view(np.int64)


_MASK = (1 << 64) - 1


def _paid(left: int, price: int) -> int:
    """What is left of the limit; writer and reader count alike, so that what is written can be read."""
    if price > left:
        raise TooLong("longer than a message may be")
    return left - price


def _frame(array: Ints) -> tuple[int, int]:
    """The smallest number, and how many bytes the distance of the largest from it needs."""
    low, high = int(array.min()), int(array.max())
    return low, _bytes(high - low)


def _have_no_pace(values: list[int]) -> bool:
    """Whether the steps between numbers are not all the same."""
    pace = values[1] - values[0]
    return any(after - before != pace for before, after in pairwise(values))


def _bytes(number: int) -> int:
    """How many bytes a number from 0 on needs."""
    return (number.bit_length() + 7) // 8
