"""TLS to a hub whose certificate no authority vouches for: its fingerprint came with the invitation.

The certificate is compared before a byte is sent. Its dates are not looked at: a laptop whose clock is off by
months must still reach its hub.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from typing import Any
from urllib.parse import urlsplit

from app.errors import Invalid
from app.i18n import N_

_LOOPBACK = ("localhost", "::1")


class WrongCertificate(ssl.SSLError):
    """The server's certificate is not the one that was invited to."""


class Pinned(ssl.SSLContext):
    """A context for one hub. `expected` are the first hex digits of the SHA-256 of its certificate (DER);
    empty leaves the judgement to the authorities the system trusts. `seen` is the whole fingerprint."""

    expected = ""
    seen = ""

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        """A connected socket, after a look at the certificate. Raises WrongCertificate."""
        found = super().wrap_socket(*args, **options)
        self.seen = hashlib.sha256(found.getpeercert(binary_form=True) or b"").hexdigest()
        wanted = self.expected
        if wanted and not hmac.compare_digest(self.seen[: len(wanted)], wanted):
            found.close()
            raise WrongCertificate(self.seen)
        return found


def pinned(expected: str) -> Pinned:
    """A context that accepts the certificate with this fingerprint (hex, or the beginning of it) alone."""
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
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid(
            N_("“{url}” is no address of a hub"),
            hint=N_("It looks like https://192.168.1.20:8443 and is printed by hub serve."),
            url=url,
            code="bad_address",
        )
    if parts.scheme == "http" and not (parts.hostname in _LOOPBACK or parts.hostname.startswith("127.")):
        raise Invalid(
            N_("The hub at {url} would be spoken to in the clear"),
            hint=N_("Nothing was sent. Use the https address that hub serve prints."),
            url=url,
            code="not_encrypted",
        )
    return url.strip().rstrip("/")
