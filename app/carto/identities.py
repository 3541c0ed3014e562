"""Very many records as numbers: no object for each, so that taking them up and letting go of them
holds nobody up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain
from typing import overload

import numpy as np
from numpy.typing import NDArray

from app.carto.coded import uids_as_bytes, uids_as_text
from app.carto.flat import HAS_SCAN

MANY = 50_000  # fewer are kept as they are
_PIECE = 20_000


class Identities(Sequence[str]):
    """The uids of records in order, from `numbers` (n, 2) uint64 as `uids_as_bytes` gives them."""

    def __init__(self, numbers: NDArray[np.uint64]) -> None:
        self._numbers = numbers

    @classmethod
    def of(cls, uids: Sequence[str]) -> Identities | None:
        """These uids; None when one of them is no UUID, or nothing compiled reads them."""
        if not HAS_SCAN:
            return None
        pieces = [uids_as_bytes(uids[at : at + _PIECE]) for at in range(0, len(uids), _PIECE)]
        read = [np.empty((0, 2), dtype=np.uint64), *(piece for piece in pieces if piece is not None)]
        return cls(np.concatenate(read)) if len(read) > len(pieces) else None

    def taken(self, rows: Sequence[int]) -> Identities:
        """Some of them, in the order of `rows`."""
        return Identities(self._numbers[np.fromiter(rows, dtype=np.int64, count=len(rows))])

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        if isinstance(at, slice):
            return tuple(uids_as_text(self._numbers[at]))
        return uids_as_text(self._numbers[at][None])[0]

    def __iter__(self) -> Iterator[str]:
        for at in range(0, len(self), _PIECE):
            yield from self[at : at + _PIECE]

    def also(self, more: Identities) -> Identities:
        """These, then those of `more`, each once."""
        every = np.concatenate([self._numbers, more._numbers])
        order = np.lexsort((every[:, 1], every[:, 0]))  # of equal ones the first comes first
        again = (every[order[1:]] == every[order[:-1]]).all(axis=1)
        kept = np.ones(len(every), dtype=bool)
        kept[order[1:][again]] = False
        return Identities(every[kept])

    def places(self) -> Mapping[str, int]:
        """Where each uid stands."""
        return _Places(self, self._numbers)


def places_of(uids: Sequence[str]) -> Mapping[str, int]:
    """Where each uid stands."""
    return uids.places() if isinstance(uids, Identities) else {uid: at for at, uid in enumerate(uids)}


def together(found: Iterable[Sequence[str]]) -> Sequence[str]:
    """Each uid of several answers once, in order."""
    parts = [uids for uids in found if len(uids)]
    if len(parts) < 2:
        return parts[0] if parts else []
    if any(isinstance(uids, Identities) for uids in parts):
        read = [uids if isinstance(uids, Identities) else Identities.of(uids) for uids in parts]
        whole = [uids for uids in read if uids is not None]
        if len(whole) == len(parts):
            return reduce(Identities.also, whole)
    return list(dict.fromkeys(chain.from_iterable(parts)))


class _Places(Mapping[str, int]):
    """Places of uids, looked up among the sorted first halves."""

    def __init__(self, uids: Identities, numbers: NDArray[np.uint64]) -> None:
        self._uids = uids
        self._order = np.argsort(numbers[:, 0], kind="stable")
        self._first, self._second = numbers[self._order, 0], numbers[self._order, 1]

    def __getitem__(self, uid: str) -> int:
        digits = uid.replace("-", "")
        try:
            first, second = np.uint64(int(digits[:16], 16)), np.uint64(int(digits[16:], 16))
        except (ValueError, OverflowError):
            raise KeyError(uid) from None
        at = int(self._first.searchsorted(first))
        while at < len(self._first) and self._first[at] == first:
            if self._second[at] == second:
                return int(self._order[at])
            at += 1
        raise KeyError(uid)

    def __iter__(self) -> Iterator[str]:
        return iter(self._uids)

    def __len__(self) -> int:
        return len(self._uids)
