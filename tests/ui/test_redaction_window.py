"""Taking a paper away in the window: offered to whoever may, with a reason, and what stands there then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.actions.evidence import add_evidence
from app.actions.people import actor_of, find_person
from app.actions.redaction import find_paper
from app.domain.entities.papers import Attachment, Redaction
from app.ui.application import Program
from app.ui.dialogs.reason import ReasonDialog
from app.ui.record.evidence import UID_ROLE
from builders import photo
from window_cases import WAIT_MS, boiler_in, choose, settle

Office = Callable[..., Program]
WHY = "这是隔壁户主的身份证"


def at_a_wrong_paper(running: Program, qtbot: QtBot, tmp_path: Path) -> Attachment:
    """A boiler beside which lies somebody's identity card, chosen in the list of its papers."""
    session = running.desk.session
    assert session is not None
    boiler, me = boiler_in(running, "in_progress"), session.actor
    session.actor = actor_of(found) if (found := find_person(session, "city")) else None
    add_evidence(session, boiler, [("other", photo(tmp_path / "identity.jpg", shade=91))])
    session.actor = me
    paper = find_paper(session, boiler, "identity.jpg")
    choose(running, qtbot, boiler)
    panel = running.window.work.record
    panel.tabs.setCurrentWidget(panel.evidence)
    rows = panel.evidence.list
    rows.setCurrentRow(next(at for at in range(rows.count()) if rows.item(at).data(UID_ROLE) == paper.uid))
    settle(running, qtbot)
    return paper


@pytest.mark.parametrize(("login", "may"), [("officer", False), ("clerk", True), ("leader", True)])
def test_it_is_offered_to_the_bureau_alone(
    office: Office, qtbot: QtBot, tmp_path: Path, login: str, may: bool
) -> None:
    running = office(login)
    at_a_wrong_paper(running, qtbot, tmp_path)
    evidence = running.window.work.record.evidence
    assert evidence.redact.isVisibleTo(evidence) is may
    evidence.list.setCurrentRow(-1)
    assert not evidence.redact.isVisibleTo(evidence)


def test_it_asks_why_and_tells_what_became_of_it(office: Office, qtbot: QtBot, tmp_path: Path) -> None:
    running = office("city")
    paper = at_a_wrong_paper(running, qtbot, tmp_path)
    assert running.desk.session is not None
    workspace = running.desk.session.workspace
    file, evidence = workspace.attachment_path(paper.sha256), running.window.work.record.evidence
    assert file.is_file()
    evidence.redact.click()
    (dialog,) = [item for item in running.window.findChildren(ReasonDialog) if item.isVisible()]
    (deed,) = [button for button in dialog.foot.buttons() if button.objectName() == "deed"]
    for short in ("", "错", "错 了"):
        dialog.set_reason(short)
        assert not deed.isEnabled()
    dialog.set_reason(WHY)
    qtbot.mouseClick(deed, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(workspace.find(Redaction)) and not file.exists(), timeout=WAIT_MS)
    settle(running, qtbot)
    rows = [evidence.list.item(at) for at in range(evidence.list.count())]
    assert paper.uid not in [row.data(UID_ROLE) for row in rows]
    (gone,) = [row for row in rows if row.data(UID_ROLE) is None]
    assert WHY in gone.text() and running.desk.session.person().name in gone.text()
    assert "identity" not in gone.text() + gone.toolTip()
    assert not gone.flags() & Qt.ItemFlag.ItemIsSelectable
    assert WHY in running.window.work.record.history.toPlainText()
