"""Commands for what the bureau's server asks of its laptops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from app.cli.answer import Answer
from app.cli.declare import Command, option, word
from app.cli.hub import DB, FOLDER, PlaceWords, named_hub
from app.cli.shell import RECOVERY_VARIABLE, Shell, WrongUsage
from app.i18n import N_, tr

_ANY = "any"


@dataclass(frozen=True)
class RevokeWords:
    """Which laptop, and why."""

    device: Annotated[str, word("DEVICE", N_("The laptop, or the beginning of its identifier"))]
    folder: Annotated[Path | None, word("DIR", FOLDER)] = None
    db: Annotated[str | None, option("--db", help_=DB)] = None
    reason: Annotated[str, option("--reason", help_=N_("Why"))] = ""


@dataclass(frozen=True, kw_only=True)
class MinimumWords(PlaceWords):
    """Which version."""

    program: Annotated[str, option("--program", help_=N_("The lowest version that may sync, or “any”"))]


def revoke(shell: Shell, words: RevokeWords) -> Answer:
    """Stop a laptop."""
    from app.actions.hubs import revoke as stop  # late: help pages need no database

    document = stop(named_hub(words), words.device, words.reason)
    said = tr(
        N_("{device} gets nothing more; what it still sends waits in quarantine"), device=document["device"]
    )
    return Answer(document, [said])


def minimum(shell: Shell, words: MinimumWords) -> Answer:
    """Set the lowest version of the program that may sync."""
    from app.actions.hubrules import require_program  # late: help pages need no database

    wanted = "" if words.program == _ANY else words.program
    document = require_program(named_hub(words), wanted)
    said = N_("Laptops with a version below {version} do not sync any more; what they hold stays with them")
    told = tr(said, version=wanted) if wanted else tr(N_("Laptops of any version may sync"))
    return Answer({"minimum_program": document["minimum_program"]}, [told])


@dataclass(frozen=True, kw_only=True)
class RecoveryWords(PlaceWords):
    """Where the private half goes."""

    output: Annotated[
        Path | None,
        option("-o", "--output", help_=N_("The file for the private half, on a stick; else it is shown")),
    ] = None
    locked: Annotated[bool, option("--passphrase", help_=N_("Lock the private half by a passphrase"))] = False
    replace: Annotated[bool, option("--replace", help_=N_("Though there is one already"))] = False


def recovery_key(shell: Shell, words: RecoveryWords) -> Answer:
    """Make a recovery key."""
    from app.actions.hubrules import make_recovery_key  # late: help pages need no database

    passphrase = shell.recovery_passphrase(fresh=True) if words.locked else ""
    if words.locked and not passphrase:
        raise WrongUsage(
            N_("There is no passphrase"),
            hint=N_("Put it into the environment variable {variable}, or run this at a terminal."),
            variable=RECOVERY_VARIABLE,
            code="passphrase",
        )
    document = make_recovery_key(named_hub(words), words.output, passphrase, replace=words.replace)
    where = (
        document["key"]
        if words.output is None
        else tr(N_("The private half is in {file}"), file=words.output)
    )
    return Answer(document, [where, tr(_ONCE)])


_ONCE = N_(
    "Put it into a safe; it is shown this once and kept nowhere. From their next sync on laptops write"
    " bundles that it opens too, should the hub and its key be lost."
)
COMMANDS = (
    Command("hub revoke", N_("Stop taking a laptop's work as it comes"), revoke, RevokeWords),
    Command(
        "hub recovery-key",
        N_("Make a key that opens bundles when the hub is lost"),
        recovery_key,
        RecoveryWords,
    ),
    Command("hub minimum", N_("Set the lowest version of the program that may sync"), minimum, MinimumWords),
)
