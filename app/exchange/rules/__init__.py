"""What is peculiar to one ledger's files, beside what its entity declares: one file per ledger that needs
it."""

from __future__ import annotations

from app.exchange.rules.base import Rules
from app.exchange.rules.boiler import BOILER
from app.exchange.rules.built_up_area import BUILT_UP_AREA
from app.exchange.rules.division import DIVISION
from app.exchange.rules.grid_cell import GRID_CELL

_BY_ENTITY: dict[str, Rules] = {
    "boiler": BOILER,
    "built_up_area": BUILT_UP_AREA,
    "division": DIVISION,
    "grid_cell": GRID_CELL,
}
_ORDINARY = Rules()


def rules_for(entity: str) -> Rules:
    """The rules of an entity; an entity without any has the ordinary ones."""
    return _BY_ENTITY.get(entity, _ORDINARY)
