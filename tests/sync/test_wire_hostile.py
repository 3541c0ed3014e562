"""Whatever bytes arrive, a decoder gives a message or says what is wrong: quickly and without much memory."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.replication import Entry
from app.errors import Invalid
from app.sync import entries as limits
from app.sync import wire
from app.sync.columns import write_texts
from app.sync.parts import Writer
from app.sync.wire import decode_batch, decode_block, encode_batch, encode_block
from sync.wire_cases import act, batch_of, block_of, mixed_batch, uid_of

RND = random.Random(9)
KNOWN = [uid_of(RND) for _ in range(300)]
SMALL = mixed_batch(3, KNOWN)
BATCHES = [encode_batch(SMALL), encode_batch(SMALL, short=False), encode_batch(mixed_batch(600, KNOWN))]
BLOCKS = [encode_block(block_of(SMALL)), encode_block(block_of(mixed_batch(600, KNOWN)))]
DECODERS: list[tuple[Callable[[bytes], Any], list[bytes], str]] = [
    (decode_batch, BATCHES, "bad_batch"), (decode_block, BLOCKS, "bad_block"),
]  # fmt: skip
HEAD = struct.Struct("<I")


def read(decode: Callable[[bytes], Any], body: bytes, code: str) -> Any:
    """The message, or None when it was refused as it should be."""
    refusals: list[Invalid] = []
    try:
        return decode(body)
    except Invalid as told:
        refusals.append(told)
    assert refusals[0].code in (code, "too_large", "too_new")
    assert refusals[0].message
    return None


def front_of(body: bytes) -> tuple[list[Any], bytes, bytes]:
    """The head, the small chunks and the large ones."""
    length = HEAD.unpack(body[4:8])[0]
    front = zstandard.ZstdDecompressor().decompress(body[8 : 8 + length])
    end = 4 + HEAD.unpack(front[:4])[0]
    return msgspec.msgpack.decode(front[4:end]), front[end:], body[8 + length :]


def body_with(body: bytes, head: Any, small: bytes = b"", large: bytes = b"") -> bytes:
    packed = head if isinstance(head, bytes) else msgspec.msgpack.encode(head)
    frame = zstandard.ZstdCompressor().compress(HEAD.pack(len(packed)) + packed + small)
    return body[:4] + HEAD.pack(len(frame)) + frame + large


@pytest.mark.parametrize(("decode", "bodies", "code"), DECODERS)
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_noise(decode: Callable[[bytes], Any], bodies: list[bytes], code: str, data: st.DataObject) -> None:
    noise = data.draw(st.binary(max_size=300))
    start = data.draw(st.sampled_from([b"", bodies[0][:3], bodies[0][:4], bodies[0][:8], bodies[0][:20]]))
    assert read(decode, start + noise, code) is None


@pytest.mark.parametrize(("decode", "bodies", "code"), DECODERS)
def test_cut_anywhere(decode: Callable[[bytes], Any], bodies: list[bytes], code: str) -> None:
    for body in bodies:
        for length in {*range(min(len(body), 400)), *(RND.randrange(len(body)) for _ in range(100))}:
            assert read(decode, body[:length], code) is None, length
        assert read(decode, body + b"\0", code) is None


@pytest.mark.parametrize(("decode", "bodies", "code"), DECODERS)
def test_flipped_bits(decode: Callable[[bytes], Any], bodies: list[bytes], code: str) -> None:
    """A flip may give other values (signatures are for that), never another kind of failure."""
    for body in bodies:
        for _ in range(600):
            some = bytearray(body)
            some[RND.randrange(3, len(some))] ^= 1 << RND.randrange(8)
            read(decode, bytes(some), code)


@pytest.mark.parametrize(("decode", "bodies", "code"), DECODERS)
@given(data=st.data())
@settings(max_examples=400, deadline=None)
def test_numbers_that_lie(
    decode: Callable[[bytes], Any], bodies: list[bytes], code: str, data: st.DataObject
) -> None:
    """The numbers that say how arrays were written, changed inside a frame that is as it should be."""
    body = data.draw(st.sampled_from(bodies))
    head, small, large = front_of(body)
    numbers = list(head[0])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(numbers) - 1))
        numbers[place] = data.draw(
            st.integers(-3, 20) | st.sampled_from([2**31, 2**62, -(2**63), 2**63 - 1, 99_999, 3_999_999])
        )
    head[0] = numbers
    if data.draw(st.booleans()):
        noisy = bytearray(small)
        noisy[data.draw(st.integers(0, len(noisy) - 1))] ^= 255
        small = bytes(noisy)
    read(decode, body_with(body, head, small, large), code)


@pytest.mark.parametrize(("decode", "bodies", "code"), DECODERS)
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_heads_with_other_things_in_them(
    decode: Callable[[bytes], Any], bodies: list[bytes], code: str, data: st.DataObject
) -> None:
    things = st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(max_size=5),
        st.binary(max_size=40), st.lists(st.integers(0, 9), max_size=3),
        st.dictionaries(st.text(max_size=2), st.none()),
        st.just("x" * 1000), st.just([""]),
    )  # fmt: skip
    body = data.draw(st.sampled_from(bodies))
    head, small, large = front_of(body)
    head[data.draw(st.integers(0, len(head) - 1))] = data.draw(things)
    read(decode, body_with(body, head, small, large), code)


@pytest.mark.parametrize(("decode", "bodies", "code"), DECODERS)
def test_deep_nesting(decode: Callable[[bytes], Any], bodies: list[bytes], code: str) -> None:
    head, small, large = front_of(bodies[0])
    deep = b"\x91" * 1_000_000 + b"\xc0"
    assert read(decode, body_with(bodies[0], deep, small, large), code) is None
    extra = msgspec.msgpack.encode([*head, None])[:-1] + deep  # behind what this version knows
    assert read(decode, body_with(bodies[0], extra, small, large), code) is None


def test_a_newer_head_is_passed_over_and_a_newer_version_is_not() -> None:
    head, small, large = front_of(BATCHES[1])
    assert decode_batch(body_with(BATCHES[1], [*head, {"new": [1, "x"]}], small, large)) == SMALL
    for body, decode in ((BATCHES[0], decode_batch), (BLOCKS[0], decode_block)):
        with pytest.raises(Invalid) as told:
            decode(body[:3] + b"\2" + body[4:])
        assert told.value.code == "too_new"
        with pytest.raises(Invalid) as told:
            decode(body[:3] + b"\0" + body[4:])
        assert told.value.code != "too_new"


def test_one_is_not_the_other() -> None:
    assert read(decode_batch, BLOCKS[0], "bad_batch") is None
    assert read(decode_block, BATCHES[0], "bad_block") is None
    block = encode_block(block_of(SMALL))
    assert read(decode_batch, b"GWB" + block[3:], "bad_batch") is None


def test_entities_and_fields_of_a_newer_program_pass_through() -> None:
    batch = batch_of(
        [
            Entry(
                0,
                "noise_source",
                KNOWN[0],
                "i",
                {"loudness_db": 71.5, "heard_by": ["甲", "乙"], "shape": b"\1\2"},
            )
        ],
        [act(RND, action="measure_noise")],
    )
    assert decode_batch(encode_batch(batch)) == batch


# ------------------------------------------------------------------ bombs
def refused_within(body: bytes, mebibytes: int, decode: Callable[[bytes], Any] = decode_batch) -> None:
    tracemalloc.start()
    try:
        assert read(decode, body, "bad_batch") is None
        assert tracemalloc.get_traced_memory()[1] < mebibytes << 20
    finally:
        tracemalloc.stop()


def test_a_front_that_unpacks_to_a_gigabyte() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 30))
    assert len(bomb) < 200_000
    refused_within(BATCHES[0][:4] + HEAD.pack(len(bomb)) + bomb, 4)


def test_a_front_that_does_not_say_its_size() -> None:
    packing = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    bomb = packing.compress(bytes(64 << 20)) + packing.flush()
    refused_within(BATCHES[0][:4] + HEAD.pack(len(bomb)) + bomb, 40)


def test_a_front_that_says_a_size_it_has_not() -> None:
    for size in (0, 5, 2**32 - 1):
        frame = b"\x28\xb5\x2f\xfd\xa0" + HEAD.pack(size) + b"\x01\x00\x00"
        refused_within(BATCHES[0][:4] + HEAD.pack(len(frame)) + frame, 40)


def test_a_list_that_says_it_has_four_billion_things() -> None:
    starts = (
        b"\xdd\xff\xff\xff\xff",
        b"\x9c\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
    )
    for start in starts:
        refused_within(body_with(BATCHES[0], start + b"\1" * 100), 40)


def crafted(make: Callable[[Writer], None], acts: int = 1, entries: int = 100_000) -> bytes:
    """A batch whose arrays were written by hand."""
    out = Writer()
    make(out)
    head, _, _ = front_of(BATCHES[0])
    head[0], head[1], head[2], head[3] = out.numbers, [f"name{n}" for n in range(1000)], acts, entries
    return body_with(BATCHES[0], head, b"".join(out.small), b"".join(out.large))


def one_act(out: Writer) -> None:
    wire.write_acts(out, [act(RND)])


def test_columns_that_cost_nothing_to_say() -> None:
    """100,000 entries of 1,000 fields each would be 100 million values out of a hundred bytes."""

    def make(out: Writer) -> None:
        one_act(out)
        out.ints(np.zeros(100_000, np.int64))  # all of the first act
        out.number(1)  # one form …
        out.ints([0])
        out.ints([1])
        out.ints([1000])  # … of a thousand fields
        out.ints(np.arange(1000))
        out.ints(np.zeros(100_000, np.int64))
        out.number(100_000)  # records
        out.number(16)
        write_texts(out, ["same"] * 100_000)

    refused_within(crafted(make), 60)


def test_views_that_cost_nothing_to_say() -> None:
    def make(out: Writer) -> None:
        one_act(out)
        out.number(0)
        out.number(0)
        out.number(16)
        out.number(100_000)  # views, each with a hundred thousand areas
        out.ints(np.full(100_000, 100_000, np.int64))

    refused_within(crafted(make, entries=0), 60)


def test_texts_that_cost_nothing_to_say() -> None:
    """Lists of texts may repeat one text for nothing: what they cost is counted."""

    def make(out: Writer) -> None:
        one_act(out)
        out.ints([0])
        out.number(1)
        for value in (0, 1, 1, 1):
            out.ints([value])
        out.ints([0])
        out.number(1)
        out.number(16)
        out.number(2)
        out.chunk(KNOWN[0].encode())
        out.number(6)  # a list …
        out.ints([60_000_000])
        out.number(60_000_000)  # … of sixty million texts
        out.number(1)  # each of a list
        out.number(1)  # of one
        out.ints([1])
        out.number(1)
        out.chunk(b"a")
        out.numbers += [0, 0]  # and always that one

    refused_within(crafted(make, entries=1), 60)


@pytest.mark.parametrize(("fields", "fits"), [(3, True), (10, True), (20, False)])
def test_what_can_be_written_can_be_read(fields: int, fits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides count alike, so nothing leaves a laptop that the hub would refuse for its size."""
    monkeypatch.setattr(limits, "MAX_CELLS", 5000)
    cells = {f"f{n}": n for n in range(fields)}
    batch = batch_of([Entry(0, "boiler", uid, "u", cells) for uid in KNOWN], [act(RND)])
    if fits:
        assert decode_batch(encode_batch(batch, short=False)) == batch
        return
    with pytest.raises(Invalid) as told:
        encode_batch(batch)
    assert told.value.code == "too_large"
