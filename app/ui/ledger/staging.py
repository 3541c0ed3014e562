"""Edits of the ledger that are written down but not saved: each with its reason when it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.domain.entity import Entity
from app.i18n import N_, tr

Cell = tuple[str, str]  # uid and field
_STEPS_KEPT = 100


@dataclass(frozen=True)
class Staged:
    """What was written into a cell: the text, its value, and what the record holds.

    `why` says why the value can never be taken, `refusal` why the program refused it when it was to be
    saved; `moved` that the record was changed by somebody else since.
    """

    written: str
    value: Any
    before: Any
    why: str = ""
    refusal: str = ""
    moved: bool = False

    @property
    def wrong(self) -> bool:
        """Whether the cell is to be shown as wrong."""
        return bool(self.why or self.refusal)


@dataclass(frozen=True)
class Batch:
    """Many cells judged at once: what is to be staged, cells that hold the value already, the records, and
    why some can never be written."""

    staged: Mapping[Cell, Staged]
    equal: tuple[Cell, ...]
    records: Mapping[str, Entity]
    refused: tuple[str, ...] = ()


def judged(base: Entity, name: str, written: str, value: Any, why: str = "") -> Staged | None:
    """What writing into a cell of a record leaves to be saved; None when the record holds it already."""
    before = getattr(base, name)
    return None if not why and same(value, before) else Staged(written, value, before, why)


class Staging:
    """The edits of one table, with the records they were made on; knows nothing of windows.

    A step keeps what stood in its cells before, and nothing of other cells: pastes of 100,000 cells may be
    taken back a hundred times.
    """

    def __init__(self) -> None:
        self._cells: dict[Cell, Staged] = {}
        self._wrong: dict[Cell, None] = {}
        self._records: dict[str, Entity] = {}
        self._gone: set[str] = set()
        self._followed: set[str] = set()  # records that others changed while something was written here
        self._steps: list[dict[Cell, Staged | None]] = []
        self._undone: list[dict[Cell, Staged | None]] = []

    def __len__(self) -> int:
        return len(self._cells)

    def at(self, uid: str, name: str) -> Staged | None:
        """What is written in a cell, if anything."""
        return self._cells.get((uid, name))

    def base(self, record: Entity) -> Entity:
        """The record that edits are held against: the one it was when the first was made."""
        return self._records.get(record.uid, record)

    def cells(self) -> tuple[Cell, ...]:
        """The cells that are written in, in the order they were."""
        return tuple(self._cells)

    def uids(self) -> tuple[str, ...]:
        """The records with something written in them."""
        return tuple(dict.fromkeys(uid for uid, _ in self._cells))

    def shown(self) -> dict[Cell, str]:
        """The texts written, by cell."""
        return {cell: staged.written for cell, staged in self._cells.items()}

    def begin(self) -> None:
        """What follows is one step, taken back as one."""
        self._steps.append({})
        self._undone.clear()
        del self._steps[:-_STEPS_KEPT]

    def take_back(self) -> bool:
        """Undo the last step; False when there is none. What others changed meanwhile stays marked."""
        return self._turn(self._steps, self._undone)

    def do_again(self) -> bool:
        """Do the step again that was taken back last; False when there is none, or more was written since."""
        return self._turn(self._undone, self._steps)

    def _turn(self, these: list[dict[Cell, Staged | None]], those: list[dict[Cell, Staged | None]]) -> bool:
        if not these:
            return False
        step = these.pop()
        those.append({cell: self._cells.get(cell) for cell in step})
        for cell in [cell for cell in step if cell[0] in self._followed] if self._followed else ():
            staged = step.pop(cell)
            known = None if staged is None else self._as_known(cell, staged)
            equal = known is not None and not known.why and same(known.value, known.before)
            self._set(cell, None if equal else known)
        self._restore(step)
        return True

    def _restore(self, step: Mapping[Cell, Staged | None]) -> None:
        """Cells as they were, all at once: of records nobody else changed, nothing more is known by now."""
        for cell in step.keys() & self._wrong.keys():
            del self._wrong[cell]
        for cell, staged in step.items():
            if staged is None:
                self._cells.pop(cell, None)
        back = {cell: staged for cell, staged in step.items() if staged is not None}
        self._cells.update(back)
        self._wrong.update(dict.fromkeys(cell for cell, staged in back.items() if staged.wrong))

    def write(self, record: Entity, name: str, written: str, value: Any = None, why: str = "") -> None:
        """Write into a cell; writing what the record holds takes the edit away."""
        base = self._records.setdefault(record.uid, record)
        self._keep((record.uid, name))
        self._set((record.uid, name), judged(base, name, written, value, why))

    def take(self, batch: Batch) -> None:
        """Write a batch as one step."""
        held = self._cells.get
        before: dict[Cell, Staged | None] = {cell: held(cell) for cell in (*batch.staged, *batch.equal)}
        self.begin()
        self._steps[-1] = before
        self._records = {**batch.records, **self._records}
        for cell in batch.equal:
            self._cells.pop(cell, None)
            self._wrong.pop(cell, None)
        self._cells.update(batch.staged)
        for cell in self._wrong.keys() & batch.staged.keys():
            del self._wrong[cell]
        self._wrong.update(dict.fromkeys(cell for cell, staged in batch.staged.items() if staged.why))

    def put_back(self, cells: Iterable[Cell]) -> None:
        """Forget what is written in these cells, as one step."""
        self.begin()
        before: dict[Cell, Staged | None] = {}
        for cell in cells:
            staged = self._cells.pop(cell, None)
            if staged is not None:
                before[cell] = staged
        for cell in self._wrong.keys() & before.keys():
            del self._wrong[cell]
        self._steps[-1] = before

    def clear(self) -> None:
        """Forget everything."""
        self._cells.clear()
        self._wrong.clear()
        self._records.clear()
        self._gone.clear()
        self._followed.clear()
        self._steps.clear()
        self._undone.clear()

    def changed(self) -> int:
        """How many cells are written in and right."""
        return len(self._cells) - len(self._wrong)

    def wrong(self) -> int:
        """How many cells are wrong."""
        return len(self._wrong)

    def first_wrong(self) -> Cell | None:
        """The first cell with a value that can never be saved."""
        return next((cell for cell in self._wrong if self._cells[cell].why), None)

    def edits(self) -> Callable[[], list[tuple[Entity, Mapping[str, Any]]]]:
        """What gives the edits by record, as one action takes them: those of now, in a thread too, whatever
        others change meanwhile."""
        cells, records = dict(self._cells), dict(self._records)

        def made() -> list[tuple[Entity, Mapping[str, Any]]]:
            values: dict[str, dict[str, Any]] = {}
            for (uid, name), staged in cells.items():
                if not staged.why:
                    values.setdefault(uid, {})[name] = staged.value
            return [(records[uid], changes) for uid, changes in values.items()]

        return made

    def refuse(self, faults: Iterable[Mapping[str, Any]]) -> None:
        """Put the reasons of a refusal on the cells they name: `uid`, `fields`, `why`."""
        for fault in faults:
            for name in fault.get("fields", ()):
                cell = (str(fault.get("uid")), str(name))
                if cell in self._cells:
                    self._set(cell, replace(self._cells[cell], refusal=str(fault.get("why", ""))))

    def follow(self, uid: str, fresh: Entity | None) -> None:
        """A record was changed or removed by somebody: keep what is written, and mark it."""
        self._followed.add(uid)
        if fresh is None:
            self._gone.add(uid)
            gone = tr(N_("This record was removed meanwhile"))
            for cell in [cell for cell in self._cells if cell[0] == uid]:
                self._set(cell, replace(self._cells[cell], why=gone, moved=True))
            return
        self._records[uid] = fresh
        for cell in [cell for cell in self._cells if cell[0] == uid]:
            staged, now = self._cells[cell], getattr(fresh, cell[1])
            if not staged.why and same(staged.value, now):
                self._set(cell, None)
            elif not same(now, staged.before):
                self._set(cell, replace(staged, before=now, moved=True))

    def _keep(self, cell: Cell) -> None:
        if self._steps:
            self._steps[-1].setdefault(cell, self._cells.get(cell))

    def _set(self, cell: Cell, staged: Staged | None) -> None:
        if staged is None:
            self._cells.pop(cell, None)
        else:
            self._cells[cell] = staged
        if staged is not None and staged.wrong:
            self._wrong[cell] = None
        else:
            self._wrong.pop(cell, None)

    def _as_known(self, cell: Cell, staged: Staged) -> Staged:
        """An earlier edit with what is known by now: others' changes, and that the record is gone."""
        record, now = self._records.get(cell[0]), self._cells.get(cell)
        before = getattr(record, cell[1]) if record else staged.before
        moved = staged.moved or (now is not None and now.moved) or not same(before, staged.before)
        why = staged.why or (tr(N_("This record was removed meanwhile")) if cell[0] in self._gone else "")
        return replace(staged, before=before, moved=moved, why=why)


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same: unknown is unknown however it is kept."""
    return (one if one not in ("", ()) else None) == (other if other not in ("", ()) else None)
