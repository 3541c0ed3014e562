"""Who may write what, and where: the rights of roles, the same on a laptop and at the hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.areas import prefix_of

# Supervisors (R4, R6) read, sign, send back and reopen; they do not edit. R0 keeps the house.
WRITERS: dict[str, tuple[str, ...]] = {
    "boiler": ("R1", "R2", "R3", "R5"),
    "grid_cell": ("R3", "R5"),
    "assignment": ("R3", "R5"),
    "water_source": ("R3", "R5"),
    "intake": ("R3", "R5"),
    "protection_zone": ("R3", "R5"),
    "built_up_area": ("R3", "R5"),
    "patrol": ("R1", "R2", "R3", "R5"),
    "sketch": ("R1", "R2", "R3", "R5"),
    "org": ("R0", "R3", "R5"),
    "division": ("R0", "R5"),
    "person": ("R0",),
    "setting": ("R0",),
    "attachment": ("R1", "R2", "R3", "R5"),
    "redaction": ("R3", "R4", "R5", "R6"),
    "baseline": ("R5", "R6"),
    "baseline_entry": ("R5", "R6"),
    "lookback_round": ("R5", "R6"),
    "lookback_visit": ("R5", "R6"),
    "report_snapshot": ("R3", "R5"),
    "report_withdrawal": ("R4", "R6"),
}

# Who freezes a report never withdraws it: the leaders of the same house do, the city's for every county.
CITY_LEADER = "R6"

# What has been cleared or retained is corrected by the city alone.
SETTLED = ("cleared", "retained")
SETTLED_WRITERS = ("R5",)

# Who may move in with boilers in a state that no step here has brought about (origin=migrated).
MIGRATORS = ("R5", "R6")

# What a record is from its beginning on, and no edit makes it: made up for practice, or moved in as claimed.
LASTING: dict[str, frozenset[Any]] = {"synthetic": frozenset((True,)), "origin": frozenset(("migrated",))}

# A laptop enrolled for a role serves persons up to it, in this order.
RANKS = ("R1", "R2", "R3", "R4", "R5", "R6", "R0")

# Whose role opens the hub's pages for people.
PAGE_VISITORS = ("R0", "R5", "R6")

# Who decides a conflict: the county's staff first, then the city; what only the city may write, the city.
DECIDERS = ("R3", "R5")


def within_cap(role: str, cap: str) -> bool:
    """Whether a person of `role` may act on a laptop enrolled for `cap`."""
    return role in RANKS and cap in RANKS and RANKS.index(role) <= RANKS.index(cap)


# What counts for everybody below it: who keeps the house of one area does not keep that of the whole.
HOUSE = ("person", "setting", "division")


def keeps_house(area: str | None, place: str) -> bool:
    """Whether somebody of `area` may write what is in `HOUSE` and belongs to `place`, the code of an area.

    Nobody below it does: other records that are known only by their county are shared by its townships, but
    persons of the county are not made, nor their rights changed, by a township.
    """
    return not area or place.startswith(prefix_of(area))


def changes_lasting(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The field of `LASTING` in which an edit would make a record what it is not, or no longer is; "" for
    none."""
    for name, values in LASTING.items():
        was, would = before.get(name), after.get(name)
        if name in after and was != would and not values.isdisjoint((was, would)):
            return name
    return ""


def is_keeper(values: Mapping[str, Any], place: str) -> bool:
    """Whether a person of these values keeps the house of `place` and can sign in for that."""
    may = values.get("role") == "R0" and not values.get("disabled") and bool(values.get("verifier"))
    return may and keeps_house(values.get("area"), place)


def in_area(area: str | None, div_code: str | None) -> bool:
    """Whether a record of the division lies in a person's area.

    A record known only by its county is in the area of every township of that county.
    """
    if not area or not div_code:
        return True
    prefix = prefix_of(area)
    return div_code.startswith(prefix) or prefix.startswith(prefix_of(div_code))


def may_withdraw(role: str, area: str, uid: str, report: Mapping[str, Any]) -> bool:
    """Whether a person may withdraw this frozen report: not their own, and of their own house."""
    if role not in WRITERS["report_withdrawal"] or report.get("frozen_by") == uid:
        return False
    code = str(report.get("div_code") or "")
    return role == CITY_LEADER or (bool(area) and code.startswith(prefix_of(area)))
