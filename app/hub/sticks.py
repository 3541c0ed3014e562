"""The USB road at the hub: bundles of laptops are taken like pushes, and answered by a bundle for each.

In a bundle for the hub: the request of a laptop that is new (enrol), blobs, up to where the laptop has the
log (RejoinRequest, as a policy named `rejoin`), which papers it lacks (PapersWanted, as a policy named
`papers`), what it says of itself (Held, as `held`), blocks that a restored hub has lost, and signed batches.
In one for a laptop: blocks (SignedBlock),
the grants (policy), small pictures (thumbnail) and files (blob) of papers, and where the areas stand
(StickStanding, as a policy named `areas`). A laptop of an older program takes any other policy for grants and
knows no small pictures; it never gets them, for it never says what it lacks.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path

from msgspec import structs

from app.domain.changes import new_uid
from app.domain.limits import check_file
from app.domain.values import as_moment
from app.errors import Invalid, NotAllowed, Refused
from app.hub import lost
from app.hub.hub import Hub
from app.hub.objects import check_room
from app.hub.papers import Giving, giving, note_asked
from app.hub.programs import Programs
from app.hub.pushing import PushAnswer
from app.hub.scratch import scratch
from app.i18n import N_
from app.sync import signing
from app.sync.bundle import BundleHead, BundleWritten, Item, write_bundle
from app.sync.keys import device_uid
from app.sync.messages import (
    HELD,
    AreaNow,
    EnrolRequest,
    Held,
    Message,
    PapersWanted,
    RejoinRequest,
    SignedBlock,
    StickStanding,
    decode_message,
    digest_bytes,
    encode_message,
)
from app.sync.stick_papers import PAPERS
from app.sync.stick_rejoining import REJOIN
from app.sync.unpacking import Receiver, Unpacked, unpack_bundle
from app.sync.wire import decode_batch

_MARGIN = 8 << 20  # what stays free on the stick
AREAS = "areas"  # the name of the item that says where the areas stand
_SAID: Mapping[str, type[Message]] = {HELD: Held, REJOIN: RejoinRequest, PAPERS: PapersWanted}


@dataclass(frozen=True)
class Taken:
    """What a bundle brought: whose it was, the answer to each batch, how many blobs came, how many entries
    that this hub, restored from a backup, had lost, and how many papers the laptop lacks."""

    device: str
    answers: tuple[PushAnswer, ...]
    blobs: int
    given_back: int = 0
    asked: int = 0
    lost_hub: str = ""  # the hub it was written for, where that is not this one


@dataclass(frozen=True)
class Recovered:
    """How a bundle is opened that this hub's key may not open: by the recovery key (`identity`), by whom, and
    why, in words that stay with a laptop of a lost hub."""

    identity: str
    by: str
    why: str


@dataclass(frozen=True)
class Given:
    """A bundle written for a laptop, with its papers: files, small pictures, how many files the hub has that
    had no room, and how many of those the laptop lacks nobody has brought to the hub yet, or are damaged
    there."""

    written: BundleWritten
    files: int
    pictures: int
    left: int
    unknown: int


def take_bundle(hub: Hub, path: Path, now: datetime, recovered: Recovered | None = None) -> Taken:
    """Take a laptop's bundle; raises BundleProblem with what exactly is wrong with it, Invalid for a thing in
    it that is none or another laptop's, Refused `too_old` for one of a program that may not sync: nothing of
    it is taken, and the answer tells the laptop why.

    What the recovery key opens of another hub, which is lost, is laid before people as late work is.
    """
    receiver = _receiver(hub)
    if recovered is not None:
        receiver = replace(receiver, identity=recovered.identity, any_hub=True)
    with scratch(hub.folder) as folder:
        found = unpack_bundle(path, receiver, folder)
        if recovered is not None and receiver.is_foreign(found.head):
            _check_things(found, None)
            return _lay_aside(hub, found, now, recovered)
        _check_program(hub, found.head)
        _check_things(found, receiver.signer(found.head, found.items))
        _hear(hub, found)
        _take_in(hub, found, now)
        blobs = [item for item in found.items if item.kind == "blob"]
        for item in blobs:
            hub.blobs.put(item.name, _file_of(item))
        asked = _asked(hub, found)
        entries = _take_back(hub, found, asked, now) if asked else 0
        answers = tuple(hub.push(item.read(), now) for item in found.items if item.kind == "batch")
        hub.clear_papers(item.name for item in blobs)  # one that was taken away, and not added anew by it
        if asked and any(answer.state == "gap" for answer in answers):  # this hub has lost what lay between
            _renew(hub, found.head.device, asked)
        return Taken(found.head.device, answers, len(blobs), entries, _note_papers(hub, found))


def give_bundle(hub: Hub, device: str, path: Path, now: datetime) -> Given:
    """Write what a laptop has not seen as a bundle for it; NotAllowed for an unknown or revoked one."""
    found = hub.device(device)
    seen = json.loads(found.cursors) if found.cursors else {}
    answer = hub.pull(device, seen, 1, now)  # where the areas stand: their blocks are read one by one
    until = {code: seq for code, (seq, _, _) in answer.areas.items()}
    areas = {
        code: AreaNow(seq=seq, head=head, digest=digest_bytes(digest))
        for code, (seq, head, digest) in answer.areas.items()
    }
    with hub.database.reading() as connection:
        since, given = lost.ends_before(connection, seen), lost.given_back(connection)
    standing = StickStanding(
        areas=areas, hub_time=answer.hub_time, since=since, given=given, epoch=found.epoch
    )
    policy = Item("policy", "", hub.policy(device, now))
    counted = _Counted(hub.blocks(seen, until), policy.length())
    papers = giving(hub, device, counted, lambda: _free(path, counted.size))
    head = BundleHead("to_device", new_uid(), hub.uid, device, as_moment(now))
    blocks = (Item("block", block.area, encode_message(block)) for block in hub.blocks(seen, until))
    whole = chain(blocks, [policy], papers.items(), _last(standing, papers))
    written = write_bundle(path, head, [found.recipient], whole, hub.sign_seed)
    hub.note_seen(device, seen, until)
    return Given(written, papers.files, papers.pictures, papers.left, papers.unknown)


class _Counted:
    """Blocks on their way through, and what they take as items; all of a log need not be held for that."""

    def __init__(self, blocks: Iterable[SignedBlock], size: int) -> None:
        self._blocks, self.size = blocks, size

    def __iter__(self) -> Iterator[SignedBlock]:
        for block in self._blocks:
            self.size += len(encode_message(block))
            yield block


def _last(standing: StickStanding, papers: Giving) -> Iterator[Item]:
    """Where the areas stand, and what of the papers did not come along: known once they were given."""
    told = structs.replace(standing, papers_left=papers.left, papers_unknown=papers.unknown)
    yield Item("policy", AREAS, encode_message(told))


def _free(path: Path, rest: int) -> int:
    """How many bytes of papers there is room for where the bundle goes, beside the rest of it."""
    try:
        usage = shutil.disk_usage(path.parent)
    except OSError:  # writing says what is wrong with the folder
        return 0
    if not usage.total:  # some drivers do not tell
        return 1 << 40
    free = usage.free
    return free - rest - _MARGIN - free // 64  # numbers, hashes and encryption of the pieces


def _receiver(hub: Hub) -> Receiver:
    def signer(head: BundleHead, items: Sequence[Item]) -> bytes | None:
        if _is_known(hub, head.device):
            return hub.device(head.device).sign_key
        request = _request(items)
        return request.sign_key if request and device_uid(request.sign_key) == head.device else None

    return Receiver(hub.identity, "to_hub", hub.uid, "", signer, room=partial(check_room, hub.folder))


def _lay_aside(hub: Hub, found: Unpacked, now: datetime, recovered: Recovered) -> Taken:
    """Keep what was written for a lost hub, for a person to look at."""
    blobs = [item for item in found.items if item.kind == "blob"]
    for item in blobs:
        hub.blobs.put(item.name, _file_of(item))
    batches = [item.read() for item in found.items if item.kind == "batch"]
    answers = tuple(hub.lay_aside(signed, now, recovered.by, recovered.why) for signed in batches)
    return Taken(found.head.device, answers, len(blobs), lost_hub=found.head.hub)


def _check_program(hub: Hub, head: BundleHead) -> None:
    """Raise Refused `too_old`, in words for who took the stick."""
    programs = Programs(hub.database)
    try:
        programs.check(head.device, head.program)
    except Refused as error:
        raise Refused(
            N_("Laptop {device} wrote this with version {program}; this hub works with {least} or newer"),
            hint=N_(
                "Nothing was taken and nothing is lost: the laptop keeps it all. Carry an answer to it (hub"
                " bundle out), which says so there. Install version {least} or newer on it; then it writes a"
                " new bundle."
            ),
            device=head.device,
            program=head.program[:40] or "?",
            least=programs.minimum().version,
            code=error.code,
        ) from error


def _check_things(found: Unpacked, public: bytes | None) -> None:
    """Raise Invalid for a bundle with something in it that is none, or that another laptop wrote, before any
    of it is taken. `public` is the key of the laptop, None where nobody knows it."""
    for item in found.items:
        if item.kind == "batch":
            message = signing.unpack_signed(item.read())
            if message.device != found.head.device:
                raise Invalid(
                    N_("{file} also holds what another laptop wrote: {device}"),
                    hint=N_("Nothing of it was taken. Each laptop’s work comes by its own bundle."),
                    file=found.volumes[0].name,
                    device=message.device,
                    code="foreign_batch",
                )
            if public is not None:
                signing.verify_signed(signing.BATCH, message, public)
            decode_batch(message.body)
        elif item.kind == "blob":
            check_file(item.name, item.length())
        elif item.kind == "block":
            decode_message(SignedBlock, item.read())
        elif item.kind == "policy" and item.name in _SAID:
            decode_message(_SAID[item.name], item.read())


def _hear(hub: Hub, found: Unpacked) -> None:
    """Keep what the laptop says of itself."""
    told = [item for item in found.items if item.kind == "policy" and item.name == HELD]
    if told:
        Programs(hub.database).hear(found.head.device, decode_message(Held, told[0].read()))


def _take_in(hub: Hub, found: Unpacked, now: datetime) -> None:
    """Enrol a laptop that joined by an invitation file and comes by stick for the first time."""
    request = _request(found.items)
    if request is not None and not _is_known(hub, found.head.device):
        hub.enrol(request, now)


def _request(items: Sequence[Item]) -> EnrolRequest | None:
    asked = [item for item in items if item.kind == "enrol"]
    return decode_message(EnrolRequest, asked[0].read()) if asked else None


def _is_known(hub: Hub, device: str) -> bool:
    try:
        hub.device(device)
    except NotAllowed:
        return False
    return True


def _asked(hub: Hub, found: Unpacked) -> RejoinRequest | None:
    """What the laptop says of where it stands; None of a revoked one: its work waits for a person, and no
    answer goes to it."""
    told = [item for item in found.items if item.kind == "policy" and item.name == REJOIN]
    if not told or hub.device(found.head.device).revoked_at is not None:
        return None
    return decode_message(RejoinRequest, told[0].read())


def _note_papers(hub: Hub, found: Unpacked) -> int:
    """Keep which papers the laptop says it lacks; how many. One that says nothing is of an older program."""
    device = found.head.device
    told = [item for item in found.items if item.kind == "policy" and item.name == PAPERS]
    if hub.device(device).revoked_at is not None:
        return 0
    asked = decode_message(PapersWanted, told[0].read()) if told else None
    note_asked(hub, device, asked)
    return len(asked.files) if asked else 0


def _take_back(hub: Hub, found: Unpacked, asked: RejoinRequest, now: datetime) -> int:
    """Take the blocks that this hub has lost; how many entries. Notes up to where the laptop has the log: the
    answer need not repeat that."""
    device = found.head.device
    blocks = [decode_message(SignedBlock, item.read()) for item in found.items if item.kind == "block"]
    again = {head for ends in asked.lost.values() for _, head in ends}
    try:
        entries = hub.give_back(device, blocks, now) if blocks else 0
    except Invalid as error:
        if error.code != "gap" or any(block.head not in again for block in blocks):
            raise
        entries = 0  # this hub has lost more than the laptop knows: its next bundle brings what stood before
    if entries or any(block.head not in again for block in blocks):
        _renew(hub, device, asked)
    ends = RejoinRequest(ends=asked.ends)
    hub.note_seen(device, hub.rejoin(device, ends).common)
    return entries


def _file_of(blob: Item) -> Path:
    assert isinstance(blob.body, Path), "an unpacked blob lies in a file of its own"
    return blob.body


def _renew(hub: Hub, device: str, asked: RejoinRequest) -> None:
    """Let the laptop go on under a new epoch, unless it is to already: the same bundle may come again."""
    if hub.device(device).epoch <= asked.epoch:
        hub.rejoin(device, RejoinRequest(ends={}, epoch=asked.epoch, renumber=True))
