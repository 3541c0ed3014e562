"""Sync with the hub: one round, where things stand, and the proof that nothing was lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app import __version__
from app.actions.action import action
from app.actions.conflicts import count_open
from app.actions.laptop import keys_of, transport_of
from app.actions.session import Session
from app.actions.upkeep import journal_words
from app.errors import AppError, Cancelled, Invalid, Refused
from app.i18n import N_, listed, tr
from app.store.workspace import Workspace
from app.sync.refusals import outdated
from app.sync.results import AreaState as AreaState  # the window and the shell name them
from app.sync.results import Progress, State
from app.sync.results import Proof as Proof
from app.sync.results import ProofProblem as ProofProblem
from app.sync.results import SyncDone as SyncDone
from app.sync.results import SyncStatus as SyncStatus
from app.sync.state import (
    ENROL_REQUEST,
    LAST_ERROR,
    REVOKED,
    disk_of,
    files_left,
    handed_in,
    restored,
    wanted_program,
)

if TYPE_CHECKING:
    from app.sync.transport import Transport

_RUNNING: set[Path] = set()  # workspaces of which a round is under way
_TURN = threading.Lock()


@action(N_("Sync with the hub"), "sync", shortcut="F5", icon="sync", command="sync")
def sync(
    session: Session,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    *,
    papers: bool = True,
) -> SyncDone:
    """One round: send what waits, fetch what others did, `papers` too. May be stopped at any time and goes on
    with the next round. Raises HubUnreachable when the hub does not answer; everything stays safe here.
    Raises Refused `sync_running` while another round of this file goes on in this program; another program
    cannot have the file open for writing."""
    with _alone(session.workspace.path):
        tell, stop = progress or _silent, cancelled or _never
        broken = journal_words(session, partial(_heeding, tell, stop))
        done = _round_at_hub(session, tell, stop, papers)
        return replace(done, broken=broken) if broken else done


def _heeding(progress: Progress, cancelled: Callable[[], bool], words: str) -> None:
    progress(0, 0, words)
    if cancelled():
        raise Cancelled(N_("Sync was stopped"), hint=N_("Nothing was sent yet; the next round begins anew."))


def _round_at_hub(
    session: Session, progress: Progress, cancelled: Callable[[], bool], papers: bool
) -> SyncDone:
    """A round, also where the hub has another certificate now and shows that it is the same hub."""
    from app.sync.moved import is_there  # late: a window that is never online needs no network

    try:
        return _round(session, progress, cancelled, papers)
    except Invalid as error:
        waiting = partial(_heeding, progress, cancelled, "")
        if error.code != "wrong_fingerprint" or not is_there(session.workspace, waiting):
            raise
    return _round(session, progress, cancelled, papers)


def _round(session: Session, progress: Progress, cancelled: Callable[[], bool], papers: bool) -> SyncDone:
    from app.sync.round import Round  # late: a window that is never online needs no network

    transport = transport_of(session)
    try:
        keys = keys_of(session)
        _hand_in(session, transport)
        done = Round(
            session.workspace,
            transport,
            keys.sign_seed,
            session.now,
            progress,
            cancelled,
            papers,
        ).run()
    finally:
        transport.close()
    return done


def sync_status(session: Session) -> SyncStatus:
    """Where this workspace stands; reads the file only, quick enough to ask every second."""
    store = session.workspace
    replica = store.replica
    facts = replica.facts()
    if facts is None:
        return SyncStatus(False, "", "", store.unsent(), store.external_count(), "", "", 0, "alone")
    pending = replica.pending()
    error = (replica.private(LAST_ERROR) or b"").decode("utf-8", "replace")
    restored_at, given_back = restored(store) or ("", 0)
    files, damaged = files_left(store)
    return SyncStatus(
        enrolled=True,
        hub=facts.url or facts.hub,
        area=facts.area,
        unsent=pending.unsent,
        waiting_for_reason=pending.waiting_for_reason,
        last_sync=facts.last_sync,
        last_error=error,
        conflicts_open=count_open(session),
        state=_state(store, pending.unsent + files, error),
        restored_at=restored_at,
        given_back=given_back,
        handed_in=min(handed_in(store), pending.unsent),
        files_unsent=files,
        damaged=damaged,
        short=not store.room.fits(0),
        wanted=wanted_program(store),
        disk=disk_of(store),
    )


def damaged_words(names: tuple[str, ...]) -> str:
    """Which papers did not go to the hub because they are damaged here, and what to do."""
    told = N_("Damaged on this laptop and not sent: {names}. Add the originals to their records again.")
    return tr(told, names=listed(names))


_DISK = {
    "encrypted": N_("Encrypted: whoever finds this laptop cannot read its records without its password"),
    "open": N_(
        "Not encrypted: whoever finds or steals this laptop can read its records. Have BitLocker (Windows) or"
        " LUKS (Linux) switched on; the bureau sees this in its list of laptops."
    ),
    "unknown": N_(
        "Not known: the system does not tell whether this disk is encrypted. Ask whoever looks after the"
        " computer."
    ),
}


def disk_words(disk: str) -> str:
    """Whether the disk is encrypted, what that means and what to do; empty when nobody has looked."""
    return tr(_DISK[disk]) if disk in _DISK else ""


def wanted_words(least: str) -> str:
    """That the hub takes nothing from this version of the program, and what to do; empty for ""."""
    return outdated(__version__, least).told if least else ""


@action(N_("Prove that nothing was lost…"), "sync", icon="proof", command="sync")
def prove(session: Session, out: Path, progress: Progress | None = None, sheet: Path | None = None) -> Proof:
    """Write a certificate: every value ever entered is current, in conflict, or superseded by a named act.
    With a `sheet` its sums also as a PDF of one page, for who reads and files it."""
    from app.actions.outputs import output_file
    from app.sync.prove import write_proof  # late: nobody else needs it

    place = output_file(session, out)
    proof = write_proof(session.workspace, place, session.moment(), progress or _silent)
    if sheet is None:
        return proof
    from app.actions.proofsheet import print_proof  # late: it draws

    return replace(proof, sheet=print_proof(session, proof, sheet))


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Two rounds at once would number the same changes twice, which costs the laptop an epoch."""
    with _TURN:
        if file in _RUNNING:
            raise Refused(
                N_("A sync of this workspace is already running"),
                hint=N_("Wait until it has ended; nothing was changed."),
                code="sync_running",
            )
        _RUNNING.add(file)
    try:
        yield
    finally:
        with _TURN:
            _RUNNING.discard(file)


def _hand_in(session: Session, transport: Transport) -> None:
    """A laptop that joined by an invitation file and has found a network hands in its request there."""
    from app.sync.messages import EnrolRequest, decode_message

    replica = session.workspace.replica
    request = replica.private(ENROL_REQUEST)
    if request:
        try:
            transport.enrol(decode_message(EnrolRequest, request))
        except AppError as error:
            if error.code != "known_device":  # it knows this laptop: nothing has to be handed in
                raise
        replica.set_private(ENROL_REQUEST, None)


def _state(store: Workspace, unsent: int, error: str) -> State:
    if store.replica.private(REVOKED):
        return "revoked"
    if not unsent:
        return "safe"
    return "offline" if error else "unsent"


def _silent(done: int, whole: int, text: str) -> None:
    """Nobody looks."""


def _never() -> bool:
    return False
