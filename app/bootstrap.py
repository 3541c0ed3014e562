"""The only wiring place: opens and makes workspaces and gives the session that actions take."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.actions.people import actor_of, new_person
from app.actions.session import Session
from app.carto.many import can_be_many
from app.domain.changes import Actor, insert
from app.errors import StoreFailure
from app.i18n import N_
from app.store import tables
from app.store.workspace import Workspace

_LOG = logging.getLogger(__name__)
SETUP = Actor("", "Gridward", "R0")


def open_workspace(path: Path, *, read_only: bool = False, settled: bool = True) -> Session:
    """Open a workspace for work: the daily backup is made, edits of other programs are found.

    Without `settled` the caller settles the session after the first look at it. Raises Invalid when the file
    is no workspace, StoreFailure when it is damaged, locked or too new.
    """
    session = Session(Workspace.open(Path(path), read_only=read_only, proven=settled))
    if settled:
        settle(session)
    return session


def warm_up() -> None:
    """Load what opening the first workspace needs, while nobody waits for it."""
    tables.warm_up()
    if can_be_many():
        from app.carto import sidecar  # noqa: F401  # needs the compiled part


def settle(session: Session, second: Path | None = None) -> None:
    """Look through the file's structure, make the day's backup (also in the folder `second`, on another
    disk), keep a reserve on the disk; StoreFailure when it is damaged."""
    workspace = session.workspace
    workspace.prove()
    if workspace.read_only:
        return
    workspace.room.keep()
    _tried(workspace.tidy_papers)  # before the backup, which would keep what somebody took away
    _tried(lambda: workspace.daily_backup(session.now()))
    if second is not None:
        _tried(lambda: workspace.second_backup(second, session.now()))


def _tried(care: Callable[[], object]) -> None:
    try:
        care()
    except StoreFailure as failure:
        # No room for a backup must not keep anybody from the records.
        _LOG.warning("no backup or tidying today: %s %s", failure, failure.details)


def create_workspace(
    path: Path,
    area: str,
    admin: str,
    pin: str,
    *,
    now: Callable[[], datetime] | None = None,
    new_uid: Callable[[], str] | None = None,
) -> Session:
    """Make an empty workspace for an area, with its divisions and one administrator, who is signed in.

    Nothing is left behind when it fails. Raises StoreFailure when the file exists already.
    """
    from app.actions.divisions import real_divisions  # late: reads boundary files through geopandas

    path = Path(path)
    if path.exists():
        raise StoreFailure(N_("{file} exists already"), hint=N_("It was left as it is; choose another name."),
                           file=path.name, code="exists")  # fmt: skip
    divisions = real_divisions(area)
    session = Session(Workspace.create(path, area=area, title=divisions[0].name))
    session.now, session.new_uid = now or session.now, new_uid or session.new_uid
    try:
        person = new_person(session, admin, "R0", "", area, pin)
        session.actor = SETUP
        session.commit(map(insert, (*divisions, person)), "create_workspace")
        session.actor = actor_of(person)
    except BaseException:
        session.workspace.discard()
        raise
    return session
