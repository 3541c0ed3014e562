"""Files laid over the map: every format is shown where it belongs, damaged ones are refused by name."""

from __future__ import annotations

import multiprocessing
import os
import struct
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import geopandas
import numpy as np
import pytest
import shapely

import picture_files
from app.actions.map_layers import MapLayers, features_of, offered_layers
from app.carto.mapbook import FEATURES, TILES, AddedLayer
from app.domain.coordinates.gcj import to_gcj02
from app.errors import Cancelled, Invalid, StoreFailure
from app.exchange import apart, spatial, workbook

AT = (106.66, 35.54)


def _frame(crs: str = "EPSG:4326") -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(*AT)], crs="EPSG:4326").to_crs(
        crs
    )


def _shp(path: Path) -> Path:
    _frame("EPSG:4545").to_file(path.with_suffix(".shp"), encoding="gb18030")
    return path.with_suffix(".shp")


def _geojson(path: Path) -> Path:
    _frame().to_file(path.with_suffix(".geojson"))
    return path.with_suffix(".geojson")


def _gpkg(path: Path) -> Path:
    _frame("EPSG:4490").to_file(path.with_suffix(".gpkg"), layer="点位")
    return path.with_suffix(".gpkg")


def _kml(path: Path) -> Path:
    _frame().to_file(path.with_suffix(".kml"), driver="KML")
    return path.with_suffix(".kml")


def _kmz(path: Path) -> Path:
    with ZipFile(path.with_suffix(".kmz"), "w") as package:
        package.write(_kml(path), "doc.kml")
    return path.with_suffix(".kmz")


def _gpx(path: Path) -> Path:
    _frame().to_file(path.with_suffix(".gpx"), driver="GPX", layer="waypoints")
    return path.with_suffix(".gpx")


def _dxf(path: Path) -> Path:
    geopandas.GeoDataFrame(geometry=list(_frame("EPSG:4545").geometry), crs="EPSG:4545").to_file(
        path.with_suffix(".dxf"), driver="DXF"
    )
    return path.with_suffix(".dxf")


def _zip(path: Path) -> Path:
    shape = _shp(path)
    with ZipFile(path.with_suffix(".zip"), "w") as package:
        for part in path.parent.glob(f"{path.name}.*"):
            if part.suffix != ".zip":
                package.write(part, part.name)
    assert shape.exists()
    return path.with_suffix(".zip")


FORMATS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "shp": (_shp, "EPSG:4545"), "geojson": (_geojson, "EPSG:4326"), "gpkg": (_gpkg, "EPSG:4490"),
    "kml": (_kml, "EPSG:4326"), "kmz": (_kmz, "EPSG:4326"), "gpx": (_gpx, "EPSG:4326"), "dxf": (_dxf, ""),
    "zip": (_zip, "EPSG:4545"),
}  # fmt: skip


def _layer(part: str, crs: str) -> AddedLayer:
    return AddedLayer("a1", "甲", FEATURES, "", crs, part)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_lies_where_it_belongs(form: str, tmp_path: Path) -> None:
    make, stated = FORMATS[form]
    path = make(tmp_path / "点位")
    offer = offered_layers(path)[0]
    assert (offer.crs, offer.count) == (stated, 1)
    found = features_of(path, _layer(offer.part, stated or "EPSG:4545"))
    assert shapely.get_coordinates(found.geometry)[0] == pytest.approx(AT, abs=1e-7)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("damage", ["cut", "noise", "empty"])
def test_damaged_files_are_refused_by_name(form: str, damage: str, tmp_path: Path) -> None:
    path = FORMATS[form][0](tmp_path / "点位")
    whole = path.read_bytes()
    noise = bytes(np.random.default_rng(7).integers(0, 256, len(whole), dtype=np.uint8))
    path.write_bytes({"cut": whole[: len(whole) // 3], "noise": noise, "empty": b""}[damage])
    with pytest.raises(Invalid) as caught:
        offered_layers(path)
    assert path.name in caught.value.message


def test_amap_coordinates_are_brought_back(tmp_path: Path) -> None:
    shifted = shapely.Point(*(float(value) for value in to_gcj02(*AT)))
    path = tmp_path / "高德.geojson"
    geopandas.GeoDataFrame({"a": [1]}, geometry=[shifted], crs="EPSG:4326").to_file(path)
    found = features_of(path, _layer("高德", "gcj02"))
    assert shapely.get_coordinates(found.geometry)[0] == pytest.approx(AT, abs=1e-8)


def test_an_old_datum_is_refused_rather_than_guessed(tmp_path: Path) -> None:
    path = _shp(tmp_path / "旧")
    with pytest.raises(Invalid, match="EPSG:2380"):
        features_of(path, _layer("旧", "EPSG:2380"))


def test_bad_places_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "坏.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","properties":{"n":1},"geometry":null},'
        '{"type":"Feature","properties":{"n":2},"geometry":{"type":"Polygon","coordinates":[]}},'
        '{"type":"Feature","properties":{"n":3},"geometry":{"type":"Point","coordinates":[1e308,35]}},'
        '{"type":"Feature","properties":{"n":4},"geometry":{"type":"LineString","coordinates":[[106,35],[107,36]]}},'
        '{"type":"Feature","properties":{"n":5},"geometry":{"type":"LineString","coordinates":[[106,35]]}},'
        '{"type":"Feature","properties":{"n":6},"geometry":{"type":"Point","coordinates":[NaN,35]}}'
        "]}",
        "utf-8",
    )
    found = features_of(path, _layer(offered_layers(path)[0].part, "EPSG:4326"))
    assert list(found.column("n")) == [1, 2, 3, 4, 5, 6]
    assert found.geometry[4] is None  # a line of one point, which GEOS does not make


def test_files_are_remembered_from_the_workspace_and_read_after_it_moved(tmp_path: Path) -> None:
    home = tmp_path / "甲"
    (home / "图").mkdir(parents=True)
    path = _geojson(home / "图" / "点位")
    maps = MapLayers(home / "w.gpkg")
    maps.book = maps.book.adding(_layer("点位", "EPSG:4326").at(maps.naming(path)))
    maps.keep()
    home.rename(tmp_path / "乙")
    again = MapLayers(tmp_path / "乙" / "w.gpkg")
    assert again.book.added[0].path == "图/点位.geojson"
    again.load_missing()
    assert not again.faults
    assert len(again.columns("features.a1", ["name"], None)) == 1
    assert len(again.columns("features.a1", ["name"], (0, 0, 1, 1))) == 0
    assert Path(maps.naming(tmp_path / "别处.shp")).is_absolute()


def test_a_folder_that_cannot_be_written_is_said_and_the_map_still_holds(tmp_path: Path) -> None:
    maps = MapLayers(tmp_path / "gone" / "w.gpkg")
    maps.book = maps.book.choosing("boiler", "cells")
    with pytest.raises(StoreFailure):
        maps.keep()
    assert maps.book.chosen == {"boiler": "cells"}


def test_a_workspace_that_is_only_read_keeps_nothing(tmp_path: Path) -> None:
    maps = MapLayers(tmp_path / "w.gpkg", read_only=True)
    maps.keep()
    assert not maps.file.exists()


def test_what_is_read_late_of_a_layer_that_was_put_elsewhere_is_left_out(tmp_path: Path) -> None:
    maps = MapLayers(tmp_path / "w.gpkg")
    maps.book = maps.book.adding(_layer("x", "EPSG:4490").at(_geojson(tmp_path / "旧").name))
    old = maps.book.added[0]
    maps.book = maps.book.replacing(old.at("新.geojson"))
    maps.load(old)  # begun before it was put elsewhere
    assert maps.loaded(old.id) is None
    assert not maps.faults


def test_a_picture_opened_late_of_a_layer_that_was_removed_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = MapLayers(tmp_path / "w.gpkg")
    path = picture_files.mbtiles(tmp_path / "底图.mbtiles")
    maps.book = maps.book.adding(replace(_layer("", "EPSG:4490"), kind=TILES).at(path.name))
    (layer,) = maps.book.added
    opened = maps._opened

    def slowly(wanted: AddedLayer) -> Any:
        found = opened(wanted)
        maps.book = maps.book.without_layer(wanted.id)  # the window takes it off the map meanwhile
        return found

    monkeypatch.setattr(maps, "_opened", slowly)
    assert maps.imagery(layer.entity) is None
    assert not maps._pictures


def test_a_picture_that_was_never_drawn_says_where_it_lies(tmp_path: Path) -> None:
    picture_files.folder(tmp_path / "瓦片")
    maps = MapLayers(tmp_path / "a.gpkg")
    maps.book = maps.book.adding(AddedLayer("", "瓦片", "tiles", "瓦片", "EPSG:4490"))
    assert maps.picture_extent("a1") == pytest.approx(picture_files.BOX, abs=0.03)
    assert maps.credit("a1") == "瓦片"  # a folder names nobody
    assert maps.picture_extent("a2") is None and maps.credit("a2") == ""
    maps.close()


def test_features_without_a_place_are_counted_and_hide_no_others(tmp_path: Path) -> None:
    """As another program may have written them: no number, infinite, absurd, empty, none."""
    odd = [
        shapely.Point(float("inf"), 35.5), shapely.Point(1e308, 35.5), shapely.Point(float("nan"), 35.5),
        shapely.Polygon(), None,
    ]  # fmt: skip
    path = tmp_path / "坏坐标.gpkg"
    geopandas.GeoDataFrame(geometry=[shapely.Point(*AT), *odd], crs="EPSG:4490").to_file(path)
    found = offered_layers(path)[0]
    assert (found.count, found.placeless) == (6, 5)
    assert found.extent == pytest.approx((*AT, *AT))
    geopandas.GeoDataFrame(geometry=odd, crs="EPSG:4490").to_file(tmp_path / "无.gpkg")
    with pytest.raises(Invalid) as refused:
        offered_layers(tmp_path / "无.gpkg")
    assert refused.value.code == "no_places"


def test_a_long_file_is_read_in_another_process_and_comes_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [shapely.Point(106.6 + n / 10_000, 35.5) if n != 4 else None for n in range(2_500)]
    frame = geopandas.GeoDataFrame(
        {"名称": [f"第{n}" for n in range(2_500)], "量": np.arange(2_500.0)}, geometry=places, crs="EPSG:4326"
    )
    path = tmp_path / "长.kml"
    frame.to_file(path, driver="KML", layer="长")
    layer = _layer("长", "gcj02")
    here = features_of(path, layer)
    book = spatial.read_spatial(path)
    monkeypatch.setattr(apart, "LONG_BYTES", 1)
    monkeypatch.setattr(spatial, "readable_kml", None)  # of this process: whoever reads here now, fails
    shares: list[float] = []
    there = features_of(path, layer, shares.append)
    assert list(there.values) == list(here.values) and "名称" in here.values
    assert all(there.values[name].tolist() == here.values[name].tolist() for name in here.values)
    assert there.uids == here.uids and there.geometry[4] is None
    assert there.geometry.tolist() == here.geometry.tolist()
    assert shares == sorted(shares) and shares[0] < 0.9 < shares[-1] <= 1.0
    again = workbook.open_book(path)
    assert replace(again, sheets=()) == replace(book, sheets=())
    assert [[list(row) for row in sheet.rows] for sheet in again.sheets] == [book.sheets[0].rows]
    assert again.sheets[0].geometries == book.sheets[0].geometries
    assert not multiprocessing.active_children()


def test_a_reading_process_is_ended_when_nobody_waits_and_its_end_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _geojson(tmp_path / "长")
    monkeypatch.setattr(apart, "LONG_BYTES", 1)

    def stop(_: float) -> None:
        raise Cancelled("stop")

    def kill(_: float) -> None:
        for process in multiprocessing.active_children():
            process.kill()

    with pytest.raises(Cancelled):
        offered_layers(path, stop)
    assert not multiprocessing.active_children()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(Invalid, match=path.name) as refused:
        offered_layers(path, kill)
    assert refused.value.code == "unreadable_file"
    assert not list(tmp_path.glob("gridward-read-*")), "what the other process had for a while is gone"


def test_a_part_that_breaks_off_is_told_as_a_reading_that_broke_down(tmp_path: Path) -> None:
    here, there = multiprocessing.Pipe(duplex=False)
    os.write(there.fileno(), struct.pack("!i", 100) + b"half")  # killed while it sent
    there.close()
    with pytest.raises(Invalid) as refused:
        list(apart._received(here, tmp_path / "长.kml", lambda _: None))
    assert refused.value.code == "unreadable_file"
    here.close()


def test_a_file_is_as_long_as_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "县.tab").write_bytes(b"!table")
    assert not apart.is_long(tmp_path / "县.tab")
    (tmp_path / "县.dat").write_bytes(bytes(apart.LONG_BYTES + 1))
    assert apart.is_long(tmp_path / "县.tab")
