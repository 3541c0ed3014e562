"""The hub's keys, kept in its database: to sign blocks and grants, to open bundles, to guard tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import pyrage
from sqlalchemy import Connection, insert, select, update

from app.hub.book import FACTS
from app.sync import signing

PEOPLE = "people"  # the fact that says who the people are, by a mark that changes with each of them


@dataclass(frozen=True)
class HubKeys:
    """`seed` signs (32 bytes), `identity` is the age identity bundles are written to, `secret` for tokens."""

    seed: bytes
    identity: str
    secret: bytes

    @property
    def public(self) -> bytes:
        """The key that laptops verify with (32 bytes)."""
        return signing.public_key(self.seed)

    @property
    def recipient(self) -> str:
        """The age recipient that bundles for the hub are written to."""
        return str(pyrage.x25519.Identity.from_str(self.identity).to_public())

    def sign_block(self, head: bytes) -> bytes:
        """The signature under a block: over the head after it, which stands for it and for all before it."""
        return signing.sign(signing.BLOCK, head, self.seed)


def make_keys(connection: Connection) -> HubKeys:
    """New keys, written into a new hub."""
    keys = HubKeys(secrets.token_bytes(32), str(pyrage.x25519.Identity.generate()), secrets.token_bytes(32))
    set_fact(connection, "seed", keys.seed)
    set_fact(connection, "identity", keys.identity.encode())
    set_fact(connection, "secret", keys.secret)
    return keys


def read_keys(connection: Connection) -> HubKeys:
    """The keys of a hub."""
    found = facts(connection)
    return HubKeys(found["seed"], found["identity"].decode(), found["secret"])


def facts(connection: Connection) -> dict[str, bytes]:
    """What the hub has noted about itself."""
    return {row.name: bytes(row.value) for row in connection.execute(select(FACTS))}


def set_fact(connection: Connection, name: str, value: bytes) -> None:
    """Note something about the hub."""
    found = connection.execute(update(FACTS).where(FACTS.c.name == name).values(value=value))
    if found.rowcount == 0:
        connection.execute(insert(FACTS).values(name=name, value=value))


def people_changed(connection: Connection) -> None:
    """A person is written in this transaction: grants made before it are no longer the newest."""
    set_fact(connection, PEOPLE, secrets.token_bytes(8))
