"""The bureau's own numbers, and the working days of a public notice."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.policy import Policy
from app.errors import Invalid
from app.store.calendar import shipped_calendar

SHIPPED = Policy(calendar=shipped_calendar())


def test_a_notice_of_five_working_days_passes_over_the_weekend() -> None:
    assert SHIPPED.notice_end(date(2026, 11, 20)) == date(2026, 11, 27)  # Friday to Friday


def test_a_holiday_is_no_working_day() -> None:
    own = SHIPPED.with_settings({"holidays": "2026-11-24"})
    assert own.notice_end(date(2026, 11, 23)) == date(2026, 12, 1)


def test_the_national_day_of_2026_with_its_make_up_day() -> None:
    # 1 to 7 October off, Saturday 10 October worked: 8, 9, 10, 12, 13 are the five days.
    assert SHIPPED.notice_end(date(2026, 9, 30)) == date(2026, 10, 13)
    # Sunday 28 September 2025 was worked, 1 to 8 October were off: 28, 29, 30, 9, 10.
    assert SHIPPED.notice_end(date(2025, 9, 26)) == date(2025, 10, 10)


def test_every_shipped_year_says_who_arranged_it_and_since_when() -> None:
    for year, known in shipped_calendar().years.items():
        assert str(year) in known.source
        assert known.issued < known.effective == f"{year}-01-01"
        assert all(day.year == year for day in known.off | known.work)
        assert not known.off & known.work
        assert all(day.weekday() >= 5 for day in known.work), "only weekends are made up"


def test_a_year_nobody_entered_is_said_and_not_guessed() -> None:
    assert SHIPPED.notice_end(date(2026, 12, 28)) is None
    assert SHIPPED.unknown_year(date(2026, 12, 28)) == 2027
    assert SHIPPED.unknown_year(date(2026, 11, 20)) is None


def test_a_bureau_adds_a_year_of_its_own() -> None:
    own = SHIPPED.with_settings(
        {"calendar_years": "2027", "holidays": "2027-01-01/2027-01-03", "workdays": "2027-01-09"}
    )
    # 29, 30, 31 December 2026; Friday 1 January off; 4 and 5 January.
    assert own.notice_end(date(2026, 12, 28)) == date(2027, 1, 5)
    assert own.working_calendar.is_working_day(date(2027, 1, 9))


def test_no_notice_days_end_on_the_day_of_posting() -> None:
    assert Policy(notice_working_days=0).notice_end(date(2026, 11, 23)) == date(2026, 11, 23)


def test_settings_of_a_workspace_are_read_by_their_kind() -> None:
    policy = Policy().with_settings(
        {"notice_working_days": "7", "site_photo_m": "50", "site_photo_same_day": "no", "other": "x"}
    )
    assert (policy.notice_working_days, policy.site_photo_m, policy.site_photo_same_day) == (7, 50.0, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notice_working_days", "-1"),
        ("notice_working_days", "five"),
        ("site_photo_same_day", "2"),
        ("holidays", "2027-02-30"),
        ("workdays", "2027-01-09/2026-01-09"),
        ("calendar_years", "next"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(name: str, text: str) -> None:
    with pytest.raises(Invalid):
        Policy().with_settings({name: text})


def test_the_heating_season_after_its_first_day_is_next_years() -> None:
    assert Policy().next_heating_season(date(2026, 11, 23)) == date(2027, 11, 1)
    assert Policy().next_heating_season(date(2026, 3, 1)) == date(2026, 11, 1)


def test_a_month_is_reported_at_its_end_and_in_the_first_days_of_the_next() -> None:
    policy = Policy()
    assert policy.month_in_hand(date(2026, 11, 23)) == "2026-11"
    assert policy.month_in_hand(date(2026, 11, 3)) == "2026-10"
    assert policy.month_in_hand(date(2027, 1, 10)) == "2026-12"
    strict = policy.with_settings({"month_before_until_day": "0"})
    assert strict.month_in_hand(date(2027, 1, 1)) == "2027-01"
