"""What a round needs of a hub, however it is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from app.sync.messages import (
    AreaNow,
    EnrolAnswer,
    EnrolRequest,
    PullReply,
    PullRequest,
    PushReply,
    RejoinReply,
    RejoinRequest,
    SignedBlock,
    digest_bytes,
)

# Called between pieces with the bytes done and the whole; raises Cancelled to stop.
Between = Callable[[int, int], None]


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

    def snapshot(self, target: Path, between: Between) -> None:
        """Fetch the ready snapshot of this laptop's area into `target`, going on where it was cut."""
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


def pull_reply(answer: Any) -> PullReply:
    """A hub's own answer as the message that travels."""
    if isinstance(answer, PullReply):
        return answer
    areas = {
        area: AreaNow(seq=seq, head=head, digest=digest_bytes(digest) if isinstance(digest, int) else digest)
        for area, (seq, head, digest) in ((area, _three(now)) for area, now in answer.areas.items())
    }
    blocks = [
        SignedBlock(area=b.area, first=b.first, last=b.last, body=b.body, head=b.head, signature=b.signature)
        for b in answer.blocks
    ]
    time = answer.hub_time
    return PullReply(
        blocks=blocks,
        areas=areas,
        more=answer.more,
        hub_time=time if isinstance(time, int) else int(time.timestamp() * 1000),
        grants=getattr(answer, "grants", None),
    )


def push_reply(answer: Any, news: PullReply | None) -> PushReply:
    """What a hub decided of a batch as the message that travels, with the effects that come with it."""
    names = ("next", "state", "epoch", "accepted", "merged", "conflicts", "rejected")
    told = {name: getattr(answer, name) for name in names}
    return PushReply(**told, message=answer.message or "", pull=news)


def enrol_answer(made: Any, hub_time: int) -> EnrolAnswer:
    """What a hub made of a laptop as the message that travels; `hub_time` in ms since 1970."""
    if isinstance(made, EnrolAnswer):
        return made
    names = [name for name in EnrolAnswer.__struct_fields__ if name != "hub_time"]
    return EnrolAnswer(**{name: getattr(made, name) for name in names}, hub_time=hub_time)


def _three(now: Any) -> tuple[int, bytes, Any]:
    return (now.seq, now.head, now.digest) if hasattr(now, "seq") else (now[0], now[1], now[2])
