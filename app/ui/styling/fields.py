"""Which fields a layer can be classed and labelled by, what their values are called, which parts it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.catalog import BY_NAME
from app.domain.entity import Shape
from app.domain.fields import Withheld
from app.i18n import N_, tr
from app.ui.map.arranging import MapArranging
from app.ui.names import Names
from app.ui.styling.symbolbox import PARTS

_WORKED_OUT = {
    "grid_cell": (
        ("boilers_left", N_("Boilers left")),
        ("patrol_coverage", N_("Patrols made of those arranged, %")),
        ("patrols_a_month", N_("Patrols a month")),
    ),
    "boiler": (("serial", N_("Serial in the ledger")),),
}
_AREAS = ("line", "fill")


def fields_of(entity: str, arranging: MapArranging) -> list[tuple[str, str]]:
    """The fields of an entity or an added file: name and heading."""
    if entity in BY_NAME:
        declared = [
            (name, field.heading)
            for name, field in BY_NAME[entity].fields.items()
            if field.withheld not in (Withheld.PEOPLE, Withheld.SECRET)
        ]
        return [*((name, tr(words)) for name, words in _WORKED_OUT.get(entity, ())), *declared]
    layers = arranging.layers
    found = layers.loaded(entity.split(".", 1)[-1]) if layers else None
    if found is not None:
        return [(name, name) for name in found.values]
    return [("name", tr(N_("Name")))]


def field_words(entity: str, name: str, value: object, names: Names) -> str:
    """A value as a ledger shows it."""
    described = BY_NAME.get(entity)
    if described is None or name not in described.fields:
        return str(value)
    field = described.fields[name]
    return names.show(field, value) or str(value)


def parts_of(table: Mapping[str, Any], entity: str) -> tuple[str, ...]:
    """The parts of a symbol that make sense for a layer: by its shape, and whatever it has already."""
    tables = [table, *table.get("class", [])]
    has = {part for item in tables for part in PARTS if part in item}
    described = BY_NAME.get(entity)
    if described is not None:
        has |= {"marker"} if described.shape is Shape.POINT else set(_AREAS)
    return tuple(part for part in PARTS if part in has) or PARTS
