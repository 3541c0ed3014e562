"""Moments that laptops state: none in a record is later than its receipt, as that of a signature.

What a laptop signed stays as it came, in its batch. In the log, in records and in conflicts stands the moment
as the hub takes it, so that a clock that runs months ahead puts no paper or act into the future of others.
All are set to the same moment: a look-back counts what was signed after its draw, also by one wrong clock.
"""

from __future__ import annotations

from functools import lru_cache

from app.domain.fields import Kind, Merge
from app.domain.replication import Cells
from app.hub.desk import CLOCK_AHEAD_MS, Desk, moment_of
from app.store.tables import known

# The moment of a signature is set against its step (`steps.clamped`); that of a picture is its camera's word.
_OTHERWISE = frozenset(("signed_at", "taken_at"))


@lru_cache(maxsize=64)
def stated_moments(entity: str) -> frozenset[str]:
    """The fields in which a laptop says by its clock when it did something."""
    fields = known(entity).stored.values()
    moments = (item.id for item in fields if item.kind is Kind.MOMENT and item.merge is not Merge.HUB)
    return frozenset(moments) - _OTHERWISE


def in_time(desk: Desk, entity: str, cells: Cells) -> Cells:
    """Admitted cells with no moment later than receipt."""
    names = stated_moments(entity) & cells.keys()
    late = {name: end for name in names if (cells[name] or "") > (end := desk.moment())}
    return {**cells, **late} if late else cells


def wall_of(desk: Desk, said: str) -> str:
    """A clock's moment as an act stands under it: of receipt where it lies beyond what stamps allow."""
    return said if said <= moment_of(desk.received + CLOCK_AHEAD_MS) else desk.moment()
