"""The history of a record: who changed what, when and why, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QTextBrowser, QWidget

from app.actions.acts import action_words, author_name, passage_words, place_words
from app.domain.entities.papers import Attachment
from app.domain.entities.people import ROLES
from app.domain.entity import GEOMETRY, EntityType
from app.domain.values import show_moment
from app.i18n import N_, labelled, tr
from app.ui.names import Names
from app.ui.theme import colours

if TYPE_CHECKING:
    from app.actions.history import HistoryEntry

_MOST = 300


class HistoryView(QTextBrowser):
    """Text that can be selected, copied and read aloud."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setAccessibleName(tr(N_("History")))

    def show_history(self, kind: EntityType, entries: Sequence[HistoryEntry], names: Names) -> None:
        """Show the entries of one record."""
        if not entries:
            self.setHtml(f"<p>{escape(tr(N_('Nothing has been recorded yet.')))}</p>")
            return
        self.setHtml("".join(_entry(kind, entry, names) for entry in entries[:_MOST]))


def _entry(kind: EntityType, entry: HistoryEntry, names: Names) -> str:
    look = colours()
    who = f"{author_name(entry.person)} {ROLES.label(entry.role)}".strip()
    head = f"<b>{escape(action_words(entry.action))}</b> · {escape(who)}"
    when = f"<span style='color:{look.muted}'>{escape(show_moment(entry.at))}</span>"
    lines = [f"<p style='margin:8px 0 0 0'>{head}<br>{when}"]
    if entry.reason:
        lines.append(f"<br>{escape(tr(N_('Reason: {reason}'), reason=entry.reason))}")
    if passage := passage_words(entry.operation, entry.action):
        lines.append(f"<br>{escape(passage)}")
    lines.append("</p>")
    if entry.operation == "update":
        lines += [_change(kind, change, names) for change in entry.changes]
    return "".join(lines)


def _change(kind: EntityType, change: Any, names: Names) -> str:
    look = colours()
    if change.field == GEOMETRY:
        label = tr(N_("Position"))
        before, after = (place_words(shape) or "—" for shape in (change.before, change.after))
    elif change.field == Attachment.TYPE.name:
        sign, words = ("−", change.before) if change.after is None else ("+", change.after)
        return f"<div style='margin-left:12px'>{sign} {escape(str(words))}</div>"
    elif change.field in kind.fields:
        field = kind.fields[change.field]
        label = tr(field.label)
        before, after = (
            names.show(field, value, unit=True) or "—" for value in (change.before, change.after)
        )
    else:
        return ""
    words = f"<span style='color:{look.muted}'>{escape(before)}</span> → {escape(after)}"
    return f"<div style='margin-left:12px'>{labelled(escape(label), words)}</div>"
