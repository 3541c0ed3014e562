"""The button that takes the same step on every selected record: which steps fit, and how many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QPushButton

from app.domain.casework import WORKFLOWS
from app.domain.catalog import BY_NAME
from app.domain.entity import Entity
from app.domain.filters import one_of
from app.i18n import N_, tr
from app.ui import icons
from app.ui.desk import Desk
from app.ui.record.batchdialog import BatchDialog
from app.ui.selection import Selected

if TYPE_CHECKING:
    from app.actions.batches import BatchStep
    from app.actions.records import RecordView

_Offer = tuple["list[BatchStep]", list[Entity]]


class ManySteps(QPushButton):
    """Shown while several records of a kind with a workflow are selected."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        icons.wear(self, "step")
        self.setAutoDefault(False)
        self.clicked.connect(self.ask)
        self.menu_shown = QMenu(self)
        self.hide()

    def follow(self, selected: Selected) -> None:
        """Say for how many."""
        self.setText(tr(N_("The same step on all {n} selected…"), n=len(selected.uids)))
        several = len(selected.uids) > 1 and selected.entity in WORKFLOWS
        self.setVisible(several and self._desk.actor is not None)
        self.setEnabled(not self._desk.room.why_closed)
        self.setToolTip(self._desk.room.why_closed)

    def ask(self) -> None:
        """Find out which steps fit, then offer them."""
        now = self._desk.selection.now
        if now.entity not in WORKFLOWS or not now.uids:
            self._desk.said.emit(tr(N_("Select the records in the ledger first.")))
            return

        def work(session: Any, _: Any) -> _Offer:
            from app.actions.batches import steps_for  # late: actions load after the first paint

            found = {item.uid: item for item in session.workspace.find(now.entity, one_of("uid", now.uids))}
            records = [found[uid] for uid in now.uids if uid in found]
            return steps_for(session, records), records

        self._desk.read(self, work, self._offer, topic="many")

    def _offer(self, found: _Offer) -> None:
        steps, records = found
        if not steps:
            self._desk.said.emit(tr(N_("There is no step for you on these records now.")))
            return
        self.menu_shown.clear()
        for batch in steps:
            words = tr(
                N_("{step}: fits {n} of {all}"), step=batch.step.label, n=len(batch.fitting), all=batch.whole
            )
            self.menu_shown.addAction(words, lambda batch=batch: self._begin(batch, records))
        self.menu_shown.popup(self.mapToGlobal(QPoint(0, 0)) - QPoint(0, self.menu_shown.sizeHint().height()))

    def _begin(self, batch: BatchStep, records: list[Entity]) -> None:
        """All selected go through it, so that those the step does not fit are named as well."""
        uid, kind = batch.fitting[0], BY_NAME[records[0].TYPE.name]

        def work(session: Any, _: Any) -> RecordView:
            from app.actions.records import show_record  # late: actions load after the first paint

            return show_record(session, kind.cli, uid)

        def show(view: RecordView) -> None:
            BatchDialog(self._desk, view, batch, records, self.window()).open()

        self._desk.read(self, work, show, topic="many")
