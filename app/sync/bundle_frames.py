"""The inside of a bundle: numbered frames, each with its hash, and a signed end of every volume.

A frame is the lengths of its head (2 bytes) and its body (4 bytes, little-endian), the head (msgpack), the
body and the SHA-256 of all that. Frames are counted over all volumes; the first of each volume repeats the
bundle's head, the last is signed and names the hash over the hashes of all frames so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_FRAME = 4 << 20
Kind = Literal[
    "header", "enrol", "batch", "blob", "block", "policy", "snapshot", "thumbnail", "closing"
]  # fmt: skip
_LENGTHS = 6
_MAX_HEAD = 1000
Size = Annotated[int, Meta(ge=0, le=1 << 40)]


class FrameHead(msgspec.Struct, array_like=True, frozen=True):
    """Where a frame stands, and what piece of which thing it carries: `size` is that of the whole thing."""

    number: Size
    kind: Kind
    name: Annotated[str, Meta(max_length=200)] = ""
    offset: Size = 0
    size: Size = 0


class Closing(msgspec.Struct, array_like=True, frozen=True):
    """The end of a volume: the frames before it, the hash over theirs, whether a volume follows, signed."""

    frames: Size
    total: Annotated[bytes, Meta(min_length=32, max_length=32)]
    more: bool
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]

    @property
    def claim(self) -> bytes:
        """What the writer signs."""
        return closing_claim(self.frames, self.total, self.more)


def closing_claim(frames: int, total: bytes, more: bool) -> bytes:
    """What the writer of a volume signs."""
    return frames.to_bytes(8, "little") + bytes((more,)) + total


@dataclass(frozen=True, slots=True)
class Item:
    """A thing to put into a bundle, or one found in it: bytes, a part of a file, or what gives all of it in
    pieces of at most a frame (then `size` has to be said).

    `name` is the SHA-256 of a blob, that of the large one for a thumbnail, the area of a snapshot or block,
    what a policy says ("": grants), else empty.
    """

    kind: Kind
    name: str = ""
    body: bytes | Path | Callable[[], Iterator[bytes]] = field(default=b"", repr=False)
    offset: int = 0
    size: int = -1

    def length(self) -> int:
        """How many bytes it has."""
        if self.size >= 0:
            return self.size
        assert isinstance(self.body, bytes | Path), "the size of a stream was said"
        whole = self.body.stat().st_size if isinstance(self.body, Path) else len(self.body)
        return whole - self.offset

    def read(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """It in pieces of at most a frame, at least one; raises EOFError for what became shorter."""
        left = self.length()
        if isinstance(self.body, bytes):
            view = self.body[self.offset : self.offset + left]
            yield from (view[at : at + MAX_FRAME] for at in range(0, max(left, 1), MAX_FRAME))
            return
        if not isinstance(self.body, Path):
            for piece in self.body() if left else (b"",):
                left -= len(piece)
                yield piece
            if left:
                raise EOFError(self.name)
            return
        with self.body.open("rb") as file:
            file.seek(self.offset)
            while True:
                piece = file.read(min(MAX_FRAME, left))
                left -= len(piece)
                if left and not piece:
                    raise EOFError(str(self.body))
                yield piece
                if not left:
                    return


@dataclass
class Chain:
    """The hash over the hashes of all frames so far, and their number."""

    total: bytes = bytes(32)
    frames: int = 0

    def add(self, digest: bytes) -> None:
        """The next frame's hash."""
        self.total = sha256(self.total + digest).digest()
        self.frames += 1


def pack_frame(head: FrameHead, body: bytes, chain: Chain) -> bytes:
    """A frame as bytes, added to the chain."""
    packed = msgspec.msgpack.encode(head)
    inside = b"".join((len(packed).to_bytes(2, "little"), len(body).to_bytes(4, "little"), packed, body))
    digest = sha256(inside).digest()
    chain.add(digest)
    return inside + digest


class Broken(Exception):
    """What is wrong with the frames: a code of a bundle's problems."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class FrameReader:
    """Takes opened bytes as they come and gives each whole frame to `take`; remembers their numbers.

    From a frame with a wrong number on, nothing is taken any more; `end` says what was wrong. Raises Broken
    `altered` for bytes that are no frame, or what `take` raises.
    """

    chain: Chain
    take: Callable[[FrameHead, bytes], None]
    numbers: list[int] = field(default_factory=list)
    _rest: bytearray = field(default_factory=bytearray)
    _in_order: bool = True

    def feed(self, piece: bytes) -> None:
        """The next bytes."""
        self._rest += piece
        while (length := self._whole()) is not None:
            inside, digest = bytes(self._rest[: length - 32]), bytes(self._rest[length - 32 : length])
            del self._rest[:length]
            if sha256(inside).digest() != digest:
                raise Broken("altered")
            end = _LENGTHS + int.from_bytes(inside[:2], "little")
            try:
                head = msgspec.msgpack.decode(inside[_LENGTHS:end], type=FrameHead)
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                raise Broken("altered") from None
            self.numbers.append(head.number)
            self._in_order &= head.number == self.chain.frames
            if self._in_order:
                self.take(head, inside[end:])
            self.chain.add(digest)

    def end(self) -> None:
        """Nothing may be left over, and the frames must have come all, in their order, each once."""
        if self._rest:
            raise Broken("cut")
        if len(set(self.numbers)) < len(self.numbers):
            raise Broken("repeated")
        if sorted(self.numbers) != self.numbers:
            raise Broken("reordered")
        if not self._in_order:
            raise Broken("missing")

    def _whole(self) -> int | None:
        """The length of the frame at the front; None while it is not all there."""
        if len(self._rest) < _LENGTHS:
            return None
        head = int.from_bytes(self._rest[:2], "little")
        body = int.from_bytes(self._rest[2:_LENGTHS], "little")
        if head > _MAX_HEAD or body > MAX_FRAME:
            raise Broken("altered")
        length = _LENGTHS + head + body + 32
        return length if len(self._rest) >= length else None
