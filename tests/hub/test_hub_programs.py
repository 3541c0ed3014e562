"""The lowest version that may sync, on both engines: who may set what, and who is told."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app import __version__
from app.errors import Invalid, Refused
from app.hub import programs
from app.hub.book import DEVICES
from app.hub.hub import Hub
from app.hub.keys import set_fact
from app.hub.policies import are_good
from app.hub.programs import Minimum, Programs
from app.hub.recovery import Recovery
from app.sync.grants import read_grants
from app.sync.messages import Held
from hub.office_hub import NOON, HubBench


def told(hub: Hub, device: str) -> str:
    return read_grants(hub.policy(device, NOON), hub.key).minimum


def test_what_is_set_stands_in_the_signed_grants_of_everybody(bench: HubBench) -> None:
    laptop, hub = bench.laptop(), bench.hub
    before = read_grants(hub.policy(laptop.uid, NOON), hub.key)
    assert before.minimum == "" and hub.status().minimum == programs.ANY
    hub.require_program(__version__, "王芳", NOON)
    after = read_grants(hub.policy(laptop.uid, NOON), hub.key)
    assert after.minimum == __version__
    assert not are_good(Held(made=before.made, people=before.people), after.people, before.made), "made anew"
    stands = hub.status().minimum
    assert (stands.version, stands.by, stands.at) == (__version__, "王芳", int(NOON.timestamp() * 1000))
    hub.require_program("", "王芳", NOON)
    assert told(hub, laptop.uid) == ""


@pytest.mark.parametrize("version", ["newest", "1.2.3.4.5", "1;", " "])
def test_what_is_no_version_changes_nothing(bench: HubBench, version: str) -> None:
    with pytest.raises(Invalid) as refused:
        bench.hub.require_program(version, "", NOON)
    assert refused.value.code == "bad_version"
    assert bench.hub.status().minimum == programs.ANY


def test_no_laptop_has_what_the_hub_has_not(bench: HubBench) -> None:
    with pytest.raises(Refused) as refused:
        bench.hub.require_program("999.0", "", NOON)
    assert refused.value.code == "above_own" and __version__ in refused.value.message
    assert bench.hub.status().minimum == programs.ANY


def test_what_laptops_run_is_kept_for_people_and_what_is_too_old_refused(bench: HubBench) -> None:
    laptop, hub = bench.laptop(), bench.hub
    found = Programs(hub.database)
    found.check(laptop.uid, "0.0.9")
    assert [item.program for item in hub.devices() if item.device == laptop.uid] == ["0.0.9"]
    hub.require_program("0.1.0", "", NOON)
    found = Programs(hub.database)  # that of a server asks again after some seconds
    for program in ("0.0.9", "", "\0", "x" * 99):
        assert not found.is_known(laptop.uid, program)
        with pytest.raises(Refused) as refused:
            found.check(laptop.uid, program)
        assert refused.value.code == "too_old" and "0.1.0" in refused.value.message
        assert refused.value.hint, "what is safe, and what to do"
    found.check(laptop.uid, "0.1.0")
    assert found.is_known(laptop.uid, "0.1.0") and not found.is_known(laptop.uid, "0.0.9")
    with hub.database.reading() as connection:
        query = select(DEVICES.c.program).where(DEVICES.c.uid == laptop.uid)
        assert connection.execute(query).scalar_one() == "0.1.0"


def test_what_hubs_kept_before_still_counts(bench: HubBench) -> None:
    """As they were first written, each under its own name."""
    with bench.hub.database.writing() as connection:
        set_fact(connection, "minimum", b'{"version":"0.1.0","by":"shell:root","at":5}')
        set_fact(connection, "recovery", b'{"recipient":"age1abc","by":"shell:root","at":6}')
    stands = bench.hub.status()
    assert stands.minimum == Minimum("0.1.0", by="shell:root", at=5)
    assert stands.recovery == Recovery("age1abc", by="shell:root", at=6)
    grants = read_grants(bench.hub.policy(bench.laptop().uid, NOON), bench.hub.key)
    assert (grants.minimum, grants.recovery) == ("0.1.0", "age1abc")
