"""People: signing in, adding and disabling persons, changing one's PIN."""

from __future__ import annotations

import re
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error

from app.actions.action import action
from app.actions.laptop import (
    change_lock,
    check_cap,
    check_sign_in,
    no_grant,
    open_keys,
    open_with_former,
    verifier_of,
)
from app.actions.rights import require_house, require_role
from app.actions.session import Session
from app.domain.areas import covers
from app.domain.changes import Actor, insert, update
from app.domain.entities.division import Division
from app.domain.entities.people import ROLES, Person
from app.domain.filters import equal
from app.domain.limits import VERIFIER
from app.domain.rights import RANKS, is_keeper, within_cap
from app.errors import Invalid, NotAllowed, Refused
from app.i18n import N_, tr

PIN_LENGTH = 6
_PIN_ACTS = ("user_add", "user_pin", "user_pin_reset")


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    """argon2id with 64 MiB, 3 passes, 2 lanes: about 0.1 s a try on a laptop (docs/sources.md)."""
    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=2)


@action(N_("Sign in…"), "workspace", icon="person")
def sign_in(session: Session, login: str, pin: str) -> Actor:
    """Let the person of this workspace sign in; NotAllowed does not say which of the two was wrong.

    On a replica the hub must have granted it (`grant_expired` after a month without a sync).
    """
    person = find_person(session, login)
    known = verifier_of(session, person) if person is not None else None
    if person is None or not person.verifier or (known is not None and not _matches(known, pin)):
        raise NotAllowed(N_("Name or PIN is wrong"), hint=N_("Nobody is signed in."), code="sign_in")
    if person.disabled:
        raise NotAllowed(N_("{name} may no longer sign in"), name=person.name, code="disabled")
    check_sign_in(session, person)
    if known is None:
        raise no_grant(session, person)
    open_keys(session, person.uid, pin)
    session.actor = actor_of(person)
    return session.actor


def follow_actor(session: Session) -> str:
    """Take over what the bureau has changed of whoever is signed in, and give what there is to say of it;
    else only the hub would refuse what they do, days later. Raises NotAllowed when they may not be signed in
    here any more: then nobody is."""
    actor = session.actor
    person = session.workspace.get(Person, actor.uid) if actor is not None else None
    if actor is None or (person is not None and actor_of(person) == actor and not person.disabled):
        return ""
    session.actor = None
    if person is None or person.disabled:
        moved = N_("{name} does not belong to this laptop’s area any more, or was deleted by the bureau")
        raise NotAllowed(
            moved if person is None else N_("{name} may no longer sign in"),
            hint=N_("Nobody is signed in now. What was written is kept on this laptop. Ask the bureau why."),
            name=actor.name,
            code="unknown_person" if person is None else "disabled",
        )
    check_cap(session, person)
    session.actor = actor_of(person)
    area = session.actor.area
    place = session.workspace.find(Division, equal(code=area), limit=1)
    return tr(
        N_("The bureau has changed your entry: {name}, {role}, {area}, {org}. That counts from now on."),
        name=person.name,
        role=ROLES.label(person.role),
        area=place[0].name if place else area,
        org=person.org or "–",
    )


def actor_of(person: Person) -> Actor:
    """The actor a person acts as."""
    return Actor(person.uid, person.name, person.role, person.org or "", person.area or "")


def find_person(session: Session, login: str) -> Person | None:
    """The person with this sign-in name, or the only one of this name."""
    found = session.workspace.find(Person, equal(login=login)) or session.workspace.find(
        Person, equal(name=login)
    )
    return found[0] if len(found) == 1 else None


def people(session: Session) -> list[Person]:
    """Everybody, in the order of roles and names."""
    return sorted(session.workspace.find(Person), key=lambda item: (item.role, item.login))


def people_here(session: Session) -> list[Person]:
    """Who may sign in, whoever most likely does on this computer first: on a laptop of a hub those of its own
    area, then those near it; who may not sign in here stands last. Roles go from the grid upwards."""
    facts = session.workspace.replica.facts()
    area, cap = (facts.area, facts.role_cap) if facts is not None else ("", "")

    def distance(person: Person) -> tuple[bool, int, int, str]:
        away = bool(cap) and not within_cap(person.role, cap)
        code = person.area or ""
        apart = 0 if code == area or not area else 1 if covers(area, code) else 2 if covers(code, area) else 3
        return away, apart, RANKS.index(person.role) if person.role in RANKS else len(RANKS), person.login

    return sorted((item for item in people(session) if not item.disabled), key=distance)


def new_person(session: Session, login: str, role: str, org: str, area: str, pin: str) -> Person:
    """The record of a new person with a PIN verifier, checked but not yet written."""
    if role not in ROLES.codes:
        raise Invalid(N_("There is no role “{role}”"), hint=N_("Roles: {roles}"), role=role,
                      roles=ROLES.listing(), code="bad_role")  # fmt: skip
    if not login.strip():
        raise Invalid(N_("A person needs a sign-in name"), code="missing")
    return Person(uid=session.new_uid(), login=login.strip(), name=login.strip(), role=role, org=org or None,
                  area=area or session.workspace.area, verifier=verifier(pin))  # fmt: skip


@action(N_("Add a person…"), "workspace", command="user", roles=("R0",))
def add_user(session: Session, login: str, *, role: str, org: str, area: str, pin: str) -> Person:
    """Add a person (R0 only). Raises Invalid for a taken name, an unknown role or area, a poor PIN."""
    require_role(session, "R0")
    if find_person(session, login) is not None:
        raise Invalid(
            N_("There is somebody with the sign-in name “{login}” already"), login=login, code="duplicate"
        )
    if area and not session.workspace.find(Division, equal(code=area), limit=1):
        raise Invalid(N_("There is no division {area} in this workspace"), area=area, code="unknown_division")
    person = new_person(session, login, role, org, area, pin)
    require_house(session, person.area)
    session.commit([insert(person)], "user_add")
    return person


@action(N_("Disable a person…"), "workspace", command="user", roles=("R0",))
def disable_user(session: Session, login: str) -> Person:
    """Stop a person from signing in (R0 only); what they signed stays."""
    require_role(session, "R0")
    person = find_person(session, login)
    if person is None:
        raise Invalid(N_("There is nobody with the sign-in name “{login}”"), login=login, code="unknown")
    require_house(session, person.area)
    place = person.area or session.workspace.area
    others = [item for item in people(session) if item.uid != person.uid and is_keeper(item.values(), place)]
    if person.role == "R0" and not others:
        raise Refused(
            N_("{name} is the last administrator and stays"),
            hint=N_("Add another administrator first."),
            name=person.name,
            code="last_administrator",
        )
    session.commit([update(person, disabled=True)], "user_disable")
    return person.replace(disabled=True)


@action(N_("Change my PIN…"), "workspace", command="user")
def change_pin(session: Session, old: str, new: str) -> None:
    """Give oneself a new PIN; the old one is asked again."""
    actor = session.person()
    person = session.workspace.get(Person, actor.uid)
    known = verifier_of(session, person) if person is not None else None
    if person is None or known is None or not _matches(known, old):
        raise NotAllowed(N_("The PIN is wrong"), hint=N_("Nothing was changed."), code="sign_in")
    if new == old:
        raise Invalid(
            N_("The new PIN is the one that counts now"), hint=N_("Choose another one."), code="same_pin"
        )
    session.commit([update(person, verifier=verifier(new))], "user_pin")
    change_lock(session, person.uid, new)


def pin_giver(session: Session) -> str:
    """Who gave the person signed in the PIN they have, and so knows it; empty when it is their own choice, or
    one that everybody knows (practice data), or when nothing here tells, or it cannot be changed here now."""
    store, actor = session.workspace, session.person()
    person = store.get(Person, actor.uid)
    if person is None or person.synthetic or store.read_only or not store.room.fits(0):
        return ""
    entries = store.history(Person.TYPE.name, actor.uid)
    undone = {entry.undoes for entry in entries}
    for entry in entries:  # the newest first
        if entry.action in _PIN_ACTS and entry.transaction not in undone:
            return "" if entry.person_uid == actor.uid else entry.person
    return ""


@action(N_("Give a person a new PIN…"), "workspace", command="user", roles=("R0",))
def reset_pin(session: Session, login: str, pin: str) -> Person:
    """Give somebody who forgot their PIN a new one (R0 only), which they change afterwards; the history keeps
    who did. Each laptop hears of it with its next sync; where the former PIN wraps the keys, it or a code of
    the bureau is still needed there (`unlock_keys`, `enrol_anew`)."""
    require_role(session, "R0")
    person = find_person(session, login)
    if person is None:
        raise Invalid(N_("There is nobody with the sign-in name “{login}”"), login=login, code="unknown")
    require_house(session, person.area)
    fresh = person.replace(verifier=verifier(pin))
    session.commit([update(person, verifier=fresh.verifier)], "user_pin_reset")
    if session.actor is not None and person.uid == session.actor.uid:
        change_lock(session, person.uid, pin)
    return fresh


@action(N_("Open the keys with a former PIN…"), "workspace", command="user")
def unlock_keys(session: Session, former: str, pin: str) -> None:
    """Open this laptop's keys, which a PIN wraps that was changed elsewhere since, and wrap them by the one
    that counts now; both are asked. Raises NotAllowed `sign_in`, Invalid `wrong_pin` or `keys_locked`."""
    actor = session.person()
    person = session.workspace.get(Person, actor.uid)
    known = verifier_of(session, person) if person is not None else None
    if person is None or known is None or not _matches(known, pin):
        raise NotAllowed(N_("The PIN is wrong"), hint=N_("Nothing was changed."), code="sign_in")
    open_with_former(session, actor.uid, former, pin)


def verifier(pin: str) -> str:
    """The argon2id verifier of a PIN; raises Invalid when it is too short."""
    if len(pin) < PIN_LENGTH:
        raise Invalid(N_("A PIN has at least {n} characters"), n=PIN_LENGTH, code="poor_pin")
    return _hasher().hash(pin)


def _matches(kept: str, pin: str) -> bool:
    if not re.fullmatch(VERIFIER, kept):  # such as one that would take all memory there is
        return False
    try:
        return _hasher().verify(kept, pin)
    except Argon2Error:
        return False
