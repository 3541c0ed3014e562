"""Files that fit no pattern: tables below and beside each other, differing systems, odd dates and shapes."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import openpyxl
import pytest
from shapely import Point

from app.domain.catalog import entity_type
from app.domain.coordinates.gcj import to_gcj02
from app.domain.coordinates.measure import distance_m
from app.errors import Invalid
from app.exchange.dates import read_date
from app.exchange.error_workbook import write_errors
from app.exchange.learned import Shelf, corrections_by_table
from app.exchange.mapping import MappingFile
from app.exchange.matching import Matcher, Wanted
from app.exchange.options import ImportOptions
from app.exchange.plan import plan_file
from app.exchange.quantities import read_quantity
from app.exchange.rules import rules_for
from app.exchange.workbook import open_book
from exchange_cases import HEADER, context, good_row, plan, report, simple, workbook


def test_a_second_table_below_the_first_is_read_by_its_own_headings(tmp_path: Path) -> None:
    other = ["使用单位", "台账编号", "燃料", "锅炉吨位", "县区", "经度", "纬度"]
    rows = [["一、已淘汰"], HEADER, good_row(1), good_row(2), [], ["二、未淘汰"], other,
            ["第8中学", "KT-008", "无烟煤", 6, "崆峒区", 106.67, 35.53], ["合计", None, 14]]  # fmt: skip
    document = report(workbook(tmp_path / "a.xlsx", rows))
    assert (document["read"], document["added"], document["refused"]) == (3, 3, [])
    last = document["rows"][2]
    assert (last["row"], last["values"]["user_org"], last["values"]["rated_tph"]) == (8, "第8中学", 6)
    assert (last["x"], last["y"]) == (106.67, 35.53)
    assert [(item["row"], item["kind"]) for item in document["skipped"]] == [
        (6, "note"), (7, "heading"), (9, "total")
    ]  # fmt: skip
    assert [(w["row"], w["code"]) for w in document["warnings"] if w["code"] == "another_table"] == [
        (7, "another_table")
    ]


def test_a_heading_printed_again_begins_no_other_table(tmp_path: Path) -> None:
    rows = [HEADER, good_row(1), HEADER, good_row(2), HEADER[:7], good_row(3)]
    document = report(workbook(tmp_path / "a.xlsx", rows))
    assert (document["added"], document["refused"]) == (3, [])
    assert not [w for w in document["warnings"] if w["code"] == "another_table"]


def test_tables_side_by_side_are_both_read(tmp_path: Path) -> None:
    heads = ["序号", "使用单位", "锅炉吨位"]
    rows = [[*heads, None, *heads], [1, "甲宾馆", 4, None, 3, "丙宾馆", 2], [2, "乙宾馆", 2]]
    document = report(workbook(tmp_path / "a.xlsx", rows))
    read = [
        (line["row"], line["values"]["user_org"], line["values"]["rated_tph"]) for line in document["rows"]
    ]
    assert read == [(2, "甲宾馆", 4), (3, "乙宾馆", 2), (2, "丙宾馆", 2)]
    fields = {item["column"]: item["field"] for item in document["mapping"]}
    assert (fields["B"], fields["F"], fields["G"]) == ("user_org", "user_org", "rated_tph")


def test_sheets_that_name_different_systems_are_placed_each_by_its_own(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("乙")
    assert first is not None
    first.append([word.replace("度", "度（高德）") if word in ("经度", "纬度") else word for word in HEADER])
    east, north = to_gcj02(106.66, 35.54)
    first.append(good_row(1, 经度=round(float(east), 6), 纬度=round(float(north), 6)))
    second.append(
        [word.replace("度", "度（CGCS2000）") if word in ("经度", "纬度") else word for word in HEADER]
    )
    second.append(good_row(2, 经度=106.66, 纬度=35.54))
    book.save(tmp_path / "a.xlsx")
    document = report(tmp_path / "a.xlsx", sheet="all", answers={"crs": "gcj02"})
    for line in document["rows"]:
        assert distance_m(line["x"], line["y"], 106.66, 35.54) < 1
    assert document["crs"] == "gcj02, EPSG:4490"


@pytest.mark.parametrize(
    ("written", "iso"),
    [("18.10.1", "2018-10-01"), ("2018。10。31", "2018-10-31"), ("31/10/2018", "2018-10-31"),
     ("10/31/2018", "2018-10-31"), ("2018年9-10月", "2018-10"), ("2018年9月至11月", "2018-11"),
     ("2018-9-10", "2018-09-10"), ("18.13.1", None), ("3/4/2018", None), ("2018年9-13月", None)],
)  # fmt: skip
def test_dates_in_orders_of_their_own(written: str, iso: str | None) -> None:
    found = read_date(written)
    assert (found.iso, found.bad) == (iso, iso is None)


@pytest.mark.parametrize(
    ("written", "tph", "count"),
    [("14MW(20t/h)", 20, None), ("20t/h（14MW）", 20, None), ("4蒸吨/2台", 4, 2)],
)
def test_amounts_in_two_units_or_over_their_number(written: str, tph: float, count: int | None) -> None:
    found = read_quantity(written, entity_type("boiler").fields["rated_tph"], "t/h")
    assert found is not None
    assert (found.value, found.count) == (tph, count)


def test_amounts_in_two_units_that_disagree_are_no_amount() -> None:
    assert read_quantity("14MW(10t/h)", entity_type("boiler").fields["rated_tph"], "t/h") is None


def _features(path: Path) -> Path:
    def feature(number: int, form: str, coordinates: object) -> dict[str, object]:
        told = {"台账编号": f"K-{number}", "使用单位": f"第{number}小学", "县区": "崆峒区", "锅炉吨位": 4}
        return {"type": "Feature", "properties": told, "geometry": {"type": form, "coordinates": coordinates}}

    ring = [[106.66, 35.54], [106.67, 35.54], [106.67, 35.55], [106.66, 35.54]]
    features = [
        feature(1, "Point", [106.60, 35.54, 1300]),
        feature(2, "Point", [1e308, 35.54]),
        feature(3, "MultiPoint", [[106.66, 35.54], [106.67, 35.54]]),
        feature(4, "Polygon", [ring]),
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def test_features_that_are_no_single_point_say_so(tmp_path: Path) -> None:
    document = report(_features(tmp_path / "a.geojson"))
    assert [(line["row"], line["code"]) for line in document["refused"]] == [(2, "bad_position")]
    assert [w["row"] for w in document["warnings"] if w["code"] == "not_a_point"] == [3, 4]


def test_the_error_list_of_a_map_file_notes_the_feature_and_not_the_one_above(tmp_path: Path) -> None:
    path = _features(tmp_path / "a.geojson")
    write_errors(path, open_book(path), plan(path).report, tmp_path / "b.xlsx")
    page = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert page is not None
    noted = [cell for row in page.iter_rows() for cell in row if cell.comment is not None]
    assert [(cell.row, cell.value) for cell in noted] == [(3, "K-2")]


def test_rows_of_one_output_within_fifteen_metres_are_shown_as_possible_duplicates(tmp_path: Path) -> None:
    rows = [good_row(1, 经度=106.66), good_row(2, 经度=106.6601), good_row(3, 经度=106.6603),
            good_row(4, 经度=106.66, 锅炉吨位=2)]  # fmt: skip
    document = report(simple(tmp_path / "a.xlsx", *rows))
    assert document["added"] == 4
    assert [w["row"] for w in document["warnings"] if w["code"] == "possible_duplicate"] == [3]


def test_ten_thousand_rows_at_one_place_are_matched_in_no_time() -> None:
    kind = entity_type("boiler")
    wanted = [
        Wanted("台账", row, {"ledger_no": f"K-{row}", "rated_tph": 4.0}, Point(106.66, 35.54))
        for row in range(10_000)
    ]
    begun = perf_counter()
    matcher = Matcher(kind, rules_for("boiler"), [], "ledger_no", near_m=15)
    found = matcher.match(wanted, iter(str(n) for n in range(10_000)).__next__)
    assert len(found.alike_here) == 9_999
    assert perf_counter() - begun < 20  # every pair would take minutes


def test_a_workbook_as_wps_writes_it(tmp_path: Path) -> None:
    """Inline rich texts with readings, absolute targets, rows without numbers, a wrong extent, no styles."""
    path = simple(tmp_path / "et.xlsx", good_row(1), good_row(2))
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    page = parts["xl/worksheets/sheet1.xml"]
    page = re.sub(
        r"<is><t>(&#\d+;)?([^<]*)</t></is>",
        r'<is><r><t xml:space="preserve">\1</t></r><r><t>\2</t></r><rPh sb="0" eb="1"><t>pin</t></rPh></is>',
        page,
    )
    page = re.sub(r'<dimension ref="[^"]*"/>', '<dimension ref="A1"/>', page)
    parts["xl/worksheets/sheet1.xml"] = re.sub(r'<row r="\d+"', "<row", page)
    rels = "xl/_rels/workbook.xml.rels"
    parts[rels] = parts[rels].replace('Target="worksheets', 'Target="/xl/worksheets')
    with zipfile.ZipFile(path, "w") as package:
        for name, text in parts.items():
            package.writestr(name.replace("/", "\\") if name.startswith("docProps") else name, text)
    document = report(path)
    assert (document["added"], document["refused"]) == (2, [])
    assert document["rows"][1]["values"]["user_org"] == "平凉第2宾馆"


def test_dates_shown_as_months_keep_the_precision_that_is_seen(tmp_path: Path) -> None:
    first, later = date(2018, 10, 1), date(2018, 10, 15)
    rows = [good_row(n, 完成时限=cell) for n, cell in enumerate([first, later, first, first, 43374], 1)]
    forms = {
        "H2": 'yyyy"年"m"月"',
        "H3": 'yyyy"年"m"月"',
        "H4": "yyyy-mm-dd",
        "H5": "[$-804]yyyy/m",
        "H6": "yyyy.mm",
    }
    document = report(workbook(tmp_path / "a.xlsx", [HEADER, *rows], formats=forms))
    assert [line["values"]["due_date"] for line in document["rows"]] == [
        "2018-10", "2018-10-15", "2018-10-01", "2018-10", "2018-10"
    ]  # fmt: skip


def test_text_in_another_encoding_than_it_was_read_in_says_how_to_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("台賬編號,使用單位,縣區,鍋爐噸位\r\nA-1,甲賓館,崆峒區,4\r\n".encode("big5"))
    with pytest.raises(Invalid) as refused:
        report(path)
    assert refused.value.code == "no_known_column"
    assert "big5" in refused.value.hint


@pytest.mark.parametrize("zone", [0, 24, 46, 99])
def test_a_zone_that_is_not_in_china_is_refused_and_not_ignored(tmp_path: Path, zone: int) -> None:
    with pytest.raises(Invalid) as refused:
        report(simple(tmp_path / "a.xlsx", good_row(1)), zone=zone)
    assert refused.value.code == "answer"


def _two_sheets(folder: Path) -> Path:
    """Sheets of the same headings, the first from a Gaode map and the second not, far from every border."""
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("乙")
    assert first is not None
    first.title = "甲"
    east, north = to_gcj02(106.66, 35.54)
    for page, row in ((first, good_row(1, 经度=float(east), 纬度=float(north))),
                      (second, good_row(2, 经度=106.70, 纬度=35.50))):  # fmt: skip
        page.append(HEADER)
        page.append(row)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def test_tables_of_one_file_may_be_answered_each_by_itself(tmp_path: Path) -> None:
    path = _two_sheets(tmp_path)

    def read(answers: dict[str, str]) -> dict[str, Any]:
        made = plan_file(path, context(), ImportOptions(answers={"sheet": "all", **answers}))
        return made.report.to_json(made.kind, rows=True)

    (question,) = read({})["ask"]
    assert "by_part" in question["choices"]
    assert [(q["code"], q["part"]) for q in read({"crs": "by_part"})["ask"]] == [("crs", "甲"), ("crs", "乙")]
    assert [q["part"] for q in read({"crs@甲": "gcj02"})["ask"]] == ["乙"]
    settled = read({"crs": "EPSG:4490", "crs@甲": "gcj02"})
    assert settled["ask"] == []
    for line, place in zip(settled["rows"], ((106.66, 35.54), (106.70, 35.50)), strict=True):
        assert distance_m(line["x"], line["y"], *place) < 0.1


@pytest.mark.parametrize("answers", [{"sheet@甲": "all"}, {"crs@": "gcj02"}, {"crs@甲": "by_part"}])
def test_an_answer_for_a_part_answers_a_question_that_has_parts(
    tmp_path: Path, answers: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        report(_two_sheets(tmp_path), answers={"sheet": "all", **answers})


def test_columns_of_stacked_tables_are_corrected_each_for_itself(tmp_path: Path) -> None:
    other = ["使用单位", "台账编号", "产权", "锅炉吨位", "县区", "经度", "纬度"]
    rows = [HEADER, good_row(1), [], ["二、未淘汰"], other,
            ["第8中学", "KT-008", "第9中学", 6, "崆峒区", 106.67, 35.53]]  # fmt: skip
    path = workbook(tmp_path / "a.xlsx", rows)
    label = "台账!A5"
    assert {(line["column"], line.get("table")) for line in report(path)["mapping"]} >= {
        ("C", None), ("C", label),
    }  # fmt: skip
    both = report(path, mapping=MappingFile({"C": "resp_org", f"C@{label}": "owner_org"}))
    first, second = (line["values"] for line in both["rows"])
    assert (first["resp_org"], first.get("owner_org")) == ("崆峒区", None)
    assert (second["owner_org"], second["div_code"]) == ("第9中学", "620802")
    shelf = Shelf(tmp_path / "shelf")
    made = plan(path)
    corrected = corrections_by_table(made.report.mapping, {f"C@{label}": "owner_org"})
    assert corrected == {label: {"产权": "owner_org"}}
    shelf.keep(made.report.templates[label], corrected[label], {})
    again = plan_file(path, context(recall=shelf.recall), ImportOptions())
    assert [record.values.get("owner_org") for record in again.report.records] == [None, "第9中学"]
