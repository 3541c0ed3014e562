"""Of the threads of a process one thinks at a time; who waits for the database lets others work."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.hub import turns
from app.hub.turns import Turns

LONG = 30.0


def beside(work: Any) -> threading.Thread:
    """A thread at work."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_one_works_at_a_time_and_who_has_begun_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", LONG)
    line, told = Turns(), list[str]()
    gone, answer, back = threading.Event(), threading.Event(), threading.Event()

    def begun() -> None:
        with line.turn():
            told.append("begun")
            with line.away():
                gone.set()
                assert answer.wait(LONG)
                back.set()
            told.append("back")

    def fresh() -> None:
        with line.turn():
            told.append("fresh")

    first = beside(begun)
    assert gone.wait(LONG)
    with line.turn():  # as the other waits for its answer
        second = beside(fresh)
        while not line._fresh:
            pass
        answer.set()
        while not line._begun:
            pass
        told.append("own")
    first.join(LONG)
    second.join(LONG)
    assert back.is_set() and told == ["begun", "own", "back", "fresh"]


def test_who_has_waited_too_long_goes_on_and_gives_nothing_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.01)
    line, done = Turns(), threading.Event()

    def impatient() -> None:
        with line.turn(), line.away():
            done.set()

    with line.turn():
        other = beside(impatient)
        assert done.wait(LONG)
        other.join(LONG)
        assert line._busy and not (line._fresh or line._begun)
    assert not line._busy


def test_a_turn_ends_with_its_work_whatever_became_of_it() -> None:
    line = Turns()
    with pytest.raises(ZeroDivisionError), line.turn():
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), line.turn(), line.away():
        raise ZeroDivisionError
    assert not line._busy
    with line.away():  # without a turn there is nothing to give
        assert not line._busy
