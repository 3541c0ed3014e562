"""The honest line, the sync page, rounds by themselves, sticks, joining, and the proof."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QTableWidget
from pytestqt.qtbot import QtBot

from app.errors import Cancelled, HubUnreachable, Invalid
from app.settings import BY_HAND
from app.sync.results import BundleDone, BundleFinding, BundleReport, EnrolDone, Proof, ProofProblem
from app.ui.application import Program
from app.ui.frame.rail import SYNC
from app.ui.frame.rail import TODAY as TODAY_PAGE
from app.ui.sync.join import JoinDialog
from app.ui.sync.problems import ADVICE
from app.ui.sync.stickin import StickInDialog
from app.ui.sync.stickout import StickOutDialog
from app.ui.sync.watch import SyncWatch
from app.ui.sync.words import Trying, line_of, near_moment
from sync_cases import ALONE, MOMENT, OFFLINE, RESTORED, REVOKED, ROUND, SAFE, UNSENT, FakeHub, stand_in
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]
D = TypeVar("D", bound=QDialog)
TODAY = "2026-11-23"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    made = FakeHub()
    stand_in(monkeypatch, made)
    return made


def by_hand(office: Office, login: str = "clerk") -> Program:
    """A window whose rounds begin only when the test asks."""
    return office(login, sync=BY_HAND)


def open_dialog(running: Program, kind: type[D]) -> D:
    return next(box for box in running.window.findChildren(kind) if box.isVisible())


def page_words(running: Program) -> str:
    return "\n".join(label.text() for label in running.window.sync.findChildren(QLabel))


def button(running: Program, name: str) -> QPushButton:
    found = running.window.sync.findChild(QPushButton, name)
    assert isinstance(found, QPushButton), name
    return found


@pytest.mark.parametrize(
    ("status", "words", "tone"),
    [
        (ALONE, "仅存本机", ""),
        (SAFE, "已全部上报 · 上次同步 10:32", "good"),
        (UNSENT, "3 条未上报 · 已存本机", ""),
        (replace(UNSENT, waiting_for_reason=2), "3 条未上报 · 已存本机 · 2 条待说明原因", "warning"),
        (replace(SAFE, last_sync=""), "尚未与中心同步", "warning"),
        (OFFLINE, "离线 · 3 条未上报 · 已存本机", "warning"),
        (REVOKED, "本机已被停用 · 3 条未上报，仍存本机", "danger"),
        (RESTORED, "已全部上报 · 上次同步 10:32 · 中心曾恢复", "good"),
        (replace(RESTORED, restored_at="2026-11-20T02:32:00.000Z"), "已全部上报 · 上次同步 10:32", "good"),
    ],
)
def test_the_line_says_what_is_so(status: object, words: str, tone: str) -> None:
    line = line_of(status, TODAY)  # type: ignore[arg-type]
    assert (line.words, line.tone) == (words, tone)


def test_the_line_never_calls_the_unreachable_hub_good() -> None:
    """All is sent, but the last try failed: no green, and the reason is told."""
    line = line_of(replace(SAFE, last_error="中心没有应答"), TODAY)
    assert line.tone == ""
    assert line.tip == "中心没有应答"
    trying = Trying(HubUnreachable("The hub does not answer"), MOMENT, "2026-11-23T02:40:00.000Z")
    line = line_of(replace(SAFE, last_error="中心没有应答"), TODAY, trying)
    assert (line.words, line.tone) == ("自 10:32 起离线 · 10:40 再试 · 没有未上报", "")
    assert line.tip.splitlines()[1:] == ["中心没有应答"]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Invalid("Sign in, then sync", code="keys_locked"), "密钥未解锁 · 3 条未上报 · 已存本机"),
        (
            Invalid("Another", code="wrong_fingerprint"),
            "应答的不是本中心 · 10:40 再试 · 3 条未上报 · 已存本机",
        ),
        (HubUnreachable("Full", code="disk_full"), "中心的磁盘已满 · 10:40 再试 · 3 条未上报 · 已存本机"),
        (ZeroDivisionError("by zero"), "同步失败 · 10:40 再试 · 3 条未上报 · 已存本机"),
    ],
)
def test_a_hub_that_answers_is_not_called_out_of_reach(failure: Exception, words: str) -> None:
    """What fails for another reason says which, also where the last round was never noted in the file."""
    for status in (UNSENT, OFFLINE):
        line = line_of(status, TODAY, Trying(failure, "", "2026-11-23T02:40:00.000Z"))
        assert (line.words, line.tone, line.tip) == (words, "warning", str(failure))


def test_moments_are_as_short_as_they_can_be() -> None:
    assert near_moment(MOMENT, TODAY) == "10:32"
    assert near_moment(MOMENT, "2026-11-24") == "11-23 10:32"
    assert near_moment(MOMENT, "2027-01-02") == "2026-11-23 10:32"


def test_a_workspace_alone_is_not_told_off_and_never_rings(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    hub.status = ALONE
    running = office("clerk")
    assert running.window.top.sync.text() == "仅存本机"
    running.window.go(SYNC)
    settle(running, qtbot)
    assert "加入本局中心" in button(running, "enrol").text()
    assert not running.desk.sync._next.isActive()
    running.window.doings.sync.sync()
    assert hub.calls == []


def test_a_click_on_what_was_refused_leads_to_the_reasons(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = by_hand(office)
    hub.done = replace(ROUND, rejected=3, areas={})
    running.window.go(SYNC)
    settle(running, qtbot)
    button(running, "sync").click()
    qtbot.waitUntil(lambda: bool(running.desk.sync.rounds) and not running.desk.sync.running, timeout=WAIT_MS)
    settle(running, qtbot)
    (rounds,) = running.window.sync.findChildren(QTableWidget)
    cell = rounds.item(0, 8)
    assert cell is not None
    assert "3 项被退回" in cell.text()
    at = rounds.visualItemRect(cell).center()
    qtbot.mouseClick(rounds.viewport(), Qt.MouseButton.LeftButton, pos=at)
    settle(running, qtbot)
    assert running.window.conflicts.isVisible()


def test_a_round_shows_progress_can_be_stopped_and_reports(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = by_hand(office)
    hub.wait = threading.Event()
    running.window.go(SYNC)
    settle(running, qtbot)
    button(running, "sync").click()
    qtbot.waitUntil(lambda: "正在同步… 25 %" in running.window.top.sync.text(), timeout=WAIT_MS)
    assert "正在发送" in page_words(running)
    button(running, "stop_sync").click()
    qtbot.waitUntil(lambda: not running.desk.sync.running, timeout=WAIT_MS)
    settle(running, qtbot)
    areas, rounds = running.window.sync.findChildren(QTableWidget)
    assert [areas.item(row, 2).text() for row in range(3)] == ["… 仍在获取", "✓ 一致", "✗ 不一致"]  # type: ignore[union-attr]
    assert [rounds.item(0, at).text() for at in (1, 2, 3, 6)] == ["3", "2", "1", "12"]  # type: ignore[union-attr]
    assert "数值与中心不一致" in rounds.item(0, 8).text()  # type: ignore[union-attr]
    running.window.go(TODAY_PAGE)  # and rounds go on by themselves while another page is looked at
    hub.wait = None
    running.desk.sync.begin()
    qtbot.waitUntil(lambda: not running.desk.sync.running, timeout=WAIT_MS)
    settle(running, qtbot)
    assert len(running.desk.sync.rounds) == 2


def test_a_round_that_was_stopped_has_its_line(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    """Who stopped it, when, and what had gone before; another workspace on the desk stops one silently."""
    running = by_hand(office)
    watch, hub.wait = running.desk.sync, threading.Event()
    hub.stopped = Cancelled("Sync was stopped", sent=1_200)
    running.window.go(SYNC)
    settle(running, qtbot)
    button(running, "sync").click()
    qtbot.waitUntil(lambda: "25 %" in running.window.top.sync.text(), timeout=WAIT_MS)
    button(running, "stop_sync").click()
    qtbot.waitUntil(lambda: not watch.running and bool(watch.rounds), timeout=WAIT_MS)
    settle(running, qtbot)
    (rounds,) = running.window.sync.findChildren(QTableWidget)
    assert re.fullmatch(r"\d\d:\d\d 由您停止；此前已发送 1,200 条", rounds.item(0, 8).text())  # type: ignore[union-attr]
    watch.begin()
    running.window.open_session(running.desk.need())
    qtbot.waitUntil(lambda: not watch.running, timeout=WAIT_MS)
    settle(running, qtbot)
    assert not watch.rounds


def test_while_the_hub_is_silent_work_goes_on_and_the_next_try_comes_later(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = office("clerk")
    watch = running.desk.sync
    hub.status, hub.failure = OFFLINE, HubUnreachable("The hub does not answer")
    waits = []
    for _ in range(3):
        watch.begin()
        qtbot.waitUntil(lambda: not watch.running, timeout=WAIT_MS)
        settle(running, qtbot)
        waits.append(watch._next.remainingTime())
    assert waits[0] < 40_000 < waits[1] < 75_000 < waits[2] < 150_000
    assert "自 " in running.window.top.sync.text()
    assert re.search(r"起离线 · \d\d:\d\d 再试 · 3 条未上报", running.window.top.sync.text())
    assert watch.rounds[0].failure
    hub.failure, hub.status = None, SAFE
    watch.begin()
    qtbot.waitUntil(lambda: not watch.running, timeout=WAIT_MS)
    settle(running, qtbot)
    assert watch.offline_since == ""


def test_a_round_without_a_word_waits_for_the_hub_and_says_so(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = by_hand(office)
    watch = running.desk.sync
    watch._silence.setInterval(1)
    hub.wait = threading.Event()
    watch.begin()
    qtbot.waitUntil(lambda: running.window.top.sync.text() == "等待中心应答…", timeout=WAIT_MS)
    watch._progressed(2, 4, "")
    assert running.window.top.sync.text() == "正在同步… 50 %"
    hub.wait.set()
    qtbot.waitUntil(lambda: not watch.running, timeout=WAIT_MS)
    assert not watch._silence.isActive()


def test_what_locks_the_keys_is_said_until_a_round_ends_well(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = by_hand(office)
    watch = running.desk.sync
    hub.status, hub.failure = UNSENT, Invalid("The keys are locked", hint="Sign in", code="keys_locked")
    for failure, words in ((hub.failure, "密钥未解锁 · 3 条未上报"), (None, "3 条未上报 · 已存本机")):
        hub.failure = failure
        watch.begin()
        qtbot.waitUntil(lambda: not watch.running, timeout=WAIT_MS)
        settle(running, qtbot)
        assert running.window.top.sync.text().startswith(words)
    hub.failure = Invalid("The keys are not here", code="keys_missing")
    watch.begin()
    qtbot.waitUntil(lambda: "密钥缺失" in running.window.top.sync.text(), timeout=WAIT_MS)
    settle(running, qtbot)
    watch.forget_failure()  # the same file has joined again, with new keys
    assert running.window.top.sync.text() == "3 条未上报 · 已存本机"


def test_a_change_is_sent_soon_but_not_at_every_key(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("clerk")
    watch = running.desk.sync
    watch.begin()
    qtbot.waitUntil(lambda: not watch.running, timeout=WAIT_MS)
    settle(running, qtbot)
    assert watch._next.remainingTime() > 200_000
    hub.status = UNSENT
    watch.look()
    qtbot.waitUntil(lambda: watch._next.remainingTime() < 20_000, timeout=WAIT_MS)
    left = watch._next.remainingTime()
    hub.status = replace(UNSENT, unsent=4)
    watch.look()
    settle(running, qtbot)
    assert watch._next.remainingTime() <= left


def test_only_when_asked_means_never_by_itself(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = by_hand(office)
    assert not running.desk.sync._next.isActive()
    running.desk.prefer(sync="by_itself")
    assert running.desk.sync._next.isActive()


def test_a_fold_of_many_records_refreshes_the_views_a_few_times(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = by_hand(office)
    told: list[dict[str, tuple[str, ...]]] = []
    running.desk.changed.connect(told.append)
    running.desk.gather(True)
    for at in range(50):
        running.desk.tell_changed({"boiler": (f"u{at}", f"v{at}")})
    assert told == []
    running.desk.gather(False)
    assert len(told) == 1
    assert len(told[0]["boiler"]) == 100


def test_a_new_window_keeps_the_round(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = by_hand(office)
    hub.wait = threading.Event()
    running.desk.sync.begin()
    old = running.window
    running.desk.prefer(language="en")
    qtbot.waitUntil(lambda: running.window is not old, timeout=WAIT_MS)
    assert isinstance(running.desk.sync, SyncWatch)
    assert running.desk.sync.running
    hub.wait.set()
    qtbot.waitUntil(lambda: not running.desk.sync.running, timeout=WAIT_MS)
    settle(running, qtbot)
    assert "All sent" in running.window.top.sync.text()


def test_a_revoked_laptop_says_so_and_hands_in_what_is_left(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    hub.status = REVOKED
    hub.done = replace(ROUND, quarantined=True, areas={})
    running = office("clerk")
    bar = running.window.revoked
    assert bar.isVisible()
    assert "3 条改动" in bar._words.text()
    assert not running.desk.sync._next.isActive()
    running.window.go(SYNC)
    bar.button.click()
    qtbot.waitUntil(lambda: not running.desk.sync.running and ("sync",) in hub.calls, timeout=WAIT_MS)
    settle(running, qtbot)
    (rounds,) = running.window.sync.findChildren(QTableWidget)
    assert "已隔离" in rounds.item(0, 8).text()  # type: ignore[union-attr]


# ---- sticks


def test_a_stick_is_safe_only_after_it_was_read_back(
    office: Office, hub: FakeHub, qtbot: QtBot, tmp_path: Path
) -> None:
    hub.status = UNSENT
    running = by_hand(office)
    running.window.doings.sync.stick_out()
    dialog = open_dialog(running, StickOutDialog)
    dialog.add_folder(tmp_path)
    hub.bundle = BundleDone(tmp_path, 3, 1, verified=False, size=4096)
    dialog.send()
    settle(running, qtbot)
    assert not dialog.safe
    assert "无法读回" in dialog.fault_words()
    hub.bundle = replace(hub.bundle, verified=True)
    dialog.send()
    settle(running, qtbot)
    assert dialog.safe
    words = "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())
    assert "可以安全拔出" in words
    assert str(tmp_path) in words and "未发现" not in words
    assert dialog.target().parent == tmp_path
    dialog.reject()
    assert not dialog.isVisible()


def test_a_full_stick_is_explained_and_the_dialog_stays(
    office: Office, hub: FakeHub, qtbot: QtBot, tmp_path: Path
) -> None:
    running = by_hand(office)
    running.window.doings.sync.stick_out()
    dialog = open_dialog(running, StickOutDialog)
    hub.failure = Invalid("U盘已满", hint="换一个U盘。")
    dialog.send()
    settle(running, qtbot)
    assert dialog.isVisible()
    assert not dialog.safe
    assert "U盘已满" in dialog.fault_words()
    dialog.reject()


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_every_fault_of_a_bundle_is_named_with_what_to_do(
    office: Office, hub: FakeHub, qtbot: QtBot, tmp_path: Path, code: str
) -> None:
    running = by_hand(office)
    file = tmp_path / "答复.bundle"
    file.write_bytes(b"x")
    hub.report = BundleReport(False, file, problems=(BundleFinding(code, "第 3 帧"),))
    running.window.doings.sync.stick_in()
    dialog = open_dialog(running, StickInDialog)
    dialog.choose(file)
    settle(running, qtbot)
    said = {"foreign": "不属于", "not_for_me": "另一台", "not_a_bundle": "不是数据包", "altered": "改动过"}
    assert said.get(code, "数据包不完整") in dialog.verdict().splitlines()[0]
    assert "第 3 帧" in dialog.verdict()
    assert len(dialog.verdict().splitlines()) >= 3  # the verdict, the finding, the advice
    assert not dialog._deed().isEnabled()
    dialog.reject()


def test_a_whole_bundle_is_read_in_and_counted(
    office: Office, hub: FakeHub, qtbot: QtBot, tmp_path: Path
) -> None:
    running = by_hand(office)
    file = tmp_path / "答复.bundle"
    file.write_bytes(b"x")
    hub.report = BundleReport(True, file, "answer", "平凉市局", "柳湖镇-1", MOMENT, size=120_000)
    hub.done = replace(ROUND, touched={"boiler": ("u1",)})
    told: list[object] = []
    running.desk.changed.connect(told.append)
    running.window.doings.sync.stick_in()
    dialog = open_dialog(running, StickInDialog)
    dialog.choose(file)
    settle(running, qtbot)
    assert "平凉市局" in dialog.verdict()
    dialog.send()
    settle(running, qtbot)
    assert ("bundle_in", file) in hub.calls
    assert "采纳 2，合并 1，退回 0" in dialog.verdict()
    assert {"boiler": ("u1",)} in told
    dialog.reject()


def test_verifying_takes_nothing_in(office: Office, hub: FakeHub, qtbot: QtBot, tmp_path: Path) -> None:
    running = by_hand(office)
    file = tmp_path / "答复.bundle"
    file.write_bytes(b"x")
    hub.report = BundleReport(True, file, "answer", "0197-uuid", hub_name="平凉市的中心")
    running.window.doings.sync.verify()
    dialog = open_dialog(running, StickInDialog)
    dialog.choose(file)
    settle(running, qtbot)
    assert "数据包完整" in dialog.verdict() and "平凉市的中心 (0197-uuid)" in dialog.verdict()
    assert not dialog._deed().isVisible()
    dialog.reject()


# ---- joining and the proof

JOINED = EnrolDone(
    Path("x"), "d1", "平凉市局", "https://hub", "620802", "620800", "R3", False, 1200, 7, "keystore"
)


def test_joining_asks_for_what_it_needs_and_keeps_what_was_typed(
    office: Office, hub: FakeHub, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("app.ui.sync.doings.tell", lambda _, words, hint="": told.append(f"{words}\n{hint}"))
    hub.status = ALONE
    running = by_hand(office)
    running.window.doings.sync.join()
    dialog = open_dialog(running, JoinDialog)
    dialog.send()
    assert "地址" in dialog.fault_words()
    dialog.address.setText(" https://10.0.0.5:8620 ")
    dialog.send()
    assert "邀请码" in dialog.fault_words()
    dialog.code.setText("ABCDE-FGHJK-MNPQR-STVWX")
    dialog.pin.setText("246810")
    hub.failure = HubUnreachable("中心没有应答")
    dialog.send()
    settle(running, qtbot)
    assert "没有应答" in dialog.fault_words()
    assert dialog.code.text()
    hub.failure, hub.enrolled, hub.status = None, JOINED, UNSENT
    dialog.send()
    settle(running, qtbot)
    assert not dialog.isVisible()
    session = running.desk.session
    assert session is not None
    assert ("enrol", session, session.workspace.path, "https://10.0.0.5:8620", "ABCDE-FGHJK-MNPQR-STVWX",
            "246810") in hub.calls  # fmt: skip
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT_MS)
    assert "本机已加入本局中心" in told[0]
    assert "密钥库" in told[0]
    qtbot.waitUntil(lambda: ("sync",) in hub.calls, timeout=WAIT_MS)
    settle(running, qtbot)


def test_a_laptop_is_told_where_its_hub_is_now_without_a_code(
    office: Office, hub: FakeHub, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("app.ui.sync.doings.tell", lambda _, words, hint="": told.append(words))
    hub.status, hub.enrolled = UNSENT, replace(JOINED, moved=True)
    running = by_hand(office)
    running.window.doings.sync.join()
    dialog = open_dialog(running, JoinDialog)
    dialog.address.setText("10.0.0.9:8443")
    dialog.anew.setChecked(True)
    dialog.send()
    assert "邀请码" in dialog.fault_words(), "new keys are given for a code only"
    dialog.anew.setChecked(False)
    dialog.send()
    settle(running, qtbot)
    assert [call[3:5] for call in hub.calls if call[0] == "enrol"] == [("https://10.0.0.9:8443", "")]
    qtbot.waitUntil(lambda: told == ["本机已重新找到其中心。"], timeout=WAIT_MS)
    qtbot.waitUntil(lambda: ("sync",) in hub.calls, timeout=WAIT_MS)
    settle(running, qtbot)


def test_joining_without_a_workspace_makes_one_and_opens_it(
    program: Callable[..., Program],
    demo_file: Path,
    hub: FakeHub,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.ui.sync.doings.tell", lambda *_: None)
    running = program(sync=BY_HAND)
    running.window.welcome.chosen.emit("enrol")
    dialog = open_dialog(running, JoinDialog)
    invitation = tmp_path / "邀请.json"
    invitation.write_text("{}")
    dialog.by_file.setChecked(True)
    dialog.invitation.setText(str(invitation))
    dialog.code.setText("ABCDE-FGHJK-MNPQR-STVWX")
    dialog.target.setText(str(demo_file))
    dialog.send()
    assert "已存在" in dialog.fault_words()
    dialog.target.setText(str(tmp_path / "新.gpkg"))
    hub.enrolled = replace(JOINED, file=demo_file)
    dialog.send()
    qtbot.waitUntil(lambda: running.desk.session is not None, timeout=WAIT_MS)
    settle(running, qtbot)
    assert hub.calls[0][:3] == ("enrol_from_file", None, tmp_path / "新.gpkg")


def test_the_proof_tells_the_sum_or_what_is_missing(
    office: Office, hub: FakeHub, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    errors: list[Exception] = []
    monkeypatch.setattr("app.ui.sync.doings.tell", lambda _, words, hint="": told.append(f"{words}\n{hint}"))
    monkeypatch.setattr("app.ui.sync.doings.show_error", lambda _, error: errors.append(error))
    running = by_hand(office)
    hub.proof = Proof(True, tmp_path / "p.json", 120, 100, 5, 15)
    running.window.doings.sync.prove_to(tmp_path / "p.json")
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT_MS)
    assert "没有丢失任何内容" in told[0]
    assert "120" in told[0] and str(tmp_path / "p.pdf") in told[0]
    hub.proof = Proof(False, tmp_path / "p.json", 120, 99, 5, 15, 0, (ProofProblem("lost", "额定出力 4"),))
    running.window.doings.sync.prove_to(tmp_path / "p.json")
    qtbot.waitUntil(lambda: bool(errors), timeout=WAIT_MS)
    assert "有 1 个值说不清去向" in str(errors[0])
