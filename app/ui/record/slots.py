"""The papers a step asks for, a line each: what was chosen, and the way to take a wrong file back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from app.domain.entities.papers import EVIDENCE_KINDS
from app.i18n import N_, listed, tr
from app.ui import icons, metrics
from app.ui.parts import side_button
from app.ui.record.evidence import file_filter

_TONES = ("good", "danger", "muted")


class PaperSlots(QWidget):
    """One line for each kind of paper; `absent` says in words and tone what stands where none was chosen."""

    def __init__(self, absent: Callable[[str], tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._absent = absent
        self._files: dict[str, list[Path]] = {}
        self._slots: dict[str, tuple[QLabel, QToolButton]] = {}
        self._rows = QFormLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setHorizontalSpacing(metrics.grid(3))

    def want(self, kinds: Iterable[str]) -> None:
        """Give these kinds a line, if they have none yet."""
        for kind in kinds:
            if kind not in self._slots:
                self._add_slot(kind)

    def add(self, kind: str, path: Path) -> None:
        """Put a file under a kind of evidence; the same file stands there once."""
        self.want([kind])
        held = self._files.setdefault(kind, [])
        if path not in held:
            held.append(path)
        self._show(kind)

    def clear(self, kind: str) -> None:
        """Take back what was chosen for a kind."""
        self._files.pop(kind, None)
        self._show(kind)

    def chosen(self) -> list[tuple[str, Path]]:
        """Every chosen file with its kind."""
        return [(kind, path) for kind, paths in self._files.items() for path in paths]

    def open_kinds(self) -> list[str]:
        """The kinds with a line for which nothing was chosen here."""
        return [kind for kind in self._slots if kind not in self._files]

    def _add_slot(self, kind: str) -> None:
        line = QWidget()
        row = QHBoxLayout(line)
        metrics.tight(row, 0, 1)
        state = QLabel(wordWrap=True)
        drop = QToolButton()
        drop.setProperty("flat", True)
        icons.wear(drop, "close")
        drop.setToolTip(tr(N_("Take the chosen files back")))
        drop.setAccessibleName(drop.toolTip())
        drop.clicked.connect(lambda: self.clear(kind))
        row.addWidget(state, 1)
        row.addWidget(drop)
        row.addWidget(side_button(tr(N_("Choose…")), lambda: self._choose(kind)))
        self._slots[kind] = (state, drop)
        self._rows.addRow(QLabel(EVIDENCE_KINDS.label(kind)), line)
        self._show(kind)

    def _show(self, kind: str) -> None:
        label, drop = self._slots[kind]
        files = self._files.get(kind, [])
        words, tone = (listed(path.name for path in files), "good") if files else self._absent(kind)
        label.setText(words)
        for name in _TONES:
            label.setProperty(name, name == tone)
        label.style().polish(label)
        drop.setVisible(bool(files))

    def _choose(self, kind: str) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, EVIDENCE_KINDS.label(kind), "", file_filter())
        for name in names:
            self.add(kind, Path(name))
