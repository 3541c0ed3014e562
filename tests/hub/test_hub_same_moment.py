"""Two that come to the hub at the same moment: for one code, to begin it, a revocation and a push, a push and
whoever takes its author's role away. On both engines; the first is held where it has looked and not written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyrage
import pytest

from app.domain.entities.conflict import Conflict
from app.errors import AppError
from app.hub import deciding, devices, quick
from app.hub.hub import Hub
from app.hub.pushing import PushAnswer
from app.sync import signing
from app.sync.messages import EnrolRequest
from hub.office_hub import CITY, COUNTY, NOON, TOWN, TOWN2, HubBench, Laptop, boiler, person

_SOON = 0.3  # s; who waits for the other is still waiting then


def asking(code: str, seed: bytes) -> EnrolRequest:
    """A laptop's request to join."""
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    keys = {"sign_key": signing.public_key(seed), "recipient": recipient}
    bare = EnrolRequest(code=code, **keys, schema=1, program="t", signature=b"")
    return msgspec.structs.replace(bare, signature=signing.sign(signing.ENROL, bare.claim, seed))


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, first: Callable[[], Any]) -> Iterator[Any]:
    """`first` has begun, and the first call of this function of the hub's is not made before the block ends;
    gives what becomes of it."""
    there, go, own = threading.Event(), threading.Event(), getattr(module, name)

    def wait(*given: Any, **named: Any) -> Any:
        if not there.is_set():
            there.set()
            assert go.wait(60)
        return own(*given, **named)

    monkeypatch.setattr(module, name, wait)
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(first)
        try:
            while not there.wait(0.01):
                assert not found.done(), found.result()
            yield found
        finally:
            go.set()


def beside(second: Callable[[], Any]) -> Future[Any]:
    """Begun in a thread of its own, and given time to end if nobody is waited for."""
    thread = ThreadPoolExecutor(1)
    found = thread.submit(second)
    thread.shutdown(wait=False)
    threading.Event().wait(_SOON)
    return found


def told(found: Future[Any]) -> Any:
    """What came of it: an answer, or the refusal."""
    error = found.exception(60)
    assert error is None or isinstance(error, AppError), error
    return error or found.result()


def test_two_with_one_code(bench: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    code, before = bench.hub.invite(TOWN, "R2", 10, NOON).secret, len(bench.hub.devices())
    one, two = asking(code, b"a" * 32), asking(code, b"b" * 32)
    with held(monkeypatch, devices, "device_uid", lambda: bench.hub.enrol(one, NOON)) as first:
        second = beside(lambda: bench.hub.enrol(two, NOON))
    joined, refused = told(first), told(second)
    assert (joined.area, refused.code) == (TOWN, "bad_code") and refused.message and refused.hint
    assert [item.device for item in bench.hub.devices()[before:]] == [joined.device]
    with pytest.raises(AppError):
        bench.hub.enrol(two, NOON)
    assert bench.hub.enrol(one, NOON).device == joined.device, "whose answer was lost may ask again"


def test_one_that_asks_twice_at_once_is_one_laptop(bench: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    code, before = bench.hub.invite(TOWN, "R2", 10, NOON).secret, len(bench.hub.devices())
    one = asking(code, b"a" * 32)
    with held(monkeypatch, devices, "device_uid", lambda: bench.hub.enrol(one, NOON)) as first:
        second = beside(lambda: bench.hub.enrol(one, NOON))
    assert told(first).device == told(second).device
    assert len(bench.hub.devices()) == before + 1


def test_of_two_that_would_begin_a_hub_one_does(
    bare_place: tuple[Path, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever begins a hub brings its history unjudged: that is one, though both were invited for it."""
    hub = Hub.init(*bare_place, CITY, now=NOON)
    one, two = (asking(hub.invite(CITY, "R0", 10, NOON).secret, seed * 32) for seed in (b"a", b"b"))
    with held(monkeypatch, devices, "enrol", lambda: hub.enrol(one, NOON)) as first:
        second = beside(lambda: hub.enrol(two, NOON))
    assert (told(first).founding, told(second).founding) == (True, False)
    assert [item.founding for item in hub.devices()].count(True) == 1
    hub.close()


ROADS = pytest.mark.parametrize("road", ["small", "large"])


def begun(bench: HubBench, road: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Laptop, str]:
    """A laptop that the hub knows, with edits that wait, and the boiler they are of."""
    if road == "large":
        monkeypatch.setattr(quick, "SMALL", 0)
    laptop = bench.laptop()
    made = laptop.enter("officer")
    laptop.push()
    laptop.pull()
    for number in range(3):
        laptop.edit("officer", made.uid, note=f"核实 {number}")
    return laptop, made.uid


def note_of(bench: HubBench, uid: str) -> str | None:
    found = bench.boiler(uid)
    assert found is not None
    return found.note


@ROADS
def test_a_revocation_that_comes_during_a_push(
    bench: HubBench, road: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, uid = begun(bench, road, monkeypatch)
    with held(monkeypatch, deciding, "by_act", laptop.push) as pushed:
        revoked = beside(lambda: bench.hub.revoke(laptop.uid, bench.clock.now, "丢失"))
        assert not revoked.done(), "it waits for what is being decided"
    assert told(pushed) == PushAnswer(5, "taken", 1, accepted=3)
    assert told(revoked).revoked_after == 4, "all of the batch came before"
    assert note_of(bench, uid) == "核实 2"
    laptop.edit("officer", uid, note="后来")
    assert laptop.push().state == "quarantined"
    bench.check()


@ROADS
def test_a_push_that_comes_during_a_revocation(
    bench: HubBench, road: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, uid = begun(bench, road, monkeypatch)
    revoke = lambda: bench.hub.revoke(laptop.uid, bench.clock.now, "丢失")  # noqa: E731
    with held(monkeypatch, devices, "change", revoke) as revoked:
        pushed = beside(laptop.push)
        assert not pushed.done(), "it waits until that is decided"
    assert told(revoked).revoked_after == 1
    assert (told(pushed).state, told(pushed).accepted) == ("quarantined", 0)
    assert note_of(bench, uid) is None
    assert [item.kind for item in bench.hub.conflicts()] == ["quarantine"] * 3, "nothing is lost"
    bench.check()


@pytest.mark.parametrize(
    ("road", "taken"), [("small", {"role": "R1"}), ("small", {"area": TOWN2}), ("large", {"disabled": True})]
)
def test_a_persons_right_is_taken_while_their_push_runs(
    bench: HubBench, road: str, taken: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had begun to be decided counts whole; what comes after is refused whole, its values kept."""
    laptop, uid = begun(bench, road, monkeypatch)
    office = bench.laptop(CITY, "R0")
    office.pull()
    office.edit("root", person("officer").uid, "person", **taken)
    with held(monkeypatch, deciding, "by_act", laptop.push) as pushed:
        administered = beside(office.push)
    assert told(pushed) == PushAnswer(5, "taken", 1, accepted=3)
    assert told(administered).accepted == 1
    laptop.enter("officer")
    laptop.edit("officer", uid, fuel="gas")
    late = laptop.push()
    assert (late.accepted, late.rejected) == ((2, 0) if "role" in taken else (0, 2))
    bench.check()


@ROADS
def test_a_push_that_comes_while_a_right_is_taken(
    bench: HubBench, road: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, uid = begun(bench, road, monkeypatch)
    office = bench.laptop(CITY, "R0")
    office.pull()
    office.edit("root", person("officer").uid, "person", disabled=True)
    with held(monkeypatch, deciding, "by_act", office.push) as administered:
        pushed = beside(laptop.push)
        assert not pushed.done(), "both write to the log of the town"
    assert told(administered).accepted == 1
    assert (told(pushed).accepted, told(pushed).rejected) == (0, 3)
    assert note_of(bench, uid) is None and len(bench.records(Conflict)) == 3
    bench.check()


def test_a_right_is_taken_in_another_area_than_the_push_writes_to(
    bench: HubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who answers for the county writes in two towns: all of it is decided by one right, which the hub has
    then. An embedded hub takes one push at a time."""
    laptop, office = bench.laptop(COUNTY, "R3"), bench.laptop(CITY, "R0")
    for town in (TOWN, TOWN2):
        laptop.act("clerk", "add")
        laptop.insert(boiler(div_code=town))
        laptop.insert(boiler(div_code=town))
    office.pull()
    office.edit("root", person("clerk").uid, "person", disabled=True)
    with held(monkeypatch, deciding, "by_act", office.push) as administered:
        pushed = beside(laptop.push)
    assert told(administered).accepted == 1
    assert (told(pushed).accepted, told(pushed).rejected) == (
        (4, 0) if bench.hub.database.postgres else (0, 4)
    )
    bench.check()
