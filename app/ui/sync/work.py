"""What the dialogs of this room share: long work with a bar and a way to stop it, drives, file sizes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QStorageInfo
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QProgressBar, QVBoxLayout, QWidget

from app.errors import Cancelled
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.messages import buttons
from app.ui.parts import fault, muted, say_fault, say_refusal
from app.ui.tasks import Callbacks, Lane, Task, Token, heed_of

T = TypeVar("T")
Report = Callable[[int, int, str], None]
_REMOVABLE = ("/media/", "/run/media/", "/mnt/", "/Volumes/")
_MB = 1_000_000


class WorkDialog(QDialog):
    """A dialog that starts one piece of long work; while it runs, its cancel button stops the work."""

    def __init__(self, desk: Desk, title: str, deed: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._task: Task | None = None
        self.setWindowTitle(title)
        self._bar, self._words = QProgressBar(textVisible=False), muted()
        self._bar.setFixedHeight(metrics.grid(2))
        self._fault = fault()
        self.foot = buttons(deed)
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        self._bar.hide()
        self._words.hide()

    def add_foot(self, column: QVBoxLayout) -> None:
        """Put progress, fault and buttons at the foot of the dialog."""
        for box in (self._bar, self._words, self._fault):
            column.addWidget(box)
        column.addStretch(1)
        column.addWidget(self.foot)

    def send(self) -> None:
        """Start the work; each dialog says what it is."""
        raise NotImplementedError

    def start(self, work: Callable[[Report], T], done: Callable[[T], None], title: str) -> None:
        """Run `work` beside the rounds of sync, never at the same time as one."""
        say_fault(self._fault, "")
        self._working(True)
        self._words.setText(tr(N_("Waiting for the round under way…")) if self._desk.sync.running else title)
        session = self._desk.session

        def patiently(token: Token) -> T:
            with session.workspace.heeding(heed_of(token)) if session is not None else nullcontext():
                return work(stoppable(token))

        self._task = self._desk.tasks.run(
            self,
            patiently,
            Callbacks(done, self._refused, self._progressed, lambda: self._working(False)),
            lane=Lane.NETWORK,
            title=title,
        )

    def reject(self) -> None:
        """Stop the work when there is any, else close."""
        if self._task is None:
            super().reject()
            return
        self._task.cancel()
        self._words.setText(tr(N_("Stopping…")))

    def fault_words(self) -> str:
        """Why it was refused; empty before it was."""
        return self._fault.text()

    def _fit(self) -> None:
        """Grow to what is shown now, but never beyond the window below."""
        layout = self.layout()
        if layout is None:
            return
        layout.activate()
        wish = max(layout.totalHeightForWidth(self.width()), layout.totalSizeHint().height())
        owner = self.parentWidget()
        room = owner.window().height() - metrics.grid(4) if owner is not None else wish
        self.resize(self.width(), max(self.height(), min(wish, room)))

    def _working(self, on: bool) -> None:
        self._bar.setVisible(on)
        self._words.setVisible(on)
        self._bar.setRange(0, 0)
        self._deed().setEnabled(not on)
        if not on:
            if self._is_stopping():
                self._words.setText(self._stopped())
                self._words.show()
            self._task = None
        self._fit()

    def _is_stopping(self) -> bool:
        return self._task is not None and self._task.token.cancelled()

    def _stopped(self) -> str:
        """What is said once the work has been stopped."""
        return tr(N_("Stopped; nothing was lost."))

    def _deed(self) -> QWidget:
        return next(button for button in self.foot.buttons() if button.objectName() == "deed")

    def _progressed(self, done: int, total: int, words: str) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        if words and not self._is_stopping():
            self._words.setText(words)

    def _refused(self, error: Exception) -> None:
        say_refusal(self._fault, error, self._desk.failed.emit)
        self._fit()

    def _only_close(self) -> None:
        """Nothing is left to do but to close."""
        self._deed().hide()
        cancel = self.foot.button(QDialogButtonBox.StandardButton.Cancel)
        if cancel is not None:
            cancel.setText(tr(N_("Close")))


def stoppable(token: Token) -> Report:
    """A place to report progress that ends the work at the next report after the user asked to stop."""

    def report(done: int, total: int, words: str = "") -> None:
        token.progress(done, total, words)
        if token.cancelled():
            raise Cancelled(N_("Stopped; nothing was lost."))

    return report


def drives() -> list[tuple[str, Path]]:
    """The sticks and cards that are plugged in and can be written: name with free room, and path."""
    found = []
    for volume in QStorageInfo.mountedVolumes():
        path = volume.rootPath()
        usable = volume.isValid() and volume.isReady() and not volume.isReadOnly()
        if usable and not volume.isRoot() and (path.startswith(_REMOVABLE) or path[1:3] == ":/"):
            free = size_words(volume.bytesAvailable())
            found.append(
                (tr(N_("{name} ({free} free)"), name=volume.displayName() or path, free=free), Path(path))
            )
    return found


def size_words(size: int) -> str:
    """A number of bytes as a person reads it."""
    if size < _MB:
        return f"{max(1, round(size / 1000)):,} KB" if size else "0 KB"
    return f"{size / _MB:,.1f} MB" if size < 1000 * _MB else f"{size / (1000 * _MB):,.1f} GB"
