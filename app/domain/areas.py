"""Areas of the hub: every record belongs to one, and a laptop reads some of them and writes fewer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TOWN_DIGITS = 9
# The field of an entity that says where a record belongs, and the entities that follow another record.
PLACES: Mapping[str, str] = {"person": "area"}
OWNERS: Mapping[str, tuple[str, str | None]] = {
    # entity: (field with the owner's uid, the owner's entity; None when the record names it itself)
    "attachment": ("owner", None),
    "redaction": ("owner", None),
    "approval": ("owner", None),
    "conflict": ("owner", None),
    "assignment": ("cell", "grid_cell"),
    "patrol": ("cell", "grid_cell"),
    "intake": ("source", "water_source"),
    "protection_zone": ("source", "water_source"),
    "baseline_entry": ("baseline", "baseline"),
    "lookback_visit": ("round", "lookback_round"),
    "report_withdrawal": ("snapshot", "report_snapshot"),
}
# Of use to everybody, so they belong to the whole: a band of 10 km reaches over the county's boundary.
ROOTED = frozenset({"division", "setting", "built_up_area"})
OwnerArea = Callable[[str, str], str | None]


def area_of_code(code: str | None, root: str) -> str:
    """The area of a division code (2 to 12 digits): its town, else its county, else the root.

    What is no code, or one outside the root, belongs to the root, where the city looks after it.
    """
    if not code:
        return root
    found = code[:TOWN_DIGITS]
    known = found.isascii() and found.isdigit()
    return found if known and found != root and covers(root, found) else root


def area_of_record(entity: str, values: Mapping[str, Any], root: str, owner_area: OwnerArea) -> str:
    """The area a record belongs to.

    `values` are its fields by name; `owner_area(entity, uid)` gives the area of another record, None when it
    is not known.
    """
    if entity in ROOTED:
        return root
    if entity in OWNERS:
        field, kind = OWNERS[entity]
        owner = values.get(field)
        owner_kind = kind or values.get("owner_entity")
        found = owner_area(str(owner_kind), str(owner)) if owner and owner_kind else None
        if found is not None:
            return found
    return area_of_code(values.get(PLACES.get(entity, "div_code")), root)


def covers(area: str, other: str) -> bool:
    """Whether `other` is `area` or lies in it, by the digits of the codes."""
    return other.startswith(prefix_of(area))


def ancestors(area: str, root: str) -> tuple[str, ...]:
    """The areas above `area` up to the root, nearest first: 620802105 → 620802, 620800."""
    above = []
    if len(area) == TOWN_DIGITS:
        above.append(area[:6])
    if len(area) >= 6:
        above += [f"{area[:4]}00", f"{area[:2]}0000"]
    return tuple(item for item in dict.fromkeys(above) if item != area and covers(root, item))


@dataclass(frozen=True)
class Scope:
    """What one laptop holds: it writes its own area and all below, and reads what lies above as well."""

    area: str
    root: str

    def reads(self, area: str) -> bool:
        """Whether records of `area` come to this laptop."""
        return covers(self.area, area) or area in ancestors(self.area, self.root)

    def writes(self, area: str) -> bool:
        """Whether this laptop may change records of `area`."""
        return covers(self.area, area)

    def readable(self, areas: Iterable[str]) -> list[str]:
        """Those of `areas` that come to this laptop, in the order of their codes."""
        return sorted(area for area in areas if self.reads(area))


def prefix_of(code: str) -> str:
    """What the codes of an area and of those in it begin with: a province's 620000 as 62, a city's 620800
    as 6208, other codes as they are."""
    if len(code) == 6 and code.endswith("0000"):
        return code[:2]
    return code[:4] if len(code) == 6 and code.endswith("00") else code
