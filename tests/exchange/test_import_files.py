"""Every kind of file, and files that are none."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import geopandas
import msoffcrypto.format.ooxml
import openpyxl
import pyogrio
import pytest
import shapely

from app.errors import Invalid
from app.exchange.workbook import open_book
from exchange_cases import HEADER, county_style, good_row, plan, report, simple, workbook


def _csv(path: Path, encoding: str, delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([HEADER, good_row(1), good_row(2, 县区="")])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_text_files_in_every_encoding(tmp_path: Path, encoding: str, said: str) -> None:
    document = report(_csv(tmp_path / "台账.csv", encoding))
    assert document["encoding"] == said
    assert [line["row"] for line in document["rows"]] == [2, 3]
    assert document["rows"][0]["values"]["user_org"] == "平凉第1宾馆"
    assert document["rows"][1]["values"]["div_code"] == "620802"  # blank below its county


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_text_files_with_every_delimiter(tmp_path: Path, delimiter: str) -> None:
    assert report(_csv(tmp_path / "a.csv", "utf-8", delimiter))["added"] == 2


def test_a_big5_file_is_asked_about(tmp_path: Path) -> None:
    text = "台帳編號,使用單位,鍋爐噸位,備註\n" + "".join(
        f"K-{n},學校飯店醫院工廠,4,鍋爐房東側煙囪\n" for n in range(40)
    )
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("big5"))
    book = open_book(path)
    assert book.encoding_doubt
    assert open_book(path, "big5").encoding_doubt == ()


def test_an_encoding_that_lies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        report(_csv(tmp_path / "a.csv", "gb18030"), encoding="utf-8")
    assert refused.value.code == "encoding"
    with pytest.raises(Invalid):
        report(_csv(tmp_path / "a.csv", "utf-8"), encoding="klingon")


def test_a_quoted_line_end_is_one_record(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('台账编号,使用单位,备注\nK-1,甲,"两行\n备注"\nK-2,乙,\n', "utf-8")
    document = report(path)
    assert [line["values"]["ledger_no"] for line in document["rows"]] == ["K-1", "K-2"]
    assert [line["row"] for line in document["rows"]] == [2, 3]


def test_a_workbook_with_a_password(tmp_path: Path) -> None:
    plain, locked = simple(tmp_path / "a.xlsx", good_row(1)), tmp_path / "b.xlsx"
    with plain.open("rb") as source, locked.open("wb") as target:
        msoffcrypto.format.ooxml.OOXMLFile(source).encrypt("geheim", target)
    with pytest.raises(Invalid) as refused:
        open_book(locked)
    assert refused.value.code == "password"
    assert refused.value.hint


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"PK\x03\x04 broken", "unreadable_file"),
        ("a.xlsx", b"hello", "not_a_workbook"),
        ("a.xlsx", b"", "empty"),
        ("a.xls", b"<html><table></table></html>", "not_a_workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "not_a_workbook"),
        ("a.docx", b"PK\x03\x04", "not_a_workbook"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\n  \n", "empty"),
        ("a.geojson", b"{}", "unreadable_file"),
        ("a.shp", b"1234", "unreadable_file"),
        ("a.zip", b"1234", "unreadable_file"),
        ("a.png", b"\x89PNG", "not_a_workbook"),
        ("a.bin", b"\x00\x01\x02", "not_a_workbook"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        open_book(path)
    assert refused.value.code == code
    assert name in refused.value.message


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.xlsx", tmp_path):
        with pytest.raises(Invalid):
            open_book(path)


def test_an_empty_workbook_and_one_without_a_known_column(tmp_path: Path) -> None:
    empty = tmp_path / "empty.xlsx"
    openpyxl.Workbook().save(empty)
    with pytest.raises(Invalid) as refused:
        report(empty)
    assert refused.value.code == "empty"
    with pytest.raises(Invalid) as refused:
        report(workbook(tmp_path / "b.xlsx", [["苹果", "梨"], [1, 2], [3, 4]]))
    assert refused.value.code == "no_known_column"


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 120_000_000)
    with pytest.raises(Invalid) as refused:
        open_book(path)
    assert refused.value.code == "too_large"


def test_a_sheet_with_a_heading_and_no_rows(tmp_path: Path) -> None:
    document = report(workbook(tmp_path / "a.xlsx", [HEADER]))
    assert (document["read"], document["added"]) == (0, 0)


def test_several_sheets_are_asked_about(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(simple(tmp_path / "a.xlsx", good_row(1)))
    book["台账"].title = "崆峒区"
    for n, name in ((2, "静宁县"), (3, "泾川县")):
        page = book.create_sheet(name)
        page.append(HEADER)
        page.append(good_row(n, 县区=name, 经度=None, 纬度=None))
    book.create_sheet("说明").append(["本表由各县填报"])
    book.save(tmp_path / "a.xlsx")
    document = report(tmp_path / "a.xlsx")
    question = next(q for q in document["ask"] if q["code"] == "sheet")
    assert question["choices"] == ["崆峒区", "静宁县", "泾川县", "all"]
    assert question["proposal"] == "all"
    assert document["added"] == 3
    assert report(tmp_path / "a.xlsx", sheet="静宁县")["rows"][0]["sheet"] == "静宁县"
    assert report(tmp_path / "a.xlsx", answers={"sheet": "all"})["ask"] == []
    with pytest.raises(Invalid) as refused:
        report(tmp_path / "a.xlsx", sheet="没有")
    assert refused.value.code == "no_sheet"


def test_a_summary_beside_the_ledger_is_left_alone(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(simple(tmp_path / "a.xlsx", good_row(1)))
    page = book.create_sheet("汇总", 0)
    for row in (["县区", "台数", "蒸吨"], ["崆峒区", 98, 300], ["静宁县", 36, 120]):
        page.append(row)
    book.save(tmp_path / "a.xlsx")
    document = report(tmp_path / "a.xlsx")
    assert (document["sheet"], document["ask"]) == ("台账", [])


def test_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(simple(tmp_path / "a.xlsx", good_row(1)))
    page = book.create_sheet("旧台账")
    page.append(HEADER)
    page.append(good_row(9))
    page.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    document = report(tmp_path / "a.xlsx")
    assert document["added"] == 1
    codes = [w["code"] for w in document["warnings"] if w["code"] != "crs_remembered"]
    assert codes == ["hidden_sheet"]


def _layer() -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {
            "台账编号": ["K-1", "K-2"],
            "锅炉使用单位": ["平凉宾馆", "静宁镕锦公司"],
            "县区": ["崆峒区", "静宁县"],
            "锅炉吨位": ["4t/h", "2"],
        },
        geometry=[shapely.Point(106.66, 35.54), shapely.Point(105.73, 35.52)],
        crs=4490,
    )


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "kml"])
def test_map_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"锅炉 点.{ending}"
    driver = {"geojson": "GeoJSON", "gpkg": "GPKG", "kml": "KML"}[ending]
    pyogrio.write_dataframe(_layer(), path, driver=driver, layer="boilers")
    document = report(path)
    assert [line["row"] for line in document["rows"]] == [1, 2]
    assert [line["values"]["rated_tph"] for line in document["rows"]] == [4.0, 2.0]
    assert (document["rows"][0]["x"], document["rows"][0]["y"]) == (106.66, 35.54)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("cpg", ["GB18030", None, "UTF-8", "ISO-8859-1"])
@pytest.mark.parametrize("encoding", ["GB18030", "UTF-8"])
def test_shapefiles_whatever_their_cpg_says(tmp_path: Path, encoding: str, cpg: str | None) -> None:
    path = tmp_path / "点位.shp"
    _layer().to_file(path, encoding=encoding, engine="pyogrio")
    (path.with_suffix(".cpg")).unlink()
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    document = report(path)
    assert [line["values"]["user_org"] for line in document["rows"]] == ["平凉宾馆", "静宁镕锦公司"]
    assert [line["values"]["ledger_no"] for line in document["rows"]] == ["K-1", "K-2"]
    assert document["encoding"].lower() == encoding.lower()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_shapefile_in_metres_knows_its_zone(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    _layer().to_crs(4524).to_file(path, encoding="UTF-8", engine="pyogrio")
    document = report(path)
    assert document["ask"] == []
    assert (document["rows"][1]["x"], document["rows"][1]["y"]) == (
        pytest.approx(105.73),
        pytest.approx(35.52),
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_zipped_shapefile(tmp_path: Path) -> None:
    _layer().to_file(tmp_path / "a.shp", encoding="UTF-8", engine="pyogrio")
    with zipfile.ZipFile(tmp_path / "中文 a.zip", "w") as package:
        for file in tmp_path.glob("a.*"):
            package.write(file, file.name)
    assert report(tmp_path / "中文 a.zip")["added"] == 2


def test_divisions_from_a_map_file(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {"区划代码": ["620802999", "620802998"], "名称": ["某镇", "坏镇"], "级别": ["镇", "镇"]},
        geometry=[
            shapely.box(106.5, 35.4, 106.6, 35.5),
            shapely.Polygon([(106.5, 35.4), (106.6, 35.5), (106.6, 35.4), (106.5, 35.5)]),
        ],
        crs=4490,
    )
    frame.to_file(tmp_path / "a.geojson")
    document = report(tmp_path / "a.geojson", "division")
    assert [line["values"]["code"] for line in document["rows"]] == ["620802999"]
    assert [(refusal["row"], refusal["code"]) for refusal in document["refused"]] == [(2, "bad_position")]


def test_persons_organisations_and_sources(tmp_path: Path) -> None:
    people = workbook(
        tmp_path / "p.xlsx",
        [
            ["登录名", "姓名", "角色", "单位", "辖区", "电话"],
            ["li", "李某", "网格员", "柳湖镇", "崆峒区", 13993312345],
        ],
    )
    values = report(people, "person")["rows"][0]["values"]
    assert (values["role"], values["area"], values["phone"]) == ("R1", "620802", "13993312345")
    orgs = workbook(tmp_path / "o.xlsx", [["单位名称", "类型"], ["平凉宾馆", "企业"]])
    assert report(orgs, "org")["rows"][0]["values"]["name"] == "平凉宾馆"
    sources = workbook(
        tmp_path / "s.xlsx",
        [
            ["水源地名称", "水源地级别", "水源类型", "经度", "纬度", "供水人口（万人）"],
            ["养子寨", "地级", "地下水", 106.6, 35.55, 30],
        ],
    )
    values = report(sources, "source")["rows"][0]["values"]
    assert (values["name"], values["scale"], values["population"]) == ("养子寨", "prefecture", 300_000)


def test_reading_the_same_file_twice_gives_the_same_plan(tmp_path: Path) -> None:
    path = county_style(tmp_path / "a.xlsx")
    first, second = (plan(path).report for _ in range(2))
    assert [r.values for r in first.records] == [r.values for r in second.records]


def test_the_surveyors_county_file_is_read_as_it_is() -> None:
    from app.resources import map_file

    document = report(map_file("pingliang_counties_cgcs2000_tianditu.geojson"), "division")
    assert (document["added"], document["refused"]) == (7, [])
    values = {line["values"]["name"]: line["values"] for line in document["rows"]}
    assert (values["崆峒区"]["code"], values["崆峒区"]["level"]) == ("620802", "county")


def test_cells_from_a_map_file(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {"网格编号": ["620802-01", "R1000"], "网格名称": ["甲", "乙"], "边长": [None, 1000.0]},
        geometry=[shapely.box(106.5, 35.4, 106.6, 35.5), shapely.box(106.6, 35.4, 106.7, 35.5)],
        crs=4490,
    )
    frame.to_file(tmp_path / "a.gpkg")
    document = report(tmp_path / "a.gpkg", "cell")
    assert [(line["values"]["grid_code"], line["values"]["kind"]) for line in document["rows"]] == [
        ("620802-01", "admin"),
        ("R1000", "regular"),
    ]
