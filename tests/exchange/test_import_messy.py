"""The habits of real ledgers: headings, totals, ticks, units, words and gaps."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.entities.boiler import Boiler
from exchange_cases import HEADER, good_row, report, simple, workbook


def _fields(document: dict) -> dict[str, str]:  # type: ignore[type-arg]
    return {line["heading"]: line["field"] for line in document["mapping"]}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("锅炉使用单位名称", "user_org"),
        ("企业名称", "user_org"),
        ("统一社会信用代码", "uscc"),
        ("锅炉容量（t/h）", "rated_tph"),
        ("额定出力(蒸吨/小时)", "rated_tph"),
        ("锅炉型号", "model"),
        ("年用煤量（吨）", "coal_t"),
        ("燃料种类", "fuel"),
        ("投运时间", "commissioned"),
        ("整治方式", "treatment"),
        ("计划完成时间", "due_date"),
        ("实际完成时间", "done_date"),
        ("整治进展情况", "status_claim"),
        ("联系人", "contact"),
        ("联系电话", "contact_phone"),
        ("备 注", "note"),
        ("责任单位", "resp_org"),
        ("详细地址", "address"),
        ("锅炉台数", "unit_count"),
        ("烟囱高度（m）", "stack_m"),
        ("使用登记证编号", "reg_no"),
        ("额定功率（MW）", "rated_mw"),
        ("锅炉类型", "boiler_type"),
        ("奖补资金（万元）", "subsidy_wan"),
        ("监管单位", "sup_org"),
        ("*台账编号", "ledger_no"),
        ("台账编号\n（必填）", "ledger_no"),
        ("锅炉吨位(蒸吨)", "rated_tph"),
        ("所在县(区)", "div_code"),
        ("用途", "usage"),
        ("除尘设施", "apc"),
    ],
)
def test_headings_in_the_words_of_counties(tmp_path: Path, heading: str, field: str) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [["序号", "台账编号" if field != "ledger_no" else "备注", heading], [1, None, None]],
    )
    found = _fields(report(path))
    assert (
        next(
            iter(
                value
                for key, value in found.items()
                if key not in ("序号", "备注", "台账编号") or value == field
            )
        )
        == field
    )


def test_three_heading_rows_under_two_titles(tmp_path: Path) -> None:
    rows = [
        ["附件2", *[None] * 8],
        ["崆峒区燃煤锅炉淘汰台账", *[None] * 8],
        ["填报单位：崆峒分局", None, None, None, None, None, None, "2018年10月", None],
        ["序号", "基本情况", None, None, "锅炉情况", None, None, None, "备注"],
        [None, "台账编号", "使用单位", "乡镇", "整治前", None, "整治后", None, None],
        [None, None, None, None, "吨位", "燃料", "吨位", "燃料", None],
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, "K-1", "甲宾馆", "四十里铺镇", 4, "煤", 2, "气", None],
        ["合  计", None, None, None, 4, None, 2, None, None],
        ["填表人：张三", None, None, "审核人：李四", None, None, None, None, None],
    ]
    merged = [
        "A1:I1",
        "A2:I2",
        "A4:A6",
        "B4:D4",
        "E4:H4",
        "I4:I6",
        "B5:B6",
        "C5:C6",
        "D5:D6",
        "E5:F5",
        "G5:H5",
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows, merged))
    assert document["header_rows"] == [4, 5, 6]
    found = _fields(document)
    assert found["锅炉情况/整治前/吨位"] == "rated_tph"
    assert found["锅炉情况/整治后/吨位"] == "after_tph"
    assert found["基本情况/使用单位"] == "user_org"
    assert [line["row"] for line in document["rows"]] == [8]
    assert document["rows"][0]["values"]["div_code"] == "620802100"
    assert [(s["row"], s["kind"]) for s in document["skipped"]] == [
        (7, "numbering"),
        (9, "total"),
        (10, "note"),
    ]


def test_two_heading_rows_in_a_text_file_without_merged_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "锅炉台账,,,,,\n序号,台账编号,使用单位,整治前,,整治后,\n,,,吨位,燃料,吨位,燃料\n1,K-1,甲,4,煤,2,气\n",
        "utf-8",
    )
    document = report(path)
    assert document["header_rows"] == [2, 3]
    found = _fields(document)
    assert (found["整治前/吨位"], found["整治后/燃料"], found["台账编号"]) == (
        "rated_tph",
        "after_fuel",
        "ledger_no",
    )


def test_the_heading_can_be_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["说明"], HEADER, good_row(1)])
    assert report(path, header_rows="1")["header_rows"] == [2]
    assert report(path, header_rows="2-2")["header_rows"] == [2]


def test_a_heading_printed_again_on_the_next_page_is_no_row(tmp_path: Path) -> None:
    document = report(simple(tmp_path / "a.xlsx", good_row(1), HEADER, good_row(2)))
    assert (document["read"], [s["kind"] for s in document["skipped"]]) == (2, ["heading"])


def test_counties_as_rows_between_the_records(tmp_path: Path) -> None:
    header = [name for name in HEADER if name != "县区"]

    def row(n: int) -> list[object]:
        return [
            cell
            for name, cell in zip(HEADER, good_row(n, 经度=None, 纬度=None), strict=True)
            if name != "县区"
        ]

    path = workbook(
        tmp_path / "a.xlsx",
        [header, ["一、崆峒区（2台）"], row(1), row(2), ["二、静宁县"], row(3), ["合计：3台"]],
    )
    document = report(path)
    assert [line["values"]["div_code"] for line in document["rows"]] == ["620802", "620802", "620826"]
    assert [s["kind"] for s in document["skipped"]] == ["section", "section", "total"]


def test_the_county_of_a_sheet_without_such_a_column(tmp_path: Path) -> None:
    header = [name for name in HEADER if name != "县区"]
    row = [cell for name, cell in zip(HEADER, good_row(1), strict=True) if name != "县区"]
    path = workbook(tmp_path / "a.xlsx", [["平凉市崆峒区燃煤锅炉台账"], header, row], ["A1:H1"])
    document = report(path)
    assert document["rows"][0]["values"]["div_code"] == "620802"
    codes = [w["code"] for w in document["warnings"] if w["code"] != "crs_remembered"]
    assert codes == ["division_from_title"]


def test_ticks_under_a_group_choose_the_word(tmp_path: Path) -> None:
    rows = [
        ["台账编号", "使用单位", "整治方式", None, None],
        [None, None, "拆除取缔", "煤改气", "煤改电"],
        ["K-1", "甲", "√", None, None],
        ["K-2", "乙", None, "○", None],
        ["K-3", "丙", None, None, "是"],
        ["K-4", "丁", "×", None, None],
    ]
    path = workbook(tmp_path / "a.xlsx", rows, ["A1:A2", "B1:B2", "C1:E1"])
    values = [line["values"].get("treatment") for line in report(path)["rows"]]
    assert values == ["dismantle", "coal_to_gas", "coal_to_electric", None]


def test_several_ticks_of_one_row_are_told_and_nothing_is_lost(tmp_path: Path) -> None:
    rows = [
        ["台账编号", "使用单位", "整治方式", None],
        [None, None, "拆除取缔", "煤改气"],
        ["K-1", "甲", "√", "二期"],
        ["K-2", "乙", "√", "√"],
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows, ["A1:A2", "B1:B2", "C1:D1"]))
    assert [line["values"]["treatment"] for line in document["rows"]] == ["dismantle", "dismantle"]
    assert document["rows"][0]["values"]["note"] == "整治方式/煤改气：二期"
    told = [(w["row"], w["field"]) for w in document["warnings"] if w["code"] == "several_ticks"]
    assert told == [(3, "treatment"), (4, "treatment")]


def test_a_number_of_boilers_where_the_output_is_asked_for_says_how_many(tmp_path: Path) -> None:
    document = report(simple(tmp_path / "a.xlsx", good_row(1, 锅炉吨位="2台"), good_row(2, 锅炉吨位="半台")))
    assert [(line["row"], line["values"].get("rated_tph")) for line in document["rows"]] == [
        (2, None),
        (2, None),
    ]
    assert [(line["row"], line["code"]) for line in document["refused"]] == [(3, "unreadable")]
    assert document["ask"] == []


@pytest.mark.parametrize(
    ("heading", "asked"),
    [
        ("锅炉规模/台数及吨位", True), ("吨位(吨/台)", False), ("单台吨位", False), ("合计吨位", False),
        ("总蒸吨", False), ("总装机容量(t/h)", False), ("吨位合计", False), ("锅炉吨位（总计）", False),
        ("合计/吨位", False), ("总体情况/吨位", True), ("汇总/吨位", True), ("合计/锅炉/台数及吨位", True),
        ("总台数及吨位", True), ("供热总站/锅炉吨位", True),
    ],
)  # fmt: skip
def test_only_a_stroke_behind_a_unit_says_for_each(tmp_path: Path, heading: str, asked: bool) -> None:
    header = [heading if name == "锅炉吨位" else name for name in HEADER]
    path = workbook(tmp_path / "a.xlsx", [header, good_row(1, 锅炉吨位="2台4蒸吨")])
    document = report(path)
    assert [q["code"] for q in document["ask"]] == (["units_meaning"] if asked else [])
    sums = heading not in ("锅炉规模/台数及吨位", "总台数及吨位")
    assert [q["proposal"] for q in document["ask"]] == ([("total" if sums else "each")] if asked else [])


def test_a_row_that_names_nobody_is_told(tmp_path: Path) -> None:
    keep = [at for at, name in enumerate(HEADER) if name != "台账编号"]
    rows = [HEADER, good_row(1), good_row(2, 使用单位="")]
    path = workbook(tmp_path / "a.xlsx", [[row[at] for at in keep] for row in rows])
    assert [w["row"] for w in report(path)["warnings"] if w["code"] == "nobody"] == [3]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("是", True),
        ("√", True),
        ("○", True),
        ("否", False),
        ("×", False),
        ("有", True),
        ("无", False),
        (True, True),
    ],
)
def test_yes_and_no(tmp_path: Path, word: object, value: bool) -> None:
    path = workbook(tmp_path / "a.xlsx", [["台账编号", "使用单位", "是否承压"], ["K-1", "甲", word]])
    assert report(path)["rows"][0]["values"]["pressurized"] is value


@pytest.mark.parametrize(
    ("heading", "word", "field", "code"),
    [
        ("燃料", "烟煤", "fuel", "bituminous"),
        ("燃料", "燃煤", "fuel", "bituminous"),
        ("燃料", "无烟煤（块煤）", "fuel", "anthracite"),
        ("燃料", "洁净型煤", "fuel", "briquette"),
        ("整治方式", "煤改气", "treatment", "coal_to_gas"),
        ("整治方式", "拆除，并入集中供热管网", "treatment", "district_heat"),
        ("整治方式", "淘汰", "treatment", "dismantle"),
        ("锅炉类型", "热水锅炉", "boiler_type", "hot_water"),
        ("锅炉类型", "常压热水锅炉", "boiler_type", "atmospheric"),
        ("用途", "冬季取暖", "usage", "heating"),
        ("用途", "学校", "usage", "school"),
        ("燃料", "coal_to_x", "fuel", None),
    ],
)
def test_words_of_code_lists(tmp_path: Path, heading: str, word: str, field: str, code: str | None) -> None:
    path = workbook(tmp_path / "a.xlsx", [["台账编号", "使用单位", heading], ["K-1", "甲", word]])
    document = report(path)
    values = document["rows"][0]["values"]
    assert values.get(field) == code
    if code is None:
        assert word in values["note"]
        codes = [w["code"] for w in document["warnings"] if w["code"] != "crs_remembered"]
        assert codes == ["unknown_word"]


def test_columns_in_megawatts_and_kilowatts(tmp_path: Path) -> None:
    for heading, cell in (
        ("锅炉容量（MW）", 2.8),
        ("锅炉容量(kW)", 2800),
        ("额定热功率（MW）", 2.8),
        ("锅炉吨位", "2.8MW"),
    ):
        path = workbook(tmp_path / "a.xlsx", [["台账编号", "使用单位", heading], ["K-1", "甲", cell]])
        values = report(path)["rows"][0]["values"]
        assert values["rated_tph"] == pytest.approx(4.0)
        assert values["rated_mw"] == pytest.approx(2.8)


def test_the_output_in_the_model_s_name_is_compared(tmp_path: Path) -> None:
    rows = [
        ["台账编号", "使用单位", "锅炉型号", "吨位"],
        ["K-1", "甲", "DZL4-1.25-AⅡ", 4],
        ["K-2", "乙", "DZL4-1.25-AⅡ", 10],
        ["K-3", "丙", "CDZL2.8-85/60-AII", 4],
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows))
    assert [(w["row"], w["code"]) for w in document["warnings"] if w["code"] != "crs_remembered"] == [
        (3, "model_differs")
    ]


def test_a_wrong_credit_code_is_shown(tmp_path: Path) -> None:
    rows = [
        ["台账编号", "使用单位", "统一社会信用代码"],
        ["K-1", "甲", "91350100M000100Y43"],
        ["K-2", "乙", "91350100M000100Y44"],
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows))
    assert [(w["row"], w["code"]) for w in document["warnings"] if w["code"] != "crs_remembered"] == [
        (3, "bad_uscc")
    ]


def test_a_person_and_a_phone_in_one_cell(tmp_path: Path) -> None:
    values = report(
        workbook(
            tmp_path / "a.xlsx", [["台账编号", "使用单位", "联系人及电话"], ["K-1", "甲", "张三 13993312345"]]
        )
    )["rows"][0]["values"]
    assert (values["contact"], values["contact_phone"]) == ("张三", "13993312345")


def test_a_ledger_without_numbers_is_numbered_and_found_again(tmp_path: Path) -> None:
    header = ["序号", "使用单位", "县区", "地址", "锅炉吨位"]
    rows = [
        header,
        [1, "甲宾馆", "崆峒区", "南路", 4],
        [2, "甲宾馆", "崆峒区", "南路", 4],
        [3, "乙学校", "静宁县", "北路", 2],
    ]
    path = workbook(tmp_path / "a.xlsx", rows)
    document = report(path)
    numbers = [line["values"]["ledger_no"] for line in document["rows"]]
    assert len(set(numbers)) == 3
    assert numbers[0].startswith("620802-")
    existing = [Boiler(uid=line["uid"], **line["values"]) for line in document["rows"]]
    again = report(path, existing=existing)
    assert (again["unchanged"], again["added"], again["ask"]) == (3, 0, [])


def test_months_that_lost_their_zero(tmp_path: Path) -> None:
    path = simple(
        tmp_path / "a.xlsx",
        good_row(1, 完成时限=2018.1),
        good_row(2, 完成时限=2018.03),
        good_row(3, 完成时限=2018.12),
    )
    assert [line["values"]["due_date"] for line in report(path)["rows"]] == ["2018-10", "2018-03", "2018-12"]


def test_placeholders_mean_unknown(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1, 燃料="/", 完成时限="—", 锅炉吨位="无"))
    values = report(path)["rows"][0]["values"]
    assert not {"fuel", "due_date", "rated_tph"} & values.keys()


def test_a_town_column_beside_the_county(tmp_path: Path) -> None:
    header = ["台账编号", "使用单位", "县区", "乡镇"]
    rows = [
        header,
        ["K-1", "甲", "崆峒区", "四十里铺镇"],
        ["K-2", "乙", None, "柳湖镇"],
        ["K-3", "丙", "静宁县", "城关镇"],
        ["K-4", "丁", None, None],
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows, ["C2:C3", "C4:C5", "D4:D5"]))
    assert [line["values"]["div_code"] for line in document["rows"]] == [
        "620802100",
        "620802101",
        "620826100",
        "620826100",
    ]


def test_full_width_numbers_and_spaces(tmp_path: Path) -> None:
    path = simple(
        tmp_path / "a.xlsx",
        good_row(1, 台账编号=" ＫＴ－００１ ", 使用单位="  平凉\n宾馆 ", 锅炉吨位="４ｔ／ｈ"),
    )
    values = report(path)["rows"][0]["values"]
    assert (values["ledger_no"], values["user_org"], values["rated_tph"]) == ("KT-001", "平凉 宾馆", 4.0)


def test_the_same_number_in_capitals_or_full_width_is_the_same(tmp_path: Path) -> None:
    document = report(simple(tmp_path / "a.xlsx", good_row(1), good_row(2, 台账编号="ｋｔ－００１")))
    assert [refusal["code"] for refusal in document["refused"]] == ["duplicate"]


def test_numbers_that_begin_again_are_no_numbers(tmp_path: Path) -> None:
    header = ["编号", "使用单位", "县区", "锅炉吨位"]
    rows = [[1, "甲", "崆峒区", 4], [2, "乙", "崆峒区", 2], [1, "丙", "静宁县", 1], [2, "丁", "静宁县", 1]]
    document = report(workbook(tmp_path / "a.xlsx", [header, *rows]))
    assert (document["added"], document["refused"]) == (4, [])


def test_a_town_of_several_counties_belongs_to_the_one_in_the_title(tmp_path: Path) -> None:
    rows = [["静宁县燃煤锅炉台账"], ["台账编号", "使用单位", "乡镇"], ["K-1", "甲", "城关镇"]]
    document = report(workbook(tmp_path / "a.xlsx", rows, ["A1:C1"]))
    assert document["rows"][0]["values"]["div_code"] == "620826100"


def test_a_table_that_begins_in_the_third_column(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [],
        [None, None, *HEADER],
        [None, None, *good_row(1)],
        [],
        [None, None, *good_row(2)],
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows))
    assert [line["row"] for line in document["rows"]] == [3, 5]
    assert document["mapping"][0]["column"] == "C"


def test_a_remark_behind_an_amount(tmp_path: Path) -> None:
    document = report(simple(tmp_path / "a.xlsx", good_row(1, 锅炉吨位="4t/h（停用）")))
    assert document["rows"][0]["values"]["rated_tph"] == 4.0


def test_units_in_a_row_of_their_own(tmp_path: Path) -> None:
    rows = [
        ["编号", "单位名称", "锅炉容量", "年耗煤量"],
        [None, None, "（MW）", "（万吨）"],
        ["A1", "甲", 2.8, 0.03],
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows))
    assert document["header_rows"] == [1, 2]
    values = document["rows"][0]["values"]
    assert (values["rated_tph"], values["coal_t"]) == (pytest.approx(4.0), pytest.approx(300))


def test_a_deadline_in_words_is_kept_in_words(tmp_path: Path) -> None:
    document = report(simple(tmp_path / "a.xlsx", good_row(1, 完成时限="已完成"), good_row(2)))
    assert document["rows"][0]["values"]["due_text"] == "已完成"


def test_two_tables_below_each_other_each_with_its_title(tmp_path: Path) -> None:
    head = ["编号", "单位名称", "吨位"]
    rows = [["崆峒区燃煤锅炉台账"], head, ["A1", "甲", 4], [], ["静宁县燃煤锅炉台账"], head, ["B1", "乙", 2]]
    document = report(workbook(tmp_path / "a.xlsx", rows))
    assert [line["values"]["div_code"] for line in document["rows"]] == ["620802", "620826"]


def test_a_column_with_a_sure_heading_is_refused_at_the_cell_not_left_unread(tmp_path: Path) -> None:
    rows = [["编号", "单位名称", "吨位"], ["A1", "甲", "一大一小"], ["A2", "乙", "4+2"]]
    document = report(workbook(tmp_path / "a.xlsx", rows))
    assert [refusal["code"] for refusal in document["refused"]] == ["unreadable", "unreadable"]


def test_signatures_below_the_table(tmp_path: Path) -> None:
    rows = [
        ["编号", "单位名称", "吨位", "备注"],
        ["A1", "甲", 4, None],
        ["审核：李四", None, "填表：张三", "联系电话：0933-1234567"],
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows))
    assert (document["read"], [s["kind"] for s in document["skipped"]]) == (1, ["note"])


def test_ditto_marks_mean_what_stands_above(tmp_path: Path) -> None:
    rows = [good_row(1, 县区="静宁县", 经度=None, 纬度=None)]
    rows += [
        good_row(n, 县区=mark, 燃料=mark, 经度=None, 纬度=None)
        for n, mark in enumerate(("同上", "〃", '"'), 2)
    ]
    document = report(simple(tmp_path / "a.xlsx", *rows))
    assert document["refused"] == []
    assert {(row["values"]["div_code"], row["values"]["fuel"]) for row in document["rows"]} == {
        ("620826", "bituminous")
    }


@pytest.mark.parametrize(
    ("x", "y"), [("横坐标Y", "纵坐标X"), ("位置（经度）", "位置（纬度）"), ("锅炉横坐标", "锅炉纵坐标")]
)
def test_headings_of_positions_in_surveyors_words(tmp_path: Path, x: str, y: str) -> None:
    header = [x if name == "经度" else y if name == "纬度" else name for name in HEADER]
    document = report(simple(tmp_path / "a.xlsx", good_row(1), header=header))
    assert {line["heading"]: line["field"] for line in document["mapping"] if line["field"] in "xy"} == {
        x: "x", y: "y",
    }  # fmt: skip


def test_amounts_and_ticks_under_grouped_headings(tmp_path: Path) -> None:
    """A stroke that joins heading rows says nothing of “each”; a bare number of boilers is no output."""
    rows = [
        ["使用单位", "县区", "规模", None, "整治措施", None, None],
        [None, None, "台数及吨位", "折合兆瓦（MW）", "拆除", "煤改气", "生物质改造"],
        ["安国中学", "崆峒区", "2台4蒸吨", None, "√", None, None],
        ["安国粮油公司", "崆峒区", "1台", 2.8, None, None, "√"],
        ["安国砖厂", "崆峒区", "1台2吨", None, "√", "√", None],
        [None, "崆峒区", "1吨", None, None, None, "√"],
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows, ["A1:A2", "B1:B2", "C1:D1", "E1:G1"]))
    assert [(ask["code"], ask["rows"]) for ask in document["ask"]] == [("units_meaning", [3])]
    assert document["refused"] == []
    found = [(row["values"]["rated_tph"], row["values"]["treatment"]) for row in document["rows"]]
    assert found[2:] == [(4.0, "biomass"), (2.0, "dismantle"), (1.0, "biomass")]
    assert {"several_ticks", "nobody"} <= {line["code"] for line in document["warnings"]}
    assert "煤改气" in document["rows"][3]["values"]["note"]
