"""Blocks into cells: what a paste means, and many cells judged in a thread, as one step of editing.

Knows nothing of widgets. Row and column numbers are the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.entity import Entity, EntityType
from app.domain.fields import Field
from app.errors import Cancelled, Invalid
from app.i18n import N_, tr
from app.ui.ledger.blocks import lay, read_block, spread
from app.ui.ledger.cells import read_cell, why_fixed
from app.ui.ledger.staging import Batch, Cell, Staged, judged
from app.ui.names import Names

Spot = tuple[int, int]  # row and column of the model
ReadPage = Callable[[EntityType, Sequence[str]], dict[str, Entity]]
_CHUNK = 240  # records read at a time; between two chunks the work can be cancelled


@dataclass(frozen=True)
class Aim:
    """Where a block is pasted: the chosen cells, the columns shown with their headings, and the rows with
    records from the first chosen one downwards."""

    spots: Sequence[Spot]
    shown: Sequence[int]
    headings: Sequence[str]
    records: Sequence[int]


@dataclass(frozen=True)
class CellTexts:
    """Texts for cells of one table, by uid and column, with what they are judged by."""

    kind: EntityType
    columns: Sequence[Field]
    names: Names
    texts: Mapping[tuple[str, int], str]


def pasted(text: str, aim: Aim) -> tuple[dict[Spot, str], list[str]]:
    """The text for each cell that a block is laid on, and what there is to say of it.

    A block that reaches beyond what is shown, or aims at cells apart from each other, gives no cell at all:
    with a filter on, half of it would stand in the wrong rows unseen.
    """
    block = read_block(text)
    spots, shown = aim.spots, aim.shown
    if len(spots) > 1 and len(block) == 1 and len(block[0]) == 1:
        return dict.fromkeys(spots, block[0][0]), []
    across = sorted({shown.index(column) for _, column in spots})
    down = sorted({row for row, _ in spots})
    if not _one_block(aim, down, across):
        apart = N_("The chosen cells do not lie side by side: choose one block, or the first cell only")
        return {}, [tr(apart)]
    headed = len(block) > 1 and block[0] == list(aim.headings[across[0] :])[: len(block[0])]
    rows = spread(block[1:] if headed else block, len(down), len(across))
    records = aim.records[: len(rows)]
    laid = lay(rows, (0, across[0]), len(records), len(shown))
    said = []
    if laid.rows_beyond:
        said.append(tr(N_("{n} rows lie below the last record shown"), n=laid.rows_beyond))
    if laid.columns_beyond:
        said.append(tr(N_("{n} columns lie beyond the last one shown"), n=laid.columns_beyond))
    if said:
        return {}, said
    if headed:
        said.append(tr(N_("The first line of the block is the headings of these columns; it was left out")))
    return {(records[row], shown[column]): text for row, column, text in laid.cells}, said


def _one_block(aim: Aim, down: Sequence[int], across: Sequence[int]) -> bool:
    """Whether the chosen cells are one block of the records and columns shown."""
    whole = len(aim.spots) == len(down) * len(across) and across[-1] - across[0] == len(across) - 1
    return whole and list(aim.records[: len(down)]) == list(down)


def judge_all(
    task: CellTexts,
    read: ReadPage,
    base: Callable[[Entity], Entity],
    progress: Callable[[int, int, str], None],
    cancelled: Callable[[], bool],
) -> Batch:
    """Every text as the value of its cell or with the reason it is none. Raises Cancelled."""
    by_uid: dict[str, list[tuple[int, str]]] = {}
    refused: dict[str, None] = {}
    for (uid, column), text in task.texts.items():
        why = why_fixed(task.columns[column])
        if why:
            refused[why] = None
        else:
            by_uid.setdefault(uid, []).append((column, text))
    judge, uids = _Judge(task, by_uid), list(by_uid)
    for first in range(0, len(uids), _CHUNK):
        if cancelled():
            raise Cancelled(N_("Writing into the cells was cancelled"), hint=N_("Nothing was written."))
        progress(first, len(uids), tr(N_("Writing into the cells")))
        for found in read(task.kind, uids[first : first + _CHUNK]).values():
            judge.record(base(found))
    return Batch(judge.staged, tuple(judge.equal), judge.records, tuple(refused))


class _Judge:
    """Judges the texts of one record after the other; blocks repeat their texts, and each is read once."""

    def __init__(self, task: CellTexts, by_uid: Mapping[str, Sequence[tuple[int, str]]]) -> None:
        self._task, self._by_uid = task, by_uid
        self._known: dict[tuple[int, str], tuple[object, str]] = {}
        self.staged: dict[Cell, Staged] = {}
        self.equal: list[Cell] = []
        self.records: dict[str, Entity] = {}

    def record(self, record: Entity) -> None:
        """Every text of a record."""
        self.records[record.uid] = record
        for column, text in self._by_uid[record.uid]:
            name = self._task.columns[column].name
            one = judged(record, name, text, *self.value(column, text))
            if one is None:
                self.equal.append((record.uid, name))
            else:
                self.staged[record.uid, name] = one

    def value(self, column: int, text: str) -> tuple[object, str]:
        """The value of a text in a column, and why it is none."""
        found = self._known.get((column, text))
        if found is None:
            try:
                found = read_cell(self._task.columns[column], text, self._task.names), ""
            except Invalid as fault:
                found = None, fault.message
            self._known[column, text] = found
        return found
