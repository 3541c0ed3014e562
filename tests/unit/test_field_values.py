"""Showing and reading values, once per kind of field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import ENTITIES
from app.domain.entities.boiler import Boiler
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Approval
from app.domain.fields import Field, Kind
from app.domain.values import check, parse, parse_date, show, show_moment, show_with_unit
from app.errors import Invalid

FIELDS = Boiler.TYPE.fields


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("rated_tph", "4", 4.0),
        ("rated_tph", "4 t/h", 4.0),
        ("rated_tph", "４．５", 4.5),
        ("coal_t", "1,200", 1200.0),
        ("pressurized", "是", True),
        ("pressurized", "√", True),
        ("pressurized", "否", False),
        ("fuel", "烟煤", "bituminous"),
        ("fuel", "bituminous", "bituminous"),
        ("treatment", "煤改气", "coal_to_gas"),
        ("commissioned", "2018.10", "2018-10"),
        ("commissioned", "2018年10月5日", "2018-10-05"),
        ("user_org", "  平凉一中 ", "平凉一中"),
        ("user_org", "", None),
    ],
)
def test_a_written_value_is_read(name: str, written: str, value: object) -> None:
    assert parse(FIELDS[name], written) == value


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("rated_tph", "four"),
        ("rated_tph", "-1"),
        ("rated_tph", "4000"),
        ("rated_tph", "nan"),
        ("pressurized", "maybe"),
        ("fuel", "uranium"),
        ("commissioned", "2018-13"),
        ("commissioned", "2018-02-30"),
        ("commissioned", "10月底前"),
        ("unit_count", "1.5"),
        ("ledger_no", "x" * 33),
    ],
)
def test_what_cannot_be_the_field_is_refused_with_its_name(name: str, written: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(FIELDS[name], written)
    assert refused.value.message


def test_unknown_is_shown_as_nothing_and_zero_is_not() -> None:
    assert show(FIELDS["rated_tph"], None) == ""
    assert show(FIELDS["rated_tph"], 0.0) == "0"
    assert show_with_unit(FIELDS["rated_tph"], 2.50) == "2.5 t/h"


def test_roles_that_a_text_keeps_are_shown_by_their_names() -> None:
    decides, role = Conflict.TYPE.fields["decides"], Approval.TYPE.fields["role"]
    assert show(decides, "R3 R5") == "县局工作人员、市局工作人员" and show(decides, None) == ""
    assert show(role, "R2") == "乡镇环保专干" and show(role, "R9") == "R9", "of a newer program"


def test_moments_are_shown_in_the_bureaus_time() -> None:
    assert show_moment("2026-11-23T18:30:00.000Z") == "2026-11-24 02:30"


@given(st.dates())
def test_every_day_survives_the_date_reader(day: object) -> None:
    assert parse_date(str(day)) == str(day)


@given(st.floats(min_value=0.01, max_value=3000, allow_nan=False))
def test_a_shown_number_reads_back_within_its_decimals(value: float) -> None:
    field = FIELDS["rated_tph"]
    assert parse(field, show(field, value)) == pytest.approx(value, abs=0.5 * 10**-field.decimals)


def _samples(field: Field) -> list[object]:
    return list(field.choices.codes) if field.choices else []


@pytest.mark.parametrize("record", ENTITIES, ids=lambda record: record.TYPE.name)
def test_every_label_of_a_code_list_reads_back_as_its_code(record: type) -> None:
    for field in record.TYPE.fields.values():  # type: ignore[attr-defined]
        for code in _samples(field):
            value = (code,) if field.kind is Kind.TEXTS else code
            assert parse(field, show(field, value)) == value, f"{field.name}: {code}"


@pytest.mark.parametrize("record", ENTITIES, ids=lambda record: record.TYPE.name)
def test_every_choice_field_has_its_list(record: type) -> None:
    for field in record.TYPE.fields.values():  # type: ignore[attr-defined]
        if field.kind is not Kind.TEXTS:  # several texts may be free, or some of a list
            assert (field.choices is not None) == (field.kind in (Kind.CHOICE, Kind.STATE)), field.name


def test_check_refuses_a_code_outside_the_list() -> None:
    with pytest.raises(Invalid):
        check(FIELDS["fuel"], "plutonium")


@pytest.mark.parametrize("said", ["garbage", "", "2026-13-45", "9999-12-31T23:59:59.999Z"])
def test_what_another_laptop_calls_a_moment_stops_nobody(said: str) -> None:
    assert show_moment(said) == said
