"""What the record panel says of conflicts: what is open, what the hub refused and why, which signature is
void."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.domain.entities.conflict import Conflict
from app.domain.filters import equal
from app.domain.values import show_moment
from app.i18n import N_, in_a_row, listed, tr
from app.ui import metrics
from app.ui.conflicts.model import REFUSED, VOID
from app.ui.conflicts.sides import shown_fields
from app.ui.parts import heading, muted, side_button

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView, Side
    from app.actions.session import Session

_MOST_FIELDS = 3
_MOST = 2  # more would leave no room for the record


class ConflictNotes(QFrame):
    """Hidden while nothing asks for attention; `wanted` asks for the inbox."""

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.title = heading("")
        self.button = side_button(tr(N_("Show them…")), self.wanted.emit)
        self._lines: list[QLabel] = []
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.button)
        self._column = QVBoxLayout(self)
        metrics.tight(self._column, 1.5, 1)
        self._column.addLayout(top)
        self.hide()

    def show_conflicts(self, views: Sequence[ConflictView]) -> None:
        """Show the open conflicts of one record, and what the hub refused of it."""
        for line in self._lines:
            self._column.removeWidget(line)
            line.deleteLater()
        self._lines = [muted(words) for words in conflict_lines(views)]
        for line in self._lines:
            line.setTextFormat(Qt.TextFormat.PlainText)
            self._column.addWidget(line)
        self.title.setText(_title(views))
        self.setVisible(bool(views))

    def words(self) -> str:
        """The sentences that are shown."""
        return "\n".join([self.title.text(), *(line.text() for line in self._lines)])


def conflict_lines(views: Sequence[ConflictView]) -> list[str]:
    """A sentence for each of the first few conflicts: refusals with their reason and the value kept."""
    lines = [_line(view) for view in views[:_MOST]]
    if len(views) > _MOST:
        lines.append(tr(N_("… and {n} more"), n=len(views) - _MOST))
    return lines


def of_record(session: Session, uid: str) -> tuple[ConflictView, ...]:
    """What asks for attention about a record; most records have nothing and cost one indexed count."""
    if not session.workspace.count(Conflict, equal(owner=uid)):
        return ()
    from app.actions import conflicts  # late: actions load after the first paint

    return tuple(conflicts.conflicts_of(session, uid))


def _title(views: Sequence[ConflictView]) -> str:
    count = sum(view.situation == "open" for view in views)
    if not count:
        return tr(N_("Not accepted by the hub"))
    return tr(N_("1 open conflict")) if count == 1 else tr(N_("{n} open conflicts"), n=count)


def _changed_by(side: Side) -> str:
    """Who had changed the record before it was signed, what, when and why."""
    if not side.by:
        return ""
    when = show_moment(side.at) if side.at else ""
    told = {"who": side.by, "when": when, "what": side.changed or "—"}
    if not side.reason:
        return tr(N_("{who} had changed it on {when}: {what}"), **told)
    return tr(N_("{who} had changed it on {when}: {what}. Reason: {reason}"), reason=side.reason, **told)


def _line(view: ConflictView) -> str:
    who, when = view.offered.by, show_moment(view.offered.at) if view.offered.at else ""
    if view.kind == REFUSED:
        said = tr(N_("The hub refused what {who} wrote on {when}: {why}"), who=who, when=when, why=view.rule)
        return "\n".join([said, *_kept_values(view)])
    if view.kind == VOID:
        said = tr(N_("The signature of {who} of {when} is void: {why}"), who=who, when=when, why=view.rule)
        return "\n".join(part for part in (said, _changed_by(view.kept)) if part)
    labels = listed(field.label for field in shown_fields(view)[:_MOST_FIELDS])
    return f"{view.kind_text} · {labels}" if labels else view.kind_text


def _kept_values(view: ConflictView) -> list[str]:
    few = shown_fields(view)[:_MOST_FIELDS]
    shown = [f"{field.label} {field.offered_text or '—'}" for field in few]
    return [tr(N_("Kept, not lost: {values}"), values=in_a_row(shown))] if shown else []
