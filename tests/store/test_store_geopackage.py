"""The file is a valid GeoPackage that GDAL reads, edits and shows in Chinese."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from osgeo_utils.samples import validate_gpkg
from shapely.geometry import Point

from app.domain.entities.boiler import Boiler
from app.errors import StoreFailure
from app.store.geom import from_blob, from_blobs, to_blob
from app.store.workspace import Workspace
from store.records import CLERK, START, Desk, boiler, cell, foreign, village

SPATIAL = ["行政区划", "网格", "燃煤锅炉", "水源地", "取水口", "水源保护区", "建成区", "标绘"]


@pytest.fixture
def filled(file: Path) -> Path:
    """A closed workspace with a boiler, a cell and a village."""
    with Workspace.open(file) as workspace:
        Desk(workspace).add(boiler("PL-1", commissioned="2018-10"), cell("C1"), village("620802001001"))
    return file


def test_gdal_finds_nothing_to_complain_of(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = validate_gpkg.main(["validate_gpkg", "-k", "--extra", "--warning-as-error", str(filled)])
    assert (answer, capsys.readouterr().out) == (0, "")


def test_layers_have_chinese_names_and_system_tables_are_no_layers(filled: Path) -> None:
    layers = dict(pyogrio.list_layers(filled))
    assert [name for name, shape in layers.items() if shape] == SPATIAL
    assert all(ord(name[0]) > 0x2E80 for name in layers)
    assert "设置" not in layers


def test_every_layer_can_be_read(filled: Path) -> None:
    for name, _ in pyogrio.list_layers(filled):
        meta, _, _, _ = pyogrio.raw.read(filled, layer=name)
        assert meta["crs"] in ("EPSG:4490", None)
        assert "uid" in meta["fields"]
    frame = pyogrio.read_dataframe(filled, layer="燃煤锅炉")
    assert frame.loc[0, "ledger_no"] == "PL-1"
    assert frame.loc[0, "commissioned"] == "2018-10"
    assert frame.geometry[0] == Point(106.66, 35.54)
    assert pyogrio.read_info(filled, layer="网格")["total_bounds"] == pytest.approx(
        (106.6, 35.5, 106.61, 35.51), abs=1e-4
    )


def test_columns_and_codes_are_described_in_chinese(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        words = dict(
            connection.execute(
                "SELECT column_name, name FROM gpkg_data_columns WHERE table_name = '燃煤锅炉'"
            )
        )
        states = dict(
            connection.execute(
                "SELECT value, description FROM gpkg_data_column_constraints"
                " WHERE constraint_name = 'boiler.status'"
            )
        )
    assert set(words) == set(Boiler.TYPE.stored)
    assert words["rated_tph"] == "额定出力"
    assert states["cleared"] == "已销号"


def test_a_change_by_gdal_is_noted_and_the_index_follows(filled: Path) -> None:
    frame = pyogrio.read_dataframe(filled, layer="燃煤锅炉").iloc[:1].copy()
    frame["ledger_no"], frame["uid"] = "GDAL-1", None
    frame = frame.set_geometry([Point(107.0, 35.2)], crs="EPSG:4490")
    pyogrio.write_dataframe(frame, filled, layer="燃煤锅炉", append=True)
    with Workspace.open(filled) as workspace:
        (edit,) = workspace.external_changes()
        found = workspace.by_key(Boiler, "GDAL-1")
        assert found is not None
        assert edit.uid == found.uid
        assert workspace.columns(Boiler, [], (106.9, 35.1, 107.1, 35.3)).uids == [found.uid]
        assert workspace.check().ok
        assert workspace.seal(CLERK, "GDAL 追加", START) == 1


def test_a_layer_that_gdal_wrote_anew_is_refused_and_left(filled: Path) -> None:
    frame = pyogrio.read_dataframe(filled, layer="燃煤锅炉")
    pyogrio.write_dataframe(frame, filled, layer="燃煤锅炉")
    for read_only in (True, False):
        with pytest.raises(StoreFailure) as caught:
            Workspace.open(filled, read_only=read_only)
        assert caught.value.code == "damaged"
        assert "燃煤锅炉" in caught.value.message
    assert len(pyogrio.read_dataframe(filled, layer="燃煤锅炉")) == 1


def test_a_program_without_spatial_functions_cannot_write_unnoticed(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("UPDATE 燃煤锅炉 SET note = 'x'")


def test_triggers_call_nothing_of_ours(filled: Path) -> None:
    """QGIS brings the five ST_ functions of the spatial index; anything else of ours would break it there."""
    with closing(sqlite3.connect(filled)) as connection:
        known = {row[0].upper() for row in connection.execute("SELECT name FROM pragma_function_list")}
        written = " ".join(
            row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE type='trigger'")
        )
    import re

    called = {name.upper() for name in re.findall(r"\b([A-Za-z_]\w*)\(", written)}
    words = {"IN", "FROM", "VALUES", "AND", "OR", "NOT", "WHEN", "SELECT", "FID", "NEW", "RAISE"}
    spatial = {"ST_ISEMPTY", "ST_MINX", "ST_MAXX", "ST_MINY", "ST_MAXY"}
    assert called - known - words == spatial


def test_the_file_comes_back_in_wal_after_another_program_changed_that(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    Workspace.open(filled).close()
    with closing(sqlite3.connect(filled)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_foreign_blob_in_another_form_is_read(filled: Path) -> None:
    import struct

    big = b"GP\x00\x00" + struct.pack(">i", 4490) + shapely.to_wkb(Point(106.5, 35.1), byte_order=0)
    foreign(filled, "UPDATE 燃煤锅炉 SET geometry = ?", big)
    with Workspace.open(filled) as workspace:
        (found,) = workspace.find(Boiler)
        assert found.geometry == Point(106.5, 35.1)
        assert workspace.columns(Boiler, [], (106.4, 35.0, 106.6, 35.2)).geometry[0] == Point(106.5, 35.1)


def test_blobs_give_their_geometry_back_one_by_one_and_in_bulk() -> None:
    shapes = [Point(106.1, 35.2), cell("x").geometry, Point(-1.5, 0.0)]
    blobs = [to_blob(shape) for shape in shapes if shape is not None]
    assert [from_blob(blob) for blob in blobs] == shapes
    assert from_blobs([*blobs, None]).tolist() == [*shapes, None]
    assert from_blobs([blobs[0], blobs[2]]).tolist() == [shapes[0], shapes[2]]
    assert from_blobs([]).dtype == np.dtype(object)
    assert sys.byteorder == "little" or blobs
