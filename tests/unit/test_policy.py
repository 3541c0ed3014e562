"""The bureau's own numbers, and the working days of a public notice."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.policy import Policy
from app.errors import Invalid


def test_a_notice_of_five_working_days_passes_over_the_weekend() -> None:
    assert Policy().notice_end(date(2026, 11, 20)) == date(2026, 11, 27)  # Friday to Friday


def test_a_holiday_is_no_working_day() -> None:
    assert Policy(holidays="2026-11-24").notice_end(date(2026, 11, 23)) == date(2026, 12, 1)


def test_no_notice_days_end_on_the_day_of_posting() -> None:
    assert Policy(notice_working_days=0).notice_end(date(2026, 11, 23)) == date(2026, 11, 23)


def test_settings_of_a_workspace_are_read_by_their_kind() -> None:
    policy = Policy().with_settings(
        {"notice_working_days": "7", "site_photo_m": "50", "site_photo_same_day": "no", "other": "x"}
    )
    assert (policy.notice_working_days, policy.site_photo_m, policy.site_photo_same_day) == (7, 50.0, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [("notice_working_days", "-1"), ("notice_working_days", "five"), ("site_photo_same_day", "2")],
)
def test_a_setting_that_makes_no_sense_is_refused(name: str, text: str) -> None:
    with pytest.raises(Invalid):
        Policy().with_settings({name: text})


def test_the_heating_season_after_its_first_day_is_next_years() -> None:
    assert Policy().next_heating_season(date(2026, 11, 23)) == date(2027, 11, 1)
    assert Policy().next_heating_season(date(2026, 3, 1)) == date(2026, 11, 1)
