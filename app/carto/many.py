"""Very many areas of one entity as flat arrays: drawn, counted and found without an object for each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from app.carto import flat
from app.carto.coded import Coded, Coding, classes_of, uids_as_bytes, uids_as_text
from app.carto.display import Floats
from app.carto.features import Extent, FeatureColumns
from app.carto.flat import NOT_DRAWN, FlatAreas
from app.carto.identities import Identities
from app.carto.layers import Layer
from app.carto.meshing import placed
from app.carto.projected import ProjectedFeatures
from app.carto.unpacking import unpacked

Fetch = Callable[[Sequence[str], Sequence[str]], FeatureColumns]
_BOXES = 2_000  # made and judged at once
FEW = 4000  # fewer than this are drawn as features of their own
Mark = tuple[object, ...]  # what moment of the file the arrays show


@dataclass(frozen=True, eq=False)
class ManyAreas:
    """Areas with their identities (n, 2) uint64 and coded columns, in `crs`, as of the file's `mark`.

    `fetch(uids, fields)` reads records themselves, for labels, marks and what lies under a click.
    """

    areas: FlatAreas
    uids: NDArray[np.uint64]
    columns: Mapping[str, Coded]
    crs: str
    mark: Mark
    fetch: Fetch
    _classes: dict[Hashable, NDArray[np.uint8]] = field(default_factory=dict)
    _few: dict[Hashable, ProjectedFeatures] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def nbytes(self) -> int:
        """The memory all arrays hold, mapped from a file or not."""
        coded = sum(column.codes.nbytes for column in self.columns.values())
        classes = sum(found.nbytes for found in self._classes.values())
        return self.areas.nbytes + self.uids.nbytes + coded + classes

    def classes(self, layer: Layer) -> NDArray[np.uint8]:
        """The class of every area under a layer's rules, NOT_DRAWN for none; kept for the next picture."""
        key = (layer.rule, tuple(layer.where.items()), tuple(layer.where_not.items()))
        found = self._classes.get(key)
        if found is None:
            found = self._classes[key] = classes_of(layer, self.columns, len(self))
        return found

    def alone(self, layer: Layer, fields: Sequence[str]) -> ProjectedFeatures | None:
        """What a layer draws as features of their own, when it draws few; None when it draws many."""
        rules = (layer.rule, tuple(layer.where.items()), tuple(layer.where_not.items()))
        key = (*rules, tuple(fields))
        if key not in self._few:
            drawn = self.classes(layer) != NOT_DRAWN
            if np.count_nonzero(drawn) > FEW:
                return None
            self._few[key] = self.taken(np.flatnonzero(drawn), fields)
            del self._classes[rules]
        return self._few[key]

    def near(self, layer: Layer, box: Extent, fields: Sequence[str], most: int = FEW) -> ProjectedFeatures:
        """The features a layer draws around a box of the map's units, the first `most` of them."""
        return self.taken(self.areas.touching(self.classes(layer), box)[:most], fields)

    def count(self, layer: Layer, box: Extent) -> int:
        """How many areas a layer draws have a box that touches this one."""
        return int(self.areas.tally(self.classes(layer), box).sum())

    def extent(self, layer: Layer) -> Extent | None:
        """The box around what a layer draws; None when it draws nothing."""
        return self.areas.extent(self.classes(layer))

    def placeless(self, layer: Layer) -> int:
        """How many areas a layer would draw if they had an outline."""
        return int(np.count_nonzero(self.classes(layer)[self.areas.without_rings] != NOT_DRAWN))

    def touched(self, layer: Layer, box: Extent) -> Identities:
        """The identities of all of them."""
        return Identities(self.uids[self.areas.touching(self.classes(layer), box)])

    def touched_by(self, layer: Layer, shape: Polygon | MultiPolygon) -> Identities:
        """The identities of those a layer draws whose boxes touch a shape of the map's units."""
        rows = self.areas.touching(self.classes(layer), shape.bounds)
        shapely.prepare(shape)
        inside = [
            some[shapely.intersects(shapely.box(*self.areas.bounds_of(some).T), shape)]
            for some in np.split(rows, range(_BOXES, len(rows), _BOXES))
            if len(some)
        ]
        return Identities(self.uids[np.concatenate([rows[:0], *inside])])

    def with_columns(self, columns: Mapping[str, Coded]) -> ManyAreas:
        """The same areas with other columns."""
        return replace(self, columns=columns, _classes={}, _few={})

    def rows_of(self, uids: Sequence[str]) -> tuple[NDArray[np.intp], list[str]]:
        """Where the features of these identities stand, and the identity of each; others are left out."""
        wanted = uids_as_bytes(uids)
        if wanted is None or not len(wanted):
            return np.empty(0, dtype=np.intp), []
        among = np.flatnonzero(
            np.isin(self.uids[:, 0], wanted[:, 0]) & np.isin(self.uids[:, 1], wanted[:, 1])
        )
        known = set(uids)
        named = uids_as_text(self.uids[among])
        kept = [place for place, uid in enumerate(named) if uid in known]
        return among[kept], [named[place] for place in kept]

    def taken(self, rows: NDArray[np.integer], fields: Sequence[str]) -> ProjectedFeatures:
        """Some of the features, in order: from the columns what they hold, the rest from the records."""
        uids = uids_as_text(self.uids[rows])
        found = self._read(uids, [name for name in fields if name not in self.columns])
        places = {uid: place for place, uid in enumerate(uids)}
        there = rows[np.fromiter((places[uid] for uid in found.uids), dtype=np.int64, count=len(found))]
        values = dict(found.values)
        for name in self.columns.keys() & set(fields):
            values[name] = np.empty(len(there), dtype=object)
            values[name][:] = self.columns[name].taken(there)
        return ProjectedFeatures(FeatureColumns(found.uids, found.geometry, values), self.crs)

    def of(self, uids: Sequence[str], fields: Sequence[str]) -> ProjectedFeatures:
        """The features of these identities that are among the areas, read from the records."""
        return ProjectedFeatures(self._read(list(uids), fields), self.crs)

    def _read(self, uids: list[str], fields: Sequence[str]) -> FeatureColumns:
        found = self.fetch(uids, fields)
        places = {uid: place for place, uid in enumerate(uids)}
        order = np.argsort([places[uid] for uid in found.uids], kind="stable").astype(np.int64)
        return found.taken(order) if len(order) else found

    def with_changes(self, gone: Sequence[str], now: ManyAreas, mark: Mark) -> ManyAreas:
        """The same with some records as they are now; those in `now` that were not there come last."""
        old = uids_as_bytes(gone)
        if old is None:
            return self
        rows = _rows_of(self.uids, old)
        order, areas = _spliced(self, now, rows)
        columns = {
            name: _joined(column, now.columns[name], order, len(self))
            for name, column in self.columns.items()
        }
        uids = np.concatenate([self.uids, now.uids])[order]
        return replace(self, areas=areas, uids=uids, columns=columns, mark=mark, _classes={}, _few={})


def _rows_of(uids: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Where identities stand, -1 for those that are not there."""
    found = np.full(len(wanted), -1, dtype=np.int64)
    candidates = np.flatnonzero(np.isin(uids[:, 0], wanted[:, 0]))
    places = {tuple(pair): int(row) for pair, row in zip(uids[candidates].tolist(), candidates, strict=True)}
    for at, pair in enumerate(wanted.tolist()):
        found[at] = places.get(tuple(pair), -1)
    return found


def _spliced(old: ManyAreas, now: ManyAreas, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], FlatAreas]:
    """The order of old features (0 …) and new ones (after them), and their areas in that order."""
    order = np.arange(len(old), dtype=np.int64)
    gone = np.zeros(len(old), dtype=bool)
    gone[rows[rows >= 0]] = True
    places = _rows_of(old.uids, now.uids) if len(now) else np.empty(0, dtype=np.int64)
    kept = places >= 0
    order[places[kept]] = len(old) + np.flatnonzero(kept)
    gone[places[kept]] = False
    order = np.concatenate([order[~gone], len(old) + np.flatnonzero(~kept)])
    return order, old.areas.with_areas(now.areas, order)


def _joined(old: Coded, new: Coded, order: NDArray[np.int64], count: int) -> Coded:
    words = list(old.words)
    known = {(type(word), word): place for place, word in enumerate(words)}
    moved = []
    for word in new.words:
        if (type(word), word) not in known:
            known[type(word), word] = len(words)
            words.append(word)
        moved.append(known[type(word), word])
    late = np.array(moved, dtype=np.int64)[new.codes] if len(new.codes) else np.empty(0, np.int64)
    return Coded.of_places(np.concatenate([old.codes.astype(np.int64), late])[order], words)


class ManyReader:
    """Makes flat areas of records that come block by block; the next block is read while one is projected."""

    def __init__(self, crs: str, fields: Sequence[str]) -> None:
        self._crs = crs
        self._codings = {name: Coding() for name in fields}
        self._parts: list[Future[tuple[Floats, NDArray[np.uint32], NDArray[np.uint32]]]] = []
        self._uids: list[NDArray[np.uint64] | None] = []
        self._worker = ThreadPoolExecutor(1, "projector")

    def add(self, uids: list[str], blobs: list[bytes | None], values: Mapping[str, Sequence[object]]) -> None:
        """The next records: identities, GeoPackage blobs, raw values by field."""
        self._parts.append(self._worker.submit(self._placed, blobs))
        self._uids.append(uids_as_bytes(uids))
        for name, coding in self._codings.items():
            coding.add(values[name])

    def _placed(self, blobs: list[bytes | None]) -> tuple[Floats, NDArray[np.uint32], NDArray[np.uint32]]:
        xy, rings, areas = unpacked(blobs)
        return (placed(xy, self._crs) if len(xy) else xy), rings, areas

    def done(self, mark: Mark, fetch: Fetch) -> ManyAreas | None:
        """All of them; None when an identity is none of ours or they are too many."""
        parts = [part.result() for part in self._parts]
        self._worker.shutdown()
        found = FlatAreas.joined(parts)
        known = [part for part in self._uids if part is not None]
        if found is None or len(known) != len(self._uids):
            return None
        columns = {name: coding.done() for name, coding in self._codings.items()}
        return ManyAreas(found, np.concatenate(known), columns, self._crs, mark, fetch)


def can_be_many() -> bool:
    """Whether the compiled part is there, without which areas are drawn one by one."""
    return flat.HAS_SCAN
