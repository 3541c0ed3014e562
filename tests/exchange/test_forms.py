"""Ledgers that are no tables: one boiler a card, cards below each other, and tables lying on their side."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from app.exchange.error_workbook import write_errors
from app.exchange.workbook import open_book
from exchange_cases import HEADER, good_row, plan, report, workbook


def _card(page: Worksheet, number: int, top: int = 1, **changes: object) -> None:
    """A card of one boiler with words and values in several columns, groups at the left, values merged."""
    said: dict[str, object] = {
        "title": "崆峒区燃煤锅炉“一炉一卡”",
        "tons": "4蒸吨",
        "county": None,
        **changes,
    }
    lines: list[list[object]] = [
        [said["title"]],
        ["使用单位", f"第{number}中学", "同左", None, "台账编号", f"KT-{number:03d}"],
        ["详细地址", f"解放路{number}号", None, None, "县区", said["county"]],
        ["整治前", "锅炉型号", "DZL4-1.25-AⅡ", "锅炉吨位", said["tons"]],
        [None, "燃料种类", "烟煤", "检验有效期", "2019-5-1"],
        ["整治后", "锅炉吨位", 2, "燃料", "天然气"],
        [None, "整治方式", "煤改气"],
        ["东经", 106.66 + number / 1000, "北纬", 35.54, "完成时限", "2018年10月底前"],
        ["备注", "无"],
    ]
    lines[1][2] = None
    for row, cells in enumerate(lines, top):
        for column, cell in enumerate(cells, 1):
            page.cell(row, column, cell)  # type: ignore[arg-type]
    for span in ((0, 1, 0, 6), (1, 2, 1, 4), (3, 1, 4, 1), (5, 1, 6, 1), (6, 3, 6, 6), (8, 2, 8, 6)):
        page.merge_cells(start_row=top + span[0], start_column=span[1], end_row=top + span[2],
                         end_column=span[3])  # fmt: skip


def _cards(path: Path, **changes: object) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for number in (1, 2, 3):
        _card(book.create_sheet(f"{number}号"), number, **changes)
    book.save(path)
    return path


def _said(document: dict[str, Any]) -> list[tuple[object, ...]]:
    names = ("ledger_no", "user_org", "rated_tph", "fuel", "after_tph", "after_fuel", "treatment", "div_code")
    return [tuple(line["values"].get(name) for name in names) for line in document["rows"]]


def _wanted(number: int) -> tuple[object, ...]:
    return (f"KT-{number:03d}", f"第{number}中学", 4, "bituminous", 2, "gas", "coal_to_gas", "620802")


def test_one_card_a_sheet_becomes_one_row_a_card(tmp_path: Path) -> None:
    document = report(_cards(tmp_path / "a.xlsx"))
    assert (document["read"], document["ask"], document["refused"]) == (3, [], [])
    assert _said(document) == [_wanted(number) for number in (1, 2, 3)]
    assert [(line["sheet"], line["row"]) for line in document["rows"]] == [("1号", 2), ("2号", 2), ("3号", 2)]
    assert [(line["x"], line["y"]) for line in document["rows"]][0] == (106.661, 35.54)


def test_what_is_wrong_on_a_card_is_noted_at_its_cell(tmp_path: Path) -> None:
    path = _cards(tmp_path / "a.xlsx", tons="不知道")
    made = plan(path)
    assert {(line.sheet, line.row, line.column) for line in made.report.refused} >= {("2号", 4, 5)}
    write_errors(path, open_book(path), made.report, tmp_path / "b.xlsx")
    page = openpyxl.load_workbook(tmp_path / "b.xlsx")["2号"]
    assert page["E4"].comment is not None
    assert page["E4"].value == "不知道"


def test_cards_below_each_other_and_no_value_from_the_card_above(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    _card(page, 1, county="崆峒区")
    _card(page, 2, 12, title="静宁县燃煤锅炉卡片")
    book.save(tmp_path / "a.xlsx")
    document = report(tmp_path / "a.xlsx")
    assert [line["values"]["ledger_no"] for line in document["rows"]] == ["KT-001", "KT-002"]
    assert [line["values"]["div_code"] for line in document["rows"]] == ["620802", "620826"]
    assert [line["row"] for line in document["rows"]] == [2, 13]


def test_a_table_on_its_side(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["静宁县锅炉情况"], ["项目", "1号锅炉", "2号锅炉", "3号锅炉"],
        ["使用单位", "甲中学", "乙医院", "丙浴池"],
        ["台账编号", "A-1", "A-2", "A-3"], ["锅炉吨位（蒸吨）", 4, "0.7MW", "很多"],
        ["燃料", "烟煤", "型煤", "烟煤"], ["备注", None, "院内", None],
    ]  # fmt: skip
    document = report(workbook(tmp_path / "a.xlsx", rows))
    found = [
        (line["row"], line["values"]["ledger_no"], line["values"]["rated_tph"]) for line in document["rows"]
    ]
    assert found == [(2, "A-1", 4), (3, "A-2", 1)]  # by the number of the column
    assert {line["values"]["div_code"] for line in document["rows"]} == {"620826"}
    made = plan(tmp_path / "a.xlsx")
    assert [(line.row, line.column, line.value) for line in made.report.refused] == [(5, 4, "很多")]


def test_words_and_values_in_a_text_file(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(
            [["使用单位：甲中学", "", "台账编号：", "A-1"], ["县区：", "静宁县", "锅炉吨位（t/h）", "4"],
             ["燃料", "烟煤", "地址", "东街"], ["完成情况", "未整治", "整治方式", "拆除"]]
        )  # fmt: skip
    (line,) = report(tmp_path / "a.csv")["rows"]
    assert (line["values"]["user_org"], line["values"]["div_code"]) == ("甲中学", "620826")
    assert (line["values"]["address"], line["values"]["treatment"]) == ("东街", "dismantle")


def test_an_explanation_of_the_columns_beside_the_ledger_is_no_card(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    for row in (HEADER, good_row(1), good_row(2)):
        page.append(row)
    told = book.create_sheet("填表说明")
    for word in HEADER[:7]:
        told.append([word, f"{word}的说明"])
    book.save(tmp_path / "a.xlsx")
    document = report(tmp_path / "a.xlsx")
    assert (document["read"], document["ask"], document["sheet"]) == (2, [], "Sheet")
