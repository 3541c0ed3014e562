"""Commands for the care of a workspace: backup, check, edits of other programs, freezing a baseline, a grid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from app.i18n import N_, tr
from app.ui.frame.commands import SIGNED_IN, Command
from app.ui.messages import tell
from app.ui.tasks import Callbacks

if TYPE_CHECKING:
    from app.ui.window import MainWindow

_CHECKS = {
    "database": N_("Database"),
    "geopackage": N_("GeoPackage"),
    "spatial_index": N_("Spatial index"),
    "journal": N_("Journal"),
    "triggers": N_("Triggers"),
    "attachments": N_("Evidence files"),
}
_MOST_FINDINGS = 12


class Upkeep:
    """One method per command."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._desk = window.desk

    def commands(self) -> list[Command]:
        """The commands of this group."""
        return [
            Command("backup", N_("Back up…"), self.backup, "upkeep", "backup"),
            Command("check", N_("Check the workspace"), self.check, "upkeep", "check"),
            Command(
                "seal", N_("Edits from other programs"), self.foreign_edits, "upkeep", "seal", "", SIGNED_IN
            ),
        ]

    def backup(self) -> None:
        """Copy the workspace into a folder."""
        folder = QFileDialog.getExistingDirectory(self._window, tr(N_("Choose a folder for the backup")))
        if not folder:
            return

        def work(session: Any, _: Any) -> Path:
            from app.actions.upkeep import backup  # late: actions load after the first paint

            copy: Path = backup(session, Path(folder))
            return copy

        said = N_("The backup is in {path}")
        self._desk.act(
            self._window,
            work,
            lambda path: tell(self._window, tr(said, path=path)),
            title=tr(N_("Backing up")),
        )

    def check(self) -> None:
        """Whether everything is whole."""

        def work(session: Any, _: Any) -> Any:
            from app.actions.upkeep import check  # late: actions load after the first paint

            return check(session)

        self._desk.read(self._window, work, Callbacks(self._checked), title=tr(N_("Checking the workspace")))

    def _checked(self, report: Any) -> None:
        lines = [
            f"{'✓' if whole else '✗'} {tr(_CHECKS.get(name, name))}" for name, whole in report.checks.items()
        ]
        lines += [str(getattr(item, "where", item)) for item in report.findings[:_MOST_FINDINGS]]
        words = (
            N_("The workspace is sound.") if report.ok else N_("The workspace is damaged. Restore a backup.")
        )
        tell(self._window, tr(words), "\n".join(lines))

    def foreign_edits(self) -> None:
        """Answer for what another program changed."""
        if self._window.notice.isVisible():
            self._window.notice.ask()
        else:
            self._desk.said.emit(tr(N_("There are no edits from other programs.")))
