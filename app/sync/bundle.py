"""Bundles: what would go over a line, as encrypted files on a stick, checked before anybody trusts them.

What the writer of a bundle has not been told by an answer stays pending, so a lost stick loses nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec
import pyrage

from app import disk
from app.errors import Invalid, StoreFailure
from app.i18n import N_
from app.sync import signing
from app.sync.bundle_frames import MAX_FRAME, Chain, Closing, FrameHead, Item, closing_claim, pack_frame
from app.sync.bundle_volume import (
    BundleHead,
    BundleProblem,
    Volume,
    VolumeWriter,
    check_volume,
    first_path,
    problem,
    volume_path,
)
from app.sync.results import BundleFinding, BundleReport
from app.sync.stick_failures import unreadable, unwritable

__all__ = [
    "BundleHead", "BundleProblem", "BundleWritten", "Item", "check_bundle", "volumes_of", "write_bundle",
]  # fmt: skip
VOLUME_BYTES = 256 << 20  # the most a file of a bundle has
_SLACK = 1 << 20  # what the encryption and the ends of a volume add
Seen = Callable[[int], None]


def ignore_progress(_: int) -> None:
    """Nobody wants to know how many bytes were written or read."""


@dataclass(frozen=True, slots=True)
class BundleWritten:
    """A bundle that was written, read back and found whole."""

    path: Path
    volumes: tuple[Path, ...]
    frames: int
    size: int


class FirstFailure:
    """Keeps the first exception of code that a library calls and whose exceptions it turns into its own."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.failure = self.failure or value


def write_bundle(
    path: Path,
    head: BundleHead,
    recipients: Sequence[str],
    items: Iterable[Item],
    seed: bytes,
    seen: Seen = ignore_progress,
) -> BundleWritten:
    """Write `items` for the owners of `recipients` (age1…), signed by the key `seed`, and read it all back.

    `seen` is told how many bytes were written or read back, and may raise to stop; then, and when anything
    fails, nothing stays of the new bundle where the stick is still there. Raises StoreFailure `disk_full`,
    `stick_read_only`, `stick_gone`, `bad_name`, `bundle_unwritable`, `bundle_unsafe` (the stick gives back
    something else).
    """
    writing = _Writing(path, head, items, seed, seen)
    known = [_recipient(recipient) for recipient in recipients]
    with contextlib.ExitStack() as undo:
        undo.callback(writing.remove)
        try:
            while writing.more:
                writing.write_volume(known)
            volumes = writing.rename()
        except (OSError, EOFError) as error:
            raise unwritable(path, error) from error
        size = sum(_read_back(volume, closing, seen) for volume, closing in volumes)
        undo.pop_all()
    return BundleWritten(path, tuple(volume for volume, _ in volumes), writing.chain.frames, size)


def volumes_of(path: Path, seen: Seen = ignore_progress) -> Iterator[Volume]:
    """The checked volumes of a bundle in their order, from the path of any; raises BundleProblem."""
    path = first_path(path) if first_path(path).exists() else path
    first: BundleHead | None = None
    number, more = 1, True
    while more:
        volume, _ = check_volume(volume_path(path, number), seen)
        first = first or volume.head
        if msgspec.structs.replace(volume.head, volume=1) != msgspec.structs.replace(first, volume=1):
            raise problem("foreign", volume.path)
        if volume.head.volume != number:
            raise _misplaced(volume, number)
        yield volume
        more, number = volume.more, number + 1


def check_bundle(path: Path) -> BundleReport:
    """What can be said of a bundle without a key: who wrote it for whom, and whether it is whole."""
    found: list[Volume] = []
    findings: list[BundleFinding] = []
    try:
        found += volumes_of(path)
    except BundleProblem as wrong:
        findings.append(BundleFinding(wrong.code, wrong.message))
    except OSError as error:
        findings.append(BundleFinding("unreadable", unreadable(path, error)))
    if not found:
        return BundleReport(False, path, problems=tuple(findings))
    head = found[0].head
    return BundleReport(
        ok=not findings, path=path, kind=head.to, hub=head.hub, device=head.device, made_at=head.made_at,
        volume=1, volumes=len(found), size=sum(volume.size for volume in found), problems=tuple(findings),
    )  # fmt: skip


class _Writing:
    """A bundle while it is written: the files so far, the frames, and what is still to come."""

    def __init__(self, path: Path, head: BundleHead, items: Iterable[Item], seed: bytes, seen: Seen) -> None:
        self.chain = Chain()
        self.more = True
        self._path = path
        self._head = head
        self._seed = seed
        self._seen = seen
        self._pieces = _pieces(items)
        self._next = next(self._pieces, None)
        self._written: list[tuple[Path, Path, bytes]] = []  # where it is, where it belongs, its closing hash

    def write_volume(self, recipients: Sequence[pyrage.x25519.Recipient]) -> None:
        """The next volume, under a name of its own until all are written."""
        head = msgspec.structs.replace(self._head, volume=len(self._written) + 1)
        final = volume_path(self._path, head.volume)
        part = final.with_name(final.name + ".part")
        self._written.append((part, final, b""))
        first = FirstFailure()
        with part.open("wb") as file:
            volume = VolumeWriter(file, head)
            try:
                source = _Source(self._frames(head), first, self._seen)
                pyrage.encrypt_io(source, _Sink(volume, first), recipients)
            except (pyrage.EncryptError, OSError):
                if first.failure:
                    raise first.failure from None
                raise
            self._written[-1] = (part, final, volume.close(self.more))

    def rename(self) -> list[tuple[Path, bytes]]:
        """Give the volumes their names, for good."""
        for place, (part, final, closing) in enumerate(self._written):
            part.replace(final)
            self._written[place] = (final, final, closing)
        disk.sync_folder(self._path.parent)
        return [(final, closing) for _, final, closing in self._written]

    def remove(self) -> None:
        """Take away what was written."""
        for place, _, _ in self._written:
            with contextlib.suppress(OSError):
                place.unlink(missing_ok=True)

    def _frames(self, head: BundleHead) -> Iterator[bytes]:
        """The frames of one volume."""
        yield self._frame("header", msgspec.msgpack.encode(head))
        room = max(VOLUME_BYTES - _SLACK, MAX_FRAME)
        while self._next is not None and len(self._next[2]) <= room:
            item, offset, body = self._next
            frame = self._frame(item.kind, body, item.name, offset, item.length())
            room -= len(frame)
            self._next = next(self._pieces, None)
            yield frame
        self.more = self._next is not None
        frames, total = self.chain.frames, self.chain.total
        signature = signing.sign(signing.BUNDLE, closing_claim(frames, total, self.more), self._seed)
        yield self._frame("closing", msgspec.msgpack.encode(Closing(frames, total, self.more, signature)))

    def _frame(self, kind: str, body: bytes, name: str = "", offset: int = 0, size: int = 0) -> bytes:
        head = FrameHead(self.chain.frames, kind, name, offset, size)  # type: ignore[arg-type]
        return pack_frame(head, body, self.chain)


def _pieces(items: Iterable[Item]) -> Iterator[tuple[Item, int, bytes]]:
    for item in items:
        offset = 0
        for piece in item.pieces():
            yield item, offset, piece
            offset += len(piece)


class _Source:
    """The frames of a volume as a file the encryption reads from."""

    def __init__(self, frames: Iterator[bytes], first: FirstFailure, seen: Seen) -> None:
        self._frames = frames
        self._first = first
        self._seen = seen
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        with self._first:
            while not self._rest:
                frame = next(self._frames, None)
                if frame is None:
                    return b""
                self._seen(len(frame))
                self._rest = memoryview(frame)
            piece, self._rest = bytes(self._rest[:size]), self._rest[size:]
            return piece


class _Sink:
    """Where the encryption writes to."""

    def __init__(self, volume: VolumeWriter, first: FirstFailure) -> None:
        self._volume = volume
        self._first = first

    def write(self, piece: bytes) -> int:
        """The next encrypted bytes."""
        with self._first:
            return self._volume.write(piece)

    def flush(self) -> None:
        """Nothing waits here."""


def _read_back(path: Path, closing: bytes, seen: Seen) -> int:
    try:
        volume, found = check_volume(path, seen)
    except OSError as error:
        raise unwritable(path, error) from error
    except BundleProblem as error:
        raise _unsafe(path) from error
    if found != closing:
        raise _unsafe(path)
    return volume.size


def _recipient(recipient: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise Invalid(
            N_("This is no key to encrypt to: {key}"), key=recipient[:80], code="bad_keys"
        ) from None


def _misplaced(volume: Volume, number: int) -> BundleProblem:
    path = volume.path
    first = first_path(path)
    if number == 1 and path == volume_path(first, volume.head.volume):
        return problem("missing", first)  # somebody opened a later part, and the first is not beside it
    return problem("repeated" if volume.head.volume < number else "reordered", path)


def _unsafe(path: Path) -> StoreFailure:
    return StoreFailure(
        N_("{file} does not read back as it was written"), file=path.name, code="bundle_unsafe",
        hint=N_("The stick may be damaged: use another one. Everything is still safe on this computer."),
    )  # fmt: skip
