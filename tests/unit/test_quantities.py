"""Numbers with units, counts and full-width digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.entities.boiler import Boiler
from app.exchange.quantities import read_quantity, unit_in

TPH = Boiler.TYPE.fields["rated_tph"]
MW = Boiler.TYPE.fields["rated_mw"]
COAL = Boiler.TYPE.fields["coal_t"]
MONEY = Boiler.TYPE.fields["subsidy_wan"]
COUNT = Boiler.TYPE.fields["unit_count"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("4", 4),
        (4, 4),
        (4.0, 4),
        ("4t/h", 4),
        ("4 t/h", 4),
        ("4T/H", 4),
        ("４ｔ／ｈ", 4),
        ("4蒸吨", 4),
        ("4吨", 4),
        ("4T", 4),
        ("2.8MW", 4),
        ("2800kW", 4),
        ("2800KW", 4),
        ("2.8兆瓦", 4),
        ("2800千瓦", 4),
        ("240万大卡", 4),
        ("0.7MW", 1),
        ("4蒸吨/小时", 4),
        ("4吨/小时", 4),
        ("约4吨", 4),
        ("4t/h左右", 4),
        ("0.5", 0.5),
        ("４", 4),
        ("1,000kg/h", 1),
        ("4 蒸吨", 4),
        ("４．５吨", 4.5),
        ("4.0t/h", 4),
    ],
)
def test_an_output_in_every_unit_is_tons_of_steam(cell: object, value: float) -> None:
    found = read_quantity(cell, TPH, "t/h")  # type: ignore[arg-type]
    assert found is not None
    assert found.value == pytest.approx(value, abs=1e-6)
    assert found.count is None


@pytest.mark.parametrize(
    ("cell", "count", "value"),
    [
        ("2台4蒸吨", 2, 4),
        ("2台4t/h", 2, 4),
        ("两台4吨", 2, 4),
        ("4t/h×2台", 2, 4),
        ("4t/h*2", 2, 4),
        ("2×4t/h", 2, 4),
        ("2台，4蒸吨", 2, 4),
        ("2台×4蒸吨", 2, 4),
        ("4蒸吨2台", 2, 4),
        ("4t/h（2台）", 2, 4),
        ("2台(4蒸吨)", 2, 4),
        ("2台2.8MW", 2, 4),
        ("2 台 4 蒸吨", 2, 4),
        ("１台２蒸吨", 1, 2),
        ("三台1t/h", 3, 1),
        ("2台各4蒸吨", 2, 4),
        ("4蒸吨锅炉2台", 2, 4),
        ("2台4", 2, 4),
    ],
)
def test_several_in_one_cell(cell: str, count: int, value: float) -> None:
    found = read_quantity(cell, TPH, "t/h")
    assert found is not None
    assert (found.count, found.value) == (count, pytest.approx(value))


@pytest.mark.parametrize(
    "cell", ["", "若干", "4-6", "四五吨", "t/h", "4元", True, None, "2台", "4t/h5", "DZL4-1.25", "1e999x"]
)
def test_what_is_no_amount_is_not_guessed(cell: object) -> None:
    assert read_quantity(cell, TPH, "t/h") is None  # type: ignore[arg-type]


def test_bare_numbers_are_in_the_column_s_unit() -> None:
    assert read_quantity(2.8, TPH, "MW").value == pytest.approx(4)  # type: ignore[union-attr]
    assert read_quantity("2800", TPH, "kW").value == pytest.approx(4)  # type: ignore[union-attr]
    assert read_quantity("4t/h", TPH, "MW").value == 4  # type: ignore[union-attr]
    assert read_quantity(4, MW, "t/h").value == pytest.approx(2.8)  # type: ignore[union-attr]
    assert read_quantity("1.2万吨", COAL, "t/a").value == 12_000  # type: ignore[union-attr]
    assert read_quantity("50000元", MONEY, "").value == 5  # type: ignore[union-attr]
    assert read_quantity("2台", COUNT, "").value == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        ("t/h", "t/h"),
        ("蒸吨", "蒸吨"),
        ("MW", "MW"),
        ("mw", "MW"),
        ("单位：t/h", "t/h"),
        ("kw", "kW"),
        ("蒸吨/小时", "蒸吨/小时"),
        ("新", ""),
        ("", ""),
        ("t／h", "t/h"),
    ],
)
def test_the_unit_in_a_heading(words: str, unit: str) -> None:
    assert unit_in(words, TPH) == unit


@given(st.text(max_size=20))
def test_no_text_breaks_it(text: str) -> None:
    found = read_quantity(text, TPH, "t/h")
    assert found is None or isinstance(found.value, float)


@given(
    st.floats(0.1, 75).map(lambda v: round(v, 2)),
    st.sampled_from(["t/h", "蒸吨", "吨", " T/H"]),
    st.integers(2, 9),
)
def test_what_counties_write_is_read_back(value: float, unit: str, count: int) -> None:
    assert read_quantity(f"{value}{unit}", TPH, "t/h").value == pytest.approx(value)  # type: ignore[union-attr]
    several = read_quantity(f"{count}台{value}{unit}", TPH, "t/h")
    assert several is not None
    assert (several.count, several.value) == (count, pytest.approx(value))
