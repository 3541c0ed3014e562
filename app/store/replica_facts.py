"""What a replica knows of its hub and of its own place there; kept in the file."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from app.domain.areas import Scope
from app.errors import Invalid
from app.i18n import N_

_NAME = "replica"


@dataclass(frozen=True)
class ReplicaFacts:
    """The hub (its id, its Ed25519 key, its age recipient) and this laptop's place there.

    `founding`: the hub takes this laptop's first batches as history. `hub_time_ms` is the last time the hub
    told; `enrolled_at` and `last_sync` are stored moments. `formers`: what the laptop was at the hub before
    this file got new keys; what it wrote then still says so.
    """

    hub: str
    url: str
    fingerprint: str
    hub_key: bytes
    hub_recipient: str
    device: str
    epoch: int
    area: str
    root: str
    role_cap: str = ""
    founding: bool = False
    hub_time_ms: int = 0
    enrolled_at: str = ""
    last_sync: str = ""
    formers: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        """What this laptop reads and writes."""
        return Scope(self.area, self.root)


@dataclass(frozen=True)
class Cursor:
    """How far the log of an area has come in: the last whole block's number, the hash chain's head there, and
    the digest of the confirmed records."""

    seq: int
    head: bytes
    digest: int


START = bytes(32)  # the head before the first block


def load(raw: sqlite3.Connection) -> ReplicaFacts | None:
    """The facts in the file; None when it belongs to no hub."""
    row = raw.execute("SELECT value FROM sync_private WHERE name = ?", (_NAME,)).fetchone()
    if row is None:
        return None
    known = {item.name for item in fields(ReplicaFacts)}
    told = {name: value for name, value in json.loads(row[0]).items() if name in known}
    own = {"hub_key": bytes.fromhex(told["hub_key"]), "formers": tuple(told.get("formers", ()))}
    return ReplicaFacts(**{**told, **own})


def save(raw: sqlite3.Connection, facts: ReplicaFacts) -> None:
    """Write the facts into the file."""
    told = {**asdict(facts), "hub_key": facts.hub_key.hex()}
    raw.execute(
        "INSERT OR REPLACE INTO sync_private VALUES (?, ?)",
        (_NAME, json.dumps(told, ensure_ascii=False).encode()),
    )


def changed(facts: ReplicaFacts, changes: dict[str, Any]) -> ReplicaFacts:
    """The facts with some of them changed."""
    return replace(facts, **changes)


def not_enrolled() -> Invalid:
    """What a workspace that belongs to no hub cannot do."""
    return Invalid(
        N_("This workspace belongs to no hub"),
        hint=N_("Enrol it with the code the bureau gives you."),
        code="not_enrolled",
    )
