"""Edits of the ledger that are written down but not saved: each with its reason when it is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


class Staging:
    """The edits of one table, with the records they were made on; knows nothing of windows."""

    def __init__(self) -> None:
        self._cells: dict[Cell, Staged] = {}
        self._records: dict[str, Entity] = {}
        self._gone: set[str] = set()
        self._steps: list[dict[Cell, Staged]] = []

    def __len__(self) -> int:
        return len(self._cells)

    def at(self, uid: str, name: str) -> Staged | None:
        """What is written in a cell, if anything."""
        return self._cells.get((uid, name))

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
        self._steps.append(dict(self._cells))
        del self._steps[:-_STEPS_KEPT]

    def take_back(self) -> bool:
        """Undo the last step; False when there is none. What others changed meanwhile stays marked."""
        if not self._steps:
            return False
        kept = self._steps.pop()
        now = self._cells
        self._cells = {cell: self._as_known(cell, staged, now) for cell, staged in kept.items()}
        self._drop_equal()
        return True

    def write(self, record: Entity, name: str, written: str, value: Any = None, why: str = "") -> None:
        """Write into a cell; writing what the record holds takes the edit away."""
        base = self._records.setdefault(record.uid, record)
        before = getattr(base, name)
        if not why and same(value, before):
            self._cells.pop((record.uid, name), None)
            return
        self._cells[(record.uid, name)] = Staged(written, value, before, why)

    def put_back(self, cells: Iterable[Cell]) -> None:
        """Forget what is written in these cells."""
        for cell in cells:
            self._cells.pop(cell, None)

    def clear(self) -> None:
        """Forget everything."""
        self._cells.clear()
        self._records.clear()
        self._gone.clear()
        self._steps.clear()

    def changed(self) -> int:
        """How many cells are written in and right."""
        return sum(not staged.wrong for staged in self._cells.values())

    def wrong(self) -> int:
        """How many cells are wrong."""
        return sum(staged.wrong for staged in self._cells.values())

    def first_wrong(self) -> Cell | None:
        """The first cell with a value that can never be saved."""
        return next((cell for cell, staged in self._cells.items() if staged.why), None)

    def edits(self) -> list[tuple[Entity, Mapping[str, Any]]]:
        """The edits by record, as one action takes them."""
        values: dict[str, dict[str, Any]] = {}
        for (uid, name), staged in self._cells.items():
            if not staged.why:
                values.setdefault(uid, {})[name] = staged.value
        return [(self._records[uid], changes) for uid, changes in values.items()]

    def refuse(self, faults: Iterable[Mapping[str, Any]]) -> None:
        """Put the reasons of a refusal on the cells they name: `uid`, `fields`, `why`."""
        for fault in faults:
            for name in fault.get("fields", ()):
                cell = (str(fault.get("uid")), str(name))
                if cell in self._cells:
                    self._cells[cell] = replace(self._cells[cell], refusal=str(fault.get("why", "")))

    def follow(self, uid: str, fresh: Entity | None) -> None:
        """A record was changed or removed by somebody: keep what is written, and mark it."""
        if fresh is None:
            self._gone.add(uid)
            gone = tr(N_("This record was removed meanwhile"))
            for cell in [cell for cell in self._cells if cell[0] == uid]:
                self._cells[cell] = replace(self._cells[cell], why=gone, moved=True)
            return
        self._records[uid] = fresh
        for cell in [cell for cell in self._cells if cell[0] == uid]:
            staged, now = self._cells[cell], getattr(fresh, cell[1])
            if not same(now, staged.before):
                self._cells[cell] = replace(staged, before=now, moved=True)
        self._drop_equal()

    def _as_known(self, cell: Cell, staged: Staged, now: Mapping[Cell, Staged]) -> Staged:
        record = self._records.get(cell[0])
        before = getattr(record, cell[1]) if record else staged.before
        moved = staged.moved or (cell in now and now[cell].moved) or not same(before, staged.before)
        why = staged.why or (tr(N_("This record was removed meanwhile")) if cell[0] in self._gone else "")
        return replace(staged, before=before, moved=moved, why=why)

    def _drop_equal(self) -> None:
        same_now = [
            cell
            for cell, staged in self._cells.items()
            if not staged.why and same(staged.value, staged.before)
        ]
        self.put_back(same_now)


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same: unknown is unknown however it is kept."""
    return (one if one not in ("", ()) else None) == (other if other not in ("", ()) else None)
