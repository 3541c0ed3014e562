"""Editing a record, or entering a new one: the arranged fields in a form, saved as one action with a
reason."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from shapely.geometry.base import BaseGeometry

from app.domain.entities.boiler import Boiler
from app.domain.entity import Entity, EntityType, Shape
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.dialogs.position import PositionLine
from app.ui.forms.form import Form
from app.ui.messages import ask, buttons
from app.ui.parts import fault, say_refusal
from app.ui.record.arrangement import arranged, editable
from app.ui.tasks import Callbacks


class EditDialog(QDialog):
    """With a record it edits, without one it adds. A cleared boiler and a closed field are refused by the
    action. `drawn` is the shape of a new record that was drawn on the map (EPSG:4490)."""

    def __init__(
        self,
        desk: Desk,
        kind: EntityType,
        record: Entity | None,
        parent: QWidget | None = None,
        *,
        drawn: BaseGeometry | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._kind, self._record, self._drawn = desk, kind, record, drawn
        title = (
            tr(N_("Edit {title}"), title=record.title()) if record else tr(N_("New: {kind}"), kind=kind.text)
        )
        self.setWindowTitle(title)
        self.form = Form(desk.names)
        for heading, fields in arranged(kind):
            open_fields = [field for field in fields if editable(field)]
            if open_fields:
                self.form.add_group(tr(heading), open_fields)
        self.form.fill(record.values() if record else _fresh(kind))
        self.place = PositionLine(desk, record.geometry if record else drawn)
        self.reason = QLineEdit(placeholderText=tr(N_("Why, such as the document or the visit")))
        self._fault = fault()
        self.foot = buttons(tr(N_("Save")))
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        desk.room.watch_over(self.foot)
        self._lay_out()
        if record is None and kind.name == Boiler.TYPE.name:
            self._propose_number()
        metrics.open_at(self, metrics.chars(76), min(metrics.line_height() * 26, 660))

    def send(self) -> None:
        """Save what differs."""
        try:
            values, place = self.form.changes(), self.place.value() or self._drawn
        except Invalid as fault:
            self._refused(fault)
            return
        record, kind, reason = self._record, self._kind, self.reason.text().strip()

        def work(session: Any, _: Any) -> object:
            from app.actions.records import (
                add_record,
                edit_record,
            )  # late: actions load after the first paint

            if record is None:
                return add_record(session, kind.cli, values, geometry=place, reason=reason)
            return edit_record(session, record, values, geometry=place, reason=reason)

        self.foot.setEnabled(False)
        callbacks: Callbacks[object] = Callbacks(
            self._saved, self._refused, finished=lambda: self.foot.setEnabled(True)
        )
        self._desk.act(self, work, callbacks, title=tr(N_("Saving")))

    def _propose_number(self) -> None:
        """A free number in the empty field, to be written over by who has one of their own."""

        def read(session: Any, _: Any) -> str:
            from app.actions.proposals import free_ledger_no  # late: actions load after the first paint

            return free_ledger_no(session)

        def show(number: str) -> None:
            if not self.form.editor(Boiler.TYPE.key).written():
                self.form.preset({Boiler.TYPE.key: number})

        self._desk.read(self, read, show, topic="number")

    def _saved(self, outcome: object) -> None:
        if isinstance(outcome, Entity):
            self._desk.selection.choose(self._kind.name, [outcome.uid])
        said = N_("Saved") if outcome is not None else N_("Nothing was different; nothing was saved")
        self._desk.said.emit(tr(said))
        super().accept()

    def reject(self) -> None:
        """Ask before entries are thrown away."""
        dirty = self.form.touched() or self.place.edited() or bool(self.reason.text().strip())
        if not dirty or ask(self, tr(N_("Throw away what you have entered?")), tr(N_("Throw away"))):
            super().reject()

    def _refused(self, error: Exception) -> None:
        say_refusal(self._fault, error, self._desk.failed.emit)

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        metrics.tight(column, 1, 2)
        if self._kind.shape is Shape.POINT:
            column.addWidget(self.place)
        column.addWidget(self.form)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # one types into the first field at once
        area.setWidget(body)
        outer = QVBoxLayout(self)
        outer.addWidget(area, 1)
        outer.addWidget(QLabel(tr(N_("Reason of the change"))))
        outer.addWidget(self.reason)
        outer.addWidget(self._fault)
        outer.addWidget(self.foot)


def _fresh(kind: EntityType) -> dict[str, Any]:
    """What a new record starts with: the defaults of its declaration."""
    declared = {
        item.name: item.default for item in dataclasses.fields(kind.record) if "field" in item.metadata
    }
    return {name: value for name, value in declared.items() if value is not dataclasses.MISSING}
