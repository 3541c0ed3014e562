"""What references are called: divisions by code, other records by uid, read once per workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.entities.boiler_codes import words_of_state
from app.domain.fields import Field, Kind
from app.domain.values import show, show_with_unit

_LEVELS = (6, 9)  # digits of the codes of counties and townships


@dataclass(frozen=True)
class Names:
    """Names by entity and then by what a reference holds."""

    by_entity: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    past: frozenset[str] = frozenset()  # codes of divisions that are no more: known, but not offered

    def of(self, entity: str, held: str) -> str:
        """The name of a referred record; the reference itself when it is not known."""
        return self.by_entity.get(entity, {}).get(held, held)

    def known(self, entity: str) -> Mapping[str, str]:
        """All names of an entity by what a reference to it holds."""
        return self.by_entity.get(entity, {})

    def places(self, code: str) -> str:
        """The names of a division and of those it lies in, from the county down, spaces between them."""
        known = self.known("division")
        steps = dict.fromkeys((*(code[:digits] for digits in _LEVELS if digits < len(code)), code))
        return " ".join(known[step] for step in steps if step in known)

    def show(self, declared: Field, value: Any, *, unit: bool = False) -> str:
        """A field's value as a person reads it, references by name, states with the word of the map."""
        if declared.kind is Kind.REFERENCE and value:
            return self.of(declared.refers_to, str(value))
        if declared.kind is Kind.STATE and value:
            return words_of_state(str(value))
        return show_with_unit(declared, value) if unit else show(declared, value)
