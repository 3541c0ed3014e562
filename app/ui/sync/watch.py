"""Keeps an eye on the sync: its status for every view, one round at a time, and rounds by themselves."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.values import as_datetime, as_moment
from app.errors import AppError, Cancelled, HubUnreachable
from app.i18n import N_, tr
from app.settings import BY_ITSELF
from app.ui.sync.words import Asking, Line, Trying, line_of, running_line
from app.ui.tasks import Callbacks, Lane, Task

if TYPE_CHECKING:
    from app.actions.syncing import SyncDone, SyncStatus
    from app.ui.desk import Desk

_ROUNDS = 50
_FIRST_S = 2.0  # after a workspace was opened
_AFTER_CHANGE_S = 15.0  # neighbouring changes travel together
_EVERY_S = 300.0
_RETRY_S, _LONGEST_S = 30.0, 900.0  # doubled with every failure
_SILENT_S = 4.0  # without a word from a round: it waits for the hub, as what it does here tells often
_SPREAD = 0.2  # so that the laptops of a bureau do not all ring at once


@dataclass(frozen=True)
class Round:
    """One round as the panel lists it: when it ended, what it did, why it failed, or how many changes it had
    sent when the person stopped it."""

    at: str
    done: SyncDone | None = None
    failure: str = ""
    stopped_after: int | None = None


class SyncWatch(QObject):
    """Lives on the desk, so that a round goes on when the window is built anew.

    Nothing runs by itself unless the workspace that lies on the desk belongs to a hub.
    """

    changed = Signal()  # the status; a round begun or ended
    progressed = Signal(int, int, str)
    ended = Signal(object)  # Round

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.status: SyncStatus | None = None
        self.offline_since = ""
        self.asking = Asking()  # conflicts that ask for the person at this laptop
        self.rounds: deque[Round] = deque(maxlen=_ROUNDS)
        self.progress: tuple[int, int, str] = (0, 0, "")
        self.silent = False  # a round is under way and waits for the hub
        self._task: Task | None = None
        self._stopped_at = ""  # when the person asked the round that is under way to stop
        self._failures = 0
        self._failure: Exception | None = None  # of the last round
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self.begin)
        self._silence = QTimer(self, singleShot=True, interval=round(_SILENT_S * 1000))
        self._silence.timeout.connect(self._grown_silent)
        desk.opened.connect(self._opened)
        desk.changed.connect(lambda _: self.look())
        desk.room.changed.connect(self.look)
        desk.preferences_changed.connect(self._plan)
        desk.actor_changed.connect(self._signed_in)

    @property
    def running(self) -> bool:
        """Whether a round is under way."""
        return self._task is not None

    @property
    def next_try(self) -> str:
        """When the next round begins by itself after one that failed (a moment); empty when none does."""
        session = self._desk.session
        if session is None or not self._failures or not self._next.isActive():
            return ""
        wait = timedelta(milliseconds=self._next.remainingTime())
        return as_moment(as_datetime(session.moment()) + wait)

    def line(self, status: SyncStatus, today: str) -> Line:
        """What there is to say of `status` and of the rounds, on a day of the bureau (ISO)."""
        if self.running:
            return running_line(*self.progress, self.silent)
        return line_of(status, today, Trying(self._failure, self.offline_since, self.next_try), self.asking)

    def look(self) -> None:
        """Read the status again."""
        self._desk.read(self, _status, self._seen, topic="sync status")

    def begin(self) -> None:
        """Start a round, unless one is under way; what goes wrong is said in the line and on the page."""
        session = self._desk.session
        if session is None or self.running:
            return
        self._next.stop()
        self._stopped_at = ""
        self.progress, self.silent = (0, 0, ""), False
        self._silence.start()
        self._desk.gather(True)
        self._task = self._desk.tasks.run(
            self,
            lambda token: _sync(session, token),
            Callbacks(self._done, self._failed, self._progressed, self._over, self._halted),
            lane=Lane.NETWORK,
            title=tr(N_("Syncing with the hub")),
        )
        self.changed.emit()

    def stop(self) -> None:
        """The person asks the round to stop at the next place where it can; what has travelled stays."""
        if self._task is not None:
            self._stopped_at = self._stopped_at or self._now()
            self._task.cancel()

    def ask(self, asking: Asking) -> None:
        """Take the conflicts that ask for this person."""
        if asking != self.asking:
            self.asking = asking
            self.changed.emit()

    def note(self, done: SyncDone) -> None:
        """Take an exchange by stick as a round, and tell the views what it brought."""
        self._keep(Round(self._now(), done))
        self._desk.tell_changed(done.touched)

    # ---- a round

    def _progressed(self, done: int, total: int, words: str) -> None:
        self.progress = (done, total, words)
        self._silence.start()
        if self.silent:
            self.silent = False
            self.changed.emit()
        self.progressed.emit(done, total, words)

    def _grown_silent(self) -> None:
        self.silent = self.running
        self.changed.emit()

    def _over(self) -> None:
        self._task = None
        self._silence.stop()
        self._desk.gather(False)
        self.changed.emit()
        self.look()

    def _done(self, done: SyncDone) -> None:
        self._failures, self._failure, self.offline_since = 0, None, ""
        self.note(done)
        if done.message:
            self._desk.said.emit(done.message)

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._failure = error
        away = isinstance(error, HubUnreachable)
        self.offline_since = (self.offline_since or self._now()) if away else ""
        if not isinstance(error, AppError):
            self._desk.failed.emit(error)
        if getattr(error, "code", "") == "keys_locked" and self._desk.actor is None:
            self.changed.emit()  # it began before anybody could sign in: the line says so, it is no round
            return
        self._keep(Round(self._now(), None, str(error)))

    def _halted(self, stop: Cancelled) -> None:
        """Only what the person stopped is told: another workspace on the desk stops a round as well."""
        if self._stopped_at:
            self._keep(Round(self._stopped_at, stopped_after=int(str(stop.values.get("sent", 0)))))

    def _keep(self, finished: Round) -> None:
        self.rounds.appendleft(finished)
        self.ended.emit(finished)
        self.changed.emit()

    def _now(self) -> str:
        return self._desk.session.moment() if self._desk.session else ""

    # ---- rounds by themselves

    def _opened(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._next.stop()
        self._stopped_at = ""
        self.status, self.offline_since, self._failures, self._failure = None, "", 0, None
        self.rounds.clear()
        self.changed.emit()
        self.look()

    def _signed_in(self) -> None:
        """Signing in may open the keys that a failed round lacked."""
        if self._desk.actor is not None and self._failures:
            self.forget_failure()
            self._plan(_FIRST_S)

    def forget_failure(self) -> None:
        """Say no more why the last round failed: keys or hub are other ones now, the next round will tell."""
        self._failures, self._failure, self.offline_since = 0, None, ""
        self.changed.emit()

    def _seen(self, status: SyncStatus) -> None:
        first, grown = self.status is None, self.status and status.unsent > self.status.unsent
        self.status = status
        self._plan(_FIRST_S if first else _AFTER_CHANGE_S if grown and not self._failures else 0.0)
        self.changed.emit()

    def _plan(self, soon: float = 0.0) -> None:
        """Set the time of the next round: soon, after a while, or later and later while the hub is silent."""
        status = self.status
        by_itself = self._desk.preferences.sync == BY_ITSELF
        if status is None or not status.enrolled or status.state == "revoked" or not by_itself:
            self._next.stop()
            return
        if self.running:
            return
        late = min(_LONGEST_S, _RETRY_S * 2 ** (self._failures - 1)) if self._failures else _EVERY_S
        delay = (soon or late) * random.uniform(1 - _SPREAD, 1 + _SPREAD)
        if not self._next.isActive() or self._next.remainingTime() > delay * 1000:
            self._next.start(round(delay * 1000))


def _status(session: Any, _: Any) -> SyncStatus:
    from app.actions import syncing  # late: actions load after the first paint

    return syncing.sync_status(session)


def _sync(session: Any, token: Any) -> SyncDone:
    from app.actions import syncing  # late: actions load after the first paint

    return syncing.sync(session, token.progress, token.cancelled)
