"""What every view of the window shares: the session, the selection, the threads, and the news of changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.changes import Actor, Committed
from app.domain.entity import EntityType
from app.domain.rights import WRITERS
from app.errors import NOT_SIGNED_IN, AppError, NotAllowed
from app.i18n import N_, tr
from app.settings import Preferences, save_preferences
from app.ui.chain import ChainWatch
from app.ui.names import Names
from app.ui.room import RoomWatch
from app.ui.selection import Selection
from app.ui.sync.watch import SyncWatch
from app.ui.tasks import Callbacks, Lane, Task, Tasks, Token, heed_of

if TYPE_CHECKING:  # bootstrap and actions are imported after the first paint
    from app.actions.session import Session

T = TypeVar("T")
Touched = Mapping[str, tuple[str, ...]]
_GATHER_MS = 400  # while the hub's changes are folded, views read again this often and not at each of them


class Desk(QObject):
    """Views listen to its signals and start their reading and writing here; they do not know each other."""

    changed = Signal(object)  # Touched: records by entity
    opened = Signal()  # another workspace, or none, lies on the desk
    actor_changed = Signal()
    sign_in_wanted = Signal(object)  # what (a QObject) could not save, as nobody is signed in any more
    preferences_changed = Signal()
    said = Signal(str)  # one line for the status bar
    failed = Signal(object)  # an exception for the failure dialog
    _written = Signal(object)  # Committed, from whichever thread wrote it

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.preferences = preferences
        self.session: Session | None = None
        self.selection = Selection(self)
        self.tasks = Tasks(self)
        self.names = Names()
        self.latest: Actor | None = None  # who was signed in last: what is entered and not saved is theirs
        self.actor_changed.connect(self._note_actor)
        self._gathering = 0
        self._gathered: dict[str, dict[str, None]] = {}
        self._hand_on = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._hand_on.timeout.connect(self._hand_on_gathered)
        self.room = RoomWatch(self)
        self.sync = SyncWatch(self)
        self.chain = ChainWatch(self)
        self.tasks.failed.connect(self.failed)
        self._written.connect(self._tell)

    @property
    def actor(self) -> Actor | None:
        """Who is signed in."""
        return self.session.actor if self.session else None

    def why_not_write(self, kind: EntityType) -> str:
        """Why records of a kind cannot be written here and now by whoever is signed in; empty when they can.

        The actions judge again; this is for what the window offers.
        """
        if kind.append_only:
            return tr(N_("These records are added and never edited."))
        return self.why_not_add(kind)

    def why_not_add(self, kind: EntityType) -> str:
        """Why no record of a kind (a paper, for one) can be added here and now; empty when it can."""
        if self.session is None or self.actor is None:
            return tr(N_("Sign in first."))
        if self.session.workspace.read_only:
            return tr(N_("The workspace is open for reading only."))
        if self.room.why_closed:
            return self.room.why_closed
        if self.actor.role not in WRITERS.get(kind.name, ()):
            return tr(N_("Your role may not edit this ledger."))
        from app.actions.laptop import only_read_here  # late: actions load after the first paint

        return only_read_here(self.session.workspace, kind.name)

    def lay(self, session: Session | None, names: Names | None = None) -> None:
        """Put a workspace on the desk, or clear it; the old one is closed."""
        old, self.session = self.session, session
        self.selection.clear()
        self.names, self.latest = names or Names(), None
        if old is not None and old is not session:
            old.close()
        if session is not None:
            session.listeners.append(self._written.emit)
        self.opened.emit()
        self.actor_changed.emit()

    def need(self) -> Session:
        """The session; raises NotAllowed when no workspace is open."""
        if self.session is None:
            raise NotAllowed(
                N_("No workspace is open."), hint=N_("Open a workspace or make a new one first.")
            )
        return self.session

    def read(
        self,
        owner: QObject,
        work: Callable[[Session, Token], T],
        done: Callable[[T], None] | Callbacks[T],
        *,
        topic: str = "",
        title: str = "",
    ) -> Task | None:
        """Read in a thread; nothing happens when no workspace is open, nor with what was read in one that no
        longer lies here."""
        session = self.session
        if session is None:
            return None
        heard = done if isinstance(done, Callbacks) else Callbacks(done)
        wanted = replace(
            heard,
            result=lambda value: heard.result(value) if self.session is session else None,
            error=lambda error: self._unread(error, heard) if self.session is session else None,
        )
        return self.tasks.run(owner, lambda token: work(session, token), wanted, topic=topic, title=title)

    def _unread(self, error: Exception, heard: Callbacks[Any]) -> None:
        if heard.error is not None:
            heard.error(error)
        else:
            self.failed.emit(error)

    def act(
        self,
        owner: QObject,
        work: Callable[[Session, Token], T],
        done: Callable[[T], None] | Callbacks[T],
        *,
        title: str,
    ) -> Task:
        """Run an action in the writing thread; the session tells what it wrote, and so every view hears of
        it."""
        session = self.need()
        heard = done if isinstance(done, Callbacks) else Callbacks(done)

        def refused(error: Exception) -> None:
            (heard.error or self.failed.emit)(error)
            if getattr(error, "code", "") == NOT_SIGNED_IN and self.latest is not None:
                self.sign_in_wanted.emit(owner)

        def patiently(token: Token) -> T:
            with session.workspace.heeding(heed_of(token)):
                return work(session, token)

        return self.tasks.run(owner, patiently, replace(heard, error=refused), lane=Lane.WRITE, title=title)

    def _note_actor(self) -> None:
        self.latest = self.actor or self.latest

    def gather(self, on: bool) -> None:
        """While a round with the hub or a batch of steps runs, tell the views of many changes at once."""
        self._gathering += 1 if on else -1
        if not self._gathering:
            self._hand_on_gathered()

    def tell_changed(self, touched: Touched) -> None:
        """Tell the views which records were written, by whomever."""
        if not self._gathering:
            self.changed.emit(touched)
            return
        for entity, uids in touched.items():
            self._gathered.setdefault(entity, {}).update(dict.fromkeys(uids))
        if not self._hand_on.isActive():
            self._hand_on.start()

    def _hand_on_gathered(self) -> None:
        self._hand_on.stop()
        gathered, self._gathered = self._gathered, {}
        if gathered:
            self.changed.emit({entity: tuple(uids) for entity, uids in gathered.items()})

    @Slot(object)
    def _tell(self, committed: Committed) -> None:
        self.tell_changed(committed.touched)

    def prefer(self, **values: Any) -> None:
        """Change preferences, keep them, and tell the views."""
        self.preferences = self.preferences.replace(**values)
        try:
            save_preferences(self.preferences)
        except AppError as error:
            self.failed.emit(error)
        self.preferences_changed.emit()

    def remember(self, **values: Any) -> None:
        """Keep what no view shows, such as the place of the window; failing to is no matter."""
        self.preferences = self.preferences.replace(**values)
        try:
            save_preferences(self.preferences)
        except AppError:
            return
