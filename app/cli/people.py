"""Commands on people: add, list and disable persons, change one's own PIN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.cli.answer import Answer, table
from app.cli.declare import Command, option, word
from app.cli.shell import Shell, WrongUsage
from app.i18n import N_, tr


@dataclass(frozen=True)
class UserWords:
    """A person to add."""

    name: Annotated[str, word("NAME", N_("The sign-in name"))]
    role: Annotated[str, option("--role", help_=N_("R0 to R6"))]
    org: Annotated[str, option("--org", help_=N_("The unit; county acceptance needs two different ones"))] = (
        ""
    )
    area: Annotated[
        str, option("--area", help_=N_("The division the person answers for, such as 620802"))
    ] = ""


@dataclass(frozen=True)
class NameWords:
    """A person."""

    name: Annotated[str, word("NAME", N_("The sign-in name"))]


def add(shell: Shell, words: UserWords) -> Answer:
    """Add a person; their first PIN is GRIDWARD_NEW_PIN, or asked for."""
    from app.actions.people import add_user  # late: help pages need no database
    from app.cli.documents import record_document
    from app.domain.entities.people import ROLES

    with shell.session(write=True) as session:
        session.person()
        pin = shell.first_pin(words.name)
        person = add_user(session, words.name, role=words.role, org=words.org, area=words.area, pin=pin)
    said = tr(N_("{name} may sign in as {role}"), name=person.login, role=ROLES.label(person.role))
    return Answer(record_document(person, shell.labels), [said])


def list_(shell: Shell, words: object) -> Answer:
    """Everybody."""
    from app.actions.people import people  # late: help pages need no database
    from app.cli.documents import record_document
    from app.domain.entities.people import ROLES

    with shell.session() as session:
        found = people(session)
    rows = [[item.login, ROLES.label(item.role), item.org, item.area, bool(item.disabled)] for item in found]
    names = (N_("Sign-in name"), N_("Role"), N_("Organisation"), N_("Responsible area"), N_("Disabled"))
    documents = [record_document(item, shell.labels) for item in found]
    return Answer(documents, table([tr(name) for name in names], rows))


def disable(shell: Shell, words: NameWords) -> Answer:
    """Stop a person from signing in."""
    from app.actions.people import disable_user  # late: help pages need no database
    from app.cli.documents import record_document

    with shell.session(write=True) as session:
        person = disable_user(session, words.name)
    said = tr(N_("{name} may no longer sign in; what they signed stays"), name=person.login)
    return Answer(record_document(person, shell.labels), [said])


def pin(shell: Shell, words: object) -> Answer:
    """Give oneself a new PIN."""
    from app.actions.people import change_pin  # late: help pages need no database

    name = shell.shared.person
    if not name:
        raise WrongUsage(N_("Say whose PIN with --as"))
    with shell.session(write=True) as session:
        change_pin(session, shell.pin(name), shell.new_pin(name))
    return Answer({"person": name, "changed": True}, [tr(N_("The PIN of {name} was changed"), name=name)])


def reset(shell: Shell, words: NameWords) -> Answer:
    """Give somebody who forgot their PIN a new one."""
    from app.actions.people import reset_pin  # late: help pages need no database
    from app.cli.documents import record_document

    with shell.session(write=True) as session:
        session.person()
        person = reset_pin(session, words.name, shell.new_pin(words.name))
    said = tr(N_("{name} has a new PIN; let them change it: gridward user pin"), name=person.login)
    return Answer(record_document(person, shell.labels), [said])


def unlock(shell: Shell, words: object) -> Answer:
    """Open the laptop's keys with a former PIN, and lock them with the one that counts now."""
    from app.actions.people import unlock_keys  # late: help pages need no database

    name = shell.shared.person
    if not name:
        raise WrongUsage(N_("Say whose PIN with --as"))
    with shell.session(write=True) as session:
        unlock_keys(session, shell.former_pin(name), shell.pin(name))
    said = tr(N_("The keys of this laptop open with the PIN that {name} has now"), name=name)
    return Answer({"person": name, "unlocked": True}, [said])


COMMANDS = (
    Command("user add", N_("Add a person (by an administrator)"), add, UserWords),
    Command("user list", N_("List everybody"), list_),
    Command("user disable", N_("Stop a person from signing in (by an administrator)"), disable, NameWords),
    Command("user pin", N_("Change your own PIN"), pin),
    Command("user reset", N_("Give a person a new PIN (by an administrator)"), reset, NameWords),
    Command("user unlock", N_("Open the laptop's keys with your former PIN"), unlock),
)
