"""A sheet of the map as it is on the screen: the same list of operations, the looks and files of the map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QImage
from shapely.geometry import MultiPolygon

import picture_files
from actions.office import Office
from app.actions.lookback import draw_lookback
from app.actions.map_layers import map_layers
from app.actions.map_picture import Framed, save_framed
from app.actions.maps import arranged_theme, feature_source
from app.actions.sheets import SheetOrder, outline_of, sheet_pages, sheet_words
from app.carto.compose import Look, display_list
from app.carto.display import DisplayList, Group, Op, Raster, Text, walk
from app.carto.keeping import ProjectedLayers
from app.carto.mapbook import FEATURES, TILES, AddedLayer
from app.carto.view import MapView
from app.domain.changes import update
from app.domain.coordinates.zones import STORED
from app.domain.entities.division import Division
from app.domain.filters import equal
from app.errors import Refused
from app.printing.body import area_extent
from app.printing.page import Page
from app.printing.style import style_of
from app.render.image import paint_to_image
from builders import PLACE

ROUTE = {"type": "LineString", "coordinates": [[106.5, 35.4], [106.9, 35.6]]}
LOOK: dict[str, Any] = {
    "field": "fuel", "size": None, "opacity": 0.6,
    "class": [{"key": "all", "title": "全部", "rest": True, "unknown": True,
               "marker": {"shape": "triangle", "size_mm": 4.0, "colour": "#1565C0"}}],
    "label": {"field": "name", "size_mm": 3.0, "colour": "#000000"},
}  # fmt: skip


def _arranged(office: Office) -> None:
    """Boilers in another look, towns off, a route and an orthophoto laid over the map."""
    folder = office.session.workspace.path.parent
    feature = {"type": "Feature", "properties": {"name": "巡查路线"}, "geometry": ROUTE}
    (folder / "路线.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    picture_files.mbtiles(folder / "航片.mbtiles", finest=11, attribution="平凉市自然资源局")
    maps = map_layers(office.session)
    book = maps.book.adding(AddedLayer("", "航片", TILES, "航片.mbtiles", STORED))
    book = book.adding(AddedLayer("", "路线", FEATURES, "路线.geojson", STORED, "路线"))
    arrangement = book.arrangement("boilers").changed("boilers", LOOK).changed("towns", {"visible": False})
    order = [table["id"] for table in book.tables("boilers")]
    order.insert(0, order.pop(order.index("bands")))
    maps.book = book.arranging("boilers", arrangement.moved(order))


def _page(office: Office, sheet: str = "boiler_map", theme: str = "boilers", **asked: Any) -> Page:
    (page,) = sheet_pages(office.session, SheetOrder(sheet, theme=theme, paper="A3", **asked))
    return page


def _map_of(page: Page) -> tuple[Op, ...]:
    """The operations inside the map's frame, without its ground."""
    frame = max((op for op in page.ops if isinstance(op, Group) and op.clip), key=lambda op: len(op.ops))
    return frame.ops[1:]


def _screen(office: Office, page: Page, theme: str) -> tuple[DisplayList, MapView]:
    """What the window would draw of the sheet's view: the theme as arranged, every feature there is."""
    frame = max((op for op in page.ops if isinstance(op, Group) and op.clip), key=lambda op: len(op.ops))
    (whole,) = office.session.workspace.find(Division, equal(code=office.session.workspace.area))
    assert whole.geometry is not None
    extent, crs = area_extent(whole.geometry, "")
    centre = ((extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2)
    assert page.scale is not None and frame.clip is not None
    view = MapView.on_paper(centre, page.scale, (frame.clip[2], frame.clip[3]), crs)
    style = style_of("A3")
    layers = ProjectedLayers(feature_source(office.session))
    look = Look(style.symbol_scale, style.unit, dots=200.0)
    return display_list(map_layers(office.session).book.theme(theme), layers, view, look), view


def _pixels(ops: tuple[Op, ...], view: MapView) -> np.ndarray:
    plain = tuple(op for op in ops if not isinstance(op, Text))  # words stay clear of the sheet's own arrow
    image: QImage = paint_to_image(DisplayList(view.width_mm, view.height_mm, "#ffffff", plain), view)
    return np.frombuffer(image.constBits(), dtype=np.uint8).copy()


@pytest.mark.parametrize("sheet", ["boiler_map", "grid_map"])
def test_a_sheet_and_the_screen_paint_the_same_list(office: Office, sheet: str) -> None:
    for number in range(1, 4):
        office.enter(ledger_no=f"KT-{number}", place=(PLACE[0] + number / 100, PLACE[1]))
    _arranged(office)
    page = _page(office, sheet)
    screen, view = _screen(office, page, "boilers")
    printed = _map_of(page)
    assert [type(op) for op in printed if not isinstance(op, Text)] == [
        type(op) for op in screen.ops if not isinstance(op, Text)
    ]
    assert any(isinstance(op, Raster) for op in printed)
    assert np.array_equal(_pixels(printed, view), _pixels(screen.ops, view))
    said = {op.text for op in screen.ops if isinstance(op, Text)}
    assert {op.text for op in printed if isinstance(op, Text)} <= said
    standard = _map_of(_page(office, sheet, theme=""))
    assert not np.array_equal(_pixels(standard, view), _pixels(printed, view))


def test_the_legend_the_notes_and_the_credit_are_those_of_the_picture(office: Office) -> None:
    office.enter(ledger_no="KT-1")
    _arranged(office)
    words = {op.text for op in walk(_page(office).ops) if isinstance(op, Text)}
    assert {"全部（1）", "路线（1）"} <= words
    assert "影像与瓦片底图：平凉市自然资源局" in words
    assert any(word.startswith("图面与屏幕一致：") for word in words)
    standard = {op.text for op in walk(_page(office, theme="").ops) if isinstance(op, Text)}
    assert "影像与瓦片底图：平凉市自然资源局" in standard  # its picture lies under the standard sheet too
    assert not {"全部（1）", "路线（1）"} & standard


def test_a_look_back_shows_its_findings_over_the_screens_map(office: Office) -> None:
    office.cleared(ledger_no="KT-1")
    office.as_("city")
    draw_lookback(office.session, "冬季", 100, seed="7")
    _arranged(office)
    words = {op.text for op in walk(_page(office, "lookback_map").ops) if isinstance(op, Text)}
    assert {"路线（1）", "回头看未查（1）"} <= words
    assert "全部（1）" not in words


def test_the_public_edition_is_never_the_screens_map(office: Office) -> None:
    with pytest.raises(Refused, match="公开版"):
        _page(office, public=True)


@pytest.mark.parametrize(("order", "number"), [
    (SheetOrder("boiler_map"), "GL-620800-20261123"), (SheetOrder("zone_sheet"), "BH-620800-20261123"),
    (SheetOrder("grid_map", of=("620802",)), "WG-620802-20261123"),
    (SheetOrder("grid_map", of=("620802", "620826")), "WG-620800-20261123"), (SheetOrder(""), ""),
])  # fmt: skip
def test_a_number_says_what_a_sheet_is_of(office: Office, order: SheetOrder, number: str) -> None:
    assert sheet_words(office.session, order).sheet_no == number


def test_an_area_without_an_outline_is_not_printed(office: Office) -> None:
    """Empty outlines are not written here, but another program may have put them into the file."""
    office.as_("city")
    divisions = office.session.workspace.find(Division)
    changed = [update(division, geometry=None) for division in divisions if division.geometry is not None]
    office.session.commit(changed, "test")
    with pytest.raises(Refused):
        _page(office)
    with pytest.raises(Refused) as refusal:
        outline_of(office.session, divisions[0].replace(geometry=MultiPolygon()))
    assert refusal.value.code == "nothing_to_print"


def test_a_saved_picture_is_the_screens_map_with_a_reports_words(office: Office, tmp_path: Path) -> None:
    _arranged(office)
    map_layers(office.session).load_missing()
    shown = arranged_theme(office.session, "boilers")
    layers = ProjectedLayers.of(feature_source(office.session))
    view = MapView.of_degrees((106.4, 35.2, 107.0, 35.8), (900, 500), "EPSG:4544")
    page = save_framed(office.session, Framed(shown, layers, view, {}), tmp_path / "图.png")
    with Image.open(tmp_path / "图.png") as picture:
        assert picture.size[0] > 2 * view.size_px[0] and picture.size[1] > 2 * view.size_px[1]
    bare = [op for op in display_list(shown, layers, view, Look(labels=False)).ops if isinstance(op, Raster)]
    assert len([op for op in walk(page.ops) if isinstance(op, Raster)]) == len(bare) > 0
    words = " ".join(op.text for op in walk(page.ops) if isinstance(op, Text))
    said = "平凉市 图例 路线（1） 北 千米 数据截止 制图日期 平凉市自然资源局"
    for part in said.split():
        assert part in words, part
