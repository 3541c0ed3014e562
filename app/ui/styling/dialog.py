"""The properties of a layer, seen on the map while they are edited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.carto.features import Objects
from app.carto.layers import Layer
from app.carto.legend import GROUP_TITLES
from app.errors import AppError
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.map.arranging import MapArranging
from app.ui.messages import buttons
from app.ui.parts import fault, say_fault, side_button
from app.ui.styling.fields import field_words, fields_of, parts_of
from app.ui.styling.labeltab import LabelTab
from app.ui.styling.scales import ScaleRange
from app.ui.styling.symboltab import SymbolTab

_PREVIEW_MS = 120


class LayerDialog(QDialog):
    """Every change is tried out on the map; Cancel takes all of them back."""

    def __init__(
        self, desk: Desk, arranging: MapArranging, layer: str, palette: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._arranging, self._id, self._palette = desk, arranging, layer, palette
        self._before = self._now = arranging.arrangement
        self._theme_id = arranging.theme_id
        found = self._layer()
        self.setWindowTitle(tr(N_("Layer “{name}”"), name=tr(found.title)))
        names = fields_of(found.entity, arranging)
        self.symbols = SymbolTab(
            names, parts_of(arranging.table(layer), found.entity), self._values, self._words
        )
        self.labels = LabelTab(names)
        self.general = _General(self._groups())
        self._fault = fault()
        self._later = QTimer(self, singleShot=True, interval=_PREVIEW_MS)
        self._later.timeout.connect(self._try_out)
        self._fill()
        for tab in (self.symbols, self.labels, self.general):
            tab.edited.connect(self._later.start)
        self._lay_out(with_symbols=not found.entity.startswith("tiles."))

    # ---- what is shown

    def _layer(self) -> Layer:
        found = self._arranging.theme(self._palette).layer(self._id)
        if found is None:
            raise KeyError(self._id)
        return found

    def _groups(self) -> list[str]:
        layers = self._arranging.theme(self._palette).layers
        return list(dict.fromkeys([*GROUP_TITLES, *(layer.group for layer in layers)]))

    def _fill(self) -> None:
        table, layer = self._arranging.table(self._id), self._layer()
        self.symbols.fill(table, layer)
        self.labels.fill(table.get("label"), layer.label.style if layer.label else None)
        self.general.fill(table)
        self._count(layer)

    def _try_out(self) -> None:
        """Show on the map what the tabs say now."""
        try:
            self._now = self._edited()
            self._arranging.try_out(self._now)
            layer = self._layer()
        except AppError as refused:
            self._arranging.try_out(self._before)
            say_fault(self._fault, refused.message)
            return
        say_fault(self._fault, "")
        self.symbols.show_layer(layer)
        self._count(layer)

    def _edited(self) -> Any:
        now = self._before.looking(self._id, self.symbols.look())
        return now.changed(self._id, {"label": self.labels.label(), **self.general.keys()})

    def _count(self, layer: Layer) -> None:
        """Count the features of each class in a thread."""

        def work(session: Any, token: Any) -> list[int]:
            from app.actions.maps import feature_source  # late: actions load after the first paint

            columns = feature_source(session).columns(layer.entity, layer.fields(), None)
            classes = np.where(layer.passes(columns), layer.rule.classify(columns), -1)
            return [int(np.count_nonzero(classes == at)) for at in range(len(layer.rule.classes))]

        if not layer.entity.startswith("tiles."):
            self._desk.read(self, work, self.symbols.show_counts, topic="counts")

    def _values(self, name: str, done: Callable[[Objects], None]) -> None:
        """The values of a field of the layer's features, read in a thread."""
        layer = self._layer()

        def work(session: Any, token: Any) -> Objects:
            from app.actions.maps import feature_source  # late: actions load after the first paint

            wanted = [name, *layer.where, *layer.where_not]
            columns = feature_source(session).columns(layer.entity, wanted, None)
            return columns.column(name)[layer.passes(columns)]

        self._desk.read(self, work, done, topic="values")

    def _words(self, name: str, value: object) -> str:
        return field_words(self._layer().entity, name, value, self._desk.names)

    # ---- the end

    def done(self, result: int) -> None:
        """OK remembers what is shown, everything else takes it back."""
        if self._later.isActive():
            self._later.stop()
            if result:
                self._try_out()
        if self._arranging.theme_id == self._theme_id:
            if result:
                self._arranging.arrange(self._now)
            else:
                self._arranging.try_out(None)
        super().done(result)

    def _as_its_theme(self) -> None:
        self._later.stop()
        self._before = self._now = self._before.as_shipped(self._id)
        self._arranging.try_out(self._now)
        self._fill()

    def _lay_out(self, *, with_symbols: bool) -> None:
        self.tabs = QTabWidget()
        if with_symbols:
            self.tabs.addTab(self.symbols, tr(N_("Symbols")))
            self.tabs.addTab(self.labels, tr(N_("Labels")))
        self.tabs.addTab(self.general, tr(N_("Layer")))
        foot = buttons(tr(N_("OK")))
        foot.addButton(
            side_button(tr(N_("As its theme has it")), self._as_its_theme),
            QDialogButtonBox.ButtonRole.ResetRole,
        )
        foot.accepted.connect(self.accept)
        foot.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        metrics.tight(column, 2, 2)
        column.addWidget(self.tabs, 1)
        column.addWidget(self._fault)
        column.addWidget(foot)
        metrics.open_at(self, metrics.chars(88), metrics.line_height() * 22)


class _General(QWidget):
    """Name, group, opacity and scales of a layer."""

    edited = Signal()

    def __init__(self, groups: Sequence[str]) -> None:
        super().__init__()
        self._filling = False
        self._titles = {tr(GROUP_TITLES.get(name, name)): name for name in groups}
        self.title = QLineEdit(maxLength=60)
        self.group = QComboBox(editable=True)
        self.group.addItems(list(self._titles))
        self.opacity = QSpinBox(minimum=0, maximum=100, singleStep=5, suffix=" %")
        self.scales = ScaleRange()
        form = QFormLayout(self)
        rows: tuple[tuple[str, QWidget], ...] = (
            (N_("Name"), self.title), (N_("Group"), self.group), (N_("Opacity"), self.opacity),
            (N_("Shown at the scales"), self.scales),
        )  # fmt: skip
        for words, box in rows:
            form.addRow(tr(words), box)
            box.setAccessibleName(tr(words))
        self.title.textEdited.connect(self._tell)
        self.group.currentTextChanged.connect(self._tell)
        self.opacity.valueChanged.connect(self._tell)
        self.scales.edited.connect(self._tell)

    def fill(self, table: dict[str, Any]) -> None:
        """Show a layer's table."""
        self._filling = True
        self._was = table
        self.title.setText(tr(str(table["title"])))
        group = str(table.get("group", "theme"))
        self.group.setCurrentText(tr(GROUP_TITLES.get(group, group)))
        self.opacity.setValue(round(100 * float(table.get("opacity", 1.0))))
        self.scales.fill(table.get("scales"))
        self._filling = False

    def keys(self) -> dict[str, Any]:
        """The keys of the table that these fields are for, those alone that differ from what was shown."""
        title, group = self.title.text().strip(), self.group.currentText().strip()
        found: dict[str, Any] = {"opacity": self.opacity.value() / 100, "scales": self.scales.pair()}
        if title and title != tr(str(self._was["title"])):
            found["title"] = title
        if group:
            found["group"] = self._titles.get(group, group)
        return {key: value for key, value in found.items() if value != self._was.get(key)}

    def _tell(self, *_: object) -> None:
        if not self._filling:
            self.edited.emit()
