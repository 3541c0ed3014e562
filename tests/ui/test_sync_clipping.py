"""The pages and dialogs of sync and conflicts, full and empty, cut no word off on a small laptop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QLabel
from pytestqt.qtbot import QtBot
from shapely.geometry import Point

from app.domain.entities.conflict import KINDS
from app.errors import HubUnreachable
from app.settings import BY_HAND
from app.sync.results import BundleDone, BundleFinding, BundleReport
from app.ui.application import Program
from app.ui.frame.rail import CONFLICTS, SYNC
from app.ui.sync.join import JoinDialog
from app.ui.sync.problems import ADVICE
from app.ui.sync.stickin import StickInDialog
from app.ui.sync.stickout import StickOutDialog
from app.ui.sync.words import Asking
from clipping import cut_off, stays_cut_off
from sync_cases import ALONE, MOMENT, OFFLINE, REVOKED, UNSENT, FakeHub, a_conflict, a_place, stand_in
from window_cases import WAIT_MS, boiler_in, settle

Office = Callable[..., Program]
LONG = "现场复核时发现锅炉房已拆除、烟囱仍在，使用单位称已改用天然气，但未能出示燃气合同，需再核。" * 3


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    made = FakeHub()
    stand_in(monkeypatch, made)
    return made


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_the_sync_page_in_every_state(
    office: Office, hub: FakeHub, qtbot: QtBot, language: str, size: tuple[int, int]
) -> None:
    running = office("clerk", language=language, sync=BY_HAND)
    running.window.resize(*size)
    running.window.go(SYNC)
    cut: dict[str, list[str]] = {}
    for status in (ALONE, replace(OFFLINE, waiting_for_reason=2, last_error=LONG), REVOKED, UNSENT):
        hub.status = status
        hub.failure = HubUnreachable(LONG) if status.state == "offline" else None
        if status.enrolled:
            running.desk.sync.begin()
        running.desk.sync.look()
        settle(running, qtbot)
        running.desk.sync.ask(Asking(mine=tuple("abcdefghijkl"), others=("m",), refused=tuple("no")))
        if found := stays_cut_off(running.window, qtbot):
            cut[status.state] = found
    assert cut == {}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_the_inbox_empty_and_with_every_kind_of_conflict(
    office: Office, hub: FakeHub, qtbot: QtBot, language: str, size: tuple[int, int]
) -> None:
    running = office("clerk", language=language, sync=BY_HAND)
    running.window.resize(*size)
    running.window.go(CONFLICTS)
    settle(running, qtbot)
    cut = {"empty": found} if (found := cut_off(running.window)) else {}
    boiler = boiler_in(running, "suspect")
    place = a_place(Point(106.66, 35.54), Point(106.67, 35.54))
    view = a_conflict(boiler, "c")
    long = replace(view.kept, reason=LONG)
    hub.views = [
        replace(view, uid=kind, kind=kind, kind_text=KINDS.label(kind), kept=long, rule=LONG,
                fields=(*view.fields, place), decides=("R3", "R4", "R5", "R6"), can_decide=at % 2 == 0)
        for at, kind in enumerate(KINDS.codes)
    ]  # fmt: skip
    running.window.conflicts.reload()
    settle(running, qtbot)
    for kind in KINDS.codes:
        running.window.conflicts.show_conflict(kind)
        settle(running, qtbot)
        if found := stays_cut_off(running.window, qtbot):
            cut[kind] = found
    assert cut == {}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_dialogs_of_sync(
    office: Office, hub: FakeHub, qtbot: QtBot, language: str, tmp_path: Path
) -> None:
    running = office("clerk", language=language, sync=BY_HAND)
    hub.status = ALONE
    running.desk.sync.look()
    settle(running, qtbot)
    file = tmp_path / "620802-20261123.bundle"
    file.write_bytes(b"x")
    findings = tuple(BundleFinding(code, LONG) for code in list(ADVICE)[:2])
    hub.report = BundleReport(
        False, file, "answer", "平凉市生态环境局", "柳湖镇-1", MOMENT, 1, 3, 5_000_000, findings
    )
    hub.bundle = BundleDone(
        file, 1234, 56, True, tuple(file.with_suffix(f".{n}.bundle") for n in range(3)), 7_000_000
    )
    cut: dict[str, list[str]] = {}
    for name, show in (("join", _join), ("stick out", _stick_out), ("stick in", _stick_in)):
        dialog = show(running, file)
        settle(running, qtbot)
        if found := stays_cut_off(dialog, qtbot):
            cut[name] = found
        assert dialog.width() <= 1366, name
        assert dialog.height() <= 768, name
        QDialog.reject(dialog)
        dialog.deleteLater()
    assert cut == {}


def _join(running: Program, _: Path) -> QDialog:
    running.window.doings.sync.join()
    dialog = _shown(running, JoinDialog)
    dialog.by_file.setChecked(True)  # type: ignore[attr-defined]
    dialog.send()  # type: ignore[attr-defined]
    return dialog


def _stick_out(running: Program, file: Path) -> QDialog:
    running.window.doings.sync.stick_out()
    dialog = _shown(running, StickOutDialog)
    dialog.add_folder(file.parent)  # type: ignore[attr-defined]
    dialog.send()  # type: ignore[attr-defined]
    return dialog


def _stick_in(running: Program, file: Path) -> QDialog:
    running.window.doings.sync.stick_in()
    dialog = _shown(running, StickInDialog)
    dialog.choose(file)  # type: ignore[attr-defined]
    return dialog


def _shown(running: Program, kind: type[QDialog]) -> QDialog:
    return next(box for box in running.window.findChildren(kind) if box.isVisible())


def test_a_word_cut_off_in_a_row_of_the_page_would_be_found(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = office("clerk", sync=BY_HAND)
    running.window.go(SYNC)
    settle(running, qtbot)
    qtbot.waitUntil(lambda: bool(running.window.sync.findChildren(QLabel)), timeout=WAIT_MS)
    running.window.sync.findChildren(QLabel)[1].setFixedSize(20, 8)
    qtbot.wait(50)
    assert cut_off(running.window) != []
