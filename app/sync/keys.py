"""A device's two keys, one to sign with and one to read with, and how a PIN wraps them."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Annotated

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta
from pyrage import IdentityError, x25519

from app.errors import Invalid
from app.i18n import N_
from app.sync.signing import public_key

# What the sign-in of a person costs as well (OWASP: argon2id, at least 19 MiB and 2 rounds).
ROUNDS, MEMORY_KIB, LANES = 3, 64 * 1024, 2
_PURPOSE = b"gridward-keys-1"  # bound into the wrapping, so that nothing else opens as keys
_SALT, _NONCE = 16, 12
_NAMES = uuid.UUID("6e0f1c52-5d2b-5b7e-8f43-7a1d3c90e4b6")


class _Kept(msgspec.Struct, array_like=True):
    sign_seed: Annotated[bytes, Meta(min_length=32, max_length=32)]
    identity: Annotated[str, Meta(max_length=200)]


class _Wrapped(msgspec.Struct, array_like=True):
    salt: Annotated[bytes, Meta(min_length=_SALT, max_length=_SALT)]
    nonce: Annotated[bytes, Meta(min_length=_NONCE, max_length=_NONCE)]
    # Bounds: a damaged or planted entry must not take all memory or hours.
    rounds: Annotated[int, Meta(ge=1, le=20)]
    memory_kib: Annotated[int, Meta(ge=8 * 16, le=1 << 20)]
    lanes: Annotated[int, Meta(ge=1, le=16)]
    sealed: Annotated[bytes, Meta(max_length=1000)]


@dataclass(frozen=True, slots=True, repr=False)
class DeviceKeys:
    """The private keys: `sign_seed` of Ed25519 (32 bytes), `identity` of age (X25519)."""

    sign_seed: bytes
    identity: str

    @classmethod
    def make(cls) -> DeviceKeys:
        """New keys."""
        return cls(secrets.token_bytes(32), str(x25519.Identity.generate()))

    @classmethod
    def from_bytes(cls, kept: bytes) -> DeviceKeys:
        """The keys that `to_bytes` gave; raises Invalid (`bad_keys`) for other bytes."""
        try:
            found = msgspec.msgpack.decode(kept, type=_Kept)
            x25519.Identity.from_str(found.identity)
        except (msgspec.MsgspecError, UnicodeError, RecursionError, IdentityError):
            raise Invalid(N_("The kept keys of this computer are damaged"), code="bad_keys") from None
        return cls(found.sign_seed, found.identity)

    def to_bytes(self) -> bytes:
        """The private keys as bytes, to be kept where nobody else reads."""
        return msgspec.msgpack.encode(_Kept(self.sign_seed, self.identity))

    @property
    def sign_public(self) -> bytes:
        """The public half of the signing key, 32 bytes."""
        return public_key(self.sign_seed)

    @property
    def recipient(self) -> str:
        """What others encrypt to: age1…"""
        return str(x25519.Identity.from_str(self.identity).to_public())

    def wrap(self, pin: str) -> bytes:
        """The keys as bytes that only this PIN opens (argon2id, then AES-256-GCM)."""
        salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
        key = _key_of(pin, salt, ROUNDS, MEMORY_KIB, LANES)
        sealed = AESGCM(key).encrypt(nonce, self.to_bytes(), _PURPOSE)
        return msgspec.msgpack.encode(_Wrapped(salt, nonce, ROUNDS, MEMORY_KIB, LANES, sealed))

    @classmethod
    def unwrap(cls, wrapped: bytes, pin: str) -> DeviceKeys:
        """The keys from what `wrap` gave; raises Invalid: `wrong_pin`, or `bad_keys` for damaged bytes."""
        try:
            found = msgspec.msgpack.decode(wrapped, type=_Wrapped)
            key = _key_of(pin, found.salt, found.rounds, found.memory_kib, found.lanes)
            opened = AESGCM(key).decrypt(found.nonce, found.sealed, _PURPOSE)
        except InvalidTag:
            raise Invalid(N_("This PIN does not open the keys of this computer"), code="wrong_pin") from None
        except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError):
            raise Invalid(N_("The kept keys of this computer are damaged"), code="bad_keys") from None
        return cls.from_bytes(opened)


def device_uid(sign_public: bytes) -> str:
    """The name of a device, which follows from its public key: a laptop that joins by stick knows its own."""
    return str(uuid.uuid5(_NAMES, sign_public.hex()))


def _key_of(pin: str, salt: bytes, rounds: int, memory_kib: int, lanes: int) -> bytes:
    return hash_secret_raw(pin.encode(), salt, rounds, memory_kib, lanes, hash_len=32, type=Type.ID)
