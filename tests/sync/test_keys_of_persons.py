"""Keys wrapped by PINs: who has signed in here opens them, another person once the keys are open."""

from __future__ import annotations

import pytest

from actions.office import PIN
from app.actions.laptop import keys_of
from app.actions.people import sign_in
from app.errors import AppError
from app.sync.identity import keystore
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
