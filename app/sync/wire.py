"""The wire format, version 1: a batch of changes and a block of the log as bytes, and back.

A message is `GW`, one letter for its sort, one byte for the version, the length of its front (4 bytes,
little-endian), the front (one zstd frame: length of the head, head, small chunks), and the large chunks.
Entries are kept in columns (`columns.py`): those that set the same fields of the same entity are of one
*form*, and each field's values lie together, form after form. Fields and entities this program does not know
come back as they were sent; what a newer program adds to a head is passed over.

What does not decode raises Invalid with the code `bad_batch` or `bad_block`; a newer version `too_new`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from app.domain.replication import SEEN_BYTES, Act, Batch, Block, Effect, Entry
from app.errors import Invalid
from app.i18n import N_
from app.sync.columns import read_texts, write_texts
from app.sync.entries import (
    MAX_ENTRIES,
    MAX_NAME,
    Names,
    read_acts,
    read_entries,
    total_of,
    write_acts,
    write_entries,
)
from app.sync.parts import LIMIT, Malformed, Reader, TooLong, Writer, compressor, unsqueeze
from app.sync.uids import CHECK_BYTES, Ambiguous, ShortBatch, resolve_uids, uid_check

__all__ = [
    "MAX_ENTRIES", "PROTOCOL", "Ambiguous", "ShortBatch",
    "block_acts", "decode_batch", "decode_block", "encode_batch", "encode_block", "resolve_uids",
]  # fmt: skip

PROTOCOL = 1
MAX_VIEWS = 1_000_000  # numbers in all views of one message
MAX_FRONT = 16 << 20
MAX_HEAD = 4 << 20
_BATCH, _BLOCK = b"GWB", b"GWK"
_VERDICTS = ("accepted", "merged", "conflict", "rejected")
_VERDICT_PLACES = {verdict: place for place, verdict in enumerate(_VERDICTS)}
_64 = 1 << 63

Number = Annotated[int, Meta(ge=-_64, le=_64 - 1)]
Count = Annotated[int, Meta(ge=0, le=_64 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
Word = Annotated[str, Meta(max_length=MAX_NAME)]


class _Head(msgspec.Struct, array_like=True):
    """What both sorts of message say beside their columns."""

    numbers: list[Number]
    names: list[Name]
    acts: Annotated[int, Meta(ge=0, le=MAX_ENTRIES)]
    entries: Annotated[int, Meta(ge=0, le=MAX_ENTRIES)]


class _BatchHead(_Head, array_like=True):
    hub: Word
    device: Word
    epoch: Count
    previous: Annotated[bytes, Meta(min_length=32, max_length=32)]
    first: Count
    schema: Count
    sent: Number
    check: Annotated[bytes, Meta(min_length=CHECK_BYTES, max_length=CHECK_BYTES)]
    seen: dict[Word, tuple[Count, Annotated[bytes, Meta(min_length=SEEN_BYTES, max_length=32)]]] = {}


class _BlockHead(_Head, array_like=True):
    area: Word
    first: Count
    device: Word
    epoch: Count
    received: Number


H = TypeVar("H", bound=_Head)
T = TypeVar("T")


def encode_batch(batch: Batch, *, short: bool = True) -> bytes:
    """A batch as bytes; with `short`, records the hub knows are named by the first digits of their uid.

    Raises Invalid (`too_large`) when it holds more than a message may, and (`bad_batch`) for a value that
    cannot travel.
    """
    return _told(_write_batch, batch, short, code="bad_batch")


def decode_batch(body: bytes) -> Batch:
    """A batch from bytes; a ShortBatch when uids have to be completed by `resolve_uids` first."""
    return _told(_read_batch, body, code="bad_batch")


def encode_block(block: Block) -> bytes:
    """A block of the log as bytes, with full uids. Raises as `encode_batch`, with the code `bad_block`."""
    return _told(_write_block, block, code="bad_block")


def decode_block(body: bytes) -> Block:
    """A block of the log from bytes."""
    return _told(_read_block, body, code="bad_block")


def block_acts(body: bytes) -> tuple[int, tuple[Act, ...], list[int]]:
    """Of a block its first number, its acts and which of them each entry belongs to; the rest is not read."""
    return _told(_read_block_acts, body, code="bad_block")


def _told(work: Callable[..., T], *given: Any, code: str) -> T:
    """`work`, with everything that malformed input can raise told as Invalid."""
    try:
        return work(*given)
    except TooLong:
        message, code = N_("That is more than one message may hold"), code and "too_large"
    except (Malformed, msgspec.MsgspecError, UnicodeError, OverflowError, RecursionError):
        message = N_("What arrived is not a message of this program, or it is damaged")
    raise Invalid(message, code=code)


# ------------------------------------------------------------------ batches
def _write_batch(batch: Batch, short: bool) -> bytes:
    out, names = Writer(), Names()
    write_acts(out, batch.acts)
    uids = write_entries(out, names, batch.entries, short)
    out.ints([entry.view for entry in batch.entries])
    _write_views(out, names, batch.views)
    head = _BatchHead(
        out.numbers, names.in_order(), len(batch.acts), len(batch.entries), batch.hub, batch.device,
        batch.epoch, batch.previous, batch.first, batch.schema, batch.sent, uid_check(uids), dict(batch.seen),
    )  # fmt: skip
    return _message(_BATCH, head, out)


def _read_batch(body: bytes) -> Batch:
    head, source = _opened(_BATCH, body, _BatchHead)
    acts = read_acts(source, head.acts)
    columns = read_entries(source, head.names, head.acts, head.entries)
    view_of = source.whole(head.entries)
    views = _read_views(source, head.names)
    source.done()
    if view_of and not (min(view_of) >= 0 and max(view_of) < len(views)):
        raise Malformed("a view that is not there")
    entries = tuple(map(Entry, *columns.first_five, view_of))
    facts = (
        head.hub, head.device, head.epoch, head.previous, head.first, head.schema, head.sent,
        views, acts, entries, head.seen,
    )  # fmt: skip
    if columns.cut:
        return ShortBatch(*facts, check=head.check)
    if uid_check(columns.uids) != head.check:
        raise Malformed("uids other than the writer's")
    return Batch(*facts)


def _write_views(out: Writer, names: Names, views: Sequence[Mapping[str, int]]) -> None:
    """Each view as what differs from the one before; an area that is gone counts as -1."""
    counts, areas, seqs = [], [], []
    before: Mapping[str, int] = {}
    total = 0
    for view in views:
        changed = [(area, seq) for area, seq in view.items() if before.get(area) != seq]
        changed += [(area, -1) for area in before if area not in view]
        counts.append(len(changed))
        areas += [names.place(area) for area, _ in changed]
        seqs += [seq for _, seq in changed]
        total += len(view)
        before = view
    if total > MAX_VIEWS or len(views) > MAX_ENTRIES:
        raise TooLong("too many views")
    out.number(len(views))
    out.ints(counts)
    out.ints(areas)
    out.ints(seqs)


def _read_views(source: Reader, names: Sequence[str]) -> tuple[Mapping[str, int], ...]:
    counts = source.whole(source.number(MAX_ENTRIES))
    total = total_of(counts, MAX_VIEWS)
    areas = source.places(total, len(names))
    seqs = source.whole(total)
    views: list[Mapping[str, int]] = []
    view: dict[str, int] = {}
    at = left = 0
    for count in counts:
        view = dict(view)
        for place, seq in zip(areas[at : at + count], seqs[at : at + count], strict=True):
            view[names[place]] = seq
            if seq < 0:
                del view[names[place]]
        at += count
        left += len(view)
        if left > MAX_VIEWS:
            raise TooLong("too many views")
        views.append(view)
    return tuple(views)


# ------------------------------------------------------------------ blocks
def _write_block(block: Block) -> bytes:
    out, names = Writer(compressor=compressor(fast=True)), Names()
    write_acts(out, block.acts)
    write_entries(out, names, block.effects, short=False)
    out.ints([effect.dseq for effect in block.effects])
    out.ints([_VERDICT_PLACES[effect.verdict] for effect in block.effects])
    write_texts(out, [effect.note for effect in block.effects])
    head = _BlockHead(
        out.numbers, names.in_order(), len(block.acts), len(block.effects), block.area, block.first,
        block.device, block.epoch, block.received,
    )  # fmt: skip
    return _message(_BLOCK, head, out)


def _read_block_acts(body: bytes) -> tuple[int, tuple[Act, ...], list[int]]:
    head, source = _opened(_BLOCK, body, _BlockHead)
    acts = read_acts(source, head.acts)
    return head.first, acts, source.places(head.entries, head.acts)


def _read_block(body: bytes) -> Block:
    head, source = _opened(_BLOCK, body, _BlockHead)
    acts = read_acts(source, head.acts)
    columns = read_entries(source, head.names, head.acts, head.entries)
    if columns.cut:
        raise Malformed("short uids in the log")
    dseqs = source.whole(head.entries)
    verdicts = [_VERDICTS[place] for place in source.places(head.entries, len(_VERDICTS))]
    notes = read_texts(source, head.entries)
    source.done()
    act, entity, uid, op, cells = columns.first_five
    effects = tuple(map(Effect, act, dseqs, entity, uid, op, cells, verdicts, notes))
    return Block(head.area, head.first, head.device, head.epoch, head.received, acts, effects)


# ------------------------------------------------------------------ what both share
def _message(sort: bytes, head: _Head, out: Writer) -> bytes:
    packed = msgspec.msgpack.encode(head)
    front = b"".join((len(packed).to_bytes(4, "little"), packed, *out.small))
    if len(packed) > MAX_HEAD or len(front) > MAX_FRONT:
        raise TooLong("a front larger than allowed")
    frame = out.compressor.compress(front)
    return b"".join((sort, bytes((PROTOCOL,)), len(frame).to_bytes(4, "little"), frame, *out.large))


def _opened(sort: bytes, body: bytes, head: type[H]) -> tuple[H, Reader]:
    """The head of a message and the reader of its chunks."""
    if body[:3] != sort or len(body) < 8:
        raise Malformed("another sort of thing")
    if body[3] > PROTOCOL:
        raise Invalid(
            N_("This was written by a newer version of the program"),
            hint=N_("Update the program here, then try again. Nothing was changed."),
            code="too_new",
        )
    length = int.from_bytes(body[4:8], "little")
    if body[3] != PROTOCOL or len(body) > LIMIT or len(body) < 8 + length:
        raise Malformed("a length that cannot be")
    front = unsqueeze(body[8 : 8 + length], MAX_FRONT)
    ends = 4 + int.from_bytes(front[:4], "little")
    if ends > min(len(front), MAX_HEAD + 4):
        raise Malformed("a head longer than its message")
    found = msgspec.msgpack.decode(front[4:ends], type=head)
    return found, Reader(found.numbers, memoryview(front)[ends:], memoryview(body)[8 + length :])
