"""Two laptops and a hub: what one enters the other has, after days apart and lines that are cut anywhere."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import shapely

from app.actions import syncing
from app.actions.history import history
from app.actions.laptop import only_read_here, zones_unknown_near
from app.actions.records import add_record
from app.actions.syncing import sync_status
from app.domain.changes import delete, insert, update
from app.domain.entities.division import Division
from app.domain.entities.water import BuiltUpArea
from app.errors import Cancelled, HubUnreachable, NotAllowed, Refused, StoreFailure
from app.sync.folding import Folded, finish_begun
from app.sync.sending import Sealer
from app.sync.signing import HEAD_START, next_head
from app.sync.wire import decode_block, encode_block
from sync.lan import CITY, COUNTY, TOWN, TOWN2, Lan


def test_what_one_enters_the_other_has(lan: Lan) -> None:
    town, county = lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R4")
    town.enter("inspector", "T-1", address="东大街1号")
    sent = town.sync()
    assert (sent.pushed, sent.accepted, sent.rejected, sent.unsent) == (1, 1, 0, 0)
    got = county.sync()
    assert got.pulled >= 1
    assert county.boiler("T-1").address == "东大街1号"
    assert county.boiler("T-1") == town.boiler("T-1").replace(revision=county.boiler("T-1").revision)
    assert sent.agrees and got.agrees and all(item.agrees for item in got.areas.values())


def test_a_round_that_is_stopped_says_what_had_gone(lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sealer.seal, "__defaults__", (1,))  # changes a batch
    town = lan.laptop(TOWN, "R2")
    for number in ("T-1", "T-2", "T-3"):
        town.enter("inspector", number, address="东大街1号")
    reached: list[int] = []

    def told(done: int, total: int, words: str) -> None:
        reached.append(done)

    with pytest.raises(Cancelled) as caught:
        syncing.sync(town.session, told, lambda: 2 in reached)
    assert caught.value.values["sent"] == 2
    assert town.sync().pushed == 1


def test_offline_days_and_the_same_field_on_both(lan: Lan) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("inspector", "T-1", address="东大街1号")
    lan.drain(one, two)
    lan.clock.forward(days=3)
    one.edit("inspector", "T-1", "现场核对", address="东大街3号")
    lan.clock.forward(hours=1)
    two.edit("officer", "T-1", "电话核对", address="东大街5号")
    one.sync()
    done = two.sync()
    assert done.merged == 1 and done.conflicts == 0
    lan.drain(one, two)
    assert one.boiler("T-1").address == two.boiler("T-1").address == "东大街5号"
    [conflict] = one.session.workspace.find("conflict")
    assert (conflict.kind, conflict.situation) == ("merged", "settled")
    assert "东大街3号" in (conflict.offered or ""), "the value that lost is kept"
    assert conflict.offered_by == "inspector" and conflict.offered_reason == "现场核对"


def test_a_reason_that_no_hub_could_keep_does_not_hold_up_the_laptop(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    town.edit("inspector", "T-1", "现场\0核对", note="补记")
    done = town.sync()
    assert (done.accepted, done.unsent) == (2, 0)


def test_a_record_outside_the_laptops_area_is_refused_at_once(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R3")
    with pytest.raises(NotAllowed) as refused:
        town.enter("clerk", "X-1", div_code="620802106")
    assert refused.value.code == "outside_area"
    assert town.session.workspace.unsent() == 0


def test_a_county_reads_what_is_the_same_for_all_and_is_told_who_enters_it(lan: Lan) -> None:
    county = lan.laptop(COUNTY, "R4")
    with pytest.raises(NotAllowed) as refused:
        add_record(
            county.as_("clerk"), "builtup", {"name": "建成区", "year": "2026"}, shapely.box(106, 35, 107, 36)
        )
    assert refused.value.code == "outside_area" and "只读" in refused.value.message
    assert "标绘" in refused.value.hint
    workspace = county.session.workspace
    assert only_read_here(workspace, "built_up_area") and not only_read_here(workspace, "boiler")
    city = lan.laptop(CITY, "R6")
    assert not only_read_here(city.session.workspace, "built_up_area")


def test_a_boiler_near_the_countys_boundary_says_that_zones_beyond_it_are_unknown(lan: Lan) -> None:
    city, county = lan.laptop(CITY, "R6"), lan.laptop(COUNTY, "R4")
    near, far = county.enter("clerk", "N-1"), county.enter("clerk", "F-1", note="deep inside")
    assert near.geometry is not None
    x, y = near.geometry.x, near.geometry.y
    session = city.as_("city")
    own = session.workspace.by_key(Division, COUNTY)
    session.commit([update(own, geometry=shapely.box(x - 0.02, y - 0.5, x + 0.5, y + 0.5))], "edit")
    lan.drain(city, county)
    told = zones_unknown_near(county.session, county.boiler("N-1"))
    assert "崆峒区" in told and "1.8" in told
    deep = far.replace(geometry=shapely.Point(x + 0.2, y))
    assert zones_unknown_near(county.session, deep) == ""
    assert zones_unknown_near(county.session, near.replace(zone_level="second")) == ""
    assert zones_unknown_near(session, city.boiler("N-1")) == "", "the city knows them all"


@pytest.mark.parametrize(("answers_lost", "apart"), [(False, True), (True, True), (True, False)])
def test_a_line_cut_anywhere_loses_nothing_and_repeats_nothing(
    lan: Lan, answers_lost: bool, apart: bool
) -> None:
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    other.enter("officer", "O-1")
    other.sync()
    town.answers_lost, town.apart = answers_lost, apart
    requests = 3 if apart else 2  # of the batch whose answer was lost, and of the next
    for turn in range(6):
        town.enter("inspector", f"T-{turn}", note=f"第{turn}次")
        town.cut = turn
        with pytest.raises(HubUnreachable) if turn < requests else contextlib.nullcontext():
            town.sync()
    town.cut = None
    done = town.sync()
    assert done.unsent == 0 and done.agrees
    other.sync()
    for turn in range(6):
        assert other.boiler(f"T-{turn}").note == f"第{turn}次"
        assert len(history(other.session, "boiler", f"T-{turn}")) == 1
    assert town.boiler("O-1") is not None


def test_a_revoked_laptops_work_goes_to_quarantine(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    lan.hub.revoke(town.device, lan.clock(), "丢失")
    done = town.sync()
    assert done.quarantined
    assert len(lan.hub.quarantine()) == 1
    assert sync_status(town.session).state == "revoked"
    assert town.boiler("T-1") is not None


def test_a_restored_backup_is_noticed_and_loses_nothing(lan: Lan, tmp_path: Path) -> None:
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1", note="一")
    town.sync()
    backup = town.session.workspace.backup(tmp_path / "stick", lan.clock())
    town.edit("inspector", "T-1", note="二")
    town.enter("inspector", "T-2")
    town.sync()
    town.reopen(backup)
    town.enter("inspector", "T-3")
    done = town.sync()
    assert done.forked and done.unsent == 0
    lan.drain(town, other)
    for laptop in (town, other):
        assert laptop.boiler("T-1").note == "二"
        assert laptop.boiler("T-2") is not None and laptop.boiler("T-3") is not None
    assert town.sync().agrees


def test_who_sees_what(lan: Lan) -> None:
    county, town2 = lan.laptop(COUNTY, "R4"), lan.laptop(TOWN2, "R2")
    county.enter("clerk", "T-1", div_code=TOWN)
    county.enter("clerk", "T-2", div_code=TOWN2)
    lan.drain(county, town2)
    assert town2.boiler("T-2") is not None
    with pytest.raises(Refused):
        town2.boiler("T-1")


def test_a_block_half_folded_is_finished_without_the_hub(lan: Lan) -> None:
    """The hub may have been brought back from a backup, without that block, before the laptop comes again."""
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    town.enter("inspector", "T-2")
    town.sync()
    before = other.replica.cursors()
    began = before[TOWN].head if TOWN in before else HEAD_START
    [signed] = lan.hub.pull(
        other.device, {area: at.seq for area, at in other.replica.cursors().items()}
    ).blocks
    assert signed.last > signed.first

    def killed() -> None:
        raise KeyboardInterrupt

    block, proof = decode_block(signed.body), (signed.body, signed.signature)
    with pytest.raises(KeyboardInterrupt):
        other.replica.fold(block, signed.head, step=1, between=killed, proof=proof)
    anew = encode_block(replace(block, received=block.received + 1))
    with pytest.raises(StoreFailure) as refused:
        other.replica.fold(decode_block(anew), next_head(began, anew), body_sha256=sha256(anew).digest())
    assert refused.value.code == "wrong_head", "what is half folded belongs to another log"
    other.reopen()
    finish_begun(other.replica, Folded(), lambda folded: None)
    assert other.replica.cursors()[TOWN].seq == signed.last
    assert other.boiler("T-1") == town.boiler("T-1").replace(revision=other.boiler("T-1").revision)
    assert other.boiler("T-2") is not None
    assert other.replica.begun() == []
    assert other.sync().agrees


def test_a_second_round_of_the_same_file_is_refused_while_one_runs(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    told: list[str] = []

    def meanwhile(done: int, whole: int, text: str) -> None:
        try:
            syncing.sync(town.session)
        except Refused as refused:
            told.append(refused.code)

    town.enter("inspector", "T-9")
    syncing.sync(town.session, meanwhile)
    assert told and set(told) == {"sync_running"}
    assert town.replica.facts().epoch == 1 and town.sync().agrees


def test_an_outline_of_the_city_tells_on_every_laptop_and_costs_no_boiler_an_edit(lan: Lan) -> None:
    city, town = lan.laptop(CITY, "R5"), lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    lan.drain(town, city)
    place = town.boiler("T-1").geometry
    assert place is not None
    assert (town.boiler("T-1").in_builtup, city.boiler("T-1").in_builtup) == (None, None)
    session = city.as_("city")
    outline = shapely.MultiPolygon([place.buffer(0.01)])
    area = BuiltUpArea(uid=session.new_uid(), name="崆峒城区", div_code=COUNTY, year=2026, geometry=outline)
    session.commit([insert(area)], "add", "市政府批复")
    sent = city.sync()
    assert (sent.pushed, sent.accepted) == (1, 1), "the outline alone travels"
    got = town.sync()
    assert (town.boiler("T-1").in_builtup, town.boiler("T-1").band) == (True, "inside")
    assert got.unsent == 0
    assert all(item.agrees for item in got.areas.values())
    session.commit([delete(area)], "delete", "作废")
    lan.drain(city, town)
    assert town.boiler("T-1").in_builtup is None
    assert len(history(town.session, "boiler", "T-1")) == 1, "nobody edited the boiler"
    with pytest.raises(NotAllowed):  # the bands reach over boundaries, so the city's laptop writes them
        town.as_("clerk").commit([insert(area)], "add")
