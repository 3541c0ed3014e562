"""What the window says of rounds, sticks and revoked laptops: only what is so, once, and in its own words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app import __version__
from app.errors import HubUnreachable, Invalid
from app.sync.refusals import SAFE as HINT
from app.sync.results import BundleReport, EnrolDone, Proof
from app.ui.application import Program
from app.ui.frame.rail import SYNC
from app.ui.sync.doings import joined_words, proof_words
from app.ui.sync.join import JoinDialog
from app.ui.sync.stickin import StickInDialog
from app.ui.sync.stickout import StickOutDialog
from app.ui.sync.tables import outcome
from app.ui.sync.watch import Round
from app.ui.sync.words import Trying, line_of, restored_words
from sync_cases import ALONE, MOMENT, OFFLINE, REVOKED, ROUND, SAFE, UNSENT, FakeHub, stand_in
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]
JOINED = EnrolDone(
    Path("a.gpkg"), "d1", "h1", "https://a", "620802", "620800", "R3",
    founding=False, records=5, pending=3, keys="keystore",
)  # fmt: skip


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    made = FakeHub()
    stand_in(monkeypatch, made)
    return made


def words_of(running: Program) -> list[str]:
    return [label.text() for label in running.window.sync.findChildren(QLabel)]


def test_the_page_counts_with_the_line(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    """The heading stayed at the first number while line and bar went on."""
    hub.status = UNSENT
    hub.wait = threading.Event()
    running = office("clerk", sync="by_hand")
    running.window.go(SYNC)
    running.desk.sync.begin()
    for done in (20, 49):
        running.desk.sync._progressed(done, 100, "正在取回佐证")
        assert f"正在同步… {done} %" in words_of(running)
    hub.wait.set()
    qtbot.waitUntil(lambda: not running.desk.sync.running, timeout=WAIT_MS)
    settle(running, qtbot)


@pytest.mark.parametrize(("login", "offered"), [("admin", True), ("city", True), ("clerk", False)])
def test_who_may_enter_the_hubs_pages_gets_there_from_the_sync_page(
    office: Office, hub: FakeHub, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, login: str, offered: bool
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()) or True)
    hub.status = replace(SAFE, hub="https://192.0.2.2:8443")
    running = office(login, sync="by_hand")
    running.window.go(SYNC)
    settle(running, qtbot)
    buttons = [
        one for one in running.window.sync.findChildren(QPushButton) if one.objectName() == "hub_pages"
    ]
    assert bool(buttons) == offered
    for one in buttons:
        one.click()
    assert opened == ["https://192.0.2.2:8443/admin/"] * offered


def test_a_failure_is_said_once(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    hub.status = OFFLINE
    running = office("clerk", sync="by_hand")
    running.window.go(SYNC)
    settle(running, qtbot)
    assert "\n".join(words_of(running)).count(OFFLINE.last_error) == 1


def test_what_a_revoked_laptop_handed_in_is_not_called_unsent(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    status = replace(REVOKED, handed_in=3)
    assert line_of(status, MOMENT[:10]).words == "本机已被停用 · 3 条已交中心，待人工查看"
    assert line_of(replace(REVOKED, handed_in=1), MOMENT[:10]).words == "本机已被停用 · 2 条未上报，仍存本机"
    hub.status = status
    running = office("clerk")
    bar = running.window.revoked
    assert bar.isVisible()
    assert "3 条改动已交到中心" in bar._words.text()
    assert not bar.button.isEnabled()


def test_papers_that_the_hub_lacks_are_not_called_sent() -> None:
    day = MOMENT[:10]
    assert line_of(replace(UNSENT, unsent=0, files_unsent=2), day).words == "2 份材料未上报 · 已存本机"
    assert (
        line_of(replace(UNSENT, unsent=3, files_unsent=2), day).words == "3 条改动、2 份材料未上报 · 已存本机"
    )
    away = line_of(replace(OFFLINE, unsent=0, files_unsent=2), day)
    assert "2 份材料未上报" in away.words and away.tone == "warning"
    damaged = line_of(replace(SAFE, damaged=("锅炉房.jpg",)), day)
    assert (
        damaged.words.endswith("1 份材料已损坏、未上报")
        and "锅炉房.jpg" in damaged.tip
        and damaged.tone == "warning"
    )


def test_a_program_that_is_too_old_says_what_to_install_also_while_the_hub_is_away() -> None:
    asked = replace(UNSENT, wanted="9.1.0", last_error="…")
    for trying in (
        Trying(),
        Trying(HubUnreachable("no answer"), MOMENT),
        Trying(Invalid("no", code="too_old")),
    ):
        line = line_of(asked, "2026-11-23", trying)
        assert (line.words, line.tone) == (
            "请安装 9.1.0 或更新版本后同步 · 3 条未上报 · 已存本机",
            "warning",
        )
        assert "可以继续工作" in line.tip and __version__ in line.tip
    assert "停用" in line_of(replace(REVOKED, wanted="9.1.0"), "2026-11-23").words
    refused = line_of(UNSENT, "2026-11-23", Trying(Invalid("no", code="too_old")))
    assert refused.words.startswith("程序版本过低"), "a hub that did not say which version"


def test_nothing_given_back_is_not_counted() -> None:
    status = replace(SAFE, restored_at=MOMENT)
    assert "0" not in restored_words(status).partition("发现")[2]
    assert "补回 4 条" in restored_words(replace(status, given_back=4))
    done = replace(ROUND, areas={}, restored=True)
    assert outcome(Round(MOMENT, done))[0] == "中心曾恢复"
    assert outcome(Round(MOMENT, replace(done, given_back=4)))[0] == "中心曾恢复；补回 4 条"


def test_keys_that_nobody_could_open_yet_are_no_failed_round(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    """A round begins by itself when a file is opened, before anybody can have signed in."""
    hub.status = SAFE
    running = office("clerk", sync="by_hand")
    session = running.desk.session
    assert session is not None
    locked, session.actor = session.actor, None
    running.desk.sync._failed(Invalid("Locked", code="keys_locked"))
    assert list(running.desk.sync.rounds) == []
    session.actor = locked
    running.desk.sync._failed(Invalid("Locked", code="keys_locked"))
    assert len(running.desk.sync.rounds) == 1


def test_a_hub_that_does_not_answer_is_explained_to_who_joins(
    office: Office, hub: FakeHub, qtbot: QtBot, tmp_path: Path
) -> None:
    hub.status = ALONE
    running = office("clerk", sync="by_hand")
    dialog = JoinDialog(running.desk, str(tmp_path), running.window)
    dialog._refused(HubUnreachable("No answer", hint=HINT))
    said = dialog.fault_words()
    assert "邀请文件" in said and "U盘" not in said.replace(" ", "")
    dialog._refused(HubUnreachable("No hub", hint="看端口", code="not_a_hub"))
    assert "看端口" in dialog.fault_words()
    dialog.deleteLater()


def test_no_words_of_the_shell_in_the_window() -> None:
    assert "bundle out" not in HINT


def test_who_joins_is_told_only_what_there_is() -> None:
    done = replace(JOINED, pending=0)
    assert "待上报" not in joined_words(done)
    assert "3 条改动待上报" in joined_words(JOINED)
    waits = joined_words(replace(JOINED, waits=True, keys="promised", place="崆峒区"))
    assert "现在登录" not in waits and "崆峒区 620802" in waits


def test_a_bundle_for_the_hub_is_not_read_here(
    office: Office, hub: FakeHub, qtbot: QtBot, tmp_path: Path
) -> None:
    """It names this laptop, as its writer: to hand it to the laptop it names was no help."""
    hub.status = SAFE
    running = office("clerk", sync="by_hand")
    file = tmp_path / "own.bundle"
    file.write_bytes(b"x")
    hub.report = BundleReport(True, file, "to_hub", "平凉市局", "柳湖镇-1", MOMENT, size=120_000)
    dialog = StickInDialog(running.desk, only_verify=False, parent=running.window)
    dialog.choose(file)
    settle(running, qtbot)
    assert "交给中心" in dialog.verdict()
    assert not dialog._deed().isEnabled()
    hub.report = replace(hub.report, kind="to_device")
    dialog._look()
    settle(running, qtbot)
    assert dialog._deed().isEnabled()
    dialog.reject()


@pytest.mark.parametrize(("restored", "counted"), [(False, True), (True, False)])
def test_what_a_bundle_says_stands_first(
    office: Office, hub: FakeHub, qtbot: QtBot, tmp_path: Path, restored: bool, counted: bool
) -> None:
    """It was shown of a hub that was brought back only: an old bundle was “taken in”, with nothing."""
    hub.status = SAFE
    running = office("clerk", sync="by_hand")
    dialog = StickInDialog(running.desk, only_verify=False, parent=running.window)
    dialog._done(replace(ROUND, areas={}, message="此数据包较旧", restored=restored))
    lines = dialog._facts.text().splitlines()
    assert lines[0] == "此数据包较旧"
    assert any("12" in line for line in lines[1:]) is counted
    dialog.reject()


def test_the_stick_counts_what_was_written_meanwhile(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    hub.status = SAFE
    running = office("clerk", sync="by_hand")
    dialog = StickOutDialog(running.desk, "/tmp", running.window)
    assert any("0 条未上报" in label.text() for label in dialog.findChildren(QLabel))
    hub.status = UNSENT
    running.desk.sync.look()
    settle(running, qtbot)
    assert any("3 条未上报" in label.text() for label in dialog.findChildren(QLabel))
    dialog.reject()


def test_a_certificate_counts_what_this_laptop_knows_of(tmp_path: Path) -> None:
    proof = Proof(True, tmp_path / "p.json", 10, 8, 1, 1)
    said = proof_words(proof)
    assert "本机所知" in said
    assert "核对人" in said
