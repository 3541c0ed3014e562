"""TLS to a hub whose certificate no authority vouches for: its key's fingerprint came with the invitation.

The key is pinned, not the certificate, so that a certificate may be renewed for the same key. It is compared
before a byte is sent. The dates are not looked at: a laptop whose clock is off by months must still reach its
hub.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import ssl
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from app.errors import Invalid
from app.i18n import N_
from app.sync.moments import CONNECT_SECONDS, MOMENT, Heed, in_moments, reached


class WrongCertificate(ssl.SSLError):
    """The server's certificate is not the one that was invited to."""


class Pinned(ssl.SSLContext):
    """A context for one hub. `expected` are the first hex digits of the SHA-256 of its public key (or, as
    laptops of earlier versions keep it, of its certificate); empty leaves the judgement to the authorities
    the system trusts. `seen` is the whole fingerprint of the key."""

    expected = ""
    seen = ""
    heed: Heed = staticmethod(lambda: None)  # called while hands are shaken; raises to stop

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        """A connected socket, after a look at the certificate. Raises WrongCertificate."""
        found = super().wrap_socket(*args, **{**options, "do_handshake_on_connect": False})
        try:
            found.settimeout(MOMENT)
            in_moments(found.do_handshake, CONNECT_SECONDS, self.heed)
        except BaseException:
            found.close()
            raise
        certificate = found.getpeercert(binary_form=True) or b""
        self.seen = key_fingerprint(certificate)
        whole, wanted = hashlib.sha256(certificate).hexdigest(), self.expected
        if not any(hmac.compare_digest(one[: len(wanted)], wanted) for one in (self.seen, whole)):
            found.close()
            raise WrongCertificate(self.seen)
        return found


def key_fingerprint(certificate: bytes) -> str:
    """The SHA-256 of the public key (SubjectPublicKeyInfo) in a certificate (DER), in hex; "" when it cannot
    be read."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return ""
    told = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(told).hexdigest()


def pinned(expected: str) -> Pinned:
    """A context that accepts the key with this fingerprint (hex, or the beginning of it) alone."""
    context = Pinned(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.expected = expected.lower()
    if expected:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_default_certs()
    return context


def check_address(url: str) -> str:
    """The address of a hub, without a slash at its end; raises Invalid for one that cannot be used.

    Without TLS only this machine may be the hub: a code or a ledger sent in the clear is anybody's.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is none
        usable = False
    if not usable:
        raise Invalid(
            N_("“{url}” is no address of a hub"),
            hint=N_("It looks like https://192.168.1.20:8443 and comes with the code."),
            url=url,
            code="bad_address",
        )
    if parts.scheme == "http" and not _is_here(parts.hostname or ""):
        raise Invalid(
            N_("The hub at {url} would be spoken to in the clear"),
            hint=N_("Nothing was sent. Write https:// instead, as it stands beside the code."),
            url=url,
            code="not_encrypted",
        )
    return url.strip().rstrip("/")


def typed_address(text: str) -> str:
    """The address that was meant: one without https:// before it, or with http:// where only https can be."""
    bare = text.strip()
    begin, mark, rest = bare.rpartition("://")
    try:
        host = urlsplit(f"//{rest}").hostname or ""
    except ValueError:  # brackets that do not close: whoever uses it says so
        return bare
    other = mark and begin.lower() != "http"
    return bare if other or not host or (mark and _is_here(host)) else f"https://{rest}"


def seen_at(url: str, heed: Heed = lambda: None) -> str:
    """The fingerprint of the key of whoever shakes hands at this address, with nothing sent to it; "" where
    nobody does."""
    parts, context = urlsplit(url), pinned("00")
    context.heed = heed
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with contextlib.suppress(OSError):
        context.wrap_socket(reached(parts.hostname or "", port, heed)).close()
    return context.seen


def _is_here(host: str) -> bool:
    """Whether this is a name or an address of this machine, not a name that begins like one."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
