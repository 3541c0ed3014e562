"""The way to a hub in the same process, without a line between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from app.hub.replies import pull_reply, push_reply
from app.sync.messages import (
    EnrolAnswer,
    EnrolRequest,
    PullReply,
    PullRequest,
    PushReply,
    RejoinReply,
    RejoinRequest,
    SignedBlock,
)
from app.sync.transport import Between, BlobThere, ignore


class Direct:
    """A hub object in this process, called as the server would call it."""

    fingerprint = ""

    def __init__(self, hub: Any, device: str, now: Callable[[], datetime]) -> None:
        self._hub, self._device, self._now = hub, device, now

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        """Ask to become one of the hub's laptops."""
        found: EnrolAnswer = self._hub.enrol(request, self._now())
        return found

    def push(self, batch: bytes, asked: PullRequest | None = None) -> PushReply:
        """Send a signed batch."""
        news = None
        if asked is None:
            answer = self._hub.push(batch, self._now())
        else:
            answer, news = self._hub.sync(self._device, batch, asked, self._now())
        return push_reply(answer, pull_reply(news) if news is not None else None)

    def pull(self, asked: PullRequest) -> PullReply:
        """What came after these numbers."""
        given = asked.after, asked.limit, self._now(), asked.held, asked.heads
        return pull_reply(self._hub.pull(self._device, *given))

    def rejoin(self, request: RejoinRequest) -> RejoinReply:
        """Up to where both agree."""
        found: RejoinReply = self._hub.rejoin(self._device, request)
        return found

    def give_back(self, blocks: Sequence[SignedBlock]) -> int:
        """Hand over blocks that the hub has lost."""
        return int(self._hub.give_back(self._device, blocks, self._now()))

    def policy(self) -> bytes:
        """The signed grants."""
        return bytes(self._hub.policy(self._device, self._now()))

    def snapshot(self, target: Path, between: Between, making: Between = ignore) -> None:
        """Copy the ready snapshot."""
        _copy(Path(self._hub.snapshot(self._device)), target, between)

    def blob_there(self, sha256: str) -> BlobThere:
        """How much of this file the hub has."""
        size = self._hub.blobs.size(sha256)
        return BlobThere(size, True) if size is not None else BlobThere(self._offset(sha256), False)

    def send_blob(self, sha256: str, source: Path, between: Between) -> None:
        """Hand the file over in parts."""
        whole = source.stat().st_size
        offset = self.blob_there(sha256).offset
        with source.open("rb") as file:
            file.seek(offset)
            while part := file.read(1 << 20):
                offset = self._hub.put_part(sha256, offset, part, whole, self._device)
                between(offset, whole)

    def fetch_blob(self, sha256: str, size: int, target: Path, between: Between) -> None:
        """Copy a file."""
        with target.open("wb") as file:
            file.writelines(self._hub.blobs.stream(sha256))
        between(size, size)

    def thumbnail(self, sha256: str) -> bytes | None:
        """A small JPEG of a picture; None when it is none."""
        found: bytes | None = self._hub.blobs.thumbnail(sha256)
        return found

    def heed(self, check: Callable[[], None]) -> None:
        """Nobody waits for an answer."""

    def close(self) -> None:
        """Nothing to let go of."""

    def _offset(self, sha256: str) -> int:
        return int(self._hub.blobs.offset(sha256, self._device))


def _copy(source: Path, target: Path, between: Between) -> None:
    whole, done = source.stat().st_size, 0
    with source.open("rb") as read, target.open("wb") as written:
        while part := read.read(1 << 20):
            written.write(part)
            done += len(part)
            between(done, whole)
