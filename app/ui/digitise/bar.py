"""The bar over the map while shapes are drawn: what a click does, snapping, steps, a typed corner, saving."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget
from shapely.geometry import MultiPolygon

from app.domain.coordinates.notation import interpret
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.digitise.work import Aim, Digitising, Mode
from app.ui.parts import fault, say_fault, side_button

_MODES = (
    (
        Mode.CORNERS,
        "corners",
        "E",
        N_("Corners: drag, double click an edge to add one, Delete takes one away"),
    ),
    (Mode.HOLE, "hole", "H", N_("Draw a hole")),
    (Mode.CUT, "cut", "C", N_("Cut along a line; begin and end outside of the area")),
)
_SWITCHES = (
    ("snap", "snap", "S", N_("Snap to corners and edges nearby")),
    ("trace", "trace", "T", N_("Follow a boundary between two of its corners (Alt: the other way round)")),
    ("together", "together", "G", N_("Corners that shapes share move together")),
)


class DigitiseBar(QWidget):
    """Two lines: buttons, and below what is measured or was refused."""

    saving = Signal()
    leaving = Signal()
    used = Signal()  # a button was pressed: the drawing has the pointer again

    def __init__(self, work: Digitising, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paneHeader")
        self._work = work
        self.modes: dict[Mode, QAction] = {}
        self.switches: dict[str, QAction] = {}
        self.by_keys: list[QAction] = []  # to be had on the map by their keys while something is drawn
        self.corner = QLineEdit(placeholderText=tr(N_("Type a corner in any notation, Enter")))
        self.corner.setAccessibleName(tr(N_("A corner's position")))
        self.corner.returnPressed.connect(self._typed)
        self._says = QLabel()
        self._fault = fault()
        self._lay_out()
        work.changed.connect(self.show_work)
        work.refused.connect(lambda words: say_fault(self._fault, words))
        work.begun.connect(lambda: self.setVisible(True))
        work.ended.connect(lambda: self.setVisible(False))
        self.setVisible(False)

    def show_work(self) -> None:
        """Buttons as the work allows them."""
        work = self._work
        if not work.on:
            return
        kind = work.kind
        is_area = all(isinstance(shape, MultiPolygon) for shape in work.board.shown().values())
        is_new = work.mode is Mode.NEW
        for mode, action in self.modes.items():
            action.setChecked(mode is work.mode)
            action.setEnabled(not is_new and (mode is Mode.CORNERS or is_area))
        self.join.setEnabled(is_area and not is_new and len(work.board.shown()) > 1)
        self.back.setEnabled(bool(work.chain) or work.steps.can_go_back)
        self.forth.setEnabled(work.steps.can_go_forth)
        self.save.setText(tr(N_("Finish")) if work.mode is not Mode.CORNERS else tr(N_("Save…")))
        there = bool(work.chain) if work.mode is not Mode.CORNERS else bool(work.steps.changed())
        self.save.setEnabled(there and not work.saving)
        said = (kind.text if kind else "", work.words(), work.note)
        self._says.setText("  ".join(word for word in said if word))
        say_fault(self._fault, "")

    def _typed(self) -> None:
        """A typed corner goes where a click would have set it, or the corner in hand goes there."""
        found = interpret(self.corner.text().strip())
        if not found.readings:
            say_fault(self._fault, found.refuse or tr(N_("This cannot be read as a position")))
            return
        reading = found.readings[0]
        place, active, work = (reading.x, reading.y), self._work.active, self._work
        if work.mode is not Mode.CORNERS:
            work.add_corner(Aim(place))
        elif active is not None:
            together = work.switches.together
            work.take(lambda board: board.moved(active.uid, active.corner, place, together=together))
        else:
            say_fault(self._fault, tr(N_("Take a corner in hand first: click it, or Tab on the map")))
            return
        self._says.setText(f"{self._says.text()}  {reading.why}")
        self.corner.clear()

    # ---- layout

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        metrics.tight(column, 0.5, 0.5)
        row = QHBoxLayout()
        row.setSpacing(metrics.grid(0.5))
        group = QActionGroup(self)
        for mode, icon, key, words in _MODES:
            act = self._button(row, icon, words, partial(self._work.turn_to, mode), key)
            act.setCheckable(True)
            group.addAction(act)
            self.modes[mode] = act
        self.join = self._button(row, "join", N_("Join the shapes into one"), self._work.join, "J")
        row.addSpacing(metrics.grid(2))
        for name, icon, key, words in _SWITCHES:
            act = self._button(row, icon, words, partial(self._switch, name), key)
            act.setCheckable(True)
            act.setChecked(getattr(self._work.switches, name))
            self.switches[name] = act
        row.addSpacing(metrics.grid(2))
        self.back = self._button(row, "undo", N_("One step back (Ctrl+Z)"), self._work.back)
        self.forth = self._button(row, "redo", N_("One step forth (Ctrl+Y)"), self._work.forth)
        row.addSpacing(metrics.grid(2))
        row.addWidget(self.corner, 1)
        self.save = side_button(tr(N_("Save…")), self.saving.emit)
        self.save.setProperty("primary", True)
        self.leave = side_button(tr(N_("End")), self.leaving.emit)
        for button, key in ((self.save, "Ctrl+S"), (self.leave, "Ctrl+W")):
            row.addWidget(button)
            button.setToolTip(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText))
            act = QAction(button.text(), self)
            act.triggered.connect(button.click)
            self._give_key(act, key)
        type_one = QAction(self.corner.accessibleName(), self)
        type_one.triggered.connect(lambda: self.corner.setFocus())
        self._give_key(type_one, "P")
        column.addLayout(row)
        below = QHBoxLayout()
        below.addWidget(self._says)
        below.addWidget(self._fault, 1)
        column.addLayout(below)

    def _give_key(self, act: QAction, key: str) -> None:
        act.setShortcut(QKeySequence(key))
        act.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.by_keys.append(act)

    def _button(
        self, row: QHBoxLayout, icon: str, words: str, run: Callable[[], object], key: str = ""
    ) -> QAction:
        act = QAction(tr(words), self)
        if key:
            act.setToolTip(f"{tr(words)} ({key})")
            self._give_key(act, key)
        icons.wear(act, icon)

        def pressed() -> None:
            run()
            self.used.emit()

        act.triggered.connect(lambda _=False: pressed())
        button = QToolButton()
        button.setProperty("flat", True)
        button.setDefaultAction(act)
        row.addWidget(button)
        return act

    def _switch(self, name: str) -> None:
        setattr(self._work.switches, name, self.switches[name].isChecked())
