"""What opens the admin pages: a passphrase of each person's own that never leaves the hub.

It has nothing to do with the PIN, whose verifier lies on laptops. A person chooses it by a link that is good
once and for a day; whoever has the hub's shell, or is an administrator on the pages, makes the link.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy import insert, select, update

from app.errors import Invalid, NotAllowed
from app.hub.book import PASSPHRASES
from app.hub.database import HubDatabase
from app.i18n import N_

SHORTEST, LONGEST = 12, 200
LINK_GOOD_FOR = timedelta(days=1)
# Checked when there is nobody of that name, so that an answer takes as long as for somebody.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=2$" + "A" * 22 + "$" + "A" * 43
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=2)


@dataclass(frozen=True)
class Passphrases:
    """The passphrases of a hub, by the uid of their person."""

    database: HubDatabase

    def verifier(self, person: str) -> str | None:
        """What a person's passphrase is checked against; None when they have none."""
        with self.database.reading() as connection:
            query = select(PASSPHRASES.c.verifier).where(PASSPHRASES.c.person == person)
            found: str | None = connection.execute(query).scalar()
            return found

    def holders(self) -> frozenset[str]:
        """Everybody who has a passphrase."""
        with self.database.reading() as connection:
            query = select(PASSPHRASES.c.person).where(PASSPHRASES.c.verifier.is_not(None))
            return frozenset(connection.execute(query).scalars())

    def matches(self, person: str | None, given: str) -> bool:
        """Whether this is the passphrase; takes as long when there is no such person or none was chosen."""
        kept = self.verifier(person) if person is not None else None
        try:
            _HASHER.verify(kept or _NOBODY, given[:LONGEST])
        except Argon2Error:
            return False
        return kept is not None

    def choose(self, person: str, passphrase: str) -> None:
        """Set a passphrase; every link and every visit of the person ends. Raises Invalid for a poor one."""
        check_passphrase(passphrase)
        self._set(person, {"verifier": _HASHER.hash(passphrase), "link": None, "link_until": None})

    def make_link(self, person: str, now: datetime) -> str:
        """What a link carries by which the person chooses a passphrase; the last one made is the only one."""
        letters = secrets.token_urlsafe(24)
        until = int((now + LINK_GOOD_FOR).timestamp() * 1000)
        self._set(person, {"link": _hash(letters), "link_until": until})
        return letters

    def owner(self, link: str, now: datetime) -> str:
        """Whose link this is; raises NotAllowed `bad_link` for one that was used or is too old."""
        with self.database.reading() as connection:
            query = select(PASSPHRASES).where(PASSPHRASES.c.link == _hash(link))
            found = connection.execute(query).first()
        if found is None or found.link_until < int(now.timestamp() * 1000):
            raise NotAllowed(
                N_("This link is wrong, used, or too old"),
                hint=N_("Ask an administrator, or whoever looks after the hub, for a new one."),
                code="bad_link",
            )
        return str(found.person)

    def _set(self, person: str, values: dict[str, object]) -> None:
        with self.database.writing() as connection:
            found = connection.execute(
                update(PASSPHRASES).where(PASSPHRASES.c.person == person).values(**values)
            )
            if found.rowcount == 0:
                connection.execute(insert(PASSPHRASES).values(person=person, **values))


def check_passphrase(passphrase: str) -> None:
    """Raise Invalid `poor_passphrase` for one that is too short, or too long to be one."""
    if not SHORTEST <= len(passphrase) <= LONGEST:
        raise Invalid(
            N_("A passphrase has {n} characters or more"), n=SHORTEST, code="poor_passphrase",
            hint=N_("Four or five words that do not belong together are easy to remember."),
        )  # fmt: skip


def _hash(link: str) -> bytes:
    return hashlib.sha256(link.encode()).digest()
