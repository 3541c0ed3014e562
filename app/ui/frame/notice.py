"""The bar for edits another program made in the file: says so, and asks for a name and a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.domain.catalog import BY_NAME
from app.domain.values import show_moment
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.dialogs.reason import ReasonDialog
from app.ui.names import Names
from app.ui.theme import colours

_MOST = 200
_DONE = {"insert": N_("added"), "update": N_("changed"), "delete": N_("deleted")}


class ForeignEditsBar(QWidget):
    """Hidden while there is nothing to answer for."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._desk = desk
        self._edits: Sequence[Any] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        sign = QLabel()
        sign.setPixmap(icons.pixmap("warning", metrics.grid(5), colours().warning))
        self._words = QLabel(wordWrap=True)
        self.button = QPushButton(tr(N_("Confirm these edits…")))
        self.button.clicked.connect(self.ask)
        row = QHBoxLayout(self)
        metrics.tight(row, 1.5, 2)
        row.addWidget(sign)
        row.addWidget(self._words, 1)
        row.addWidget(self.button)
        self.hide()
        desk.opened.connect(self.look)
        desk.actor_changed.connect(self.look)

    def look(self) -> None:
        """Ask the workspace what waits."""
        if self._desk.session is None:
            self.hide()
            return
        self._desk.read(
            self, lambda session, _: session.workspace.external_changes(), self._show, topic="foreign"
        )

    def _show(self, edits: Sequence[Any]) -> None:
        self._edits = edits
        records = len({(edit.entity, edit.uid) for edit in edits})
        self._words.setText(
            tr(
                N_(
                    "{n} records were changed by another program. "
                    "They are not sent until somebody answers for them."
                ),
                n=records,
            )
        )
        self.setVisible(bool(edits))

    def ask(self) -> None:
        """Ask for the reason, then put the person's name under the edits."""
        lines = [_line(edit, self._desk.names) for edit in self._edits[:_MOST]]
        if len(self._edits) > _MOST:
            lines.append(tr(N_("… and {n} more"), n=len(self._edits) - _MOST))
        dialog = ReasonDialog(
            tr(N_("Edits from another program")),
            tr(N_("Your name is put under these edits. Say why they were made.")),
            tr(N_("Put my name under them")),
            lines,
            self.window(),
        )

        def work(session: Any, _: Any) -> int:
            from app.actions.history import seal  # late: actions load after the first paint

            return seal(session, dialog.reason())

        def send() -> None:
            self._desk.act(self, work, self._sealed, title=tr(N_("Confirming edits")))

        dialog.accepted.connect(send)
        dialog.open()

    def _sealed(self, count: int) -> None:
        self._desk.said.emit(tr(N_("{n} edits now carry your name"), n=count))
        self.look()


def _line(edit: Any, names: Names) -> str:
    kind = BY_NAME.get(edit.entity)
    done = tr(_DONE.get(edit.operation, edit.operation))
    parts = [show_moment(edit.at), kind.text if kind else edit.entity, done]
    for change in edit.changes[:4]:
        field = kind.fields.get(change.field) if kind else None
        if field is not None:
            before, after = (names.show(field, value) or "—" for value in (change.before, change.after))
            parts.append(f"{tr(field.label)} {before} → {after}")
    return " · ".join(parts)
