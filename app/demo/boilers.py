"""The truth about the simulated boilers, of which the ledgers are a flawed copy; tests compare the two."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping

from shapely.geometry import Point

from app.demo.fates import numbered, with_fates, with_mistakes, with_types
from app.demo.seats import XY, beside
from app.demo.seed import dice
from app.demo.shares import COUNTIES, OUTPUTS_TPH, UNIT_SIZES, divide
from app.demo.truth import HOME_TOWN, Ground, Truth
from app.demo.units import Unit, Units

_HOME_BOILERS = 26
_IN_BUILT_UP = 0.42
_TREATMENTS: Mapping[str, float] = {
    "dismantle": 36, "coal_to_gas": 20, "coal_to_electric": 14, "district_heat": 20, "biomass": 6,
    "other_clean": 4,
}  # fmt: skip


def boilers(ground: Ground, total: int) -> list[Truth]:
    """`total` boilers in the order of the ledgers: county by county, township by township, unit by unit."""
    source = dice("boilers")
    outputs = Counter(divide(total, OUTPUTS_TPH))
    drawn = [
        row
        for county, count in divide(total, COUNTIES).items()
        for row in _of_county(ground, county, count, outputs, source)
    ]
    drawn = with_types(drawn, source)
    drawn = with_fates(drawn, source)
    return with_mistakes(numbered(drawn), ground, source)


def _of_county(
    ground: Ground, county: str, count: int, outputs: Counter[float], source: random.Random
) -> list[list[Truth]]:
    """The county's units, each a list of its boilers, ordered by township."""
    units = Units(dice(f"units/{county}"))
    found: list[list[Truth]] = []
    for size in _sizes(count, source):
        home = county == HOME_TOWN[:6] and sum(map(len, found)) < min(_HOME_BOILERS, count // 3)
        x, y = _spot(ground, county, source, home)
        town = ground.town_at(county, x, y)
        tons = _outputs_of(size, outputs, source)
        place = ground.names[county].rstrip("区县市")
        unit = units.draw(county, ground.names[town], place, max(tons))
        found.append([_boiler(county, town, unit, t, beside((x, y), 0.02 * i, 0.01 * i), source)
                      for i, t in enumerate(tons)])  # fmt: skip
    return sorted(found, key=lambda boilers: boilers[0].town)


def _sizes(count: int, source: random.Random) -> Iterator[int]:
    while count > 0:
        size = min(count, source.choices(list(UNIT_SIZES), list(UNIT_SIZES.values()))[0])
        yield size
        count -= size


def _outputs_of(size: int, left: Counter[float], source: random.Random) -> list[float]:
    """Outputs for one unit out of what is left to give away: equal ones sometimes, else different ones."""
    first = source.choices(list(left), list(left.values()))[0]
    equal = left[first] >= size and source.random() < 0.45
    given: list[float] = []
    for _ in range(size):
        open_ = [tph for tph, count in left.items() if count > 0]
        fresh = [tph for tph in open_ if tph not in given] or open_
        chosen = first if equal or not given else min(fresh, key=lambda tph: abs(tph - first))
        left[chosen] -= 1
        given.append(chosen)
    return given


def _spot(ground: Ground, county: str, source: random.Random, home: bool) -> XY:
    """A place in the built-up area, or around the seat of one of the townships."""
    towns = [HOME_TOWN] if home else [code for code in ground.seats if code.startswith(county)]
    town = source.choice(towns)
    if not home and source.random() < _IN_BUILT_UP:
        return ground.inside(ground.built_up[county], source)
    for _ in range(60):
        x, y = beside(ground.seats[town], source.gauss(0, 1.2), source.gauss(0, 1.0))
        if ground.areas[town].contains(Point(x, y)):
            return round(x, 6), round(y, 6)
    return ground.seats[town]


def _boiler(county: str, town: str, unit: Unit, tph: float, place: XY, source: random.Random) -> Truth:
    year = source.randrange(1998, 2017)
    return Truth(
        ledger_no="",
        row_no="",
        county=county,
        town=town,
        unit=unit,
        tph=tph,
        boiler_type="hot_water",
        pressurized=False,
        fuel=source.choices(("bituminous", "anthracite", "clean_coal", "briquette"), (80, 10, 6, 4))[0],
        coal_t=float(round(tph * source.uniform(260, 420) / 10) * 10),
        commissioned=f"{year}-{source.randrange(6, 12):02d}",
        stack_m=float(source.choice((15, 20, 25, 30)) if tph < 4 else source.choice((30, 35, 40, 45))),
        treatment=source.choices(list(_TREATMENTS), list(_TREATMENTS.values()))[0],
        fate="cleared",
        done="",
        x=round(place[0], 6),
        y=round(place[1], 6),
    )
