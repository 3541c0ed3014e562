"""Frozen reports: kept for good, opened, compared, and the month that stands on last month's."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from actions.office import Office, running_month
from app.actions import freezing
from app.actions.counts import freeze_baseline
from app.actions.freezing import freeze_report, withdraw_frozen
from app.actions.history import undo
from app.actions.lookback import draw_lookback
from app.actions.reports import REPORTS, ReportOrder, count_report, make_report
from app.actions.snapshots import (
    compare_frozen,
    file_of,
    find_frozen,
    frozen_reports,
    open_frozen,
    withdrawals,
    write_comparison,
    write_frozen,
)
from app.domain.changes import Change, update
from app.domain.entities.lookback import LookbackRound
from app.domain.entities.papers import Baseline
from app.domain.entities.snapshot import ReportSnapshot
from app.domain.frozen import read_counted
from app.domain.rights import may_withdraw
from app.errors import Changed, Invalid, NotAllowed, Refused, StoreFailure


def _two_boilers(office: Office) -> None:
    office.county_ok()
    office.enter(ledger_no="KT-2", rated_tph=4.0)
    office.as_("city")
    freeze_baseline(office.session, "底册", "")


def _clear(office: Office) -> None:
    office.do("city", "notice", office.boiler())
    office.clock.forward(days=8)
    office.do("leader", "clear", office.boiler())
    office.as_("city")


def test_a_frozen_report_keeps_file_numbers_and_rows_whatever_comes_after(
    office: Office, tmp_path: Path
) -> None:
    _two_boilers(office)
    made = freeze_report(office.session, running_month(office.session), reason="上报")
    counted = open_frozen(office.session, made)
    _clear(office)
    office.edit("city", office.boiler("KT-2"), {"rated_tph": 9.0, "user_org": "别处"})
    again = open_frozen(office.session, find_frozen(office.session, made.name))
    assert again == counted
    assert (made.units, made.tph, made.reason, made.frozen_by_name) == (2, 6.0, "上报", "city")
    assert len(made.journal) == 12
    whole = again.number("620800", "cleared")
    assert whole is not None and whole.uids == ()
    page = openpyxl.load_workbook(write_frozen(office.session, made, tmp_path / "as-sent.xlsx")).active
    assert page is not None and page.cell(page.max_row, 1).value == counted.text


def test_a_frozen_report_cannot_be_changed_or_removed(office: Office) -> None:
    _two_boilers(office)
    made = freeze_report(office.session, running_month(office.session))
    for operation, after in (("update", {"units": 3}), ("delete", {})):
        change = Change("report_snapshot", made.uid, operation, {"units": 2}, after)  # type: ignore[arg-type]
        with pytest.raises(Invalid) as refused:
            office.session.commit([change], "forge")
        assert refused.value.code == "append_only"
    assert office.session.workspace.find(ReportSnapshot) == [made]


def test_a_file_that_was_tampered_with_is_not_opened(office: Office) -> None:
    _two_boilers(office)
    made = freeze_report(office.session, running_month(office.session))
    path = office.session.workspace.attachment_path(made.content)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"KT-2", b"KT-3"))
    with pytest.raises(StoreFailure):
        open_frozen(office.session, made)


def test_a_number_that_is_not_that_of_its_rows_is_refused(office: Office) -> None:
    _two_boilers(office)
    made = freeze_report(office.session, running_month(office.session))
    content = json.loads(office.session.workspace.attachment_path(made.content).read_bytes())
    assert read_counted(json.dumps(content).encode()) == open_frozen(office.session, made)
    content["numbers"][0]["units"] += 1
    with pytest.raises(Invalid) as refused:
        read_counted(json.dumps(content).encode())
    assert refused.value.code == "bad_snapshot"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format":1}', b"\xff", b'{"format":9}'])
def test_what_is_no_snapshot_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_counted(content)


def test_two_frozen_months_say_what_moved_and_which_boilers(office: Office, tmp_path: Path) -> None:
    _two_boilers(office)
    first = freeze_report(office.session, running_month(office.session), name="甲")
    _clear(office)
    office.enter(ledger_no="KT-3", rated_tph=1.0)
    office.as_("city")
    freeze_report(office.session, running_month(office.session), name="乙")
    compared = compare_frozen(office.session, "乙", "甲")
    assert (compared.first, compared.second.name) == (first, "乙")
    moved = {item.name: item for item in compared.comparison.moved if item.place == "620800"}
    uid = office.boiler().uid
    assert (moved["cleared"].came, moved["cleared"].went) == ((uid,), ())
    assert (moved["accepting"].came, moved["accepting"].went) == ((), (uid,))
    assert moved["outside"].after.tph == 1.0 and "baseline" not in moved
    assert {
        (item.row.ledger_no, item.what, item.before, item.after) for item in compared.comparison.turned
    } == {
        ("KT-2026-001", "state", "county_ok", "cleared"),
        ("KT-3", "in", "", "suspect"),
    }
    write_comparison(office.session, compared, tmp_path / "c.csv")
    assert (tmp_path / "c.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert any("KT-3" in row for row in rows) and any("0" in row and "1" in row for row in rows)
    write_comparison(office.session, compared, tmp_path / "c.xlsx")
    assert openpyxl.load_workbook(tmp_path / "c.xlsx").active is not None


def test_the_month_stands_on_last_months_frozen_report_and_says_so(office: Office) -> None:
    _two_boilers(office)
    office.do("city", "notice", office.boiler())
    office.clock.forward(days=8)
    office.as_("city")
    earlier = freeze_report(office.session, running_month(office.session), name="十二月报")
    office.do("leader", "clear", office.boiler())
    office.clock.forward(days=31)
    # By the records the boiler was cleared the month before; the frozen report had not seen it.
    counted = count_report(office.session, running_month(office.session))
    number = counted.number("620800", "before")
    assert number is not None and number.uids == ()
    assert "十二月报" in counted.text and "增加1台" in counted.text
    office.session.workspace.attachment_path(earlier.content).unlink()
    alone = count_report(office.session, running_month(office.session))
    number = alone.number("620800", "before")
    assert number is not None and number.total.units == 1
    assert "十二月报" in alone.text and "持平" in alone.text


def test_every_report_can_be_frozen_and_its_number_are_its_rows(office: Office, tmp_path: Path) -> None:
    office.cleared()
    office.planned(ledger_no="KT-2", rated_tph=4.0)
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    draw_lookback(office.session, "一轮", 100)
    for kind in REPORTS:
        made = freeze_report(office.session, ReportOrder(kind.name))
        counted = open_frozen(office.session, made)
        assert counted == count_report(office.session, ReportOrder(kind.name))
        assert file_of(office.session, made).size > 0
        assert counted.numbers and counted.rows
    assert [item.report for item in frozen_reports(office.session)] == [
        kind.name for kind in reversed(REPORTS)
    ] or len(frozen_reports(office.session)) == len(REPORTS)


def test_who_may_freeze_and_under_which_names(office: Office) -> None:
    _two_boilers(office)
    for nobody in ("officer", "chief", "leader", "inspector"):
        office.as_(nobody)
        with pytest.raises(NotAllowed):
            freeze_report(office.session, running_month(office.session))
    office.as_("clerk")
    names = [freeze_report(office.session, running_month(office.session)).name for _ in range(2)]
    assert len(set(names)) == 2 and all(office.session.today[:7] in name for name in names)
    with pytest.raises(Invalid) as refused:
        freeze_report(office.session, running_month(office.session), name=names[0])
    assert refused.value.code == "duplicate"
    with pytest.raises(Invalid) as refused:
        find_frozen(office.session, "没有")
    assert refused.value.code == "unknown_snapshot"


def test_reports_of_two_kinds_are_not_compared(office: Office) -> None:
    _two_boilers(office)
    one = freeze_report(office.session, running_month(office.session))
    two = freeze_report(office.session, ReportOrder("ledger"))
    with pytest.raises(Invalid) as refused:
        compare_frozen(office.session, one.name, two.name)
    assert refused.value.code == "other_report"


def test_the_workbook_sent_equals_the_numbers_kept(office: Office, tmp_path: Path) -> None:
    _two_boilers(office)
    made = freeze_report(office.session, running_month(office.session))
    make_report(office.session, running_month(office.session), tmp_path / "now.csv")
    with (tmp_path / "now.csv").open(encoding="utf-8-sig", newline="") as file:
        last = list(csv.reader(file))[-1]
    assert int(last[1]) == made.units and float(last[2]) == made.tph


def test_its_author_cannot_undo_a_frozen_report_nor_a_list_that_counts(office: Office) -> None:
    _two_boilers(office)  # ends with a baseline by the city

    def stays() -> None:
        with pytest.raises(Refused) as refused:
            undo(office.session, "不要了")
        assert refused.value.code == "for_good"

    stays()
    freeze_report(office.session, running_month(office.session))
    stays()
    _clear(office)
    draw_lookback(office.session, "一轮", 100)
    stays()
    found = office.session.workspace
    assert [found.count(kind) for kind in (Baseline, ReportSnapshot, LookbackRound)] == [1, 1, 1]


def test_even_a_forged_undo_does_not_reach_a_frozen_report(office: Office) -> None:
    _two_boilers(office)
    made = freeze_report(office.session, running_month(office.session))
    target = office.session.workspace.last_undoable(office.session.person().uid)
    assert target is not None
    with pytest.raises(Invalid) as refused:
        office.session.commit(office.session.workspace.inverse(target), "undo", "", undoes=target)
    assert refused.value.code == "append_only"
    assert office.session.workspace.find(ReportSnapshot) == [made]


def test_a_frozen_report_is_withdrawn_by_another_with_a_reason_and_stays(office: Office) -> None:
    _two_boilers(office)
    city = freeze_report(office.session, running_month(office.session), name="市报")
    office.as_("clerk")
    county = freeze_report(office.session, running_month(office.session), name="区报")
    for nobody in ("city", "clerk", "officer", "inspector"):
        office.as_(nobody)
        with pytest.raises(NotAllowed):
            withdraw_frozen(office.session, county.name, "错")
    office.as_("chief")  # the county's leader: the county's report, not the city's
    with pytest.raises(NotAllowed):
        withdraw_frozen(office.session, city.name, "错")
    with pytest.raises(Refused) as refused:
        withdraw_frozen(office.session, county.name, "  ")
    assert refused.value.code == "reason"
    withdraw_frozen(office.session, county.name, "台数有误")
    office.as_("leader")
    withdraw_frozen(office.session, city.name, "口径有误")
    with pytest.raises(Refused):
        withdraw_frozen(office.session, city.name, "再撤")
    with pytest.raises(Refused) as refused:
        undo(office.session)
    assert refused.value.code == "for_good"
    gone = withdrawals(office.session)
    assert {item.name: (item.reason, item.withdrawn_by_name) for item in gone.values()} == {
        "区报": ("台数有误", "chief"),
        "市报": ("口径有误", "leader"),
    }
    assert open_frozen(office.session, city).numbers  # still there, and still what it was


def test_nobody_withdraws_what_they_froze_under_another_role(office: Office) -> None:
    assert not may_withdraw("R6", "620800", "x", {"frozen_by": "x", "div_code": "620800"})
    assert may_withdraw("R6", "620800", "y", {"frozen_by": "x", "div_code": "620802"})
    assert may_withdraw("R4", "620802", "y", {"frozen_by": "x", "div_code": "620802"})
    assert not may_withdraw("R4", "620802", "y", {"frozen_by": "x", "div_code": "620826"})
    assert not may_withdraw("R4", "620802", "y", {"frozen_by": "x", "div_code": "620800"})
    assert not may_withdraw("R4", "", "y", {"frozen_by": "x", "div_code": "620802"})
    assert not may_withdraw("R5", "620800", "y", {"frozen_by": "x", "div_code": "620800"})


def test_no_month_stands_on_a_withdrawn_report(office: Office) -> None:
    _two_boilers(office)
    freeze_report(office.session, running_month(office.session), name="十二月报")
    office.clock.forward(days=31)
    assert "十二月报" in count_report(office.session, running_month(office.session)).text
    office.as_("leader")
    withdraw_frozen(office.session, "十二月报", "错")
    assert "十二月报" not in count_report(office.session, running_month(office.session)).text


@pytest.mark.parametrize("moment", ["report", "numbers", "rows"])
def test_a_change_at_any_moment_of_the_freezing_keeps_nothing(
    office: Office, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _two_boilers(office)
    spot = {"report": "make_report", "numbers": "count_report", "rows": "write_counted"}[moment]
    whole = getattr(freezing, spot)

    def meanwhile(*given: object) -> object:
        done = whole(*given)
        boiler = office.boiler("KT-2")
        office.session.commit([update(boiler, user_org=f"别处{moment}")], "edit", "同时")
        return done

    monkeypatch.setattr(freezing, spot, meanwhile)
    with pytest.raises(Changed):
        freeze_report(office.session, running_month(office.session))
    assert office.session.workspace.find(ReportSnapshot) == []
    monkeypatch.setattr(freezing, spot, whole)
    assert freeze_report(office.session, running_month(office.session)).units == 2
