"""The editor of several values of a closed list: a box to tick for each, some of them hidden where others
do not apply."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from app.domain.fields import Field
from app.i18n import N_, listed, tr
from app.ui import metrics
from app.ui.forms.editors import Editor
from app.ui.parts import muted


class ChecklistEditor(Editor):
    """A tick box for each value; hidden ones do not count."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        frame = QWidget()
        column = QVBoxLayout(frame)
        metrics.tight(column, 0, 0.5)
        self.boxes: dict[str, QCheckBox] = {}
        for code in field.choices.codes if field.choices else ():
            box = QCheckBox(field.choices.label(code) if field.choices else code)
            box.toggled.connect(self.edited)
            self.boxes[code] = box
            column.addWidget(box)
        self._none = muted(tr(N_("What is looked at follows from the field above.")))
        self._none.hide()
        column.addWidget(self._none)
        self.hold(frame)

    def offer(self, codes: Iterable[str]) -> None:
        """Offer these values only."""
        offered = frozenset(codes)
        for code, box in self.boxes.items():
            box.setVisible(code in offered)
        self._none.setVisible(not offered)

    def value(self) -> Any:
        """The ticked values that are offered, in the order of the list."""
        return tuple(code for code, box in self.boxes.items() if box.isChecked() and not box.isHidden())

    def written(self) -> str:
        """The ticked values as they would be written."""
        return listed(self.boxes[code].text() for code in self.value())

    def set_value(self, value: Any) -> None:
        """Tick these values."""
        for code, box in self.boxes.items():
            box.setChecked(code in (value or ()))
