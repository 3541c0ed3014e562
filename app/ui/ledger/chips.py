"""The line that says in words how the columns are filtered, each with a × that takes the filter away."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from app.i18n import N_, tr
from app.ui import metrics
from app.ui.theme import colours

_ALL = "*"


class FilterWords(QLabel):
    """Shown while there is a filter; Tab and Enter reach each ×."""

    dropped = Signal(str)  # a field, or "" for all

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContentsMargins(metrics.grid(2), metrics.grid(1), metrics.grid(2), metrics.grid(1))
        self.linkActivated.connect(lambda link: self.dropped.emit("" if link == _ALL else link))
        self.hide()

    def show_words(self, said: Mapping[str, str]) -> None:
        """Say the filters, by field."""
        look = colours()
        parts = [
            f'<span style="background-color:{look.selection}">&nbsp;{escape(words)}&nbsp;</span>'
            f'<a style="text-decoration:none; color:{look.danger}" href="{field}">&nbsp;×&nbsp;</a>'
            for field, words in said.items()
        ]
        if len(parts) > 1:
            word = tr(N_("Drop all filters"))
            parts.append(f'<a style="color:{look.accent}" href="{_ALL}">{escape(word)}</a>')
        self.setText(" &nbsp; ".join(parts))
        self.setVisible(bool(said))
