"""What a map has read and projected, kept by entity until its records change."""

from __future__ import annotations

from collections.abc import Sequence

from app.carto.features import Extent, FeatureSource
from app.carto.layers import Layer
from app.carto.many import ManyAreas
from app.carto.projected import ProjectedFeatures
from app.carto.theme import Theme


class ProjectedLayers:
    """Projected features of a source by entity; kept until `forget`.

    A source may offer `many(entity, fields, crs, before)`: very many areas as flat arrays.
    """

    def __init__(self, source: FeatureSource) -> None:
        self.source = source
        self._kept: dict[tuple[str, str], ProjectedFeatures] = {}
        self._many: dict[tuple[str, str], ManyAreas] = {}
        self._few: set[tuple[str, ...]] = set()  # entity, system and fields that are no many areas
        self._before: dict[tuple[str, str], ManyAreas] = {}

    @classmethod
    def of(cls, source: FeatureSource | ProjectedLayers) -> ProjectedLayers:
        """`source` itself when it keeps its features already, else a new keeper around it."""
        return source if isinstance(source, ProjectedLayers) else cls(source)

    def features(self, entity: str, fields: Sequence[str], crs: str) -> ProjectedFeatures:
        """All features of an entity with at least these fields."""
        kept = self._kept.get((entity, crs))
        if kept is not None and set(fields) <= set(kept.columns.values):
            return kept
        wanted = dict.fromkeys([*(kept.columns.values if kept else ()), *fields])
        made = ProjectedFeatures(self.source.columns(entity, list(wanted), None), crs)
        self._kept[(entity, crs)] = made
        return made

    def many(self, entity: str, fields: Sequence[str], crs: str) -> ManyAreas | None:
        """The entity as very many areas with these columns; None when its features are few."""
        key = (entity, crs)
        kept = self._many.get(key)
        if kept is not None and set(fields) <= set(kept.columns):
            return kept
        if (*key, *fields) in self._few:
            return None
        offered = getattr(self.source, "many", None)
        made: ManyAreas | None = (
            offered(entity, fields, crs, kept or self._before.get(key)) if offered else None
        )
        if made is None:
            self._few.add((*key, *fields))
        else:
            self._many[key] = self._before[key] = made
        return made

    def drawn_by(self, theme: Theme, layer: Layer, crs: str) -> ProjectedFeatures | ManyAreas:
        """What a layer of a theme draws: very many areas, or features each for itself."""
        many = self.many(layer.entity, theme.classed_by(layer.entity), crs)
        if many is None:
            return self.features(layer.entity, theme.fields_of(layer.entity), crs)
        alone = many.alone(layer, layer.fields())
        return many if alone is None else alone

    def near(self, theme: Theme, layer: Layer, crs: str, box: Extent) -> ProjectedFeatures:
        """The features of a layer with, at least, all those around a box."""
        found = self.drawn_by(theme, layer, crs)
        return found.near(layer, box, layer.fields()) if isinstance(found, ManyAreas) else found

    def of_uids(self, entity: str, uids: Sequence[str], crs: str) -> ProjectedFeatures:
        """The features of an entity with, at least, these identities."""
        many = self._many.get((entity, crs))
        return self.features(entity, (), crs) if many is None else many.of(uids, ())

    def forget(self, entity: str | None = None) -> None:
        """Read an entity (or everything) again at the next picture, because its records changed."""
        for kept in (self._kept, self._many):
            for key in [key for key in kept if entity is None or key[0] == entity]:
                kept.pop(key, None)
        self._few = {key for key in self._few if entity is not None and key[0] != entity}
