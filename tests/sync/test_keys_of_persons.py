"""Keys wrapped by PINs: who has signed in here opens them, another person once the keys are open."""

from __future__ import annotations

import pytest

from actions.office import PIN
from app.actions.enrolling import lock_at_sign_in
from app.actions.laptop import keys_of
from app.actions.people import change_pin, sign_in
from app.actions.session import Session
from app.errors import AppError
from app.store.workspace import Workspace
from app.sync.identity import keystore
from app.sync.results import EnrolDone
from sync.lan import TOWN, Lan


def test_the_pin_opens_the_keys_and_lets_a_colleague_in(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    session = town.session
    person = sign_in(session, "inspector", PIN)
    kept = keystore(session.workspace, town.device).keep(town.keys, person.uid, PIN)
    assert kept.where == "wrapped"
    session.keys, session.actor = None, None
    with pytest.raises(AppError) as locked:
        keys_of(session)
    assert locked.value.code == "keys_locked"
    sign_in(session, "officer", PIN)  # nobody has opened the keys for the officer yet
    with pytest.raises(AppError):
        keys_of(session)
    sign_in(session, "inspector", PIN)
    assert keys_of(session) == town.keys
    sign_in(session, "officer", PIN)  # the keys are open: from now on the officer opens them too
    session.keys = None
    sign_in(session, "officer", PIN)
    assert keys_of(session) == town.keys
    assert town.sync().agrees


def test_who_signs_in_first_locks_the_keys_of_a_new_laptop(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    keystore(town.session.workspace, town.device).keep(town.keys)
    sign_in(town.session, "inspector", PIN)
    assert keystore(town.session.workspace, town.device).where == "file"  # nobody asked for a lock
    done = EnrolDone(town.session.workspace.path, town.device, "", "", TOWN, "", "R2", False, 0, 0, "file")
    town.session.close()
    assert lock_at_sign_in(done).keys == "promised"
    session = town.session = Session(Workspace.open(done.file))
    session.now, store = town.clock, keystore(session.workspace, town.device)
    person = sign_in(session, "inspector", PIN)
    assert store.where == "wrapped"
    assert session.keys == town.keys
    assert not store._file.exists()
    session.keys, session.actor = None, None
    with pytest.raises(AppError):
        keys_of(session)
    assert store.held(person.uid, PIN).keys == town.keys


def test_a_new_pin_opens_the_keys_and_the_former_one_no_more(lan: Lan) -> None:
    office = lan.laptops[0]
    session, store = office.session, keystore(office.session.workspace, office.device)
    person = sign_in(session, "admin", PIN)
    session.keys = office.keys
    assert store.keep(office.keys, person.uid, PIN).where == "wrapped"
    change_pin(session, PIN, "135791")
    session.keys = None
    sign_in(session, "admin", "135791")
    assert keys_of(session) == office.keys
    with pytest.raises(AppError) as former:
        store.held(person.uid, PIN)
    assert former.value.code == "wrong_pin"
