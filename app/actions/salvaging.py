"""Bringing back from a damaged file what was written after its newest backup and is nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.actions.action import action
from app.actions.session import Session
from app.domain.catalog import BY_NAME
from app.domain.changes import Change, ChangeSet
from app.domain.values import as_datetime
from app.errors import Changed, Invalid
from app.i18n import N_, tr
from app.store.salvage import FoundAct


@dataclass(frozen=True)
class LeftAct:
    """An act that could not be brought back: who did it and when (a moment), why it stays away, and its
    changes for a person to enter again."""

    uid: str
    person: str
    at: str
    action: str
    reason: str
    why: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Salvaged:
    """How many acts and changes were brought back, those that were not, and whether part of the damaged
    file's journal could not be read at all."""

    acts: int
    changes: int
    left: tuple[LeftAct, ...]
    gaps: bool


@action(N_("Salvage from a damaged file…"), "workspace", command="salvage")
def salvage(
    session: Session, damaged: Path, progress: Callable[[int, int, str], None] = lambda *_: None
) -> Salvaged:
    """Bring back into the restored workspace what the damaged file holds and it does not, each act under the
    name, reason and time it was made with. The damaged file is only read. Once more does no harm.

    What may have reached the hub comes back by a sync, so that comes first; until then it is left. An act
    upon a record that is another one by now is left as well: nothing is overwritten.
    """
    workspace = session.workspace
    if damaged.resolve() == workspace.path:
        raise Invalid(N_("Restore a backup into another file first, and salvage into that"), code="same_file")
    found = workspace.look_into(damaged)
    known = workspace.actions(act.uid for act in found.acts)
    fresh = [act for act in found.acts if act.uid not in known]
    done, changes, left = 0, 0, list[LeftAct]()
    for at, act in enumerate(fresh):
        progress(at, len(fresh), tr(N_("Bringing back")))
        why = _bring(session, act)
        if why is not None:
            left.append(_left(act, why))
        else:
            done, changes = done + 1, changes + len(act.changes)
    return Salvaged(done, changes, tuple(left), found.gaps)


def _bring(session: Session, act: FoundAct) -> str | None:
    """Write an act again; why not, where it was not."""
    if act.torn:
        return tr(N_("Part of it cannot be read any more"))
    if act.sealed and session.workspace.replica.enrolled and not _has_synced(session, act):
        return tr(N_("It may be at the hub: sync, then salvage once more"))
    change_set = ChangeSet(act.changes, act.action, act.actor, act.reason, act.undoes, act.uid)
    try:
        session.tell(session.workspace.apply(change_set, at=as_datetime(act.at)))
    except (Changed, Invalid) as refusal:
        return refusal.message
    return None


def _has_synced(session: Session, act: FoundAct) -> bool:
    """Whether a round since then has told all that the hub had of this laptop."""
    facts = session.workspace.replica.facts()
    return facts is not None and facts.last_sync > act.at


def _left(act: FoundAct, why: str) -> LeftAct:
    return LeftAct(act.uid, act.actor.name, act.at, act.action, act.reason, why, act.changes)


def title_of(changes: Sequence[Change]) -> str:
    """What an act was about, as far as it says so itself: kinds, and the names or numbers it wrote."""
    told = dict.fromkeys(f"{BY_NAME[change.entity].text} {_name(change)}".strip() for change in changes[:5])
    return "; ".join(told)


def _name(change: Change) -> str:
    kind = BY_NAME[change.entity]
    return str(change.after.get(kind.key) or change.before.get(kind.key) or change.uid[:8])
