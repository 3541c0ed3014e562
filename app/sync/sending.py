"""Sending: what waits is sealed into signed batches and pushed until the hub has all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.domain.replication import Batch
from app.errors import Conflict, Invalid
from app.i18n import N_
from app.store.outbox import Draft, Sealed
from app.store.replica import Replica
from app.sync import signing
from app.sync.messages import RESTORED_EPOCHS, PullReply, PullRequest, PushReply
from app.sync.transport import Transport
from app.sync.wire import decode_batch, encode_batch

SEAL_LIMIT = 5_000  # changes a batch: small enough to be sent over a poor line between two cuts
_FORKS = 3


@dataclass(frozen=True)
class Sent:
    """What was pushed, and what the hub made of it at once."""

    pushed: int = 0
    accepted: int = 0
    merged: int = 0
    conflicts: int = 0
    rejected: int = 0
    forked: bool = False
    restored: bool = False  # the hub says that it was brought back from a backup
    quarantined: bool = False
    message: str = ""
    pull: PullReply | None = None  # what the hub told with its answer to the last batch

    def plus(self, changes: int, reply: PushReply) -> Sent:
        """This and one more batch."""
        return replace(
            self,
            pushed=self.pushed + changes,
            accepted=self.accepted + reply.accepted,
            merged=self.merged + reply.merged,
            conflicts=self.conflicts + reply.conflicts,
            rejected=self.rejected + reply.rejected,
            quarantined=self.quarantined or reply.state == "quarantined",
            message=reply.message or self.message,
            pull=reply.pull,
        )


@dataclass(frozen=True)
class Sealer:
    """Makes signed batches of this laptop: `seed` is its signing key (32 bytes), `schema` that of the file,
    `now` the laptop's clock in ms."""

    replica: Replica
    seed: bytes
    schema: int
    now: Callable[[], int]

    def seal(self, limit: int = SEAL_LIMIT) -> Sealed | None:
        """The oldest changes that are in no batch yet as one; None when there is none."""
        return self.replica.seal(limit, self._make)

    def in_full(self, sealed: Sealed) -> bytes:
        """A sealed batch with every uid written out, for a hub that found two records for a short one."""
        batch = decode_batch(signing.unpack_signed(sealed.body).body)
        uids = self.replica.sealed_uids(sealed)
        entries = tuple(replace(entry, uid=uid) for entry, uid in zip(batch.entries, uids, strict=True))
        body, sha256 = self._signed(
            Batch(
                batch.hub, batch.device, batch.epoch, batch.previous, batch.first, batch.schema, batch.sent,
                batch.views, batch.acts, entries, batch.seen,
            ),
            short=False,
        )  # fmt: skip
        self.replica.resealed(sealed, body, sha256)
        return body

    def _make(self, draft: Draft) -> tuple[bytes, bytes]:
        facts = self.replica.facts()
        if facts is None:
            raise Invalid(N_("This workspace belongs to no hub"), code="not_enrolled")
        batch = Batch(
            facts.hub, facts.device, facts.epoch, draft.previous, draft.first, self.schema, self.now(),
            draft.views, draft.acts, draft.entries, draft.seen,
        )  # fmt: skip
        return self._signed(batch, short=True)

    def _signed(self, batch: Batch, *, short: bool) -> tuple[bytes, bytes]:
        message = signing.signed(signing.BATCH, encode_batch(batch, short=short), batch.device, self.seed)
        return signing.pack_signed(message), message.sha256


def send(
    transport: Transport,
    sealer: Sealer,
    between: Callable[[Sent], None],
    ask: Callable[[], PullRequest | None],
) -> Sent:
    """Push everything that waits; `between` hears after each batch and may stop it.

    With the last batch goes what `ask` gives, so that the hub's log comes back with the answer.

    A hub that knows this file from before a backup was brought back names a new epoch: what it has not
    answered is numbered anew and sent again. Raises Conflict `hub_behind` for a hub that has lost what it had
    taken.
    """
    done, forks = Sent(), 0
    known: set[bytes] = set()  # what a revoked laptop has handed over in this round
    while (sealed := _next(sealer, known)) is not None:
        asked = ask() if _is_last(sealer, known) else None
        reply = transport.push(sealed.body, asked)
        if reply.state == "full_uids":
            reply = transport.push(sealer.in_full(sealed), asked)
        if reply.state == "restored":
            raise _behind(reply.next)
        if reply.state in ("fork", "gap"):
            by_hub = _restart(sealer.replica, reply, forks)
            done = replace(done, forked=done.forked or not by_hub, restored=done.restored or by_hub)
            forks += 1
            continue
        known.add(sealed.sha256)
        if reply.state in ("taken", "repeat"):
            sealer.replica.taken(sealed.sha256)
        elif reply.state != "quarantined":
            raise Conflict(N_("The hub did not take the batch: {why}"), why=reply.state, code=reply.state)
        done = done.plus(sealed.last - sealed.first + 1, reply)
        between(done)
    return done


def _next(sealer: Sealer, known: set[bytes]) -> Sealed | None:
    waiting = _waiting(sealer, known)
    return waiting[0] if waiting else sealer.seal()


def _waiting(sealer: Sealer, known: set[bytes]) -> list[Sealed]:
    return [item for item in sealer.replica.sealed() if item.state == "sealed" and item.sha256 not in known]


def _is_last(sealer: Sealer, known: set[bytes]) -> bool:
    """Whether one batch waits to be sent, and nothing to be sealed."""
    return len(_waiting(sealer, known)) == 1 and not sealer.replica.unsealed()


def _restart(replica: Replica, reply: PushReply, forks: int) -> bool:
    """Go on in the epoch the hub names; whether that is because the hub was brought back from a backup."""
    facts = replica.facts()
    if facts is not None and reply.epoch > facts.epoch and forks < _FORKS:
        replica.fork(reply.epoch)
        return reply.epoch >= facts.epoch + RESTORED_EPOCHS
    raise _behind(reply.next)


def _behind(number: int) -> Conflict:
    return Conflict(
        N_("The hub is behind this laptop: it expects change {next}"),
        hint=N_("Everything is safe on this laptop. Was the hub brought back from a backup? Ask the bureau."),
        next=number,
        code="hub_behind",
    )
