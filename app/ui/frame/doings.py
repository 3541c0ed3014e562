"""What the commands do: open dialogs, start actions; the window's parts are reached through the window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from app.domain.catalog import entity_type
from app.domain.entities.patrol import Patrol
from app.domain.rights import WRITERS
from app.i18n import N_, tr
from app.ui import messages
from app.ui.dialogs.goto import GotoDialog
from app.ui.dialogs.keys import KeysDialog
from app.ui.dialogs.newworkspace import NewWorkspaceDialog
from app.ui.dialogs.reason import ReasonDialog
from app.ui.dialogs.settings import SettingsDialog
from app.ui.dialogs.share import ShareDialog
from app.ui.digitise.doings import DrawingDoings
from app.ui.frame.care import Care
from app.ui.frame.commands import ALWAYS, OPEN, SIGNED_IN, Command, Run
from app.ui.frame.opening import look_at
from app.ui.frame.persons import Persons
from app.ui.frame.rail import CONFLICTS, REPORTS, SYNC, TODAY, key_of
from app.ui.imports.endings import LEDGERS
from app.ui.map.pane import THEME_OF
from app.ui.parts import redo_typed
from app.ui.record.editdialog import EditDialog
from app.ui.record.patroldialog import ask_patrol
from app.ui.sync.doings import SyncDoings
from app.ui.tasks import Lane

if TYPE_CHECKING:
    from app.ui.reports.page import ReportsPage
    from app.ui.window import MainWindow

WORKSPACES = N_("Workspaces")
_IMPORTED = THEME_OF.keys() - {Patrol.TYPE.name}  # patrols are recorded, not read from ledgers
_PAGES = (
    (TODAY, N_("Go to Today")),
    ("grid_cell", N_("Go to the cells")),
    ("boiler", N_("Go to the boilers")),
    ("water_source", N_("Go to the sources")),
    ("built_up_area", N_("Go to the built-up areas")),
    ("patrol", N_("Go to the patrols")),
    (REPORTS, N_("Go to the reports")),
    (CONFLICTS, N_("Go to the conflicts")),
    (SYNC, N_("Go to sync")),
)


class Doings:
    """One method per command that is more than a call."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._desk = window.desk
        self._care, self.sync, self.drawing = Care(window), SyncDoings(window), DrawingDoings(window)
        self.persons = Persons(window)
        self._reports: ReportsPage | None = None

    def commands(self) -> list[Command]:
        """The commands that are the window's own."""
        return [*self._file(), *self._map(), *self.drawing.commands(), *self._program()]

    def bound(self) -> dict[str, tuple[Run, str, int]]:
        """What the program's actions do in the window: run, menu, need. A test holds this against the
        list."""
        window, record = self._window, self._window.work.record
        return {
            "import_records": (self.import_ledger, "file", SIGNED_IN),
            "export_records": (self.export, "file", OPEN),
            "share": (self.share, "file", OPEN),
            "print_sheet": (self.print_sheet, "file", OPEN),
            "save_picture": (self.save_picture, "file", OPEN),
            "make_report": (self.report, "file", OPEN),
            "withdraw_frozen": (self.withdraw_report, "record", SIGNED_IN),
            "undo": (self.undo, "edit", SIGNED_IN),
            "redo": (self.redo, "edit", SIGNED_IN),
            "list_records": (self.find_in_ledger, "edit", OPEN),
            "show_record": (record.focus_fields, "record", OPEN),
            "add_record": (self.add, "record", SIGNED_IN),
            "edit_record": (record.edit_record, "record", SIGNED_IN),
            "delete_record": (self.delete, "record", SIGNED_IN),
            "record_patrol": (partial(ask_patrol, window), "record", SIGNED_IN),
            "do_step": (record.first_step, "record", SIGNED_IN),
            "do_steps": (record.many.ask, "record", SIGNED_IN),
            "add_evidence": (record.choose_papers, "record", SIGNED_IN),
            "redact": (record.redact_paper, "record", SIGNED_IN),
            "history": (record.focus_history, "record", OPEN),
            "headline": (lambda: window.go(TODAY), "record", OPEN),
            "locate": (self.go_to, "map", OPEN),
            "save_shapes": (self.drawing.edit_selected, "map", SIGNED_IN),
            "check_topology": (self.drawing.check_areas, "map", OPEN),
            **self.persons.bound(),
            **self._care.bound(),
            **self.sync.bound(),
        }

    def _file(self) -> list[Command]:
        demo = Command("demo", N_("Demo workspace…"), self.demo, "open", "boilers", "", ALWAYS)
        return [
            Command("open", N_("Open a workspace…"), self.open, "open", "workspace", "Ctrl+O", ALWAYS),
            Command("new", N_("New workspace…"), self.new, "open", "new", "Ctrl+Shift+N", ALWAYS),
            *([demo] if self._window.make_demo else []),
        ]

    def _map(self) -> list[Command]:
        pane = self._window.work.map
        tools, asking = pane.actions_by_name, pane.identifying
        rows: tuple[tuple[str, str, Run, str, str], ...] = (
            ("distance", N_("Measure a distance"), tools["measure_distance"].trigger, "distance", "Ctrl+M"),
            ("area", N_("Measure an area"), tools["measure_area"].trigger, "area", "Ctrl+Shift+M"),
            ("select", N_("Select on the map"), tools["select"].trigger, "select", "Ctrl+Shift+A"),
            ("lasso", N_("Select with a lasso"), tools["lasso"].trigger, "lasso", "Ctrl+Shift+O"),
            ("select_shown", N_("Select what the ledger shows"), self.select_shown, "filter", "Ctrl+Shift+F"),
            ("identify", N_("What lies here"), tools["identify"].trigger, "identify", "Ctrl+Shift+I"),
            ("middle", N_("What lies in the middle of the map"), asking.middle, "", "Ctrl+Shift+U"),
            ("zoom_all", N_("Show the whole area"), pane.canvas.show_all, "full_extent", "Ctrl+0"),
            ("zoom_selection", N_("Zoom to the selection"), pane.show_selection, "zoom_selection", "Ctrl+J"),
            ("zoom_box", N_("Zoom to a box"), tools["zoom_box"].trigger, "zoom_box", "Ctrl+Shift+B"),
            ("view_back", N_("The view before"), pane.canvas.step_back, "back", "Alt+Left"),
            ("view_forward", N_("The next view"), pane.canvas.step_forward, "forward", "Alt+Right"),
            ("layers", N_("Show or hide the layers"), tools["layers"].trigger, "layers", "Ctrl+L"),
            ("add_layer", N_("Lay a file over the map…"), pane.adding.choose, "add", "Ctrl+Shift+L"),
            ("add_tiles", N_("Lay a folder of tiles under the map…"), pane.adding.choose_folder, "", ""),
            ("online_map", N_("Online map (Tianditu)…"), pane.adding.ask_online, "", ""),
        )
        on_map = [Command(name, label, run, "map", icon, key) for name, label, run, icon, key in rows]
        return [*on_map, *self._pages()]

    def _pages(self) -> list[Command]:
        words, run, who = N_("Edit in the table"), self.edit_table, WRITERS["boiler"]
        return [
            Command("edit_table", words, run, "edit", "edit", "Ctrl+Shift+D", SIGNED_IN, who),
            *(
                Command(f"page_{name}", label, partial(self._window.go, name), "pages", "", key_of(name))
                for name, label in _PAGES
            ),
            Command("next_pane", N_("Next part of the window"), self.next_pane, "pages", "", "F6"),
        ]

    def _program(self) -> list[Command]:
        window = self._window
        return [
            Command("find", N_("Search"), window.finder.begin, "program", "search", "Ctrl+K", ALWAYS),
            Command("settings", N_("Settings…"), self.settings, "program", "settings", "Ctrl+,", ALWAYS),
            Command("keys", N_("Keys"), self.keys, "program", "keyboard", "F1", ALWAYS),
            Command("quit", N_("Quit"), window.close, "program", "quit", "Ctrl+Q", ALWAYS),
            Command("sign_out", N_("Sign out"), self.sign_out, "person", "quit", "", SIGNED_IN),
        ]

    # ---- workspaces

    def open(self) -> None:
        """Choose a workspace file."""
        kinds = f"{tr(WORKSPACES)} (*.gpkg)"
        name, _ = QFileDialog.getOpenFileName(self._window, tr(N_("Open a workspace")), self._folder(), kinds)
        if name:
            self._window.open_path(Path(name))

    def new(self) -> None:
        """Make an empty workspace."""
        dialog = NewWorkspaceDialog(self._desk, self._folder(), self._window)
        dialog.made.connect(self._window.show_opened)
        dialog.open()

    def demo(self) -> None:
        """Make the demo workspace in a folder and open it."""
        folder = QFileDialog.getExistingDirectory(
            self._window, tr(N_("Choose an empty folder for the demo")), str(Path.home())
        )
        if folder:
            self.make_demo(Path(folder))

    def make_demo(self, folder: Path) -> None:
        """Build the demo in `folder`, or open the one that is there."""
        build = self._window.make_demo
        if build is not None:
            self._desk.tasks.run(
                self._window,
                lambda token: look_at(build(folder, token.progress)),
                self._window.show_opened,
                lane=Lane.WRITE,
                title=tr(N_("Making the demo workspace")),
            )

    def _folder(self) -> str:
        last = self._desk.preferences.last_workspace
        return str(Path(last).parent) if last else str(Path.home())

    # ---- files

    def import_ledger(self) -> None:
        """Choose a file, then the wizard."""
        kinds = f"{tr(N_('Ledgers and maps'))} ({' '.join(f'*{ending}' for ending in LEDGERS)})"
        name, _ = QFileDialog.getOpenFileName(self._window, tr(N_("Import a ledger")), self._folder(), kinds)
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """The wizard for a file that was chosen or dropped."""
        if self._desk.actor is None:
            self._desk.said.emit(tr(N_("Sign in first; every change carries a name.")))
            return
        from app.ui.imports.wizard import ImportWizard  # late: reading ledgers loads many modules

        entity = self._window.page if self._window.page in _IMPORTED else "boiler"
        ImportWizard(self._desk, entity_type(entity), path, self._window).open()

    def export(self) -> None:
        """Write a ledger to a file."""
        from app.ui.dialogs.export import ExportDialog  # late: rarely used

        page = self._window.page if self._window.page in THEME_OF else "boiler"
        pane = self._window.work.ledger
        question = pane.question() if pane is not None and pane.kind.name == page else None
        ExportDialog(self._desk, entity_type(page), question, self._folder(), self._window).open()

    def report(self) -> None:
        """Go to the page of what a bureau owes upward."""
        self._window.go(REPORTS)

    def withdraw_report(self) -> None:
        """Withdraw the frozen report that is chosen on the page of reports, or go there to choose one."""
        self._window.go(REPORTS)
        page = self.reports_page()
        names = page.frozen.names()
        if len(names) == 1:
            page.ask_to_withdraw(names[0])
        else:
            page.frozen.table.setFocus()
            self._desk.said.emit(tr(N_("Choose the frozen report that no longer holds")))

    def reports_page(self) -> ReportsPage:
        """The page of reports, made when it is first asked for: it loads the office formats."""
        if self._reports is None:
            from app.ui.reports.page import ReportsPage  # late, as said above

            self._reports = ReportsPage(self._desk, self._boilers_of, self._folder)
            self._reports.wanted.connect(partial(self._window.show_rows, "boiler"))
            self._window.pages.addWidget(self._reports)
        return self._reports

    def _boilers_of(self, what: str) -> tuple[str, ...]:
        """The boilers that are selected, or those the ledger shows, by uid."""
        now, pane = self._desk.selection.now, self._window.work.ledger
        if what == "selected":
            return tuple(now.uids) if now.entity == "boiler" else ()
        return tuple(pane.model.uids) if pane is not None and pane.kind.name == "boiler" else ()

    def share(self) -> None:
        """Write the map as a web page."""
        theme = THEME_OF.get(self._window.page, "boilers")
        ShareDialog(self._desk, theme, self._folder(), self._window).open()

    def print_sheet(self) -> None:
        """Sheet, scope, preview, then PDF or printer."""
        if self._desk.session is not None:
            from app.ui.sheets.dialog import SheetDialog  # late: it knows the sheets, which load many modules

            arranging = self._window.work.map.arranging
            shown = arranging.theme_id, tr(arranging.book.title_of(arranging.theme_id))
            SheetDialog(self._desk, self._window.page, shown, self._window).open()

    def save_picture(self) -> None:
        """Write what the map shows as a PNG, with title, legend, scale and north around it."""
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            tr(N_("Save the map as a picture")),
            f"{self._folder()}/{tr(N_('map'))}.png",
            "PNG (*.png)",
        )
        if not name:
            return
        self._window.work.map.acts.save_picture(Path(name if name.endswith(".png") else f"{name}.png"))

    def find_in_ledger(self) -> None:
        """Put the keyboard into the ledger's own search line."""
        if self._window.page not in THEME_OF:
            self._window.go("boiler")
        if self._window.work.ledger is not None:
            self._window.work.ledger.bar.words.setFocus()

    def select_shown(self) -> None:
        """Select what the ledger on the page shows."""
        if self._window.page in THEME_OF and self._window.work.ledger is not None:
            self._window.work.ledger.select_shown()

    def edit_table(self) -> None:
        """Begin or end editing the ledger in its table."""
        if self._window.page in THEME_OF and self._window.work.ledger is not None:
            self._window.work.ledger.editing.toggle()

    # ---- records

    def undo(self) -> None:
        """Take back one's own last change."""
        self._history("undo", N_("Undone"))

    def redo(self) -> None:
        """Take back the undoing; in a text box, of what was typed."""
        if not redo_typed():
            self._history("redo", N_("Done again"))

    def _history(self, name: str, said: str) -> None:
        def work(session: Any, _: Any) -> object:
            from app.actions import history  # late: actions load after the first paint

            return getattr(history, name)(session)

        self._desk.act(self._window, work, lambda _: self._desk.said.emit(tr(said)), title=tr(said))

    def add(self) -> None:
        """A new record of the ledger that is shown."""
        from app.actions.laptop import only_read_here  # late: actions load after the first paint

        entity = self._window.page if self._window.page in THEME_OF else "boiler"
        why = only_read_here(self._desk.need().workspace, entity)
        if why:
            messages.tell(self._window, why)
        elif entity == Patrol.TYPE.name:
            ask_patrol(self._window)
        else:
            EditDialog(self._desk, entity_type(entity), None, self._window).open()

    def delete(self) -> None:
        """Remove the record that is shown, with a reason."""
        view = self._window.work.record.view
        if view is None:
            return
        record = view.record
        dialog = ReasonDialog(
            tr(N_("Delete the record")),
            tr(N_("{title} is removed from the ledger. The history keeps it, and undo brings it back."),
               title=record.title()),
            tr(N_("Delete")), [], self._window,
        )  # fmt: skip

        def work(session: Any, _: Any) -> object:
            from app.actions.records import delete_record  # late: actions load after the first paint

            return delete_record(session, record, dialog.reason())

        def send() -> None:
            gone = lambda _: self._desk.selection.forget(record.TYPE.name, [record.uid])  # noqa: E731
            self._desk.act(self._window, work, gone, title=tr(N_("Deleting")))

        dialog.accepted.connect(send)
        dialog.open()

    # ---- map and window

    def go_to(self) -> None:
        """Ask for a coordinate, then go there."""
        dialog = GotoDialog(self._desk, self._window)
        dialog.accepted.connect(lambda: self._window.go_to(*(dialog.place() or (0.0, 0.0))))
        dialog.open()

    def next_pane(self) -> None:
        """F6: the bar of what is drawn, map, layers, ledger, record in turn, as far as they are shown."""
        work = self._window.work
        parts = [
            (work.map.drawing.bar, work.map.drawing.bar.corner),
            (work.map.canvas, work.map.canvas),
            (work.map.layers, work.map.tree),
            *([(work.ledger, work.ledger.table)] if work.ledger else []),
            (work.record, work.record.tabs),
        ]
        seen = [(part, first) for part, first in parts if part.isVisible()] or parts[1:2]
        places = [part for part, _ in seen]
        focus = self._window.focusWidget()
        now = next((at for at, part in enumerate(places) if part is focus or part.isAncestorOf(focus)), None)
        at_map = places.index(work.map.canvas) if work.map.canvas in places else 0
        seen[at_map if now is None else (now + 1) % len(seen)][1].setFocus()

    def settings(self) -> None:
        """Language, appearance, notation."""
        SettingsDialog(self._desk, self._window).open()

    def keys(self) -> None:
        """The list of keys."""
        KeysDialog(self._window.commands, self._window).open()

    def sign_out(self) -> None:
        """Nobody is signed in any more; reading goes on."""
        if self._desk.session is not None and self._window.work.may_leave():
            self._desk.session.actor = None
            self._desk.actor_changed.emit()
