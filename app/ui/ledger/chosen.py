"""Which cells of a ledger's table are chosen, read once for each selection and not once for each cell."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractItemView

Span = tuple[int, int, int, int]  # first row, last row, first column, last column


class Chosen(QObject):
    """The chosen ranges of a view as plain numbers: Qt asks the model for the flags of each cell it paints,
    and its row numbers for every cell of three rows."""

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._view = view
        self._spans: list[Span] | None = None
        view.selectionModel().selectionChanged.connect(self._forget)
        view.model().modelReset.connect(self._forget)  # empties a selection without a word

    def within(self, first: int, last: int) -> dict[int, list[tuple[int, int]]]:
        """The chosen columns of each of these rows as runs; rows without any are left out."""
        if self._spans is None:
            self._spans = self._read()
        found: dict[int, list[tuple[int, int]]] = {}
        for top, bottom, left, right in self._spans:
            for row in range(max(first, top), min(last, bottom) + 1):
                found.setdefault(row, []).append((left, right))
        return found

    def _read(self) -> list[Span]:
        held = self._view.selectionModel().selection()
        ranges = [held.at(at) for at in range(held.size())]
        return [(part.top(), part.bottom(), part.left(), part.right()) for part in ranges]

    def _forget(self) -> None:
        self._spans = None
