"""What a round needs of a hub, however it is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

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

# Called between pieces with the bytes done and the whole; raises Cancelled to stop.
Between = Callable[[int, int], None]


def ignore(done: int, whole: int) -> None:
    """Nobody looks."""


class BlobThere(NamedTuple):
    """How much of a file the hub has."""

    offset: int
    whole: bool


class Transport(Protocol):
    """A way to the hub. Every method raises HubUnreachable when the hub does not answer."""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the hub's public key that was seen, in hex; empty without TLS."""
        ...

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        """Ask to become one of the hub's laptops; the same keys asked twice give the same laptop."""
        ...

    def push(self, batch: bytes, asked: PullRequest | None = None) -> PushReply:
        """Send a signed batch; the same bytes may be sent again. When it is taken, the reply brings what a
        pull of `asked` would, unless the hub is an older one."""
        ...

    def pull(self, asked: PullRequest) -> PullReply:
        """What came after these numbers, a few megabytes at a time."""
        ...

    def rejoin(self, request: RejoinRequest) -> RejoinReply:
        """Up to where this laptop and a hub that was brought back from a backup agree."""
        ...

    def give_back(self, blocks: Sequence[SignedBlock]) -> int:
        """Give the hub blocks that it has lost; how many entries of them it lacked."""
        ...

    def policy(self) -> bytes:
        """The signed grants of the persons of this laptop's area."""
        ...

    def snapshot(self, target: Path, between: Between, making: Between = ignore) -> None:
        """Fetch the ready snapshot of this laptop's area into `target`, going on where it was cut; `making`
        hears how many records of how many it has while the hub makes it."""
        ...

    def blob_there(self, sha256: str) -> BlobThere:
        """How much of this file the hub has."""
        ...

    def send_blob(self, sha256: str, source: Path, between: Between) -> None:
        """Send a file from where the hub stopped."""
        ...

    def fetch_blob(self, sha256: str, size: int, target: Path, between: Between) -> None:
        """Fetch a file into `target`, going on with what is there already."""
        ...

    def thumbnail(self, sha256: str) -> bytes | None:
        """A small JPEG of a picture; None when there is none."""
        ...

    def heed(self, check: Callable[[], None]) -> None:
        """Call `check` while an answer is waited for; it raises Cancelled to stop."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
