"""Grants: which persons may sign in on a laptop without a network, and until when; signed by the hub."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from app.errors import Invalid
from app.i18n import N_
from app.sync import signing
from app.sync.signing import Signed

GRANT_DAYS = 30
_Word = Annotated[str, Meta(max_length=100)]
_Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
_Millis = Annotated[int, Meta(ge=0, le=1 << 53)]


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """A person (uid) may sign in as `role` for `area` from `since` to `until`, in ms since 1970.

    `verifier` is that of their PIN: it comes to the laptops that may serve them, and to no others.
    """

    person: _Word
    role: _Word
    area: _Word
    since: _Millis
    until: _Millis
    verifier: Annotated[str, Meta(max_length=300)] = ""


class Grants(msgspec.Struct, frozen=True, array_like=True):
    """All grants of one laptop as of `made` (the hub's clock, ms); `people` is the hub's mark of who its
    people were then, another one after each change of them. `minimum` is the lowest version of the program
    that may sync, "" when any may; `recovery` the age recipient of the recovery key, "" without one; `gone`
    the SHA-256 of files that were taken away: also who has not read their records any more lets them go."""

    hub: _Word
    device: _Word
    made: _Millis
    grants: Annotated[list[Grant], Meta(max_length=100_000)]
    people: Annotated[bytes, Meta(max_length=32)] = b""
    minimum: _Word = ""
    recovery: _Word = ""
    gone: Annotated[list[_Digest], Meta(max_length=100_000)] = []

    def live(self, person: str, now: int) -> Grant | None:
        """The grant that lets a person sign in at `now` (ms); None when there is none."""
        found = (item for item in self.grants if item.person == person and item.since <= now < item.until)
        return next(found, None)

    def verifier(self, person: str) -> str:
        """The verifier that came with a person's grant, also with one that has ended; else ""."""
        return next((item.verifier for item in self.grants if item.person == person), "")


def pack_grants(grants: Grants, seed: bytes) -> bytes:
    """The grants as signed bytes; `seed` is the hub's signing key."""
    return signing.pack_signed(signing.signed(signing.POLICY, msgspec.msgpack.encode(grants), "", seed))


def read_grants(packed: bytes, hub_key: bytes) -> Grants:
    """Grants that this hub signed; raises Invalid for anything else."""
    message: Signed = signing.unpack_signed(packed)
    signing.verify_signed(signing.POLICY, message, hub_key)
    try:
        return msgspec.msgpack.decode(message.body, type=Grants)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Invalid(N_("The hub’s grants cannot be read"), code="bad_message") from None
