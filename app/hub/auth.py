"""Who a request comes from: a laptop proves its key once and gets a token that every worker can check.

Nothing is kept at the hub: challenge and token carry their own proof, an HMAC by the secret of the hub.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.errors import NotAllowed
from app.i18n import N_
from app.sync.messages import SESSION_CONTEXT

CHALLENGE_GOOD_FOR = timedelta(seconds=60)
TOKEN_GOOD_FOR = timedelta(hours=12)
_TIME, _NONCE, _PROOF = 8, 24, 32
_SLACK = timedelta(seconds=5)  # between the clocks of two hub processes on different machines


class Tokens:
    """Makes and checks challenges and tokens with the secret of the hub."""

    def __init__(self, secret: bytes, now: Callable[[], datetime]) -> None:
        self._key = derived(secret, "gridward-token-1")
        self._now = now

    def challenge(self, device: str) -> bytes:
        """Something for the laptop to sign: 64 bytes."""
        start = _ms(self._now()).to_bytes(_TIME, "big") + secrets.token_bytes(_NONCE)
        return start + self._proof("challenge", device, start)

    def check(self, device: str, challenge: bytes, signature: bytes, sign_key: bytes) -> None:
        """Raises NotAllowed when the challenge is not ours, is too old or was not signed by this laptop."""
        start, proof = challenge[: _TIME + _NONCE], challenge[_TIME + _NONCE :]
        ours = hmac.compare_digest(proof, self._proof("challenge", device, start))
        made = int.from_bytes(start[:_TIME], "big")
        age = _ms(self._now()) - made
        fresh = -_ms_of(_SLACK) <= age <= _ms_of(CHALLENGE_GOOD_FOR)
        if not (ours and fresh and _signed(sign_key, SESSION_CONTEXT + challenge, signature)):
            raise NotAllowed(N_("This laptop could not prove its key"), code="bad_signature",
                             hint=N_("Try again; if it stays so, enrol the laptop anew."))  # fmt: skip

    def token(self, device: str) -> tuple[str, int]:
        """A token for a laptop, and when it ends (ms)."""
        ends = _ms(self._now() + TOKEN_GOOD_FOR)
        proof = self._proof("token", device, ends.to_bytes(_TIME, "big"))
        return f"{device}.{ends}.{base64.urlsafe_b64encode(proof).decode().rstrip('=')}", ends

    def device_of(self, header: str | None) -> str:
        """The laptop whose token stands in an Authorization header.

        Raises NotAllowed `no_token`, `bad_token`, `expired_token`.
        """
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAllowed(N_("The request carries no token"), code="no_token")
        device, ends, proof = _split(token.strip())
        if not hmac.compare_digest(proof, self._proof("token", device, ends.to_bytes(_TIME, "big"))):
            raise _bad_token()
        if ends <= _ms(self._now()):
            raise NotAllowed(N_("The token has ended"), code="expired_token")
        return device

    def _proof(self, kind: str, device: str, rest: bytes) -> bytes:
        return hmac.digest(self._key, b"\0".join((kind.encode(), device.encode(), rest)), "sha256")


def derived(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose, so that what proves one thing never proves another."""
    return hmac.digest(secret, purpose.encode(), hashlib.sha256)


def _split(token: str) -> tuple[str, int, bytes]:
    parts = token.split(".")
    try:
        device, ends, proof = parts
        number = int(ends)
        raw = base64.urlsafe_b64decode(f"{proof}==")
    except (ValueError, binascii.Error) as error:
        raise _bad_token() from error
    if not 0 <= number < 1 << 62 or not ends.isascii() or len(device) > 64:
        raise _bad_token()
    return device, number, raw


def _signed(sign_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(sign_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _bad_token() -> NotAllowed:
    return NotAllowed(N_("The token is not one of this hub"), code="bad_token")


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _ms_of(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
