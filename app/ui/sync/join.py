"""Joining a hub: by its address and a code, or by an invitation file and a code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.errors import HubUnreachable
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.parts import muted, say_fault, side_button
from app.ui.sync.work import Report, WorkDialog

if TYPE_CHECKING:
    from app.actions.enrolling import EnrolDone

_CODE = "XXXXX-XXXXX-XXXXX-XXXXX"


class JoinDialog(WorkDialog):
    """With a workspace open it becomes a replica and keeps its work; without one a new file is made from the
    hub's snapshot. `joined` carries what came of it."""

    joined = Signal(object)  # EnrolDone

    def __init__(self, desk: Desk, folder: str, parent: QWidget | None = None, *, anew: bool = False) -> None:
        title = tr(N_("Join the bureau's hub"))
        super().__init__(desk, title, tr(N_("Join")), parent)
        self._fresh = desk.session is None
        status = desk.sync.status
        self._again = anew or (status is not None and status.enrolled)
        self.by_address = QRadioButton(tr(N_("By network: the address of the hub and a code")))
        self.by_file = QRadioButton(tr(N_("Without a network: an invitation file and a code")))
        self.by_address.setChecked(True)
        self.address, self.invitation = QLineEdit(), QLineEdit()
        self.address.setPlaceholderText("https://192.168.1.20:8443")
        self.code, self.pin = QLineEdit(), QLineEdit()
        self.code.setPlaceholderText(_CODE)
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.lock = QCheckBox(tr(N_("Lock the keys with the PIN of whoever signs in first")))
        self.lock.setChecked(True)
        self.anew = QCheckBox(
            tr(N_("The keys cannot be opened any more (PIN forgotten, copied file): new keys"))
        )
        self.anew.setChecked(anew)
        if self._again and desk.session is not None:
            facts = desk.session.workspace.replica.facts()
            self.address.setText(facts.url if facts is not None else "")
        self.target = QLineEdit(str(Path(folder) / f"{tr(N_('workspace'))}.gpkg"))
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(metrics.grid(3))
        self._lay_out()
        self.by_file.toggled.connect(lambda _: self._switch())
        self._switch()

    def send(self) -> None:
        """Ask the hub; the dialog stays open when it refuses."""
        lacking = self._lacking()
        if lacking:
            say_fault(self._fault, lacking)
            self._fit()
            return
        session = self._desk.session
        file = Path(self.target.text()) if session is None else session.workspace.path
        code, pin = self.code.text().strip(), self.pin.text() or None
        offline, address = self.by_file.isChecked(), self.address.text()
        invitation, lock = Path(self.invitation.text()), self._fresh and self.lock.isChecked()
        anew = self._again and self.anew.isChecked()

        def work(report: Report) -> EnrolDone:
            from app.actions import enrolling  # late: actions load after the first paint

            url = enrolling.typed_address(address)
            if anew and session is not None:
                return enrolling.enrol_anew(session, url, code, invitation if offline else None)
            if offline:
                done = enrolling.enrol_from_file(session, file, invitation, code, pin, report)
            else:
                done = enrolling.enrol(session, file, url, code, pin, report)
            return enrolling.lock_at_sign_in(done) if lock else done

        self.start(work, self._done, tr(N_("Joining the hub")))

    def _refused(self, error: Exception) -> None:
        if isinstance(error, HubUnreachable) and error.code == HubUnreachable.code:
            what = N_(
                "Nothing was changed. Check the address and the network. Without a network the bureau can"
                " make an invitation file."
            )
            say_fault(self._fault, f"{error.message}\n{tr(what)}")
            self._fit()
        else:
            super()._refused(error)

    def _progressed(self, done: int, total: int, words: str) -> None:
        super()._progressed(done, total, words or tr(N_("Waiting for the hub…")))

    def _stopped(self) -> str:
        return tr(N_("Stopped. “Join” goes on where it was, with the same code and the same file."))

    def _lacking(self) -> str:
        offline = self.by_file.isChecked()
        if offline and not Path(self.invitation.text()).is_file():
            return tr(N_("Choose the invitation file."))
        if not offline and not self.address.text().strip():
            return tr(N_("Give the address of the hub, as the invitation says."))
        moved = self._again and not offline and not self.anew.isChecked()
        if not self.code.text().strip() and not moved:
            return tr(N_("Give the code of the invitation."))
        if self._fresh and Path(self.target.text()).exists():
            return tr(N_("{name} exists. Choose another name."), name=Path(self.target.text()).name)
        return ""

    def _done(self, done: EnrolDone) -> None:
        self.accept()
        QTimer.singleShot(0, self, lambda: self.joined.emit(done))  # the task ends first: a box may open

    # ---- layout

    def _lay_out(self) -> None:
        form = self._form
        form.addRow(tr(N_("Address")), self.address)
        self._file_row = _with_button(self.invitation, self._choose_invitation)
        form.addRow(tr(N_("Invitation file")), self._file_row)
        form.addRow(tr(N_("Code")), self.code)
        if self._fresh:
            form.addRow("", self.lock)
        elif self._again:
            form.addRow("", self.anew)
        else:
            form.addRow(tr(N_("Your PIN")), self.pin)
        if self._fresh:
            form.addRow(tr(N_("New file")), _with_button(self.target, self._choose_target))
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        column.addWidget(muted(self._about()))
        column.addWidget(self.by_address)
        column.addWidget(self.by_file)
        column.addLayout(form)
        code = N_("The code holds for ten minutes and one laptop.")
        pin = N_("The PIN protects the keys of this laptop where the system has no keystore of its own.")
        column.addWidget(muted("\n".join(tr(words) for words in ((code,) if self._again else (code, pin)))))
        self.add_foot(column)
        self.setMinimumWidth(metrics.chars(82))

    def _about(self) -> str:
        if self._fresh:
            return tr(N_("A new file is made from what the hub holds for your area."))
        if self._again:
            return tr(
                N_(
                    "This workspace belongs to a hub. If that has another address now, enter it, without a"
                    " code. Join the hub again by a code when it was restored from a backup and does not know"
                    " this laptop any more, or when the keys of this laptop are lost: everything here is kept"
                    " and sent afterwards."
                )
            )
        return tr(
            N_("This workspace stays as it is; what it holds and the hub has not got is sent afterwards.")
        )

    def _switch(self) -> None:
        offline = self.by_file.isChecked()
        self._form.setRowVisible(self.address, not offline)
        self._form.setRowVisible(self._file_row, offline)

    def _choose_invitation(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr(N_("Invitation file")), self.invitation.text())
        if name:
            self.invitation.setText(name)

    def _choose_target(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr(N_("New file")), self.target.text(), "GeoPackage (*.gpkg)"
        )
        if name:
            self.target.setText(name if name.endswith(".gpkg") else f"{name}.gpkg")


def _with_button(line: QLineEdit, choose: object) -> QWidget:
    box = QWidget()
    row = QHBoxLayout(box)
    metrics.tight(row, 0, 1)
    row.addWidget(line, 1)
    row.addWidget(side_button(tr(N_("Choose…")), choose))  # type: ignore[arg-type]
    return box
