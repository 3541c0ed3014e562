"""What the commands of sync do: a round, joining, sticks, the proof, the next conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from app.domain.entities.people import ROLES
from app.errors import AppError
from app.i18n import N_, tr
from app.ui.frame.commands import ALWAYS, OPEN, SIGNED_IN, Run
from app.ui.frame.rail import CONFLICTS, SYNC
from app.ui.messages import ask, show_error, tell
from app.ui.sync.join import JoinDialog
from app.ui.sync.stickin import StickInDialog
from app.ui.sync.stickout import StickOutDialog
from app.ui.sync.work import Report, stoppable
from app.ui.tasks import Callbacks, Lane

if TYPE_CHECKING:
    from app.actions.enrolling import EnrolDone
    from app.actions.syncing import Proof
    from app.ui.window import MainWindow

_KEYS = {
    "keystore": N_("The keys of this laptop lie in the system's keystore."),
    "wrapped": N_("The keys of this laptop are locked with your PIN."),
    "promised": N_("Whoever signs in first locks the keys of this laptop with their PIN: sign in now."),
    "file": N_("The keys lie in a file that only this user of the system can read: keep this laptop locked."),
}
_WAITS = N_("People can sign in here once the hub’s answer has been read in.")
_MOST_PROBLEMS = 200


class SyncDoings:
    """One method per action."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._desk = window.desk
        window.sync.asked.connect(self.show_conflicts)

    def bound(self) -> Mapping[str, tuple[Run, str, int]]:
        """What the actions of sync do in the window: run, menu, need."""
        return {
            "sync": (self.sync, "sync", OPEN),
            "enrol": (self.join, "sync", ALWAYS),
            "bundle_out": (self.stick_out, "sync", OPEN),
            "bundle_in": (self.stick_in, "sync", OPEN),
            "verify_bundle": (self.verify, "sync", ALWAYS),
            "prove": (self.prove, "sync", OPEN),
            "resolve": (lambda: self._window.go(CONFLICTS), "sync", SIGNED_IN),
        }

    def run(self, name: str) -> None:
        """Do what a button of the sync page or the welcome page asks for."""
        own = {known: entry[0] for known, entry in self.bound().items()}
        own["stop_sync"], own["hub_pages"] = self._desk.sync.stop, self.open_pages
        if name in own:
            own[name]()
        else:
            self._window.commands.actions[name].trigger()

    def sync(self) -> None:
        """One round now; without a hub say how to get one."""
        status = self._desk.sync.status
        if status is not None and status.enrolled:
            self._desk.sync.begin()
        else:
            self._window.go(SYNC)

    def open_pages(self) -> None:
        """Open the hub's pages in the browser; they ask for a passphrase of their own."""
        status = self._desk.sync.status
        if status is not None and QDesktopServices.openUrl(QUrl(f"{status.hub}/admin/")):
            self._desk.said.emit(tr(N_(
                "The browser may warn of the hub’s own certificate: go on if the address is the hub’s. The "
                "pages ask for their own passphrase, not for the PIN."
            )))  # fmt: skip

    def show_conflicts(self, uids: Sequence[str]) -> None:
        """Show the first of some conflicts, of several what the hub refused."""
        self._window.conflicts.show_conflict(*uids)  # first: a page that is shown takes what it lists as seen
        self._window.go(CONFLICTS)

    # ---- joining

    def join_anew(self) -> None:
        """Join the same hub again, with new keys for those that cannot be opened any more."""
        self.join(anew=True)

    def join(self, *, anew: bool = False) -> None:
        """Join a hub, with the open workspace or with a new file."""
        last = self._desk.preferences.last_workspace
        folder = str(Path(last).parent) if last else str(Path.home())
        dialog = JoinDialog(self._desk, folder, self._window, anew=anew)
        dialog.joined.connect(self._joined)
        dialog.open()

    def _joined(self, done: EnrolDone) -> None:
        fresh, told = self._desk.session is None, joined_words(done)
        waits = N_("The hub does not know this laptop yet. Save a bundle to a stick now and bring it there.")
        again = N_("This laptop has joined the hub again.")
        moved = N_("This laptop has found its hub again.")
        joined = again if done.again else moved if done.moved else N_("This laptop has joined the hub.")
        said = tr(waits if done.waits else joined)
        self._desk.sync.forget_failure()
        self._desk.sync.look()
        if done.waits and not fresh:
            if ask(self._window, said, tr(N_("Save to a USB stick…")), told):
                self.stick_out()
            return
        tell(self._window, said, told)
        if fresh:
            self._window.open_path(done.file)
        else:
            self._desk.sync.begin()

    # ---- sticks

    def stick_out(self) -> None:
        """Save what is unsent to a stick."""
        folder = str(self._desk.need().workspace.path.parent)
        StickOutDialog(self._desk, folder, self._window).open()

    def stick_in(self) -> None:
        """Read the hub's answer from a stick."""
        StickInDialog(self._desk, only_verify=False, parent=self._window).open()

    def verify(self) -> None:
        """Say whether any bundle is whole."""
        StickInDialog(self._desk, only_verify=True, parent=self._window).open()

    # ---- the proof

    def prove(self) -> None:
        """Write the certificate that nothing was lost."""
        session = self._desk.need()
        proposal = session.workspace.path.with_name(f"{tr(N_('proof'))}-{session.today}.json")
        name, _ = QFileDialog.getSaveFileName(
            self._window, tr(N_("Save the certificate")), str(proposal), "JSON (*.json)"
        )
        if name:
            self.prove_to(Path(name if name.endswith(".json") else f"{name}.json"))

    def prove_to(self, path: Path) -> None:
        """Write the certificate to a file, and the sheet to be printed beside it."""
        session = self._desk.need()

        def work(report: Report) -> Proof:
            from app.actions import syncing  # late: actions load after the first paint

            return syncing.prove(session, path, report, path.with_suffix(".pdf"))

        self._desk.tasks.run(
            self._window,
            lambda token: work(stoppable(token)),
            # The task ends first; a window that is closed by then is told nothing.
            Callbacks(lambda proof: QTimer.singleShot(0, self._window, lambda: self._proved(proof))),
            lane=Lane.NETWORK,
            title=tr(N_("Accounting for every value")),
        )

    def _proved(self, proof: Proof) -> None:
        if proof.ok:
            tell(self._window, tr(N_("Nothing was lost.")), proof_words(proof))
            return
        lines = [f"{item.code} {item.why}" for item in proof.problems[:_MOST_PROBLEMS]]
        show_error(
            self._window,
            AppError(
                N_("{n} values cannot be accounted for."),
                hint=N_("Back up this workspace and show the certificate to the bureau. It is in {path}"),
                details=lines,
                n=f"{len(proof.problems):,}",
                path=proof.path,
            ),
        )


def joined_words(done: EnrolDone) -> str:
    """What joining a hub came to, line by line."""
    lines = [
        tr(N_("Hub: {hub}"), hub=done.url or done.hub),
        tr(N_("Area of this laptop: {area}"), area=f"{done.place} {done.area}".strip()),
        tr(N_("Highest role on this laptop: {role}"), role=ROLES.label(done.role)),
        tr(N_("{n} records came from the hub"), n=f"{done.records:,}"),
        tr(N_("{n} changes of this laptop wait to be sent"), n=f"{done.pending:,}") if done.pending else "",
        tr(_WAITS if done.waits and not done.again else _KEYS[done.keys]),
    ]
    if done.founding:
        lines.insert(1, tr(N_("The hub was empty: this workspace founds it.")))
    return "\n".join(filter(None, lines))


def proof_words(proof: Proof) -> str:
    """The sum of a certificate, line by line."""
    lines = [
        tr(N_("{n} values were ever entered, as far as this laptop knows"), n=f"{proof.values:,}"),
        tr(N_("{n} are current"), n=f"{proof.current:,}"),
        tr(N_("{n} stand in a conflict"), n=f"{proof.in_conflict:,}"),
        tr(N_("{n} were superseded by a named act"), n=f"{proof.superseded:,}"),
        tr(N_("{n} wait for the hub"), n=f"{proof.waiting:,}") if proof.waiting else "",
        tr(N_("The certificate is in {path}"), path=proof.path),
        tr(N_("A sheet to print and file is in {path}"), path=proof.sheet) if proof.sheet else "",
        tr(N_("Whoever checks it needs this file and the log of the hub, which the bureau writes out.")),
    ]
    return "\n".join(line for line in lines if line)
