"""How the simulated boilers are divided: by county, output, kind, fate and deliberate mistake."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

BASELINE = 249

# Boilers of each county out of 249.
COUNTIES: Mapping[str, float] = {
    "620802": 98, "620826": 36, "620825": 30, "620821": 25, "620881": 23, "620822": 20, "620823": 17,
}  # fmt: skip
OUTPUTS_TPH: Mapping[float, float] = {
    0.5: 8, 0.7: 6, 1.0: 18, 2.0: 26, 4.0: 20, 6.0: 8, 10.0: 8, 15.0: 2, 20.0: 2, 35.0: 2,
}  # fmt: skip
BOILER_TYPES: Mapping[str, float] = {
    "hot_water": 70,
    "steam": 25,
    "tea_bath": 3,
    "thermal_oil": 1,
    "atmospheric": 1,
}
UNIT_SIZES: Mapping[int, float] = {1: 58, 2: 28, 3: 10, 4: 4}  # 1.6 boilers a unit

# What becomes of them, out of 249: about 60 % cleared, 20 % under way, 5 % sealed, 2 % rebound.
FATES: Mapping[str, float] = {
    "cleared": 149, "in_progress": 50, "sealed": 12, "rebound": 5, "planned": 11, "suspect": 8,
    "registered": 6, "applied": 2, "notice": 2, "retained": 2, "town_ok": 1, "county_ok": 1,
}  # fmt: skip
# Mistakes in the ledgers, per cent of all boilers; each boiler has at most one of them.
MISTAKES: Mapping[str, float] = {
    "outside_county": 3, "swapped": 2, "gcj02": 2, "heat_units": 2, "serial_date": 1, "old_name": 3,
    "no_position": 5,
}  # fmt: skip
DUPLICATES_PERCENT = 2.0


def divide(total: int, shares: Mapping[K, float]) -> dict[K, int]:
    """`total` divided in proportion to the shares; the largest remainders get what is left over."""
    whole = sum(shares.values())
    exact = {key: total * share / whole for key, share in shares.items()}
    counts = {key: int(value) for key, value in exact.items()}
    left = sorted(exact, key=lambda key: counts[key] - exact[key])
    for key in left[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def rated(total: int, shares: Mapping[K, float]) -> dict[K, int]:
    """How many of `total` each per cent share is, rounded to the nearest whole."""
    return {key: round(total * share / 100.0) for key, share in shares.items()}
