"""Which columns a ledger shows at first, arranged by hand; every declared field can be shown from the
heading's menu."""

from __future__ import annotations

from app.domain.entity import EntityType
from app.domain.fields import Field, Kind

FIRST: dict[str, tuple[str, ...]] = {
    "boiler": (
        "ledger_no", "status", "user_org", "div_code", "rated_tph", "boiler_type", "fuel", "treatment",
        "due_date", "cleared_on", "band", "address", "grid_code", "round_no",
    ),
    "grid_cell": (
        "grid_code", "name", "kind", "level", "size_m", "div_code", "parent", "clipped", "patrol_freq",
    ),
    "water_source": (
        "name", "source_code", "scale", "type", "use", "m3_per_day", "population", "div_code", "note",
    ),
    "protection_zone": (
        "name", "level", "part", "source", "approval_no", "approval_date", "area_doc_km2", "area_calc_km2",
    ),
    "built_up_area": ("name", "year", "div_code"),
    "patrol": (
        "patrolled_on", "grid_code", "div_code", "mode", "result", "inspectors", "started", "ended", "note",
    ),
    "person": ("login", "name", "role", "org", "area", "phone", "disabled"),
}  # fmt: skip

ORDER: dict[str, tuple[str, bool]] = {  # field, whether the order runs down
    "boiler": ("ledger_no", False),
    "grid_cell": ("grid_code", False),
    "water_source": ("name", False),
    "built_up_area": ("name", False),
    "patrol": ("patrolled_on", True),
}

MONTHS: dict[str, str] = {"patrol": "patrolled_on"}  # the day a ledger is filtered by the month of

_NOT_SHOWN = ("verifier", "cell")  # a secret; the uid of a cell, whose code stands beside it
_NARROW = {Kind.INTEGER: 8, Kind.BOOLEAN: 8, Kind.NUMBER: 10, Kind.DATE: 12, Kind.MOMENT: 18}
_WIDTHS = {
    "started": 10,
    "ended": 10,
    "ledger_no": 15,
    "user_org": 26,
    "address": 30,
    "div_code": 12,
    "grid_code": 20,
    "name": 22,
    "status": 25,
}


def columns_of(kind: EntityType) -> list[Field]:
    """Every column a ledger can show, those shown at first in front."""
    first = [kind.fields[name] for name in FIRST.get(kind.name, tuple(kind.fields))]
    rest = [field for field in kind.fields.values() if field not in first and field.name not in _NOT_SHOWN]
    return [*first, *rest]


def shown_at_first(kind: EntityType, field: Field) -> bool:
    """Whether a column is shown before the user changes anything."""
    return field.name in FIRST.get(kind.name, tuple(kind.fields))


def width_in_chars(field: Field) -> int:
    """A fitting width in digits of the font."""
    return _WIDTHS.get(field.name) or _NARROW.get(field.kind) or min(24, max(12, field.length // 3))
