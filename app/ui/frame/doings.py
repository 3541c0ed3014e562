"""What the commands do: open dialogs, start actions; the window's parts are reached through the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from app.domain.catalog import entity_type
from app.i18n import N_, tr
from app.ui.dialogs.goto import GotoDialog
from app.ui.dialogs.keys import KeysDialog
from app.ui.dialogs.newworkspace import NewWorkspaceDialog
from app.ui.dialogs.reason import ReasonDialog
from app.ui.dialogs.settings import SettingsDialog
from app.ui.dialogs.share import ShareDialog
from app.ui.dialogs.signin import SignInDialog
from app.ui.frame.commands import ALWAYS, SIGNED_IN, Command
from app.ui.frame.opening import look_at
from app.ui.frame.upkeep import Upkeep
from app.ui.map.pane import THEME_OF
from app.ui.record.editdialog import EditDialog
from app.ui.sheets.dialog import SheetDialog
from app.ui.tasks import Lane

if TYPE_CHECKING:
    from app.ui.window import MainWindow

WORKSPACES = N_("Workspaces")


class Doings:
    """One method per command that is more than a call."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._desk = window.desk
        self._upkeep = Upkeep(window)

    def commands(self) -> list[Command]:
        """Every command of the window."""
        return [
            *self._file(),
            *self._data(),
            *self._map(),
            *self._upkeep.commands(),
            *self._program(),
            *self._person(),
        ]

    def _file(self) -> list[Command]:
        demo = Command("demo", N_("Demo workspace…"), self.demo, "file", "boilers", "", ALWAYS)
        return [
            Command("open", N_("Open a workspace…"), self.open, "file", "workspace", "Ctrl+O", ALWAYS),
            Command("new", N_("New workspace…"), self.new, "file", "new", "Ctrl+Shift+N", ALWAYS),
            *([demo] if self._window.make_demo else []),
            Command(
                "import", N_("Import a ledger…"), self.import_ledger, "file", "import", "Ctrl+I", SIGNED_IN
            ),
            Command("export", N_("Export…"), self.export, "file", "export", "Ctrl+Shift+E"),
            Command("share", N_("Share as a web page…"), self.share, "file", "share", "Ctrl+Shift+S"),
            Command("print", N_("Print a sheet…"), self.print_sheet, "file", "print", "Ctrl+P"),
        ]

    def _data(self) -> list[Command]:
        record = self._window.work.record
        return [
            Command("undo", N_("Undo my last change"), self.undo, "data", "undo", "Ctrl+Z", SIGNED_IN),
            Command("redo", N_("Redo"), self.redo, "data", "redo", "Ctrl+Shift+Z", SIGNED_IN),
            Command("add", N_("New record…"), self.add, "data", "add", "Ctrl+N", SIGNED_IN),
            Command("edit", N_("Edit the record…"), record.edit_record, "data", "edit", "Ctrl+E", SIGNED_IN),
            Command("delete", N_("Delete the record…"), self.delete, "data", "delete", "", SIGNED_IN),
        ]

    def _map(self) -> list[Command]:
        window, pane = self._window, self._window.work.map
        tools = pane.actions_by_name
        pages = (("today", N_("Go to Today")), ("grid_cell", N_("Go to the cells")), ("boiler", N_("Go to the boilers")),
                 ("water_source", N_("Go to the sources")))  # fmt: skip
        return [
            Command("goto", N_("Go to a coordinate…"), self.go_to, "map", "goto", "Ctrl+G"),
            Command(
                "distance",
                N_("Measure a distance"),
                tools["measure_distance"].trigger,
                "map",
                "distance",
                "Ctrl+M",
            ),
            Command(
                "area", N_("Measure an area"), tools["measure_area"].trigger, "map", "area", "Ctrl+Shift+M"
            ),
            Command(
                "select", N_("Select on the map"), tools["select"].trigger, "map", "select", "Ctrl+Shift+A"
            ),
            Command(
                "zoom_all", N_("Show the whole area"), pane.canvas.show_all, "map", "full_extent", "Ctrl+0"
            ),
            Command(
                "zoom_selection",
                N_("Zoom to the selection"),
                pane.show_selection,
                "map",
                "zoom_selection",
                "Ctrl+J",
            ),
            Command(
                "layers", N_("Show or hide the layers"), tools["layers"].trigger, "map", "layers", "Ctrl+L"
            ),
            *(
                Command(f"page_{name}", label, lambda name=name: window.go(name), "pages", "", f"Ctrl+{at}")
                for at, (name, label) in enumerate(pages, 1)
            ),
            Command("print_page", N_("Print"), self.print_sheet, "pages", "", "Ctrl+5"),
            Command("next_pane", N_("Next part of the window"), self.next_pane, "pages", "", "F6"),
        ]

    def _program(self) -> list[Command]:
        window = self._window
        return [
            Command("find", N_("Search"), window.finder.begin, "program", "search", "Ctrl+K", ALWAYS),
            Command("settings", N_("Settings…"), self.settings, "program", "settings", "Ctrl+,", ALWAYS),
            Command("keys", N_("Keys"), self.keys, "program", "keyboard", "F1", ALWAYS),
            Command("quit", N_("Quit"), window.close, "program", "quit", "Ctrl+Q", ALWAYS),
        ]

    def _person(self) -> list[Command]:
        return [
            Command("sign_in", N_("Sign in as…"), self.sign_in, "person", "person", "Ctrl+Shift+U"),
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
        kinds = f"{tr(N_('Ledgers and maps'))} (*.xlsx *.xls *.xlsb *.csv *.ods *.geojson *.shp *.gpkg *.zip)"
        name, _ = QFileDialog.getOpenFileName(self._window, tr(N_("Import a ledger")), self._folder(), kinds)
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """The wizard for a file that was chosen or dropped."""
        if self._desk.actor is None:
            self._desk.said.emit(tr(N_("Sign in first; every change carries a name.")))
            return
        from app.ui.imports.wizard import ImportWizard  # late: reading ledgers loads many modules

        entity = self._window.page if self._window.page in THEME_OF else "boiler"
        ImportWizard(self._desk, entity_type(entity), path, self._window).open()

    def export(self) -> None:
        """Write a ledger to a file."""
        from app.ui.dialogs.export import ExportDialog  # late: rarely used

        page = self._window.page if self._window.page in THEME_OF else "boiler"
        ExportDialog(self._desk, entity_type(page), self._folder(), self._window).open()

    def share(self) -> None:
        """Write the map as a web page."""
        theme = THEME_OF.get(self._window.page, "boilers")
        ShareDialog(self._desk, theme, self._folder(), self._window).open()

    def print_sheet(self) -> None:
        """Sheet, scope, preview, then PDF or printer."""
        if self._desk.session is not None:
            SheetDialog(self._desk, self._window.page, self._window).open()

    # ---- records

    def undo(self) -> None:
        """Take back one's own last change."""
        self._history("undo", N_("Undone"))

    def redo(self) -> None:
        """Take back the undoing."""
        self._history("redo", N_("Done again"))

    def _history(self, name: str, said: str) -> None:
        def work(session: Any, _: Any) -> object:
            from app.actions import history  # late: actions load after the first paint

            return getattr(history, name)(session)

        self._desk.act(self._window, work, lambda _: self._desk.said.emit(tr(said)), title=tr(said))

    def add(self) -> None:
        """A new record of the ledger that is shown."""
        entity = self._window.page if self._window.page in THEME_OF else "boiler"
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
        """F6: map, ledger, record in turn."""
        work = self._window.work
        places = [work.map.canvas, work.ledger.table if work.ledger else work.map.canvas, work.record.tabs]
        now = next(
            (at for at, box in enumerate(places) if box.hasFocus() or box.isAncestorOf(box.focusWidget())), -1
        )
        places[(now + 1) % len(places)].setFocus()

    def settings(self) -> None:
        """Language, appearance, notation."""
        SettingsDialog(self._desk, self._window).open()

    def keys(self) -> None:
        """The list of keys."""
        KeysDialog(self._window.commands, self._window).open()

    def sign_in(self) -> None:
        """Sign in as somebody else."""
        if self._desk.session is not None:
            SignInDialog(self._desk, self._window).open()

    def sign_out(self) -> None:
        """Nobody is signed in any more; reading goes on."""
        if self._desk.session is not None:
            self._desk.session.actor = None
            self._desk.actor_changed.emit()
