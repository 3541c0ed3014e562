"""Joining a served hub from the window, with a workspace and without one; the road by stick, both ways."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.domain.entities.boiler import Boiler
from app.hub.sticks import give_bundle, take_bundle
from app.settings import BY_HAND
from app.ui.application import Program
from app.ui.sync.join import JoinDialog
from app.ui.sync.stickin import StickInDialog
from app.ui.sync.stickout import StickOutDialog
from hub_server.served import ROOT, gridward
from sync.lan import TOWN, Lan
from window_cases import WAIT_MS, settle

Make = Callable[..., Program]
D = TypeVar("D", bound=QDialog)
LONG_MS = 3 * WAIT_MS


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the window tells, instead of a box that waits for a click."""
    words: list[str] = []
    monkeypatch.setattr("app.ui.sync.doings.tell", lambda _, said, hint="": words.append(f"{said}\n{hint}"))
    return words


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    """The address of a hub nobody has founded yet, served by a process of its own in `tmp_path / "hub"`."""
    folder = tmp_path / "hub"
    gridward("hub", "init", folder, "--area", "620800")
    command = [sys.executable, "-m", "app", "hub", "serve", str(folder), "--port", "0", "--json"]
    with (tmp_path / "hub.log").open("w") as log:  # a pipe that nobody reads would hold it up
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.communicate(timeout=30)


def open_dialog(running: Program, kind: type[D]) -> D:
    return next(box for box in running.window.findChildren(kind) if box.isVisible())


def invited(folder: Path, area: str, role: str) -> str:
    """A fresh code."""
    found = gridward("hub", "invite", folder, "--area", area, "--role", role, "--json")
    return str(json.loads(found.stdout)["code"])


def join(running: Program, hub: str, code: str) -> JoinDialog:
    running.window.doings.sync.join()
    dialog = open_dialog(running, JoinDialog)
    dialog.address.setText(hub)
    dialog.code.setText(code)
    return dialog


def test_a_workspace_founds_the_hub_and_a_new_laptop_begins_with_all_it_holds(
    office: Make, program: Make, hub: str, qtbot: QtBot, tmp_path: Path, told: list[str]
) -> None:
    first = office("admin", sync=BY_HAND)
    session = first.desk.session
    assert session is not None
    join(first, hub, "00000-00000-00000-00000").send()
    settle(first, qtbot)
    refused = open_dialog(first, JoinDialog)
    assert refused.fault_words()
    refused.code.setText(invited(tmp_path / "hub", "620800", "R0"))
    refused.send()
    qtbot.waitUntil(lambda: bool(first.desk.sync.rounds), timeout=LONG_MS)
    settle(first, qtbot)
    assert "由本工作空间首次建库" in told[0]
    first.desk.sync.begin()
    qtbot.waitUntil(lambda: not first.desk.sync.running, timeout=LONG_MS)
    settle(first, qtbot)
    assert [item.failure for item in first.desk.sync.rounds] == ["", ""]
    assert first.window.top.sync.text().startswith("已全部上报")
    held = session.workspace.count(Boiler)

    second = program(sync=BY_HAND)
    dialog = join(second, hub, invited(tmp_path / "hub", "620802", "R4"))
    dialog.target.setText(str(tmp_path / "新电脑.gpkg"))
    dialog.send()
    qtbot.waitUntil(lambda: second.desk.session is not None, timeout=LONG_MS)
    settle(second, qtbot)
    fresh = second.desk.session
    assert fresh is not None
    assert 0 < fresh.workspace.count(Boiler) < held  # its own county only
    assert "首位登录者的 PIN 将锁定本机密钥" in told[-1]
    for box in second.window.findChildren(QDialog):
        box.reject()


def test_the_road_by_stick(program: Make, lan: Lan, qtbot: QtBot, tmp_path: Path) -> None:
    stick = tmp_path / "U盘"
    stick.mkdir()
    town = lan.laptop(TOWN, "R2")
    running = program(sync=BY_HAND)
    running.window.open_session(town.as_("inspector"))
    settle(running, qtbot)
    town.enter("inspector", "T-1", address="东大街1号")
    settle(running, qtbot)
    running.window.doings.sync.stick_out()
    out = open_dialog(running, StickOutDialog)
    out.add_folder(stick)
    out.send()
    settle(running, qtbot)
    assert out.fault_words() == ""
    assert out.safe
    out.reject()
    (written,) = stick.glob("*.bundle")
    take_bundle(lan.hub, written, lan.clock())
    answer = stick / "答复.bundle"
    give_bundle(lan.hub, town.device, answer, lan.clock())
    running.window.doings.sync.stick_in()
    back = open_dialog(running, StickInDialog)
    cut = stick / "断.bundle"
    cut.write_bytes(answer.read_bytes()[:-40])
    back.choose(cut)
    settle(running, qtbot)
    assert "数据包不完整" in back.verdict() or back.fault_words()
    assert not back._deed().isEnabled()
    back.choose(answer)
    settle(running, qtbot)
    assert "数据包完整" in back.verdict()
    back.send()
    settle(running, qtbot)
    assert back.fault_words() == ""
    assert "采纳 1" in back.verdict()
    back.reject()
    qtbot.waitUntil(lambda: running.window.top.sync.text().startswith("已全部上报"), timeout=WAIT_MS)
