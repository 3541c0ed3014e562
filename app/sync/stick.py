"""The USB road on the laptop: what a push would send as one encrypted file, and the hub's answer read back.

What has been written to a stick stays pending until the hub's own answer has been folded, by whatever road it
comes; so a lost stick loses nothing, and the same changes may go by both roads.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from app import __version__
from app.domain.changes import new_uid
from app.domain.values import as_moment
from app.errors import Invalid, StoreFailure
from app.i18n import N_, tr
from app.store.evidence import BlobNeed
from app.store.outbox import Sealed
from app.store.replica_facts import Cursor
from app.store.workspace import Workspace
from app.sync.blobs import is_undamaged, names_of
from app.sync.bundle import BundleHead, Item, check_bundle, write_bundle
from app.sync.folding import Folded, compare, finish_begun, take
from app.sync.identity import facts_of
from app.sync.keys import DeviceKeys
from app.sync.messages import HELD, PullReply, SignedBlock, StickStanding, decode_message, encode_message
from app.sync.refusals import outdated
from app.sync.rejoining import forget_told
from app.sync.results import BundleDone, BundleReport, PapersDone, Progress, SyncDone
from app.sync.sending import Sealer
from app.sync.signing import HEAD_START, next_head
from app.sync.state import (
    ENROL_REQUEST,
    bundle_readers,
    end_founding,
    held_grants,
    keep_grants,
    look_at_disk,
    note_outcome,
    note_restored,
    wanted_program,
)
from app.sync.stick_papers import asked, keep
from app.sync.stick_rejoining import Way, go_on, items_of, keep_lost, to_give_back
from app.sync.unpacking import Receiver, unpack_bundle

AREAS = "areas"  # the item that says where the areas stand


@dataclass(frozen=True)
class Stick:
    """What a stick needs of a laptop: its file, its keys and its clock."""

    workspace: Workspace
    keys: DeviceKeys
    now: datetime
    progress: Progress

    def write(self, path: Path) -> BundleDone:
        """Write what the hub does not have, and read it back. Raises StoreFailure, Refused."""
        facts = facts_of(self.workspace)
        back = to_give_back(self.workspace.replica)
        # What was written upon the lost stretch is taken once the hub has that back.
        batches = [] if back else self._batches()
        needs, damaged = self._papers()
        wanted, lacking = asked(self.workspace)
        items = [
            *self._said(),
            *map(self._blob, needs),
            *items_of(self.workspace.replica, back),
            wanted,
            *(Item("batch", "", batch.body) for batch in batches),
        ]
        whole = sum(item.length() for item in items) * 2 or 1  # written, then read back
        done = 0

        def seen(size: int) -> None:
            nonlocal done
            done += size
            self.progress(min(done, whole), whole, tr(N_("Writing the bundle")))

        head = BundleHead(
            "to_hub", new_uid(), facts.hub, facts.device, as_moment(self.now.astimezone(UTC)), 1, __version__
        )
        readers = bundle_readers(self.workspace, facts.hub_recipient)
        written = write_bundle(path, head, readers, items, self.keys.sign_seed, seen)
        return BundleDone(
            path=written.path,
            changes=sum(batch.last - batch.first + 1 for batch in batches),
            blobs=len(needs),
            verified=True,
            volumes=written.volumes,
            size=written.size,
            given_back=sum(block.last - block.first + 1 for block in back),
            lacking=lacking,
            damaged=names_of(self.workspace, damaged),
            wanted=wanted_program(self.workspace),
        )

    def read(self, path: Path) -> SyncDone:
        """Fold what the hub sent. Raises BundleProblem with what exactly is wrong, Invalid `missing` when a
        bundle before this one has not been read, Refused `too_old` for this program."""
        facts = facts_of(self.workspace)
        receiver = Receiver(
            self.keys.identity, "to_device", facts.hub, facts.device, lambda *_: facts.hub_key
        )
        with tempfile.TemporaryDirectory(prefix=".bundle-", dir=self.workspace.path.parent) as folder:
            found = unpack_bundle(path, receiver, Path(folder), self._reading)
            told = _standing(found.items)
            folded, known, way = self._fold(found.items, told, path)
            kept = keep(self.workspace, found.items)
        replica = self.workspace.replica
        replica.set_private(ENROL_REQUEST, None)
        end_founding(self.workspace, self.now)
        replica.set_facts(last_sync=as_moment(self.now.astimezone(UTC)))
        note_outcome(self.workspace, "")
        if way.restored:
            note_restored(self.workspace, self.now, 0 if way.waits else way.entries)
        late = folded.hub_time < facts.hub_time_ms
        done = SyncDone(
            accepted=folded.settled - folded.rejected - folded.conflicts,
            rejected=folded.rejected,
            conflicts=folded.conflicts,
            pulled=folded.pulled,
            blobs_down=kept.files,
            papers=PapersDone(kept.pictures, kept.lacking, told.papers_left, told.papers_unknown),
            areas=compare(replica, folded.areas, late=late),
            unsent=replica.unsent(),
            hub_time=_moment(folded.hub_time) if folded.hub_time else "",
            late=late,
            restored=way.restored,
            given_back=0 if way.waits else way.entries,
            forked=way.forked,
            message=_said(way, known=known, late=late),
            touched={entity: tuple(uids) for entity, uids in folded.touched.items()},
        )
        if done.is_level:
            forget_told(replica)
        return done

    # ------------------------------------------------------------ inside
    def _batches(self) -> list[Sealed]:
        sealer = Sealer(
            self.workspace.replica,
            self.keys.sign_seed,
            self.workspace.schema_version,
            lambda: int(self.now.timestamp() * 1000),
        )
        while sealer.seal() is not None:
            self.progress(0, 1, tr(N_("Signing changes")))
        return [item for item in self.workspace.replica.sealed() if item.state == "sealed"]

    def _blob(self, need: BlobNeed) -> Item:
        return Item("blob", need.sha256, self.workspace.attachment_path(need.sha256), 0, need.size)

    def _papers(self) -> tuple[list[BlobNeed], list[BlobNeed]]:
        """The evidence files that go along, and those that are damaged."""
        found: tuple[list[BlobNeed], list[BlobNeed]] = [], []
        for need in self.workspace.replica.unsent_blobs():
            found[not is_undamaged(self.workspace, need)].append(need)
            self.progress(0, 0, tr(N_("Looking at the papers")))
        return found

    def _said(self) -> list[Item]:
        """What the laptop says of itself, and the request to be taken in until the hub has answered."""
        look_at_disk(self.workspace)
        held = Item("policy", HELD, encode_message(held_grants(self.workspace)))
        request = self.workspace.replica.private(ENROL_REQUEST)
        return [Item("enrol", "", request), held] if request else [held]

    def _reading(self, size: int) -> None:
        self.progress(0, 0, tr(N_("Reading the bundle")))

    def _fold(self, items: Sequence[Item], standing: StickStanding, path: Path) -> tuple[Folded, bool, Way]:
        """What came in, whether all of it had come in before, and how the laptop goes on."""
        replica, done = self.workspace.replica, Folded()
        self._keep_grants(items)
        finish_begun(replica, done, lambda _: None)
        blocks = [decode_message(SignedBlock, item.read()) for item in items if item.kind == "block"]
        way = go_on(replica, standing, blocks)
        if way.waits:
            return done, False, way
        cursors = replica.cursors()
        fresh = [
            block for block in blocks if block.area not in cursors or block.last > cursors[block.area].seq
        ]
        is_old = standing.hub_time < facts_of(self.workspace).hub_time_ms
        if is_old:
            fresh = _fitting(fresh, cursors)
        reply = PullReply(
            blocks=fresh,
            areas=standing.areas,
            more=False,
            hub_time=standing.hub_time,
        )
        try:
            take(
                replica,
                reply,
                done,
                lambda folded: self.progress(folded.pulled, 0, tr(N_("Reading changes"))),
            )
        except StoreFailure as failure:
            if failure.code != "gap":
                raise
            raise _missing(path) from failure
        if is_old:
            way = replace(way, found=keep_lost(replica, blocks))
        return done, bool(blocks) and not fresh, way

    def _keep_grants(self, items: Sequence[Item]) -> None:
        """Keep who may sign in; raises Refused `too_old` when the hub does not work with this program."""
        for item in items:
            if item.kind == "policy" and not item.name:
                keep_grants(self.workspace, item.read())
        least = wanted_program(self.workspace)
        if least:
            raise outdated(__version__, least)


def _fitting(blocks: Sequence[SignedBlock], cursors: Mapping[str, Cursor]) -> list[SignedBlock]:
    """Of the blocks in an old bundle those that go on from what is here, or whose forerunners are missing:
    what a hub told before it was brought back from a backup goes on from nothing here."""
    fitting: list[SignedBlock] = []
    foreign: set[str] = set()
    for block in blocks:
        here = cursors.get(block.area)
        seq, head = (here.seq, here.head) if here else (0, HEAD_START)
        parts = block.first == seq + 1 and next_head(head, block.body) != block.head
        if parts or block.first <= seq or block.area in foreign:
            foreign.add(block.area)
        else:
            fitting.append(block)
    return fitting


def _moment(millis: int) -> str:
    return as_moment(datetime.fromtimestamp(millis / 1000, UTC))


def _standing(items: Sequence[Item]) -> StickStanding:
    """Where the hub says its areas stand."""
    found = [item.read() for item in items if item.kind == "policy" and item.name == AREAS]
    return decode_message(StickStanding, found[-1] if found else b"")


def _said(way: Way, *, known: bool, late: bool) -> str:
    """What the person who carries the stick has to know."""
    if way.waits:
        return tr(
            N_(
                "The hub was restored from a backup and lacks {count} changes that are here. Write a bundle"
                " for it: that gives them back. Until its answer comes nothing here changes."
            ),
            count=way.waits,
        )
    if way.restored or way.forked:
        return ""
    if way.found:
        return tr(
            N_(
                "This old bundle tells of {count} changes that the hub has lost. They are kept here,"
                " and given back to it with the next sync or bundle."
            ),
            count=way.found,
        )
    if late:
        return tr(N_("This bundle is older than what was heard of the hub after it"))
    return tr(N_("This bundle had been read in before; nothing changed")) if known else ""


def verify(path: Path) -> BundleReport:
    """Whether a bundle is whole; no key is needed."""
    return check_bundle(path)


def _missing(path: Path) -> Invalid:
    return Invalid(
        N_("{file} goes on where an earlier bundle ends that has not been read in here"),
        hint=N_("Read in the earlier bundle of the hub first, or ask for a new one. Nothing was changed."),
        file=path.name,
        code="missing",
    )
