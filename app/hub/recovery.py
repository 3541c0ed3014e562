"""The recovery key of a hub: its public half is kept and told to laptops, its private half never."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from sqlalchemy import Connection

from app.errors import Refused
from app.hub.database import HubDatabase
from app.hub.rulings import Ruling, read_ruling, set_ruling
from app.i18n import N_


class Recovery(Ruling, frozen=True):
    """The public half ("" when there is none)."""

    FACT: ClassVar[str] = "recovery"

    recipient: str = ""


NONE = Recovery()


def set_recovery(
    database: HubDatabase, made: Recovery, keep_half: Callable[[], None], *, replace: bool
) -> None:
    """Have laptops write bundles for this key too, from their next grants on, once `keep_half` has put its
    private half into safety. Raises Refused `exists` when there is one and it is not to be replaced."""
    with database.writing() as connection:
        _check_free(connection, replace)
        set_ruling(connection, made)
        keep_half()


def _check_free(connection: Connection, replace: bool) -> None:
    if read_ruling(connection, Recovery).recipient and not replace:
        raise Refused(
            N_("There is a recovery key already"),
            hint=N_(
                "Nothing was changed. With --replace another one counts from each laptop's next sync on; keep"
                " the former: bundles written until then are read by it."
            ),
            code="exists",
        )
