"""Reads the tables of a theme file (layer, class, size, label) and names what is wrong in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.carto.labels import AROUND, MIDDLE, OUTWARD
from app.carto.layers import LabelRule, Layer, SizeRule, SymbolClass, SymbolRule
from app.carto.symbols import SHAPES, Fill, Hatch, Line, Marker, Symbol, TextStyle

Table = Mapping[str, Any]
Colours = Mapping[str, str]

_LAYER_KEYS = {
    "id", "title", "entity", "order", "group", "where", "where_not", "field", "breaks", "class", "size",
    "label",
    "visible", "scales", "opacity", "legend", "fill", "line", "marker",
}  # fmt: skip
_CLASS_KEYS = {"key", "title", "values", "unknown", "rest", "fill", "line", "marker"}


class ThemeFault(Exception):
    """A fault in a theme file, in words for the person who edits it."""


def read_layer(table: Table, colours: Colours) -> Layer:
    """One `[[layer]]` table."""
    _only(table, _LAYER_KEYS)
    return Layer(
        id=_needed(table, "id"),
        title=_needed(table, "title"),
        entity=_needed(table, "entity"),
        rule=_rule(table, colours),
        order=int(table.get("order", 50)),
        group=str(table.get("group", "theme")),
        where=_filter(table.get("where", {})),
        where_not=_filter(table.get("where_not", {})),
        size=_size(table["size"]) if "size" in table else None,
        label=_label(table["label"], colours) if "label" in table else None,
        visible=bool(table.get("visible", True)),
        scales=_scales(table.get("scales")),
        opacity=float(table.get("opacity", 1.0)),
        legend=bool(table.get("legend", True)),
    )


def _rule(table: Table, colours: Colours) -> SymbolRule:
    if "class" not in table:
        only = SymbolClass("all", _needed(table, "title"), _symbol(table, colours))
        return SymbolRule((only,))
    classes = tuple(_class(item, colours) for item in table["class"])
    breaks = tuple(float(number) for number in table.get("breaks", ()))
    field = _needed(table, "field")
    ordered = [item for item in classes if not item.unknown]
    if breaks and len(ordered) != len(breaks) + 1:
        raise ThemeFault(f"{len(breaks)} breaks need {len(breaks) + 1} classes, there are {len(ordered)}")
    if list(breaks) != sorted(set(breaks)):
        raise ThemeFault("breaks must rise")
    return SymbolRule(classes, field, breaks)


def _class(table: Table, colours: Colours) -> SymbolClass:
    _only(table, _CLASS_KEYS)
    return SymbolClass(
        key=_needed(table, "key"),
        title=_needed(table, "title"),
        symbol=_symbol(table, colours),
        values=tuple(table.get("values", ())),
        unknown=bool(table.get("unknown", False)),
        rest=bool(table.get("rest", False)),
    )


def _symbol(table: Table, colours: Colours) -> Symbol:
    return Symbol(
        fill=_fill(table["fill"], colours) if "fill" in table else None,
        line=_line(table["line"], colours) if "line" in table else None,
        marker=_marker(table["marker"], colours) if "marker" in table else None,
    )


def _fill(table: Table, colours: Colours) -> Fill:
    _only(table, {"colour", "opacity", "hatch"})
    hatch = None
    if "hatch" in table:
        inner = table["hatch"]
        _only(inner, {"colour", "angle_deg", "spacing_mm", "width_mm"})
        numbers = {key: float(inner[key]) for key in ("angle_deg", "spacing_mm", "width_mm") if key in inner}
        hatch = Hatch(_colour(_needed(inner, "colour"), colours), **numbers)
    colour = _colour(table["colour"], colours) if "colour" in table else ""
    return Fill(colour, float(table.get("opacity", 1.0)), hatch)


def _line(table: Table, colours: Colours) -> Line:
    _only(table, {"colour", "width_mm", "dash", "opacity"})
    dash = tuple(float(length) for length in table.get("dash", ()))
    if len(dash) % 2:
        raise ThemeFault("dash needs pairs of on and off lengths")
    colour = _colour(_needed(table, "colour"), colours)
    return Line(colour, float(table.get("width_mm", 0.2)), dash, float(table.get("opacity", 1.0)))


def _marker(table: Table, colours: Colours) -> Marker:
    _only(table, {"shape", "size_mm", "colour", "line_mm", "casing", "casing_mm"})
    shape = _needed(table, "shape")
    if shape not in SHAPES:
        raise ThemeFault(f"no marker shape “{shape}”; there are {', '.join(sorted(SHAPES))}")
    numbers = {key: float(table[key]) for key in ("line_mm", "casing_mm") if key in table}
    casing = _colour(table.get("casing", "@casing"), colours)
    colour = _colour(_needed(table, "colour"), colours)
    return Marker(shape, float(_needed(table, "size_mm")), colour, casing=casing, **numbers)


def _size(table: Table) -> SizeRule:
    _only(table, {"field", "title", "unit", "breaks", "factors", "unknown"})
    breaks = tuple(float(number) for number in table.get("breaks", ()))
    factors = tuple(float(number) for number in table.get("factors", ()))
    if len(factors) != len(breaks) + 1:
        raise ThemeFault(f"size: {len(breaks)} breaks need {len(breaks) + 1} factors")
    unknown = float(table.get("unknown", 1.0))
    field, title = _needed(table, "field"), _needed(table, "title")
    return SizeRule(field, title, str(table.get("unit", "")), breaks, factors, unknown)


def _label(table: Table, colours: Colours) -> LabelRule:
    _only(
        table,
        {"field", "size_mm", "colour", "halo", "halo_mm", "bold", "slanted", "spacing_mm", "placing",
        "scales",
         "priority", "leader", "must_fit"},
    )  # fmt: skip
    style = TextStyle(
        size_mm=float(_needed(table, "size_mm")),
        colour=_colour(table.get("colour", "@text"), colours),
        bold=bool(table.get("bold", False)),
        slanted=bool(table.get("slanted", False)),
        halo=_colour(table.get("halo", "@halo"), colours),
        halo_mm=float(table.get("halo_mm", 0.35)),
        spacing_mm=float(table.get("spacing_mm", 0.0)),
    )
    placing = str(table.get("placing", AROUND))
    if placing not in (AROUND, OUTWARD, MIDDLE):
        raise ThemeFault(f"label placing is around, outward or middle, not “{placing}”")
    return LabelRule(
        field=_needed(table, "field"),
        style=style,
        placing=placing,
        scales=_scales(table.get("scales")),
        priority=int(table.get("priority", 50)),
        leader=bool(table.get("leader", False)),
        must_fit=bool(table.get("must_fit", False)),
    )


def _filter(table: Table) -> dict[str, tuple[object, ...]]:
    return {name: tuple(values) if isinstance(values, list) else (values,) for name, values in table.items()}


def _scales(pair: object) -> tuple[float, float]:
    if pair is None:
        return 0.0, float("inf")
    if not isinstance(pair, list) or len(pair) != 2 or not float(pair[0]) < float(pair[1]):
        raise ThemeFault("scales is a pair of rising denominators, for example [0, 300000]")
    return float(pair[0]), float(pair[1])


def _colour(text: object, colours: Colours) -> str:
    shown = str(text)
    if shown.startswith("@"):
        if shown[1:] not in colours:
            raise ThemeFault(f"the palette has no colour “{shown[1:]}”")
        return colours[shown[1:]]
    if shown and not re.fullmatch(r"#[0-9A-Fa-f]{6}", shown):
        raise ThemeFault(f"“{shown}” is not a colour like #1976D2 or @land")
    return shown


def _needed(table: Table, key: str) -> Any:
    if table.get(key) in (None, ""):
        raise ThemeFault(f"{key} is missing")
    return table[key]


def _only(table: Table, known: set[str]) -> None:
    if not isinstance(table, Mapping):
        raise ThemeFault(f"expected a table, found {table!r}")
    unknown = sorted(set(table) - known)
    if unknown:
        raise ThemeFault(f"unknown key “{unknown[0]}”")
