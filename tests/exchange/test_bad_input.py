"""Files nobody should send: each gets a clear answer, at the cell where there is one; nothing is written."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import msoffcrypto.format.ooxml
import openpyxl
import pytest
from PIL import Image
from shapely import Point

from app.actions.imports import ImportRequest, import_records, preview, save_refused
from app.actions.session import Session
from app.actions.watching import Watch
from app.bootstrap import create_workspace
from app.domain.entities.boiler import Boiler
from app.errors import AppError, Cancelled, Invalid, Refused
from app.exchange.options import ImportOptions
from app.exchange.spatial import read_spatial
from app.ui.imports.differencespage import sentence
from exchange_cases import HEADER, good_row, report, simple, workbook


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A workspace of the whole city whose administrator may not write boilers but a clerk may."""
    from app.actions.people import actor_of, find_person, new_person
    from app.domain.changes import insert

    session = create_workspace(tmp_path_factory.mktemp("city") / "市.gpkg", "620800", "admin", "246810")
    session.commit([insert(new_person(session, "city", "R5", "", "620800", "246810"))], "user_add")
    person = find_person(session, "city")
    assert person is not None
    session.actor = actor_of(person)
    yield session
    session.close()


def _giant(folder: Path) -> Path:
    path = simple(folder / "大.xlsx", good_row(1))
    os.truncate(path, 200_000_000)
    return path


def _bomb(folder: Path) -> Path:
    path = folder / "炸弹.xlsx"
    simple(path, good_row(1))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/media/image1.xml", b"0" * 120_000_000)
    return path


def _bomb_of_maps(folder: Path) -> Path:
    path = folder / "图.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a.geojson", b" " * 120_000_000)
    return path


def _locked(folder: Path) -> Path:
    plain, path = simple(folder / "明.xlsx", good_row(1)), folder / "密.xlsx"
    with plain.open("rb") as source, path.open("wb") as target:
        msoffcrypto.format.ooxml.OOXMLFile(source).encrypt("geheim", target)
    return path


def _picture(folder: Path) -> Path:
    Image.new("RGB", (40, 30), (200, 30, 30)).save(folder / "照片.png")
    (folder / "照片.png").rename(folder / "照片.xlsx")
    return folder / "照片.xlsx"


def _empty(folder: Path) -> Path:
    openpyxl.Workbook().save(folder / "空.xlsx")
    return folder / "空.xlsx"


def _layer(folder: Path) -> Path:
    rows = {
        "编号": ["K-1", "K-2"],
        "单位": ["甲宾馆", "乙宾馆"],
        "县区": ["崆峒区", "崆峒区"],
        "吨位": ["4", "2"],
    }
    places = [Point(106.66, 35.54), Point(106.67, 35.55)]
    path = folder / "锅炉.shp"
    geopandas.GeoDataFrame(rows, geometry=places, crs="EPSG:4490").to_file(path, encoding="GB18030")
    return path


def _cut(ending: str, keep: int) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = _layer(folder)
        part = path.with_suffix(ending)
        part.write_bytes(part.read_bytes()[:keep])
        return path

    return make


def _half_a_workbook(folder: Path) -> Path:
    path = simple(folder / "半.xlsx", *(good_row(n) for n in range(1, 30)))
    os.truncate(path, path.stat().st_size // 2)
    return path


def _lying_text(folder: Path) -> Path:
    path = folder / "谎.csv"
    text = ",".join(HEADER) + "\n" + ",".join(str(cell) for cell in good_row(1)) + "\n"
    path.write_bytes(text.encode() + text.splitlines()[1].encode("gb18030"))  # two encodings in one file
    return path


WHOLE = {  # how the file is made, and the code of the answer
    "giant": (_giant, "too_large"),
    "bomb": (_bomb, "too_large"),
    "bomb of maps": (_bomb_of_maps, "too_large"),
    "locked": (_locked, "password"),
    "picture": (_picture, "not_a_workbook"),
    "empty": (_empty, "empty"),
    "half a workbook": (_half_a_workbook, "unreadable_file"),
    "lying text": (_lying_text, "encoding"),
    "shapefile without its head": (_cut(".shp", 60), "unreadable_file"),
    "shapefile without its index": (_cut(".shx", 40), "unreadable_file"),
    "shapefile with half a table": (_cut(".dbf", 20), "unreadable_file"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_cannot_be_taken_says_why_and_what_to_do(
    name: str, tmp_path: Path, city: Session
) -> None:
    make, code = WHOLE[name]
    path = make(tmp_path)
    with pytest.raises(AppError) as refused:
        preview(city, ImportRequest("boiler", path))
    assert refused.value.code == code
    assert path.name in refused.value.message
    assert refused.value.hint or code == "empty"
    assert city.workspace.find(Boiler) == []


CELLS: dict[str, tuple[dict[str, Any], str, str]] = {  # the wrong cell, and where and how it is answered
    "a million t/h": ({"锅炉吨位": 1_000_000}, "D3", "impossible"),
    "a million with its unit": ({"锅炉吨位": "1000000t/h"}, "D3", "impossible"),
    "less than nothing": ({"锅炉吨位": -4}, "D3", "impossible"),
    "no number": ({"锅炉吨位": "见铭牌"}, "D3", "unreadable"),
    "the year 2107": ({"完成时限": "2107年10月"}, "H3", "bad_date"),
    "2107 as Excel writes it": ({"完成时限": date(2107, 10, 1)}, "H3", "bad_date"),
    "a thirteenth month": ({"完成时限": "2018-13-01"}, "H3", "bad_date"),
    "the same number": ({"台账编号": "KT-001"}, "A3", "duplicate"),
    "nowhere": ({"县区": "海淀区"}, "C3", "unknown_division"),
    "elsewhere": ({"经度": 116.3, "纬度": 39.9}, "F3", "outside_area"),
    "half a place": ({"纬度": None}, "G3", "bad_position"),
    "outside without a result": ({"锅炉吨位": "='[别的.xlsx]表'!A1"}, "D3", "unreadable"),
    "an error": ({"锅炉吨位": "=1/0"}, "D3", "unreadable"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_wrong_cell_is_answered_at_the_cell(name: str, tmp_path: Path, city: Session) -> None:
    changes, cell, code = CELLS[name]
    path = simple(tmp_path / "台账.xlsx", good_row(1), good_row(2, **changes), good_row(3))
    request = ImportRequest("boiler", path, ImportOptions(crs="EPSG:4490"))
    plan = preview(city, request)
    assert [(item.row, item.code) for item in plan.report.refused] == [(3, code)]
    assert [record.row for record in plan.records] == [2, 4]
    target = save_refused(request, plan, tmp_path / "退回.xlsx")
    page = openpyxl.load_workbook(target).active
    assert page is not None
    noted = [item.coordinate for row in page.iter_rows() for item in row if item.comment is not None]
    assert noted == [cell]


def test_every_wrong_cell_of_a_row_is_answered_not_only_the_first(tmp_path: Path, city: Session) -> None:
    wrong = {"锅炉吨位": "4000000t/h", "完成时限": "2018-13-40", "县区": "海淀区", "经度": 999}
    path = simple(tmp_path / "台账.xlsx", good_row(1), good_row(2, **wrong))
    request = ImportRequest("boiler", path)
    plan = preview(city, request)
    assert [question.code for question in plan.report.ask] == ["crs"]  # of the good row, not of the wrong one
    assert plan.report.ask[0].rows == [2]
    document = plan.report.to_json(plan.kind)
    told = [(cell["row"], cell["field"]) for line in document["refused"] for cell in (line, *line["also"])]
    assert told == [(3, "rated_tph"), (3, "due_date"), (3, "div_code"), (3, "x")]
    page = openpyxl.load_workbook(save_refused(request, plan, tmp_path / "退回.xlsx")).active
    assert page is not None
    noted = [item.coordinate for row in page.iter_rows() for item in row if item.comment is not None]
    assert noted == ["C3", "D3", "F3", "H3"]


@pytest.mark.parametrize("after", [0, 6])
def test_an_error_list_given_up_leaves_what_was_there(tmp_path: Path, city: Session, after: int) -> None:
    path = simple(tmp_path / "台账.xlsx", *(good_row(n, 完成时限="2018-13-01") for n in range(1, 300)))
    request, target = ImportRequest("boiler", path), tmp_path / "退回.xlsx"
    plan = preview(city, request)
    target.write_bytes(b"before")
    heard: list[int] = []
    watch = Watch(lambda done, *_: heard.append(done), lambda: len(heard) > after)
    with pytest.raises(Cancelled):
        save_refused(request, plan, target, watch)
    assert target.read_bytes() == b"before"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["台账.xlsx", "退回.xlsx"]


def test_a_value_from_another_workbook_is_read_as_it_was_last_calculated_and_shown(tmp_path: Path) -> None:
    path = simple(tmp_path / "台账.xlsx", good_row(1), good_row(2))
    _edit(
        path,
        "xl/worksheets/sheet1.xml",
        '<c r="D3" t="n"><v>4</v></c>',
        '<c r="D3"><f>[1]表!$A$1</f><v>6</v></c>',
    )
    document = report(path)
    assert document["rows"][1]["values"]["rated_tph"] == 6
    found = [(w["row"], w["code"]) for w in document["warnings"] if w["code"] != "crs_remembered"]
    assert found == [(3, "linked_cell")]


def _edit(path: Path, part: str, old: str, new: str) -> None:
    """Change the text of one part of a workbook."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    assert old in parts[part].decode()
    parts[part] = parts[part].decode().replace(old, new).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, blob in parts.items():
            package.writestr(name, blob)


def test_a_system_written_with_foreign_bytes_is_asked_for(tmp_path: Path) -> None:
    """pyogrio ended with an UnboundLocalError."""
    path = _layer(tmp_path)
    prj = path.with_suffix(".prj")
    prj.write_bytes(prj.read_bytes().replace(b"China_2000", b"Ch\xffna_2000"))
    assert [sheet.crs for sheet in read_spatial(path).sheets] == [""]


def test_a_kml_in_an_encoding_that_nobody_knows_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    data = '<Data name="名"><value>1</value></Data>'
    head = '<?xml version="1.0" encoding="utf-8L"?>'
    path.write_text(f"{head}<kml><Placemark>{data}</Placemark></kml>", "utf-8")
    with pytest.raises(Invalid):
        read_spatial(path)


def test_macros_are_neither_run_nor_in_the_way(tmp_path: Path) -> None:
    path = simple(tmp_path / "台账.xlsx", good_row(1)).rename(tmp_path / "台账.xlsm")
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 macros")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    _edit(path, "[Content_Types].xml", kind, "application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    document = report(path)
    assert document["added"] == 1
    assert [line["code"] for line in document["warnings"]].count("macros") == 1  # and it is said, once


def test_cells_merged_everywhere_are_filled_and_every_row_answered(tmp_path: Path) -> None:
    rows = [HEADER, *(good_row(n) for n in range(1, 21))]
    merged = ["A2:A21", "B2:I5", "B6:C21", "D6:D21"]
    document = report(workbook(tmp_path / "a.xlsx", rows, merged))
    told = {line["row"] for name in ("rows", "refused", "skipped") for line in document[name]}
    assert told == {2, *range(6, 22)}  # rows 2 to 5 are one row as a person sees it
    assert {line["code"] for line in document["refused"]} == {"duplicate"}
    assert document["duplicates"] == 16
    whole = workbook(tmp_path / "b.xlsx", rows)
    _edit(whole, "xl/worksheets/sheet1.xml", "</sheetData>",
          '</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>')  # fmt: skip
    document = report(whole)
    assert (document["added"], document["refused"]) == (20, [])


def test_a_ledger_of_253_merged_ranges(tmp_path: Path) -> None:
    rows = [HEADER, *(good_row(n, 县区="崆峒区" if n % 2 else None, 经度=106.66) for n in range(1, 507))]
    merged = [f"C{n}:C{n + 1}" for n in range(2, 508, 2)]
    assert len(merged) == 253
    document = report(workbook(tmp_path / "a.xlsx", rows, merged))
    assert (document["added"], document["refused"]) == (506, [])
    assert {line["values"]["div_code"] for line in document["rows"]} == {"620802"}


def test_a_column_of_mixed_types_is_read_cell_by_cell(tmp_path: Path) -> None:
    cells = [4, 4.0, "4", "４", "4t/h", "2.8MW", True, date(2018, 4, 1), "四五吨", None]
    rows = [good_row(n, 锅炉吨位=cell) for n, cell in enumerate(cells, 1)]
    document = report(simple(tmp_path / "a.xlsx", *rows))
    outputs = [line["values"].get("rated_tph") for line in document["rows"]]
    assert outputs == [4, 4, 4, 4, 4, 4, None]
    assert [(line["row"], line["code"]) for line in document["refused"]] == [
        (8, "unreadable"), (9, "unreadable"), (10, "unreadable")
    ]  # fmt: skip


def test_an_open_question_or_a_cancelled_preview_leaves_nothing_behind(tmp_path: Path, city: Session) -> None:
    path = simple(tmp_path / "a.xlsx", *(good_row(n) for n in range(1, 1600)))
    with pytest.raises(Refused):
        import_records(city, preview(city, ImportRequest("boiler", path)))
    shares: list[int] = []
    for enough in (0, 30):  # while the workbook is read, and while its rows are
        shares.clear()
        with pytest.raises(Cancelled):
            preview(
                city, ImportRequest("boiler", path), lambda done, *_: shares.append(done),
                lambda limit=enough: bool(shares) and shares[-1] >= limit,
            )  # fmt: skip
        assert enough <= shares[-1] < 100
    assert city.workspace.find(Boiler) == []


def test_boilers_moved_in_as_cleared_say_which_papers_they_lack(tmp_path: Path, city: Session) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1, 完成情况="已拆除"), good_row(2))
    options = ImportOptions(crs="EPSG:4490", accept_claims=True)
    made = preview(city, ImportRequest("boiler", path, options)).report
    lacking = [(item.row, item.why) for item in made.warnings if item.code == "lacks_papers"]
    assert "待核对 0 · 缺材料 1" in sentence(made)  # counted apart, as the tabs list them
    assert [row for row, _ in lacking] == [2]
    assert lacking[0][1].count("、") >= 4
