"""Editing a ledger in its table: cells are written in, pasted and filled, then saved as one change set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from app.domain.entity import Entity
from app.errors import AppError
from app.i18n import N_, tr
from app.litter import LARGE, kept
from app.ui import messages
from app.ui.desk import Desk
from app.ui.ledger.cells import written_cell
from app.ui.ledger.editbar import LedgerFoot
from app.ui.ledger.rows import PAGE, read_page
from app.ui.ledger.staging import Batch
from app.ui.ledger.table import LedgerTable, Spot
from app.ui.ledger.writing import Aim, CellTexts, ReadPage, judge_all, pasted
from app.ui.tasks import Callbacks, Task

_AT_ONCE = 400  # cells that are written without a thread
_NAMED = 6  # reasons a message lists before it counts the rest


class Editing(QObject):
    """Between the table, the edits of its model, and the action that saves them."""

    changed = Signal(bool)  # whether the table is being edited

    def __init__(self, desk: Desk, table: LedgerTable, foot: LedgerFoot, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._table, self._foot = desk, table, foot
        self._model, self._staging = table.ledger, table.ledger.staging
        self._saving = self._writing = False
        self._task: Task | None = None
        table.staged.connect(self._stage)
        table.wanted.connect(self._do)
        table.selectionModel().currentChanged.connect(self._say_cell)
        foot.saving.connect(self.save)
        foot.discarding.connect(self.discard)
        foot.cancelling.connect(self.cancel)

    @property
    def on(self) -> bool:
        """Whether the table is being edited."""
        return self._model.editing

    def why_not(self) -> str:
        """Why the table cannot be edited now; empty when it can."""
        return self._desk.why_not_write(self._model.kind)

    def toggle(self) -> None:
        """Begin editing, or end it; edits that are not saved are asked about."""
        if self.on:
            self.leave()
        elif why := self.why_not():
            messages.tell(self._table, why)
        else:
            self._set(True)

    def leave(self) -> bool:
        """End editing unless the user wants to keep what is written; whether it ended."""
        if self._writing:
            self.cancel()
            return False
        if self._saving or (len(self._staging) and not self.discard()):
            return False
        self._set(False)
        return True

    def discard(self) -> bool:
        """Ask, then forget all that is written; whether it was forgotten."""
        question = tr(N_("Discard {n} cells that are not saved?"), n=len(self._staging))
        if not messages.ask(self._table, question, tr(N_("Discard"))):
            return False
        self._staging.clear()
        self._show()
        return True

    # ---- writing into cells

    def _do(self, word: str) -> None:
        doing = {
            "paste": self.paste, "fill": self.fill_down, "empty": self.empty, "put_back": self.put_back,
            "take_back": self.take_back, "do_again": self.do_again, "leave": self.leave, "save": self.save,
        }.get(word)  # fmt: skip
        if self._writing and word == "leave":
            self.cancel()
        elif doing is not None and self.on and not self._saving and not self._writing:
            doing()

    def _stage(self, row: int, column: int, written: tuple[str, Any, str]) -> None:
        record, field = self._model.record(row), self._model.columns[column]
        if record is None or self._saving or self._writing:
            return
        self._staging.begin()
        self._staging.write(record, field.name, *written)
        self._show()

    def write(self, cells: Mapping[Spot, str], said: Sequence[str] = ()) -> None:
        """Write texts into cells as one step: few at once, many in a thread."""
        self._write_out(lambda: (cells, said), len(cells))

    def paste(self) -> None:
        """Lay the block of the clipboard over the table from the first chosen cell."""
        text = QGuiApplication.clipboard().text()
        spots = self._table.spots()
        if not text.strip("\r\n"):
            self._desk.said.emit(tr(N_("The clipboard holds no text to paste")))
        if not spots or not text.strip("\r\n"):
            return
        shown, lines = self._table.columns_shown(), max(text.count("\n"), text.count("\r")) + 1
        first, headings = min(row for row, _ in spots), [self._model.columns[at].heading for at in shown]
        below = (row for row in range(first, self._model.rowCount()) if self._model.uid_at(row))
        aim = Aim(spots, shown, headings, list(islice(below, max(lines, len(spots)))))
        size = max(len(spots), lines + text.count("\t"))
        self._write_out(lambda: pasted(text, aim), size)

    def _write_out(self, lay_out: Callable[[], tuple[Mapping[Spot, str], Sequence[str]]], size: int) -> None:
        if self._writing or self._saving:
            return
        model, uid_at, base = self._model, self._model.uids_by_row(), self._staging.base

        def work(read: ReadPage, progress: Callable[..., None], cancelled: Callable[[], bool]) -> Batch:
            with kept(LARGE if size > _AT_ONCE else 0):
                cells, said = lay_out()
                texts = {(uid, column): text for (row, column), text in cells.items() if (uid := uid_at(row))}
                task = CellTexts(model.kind, model.columns, model.names, texts)
                batch = judge_all(task, read, base, progress, cancelled)
            return replace(batch, refused=(*batch.refused, *said))

        if size <= _AT_ONCE:
            self._take(work(model.read_page, lambda *_: None, lambda: False))
            return
        self._busy(True)
        callbacks: Callbacks[Batch] = Callbacks(
            self._take, progress=self._foot.show_progress, finished=lambda: self._busy(False)
        )
        self._task = self._desk.read(
            self,
            lambda session, token: work(partial(read_page, session), token.progress, token.cancelled),
            callbacks,
            title=tr(N_("Writing into the cells")),
        )

    def _take(self, batch: Batch) -> None:
        written = bool(batch.staged or batch.equal)
        if written:  # otherwise it is no step to take back
            self._staging.take(batch)
            self._show()
        self._tell(list(batch.refused), written)

    def cancel(self) -> None:
        """Stop writing a large block; nothing of it is written."""
        if self._task is not None:
            self._task.cancel()

    def _busy(self, on: bool) -> None:
        self._writing = on
        self._foot.show_working(on)
        if not on:
            self._task = None
            self._table.setFocus()

    def fill_down(self) -> None:
        """Each chosen range takes the value of its first row; of a single row, that of the row above."""
        cells: dict[Spot, str] = {}
        for part in sorted(self._table.ranges(), key=lambda chosen: chosen.top()):
            top, bottom = part.top(), part.bottom()
            first = max(0, top - 1) if top == bottom else top
            if self._model.group_at(first) is not None:
                continue
            for column in range(part.left(), part.right() + 1):
                if not self._table.isColumnHidden(column):
                    text = cells.get((first, column), self._text(first, column))
                    cells.update({(row, column): text for row in range(first + 1, bottom + 1)})
        if cells:
            self.write(cells)

    def empty(self) -> None:
        """Empty the chosen cells."""
        self.write(dict.fromkeys(self._table.spots(), ""))

    def put_back(self) -> None:
        """The chosen cells hold again what the records hold."""
        names, uid_at = [field.name for field in self._model.columns], self._model.uids_by_row()
        self._staging.put_back((uid_at(row), names[at]) for row, at in self._table.spots())
        self._show()

    def take_back(self) -> None:
        """Undo the last step of writing; saved edits are undone by the ordinary undo, outside the mode."""
        said = N_("Taken back") if self._staging.take_back() else N_("Nothing to take back in the table")
        self._desk.said.emit(tr(said))
        self._show()

    def do_again(self) -> None:
        """Do the step of writing again that was taken back last."""
        said = N_("Done again") if self._staging.do_again() else N_("Nothing to do again in the table")
        self._desk.said.emit(tr(said))
        self._show()

    def _text(self, row: int, column: int) -> str:
        staged, record = self._model.staged(row, column), self._model.record(row)
        if staged is not None:
            return staged.written
        field = self._model.columns[column]
        return written_cell(field, getattr(record, field.name), self._model.names) if record else ""

    # ---- saving

    def save(self) -> None:
        """Save everything as one change set; a wrong value is gone to instead."""
        wrong = self._staging.first_wrong()
        if wrong is not None:
            self._go_to(*wrong)
            return
        reason = self._foot.reason.text().strip()
        if not len(self._staging) or self._saving or self._writing:
            return
        edits = self._staging.edits()

        def work(session: Any, _: Any) -> object:
            from app.actions.records import edit_many  # late: actions load after the first paint

            return edit_many(session, edits(), reason)

        self._saving = True
        self._foot.setEnabled(False)
        callbacks: Callbacks[object] = Callbacks(self._saved, self._refused, finished=self._ended)
        self._desk.act(self, work, callbacks, title=tr(N_("Saving")))

    def _ended(self) -> None:
        self._saving = False
        self._foot.setEnabled(True)

    def _saved(self, _: object) -> None:
        said = tr(N_("{n} cells saved"), n=len(self._staging))
        self._staging.clear()
        self._foot.reason.clear()
        self._desk.said.emit(said)
        self._show()
        self._table.setFocus()

    def _refused(self, error: Exception) -> None:
        """Reasons that name cells go to them; anything else is said as ever."""
        faults = [
            item for item in getattr(error, "details", ()) if isinstance(item, dict) and item.get("uid")
        ]
        if not isinstance(error, AppError) or not faults:
            self._desk.failed.emit(error)
            return
        self._staging.refuse(faults)
        self._show()
        self._foot.say(error.message)
        self._go_to(str(faults[0]["uid"]), next(iter(faults[0]["fields"]), ""), say=error.message)

    def follow(self, uids: tuple[str, ...]) -> None:
        """Records were changed, by whomever: read those again that something is written in."""
        mine = tuple(set(uids) & set(self._staging.uids()))
        if not mine or self._saving:
            return
        kind = self._model.kind

        def read(session: Any, _: Any) -> dict[str, Entity]:
            found: dict[str, Entity] = {}
            for first in range(0, len(mine), PAGE):
                found.update(read_page(session, kind, mine[first : first + PAGE]))
            return found

        def take(found: dict[str, Entity]) -> None:
            for uid in mine:
                self._staging.follow(uid, found.get(uid))
            self._show()

        self._desk.read(self, read, take)

    # ---- showing

    def _set(self, on: bool) -> None:
        self._model.editing = on
        self._staging.clear()
        self._table.set_editing(on)
        self._foot.show_editing(on)
        self._show()
        self.changed.emit(on)
        self._table.setFocus()

    def _show(self) -> None:
        self._foot.show_counts(self._staging.changed(), self._staging.wrong())
        self._model.repaint_cells()
        self._say_cell()

    def _say_cell(self, *_: object) -> None:
        now = self._table.currentIndex()
        staged = self._model.staged(now.row(), now.column()) if now.isValid() and self.on else None
        self._foot.say((staged.why or staged.refusal) if staged else "")

    def _go_to(self, uid: str, name: str, say: str = "") -> None:
        row, names = self._model.row_of(uid), [field.name for field in self._model.columns]
        if row < 0 or name not in names:
            self._foot.say(say or tr(N_("A wrong value is in a row that the filter hides")))
            return
        self._table.setColumnHidden(names.index(name), False)
        self._table.setCurrentIndex(self._model.index(row, names.index(name)))
        self._table.setFocus()
        self._say_cell()

    def _tell(self, said: list[str], written: bool) -> None:
        """Name what was not written; nothing is dropped without a word."""
        if said:
            more = [tr(N_("and {n} more"), n=len(said) - _NAMED)] if len(said) > _NAMED else []
            what = N_("Not everything was written") if written else N_("Nothing was written")
            messages.tell(self._table, tr(what), "\n".join([*said[:_NAMED], *more]))
