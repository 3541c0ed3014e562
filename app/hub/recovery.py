"""The recovery key of a hub: its public half is kept and told to laptops, its private half never."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import Connection

from app.errors import Refused
from app.hub.database import HubDatabase
from app.hub.keys import facts, people_changed, set_fact
from app.i18n import N_

_FACT = "recovery"


class Recovery(msgspec.Struct, frozen=True):
    """The public half ("" when there is none), who made it, and since when it counts (ms)."""

    recipient: str = ""
    by: str = ""
    at: int = 0


NONE = Recovery()


def recovery_of(told: Mapping[str, bytes]) -> Recovery:
    """What stands among the hub's facts."""
    kept = told.get(_FACT)
    return msgspec.json.decode(kept, type=Recovery) if kept else NONE


def set_recovery(
    database: HubDatabase, made: Recovery, keep_half: Callable[[], None], *, replace: bool
) -> None:
    """Have laptops write bundles for this key too, from their next grants on, once `keep_half` has put its
    private half into safety. Raises Refused `exists` when there is one and it is not to be replaced."""
    with database.writing() as connection:
        _check_free(connection, replace)
        set_fact(connection, _FACT, msgspec.json.encode(made))
        people_changed(connection)  # so that everybody's grants are made anew
        keep_half()


def _check_free(connection: Connection, replace: bool) -> None:
    if recovery_of(facts(connection)).recipient and not replace:
        raise Refused(
            N_("There is a recovery key already"),
            hint=N_(
                "Nothing was changed. With --replace another one counts from each laptop's next sync on; keep"
                " the former: bundles written until then are read by it."
            ),
            code="exists",
        )
