"""A fold has the file as long as nobody else wants it, and not longer."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.domain.entities.boiler import Boiler
from app.store import fold, fold_pace
from app.store.fold import Incoming
from app.store.fold_pace import Pace
from app.store.turn import Turn
from store.records import boiler
from store.replicas import OTHER, TOWN, Laptop
from store.test_replica_series import blocks

Lend = Callable[..., Laptop]
PATIENCE = 60.0  # s after which a test that hangs fails


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock by which a fold ends a transaction, set by hand."""
    now = [100.0]
    monkeypatch.setattr(fold_pace, "perf_counter", lambda: now[0])
    return now


def begun(work: Callable[[], object]) -> threading.Thread:
    """A thread that does this work."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def until(happens: Callable[[], bool]) -> None:
    """Wait until this is so."""
    pause, left = threading.Event(), PATIENCE
    while not happens():
        pause.wait(0.001)
        left -= 0.001
        assert left > 0, "it never happened"


def after_writing(monkeypatch: pytest.MonkeyPatch, then: Callable[[int], None]) -> None:
    """Do this after each piece is written, which still has to be committed; it hears how many were."""
    write, pieces = fold._write, []

    def written(*given: Any) -> None:
        write(*given)
        pieces.append(given)
        then(len(pieces))

    monkeypatch.setattr(fold, "_write", written)


@pytest.mark.usefixtures("still_clock")
def test_a_fold_nobody_waits_for_is_one_transaction_of_many_pieces(
    lend: Lend, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, pieces = lend("dev-a"), []
    after_writing(monkeypatch, pieces.append)
    incoming = blocks(laptop.hub, (TOWN, OTHER), 90)  # 540 of work
    assert [done.entries for done in laptop.replica.fold_all(incoming)] == [180]
    assert len(pieces) > 2
    with laptop.workspace._opened.database.reading() as connection:
        views = connection.exec_driver_sql("SELECT DISTINCT fold FROM sync_view").all()
    assert len(views) == 1, "one transaction is one fold"
    assert laptop.agrees()
    assert laptop.workspace.check().ok


@pytest.mark.usefixtures("still_clock")
def test_a_save_that_waits_ends_the_transaction_after_the_piece(
    lend: Lend, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, saves = lend("dev-a"), []
    turn, seen = laptop.workspace._opened.database.turn, []

    def save() -> None:
        laptop.desk.add(boiler("PL-OWN", div_code=TOWN))

    def somebody_comes(pieces: int) -> None:
        seen.append(laptop.workspace.count(Boiler))  # what is committed
        if pieces == 2:
            saves.append(begun(save))
            until(lambda: turn.wanted)

    after_writing(monkeypatch, somebody_comes)
    incoming = blocks(laptop.hub, (TOWN, OTHER, TOWN, OTHER))
    assert [done.entries for done in laptop.replica.fold_all(incoming)] == [6, 6]
    saves[0].join(PATIENCE)
    assert seen == [0, 0, 7, 7], "the save was there before the fold went on"
    assert laptop.agrees()
    laptop.sync()
    assert laptop.agrees()
    assert laptop.workspace.check().ok


@pytest.mark.usefixtures("still_clock")
def test_who_stops_the_fold_is_heard_after_the_piece(lend: Lend, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop, pieces = lend("dev-a"), []
    after_writing(monkeypatch, pieces.append)
    incoming = blocks(laptop.hub, (TOWN, OTHER, TOWN, OTHER))
    steps = laptop.replica.fold_all(incoming, stopped=lambda: len(pieces) == 2)
    assert next(steps).entries == 6, "what was written is safe"
    steps.close()  # what a round does that was stopped
    assert (len(pieces), laptop.workspace.count(Boiler)) == (2, 6)
    laptop.sync()
    assert laptop.agrees()


def test_steps_of_a_given_length_do_not_end_sooner(lend: Lend, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = lend("dev-a")
    database, threads = laptop.workspace._opened.database, []

    def waits() -> None:
        with database.writing():
            pass

    def somebody_comes(_: int) -> None:
        threads.append(begun(waits))
        until(lambda: database.turn.wanted)

    after_writing(monkeypatch, somebody_comes)
    incoming = blocks(laptop.hub, (TOWN, OTHER, TOWN))
    assert [done.entries for done in laptop.replica.fold_all(incoming, step=6)] == [6, 3]
    for thread in threads:
        thread.join(PATIENCE)
    assert laptop.agrees()


def test_for_other_programs_a_transaction_ends_by_the_clock(
    lend: Lend, monkeypatch: pytest.MonkeyPatch, still_clock: list[float]
) -> None:
    laptop, got = lend("dev-a"), threading.Event()

    def another_program() -> None:
        with sqlite3.connect(laptop.workspace.path, timeout=PATIENCE, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            got.set()
            other.execute("ROLLBACK")
        other.close()

    def late(pieces: int) -> None:
        if pieces == 1:
            begun(another_program)
        assert got.is_set() == (pieces > 1)
        still_clock[0] += 1

    def waiting(source: list[Incoming]) -> Iterator[Incoming]:
        for number, incoming in enumerate(source):
            if number == 6:
                assert got.wait(PATIENCE), "nobody else came in"
            yield incoming

    after_writing(monkeypatch, late)
    monkeypatch.setattr(Pace, "work", 18)  # in entries six blocks that are fetched, in work two that are done
    steps = laptop.replica.fold_all(waiting(blocks(laptop.hub, (TOWN, OTHER) * 4)))
    assert [done.entries for done in steps] == [3] * 8
    assert laptop.agrees()


def test_the_pace_follows_what_pieces_and_commits_take(still_clock: list[float]) -> None:
    pace, fixed = Pace(), Pace(7)
    for one in (pace, fixed):
        one.begin()
        still_clock[0] += 10
        assert not one.full()  # nobody waits while it is only worked out
        one.held(still_clock[0])
        still_clock[0] += 0.2
    assert pace.full() and not fixed.full(), "it has had the file for long"
    before = pace.work
    still_clock[0] += 1
    pace.committed()
    fixed.committed()
    assert pace.took > 1.2
    assert (pace.work < before, fixed.work) == (True, 7)


def test_waiting_for_the_file_is_not_taken_for_slow_work(still_clock: list[float]) -> None:
    pace = Pace()
    pace.begin()
    asked = still_clock[0]
    still_clock[0] += 5
    pace.held(asked)
    assert pace._begun[1] == still_clock[0]


def test_who_waits_comes_in_the_order_of_asking() -> None:
    turn, came = Turn(lambda: None), []

    def comes(name: int) -> None:
        with turn, turn:
            came.append(name)

    threads = []
    with turn:
        assert not turn.wanted
        for name in range(4):
            threads.append(begun(lambda name=name: comes(name)))
            until(lambda name=name: len(turn._waiting) == name + 1)
        assert turn.wanted
    with turn:  # comes after them
        assert came == [0, 1, 2, 3]
    for thread in threads:
        thread.join(PATIENCE)
    assert not turn.wanted


def test_who_is_broken_off_while_waiting_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    turn, came = Turn(lambda: None), threading.Event()
    wait_for = turn._changed.wait_for
    broken = iter([KeyboardInterrupt])

    def interrupted(condition: Callable[[], bool], moment: float) -> bool:
        if error := next(broken, None):
            raise error
        return wait_for(condition, moment)

    def comes() -> None:
        with turn:
            came.set()

    monkeypatch.setattr(turn._changed, "wait_for", interrupted)
    with pytest.raises(KeyboardInterrupt):
        turn.__enter__()
    begun(comes)
    assert came.wait(PATIENCE)
