"""Reading a stick: any bundle is looked at first, without a key; then the hub's answers are taken in."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.domain.values import show_moment
from app.errors import AppError
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.parts import heading, muted, say_fault, side_button
from app.ui.sync.problems import finding_words, refusal_words, verdict_of
from app.ui.sync.work import Report, WorkDialog, drives, size_words
from app.ui.tasks import Callbacks

if TYPE_CHECKING:
    from app.actions.sticks import BundleReport
    from app.actions.syncing import SyncDone

_ENDING = ".bundle"
_TO_HUB = "to_hub"  # what a laptop writes
_MOST_FINDINGS = 5


class StickInDialog(WorkDialog):
    """`only_verify` never takes anything in: it says whether a bundle is whole."""

    def __init__(self, desk: Desk, *, only_verify: bool, parent: QWidget | None = None) -> None:
        title = tr(N_("Verify a bundle")) if only_verify else tr(N_("Read from a USB stick"))
        super().__init__(desk, title, tr(N_("Read it in")), parent)
        self._only_verify = only_verify
        self.report: BundleReport | None = None
        self.file = QLineEdit()
        self.file.setAccessibleName(tr(N_("Bundle")))
        self.file.setPlaceholderText(tr(N_("A file that ends in .bundle")))
        self.file.textChanged.connect(lambda _: self._look())
        row = QHBoxLayout()
        row.addWidget(QLabel(tr(N_("Bundle"))))
        row.addWidget(self.file, 1)
        row.addWidget(side_button(tr(N_("Choose…")), self._choose))
        self._verdict, self._facts = heading("", 1.1), muted()
        self._verdict.setWordWrap(True)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        about = N_("Whether a bundle is whole can be told without a key and without a workspace.")
        answers = N_("The hub's answers to what you sent, and what others did meanwhile, come in this way.")
        column.addWidget(muted(tr(about) if only_verify else tr(answers)))
        column.addLayout(row)
        for box in (self._verdict, self._facts):
            column.addWidget(box)
            box.hide()
        self.add_foot(column)
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setMinimumWidth(metrics.chars(78))
        if only_verify:
            self._only_close()
        self._deed().setEnabled(False)
        self._propose()

    def choose(self, path: Path) -> None:
        """Take a file and look at it."""
        self.file.setText(str(path))

    def verdict(self) -> str:
        """What is said of the bundle."""
        return "\n".join(part for part in (self._verdict.text(), self._facts.text()) if part)

    def send(self) -> None:
        """Take the bundle in."""
        session, path = self._desk.need(), Path(self.file.text())

        def work(report: Report) -> SyncDone:
            from app.actions import sticks  # late: actions load after the first paint

            return sticks.bundle_in(session, path, report)

        self.start(work, self._done, tr(N_("Reading the stick")))

    # ---- looking

    def _look(self) -> None:
        path = Path(self.file.text().strip())
        self.report = None
        self._deed().setEnabled(False)
        for box in (self._verdict, self._facts):
            box.hide()
        say_fault(self._fault, "")
        if _is_none(path):
            return
        session = self._desk.session

        def work(_: object) -> BundleReport:
            from app.actions import sticks  # late: actions load after the first paint

            return sticks.verify_bundle(path, session)

        callbacks: Callbacks[BundleReport] = Callbacks(self._looked, self._refused)
        self._desk.tasks.run(self, work, callbacks, topic="bundle", title=tr(N_("Looking at the bundle")))

    def _looked(self, report: BundleReport) -> None:
        self.report = report
        self._say(verdict_of(report.ok, [item.code for item in report.problems]), report.ok)
        self._facts.setText("\n".join(_facts(report)))
        self._facts.show()
        self._deed().setEnabled(report.ok and report.kind != _TO_HUB and not self._only_verify)
        self._fit()

    def _say(self, words: str, good: bool) -> None:
        self._verdict.setText(words)
        self._verdict.setProperty("good", good)
        self._verdict.setProperty("danger", not good)
        self._verdict.style().polish(self._verdict)
        self._verdict.show()

    # ---- taken in

    def _done(self, done: SyncDone) -> None:
        self._desk.sync.note(done)
        self._desk.sync.look()
        self._say(tr(N_("Taken in.")), True)
        self._facts.setText("\n".join(_counts(done)))
        self._facts.show()
        self._only_close()
        self._fit()

    def _refused(self, error: Exception) -> None:
        if isinstance(error, AppError):
            say_fault(self._fault, refusal_words(error))
            self._fit()
        else:
            self._desk.failed.emit(error)

    def _propose(self) -> None:
        """The newest bundle on a stick that is plugged in."""
        with contextlib.suppress(OSError):  # a stick may be pulled out at any moment
            found = [file for _, drive in drives() for file in drive.glob(f"*{_ENDING}")]
            if found:
                self.choose(max(found, key=lambda file: file.stat().st_mtime))

    def _choose(self) -> None:
        kinds = f"{tr(N_('Bundles'))} (*{_ENDING})"
        name, _ = QFileDialog.getOpenFileName(self, self.windowTitle(), self.file.text(), kinds)
        if name:
            self.choose(Path(name))


def _is_none(path: Path) -> bool:
    """Whether there is plainly no such file; that a stick was pulled out is found by looking at it."""
    try:
        return not path.is_file()
    except OSError:
        return False


def _facts(report: BundleReport) -> list[str]:
    lines = [finding_words(item) for item in report.problems[:_MOST_FINDINGS]]
    if len(report.problems) > _MOST_FINDINGS:
        lines.append(tr(N_("… and {n} more"), n=len(report.problems) - _MOST_FINDINGS))
    if report.ok and report.kind == _TO_HUB:
        lines.append(tr(N_("It is for the hub: bring it to the bureau, and read in here what comes back.")))
    if report.hub:
        named = f"{report.hub_name} ({report.hub})" if report.hub_name else report.hub
        lines.append(tr(N_("Hub: {hub}"), hub=named))
    if report.device:
        lines.append(tr(N_("Laptop: {device}"), device=report.device))
    if report.made_at:
        lines.append(tr(N_("Written: {when}"), when=show_moment(report.made_at)))
    if report.volumes > 1:
        lines.append(tr(N_("File {n} of {all}"), n=report.volume, all=report.volumes))
    if report.size:
        lines.append(tr(N_("Size: {size}"), size=size_words(report.size)))
    return lines


def _counts(done: SyncDone) -> list[str]:
    lines = [
        tr(N_("{n} entries received, {files} papers"), n=f"{done.pulled:,}", files=f"{done.blobs_down:,}"),
        tr(
            N_("Of your changes: {taken} taken, {merged} merged, {refused} refused"),
            taken=f"{done.accepted:,}", merged=f"{done.merged:,}", refused=f"{done.rejected:,}",
        ),
    ]  # fmt: skip
    if done.conflicts:
        lines.append(tr(N_("{n} conflicts came with it"), n=f"{done.conflicts:,}"))
    if done.conflicts or done.rejected:
        lines.append(tr(N_("What was not accepted, and what somebody decides, stands under Conflicts.")))
    if done.message:
        lines = [done.message, *([] if done.restored else lines)]
    if done.papers is not None:
        from app.actions.sticks import papers_words  # late: actions load after the first paint

        lines += [said for said in [papers_words(done.papers)] if said]
    return lines
