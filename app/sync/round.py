"""One round of sync: changes up, the hub's log down, then evidence up and down, digests compared. What was
written does not wait for photographs, but for those that a clearing rests on.

It may be cut anywhere, by the network, by the person or by the power: each piece is kept as it comes, and the
next round goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from app import __version__
from app.domain.values import as_moment
from app.errors import AppError, Cancelled, NotAllowed
from app.i18n import N_, tr
from app.store.workspace import Workspace
from app.sync.blobs import fetch_blobs, send_blobs, send_needed
from app.sync.folding import Folded, Receiving, compare
from app.sync.refusals import TOO_OLD, outdated
from app.sync.rejoining import (
    Rejoined,
    forget_told,
    is_forgotten,
    is_sign,
    lacks_blocks,
    lost_again,
    parts,
    rejoin,
)
from app.sync.results import Progress, SyncDone
from app.sync.sending import Sealer, Sent, send
from app.sync.state import (
    end_founding,
    held_grants,
    keep_grants,
    look_at_disk,
    note_clock,
    note_handed_in,
    note_outcome,
    note_restored,
    wanted_program,
)
from app.sync.transport import Transport

_TIMES = 4  # a round is begun anew when the hub turns out to have lost something


@dataclass(frozen=True)
class Files:
    """How many evidence files went up and came down, and the names of those that are damaged here."""

    up: int
    down: int
    damaged: tuple[str, ...]


@dataclass
class Way:
    """How many changes a round has sent, those of earlier tries of it apart: for whoever stops it."""

    before: int = 0
    sent: int = 0


@dataclass(frozen=True)
class Round:
    """What one round needs: the file, a way to the hub, the laptop's signing key (32 bytes) and clock, and
    whether `papers` that are not here are fetched."""

    workspace: Workspace
    transport: Transport
    seed: bytes
    now: Callable[[], datetime]
    progress: Progress
    cancelled: Callable[[], bool]
    papers: bool = True
    way: Way = field(default_factory=Way)

    def run(self) -> SyncDone:
        """The round. Raises HubUnreachable, Cancelled, NotAllowed `revoked`; what was done stays done."""
        self.transport.heed(self._check)
        try:
            with self.workspace.heeding(self._held_up):
                done = self._run()
        except AppError as error:
            if error.code == TOO_OLD:
                error = self._outdated(error)
            if not isinstance(error, Cancelled):
                note_outcome(self.workspace, error.message, revoked=error.code == "revoked")
            raise error
        note_outcome(self.workspace, done.message if done.quarantined else "", revoked=done.quarantined)
        if done.quarantined:
            note_handed_in(self.workspace, done.pushed)
        return done

    def _outdated(self, error: AppError) -> AppError:
        """The refusal of this program with the version that the hub wants, which its grants name. They come
        also to an old program, so that people can sign in on until it is updated."""
        with suppress(AppError):
            keep_grants(self.workspace, self.transport.policy(), now_told=True)
        least = wanted_program(self.workspace)
        return outdated(__version__, least) if least else error

    def _run(self) -> SyncDone:
        """The round; with a hub that was brought back from a backup it is given first what it lost."""
        given = self._given_again()
        for left in reversed(range(_TIMES)):
            try:
                done = self._exchange()
            except AppError as error:
                if not is_sign(error) or not left:
                    raise
                found = self._rejoin(sure=error.code != "wrong_head")
                if not found.lost:
                    raise
            else:
                if not left or not self._is_behind(done):
                    return self._whole_again(done, given)
                found = self._rejoin(sure=True)
            given = Rejoined(given.lost or found.lost, given.entries + found.entries)
        raise AssertionError("the last time either ends or raises")

    def _is_behind(self, done: SyncDone) -> bool:
        """Whether the hub turned out to have lost something, though it answered as always."""
        replica = self.workspace.replica
        if done.quarantined:
            return False
        if parts(done.areas) and lacks_blocks(self.transport, replica):
            return True
        return is_forgotten(self.transport, replica)

    def _given_again(self) -> Rejoined:
        """What was put aside and the hub lacks once more, given back before what was written upon it is sent;
        a revoked laptop gives nothing back."""
        try:
            lacks = lost_again(self.transport, self.workspace.replica)
        except NotAllowed as error:
            if error.code != "revoked":
                raise
            lacks = False
        return self._rejoin(sure=True) if lacks else Rejoined(False, 0)

    def _rejoin(self, *, sure: bool) -> Rejoined:
        """Give back; `sure` when the hub has lost something also if none of its blocks is missing there."""
        found = rejoin(self.transport, self.workspace.replica, self._after_block)
        if found.lost or sure:
            note_restored(self.workspace, self.now(), found.entries)
        return replace(found, lost=found.lost or sure)

    def _whole_again(self, done: SyncDone, given: Rejoined) -> SyncDone:
        if done.is_level:
            forget_told(self.workspace.replica)
        if done.restored and not given.lost:
            note_restored(self.workspace, self.now(), 0)
        return replace(done, restored=done.restored or given.lost, given_back=given.entries)

    def _exchange(self) -> SyncDone:
        replica = self.workspace.replica
        self.way.before, self.way.sent = self.way.before + self.way.sent, 0
        if not self.workspace.room.fits(0):
            return self._hand_over()
        replica.adopt(self.now())
        look_at_disk(self.workspace)
        needed = send_needed(self.workspace, self.transport, self.progress, self._check)
        receiving = Receiving(
            self.transport,
            replica,
            partial(held_grants, self.workspace),
            partial(keep_grants, self.workspace, now_told=True),
            self._after_block,
            self.cancelled,
        )
        sent = send(self.transport, self.sealer(), self._after_batch, receiving.ask)
        if sent.quarantined:
            return _summary(self.workspace, sent, Folded(), self._files(needed, down=False))
        folded = receiving.receive(sent.pull)
        end_founding(self.workspace, self.now())
        self.workspace.tidy_papers()
        note_clock(self.workspace, self.now(), folded.hub_time)
        self._keep_pin()
        files = self._files(needed)
        replica.set_facts(last_sync=as_moment(self.now()))
        return _summary(self.workspace, sent, folded, files)

    def _files(self, needed: int, *, down: bool = True) -> Files:
        """The evidence files that follow what was written; `needed` went before it."""
        up, damaged = send_blobs(self.workspace, self.transport, self.progress, self._check)
        if not (down and self.papers):
            return Files(needed + up, 0, damaged)
        came = fetch_blobs(self.workspace, self.transport, self.progress, self._check)
        return Files(needed + up, came, damaged)

    def _hand_over(self) -> SyncDone:
        """A round while the disk is too full to fold what others did: what is unsent is sent all the same,
        and who may sign in is heard of."""
        needed = send_needed(self.workspace, self.transport, self.progress, self._check)
        sent = send(self.transport, self.sealer(), self._after_batch, lambda: None)
        if not sent.quarantined:
            keep_grants(self.workspace, self.transport.policy(), now_told=True)
        done = _summary(self.workspace, sent, Folded(), self._files(needed, down=False))
        waits = tr(N_("What others did was not fetched: there is too little room on the disk"))
        return replace(done, held_back=True, message=done.message or waits)

    def sealer(self) -> Sealer:
        """What makes this laptop's batches."""
        return Sealer(
            self.workspace.replica,
            self.seed,
            self.workspace.schema_version,
            lambda: int(self.now().timestamp() * 1000),
        )

    def _keep_pin(self) -> None:
        """A laptop of an earlier version knows the hub by its certificate; from now on by the key of it."""
        facts, seen = self.workspace.replica.facts(), self.transport.fingerprint
        if facts is not None and facts.fingerprint and seen and seen != facts.fingerprint:
            self.workspace.replica.set_facts(fingerprint=seen)

    def _after_batch(self, sent: Sent) -> None:
        left, self.way.sent = self.workspace.replica.unsent(), sent.pushed
        self.progress(sent.pushed, sent.pushed + left, tr(N_("Sending changes")))
        self._check()

    def _after_block(self, folded: Folded) -> None:
        self.progress(folded.pulled, 0, tr(N_("Fetching changes")))
        self._check()

    def _held_up(self, words: str) -> None:
        if words:
            self.progress(0, 0, words)
        self._check()

    def _check(self) -> None:
        if self.cancelled():
            raise Cancelled(
                N_("Sync was stopped"),
                hint=N_("What was sent and fetched is kept; the next round goes on from there."),
                sent=self.way.before + self.way.sent,
            )


def _summary(workspace: Workspace, sent: Sent, folded: Folded, files: Files) -> SyncDone:
    replica = workspace.replica
    facts = replica.facts()
    assert facts is not None, "only a replica syncs"
    millis = folded.hub_time or facts.hub_time_ms  # where its clock was put back, it is earlier
    if millis != facts.hub_time_ms:
        replica.set_facts(hub_time_ms=millis)
    return SyncDone(
        pushed=sent.pushed,
        accepted=sent.accepted,
        merged=sent.merged,
        rejected=sent.rejected,
        conflicts=sent.conflicts,
        pulled=folded.pulled,
        blobs_up=files.up,
        blobs_down=files.down,
        damaged=files.damaged,
        areas=compare(replica, folded.areas),
        unsent=replica.unsent(),
        hub_time=as_moment(datetime.fromtimestamp(millis / 1000, UTC)) if millis else "",
        forked=sent.forked,
        restored=sent.restored,
        quarantined=sent.quarantined,
        message=sent.message,
        touched={entity: tuple(uids) for entity, uids in folded.touched.items()},
    )
