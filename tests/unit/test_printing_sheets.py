"""Ready-made sheets carry what a wall map must, keep inside their paper and refuse what is secret."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import shapely

from app import printing
from app.carto.display import Group, Op, Text
from app.carto.measure import text_width_mm
from app.carto.theme import read_theme
from app.errors import Invalid, Refused
from app.i18n import LANGUAGES, set_language
from app.printing.catalog import SHEETS, sheet
from app.printing.corners import clockwise_rings
from app.printing.focus import focused
from app.printing.insets import crowded
from app.printing.page import PAPERS, Page
from app.printing.request import AreaMapContent, SheetMeta, SheetRequest, ZoneOutline, date_words
from app.printing.rooms import Room, Space
from app.printing.tiles import tiled
from app.printing.totals import rate_words
from map_cases import BOILERS, EAST, INNER, META, WEST, ZONE, boiler, boiler_content, source, zone_content

MUST_CARRY = (
    *(
        "崆峒区燃煤锅炉清零作战图",
        "数据截止2026年11月22日",
        "图例",
        "反弹（1）",
        "已销号（1）",
        "1:",
        "千米",
        "北",
    ),
    *("2000国家大地坐标系", "中央经线108°", "106°40′E", "35°30′N", "底图来源：", "仅供参考，不作为划界依据"),
    *(
        "制图单位：平凉市生态环境局",
        "制图日期：2026年11月23日",
        "数据截止日期：2026年11月22日",
        "制图人：李某",
    ),
    *("内部使用", "内部使用，不得公开", "图号：图7", "快照编号：S-1", "缩放打印后数字比例尺失效"),
    *("基线", "待验收", "蒸吨", "5\n16.0", "2\n12.0", "40.0\n75.0"),
)


def words(page: Page) -> list[str]:
    return [text.text for text, _, _ in placed_words(page.ops)]


def placed_words(
    ops: tuple[Op, ...], dx: float = 0.0, dy: float = 0.0
) -> Iterator[tuple[Text, float, float]]:
    for op in ops:
        if isinstance(op, Group):
            yield from placed_words(op.ops, dx + op.dx, dy + op.dy)
        elif isinstance(op, Text):
            yield op, dx + op.x, dy + op.y


def boiler_page(**asked: object) -> Page:
    request = SheetRequest(boiler_content(), META, **asked)  # type: ignore[arg-type]
    return sheet("boiler_map").build(request)[0]


def zone_pages(content: object = None, meta: SheetMeta = META, **asked: object) -> list[Page]:
    return sheet("zone_sheet").build(SheetRequest(content or zone_content(), meta, **asked))  # type: ignore[arg-type]


def test_the_list_of_sheets_is_the_list_of_files() -> None:
    modules = [
        import_module(f"app.printing.{found.name}") for found in pkgutil.iter_modules(printing.__path__)
    ]
    assert {module.ID for module in modules if hasattr(module, "ID")} == set(SHEETS)


def test_the_boiler_map_carries_everything_a_wall_map_must() -> None:
    shown = "\n".join(words(boiler_page()))
    for needed in MUST_CARRY:
        assert needed.replace("\n", "") in shown.replace("\n", ""), needed


def test_serials_of_the_ledger_stand_on_the_map() -> None:
    assert {"1", "2", "3", "4"} <= set(words(boiler_page()))


def test_boilers_without_a_place_are_named() -> None:
    assert any("因缺坐标未上图 1 台（编号 5）" in line for line in words(boiler_page()))


@pytest.mark.parametrize(("synthetic", "said"), [(True, True), (None, False)])
def test_simulated_records_are_marked(synthetic: bool | None, said: bool) -> None:
    content = boiler_content([*BOILERS, boiler("6", 106.6, synthetic=synthetic)])
    page = sheet("boiler_map").build(SheetRequest(content, META))[0]
    assert any("含模拟数据" in line for line in words(page)) is said


@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_leaves_the_paper(language: str, paper: str, orientation: str) -> None:
    set_language(language)
    page = boiler_page(paper=paper, orientation=orientation)
    assert {page.width_mm, page.height_mm} == set(PAPERS[paper])
    for text, x, y in placed_words(page.ops):
        if text.angle_deg:
            continue
        width = text_width_mm(text.text, text.style)
        left = x - {"left": 0.0, "middle": width / 2, "right": width}[text.anchor]
        assert left >= 0, text.text
        assert left + width <= page.width_mm, text.text
        assert 0 < y < page.height_mm, text.text


def test_the_scale_is_round_and_can_be_chosen() -> None:
    assert boiler_page().scale in {120_000.0, 150_000.0, 200_000.0, 250_000.0}
    assert boiler_page(scale=300_000).scale == 300_000.0


def test_a_scale_at_which_the_area_does_not_fit_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        boiler_page(scale=10_000)
    assert caught.value.code == "scale_too_large"


def test_crowded_boilers_are_drawn_again_in_an_inset() -> None:
    crowd = [boiler(str(n), 106.6 + n % 5 * 0.0004, 35.45 + n // 5 * 0.0004) for n in range(20)]
    page = sheet("boiler_map").build(SheetRequest(boiler_content(crowd), META))[0]
    shown = words(page)
    assert any(line.startswith("放大图 A") for line in shown)
    assert {str(n) for n in range(20)} <= set(shown)


@pytest.mark.parametrize("secret", ["secret", "top_secret", "秘密", "机密", "绝密"])
def test_state_secrets_are_not_printed(secret: str) -> None:
    with pytest.raises(Refused):
        zone_pages(meta=replace(META, secrecy=secret))


def test_an_unknown_classification_paper_and_sheet_are_refused() -> None:
    with pytest.raises(Invalid, match="whatever"):
        zone_pages(meta=replace(META, secrecy="whatever"))
    with pytest.raises(Invalid, match="A7"):
        zone_pages(paper="A7")
    with pytest.raises(Invalid, match="poster"):
        sheet("poster")
    with pytest.raises(Invalid):
        sheet("boiler_map").build(SheetRequest(zone_content(), META))


def test_the_zone_sheet_lists_intakes_then_corners_clockwise() -> None:
    shown = words(zone_pages()[0])
    for needed in (
        "景家庄水源地保护区划定图",
        "拐点坐标表",
        "保护区级别及范围",
        "拐点序号",
        "东经",
        "北纬",
        "备注",
        "取水口",
    ):
        assert needed in shown
    row = shown.index("1-1", shown.index("拐点坐标表"))
    assert shown[row + 1 : row + 3] == ["106°36′29″", "35°30′25″"]
    assert shown.index("1号井", shown.index("拐点坐标表")) < row < shown.index("2-1", row)


def test_corners_run_clockwise_from_the_north_west() -> None:
    ring = clockwise_rings(shapely.MultiPolygon([INNER.reverse(), ZONE]))[0]
    assert ring[0].tolist() == [106.60, 35.51]
    assert ring[1].tolist() == [106.62, 35.51]
    assert len(ring) == 4


def test_approved_corner_points_keep_their_own_order() -> None:
    corners = ((106.62, 35.50), (106.62, 35.51), (106.60, 35.51))
    content = zone_content(zones=(ZoneOutline("first", ZONE, corners=corners),), intakes=())
    shown = words(zone_pages(content)[0])
    row = shown.index("1-1", shown.index("拐点坐标表"))
    assert shown[row + 1 : row + 3] == ["106°37′12″", "35°30′0″"]


def test_the_public_zone_sheet_has_no_coordinates_and_no_wells() -> None:
    pages = zone_pages(public=True)
    shown = "".join(words(pages[0]))
    assert len(pages) == 1
    assert "（公开版）" in shown
    assert "公开" in words(pages[0])
    for secret in ("拐点", "1号井", "取水口", "106°", "35°3", "内部使用"):
        assert secret not in shown, secret


def test_a_long_table_goes_on_with_the_next_pages() -> None:
    rounded = shapely.Point(106.61, 35.505).buffer(0.01, quad_segs=60)
    pages = zone_pages(zone_content(zones=(ZoneOutline("first", rounded),), intakes=()))
    assert len(pages) > 1
    assert all("拐点坐标表（续）" in words(page) for page in pages[1:])
    numbers = [
        line for page in pages for line in words(page)[words(page).index("备注") :] if line.startswith("1-")
    ]
    assert set(numbers) == {f"1-{n}" for n in range(1, 241)}
    assert pages[1].scale is None


def test_a_source_without_zones_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        zone_pages(zone_content(zones=()))
    assert caught.value.code == "no_zones"


@pytest.mark.parametrize("sheet_id", ["grid_map", "sources_map"])
def test_area_maps_can_carry_a_table(sheet_id: str) -> None:
    cells = [{"uid": "c", "geometry": INNER, "kind": "regular"}]
    zones = [{"uid": "z", "geometry": ZONE, "level": "first"}]
    content = AreaMapContent(
        "崆峒区", WEST, source(grid_cell=cells, protection_zone=zones), True, (("名称", "数"), ("网格", "1"))
    )
    page = sheet(sheet_id).build(SheetRequest(content, META))[0]
    assert {"图例", "名称", "网格"} <= set(words(page))
    assert any("崆峒区" in line and "图" in line for line in words(page))


def test_a_poster_is_cut_into_overlapping_tiles() -> None:
    page = boiler_page(paper="A1", orientation="landscape")
    tiles = tiled(page, "A4")
    assert [(tile.width_mm, tile.height_mm) for tile in tiles] == [(297.0, 210.0)] * 9
    windows = [(-tile.ops[0].ops[0].dx, -tile.ops[0].ops[0].dy) for tile in tiles]  # type: ignore[union-attr]
    columns, rows = sorted({x for x, _ in windows}), sorted({y for _, y in windows})
    inner = (297.0 - 10.0, 210.0 - 10.0)
    assert np.diff(columns).tolist() == pytest.approx([inner[0] - 10.0] * 2)
    assert np.diff(rows).tolist() == pytest.approx([inner[1] - 10.0] * 2)
    places = [(x, y) for _, x, y in placed_words(page.ops)]
    for x, y in places:
        assert columns[0] <= x <= columns[-1] + inner[0]
        assert rows[0] <= y <= rows[-1] + inner[1]
    assert len(tiled(boiler_page(paper="A4"), "A3")) == 1


def test_rates_and_dates_are_written_as_people_write_them() -> None:
    assert rate_words(156, 249) == "62.7"
    assert rate_words(0, 0) == "—"
    assert [date_words(text) for text in ("2026-11-03", "2026-11", "2026", "上半年", "")] == [
        "2026年11月3日", "2026年11月", "2026年", "上半年", "",
    ]  # fmt: skip


def test_a_county_sheet_shows_nothing_of_its_neighbours() -> None:
    rows = [
        {"uid": "in", "geometry": INNER},
        {"uid": "out", "geometry": EAST},
        {"uid": "none", "geometry": None},
    ]
    _, within = focused(read_theme("cells"), source(grid_cell=rows), WEST)
    assert within.columns("grid_cell", [], None).uids == ["in"]
    assert within.columns("division", ["name"], None).uids == ["d1"]


def test_crowds_close_to_each_other_share_one_inset() -> None:
    first = np.array([[0.5 * n, 0.0] for n in range(6)])
    far, near = np.add(first, (60.0, 0.0)), np.add(first, (0.0, 4.2))
    assert [len(group) for group in crowded(np.concatenate([first, far]), 2.0)] == [6, 6]
    assert [len(group) for group in crowded(np.concatenate([first, near]), 2.0)] == [12]
    assert crowded(first[:5], 2.0) == []
    assert crowded(np.empty((0, 2)), 2.0) == []


def test_free_rectangles_avoid_what_is_taken() -> None:
    room = Room((10.0, 20.0, 100.0, 60.0), 1.0)
    assert room.best_space((5000.0, 3000.0), (10.0, 10.0)) == Space(
        (10.0, 20.0, 100.0, 60.0), 50_000.0, room.box
    )
    room.take_box((10.0, 20.0, 50.0, 60.0), 0.0)
    space = room.best_space((5000.0, 3000.0), (10.0, 10.0))
    assert space is not None
    assert space.box == (60.0, 20.0, 50.0, 60.0)
    room.take_shape(shapely.box(60.0, 20.0, 110.0, 60.0), 5.0)
    assert room.best_space((5000.0, 3000.0), (20.0, 20.0)) is None


def test_the_map_shows_the_bands_its_source_has() -> None:
    town = shapely.Point(106.65, 35.45)
    ground = source(builtup_band=[{"uid": "band-5", "km": 5, "geometry": town.buffer(0.05)}])
    content = replace(boiler_content(), base=ground)
    page = sheet("boiler_map").build(SheetRequest(content, META))[0]
    assert "建成区外5公里范围" in words(page)
    assert "建成区外10公里范围" not in words(page)
    assert "建成区外5公里范围" not in words(boiler_page())
