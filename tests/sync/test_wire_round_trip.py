"""Every batch and block comes back exactly as it was, whatever its values."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.replication import Act, Batch, Block, Effect, Entry
from app.errors import Invalid
from app.sync.uids import ShortBatch
from app.sync.wire import Ambiguous, decode_batch, decode_block, encode_batch, encode_block, resolve_uids
from sync.wire_cases import act, batch_of, block_of, mixed_batch, uid_of, wkb_point

RND = random.Random(3)
KNOWN = [uid_of(RND) for _ in range(3000)]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAME = st.text("abcdefgh_", min_size=1, max_size=8)
INT64 = st.integers(-(2**63), 2**63 - 1)
MOMENTS = st.datetimes().map(lambda at: at.isoformat(timespec="milliseconds") + "Z")
UUIDS = st.uuids().map(str)
POINTS = st.builds(wkb_point, st.floats(), st.floats())
DECIMALS = st.decimals(-999, 999, places=3).map(float)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.one_of(
    st.none(), st.booleans(), INT64, FLOATS, DECIMALS, TEXT, UUIDS, MOMENTS,
    st.sampled_from(["2026-11-23T10:00:00.000Z", "2026-02-30T10:00:00.000Z", "2026-11-23T10:00:00+010Z"]),
    st.binary(max_size=40), POINTS, st.lists(TEXT, max_size=4),
)  # fmt: skip
CELLS = st.dictionaries(NAME, VALUES, max_size=5)
UIDS = st.one_of(UUIDS, st.sampled_from(KNOWN[:4]), st.sampled_from(["620802", "ABC", KNOWN[0].upper()]))
COUNT = st.integers(0, 2**63 - 1)
ACTS = st.builds(
    Act, UIDS, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, st.none() | UUIDS, INT64, MOMENTS | TEXT
)
VIEWS = st.lists(
    st.dictionaries(st.sampled_from(["620800", "620802", "x"]), COUNT, max_size=3), min_size=1, max_size=4
)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    acts = tuple(draw(st.lists(ACTS, min_size=1, max_size=4)))
    views = tuple(draw(VIEWS))
    entry = st.builds(
        Entry, st.integers(0, len(acts) - 1), NAME, UIDS, st.sampled_from("iudn"), CELLS,
        st.integers(0, len(views) - 1),
    )  # fmt: skip
    entries = tuple(draw(st.lists(entry, max_size=12)))
    previous = draw(st.binary(min_size=32, max_size=32))
    return Batch(
        draw(TEXT),
        draw(TEXT),
        draw(COUNT),
        previous,
        draw(COUNT),
        draw(COUNT),
        draw(INT64),
        views,
        acts,
        entries,
    )


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    acts = tuple(draw(st.lists(ACTS, min_size=1, max_size=4)))
    verdicts = st.sampled_from(["accepted", "merged", "conflict", "rejected"])
    effect = st.builds(
        Effect,
        st.integers(0, len(acts) - 1),
        COUNT,
        NAME,
        UIDS,
        st.sampled_from("iudn"),
        CELLS,
        verdicts,
        TEXT,
    )
    effects = tuple(draw(st.lists(effect, max_size=12)))
    return Block(draw(TEXT), draw(COUNT), draw(TEXT), draw(COUNT), draw(INT64), acts, effects)


def find_in(uids: Sequence[str]) -> Any:
    return lambda entity, prefixes: {p: [uid for uid in uids if uid.startswith(p)] for p in prefixes}


def same(found: Any, given_: Any) -> bool:
    """Equal, and each value of the same type: 1 is not True, -0.0 is not 0.0."""
    return bool(found == given_) and written(found) == written(given_)


def written(thing: Any) -> str:
    """Every value as text, the keys of dicts in order."""
    if isinstance(thing, dict):
        return str([(key, written(thing[key])) for key in sorted(thing)])
    if isinstance(thing, tuple):
        return str([written(part) for part in thing])
    if is_dataclass(thing):
        return str([(item.name, written(getattr(thing, item.name))) for item in fields(thing)])
    return f"{type(thing).__name__} {thing!r}"


@given(batches())
@settings(max_examples=150, deadline=None)
def test_a_batch_comes_back(batch: Batch) -> None:
    assert same(decode_batch(encode_batch(batch, short=False)), batch)
    found = decode_batch(encode_batch(batch))
    assert same(resolve_uids(found, find_in([entry.uid for entry in batch.entries])), batch)


@given(blocks())
@settings(max_examples=150, deadline=None)
def test_a_block_comes_back(block: Block) -> None:
    assert same(decode_block(encode_block(block)), block)


@given(
    batches() | st.builds(mixed_batch, st.integers(0, 60), st.just(KNOWN), decimals=st.sampled_from([7, 17]))
)
@settings(max_examples=100, deadline=None)
def test_few_values_are_written_and_read_as_many_are(batch: Batch) -> None:
    without_arrays = encode_batch(batch), encode_batch(batch, short=False)
    with patch("app.sync.few.FEW", 0):
        assert (encode_batch(batch), encode_batch(batch, short=False)) == without_arrays
        with_arrays = [decode_batch(body) for body in without_arrays]
    assert all(same(decode_batch(b), a) for b, a in zip(without_arrays, with_arrays, strict=True))


@pytest.mark.parametrize("changes", [0, 1, 20, 2000])
@pytest.mark.parametrize("decimals", [7, 17])
def test_work_of_an_office_comes_back(changes: int, decimals: int) -> None:
    batch = mixed_batch(changes, KNOWN, decimals=decimals)
    assert decode_batch(encode_batch(batch, short=False)) == batch
    assert resolve_uids(decode_batch(encode_batch(batch)), find_in(KNOWN)) == batch
    block = block_of(batch)
    assert decode_block(encode_block(block)) == block


def test_equal_batches_are_equal_bytes() -> None:
    assert encode_batch(mixed_batch(100, KNOWN)) == encode_batch(mixed_batch(100, KNOWN))


def test_a_list_of_texts_comes_back_as_a_list() -> None:
    batch = batch_of([Entry(0, "boiler", KNOWN[0], "u", {"former": ("一", "二")})], [act(RND)])
    assert decode_batch(encode_batch(batch)).entries[0].cells == {"former": ["一", "二"]}


def test_records_of_the_hub_are_named_by_their_first_digits() -> None:
    new = uid_of(RND)
    entries = [
        Entry(0, "boiler", KNOWN[0], "u", {"note": "a"}),
        Entry(0, "boiler", new, "i", {"note": "b"}),
        Entry(0, "boiler", new, "u", {"note": "c"}),
        Entry(0, "boiler", KNOWN[0], "d", {}),
    ]
    found = decode_batch(encode_batch(batch_of(entries, [act(RND)])))
    assert isinstance(found, ShortBatch)
    assert [entry.uid for entry in found.entries] == [KNOWN[0][:13], new, new, KNOWN[0][:13]]
    long = decode_batch(encode_batch(mixed_batch(1100, KNOWN)))
    assert {len(entry.uid) for entry in long.entries} == {11, 36}


@pytest.mark.parametrize(
    "known",
    [[], [KNOWN[0][:13] + KNOWN[1][13:]], [KNOWN[0], *(f"{KNOWN[0][:-2]}{n:02x}" for n in range(64))]],
    ids=["nobody", "another", "too many"],
)
def test_an_unclear_record_asks_for_full_uids(known: list[str]) -> None:
    batch = batch_of([Entry(0, "boiler", KNOWN[0], "u", {"note": "a"})], [act(RND)])
    with pytest.raises(Ambiguous) as told:
        resolve_uids(decode_batch(encode_batch(batch)), find_in(known))
    assert told.value.code == "full_uids"
    assert resolve_uids(decode_batch(encode_batch(batch, short=False)), find_in(known)) == batch


def test_of_two_records_that_begin_alike_the_check_tells_which_is_meant() -> None:
    """Somebody may make a record that begins like another one; by stick nobody can ask which is meant."""
    batch = batch_of([Entry(0, "boiler", KNOWN[0], "u", {"note": "a"})], [act(RND)])
    two = [KNOWN[0][:13] + KNOWN[1][13:], KNOWN[0]]
    for known in (two, two[::-1]):
        assert resolve_uids(decode_batch(encode_batch(batch)), find_in(known)) == batch


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, 2**63, {"a": 1}, [1], ["a", None], object(), "\ud800", 1 + 2j, [["a"]]],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_cannot_travel_is_said(value: Any) -> None:
    batch = batch_of([Entry(0, "boiler", KNOWN[0], "u", {"note": value})], [act(RND)])
    with pytest.raises(Invalid) as told:
        encode_batch(batch)
    assert told.value.code == "bad_batch"


def test_what_is_too_much_for_one_message_is_said() -> None:
    batch = batch_of([Entry(0, "boiler", KNOWN[0], "u", {"note": "x" * (70 << 20)})], [act(RND)])
    with pytest.raises(Invalid) as told:
        encode_batch(batch)
    assert told.value.code == "too_large"
    many = replace(batch, entries=tuple(Entry(0, "boiler", "u", "d", {}) for _ in range(100_001)))
    with pytest.raises(Invalid) as told:
        encode_batch(many)
    assert told.value.code == "too_large"
