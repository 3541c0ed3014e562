"""Signing in, PINs, adding and disabling people; settings and their authors."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.office import PIN, Office
from app.actions.history import history
from app.actions.people import add_user, change_pin, disable_user, people, people_here, sign_in
from app.actions.upkeep import info, set_setting, settings
from app.bootstrap import create_workspace, open_workspace
from app.domain.entities.people import Person
from app.errors import Invalid, NotAllowed, Refused, StoreFailure
from conftest import Clock


def test_the_right_pin_signs_in(office: Office) -> None:
    actor = sign_in(office.session, "clerk", PIN)
    assert (actor.name, actor.role, actor.area) == ("clerk", "R3", "620802")
    assert office.session.actor == actor


@pytest.mark.parametrize(("name", "pin"), [("clerk", "000000"), ("nobody", PIN), ("", PIN), ("clerk", "")])
def test_a_wrong_name_and_a_wrong_pin_are_told_alike(office: Office, name: str, pin: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        sign_in(office.session, name, pin)
    assert refused.value.code == "sign_in"
    assert name not in refused.value.message or not name
    assert office.session.actor is None


def test_no_pin_stands_in_the_file(office: Office, file: Path) -> None:
    office.session.close()
    assert PIN.encode() not in file.read_bytes()
    assert b"$argon2id$" in file.read_bytes()


def test_who_was_disabled_does_not_sign_in_and_keeps_their_signatures(office: Office) -> None:
    boiler = office.enter()
    office.do("registrar", "register", boiler, ["nameplate"])
    office.as_("admin")
    disable_user(office.session, "registrar")
    with pytest.raises(NotAllowed) as refused:
        sign_in(office.session, "registrar", PIN)
    assert refused.value.code == "disabled"
    assert "registrar" in [entry.person for entry in history(office.session, "boiler", boiler.uid)]


def test_the_last_administrator_is_not_disabled(office: Office) -> None:
    office.as_("admin")
    with pytest.raises(Refused) as refused:
        disable_user(office.session, "admin")
    assert refused.value.code == "last_administrator"
    add_user(office.session, "admin2", role="R0", org="", area="", pin=PIN)
    assert disable_user(office.session, "admin").disabled
    office.as_("admin2")
    with pytest.raises(Refused):
        disable_user(office.session, "admin2")


@pytest.mark.parametrize("who", ["clerk", "chief", "city", "leader"])
def test_only_the_administrator_keeps_people(office: Office, who: str) -> None:
    office.as_(who)
    with pytest.raises(NotAllowed):
        add_user(office.session, "new", role="R3", org="", area="620802", pin=PIN)
    with pytest.raises(NotAllowed):
        disable_user(office.session, "clerk")


def test_a_new_person_signs_in(office: Office) -> None:
    office.as_("admin")
    add_user(office.session, "zhang", role="R3", org="崆峒分局", area="620802", pin="135790")
    assert sign_in(office.session, "zhang", "135790").org == "崆峒分局"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"login": "clerk"}, "duplicate"),
        ({"login": "  "}, "missing"),
        ({"login": "zh\x07ang"}, "invalid"),
        ({"login": "Hub"}, "invalid"),  # the name of the hub's own acts in the log
        ({"login": "zh\u202eang"}, "invalid"),
        ({"role": "R9"}, "bad_role"),
        ({"area": "999999"}, "unknown_division"),
        ({"pin": "12345"}, "poor_pin"),
    ],
)
def test_a_person_that_does_not_fit_is_refused(office: Office, change: dict[str, str], code: str) -> None:
    office.as_("admin")
    given = {"login": "zhang", "role": "R3", "org": "", "area": "620802", "pin": PIN} | change
    before = len(people(office.session))
    with pytest.raises(Invalid) as refused:
        add_user(office.session, given.pop("login"), **given)
    assert refused.value.code == code
    assert len(people(office.session)) == before


def test_everybody_changes_their_own_pin_and_shows_the_old_one(office: Office) -> None:
    office.as_("clerk")
    with pytest.raises(NotAllowed):
        change_pin(office.session, "000000", "112233")
    change_pin(office.session, PIN, "112233")
    assert sign_in(office.session, "clerk", "112233").name == "clerk"
    with pytest.raises(NotAllowed):
        sign_in(office.session, "clerk", PIN)


def test_people_are_listed_by_role(office: Office) -> None:
    roles = [person.role for person in people(office.session)]
    assert roles == sorted(roles)
    assert all(isinstance(person, Person) for person in people(office.session))


def test_whoever_works_here_stands_first_where_one_signs_in(office: Office) -> None:
    """The administrator did, on each inspector's laptop."""
    assert [person.login for person in people_here(office.session)][:2] == ["inspector", "officer"]
    assert people_here(office.session)[-1].login == "admin"
    office.as_("admin")
    disable_user(office.session, "officer2")
    assert "officer2" not in [person.login for person in people_here(office.session)]


def test_a_setting_is_changed_by_the_administrator_and_has_an_author(office: Office) -> None:
    office.as_("clerk")
    with pytest.raises(NotAllowed):
        set_setting(office.session, "notice_working_days", "7")
    office.as_("admin")
    set_setting(office.session, "notice_working_days", "7")
    assert settings(office.session)["notice_working_days"] == 7
    (entry,) = history(office.session, "setting", "notice_working_days")
    assert (entry.person, entry.reason) == ("admin", "notice_working_days=7")


@pytest.mark.parametrize(
    ("name", "value"),
    [("notice_working_days", "soon"), ("notice_working_days", "-1"), ("site_photo_same_day", "perhaps"),
     ("sealed_until_month", "13"), ("sealed_until_day", "32"), ("holidays", "春节")],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_refused(office: Office, name: str, value: str) -> None:
    office.as_("admin")
    with pytest.raises(Invalid):
        set_setting(office.session, name, value)
    assert settings(office.session)[name] != value


def test_settings_that_contradict_each_other_are_refused(office: Office) -> None:
    office.as_("admin")
    set_setting(office.session, "sealed_until_day", "30")
    with pytest.raises(Invalid):
        set_setting(office.session, "sealed_until_month", "2")
    assert office.session.policy.sealed_until_month == 11


def test_an_unknown_setting_names_the_known_ones(office: Office) -> None:
    office.as_("admin")
    with pytest.raises(Invalid) as refused:
        set_setting(office.session, "colour", "red")
    assert "notice_working_days" in refused.value.hint


@pytest.mark.parametrize(("days", "end"), [("5", "2026-11-30"), ("7", "2026-12-02"), ("0", "2026-11-23")])
def test_the_notice_runs_as_many_working_days_as_set(office: Office, days: str, end: str) -> None:
    office.as_("admin")
    set_setting(office.session, "notice_working_days", days)
    boiler = office.county_ok()
    office.do("city", "notice", boiler)
    assert office.boiler().notice_to == end


def test_the_day_after_the_notice_is_the_first_to_clear(office: Office) -> None:
    boiler = office.county_ok()
    office.do("city", "notice", boiler)  # Monday 23 November; the fifth working day after is Monday 30
    office.clock.forward(days=7)
    assert "notice" in office.lacks("leader", "clear", boiler)
    office.clock.forward(days=1)
    assert office.do("leader", "clear", boiler).state == "cleared"


def test_holidays_are_no_working_days(office: Office) -> None:
    office.as_("admin")
    set_setting(office.session, "holidays", "2026-11-25 2026-11-26")
    boiler = office.county_ok()
    office.do("city", "notice", boiler)
    assert office.boiler().notice_to == "2026-12-02"


def test_a_notice_is_not_dated_before_the_acceptance(office: Office) -> None:
    boiler = office.county_ok()
    with pytest.raises(Exception, match="2026-11-20"):
        office.do("city", "notice", boiler, notice_from="2026-11-20")
    assert office.boiler().status == "county_ok"


def test_a_new_workspace_has_its_divisions_and_one_administrator(tmp_path: Path, clock: Clock) -> None:
    session = create_workspace(tmp_path / "崇信.gpkg", "620823", "admin", PIN, now=clock)
    try:
        told = info(session)
        assert (told["area"], told["counts"]["person"], told["counts"]["boiler"]) == ("620823", 1, 0)
        assert told["counts"]["division"] > 1
        assert session.person().role == "R0"
    finally:
        session.close()


@pytest.mark.parametrize(
    ("area", "pin", "code"), [("990000", PIN, "unknown_division"), ("620823", "1", "poor_pin")]
)
def test_a_workspace_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, area: str, pin: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        create_workspace(tmp_path / "x.gpkg", area, "admin", pin)
    assert refused.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    path.write_bytes(b"mine")
    with pytest.raises(StoreFailure) as refused:
        create_workspace(path, "620823", "admin", PIN)
    assert refused.value.exit_code == 5
    assert path.read_bytes() == b"mine"


def test_opening_for_work_makes_todays_backup(file: Path) -> None:
    open_workspace(file).close()
    assert len(list(file.with_name("office.backups").glob("*.gpkg"))) == 1
    open_workspace(file, read_only=True).close()
