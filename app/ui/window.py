"""The main window: top bar, rail, the page that is shown, status line; puts the parts together and nothing
else."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.i18n import DEFAULT_LANGUAGE, N_, language, tr
from app.settings import load_preferences
from app.ui import icons, metrics
from app.ui.conflicts.inbox import ConflictsPage
from app.ui.desk import Desk, Touched
from app.ui.finder.field import Finder
from app.ui.finder.search import COMMAND, PLACE, Found
from app.ui.frame.commands import ALWAYS, OPEN, SIGNED_IN, Commands
from app.ui.frame.doings import Doings
from app.ui.frame.firstpage import LEDGER, FirstPage
from app.ui.frame.notice import ChainBar, ForeignEditsBar, RoomBar
from app.ui.frame.opening import Opened, look_at, open_file, read_names
from app.ui.frame.rail import CONFLICTS, PRINT, REPORTS, SYNC, TODAY, Rail
from app.ui.frame.settling import Settling
from app.ui.frame.statusline import StatusLine
from app.ui.frame.topbar import TopBar
from app.ui.frame.unopened import refused
from app.ui.frame.workpage import WorkPage
from app.ui.imports.endings import is_ledger
from app.ui.map.pane import THEME_OF
from app.ui.record.evidence import local_files
from app.ui.sync.bar import RevokedBar
from app.ui.sync.page import SyncPage
from app.ui.tasks import Callbacks, Lane
from app.ui.today.page import TodayPage
from app.ui.turns import in_turns
from app.ui.welcome.page import WelcomePage

if TYPE_CHECKING:
    from app.actions.action import ActionEntry
    from app.actions.session import Session

_SUBMENUS = (
    (N_("Record"), ("edit", "record")),
    (N_("Map"), ("map", "pages")),
    (N_("Sync"), ("sync",)),
    (N_("Care of the workspace"), ("workspace",)),
)
# What the store says of a file that another copy of the program or the folder keeps from being written.
_NAMES_OF = frozenset({"division", "water_source", "person"})


# Builds the demo in a folder and opens it; given by the entry point, which alone knows that room.
MakeDemo = Callable[[Path, Callable[[int, int, str], None]], "Session"]


class MainWindow(QMainWindow):
    """Built on a desk; `like` is the window it replaces, whose place it takes."""

    ready = Signal()  # what loads after the first paint is there

    def __init__(self, desk: Desk, like: MainWindow | None = None, make_demo: MakeDemo | None = None) -> None:
        super().__init__()
        self.desk = desk
        self.make_demo = make_demo
        self._given_up = False
        self._painted = False
        self.page: str = like.page if like else LEDGER
        self.setWindowIcon(icons.icon("boilers"))
        self.setAcceptDrops(True)
        self.commands = Commands(self)
        self.finder = Finder(desk, self.commands, self)
        self.top = TopBar(desk, self.finder)
        self.rail = Rail()
        self.notice, self.revoked, self.room = ForeignEditsBar(desk), RevokedBar(desk), RoomBar(desk)
        self.chain = ChainBar(desk)
        self.welcome = WelcomePage(demo=make_demo is not None)
        self.today, self.work = TodayPage(desk), WorkPage(desk)
        self.sync = SyncPage(desk)
        self.conflicts = ConflictsPage(desk, lambda: self.work.map.scene)
        self.status = StatusLine(desk)
        self.doings = Doings(self)
        self.commands.add(self.doings.commands())
        self._make_menus()
        self._lay_out()
        self._connect()
        self._place(like)
        if desk.session is not None:
            self._look_again(desk.session)
        else:
            self._show_desk()

    def _connect(self) -> None:
        self.desk.opened.connect(self._show_desk)
        self.desk.actor_changed.connect(self._enable)
        self.desk.room.changed.connect(self._enable)
        self.desk.changed.connect(self._refresh_names)
        self.rail.chosen.connect(self.go)
        self.today.wanted.connect(lambda where: self.show_rows("boiler", where=where))
        self.today.rows_wanted.connect(self.show_rows)
        self.work.record.patrols.patrols_wanted.connect(self.show_rows)
        self.work.record.patrols.cell_wanted.connect(self.show_record)
        self.finder.wanted.connect(self._found)
        self.welcome.chosen.connect(self.doings.sync.run)
        self.welcome.last.connect(lambda path: self.open_path(Path(path)))
        self.top.sync.clicked.connect(lambda: self.go(SYNC))
        self.sync.wanted.connect(self.doings.sync.run)
        self.desk.sync.changed.connect(self._count_conflicts)
        self.conflicts.wanted.connect(self.show_record)
        self.work.record.disputed.connect(self._show_conflicts_of)
        self.first = FirstPage(self)
        self.settling = Settling(self.desk, self.work.map)
        self.work.map.pointed.connect(self.status.point)
        self.work.map.left.connect(self.status.leave)
        self.work.map.view_changed.connect(self.status.show_view)
        self.status.follow(self.pages, self.work)

    # ---- pages

    def go(self, page: str) -> None:
        """Show a page of the rail."""
        if page == PRINT:
            self.doings.print_sheet()
            return
        self.page = page
        self.rail.show_page(page)
        others: dict[str, QWidget] = {TODAY: self.today, CONFLICTS: self.conflicts, SYNC: self.sync}
        if page == REPORTS:
            self.pages.setCurrentWidget(self.doings.reports_page())
        elif page in others:
            if page == TODAY and self.pages.currentWidget() is self.today:
                self.today.reload()  # else it reads them as it is shown
            self.pages.setCurrentWidget(others[page])
        else:
            self.work.show_ledger(page)
            self.pages.setCurrentWidget(self.work)

    def show_rows(self, entity: str, rows: Sequence[str] = (), said: str = "", *, where: str = "") -> None:
        """The records of a condition, or exactly those behind a number; no other filter stays."""
        self.go(entity)
        if self.work.ledger is not None:
            self.work.ledger.arranging.drop()
            self.work.ledger.bar.choose(expression=where, rows=rows, said=said)

    def _found(self, found: Found) -> None:
        if found.what == COMMAND:
            self.commands.actions[found.id].trigger()
        elif found.what == PLACE and found.at:
            self.go_to(*found.at)
        elif found.entity == "division":
            self._on_map()
            self.work.map.bring("division", (found.uid,))
        else:
            self.show_record(found.entity, found.uid)

    def show_record(self, entity: str, uid: str) -> None:
        """Select a record where its ledger shows it, or the records it stands beside."""
        wanted = "water_source" if entity == "protection_zone" else entity
        self.go(wanted if wanted in THEME_OF else "boiler")
        self.desk.selection.choose(entity, [uid])

    def _show_conflicts_of(self, uid: str) -> None:
        self.conflicts.show_of(uid)
        self.go(CONFLICTS)

    def _count_conflicts(self) -> None:
        self.rail.show_badge(CONFLICTS, self.desk.sync.asking.count)

    def go_to(self, lon: float, lat: float) -> None:
        """Bring a point (degrees EPSG:4490) into the middle of the map."""
        self._on_map()
        self.work.map.show_point(lon, lat)

    def _on_map(self) -> None:
        if self.page not in THEME_OF:
            self.go("boiler")

    # ---- the workspace

    def open_path(self, path: Path, *, read_only: bool = False) -> None:
        """Open a workspace file in a thread; one that only can be read is offered for reading."""
        if not self.work.may_leave():
            return

        self.desk.tasks.run(
            self,
            lambda _: open_file(path, read_only=read_only),
            Callbacks(self.show_opened, partial(refused, self, path, read_only)),
            lane=Lane.WRITE,
            title=tr(N_("Opening the workspace")),
        )

    def open_session(self, session: Session) -> None:
        """Show a session somebody else opened."""
        self.desk.tasks.run(
            self, lambda _: look_at(session), self.show_opened, title=tr(N_("Opening the workspace"))
        )

    def show_opened(self, opened: Opened) -> None:
        """Lay a workspace on the desk; its page, its map and the sign-in follow one turn after the other."""
        self.desk.remember(last_workspace=str(opened.session.workspace.path))
        self.work.forget()
        self.desk.lay(opened.session, opened.names)
        self.page = self.first.expect()
        greet = partial(self._greet, opened.waits)
        self._show_in_turns(opened, lambda: self.settling.expect(opened.session), greet)

    def _show_in_turns(self, opened: Opened, *more: Callable[[], object]) -> None:
        """The page before the map: a picture means that all of it is there."""
        still, page = lambda: self.desk.session is opened.session, lambda: self.go(self.page)
        draw = partial(self.work.map.open, opened.source, opened.home, opened.crs, synthetic=opened.synthetic)
        in_turns(self, still, page, draw, *more)

    def _greet(self, waits: bool) -> None:
        if waits:  # for the hub's answer: what helps is on this page
            self.go(SYNC)
        elif self.desk.actor is None:
            self.doings.persons.sign_in()

    def _look_again(self, session: Session) -> None:
        """The window was built anew: the session stays."""
        self.desk.tasks.run(self, lambda _: look_at(session), self._show_again)

    def _show_again(self, opened: Opened) -> None:
        self._show_desk()
        self._show_in_turns(opened)

    def _show_desk(self) -> None:
        is_open = self.desk.session is not None
        if not is_open:
            self.work.forget()
            self.welcome.show_last(self.desk.preferences.last_workspace)
            self.pages.setCurrentWidget(self.welcome)
        self.rail.setVisible(is_open)
        self.rail.enable(is_open)
        title = self.desk.session.workspace.path.name if self.desk.session else ""
        if self.desk.session and self.desk.session.workspace.read_only:
            title = tr(N_("{name} (read only)"), name=title)
        self.setWindowTitle(f"{title} · {tr(N_('Gridward'))}" if title else tr(N_("Gridward")))
        self._enable()

    def _enable(self) -> None:
        level = ALWAYS if self.desk.session is None else SIGNED_IN if self.desk.actor else OPEN
        self.commands.enable(level, self.desk.actor, self.desk.room.why_closed)

    def _refresh_names(self, touched: Touched) -> None:
        self.doings.persons.follow(touched)
        if _NAMES_OF & set(touched):
            self.desk.read(self, lambda session, _: read_names(session), self._take_names, topic="names")

    def _take_names(self, names: object) -> None:
        self.desk.names = names  # type: ignore[assignment]

    # ---- Qt's events

    def paintEvent(self, event: QPaintEvent) -> None:
        """The first paint comes before the heavy modules."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._warm_up)

    def _warm_up(self) -> None:
        """Load the store and the actions in a thread while the window is being looked at."""
        self.desk.tasks.run(self, _load_actions, self._adopt)

    def _adopt(self, entries: tuple[ActionEntry, ...]) -> None:
        """Now that the actions are there, menus, keys and palette offer them."""
        self.commands.adopt(entries, self.doings.bound())
        self.doings.drawing.offer()
        self._make_menus()
        self.ready.emit()

    def _make_menus(self) -> None:
        menu = self.commands.menu(("open", "file"))
        menu.addSeparator()
        for title, groups in _SUBMENUS:
            part = self.commands.menu(groups, tr(title))
            if not part.isEmpty():
                menu.addMenu(part)
        menu.addSeparator()
        of = self.commands.commands
        menu.addActions([act for name, act in self.commands.actions.items() if of[name].group == "program"])
        self.top.set_menus(menu, self.commands.menu(("person",)))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A ledger or a workspace may be dropped anywhere, and papers while a record is shown."""
        files = local_files(event)
        if files and (is_ledger(files[0]) or self.work.record.view is not None):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a workspace, import a ledger, put anything else beside the record as evidence."""
        event.acceptProposedAction()
        files = local_files(event)
        if not files:
            return
        if self.desk.session is None and files[0].suffix.lower() == ".gpkg":
            self.open_path(files[0])
        elif is_ledger(files[0]):
            self.doings.import_file(files[0])
        else:
            self.work.record.add_papers(files)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the place of the window; wait for what is being written; close the file."""
        if not self._given_up and not self.work.may_leave():
            event.ignore()
            return
        if not self._given_up:
            self.desk.remember(
                window_geometry=bytes(self.saveGeometry().toBase64().data()).decode(),
                window_layout=bytes(self.work.across.saveState().toBase64().data()).decode(),
                left_at=self.first.keep(),
            )
            self.desk.tasks.close()
            if self.desk.session is not None:
                session, self.desk.session = self.desk.session, None
                session.close()
        event.accept()

    def give_up(self) -> None:
        """Another window takes over the desk."""
        self._given_up = True
        self.close()
        self.deleteLater()

    def _place(self, like: MainWindow | None) -> None:
        self.resize(metrics.grid(342), metrics.grid(192))
        kept = self.desk.preferences.window_geometry
        if like is not None:
            self.restoreGeometry(like.saveGeometry())
        elif kept:
            self.restoreGeometry(QByteArray.fromBase64(kept.encode()))
        if self.desk.preferences.window_layout:
            self.work.across.restoreState(QByteArray.fromBase64(self.desk.preferences.window_layout.encode()))

    def _lay_out(self) -> None:
        self.pages = QStackedWidget()
        for page in (self.welcome, self.today, self.work, self.conflicts, self.sync):
            self.pages.addWidget(page)
        middle = QHBoxLayout()
        metrics.tight(middle, 0, 0)
        middle.addWidget(self.rail)
        middle.addWidget(self.pages, 1)
        body = QWidget()
        column = QVBoxLayout(body)
        metrics.tight(column, 0, 0)
        for part in (self.top, self.chain, self.revoked, self.room, self.notice):
            column.addWidget(part)
        column.addLayout(middle, 1)
        self.setCentralWidget(body)
        self.setStatusBar(self.status)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)


def _load_actions(_: object) -> tuple[ActionEntry, ...]:
    from app.actions.catalog import ACTIONS
    from app.bootstrap import warm_up

    warm_up()
    return ACTIONS


def open_window(
    where: Path | str | Session | None = None, person: str | None = None, make_demo: MakeDemo | None = None
) -> int:
    """Run the program with a workspace file, a session, or the welcome page; gives the exit code of Qt.

    `person` is the sign-in name that the dialog proposes.
    """
    from app.ui import crash
    from app.ui.application import Program, make_application

    app = make_application()
    crash.install()
    preferences = load_preferences()
    if language() != DEFAULT_LANGUAGE:  # chosen on the command line
        preferences = preferences.replace(language=language())
    program = Program(app, preferences, make_demo=make_demo)
    if person:
        program.desk.remember(last_login=person)
    # What the modules hold lives for ever: not searching it for garbage spares the window pauses of 150 ms
    # while a large round of sync makes many objects in its own thread.
    program.window.ready.connect(gc.freeze)
    program.window.show()
    if isinstance(where, (str, Path)):
        program.window.open_path(Path(where))
    elif where is not None:
        program.window.open_session(where)
    return app.exec()
