"""What to do about a PIN that its person does not know any more, as things stand on this laptop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from app.domain.entities.people import ROLES
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.messages import buttons
from app.ui.parts import muted

_ALONE = (
    N_(
        "This workspace belongs to no hub. An administrator who can sign in here gives you a new PIN:"
        " menu Person, “Give a person a new PIN…”."
    ),
    N_("Nobody can read a PIN: not the program, not the administrator."),
)
_OPEN = (
    N_(
        "1. The administrator gives you a new PIN on a laptop where they can sign in, and syncs: menu"
        " Person, “Give a person a new PIN…”."
    ),
    N_("2. Sync here (nobody needs to be signed in), then sign in with the new PIN."),
)
_LOCKED = (
    N_(
        "1. The administrator gives you a new PIN on a laptop where they can sign in, and syncs: menu"
        " Person, “Give a person a new PIN…”."
    ),
    N_(
        "2. The keys by which this laptop signs cannot be opened without the forgotten PIN. Ask the bureau"
        " for a code for this laptop: area {area}, role {role}. It should not revoke the laptop: what is"
        " unsent would then wait for somebody to look at it."
    ),
    N_("3. Join here with new keys by that code, sync, and sign in with the new PIN."),
    N_(
        "All work stays, {n} changes of it unsent: they are sent as the work of who made them. The hub takes"
        " nothing any more that is signed with the former keys."
    ),
)


@dataclass(frozen=True)
class _Standing:
    """How the keys of this laptop stand, its place at the hub, and how much is unsent."""

    keys: str
    area: str = ""
    role: str = ""
    unsent: int = 0


class ForgottenDialog(QDialog):
    """The steps in order, and a button for the one that is done here."""

    new_keys = Signal()
    sync = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr(N_("PIN forgotten")))
        self._column = QVBoxLayout(self)
        metrics.tight(self._column, 3, 3)
        self.setMinimumWidth(metrics.chars(74))
        self.words = ""
        self.foot: QDialogButtonBox | None = None
        self._names, self._awaited = desk.names, False
        desk.read(self, _standing, self._show)

    def open(self) -> None:
        """Open once it is known what to say: a dialog that grows after it was shown is not in its place."""
        self._awaited = True
        if self.words:
            super().open()

    def _show(self, standing: _Standing) -> None:
        hub = bool(standing.area)
        lost = hub and standing.keys != "open"
        role = ROLES.label(standing.role) if standing.role else ""
        place = f"{self._names.places(standing.area)} {standing.area}".strip()
        told = {"area": place, "role": role, "n": f"{standing.unsent:,}"}
        self.words = "\n\n".join(tr(line, **told) for line in (_LOCKED if lost else _OPEN if hub else _ALONE))
        deed = N_("Join with new keys…") if lost else N_("Sync now") if hub else N_("Close")
        self.foot = buttons(tr(deed), cancel=hub)
        self.foot.accepted.connect(self.accept)
        self.foot.rejected.connect(self.reject)
        if hub:
            self.accepted.connect(self.new_keys if lost else self.sync)
        label = muted(self.words)
        self._column.addWidget(label, 1)
        self._column.addWidget(self.foot)
        for box in (label, self.foot):
            box.ensurePolished()  # its font says how high the words are
            box.show()
        self.resize(self.minimumWidth(), self._column.totalHeightForWidth(self.minimumWidth()))
        if self._awaited:
            super().open()


def _standing(session: Any, _: Any) -> _Standing:
    from app.actions.laptop import keys_state  # late: actions load after the first paint

    replica = session.workspace.replica
    facts = replica.facts()
    if facts is None:
        return _Standing("open")
    return _Standing(keys_state(session), facts.area, facts.role_cap, replica.unsent())
