"""How a person has arranged a theme: changes to its layer tables and their order, kept apart from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Table = Mapping[str, Any]

# The keys that make the look of a layer: changed together, so that none of an earlier look stays behind.
LOOK_KEYS = ("field", "breaks", "class", "size", "fill", "line", "marker")
_CHANGEABLE = {*LOOK_KEYS, "title", "group", "visible", "opacity", "scales", "label"}


@dataclass(frozen=True)
class Arrangement:
    """Of the theme `base`: keys of layer tables that are different (None: left out), by layer, and the
    layers from the ground up where a person has moved any. A `title` makes it a theme of its own."""

    base: str
    title: str = ""
    changes: Mapping[str, Table] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether nothing differs from the shipped theme."""
        return not (self.title or self.changes or self.order)

    def changed(self, layer: str, keys: Table) -> Arrangement:
        """With some keys of a layer's table set; raises KeyError for one that is not a person's to change."""
        if unknown := set(keys) - _CHANGEABLE:
            raise KeyError(min(unknown))
        return replace(self, changes={**self.changes, layer: {**self.changes.get(layer, {}), **keys}})

    def looking(self, layer: str, look: Table) -> Arrangement:
        """With another look of a layer: LOOK_KEYS that `look` does not have are left out."""
        return self.changed(layer, {**dict.fromkeys(LOOK_KEYS), **look})

    def as_shipped(self, layer: str) -> Arrangement:
        """With a layer as its theme has it; its place stays."""
        return replace(self, changes={name: keys for name, keys in self.changes.items() if name != layer})

    def moved(self, layers: Iterable[str]) -> Arrangement:
        """With the layers in this order from the ground up."""
        return replace(self, order=tuple(layers))

    def as_mapping(self) -> dict[str, Any]:
        """For a file; `from_mapping` reads it."""
        found = {"base": self.base, "title": self.title, "changes": self.changes, "order": list(self.order)}
        return {key: value for key, value in found.items() if value}

    @classmethod
    def from_mapping(cls, given: object) -> Arrangement:
        """From a file; raises ValueError for anything `as_mapping` would not have written."""
        if not isinstance(given, Mapping) or not isinstance(given.get("base"), str):
            raise ValueError("an arrangement names its theme")
        made = cls(given["base"], str(given.get("title", "")))
        changes, order = given.get("changes", {}), given.get("order", [])
        if not isinstance(changes, Mapping) or not isinstance(order, list):
            raise ValueError("changes are a table, order is a list")
        try:
            for layer, keys in changes.items():
                made = made.changed(str(layer), keys)
        except (KeyError, TypeError) as error:
            raise ValueError(f"unknown change {error}") from error
        return made.moved(str(layer) for layer in order)


def arranged(tables: Sequence[Table], arrangement: Arrangement) -> list[dict[str, Any]]:
    """Layer tables with the changes made, from the ground up."""
    changed = [_with(table, arrangement.changes.get(str(table.get("id")), {})) for table in tables]
    changed.sort(key=lambda table: int(table.get("order", 50)))
    if not arrangement.order:
        return changed
    sequence = _sequence([str(table.get("id")) for table in changed], arrangement.order)
    by_id = {str(table.get("id")): table for table in changed}
    return [{**by_id[layer], "order": 10 * place} for place, layer in enumerate(sequence, 1)]


def _with(table: Table, keys: Table) -> dict[str, Any]:
    return {key: value for key, value in {**table, **keys}.items() if value is not None}


def _sequence(natural: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The wanted order; a layer it does not know stands above the one it stands above by itself."""
    known = set(natural)
    found = [layer for layer in dict.fromkeys(wanted) if layer in known]
    placed = set(found)
    for place, layer in enumerate(natural):
        if layer not in placed:
            below = next((other for other in reversed(natural[:place]) if other in placed), None)
            found.insert(found.index(below) + 1 if below else 0, layer)
            placed.add(layer)
    return found
