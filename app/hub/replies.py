"""What the hub answers a laptop that pulls, and its answers as the messages that travel."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from app.hub.answering import PushAnswer
from app.sync.messages import AreaNow, PullReply, PushReply, SignedBlock, digest_bytes


@dataclass(frozen=True)
class PullAnswer:
    """Blocks after the laptop's numbers, and where every area it reads stands: (number, head, digest);
    `hub_time` in ms, `grants` as in the message (`PullReply`)."""

    blocks: list[SignedBlock]
    areas: dict[str, tuple[int, bytes, int]]
    more: bool
    hub_time: int
    grants: bytes | None = None


def pull_reply(answer: PullAnswer) -> PullReply:
    """The answer to a pull."""
    areas = {
        area: AreaNow(seq=seq, head=head, digest=digest_bytes(digest))
        for area, (seq, head, digest) in answer.areas.items()
    }
    return PullReply(
        blocks=answer.blocks, areas=areas, more=answer.more, hub_time=answer.hub_time, grants=answer.grants
    )


def push_reply(answer: PushAnswer, news: PullReply | None) -> PushReply:
    """What was decided of a batch, with what a pull would have brought."""
    return PushReply(**asdict(answer), pull=news)
