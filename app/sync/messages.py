"""The messages of `/v1/…` between a laptop and the hub: MessagePack maps with these fields, and their limits.

A refusal is JSON instead: `{"error": CODE, "message": TEXT, "hint": TEXT, "details": […]}`, with the HTTP
status in `STATUS`. Every request but session, enrol, healthz and metrics carries
`Authorization: Bearer TOKEN`.

| request | body | answer |
|---|---|---|
| POST /v1/session | SessionRequest | SessionAnswer: first a challenge, then (with its signature) a token |
| POST /v1/enrol | EnrolRequest | EnrolAnswer |
| POST /v1/proof | ProofRequest | ProofAnswer: which hub this is, whatever its address and certificate |
| POST /v1/push | PushRequest | PushReply, with a PullReply inside where it is asked for |
| POST /v1/pull | PullRequest | PullReply |
| POST /v1/rejoin | RejoinRequest | RejoinReply: up to where a laptop and a restored hub agree |
| POST /v1/give-back | GiveBackRequest | GiveBackReply: blocks that the hub had lost |
| GET /v1/policy | – | the signed grants, as bytes |
| GET /v1/snapshot | – (Range) | the .gpkg.zst, its SHA-256 in the header `Gridward-SHA256` and as ETag |
| HEAD /v1/blob/SHA256 | – | `Upload-Offset` bytes are there; `Upload-Length` too once it is whole |
| PATCH /v1/blob/SHA256 | bytes from `Upload-Offset` of `Upload-Length` | 204 with the new `Upload-Offset` |
| GET /v1/blob/SHA256 | – (Range), `?thumbnail=1` | the bytes, or a small JPEG of a picture |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from app.domain.limits import FILE_BYTES
from app.domain.replication import SEEN_BYTES
from app.errors import Invalid
from app.i18n import N_

MESSAGEPACK = "application/msgpack"
BLOB_PART = "application/offset+octet-stream"
SHA256_HEADER = "Gridward-SHA256"
MADE_HEADER = "Gridward-Made"  # of a snapshot that is being made: records written / all
REFUSAL_HEADER = "Gridward-Refusal"  # the code of a refusal: an answer to HEAD has no body to say it in
RESPOND_ASYNC = "respond-async"  # RFC 7240: who prefers this asks again, and is not kept waiting
MAX_PUSH = 64 * 1024 * 1024  # the bytes of one push
MAX_SESSION = 16 * 1024  # the bytes of a message from whoever has not proved anything yet
MAX_SMALL = 1024 * 1024  # the bytes of any other message
MAX_PART = 8 * 1024 * 1024  # the bytes of one part of a blob
MAX_BLOB = FILE_BYTES
HELD = "held"  # the policy in a bundle that is a message Held
PULL_LIMIT = 4 * 1024 * 1024
RESTORED_EPOCHS = (
    1000  # by which a hub that was restored raises a laptop's epoch: more than a laptop's own forks
)
SESSION_CONTEXT = b"gridward-session-1"  # what a laptop signs is this and the challenge
STATUS: Mapping[str, int] = {
    "no_token": 401, "bad_token": 401, "expired_token": 401, "bad_signature": 401, "unknown_device": 401,
    "bad_code": 403, "revoked": 403, "device_role": 403, "not_allowed": 403,
    "unknown_blob": 404, "offset": 409, "too_large": 413, "hash": 422, "range": 416, "too_many": 429,
    "too_slow": 408, "disk_full": 507, "too_old": 426,
}  # fmt: skip
M = TypeVar("M", bound="Message")
Number = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]  # of an entry of a log, or of an epoch
Head = Annotated[
    bytes, Meta(min_length=SEEN_BYTES, max_length=32)
]  # a head, or so much that nobody guesses it


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A message; fields that a newer program adds are passed over."""


class SessionRequest(Message, frozen=True):
    """Who asks for a token; the second time with the challenge and its signature."""

    device: str
    challenge: bytes = b""
    signature: bytes = b""


class SessionAnswer(Message, frozen=True):
    """A challenge to sign (64 bytes, good for a minute), or a token with the moment it ends (ms)."""

    challenge: bytes = b""
    token: str = ""
    expires: int = 0
    hub_time: int = 0


class EnrolRequest(Message, frozen=True):
    """A new laptop with its keys: `code` is the invitation's code as typed, `sign_key` 32 bytes (Ed25519),
    `recipient` the age recipient it can read with, `signature` that of `sign_key` over `claim`. `hub` and
    `area` are named by a laptop that was enrolled before: no other hub or area may take it. `former` are the
    signed grants of the laptop whose file goes on with these new keys, `role` is that of whoever brings a
    file with work in it, `disk` says whether its disk is encrypted; an older hub passes them over."""

    code: str
    sign_key: bytes
    recipient: str
    schema: int
    program: str
    signature: bytes
    label: str = ""
    hub: str = ""
    area: str = ""
    former: bytes = b""
    role: str = ""
    disk: str = ""

    @property
    def claim(self) -> bytes:
        """What the laptop signs, so that nobody enrols a key that is not theirs."""
        return "\n".join((self.code.upper().replace("-", ""), self.sign_key.hex(), self.recipient)).encode()


class EnrolAnswer(Message, frozen=True):
    """What the laptop is from now on; `hub_key` is the key that blocks and grants are signed with."""

    device: str
    epoch: int
    hub: str
    hub_key: bytes
    hub_recipient: str
    area: str
    root: str
    role_cap: str
    founding: bool
    hub_time: int = 0


class ProofRequest(Message, frozen=True):
    """Whoever answers is to show that it is the hub: `challenge` is 32 bytes of chance."""

    challenge: Annotated[bytes, Meta(min_length=32, max_length=32)]


class ProofAnswer(Message, frozen=True):
    """The SHA-256 of the key of the hub's certificate in hex, "" where another program speaks TLS for it, and
    the hub's signature over `claim`."""

    fingerprint: Annotated[str, Meta(max_length=64)]
    signature: bytes

    def claim(self, challenge: bytes) -> bytes:
        """What the hub signs: it is who holds this certificate, and says so now."""
        return challenge + self.fingerprint.encode()


class AreaNow(Message, frozen=True):
    """Where the log of an area stands; `digest` is 16 bytes, big-endian."""

    seq: int
    head: bytes
    digest: bytes


class SignedBlock(Message, frozen=True):
    """A block of an area's log with the head after it, signed by the hub."""

    area: str
    first: int
    last: int
    body: bytes
    head: bytes
    signature: bytes


class Held(Message, frozen=True):
    """What a laptop says of itself in each round: the grants it holds, when the hub made them (ms), and its
    mark of its people as they were; whether its `disk` is encrypted ("encrypted", "open", "unknown") and its
    `journal` is whole ("whole", "broken"), "" when nobody has looked. In a bundle it is a policy named
    `held`; an older hub passes over what it does not know of it."""

    made: int
    people: bytes
    disk: str = ""
    journal: str = ""


class PullRequest(Message, frozen=True):
    """The highest number folded in each area; with `held` the reply brings newer grants as well. `heads` are
    the whole heads there: they show that the laptop was given the log up to its numbers."""

    after: dict[str, Number]
    limit: int = PULL_LIMIT
    held: Held | None = None
    heads: dict[str, bytes] = {}


class PullReply(Message, frozen=True):
    """What came after; `more` says that another request would bring more. `hub_time` in ms.

    `areas` are those whose log the laptop has to its end with this reply, as far as the request shows that it
    has what comes before: a head tells that its reader was given all before it (`Batch.seen`).
    `grants`: the signed grants, b"" where those that are held are still good, None where nobody asked or the
    hub is older than the question: then /v1/policy has them. They hold for all people in these blocks.
    """

    blocks: list[SignedBlock]
    areas: dict[str, AreaNow]
    more: bool
    hub_time: int
    grants: bytes | None = None


class PushRequest(Message, frozen=True):
    """A signed batch, byte for byte as it was sealed; with `after` the reply brings what a PullRequest of
    these would, so that one request is a whole small sync."""

    batch: bytes
    after: dict[str, Number] | None = None
    limit: int = PULL_LIMIT
    held: Held | None = None
    heads: dict[str, bytes] = {}


class PushReply(Message, frozen=True):
    """`state`: taken, repeat, fork, gap, restored, quarantined, full_uids; `next` is the number the hub waits
    for. `restored`: the hub was brought back from a backup and lacks what this laptop has seen."""

    next: int
    state: str
    epoch: int
    accepted: int = 0
    merged: int = 0
    conflicts: int = 0
    rejected: int = 0
    message: str = ""
    pull: PullReply | None = None


class RejoinRequest(Message, frozen=True):
    """The ends of the blocks a laptop has kept of each area, oldest first: their numbers and the first bytes
    of the heads; the hashes of batches that the hub took and that no entry has answered; and where the lost
    blocks end that were given back before and not told again yet, with their whole heads. With `renumber` it
    wants a new epoch, above `epoch`, for what the hub has not answered. An older hub passes `lost` over.
    """

    ends: dict[str, list[tuple[Number, Head]]]
    taken: list[bytes] = []
    lost: dict[str, list[tuple[Number, Head]]] = {}
    epoch: Number = 0
    renumber: bool = False


class RejoinReply(Message, frozen=True):
    """Of each area the highest of those ends that the hub has, 0 for none; how many of the batches and
    lost blocks it does not have; the laptop's epoch."""

    common: dict[str, int]
    epoch: int
    lacks: int = 0


class GiveBackRequest(Message, frozen=True):
    """Blocks that the hub once signed and does not have any more, each area's in their order."""

    blocks: list[SignedBlock]


class GiveBackReply(Message, frozen=True):
    """How many entries of them the hub had lost."""

    entries: int


class StickStanding(Message, frozen=True):
    """What a bundle for a laptop says of the hub: where its areas stand, where the laptop stood when the hub
    heard of it last (number and first bytes of the head), the first bytes of the heads of blocks that the hub
    had lost and was given back, and the laptop's epoch. Of the papers the laptop lacks: how many the hub has
    and the bundle had no room for, and how many nobody has brought to the hub yet."""

    areas: dict[str, AreaNow]
    hub_time: int
    since: dict[str, tuple[int, bytes]] = {}
    given: list[bytes] = []
    epoch: int = 0
    papers_left: int = 0
    papers_unknown: int = 0


class PapersWanted(Message, frozen=True):
    """What papers a laptop that comes by stick lacks, each by the 32 bytes of its SHA-256, the most wanted
    first: `small` those it has no small picture of either. The answer brings at most `limit` bytes of them.

    An older hub passes it over; a hub that never had one from a laptop sends it nothing an older program
    would not understand.
    """

    files: list[bytes]
    small: list[bytes] = []
    limit: int = 0


def encode_message(message: Message) -> bytes:
    """The message as bytes."""
    return msgspec.msgpack.encode(message)


def decode_message(kind: type[M], body: bytes) -> M:
    """The message of this kind; raises Invalid `bad_message` for anything else."""
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(
            N_("The message cannot be read: {why}"), why=str(error)[:200], code="bad_message"
        ) from error


def digest_bytes(digest: int) -> bytes:
    """A digest (mod 2^128) as it travels."""
    return digest.to_bytes(16, "big")


def digest_number(digest: bytes) -> int:
    """The number of a digest that travelled."""
    return int.from_bytes(digest, "big")


def refusal_of(body: bytes) -> dict[str, Any]:
    """The refusal in an answer's body; an answer of something else than a hub gives code `not_a_hub`."""
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        found = {}
    return found if isinstance(found.get("error"), str) else {"error": "not_a_hub", "message": "", "hint": ""}
