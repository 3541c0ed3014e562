"""The legend of a picture: only the symbols that occur in it, counted and grouped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.carto.display import DisplayList
from app.carto.layers import Layer
from app.carto.symbols import Marker, Symbol
from app.carto.theme import Theme
from app.i18n import N_, labelled, tr

BASE_GROUP = "base"
THEME_GROUP = "theme"
GROUP_TITLES = {
    THEME_GROUP: N_("Thematic features"),
    "added": N_("Added layers"),
    BASE_GROUP: N_("Base map"),
}

_SIZE_SAMPLE_MM = 2.4
_SIZE_COLOUR = "#8a8f96"


@dataclass(frozen=True)
class LegendEntry:
    """One line: its symbol, its words in the user's language, and how many there are (None: not counted)."""

    title: str
    symbol: Symbol
    count: int | None = None
    kind: str = "area"


@dataclass(frozen=True)
class LegendGroup:
    """Lines under one heading."""

    title: str
    entries: tuple[LegendEntry, ...]


def legend(
    theme: Theme, picture: DisplayList, counts: Mapping[tuple[str, str], int] | None = None
) -> tuple[LegendGroup, ...]:
    """The legend groups of a picture from the top down, the base map's last.

    `counts` by (layer, class) replace the counts of what is in view, for sheets whose table counts more.
    """
    listed: dict[str, list[tuple[str, LegendEntry]]] = {}
    for layer in reversed(theme.layers):
        entries = _entries(layer, picture, counts or {})
        listed.setdefault(layer.group, []).extend((layer.title, entry) for entry in entries)
    groups = {name: _told_apart(entries) for name, entries in listed.items()}
    groups[BASE_GROUP] = groups.pop(BASE_GROUP, [])
    sizes = [group for layer in theme.layers if (group := size_group(layer, picture))]
    shown = [LegendGroup(tr(GROUP_TITLES.get(name, name)), tuple(e)) for name, e in groups.items() if e]
    return (*shown[:1], *sizes, *shown[1:])


def _told_apart(entries: Sequence[tuple[str, LegendEntry]]) -> list[LegendEntry]:
    """Lines with their layer's name before them where layers share words."""
    times = Counter(entry.title for _, entry in entries)
    return [
        replace(entry, title=labelled(tr(layer), entry.title)) if times[entry.title] > 1 else entry
        for layer, entry in entries
    ]


def size_group(layer: Layer, picture: DisplayList) -> LegendGroup | None:
    """What the sizes of a layer's markers mean, when any of them is in the picture."""
    rule = layer.size
    first = next((item for item in picture.drawn if item.layer == layer.id), None)
    if rule is None or first is None or first.symbol.marker is None:
        return None
    entries = []
    for index, words in enumerate(range_words(rule.breaks)):
        grey = Symbol(marker=Marker("circle", _SIZE_SAMPLE_MM * rule.factor(index), _SIZE_COLOUR))
        entries.append(LegendEntry(f"{words} {rule.unit}".rstrip(), grey, kind="point"))
    return LegendGroup(tr(rule.title), tuple(entries))


def range_words(breaks: Sequence[float]) -> list[str]:
    """Classes between breaks in words: `<1`, `1–4`, `≥4`."""
    shown = [f"{number:g}" for number in breaks]
    middle = [f"{low}–{high}" for low, high in pairwise(shown)]
    return [f"<{shown[0]}", *middle, f"≥{shown[-1]}"] if shown else []


def _entries(layer: Layer, picture: DisplayList, counts: Mapping[tuple[str, str], int]) -> list[LegendEntry]:
    drawn = {item.key: item for item in picture.drawn if item.layer == layer.id}
    entries = []
    for item in reversed(layer.rule.classes):
        if item.key not in drawn:
            continue
        counted = counts.get((layer.id, item.key), drawn[item.key].count)
        symbol = drawn[item.key].symbol
        shown = None if layer.group == BASE_GROUP else counted
        entries.append(LegendEntry(tr(item.title), symbol, shown, _kind(symbol)))
    return entries


def _kind(symbol: Symbol) -> str:
    if symbol.marker:
        return "point"
    return "area" if symbol.fill else "line"
