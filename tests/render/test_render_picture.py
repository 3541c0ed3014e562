"""The painter on pixels: symbols where they belong, print like screen, vertex arrays as paths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontInfo, QFontMetricsF, QImage, QPainter

from app.carto.compose import display_list
from app.carto.display import Group, Markers, Op, Shapes, Text, rectangle
from app.carto.marking import highlight
from app.carto.measure import text_width_mm
from app.carto.symbols import SHAPES, Fill, Hatch, Line, Marker, TextStyle
from app.carto.theme import DARK, read_theme
from app.carto.view import MapView
from app.errors import Invalid
from app.printing.catalog import sheet
from app.printing.request import SheetRequest
from app.render.fonts import family, font_of
from app.render.image import blank, paint_to_image, write_png
from app.render.painter import hatch_lines, paint_ops
from app.render.paths import path_of
from app.render.preview import page_image_of_width
from map_cases import META, ZONE, boiler, source, zone_content

pytestmark = pytest.mark.usefixtures("qapp")

VIEW = MapView.of_degrees((106.45, 35.25, 107.15, 35.65), (900, 600), "EPSG:4545")
THEME = read_theme("boilers")
WHITE = QColor("#ffffff")


def drawn(*ops: Op, size: tuple[int, int] = (100, 100), vector: bool = False) -> QImage:
    """Operations on white at ten pixels a millimetre."""
    image = blank(*size, 254.0)
    image.fill(WHITE)
    painter = QPainter(image)
    paint_ops(painter, ops, 10.0, vector)
    painter.end()
    return image


def pixels(image: QImage) -> np.ndarray:
    held = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(held.constBits(), dtype=np.uint8).reshape(held.height(), held.width(), 4)
    return flat[:, :, :3].astype(int)


def ink(image: QImage) -> float:
    """How much of a picture is not white."""
    return float((pixels(image) < 250).any(axis=2).mean())


def test_a_boiler_is_painted_in_its_colour_at_its_place() -> None:
    image = paint_to_image(display_list(THEME, source(), VIEW), VIEW)
    x, y = VIEW.px_of(106.55, 35.4)
    assert image.pixelColor(round(x), round(y)).name() == "#d32f2f"
    assert image.size().toTuple() == (900, 600)


def test_the_dark_map_is_dark_and_its_symbols_the_same() -> None:
    picture = display_list(read_theme("boilers", DARK), source(), VIEW)
    image = paint_to_image(picture, VIEW)
    x, y = VIEW.px_of(106.55, 35.4)
    assert image.pixelColor(round(x), round(y)).name() == "#d32f2f"
    assert image.pixelColor(5, 595).lightness() < 60


def test_a_selection_is_painted_over_the_map() -> None:
    picture = display_list(THEME, source(), VIEW)
    over = highlight(THEME, source(), VIEW, {"boiler": ["1"]})
    difference = pixels(paint_to_image(picture, VIEW, over)) != pixels(paint_to_image(picture, VIEW))
    rows, columns = np.nonzero(difference.any(axis=2))
    x, y = VIEW.px_of(106.55, 35.4)
    assert (columns.mean(), rows.mean()) == pytest.approx((x, y), abs=1.5)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_looks_the_same_stamped_and_as_a_path(shape: str) -> None:
    marker = Marker(shape, 6.0, "#1976D2", line_mm=0.5)
    place = Markers(np.array([[5.05, 5.05]]), marker)
    stamped, path = pixels(drawn(place)), pixels(drawn(place, vector=True))
    assert ink(drawn(place)) > 0.02
    assert np.abs(stamped - path).mean() < 6.0


def test_shapes_differ_in_black_and_white() -> None:
    """Status is told apart on a black and white copy."""
    layer = THEME.layer("boilers")
    assert layer is not None
    looks = {}
    for item in layer.rule.classes:
        assert item.symbol.marker is not None
        marker = Marker(item.symbol.marker.shape, 6.0, "#555555", line_mm=item.symbol.marker.line_mm)
        looks[item.key] = pixels(drawn(Markers(np.array([[5.0, 5.0]]), marker))).mean(axis=2)
    names = [key for key in looks if key not in ("excluded", "unverified")]
    for index, name in enumerate(names):
        for other in names[:index]:
            assert np.abs(looks[name] - looks[other]).mean() > 2.0, (name, other)


def test_later_markers_lie_on_earlier_ones() -> None:
    below, above = Marker("square", 4.0, "#ff0000"), Marker("circle", 4.0, "#00ff00")
    image = drawn(Markers(np.array([[5.0, 5.0]]), below), Markers(np.array([[5.0, 5.0]]), above))
    assert image.pixelColor(50, 50).name() == "#00ff00"


def test_holes_stay_open_and_overlaps_are_filled() -> None:
    outer = [[1, 1], [9, 1], [9, 9], [1, 9]]
    hole = [[3, 3], [3, 7], [7, 7], [7, 3]]
    shape = Shapes(np.array(outer + hole, dtype=float), np.array([0, 4]), Fill("#000000"))
    image = drawn(shape)
    assert image.pixelColor(20, 20).name() == "#000000"
    assert image.pixelColor(50, 50).name() == "#ffffff"
    overlapping = Shapes(np.array(outer + outer, dtype=float), np.array([0, 4]), Fill("#000000"))
    assert drawn(overlapping).pixelColor(50, 50).name() == "#000000"


def test_a_group_is_moved_and_cut() -> None:
    square = rectangle((0.0, 0.0, 10.0, 10.0), Fill("#000000"))
    image = drawn(Group((square,), 2.0, 3.0, (0.0, 0.0, 4.0, 4.0)))
    assert ink(image) == pytest.approx(0.16, abs=0.01)
    assert image.pixelColor(25, 35).name() == "#000000"
    assert image.pixelColor(65, 35).name() == "#ffffff"


def test_hatching_stays_inside_its_area() -> None:
    hatched = rectangle(
        (2.0, 2.0, 5.0, 5.0), Fill(hatch=Hatch("#000000", 45.0, 1.0, 0.2)), Line("#000000", 0.1)
    )
    image = pixels(drawn(hatched))
    assert 0.04 < ink(drawn(hatched)) < 0.2
    assert (image[:18] > 250).all()
    xy, starts = hatch_lines(QRectF(0, 0, 100, 100), Hatch("#000000", 0.0, 1.0), 10.0)
    assert len(starts) == 11
    assert xy[:, 1].tolist() == pytest.approx(np.repeat(np.arange(0, 101, 10.0), 2).tolist())


def test_dashes_are_lengths_on_paper() -> None:
    line = Shapes(
        np.array([[0.0, 5.0], [10.0, 5.0]]),
        np.array([0]),
        line=Line("#000000", 0.5, (2.0, 1.0)),
        closed=False,
    )
    row = pixels(drawn(line))[50, :, 0] < 128
    assert np.flatnonzero(np.diff(row.astype(int))).tolist() == pytest.approx([19, 29, 49, 59, 79, 89], abs=1)


@pytest.mark.parametrize(("anchor", "expected"), [("left", 1.0), ("middle", 0.5), ("right", 0.0)])
def test_words_hang_at_their_anchor(anchor: str, expected: float) -> None:
    image = pixels(drawn(Text(5.0, 5.0, "国国", TextStyle(2.0), anchor))) < 128
    columns = np.flatnonzero(image.any(axis=2).any(axis=0))
    middle = (columns.min() + columns.max()) / 2
    assert middle == pytest.approx(50 + (expected - 0.5) * 40, abs=2.5)


def test_the_measured_width_is_the_drawn_width() -> None:
    image = blank(10, 10, 254.0)
    for text in ("清零作战图", "106°30′E", "1:250 000", "Total 12.5 t/h"):
        for style in (TextStyle(4.0), TextStyle(4.0, bold=True)):
            drawn_px = QFontMetricsF(
                font_of(style, 10.0, float(image.logicalDpiY())), image
            ).horizontalAdvance(text)
            assert drawn_px / 10.0 == pytest.approx(text_width_mm(text, style), rel=0.03), text


def test_the_bundled_font_is_used() -> None:
    assert QFontInfo(font_of(TextStyle(4.0), 10.0, 96.0)).family() == family() == "Noto Sans SC"


def test_a_path_holds_every_vertex_and_closes_rings() -> None:
    path = path_of(
        np.array([[0, 0], [4, 0], [4, 4], [9, 9], [9, 8], [8, 8]], dtype=float), np.array([0, 3]), True
    )
    assert path.elementCount() == 8
    assert path.contains(QPointF(3.5, 1.0))
    assert path.boundingRect() == QRectF(0, 0, 9, 9)


def test_vertices_without_a_place_are_left_out() -> None:
    xy = np.array([[0, 0], [np.nan, 1], [4, 4], [np.inf, 0], [5, 5], [6, 6]], dtype=float)
    path = path_of(xy, np.array([0, 3]), False)
    assert [path.elementAt(i).type.name for i in range(path.elementCount())] == [
        "MoveToElement", "LineToElement", "MoveToElement", "LineToElement",
    ]  # fmt: skip
    assert path_of(np.full((2, 2), np.nan), np.array([0]), True).isEmpty()


def test_many_cells_come_out_like_one_area() -> None:
    """Portions of many rings must leave no ring out."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
    grid = np.stack(np.meshgrid(np.arange(80), np.arange(60)), axis=-1).reshape(-1, 1, 2)
    xy = ((grid + corners) * 0.1).reshape(-1, 2)
    image = drawn(Shapes(xy, np.arange(0, len(xy), 4), Fill("#000000")))
    assert (pixels(image)[:60, :80] < 5).all()
    assert (pixels(image)[61:, 81:] > 250).all()


def test_a_picture_that_cannot_be_held_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        blank(100_000, 100_000, 96.0)
    assert caught.value.code == "picture_too_large"
    write_png(blank(20, 10, 96.0), tmp_path / "地图.png")
    assert QImage(str(tmp_path / "地图.png")).width() == 20


def test_a_preview_has_the_width_asked_and_the_zone_in_it() -> None:
    page = sheet("zone_sheet").build(SheetRequest(zone_content(), META))[0]
    image = page_image_of_width(page, 800)
    assert image.width() == 800
    colours = pixels(image).reshape(-1, 3)[:, ::-1]
    assert (np.abs(colours - np.array([0xC0, 0, 0])).max(axis=1) < 12).sum() > 100
    assert ZONE.area > 0


def test_painting_many_times_gives_the_same_picture() -> None:
    rows = [boiler(str(n), 106.5 + n * 0.001, 35.4, status="cleared") for n in range(200)]
    picture = display_list(THEME, source(boiler=rows), VIEW)
    assert (pixels(paint_to_image(picture, VIEW)) == pixels(paint_to_image(picture, VIEW))).all()
