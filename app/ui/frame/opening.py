"""Opening, making and leaving workspaces: what is read at once, in a thread, before anything is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.filters import Condition, where
from app.ui.names import Names

if TYPE_CHECKING:
    from app.actions.session import Session

_NAMED = (("division", "code", "name"), ("water_source", "", "name"), ("person", "", "name"))


@dataclass(frozen=True)
class Opened:
    """A session with what the window needs to show it first."""

    session: Session
    names: Names
    home: tuple[float, float, float, float]
    crs: str
    source: Any
    synthetic: bool
    waits: bool = False  # joined by an invitation file: nobody can sign in before the hub has answered


def open_file(path: Path, *, read_only: bool = False) -> Opened:
    """Open a workspace that is settled later; raises the store's words for one that cannot be opened."""
    from app.bootstrap import open_workspace  # late: the store loads after the first paint

    return look_at(open_workspace(path, read_only=read_only, settled=False))


def make_new(path: Path, area: str, admin: str, pin: str) -> Opened:
    """Make an empty workspace and open it; its administrator is signed in."""
    from app.bootstrap import create_workspace  # late: the store loads after the first paint

    return look_at(create_workspace(path, area, admin, pin))


def look_at(session: Session) -> Opened:
    """Read what the window shows first."""
    from app.actions.laptop import waits_for_hub  # late: actions load after the first paint
    from app.actions.maps import feature_source, home_extent
    from app.domain.coordinates.zones import CITY
    from app.domain.entities.boiler import Boiler
    from app.domain.filters import equal

    _ = (
        session.workspace.surroundings().rings
    )  # here and not in the window, which lists boilers by them at once
    synthetic = bool(session.workspace.count(Boiler, equal(synthetic=True)))
    return Opened(
        session, read_names(session), home_extent(session), CITY, feature_source(session), synthetic,
        waits_for_hub(session),
    )  # fmt: skip


def read_names(session: Session) -> Names:
    """What references are called."""
    found: dict[str, dict[str, str]] = {}
    for entity, key, label in _NAMED:
        columns = session.workspace.columns(entity, [label, key] if key else [label], None, shapes=False)
        held = columns.values[key] if key else columns.uids
        found[entity] = {str(at): str(name) for at, name in zip(held, columns.values[label], strict=True)}
    gone = session.workspace.tally("division", ["code"], filter=where(Condition("valid_to", "is", False)))
    return Names(found, frozenset(str(code) for code, *_ in gone))
