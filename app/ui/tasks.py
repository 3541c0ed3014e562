"""Work off the GUI thread: the only file that knows futures and Qt.

Results, errors and progress come back by one queued signal. An owner that was closed is not called, a result
that a newer task of the same topic has overtaken is dropped, and long work can be cancelled.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal, Slot
from shiboken6 import isValid

from app.errors import Cancelled
from app.i18n import N_

T = TypeVar("T")
_REPORT_EVERY_S = 0.05


class Lane(Enum):
    """Who works: `WRITE` is one thread, first come first served; `DRAW` one for pictures; `NETWORK` one that
    talks with the hub and writes in small transactions between the others'; `READ` the rest."""

    READ = "read"
    WRITE = "write"
    DRAW = "draw"
    NETWORK = "network"


@dataclass
class Token:
    """What work is given: a place to report progress and the question whether to stop."""

    report: Callable[[int, int, str], None]
    _stop: threading.Event = field(default_factory=threading.Event)
    _last: float = 0.0

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Say how far the work is; `total` 0 means unknown. Called as often as one likes."""
        now = time.monotonic()
        if now - self._last >= _REPORT_EVERY_S or done >= total > 0:
            self._last = now
            self.report(done, total, text)

    def cancelled(self) -> bool:
        """Whether the user asked to stop, or a newer task has taken over."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at the next place where it can."""
        self._stop.set()


def waited_for(done: int, total: int, words: str) -> str:
    """The words of progress that counts nothing yet: what the work waits for."""
    return "" if done or total else words


def heed_of(token: Token) -> Callable[[str], None]:
    """Takes what the work waits for before it can write, and ends it when the user asked to stop."""

    def heed(words: str) -> None:
        if words:
            token.progress(0, 0, words)
        if token.cancelled():
            raise Cancelled(N_("Stopped; nothing was lost."))

    return heed


def _be_patient() -> None:
    """Pictures are drawn with what the window leaves: a frame must not wait for one."""
    from app.carto.flat import be_patient  # late: numpy loads after the first paint

    be_patient()


@dataclass(frozen=True)
class Callbacks(Generic[T]):
    """What to call in the GUI thread; without `error` the failure goes to the window's failure dialog.
    `stopped` hears that the work ended because somebody asked it to."""

    result: Callable[[T], None]
    error: Callable[[Exception], None] | None = None
    progress: Callable[[int, int, str], None] | None = None
    finished: Callable[[], None] | None = None
    stopped: Callable[[Cancelled], None] | None = None


@dataclass
class Task:
    """One piece of work under way. `topic` groups tasks of which only the newest counts."""

    number: int
    title: str
    topic: str
    owner: QObject
    callbacks: Callbacks[Any]
    token: Token
    lane: Lane
    dropped: bool = False

    def cancel(self) -> None:
        """Ask the work to stop; what it has written already stays and is reported."""
        self.token.cancel()


def _unless_late(work: Callable[[Token], T]) -> Callable[[Token], T]:
    """What is only read, unless nobody wants it any more when its turn comes: hundreds of steps in a row
    make as many questions, and a new one would wait behind them all."""

    def unless_late(token: Token) -> T:
        if token.cancelled():
            raise Cancelled(N_("Stopped; nothing was lost."))
        return work(token)

    return unless_late


class Tasks(QObject):
    """Runs work in threads and brings the outcome back to the GUI thread."""

    busy = Signal(str, int, int)  # the oldest visible task or what it waits for ("" when idle), done, total
    failed = Signal(object)  # an exception nobody else took
    _news = Signal(int, str, object)

    def __init__(self, parent: QObject | None = None, readers: int = 2) -> None:
        super().__init__(parent)
        self._lanes = {
            Lane.READ: ThreadPoolExecutor(readers, "reader"),
            Lane.WRITE: ThreadPoolExecutor(1, "writer"),
            Lane.DRAW: ThreadPoolExecutor(1, "drawer", initializer=_be_patient),
            Lane.NETWORK: ThreadPoolExecutor(1, "network"),
        }
        self._numbers = itertools.count(1)
        self._tasks: dict[int, Task] = {}
        self._news.connect(self._deliver)

    def run(
        self,
        owner: QObject,
        work: Callable[[Token], T],
        callbacks: Callbacks[T] | Callable[[T], None],
        *,
        lane: Lane = Lane.READ,
        title: str = "",
        topic: str = "",
    ) -> Task:
        """Start `work` for `owner`. A `title` shows it in the status bar; a `topic` overtakes older ones."""
        number = next(self._numbers)
        if topic:
            self.overtake(owner, topic)
        wanted = callbacks if isinstance(callbacks, Callbacks) else Callbacks(callbacks)
        token = Token(lambda done, total, text: self._news.emit(number, "progress", (done, total, text)))
        task = Task(number, title, topic, owner, wanted, token, lane)
        self._tasks[number] = task
        asked = _unless_late(work) if lane is Lane.READ else work
        self._lanes[lane].submit(self._work, number, asked, token)
        self._tell(task, 0, 0, "")
        return task

    def under_way(self) -> list[Task]:
        """The tasks that have a title, oldest first."""
        return [task for task in self._tasks.values() if task.title]

    def idle(self) -> bool:
        """Whether nothing at all is under way."""
        return not self._tasks

    def close(self) -> None:
        """Stop reading and drawing; wait until everything that was to be written is written."""
        for task in self._tasks.values():
            task.dropped = True
            if task.lane is not Lane.WRITE:
                task.token.cancel()
        for lane, pool in self._lanes.items():
            pool.shutdown(wait=True, cancel_futures=lane is not Lane.WRITE)
        self._tasks.clear()

    def overtake(self, owner: QObject, topic: str) -> None:
        """What is under way for a topic counts no more: its owner wants something newer."""
        for task in self._tasks.values():
            if task.topic == topic and task.owner is owner:
                task.dropped = True
                task.token.cancel()

    def _work(self, number: int, work: Callable[[Token], Any], token: Token) -> None:
        try:
            outcome: tuple[str, object] = ("result", work(token))
        except Exception as error:
            outcome = ("error", error)
        if isValid(self):
            self._news.emit(number, *outcome)

    @Slot(int, str, object)
    def _deliver(self, number: int, what: str, value: Any) -> None:
        task = self._tasks.get(number)
        if task is None:
            return
        if what != "progress":
            del self._tasks[number]
        if not task.dropped and isValid(task.owner):
            self._call(task, what, value)
        if what == "progress":
            self._tell(task, *value)
        else:
            self._tell_next()

    def _call(self, task: Task, what: str, value: Any) -> None:
        if what == "progress":
            if task.callbacks.progress:
                task.callbacks.progress(*value)
            return
        if task.callbacks.finished:
            task.callbacks.finished()
        if what == "result":
            task.callbacks.result(value)
        elif isinstance(value, Cancelled):
            if task.callbacks.stopped:
                task.callbacks.stopped(value)
        elif task.callbacks.error:
            task.callbacks.error(value)
        else:
            self.failed.emit(value)

    def _tell(self, task: Task, done: int, total: int, words: str) -> None:
        visible = self.under_way()
        if visible and visible[0] is task:
            self.busy.emit(waited_for(done, total, words) or task.title, done, total)

    def _tell_next(self) -> None:
        visible = self.under_way()
        self.busy.emit(visible[0].title if visible else "", 0, 0)
