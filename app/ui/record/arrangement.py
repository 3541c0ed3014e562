"""How the fields of a record are arranged on the panel and in the form, by hand; a test shows what is left
out."""

from __future__ import annotations

from app.domain.entity import EntityType
from app.domain.fields import Field
from app.i18n import N_

Arrangement = tuple[tuple[str, tuple[str, ...]], ...]

_BOILER: Arrangement = (
    (N_("Unit and place"), (
        "ledger_no", "user_org", "uscc", "owner_org", "div_code", "address", "grid_code", "coord_src",
        "accuracy_m", "original_position", "in_builtup", "band", "zone_level", "contact", "contact_phone",
    )),
    (N_("Boiler"), (
        "boiler_type", "model", "rated_tph", "rated_mw", "usage", "fuel", "coal_t", "pressurized",
        "commissioned", "reg_no", "dereg_no", "dereg_date", "apc", "stack_m",
    )),
    (N_("Treatment"), (
        "treatment", "end_state", "end_checks", "after_tph", "after_fuel", "due_date", "due_text",
        "done_date", "batch", "policy_doc", "resp_org", "resp_person", "sup_org", "subsidy_wan",
    )),
    (N_("Course"), (
        "status", "round_no", "seal_no", "sealed_until", "rechecked_on", "applied_on", "accepted_on",
        "notice_from", "notice_to", "cleared_on", "looked_back_on", "lookback_round", "exclude_reason",
        "return_reason", "rebound_reported", "rebound_reason",
    )),
    (N_("Origin and note"), ("status_claim", "origin", "outside_as", "unit_count", "note", "synthetic")),
)  # fmt: skip

_CELL: Arrangement = (
    (N_("Grid cell"), ("grid_code", "name", "kind", "level", "size_m", "parent", "div_code", "clipped")),
    (N_("Patrol"), ("patrol_freq",)),
    (N_("Origin and note"), ("synthetic",)),
)

_SOURCE: Arrangement = (
    (N_("Water source"), ("name", "source_code", "legacy_codes", "div_code", "scale", "type", "use")),
    (N_("Supply"), ("m3_per_day", "population")),
    (N_("Origin and note"), ("note", "synthetic")),
)

_ZONE: Arrangement = (
    (N_("Protection zone"), ("name", "source", "level", "part", "method", "valid_to")),
    (N_("Official approval"), ("approval_no", "approval_date", "approval_org")),
    (N_("Extent"), ("area_doc_km2", "area_calc_km2", "perimeter_m", "coord_precision")),
    (N_("Origin and note"), ("synthetic",)),
)

_PATROL: Arrangement = (
    (N_("Patrol"), ("patrolled_on", "started", "ended", "mode", "result", "inspectors", "note")),
    (N_("Grid cell"), ("grid_code", "div_code")),
    (N_("Origin and note"), ("synthetic",)),
)

ARRANGED: dict[str, Arrangement] = {
    "boiler": _BOILER,
    "grid_cell": _CELL,
    "water_source": _SOURCE,
    "protection_zone": _ZONE,
    "patrol": _PATROL,
}


def arranged(kind: EntityType) -> list[tuple[str, list[Field]]]:
    """Groups of fields under their titles; an entity without an arrangement has one group of all fields."""
    groups = ARRANGED.get(kind.name, (("", tuple(kind.fields)),))
    return [(title, [kind.fields[name] for name in names]) for title, names in groups]


def editable(field: Field) -> bool:
    """Whether a form may offer the field: not what is derived, and not what only a step changes."""
    return not (
        field.derived or field.group or field.workflow or field.name in ("round_no", "synthetic", "origin")
    )
