"""Files that are another thing than they seem: a cell far outside, a wrong ending, a part left behind."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
import xlwt
from shapely import Point

from app.domain.entities.boiler import Boiler
from app.domain.values import parse
from app.errors import Invalid
from exchange_cases import HEADER, good_row, report, simple

_FAR = b'<row r="1048576"><c r="XFD1048576"%s</row>'


def _with_sheet_end(path: Path, more: bytes) -> Path:
    """The workbook with more rows at the end of its only sheet."""
    source = simple(path.with_name("whole.xlsx"), good_row(1))
    with zipfile.ZipFile(source) as package, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in package.namelist():
            content = package.read(name)
            made.writestr(name, content.replace(b"</sheetData>", more + b"</sheetData>"))
    return path


@pytest.mark.parametrize(
    "more",
    [_FAR % b"><v>1</v></c>", b'<row r="9"><c s="1" r="XFD1048576"><v>1</v></c></row>',
     b'<row r="1048000"><c r="ZZ1048000" t="inlineStr"><is><t>x</t></is></c></row>',
     b"<row>" + b"<c><v>1</v></c>" * 16_000 + b"</row>" + b"<row><c/></row>" * 2_000],
    ids=["last cell", "in another row", "text", "unnumbered"],
)  # fmt: skip
def test_a_value_in_the_last_corner_of_a_sheet_is_refused_and_ends_nothing(
    tmp_path: Path, more: bytes
) -> None:
    with pytest.raises(Invalid) as refused:
        report(_with_sheet_end(tmp_path / "a.xlsx", more))
    assert refused.value.code == "too_large"


def test_a_format_in_the_last_corner_is_no_value(tmp_path: Path) -> None:
    document = report(_with_sheet_end(tmp_path / "a.xlsx", _FAR % b' s="0"/>'))
    assert (document["read"], document["added"]) == (1, 1)


def test_an_ods_with_a_value_repeated_without_end_is_refused(tmp_path: Path) -> None:
    cell = (
        '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    )
    body = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", f"<x><table:table>{body}</table:table></x>")
    with pytest.raises(Invalid) as refused:
        report(tmp_path / "a.ods")
    assert refused.value.code == "too_large"


def test_endings_that_lie(tmp_path: Path) -> None:
    simple(tmp_path / "a.xlsx", good_row(1)).rename(tmp_path / "new called old.xls")
    book = xlwt.Workbook()
    page = book.add_sheet("台账")
    for at, row in enumerate((HEADER, good_row(1))):
        for column, cell in enumerate(row):
            page.write(at, column, cell)
    book.save(str(tmp_path / "old called new.xlsx"))
    text = "\n".join("\t".join(str(cell) for cell in row) for row in (HEADER, good_row(1)))
    (tmp_path / "text called old.xls").write_text(text, "gb18030")
    for path in sorted(tmp_path.iterdir()):
        document = report(path)
        assert (document["read"], document["added"], document["refused"]) == (1, 1, []), path.name


def _shapefile(path: Path) -> Path:
    fields = [("台账编号", "K-1"), ("使用单位", "甲中学"), ("县区", "崆峒区")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.raw.write(
            str(path), shapely.to_wkb([Point(106.66, 35.54)]),
            [np.array([value], object) for _, value in fields],
            [name for name, _ in fields], geometry_type="Point", crs="EPSG:4490", encoding="UTF-8",
        )  # fmt: skip
    return path


def test_a_shapefile_without_a_part_or_with_a_damaged_system(tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "锅炉.shp")
    path.with_suffix(".prj").write_text('PROJCS["什么也不是"]', "utf-8")
    assert report(path)["rows"][0]["x"] == 106.66
    path.with_suffix(".shx").unlink()
    with pytest.raises(Invalid) as refused:
        report(path)
    assert ".shx" in refused.value.message


def test_geojson_in_the_system_s_encoding(tmp_path: Path) -> None:
    fields = {"台账编号": "K-1", "使用单位": "甲中学", "县区": "崆峒区"}
    feature = {"type": "Feature", "properties": fields,
               "geometry": {"type": "Point", "coordinates": [106.66, 35.54]}}  # fmt: skip
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False)
    (tmp_path / "a.geojson").write_bytes(content.encode("gb18030"))
    (line,) = report(tmp_path / "a.geojson")["rows"]
    assert (line["values"]["user_org"], line["x"]) == ("甲中学", 106.66)


@pytest.mark.parametrize(
    "said",
    ["使用单位：甲中学&lt;br/&gt;台账编号：K-1&lt;br/&gt;锅炉吨位：4蒸吨&lt;br/&gt;县区：崆峒区",
     ("<![CDATA[<table><tr><td>使用单位</td><td>甲中学</td></tr><tr><td>台账编号</td><td>K-1</td></tr>"
      "<tr><td>锅炉吨位</td><td>4</td></tr><tr><td>县区</td><td>崆峒区</td></tr></table>]]>")],
    ids=["lines", "table"],
)  # fmt: skip
def test_what_a_placemark_says_in_its_description_is_read(tmp_path: Path, said: str) -> None:
    mark = f"<Placemark><name>1号</name><description>{said}</description>"
    mark += "<Point><coordinates>106.66,35.54,0</coordinates></Point></Placemark>"
    (tmp_path / "a.kml").write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{mark}</Document></kml>', "utf-8"
    )
    (line,) = report(tmp_path / "a.kml")["rows"]
    values = line["values"]
    assert (values["ledger_no"], values["user_org"], values["rated_tph"]) == ("K-1", "甲中学", 4)


@pytest.mark.parametrize(
    ("cell", "each"),
    [("1台4吨，1台0吨", None), ("2台(4t/h、2t/h)", [4, 2]), ("2台(4t/h、2t/h、1t/h)", None),
     ("3台共6蒸吨", [2, 2, 2]), ("2台合计3t/h", [1.5, 1.5]), ("240万kcal", [4]), ("半吨", [0.5]),
     ("0", None)],
)  # fmt: skip
def test_several_boilers_in_one_cell(tmp_path: Path, cell: str, each: list[float] | None) -> None:
    document = report(
        simple(tmp_path / "a.xlsx", good_row(1, 锅炉吨位=cell)), answers={"units_meaning": "each"}
    )
    found = [line["values"]["rated_tph"] for line in document["rows"]]
    assert found == (each or [])
    assert len(document["refused"]) == (each is None)
    assert document["skipped"] == []


def test_no_boiler_has_no_output() -> None:
    assert parse(Boiler.TYPE.fields["rated_tph"], "0.2") == 0.2
    with pytest.raises(Invalid):
        parse(Boiler.TYPE.fields["rated_tph"], "0")
