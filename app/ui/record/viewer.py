"""Looking at evidence: photographs before, during and after side by side; other papers in their own
program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.domain.entities.papers import EVIDENCE_KINDS, Attachment
from app.domain.values import show_moment
from app.errors import StoreFailure
from app.i18n import N_, tr
from app.render.photos import read_picture
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.messages import buttons, show_error
from app.ui.record.evidence import ABREAST

if TYPE_CHECKING:
    from app.actions.session import Session

_ABREAST = 3
_LONGEST = 2400


def open_paper(desk: Desk, paper: Attachment, all_papers: Sequence[Attachment], parent: QWidget) -> None:
    """Show a photograph among the others of the record, or hand a paper to the program that opens its
    kind."""
    pictures = [item for item in all_papers if (item.mime or "").startswith("image/")]
    if paper in pictures:
        PhotosDialog(desk, pictures, paper, parent).open()
        return

    def show(path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            show_error(
                parent,
                StoreFailure(N_("No program is set up to open {name}."), hint=N_("The file is {path}"),
                             name=paper.file_name, path=str(path)),
            )  # fmt: skip

    desk.read(parent, lambda session, _: session.workspace.verify_attachment(paper.sha256), show)


class PhotosDialog(QDialog):
    """Up to three photographs side by side, each chosen from the record's; the clicked one is always among
    them."""

    def __init__(
        self, desk: Desk, pictures: Sequence[Attachment], first: Attachment, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._pictures = {item.uid: item for item in pictures}
        self.setWindowTitle(tr(N_("Photographs")))
        self._views: list[_Photo] = []
        grid = QGridLayout()
        for column, shown in enumerate(_abreast(pictures, first)):
            box = QComboBox()
            for item in pictures:
                box.addItem(_caption(item), item.uid)
            box.setCurrentIndex(box.findData(shown.uid))
            view = _Photo()
            box.currentIndexChanged.connect(
                lambda _, box=box, view=view: self._load(str(box.currentData()), view)
            )
            grid.addWidget(box, 0, column)
            grid.addWidget(view, 1, column)
            self._views.append(view)
            self._load(shown.uid, view)
        grid.setRowStretch(1, 1)
        foot = buttons(tr(N_("Close")), cancel=False)
        foot.accepted.connect(self.accept)
        column_of_all = QVBoxLayout(self)
        column_of_all.addLayout(grid, 1)
        column_of_all.addWidget(foot)
        metrics.open_at(self, metrics.grid(300), metrics.grid(160))

    def _load(self, uid: str, view: _Photo) -> None:
        """The file is compared with its fingerprint before it is shown; of one that has not come from the hub
        yet the small picture."""
        sha256 = self._pictures[uid].sha256

        def read(session: Session, _: object) -> QImage:
            from app.actions.evidence import picture_of  # late: actions load after the first paint

            here, small = session.workspace.attachment_path(sha256), picture_of(session, sha256)
            if small is not None and small != here:
                return _read(small)
            return _read(session.workspace.verify_attachment(sha256))

        self._desk.read(view, read, view.show_image, topic="photo")


class _Photo(QLabel):
    """A picture that keeps its shape in whatever room it gets."""

    def __init__(self) -> None:
        super().__init__(alignment=Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumSize(QSize(metrics.grid(40), metrics.grid(30)))
        self._image = QImage()

    def show_image(self, image: QImage) -> None:
        """Take the picture."""
        self._image = image
        if image.isNull():
            self.setText(tr(N_("This picture cannot be shown.")))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Scale again."""
        self._fit()

    def _fit(self) -> None:
        if not self._image.isNull():
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            self.setPixmap(QPixmap.fromImage(self._image.scaled(self.size(), keep, smooth)))


def _read(path: Path) -> QImage:
    return read_picture(str(path), _LONGEST)


def _abreast(pictures: Sequence[Attachment], first: Attachment) -> list[Attachment]:
    """Before, during and after of the clicked one's round, the clicked one in place of its kind."""
    line = ABREAST
    if first.kind not in line:
        return [first]
    found = {item.kind: item for item in pictures if item.kind in line and item.round_no == first.round_no}
    found[first.kind] = first
    return [found[kind] for kind in line if kind in found][:_ABREAST]


def _caption(item: Attachment) -> str:
    return f"{EVIDENCE_KINDS.label(item.kind)} · {show_moment(item.taken_at or item.added_at)}"
