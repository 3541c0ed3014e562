"""The scroll bar dragged far: rows nobody can read while they fly past are not read from the file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QAbstractItemView

from app.ui.ledger.model import LedgerModel

_REST_MS = 80  # the bar has stood still for so long: what is shown is wanted


class FarDrag(QObject):
    """Lets a table's rows stay empty while its bar is dragged by more than a screen at a time.

    Each such frame would read two pages and lay out every text of the screen, 20 ms of the 16 there are.
    What is in memory is shown all the while, and so are the row numbers.
    """

    def __init__(self, table: QAbstractItemView, model: LedgerModel, repaint: Callable[[], None]) -> None:
        super().__init__(table)
        self._model, self._repaint = model, repaint
        self._bar = table.verticalScrollBar()
        self._at = self._bar.value()
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._arrive)
        self._bar.valueChanged.connect(self._moved)
        self._bar.sliderReleased.connect(self._arrive)

    def _moved(self, value: int) -> None:
        far = abs(value - self._at) > self._bar.pageStep()
        self._at = value
        if self._bar.isSliderDown() and far:
            self._model.in_haste = True
            self._rest.start()
        else:
            self._arrive()

    def _arrive(self) -> None:
        """The rows that are shown now are read and painted."""
        self._rest.stop()
        if self._model.in_haste:
            self._model.in_haste = False
            self._repaint()
