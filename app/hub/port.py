"""What the server asks of the hub: the one door between what speaks HTTP and what decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from app.hub.answering import PushAnswer
from app.hub.database import HubDatabase
from app.hub.devices import Invite
from app.hub.replies import PullAnswer
from app.sync.messages import (
    EnrolAnswer,
    EnrolRequest,
    Held,
    PullRequest,
    RejoinReply,
    RejoinRequest,
    SignedBlock,
)


class HubDoor(Protocol):
    """The hub as its server sees it; every call may wait for the database and is made in a thread."""

    @property
    def secret(self) -> bytes:
        """32 bytes that all processes of this hub share."""

    @property
    def sign_seed(self) -> bytes:
        """What the hub signs with (32 bytes)."""

    @property
    def database(self) -> HubDatabase:
        """Where passphrases and failed tries are kept."""

    @property
    def blobs(self) -> Any:
        """The attachments (`app.hub.objects.Blobs`)."""

    def names_blob(self, device: str, sha256: str) -> bool:
        """Whether a record that the laptop may read names this attachment."""

    def put_part(self, sha256: str, offset: int, content: bytes, total: int | None, device: str) -> int:
        """Go on with a laptop's upload; raises Refused `taken_away`."""

    def note_rest(self) -> None:
        """Write how far those laptops have come that came again too soon to be noted at once."""

    def tend(self, now: datetime) -> None:
        """What is to be done once a day."""

    def ping(self) -> None:
        """Ask the database something small; raises StoreFailure when it does not answer."""

    def device(self, device: str) -> Any:
        """A laptop with `sign_key`, `area`, `role_cap`, `revoked_at`; raises NotAllowed `unknown_device`."""

    def devices(self) -> Sequence[Any]:
        """Every laptop with how far it has come."""

    def people(self) -> Sequence[Any]:
        """Every person."""

    def division_names(self) -> Mapping[str, str]:
        """The names of divisions by their codes."""

    def status(self) -> Any:
        """Counts, areas and what engine it runs on."""

    def conflicts(self, area: str | None = None) -> Sequence[Any]:
        """The open conflicts."""

    def quarantine(self) -> Sequence[Any]:
        """Batches of revoked laptops that wait for a person."""

    def push(self, signed: bytes, received: datetime) -> PushAnswer:
        """Decide a signed batch."""

    def sync(
        self, device: str, signed: bytes, asked: PullRequest, now: datetime
    ) -> tuple[PushAnswer, PullAnswer | None]:
        """Decide a signed batch, and what a pull would bring; None where the batch was not taken."""

    def pull(
        self,
        device: str,
        cursors: Mapping[str, int],
        limit_bytes: int,
        now: datetime | None = None,
        held: Held | None = None,
        heads: Mapping[str, bytes] | None = None,
    ) -> PullAnswer:
        """What came after the cursors, and newer grants than those that are held; `heads` show that the
        laptop has the log up to there."""

    def rejoin(self, device: str, asked: RejoinRequest) -> RejoinReply:
        """Up to where a laptop and a hub brought back from a backup agree."""

    def give_back(self, device: str, blocks: Sequence[SignedBlock], now: datetime) -> int:
        """Take blocks of its own log that this hub has lost."""

    def enrol(self, request: EnrolRequest, now: datetime) -> EnrolAnswer:
        """Take in a laptop that knows an invitation's code."""

    def invite(self, area: str, role: str, minutes: int, now: datetime) -> Invite:
        """A one-time code."""

    def revoke(self, device: str, now: datetime, reason: str, by: str) -> Any:
        """Stop taking a laptop's work as it comes; `by` says who wants it."""

    def require_program(self, version: str, by: str, now: datetime) -> None:
        """Let no lower version of the program sync; "" lets any."""

    def policy(self, device: str, now: datetime) -> bytes:
        """The signed grants for a laptop."""

    def snapshot(self, device: str, made: Callable[[int, int], None] | None = None) -> Path:
        """The file a new laptop starts from; `made` hears how much of it is written."""

    def close(self) -> None:
        """Let go of the database."""
