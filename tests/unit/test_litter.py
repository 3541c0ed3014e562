"""What a large push leaves is given back little by little, by a thread that ends."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from app.litter import LARGE, let_go, undisturbed


class Thing:
    """Something whose end can be seen."""


def test_things_are_let_go_of_in_a_thread_that_ends() -> None:
    things = [Thing() for _ in range(1000)]
    watched = [weakref.ref(thing) for thing in things]
    litter = [tuple(things[:500]), things[500:]]
    del things
    let_go(litter)
    assert not litter
    for thread in threading.enumerate():
        if thread.name == "letting go":
            thread.join(60)
            assert not thread.is_alive()
    assert not any(thing() for thing in watched)


@pytest.mark.usefixtures("collector")
def test_the_collector_rests_until_the_last_has_gone() -> None:
    begun, may_end = threading.Event(), threading.Event()

    class Slow:
        def __del__(self) -> None:
            begun.set()
            may_end.wait(60)

    assert gc.isenabled()
    with undisturbed(LARGE):
        let_go([[Slow()]])
        assert begun.wait(60)
    assert not gc.isenabled()
    may_end.set()
    for thread in threading.enumerate():
        if thread.name == "letting go":
            thread.join(60)
    assert gc.isenabled()


def test_no_thread_is_begun_for_nothing() -> None:
    before = {thread for thread in threading.enumerate() if thread.name == "letting go"}
    let_go([])
    assert {thread for thread in threading.enumerate() if thread.name == "letting go"} <= before


@pytest.mark.usefixtures("collector")
def test_where_no_thread_can_begin_things_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done is done: whoever waits for the answer hears nothing of it."""

    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    thing = Thing()
    watched, litter = weakref.ref(thing), [(thing,)]
    del thing
    let_go(litter)
    assert not litter and watched() is None and gc.isenabled()
