"""What the bureau has set for all its laptops: a fact of the hub each, with who set it and when; laptops hear
of it with their signed grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

import msgspec
from sqlalchemy import Connection, select

from app.hub.book import FACTS
from app.hub.keys import people_changed, set_fact


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """Who set it, and since when it counts (ms). What is set stands in the subclass, and as it is made
    nothing is."""

    FACT: ClassVar[str] = ""  # under which name it is kept

    by: str = ""
    at: int = 0


_R = TypeVar("_R", bound=Ruling)


def ruling_of(facts: Mapping[str, bytes], kind: type[_R]) -> _R:
    """What stands among the hub's facts."""
    kept = facts.get(kind.FACT)
    return msgspec.json.decode(kept, type=kind) if kept else kind()


def read_ruling(connection: Connection, kind: type[_R]) -> _R:
    """What stands now."""
    kept = connection.execute(select(FACTS.c.value).where(FACTS.c.name == kind.FACT)).scalar()
    return ruling_of({kind.FACT: bytes(kept)} if kept is not None else {}, kind)


def set_ruling(connection: Connection, made: Ruling) -> None:
    """Set it in place of what stood; everybody's grants are made anew and say it."""
    set_fact(connection, made.FACT, msgspec.json.encode(made))
    people_changed(connection)
