"""How much room is left on the disk of a workspace, and what it means for whoever works in it."""

from __future__ import annotations

from app.actions.session import Session
from app.i18n import N_, tr
from app.store.room import MB
from app.store.room import Space as Space  # the window and the shell name it


def space_left(session: Session) -> Space:
    """How much is free where the workspace lies; reads nothing of the file and takes some microseconds."""
    return session.workspace.room.look()


def keep_reserve(session: Session) -> Space:
    """Make the reserve again if there is room for it now; how much is free then."""
    if not session.workspace.read_only:
        session.workspace.room.keep()
    return space_left(session)


def space_words(session: Session, space: Space) -> str:
    """What to know and do about it, in a line; empty while there is enough room."""
    if space.level == "enough":
        return ""
    said = N_(
        "Only {free} MB are free on the disk. Empty the recycle bin or move files (old copies in {backups},"
        " too) to another disk; below {stop} MB nothing can be changed here any more."
    )
    if space.level == "short":
        said = N_(
            "Only {free} MB are free on the disk: you can look at everything but change nothing. All that was"
            " saved is safe, and unsent changes can be sent or written to a stick. Empty the recycle bin or"
            " move files (old copies in {backups}, too) to another disk: from {stop} MB on it goes on by"
            " itself."
        )
    backups = f"{session.workspace.path.stem}.backups"
    return tr(said, free=f"{space.free // MB:,}", stop=space.stop // MB, backups=backups)
