"""Saving what is unsent to a stick: where, progress, read back, and only then “safe to unplug”."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.parts import heading, muted, named, say_fault, side_button
from app.ui.sync.work import Report, WorkDialog, drives, size_words
from app.ui.theme import colours

if TYPE_CHECKING:
    from app.actions.sticks import BundleDone

_CHARS = 40  # the width of the box with drives


class StickOutDialog(WorkDialog):
    """Chooses the drive or folder; `safe` is true only after the bundle was read back and found whole."""

    def __init__(self, desk: Desk, folder: str, parent: QWidget | None = None) -> None:
        title = tr(N_("Save to a USB stick"))
        super().__init__(desk, title, title, parent)
        self.safe = False
        self.where = QComboBox()
        self.where.setMinimumWidth(metrics.chars(_CHARS))
        for name, path in drives():
            self.where.addItem(name, str(path))
        self._plugged = self.where.count() > 0
        if not self._plugged:
            self.add_folder(Path(folder))
        choose = self._another = side_button(tr(N_("Another folder…")), self._choose)
        row = QHBoxLayout()
        row.addWidget(self.where, 1)
        row.addWidget(choose)
        form = QFormLayout()
        form.setHorizontalSpacing(metrics.grid(3))
        form.addRow(tr(N_("Drive or folder")), row)
        self._result = named("recordBody")
        self._result.hide()
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        self._told = muted(self._about())
        desk.sync.changed.connect(self._tell)
        column.addWidget(self._told)
        column.addLayout(form)
        self._none = muted(
            tr(N_("No USB stick was found. Plug one in and open this again, or choose a folder."))
        )
        column.addWidget(self._none)
        self._none.setVisible(not self._plugged)
        column.addWidget(self._result)
        self.add_foot(column)
        self.setMinimumWidth(metrics.chars(90))

    def add_folder(self, folder: Path) -> None:
        """Offer a folder and choose it; a long path is shown by its end, whole in the tip."""
        words = self.where.fontMetrics().elidedText(
            str(folder), Qt.TextElideMode.ElideLeft, metrics.chars(_CHARS - 6)
        )
        self.where.addItem(words, str(folder))
        self.where.setItemData(self.where.count() - 1, str(folder), Qt.ItemDataRole.ToolTipRole)
        self.where.setCurrentIndex(self.where.count() - 1)

    def target(self) -> Path:
        """The file that will be written."""
        session = self._desk.need()
        stamp = "".join(char for char in session.moment()[:19] if char.isdigit())
        name = f"gridward-{session.workspace.area}-{stamp}.bundle"
        return Path(str(self.where.currentData())) / name

    def send(self) -> None:
        """Write the bundle and read it back."""
        session, path = self._desk.need(), self.target()

        def work(report: Report) -> BundleDone:
            from app.actions import sticks  # late: actions load after the first paint

            return sticks.bundle_out(session, path, report)

        self.start(work, self._done, tr(N_("Writing to the stick: do not unplug it yet")))

    def _tell(self) -> None:
        """What is written while the dialog is open goes with it."""
        if not self.safe:
            self._told.setText(self._about())

    def _about(self) -> str:
        status = self._desk.sync.status
        count = status.unsent if status else 0
        return tr(
            N_("{n} unsent changes and their papers go into one encrypted file that only the bureau's hub "
               "can read. They stay here too, until the hub's answer comes back."),
            n=f"{count:,}",
        )  # fmt: skip

    def _done(self, done: BundleDone) -> None:
        if not done.verified:
            say_fault(
                self._fault, tr(N_("The file could not be read back. Do not rely on it; try another stick."))
            )
            self._fit()
            return
        self.safe = True
        sign, words = QLabel(), heading(tr(N_("Safe to unplug")), 1.4)
        sign.setPixmap(icons.pixmap("safe", metrics.grid(9), colours().good))
        words.setProperty("good", True)
        names = [path.name for path in (done.volumes or (done.path,))]
        place = QLabel("\n".join([str(done.path.parent), *names]), wordWrap=True)
        place.setTextFormat(Qt.TextFormat.PlainText)
        texts = QVBoxLayout()
        for box in (words, muted(_facts(done)), place):
            texts.addWidget(box)
        row = QHBoxLayout(self._result)
        row.setSpacing(metrics.grid(3))
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        self._result.show()
        self.where.setEnabled(False)
        self._another.setEnabled(False)
        self._none.hide()
        self._only_close()
        self._fit()
        self._desk.sync.look()

    def _choose(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, tr(N_("Drive or folder")), str(self.where.currentData())
        )
        if name:
            self.add_folder(Path(name))


def _facts(done: BundleDone) -> str:
    """What was written, and what the bundle brings the hub or asks of it beside that."""
    facts = tr(
        N_("{n} changes and {files} papers, {size}; read back and found whole."),
        n=f"{done.changes:,}", files=f"{done.blobs:,}", size=size_words(done.size),
    )  # fmt: skip
    back = N_("It gives the restored hub back {n} changes; your own go with the bundle after its answer")
    asks = N_("It asks the hub for {n} photographs and papers that are not here")
    more = [tr(told, n=f"{n:,}") for n, told in ((done.given_back, back), (done.lacking, asks)) if n]
    if done.damaged:
        from app.actions.syncing import damaged_words  # late: actions load after the first paint

        more.append(damaged_words(done.damaged))
    if done.broken:
        more.append(done.broken)
    if done.wanted:
        from app.actions.syncing import wanted_words

        more.append(wanted_words(done.wanted))
    return "\n".join([facts, *more])
