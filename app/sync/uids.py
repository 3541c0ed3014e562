"""Identities of records on the wire: a record the hub knows is named by the first digits of its uid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice, product
from math import prod

import numpy as np

from app.domain.replication import Batch, Entry
from app.errors import Invalid
from app.i18n import N_
from app.sync import few
from app.sync.columns import pack_uuids, read_texts, unpack_uuids, write_texts
from app.sync.parts import Malformed, Reader, Writer

UID_LENGTH = 36
FEW = 1024  # longer batches name records by ten digits, others by twelve: there bytes count, here chance
_FULL = 16
CHECK_BYTES = 16
_CHOICES = 64  # tried at most, where somebody made records that begin alike
Find = Callable[[str, Sequence[str]], Mapping[str, Sequence[str]]]


class Ambiguous(Invalid):
    """The short uids of a batch do not name exactly one known record each; the hub asks for full ones."""

    code = "full_uids"


@dataclass(frozen=True, slots=True)
class ShortBatch(Batch):
    """A batch as it came, some of its uids only the first 11 or 13 characters of themselves.

    `check` is taken over the full uids, so that a wrong completion does not go unnoticed.
    """

    check: bytes = b""


def uid_check(uids: Sequence[str]) -> bytes:
    """16 bytes of the SHA-256 over the uids of a batch, each once, in the order they appear."""
    return sha256("\n".join(uids).encode("utf-8")).digest()[:CHECK_BYTES]


def distinct_uids(entries: Sequence[Entry]) -> list[str]:
    """Each uid once, in the order they appear."""
    return list(dict.fromkeys([entry.uid for entry in entries]))


def write_uids(out: Writer, uids: Sequence[str], first_ops: Sequence[str], short: bool, changes: int) -> bool:
    """The distinct uids of a message; with `short`, those of records not inserted in it are cut.

    Gives whether any was cut. Only uuids in their usual form can be.
    """
    packed = pack_uuids(uids) if short else None
    if packed is None:
        out.number(_FULL)
        write_texts(out, uids)
        return False
    if len(uids) <= few.FEW and changes <= FEW:
        return _write_few(out, packed, first_ops)
    rows = np.frombuffer(packed, np.uint8).reshape(-1, _FULL)
    known = _known(first_ops)
    width = 6 if changes <= FEW else 5
    out.number(width)
    out.chunk(rows[~known].tobytes())
    out.chunk(rows[known, :width].tobytes())
    return bool(known.any())


def _write_few(out: Writer, packed: bytes, first_ops: Sequence[str]) -> bool:
    rows = [packed[at : at + _FULL] for at in range(0, len(packed), _FULL)]
    fresh = [row for row, op in zip(rows, first_ops, strict=True) if op == "i"]
    known = [row[:6] for row, op in zip(rows, first_ops, strict=True) if op != "i"]
    out.number(6)
    out.chunk(b"".join(fresh))
    out.chunk(b"".join(known))
    return bool(known)


def read_uids(source: Reader, count: int, first_ops: Sequence[str]) -> tuple[list[str], bool]:
    """The distinct uids of a message, and whether some of them are cut."""
    width = source.number(_FULL)
    if width == _FULL:
        return read_texts(source, count), False
    if width not in (5, 6):
        raise Malformed("uids of an unknown length")
    if count <= few.FEW:
        return _read_few(source, width, first_ops)
    known = _known(first_ops)
    fresh = unpack_uuids(source.chunk(_FULL * int((~known).sum())))
    cut = np.zeros((int(known.sum()), _FULL), np.uint8)
    cut[:, :width] = np.frombuffer(source.chunk(cut.shape[0] * width), np.uint8).reshape(-1, width)
    letters = 2 * width + 1  # with the dash after eight digits
    short = iter([uid[:letters] for uid in unpack_uuids(cut.tobytes())])
    full = iter(fresh)
    return [next(short) if here else next(full) for here in known.tolist()], bool(known.any())


def _read_few(source: Reader, width: int, first_ops: Sequence[str]) -> tuple[list[str], bool]:
    fresh = iter(unpack_uuids(source.chunk(_FULL * first_ops.count("i"))))
    cut = len(first_ops) - first_ops.count("i")
    digits = source.chunk(cut * width).hex()
    letters = 2 * width
    short = iter(
        [f"{digits[at : at + 8]}-{digits[at + 8 : at + letters]}" for at in range(0, len(digits), letters)]
    )
    return [next(fresh) if op == "i" else next(short) for op in first_ops], bool(cut)


def resolve_uids(batch: Batch, find: Find) -> Batch:
    """The batch with full uids.

    `find(entity, prefixes)` gives the uids of all records, also deleted ones, that start with each prefix. Of
    several that begin alike, which nobody makes by chance, the check tells the one that is meant. Raises
    Ambiguous when a prefix names no record, or when the check says that one was wrong.
    """
    if not isinstance(batch, ShortBatch):
        return batch
    wanted: dict[str, set[str]] = {}
    for entry in batch.entries:
        if len(entry.uid) < UID_LENGTH:
            wanted.setdefault(entry.entity, set()).add(entry.uid)
    full: dict[str, dict[str, str]] = {entity: {} for entity in {entry.entity for entry in batch.entries}}
    several: dict[tuple[str, str], list[str]] = {}
    for entity, prefixes in wanted.items():
        found, whole = find(entity, sorted(prefixes)), full[entity]
        for prefix in prefixes:
            uids = found.get(prefix, ())
            if not uids:
                raise _ambiguous()
            whole[prefix] = uids[0]
            if len(uids) != 1 and len(set(uids)) != 1:
                several[entity, prefix] = list(dict.fromkeys(uids))
    entries = _meant(batch, full, several)
    return Batch(**{name: getattr(batch, name) for name in _FIELDS if name != "entries"}, entries=entries)


def _meant(
    batch: ShortBatch, full: dict[str, dict[str, str]], several: Mapping[tuple[str, str], list[str]]
) -> tuple[Entry, ...]:
    """The entries with the uids for which the check holds."""
    if prod(map(len, several.values())) > _CHOICES:
        raise _ambiguous()
    for choice in product(*several.values()):
        for (entity, prefix), uid in zip(several, choice, strict=True):
            full[entity][prefix] = uid
        entries = tuple(
            [
                Entry(e.act, e.entity, full[e.entity].get(e.uid, e.uid), e.op, e.cells, e.view)
                for e in batch.entries
            ]
        )
        if uid_check(distinct_uids(entries)) == batch.check:
            return entries
    raise _ambiguous()


_FIELDS = tuple(islice(Batch.__dataclass_fields__, None))


def _ambiguous() -> Ambiguous:
    return Ambiguous(N_("The changes do not name their records clearly enough; they are sent once more"))


def _known(first_ops: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which records the hub should know: those that do not start with an insert."""
    return np.fromiter((op != "i" for op in first_ops), np.bool_, len(first_ops))
