"""Pushes in different areas that may bring one boiler twice at the same moment: they look one by one.

Whoever writes to an area has locked it, but two areas have a border. A push that brings a boiler to a place
or a unit therefore holds the squares around the place and the name of the unit until it ends; a second one
that needs one of them waits, and then finds the boiler of the first. Everybody takes areas before squares,
and squares in one order, so nobody waits in a ring. To an embedded hub one writes at a time: nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import md5
from math import floor

from app.domain.replication import Entry
from app.hub.database import array_of
from app.hub.nearby import WIDE, Place, places_of

# Everybody shares the number -1, the first of all; who would take too many numbers takes this one alone.
_HOLD = (
    "SELECT CASE WHEN number < 0 THEN pg_advisory_xact_lock_shared(620801, number)"
    " ELSE pg_advisory_xact_lock(620801, number) END FROM "
)
_KNOWN = f"{_HOLD} unnest(%s::int[]) AS number"
_ALONE = "SELECT pg_advisory_xact_lock(620801, -1)"
_SHARED = -1
_MANY = 500  # numbers that one push may take of the server's table of locks, 6,400 by default
_BITS = (1 << 24) - 1
# Who changes the address alone has its unit in the row; its number is made as `_number` makes it.
_ROWS = (
    f"{_HOLD} (SELECT DISTINCT number FROM (SELECT unnest(%s::int[]) AS number UNION ALL"
    f" SELECT ('x' || left(md5(b.user_org), 8))::bit(32)::int & {_BITS} FROM unnest(%s::text[]) AS p"
    " JOIN boiler b ON b.uid >= p AND b.uid < p || 'g' WHERE b.user_org IS NOT NULL) AS found"
    " ORDER BY number OFFSET 0) AS numbers"
)
_SIDE = 0.02  # degrees: who meets in it waits for another only where two areas meet as well
_ROUND = 360.0
_HALF = 250 * WIDE  # degrees; whatever distance up to 500 m a bureau sets for boilers that are alike


def hold_of(entries: Sequence[Entry]) -> tuple[str, tuple[str, ...]] | None:
    """The statement that holds what a push brings boilers to, and its parameters; None if it brings none."""
    boilers = [entry for entry in entries if entry.entity == "boiler" and entry.op in "iu"]
    names = {unit for entry in boilers if isinstance(unit := entry.cells.get("user_org"), str)}
    rows = [e.uid for e in boilers if "address" in e.cells and "user_org" not in e.cells and e.op == "u"]
    if len(names) + len(rows) <= _MANY:  # else nobody asks for the squares
        names |= _squares(places_of(boilers))
    if len(names) + len(rows) > _MANY:
        return _ALONE, ()
    numbers = array_of([_SHARED, *sorted({_number(name) for name in names})])
    if rows:
        return _ROWS, (numbers, array_of(rows))
    return (_KNOWN, (numbers,)) if names else None


def _number(name: str) -> int:
    """There are so many that two who have nothing to do with each other seldom meet: a push has a dozen."""
    return int(md5(name.encode(errors="replace"), usedforsecurity=False).hexdigest()[:8], 16) & _BITS


def _squares(places: Iterable[Place]) -> set[str]:
    """The squares that are touched around each place; two places that may be alike have one in common."""
    return {
        f"{right} {up}"
        for x, y in places
        if abs(x) <= _ROUND and abs(y) <= _ROUND  # what is nowhere on Earth is refused later
        for right in {floor((x - _HALF) / _SIDE), floor((x + _HALF) / _SIDE)}
        for up in {floor((y - _HALF) / _SIDE), floor((y + _HALF) / _SIDE)}
    }
