"""Boilers that may have been entered twice, decided by a person: both stay, one goes, or the second gets a
number of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from app.actions.conflicts import ConflictView, open_conflicts, resolve
from app.actions.evidence import add_evidence, evidence_of
from app.actions.history import undo
from app.errors import Changed, Refused
from builders import PLACE
from sync.lan import COUNTY, TOWN, Lan, Laptop

AWAY = (PLACE[0] + 0.002, PLACE[1])  # far enough not to be taken for the same boiler
SAME = {"user_org": "柳湖小学", "address": "学校路8号"}


@pytest.fixture
def trio(lan: Lan) -> tuple[Laptop, Laptop, Laptop]:
    return lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R4")


def only(county: Laptop) -> ConflictView:
    [view] = open_conflicts(county.as_("clerk"))
    assert view.kind == "duplicate"
    return view


def entered_alike(lan: Lan, trio: tuple[Laptop, Laptop, Laptop]) -> ConflictView:
    """The same boiler entered by two who did not see each other, under two numbers."""
    one, two, county = trio
    one.enter("inspector", "T-1", **SAME)
    two.enter("officer", "T-2", place=AWAY, **SAME)
    lan.drain(*trio)
    return only(county)


def numbered_alike(lan: Lan, trio: tuple[Laptop, Laptop, Laptop]) -> ConflictView:
    """Two boilers to which two inspectors gave the same number."""
    one, two, county = trio
    one.enter("inspector", "T-1", user_org="东大街小学", address="东大街1号")
    two.enter("officer", "T-1", user_org="西大街医院", address="西大街9号", place=AWAY)
    lan.drain(*trio)
    return only(county)


def numbers(laptop: Laptop) -> dict[str, str]:
    return {one.ledger_no: one.user_org for one in laptop.session.workspace.find("boiler")}


def test_both_stay_when_they_are_two(lan: Lan, trio: tuple[Laptop, Laptop, Laptop]) -> None:
    view = entered_alike(lan, trio)
    resolve(trio[2].session, view.uid, "kept", "两台锅炉")
    lan.drain(*trio)
    assert set(numbers(trio[0])) == {"T-1", "T-2"}
    assert open_conflicts(trio[2].session) == []


def test_the_entry_goes_when_they_are_one(lan: Lan, trio: tuple[Laptop, Laptop, Laptop]) -> None:
    view = entered_alike(lan, trio)
    assert view.record.title.startswith("T-2")
    resolve(trio[2].session, view.uid, "offered", "同一台")
    lan.drain(*trio)
    for laptop in trio:
        assert set(numbers(laptop)) == {"T-1"}
    undo(trio[2].session, "弄错了")
    lan.drain(*trio)
    assert set(numbers(trio[0])) == {"T-1", "T-2"}


def test_an_entry_that_was_corrected_since_is_not_deleted(
    lan: Lan, trio: tuple[Laptop, Laptop, Laptop]
) -> None:
    view = entered_alike(lan, trio)
    trio[2].edit("clerk", "T-2", "查清", address="学校路18号")
    with pytest.raises(Changed):
        resolve(trio[2].session, view.uid, "offered", "同一台")
    assert set(numbers(trio[2])) == {"T-1", "T-2"}


def test_a_second_boiler_gets_a_number_of_its_own(lan: Lan, trio: tuple[Laptop, Laptop, Laptop]) -> None:
    view = numbered_alike(lan, trio)
    assert numbers(trio[2]) == {"T-1": "东大街小学"}
    assert view.own_number == "T-1-2"
    resolve(trio[2].session, view.uid, "apart", "两台锅炉")
    lan.drain(*trio)
    for laptop in trio:
        assert numbers(laptop) == {"T-1": "东大街小学", "T-1-2": "西大街医院"}
    assert trio[0].boiler("T-1-2").geometry.equals_exact(trio[2].boiler("T-1-2").geometry, 1e-9)
    undo(trio[2].session, "弄错了")
    lan.drain(*trio)
    assert numbers(trio[1]) == {"T-1": "东大街小学"}
    assert only(trio[2]).uid == view.uid


def test_the_number_that_is_proposed_is_free(lan: Lan, trio: tuple[Laptop, Laptop, Laptop]) -> None:
    trio[2].enter("clerk", "T-1-2", place=(PLACE[0] - 0.004, PLACE[1]), user_org="另一家", address="远处")
    assert numbered_alike(lan, trio).own_number == "T-1-3"


def test_no_other_conflict_has_a_second_entry(lan: Lan, trio: tuple[Laptop, Laptop, Laptop]) -> None:
    view = entered_alike(lan, trio)
    assert view.own_number == ""
    with pytest.raises(Refused) as refused:
        resolve(trio[2].session, view.uid, "apart", "两台锅炉")
    assert refused.value.code == "nothing_to_take"


def test_an_edit_of_the_number_is_no_entry(lan: Lan, trio: tuple[Laptop, Laptop, Laptop]) -> None:
    one, two, county = trio
    one.enter("inspector", "T-1", user_org="东大街小学", address="东大街1号")
    lan.drain(*trio)
    one.edit("inspector", "T-1", "更正", ledger_no="T-9")
    two.enter("officer", "T-9", place=AWAY, user_org="西大街医院", address="西大街9号")
    lan.drain(two, one, county)
    assert only(county).own_number == ""


def test_photographs_of_the_second_boiler_come_with_it(
    lan: Lan, trio: tuple[Laptop, Laptop, Laptop], tmp_path: Path
) -> None:
    one, two, county = trio
    one.enter("inspector", "T-1", user_org="东大街小学", address="东大街1号")
    two.enter("officer", "T-1", user_org="西大街医院", address="西大街9号", place=AWAY)
    photo, paper = tmp_path / "铭牌.jpg", tmp_path / "说明.pdf"
    Image.new("RGB", (20, 20)).save(photo)
    paper.write_bytes(b"%PDF-1.4 x")
    add_evidence(two.as_("officer"), two.boiler("T-1"), [("nameplate", photo), ("other", paper)])
    lan.drain(*trio)
    view = only(county)
    resolve(county.session, view.uid, "apart", "两台锅炉")
    lan.drain(*trio, rounds=3)  # the laptop that took them hears of it, and sends the files
    for laptop in trio:
        second = laptop.boiler("T-1-2")
        found = evidence_of(laptop.session, second)
        assert {item.kind for item in found} == {"nameplate", "other"}
        assert all(laptop.session.workspace.attachment_path(item.sha256).is_file() for item in found)
        assert evidence_of(laptop.session, laptop.boiler("T-1")) == []
    undo(county.session, "弄错了")
    lan.drain(*trio)
    assert numbers(one) == {"T-1": "东大街小学"}


def test_two_that_had_one_number_do_not_look_alike_after(
    lan: Lan, trio: tuple[Laptop, Laptop, Laptop]
) -> None:
    one, two, county = trio
    one.enter("inspector", "T-1", **SAME)
    two.enter("officer", "T-1", place=AWAY, **SAME)
    lan.drain(*trio)
    resolve(county.session, only(county).uid, "apart", "两台锅炉")
    lan.drain(*trio)
    assert set(numbers(one)) == {"T-1", "T-1-2"}
    assert open_conflicts(county.session) == []


def test_that_two_which_look_alike_are_two_is_remembered(
    lan: Lan, trio: tuple[Laptop, Laptop, Laptop]
) -> None:
    view = entered_alike(lan, trio)
    county = trio[2]
    resolve(county.session, view.uid, "kept", "两台锅炉")
    for number in ("T-2", "T-1"):
        county.edit("clerk", number, "更正", address="学校路18号")
        lan.drain(*trio)
        county.edit("clerk", number, "还是原来的", address="学校路8号")
        lan.drain(*trio)
    assert open_conflicts(county.session) == []
    county.enter("clerk", "T-3", place=(PLACE[0] - 0.002, PLACE[1]), **SAME)
    lan.drain(*trio)
    assert only(county).record.title.startswith("T-3"), "another one is asked about"
