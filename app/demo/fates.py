"""What becomes of the simulated boilers: their kinds, fates, ledger numbers and the ledgers' mistakes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.demo.seats import XY
from app.demo.shares import BOILER_TYPES, COUNTIES, FATES, MISTAKES, divide, rated
from app.demo.truth import HOME_TOWN, Ground, Truth

BY_HAND = ("town_ok", "county_ok", "notice", "applied")  # needs the people the demo has in 柳湖镇
_BORDER_DEG = 0.02  # a misplaced boiler stands well inside the wrong county


def with_types(rows: list[list[Truth]], source: random.Random) -> list[list[Truth]]:
    """Kinds by their shares; tea boilers and the like are small; a unit's boilers are of one kind."""
    small = [unit for unit in rows if max(boiler.tph for boiler in unit) <= 1]
    wanted = Counter(divide(sum(map(len, rows)), BOILER_TYPES))
    chosen: dict[int, str] = {}
    for unit in source.sample(small, len(small)):
        rare = next(
            (kind for kind in ("tea_bath", "thermal_oil", "atmospheric") if wanted[kind] >= len(unit)), None
        )
        if rare is None:
            break
        chosen[id(unit)] = rare
        wanted[rare] -= len(unit)
    for unit in source.sample(rows, len(rows)):
        if id(unit) not in chosen and wanted["steam"] >= len(unit):
            chosen[id(unit)] = "steam"
            wanted["steam"] -= len(unit)
    return [_typed(unit, chosen.get(id(unit), "hot_water"), source) for unit in rows]


def _typed(unit: list[Truth], kind: str, source: random.Random) -> list[Truth]:
    open_ = unit[0].town == HOME_TOWN and source.random() < 0.7  # so that the tour finds a plain one
    large = max(boiler.tph for boiler in unit) >= 2
    pressed = kind in ("steam", "thermal_oil") or (kind == "hot_water" and large and not open_)
    return [replace(boiler, boiler_type=kind, pressurized=pressed) for boiler in unit]


def with_fates(rows: list[list[Truth]], source: random.Random) -> list[list[Truth]]:
    """A unit with several equal boilers has one fate for all, as they share a row of the ledger."""
    wanted = Counter(divide(sum(map(len, rows)), FATES))
    fates: dict[int, str] = {}
    for fate in BY_HAND:
        _give(fates, fate, wanted, [u for u in rows if u[0].town == HOME_TOWN and len(u) == 1], source)
    _give(
        fates,
        "retained",
        wanted,
        sorted(rows, key=lambda u: -max(b.tph for b in u))[: 2 * wanted["retained"]],
        source,
    )
    _give(fates, "rebound", wanted, [u for u in rows if len(u) == 1], source)
    home = [u for u in rows if u[0].town == HOME_TOWN and id(u) not in fates]
    for unit in home[: max(1, len(home) * 2 // 3)]:
        if wanted["in_progress"] >= len(unit):
            fates[id(unit)] = "in_progress"
            wanted["in_progress"] -= len(unit)
    for fate in sorted(wanted, key=lambda name: wanted[name]):
        _give(fates, fate, wanted, rows, source)
    return [[_fated(boiler, fates.get(id(unit), "cleared"), source) for boiler in unit] for unit in rows]


def _give(
    fates: dict[int, str],
    fate: str,
    wanted: Counter[str],
    units: Sequence[list[Truth]],
    source: random.Random,
) -> None:
    """Give a fate to units until the wanted number of boilers has it."""
    for unit in source.sample(list(units), len(units)):
        if id(unit) not in fates and wanted[fate] >= len(unit):
            fates[id(unit)] = fate
            wanted[fate] -= len(unit)


def _fated(boiler: Truth, fate: str, source: random.Random) -> Truth:
    done = (
        f"{source.randrange(2018, 2026)}-{source.randrange(5, 12):02d}"
        if fate in ("cleared", "rebound")
        else ""
    )
    treatment = "upgrade" if fate == "retained" else boiler.treatment
    return replace(boiler, fate=fate, done=done, treatment=treatment)


def numbered(rows: list[list[Truth]]) -> list[Truth]:
    """Ledger rows PL-0001 and on; equal boilers of a unit share a row and get -1, -2 behind its number."""
    numbered, serial = [], 0
    for unit in rows:
        equal = Counter(boiler.tph for boiler in unit)
        seen: Counter[float] = Counter()
        numbers: dict[float, str] = {}
        for boiler in unit:
            if boiler.tph not in numbers:
                serial += 1
                numbers[boiler.tph] = f"PL-{serial:04d}"
            row_no = numbers[boiler.tph]
            seen[boiler.tph] += 1
            own = f"{row_no}-{seen[boiler.tph]}" if equal[boiler.tph] > 1 else row_no
            first = next(item for item in unit if item.tph == boiler.tph)
            numbered.append(replace(first, ledger_no=own, row_no=row_no))
    return numbered


def with_mistakes(truths: list[Truth], ground: Ground, source: random.Random) -> list[Truth]:
    """Each mistake at its rate, on boilers that stand alone in their row."""
    rows = Counter(truth.row_no for truth in truths)
    free = [
        number
        for number, truth in enumerate(truths)
        if rows[truth.row_no] == 1 and truth.fate not in (*BY_HAND, "rebound")
    ]
    source.shuffle(free)
    chosen: dict[int, str] = {}
    for mistake, count in rated(len(truths), MISTAKES).items():
        fit = [n for n in free if n not in chosen and _suits(mistake, truths[n])]
        chosen |= dict.fromkeys(fit[:count], mistake)
    return [_written(truth, chosen.get(number, ""), ground, source) for number, truth in enumerate(truths)]


def _suits(mistake: str, truth: Truth) -> bool:
    if mistake == "old_name":
        return truth.county == "620881"
    if mistake == "heat_units":
        return truth.boiler_type == "hot_water"
    return not (truth.town == HOME_TOWN and mistake in ("outside_county", "no_position"))


def _written(truth: Truth, mistake: str, ground: Ground, source: random.Random) -> Truth:
    written: XY | None = (truth.x, truth.y)
    if mistake == "no_position":
        written = None
    if mistake == "outside_county":
        others = [code for code in COUNTIES if code != truth.county]
        area = ground.areas[source.choice(others)]
        written = ground.inside(area.buffer(-_BORDER_DEG), source)
    return replace(truth, mistake=mistake, written=written)
