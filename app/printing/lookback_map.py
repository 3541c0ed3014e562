"""回头看与反弹分布图: the sample points of a look-back round by what was found, and every rebound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.carto.features import FeatureColumns, FeatureSource
from app.carto.layers import Layer, SymbolClass, SymbolRule
from app.carto.symbols import Line, Symbol
from app.carto.theme import Theme, read_theme
from app.errors import Invalid
from app.i18n import N_, tr
from app.printing.blocks import NOTHING, Block, below, one_line
from app.printing.boiler_map import BoilerSheet, with_serials
from app.printing.focus import OverlaidSource
from app.printing.page import Page
from app.printing.request import LookbackMapContent, SheetRequest
from app.printing.style import SheetStyle
from app.printing.table import Cell, head, table_block

ID, LETTERS = "lookback_map", "HT"
TITLE = N_("Look-back and rebound map")
PAPER = "A3"
_MOST_LISTED = 24
_ROUTE = "sheet.route"
# Over the areas and under the boilers; a line of its own kind, so that nobody takes it for a boundary.
_ROUTE_LINE = Line("#5B3F8C", 0.5, dash=(2.0, 1.0))
_ROUTE_ORDER = 70
# What was found, and the status whose symbol of the boiler map stands for it: the same shapes everywhere.
_CLASSES = (
    ("good", N_("Look-back: still cleared"), "cleared"),
    ("open", N_("Look-back: not visited yet"), "unverified"),
    ("reported", N_("Rebound reported, not confirmed"), "treating"),
    ("rebound", N_("Rebound"), "rebound"),
)


def build(request: SheetRequest) -> list[Page]:
    """The one page of the map. Raises Invalid when the area does not fit at the asked scale."""
    content = request.content
    if not isinstance(content, LookbackMapContent):
        raise Invalid(N_("This sheet needs the boilers of a look-back."), code="wrong_content")
    return [_LookbackSheet(request, content).page()]


class _LookbackSheet(BoilerSheet):
    """One look-back map being made."""

    content: LookbackMapContent

    def shown(self) -> tuple[Theme, FeatureSource]:
        """The findings in place of the boilers, whatever the screen shows of those."""
        theme, source = super().shown()
        shipped = read_theme("boilers").layer("boilers")
        assert shipped is not None
        layer = theme.layer("boilers") or shipped
        if self.request.shown is not None:
            layer, source = with_serials(shipped), OverlaidSource({"boiler": self.content.boilers}, source)
            others = [item.id for item in theme.layers if item.entity == "boiler"]
            theme = theme.without(*others)
        symbols = {item.key: item.symbol for item in shipped.rule.classes}
        classes = tuple(SymbolClass(key, title, symbols[like], (key,)) for key, title, like in _CLASSES)
        theme = theme.with_layer(replace(layer, rule=SymbolRule(classes, "finding")))
        if not self.content.route:
            return theme, source
        rule = SymbolRule((SymbolClass("way", N_("Proposed way of the visits"), Symbol(line=_ROUTE_LINE)),))
        way = Layer("lookback_route", "lookback_route", _ROUTE, rule, order=_ROUTE_ORDER, group="base")
        return theme.with_layer(way), OverlaidSource({_ROUTE: _lines(self.content)}, source)

    def title(self) -> str:
        if not self.content.round_name:
            return tr(N_("{area} map of rebounds"), area=self.content.area_name)
        return tr(N_("{area} look-back and rebound map: {round}"), area=self.content.area_name,
                  round=self.content.round_name)  # fmt: skip

    def notes(self) -> list[str]:
        words = tr(
            N_("Numbers on the map are places in the draw; rebounds outside it carry their ledger number.")
        )
        found = [words, self.content.drawn_words]
        if self.content.route:
            way = N_(
                "The way joins the boilers drawn in each county by straight lines, {km} km in all; "
                "it follows no road."
            )
            found.append(tr(way, km=f"{self.content.route_km:.0f}"))
        if len(self.content.visits) - 1 > _MOST_LISTED:
            found.append(tr(N_("The draw is listed in the look-back list of the round.")))
        return [item for item in found if item]

    def tables(self, style: SheetStyle, side: str) -> list[Block]:
        visits = self.content.visits if len(self.content.visits) - 1 <= _MOST_LISTED else ()
        captioned = (
            (tr(N_("Look-back by county (units)")), self.content.counted),
            (tr(N_("Boilers drawn")), visits),
        )
        blocks = [_captioned(words, rows, style) for words, rows in captioned if len(rows) > 1]
        return [below(blocks, 3.0 * style.unit, "middle")] if blocks else [NOTHING]


def _lines(content: LookbackMapContent) -> FeatureColumns:
    ways = np.empty(len(content.route), dtype=object)
    ways[:] = content.route
    return FeatureColumns([f"way-{at}" for at in range(len(content.route))], ways)


def _captioned(words: str, rows: tuple[tuple[str, ...], ...], style: SheetStyle) -> Block:
    cells = [[head(word) for word in rows[0]], *([Cell(word) for word in row] for row in rows[1:])]
    return below([one_line(words, style.heading), table_block(cells, style)], 0.8 * style.unit, "middle")
