"""Opens the hub of a place, with its attachments where the environment says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.errors import StoreFailure
from app.hub.founding import First
from app.hub.hub import BLOBS, Hub
from app.hub.objects import Blobs
from app.hub.place import HubPlace
from app.i18n import N_

_SAID = re.compile(r"FATAL:\s+(.+)")
OBJECTS_VARIABLE = "GRIDWARD_HUB_OBJECTS"  # such as s3://bucket/prefix; without it the folder `blobs`


def open_hub(place: HubPlace) -> Hub:
    """The hub, open; raises StoreFailure when there is none or its database does not answer."""
    try:
        return Hub.open(place.folder, place.url, _objects())
    except SQLAlchemyError as error:
        raise _unanswered(place, error) from error


def objects_of(place: HubPlace) -> Blobs:
    """Where the attachments of a hub are that is still to be made; raises StoreFailure where nothing can be
    written there."""
    blobs = _objects() or Blobs.open(place.folder / BLOBS)
    blobs.check()
    return blobs


def make_hub(place: HubPlace, area: str, records: Iterable[First], now: datetime) -> Hub:
    """A new hub for an area, with its first records; raises StoreFailure `exists`, and before anything is
    made where its attachments could not be written."""
    objects_of(place)
    try:
        Hub.init(place.folder, place.url, area, records, None, now=now).close()
    except SQLAlchemyError as error:
        raise _unanswered(place, error) from error
    return open_hub(place)


@contextmanager
def opened(place: HubPlace) -> Iterator[Hub]:
    """The hub for one piece of work, closed afterwards; what the database says becomes a StoreFailure."""
    hub = open_hub(place)
    try:
        yield hub
    except SQLAlchemyError as error:
        raise _unanswered(place, error) from error
    finally:
        hub.close()


def _objects() -> Blobs | None:
    named = os.environ.get(OBJECTS_VARIABLE)
    return Blobs.open(named) if named else None


def _unanswered(place: HubPlace, error: Exception) -> StoreFailure:
    """The database did not do what was asked. Words of the driver may quote an address with its password;
    those of an embedded database, and what PostgreSQL itself says, hold none."""
    cause = getattr(error, "orig", None) or error
    if place.url is None:
        return StoreFailure(
            N_("The hub in {folder} cannot be read or written: {why}"),
            hint=N_(
                "Does it belong to another user of this machine, such as that of the service? Run the command"
                " as that user. Is the disk read-only?"
            ),
            folder=str(place.folder),
            why=str(cause),
            code="database",
        )
    said = _SAID.search(str(cause))
    return StoreFailure(
        N_("The hub cannot reach its database now"),
        hint=N_("Is PostgreSQL running, and are name, password and database right? {why}"),
        why=said[1] if said else type(cause).__name__,
        code="database",
    )
