"""Asking before a paper is taken away from a record, and what stands in its place afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.domain.entities.papers import Attachment, Redaction
from app.domain.limits import says_why
from app.i18n import N_, tr
from app.ui import icons
from app.ui.desk import Desk
from app.ui.dialogs.reason import ReasonDialog
from app.ui.theme import colours

_TITLE = N_("Take a paper away…")


def ask_redaction(desk: Desk, paper: Attachment, title: str, parent: QWidget) -> ReasonDialog:
    """Ask why, then take the paper away; `title` is what people call its record."""
    dialog = ReasonDialog(
        tr(_TITLE).rstrip("…"),
        tr(
            N_(
                "“{file}” is taken away from {title}, and its file from the hub and from every laptop. This"
                " cannot be undone: the file is gone. Who took it away, when and why stays here. Does it"
                " belong to another record? Then add it there first. Backups made before still hold the file."
            ),
            file=paper.file_name, title=title,
        ),
        tr(N_("Take away for good")), [], parent, says_why,
    )  # fmt: skip

    def work(session: Any, _: Any) -> object:
        from app.actions.redaction import redact  # late: actions load after the first paint

        return redact(session, paper.uid, dialog.reason())

    def send() -> None:
        said = tr(N_("The paper was taken away"))
        desk.act(parent, work, lambda _: desk.said.emit(said), title=tr(_TITLE).rstrip("…"))

    dialog.accepted.connect(send)
    dialog.open()
    return dialog


def list_removed(rows: QListWidget, taken_away: Iterable[Redaction]) -> None:
    """Add what stays of papers that were taken away, which nobody can choose or open."""
    from app.actions.redaction import removed_words  # late: actions load after the first paint

    look = colours()
    for item in taken_away:
        row = QListWidgetItem(QIcon(icons.pixmap("delete", 48, look.muted)), "\n".join(removed_words(item)))
        row.setFlags(Qt.ItemFlag.ItemIsEnabled)
        row.setForeground(QColor(look.muted))
        row.setToolTip(f"SHA-256 {item.sha256}")
        rows.addItem(row)
