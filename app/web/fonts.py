"""The Chinese characters a page uses, cut from the shipped font and put inside the page."""

from __future__ import annotations

import base64
import io
import logging
import re
from functools import lru_cache

from fontTools import subset
from fontTools.ttLib import TTFont

from app.resources import resource

FAMILY = "Gridward Page"
_ASCII = "".join(chr(code) for code in range(0x20, 0x7F))
_ALWAYS = "·…—“”‘’°′″²³µ×÷±≥≤→↔●○■◆◇★▲、。，；：？！（）《》【】％"
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def characters_of(page: str) -> str:
    """Every character a page can show; escapes such as \\u5e73 are read first, as Folium writes them."""
    halves = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), page)
    # rare characters are written as two escapes each, which only together are one character
    decoded = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    shown = {char for char in decoded if char > "\x7f"}
    return "".join(sorted(shown | set(_ASCII) | set(_ALWAYS)))


def font_face(page: str) -> str:
    """A `@font-face` rule with a WOFF2 font that holds the characters of `page`."""
    data = base64.b64encode(_subset(characters_of(page))).decode("ascii")
    source = f"url(data:font/woff2;base64,{data}) format('woff2')"
    return f"@font-face{{font-family:'{FAMILY}';src:{source};}}"


@lru_cache(maxsize=4)
def _subset(characters: str) -> bytes:
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = []  # ligatures and vertical forms are not used on a page of labels
    options.notdef_outline = True
    options.name_IDs = [1, 2]
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    out = io.BytesIO()
    with TTFont(resource("fonts", "NotoSansSC-Regular.ttf"), lazy=True) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text=characters)
        cutter.subset(font)
        font.flavor = "woff2"
        font.save(out)
    return out.getvalue()
