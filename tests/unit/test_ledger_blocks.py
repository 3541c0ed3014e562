"""Blocks of the clipboard, edits that wait, column filters and groups: the pure parts of a ledger."""

from __future__ import annotations

import pytest

from app.domain.entities.boiler import Boiler
from app.errors import Invalid
from app.ui.ledger.blocks import lay, read_block, spread, write_block, write_table
from app.ui.ledger.cells import read_cell, why_fixed
from app.ui.ledger.columnfilter import ColumnFilter, accepts
from app.ui.ledger.grouping import COUNTY, TOWNSHIP, groups_of, key_of, lines_of
from app.ui.ledger.staging import Staging
from app.ui.names import Names

FIELDS = Boiler.TYPE.fields
ONE = Boiler(uid="1", ledger_no="PL-1", note="旧", rated_tph=4.0)


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("a\tb\r\n1\t2\r\n", [["a", "b"], ["1", "2"]]),
        ("a", [["a"]]),
        ("a\n\nb\n", [["a"], [""], ["b"]]),
        ('"两\n行"\t"说""是"""\r\n', [["两\n行", '说"是"']]),
        ('"半\tb', [['"半', "b"]]),
        ("a\t\n\tb", [["a", ""], ["", "b"]]),
    ],
)
def test_blocks_are_read_as_excel_writes_them(text: str, block: list[list[str]]) -> None:
    assert read_block(text) == block


def test_what_is_written_is_read_again() -> None:
    block = [["一", "a\tb", 'x"y', "二\n行"], ["", '"', "", "4"]]
    assert read_block(write_block(block)) == block


def test_long_numbers_and_formulas_stay_texts_in_a_spreadsheet() -> None:
    html = write_table([["4.5", "620802198001011234", "=1+1"]], [True, True, False])
    assert "<td>4.5</td>" in html
    assert html.count("mso-number-format") == 2


def test_a_block_beyond_the_edges_is_counted() -> None:
    laid = lay([["1", "2", "3"], ["4", "5", "6"]], (0, 1), 1, 3)
    assert laid.cells == ((0, 1, "1"), (0, 2, "2"))
    assert (laid.rows_beyond, laid.columns_beyond) == (1, 1)


def test_a_block_is_repeated_over_a_selection_it_divides() -> None:
    assert spread([["1", "2"]], 2, 4) == [["1", "2", "1", "2"]] * 2
    assert spread([["1", "2"]], 2, 3) == [["1", "2"]]


def test_edits_come_and_go() -> None:
    staging = Staging()
    staging.begin()
    staging.write(ONE, "note", "新", "新")
    staging.begin()
    staging.write(ONE, "rated_tph", "x", None, "不是数")
    assert (staging.changed(), staging.wrong(), staging.first_wrong()) == (1, 1, ("1", "rated_tph"))
    assert [dict(values) for _, values in staging.edits()()] == [{"note": "新"}]
    assert staging.take_back()
    assert staging.cells() == (("1", "note"),)
    staging.write(ONE, "note", "旧", "旧")
    assert len(staging) == 0


def test_edits_given_to_a_thread_are_those_of_the_moment_they_were_asked_for() -> None:
    staging = Staging()
    staging.begin()
    staging.write(ONE, "note", "新", "新")
    made = staging.edits()
    staging.follow("1", None)  # somebody removes the record while it is saved
    staging.clear()
    assert [dict(values) for _, values in made()] == [{"note": "新"}]


def test_a_record_changed_meanwhile_keeps_and_marks_the_edit() -> None:
    staging = Staging()
    staging.begin()
    staging.write(ONE, "note", "我的", "我的")
    staging.write(ONE, "batch", "一", "一")
    staging.follow("1", ONE.replace(note="别人的", revision=1))
    note, batch = staging.at("1", "note"), staging.at("1", "batch")
    assert note is not None
    assert batch is not None
    assert (note.written, note.before, note.moved, batch.moved) == ("我的", "别人的", True, False)
    assert staging.edits()()[0][0].values()["note"] == "别人的"
    staging.follow("1", None)
    assert staging.wrong() == 2


def test_refusals_come_back_on_their_cells() -> None:
    staging = Staging()
    staging.write(ONE, "note", "新", "新")
    staging.refuse([{"uid": "1", "fields": ["note"], "why": "不在您的区域"}])
    staged = staging.at("1", "note")
    assert staged is not None
    assert (staged.wrong, staged.refusal) == (True, "不在您的区域")


def test_derived_and_workflow_columns_say_why() -> None:
    names = ("grid_code", "status", "treatment", "ledger_no", "note")
    assert [bool(why_fixed(FIELDS[name])) for name in names] == [True, True, True, False, False]


def test_cells_are_read_by_their_kind() -> None:
    names = Names({"division": {"620802": "崆峒区", "620821": "泾川县", "620822": "泾川县"}})
    assert read_cell(FIELDS["div_code"], "崆峒区", names) == "620802"
    assert read_cell(FIELDS["fuel"], "煤", names) == "bituminous"
    assert read_cell(FIELDS["commissioned"], "2018/10/5", names) == "2018-10-05"
    for name, written in (
        ("div_code", "泾川县"),
        ("div_code", "无此县"),
        ("ledger_no", " "),
        ("rated_tph", "4000"),
    ):
        with pytest.raises(Invalid):
            read_cell(FIELDS[name], written, names)


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        (ColumnFilter("rated_tph", low="4", high="10"), [4.0, 10.0]),
        (ColumnFilter("rated_tph", empty=True), [None]),
        (ColumnFilter("rated_tph", empty=False, high="4"), [1.0, 4.0]),
        (ColumnFilter("rated_tph", values=(None, 1.0)), [1.0, None]),
        (ColumnFilter("rated_tph", contains="1"), [1.0, 10.0]),
    ],
)
def test_column_filters(asked: ColumnFilter, held: list[float | None]) -> None:
    fits = accepts(asked, FIELDS["rated_tph"], lambda value: "" if value is None else f"{value:g}")
    assert [value for value in (1.0, 4.0, 10.0, None) if fits(value)] == held


def test_up_to_a_month_holds_its_last_day() -> None:
    fits = accepts(ColumnFilter("due_date", low="2018-10", high="2018-10"), FIELDS["due_date"], str)
    assert [day for day in ("2018-09-30", "2018-10", "2018-10-31", "2018-11-01") if fits(day)] == [
        "2018-10",
        "2018-10-31",
    ]


def test_groups_add_up_and_fold() -> None:
    codes = ["620802001", "620802001000", "620802002", "620821001", None]
    paths = [tuple(key_of(by, code) for by in (COUNTY, TOWNSHIP)) for code in codes]
    groups = groups_of((COUNTY, TOWNSHIP), paths, [1.0, 2.0, 4.0, 8.0, 16.0])
    assert [(g.path[-1], g.total.units, g.total.tph) for g in groups] == [
        ("620802", 3, 7.0), ("620802001", 2, 3.0), ("620802002", 1, 4.0),
        ("620821", 1, 8.0), ("620821001", 1, 8.0), (None, 1, 16.0), (None, 1, 16.0),
    ]  # fmt: skip
    assert lines_of(groups, 5, set()) == [-1, -2, 0, 1, -3, 2, -4, -5, 3, -6, -7, 4]
    assert lines_of(groups, 5, {("620802",)}) == [-1, -4, -5, 3, -6, -7, 4]
    assert list(lines_of([], 2, set())) == [0, 1]
