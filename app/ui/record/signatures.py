"""The signatures under a record: who, for which unit, when, and whether each still stands."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTextBrowser, QWidget

from app.actions.acts import action_words
from app.domain.entities.people import ROLES
from app.domain.values import show_moment
from app.i18n import N_, tr
from app.ui.theme import colours

if TYPE_CHECKING:
    from app.actions.records import Signature


class SignaturesView(QTextBrowser):
    """Newest first; a void one says why it no longer counts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setAccessibleName(tr(N_("Signatures")))

    def show_signatures(self, signatures: Sequence[Signature]) -> None:
        """Show the signatures of one record."""
        if not signatures:
            self.setHtml(f"<p>{escape(tr(N_('Nobody has signed yet.')))}</p>")
            return
        self.setHtml("".join(_paragraph(item) for item in reversed(signatures)))


def _paragraph(item: Signature) -> str:
    look, signed = colours(), item.approval
    who = " · ".join(
        part for part in (signed.person_name, ROLES.label(signed.role), signed.org or "") if part
    )
    colour, mark = (look.good, "✓") if item.valid else (look.danger, "✗")
    step, again = action_words(signed.action), tr(N_("round {n}"), n=signed.round_no)
    lines = [
        f"<p style='margin:8px 0 0 0'><span style='color:{colour}'>{mark}</span> ",
        f"<b>{escape(step)}</b> · {escape(again)}",
        f"<br>{escape(who)}",
        f"<br><span style='color:{look.muted}'>{escape(show_moment(signed.signed_at))}</span>",
    ]
    if signed.opinion:
        lines.append(f"<br>{escape(signed.opinion)}")
    if not item.valid:
        words = tr(N_("Void: the record has changed since it was signed"))
        lines.append(f"<br><span style='color:{colour}'>{escape(words)}</span>")
    return "".join(lines) + "</p>"
