"""A map layer as data: which features, which symbol for which value, which label, at which scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from app.carto.display import Ints
from app.carto.features import FeatureColumns, Objects
from app.carto.labels import AROUND
from app.carto.symbols import Symbol, TextStyle

NOT_DRAWN = -1


@dataclass(frozen=True)
class SymbolClass:
    """One line of a legend: the values it stands for, its words and its symbol."""

    key: str
    title: str
    symbol: Symbol
    values: tuple[object, ...] = ()
    unknown: bool = False
    rest: bool = False


@dataclass(frozen=True)
class SymbolRule:
    """Which class a feature belongs to: all in one, by listed values, or by breaks of a number.

    Classes are drawn in the order given, so the last one lies on top. With `breaks` a class holds the
    numbers from one break up to below the next; `len(classes) == len(breaks) + 1`.
    """

    classes: tuple[SymbolClass, ...]
    field: str = ""
    breaks: tuple[float, ...] = ()

    def classify(self, columns: FeatureColumns) -> Ints:
        """The index of each feature's class, or -1 where none fits."""
        if not self.field:
            return np.zeros(len(columns), dtype=np.int64)
        values = columns.column(self.field)
        return self._by_breaks(values) if self.breaks else self._by_value(values)

    def _by_value(self, values: Objects) -> Ints:
        table: dict[object, int] = {}
        rest = NOT_DRAWN
        for index, item in enumerate(self.classes):
            table.update(dict.fromkeys(item.values, index))
            if item.unknown:
                table[None] = index
            if item.rest:
                rest = index
        return np.fromiter((table.get(v, rest) for v in values), dtype=np.int64, count=len(values))

    def _by_breaks(self, values: Objects) -> Ints:
        numbers = as_numbers(values)
        places = np.asarray([i for i, item in enumerate(self.classes) if not item.unknown], dtype=np.int64)
        found = places[np.searchsorted(np.asarray(self.breaks), numbers, side="right")]
        unknown = next((i for i, item in enumerate(self.classes) if item.unknown), NOT_DRAWN)
        found[np.isnan(numbers)] = unknown
        return found


@dataclass(frozen=True)
class SizeRule:
    """Marker sizes by a number: `factors[i]` from `breaks[i - 1]` up to below `breaks[i]`."""

    field: str
    title: str
    unit: str
    breaks: tuple[float, ...]
    factors: tuple[float, ...]
    unknown: float = 1.0

    def classify(self, columns: FeatureColumns) -> Ints:
        """The size class of each feature, -1 for an unknown number."""
        numbers = as_numbers(columns.column(self.field))
        found = np.searchsorted(np.asarray(self.breaks), numbers, side="right").astype(np.int64)
        found[np.isnan(numbers)] = NOT_DRAWN
        return found

    def factor(self, size_class: int) -> float:
        """The factor on the marker's own size."""
        return self.unknown if size_class == NOT_DRAWN else self.factors[size_class]


@dataclass(frozen=True)
class LabelRule:
    """The words of a feature: `around` its point, `outward` from the layer's middle, or in the `middle`
    of an area."""

    field: str
    style: TextStyle
    placing: str = AROUND
    scales: tuple[float, float] = (0.0, float("inf"))
    priority: int = 50
    leader: bool = False
    must_fit: bool = False


@dataclass(frozen=True)
class Layer:
    """Features of one entity that pass a filter, their symbols and labels; `order` counts upwards."""

    id: str
    title: str
    entity: str
    rule: SymbolRule
    order: int = 50
    group: str = "theme"
    where: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    where_not: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    size: SizeRule | None = None
    label: LabelRule | None = None
    visible: bool = True
    scales: tuple[float, float] = (0.0, float("inf"))
    opacity: float = 1.0
    legend: bool = True

    def fields(self) -> tuple[str, ...]:
        """Every field the layer reads."""
        names = [
            self.rule.field,
            self.size.field if self.size else "",
            self.label.field if self.label else "",
        ]
        return tuple(dict.fromkeys(n for n in [*names, *self.where, *self.where_not] if n))

    def shows_at(self, scale: float) -> bool:
        """True when the layer is switched on and meant for this scale denominator."""
        return self.visible and in_range(self.scales, scale)

    def passes(self, columns: FeatureColumns) -> NDArray[np.bool_]:
        """Which features the filter lets through."""
        passed = np.ones(len(columns), dtype=bool)
        for name, wanted in self.where.items():
            passed &= _is_one_of(columns.column(name), wanted)
        for name, unwanted in self.where_not.items():
            passed &= ~_is_one_of(columns.column(name), unwanted)
        return passed

    def shown(self, visible: bool) -> Layer:
        """The same layer switched on or off."""
        return replace(self, visible=visible)


def in_range(scales: tuple[float, float], scale: float) -> bool:
    """True when a scale denominator lies in (from, up to and including)."""
    return scales[0] < scale <= scales[1]


def as_numbers(values: Objects) -> NDArray[np.float64]:
    """Values as floats, NaN where they are unknown or no number."""
    numbers = (v if isinstance(v, (int, float)) and not isinstance(v, bool) else np.nan for v in values)
    return np.fromiter(numbers, dtype=float, count=len(values))


def _is_one_of(values: Objects, wanted: tuple[object, ...]) -> NDArray[np.bool_]:
    allowed = set(wanted)
    return np.fromiter((v in allowed for v in values), dtype=bool, count=len(values))
