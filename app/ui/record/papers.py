"""Choosing the kind of evidence for files that were dropped or picked, one row per file."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.domain.entities.papers import EVIDENCE_KINDS, PICTURE_ENDINGS
from app.domain.fields import Choice
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.messages import buttons

# Letters a file name and a kind must share before the name says anything.
_FEWEST_SHARED = 2


class KindsDialog(QDialog):
    """Asks for the kind of each file; `chosen` gives (kind, path) pairs."""

    def __init__(self, files: Sequence[Path], wanted: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr(N_("What are these files?")))
        self._boxes: list[tuple[Path, QComboBox]] = []
        body = QWidget()
        grid = QGridLayout(body)
        metrics.tight(grid, 1, 1.5)
        for at, path in enumerate(files):
            box = kind_box(guess_kind(path, wanted))
            self._boxes.append((path, box))
            name = QLabel(path.name)
            name.setToolTip(str(path))
            grid.addWidget(name, at, 0)
            grid.addWidget(box, at, 1)
        grid.setRowStretch(len(files), 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        foot = buttons(tr(N_("Add as evidence")))
        foot.accepted.connect(self.accept)
        foot.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(QLabel(tr(N_("Each file is kept unchanged, with its fingerprint."))))
        column.addWidget(area, 1)
        column.addWidget(foot)
        metrics.open_at(self, metrics.chars(70), metrics.line_height() * (6 + min(8, len(files))))

    def chosen(self) -> list[tuple[str, Path]]:
        """The kind of each file."""
        return [(str(box.currentData()), path) for path, box in self._boxes]


def kind_box(current: str) -> QComboBox:
    """A list of every kind of evidence."""
    box = QComboBox()
    for code in EVIDENCE_KINDS.codes:
        box.addItem(EVIDENCE_KINDS.label(code), code)
    box.setCurrentIndex(max(0, box.findData(current)))
    return box


def guess_kind(path: Path, wanted: Sequence[str]) -> str:
    """The kind whose words a file's name shares most, else the first that is wanted, else a photo on site or
    another paper."""
    name = path.stem.casefold()
    shared = {choice.code: _shared_letters(name, choice) for choice in EVIDENCE_KINDS.choices}
    best = max(shared, key=lambda code: (shared[code], code in wanted))
    if shared[best] >= _FEWEST_SHARED:
        return best
    if wanted:
        return wanted[0]
    return "site_photo" if path.suffix.casefold() in PICTURE_ENDINGS else "other"


def _shared_letters(name: str, choice: Choice) -> int:
    """The length of the longest run of letters in common, of words of three letters or more in Latin
    script."""
    longest = 0
    for word in (choice.code, *choice.aliases):
        found = SequenceMatcher(None, name, word.casefold(), autojunk=False).find_longest_match()
        if not word[found.b : found.b + found.size].isascii() or found.size == len(word):
            longest = max(longest, found.size)
    return longest
