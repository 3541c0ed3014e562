"""A dossier on paper: nothing runs off a page, tables keep their heads, photographs stand two by three."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.carto.display import Group, Op, Photo, Text
from app.carto.measure import text_width_mm
from app.printing.dossier import DossierContent, PaperLine, dossier_pages
from app.printing.flow import PhotoCell
from app.printing.page import Page

CONTENT = DossierContent(
    number="PL-0001", unit="柳湖镇中心小学（模拟）", status="已销号",
    sections=[("单位与位置", [("使用单位", "中心小学"), ("地址", "柳湖镇建设路7号" * 6), ("备注", "无")])],
    steps=[("2026-11-01 09:00", "登记在册", "李科员", "崆峒分局", "同意")],
    papers=[PaperLine("整治前照片", "整治前.jpg", 1, "2026-11-01 09:00", "ab" * 32)],
    photos=[], lacks=[], org="平凉市生态环境局", made_on="2026-11-23", synthetic=True,
)  # fmt: skip


def _placed(page: Page) -> Iterator[tuple[float, float, Op]]:
    def walk(ops: tuple[Op, ...], x: float, y: float) -> Iterator[tuple[float, float, Op]]:
        for op in ops:
            if isinstance(op, Group):
                yield from walk(op.ops, x + op.dx, y + op.dy)
            else:
                yield x, y, op

    yield from walk(page.ops, 0.0, 0.0)


def _words(page: Page) -> list[str]:
    return [op.text for _, _, op in _placed(page) if isinstance(op, Text)]


def _check_inside(page: Page) -> None:
    for x, y, op in _placed(page):
        if isinstance(op, Text):
            width = text_width_mm(op.text, op.style)
            left = x + op.x - {"left": 0.0, "middle": width / 2, "right": width}[op.anchor]
            assert left >= 0 and left + width <= page.width_mm, op.text
            assert 0 <= y + op.y <= page.height_mm - 5, op.text
        if isinstance(op, Photo):
            assert y + op.box[1] + op.box[3] <= page.height_mm - 15


def test_a_short_dossier_says_everything_on_one_page() -> None:
    (page,) = dossier_pages(CONTENT)
    words = _words(page)
    joined = "".join(words)
    for wanted in (
        "一炉一档",
        "PL-0001",
        "已销号",
        "登记在册",
        "李科员",
        "整治前.jpg",
        "模拟",
        "第 1 页 共 1 页",
        "内部使用",
    ):
        assert wanted in joined, wanted
    assert words.count("ab" * 16) == 2  # the whole SHA-256, in two lines
    _check_inside(page)


def test_what_lacks_stands_on_the_cover() -> None:
    (page,) = dossier_pages(replace(CONTENT, lacks=["缺：注销证明", "缺：验收表"]))
    words = _words(page)
    assert {"档案缺 2 项：", "□ 缺：注销证明", "□ 缺：验收表"} <= set(words)
    (whole,) = dossier_pages(CONTENT)
    assert not any("□" in word for word in _words(whole))


@pytest.mark.parametrize("count", [1, 60, 200])
def test_long_tables_keep_their_heads_and_every_line(count: int) -> None:
    days = [f"2026-{1 + at // 28:02d}-{1 + at % 28:02d} 10:30" for at in range(count)]
    steps = [(day, "登记在册", "李科员", "崆峒分局", "意见" * 30) for day in days]
    pages = dossier_pages(replace(CONTENT, steps=steps))
    found = [word for page in pages for word in _words(page)]
    assert [word for word in found if word.endswith(" 10:30")] == days
    for page in pages:
        _check_inside(page)
        words = _words(page)
        if any(word.endswith(" 10:30") for word in words):
            assert "经办人" in words


@pytest.mark.parametrize(("count", "on_pages"), [(1, [1]), (6, [6]), (7, [6, 1]), (13, [6, 6, 1])])
def test_photographs_stand_two_by_three(count: int, on_pages: list[int]) -> None:
    photos = [PhotoCell(f"{at}.jpg", f"整治前照片 {at}") for at in range(count)]
    pages = dossier_pages(replace(CONTENT, photos=photos))
    per_page = [
        [(x + op.box[0], y + op.box[1]) for x, y, op in _placed(page) if isinstance(op, Photo)]
        for page in pages
    ]
    filled = [places for places in per_page if places]
    assert [len(places) for places in filled] == on_pages
    for places in filled:
        assert len({round(x) for x, _ in places}) <= 2
        assert len({round(y) for _, y in places}) == (len(places) + 1) // 2
    for page in pages:
        _check_inside(page)


def test_a_photograph_that_cannot_be_read_says_so_in_its_frame() -> None:
    cells = [
        PhotoCell("/a.jpg", "整治前照片"),
        PhotoCell("/b.jpg", "整治后照片", "图片“很长的文件名.jpg”无法读取"),
    ]
    pages = dossier_pages(replace(CONTENT, photos=cells))
    placed = [item for page in pages for item in _placed(page)]
    assert [op.path for *_, op in placed if isinstance(op, Photo)] == ["/a.jpg"]
    assert "无法读取" in "".join(op.text for *_, op in placed if isinstance(op, Text))
    for page in pages:
        _check_inside(page)
