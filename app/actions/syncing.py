"""Sync with the hub: one round, where things stand, and the proof that nothing was lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.actions.action import action
from app.actions.session import Session
from app.i18n import N_
from app.sync.results import AreaState as AreaState  # the window and the shell name them
from app.sync.results import Progress, Proof, SyncDone, SyncStatus
from app.sync.results import ProofProblem as ProofProblem


@action(N_("Sync with the hub"), "sync", shortcut="F5", icon="sync", command="sync")
def sync(
    session: Session, progress: Progress | None = None, cancelled: Callable[[], bool] | None = None
) -> SyncDone:
    """One round: send what waits, fetch what others did, papers too. May be stopped at any time and goes on
    with the next round. Raises HubUnreachable when the hub does not answer; everything stays safe here."""
    raise NotImplementedError


def sync_status(session: Session) -> SyncStatus:
    """Where this workspace stands; reads the file only, quick enough to ask every second."""
    raise NotImplementedError


@action(N_("Prove that nothing was lost…"), "sync", icon="proof", command="sync --prove")
def prove(session: Session, out: Path, progress: Progress | None = None) -> Proof:
    """Write a certificate: every value ever entered is current, in conflict, or superseded by a named act."""
    raise NotImplementedError
