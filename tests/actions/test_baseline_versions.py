"""Versions of the baseline: each stays as it was frozen and says what it added and dropped."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from actions.office import Office
from app.actions.baselinelist import version_of
from app.actions.counts import freeze_baseline
from app.actions.reports import ReportOrder, count_report, make_report
from app.domain.changes import delete
from app.errors import Refused


def _two_versions(office: Office) -> None:
    for number in ("KT-1", "KT-2"):
        office.enter(ledger_no=number)
    office.as_("city")
    freeze_baseline(office.session, "第一次", "平环发〔2026〕1号")
    office.clock.forward(days=40)
    office.enter(ledger_no="KT-3", rated_tph=5.0)
    office.as_("registrar")
    office.session.commit([delete(office.boiler("KT-1"))], "delete", "重复")
    office.edit("registrar", office.boiler("KT-2"), {"rated_tph": 9.0, "user_org": "改名后"}, "更正")
    office.as_("city")
    freeze_baseline(office.session, "第二次", "平环发〔2026〕9号")


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_each_version_stays_as_it_was_frozen(office: Office, tmp_path: Path) -> None:
    _two_versions(office)
    make_report(office.session, ReportOrder("baseline", of=("第一次",)), tmp_path / "1.csv")
    first = _lines(tmp_path / "1.csv")
    assert [(line["台账编号"], line["额定出力"], line["目前状态"]) for line in first] == [
        ("KT-1", "2.0", "已不在台账"),
        ("KT-2", "2.0", "待核实"),
    ]
    done = make_report(office.session, ReportOrder("baseline"), tmp_path / "2.csv")  # the newest
    second = _lines(tmp_path / "2.csv")
    assert [(line["台账编号"], line["额定出力"], line["较上一版"]) for line in second] == [
        ("KT-2", "9.0", ""),
        ("KT-3", "5.0", "新增"),
        ("KT-1", "2.0", "减少"),
    ]
    assert done.rows == 2 and "较第1版新增1台、减少1台" in done.text


def test_the_numbers_of_a_version_are_its_boilers(office: Office) -> None:
    _two_versions(office)
    second = count_report(office.session, ReportOrder("baseline", of=("第二次",)))
    totals = {(item.place, item.name): (item.total.units, item.total.tph) for item in second.numbers}
    assert totals["620800", "baseline"] == totals["620802", "baseline"] == (2, 14.0)
    assert totals["620800", "version_added"] == (1, 5.0)
    assert totals["620800", "version_dropped"] == (1, 2.0)
    first = count_report(office.session, ReportOrder("baseline", of=("第一次",)))
    assert [item.total.units for item in first.numbers] == [2, 2]  # nothing to compare with


def test_the_workbook_names_version_and_document(office: Office, tmp_path: Path) -> None:
    _two_versions(office)
    make_report(office.session, ReportOrder("baseline"), tmp_path / "b.xlsx")
    page = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert page is not None
    assert page["A1"].value == "第二次（第2版）"
    assert "平环发〔2026〕9号" in str(page.cell(page.max_row, 1).value)


def test_a_version_that_is_not_there_is_said_with_those_that_are(office: Office) -> None:
    with pytest.raises(Refused) as refused:
        version_of(office.session)
    assert refused.value.code == "no_baseline"
    _two_versions(office)
    with pytest.raises(Refused) as refused:
        version_of(office.session, "第三次")
    assert refused.value.code == "unknown_baseline" and "第一次、第二次" in refused.value.hint
