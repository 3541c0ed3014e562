"""Enrolment: a workspace becomes a replica of a hub, by a one-time code or by an invitation file."""

from __future__ import annotations

from pathlib import Path

from app.actions.action import action
from app.actions.session import Session
from app.i18n import N_
from app.sync.results import EnrolDone, Progress


@action(N_("Join a hub…"), "sync", icon="hub", command="enrol")
def enrol(
    session: Session | None,
    file: Path,
    hub_url: str,
    code: str,
    pin: str | None = None,
    progress: Progress | None = None,
) -> EnrolDone:
    """Make the open workspace a replica and keep its work, or without one make `file` from a snapshot.

    `pin` wraps the keys where the system has no keystore. Raises HubUnreachable, NotAllowed for a wrong or
    spent code, Invalid for a hub that is not the one of the code.
    """
    raise NotImplementedError


def enrol_from_file(
    session: Session | None,
    file: Path,
    invitation: Path,
    code: str,
    pin: str | None = None,
    progress: Progress | None = None,
) -> EnrolDone:
    """The same from an invitation file, without a network; the first bundle carries the request."""
    raise NotImplementedError
