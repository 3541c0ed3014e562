"""Taking a side: the reason is asked, then the decision is written like any other change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from app.domain.catalog import entity_type
from app.i18n import N_, labelled, tr
from app.ui.conflicts.model import APART, KEPT, deed_of, takes_whole
from app.ui.conflicts.sides import shown_fields, value_words
from app.ui.desk import Desk
from app.ui.dialogs.reason import ReasonDialog

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView

# Where the sides are plain values, the comparing itself is the reason; a person may write another.
_PLAIN = "merged"


def decide(desk: Desk, view: ConflictView, side: str, parent: QWidget) -> ReasonDialog:
    """Ask for the reason, then settle the conflict by this side (`kept`, `offered` or `apart`)."""
    deed = deed_of(view, side)
    column = 0 if side == KEPT else 1
    told = [] if takes_whole(view, side) else shown_fields(view)
    key = entity_type(view.record.entity).key if side == APART else ""
    values = {item.field: value_words(item, desk.names)[column] or "—" for item in told}
    lines = [
        labelled(item.label, view.own_number if item.field == key else values[item.field]) for item in told
    ]
    question = tr(
        N_("{title}: why this side? The reason is kept with the decision."), title=view.record.title
    )
    dialog = ReasonDialog(f"{deed} · {view.record.title}", question, deed, lines, parent)
    if view.kind == _PLAIN:
        dialog.propose(tr(N_("Compared both values")))

    def work(session: Any, _: Any) -> object:
        from app.actions import conflicts  # late: actions load after the first paint

        return conflicts.resolve(session, view.uid, side, dialog.reason())

    def done(_: object) -> None:
        desk.said.emit(tr(N_("Decided: {deed}. Ctrl+Z takes it back."), deed=deed))

    dialog.accepted.connect(lambda: desk.act(parent, work, done, title=tr(N_("Deciding"))))
    dialog.open()
    return dialog
