"""Which program each laptop runs, and the lowest version that may sync.

The bureau sets it when a version has a fault. What a laptop says of itself is believed: a version shuts out a
program, not a person; against a person there is revoking.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import ClassVar

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import SQLAlchemyError

from app import __version__
from app.domain.versions import is_below, is_version
from app.errors import Invalid, Refused, StoreFailure
from app.hub.book import DEVICES
from app.hub.database import HubDatabase
from app.hub.devices import known_disk, known_journal
from app.hub.rulings import Ruling, read_ruling, set_ruling
from app.i18n import N_
from app.sync.messages import Held
from app.sync.refusals import outdated

_TRUSTED_S = 2.0  # another process may have set it meanwhile
_LAPTOPS = 100_000
PROGRAM_COLUMN, DISK_COLUMN, JOURNAL_COLUMN = "program", "disk", "journal"
_AGENT = re.compile(r"gridward/([0-9A-Za-z.+-]{1,40})", re.ASCII)
_PROGRAM = re.compile(r"[0-9A-Za-z.+-]{1,40}", re.ASCII)


class Minimum(Ruling, frozen=True):
    """The lowest version that may sync, "" when any may."""

    FACT: ClassVar[str] = "minimum"

    version: str = ""


ANY = Minimum()


def require(connection: Connection, version: str, by: str, now: int) -> None:
    """Let no program below `version` sync from now on, "" any again. Laptops hear of it with their grants.

    Raises Invalid `bad_version`, Refused `above_own` for one that is above the hub's own: no laptop has it
    before the hub.
    """
    if version and not is_version(version):
        raise Invalid(
            N_("“{version}” is no version"), hint=N_("It looks like {own}. Nothing was changed."),
            version=version[:40], own=__version__, code="bad_version",
        )  # fmt: skip
    if is_below(__version__, version):
        raise Refused(
            N_("Version {version} is newer than this hub’s own, {own}"),
            hint=N_("Nothing was changed. Update the hub first, then the laptops, then set the version."),
            version=version,
            own=__version__,
            code="above_own",
        )
    set_ruling(connection, Minimum(version, by=by, at=now))


def program_of(agent: str) -> str:
    """The version in what a request names as its program; empty for what an older build or others say."""
    found = _AGENT.match(agent)
    return found.group(1) if found else ""


class Programs:
    """What laptops say of their program, checked and noted; one for each process that serves."""

    def __init__(self, database: HubDatabase) -> None:
        self._database = database
        self._noted: dict[tuple[str, str], str] = {}  # what a laptop said last, by it and the column
        self._minimum, self._looked = ANY, float("-inf")

    def minimum(self) -> Minimum:
        """The lowest version that may sync, as of some seconds ago at most."""
        if time.monotonic() - self._looked >= _TRUSTED_S:
            with self._database.reading() as connection:
                self._minimum = read_ruling(connection, Minimum)
            self._looked = time.monotonic()
        return self._minimum

    def is_known(self, device: str, program: str) -> bool:
        """Whether `check` has nothing to ask the database and nothing to refuse."""
        fresh = time.monotonic() - self._looked < _TRUSTED_S
        noted = self._noted.get((device, PROGRAM_COLUMN)) == program
        return fresh and noted and not is_below(program, self._minimum.version)

    def check(self, device: str, program: str) -> None:
        """Note which program a laptop runs ("" for a device: it is none yet); raises Refused `too_old`."""
        program = program if _PROGRAM.fullmatch(program) else ""
        if device:
            self.note(device, PROGRAM_COLUMN, program)
        least = self.minimum().version
        if is_below(program, least):
            raise outdated(program, least)

    def hear(self, device: str, held: Held) -> None:
        """Note what a laptop says of its disk and its journal; what is no word of this program says nothing,
        and what was said before stays."""
        told = (DISK_COLUMN, known_disk(held.disk)), (JOURNAL_COLUMN, known_journal(held.journal))
        for column, word in told:
            if word:
                self.note(device, column, word)

    def note(self, device: str, column: str, told: str) -> None:
        """Keep what a laptop says of itself, its program, disk or journal. Never worth a failure: it is for
        people to look at, and said again with each round."""
        if self._noted.get((device, column)) == told:
            return
        with suppress(StoreFailure, SQLAlchemyError):
            query = select(DEVICES.c[column]).where(DEVICES.c.uid == device)
            with self._database.reading() as connection:
                kept = connection.execute(query).scalar()
            if kept != told:
                with self._database.writing() as connection:
                    connection.execute(update(DEVICES).where(DEVICES.c.uid == device).values({column: told}))
            if len(self._noted) < _LAPTOPS:
                self._noted[device, column] = told
