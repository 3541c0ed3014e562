from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from app.carto.theme import read_theme
from app.errors import Invalid, StoreFailure
from app.resources import resource
from app.web.fonts import characters_of
from app.web.public import public_theme
from page_cases import PERSON, PHONE, UNIT, WELL, area, boiler, division, rows, share, usual

ADDRESS = re.compile(r"\b(?:https?|wss?|ftp)://", re.I)
LOADED = re.compile(r"(?:src|href|action)\s*=\s*[\"'](?!data:|#)|url\((?!data:|#)|@import", re.I)


def leading_out(page: str) -> list[str]:
    """Everything a browser could fetch, or a person could follow, outside the page."""
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    return ADDRESS.findall(page) + LOADED.findall(markup)


@pytest.mark.parametrize("theme", ["boilers", "cells", "sources"])
@pytest.mark.parametrize("public", [False, True])
def test_nothing_on_a_page_leads_out_of_it(theme: str, public: bool) -> None:
    page, _ = usual(theme, public)
    assert leading_out(page) == []
    assert "sourceMappingURL" not in page


def test_an_address_in_a_record_stays_readable_but_leads_nowhere(tmp_path: Path) -> None:
    page, _ = share(
        tmp_path, content=rows(boiler=[boiler(1, note="见 http://example.org/a 和 HTTPS://b.cn")])
    )
    assert leading_out(page) == []
    assert "//example.org/a" in page


def test_leaflet_brings_its_licence() -> None:
    page, _ = usual()
    assert "Redistribution and use in source and binary forms" in page
    assert "Leaflet 1.9.4" in page


def test_words_of_records_cannot_become_markup_or_script(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script><!-- {{ 1 }} {% raw %}"
    page, _ = share(tmp_path, content=rows(boiler=[boiler(1, user_org=evil)]))
    plain, _ = usual()
    assert page.count("<script") == plain.count("<script")
    assert "\\u003c/script>\\u003cscript>alert(1)" in page


def test_the_font_inside_holds_every_character_of_the_page(tmp_path: Path) -> None:
    rare = "㛃䶮"
    page, _ = share(tmp_path, content=rows(boiler=[boiler(1, user_org=f"王{rare}洗浴中心")]))
    found = re.search(r"data:font/woff2;base64,([A-Za-z0-9+/=]+)", page)
    assert found is not None
    held = TTFont(io.BytesIO(base64.b64decode(found[1]))).getBestCmap()
    with TTFont(resource("fonts", "NotoSansSC-Regular.ttf"), lazy=True) as whole:
        shipped = whole.getBestCmap()
    missing = [char for char in characters_of(page) if ord(char) in shipped and ord(char) not in held]
    assert missing == []
    assert all(ord(char) in held for char in rare + "模拟图例公示中")


def test_escaped_characters_are_read_before_the_font_is_cut() -> None:
    assert {"平", "凉"} <= set(characters_of("\\u5e73\\u51c9"))
    assert "𠮷" in characters_of("\\ud842\\udfb7")


def test_the_legend_counts_units_and_tonnes_and_says_what_is_not_on_the_map() -> None:
    page, report = usual()
    legend = page[
        page.index('id="gw-legend"') : page.index('id="gw-legend-button"', page.index('id="gw-legend"'))
    ]
    assert "已销号" in legend
    assert "1 台 2 蒸吨" in legend
    assert "反弹" in legend
    assert "1 台 4 蒸吨" in legend
    assert "3 台 8 蒸吨" in legend
    assert "其中 1 台" in legend
    assert report.features["boilers"] == 2


def test_symbols_are_those_of_the_map() -> None:
    page, _ = usual()
    layer = read_theme("boilers").layer("boilers")
    assert layer is not None
    used = [item for item in layer.rule.classes if item.key in ("cleared", "rebound")]
    assert all(item.symbol.marker is not None and item.symbol.marker.colour in page for item in used)
    unused = next(item for item in layer.rule.classes if item.key == "retained").symbol.marker
    assert unused is not None
    assert unused.colour not in page


def test_popups_speak_chinese_with_headings_from_the_declarations() -> None:
    page, _ = usual()
    for words in (
        "台账编号",
        "使用单位",
        "额定出力(t/h)",
        "柳湖镇",
        UNIT,
        PHONE,
        "模拟",
        "行政区域界线仅供参考",
    ):
        assert words in page


def test_in_english_the_page_speaks_english(tmp_path: Path, language: Callable[[str], None]) -> None:
    language("en")
    page, _ = share(tmp_path)
    assert '<html lang="en">' in page
    assert "Rated output(t/h)" in page
    assert "额定出力" not in page


def test_a_public_page_holds_no_unit_person_phone_address_or_position() -> None:
    page, report = usual(public=True)
    for secret in (UNIT, PERSON, PHONE, "建设路", "PL-0001", "106.654", "35.523"):
        assert secret not in page, secret
    assert report.features["boilers"] == 1  # the township
    assert "柳湖镇" in page
    assert "1 台 4 蒸吨" in page


def test_a_public_page_of_sources_holds_no_well_zone_or_position() -> None:
    page, _ = usual("sources", public=True)
    for secret in (WELL, "106.6161", "106.6011", "35.5511", "106.61", "景家庄一级"):
        assert secret not in page, secret
    assert "景家庄水源地" in page


def test_where_townships_have_no_outline_a_public_page_counts_by_county(tmp_path: Path) -> None:
    divisions = [
        division("620802", "崆峒区", "county", area(106.0, 35.0, 107.0, 36.0)),
        division("620802105", "柳湖镇", "town", None),
    ]
    page, report = share(tmp_path, public=True, content=rows(division=divisions))
    assert report.features["boilers"] == 1
    assert '"崆峒区"' in page


def test_a_page_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        share(tmp_path, content={})


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("here before")
    with pytest.raises(StoreFailure):
        share(blocked)
    assert blocked.read_text() == "here before"
    assert list(tmp_path.iterdir()) == [blocked]


def test_a_page_first_looks_at_its_records_and_a_public_one_at_the_whole_area() -> None:
    looks = []
    for public in (False, True):
        found = re.search(
            r"gridward\.finish\(\w+, \[\[([\d.]+),([\d.]+)\],\[([\d.]+),([\d.]+)\]\]\)",
            usual("sources", public)[0],
        )
        assert found is not None
        looks.append([float(number) for number in found.groups()])
    south, west, north, east = looks[0]
    assert (east - west) < 0.1
    assert south < 35.5511 < 35.56 < north
    assert looks[1] == pytest.approx([35.0, 106.0, 36.0, 107.0], abs=0.05)


def test_no_public_page_counts_boilers_in_squares() -> None:
    theme = read_theme("boilers_left")
    assert theme.layer("regular_cells_left") is not None
    shown = public_theme(theme)
    assert shown.layer("regular_cells_left") is None
    assert shown.layer("left") is None
    assert shown.layer("town_cells_left") is not None  # a township's count is what may be said
