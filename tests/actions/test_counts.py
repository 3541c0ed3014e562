"""The headline: units and t/h together, against a frozen baseline that never moves."""

from __future__ import annotations

import pytest

from actions.office import Office
from app.actions.counts import Headline, freeze_baseline, headline
from app.actions.history import undo
from app.actions.records import show_record
from app.domain.changes import delete
from app.domain.output import Total
from app.domain.reporting import CountyRow
from app.errors import Invalid, NotAllowed, Refused


def _ledger(office: Office) -> None:
    """Three boilers of the baseline: 2 t/h, 4 t/h and 0.7 MW (which is 1 t/h)."""
    office.enter(ledger_no="KT-1", rated_tph=2.0)
    office.enter(ledger_no="KT-2", rated_tph=4.0)
    office.enter(ledger_no="KT-3", rated_tph=None, rated_mw=0.7)
    office.as_("city")
    freeze_baseline(office.session, "2026年底册", "平环发〔2026〕1号")


def _county(found: Headline, code: str = "620802") -> CountyRow:
    return next(row for row in found.rows if row.code == code)


def test_units_and_output_stand_together(office: Office) -> None:
    _ledger(office)
    found = headline(office.session)
    assert found.sum.baseline == Total(3, 7.0)
    assert _county(found).baseline == Total(3, 7.0)
    assert _county(found, "620826").baseline == Total(0, 0.0)
    assert found.baseline is not None
    assert found.baseline.name == "2026年底册"


def test_without_a_baseline_there_is_no_rate(office: Office) -> None:
    office.enter()
    found = headline(office.session)
    assert found.baseline is None
    assert found.sum.rate is None
    assert found.sum.outside == Total(1, 2.0)


def test_the_baseline_does_not_move_when_a_boiler_is_found_later(office: Office) -> None:
    _ledger(office)
    office.enter(ledger_no="KT-4", rated_tph=10.0)
    found = headline(office.session)
    assert found.sum.baseline == Total(3, 7.0)
    assert found.sum.outside == Total(1, 10.0)


def test_the_baseline_does_not_move_when_a_record_is_corrected(office: Office) -> None:
    _ledger(office)
    office.edit("registrar", office.boiler("KT-1"), {"rated_tph": 20.0}, "更正")
    assert headline(office.session).sum.baseline == Total(3, 7.0)


def test_the_baseline_does_not_move_when_a_boiler_is_excluded_or_gone(office: Office) -> None:
    _ledger(office)
    boiler = office.boiler("KT-1")
    office.do("registrar", "exclude", boiler, exclude_reason="duplicate", reason="重复")
    office.do("chief", "exclude", boiler, reason="同意")
    assert headline(office.session).sum.baseline == Total(3, 7.0)
    office.as_("registrar")
    office.session.commit([delete(office.boiler("KT-2"))], "delete", "试")
    assert headline(office.session).sum.baseline == Total(3, 7.0)


def test_a_baseline_is_frozen_by_the_city_and_once_under_a_name(office: Office) -> None:
    _ledger(office)
    office.as_("clerk")
    with pytest.raises(NotAllowed):
        freeze_baseline(office.session, "县底册", "")
    office.as_("leader")
    with pytest.raises(Invalid) as refused:
        freeze_baseline(office.session, "2026年底册", "")
    assert refused.value.code == "duplicate"


def test_nothing_cannot_be_frozen(office: Office) -> None:
    office.as_("city")
    with pytest.raises(Refused) as refused:
        freeze_baseline(office.session, "空", "")
    assert refused.value.code == "empty"


def test_an_excluded_boiler_does_not_enter_a_baseline(office: Office) -> None:
    boiler = office.enter()
    office.do("registrar", "exclude", boiler, exclude_reason="not_coal", reason="燃气")
    office.do("chief", "exclude", boiler, reason="同意")
    office.enter(ledger_no="KT-2", rated_tph=4.0)
    office.as_("city")
    assert (freeze_baseline(office.session, "底册", "").units, headline(office.session).sum.baseline) == (
        1,
        Total(1, 4.0),
    )


def test_sealed_is_not_cleared(office: Office) -> None:
    boiler = office.in_progress()
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    office.do("registrar", "seal", boiler, ["seal_photo"], seal_no="封-1")
    found = headline(office.session)
    assert found.sum.groups["sealed"] == Total(1, 2.0)
    assert found.sum.cleared == Total(0, 0.0)
    assert found.sum.rate == 0.0


def test_a_rebound_lowers_the_cleared_count_the_same_day_and_keeps_the_history(office: Office) -> None:
    boiler = office.cleared()
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    assert headline(office.session).sum.cleared == Total(1, 2.0)
    assert headline(office.session).sum.rate == 1.0
    office.do("inspector", "rebound", boiler, ["rebound_photo"], reason="冒烟")
    assert headline(office.session).sum.cleared == Total(1, 2.0)  # reported is not confirmed
    office.do("city", "confirm_rebound", boiler, rebound_reason="relit")
    after = headline(office.session)
    assert after.sum.cleared == Total(0, 0.0)
    assert after.sum.groups["rebound"] == Total(1, 2.0)
    signed = show_record(office.session, "boiler", boiler.uid).signatures
    assert [item.approval.person_name for item in signed if item.approval.action == "clear"] == ["leader"]


def test_undoing_the_clearing_takes_it_off_the_count(office: Office) -> None:
    office.cleared()
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    office.as_("leader")
    undo(office.session, "误点")
    assert headline(office.session).sum.cleared == Total(0, 0.0)
    assert headline(office.session).sum.groups["notice"] == Total(1, 2.0)


def test_a_county_sees_its_own(office: Office) -> None:
    _ledger(office)
    assert [row.code for row in headline(office.session, "620802").rows] == ["620802"]
    assert headline(office.session, "620826").sum.baseline == Total(0, 0.0)


def test_every_unit_of_the_baseline_is_in_exactly_one_group(office: Office) -> None:
    _ledger(office)
    office.do("registrar", "register", office.boiler("KT-1"), ["nameplate"])
    whole = headline(office.session).sum
    assert sum(item.units for item in whole.groups.values()) == whole.baseline.units
    assert sum(item.tph for item in whole.groups.values()) == pytest.approx(whole.baseline.tph)
