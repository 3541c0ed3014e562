"""The shipped fonts keep Chinese searchable in a PDF (docs/decisions/0003-fonts-without-radicals.md)."""

from __future__ import annotations

import pytest
from fontTools.ttLib import TTFont

from architecture.sources import ROOT

LOOK_ALIKES = (range(0x2E80, 0x2FE0), range(0xF900, 0xFB00), range(0x2F800, 0x2FA20))
# Places of Pingliang, and characters of names that small fonts lack.
NEEDED = "平凉崆峒泾川灵台崇信华亭庄浪静宁柳湖镇使用方網格衛士䶮㛃㸆𠅤彧喆堃赟"


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_no_glyph_has_a_second_character_that_looks_alike(weight: str) -> None:
    with TTFont(ROOT / "resources" / "fonts" / f"NotoSansSC-{weight}.ttf", lazy=True) as font:
        characters = font.getBestCmap()
    alike = {code for code in characters if any(code in block for block in LOOK_ALIKES)}
    ordinary = {glyph for code, glyph in characters.items() if code not in alike}
    assert [chr(code) for code in alike if characters[code] in ordinary] == []
    assert len({characters[code] for code in (0x09, 0x20, 0x2003, 0x3000)}) == 4, "a blank, another blank"
    assert [character for character in NEEDED if ord(character) not in characters] == []
