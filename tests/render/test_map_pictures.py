"""Base map pictures on the map: each place gets its own colour, in any system, shifted or not, on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QImage

import picture_files
from app.actions.map_layers import MapLayers
from app.carto.basemap import with_base
from app.carto.compose import Look, display_list
from app.carto.display import Raster, Shapes
from app.carto.mapbook import TILES, AddedLayer
from app.carto.pictures import picture_ops
from app.carto.projection import to_degrees
from app.carto.view import MapView
from app.render import raster as rasters
from app.render.image import paint_to_image
from app.render.pdf import write_pdf
from app.render.raster import bent, dots_of
from map_cases import MemorySource
from picture_files import BOX, colour_at

CITY = "tm:106.5"
INNER = (106.64, 35.52, 106.68, 35.56)


@pytest.fixture
def maps(tmp_path: Path) -> MapLayers:
    """The layers of a map beside which the pictures lie."""
    return MapLayers(tmp_path / "w.gpkg")


def _laid(maps: MapLayers, path: Path, crs: str = "EPSG:4490", part: str = "") -> Any:
    maps.book = maps.book.adding(AddedLayer("", "底图", TILES, maps.naming(path), crs, part))
    return with_base(MemorySource({}), maps)


def _pixels(image: QImage) -> np.ndarray[Any, Any]:
    made = image.convertToFormat(QImage.Format.Format_RGBA8888)
    flat = np.frombuffer(made.constBits(), dtype=np.uint8).reshape(made.height(), made.bytesPerLine() // 4, 4)
    return flat[:, : made.width()].copy()


def _expected(view: MapView) -> np.ndarray[Any, Any]:
    """The colour of the middle of every pixel of a view, worked out exactly."""
    width, height = view.size_px
    xs, ys = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    ground = view.from_mm(np.column_stack([xs.ravel(), ys.ravel()]) / view.px_per_mm)
    lon, lat = to_degrees(ground, view.crs).T
    return colour_at(lon, lat).reshape(height, width, 3)


def _painted(maps: MapLayers, source: Any, view: MapView) -> np.ndarray[Any, Any]:
    theme = maps.book.theme("sources").without("places")
    finished = display_list(theme, source, view, Look(labels=False))
    assert not maps.faults
    return _pixels(paint_to_image(finished, view))[..., :3].astype(float)


def _off(found: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> float:
    """The mean difference of red and green; a level is 29 m to the east and 35 m to the north here."""
    return float(np.abs(found[..., :2] - wanted[..., :2]).mean())


@pytest.mark.parametrize("crs", [CITY, "EPSG:4545", "EPSG:4544", "EPSG:3857"])
def test_tiles_lie_where_they_belong_in_any_system(maps: MapLayers, tmp_path: Path, crs: str) -> None:
    source = _laid(maps, picture_files.mbtiles(tmp_path / "a.mbtiles"))
    view = MapView.of_degrees(INNER, (640, 480), crs)
    assert _off(_painted(maps, source, view), _expected(view)) < 0.6


def test_amap_tiles_are_shifted_back_and_would_else_be_400_m_off(maps: MapLayers, tmp_path: Path) -> None:
    path = picture_files.mbtiles(tmp_path / "a.mbtiles", attribution="amap")
    source = _laid(maps, path, "gcj02")
    view = MapView.of_degrees(INNER, (640, 480), CITY)
    assert _off(_painted(maps, source, view), _expected(view)) < 0.6
    maps.forget("a1")
    maps.book = maps.book.without_layer("a1")
    source = _laid(maps, path)
    assert _off(_painted(maps, source, view), _expected(view)) > 5


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4545", "EPSG:3857"])
def test_geotiff_lies_where_it_belongs(maps: MapLayers, tmp_path: Path, crs: str) -> None:
    source = _laid(maps, picture_files.geotiff(tmp_path / "a.tif", crs))
    view = MapView.of_degrees(INNER, (640, 480), CITY)
    assert _off(_painted(maps, source, view), _expected(view)) < 1.0


def test_a_turned_mesh_has_no_seams(maps: MapLayers, tmp_path: Path) -> None:
    source = _laid(maps, picture_files.mbtiles(tmp_path / "a.mbtiles"))
    view = MapView.of_degrees(INNER, (1366, 768), "tm:120")  # far from its meridian the grid is turned by 8°
    found = _painted(maps, source, view)
    step = np.abs(np.diff(found[..., 0], axis=1)).max(), np.abs(np.diff(found[..., 1], axis=0)).max()
    assert max(step) < 6


def test_opacity_and_scales_hold_for_pictures(maps: MapLayers, tmp_path: Path) -> None:
    source = _laid(maps, picture_files.mbtiles(tmp_path / "a.mbtiles"))
    view = MapView.of_degrees(INNER, (200, 200), CITY)
    arranged = maps.book.arrangement("sources").changed("a1", {"opacity": 0.5, "scales": [0.0, 1e6]})
    maps.book = maps.book.arranging("sources", arranged)
    half = _painted(maps, source, view)
    ground = np.array([255.0, 255.0, 255.0])
    assert half[..., 2].mean() == pytest.approx((128 + ground[2]) / 2, abs=12)
    maps.book = maps.book.arranging("sources", arranged.changed("a1", {"scales": [0.0, 1000.0]}))
    assert _painted(maps, source, view)[..., 2].mean() > 225


def test_a_picture_that_breaks_while_it_is_shown_is_named_and_left_out(
    maps: MapLayers, tmp_path: Path
) -> None:
    path = picture_files.spoilt(picture_files.geotiff(tmp_path / "影像.tif", "EPSG:3857"))
    source = _laid(maps, path)
    theme = maps.book.theme("sources")
    view = MapView.of_degrees((106.62, 35.50, 106.70, 35.52), (200, 100), CITY)
    finished = display_list(theme, source, view, Look(labels=False))
    assert not any(isinstance(op, Raster) for op in finished.ops)
    assert "影像.tif" in maps.faults["a1"].message


def test_views_around_the_world_and_outside_a_system_do_no_harm(maps: MapLayers, tmp_path: Path) -> None:
    source = _laid(maps, picture_files.mbtiles(tmp_path / "a.mbtiles"))
    layer = maps.book.theme("sources").layer("a1")
    assert layer is not None
    colours = maps.book.theme("sources").colours
    for centre, scale in (((500000.0, 3.9e6), 5e7), ((5e8, 5e8), 1e5), ((500000.0, -3e6), 1e5)):
        view = MapView.on_paper(centre, scale, (300.0, 200.0), CITY)
        assert picture_ops(layer, source, view, colours) == ()


def test_paper_gets_the_same_picture(maps: MapLayers, tmp_path: Path) -> None:
    from pypdf import PdfReader

    from app.printing.page import Page

    source = _laid(maps, picture_files.mbtiles(tmp_path / "a.mbtiles"))
    view = MapView.of_degrees(INNER, (640, 480), CITY)
    finished = display_list(maps.book.theme("sources"), source, view, Look(labels=False, dots=200.0))
    raster = next(op for op in finished.ops if isinstance(op, Raster))
    path = tmp_path / "a.pdf"
    write_pdf([Page(view.width_mm, view.height_mm, finished.ops)], path)
    held = PdfReader(path).pages[0].images
    assert max(image.image.width for image in held if image.image) > 900
    assert _off(_pixels(bent(raster, view.size_px)).astype(float), _expected(view)) < 0.6


def test_a_large_sheet_holds_its_picture_once_and_in_strips(
    maps: MapLayers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dots_of(297.0, 420.0, 1200 / 25.4) == (3508, 4961)  # A3 as sharp as paper shows it
    wide, high = dots_of(1189.0, 841.0, 1200 / 25.4)
    assert wide * high == pytest.approx(36e6, rel=1e-3) and wide / 1189.0 * 25.4 > 150
    source = _laid(maps, picture_files.mbtiles(tmp_path / "a.mbtiles"))
    view = MapView.of_degrees(INNER, (640, 480), CITY)
    finished = display_list(maps.book.theme("sources"), source, view, Look(labels=False))
    raster = next(op for op in finished.ops if isinstance(op, Raster))
    whole, plain = bent(raster, view.size_px), bent(raster, view.size_px, premultiplied=False)
    monkeypatch.setattr(rasters, "_STRIP_PX", 1)
    assert bent(raster, view.size_px) == whole
    assert (_pixels(plain) == _pixels(whole)).all()


def test_vector_tiles_are_drawn_plainly(maps: MapLayers, tmp_path: Path) -> None:
    import geopandas
    import pyogrio
    import shapely

    path = tmp_path / "矢量.mbtiles"
    lake = geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.box(*INNER)], crs="EPSG:4326")
    options = {"MINZOOM": 8, "MAXZOOM": 12}
    pyogrio.write_dataframe(
        lake.to_crs("EPSG:3857"), path, layer="water", driver="MBTiles", dataset_options=options
    )
    source = _laid(maps, path)
    layer = maps.book.theme("sources").layer("a1")
    assert layer is not None
    view = MapView.of_degrees(BOX, (400, 400), CITY)
    ops = picture_ops(layer, source, view, maps.book.theme("sources").colours)
    fills = {op.fill.colour for op in ops if isinstance(op, Shapes) and op.fill}
    assert fills == {maps.book.theme("sources").colours["water"]}
    xs = np.concatenate([op.xy[:, 0] for op in ops if isinstance(op, Shapes)])
    assert xs.min() * view.px_per_mm == pytest.approx(view.px_of(INNER[0], 35.54)[0], abs=2.0)
    assert xs.max() * view.px_per_mm == pytest.approx(view.px_of(INNER[2], 35.54)[0], abs=2.0)
