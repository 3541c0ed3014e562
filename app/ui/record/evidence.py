"""The evidence of a record: thumbnails with kind, name and time; files are dropped here or chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QIcon,
    QImage,
    QPixmap,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.entities.papers import EVIDENCE_KINDS, PICTURE_ENDINGS, Attachment
from app.domain.values import show_moment
from app.i18n import N_, listed, tr
from app.render.photos import read_picture
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.parts import side_button
from app.ui.record.redacting import list_removed
from app.ui.tasks import Callbacks
from app.ui.theme import colours

if TYPE_CHECKING:
    from app.actions.records import RecordView
    from app.actions.session import Session
    from app.ui.tasks import Token

ABREAST = ("photo_before", "photo_during", "photo_after")  # looked at side by side
_SIDE_STEPS = 16
_ASKED = N_("Asked for: it comes with the next sync or stick")
UID_ROLE = Qt.ItemDataRole.UserRole  # a row of papers carries its attachment's uid


class EvidenceView(QWidget):
    """Lists what is there; `added` carries files to be put beside the record, `opened` a paper to look at."""

    added = Signal(list)  # [Path]
    opened = Signal(str)  # attachment uid
    unwanted = Signal(str)  # the uid of one that is to be taken away

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._papers: dict[str, Attachment] = {}
        self.setAcceptDrops(True)
        self.list = QListWidget()
        self.list.setIconSize(QSize(metrics.grid(_SIDE_STEPS), metrics.grid(_SIDE_STEPS * 0.75)))
        self.list.setSpacing(metrics.grid(0.5))
        self.list.setWordWrap(True)
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setAccessibleName(tr(N_("Evidence")))
        self.list.itemActivated.connect(lambda item: self.opened.emit(str(item.data(UID_ROLE))))
        self._hint = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._hint.setProperty("muted", True)
        self._add = QPushButton(tr(N_("Add files…")))
        icons.wear(self._add, "add")
        self._add.clicked.connect(self.choose)
        self.bring = side_button(tr(N_("Fetch this file")), self._ask_for)
        self.bring.hide()
        self.redact = side_button(tr(N_("Take away…")), lambda: self.unwanted.emit(self.chosen()))
        self.redact.hide()
        self._redactor = False
        desk.sync.changed.connect(self._came)
        self._away: dict[str, bool] = {}  # papers whose file is not here, and whether it was asked for
        self.list.currentItemChanged.connect(lambda *_: self._offer())
        self._abreast = side_button(tr(N_("Side by side…")), self.compare)
        column = QVBoxLayout(self)
        metrics.tight(column, 1, 1)
        column.addWidget(self.list, 1)
        beside = QHBoxLayout()
        beside.addStretch(1)
        beside.addWidget(self.redact)
        beside.addWidget(self.bring)
        column.addLayout(beside)
        foot = QHBoxLayout()
        foot.addWidget(self._hint, 1)
        foot.addWidget(self._abreast)
        foot.addWidget(self._add)
        column.addLayout(foot)

    def show_papers(self, view: RecordView, fixed: str = "", *, redactor: bool = False) -> None:
        """Show the papers of a record, the newest round first, and what its dossier lacks.

        `fixed` says why none can be added; a `redactor` may take one away.
        """
        papers, lacks = view.attachments, view.dossier_lacks
        ordered = sorted(papers, key=lambda item: (-item.round_no, EVIDENCE_KINDS.codes.index(item.kind)))
        self._papers = {item.uid: item for item in ordered}
        self.list.clear()
        for item in ordered:
            warnings = view.warnings_of(item)
            row = QListWidgetItem(icon_of(item), "\n".join((*_words(item), *warnings)))
            row.setData(UID_ROLE, item.uid)
            row.setToolTip(f"{item.file_name}\nSHA-256 {item.sha256}")
            if warnings:
                row.setForeground(QColor(colours().danger))
            self.list.addItem(row)
        list_removed(self.list, view.taken_away)
        self._redactor = redactor
        self._add.setEnabled(not fixed)
        self._add.setToolTip(fixed)
        self._abreast.setVisible(len([item for item in papers if item.kind in ABREAST]) > 1)
        empty = tr(N_("No papers or photographs yet. Drop files here."))
        drop = tr(N_("Drop files here to add them.")) if ordered else empty
        missing = listed(str(lack.values["kind"]) for lack in lacks)
        self._hint.setText(tr(N_("The dossier lacks: {papers}"), papers=missing) if missing else drop)
        load_thumbnails(self._desk, self.list, ordered, _SIDE_STEPS)
        self._away = {}
        self._offer()
        self._look_for(ordered)

    def _look_for(self, papers: Sequence[Attachment]) -> None:
        """Say which files are not on this laptop."""

        def away(session: Session, _: Token) -> dict[str, bool]:
            from app.actions.sticks import papers_away  # late: actions load after the first paint

            return papers_away(session, papers)

        self._desk.read(self.list, away, self._say_away, topic="papers away")

    def _say_away(self, away: Mapping[str, bool]) -> None:
        came = self._away.keys() - away.keys()
        self._away = {uid: asked for uid, asked in away.items() if uid in self._papers}
        said = (tr(N_("The file is not on this laptop")), tr(_ASKED))
        for at in range(self.list.count()):
            row = self.list.item(at)
            lines = [line for line in row.text().split("\n") if line not in said]
            asked = self._away.get(str(row.data(UID_ROLE)))
            row.setText("\n".join([*lines, *([] if asked is None else [said[asked]])]))
        if came:
            load_thumbnails(self._desk, self.list, list(self._papers.values()), _SIDE_STEPS)
        self._offer()

    def _offer(self) -> None:
        """Only a file that is not here and was not asked for is offered to be brought; to be taken away the
        chosen paper, to whoever may."""
        self.bring.setVisible(self._away.get(self.chosen()) is False)
        self.redact.setVisible(self._redactor and self.chosen() in self._papers)

    def chosen(self) -> str:
        """The uid of the paper that is chosen in the list; "" for none."""
        at = self.list.currentRow()
        return str(self.list.item(at).data(UID_ROLE) or "") if at >= 0 else ""

    def _ask_for(self) -> None:
        """Have the next round, or the next stick, bring the chosen paper before all others."""
        uid = self.chosen()

        def work(session: Session, _: Token) -> object:
            from app.actions.sticks import bring_next  # late: actions load after the first paint

            bring_next(session, uid)
            return None

        asked = Callbacks[object](lambda _: self._asked(uid), self._desk.failed.emit)
        self._desk.act(self, work, asked, title=tr(N_("Fetch this file")))

    def _asked(self, uid: str) -> None:
        """Where the hub is on the network it is fetched at once."""
        self._say_away({**self._away, uid: True})
        status = self._desk.sync.status
        if status is not None and status.hub.startswith("http"):
            self._desk.sync.begin()

    def _came(self) -> None:
        """Look again for what was asked for, once a round or a stick may have brought it."""
        if any(self._away.values()) and not self._desk.sync.running:
            self._look_for(tuple(self._papers.values()))

    def paper(self, uid: str) -> Attachment | None:
        """A listed paper."""
        return self._papers.get(uid)

    def compare(self) -> None:
        """Look at the newest round's photographs before, during and after."""
        shown = [item for item in self._papers.values() if item.kind in ABREAST]
        if shown:
            self.opened.emit(shown[0].uid)

    def choose(self) -> None:
        """Choose files in a dialog."""
        names, _ = QFileDialog.getOpenFileNames(self, tr(N_("Choose evidence files")), "", file_filter())
        if names:
            self.added.emit([Path(name) for name in names])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Local files are welcome."""
        if self._add.isEnabled() and local_files(event):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Still welcome."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand the files on; the panel asks which kind of evidence they are."""
        event.acceptProposedAction()
        self.added.emit(local_files(event))


def local_files(event: QDropEvent) -> list[Path]:
    """The files of a drag."""
    return [path for path in local_paths(event) if path.is_file()]


def local_paths(event: QDropEvent) -> list[Path]:
    """The files and folders of a drag."""
    paths = (Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
    return [path for path in paths if path.exists()]


def file_filter() -> str:
    """What a dialog for evidence offers."""
    papers = " ".join(f"*{ending}" for ending in (*PICTURE_ENDINGS, ".pdf", ".docx", ".xlsx"))
    return f"{tr(N_('Photographs and papers'))} ({papers});;{tr(N_('All files'))} (*)"


def thumbnail(path: Path, side: int) -> QImage:
    """A photograph made small and upright, its longer side so many pixels; null when it cannot be read."""
    return read_picture(str(path), side)


def load_thumbnails(desk: Desk, rows: QListWidget, papers: Sequence[Attachment], side_steps: float) -> None:
    """Make small pictures of the photographs off the GUI thread and show them in a list's rows (UID_ROLE)."""
    pictures = [item for item in papers if (item.mime or "").startswith("image/")]
    names = {item.uid: item.file_name for item in pictures}
    side = round(metrics.grid(side_steps) * rows.devicePixelRatioF())

    def show(made: Mapping[str, QImage]) -> None:
        for at in range(rows.count()):
            image = made.get(str(rows.item(at).data(UID_ROLE)))
            if image is not None and not image.isNull():
                rows.item(at).setIcon(QIcon(QPixmap.fromImage(image)))
            elif image is not None:
                _say_unreadable(rows.item(at), str(names[str(rows.item(at).data(UID_ROLE))]))

    def made_small(session: Session, token: Token) -> dict[str, QImage]:
        from app.actions.evidence import picture_of  # late: actions load after the first paint

        found = {item.uid: picture_of(session, item.sha256) for item in pictures if not token.cancelled()}
        return {uid: thumbnail(path, side) for uid, path in found.items() if path and not token.cancelled()}

    desk.read(rows, made_small, show, topic="thumbnails")


def _say_unreadable(row: QListWidgetItem, file: str) -> None:
    row.setText("\n".join((row.text(), tr(N_("The picture “{file}” cannot be read"), file=file))))
    row.setForeground(QColor(colours().danger))


def icon_of(item: Attachment) -> QIcon:
    """The drawing that stands for a paper until its picture has come."""
    name = "photo" if (item.mime or "").startswith("image/") else "paper"
    return QIcon(icons.pixmap(name, 48, colours().muted))


def _words(item: Attachment) -> tuple[str, ...]:
    when = show_moment(item.taken_at or item.added_at)
    size = f"{item.size / 1024:.0f} KB" if item.size < 1_048_576 else f"{item.size / 1_048_576:.1f} MB"
    again = f" · {tr(N_('round {n}'), n=item.round_no)}" if item.round_no > 1 else ""
    return f"{EVIDENCE_KINDS.label(item.kind)}{again}", item.file_name, f"{when} · {size}"
