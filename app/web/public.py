"""The public edition: boilers and sources are counted by township or county instead of being placed.

A snapped or blurred point still tells which unit is meant once its name or address stands beside it, and a
zone's outline is its coordinates. So no single boiler, source, well or zone is on a public page at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from app.carto.features import DRAWN_FROM, FeatureColumns, FeatureSource
from app.carto.layers import Layer
from app.carto.theme import Theme
from app.domain.catalog import BY_NAME
from app.domain.values import show
from app.i18n import N_, tr
from app.web.content import LegendEntry, WebLayer
from app.web.popups import Popups
from app.web.symbols import ring_chart_svg, swatch_svg

# What is summed, and by which divisions, the smallest first; what is left out altogether.
SUMMED: Mapping[str, tuple[str, ...]] = {"boiler": ("town", "county"), "water_source": ("county",)}
_COARSE_LEVELS = {1, 2, 3}  # of grid cells: city, county, township
LEFT_OUT = ("intake", "protection_zone", "attachment", "person")


@dataclass(frozen=True)
class _Place:
    """A division to sum by, with the point its symbol stands at."""

    code: str
    name: str
    lat_lon: tuple[float, float]


class _Places:
    """Finds the division a record is counted in: by its code, else by where it lies."""

    def __init__(self, source: FeatureSource, levels: Sequence[str]) -> None:
        columns = source.columns("division", ("code", "name", "level", "valid_to"), None)
        has_shape = np.array([shape is not None for shape in columns.geometry], dtype=bool)
        known = np.isin(columns.column("level").astype(str), levels)
        current = np.array([value in (None, "") for value in columns.column("valid_to")], dtype=bool)
        taken = columns.taken(has_shape & known & current)
        order = {level: number for number, level in enumerate(levels)}
        self._rank = [order[level] for level in taken.column("level")]
        self._shapes = list(taken.geometry)
        self._tree = shapely.STRtree(self._shapes)
        spots = shapely.point_on_surface(np.asarray(self._shapes, dtype=object))
        self.all = [
            _Place(str(code), str(name), (round(spot.y, 4), round(spot.x, 4)))
            for code, name, spot in zip(taken.column("code"), taken.column("name"), spots, strict=True)
        ]
        self._by_code = {place.code: place for place in self.all}

    def of(self, code: object, point: Any) -> _Place | None:
        """The smallest division with a polygon that a record belongs to; None when nothing is known of it."""
        written = str(code or "")
        named = next((self._by_code[written[:n]] for n in (9, 6) if written[:n] in self._by_code), None)
        if (named is not None and len(named.code) == 9) or point is None:
            return named
        hits = sorted(self._tree.query(point, predicate="intersects"), key=lambda hit: self._rank[hit])
        return self.all[hits[0]] if hits else named


def public_theme(theme: Theme) -> Theme:
    """The theme without the layers whose features may not be placed on a public page."""
    hidden = [
        layer.id
        for layer in theme.layers
        if layer.entity in LEFT_OUT or layer.entity in SUMMED or _tells_places(layer)
    ]
    return theme.without(*hidden)


def _tells_places(layer: Layer) -> bool:
    """Whether a layer counts within areas smaller than townships what may only be summed: one boiler in a
    square of 500 m is as good as placed."""
    counted = [DRAWN_FROM.get((layer.entity, name)) in SUMMED for name in layer.fields()]
    levels = layer.where.get("level", ())
    return any(counted) and not (levels and set(levels) <= _COARSE_LEVELS)


def summed_layers(theme: Theme, source: FeatureSource, popups: Popups) -> list[WebLayer]:
    """One layer of counts for each layer of the theme that is summed."""
    made = (_summed(layer, source, popups) for layer in theme.layers if layer.entity in SUMMED)
    return [layer for layer in made if layer is not None]


def _summed(layer: Layer, source: FeatureSource, popups: Popups) -> WebLayer | None:
    fields = ("div_code", "rated_tph", "synthetic", "name", "type", *layer.fields())
    found = source.columns(layer.entity, fields, None)
    columns = found.taken(layer.passes(found))
    if not len(columns):
        return None
    places = _Places(source, SUMMED[layer.entity])
    where = [
        places.of(code, point)
        for code, point in zip(columns.column("div_code"), columns.geometry, strict=True)
    ]
    classes = layer.rule.classify(columns)
    groups: dict[_Place, list[int]] = {}
    for row, place in enumerate(where):
        if place is not None and classes[row] >= 0:
            groups.setdefault(place, []).append(row)
    entry = _boiler_feature if layer.entity == "boiler" else _source_feature
    features = [
        entry(layer, columns.taken(np.array(rows)), classes[rows], place, popups)
        for place, rows in groups.items()
    ]
    # the ring stands above the point, where the name of the place is written
    looks = [{"svg": item.pop(), "box": item.pop(), "above": True} for item in features]
    return WebLayer(
        id=layer.id,
        title=tr(layer.title),
        order=layer.order,
        base=False,
        visible=True,
        zooms=(0, 30),
        drawing={"looks": looks, "features": [[i, *item] for i, item in enumerate(features)], "labels": None,
                 "silent": False},
        legend=_legend(layer, columns, classes, where),
        features=len(features),
        synthetic=sum(1 for value in columns.column("synthetic") if value),
    )  # fmt: skip


def _boiler_feature(
    layer: Layer, columns: FeatureColumns, classes: Any, place: _Place, popups: Popups
) -> list[Any]:
    shares, rows = [], []
    for index, item in reversed(list(enumerate(layer.rule.classes))):
        mine = classes == index
        if mine.any() and item.symbol.marker is not None:
            shares.append((item.symbol.marker.colour, int(mine.sum())))
            rows.append((popups.number(tr(item.title)), units_words(int(mine.sum()), _sum(columns, mine))))
    whole = np.ones(len(columns), dtype=bool)
    rows.append((popups.number(tr(N_("Total"))), units_words(len(columns), _sum(columns, whole))))
    box = round(22 + 5.0 * min(6.0, len(columns) ** 0.5), 1)
    return [list(place.lat_lon), place.name, rows, _marked(columns), box, ring_chart_svg(shares, box)]


def _source_feature(
    layer: Layer, columns: FeatureColumns, classes: Any, place: _Place, popups: Popups
) -> list[Any]:
    field = BY_NAME["water_source"].fields["type"]
    rows = [
        (popups.number(str(name)), show(field, kind))
        for name, kind in zip(columns.column("name"), columns.column("type"), strict=True)
    ]
    marker = layer.rule.classes[int(classes[0])].symbol.marker
    colour = marker.colour if marker else "#1565C0"
    title = tr(N_("{place}: {n} sources"), place=place.name, n=len(columns))
    return [
        list(place.lat_lon),
        title,
        rows,
        _marked(columns),
        34.0,
        ring_chart_svg([(colour, len(columns))], 34.0),
    ]


def _legend(
    layer: Layer, columns: FeatureColumns, classes: Any, where: Sequence[_Place | None]
) -> list[LegendEntry]:
    nowhere = np.array([place is None for place in where], dtype=bool)
    entries = []
    for index, item in reversed(list(enumerate(layer.rule.classes))):
        mine = classes == index
        if mine.any():
            tph = _sum(columns, mine) if layer.entity == "boiler" else None
            swatch = swatch_svg(item.symbol)
            entries.append(
                LegendEntry(swatch, tr(item.title), int(mine.sum()), tph, int((mine & nowhere).sum()))
            )
    return entries


def units_words(count: int, tph: float) -> str:
    """Boilers in 台 and 蒸吨, always both."""
    written = f"{tph:.2f}".rstrip("0").rstrip(".")
    return tr(N_("{n} units, {tph} t/h"), n=count, tph=written)


def _sum(columns: FeatureColumns, rows: Any) -> float:
    return round(sum(float(value) for value in columns.column("rated_tph")[rows] if value is not None), 2)


def _marked(columns: FeatureColumns) -> int:
    return 1 if any(columns.column("synthetic")) else 0
