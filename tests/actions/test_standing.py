"""One place counts: page, map, month, shell and exported rows agree, whatever happened to the boilers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from actions.office import APPLICATION, PEOPLE, Office, running_month
from app.actions.counts import freeze_baseline, headline
from app.actions.evidence import add_evidence
from app.actions.freezing import freeze_report, withdraw_frozen
from app.actions.lookback import draw_lookback
from app.actions.records import edit_record
from app.actions.reports import REPORTS, ReportOrder, count_report, make_report, report_kind
from app.actions.sheets import SheetOrder, sheet_pages
from app.actions.steps import do_step
from app.carto.display import Text, walk
from app.domain.changes import delete, insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import STATUS_GROUPS
from app.domain.output import Total, output_tph
from app.domain.reporting import outside_kind
from app.errors import NotAllowed, StoreFailure

DAY = "2026-10-15"


def _moved_in(office: Office, number: str, **values: Any) -> Boiler:
    """A boiler moved in as cleared on a ledger's word."""
    office.as_("city")
    given = {"cleared_on": "2019-06-01", "user_org": "旧台账单位", "rated_tph": 3.0, "pressurized": False}
    made = Boiler(
        uid=office.session.new_uid(), ledger_no=number, status="cleared", origin="migrated",
        div_code="620802105", **(given | values),
    )  # fmt: skip
    office.session.commit([insert(made)], "import", "平环发〔2019〕1号")
    return made


def _whole_story(office: Office) -> None:
    """Steps, a return, a rebound, a retained one, moved-in ones, and boilers outside the baseline."""
    office.cleared(ledger_no="A-1")
    rebound = office.cleared(ledger_no="A-2", rated_tph=4.0)
    returned = office.applied(ledger_no="A-3")
    retained = office.planned(ledger_no="A-4", rated_tph=40.0)
    office.enter(ledger_no="A-5", rated_tph=None, rated_mw=0.7)
    _moved_in(office, "M-1")
    _moved_in(office, "M-2")
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    office.do("inspector", "rebound", rebound, ["rebound_photo"], reason="冒烟")
    office.do("city", "confirm_rebound", rebound, rebound_reason="relit")
    office.do("officer2", "return", returned, reason="照片不清")
    for who in ("city", "leader"):
        office.do(who, "retain", retained, ["monitoring_report"] if who == "city" else [], reason="提标")
    office.edit("city", office.boiler("A-1"), {"rated_tph": 9.0}, "更正")  # the denominator stays
    office.enter(ledger_no="N-1", commissioned="2031-05")
    office.enter(ledger_no="O-1", commissioned="2010")
    office.enter(ledger_no="U-1")
    office.as_("city")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("stated", "commissioned", "kind"),
    [
        (None, None, "unsorted"), (None, "2026-11", "added"), (None, "2027", "added"),
        (None, "2026-10", "unsorted"), (None, "2026", "unsorted"), (None, "2026-10-16", "added"),
        (None, DAY, "missed"), (None, "2026-10-14", "missed"), (None, "2019", "missed"),
        ("added", "2019", "added"), ("missed", "2027", "missed"), ("unsorted", "2019", "unsorted"),
    ],
)  # fmt: skip
def test_added_and_missed_are_told_by_people_or_by_the_day_of_use(
    stated: str | None, commissioned: str | None, kind: str
) -> None:
    assert outside_kind(stated, commissioned, DAY) == kind


def test_the_month_recounted_from_the_exported_ledger(office: Office, tmp_path: Path) -> None:
    _whole_story(office)
    make_report(office.session, ReportOrder("ledger"), tmp_path / "ledger.csv")
    done = make_report(office.session, running_month(office.session), tmp_path / "month.csv")
    lines = {line["台账编号"]: line for line in _read(tmp_path / "ledger.csv")}
    listed = {number: lines[number] for number in ("A-1", "A-2", "A-3", "A-4", "A-5", "M-1", "M-2")}
    frozen_tph = {"A-1": 2.0, "A-2": 4.0, "A-3": 2.0, "A-4": 40.0, "A-5": 1.0, "M-1": 3.0, "M-2": 3.0}
    words = {STATUS_GROUPS.label(code): code for code in STATUS_GROUPS.codes}
    states = {
        "已销号": "cleared",
        "反弹": "rebound",
        "退回": "treating",
        "保留提标": "retained",
        "待核实": "unverified",
    }
    counted: dict[str, list[str]] = {}
    for number, line in listed.items():
        group = states.get(line["状态"]) or words[line["状态"]]
        moved = group == "cleared" and line["来源"] == "迁入"
        counted.setdefault("migrated" if moved else group, []).append(number)
    assert done.numbers is not None
    told = done.numbers["sum"]
    for name in (*STATUS_GROUPS.codes, "migrated"):
        numbers = counted.get(name, [])
        assert told[f"{name}_units"] == len(numbers), name
        assert told[f"{name}_tph"] == sum(frozen_tph[number] for number in numbers), name
    assert (told["baseline_units"], told["baseline_tph"]) == (7, 55.0)
    assert [told[f"{kind}_units"] for kind in ("outside", "added", "missed", "unsorted")] == [3, 1, 1, 1]
    assert told["rate"] == pytest.approx(1 / 7)
    assert (
        "14.3%" in done.text and "2台（6蒸吨）按原台账迁入" in done.text and "新增1台，漏报1台" in done.text
    )


def test_page_map_month_and_county_rows_agree(office: Office) -> None:
    _whole_story(office)
    page = headline(office.session)
    month = count_report(office.session, running_month(office.session))
    for row in (page.sum, *page.rows):
        for name, figure in row.figures.items():
            if name in ("month", "before"):
                continue
            number = month.number(row.code, name)
            if number is not None:
                assert (number.total, set(number.uids)) == (figure.total, set(figure.uids)), (row.name, name)
    parts = [*STATUS_GROUPS.codes, "migrated"]
    for row in (page.sum, *page.rows):
        members = [uid for name in parts for uid in row.figures[name].uids]
        assert sorted(members) == sorted(row.figures["baseline"].uids)  # each in exactly one
    sheet = sheet_pages(office.session, SheetOrder("boiler_map", ("620802",)))[0]
    words = [op.text for op in walk(sheet.ops) if isinstance(op, Text)]
    assert "迁入待补档" in "".join(words)
    shown = next(row for row in page.rows if row.code == "620802")
    for name in ("baseline", "cleared", "migrated", "retained", "added", "missed"):
        total = shown.total(name)
        both = {f"{total.units}", f"{total.units} / {total.tph:.1f}"}
        assert both & set(words), name


def test_a_moved_in_boiler_counts_as_cleared_once_its_dossier_is_whole(office: Office) -> None:
    made = _moved_in(office, "M-1", treatment="dismantle")
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    assert headline(office.session).sum.cleared == Total(0, 0.0)
    assert headline(office.session).sum.migrated == Total(1, 3.0)
    papers = [office.file(kind) for kind in ("photo_before", *APPLICATION[:2], "photo_during", "photo_after",
                                             "site_photo", "acceptance_form")]  # fmt: skip
    office.as_("city")
    for paper in papers[:-1]:
        add_evidence(office.session, made, [paper])
    assert headline(office.session).sum.migrated == Total(1, 3.0)
    office.clock.forward(days=40)
    add_evidence(office.session, made, papers[-1:])
    assert headline(office.session).sum.migrated == Total(0, 0.0)
    assert headline(office.session).sum.cleared == Total(1, 3.0)
    now = count_report(office.session, running_month(office.session))
    assert [now.number("620800", name).total.units for name in ("cleared", "month", "before")] == [1, 1, 0]  # type: ignore[union-attr]


def test_a_later_baseline_does_not_move_an_earlier_month(office: Office) -> None:
    office.enter(ledger_no="A-1")
    office.as_("city")
    freeze_baseline(office.session, "第一版", "")
    earlier = ReportOrder("monthly", office.session.today[:7])
    before = count_report(office.session, earlier).number("620800", "baseline")
    office.clock.forward(days=62)
    office.enter(ledger_no="A-2")
    office.as_("city")
    freeze_baseline(office.session, "第二版", "")
    assert count_report(office.session, earlier).number("620800", "baseline") == before
    now = count_report(office.session, running_month(office.session)).number("620800", "baseline")
    assert now is not None and now.total.units == 2
    assert headline(office.session).sum.baseline.units == 2


def test_a_deleted_boiler_stays_in_the_denominator_everywhere(office: Office) -> None:
    office.enter(ledger_no="A-1")
    office.enter(ledger_no="A-2")
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    office.as_("registrar")
    office.session.commit([delete(office.boiler("A-2"))], "delete", "试")
    page, month = headline(office.session).sum, count_report(office.session, running_month(office.session))
    for name in ("baseline", "to_treat", "unverified"):
        assert month.number("620800", name).total == page.total(name)  # type: ignore[union-attr]
    assert page.total("to_treat").units == 1


def test_what_was_found_outside_the_baseline_is_written_by_staff_alone(office: Office) -> None:
    boiler = office.enter(ledger_no="A-1", commissioned="2031")
    other = office.enter(ledger_no="A-2")
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    for nobody in ("chief", "leader", "stranger"):
        office.as_(nobody)
        with pytest.raises(NotAllowed):
            edit_record(office.session, boiler, {"outside_as": "missed"})
    office.edit("clerk", other, {"outside_as": "added"})


def test_saying_added_or_missed_leaves_a_signature_standing(office: Office) -> None:
    boiler = office.county_ok()
    office.edit("city", boiler, {"outside_as": "missed"}, "核实")
    office.as_("city")
    assert do_step(office.session, "notice", office.boiler()).completed
    assert output_tph(office.boiler()) == 2.0


def test_a_list_counts_what_is_only_claimed_apart_too(office: Office) -> None:
    _whole_story(office)
    found = count_report(office.session, ReportOrder("ledger"))
    page = headline(office.session).sum
    for name in ("cleared", "migrated", "rebound", "retained"):
        number = found.number("620800", name)
        assert number is not None and set(number.uids) == set(page.figures[name].uids), name


def test_a_month_shows_columns_of_claims_only_where_there_are_some(office: Office, tmp_path: Path) -> None:
    office.enter(ledger_no="A-1")
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    make_report(office.session, running_month(office.session), tmp_path / "few.csv")
    few = set(_read(tmp_path / "few.csv")[0])
    assert {"底册后新增 台", "漏报 台", "保留提标 台"} <= few and "迁入待补档 台" not in few
    _moved_in(office, "M-1")
    office.as_("city")
    freeze_baseline(office.session, "第二版", "")
    make_report(office.session, running_month(office.session), tmp_path / "more.csv")
    assert "迁入待补档 台" in _read(tmp_path / "more.csv")[0]


@pytest.mark.parametrize("name", [kind.name for kind in REPORTS])
def test_everybody_writes_a_report_and_few_freeze_or_withdraw_it(
    office: Office, tmp_path: Path, name: str
) -> None:
    office.cleared()
    office.planned(ledger_no="KT-2")
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    draw_lookback(office.session, "一轮", 100)
    order, ending = ReportOrder(name), next(item for item in report_kind(name).endings if item)
    for who, (role, _, area) in PEOPLE.items():
        office.as_(who)
        make_report(office.session, order, tmp_path / f"{who}{ending}")
        assert (tmp_path / f"{who}{ending}").stat().st_size > 0
        if role in ("R3", "R5"):
            made = freeze_report(office.session, order)
            assert (made.frozen_by_name, made.div_code) == (who, area)
            with pytest.raises(NotAllowed):
                withdraw_frozen(office.session, made.name, "试")
        else:
            with pytest.raises(NotAllowed):
                freeze_report(office.session, order)


@pytest.mark.parametrize("ending", [".xlsx", ".csv", ".txt"])
def test_a_report_that_cannot_be_finished_leaves_the_old_file(
    office: Office, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.enter()
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    target = tmp_path / f"m{ending}"
    target.write_bytes(b"old")

    def full(self: Path, other: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreFailure):
        make_report(office.session, running_month(office.session), target)
    assert target.read_bytes() == b"old" and [item.name for item in tmp_path.glob("*.part*")] == []
