"""Commands for what the bureau's server asks of its laptops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.cli.answer import Answer
from app.cli.declare import Command, option
from app.cli.hub import PlaceWords, named_hub
from app.cli.shell import Shell
from app.i18n import N_, tr

_ANY = "any"


@dataclass(frozen=True, kw_only=True)
class MinimumWords(PlaceWords):
    """Which version."""

    program: Annotated[str, option("--program", help_=N_("The lowest version that may sync, or “any”"))]


def minimum(shell: Shell, words: MinimumWords) -> Answer:
    """Set the lowest version of the program that may sync."""
    from app.actions.hubs import require_program  # late: help pages need no database

    wanted = "" if words.program == _ANY else words.program
    document = require_program(named_hub(words), wanted)
    said = N_("Laptops with a version below {version} do not sync any more; what they hold stays with them")
    told = tr(said, version=wanted) if wanted else tr(N_("Laptops of any version may sync"))
    return Answer({"minimum_program": document["minimum_program"]}, [told])


COMMANDS = (
    Command("hub minimum", N_("Set the lowest version of the program that may sync"), minimum, MinimumWords),
)
