"""Areas and roles: nobody writes outside their area, readers do not edit, steps own their fields."""

from __future__ import annotations

import pytest
from shapely.geometry import Point

from actions.office import COUNTY, TOWN, Office
from app.actions.proposals import free_ledger_no
from app.actions.records import add_record, delete_record, edit_record, list_records
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.domain.rights import in_area
from app.errors import Invalid, NotAllowed, Refused
from builders import PLACE

JINGNING = (105.73, 35.52)  # in 静宁县


@pytest.mark.parametrize(
    ("area", "code", "inside"),
    [
        ("620800", "620802105", True),
        ("620802", "620802105", True),
        ("620802105", "620802105", True),
        ("620802105", "620802106", False),
        ("620826", "620802105", False),
        ("620802105", "620802", True),  # known by its county only: any township of the county may
        ("620802105", "620826", False),
        ("620802", "620800", True),
        ("620802", None, True),
        ("", "620802", True),
    ],
)  # fmt: skip
def test_what_lies_in_somebodys_area(area: str, code: str | None, inside: bool) -> None:
    assert in_area(area, code) is inside


def test_a_step_outside_ones_county_is_refused(office: Office) -> None:
    boiler = office.enter()
    before = office.journal_length()
    with pytest.raises(NotAllowed) as refused:
        office.do("stranger", "register", boiler, ["nameplate"])
    assert refused.value.code == "outside_area"
    assert (office.boiler().status, office.journal_length()) == ("suspect", before)


def test_the_panel_names_the_area_before_anything_else(office: Office) -> None:
    boiler = office.enter()
    assert office.lacks("stranger", "register", boiler)[0] == "outside_area"


def test_nobody_adds_a_boiler_outside_their_area(office: Office) -> None:
    office.as_("clerk")
    with pytest.raises(NotAllowed) as refused:
        add_record(office.session, "boiler", {"ledger_no": "X-1", "div_code": "620826"}, Point(JINGNING))
    assert refused.value.code == "outside_area"
    assert list_records(office.session, "boiler") == []


def test_nobody_moves_a_boiler_out_of_their_area(office: Office) -> None:
    boiler = office.enter()
    with pytest.raises(NotAllowed) as refused:
        office.edit("clerk", boiler, {"div_code": "620826"})
    assert refused.value.code == "outside_area"


@pytest.mark.parametrize("who", ["chief", "leader", "admin"])
def test_supervisors_and_the_administrator_do_not_edit(office: Office, who: str) -> None:
    boiler = office.enter()
    with pytest.raises(NotAllowed) as refused:
        office.edit(who, boiler, {"rated_tph": 1.0})
    assert refused.value.code == "role"


def test_nobody_writes_without_a_name(office: Office) -> None:
    boiler = office.enter()
    office.session.actor = None
    with pytest.raises(NotAllowed) as refused:
        edit_record(office.session, boiler, {"rated_tph": 1.0})
    assert refused.value.code == "not_signed_in"


@pytest.mark.parametrize("field", ["status", "round_no", "cleared_on", "treatment", "due_date", "grid_code"])
def test_what_a_step_or_the_place_sets_is_not_edited_by_hand(office: Office, field: str) -> None:
    boiler = office.enter()
    with pytest.raises(Invalid) as refused:
        office.edit("registrar", boiler, {field: "cleared" if field == "status" else "1"})
    assert refused.value.code == "bad_field"


def test_a_step_takes_its_own_fields_only(office: Office) -> None:
    boiler = office.planned()
    with pytest.raises(Invalid) as refused:
        office.do("officer", "start", boiler, ["photo_before"], cleared_on="2026-11-23")
    assert refused.value.code == "bad_field"
    with pytest.raises(Invalid):
        office.do("officer", "start", boiler, ["photo_before"], status="cleared")
    assert office.boiler().status == "planned"


def test_a_cleared_boiler_is_edited_by_the_city_only(office: Office) -> None:
    boiler = office.cleared()
    with pytest.raises(NotAllowed):
        office.edit("registrar", boiler, {"note": "补记"})
    office.edit("city", boiler, {"note": "补记"}, "市局核改")
    assert office.boiler().note == "补记"


def test_what_was_signed_is_excluded_not_deleted(office: Office) -> None:
    boiler = office.enter()
    office.do("registrar", "register", boiler, ["nameplate"])
    with pytest.raises(Refused) as refused:
        delete_record(office.session, office.boiler(), "重复")
    assert refused.value.code == "signed"


def test_deleting_needs_a_reason(office: Office) -> None:
    boiler = office.enter()
    with pytest.raises(Refused) as refused:
        delete_record(office.session, boiler, " ")
    assert refused.value.code == "reason"
    delete_record(office.session, boiler, "录入错误")
    assert list_records(office.session, "boiler") == []


@pytest.mark.parametrize("kind", ["approval", "attachment", "baseline"])
def test_signatures_and_papers_are_never_written_by_hand(office: Office, kind: str) -> None:
    for who in ("registrar", "city", "admin"):
        office.as_(who)
        with pytest.raises((Refused, NotAllowed)):
            add_record(office.session, kind, {})


def test_a_free_number_is_proposed_that_no_other_laptop_proposes(office: Office) -> None:
    office.as_("registrar")
    first = free_ledger_no(office.session)
    assert first == free_ledger_no(office.session), "nothing was entered, so it is free still"
    for _ in range(2):
        add_record(office.session, "boiler", {"ledger_no": free_ledger_no(office.session)}, Point(PLACE))
    found = [item.ledger_no for item in office.session.workspace.find(Boiler, order="ledger_no")]
    assert found == [first, f"{first[:-2]}02"]
    assert first.startswith(f"620802-{office.session.today[:4]}-")
    office.session.workspace.device = "another laptop"
    assert free_ledger_no(office.session)[:-2] != first[:-2]


def test_a_missing_number_is_named(office: Office) -> None:
    office.as_("registrar")
    with pytest.raises(Invalid, match="台账编号") as refused:
        add_record(office.session, "boiler", {"user_org": "一中"}, Point(PLACE))
    assert refused.value.code == "missing"


def test_a_ledger_number_is_given_once(office: Office) -> None:
    office.enter()
    with pytest.raises(Invalid):
        office.enter(user_org="另一家")
    assert len(list_records(office.session, "boiler")) == 1


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("rated_tph", "4000"),
        ("rated_tph", "-1"),
        ("rated_tph", "四"),
        ("fuel", "uranium"),
        ("commissioned", "2018-13"),
        ("pressurized", "maybe"),
        ("user_org", "名" * 81),
        ("unit_count", "1.5"),
    ],
)
def test_an_impossible_value_is_refused_with_its_field(office: Office, field: str, written: str) -> None:
    boiler = office.enter()
    with pytest.raises(Invalid) as refused:
        office.edit("registrar", boiler, {field: written})
    assert refused.value.message
    assert office.boiler() == boiler


def test_a_new_boiler_knows_its_township_when_the_place_says_so(office: Office) -> None:
    boiler = office.enter()
    assert boiler.div_code is not None
    assert boiler.div_code.startswith(COUNTY)
    assert in_area(office.as_("inspector").area, boiler.div_code)
    assert TOWN.startswith(boiler.div_code[:6])


def test_a_boiler_that_came_in_cleared_is_deleted_by_the_city_only(office: Office) -> None:
    """No step here has signed it, so nothing else protects it."""
    office.as_("city")
    moved = Boiler(
        uid=office.session.new_uid(), ledger_no="M-1", div_code=TOWN, status="cleared", origin="migrated",
        geometry=Point(PLACE),
    )  # fmt: skip
    office.session.commit([insert(moved)], "import", "平环发〔2024〕1号")
    for who in ("inspector", "officer", "clerk"):
        office.as_(who)
        with pytest.raises(NotAllowed) as refused:
            delete_record(office.session, moved, "重复")
        assert refused.value.code == "role"
    office.as_("city")
    delete_record(office.session, moved, "重复")
    assert list_records(office.session, "boiler") == []
