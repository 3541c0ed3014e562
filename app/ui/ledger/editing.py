"""Editing a ledger in its table: cells are written in, pasted and filled, then saved as one change set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from app.domain.entity import Entity
from app.domain.rights import WRITERS
from app.errors import AppError, Invalid
from app.i18n import N_, tr
from app.ui import messages
from app.ui.desk import Desk
from app.ui.ledger.blocks import lay, read_block, spread
from app.ui.ledger.cells import read_cell, why_fixed, written_cell
from app.ui.ledger.editbar import LedgerFoot
from app.ui.ledger.rows import PAGE, read_page
from app.ui.ledger.table import LedgerTable, Spot
from app.ui.tasks import Callbacks

_NAMED = 6  # reasons a message lists before it counts the rest


class Editing(QObject):
    """Between the table, the edits of its model, and the action that saves them."""

    changed = Signal(bool)  # whether the table is being edited

    def __init__(self, desk: Desk, table: LedgerTable, foot: LedgerFoot, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._table, self._foot = desk, table, foot
        self._model, self._staging = table.ledger, table.ledger.staging
        self._saving = False
        table.staged.connect(self._stage)
        table.wanted.connect(self._do)
        table.selectionModel().currentChanged.connect(self._say_cell)
        foot.saving.connect(self.save)
        foot.discarding.connect(self.discard)

    @property
    def on(self) -> bool:
        """Whether the table is being edited."""
        return self._model.editing

    def why_not(self) -> str:
        """Why the table cannot be edited now; empty when it can."""
        actor, session, kind = self._desk.actor, self._desk.session, self._model.kind
        if actor is None or session is None:
            return tr(N_("Sign in first."))
        if session.workspace.read_only:
            return tr(N_("The workspace is open for reading only."))
        if kind.append_only or actor.role not in WRITERS.get(kind.name, ()):
            return tr(N_("Your role may not edit this ledger."))
        return ""

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
            "take_back": self.take_back, "leave": self.leave, "save": self.save,
        }.get(word)  # fmt: skip
        if doing is not None and self.on and not self._saving:
            doing()

    def _stage(self, row: int, column: int, written: tuple[str, Any, str]) -> None:
        record, field = self._model.record(row), self._model.columns[column]
        if record is None or self._saving:
            return
        self._staging.begin()
        self._staging.write(record, field.name, *written)
        self._show()

    def write_all(self, cells: Mapping[Spot, str]) -> list[str]:
        """Write texts into cells as one step; gives the reasons of those that can never be written."""
        refused: dict[str, None] = {}
        self._staging.begin()
        for (row, column), text in cells.items():
            field, record = self._model.columns[column], self._model.record(row)
            why = why_fixed(field) or ("" if record else tr(N_("A group's heading is no record")))
            if why or record is None:
                refused[why] = None
                continue
            try:
                self._staging.write(record, field.name, text, read_cell(field, text, self._model.names))
            except Invalid as fault:
                self._staging.write(record, field.name, text, None, fault.message)
        self._show()
        return list(refused)

    def paste(self) -> None:
        """Lay the block of the clipboard over the table from the first chosen cell."""
        block = read_block(QGuiApplication.clipboard().text())
        spots = self._table.spots()
        if not spots or block == [[""]]:
            return
        shown = self._table.columns_shown()
        across = sorted({shown.index(column) for _, column in spots})
        down = sorted({row for row, _ in spots})
        if len(spots) > 1 and len(block) == 1 and len(block[0]) == 1:
            self._tell(self.write_all(dict.fromkeys(spots, block[0][0])))
            return
        headed = (
            block[0]
            == [self._model.columns[column].heading for column in shown[across[0] :]][: len(block[0])]
        )
        rows = block[1:] if headed and len(block) > 1 else block
        if len(spots) == len(across) * len(down):
            rows = spread(rows, len(down), len(across))
        records = [row for row in range(down[0], self._model.rowCount()) if self._model.uid_at(row)][
            : len(rows)
        ]
        laid = lay(rows, (0, across[0]), len(records), len(shown))
        said = self.write_all({(records[row], shown[column]): text for row, column, text in laid.cells})
        if headed and len(block) > 1:
            said.append(
                tr(N_("The first line of the block is the headings of these columns; it was left out"))
            )
        if laid.rows_beyond:
            said.append(tr(N_("{n} rows lie below the last record"), n=laid.rows_beyond))
        if laid.columns_beyond:
            said.append(tr(N_("{n} columns lie beyond the last one"), n=laid.columns_beyond))
        self._tell(said)

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
        records = {spot: text for spot, text in cells.items() if self._model.uid_at(spot[0])}
        if records:
            self._tell(self.write_all(records))

    def empty(self) -> None:
        """Empty the chosen cells."""
        self._tell(self.write_all(dict.fromkeys(self._table.spots(), "")))

    def put_back(self) -> None:
        """The chosen cells hold again what the records hold."""
        self._staging.begin()
        columns = self._model.columns
        self._staging.put_back((self._model.uid_at(row), columns[at].name) for row, at in self._table.spots())
        self._show()

    def take_back(self) -> None:
        """Undo the last step of writing; saved edits are undone by the ordinary undo, outside the mode."""
        said = N_("Taken back") if self._staging.take_back() else N_("Nothing to take back in the table")
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
        edits, reason = self._staging.edits(), self._foot.reason.text().strip()
        if not edits or self._saving:
            return

        def work(session: Any, _: Any) -> object:
            from app.actions.records import edit_many  # late: actions load after the first paint

            return edit_many(session, edits, reason)

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

    def _tell(self, said: list[str]) -> None:
        """Name what was not written; nothing is dropped without a word."""
        if said:
            more = [tr(N_("and {n} more"), n=len(said) - _NAMED)] if len(said) > _NAMED else []
            messages.tell(
                self._table, tr(N_("Not everything was written")), "\n".join([*said[:_NAMED], *more])
            )
