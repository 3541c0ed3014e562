"""What an import answers, sentence by sentence of the command line's contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shapely import Point

from app.domain.entities.boiler import Boiler
from app.exchange.options import ImportOptions
from app.exchange.plan import plan_file
from exchange_cases import HEADER, context, county_style, good_row, plan, report, simple, workbook


def _values(document: dict[str, Any], row: int) -> dict[str, Any]:
    return next(line["values"] for line in document["rows"] if line["row"] == row)


def _asked(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {question["code"]: question for question in document["ask"]}


def _refused(document: dict[str, Any]) -> dict[int, str]:
    return {refusal["row"]: refusal["code"] for refusal in document["refused"]}


def test_a_county_s_ledger_is_read_whole(tmp_path: Path) -> None:
    document = report(county_style(tmp_path / "县台账.xlsx"))
    assert (document["sheet"], document["header_rows"], document["crs"]) == ("台账", [2, 3], "EPSG:4490")
    assert (document["read"], document["added"], document["expanded"]) == (5, 6, 1)
    assert document["refused"] == []
    assert json.loads(json.dumps(document))["rows"]


def test_headings_are_joined_and_may_repeat_under_groups(tmp_path: Path) -> None:
    document = report(county_style(tmp_path / "a.xlsx"))
    mapping = {line["heading"]: line for line in document["mapping"]}
    assert mapping["整治前/锅炉吨位"]["field"] == "rated_tph"
    assert mapping["整治前/燃料"]["field"] == "fuel"
    assert mapping["整治后/锅炉吨位"]["field"] == "after_tph"
    assert mapping["整治后/燃料"]["field"] == "after_fuel"
    assert (mapping["坐标/经度"]["field"], mapping["坐标/纬度"]["field"]) == ("x", "y")
    assert mapping["整治前/锅炉吨位"]["column"] == "G"
    assert mapping["整治前/锅炉吨位"]["unit"] == "t/h"
    assert all(0 <= line["certainty"] <= 1 for line in mapping.values())


def test_what_replaced_a_boiler_is_never_its_own(tmp_path: Path) -> None:
    document = report(county_style(tmp_path / "a.xlsx"))
    values = _values(document, 4)
    assert (values["rated_tph"], values["fuel"]) == (4.0, "bituminous")
    assert (values["after_tph"], values["after_fuel"]) == (2.0, "gas")


def test_every_row_below_the_heading_is_accounted_for(tmp_path: Path) -> None:
    document = report(county_style(tmp_path / "a.xlsx"))
    rows = {line["row"] for line in document["rows"]} | set(_refused(document))
    left = {line["row"]: line["kind"] for line in document["skipped"]}
    assert rows | left.keys() == set(range(4, 12))
    assert left == {7: "total", 10: "total", 11: "note"}


def test_merged_counties_are_filled_down(tmp_path: Path) -> None:
    document = report(county_style(tmp_path / "a.xlsx"))
    assert [line["values"]["div_code"] for line in document["rows"]] == ["620802"] * 4 + ["620826"] * 2


def test_two_boilers_of_four_tons_are_asked_once_and_numbered(tmp_path: Path) -> None:
    path = county_style(tmp_path / "a.xlsx")
    document = report(path)
    assert _asked(document)["units_meaning"]["rows"] == [5]
    assert [line["values"]["ledger_no"] for line in document["rows"] if line["row"] == 5] == [
        "KT-002-1",
        "KT-002-2",
    ]
    assert _values(document, 5)["rated_tph"] == 4.0
    total = report(path, answers={"units_meaning": "total"})
    assert _values(total, 5)["rated_tph"] == 2.0
    assert "units_meaning" not in _asked(total)


def test_a_number_of_units_in_its_own_column_expands_too(tmp_path: Path) -> None:
    header = [*HEADER, "台数"]
    path = simple(tmp_path / "a.xlsx", [*good_row(1), 3], [*good_row(2), 1], header=header)
    document = report(path, answers={"units_meaning": "each"})
    assert (document["read"], document["added"], document["expanded"]) == (2, 4, 2)
    assert {line["values"]["unit_count"] for line in document["rows"]} == {3, 1}


def test_units_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", [*good_row(1, 锅炉吨位="2台4蒸吨"), 3], header=[*HEADER, "台数"])
    assert _refused(report(path)) == {2: "conflict"}


def test_headings_that_say_each_or_total_settle_the_question(tmp_path: Path) -> None:
    for heading, value in (("单台吨位", 8.0), ("总蒸吨", 4.0)):
        header = [heading if name == "锅炉吨位" else name for name in HEADER]
        path = simple(tmp_path / f"{heading}.xlsx", [*good_row(1, 锅炉吨位=8), 2], header=[*header, "台数"])
        document = report(path)
        assert document["ask"] == []
        assert _values(document, 2)["rated_tph"] == value


def test_questions_leave_nothing_ready_until_answered(tmp_path: Path) -> None:
    path = county_style(tmp_path / "a.xlsx")
    open_ = plan(path)
    assert not open_.ready
    assert {question.code for question in open_.report.ask} == {"year", "units_meaning", "axes"}
    answers = {question.code: question.proposal for question in open_.report.ask}
    settled = plan(path, answers=answers)
    assert settled.ready
    assert [r.values for r in settled.records] == [r.values for r in open_.records]


def test_dates_keep_their_precision_and_words(tmp_path: Path) -> None:
    document = report(county_style(tmp_path / "a.xlsx"))
    assert _values(document, 4)["due_date"] == "2018-10"
    assert _values(document, 6)["due_date"] == "2018-10-01"
    assert _values(document, 9)["due_date"] == "2018-09-30"
    assert (_values(document, 5)["due_text"], _values(document, 5)["due_date"]) == ("10月底前", "2018-10")
    year = _asked(document)["year"]
    assert (year["proposal"], year["rows"]) == ("2018", [5])
    other = report(county_style(tmp_path / "a.xlsx"), answers={"year": "2019"})
    assert _values(other, 5)["due_date"] == "2019-10"


def test_status_words_are_claims_never_states(tmp_path: Path) -> None:
    document = report(county_style(tmp_path / "a.xlsx"))
    assert {line["values"]["status"] for line in document["rows"]} == {"suspect"}
    assert {line["values"]["origin"] for line in document["rows"]} == {"imported"}
    assert _values(document, 4)["status_claim"] == "已拆除"


def test_accepted_claims_are_marked_as_moved_in(tmp_path: Path) -> None:
    words = ["已拆除", "√", "未整治", "正在整治", "停用封存", "反弹", "已完成待验收", "保留提标", "不详"]
    path = simple(tmp_path / "a.xlsx", *(good_row(n, 完成情况=word) for n, word in enumerate(words, 1)))
    document = report(path, accept_claims=True)
    states = [line["values"]["status"] for line in document["rows"]]
    assert states == [
        "cleared",
        "cleared",
        "planned",
        "in_progress",
        "sealed",
        "rebound",
        "applied",
        "retained",
        "suspect",
    ]
    assert [line["values"]["origin"] for line in document["rows"]] == ["migrated"] * 8 + ["imported"]


def test_the_first_of_two_equal_numbers_stays(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1), good_row(2), good_row(1, 使用单位="另一单位"))
    document = report(path)
    assert _refused(document) == {4: "duplicate"}
    assert (document["duplicates"], document["added"], document["read"]) == (1, 2, 3)
    assert document["refused"][0]["field"] == "ledger_no"
    assert document["refused"][0]["value"] == "KT-001"


@pytest.mark.parametrize(
    ("field", "cell", "code"),
    [
        ("锅炉吨位", "4000t", "impossible"),
        ("锅炉吨位", "-4", "impossible"),
        ("锅炉吨位", 1_000_000, "impossible"),
        ("锅炉吨位", 2800, "impossible"),
        ("锅炉吨位", 0, "impossible"),
        ("锅炉吨位", "若干", "unreadable"),
        ("完成时限", "2018-13", "bad_date"),
        ("完成时限", "2107年5月", "bad_date"),
        ("完成时限", "2018年2月30日", "bad_date"),
        ("台账编号", None, "missing"),
        ("经度", 103.8, "outside_area"),
        ("经度", "未测量abc", "bad_position"),
        ("纬度", None, "bad_position"),
        ("县区", "镇原县", "unknown_division"),
        ("经度", "106°71′", "bad_position"),
    ],
)
def test_refusals_name_the_cell_and_the_reason(tmp_path: Path, field: str, cell: object, code: str) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1), good_row(2, **{field: cell}))
    document = report(path)
    assert _refused(document) == {3: code}
    refusal = document["refused"][0]
    assert refusal["sheet"] == "台账"
    assert refusal["why"]
    assert document["added"] == 1


def test_an_error_cell_or_an_uncalculated_formula_is_unreadable(tmp_path: Path) -> None:
    path = simple(
        tmp_path / "a.xlsx", good_row(1), good_row(2, 锅炉吨位="=D2*2"), good_row(3, 使用单位="#REF!")
    )
    assert _refused(report(path)) == {3: "unreadable", 4: "unreadable"}


def test_a_number_beside_an_error_cell_is_a_record_and_no_note(tmp_path: Path) -> None:
    path = simple(
        tmp_path / "a.xlsx", good_row(1), ["KT-002", "#REF!"], ["KT-003"], ["合计", None, None, "#REF!"],
        ["以上由各县上报", None, None, "#REF!"],
    )  # fmt: skip
    document = report(path)
    assert _refused(document) == {3: "unreadable"}
    assert {
        (cell["field"], cell["value"]) for cell in document["refused"] if cell["code"] == "unreadable"
    } == {("user_org", "#REF!")}
    assert [(row["row"], row["kind"]) for row in document["skipped"]] == [
        (4, "note"),
        (5, "total"),
        (6, "note"),
    ]


def test_hidden_rows_are_read_and_shown(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, good_row(1), good_row(2)], hidden=[3])
    document = report(path)
    assert document["added"] == 2
    assert [(w["row"], w["code"]) for w in document["warnings"] if w["code"] != "crs_remembered"] == [
        (3, "hidden_row")
    ]


def test_counts_of_changed_unchanged_and_added(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1), good_row(2), good_row(3))
    first = plan(path)
    existing = [
        Boiler(uid=record.uid, geometry=record.geometry, **record.values) for record in first.records[:2]
    ]
    again = report(path, existing=existing)
    assert (again["added"], again["changed"], again["unchanged"]) == (1, 0, 2)
    changed = simple(tmp_path / "b.xlsx", good_row(1, 锅炉吨位=6), good_row(2))
    document = report(changed, existing=existing)
    assert (document["added"], document["changed"], document["unchanged"]) == (0, 1, 1)
    line = document["rows"][0]
    assert line["uid"] == existing[0].uid
    assert line["changed"] == {"rated_tph": [4.0, 6.0]}


def test_records_may_be_matched_by_another_field(tmp_path: Path) -> None:
    existing = [Boiler(uid="u1", ledger_no="OLD-1", user_org="平凉第1宾馆", div_code="620802")]
    document = report(simple(tmp_path / "a.xlsx", good_row(1)), existing=existing, match="user_org")
    assert (document["changed"], document["rows"][0]["uid"]) == (1, "u1")


def test_a_number_that_belongs_to_another_unit_is_a_conflict(tmp_path: Path) -> None:
    existing = [Boiler(uid="u1", ledger_no="KT-001", user_org="静宁一中", div_code="620826")]
    assert _refused(report(simple(tmp_path / "a.xlsx", good_row(1)), existing=existing)) == {2: "conflict"}


def test_the_same_boiler_under_another_number_is_asked(tmp_path: Path) -> None:
    header = [*HEADER, "地址"]
    path = simple(tmp_path / "a.xlsx", [*good_row(1), "南环路"], header=header)
    existing = [Boiler(uid="u1", ledger_no="X-9", user_org="平凉第1宾馆", address="南环路", rated_tph=4.0)]
    document = report(path, existing=existing)
    assert _asked(document)["duplicate_of"]["rows"] == [2]
    assert report(path, existing=existing, answers={"duplicate_of": "skip"})["added"] == 0
    assert report(path, existing=existing, answers={"duplicate_of": "new"})["added"] == 1


def test_a_mapping_file_overrides(tmp_path: Path) -> None:
    from app.exchange.mapping import read_mapping

    path = simple(tmp_path / "a.xlsx", [*good_row(1), "甲"], header=[*HEADER, "奇怪的列"])
    mapping = tmp_path / "m.toml"
    mapping.write_text('[columns]\n"奇怪的列" = "owner_org"\nD = ""\n[answers]\nyear = "2018"\n', "utf-8")
    document = report(path, mapping=read_mapping(mapping))
    assert _values(document, 2)["owner_org"] == "甲"
    assert "rated_tph" not in _values(document, 2)
    assert next(line for line in document["mapping"] if line["column"] == "J")["certainty"] == 1.0


def test_codes_are_english_unless_labels_are_wanted(tmp_path: Path) -> None:
    made = plan(simple(tmp_path / "a.xlsx", good_row(1)))
    codes = made.report.to_json(made.kind, rows=True)["rows"][0]["values"]
    words = made.report.to_json(made.kind, rows=True, labels=True)["rows"][0]["values"]
    assert codes["fuel"] == "bituminous"
    assert words["fuel"] != "bituminous"


def test_rows_come_only_when_wanted(tmp_path: Path) -> None:
    made = plan(simple(tmp_path / "a.xlsx", good_row(1)))
    assert "rows" not in made.report.to_json(made.kind)


def test_a_file_that_names_only_the_county_keeps_the_known_town(tmp_path: Path) -> None:
    first = plan(simple(tmp_path / "a.xlsx", good_row(1))).records[0]
    existing = [Boiler(uid="u1", geometry=first.geometry, **{**first.values, "div_code": "620802101"})]
    document = report(tmp_path / "a.xlsx", existing=existing)
    assert (document["unchanged"], document["changed"]) == (1, 0)


def test_a_place_already_known_is_not_asked_about_again(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1, 县区="静宁县"), good_row(2))
    first = plan(path, answers={"crs": "EPSG:4490"})
    existing = [Boiler(uid=r.uid, geometry=r.geometry, **r.values) for r in first.records]
    assert report(path, existing=existing)["ask"] == []


def test_a_boiler_within_fifteen_metres_is_asked_about(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1), good_row(2))
    near = Point(106.601 + 0.0001, 35.52)  # 9 m to the east of the first
    existing = [Boiler(uid="u1", ledger_no="X-9", user_org="某单位", rated_tph=4.0, geometry=near)]
    answered = ImportOptions(answers={"crs": "EPSG:4490"})
    made = plan_file(path, context(existing=existing, near_m=15.0), answered)
    assert [(q.code, q.rows) for q in made.report.ask] == [("duplicate_of", [2])]
    far = plan_file(path, context(existing=existing, near_m=5.0), answered)
    assert far.report.ask == []
