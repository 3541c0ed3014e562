"""Signing in to the admin pages: cookies that prove themselves, and tokens that forms must bring back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.rights import PAGE_VISITORS
from app.errors import NotAllowed
from app.hub.auth import derived
from app.i18n import N_

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=10)
COOKIE, FORM_COOKIE, LANGUAGE_COOKIE = "gridward_hub", "gridward_form", "gridward_language"


def link_address(url: str, link: str) -> str:
    """Where somebody chooses a passphrase."""
    return f"{url}/admin/first/{link}"


@dataclass(frozen=True)
class Visit:
    """One person's stay: since when, the secret its forms are tied to, and what their passphrase is checked
    against: with another passphrase the stay ends."""

    person: Any
    began: datetime
    nonce: str
    verifier: str


class Visits:
    """Makes and checks the cookies of visits, with a key of their own from the secret of the hub."""

    def __init__(self, secret: bytes, now: Callable[[], datetime]) -> None:
        self._key = derived(secret, "gridward-admin-1")
        self._now = now

    def begin(self, person: Any, verifier: str) -> Visit:
        """A new stay of somebody who signed in."""
        return Visit(person, self._now(), secrets.token_urlsafe(18), verifier)

    def cookie(self, visit: Visit) -> str:
        """What the browser keeps; a new one with each page keeps the stay alive."""
        facts = {"p": visit.person.uid, "b": _ms(visit.began), "l": _ms(self._now()), "n": visit.nonce}
        body = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode()
        return f"{body}.{self._proof('visit', body, visit.verifier)}"

    def read(
        self, cookie: str, people: Callable[[], Any], verifier_of: Callable[[str], str | None]
    ) -> Visit | None:
        """The stay a cookie proves; None when it has ended, or the person has another passphrase or role."""
        body, _, proof = cookie.partition(".")
        facts = _facts(body)
        if facts is None or not self._is_fresh(facts):
            return None
        person = next((item for item in people() if item.uid == facts["p"]), None)
        if person is None or not may_enter(person):
            return None
        verifier = verifier_of(person.uid)
        ours = verifier is not None and self._proof("visit", body, verifier)
        if verifier is None or not ours or not hmac.compare_digest(proof.encode(), ours.encode()):
            return None
        began = datetime.fromtimestamp(facts["b"] / 1000, self._now().tzinfo)
        return Visit(person, began, str(facts["n"]), verifier)

    def form_token(self, nonce: str) -> str:
        """What a form of this stay brings back."""
        return self._proof("form", nonce)

    def check_form(self, nonce: str, given: str) -> None:
        """Raises NotAllowed for a form that another page made up."""
        if not nonce or not hmac.compare_digest(given.encode(), self.form_token(nonce).encode()):
            raise NotAllowed(
                N_("This form is no longer good"), hint=N_("Open the page again and repeat."), code="form"
            )

    def _is_fresh(self, facts: dict[str, Any]) -> bool:
        now = _ms(self._now())
        return bool(now - facts["l"] <= _span(IDLE) and now - facts["b"] <= _span(LONGEST))

    def _proof(self, *parts: str) -> str:
        return hmac.digest(self._key, "\0".join(parts).encode(), hashlib.sha256).hex()


def may_enter(person: Any) -> bool:
    """Whether somebody's role opens the pages."""
    return bool(person.role in PAGE_VISITORS and not person.disabled)


def _facts(body: str) -> dict[str, Any] | None:
    """What a cookie claims; it is proved afterwards with the verifier of the person it names."""
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(body))
    except (ValueError, binascii.Error):
        return None
    kinds = {"p": str, "n": str, "b": int, "l": int}
    if not isinstance(found, dict) or not all(isinstance(found.get(n), kind) for n, kind in kinds.items()):
        return None
    return found


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _span(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
