"""Choosing the kind of evidence for files that were dropped or picked, one row per file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.domain.entities.papers import EVIDENCE_KINDS
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.messages import buttons

# Words in file names that tell the kind; the first that occurs wins.
_HINTS = (
    ("photo_before", ("整治前", "前", "before")),
    ("photo_during", ("整治中", "中", "during")),
    ("photo_after", ("整治后", "后", "after")),
    ("nameplate", ("铭牌", "nameplate")),
    ("seal_photo", ("封条", "封存", "seal")),
    ("application_form", ("申请", "application")),
    ("identity_copy", ("身份证", "执照", "identity")),
    ("dereg_cert", ("注销", "dereg")),
    ("new_boiler_notice", ("告知",)),
    ("monitoring_report", ("监测", "monitoring")),
    ("acceptance_form", ("验收", "acceptance")),
    ("notice_proof", ("公示", "notice")),
    ("lookback_photo", ("回头看", "lookback")),
    ("rebound_photo", ("反弹", "rebound")),
    ("site_photo", ("现场", "site")),
)


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
        self.resize(metrics.chars(70), metrics.line_height() * (6 + min(8, len(files))))

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
    """The kind a file's name tells, else the first kind that is wanted, else another paper."""
    name = path.stem.casefold()
    told = next((kind for kind, words in _HINTS if any(word in name for word in words)), None)
    return told or (wanted[0] if wanted else "other")
