"""Map themes and palettes read from `maps/*.toml`: a theme is an ordered list of layers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from app.carto.arranging import Arrangement, arranged
from app.carto.layers import Layer
from app.carto.theme_parts import ThemeFault, read_layer
from app.errors import Invalid
from app.i18n import N_
from app.resources import map_file

# Themes by id, in the order a chooser shows them; each is the file `maps/ID.toml`.
THEMES = ("boilers", "boilers_left", "cells", "coverage", "patrols", "sources")
BASE = "base"
LIGHT, DARK = "light", "dark"


@dataclass(frozen=True)
class Theme:
    """What the map shows and how: layers from the ground up, and the named colours of its palette."""

    id: str
    title: str
    layers: tuple[Layer, ...]
    colours: Mapping[str, str]

    @property
    def background(self) -> str:
        """The colour where nothing is drawn."""
        return self.colours["ground"]

    def layer(self, layer_id: str) -> Layer | None:
        """The layer of that id."""
        return next((layer for layer in self.layers if layer.id == layer_id), None)

    def fields_of(self, entity: str) -> tuple[str, ...]:
        """Every field any of the layers reads from an entity, so that it is read once."""
        names = (name for layer in self.layers if layer.entity == entity for name in layer.fields())
        return tuple(dict.fromkeys(names))

    def classed_by(self, entity: str) -> tuple[str, ...]:
        """The fields that decide which features of an entity are drawn, and in which class."""
        layers = [layer for layer in self.layers if layer.entity == entity]
        names = (
            name for layer in layers for name in (layer.rule.field, *layer.where, *layer.where_not) if name
        )
        return tuple(dict.fromkeys(names))

    def with_layer(self, layer: Layer) -> Theme:
        """The theme with `layer` in place of the one of the same id, or added in its order."""
        others = [other for other in self.layers if other.id != layer.id]
        return replace(self, layers=tuple(sorted([*others, layer], key=lambda item: item.order)))

    def without(self, *layer_ids: str) -> Theme:
        """The theme with some layers left out."""
        return replace(self, layers=tuple(layer for layer in self.layers if layer.id not in layer_ids))


def read_theme(theme_id: str, palette: str = LIGHT) -> Theme:
    """A shipped theme by its id in a palette; raises Invalid naming the file and the fault."""
    return arranged_theme(Arrangement(theme_id), (), palette)


def arranged_theme(
    arrangement: Arrangement, added: Sequence[Mapping[str, Any]] = (), palette: str = LIGHT
) -> Theme:
    """A shipped theme as a person has arranged it, with the layer tables that were added to the map.

    Raises Invalid naming the file and the fault.
    """
    theme_id = arrangement.base
    title, tables = _gathered(theme_id, _shipped(theme_id), _read(BASE))
    colours = read_palette(palette)
    layers = [_layer(theme_id, table, colours) for table in arranged([*tables, *added], arrangement)]
    return Theme(theme_id, arrangement.title or title, tuple(layers), colours)


def layer_tables(theme_id: str) -> tuple[Mapping[str, Any], ...]:
    """The tables of a shipped theme's layers, its base map's among them; raises Invalid."""
    return tuple(_gathered(theme_id, _shipped(theme_id), _read(BASE))[1])


def theme_title(theme_id: str) -> str:
    """The title of a shipped theme, not yet translated; raises Invalid."""
    return str(_shipped(theme_id).get("title", theme_id))


def _shipped(theme_id: str) -> Mapping[str, Any]:
    if theme_id not in THEMES:
        raise Invalid(
            N_("There is no map theme “{name}”."),
            hint=N_("Known themes: {known}"),
            code="unknown_theme",
            name=theme_id,
            known=" ".join(THEMES),
        )
    return _read(theme_id)


def read_palette(name: str) -> dict[str, str]:
    """The named colours of a palette, `light` or `dark`."""
    palettes = _read("palettes")
    if name not in palettes:
        raise Invalid(N_("There is no palette “{name}”."), code="unknown_palette", name=name)
    return {key: str(colour) for key, colour in palettes[name].items()}


def parse_theme(
    theme_id: str,
    content: Mapping[str, Any],
    colours: Mapping[str, str],
    base: Mapping[str, Any] | None = None,
) -> Theme:
    """A theme from a TOML mapping, with the layers of the base map below and above its own."""
    title, tables = _gathered(theme_id, content, base or {})
    layers = (_layer(theme_id, table, colours) for table in tables)
    return Theme(theme_id, title, tuple(sorted(layers, key=lambda layer: layer.order)), colours)


def _gathered(
    theme_id: str, content: Mapping[str, Any], base: Mapping[str, Any]
) -> tuple[str, list[Mapping[str, Any]]]:
    """Title and layer tables of a theme with those of the base map; raises Invalid for what does not fit."""
    tables = [*base.get("layer", []), *content.get("layer", [])]
    seen: set[str] = set()
    for table in tables:
        if not isinstance(table, Mapping):
            raise _broken(theme_id, f"a layer is a table, not {table!r}")
        layer_id = str(table.get("id", ""))
        if layer_id in seen:
            raise _broken(theme_id, f"layer id “{layer_id}” is used twice")
        seen.add(layer_id)
    if not content.get("title"):
        raise _broken(theme_id, "title is missing")
    left_out = set(content.get("without", ()))
    if unknown := left_out - seen:
        raise _broken(theme_id, f"without names no layer “{unknown.pop()}”")
    return str(content["title"]), [table for table in tables if table.get("id") not in left_out]


def _layer(name: str, table: Mapping[str, Any], colours: Mapping[str, str]) -> Layer:
    try:
        return read_layer(table, colours)
    except (ThemeFault, TypeError, ValueError) as fault:
        raise _broken(name, f"layer “{table.get('id', '?')}”: {fault}") from fault


@lru_cache(maxsize=32)
def _read(name: str) -> Mapping[str, Any]:
    """A file of `maps/`, read once; nobody changes what it gives."""
    path = map_file(f"{name}.toml")
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _broken(name, str(error)) from error


def _broken(name: str, fault: str) -> Invalid:
    return Invalid(
        N_("The map theme maps/{name}.toml cannot be used: {fault}"),
        hint=N_("Correct the file, or install the program again to get the shipped one."),
        code="bad_theme",
        name=name,
        fault=fault,
    )
