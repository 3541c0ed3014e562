"""Many small areas at once: GDAL's pixels, the picture that paths make, nothing read outside an array."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from PySide6.QtGui import QImage, QPainter

from app.carto.display import Group, Markers, Mosaic
from app.carto.flat import COLOURS, GROUP, HAS_SCAN, NOT_DRAWN, FlatAreas
from app.carto.paper import Paper, Place
from app.carto.projected import area_rings
from app.carto.symbols import Fill, Line, Marker
from app.render.image import blank
from app.render.painter import paint_ops

ROOT = Path(__file__).resolve().parents[2]
GDAL = shutil.which("gdal_rasterize")
SIZE = (320, 200)
pytestmark = pytest.mark.usefixtures("qapp")


def flat_of(shapes: list[shapely.Geometry]) -> FlatAreas:
    geometry = np.array(shapes, dtype=object)
    rings = area_rings(geometry, np.arange(len(geometry)))
    found = FlatAreas.of_rings(rings.xy, rings.starts, rings.owner, len(geometry))
    assert found is not None
    return found


def messy(seed: int, count: int) -> list[shapely.Geometry]:
    """Cells, stars with many corners, holes, several parts, slivers; they overlap and leave the picture."""
    rng = np.random.default_rng(seed)
    made: list[shapely.Geometry] = []
    for x, y, size, kind in zip(
        rng.uniform(-20, 340, count),
        rng.uniform(-20, 220, count),
        rng.lognormal(0.7, 1.0, count),
        rng.integers(0, 5, count),
        strict=True,
    ):
        turn = np.linspace(0, 2 * np.pi, 4 if kind < 2 else 60, endpoint=False) + rng.uniform(0, 6)
        reach = size * (1.0 if kind < 2 else rng.uniform(0.4, 1.0, len(turn)))
        ring = shapely.polygons(np.column_stack([x + reach * np.cos(turn), y + reach * np.sin(turn)]))
        if kind == 3:
            ring = shapely.difference(
                ring, shapely.box(x - size / 6, y - size / 6, x + size / 6, y + size / 6)
            )
        if kind == 4:
            ring = shapely.multipolygons([ring, shapely.box(x + 2 * size, y, x + 3 * size, y + 0.4)])
        made.append(ring)
    return made


def as_float32(shapes: list[shapely.Geometry], flat: FlatAreas) -> list[shapely.Geometry]:
    """The shapes with the vertices the scan sees."""
    return [
        shapely.transform(item, lambda xy: (xy - flat.origin).astype(np.float32).astype(float))
        for item in shapes
    ]


PLACES = [(1.0, 1.0), (3.7, 0.37), (0.61, 9.3)]  # pixels a unit across and down


def place_of(flat: FlatAreas, sx: float, sy: float) -> tuple[float, float, float, float]:
    return (sx, SIZE[0] / 2 + 0.25, -sy, SIZE[1] / 2 - 0.3)


@pytest.mark.skipif(not GDAL and not os.environ.get("CI"), reason="gdal-bin comes with ./dev test")
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize(("across", "down"), PLACES)
def test_pixels_are_those_of_gdal(seed: int, across: float, down: float, tmp_path: Path) -> None:
    assert HAS_SCAN
    shapes = messy(seed, 700)
    flat = flat_of(shapes)
    classes = np.zeros(len(flat), dtype=np.uint8)
    place = place_of(flat, across, down)
    ours = flat.numbers(classes, place, SIZE)

    frame = geopandas.GeoDataFrame(
        {"number": np.arange(1, len(flat) + 1)}, geometry=as_float32(shapes, flat), crs="EPSG:4545"
    )
    frame.to_file(tmp_path / "areas.gpkg", engine="pyogrio")
    west, north = -place[1] / across, place[3] / down
    extent = (west, north - SIZE[1] / down, west + SIZE[0] / across, north)
    subprocess.run(
        [GDAL, "-q", "-a", "number", "-ot", "Int32", "-of", "ENVI", "-ts", *map(str, SIZE), "-te"]
        + [repr(float(value)) for value in extent]
        + [str(tmp_path / "areas.gpkg"), str(tmp_path / "out.img")],
        check=True,
    )
    theirs = np.fromfile(tmp_path / "out.img", dtype="<i4").reshape(SIZE[1], SIZE[0])
    assert len(np.unique(theirs)) > 30
    bad = [(int(r), int(c), int(ours[r, c]), int(theirs[r, c])) for r, c in np.argwhere(ours != theirs)]
    assert bad == []


def test_pixels_are_those_whose_middle_lies_inside() -> None:
    """The rule itself, told by GEOS."""
    shapes = messy(9, 60)
    flat = flat_of(shapes)
    place = place_of(flat, 1.3, 1.3)
    ours = flat.numbers(np.zeros(len(flat), dtype=np.uint8), place, SIZE)
    columns, rows = np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5)
    x, y = (columns - place[1]) / place[0], (rows - place[3]) / place[2]
    expected = np.zeros(ours.shape, dtype=np.int32)
    for number, area in enumerate(as_float32(shapes, flat)):
        expected[shapely.contains_xy(area, x, y)] = number + 1
    assert (expected > 0).mean() > 0.01
    assert np.array_equal(ours, expected)


def grid(side: int, size: float) -> list[shapely.Geometry]:
    return [
        shapely.box(x * size, y * size, (x + 1) * size, (y + 1) * size)
        for y in range(side)
        for x in range(side)
    ]


def painted(mosaic: Mosaic, *, as_paths: bool, group: Group | None = None) -> np.ndarray:
    image = blank(200, 200, 254.0)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    ops = mosaic.shapes() if as_paths else (mosaic,)
    if group:
        ops = (Group(ops, group.dx, group.dy, group.clip),)
    paint_ops(painter, ops, 10.0)
    painter.end()
    held = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(held.constBits(), np.uint8).reshape(200, 200, 4)[:, :, :3].astype(int)


def mosaic_of(side: int = 30, size: float = 0.6, line: Line | None = None) -> Mosaic:
    flat = flat_of(grid(side, size))
    classes = (np.arange(len(flat)) % 3).astype(np.uint8)
    looks = tuple((Fill(colour, 0.8), line) for colour in ("#2c7bb6", "#fee08b", "#d7191c"))
    return Mosaic(flat, classes, looks, left=-1.03, top=19.02, unit=1.0)


@pytest.mark.parametrize("line", [None, Line("#555555", 0.04)])
@pytest.mark.parametrize("group", [None, Group((), 1.5, -2.0, (3.0, 3.0, 11.0, 9.0))])
def test_the_scan_paints_what_paths_paint(line: Line | None, group: Group | None) -> None:
    mosaic = mosaic_of(line=line)
    by_scan, by_paths = (
        painted(mosaic, as_paths=False, group=group),
        painted(mosaic, as_paths=True, group=group),
    )
    inside = (by_paths < 250).any(axis=2)
    assert 0.2 < inside.mean() < 0.95
    if line is None:  # only pixels on a border differ, by how samples are counted
        assert (np.abs(by_scan - by_paths).max(axis=2) <= 1).mean() > 0.6
    blurred = np.abs(_blurred(by_scan) - _blurred(by_paths))
    assert blurred.max() < 24


def _blurred(picture: np.ndarray) -> np.ndarray:
    """Squares of ten pixels as the eye sees them together."""
    return picture.reshape(20, 10, 20, 10, 3).mean(axis=(1, 3))


def test_areas_of_no_class_are_not_drawn_and_hide_nothing() -> None:
    flat = flat_of([shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 10)])
    found = flat.numbers(np.array([0, NOT_DRAWN], dtype=np.uint8), (1.0, 5.5, 1.0, 5.5), (20, 20))
    assert set(np.unique(found)) == {0, 1}


def test_what_is_no_number_or_far_away_draws_nothing() -> None:
    flat = flat_of(grid(8, 1.0))
    for bad in (np.nan, np.inf, -np.inf, 1e30):
        xy = flat.xy.copy()
        xy[::7] = bad
        broken = FlatAreas(xy, flat.rings, flat.areas, flat.boxes, flat.origin)
        for span in (1.0, 1e-9, 1e9):
            found = broken.numbers(np.zeros(len(flat), np.uint8), (span, 5.0, -span, 5.0), (10, 10))
            assert found.min() >= 0
            assert found.max() <= len(flat)


def test_starts_in_half_the_room_draw_the_same_and_grow_when_there_are_more() -> None:
    few = flat_of(messy(5, 60))
    wide = dataclasses.replace(few, areas=few.areas.astype(np.uint32))
    classes = (np.arange(len(few)) % 5).astype(np.uint8)
    place = place_of(few, 1.0, 1.0)
    assert few.areas.dtype == np.uint16 and few.nbytes < wide.nbytes
    assert np.array_equal(few.numbers(classes, place, SIZE), wide.numbers(classes, place, SIZE))
    box = (100.0, 50.0, 140.0, 90.0)
    assert few.touching(classes, box).tolist() == wide.touching(classes, box).tolist() != []
    side = grid(255, 1.0)
    many = flat_of(side).with_areas(few, np.arange(len(side) + len(few)))
    assert many.areas.dtype == np.uint16  # 65,536 rings less some
    more = many.with_areas(flat_of(grid(50, 1.0)), np.arange(len(many) + 2500))
    assert more.areas.dtype == np.uint32 and len(more) == len(many) + 2500
    last = np.array([len(more) - 1])
    assert np.allclose(more.bounds_of(last), flat_of(grid(50, 1.0)).bounds_of(np.array([2499])), atol=1e-3)
    with pytest.raises(ValueError, match="areas: items of the kind i24"):
        dataclasses.replace(few, areas=few.areas.astype(np.uint64)).numbers(classes, place, SIZE)


def test_arrays_that_do_not_fit_are_refused() -> None:
    from app.carto import _scan

    flat = flat_of(grid(8, 1.0))
    classes = np.zeros(len(flat), np.uint8)
    out = np.zeros((10, 10), np.int32)
    with pytest.raises(ValueError, match="out of order"):
        _scan.check(flat.xy, flat.rings[::-1].copy(), flat.areas)
    with pytest.raises(ValueError, match="out of order"):
        _scan.check(flat.xy[:10].copy(), flat.rings, flat.areas)
    with pytest.raises(ValueError, match="fit"):
        flat.numbers(classes[:-1], (1.0, 0.0, 1.0, 0.0), (10, 10))
    with pytest.raises(ValueError, match="whole number"):
        _scan.numbers((flat.xy, flat.rings, flat.areas, flat.boxes, classes), (1.0, 0.0, 1.0, 0.0), out, 7)
    with pytest.raises(ValueError, match="xy: items of the kind f4"):
        _scan.check(flat.xy.astype(float), flat.rings, flat.areas)
    assert len(flat.boxes) == -(-len(flat) // GROUP)


def test_without_the_compiled_part_everything_is_drawn_by_paths() -> None:
    """In a program of its own, where the import fails as it does without a compiler."""
    code = """
import sys
sys.modules["app.carto._scan"] = None
import logging; logging.basicConfig(level="WARNING")
from app.carto.flat import HAS_SCAN
assert not HAS_SCAN
sys.path.insert(0, "tests")
from render.test_scan import mosaic_of, painted
from PySide6.QtWidgets import QApplication
app = QApplication([])
mosaic = mosaic_of()
assert (painted(mosaic, as_paths=False) == painted(mosaic, as_paths=True)).all()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("compiled drawing is not there") == 1


def test_the_wheel_holds_the_compiled_parts(tmp_path: Path) -> None:
    """An optional extension that did not build leaves a wheel of the same name without it."""
    source = tmp_path / "source"
    source.mkdir()
    for name in ("app", "resources", "maps"):
        leave = shutil.ignore_patterns("__pycache__", "*.so", "ui", "web")
        shutil.copytree(ROOT / name, source / name, ignore=leave)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    code = f"from setuptools.build_meta import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    wheel = next(tmp_path.glob("*.whl"))
    assert "-cp311-abi3-" in wheel.name
    held = [
        name
        for name in zipfile.ZipFile(wheel).namelist()
        if name.startswith(("app/carto/_scan", "app/domain/_digest"))
    ]
    assert sum(name.endswith(".so") for name in held) == 2


@pytest.mark.parametrize("marker", [Marker("circle", 2.0, "#d7191c"), Marker("star_ring", 3.0, "#1a9641")])
def test_markers_stamped_together_are_those_stamped_one_by_one(marker: Marker) -> None:
    places = np.random.default_rng(3).uniform(-3.0, 23.0, (1500, 2))
    clip = Group((), 1.5, -2.0, (3.0, 3.0, 11.0, 9.0))
    for group in (None, clip):
        together, alone = blank(200, 200, 254.0), blank(200, 200, 254.0)
        for image, most in ((together, 1500), (alone, 100)):
            image.fill(0xFFFFFFFF)
            painter = QPainter(image)
            parts = tuple(Markers(places[at : at + most], marker) for at in range(0, 1500, most))
            ops = parts if group is None else (Group(parts, group.dx, group.dy, group.clip),)
            paint_ops(painter, ops, 10.0)
            painter.end()
        one, other = (np.frombuffer(image.constBits(), np.uint8).astype(int) for image in (together, alone))
        assert np.abs(one - other).max() <= 4
        assert (one != 255).mean() > 0.1


def test_a_layer_of_part_of_the_picture_leaves_nothing_of_the_last_band() -> None:
    """Bands share their memory; only what was written is cleared and blended."""
    flat = flat_of([shapely.box(5, 5, 30, 190), shapely.box(150, 60, 180, 61), *grid(20, 3.0)])
    classes = np.zeros(len(flat), np.uint8)
    colours = np.zeros(COLOURS, np.uint32)
    colours[:256], colours[256:512], colours[512:] = 0xFF0000FF, 0xFFFF0000, 0xFF00FF00
    place = (1.0, flat.origin[0], 1.0, flat.origin[1])

    def drawn(place: Place, width: int, height: int) -> np.ndarray:
        paper = Paper.blank(width, height)
        flat.draw(classes, place, colours, paper)
        return paper.pixels.reshape(height, width)

    whole = drawn(place, 200, 200)
    for width in (200, 61):
        one_row = [drawn((1.0, place[1], 1.0, place[3] - row), width, 1)[0] for row in range(200)]
        assert np.array_equal(np.array(one_row)[:, : width - 1], whole[:, : width - 1])
