"""The small language of filters."""

from __future__ import annotations

import pytest

from app.domain.entities.boiler import Boiler
from app.domain.filters import EVERYTHING, parse_filter
from app.errors import Invalid

KIND = Boiler.TYPE


def test_nothing_written_means_everything() -> None:
    assert parse_filter(None, KIND) == EVERYTHING
    assert parse_filter("  ", KIND).accepts({})


@pytest.mark.parametrize(
    ("expression", "values", "accepted"),
    [
        ("status=cleared", {"status": "cleared"}, True),
        ("status = 已销号", {"status": "cleared"}, True),
        ("status=cleared", {"status": "rebound"}, False),
        ("status!=cleared", {"status": "rebound"}, True),
        ("rated_tph>=4 and rated_tph<10", {"rated_tph": 4.0}, True),
        ("rated_tph>=4 and rated_tph<10", {"rated_tph": 10.0}, False),
        ("rated_tph>4", {"rated_tph": None}, False),
        ("user_org~学校", {"user_org": "柳湖镇学校"}, True),
        ("status=cleared or status=rebound", {"status": "rebound"}, True),
        ("status in cleared|rebound", {"status": "planned"}, False),
        ("reg_no is empty", {"reg_no": None}, True),
        ("reg_no is not empty", {"reg_no": None}, False),
        ("div_code='620802'", {"div_code": "620802"}, True),
    ],
)
def test_a_filter_means_what_it_says(expression: str, values: dict[str, object], accepted: bool) -> None:
    assert parse_filter(expression, KIND).accepts(values) is accepted


@pytest.mark.parametrize(
    "expression", ["colour=red", "status", "status cleared", "; drop table boiler", "rated_tph>x"]
)
def test_what_is_no_condition_is_refused(expression: str) -> None:
    with pytest.raises(Invalid):
        parse_filter(expression, KIND)
