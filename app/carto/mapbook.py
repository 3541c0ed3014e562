"""All that a person has arranged on the map of a workspace, as one value: themes, and files laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from app.carto.arranging import Arrangement, Table, arranged
from app.carto.classing import ramp_colours
from app.carto.theme import LIGHT, THEMES, Theme, arranged_theme, layer_tables, theme_title

FEATURES, TILES = "features", "tiles"
ADDED_GROUP = "added"
_OWN = "own"
_OVER_LAND, _OVER_AREAS = 12, 60  # pictures begin over the land, features below our own points


@dataclass(frozen=True)
class AddedLayer:
    """A file laid over the map: where it is, the layer in it, and the system its coordinates are in.

    For pictures `crs` says whether they are shifted: `gcj02`, or `EPSG:4490` for not; `system` is that of a
    GeoTIFF which states none.
    """

    id: str
    title: str
    kind: str
    path: str
    crs: str
    part: str = ""
    encoding: str = ""
    system: str = ""

    @property
    def entity(self) -> str:
        """What the layer asks its source for."""
        return f"{self.kind}.{self.id}"

    def at(self, path: str) -> AddedLayer:
        """The layer of a file at another place."""
        return replace(self, path=path)

    def table(self) -> dict[str, Any]:
        """The layer as it is shown before anybody arranges it."""
        made = {"id": self.id, "title": self.title, "entity": self.entity}
        number = int(self.id[1:])
        if self.kind == TILES:
            return {**made, "order": _OVER_LAND, "group": "base"}
        colour = ramp_colours("mixed", number)[-1]
        look = {
            "fill": {"colour": colour, "opacity": 0.15},
            "line": {"colour": colour, "width_mm": 0.4},
            "marker": {"shape": "circle", "size_mm": 2.0, "colour": colour},
        }
        return {**made, "order": _OVER_AREAS, "group": ADDED_GROUP, **look}


@dataclass(frozen=True)
class MapBook:
    """Arrangements by theme (shipped ones by their id, own ones by `own…`), the theme of each ledger, and the
    added layers in the order they came."""

    themes: Mapping[str, Arrangement] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    added: tuple[AddedLayer, ...] = ()

    # ---- themes

    def theme_ids(self) -> tuple[str, ...]:
        """Shipped themes, then own ones."""
        return (*THEMES, *(name for name in self.themes if name not in THEMES))

    def title_of(self, theme_id: str) -> str:
        """What a theme is called."""
        return self.arrangement(theme_id).title or theme_title(self.arrangement(theme_id).base)

    def is_own(self, theme_id: str) -> bool:
        """Whether a person made it."""
        return theme_id not in THEMES

    def arrangement(self, theme_id: str) -> Arrangement:
        """How a theme is arranged; an unknown one is the first there is."""
        kept = self.themes.get(theme_id)
        return kept or Arrangement(theme_id if theme_id in THEMES else THEMES[0])

    def theme(self, theme_id: str, palette: str = LIGHT) -> Theme:
        """The theme to draw; raises Invalid for an arrangement that no longer fits its theme."""
        return arranged_theme(self.arrangement(theme_id), self._added_tables(), palette)

    def tables(self, theme_id: str) -> list[dict[str, Any]]:
        """The layer tables of a theme as arranged, from the ground up, colours still by name."""
        arrangement = self.arrangement(theme_id)
        return arranged([*layer_tables(arrangement.base), *self._added_tables()], arrangement)

    def table(self, theme_id: str, layer: str) -> dict[str, Any]:
        """One of them; raises KeyError."""
        found = next((table for table in self.tables(theme_id) if table["id"] == layer), None)
        if found is None:
            raise KeyError(layer)
        return found

    def arranging(self, theme_id: str, arrangement: Arrangement) -> MapBook:
        """With a theme arranged anew."""
        themes = {**self.themes, theme_id: arrangement}
        if arrangement.is_plain:
            del themes[theme_id]
        return replace(self, themes=themes)

    def saved_as(self, theme_id: str, title: str, before: MapBook) -> tuple[MapBook, str]:
        """With a theme of one's own that looks like `theme_id` does now, and its id; `theme_id` itself is
        again as the book had it `before`."""
        fresh = _next(_OWN, self.themes)
        saved = self.arranging(fresh, replace(self.arrangement(theme_id), title=title))
        return saved.arranging(theme_id, before.arrangement(theme_id)), fresh

    def without_theme(self, theme_id: str) -> MapBook:
        """Without an own theme, or with a shipped one as it came."""
        themes = {name: kept for name, kept in self.themes.items() if name != theme_id}
        chosen = {entity: name for entity, name in self.chosen.items() if name != theme_id}
        return replace(self, themes=themes, chosen=chosen)

    def choosing(self, entity: str, theme_id: str) -> MapBook:
        """With the theme a ledger is shown with."""
        return replace(self, chosen={**self.chosen, entity: theme_id})

    # ---- added layers

    def layer(self, layer_id: str) -> AddedLayer | None:
        """An added layer by its id."""
        return next((layer for layer in self.added if layer.id == layer_id), None)

    def adding(self, layer: AddedLayer) -> MapBook:
        """With one more file on the map; its id is given here."""
        fresh = _next("a", {item.id for item in self.added})
        return replace(self, added=(*self.added, replace(layer, id=fresh)))

    def replacing(self, layer: AddedLayer) -> MapBook:
        """With an added layer read from another place or in another system."""
        return replace(self, added=tuple(layer if item.id == layer.id else item for item in self.added))

    def without_layer(self, layer_id: str) -> MapBook:
        """Without an added layer and what was arranged of it."""
        kept = replace(self, added=tuple(item for item in self.added if item.id != layer_id))
        for name, arrangement in self.themes.items():
            order = tuple(layer for layer in arrangement.order if layer != layer_id)
            kept = kept.arranging(name, replace(arrangement.as_shipped(layer_id), order=order))
        return kept

    def _added_tables(self) -> list[dict[str, Any]]:
        return [layer.table() for layer in self.added]

    # ---- files

    def as_mapping(self) -> dict[str, Any]:
        """For a file; `from_mapping` reads it."""
        return {
            "themes": {name: kept.as_mapping() for name, kept in self.themes.items()},
            "chosen": dict(self.chosen),
            "added": [asdict(layer) for layer in self.added],
        }

    @classmethod
    def from_mapping(cls, given: object) -> MapBook:
        """From a file; raises ValueError or Invalid for what could not be drawn."""
        if not isinstance(given, Mapping):
            raise ValueError("no table")
        themes = {str(k): Arrangement.from_mapping(v) for k, v in _table(given, "themes").items()}
        chosen = {str(k): str(v) for k, v in _table(given, "chosen").items()}
        added = tuple(_added(item) for item in given.get("added", []))
        if len({layer.id for layer in added}) < len(added):
            raise ValueError("a layer is there twice")
        book = cls(themes, chosen, added)
        for theme_id in (THEMES[0], *themes):
            book.theme(theme_id)
        return book


def _table(given: Mapping[str, Any], key: str) -> Table:
    found = given.get(key, {})
    if not isinstance(found, Mapping):
        raise ValueError(f"{key} is no table")
    return found


def _added(item: object) -> AddedLayer:
    if not isinstance(item, Mapping) or not all(isinstance(value, str) for value in item.values()):
        raise ValueError("an added layer is a table of words")
    try:
        layer = AddedLayer(**item)
        layer.table()
    except (TypeError, ValueError) as error:
        raise ValueError(f"added layer: {error}") from error
    if layer.kind not in (FEATURES, TILES):
        raise ValueError(f"unknown kind {layer.kind}")
    return layer


def _next(prefix: str, taken: Mapping[str, object] | set[str]) -> str:
    number = 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"
