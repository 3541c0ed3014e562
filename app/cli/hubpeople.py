"""The command that says who is the administrator where nobody can sign in as one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from app.cli.answer import Answer
from app.cli.declare import Command, option, word
from app.cli.hub import DB, FOLDER, named_hub
from app.cli.shell import Shell
from app.i18n import N_, tr


@dataclass(frozen=True)
class AdministratorWords:
    """Whom the hub makes an administrator."""

    login: Annotated[str, word("NAME", N_("The person's sign-in name"))]
    folder: Annotated[Path | None, word("DIR", FOLDER)] = None
    db: Annotated[str | None, option("--db", help_=DB)] = None


def administrator(shell: Shell, words: AdministratorWords) -> Answer:
    """Make somebody an administrator who can sign in."""
    from app.actions.hubs import administrator as appoint  # late: help pages need no database

    document = appoint(named_hub(words), words.login, shell.pin(words.login, fresh=True))
    made = N_("{name} is new, and an administrator of the whole")
    was = N_("{name} is an administrator of the whole, with the new PIN")
    hint = N_("Laptops hear of it with their next sync; one enrolled for administrators lets them sign in")
    return Answer(document, [tr(made if document["made"] else was, name=words.login), tr(hint)])


COMMANDS = (
    Command(
        "hub administrator",
        N_("Make somebody an administrator, where nobody can sign in as one"),
        administrator,
        AdministratorWords,
    ),
)
