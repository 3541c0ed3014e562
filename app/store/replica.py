"""A workspace as the replica of a hub: what it has seen, what it sends, what it folds in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from app.domain.areas import Scope
from app.domain.changes import new_uid
from app.domain.replication import Block, Cells
from app.domain.values import as_moment
from app.errors import Invalid
from app.i18n import N_
from app.litter import LARGE, undisturbed
from app.store import (
    beyond,
    confirmed,
    evidence,
    keptblocks,
    leaving,
    meta,
    outbox,
    redacted,
    rejoining,
    replica_facts,
    views,
)
from app.store.attachments import Attachments
from app.store.connect import Database
from app.store.evidence import BlobNeed
from app.store.fold import FoldDone, Incoming, fold
from app.store.keptblocks import KeptBlock
from app.store.outbox import Draft, PendingCount, Sealed
from app.store.replica_facts import Cursor, ReplicaFacts
from app.store.writer import CLOCK_BITS, NEWEST_OWN

Make = Callable[[Draft], "bytes | tuple[bytes, bytes]"]


class Replica:
    """The laptop side of sync, as far as the file goes; `on_device` hears of a new device identity."""

    def __init__(
        self, database: Database, attachments: Attachments, on_device: Callable[[str], None]
    ) -> None:
        self._database = database
        self._attachments = attachments
        self._on_device = on_device
        with self._reading() as raw:
            self._facts = replica_facts.load(raw)

    # ------------------------------------------------------------ belonging to a hub
    @property
    def enrolled(self) -> bool:
        """Whether the workspace belongs to a hub."""
        return self._facts is not None

    def facts(self) -> ReplicaFacts | None:
        """The hub and this laptop's place there; None before enrolment."""
        return self._facts

    @property
    def scope(self) -> Scope:
        """What this laptop reads and writes; Invalid `not_enrolled` before enrolment."""
        return self._enrolled().scope

    def enrol(self, facts: ReplicaFacts) -> None:
        """Belong to a hub from now on; all that was written so far becomes pending."""
        if self._facts is not None:
            raise Invalid(
                N_("This workspace belongs to a hub already"),
                hint=N_("Make a new file for another hub."),
                code="already_enrolled",
            )
        self._save(facts)

    def set_facts(self, **changes: Any) -> None:
        """Change some of the facts, such as the hub's time or the end of founding."""
        self._save(replica_facts.changed(self._enrolled(), changes))

    def go_on(self, facts: ReplicaFacts, private: Mapping[str, bytes | None], forget: str) -> int:
        """Be another laptop for the hub from now on, with new keys: what is unanswered is numbered and sealed
        anew; gives how much. `private` are small values to keep or to remove, and those whose names begin
        with `forget` go, all in one transaction."""
        before = self._enrolled()
        formers = tuple(dict.fromkeys((*before.formers, before.device)))
        facts = replica_facts.changed(
            facts, {"formers": tuple(one for one in formers if one != facts.device)}
        )
        self._database.check_writable()
        with self._database.writing() as connection:
            raw: Any = connection.connection.driver_connection
            number = rejoining.go_on(raw, private, forget)
            replica_facts.save(raw, facts)
            meta.write(connection, device=facts.device)
        self._facts = facts
        self._on_device(facts.device)
        return number

    def cursors(self) -> dict[str, Cursor]:
        """How far each area's log is in the file, by whole blocks."""
        with self._reading() as raw:
            rows = raw.execute("SELECT area, whole, head, digest FROM sync_cursor ORDER BY area")
            return {row[0]: Cursor(row[1], bytes(row[2]), int(row[3], 16)) for row in rows}

    def origins(self) -> dict[str, int]:
        """The number of each area's log at which this file began from a snapshot; none for others."""
        with self._reading() as raw:
            return dict(raw.execute("SELECT area, seq FROM sync_origin ORDER BY area"))

    # ------------------------------------------------------------ sending
    def unsealed(self) -> int:
        """Own changes that are in no batch yet and may go into one."""
        with self._reading() as raw:
            return outbox.unsealed(raw)

    def seal(self, limit: int, make: Make) -> Sealed | None:
        """Put the oldest unsealed changes, whole transactions up to `limit`, into a batch.

        `make` turns the draft into the bytes that are sent, or into (bytes, the SHA-256 the hub knows them
        by); they are kept until the hub has answered. None when nothing is to be sealed.
        """
        facts = self._enrolled()
        with undisturbed(LARGE):
            with self._reading() as raw:
                found = outbox.draft(raw, facts, limit)
            if found is None:
                return None
            made, seqs = found
            answer = make(made)
            body, sha256 = answer if isinstance(answer, tuple) else (answer, None)
            with self._writing() as raw:
                sealed = outbox.keep(raw, facts.epoch, made, seqs, body, sha256)
            del found, made, seqs  # or the collector would look at them all when it looks again
        return sealed

    def sealed(self) -> list[Sealed]:
        """The batches that the hub has not answered completely, oldest first."""
        with self._reading() as raw:
            return outbox.sealed(raw)

    def sealed_uids(self, sealed: Sealed) -> list[str]:
        """The uids of a batch's changes in the order of their numbers, for a hub that wants them in full."""
        with self._reading() as raw:
            return outbox.uids_of(raw, sealed.number)

    def resealed(self, sealed: Sealed, body: bytes, sha256: bytes) -> None:
        """Keep other bytes for a batch that the hub has not taken."""
        with self._writing() as raw:
            outbox.replace(raw, sealed.number, body, sha256)

    def taken(self, sha256: bytes) -> None:
        """Note that the hub has this batch."""
        with self._writing() as raw:
            outbox.taken(raw, sha256)

    def fork(self, epoch: int) -> int:
        """Go on under a new epoch: what is unanswered is numbered and sealed anew; gives how much."""
        facts = self._enrolled()
        if epoch <= facts.epoch:
            raise Invalid(N_("The hub named an epoch that has passed"), code="bad_epoch")
        with self._writing() as raw:
            number = outbox.reopen(raw)
            evidence.offer_again(raw)
            changed = replica_facts.changed(facts, {"epoch": epoch})
            replica_facts.save(raw, changed)
        self._facts = changed
        return number

    def unsent(self) -> int:
        """Own changes that the hub does not have."""
        with self._reading() as raw:
            return outbox.unsent(raw)

    def pending(self) -> PendingCount:
        """How many own changes the hub has not answered, and why."""
        with self._reading() as raw:
            return outbox.pending(raw)

    # ------------------------------------------------------------ a hub that was brought back from a backup
    def ends(self) -> dict[str, list[tuple[int, bytes]]]:
        """By area where the hub's blocks that are kept here end: number and the first bytes of the head."""
        with self._reading() as raw:
            return keptblocks.ends(raw)

    def kept_after(self, area: str, fork: int) -> list[KeptBlock]:
        """The hub's blocks of an area after this number; StoreFailure when they are not here."""
        with self._reading() as raw:
            return keptblocks.after(raw, area, fork)

    def kept_newest(self, area: str) -> Generator[KeptBlock, None, None]:
        """The hub's blocks of an area, the newest first; to be closed."""
        with self._reading() as raw:
            yield from keptblocks.newest(raw, area)

    def lost(self) -> list[KeptBlock]:
        """Blocks that a restored hub was or is to be given back, and whose changes its log has not told here
        since: brought back once more before that, it lacks them once more."""
        with self._reading() as raw:
            return keptblocks.lost(raw)

    def lost_ends(self) -> dict[str, list[tuple[int, bytes]]]:
        """By area where these blocks end: number and head."""
        with self._reading() as raw:
            return keptblocks.lost_ends(raw)

    def astray(
        self, blocks: Iterable[KeptBlock], next_head: Callable[[bytes, bytes], bytes]
    ) -> list[KeptBlock]:
        """Those of the blocks that are of no log known here, but follow on a block of one, in their order."""
        with self._reading() as raw:
            return keptblocks.astray(raw, blocks, next_head)

    def put_aside(self, blocks: Iterable[KeptBlock]) -> None:
        """Keep blocks that never were in the records with those that are `lost`."""
        with self._writing() as raw:
            keptblocks.put_aside(raw, blocks)

    def rejoin(self, forks: Mapping[str, int], epoch: int, own: Iterable[rejoining.OwnBlock] = ()) -> None:
        """Follow the hub's log anew from these numbers on, and send what is unanswered under a new epoch.

        The records stay as they are: what the log tells from there on makes them what the hub has.
        """
        changed = replica_facts.changed(self._enrolled(), {"epoch": epoch})
        with self._writing() as raw:
            rejoining.rejoin(raw, forks, own)
            replica_facts.save(raw, changed)
        self._facts = changed

    def is_whole_again(self, keep: Iterable[bytes] = ()) -> None:
        """The log has told again what a restored hub had lost; neither that nor what was seen of it need be
        kept, but for blocks with the heads `keep`, and for what an own change that nobody has answered yet
        was based on: it may have to be sent once more."""
        with self._writing() as raw:
            if not outbox.pending(raw).changes:
                views.forget_branches(raw)
            keptblocks.forget_lost(raw, keep)

    # ------------------------------------------------------------ receiving
    def fold(
        self,
        block: Block,
        head: bytes,
        step: int | None = None,
        between: Callable[[], None] | None = None,
        *,
        body_sha256: bytes | None = None,
        proof: tuple[bytes, bytes] | None = None,
    ) -> FoldDone:
        """Bring one block of an area's log into the file, as `fold_all`; `between` between steps."""
        whole = FoldDone()
        for done in self.fold_all([Incoming(block, head, body_sha256, proof)], step):
            whole.add(done)
            if between and self.cursors()[block.area].seq < block.last:
                between()
        return whole

    def fold_all(
        self, blocks: Iterable[Incoming], step: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[FoldDone]:
        """Bring blocks of the areas' logs into the file; gives what each step did, once it is safe there.

        `step` entries a transaction, else as many as it does in a moment, which also ends when `stopped` says
        so. Raises StoreFailure `gap` when entries before a block are missing, `wrong_head` for another log,
        and what `blocks` raises.
        """
        return fold(self._database, self._enrolled(), blocks, step=step, stopped=stopped)

    def begun(self) -> list[KeptBlock]:
        """Blocks of which a part is folded; they are to be finished before anything else comes in."""
        with self._reading() as raw:
            return keptblocks.begun(raw)

    def confirmed(self, entity: str, uid: str) -> Cells | None:
        """A record as the hub has it, by field id as on the wire; None when the hub has none."""
        with self._reading() as raw:
            return confirmed.record(raw, self._database.layout, entity, uid)

    def recount(self) -> dict[str, int]:
        """The digest of every area, computed anew from the confirmed records."""
        facts = self._enrolled()
        with self._reading() as raw:
            return confirmed.digests(raw, self._database.layout, facts.root)

    def leave(self, areas: Sequence[str], at: datetime) -> int:
        """Remove the records of areas that do not come to this laptop; gives their number."""
        facts = self._enrolled()
        millis = int(at.timestamp() * 1000)
        act = leaving.act_of(new_uid(), as_moment(at), millis << 16)
        return leaving.leave(self._database, facts, areas, act, millis)

    def adopt(self, at: datetime) -> int:
        """Put into the records what a newer hub had said and this program knows by now; how many."""
        return beyond.adopt(self._database, self._enrolled(), as_moment(at), int(at.timestamp() * 1000))

    # ------------------------------------------------------------ evidence files
    def wanted(self) -> list[BlobNeed]:
        """Evidence files that records name and that are not here."""
        with self._reading() as raw:
            return evidence.wanted(raw, self._database.layout, self._attachments)

    def photographs_beside(self, stepping: Iterable[str]) -> set[str]:
        """The photographs of records that have no steps: no decision waits for them."""
        with self._reading() as raw:
            return evidence.photographs_beside(raw, self._database.layout, stepping)

    def unsent_blobs(self, *, cleared: bool = False) -> list[BlobNeed]:
        """Evidence files that the hub is not known to have; `cleared`: only those that must go first."""
        with self._reading() as raw:
            return evidence.unsent(raw, self._database.layout, self._attachments, cleared=cleared)

    def blob_sent(self, sha256: str) -> None:
        """Note that the hub has this evidence file."""
        with self._writing() as raw:
            evidence.note_sent(raw, sha256)

    def keep_blob(self, sha256: str, path: Path) -> Path:
        """Move a received evidence file to its place; StoreFailure when it is not the one that was named."""
        kept = evidence.keep(self._attachments, self._database.path, sha256, Path(path))
        self.blob_sent(sha256)
        return kept

    def tidy_papers(self) -> None:
        """Let go of the files of papers that were taken away, where no other paper has the same. Where there
        is a hub only of those that it has taken."""
        names = self.private(redacted.TOLD) or b""
        with self._reading() as raw:
            gone = redacted.certain(raw, self._database.layout, answered=self.enrolled)
            fresh = redacted.unheard(raw, gone)
            told, sent = redacted.told_gone(raw, self._database.layout, names)
        for sha256 in {*told, *(item.sha256 for item in gone if not item.lives)}:
            self._attachments.remove(sha256)
        if fresh or sent:
            with self._writing() as raw:
                redacted.hear(raw, gone, fresh)
                redacted.forget_sent(raw, sent)

    def newest_clock(self) -> int:
        """The clock (ms) of the newest change that was written here; 0 before the first."""
        with self._reading() as raw:
            row = raw.execute(NEWEST_OWN).fetchone()
            return int(row[0]) >> CLOCK_BITS if row else 0

    # ------------------------------------------------------------ small secrets
    def private(self, name: str) -> bytes | None:
        """A small value kept in the file for sync, such as a wrapped key."""
        with self._reading() as raw:
            row = raw.execute("SELECT value FROM sync_private WHERE name = ?", (f"p:{name}",)).fetchone()
            return bytes(row[0]) if row else None

    def set_private(self, name: str, value: bytes | None) -> None:
        """Keep a small value; None removes it. What it replaces is overwritten: keys and grants lie here."""
        with self._writing() as raw:
            raw.execute("PRAGMA secure_delete = ON")
            if value is None:
                raw.execute("DELETE FROM sync_private WHERE name = ?", (f"p:{name}",))
            else:
                raw.execute("INSERT OR REPLACE INTO sync_private VALUES (?, ?)", (f"p:{name}", value))

    # ------------------------------------------------------------ inside
    def _enrolled(self) -> ReplicaFacts:
        if self._facts is None:
            raise replica_facts.not_enrolled()
        return self._facts

    def _save(self, facts: ReplicaFacts) -> None:
        with self._database.writing() as connection:
            raw: Any = connection.connection.driver_connection
            replica_facts.save(raw, facts)
            meta.write(connection, device=facts.device)
        self._facts = facts
        self._on_device(facts.device)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._database.reading() as connection:
            raw: Any = connection.connection.driver_connection
            yield raw

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._database.check_writable()
        with self._database.writing() as connection:
            raw: Any = connection.connection.driver_connection
            yield raw
