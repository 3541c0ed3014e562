"""This laptop at its hub: its keys where they are kept, and the way to the hub they open."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.errors import Invalid
from app.i18n import N_
from app.store.replica_facts import ReplicaFacts
from app.store.workspace import Workspace
from app.sync.client import Client
from app.sync.keys import DeviceKeys
from app.sync.keystore import Keystore
from app.sync.messages import SESSION_CONTEXT
from app.sync.transport import Transport


def key_folder() -> Path:
    """Where keys lie on a system without a keystore: beside the person's settings, never beside the file."""
    return Path(platformdirs.user_data_dir("gridward", appauthor=False)) / "keys"


def keystore(workspace: Workspace, device: str) -> Keystore:
    """Where the keys of this device are kept."""
    return Keystore(device, workspace.replica, key_folder())


def facts_of(workspace: Workspace) -> ReplicaFacts:
    """The hub this workspace belongs to; raises Invalid `not_enrolled`."""
    facts = workspace.replica.facts()
    if facts is None:
        raise Invalid(
            N_("This workspace belongs to no hub"),
            hint=N_("Enrol it with the code the bureau gives you."),
            code="not_enrolled",
        )
    return facts


def way_to_hub(facts: ReplicaFacts, keys: DeviceKeys) -> Transport:
    """The hub over HTTP, with this laptop's proof of who it is."""
    return Client(facts.url, facts.fingerprint, facts.device, lambda claim: _prove(claim, keys))


def _prove(claim: bytes, keys: DeviceKeys) -> bytes:
    """The signature under a challenge; nothing else is signed without saying what it is for."""
    assert claim.startswith(SESSION_CONTEXT), "only challenges are signed bare"
    return Ed25519PrivateKey.from_private_bytes(keys.sign_seed).sign(claim)
