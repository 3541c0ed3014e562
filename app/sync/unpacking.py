"""Opening a bundle: every volume is checked and decrypted into a folder before anything of it is believed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec
import pyrage

from app.errors import Invalid, StoreFailure
from app.i18n import N_
from app.sync import signing
from app.sync.bundle import FirstFailure, Seen, ignore_progress, volumes_of
from app.sync.bundle_frames import Broken, Chain, Closing, FrameHead, FrameReader, Item
from app.sync.bundle_volume import BundleHead, To, Volume, problem
from app.sync.stick_failures import PULLED_OUT, cause_of

_BLOB = re.compile("[0-9a-f]{64}")
_OWN_FILE = ("blob", "snapshot")
_BY_HASH = ("blob", "thumbnail")
Signer = Callable[[BundleHead, Sequence[Item]], bytes | None]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who opens a bundle: the private age key, which hub it is about, and for a laptop which device.

    `signer` gives the public key the bundle has to be signed with, from its head and its things (a laptop
    that enrols by bundle names its key in it); None when nobody known can have written it. With `any_hub`
    also bundles about other hubs are opened, as whose writers nobody is known. `room` is asked before a file
    is unpacked, with its size, and may raise.
    """

    identity: str
    to: To
    hub: str
    device: str
    signer: Signer
    any_hub: bool = False
    room: Callable[[int], None] = lambda _: None

    def is_foreign(self, head: BundleHead) -> bool:
        """Whether a bundle is about another hub."""
        return head.hub != self.hub


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An opened bundle: its things lie in the folder that was given, until the caller removes it."""

    head: BundleHead
    items: tuple[Item, ...]
    volumes: tuple[Path, ...]


def unpack_bundle(path: Path, receiver: Receiver, into: Path, seen: Seen = ignore_progress) -> Unpacked:
    """Open a bundle into the empty folder `into`; nothing is given before all of it was found right.

    Raises BundleProblem with the exact problem, StoreFailure when the folder cannot hold it.
    """
    volumes: list[Volume] = []
    try:
        with _Unpacking(into, receiver) as unpacking:
            for volume in volumes_of(path, seen):
                volumes.append(volume)
                unpacking.open_volume(volume)
            unpacking.check_signatures(volumes)
    except OSError as error:
        if cause_of(error) == "stick_gone":
            raise Invalid(
                PULLED_OUT, hint=N_("Plug it in and try again. Nothing was changed here."),
                file=path.name, code="stick_gone",
            ) from error  # fmt: skip
        raise StoreFailure(
            N_("The bundle cannot be opened into {folder}"), folder=into, details=[str(error)], code="storage"
        ) from error
    return Unpacked(volumes[0].head, tuple(unpacking.items), tuple(volume.path for volume in volumes))


class _Unpacking:
    """The things of a bundle as they come out."""

    def __init__(self, into: Path, receiver: Receiver) -> None:
        self.items: list[Item] = []
        self._into = into
        self._receiver = receiver
        self._identity = pyrage.x25519.Identity.from_str(receiver.identity)
        self._chain = Chain()
        self._closings: list[Closing] = []
        self._head = BundleHead("to_hub", "", "", "", "")
        self._expected = (
            "header"  # the kind of frame that has to come, "" for any thing, "nothing" after an end
        )
        self._small = (into / "items").open("wb")
        self._open: FrameHead | None = None
        self._file: BinaryIO = self._small
        self._begun = 0
        self._hash = sha256()

    def __enter__(self) -> _Unpacking:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._small.close()

    def open_volume(self, volume: Volume) -> None:
        """Decrypt one volume; raises BundleProblem."""
        self._check_head(volume)
        self._head, self._expected = volume.head, "header"
        frames = FrameReader(self._chain, self._take)
        first = FirstFailure()
        try:
            with volume.path.open("rb") as file:
                source = _Section(file, volume.begins, volume.ends - volume.begins, first)
                self._decrypt(volume.path, source, _Feed(frames, first), first)
            frames.end()
            if self._expected != "nothing":
                raise Broken("cut")
            if self._closings[-1].more != volume.more:
                raise Broken("altered")
            if self._open and not volume.more:
                raise Broken("missing")
        except Broken as broken:
            raise problem(broken.code, volume.path) from None

    def _decrypt(self, path: Path, source: _Section, feed: _Feed, first: FirstFailure) -> None:
        try:
            pyrage.decrypt_io(source, feed, [self._identity])
        except pyrage.DecryptError:
            raise first.failure or problem("not_for_me", path) from None
        except OSError:
            raise first.failure or problem("altered", path) from None

    def check_signatures(self, volumes: Sequence[Volume]) -> None:
        """Raises BundleProblem `foreign` unless the one who should have written it signed every volume."""
        if self._receiver.is_foreign(volumes[0].head):  # a hub whose books are not here
            return
        public = self._receiver.signer(volumes[0].head, self.items)
        for volume, closing in zip(volumes, self._closings, strict=True):
            try:
                signing.verify(signing.BUNDLE, closing.claim, closing.signature, public or b"")
            except Invalid:
                raise problem("foreign", volume.path) from None

    def _check_head(self, volume: Volume) -> None:
        head, receiver = volume.head, self._receiver
        if receiver.is_foreign(head) and not receiver.any_hub:
            raise problem("foreign", volume.path)
        if head.to != receiver.to or (receiver.to == "to_device" and head.device != receiver.device):
            raise problem("not_for_me", volume.path)

    def _take(self, head: FrameHead, body: bytes) -> None:
        if self._expected == "nothing" or (head.kind == "header") != (self._expected == "header"):
            raise Broken("altered")
        if head.kind == "header":
            if body != msgspec.msgpack.encode(self._head):
                raise Broken("altered")
            self._expected = ""
        elif head.kind == "closing":
            self._close(body)
        else:
            self._add(head, body)

    def _close(self, body: bytes) -> None:
        try:
            closing = msgspec.msgpack.decode(body, type=Closing)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise Broken("altered") from None
        if closing.frames != self._chain.frames:
            raise Broken("missing" if closing.frames > self._chain.frames else "repeated")
        if closing.total != self._chain.total:
            raise Broken("altered")
        self._closings.append(closing)
        self._expected = "nothing"

    def _add(self, head: FrameHead, body: bytes) -> None:
        """The next piece of a thing; pieces follow each other and things are not mixed."""
        if self._open is None:
            self._begin(head)
        was = self._open
        if was is None or (head.kind, head.name, head.size) != (was.kind, was.name, was.size):
            raise Broken("missing")
        done = self._file.tell() - self._begun
        if head.offset != done:
            raise Broken("missing" if head.offset > done else "repeated")
        if done + len(body) > head.size:
            raise Broken("altered")
        self._file.write(body)
        self._hash.update(body)
        if done + len(body) == head.size:
            self._finish(head)

    def _begin(self, head: FrameHead) -> None:
        if head.kind in _BY_HASH and not _BLOB.fullmatch(head.name):
            raise Broken("altered")
        if head.kind in _OWN_FILE:
            self._receiver.room(head.size)
            self._file = (self._into / f"{len(self.items)}.{head.kind}").open("wb")
        self._begun = self._file.tell()
        self._hash = sha256()
        self._open = head

    def _finish(self, head: FrameHead) -> None:
        if head.kind == "blob" and self._hash.hexdigest() != head.name:
            raise Broken("altered")
        self._file.flush()
        self.items.append(Item(head.kind, head.name, Path(self._file.name), self._begun, head.size))
        if head.kind in _OWN_FILE:
            self._file.close()
        self._file = self._small
        self._open = None


class _Section:
    """A part of a file as a file the decryption reads from."""

    def __init__(self, file: BinaryIO, begins: int, left: int, first: FirstFailure) -> None:
        file.seek(begins)
        self._first = first
        self._file = file
        self._left = left

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        with self._first:
            piece = self._file.read(min(size, self._left))
        self._left -= len(piece)
        return piece


class _Feed:
    """Where the decryption writes to."""

    def __init__(self, frames: FrameReader, first: FirstFailure) -> None:
        self._frames = frames
        self._first = first

    def write(self, piece: bytes) -> int:
        """The next opened bytes."""
        with self._first:
            self._frames.feed(piece)
            return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""
