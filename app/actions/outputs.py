"""Files that actions write: none of them may take the place of a workspace."""

from __future__ import annotations

from pathlib import Path

from app.actions.session import Session
from app.errors import AppError, Invalid, StoreFailure
from app.i18n import N_
from app.store.workspace import Workspace

_OTHER_FILES = ("not_geopackage", "not_workspace")


def output_file(session: Session, target: Path) -> Path:
    """`target`, if it may be written over; raises Invalid when a workspace is there."""
    if _there(target) and (_same(target, session.workspace.path) or _holds_workspace(target)):
        raise Invalid(
            N_("{file} is a workspace and is not overwritten"),
            hint=N_("Nothing was written. Choose another name."),
            file=target.name,
            code="is_workspace",
        )
    return target


def _there(target: Path) -> bool:
    """Whether a file is there; of a place that cannot be looked at, such as a stick that was pulled out, the
    writing says what is wrong."""
    try:
        return target.exists()
    except OSError:
        return False


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _holds_workspace(path: Path) -> bool:
    """Also for one that is damaged or too new: whatever may be a workspace is left alone."""
    if path.suffix.lower() != ".gpkg":
        return False
    try:
        Workspace.open(path, read_only=True).close()
    except StoreFailure as failure:
        return failure.code not in _OTHER_FILES
    except AppError:
        return False
    return True
