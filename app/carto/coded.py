"""Columns of very many features: each value once, and a small number for every feature that holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.carto.features import FeatureColumns
from app.carto.flat import HAS_SCAN, NOT_DRAWN
from app.carto.layers import Layer

if HAS_SCAN:
    from app.carto import _scan

Codes = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32]
UID_BYTES = 16


@dataclass(frozen=True, eq=False)
class Coded:
    """A column: `codes[i]` is the place of feature i's value in `words`."""

    codes: Codes
    words: tuple[Any, ...]

    @classmethod
    def of_places(cls, places: NDArray[np.int64], words: Sequence[Any]) -> Coded:
        """The column with the smallest numbers that hold it."""
        kind = np.min_scalar_type(max(len(words) - 1, 0))
        return cls(places.astype(kind), tuple(words))

    def worked(self, work: Callable[[Any], Any]) -> Coded:
        """The column of what `work` makes of each value."""
        return Coded(self.codes, tuple(work(word) for word in self.words))

    def taken(self, rows: NDArray[Any]) -> list[Any]:
        """The values of some features."""
        return [self.words[code] for code in self.codes[rows].tolist()]


class Coding:
    """Numbers values as they come, block after block."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}
        self._blocks: list[NDArray[np.int64]] = []

    def add(self, values: Sequence[Any]) -> None:
        """The values of the next features."""
        places = self._places
        for value in set(values).difference(places):
            places[value] = len(places)
        self._blocks.append(np.fromiter(map(places.__getitem__, values), dtype=np.int64, count=len(values)))

    def done(self) -> Coded:
        """The whole column."""
        empty = np.empty(0, dtype=np.int64)
        return Coded.of_places(np.concatenate([empty, *self._blocks]), tuple(self._places))


def classes_of(layer: Layer, columns: Mapping[str, Coded], count: int) -> NDArray[np.uint8]:
    """The class of each feature under a layer's rules, NOT_DRAWN for none: a look-up for each value only."""
    found = np.zeros(count, dtype=np.uint8)
    rule = layer.rule
    if rule.field:
        column = columns[rule.field]
        classes = rule.classify(_as_columns(rule.field, column.words))
        table = np.where(classes < 0, NOT_DRAWN, classes).astype(np.uint8)
        found = table[column.codes] if len(table) else found
    for wanted, good in ((layer.where, True), (layer.where_not, False)):
        for name, values in wanted.items():
            column = columns[name]
            allowed = set(values)
            passes = np.array([(word in allowed) is good for word in column.words], dtype=bool)
            if len(passes) and not passes.all():
                found = np.where(passes[column.codes], found, np.uint8(NOT_DRAWN))
    return np.ascontiguousarray(found)


def _as_columns(name: str, words: Iterable[Any]) -> FeatureColumns:
    listed = list(words)
    values = np.empty(len(listed), dtype=object)
    values[:] = listed
    return FeatureColumns([""] * len(listed), np.full(len(listed), None, dtype=object), {name: values})


def uids_as_bytes(uids: Sequence[str]) -> NDArray[np.uint64] | None:
    """Identities as two numbers each (n, 2); None when one of them is no UUID as we write it.

    Needs HAS_SCAN.
    """
    found = np.empty((len(uids), 2), dtype=np.uint64)
    return found if _scan.identities(list(uids), found) else None


def uids_as_text(numbers: NDArray[np.uint64]) -> list[str]:
    """The identities again."""
    digits = numbers.astype(">u8").tobytes().hex()
    made = []
    for at in range(0, len(digits), 2 * UID_BYTES):
        one = digits[at : at + 2 * UID_BYTES]
        made.append(f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}")
    return made
