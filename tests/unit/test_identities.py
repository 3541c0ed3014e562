"""Very many uids as numbers: joined like lists, each once."""

from __future__ import annotations

import uuid

import numpy as np

from app.carto.identities import Identities, together

_DRAW = np.random.default_rng(4)
UIDS = [str(uuid.UUID(bytes=_DRAW.bytes(16))) for _ in range(60)]


def test_answers_are_joined_in_order_and_each_counts_once() -> None:
    first, last = Identities.of(UIDS[:40]), Identities.of(UIDS[30:])
    assert first is not None and last is not None
    plain = list(together([UIDS[:40], UIDS[30:]]))
    assert plain == UIDS
    assert list(together([first, last])) == UIDS
    assert list(together([UIDS[:40], last])) == UIDS
    assert list(together([first, UIDS[:3], []])) == UIDS[:40]
    assert together([first, []]) is first and together([]) == []
    assert list(together([first, ["band-5"]])) == [*UIDS[:40], "band-5"]


def test_uids_that_share_their_first_half_are_told_apart() -> None:
    twins = [f"{UIDS[0][:19]}{uid[19:]}" for uid in UIDS[:6]]
    found = Identities.of(twins)
    assert found is not None
    assert [found.places()[uid] for uid in twins] == list(range(6))
    assert found.taken([4, 1])[:] == (twins[4], twins[1])
    assert list(found.also(found.taken([5, 2]))) == twins
