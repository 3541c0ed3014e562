"""What the commands of drawing do in the window: begin, save with a reason, end, show faults of areas."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QMenu
from shapely.geometry.base import BaseGeometry

from app.domain.catalog import entity_type
from app.domain.entity import Entity, EntityType, Shape
from app.domain.filters import one_of
from app.domain.rights import WRITERS
from app.domain.topology import Fault
from app.i18n import N_, tr
from app.ui.dialogs.reason import ReasonDialog
from app.ui.digitise.faults import FaultsDialog
from app.ui.digitise.work import MOST_RECORDS, Mode
from app.ui.frame.commands import SIGNED_IN, Command
from app.ui.messages import ask, show_error, tell
from app.ui.record.editdialog import EditDialog

if TYPE_CHECKING:
    from app.actions.session import Session
    from app.ui.window import MainWindow

_DRAWN_KINDS = ("boiler", "water_source", "intake", "protection_zone", "grid_cell", "built_up_area")


_DRAWERS = tuple(sorted({role for name in (*_DRAWN_KINDS, "sketch") for role in WRITERS[name]}))
_SKETCHES = (
    (Shape.POINT, N_("Sketch: a point")),
    (Shape.GEOMETRY, N_("Sketch: a line")),
    (Shape.MULTIPOLYGON, N_("Sketch: an area")),
)


class DrawingDoings:
    """One for the window; the pieces it ties together know nothing of each other."""

    def __init__(self, window: MainWindow) -> None:
        self._window, self._desk = window, window.desk
        self._pane = window.work.map
        self._drawing = self._pane.drawing
        self._work = self._drawing.work
        self._faults: FaultsDialog | None = None
        self._drawing.bar.saving.connect(self.save)
        self._drawing.bar.leaving.connect(self.leave)
        self._work.drawn.connect(self._describe)

    def commands(self) -> list[Command]:
        """The commands that are the window's own."""
        return [
            Command("new_shape", N_("Draw a new shape…"), self.choose_kind, "map", "digitise", "Ctrl+Shift+W",
                    SIGNED_IN, _DRAWERS),
        ]  # fmt: skip

    def offer(self) -> None:
        """Buttons for drawing beside the map's tools, once the actions are there."""
        actions = self._window.commands.actions
        self._drawing.offer([actions[name] for name in ("save_shapes", "new_shape", "check_topology")])

    def edit_selected(self) -> None:
        """Lay the selected records on the board."""
        now = self._desk.selection.now
        if not now.uids:
            self._desk.said.emit(tr(N_("Select the records whose shapes are to be edited")))
            return
        self._lay(now.entity, now.uids)

    def _lay(self, entity: str, uids: tuple[str, ...]) -> None:
        if len(uids) > MOST_RECORDS:
            self._desk.said.emit(tr(N_("At most {n} shapes can be edited at once"), n=MOST_RECORDS))
            return
        kind = entity_type(entity)
        if why := self._desk.why_not_write(kind):
            tell(self._window, why)
            return
        if not self._may_begin():
            return
        if self._work.on:
            self.end()  # what is drawn from now on, while the records are read, is newer than this wish

        def read(session: Session, _: Any) -> list[Entity]:
            found = {item.uid: item for item in session.workspace.find(kind.record, one_of("uid", uids))}
            return [found[uid] for uid in uids if uid in found]

        self._desk.read(self._window, read, self._begin, topic="draw")

    def _begin(self, records: list[Entity]) -> None:
        if not any(record.geometry is not None for record in records):
            self._desk.said.emit(tr(N_("What is selected has no shape on the map yet")))
        elif not self._work.on:
            self._show_map(records[0].TYPE.name)
            self._pane.bring(records[0].TYPE.name, tuple(item.uid for item in records), only_if_outside=True)
            self._work.begin(records)
            self._drawing.use()

    def choose_kind(self) -> None:
        """Ask what is to be drawn; the ledger that is shown comes first."""
        menu = QMenu(self._window)
        menu.setToolTipsVisible(True)
        page = self._window.page
        for name in sorted(_DRAWN_KINDS, key=lambda name: name != page):
            kind = entity_type(name)
            self._offer(menu, kind.text, kind)
        menu.addSeparator()
        for form, words in _SKETCHES:
            self._offer(menu, tr(words), entity_type("sketch"), form)
        canvas = self._pane.canvas
        self._show_map(page)
        menu.popup(canvas.mapToGlobal(canvas.rect().topLeft()))

    def _offer(self, menu: QMenu, words: str, kind: EntityType, form: Shape = Shape.NONE) -> None:
        """One kind to draw; one that would be refused on saving says why instead."""
        action = menu.addAction(words, partial(self.begin_new, kind, form))
        why = self._desk.why_not_write(kind)
        action.setEnabled(not why)
        action.setToolTip(why)

    def begin_new(self, kind: EntityType, form: Shape = Shape.NONE) -> None:
        """Draw the shape of a new record; a sketch says of which form. What cannot be saved is not begun."""
        if why := self._desk.why_not_write(kind):
            tell(self._window, why)
        elif self._may_begin():
            self._show_map(kind.name)
            self._work.begin_new(kind, form)
            self._drawing.use()

    def _describe(self, kind: EntityType, shape: BaseGeometry) -> None:
        """The outline is there: the rest of the record in its form; given up there, the outline stays."""
        dialog = EditDialog(self._desk, kind, None, self._window, drawn=shape)
        dialog.accepted.connect(self.end)
        dialog.open()

    def save(self) -> None:
        """End the line under way, or write the board with a reason."""
        if self._work.mode is not Mode.CORNERS:
            self._work.finish()
            return
        titles = self._titles()
        question = tr(N_("{n} records get another shape, in one step that can be undone."), n=len(titles))
        dialog = ReasonDialog(tr(N_("Save the shapes")), question, tr(N_("Save")), titles, self._window)
        dialog.accepted.connect(lambda: self._work.save(dialog.reason(), self._saved, self._refused))
        dialog.open()

    def _titles(self) -> list[str]:
        """What will be written, a line for each record."""
        changed, cut_from = self._work.steps.changed(), self._work.board.cut_from
        lines = []
        for uid, shape in changed.items():
            title = self._work.title_of(cut_from.get(uid, uid))
            if shape is None:
                said = N_("{title}: removed, its area goes into another")
            elif uid in cut_from:
                said = N_("{title}: a new record of a piece of it")
            else:
                said = N_("{title}: shape changed")
            if shape is not None or uid not in cut_from:
                lines.append(tr(said, title=title))
        return lines

    def _saved(self, _: object) -> None:
        self._desk.said.emit(tr(N_("Saved")))
        self.end()

    def _refused(self, error: Exception) -> None:
        """Nothing was written; the drawing stays."""
        show_error(self._window, error)

    def leave(self) -> None:
        """End without saving, after asking when something would be lost."""
        if self._may_begin():
            self.end()

    def end(self) -> None:
        """Clear the board, back to selecting."""
        self._work.end()
        self._pane.use_select()

    def _may_begin(self) -> bool:
        if self._work.saving:
            self._desk.said.emit(tr(N_("The shapes are being saved")))
            return False
        return not self._work.dirty or ask(
            self._window, tr(N_("Throw away what you have drawn?")), tr(N_("Throw away"))
        )

    def _show_map(self, entity: str) -> None:
        if self._window.page not in ("boiler", "grid_cell", "water_source"):
            wanted = entity if entity in ("boiler", "grid_cell", "water_source") else "grid_cell"
            self._window.go("water_source" if entity in ("protection_zone", "intake") else wanted)

    # ---- areas that do not fit

    def check_areas(self) -> None:
        """The list of faults beside the map."""
        page = {"water_source": "protection_zone"}.get(self._window.page, self._window.page)
        self._show_map(page)
        if self._faults is not None:
            self._faults.close()
        self._faults = dialog = FaultsDialog(self._desk, page, self._window)
        dialog.shown.connect(self._show_fault)
        dialog.wanted.connect(lambda fault: self._lay(dialog.entity(), fault.uids))
        dialog.finished.connect(self._close_faults)
        dialog.move(self._pane.acts.beside_the_map(dialog.size()))  # in the middle it would hide each fault
        dialog.show()

    def _close_faults(self) -> None:
        self._faults = None

    def _show_fault(self, fault: Fault | None) -> None:
        self._drawing.fault.fault = fault
        if fault is not None and not fault.place.is_empty:
            self._pane.canvas.show_extent(fault.place.bounds)
        elif fault is not None:
            self._desk.selection.choose(self._faults.entity() if self._faults else "", fault.uids)
        self._pane.canvas.update()
