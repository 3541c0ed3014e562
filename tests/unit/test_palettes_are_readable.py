"""Every word of the window and of the map can be read on its ground, by day and by night."""

from __future__ import annotations

import pytest

from app.carto.theme import DARK as NIGHT
from app.carto.theme import LIGHT as DAY
from app.carto.theme import read_theme
from app.ui.theme import DARK, LIGHT, Colours

GROUNDS = ("window", "panel", "base", "stripe", "hover", "selection", "notice")
INKS = ("text", "muted", "accent", "danger", "warning", "good")
THEMES = ("boilers", "boilers_left", "cells", "coverage", "patrols", "sources")
WORDS = 4.5  # contrast of text, as WCAG 2.1 AA asks
LARGE = 3.0  # of names of places around, and of lines that bound what is to be filled in
SYMBOLS = 2.6  # the greys and oranges of the design; their shapes and casings tell them apart as well


def _light(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.1)."""
    dark, light = sorted((_light(one), _light(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_every_word_of_the_window_can_be_read(look: Colours) -> None:
    pairs = {
        (ink, ground): contrast(getattr(look, ink), getattr(look, ground))
        for ink in INKS
        for ground in GROUNDS
    }
    assert {pair: found for pair, found in pairs.items() if found < WORDS} == {}
    assert contrast(look.on_accent, look.accent) >= WORDS


@pytest.mark.parametrize("palette", [DAY, NIGHT])
def test_names_and_symbols_of_the_map_can_be_read(palette: str) -> None:
    colours = read_theme("boilers", palette).colours
    names = ("text", "text_soft", "water_text", "cell_town", "cell_county")
    assert {name for name in names if contrast(colours[name], colours["halo"]) < WORDS} == set()
    assert contrast(colours["text_outside"], colours["outside"]) >= LARGE
    assert contrast(colours["select"], colours["land"]) >= LARGE
    faint = {}
    for theme_id in THEMES:
        for layer in read_theme(theme_id, palette).layers:
            for item in layer.rule.classes:
                marker = item.symbol.marker
                if marker is not None:
                    inks = (marker.colour, marker.casing)
                    faint[theme_id, layer.id, item.key] = max(contrast(ink, colours["land"]) for ink in inks)
    assert len(faint) > 20
    assert {key: found for key, found in faint.items() if found < SYMBOLS} == {}
