"""The papers of a record as a strip of small pictures; a click looks at one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.domain.entities.papers import EVIDENCE_KINDS, Attachment
from app.domain.values import show_moment
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.record.evidence import icon_of, thumbnail
from app.ui.record.viewer import open_paper

_SIDE_STEPS = 20
_UID = Qt.ItemDataRole.UserRole


class PaperStrip(QListWidget):
    """Read only."""

    def __init__(self, desk: Desk, papers: Sequence[Attachment], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._papers = {item.uid: item for item in papers}
        side = metrics.grid(_SIDE_STEPS)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setIconSize(QSize(side, round(side * 0.75)))
        self.setGridSize(QSize(side + metrics.grid(6), round(side * 0.75) + metrics.line_height()))
        self.setFixedHeight(self.gridSize().height() + metrics.grid(5))
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setAccessibleName(tr(N_("Evidence")))
        for item in papers:
            row = QListWidgetItem(icon_of(item), EVIDENCE_KINDS.label(item.kind))
            row.setData(_UID, item.uid)
            row.setToolTip(f"{item.file_name}\n{show_moment(item.taken_at or item.added_at)}")
            self.addItem(row)
        self.itemActivated.connect(self._open)
        self._load()

    def _load(self) -> None:
        pictures = [item for item in self._papers.values() if (item.mime or "").startswith("image/")]
        side = round(metrics.grid(_SIDE_STEPS) * self.devicePixelRatioF())
        self._desk.read(
            self,
            lambda session, token: {
                item.uid: thumbnail(session.workspace.attachment_path(item.sha256), side)
                for item in pictures
                if not token.cancelled()
            },
            self._show,
            topic="thumbnails",
        )

    def _show(self, made: Mapping[str, QImage]) -> None:
        for at in range(self.count()):
            image = made.get(str(self.item(at).data(_UID)))
            if image is not None and not image.isNull():
                self.item(at).setIcon(QIcon(QPixmap.fromImage(image)))

    def _open(self, row: QListWidgetItem) -> None:
        paper = self._papers[str(row.data(_UID))]
        open_paper(self._desk, paper, list(self._papers.values()), self.window())
