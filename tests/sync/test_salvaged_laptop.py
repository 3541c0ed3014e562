"""A laptop whose file was damaged: restored, synced, salvaged. Each act counts once, and none is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.actions.salvaging import salvage
from app.actions.syncing import prove
from app.domain.entities.boiler import Boiler
from app.errors import HubUnreachable
from sync.lan import TOWN, Lan


@pytest.mark.parametrize("sealed", [False, True], ids=["never sealed", "sealed and sent, no answer"])
def test_what_only_the_damaged_file_holds_comes_back_once(lan: Lan, tmp_path: Path, sealed: bool) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("inspector", "T-1", address="东大街1号")
    one.sync()
    backup = one.session.workspace.backup(tmp_path / "stick", lan.clock())
    lan.clock.forward(hours=1)
    one.edit("inspector", "T-1", "在中心", address="东大街2号")
    one.enter("officer", "T-2", place=(106.70, 35.55), address="解放路2号")
    one.sync()  # after the backup, and the hub has it
    lan.clock.forward(hours=1)
    one.edit("officer", "T-2", "未上报", note="只在本机")
    one.enter("inspector", "T-3", place=(106.71, 35.56), address="解放路3号")
    if sealed:  # the hub has taken it, but the answer was lost
        one.cut, one.answers_lost = 0, True
        with pytest.raises(HubUnreachable):
            one.sync()
        one.cut, one.answers_lost = None, False
    damaged = tmp_path / "damaged.gpkg"
    file = one.session.workspace.path
    one.session.close()
    shutil.copy(file, damaged)
    one.reopen(backup)
    lan.clock.forward(hours=1)
    before = salvage(one.session, damaged)
    assert not one.session.workspace.find(Boiler, order="ledger_no")[0].note
    one.sync()
    assert one.boiler("T-1").address == "东大街2号" and one.boiler("T-2")
    salvage(one.session, damaged)
    assert one.boiler("T-2").note == "只在本机" and one.boiler("T-3")
    assert salvage(one.session, damaged).left == () and before.acts <= 1
    lan.drain(one, two)
    assert all(done.is_level for done in lan.drain(one, two, rounds=1))
    for laptop in (one, two):
        assert laptop.boiler("T-2").note == "只在本机" and laptop.boiler("T-1").address == "东大街2号"
        assert len(laptop.session.workspace.find(Boiler)) == 3
        assert [item.kind for item in laptop.session.workspace.find("conflict")] == []
    entries = one.session.workspace.history(Boiler, one.boiler("T-2").uid)
    assert len(entries) == 2 and entries[0].reason == "未上报"
    assert one.session.workspace.check().ok
    assert prove(one.session, tmp_path / "certificate.json").ok
