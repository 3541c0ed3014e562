"""Import and export from a shell: dry run, questions, answers, refused rows, claims, one transaction."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from cli.terminal import Terminal

HEADINGS = [
    "台账编号", "使用单位", "县区", "锅炉吨位", "燃料", "经度(CGCS2000)", "纬度(CGCS2000)", "整治状态"
]  # fmt: skip
ROWS = [
    ["KT-11", "第二小学", "崆峒区", "4t/h", "烟煤", 106.68, 35.54, "未整治"],
    ["KT-12", "第三小学", "崆峒区", 2, "型煤", 106.69, 35.55, "已拆除"],
]


def _ledger(path: Path, rows: list[list[object]] | None = None, headings: list[str] | None = None) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台账"
    sheet.append(headings or HEADINGS)
    for row in ROWS if rows is None else rows:
        sheet.append(row)
    book.save(path)
    return path


def test_a_dry_run_says_everything_and_writes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    told = terminal.json("import", "boiler", str(_ledger(tmp_path / "a.xlsx")), "--dry-run", as_="clerk")
    assert (told["sheet"], told["read"], told["added"], told["changed"]) == ("台账", 2, 2, 0)
    assert told["header_rows"] == [1]
    assert told["dry_run"]
    assert {item["field"] for item in told["mapping"]} >= {"ledger_no", "rated_tph", "x", "y", "status_claim"}
    first, second = told["rows"]
    assert (first["row"], first["action"], first["values"]["rated_tph"]) == (2, "add", 4.0)
    assert (second["x"], second["y"]) == (106.69, 35.55)
    assert second["values"]["status_claim"] == "已拆除"
    assert len(terminal.json("list", "boiler")) == 1


def test_an_import_is_one_transaction_that_can_be_taken_back(terminal: Terminal, tmp_path: Path) -> None:
    ledger = str(_ledger(tmp_path / "a.xlsx"))
    told = terminal.json("import", "boiler", ledger, "--reason", "县局报送", as_="clerk")
    assert told["added"] == 2
    assert "rows" not in told
    boiler = terminal.json("show", "boiler", "KT-12")
    assert (boiler["state"], boiler["status_claim"]) == ("suspect", "已拆除"), "a word alone clears nothing"
    newest = terminal.json("history", "boiler", "KT-12")[0]
    assert (newest["action"], newest["reason"], newest["transaction"]) == (
        "import", "县局报送", told["transaction"],
    )  # fmt: skip
    again = terminal.json("import", "boiler", ledger, as_="clerk")
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert again["transaction"] is None
    terminal.json("undo", as_="clerk")
    assert len(terminal.json("list", "boiler")) == 1


def test_refused_rows_are_named_and_the_others_taken(terminal: Terminal, tmp_path: Path) -> None:
    rows = [*ROWS, ["KT-12", "重复", "崆峒区", 1, "烟煤", 106.68, 35.54, ""],
            ["KT-13", "怪", "崆峒区", "4000t", "烟煤", 106.68, 35.54, ""]]  # fmt: skip
    errors = tmp_path / "退回.xlsx"
    ledger = str(_ledger(tmp_path / "a.xlsx", rows))
    told = terminal.json("import", "boiler", ledger, "--errors", str(errors), as_="clerk")
    assert told["added"] == 2
    assert {(item["row"], item["code"]) for item in told["refused"]} == {(4, "duplicate"), (5, "impossible")}
    assert all(item["why"] for item in told["refused"])
    sheet = load_workbook(errors)["台账"]
    commented = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment]
    assert any(name.endswith("4") for name in commented)
    assert any(name.endswith("5") for name in commented)


def test_open_questions_stop_an_import_until_they_are_answered(terminal: Terminal, tmp_path: Path) -> None:
    rows = [["KT-21", "两台的单位", "崆峒区", "2台4蒸吨", "烟煤", 106.68, 35.54, ""]]
    ledger = str(_ledger(tmp_path / "a.xlsx", rows))
    assert [
        item["code"] for item in terminal.json("import", "boiler", ledger, "--dry-run", as_="clerk")["ask"]
    ] == ["units_meaning"]
    said = terminal("import", "boiler", ledger, "--json", as_="clerk")
    assert (said.code, said.document["error"]) == (1, "questions")
    assert said.document["ask"][0]["choices"] == ["each", "total"]
    assert len(terminal.json("list", "boiler")) == 1
    told = terminal.json("import", "boiler", ledger, "--answer", "units_meaning=each", "--rows", as_="clerk")
    assert (told["read"], told["added"], told["expanded"]) == (1, 2, 1)
    assert [row["values"]["ledger_no"] for row in told["rows"]] == ["KT-21-1", "KT-21-2"]
    assert [row["values"]["rated_tph"] for row in told["rows"]] == [4.0, 4.0]


@pytest.mark.parametrize("answer", ["units_meaning=perhaps", "colour=red", "crs=EPSG:1"])
def test_an_answer_to_no_question_is_refused(terminal: Terminal, tmp_path: Path, answer: str) -> None:
    words = ["import", "boiler", str(_ledger(tmp_path / "a.xlsx")), "--answer", answer]
    assert terminal.refused(*words, as_="clerk")[0] == 1


def test_claims_are_accepted_by_the_city_with_a_document(terminal: Terminal, tmp_path: Path) -> None:
    ledger = str(_ledger(tmp_path / "a.xlsx"))
    words = ["import", "boiler", ledger, "--accept-claims"]
    assert terminal.refused(*words, "--reason", "迁入", as_="clerk") == (3, "role")
    assert terminal.refused(*words, as_="city") == (1, "reason")
    terminal.json(*words, "--reason", "平环发〔2026〕1号", as_="city")
    moved = terminal.json("show", "boiler", "KT-12")
    assert (moved["state"], moved["origin"]) == ("cleared", "migrated")
    assert terminal.json("show", "boiler", "KT-11")["state"] != "cleared"


def test_nobody_imports_without_a_name_or_a_role(terminal: Terminal, tmp_path: Path) -> None:
    ledger = str(_ledger(tmp_path / "a.xlsx"))
    assert terminal.refused("import", "boiler", ledger) == (3, "not_signed_in")
    assert terminal.refused("import", "boiler", ledger, as_="chief") == (3, "role")
    assert terminal.refused("import", "approval", ledger, as_="clerk")[0] in (1, 3)


def test_rows_outside_ones_area_are_refused(terminal: Terminal, tmp_path: Path) -> None:
    rows = [["JN-1", "静宁一中", "静宁县", 2, "烟煤", 105.73, 35.52, ""]]
    told = terminal.json("import", "boiler", str(_ledger(tmp_path / "a.xlsx", rows)), as_="clerk")
    assert told["added"] == 0
    assert [item["code"] for item in told["refused"]] == ["outside_area"]


def test_an_import_does_not_touch_the_workflow_of_a_boiler(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json("do", "register", "boiler", "KT-1", "--reason", "无铭牌", as_="clerk")
    plan = ["--set", "treatment=dismantle", "--set", "due_date=2026-12-31", "--set", "resp_org=柳湖镇"]
    terminal.json("do", "plan", "boiler", "KT-1", *plan, as_="clerk")
    terminal.json("do", "plan", "boiler", "KT-1", as_="chief")
    ledger = _ledger(
        tmp_path / "a.xlsx", [["KT-1", "2027-12", "已销号"]], ["台账编号", "完成时限", "整治状态"]
    )
    terminal("import", "boiler", str(ledger), as_="clerk")
    boiler = terminal.json("show", "boiler", "KT-1")
    assert (boiler["state"], boiler["due_date"]) == ("planned", "2026-12-31")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none.xlsx", None),
        ("empty.xlsx", b""),
        ("notes.xlsx", b"these are notes"),
        ("notes.csv", "天气,心情\n晴,好\n".encode()),
        ("picture.png", b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused(
    terminal: Terminal, tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    said = terminal("import", "boiler", str(path), "--json", as_="clerk")
    assert said.code == 1
    assert said.document["message"]
    assert len(terminal.json("list", "boiler")) == 1


def test_export_by_the_ending(terminal: Terminal, tmp_path: Path) -> None:
    for ending in ("xlsx", "csv", "geojson", "gpkg", "kml", "zip", "dxf"):
        told = terminal.json("export", "boiler", "-o", str(tmp_path / f"b.{ending}"))
        assert told["records"] == 1
        assert (tmp_path / f"b.{ending}").stat().st_size > 0
    with (tmp_path / "b.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["台账编号"], row["燃料"]) == ("KT-1", "烟煤")
    (feature,) = json.loads((tmp_path / "b.geojson").read_text("utf-8"))["features"]
    assert feature["geometry"]["coordinates"] == pytest.approx([106.684, 35.542])


def test_what_was_exported_comes_in_again_unchanged(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json("export", "boiler", "-o", str(tmp_path / "b.xlsx"))
    told = terminal.json("import", "boiler", str(tmp_path / "b.xlsx"), as_="clerk")
    assert (told["added"], told["changed"], told["unchanged"]) == (0, 0, 1)


def test_the_public_edition_has_no_place_and_no_people(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json(
        "edit", "boiler", "KT-1", "--set", "contact=王某", "--set", "contact_phone=13900000000", as_="clerk"
    )
    terminal.json("export", "boiler", "-o", str(tmp_path / "p.csv"), "--public")
    text = (tmp_path / "p.csv").read_text("utf-8-sig")
    assert "KT-1" in text
    assert not any(word in text for word in ("王某", "139", "106.684", "35.542"))
    assert terminal.refused("export", "boiler", "-o", str(tmp_path / "p.geojson"), "--public")[0] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [(["-o", "a.docx"], "format"), (["-o", "a.csv", "--where", "status=cleared"], "nothing_to_export")],
)
def test_an_export_that_cannot_be(terminal: Terminal, tmp_path: Path, words: list[str], code: str) -> None:
    assert terminal.refused("export", "boiler", *words) == (1, code)
    assert not (tmp_path / words[1]).exists()
