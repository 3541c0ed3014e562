"""Enrolment: a workspace becomes a replica of a hub, by a one-time code or by an invitation file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.actions.action import action
from app.actions.session import Session
from app.domain.catalog import ENTITIES
from app.domain.entities.division import Division
from app.domain.filters import equal
from app.errors import AppError, Cancelled, HubUnreachable
from app.i18n import N_, tr
from app.store.replica_facts import ReplicaFacts
from app.store.workspace import Workspace
from app.sync.results import EnrolDone as EnrolDone  # the window and the shell name it
from app.sync.results import Progress
from app.sync.state import ENROL_REQUEST, LOCK_KEYS, keep_recovery

if TYPE_CHECKING:
    from app.sync.enrol import Joined, Owner


@action(N_("Join a hub…"), "sync", icon="hub", command="enrol")
def enrol(
    session: Session | None,
    file: Path,
    hub_url: str,
    code: str,
    pin: str | None = None,
    progress: Progress | None = None,
) -> EnrolDone:
    """Make the open workspace a replica and keep its work, or without one make `file` from a snapshot. A
    workspace that is a replica joins the same hub again, which was restored and knows it no more; one that it
    knows notes its address and certificate, which may be new, for which no code is needed.

    `pin` (of whoever is signed in) wraps the keys where the system has no keystore; without it they lie in a
    file that only this user may read. Raises HubUnreachable, NotAllowed for a wrong or spent code, Invalid
    for a hub that is not the one of the code, Refused `other_role` for a code with which whoever is signed in
    could not sign in any more.
    """
    from app.sync import enrol as joining  # late: brings the network and the keys
    from app.sync.pinning import check_address

    if session is not None and session.workspace.replica.enrolled:
        return _again(session, check_address(hub_url), code, progress or _silent)
    place = session.workspace.path if session else _new_file(file)
    clock = session.now if session else joining.utc_now
    asker = joining.Asker(role=_role(session))
    told = progress or _silent
    joined = joining.join(check_address(hub_url), code, place, clock, asker, joining.waiting(told))
    if session is not None:
        held = joining.attach_workspace(session.workspace, joined, _owner(session, pin))
        session.keys = joined.keys
        done = _done(session.workspace, joined.facts, held.where)
    else:
        joining.new_workspace(place, joined, told)
        done = _first_opening(place, joined, told)
    joining.settle(place)
    return done


def enrol_from_file(
    session: Session | None,
    file: Path,
    invitation: Path,
    code: str,
    pin: str | None = None,
    progress: Progress | None = None,
) -> EnrolDone:
    """The same from an invitation file, without a network; the first bundle carries the request."""
    from app.sync import enrol as joining  # late: brings the keys

    if session is not None and session.workspace.replica.enrolled:
        return _again_by_file(session, invitation, code)
    if session is not None:
        clock = session.now
    else:
        _new_file(file)
        clock = joining.utc_now
    opened, joined, request = joining.join_by_file(invitation, code, clock, _role(session))
    if session is not None:
        held = joining.attach_workspace(session.workspace, joined, _owner(session, pin))
        session.keys = joined.keys
        session.workspace.replica.set_private(ENROL_REQUEST, request)
        keep_recovery(session.workspace, opened.invitation.recovery)
        return replace(_done(session.workspace, joined.facts, held.where), waits=True)
    joining.workspace_of_file(file, opened, joined, progress or _silent)
    with Workspace.open(file) as workspace:
        held = joining.keep_keys(workspace, joined, joining.Owner())
        workspace.replica.set_private(ENROL_REQUEST, request)
        keep_recovery(workspace, opened.invitation.recovery)
        return replace(_done(workspace, joined.facts, held.where), waits=True)


def enrol_anew(session: Session, hub_url: str, code: str, invitation: Path | None = None) -> EnrolDone:
    """Let a workspace whose keys cannot be opened any more go on with new ones, at the same hub: by a code of
    the bureau, over the network or with an invitation file. All work stays and is sent afterwards, under the
    names of who did it; the hub revokes what this laptop was. Nobody needs to be signed in: nobody can.

    Raises as `enrol`; Refused `other_role` for an invitation for a lower role than the laptop had.
    """
    from app.sync import enrol_again as joining  # late: brings the network and the keys
    from app.sync.invitation import parse_code, read_invitation
    from app.sync.pinning import check_address

    workspace = session.workspace
    if invitation is not None:
        told = read_invitation(invitation, parse_code(code)).invitation
        held = joining.join_anew_by_file(workspace, told, code, session.now)
    else:
        held = joining.join_anew(workspace, check_address(hub_url), code, session.now)
    session.keys = held.keys
    facts = workspace.replica.facts()
    assert facts is not None, "a workspace without a hub is refused"
    where = "promised" if held.where == "file" else held.where
    return replace(_done(workspace, facts, where), again=True, waits=invitation is not None)


def typed_address(text: str) -> str:
    """The address of a hub that somebody meant who left https:// away, or wrote http:// out of habit."""
    from app.sync.pinning import typed_address as meant  # late: brings the network

    return meant(text)


def lock_at_sign_in(done: EnrolDone) -> EnrolDone:
    """Have keys of a new file that lie in a file wrapped by the PIN of whoever signs in first: when a laptop
    joins without a workspace, its people come only with the snapshot or the hub's answer."""
    if done.keys != "file":
        return done
    with Workspace.open(done.file) as workspace:
        workspace.replica.set_private(LOCK_KEYS, b"1")
    return replace(done, keys="promised")


def _again(session: Session, url: str, code: str, progress: Progress) -> EnrolDone:
    from app.actions.laptop import facts_of
    from app.sync.enrol import waiting
    from app.sync.moved import find_again

    known = not code or _is_known(session, url, code)
    if known:
        find_again(session.workspace, url, waiting(progress))
    facts = facts_of(session)
    return replace(_done(session.workspace, facts, _where(session, facts)), again=not known, moved=known)


def _is_known(session: Session, url: str, code: str) -> bool:
    """Whether the hub knows this laptop; else it has taken it in again."""
    from app.actions.laptop import keys_of
    from app.sync.enrol_again import join_again

    try:
        join_again(session.workspace, url, code, keys_of(session))
    except AppError as refusal:
        if refusal.code != "known_device":
            raise
        return True
    return False


def _again_by_file(session: Session, invitation: Path, code: str) -> EnrolDone:
    from app.actions.laptop import facts_of, keys_of
    from app.sync.enrol_again import join_again_by_file
    from app.sync.invitation import parse_code, read_invitation

    opened = read_invitation(invitation, parse_code(code))
    join_again_by_file(session.workspace, opened, code, keys_of(session))
    facts = facts_of(session)
    return replace(_done(session.workspace, facts, _where(session, facts)), again=True, waits=True)


def _where(session: Session, facts: ReplicaFacts) -> str:
    from app.sync.identity import keystore

    return keystore(session.workspace, facts.device).where or "file"


def _new_file(file: Path) -> Path:
    from app.store.place import check_new

    check_new(file)
    return file


def _role(session: Session | None) -> str:
    """The role of whoever brings a file; nobody's where there is none, as its people come from the hub."""
    return session.actor.role if session is not None and session.actor is not None else ""


def _owner(session: Session, pin: str | None) -> Owner:
    from app.sync.enrol import Owner

    return Owner(session.actor.uid, pin) if session.actor is not None and pin else Owner()


def _first_opening(file: Path, joined: Joined, progress: Progress) -> EnrolDone:
    """Keep the keys of a fresh replica and fetch what has happened since its snapshot, without papers: those
    of a county take an hour, which nobody shall sit before a box for. They come with the next round, and so
    does the rest when this is stopped: the laptop has joined."""
    from app.actions.syncing import sync
    from app.sync.enrol import Owner, keep_keys

    with contextlib.suppress(Cancelled):  # the file is there: it gets its keys, and the round is stopped
        progress(0, 0, tr(N_("Opening the new workspace")))
    session = Session(Workspace.open(file))
    try:
        held = keep_keys(session.workspace, joined, Owner())
        session.keys = joined.keys
        with contextlib.suppress(HubUnreachable, Cancelled):
            sync(session, progress, _unless_stopped(progress), papers=False)
        return _done(session.workspace, joined.facts, held.where)
    finally:
        session.close()


def _done(workspace: Workspace, facts: ReplicaFacts, where: str) -> EnrolDone:
    return EnrolDone(
        file=workspace.path,
        device=facts.device,
        hub=facts.hub,
        url=facts.url,
        area=facts.area,
        root=facts.root,
        role=facts.role_cap,
        founding=facts.founding,
        records=sum(workspace.count(record) for record in ENTITIES),
        pending=workspace.replica.unsent(),
        keys=where,  # type: ignore[arg-type]
        place=_place(workspace, facts.area),
    )


def _unless_stopped(progress: Progress) -> Callable[[], bool]:
    """The question of a round whether to stop, for somebody who says so by what progress raises."""

    def stopped() -> bool:
        progress(0, 0, "")
        return False

    return stopped


def _place(workspace: Workspace, area: str) -> str:
    codes = {area[:digits] for digits in (6, 9)} | {area}
    found = [item for code in sorted(codes) for item in workspace.find(Division, equal(code=code), limit=1)]
    return " ".join(item.name for item in found)


def _silent(done: int, whole: int, text: str) -> None:
    """Nobody looks."""
