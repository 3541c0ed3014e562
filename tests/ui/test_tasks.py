"""Work in threads: results come back to the window, late ones are dropped, closed owners are left alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from app.errors import Cancelled, Invalid
from app.settings import Preferences
from app.ui.desk import Desk
from app.ui.tasks import Callbacks, Lane, Tasks, Token


@pytest.fixture
def tasks(qapp: Any) -> Any:
    running = Tasks()
    yield running
    running.close()


def _refuse() -> str:
    raise Invalid("not there")


def test_the_result_comes_back_in_the_window_s_thread(tasks: Tasks, qtbot: QtBot) -> None:
    seen: list[tuple[str, bool]] = []
    main = QThread.currentThread()
    tasks.run(
        tasks,
        lambda _: threading.current_thread().name,
        lambda name: seen.append((name, QThread.currentThread() is main)),
    )
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0].startswith("reader")
    assert seen[0][1]


def test_only_the_newest_of_a_topic_is_delivered(tasks: Tasks, qtbot: QtBot) -> None:
    first_runs, go_on = threading.Event(), threading.Event()
    seen: list[str] = []

    def slow(token: Token) -> str:
        first_runs.set()
        go_on.wait(10)
        assert token.cancelled()
        return "old"

    tasks.run(tasks, slow, seen.append, topic="picture")
    assert first_runs.wait(10)
    tasks.run(tasks, lambda _: "new", seen.append, topic="picture")
    go_on.set()
    qtbot.waitUntil(tasks.idle)
    assert seen == ["new"]


def test_a_closed_owner_is_not_called(tasks: Tasks, qtbot: QtBot) -> None:
    owner, go_on, seen = QObject(), threading.Event(), []
    tasks.run(owner, lambda _: go_on.wait(10), seen.append)
    owner.deleteLater()
    qtbot.waitUntil(lambda: not _is_valid(owner))
    go_on.set()
    qtbot.waitUntil(tasks.idle)
    assert seen == []


def test_writes_run_one_after_the_other(tasks: Tasks, qtbot: QtBot) -> None:
    order: list[int] = []
    for number in range(20):
        tasks.run(tasks, lambda _, number=number: order.append(number), lambda _: None, lane=Lane.WRITE)
    qtbot.waitUntil(tasks.idle)
    assert order == list(range(20))


def test_closing_waits_for_every_write(qapp: Any) -> None:
    running, done = Tasks(), []
    for number in range(5):
        running.run(running, lambda _, number=number: done.append(number), lambda _: None, lane=Lane.WRITE)
    running.close()
    assert done == [0, 1, 2, 3, 4]


def test_a_failure_goes_to_its_own_callback_or_to_the_window(tasks: Tasks, qtbot: QtBot) -> None:
    own: list[Exception] = []
    windows: list[Exception] = []
    tasks.failed.connect(windows.append)

    def fail(_: Token) -> None:
        raise Invalid("It cannot be")

    tasks.run(tasks, fail, Callbacks(lambda _: None, own.append))
    tasks.run(tasks, fail, lambda _: None)
    qtbot.waitUntil(tasks.idle)
    assert [type(error) for error in own] == [Invalid]
    assert [type(error) for error in windows] == [Invalid]


def test_progress_and_cancel_reach_the_work(tasks: Tasks, qtbot: QtBot) -> None:
    shown: list[tuple[str, int, int]] = []
    failures: list[Exception] = []
    tasks.busy.connect(lambda title, done, total: shown.append((title, done, total)))
    tasks.failed.connect(failures.append)

    def work(token: Token) -> None:
        token.progress(3, 10)
        while not token.cancelled():
            pass
        raise Cancelled("stopped")

    task = tasks.run(tasks, work, lambda _: None, title="reading")
    qtbot.waitUntil(lambda: ("reading", 3, 10) in shown)
    task.cancel()
    qtbot.waitUntil(tasks.idle)
    assert shown[-1][0] == ""
    assert failures == []


def _is_valid(owner: QObject) -> bool:
    from shiboken6 import isValid

    return bool(isValid(owner))


@pytest.mark.parametrize(
    "ends", [pytest.param(lambda: "old", id="result"), pytest.param(_refuse, id="error")]
)
def test_what_was_read_in_a_workspace_that_is_gone_is_not_shown(
    qapp: Any, qtbot: QtBot, ends: Callable[[], str]
) -> None:
    desk = Desk(Preferences())
    seen: list[object] = []
    go_on = threading.Event()
    desk.failed.connect(seen.append)
    desk.session = cast(Any, object())

    def work(session: object, token: Token) -> str:
        go_on.wait(10)
        return ends()

    desk.read(desk, work, Callbacks(seen.append, finished=lambda: seen.append("finished")))
    desk.session = cast(Any, object())
    go_on.set()
    qtbot.waitUntil(desk.tasks.idle)
    assert seen == ["finished"]
    desk.read(desk, lambda session, _: "new", seen.append)
    qtbot.waitUntil(desk.tasks.idle)
    assert seen == ["finished", "new"]
    desk.tasks.close()


def test_what_nobody_wants_any_more_is_not_read_at_all(qtbot: QtBot, tasks: Tasks) -> None:
    hold = threading.Event()
    asked: list[int] = []
    seen: list[int] = []

    def read(number: int) -> int:
        asked.append(number)
        return number

    for _ in range(2):  # both readers are busy
        tasks.run(tasks, lambda _: hold.wait(10), lambda _: None)
    for number in range(50):
        tasks.run(tasks, lambda _, number=number: read(number), seen.append, topic="today")
    hold.set()
    qtbot.waitUntil(tasks.idle)
    assert (asked, seen) == ([49], [49])
