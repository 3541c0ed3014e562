"""Dates in every habit, as precise as they were written."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exchange.dates import read_date


@pytest.mark.parametrize(
    ("cell", "iso"),
    [
        ("2018", "2018"),
        (2018.0, "2018"),
        ("2018年", "2018"),
        ("2018.10", "2018-10"),
        ("2018-10", "2018-10"),
        ("2018/10", "2018-10"),
        ("2018年10月", "2018-10"),
        ("２０１８年１０月", "2018-10"),
        ("201810", "2018-10"),
        ("2018.10.5", "2018-10-05"),
        ("2018-10-05", "2018-10-05"),
        ("2018/10/5", "2018-10-05"),
        ("20181005", "2018-10-05"),
        ("2018年10月5日", "2018-10-05"),
        ("2018 年 10 月 5 日", "2018-10-05"),
        (43374.0, "2018-10-01"),
        ("43374", "2018-10-01"),
        (43374.5, "2018-10-01"),
        (datetime(2018, 10, 5), "2018-10-05"),
        (date(2018, 10, 5), "2018-10-05"),
        ("18年10月", "2018-10"),
        ("2018年10月份", "2018-10"),
        ("二〇一八年十月", "2018-10"),
        ("2018-10-05 00:00:00", "2018-10-05"),
        (2018.11, "2018-11"),
        ("2018年9月30日前", "2018-09-30"),
        ("2018年10月底前", "2018-10"),
        ("2018年底前", "2018-12"),
        ("2018年上半年", "2018-06"),
        ("2018年第三季度", "2018-09"),
        ("预计2019年6月", "2019-06"),
        ("98年5月", "1998-05"),
        ("2018.1.5", "2018-01-05"),
        ("2018年1月", "2018-01"),
    ],
)
def test_dates_as_written(cell: object, iso: str) -> None:
    found = read_date(cell)  # type: ignore[arg-type]
    assert found.iso == iso
    assert not found.bad


@pytest.mark.parametrize(
    "cell", ["2018年10月底前", "2018年9月30日前", "2018年底", "2018年上半年", "预计2019年6月"]
)
def test_words_that_say_more_than_the_date_are_kept(cell: str) -> None:
    assert read_date(cell).verbal


@pytest.mark.parametrize("cell", ["10月底前", "10月", "年底前", "上半年", "9月30日前", "三季度", "十月底前"])
def test_a_missing_year_is_asked_for(cell: str) -> None:
    assert read_date(cell).needs_year
    assert read_date(cell, 2018).iso is not None


def test_the_answered_year_completes_it() -> None:
    assert read_date("10月底前", 2018).iso == "2018-10"
    assert read_date("9月30日前", 2018).iso == "2018-09-30"
    assert read_date("2017年10月", 2018).iso == "2017-10"


@pytest.mark.parametrize(
    "cell", ["2018-13", "2018-02-30", "2018年13月", "13月底前", "锅炉", "2018.10.32", True, "99999999"]
)
def test_what_is_no_date_is_said_to_be_none(cell: object) -> None:
    found = read_date(cell, 2018)  # type: ignore[arg-type]
    assert found.bad
    assert found.iso is None


def test_words_without_a_date_are_no_error() -> None:
    found = read_date("采暖期前")
    assert (found.iso, found.bad, found.verbal) == (None, False, True)


@given(st.one_of(st.text(max_size=20), st.floats(allow_nan=True), st.integers(-(10**9), 10**9)))
def test_nothing_breaks_it(cell: object) -> None:
    found = read_date(cell)  # type: ignore[arg-type]
    assert found.iso is None or 4 <= len(found.iso) <= 10


@given(
    st.dates(date(1950, 1, 1), date(2060, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d", "%Y 年 %m 月 %d 日"]),
)
def test_every_day_in_every_habit(day: date, habit: str) -> None:
    assert read_date(day.strftime(habit)).iso == day.isoformat()
