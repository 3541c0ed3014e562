"""The same hub at another address or with another certificate: it shows that it is by the key it signs with.

A laptop knows its hub by that key; address and certificate are only the way to it. Whoever answers signs the
laptop's challenge together with the certificate it holds, so that nobody can pass on the signature of the
real hub under a certificate of their own.
"""

from __future__ import annotations

import secrets

from app.errors import AppError, Invalid
from app.i18n import N_
from app.store.replica_facts import ReplicaFacts
from app.store.workspace import Workspace
from app.sync.client import Client
from app.sync.identity import facts_of
from app.sync.moments import Heed
from app.sync.pinning import check_address, seen_at
from app.sync.signing import HUB, verify
from app.sync.state import LAST_ERROR


def find_again(workspace: Workspace, url: str, heed: Heed) -> ReplicaFacts:
    """Note that this workspace's hub is at `url` now, once it has shown that it is. Raises HubUnreachable,
    Invalid `another_hub`; nothing is changed then, and nothing but a challenge was sent."""
    address = check_address(url)
    fingerprint = _proved(address, facts_of(workspace).hub_key, heed)
    workspace.replica.set_facts(url=address, fingerprint=fingerprint)
    workspace.replica.set_private(LAST_ERROR, None)
    return facts_of(workspace)


def is_there(workspace: Workspace, heed: Heed) -> bool:
    """Whether the hub is where it was, with another certificate, which is noted."""
    try:
        find_again(workspace, facts_of(workspace).url, heed)
    except AppError:
        return False
    return True


def _proved(url: str, hub_key: bytes, heed: Heed) -> str:
    """By which fingerprint the hub of this key is known at an address; "" where another program speaks TLS
    for it, for which an authority has to vouch."""
    seen = seen_at(url, heed) if url.startswith("https:") else ""
    told = _shown(url, seen, hub_key, heed)
    if told and told != seen:
        raise _another(url)
    if seen and not told:
        _shown(url, "", hub_key, heed)
    return told


def _shown(url: str, fingerprint: str, hub_key: bytes, heed: Heed) -> str:
    """The fingerprint of the certificate that whoever answers says is its own, and signs for."""
    challenge, client = secrets.token_bytes(32), Client(url, fingerprint)
    client.heed(heed)
    try:
        answer = client.proof(challenge)
        verify(HUB, answer.claim(challenge), answer.signature, hub_key)
    except Invalid as error:
        raise _another(url) if error.code == "bad_signature" else error from None
    finally:
        client.close()
    return answer.fingerprint


def _another(url: str) -> Invalid:
    return Invalid(
        N_("What answers at {url} is not the hub of this workspace"),
        hint=N_(
            "Nothing was changed, and nothing of this laptop was sent. Check the address with the bureau."
        ),
        url=url,
        code="another_hub",
    )
