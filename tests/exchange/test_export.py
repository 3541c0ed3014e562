"""Records written out, and read in again."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import openpyxl
import pyogrio
import pytest
from shapely import MultiPolygon, Point, box

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entities.people import Org
from app.domain.entities.water import ProtectionZone
from app.errors import AppError, Cancelled, Invalid
from app.exchange.export import ExportOptions, export_records
from app.exchange.workbook import open_book
from exchange_cases import HEADER, good_row, plan, report, simple

BOILERS = [
    Boiler(
        uid="u1",
        ledger_no="K-1",
        user_org="平凉宾馆",
        div_code="620802",
        rated_tph=4.0,
        fuel="bituminous",
        contact="张三",
        contact_phone="13993312345",
        due_date="2018-10",
        geometry=Point(106.66, 35.54),
        original_position="x",
    ),
    Boiler(uid="u2", ledger_no="K-2", user_org="=1+1", rated_tph=0.7, pressurized=False, status="cleared"),
]


def _write(tmp_path: Path, name: str, **options: object) -> Path:
    return export_records(Boiler.TYPE, BOILERS, tmp_path / name, ExportOptions(**options))  # type: ignore[arg-type]


def test_xlsx_has_headings_words_and_a_frozen_head(tmp_path: Path) -> None:
    path = _write(tmp_path, "台账 1.xlsx", title="燃煤锅炉台账")
    page = openpyxl.load_workbook(path).active
    assert page is not None
    head = [cell.value for cell in page[2]]
    assert page["A1"].value == "燃煤锅炉台账"
    assert page.freeze_panes == "B3"
    row = dict(zip(head, [cell.value for cell in page[3]], strict=True))
    assert row[Boiler.TYPE.fields["fuel"].heading] == Boiler.TYPE.fields["fuel"].choices.label("bituminous")  # type: ignore[union-attr]
    assert row[Boiler.TYPE.fields["rated_tph"].heading] == 4.0
    assert page.cell(4, 2).data_type == "s"  # “=1+1” is somebody's name, not a formula


def test_what_is_exported_can_be_imported(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.csv", "a.geojson", "a.gpkg", "a.zip"):
        document = report(_write(tmp_path, name))
        first = document["rows"][0]
        assert first["values"]["ledger_no"] == "K-1", name
        assert first["values"]["user_org"] == "平凉宾馆", name
        assert first["values"]["div_code"] == "620802", name
        assert first["values"]["rated_tph"] == 4.0, name
        assert first["values"]["fuel"] == "bituminous", name
        assert (first["x"], first["y"]) == (pytest.approx(106.66), pytest.approx(35.54)), name


def test_the_public_edition_has_no_people_phones_or_places(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.csv"):
        path = _write(tmp_path, name, public=True)
        words = (
            path.read_text("utf-8-sig")
            if name.endswith("csv")
            else str(
                [[cell.value for cell in row] for row in openpyxl.load_workbook(path).active]  # type: ignore[union-attr]
            )
        )
        assert "平凉宾馆" in words
        for secret in ("张三", "13993312345", "106.66", "35.54"):
            assert secret not in words
    with pytest.raises(Invalid):
        _write(tmp_path, "a.geojson", public=True)


def test_csv_opens_in_excel_and_runs_nothing(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    assert "'=1+1" in rows[2]
    assert _write(tmp_path, "b.csv", encoding="gb18030").read_text("gb18030")


def test_other_systems(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.gpkg", crs="EPSG:4524")
    info = pyogrio.read_info(path)
    assert "4524" in info["crs"]
    frame = pyogrio.read_dataframe(path)
    assert frame.geometry.iloc[0].x == pytest.approx(36378479.3, abs=0.1)
    page = openpyxl.load_workbook(_write(tmp_path, "a.xlsx", crs="gcj02")).active
    assert page is not None
    assert page.cell(2, page.max_column - 1).value == pytest.approx(106.6642, abs=0.001)
    for name, crs in (("a.geojson", "gcj02"), ("b.geojson", "EPSG:4524"), ("a.kml", "EPSG:4524")):
        with pytest.raises(Invalid):
            _write(tmp_path, name, crs=crs)


@pytest.mark.parametrize(("name", "count"), [("a.kml", 1), ("a.dxf", 1), ("a.shp", 2), ("a.gpkg", 2)])
def test_drawings_hold_what_has_a_place_and_tables_everything(tmp_path: Path, name: str, count: int) -> None:
    assert len(pyogrio.read_dataframe(_write(tmp_path, name))) == count


def test_a_zipped_shapefile_says_its_encoding_and_columns(tmp_path: Path) -> None:
    with zipfile.ZipFile(_write(tmp_path, "a.zip")) as package:
        names = package.namelist()
        assert package.read("boiler.cpg") == b"GB18030"
        assert "使用单位".encode() in package.read("boiler.columns.csv") or b"User unit" in package.read(
            "boiler.columns.csv"
        )
    assert {Path(name).suffix for name in names} >= {".shp", ".dbf", ".shx", ".prj", ".cpg"}


def test_polygons_and_things_without_a_place(tmp_path: Path) -> None:
    zone = ProtectionZone(
        uid="z", name="养子寨一级", level="first", geometry=MultiPolygon([box(106.6, 35.5, 106.7, 35.6)])
    )
    path = export_records(ProtectionZone.TYPE, [zone], tmp_path / "z.geojson", ExportOptions())
    assert len(pyogrio.read_dataframe(path)) == 1
    with pytest.raises(Invalid):
        export_records(Org.TYPE, [Org(uid="o", name="甲")], tmp_path / "o.geojson", ExportOptions())


def test_an_unknown_ending_and_a_folder_that_is_not_there(tmp_path: Path) -> None:
    for target in (tmp_path / "a.pdf", tmp_path / "a", tmp_path / "no" / "a.xlsx"):
        with pytest.raises(AppError):
            export_records(Boiler.TYPE, BOILERS, target, ExportOptions())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_there_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text("earlier")
    with pytest.raises(Invalid):
        _write(tmp_path, "a.geojson", crs="EPSG:4524")
    assert path.read_text() == "earlier"


def test_no_records_make_a_file_with_headings(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.csv", "a.geojson", "a.gpkg"):
        assert export_records(Boiler.TYPE, [], tmp_path / name, ExportOptions()).stat().st_size > 0
    assert plan(simple(tmp_path / "b.xlsx", good_row(1))).ready


def test_a_ledger_written_out_and_read_in_again_is_unchanged(tmp_path: Path) -> None:
    header = [*HEADER, "台数", "坐标来源"]
    rows = [[*good_row(1), 2, "高德"], [*good_row(2), 1, "GPS"], [*good_row(3, 锅炉吨位="2.8MW"), None, None]]
    first = plan(simple(tmp_path / "a.xlsx", *rows, header=header), answers={"units_meaning": "each"})
    boilers = [Boiler(uid=r.uid, geometry=r.geometry, **r.values) for r in first.records]
    assert len(boilers) == 4
    for name in ("b.xlsx", "b.csv", "b.geojson", "b.gpkg", "b.kml", "b.zip"):
        path = export_records(Boiler.TYPE, boilers, tmp_path / name, ExportOptions(title="台账"))
        document = report(path, existing=boilers)
        changed = [line.get("changed") for line in document["rows"] if line["action"] == "change"]
        assert (document["added"], document["unchanged"], changed) == (0, 4, []), name
        assert document["ask"] == [], name


def _many(count: int) -> list[Boiler]:
    return [
        Boiler(
            uid=new_uid(),
            ledger_no=f"M-{at:05}",
            user_org=f"第{at}小学<锅炉房>&",
            address="=1+1",
            note="a\x07b\n c ",
        )
        for at in range(count)
    ]


def test_many_rows_keep_the_looks_of_the_first(tmp_path: Path) -> None:
    records = _many(1203)
    export_records(Boiler.TYPE, records, tmp_path / "多.xlsx", ExportOptions(title="台账"))
    page = openpyxl.load_workbook(tmp_path / "多.xlsx").active
    assert page.max_row == 1205 and page.dimensions.endswith("1205")
    column = {page.cell(2, at).value: at for at in range(1, page.max_column + 1)}
    for row in (3, 700, 1205):
        assert page.cell(row, column["使用单位"]).value == f"第{row - 3}小学<锅炉房>&"
        assert page.cell(row, column["地址"]).value == "=1+1"
        assert page.cell(row, column["地址"]).data_type == "s"
        assert page.cell(row, column["备注"]).value == "ab\n c "
        assert all(page.cell(row, at).border.bottom.style == "thin" for at in column.values())
    assert page.auto_filter.ref.endswith("1205") and page.print_title_rows == "$1:$2"
    read = open_book(tmp_path / "多.xlsx").sheets[0]
    assert len(read.rows) == 1205 and read.rows[1204][0] == "M-01202"


def test_a_cancelled_export_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    heard: list[float] = []

    def stop(share: float) -> None:
        heard.append(share)
        if share > 0.6:
            raise Cancelled("stop")

    for ending in (".xlsx", ".csv"):
        target = tmp_path / f"台账{ending}"
        target.write_text("earlier", "utf-8")
        with pytest.raises(Cancelled):
            export_records(
                Boiler.TYPE,
                _many(1500),
                target,
                ExportOptions(),
                stop if ending == ".xlsx" else _stop_at_once,
            )
        assert target.read_text("utf-8") == "earlier"
    assert len(list(tmp_path.iterdir())) == 2 and heard == sorted(heard) and len(heard) > 3


def _stop_at_once(_: float) -> None:
    raise Cancelled("stop")
