"""Files of map pictures: every format gives the ground it holds; damaged and wrong ones are named."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import picture_files
from app.domain.coordinates.zones import STORED, transform
from app.domain.imagery import Outlines, Pixels
from app.errors import Invalid
from app.exchange.imagery.opening import open_imagery, picture_parts
from app.exchange.imagery.pyramid import mercator_level, narrowed
from app.exchange.reasons import reason_of, said_by
from picture_files import BOX, colour_at

FORMATS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "mbtiles": ("底图.mbtiles", picture_files.mbtiles),
    "pmtiles": ("底图.pmtiles", picture_files.pmtiles),
    "folder": ("瓦片", picture_files.folder),
    "geopackage": ("底图.gpkg", picture_files.geopackage),
    "geotiff": ("底图.tif", picture_files.geotiff),
}
AT = (106.66, 35.54)


def piece_around(path: Path, lon: float, lat: float, metres: float = 400.0, per_px: float = 10.0) -> Pixels:
    """A small piece of a file's picture about a point."""
    imagery, _ = open_imagery(path, picture_parts(path)[0])
    try:
        x, y = transform(lon, lat, STORED, imagery.crs)
        found = imagery.piece(
            (float(x) - metres, float(y) - metres, float(x) + metres, float(y) + metres), per_px
        )
    finally:
        imagery.close()
    assert isinstance(found, Pixels)
    return found


def colour_in(found: Pixels, crs: str, lon: float, lat: float) -> np.ndarray:
    x, y = transform(lon, lat, STORED, crs)
    x0, y0, x1, y1 = found.extent
    height, width = found.rgba.shape[:2]
    return found.rgba[int((y1 - y) / (y1 - y0) * height), int((x - x0) / (x1 - x0) * width)]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_ground_it_holds(form: str, tmp_path: Path) -> None:
    name, make = FORMATS[form]
    path = make(tmp_path / name)
    imagery, facts = open_imagery(path, picture_parts(path)[0])
    imagery.close()
    shade = colour_in(piece_around(path, *AT), imagery.crs, *AT)
    assert shade[:3] == pytest.approx(colour_at(*AT), abs=2)
    assert shade[3] == 255
    assert facts.extent == pytest.approx(BOX, abs=0.03)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_tiles_of_three_formats(form: str, tmp_path: Path) -> None:
    path = picture_files.mbtiles(tmp_path / "a.mbtiles", form=form)
    assert colour_in(piece_around(path, *AT), "EPSG:3857", *AT)[:3] == pytest.approx(colour_at(*AT), abs=4)


@pytest.mark.parametrize("damage", ["cut", "noise", "empty"])
@pytest.mark.parametrize("form", [name for name in FORMATS if name != "folder"])
def test_damaged_files_are_named(form: str, damage: str, tmp_path: Path) -> None:
    name, make = FORMATS[form]
    path = make(tmp_path / name)
    whole = path.read_bytes()
    noise = np.random.default_rng(3).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    path.write_bytes({"cut": whole[:90], "noise": noise, "empty": b""}[damage])
    if not picture_parts(path):
        return  # without a readable table of tiles it is offered as a file of features, and refused there
    with pytest.raises(Invalid) as caught:
        _shown(path)
    assert path.name in caught.value.message


def _shown(path: Path) -> None:
    imagery, _ = open_imagery(path, picture_parts(path)[0])
    imagery.piece((-2e7, -2e7, 2e7, 2e7), 1e5)


def test_what_a_library_said_is_told_in_the_users_words_and_kept_for_those_who_ask(tmp_path: Path) -> None:
    path = tmp_path / "底图.mbtiles"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(Invalid) as refused:
        open_imagery(path)
    said = refused.value.message.replace(path.name, "")
    assert "文件格式与扩展名不符" in said and not re.search("[a-z]", said)
    assert refused.value.details == ["DatabaseError: file is not a database"]
    whole = picture_files.mbtiles(tmp_path / "坏.mbtiles")
    blob = bytearray(whole.read_bytes())
    blob[4096:] = os.urandom(len(blob) - 4096)
    whole.write_bytes(bytes(blob))
    assert "内容已损坏" in _refusal(whole)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("database disk image is malformed", "内容已损坏"),
        ("no such table: tiles", "缺少这类文件应有的数据表"),
        ("'/a/b.shp' not recognized as being in a supported file format.", "文件格式与扩展名不符"),
        ("Expected '=' after a key (at line 3, column 7)", "第 3 行第 7 个字符"),
        ("disk I/O error", "读取出错"),
        ("Something nobody foresaw", "其中的内容无法读取"),
    ],
)
def test_reasons_are_chinese(said: str, words: str) -> None:
    assert words in reason_of(ValueError(said))
    assert said in said_by(ValueError(said))[0]


def test_a_file_cut_anywhere_is_refused_and_says_how_much_is_there(tmp_path: Path) -> None:
    path = picture_files.pmtiles(tmp_path / "a.pmtiles")
    whole = path.read_bytes()
    for size in (*range(200, 4000, 177), len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(Invalid, match=r"a\.pmtiles"):
            open_imagery(path)
    assert f"{len(whole) - 1:,}" in _refusal(path) and f"{len(whole):,}" in _refusal(path)
    picture = picture_files.geotiff(tmp_path / "影像.tif", "EPSG:3857", tiled=True)
    os.truncate(picture, picture.stat().st_size - 100)
    assert "影像.tif" in _refusal(picture) and f"{picture.stat().st_size:,}" in _refusal(picture)


def test_a_pmtiles_file_that_goes_while_it_is_shown_has_no_more_tiles(tmp_path: Path) -> None:
    path = picture_files.pmtiles(tmp_path / "a.pmtiles")
    imagery, _ = open_imagery(path)
    os.truncate(path, 0)  # as a stick that is pulled out; mapped memory would end the program here
    x, y = (float(value) for value in transform(*AT, STORED, imagery.crs))
    assert imagery.piece((x, y, x + 100, y + 100), 10.0) is None
    imagery.close()


def test_a_folder_without_a_tile_is_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "瓦片" / "3").mkdir(parents=True)
    assert picture_parts(tmp_path / "瓦片") == [""]
    assert "瓦片" in _refusal(tmp_path / "瓦片")


def _refusal(path: Path) -> str:
    with pytest.raises(Invalid) as refused:
        open_imagery(path)
    return refused.value.message


def test_a_damaged_tile_is_a_missing_one_and_a_coarser_stands_in(tmp_path: Path) -> None:
    path = picture_files.mbtiles(tmp_path / "a.mbtiles")
    link = sqlite3.connect(path)
    link.execute("UPDATE tiles SET tile_data = substr(tile_data, 1, 40) WHERE zoom_level = 14")
    link.execute("DELETE FROM tiles WHERE zoom_level = 13")
    link.commit()
    link.close()
    shade = colour_in(piece_around(path, *AT, per_px=9.0), "EPSG:3857", *AT)
    assert shade[:3] == pytest.approx(colour_at(*AT), abs=4)


def test_a_geotiff_spoilt_in_the_middle_is_named_when_that_part_is_drawn(tmp_path: Path) -> None:
    path = picture_files.spoilt(picture_files.geotiff(tmp_path / "影像.tif", "EPSG:3857"))
    with pytest.raises(Invalid, match="影像"):
        piece_around(path, AT[0], BOX[1] + 0.01)


def test_too_far_out_for_the_coarsest_level_there_is_nothing(tmp_path: Path) -> None:
    imagery, _ = open_imagery(picture_files.mbtiles(tmp_path / "a.mbtiles", finest=10))
    assert imagery.piece((-2e7, -2e7, 2e7, 2e7), 1e5) is None
    imagery.close()


def test_where_no_tile_is_there_is_nothing(tmp_path: Path) -> None:
    imagery, _ = open_imagery(picture_files.mbtiles(tmp_path / "a.mbtiles"))
    assert imagery.piece((0.0, 0.0, 5000.0, 5000.0), 10.0) is None
    assert imagery.piece((-9e9, -9e9, -8e9, -8e9), 10.0) is None
    imagery.close()


def test_far_out_the_coarsest_level_is_taken_and_near_the_finest(tmp_path: Path) -> None:
    path = picture_files.mbtiles(tmp_path / "a.mbtiles")
    near, far = piece_around(path, *AT, per_px=0.5), piece_around(path, *AT, per_px=500.0)
    size = [(found.extent[2] - found.extent[0]) / found.rgba.shape[1] for found in (near, far)]
    assert size == pytest.approx([9.55, 152.9], rel=0.01)


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("DELETE FROM tiles", "底图.mbtiles"),
        ("DROP TABLE tiles", "底图.mbtiles"),
        ("DROP TABLE metadata", "底图.mbtiles"),
        ("UPDATE metadata SET value = 'tiff' WHERE name = 'format'", "tiff"),
        ("INSERT INTO metadata VALUES ('attribution', '© Baidu')", "BD-09"),
    ],
)
def test_wrong_mbtiles_are_named(sql: str, word: str, tmp_path: Path) -> None:
    path = picture_files.mbtiles(tmp_path / "底图.mbtiles", finest=11)
    link = sqlite3.connect(path)
    link.execute(sql)
    link.commit()
    link.close()
    with pytest.raises(Invalid) as caught:
        open_imagery(path)
    assert word in caught.value.message


@pytest.mark.parametrize(
    "tile",
    ["hello", b"", b"\x89PNG\r\n\x1a\n" + b"x" * 500, b"\x1f\x8b" + b"x" * 90],
    ids=["text", "empty", "png", "gzip"],
)
@pytest.mark.parametrize("form", ["png", "pbf", "folder", "pmtiles", "geopackage"])
def test_a_file_none_of_whose_tiles_can_be_read_is_refused(
    form: str, tile: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = tile.encode() if isinstance(tile, str) and form in ("folder", "pmtiles") else tile
    if form == "pmtiles" and not blob:
        return  # its writer knows no empty tile
    monkeypatch.setattr(picture_files, "tile", lambda *_, **__: blob)
    name, make = FORMATS.get(form, FORMATS["mbtiles"])
    path = make(tmp_path / name)
    if form == "pbf":
        with closing(sqlite3.connect(path)) as link:
            link.execute("UPDATE metadata SET value = 'pbf' WHERE name = 'format'")
            link.commit()
    with pytest.raises(Invalid, match="没有一张是能读取的影像") as refused:
        open_imagery(path, picture_parts(path)[0])
    assert path.name in refused.value.message


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE gpkg_tile_matrix_set SET min_x = 'west'",
        "UPDATE gpkg_tile_matrix SET matrix_width = 'wide'",
        "UPDATE gpkg_spatial_ref_sys SET organization_coordsys_id = 'none'",
    ],
)
def test_words_where_numbers_belong_in_a_geopackage_are_named(sql: str, tmp_path: Path) -> None:
    path = picture_files.geopackage(tmp_path / "底图.gpkg")
    with closing(sqlite3.connect(path)) as link:
        link.execute(sql)
        link.commit()
    with pytest.raises(Invalid) as refused:
        open_imagery(path, "影像")
    assert "底图.gpkg" in refused.value.message


def test_a_file_without_bounds_or_format_is_still_read(tmp_path: Path) -> None:
    path = picture_files.mbtiles(tmp_path / "a.mbtiles", finest=11, bounds="x,y")
    link = sqlite3.connect(path)
    link.execute("DELETE FROM metadata WHERE name = 'format'")
    link.commit()
    link.close()
    imagery, facts = open_imagery(path)
    imagery.close()
    assert facts.extent == pytest.approx(BOX, abs=0.2)  # by its tiles: one of level 11 is 0.18° wide
    assert not facts.seems_shifted


def test_a_finer_level_of_one_town_does_not_hide_the_rest() -> None:
    levels = [mercator_level(number) for number in (8, 9, 12)]
    county, town = (200, 203, 100, 103), (3230, 3231, 1630, 1631)
    whole = narrowed([(levels[0], county), (levels[1], (401, 406, 201, 206)), (levels[2], town)])
    assert whole == levels[1].extent(401, 407, 201, 207)
    assert narrowed([(levels[2], town)]) == levels[2].extent(3230, 3232, 1630, 1632)
    assert narrowed([]) is None


def test_words_that_point_to_gcj_are_seen(tmp_path: Path) -> None:
    path = picture_files.mbtiles(tmp_path / "a.mbtiles", finest=10, attribution="© amap.com")
    imagery, facts = open_imagery(path)
    imagery.close()
    assert facts.seems_shifted


def test_the_file_is_not_written_and_may_lie_where_nobody_can_write(tmp_path: Path) -> None:
    path = picture_files.mbtiles(tmp_path / "a.mbtiles", finest=11)
    before = path.read_bytes()
    piece_around(path, *AT)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["a.mbtiles"]


# ---- GeoTIFF


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:4545", "EPSG:4524"])
def test_geotiff_in_any_system(crs: str, tmp_path: Path) -> None:
    path = picture_files.geotiff(tmp_path / "a.tif", crs)
    metres = 400.0 if crs != "EPSG:4326" else 0.004
    found = piece_around(path, *AT, metres=metres, per_px=metres / 40)
    assert colour_in(found, crs, *AT)[:3] == pytest.approx(colour_at(*AT), abs=3)


def test_geotiff_without_a_system_says_so_and_takes_the_one_given(tmp_path: Path) -> None:
    path = picture_files.geotiff(tmp_path / "a.tif", stated=False)
    imagery, facts = open_imagery(path)
    imagery.close()
    assert facts.crs == "" and facts.extent is None
    imagery, facts = open_imagery(path, crs="EPSG:4545")
    imagery.close()
    assert facts.extent == pytest.approx(BOX, abs=0.002)
    with pytest.raises(Invalid, match="EPSG:2380"):
        open_imagery(path, crs="EPSG:2380")


def test_pictures_without_a_place_and_turned_ones_are_refused(tmp_path: Path) -> None:
    from rasterio.transform import Affine

    turned = picture_files.geotiff(tmp_path / "斜.tif", transform=Affine(1, 0.5, 3e5, 0.5, -1, 3.9e6))
    with pytest.raises(Invalid, match="斜"):
        open_imagery(turned)
    with pytest.warns(match="no geotransform"):
        plain = picture_files.geotiff(tmp_path / "无.tif", stated=False, transform=Affine.identity())
    with pytest.raises(Invalid, match="无"):
        open_imagery(plain)


def test_sixteen_bits_are_stretched_and_no_value_is_clear(tmp_path: Path) -> None:
    import rasterio
    from rasterio.transform import Affine

    path = tmp_path / "高程.tif"
    heights = np.tile(np.linspace(1000, 2000, 200), (200, 1)).astype(np.float32)
    heights[:100] = -9999
    place = {"crs": "EPSG:4545", "transform": Affine(10, 0, 378000, 0, -10, 3935000), "nodata": -9999}
    profile = {"driver": "GTiff", "width": 200, "height": 200, "count": 1, "dtype": "float32", **place}
    with rasterio.open(path, "w", **profile) as file:
        file.write(heights, 1)
    imagery, _ = open_imagery(path)
    found = imagery.piece((378000, 3933000, 380000, 3935000), 10.0)
    imagery.close()
    assert isinstance(found, Pixels)
    assert (found.rgba[:100, :, 3] == 0).all()
    assert found.rgba[150, 5, 0] < 10 and found.rgba[150, 195, 0] > 245


# ---- vector tiles


def test_vector_tiles_are_outlines_by_kind(tmp_path: Path) -> None:
    import geopandas
    import pyogrio
    import shapely

    path = tmp_path / "矢量.mbtiles"
    lake = geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.box(*BOX)], crs="EPSG:4326").to_crs(
        "EPSG:3857"
    )
    pyogrio.write_dataframe(
        lake, path, layer="water", driver="MBTiles", dataset_options={"MINZOOM": 8, "MAXZOOM": 12}
    )
    imagery, facts = open_imagery(path)
    x, y = (float(value) for value in transform(*AT, STORED, "EPSG:3857"))
    found = imagery.piece((x - 9000, y - 9000, x + 9000, y + 9000), 40.0)
    imagery.close()
    assert isinstance(found, Outlines)
    assert facts.levels == (8, 12)
    lon, lat = transform(
        *np.asarray(shapely.total_bounds(found.by_kind["water"])).reshape(2, 2).T, "EPSG:3857", STORED
    )
    assert [*lon, *lat] == pytest.approx([BOX[0], BOX[2], BOX[1], BOX[3]], abs=2e-4)
