"""The working page: map above, ledger below, record at the right; one page for every ledger."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.domain.catalog import entity_type
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.ledger.pane import LedgerPane
from app.ui.map.pane import MapPane
from app.ui.messages import ask
from app.ui.record.panel import RecordPanel


class WorkPage(QWidget):
    """Keeps one ledger pane per entity, made when it is first asked for."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.map = MapPane(desk)
        self.record = RecordPanel(desk)
        self.ledgers = QStackedWidget()
        self._panes: dict[str, LedgerPane] = {}
        self.upright = QSplitter(Qt.Orientation.Vertical)
        self.upright.addWidget(self.map)
        self.upright.addWidget(self.ledgers)
        self.upright.setStretchFactor(0, 3)
        self.upright.setStretchFactor(1, 2)
        self.upright.setChildrenCollapsible(False)
        self.across = QSplitter(Qt.Orientation.Horizontal)
        self.across.addWidget(self.upright)
        self.across.addWidget(self.record)
        self.across.setStretchFactor(0, 1)
        self.across.setCollapsible(0, False)
        self.across.setSizes([metrics.chars(120), metrics.chars(46)])
        self.upright.setSizes([metrics.grid(95), metrics.grid(60)])
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 0)
        column.addWidget(self.across)
        self.record.located.connect(self.map.show_selection)

    def show_ledger(self, entity: str) -> LedgerPane:
        """Show an entity's ledger and its map theme."""
        pane = self._panes.get(entity)
        if pane is None:
            pane = LedgerPane(self._desk, entity_type(entity))
            pane.opened.connect(lambda uid, name=entity: self.map.bring(name, (uid,)))
            self._panes[entity] = pane
            self.ledgers.addWidget(pane)
        self.ledgers.setCurrentWidget(pane)
        self.map.show_ledger(entity)
        return pane

    @property
    def unsaved(self) -> bool:
        """Whether ledgers or the map hold what is not saved."""
        return self.map.drawing.work.dirty or any(len(pane.model.staging) for pane in self._stacked())

    def may_leave(self) -> bool:
        """Whether neither ledgers nor the map hold what is not saved, or the user lets it go."""
        if self.map.drawing.work.dirty and not ask(
            self, tr(N_("Throw away what you have drawn?")), tr(N_("Throw away"))
        ):
            return False
        return all(pane.editing.leave() for pane in self._stacked() if pane.editing.on)

    def _stacked(self) -> list[LedgerPane]:
        """The ledgers of this page; one that was taken out of it may be gone."""
        found = (self.ledgers.widget(at) for at in range(self.ledgers.count()))
        return [pane for pane in found if isinstance(pane, LedgerPane)]

    @property
    def ledger(self) -> LedgerPane | None:
        """The ledger that is shown."""
        shown = self.ledgers.currentWidget()
        return shown if isinstance(shown, LedgerPane) else None

    def forget(self) -> None:
        """Another workspace: its ledgers are made anew."""
        for pane in self._panes.values():
            self.ledgers.removeWidget(pane)
            pane.deleteLater()
        self._panes.clear()
        self.map.drawing.work.end()
        self.map.close_map()
