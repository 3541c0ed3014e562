"""Signatures: a laptop signs what it pushes, the hub what it gives out, each with a word saying what it is.

An Ed25519 signature is made over the context word and the SHA-256 of the body, so that a signature for one
sort of message is worth nothing for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from app.errors import Invalid
from app.i18n import N_
from app.sync.parts import LIMIT

BATCH = b"gridward-batch-1"
BLOCK = b"gridward-block-1"
POLICY = b"gridward-policy-1"
BUNDLE = b"gridward-bundle-1"
ENROL = b"gridward-enrol-1"
HUB = b"gridward-hub-1"  # that a certificate is the hub's
HEAD_START = bytes(32)  # the head of an area's log before its first block
_ENVELOPE = 4096  # bytes a signed message may have beside its body


@dataclass(frozen=True, slots=True)
class Signed:
    """A body with its SHA-256 and the signature of a device ("" is the hub)."""

    body: bytes
    sha256: bytes
    signature: bytes
    device: str


class _Wired(msgspec.Struct, array_like=True):
    device: Annotated[str, Meta(max_length=100)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]
    body: bytes


def public_key(seed: bytes) -> bytes:
    """The public half (32 bytes) of a signing key of 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


@lru_cache(maxsize=8)
def _key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=1024)
def _public(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def sign(context: bytes, body: bytes, seed: bytes) -> bytes:
    """The signature (64 bytes) of a body by the key `seed` (32 bytes)."""
    return _key(seed).sign(context + sha256(body).digest())


def verify(context: bytes, body: bytes, signature: bytes, public: bytes) -> None:
    """Raises Invalid (`bad_signature`) unless the key `public` (32 bytes) signed this in this context."""
    try:
        _public(public).verify(signature, context + sha256(body).digest())
    except (InvalidSignature, ValueError):
        raise Invalid(
            N_("The signature does not fit: this was changed on the way or written by somebody else"),
            code="bad_signature",
        ) from None


def signed(context: bytes, body: bytes, device: str, seed: bytes) -> Signed:
    """A body signed by a device."""
    return Signed(body, sha256(body).digest(), sign(context, body, seed), device)


def verify_signed(context: bytes, message: Signed, public: bytes) -> None:
    """Raises Invalid (`bad_signature`) unless the message was signed by this key."""
    verify(context, message.body, message.signature, public)


def pack_signed(message: Signed) -> bytes:
    """A signed message as bytes."""
    return msgspec.msgpack.encode(_Wired(message.device, message.signature, message.body))


def signer_of(packed: bytes) -> str:
    """The device that a signed message says it is from. Raises Invalid (`bad_message`)."""
    return _unpacked(packed).device


def unpack_signed(packed: bytes) -> Signed:
    """A signed message from bytes; its signature is not yet verified. Raises Invalid (`bad_message`)."""
    found = _unpacked(packed)
    return Signed(found.body, sha256(found.body).digest(), found.signature, found.device)


def _unpacked(packed: bytes) -> _Wired:
    try:
        if len(packed) > LIMIT + _ENVELOPE:
            raise msgspec.ValidationError("too long")
        return msgspec.msgpack.decode(packed, type=_Wired)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Invalid(
            N_("What arrived is not a message of this program, or it is damaged"), code="bad_message"
        ) from None


def next_head(head: bytes, body: bytes) -> bytes:
    """The head of an area's log after a block: each names all before it."""
    return sha256(head + sha256(body).digest()).digest()
