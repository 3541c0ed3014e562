"""The papers of a record as small pictures in rows; a click looks at one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.domain.entities.papers import EVIDENCE_KINDS, Attachment
from app.domain.values import show_moment
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.record.evidence import UID_ROLE, icon_of, load_thumbnails
from app.ui.record.viewer import open_paper

_SIDE_STEPS = 20


class PaperStrip(QListWidget):
    """Read only."""

    def __init__(self, desk: Desk, papers: Sequence[Attachment], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._papers = {item.uid: item for item in papers}
        side = metrics.grid(_SIDE_STEPS)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setWordWrap(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMovement(QListWidget.Movement.Static)
        self.setIconSize(QSize(side, round(side * 0.75)))
        self.setGridSize(QSize(side + metrics.grid(6), round(side * 0.75) + 2 * metrics.line_height()))
        self.setMinimumHeight(self.gridSize().height() + metrics.grid(2))
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setAccessibleName(tr(N_("Evidence")))
        for item in papers:
            row = QListWidgetItem(icon_of(item), EVIDENCE_KINDS.label(item.kind))
            row.setData(UID_ROLE, item.uid)
            row.setToolTip(f"{item.file_name}\n{show_moment(item.taken_at or item.added_at)}")
            self.addItem(row)
        self.itemActivated.connect(self._open)
        load_thumbnails(desk, self, papers, _SIDE_STEPS)

    def _open(self, row: QListWidgetItem) -> None:
        paper = self._papers[str(row.data(UID_ROLE))]
        open_paper(self._desk, paper, list(self._papers.values()), self.window())
