"""Online maps: off by default; with the user's own key, which stays on this laptop."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QFormLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.carto.mapbook import AddedLayer
from app.i18n import N_, tr
from app.settings import ON, Preferences
from app.ui import metrics
from app.ui.messages import buttons
from app.ui.parts import muted


class OnlineDialog(QDialog):
    """`on`, `key_written` and `chosen` hold what was settled; `emptied` asks at once, whatever is settled."""

    emptied = Signal()

    def __init__(
        self, preferences: Preferences, offered: Sequence[AddedLayer], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr(N_("Online map (Tianditu)…")).rstrip("…"))
        self.on = QCheckBox(tr(N_("The map may fetch tiles from Tianditu")))
        self.on.setChecked(preferences.online_maps == ON)
        self.key_line = QLineEdit(preferences.tianditu_key or "", maxLength=100)
        self.key_line.setPlaceholderText(tr(N_("From your own account of Tianditu")))
        self.key_line.setAccessibleName(tr(N_("Key of Tianditu")))
        self._boxes = [(layer, QCheckBox(layer.title)) for layer in offered]
        self.empty = QPushButton(tr(N_("Remove all fetched tiles from this laptop")), autoDefault=False)
        self.empty.clicked.connect(self._removed)
        self._foot = buttons(tr(N_("OK")))
        self._foot.accepted.connect(self.accept)
        self._foot.rejected.connect(self.reject)
        self.on.toggled.connect(self._enable)
        self.key_line.textChanged.connect(self._enable)
        self._lay_out()
        self._enable()

    def key_written(self) -> str:
        """The key."""
        return self.key_line.text().strip()

    def chosen(self) -> list[AddedLayer]:
        """The layers to be added."""
        return [layer for layer, box in self._boxes if box.isChecked() and box.isEnabled()]

    def _removed(self) -> None:
        self.empty.setEnabled(False)
        self.emptied.emit()

    def _enable(self, *_: object) -> None:
        able = self.on.isChecked() and bool(self.key_written())
        self.key_line.setEnabled(self.on.isChecked())
        for _layer, box in self._boxes:
            box.setEnabled(able)
        for button in self._foot.buttons():
            if button.objectName() == "deed":
                button.setEnabled(able or not self.on.isChecked())

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow(tr(N_("Key of Tianditu")), self.key_line)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addWidget(self.on)
        column.addLayout(form)
        column.addWidget(muted(tr(N_("Add to this map:"))))
        for _layer, box in self._boxes:
            column.addWidget(box)
        note = N_(
            "Only what the map shows is fetched, and kept on this laptop to be shown again without a network."
            " Whoever runs Tianditu sees which part of the map you look at. The key is kept with your"
            " settings, not in the workspace."
        )
        column.addWidget(muted(tr(note)))
        column.addWidget(self.empty, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        column.addWidget(self._foot)
        metrics.open_at(self, metrics.chars(76), metrics.line_height() * 17)
