"""Conflicts as people meet them: both sides, who may decide, decisions that travel and can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from app.actions.conflicts import count_open, open_conflicts, resolve
from app.actions.history import history, undo
from app.actions.records import delete_record
from app.actions.steps import do_step
from app.domain.entities.boiler_codes import EXCLUDE_REASONS
from app.domain.entities.papers import Approval
from app.errors import AppError
from builders import photo
from sync.lan import COUNTY, PLACE, TOWN, Lan, Laptop

AWAY = (PLACE[0] + 0.002, PLACE[1])  # far enough not to be taken for the same boiler

_PLAN = {"treatment": "dismantle", "due_date": "2026-12-31", "resp_org": "柳湖镇政府"}
SEALING = (
    ("county", "clerk", "register", "nameplate", {}),
    ("county", "clerk", "plan", "", _PLAN),
    ("county", "chief", "plan", "", {}),
    ("town", "officer", "start", "photo_before", {}),
    ("county", "clerk", "seal", "seal_photo", {"seal_no": "F-1"}),
)


@dataclass
class Two:
    """A town's laptop and the county's, and a boiler that both have seen."""

    lan: Lan
    town: Laptop
    county: Laptop

    def contest(self, **sides: dict[str, str]) -> None:
        """Both change the boiler without seeing each other; the town is first at the hub."""
        self.town.edit("inspector", "T-1", "现场核对", **sides["town"])
        self.lan.clock.forward(hours=1)
        self.county.edit("clerk", "T-1", "台账记载", **sides["county"])
        self.lan.drain(self.town, self.county)


@pytest.fixture
def two(lan: Lan) -> Two:
    town, county = lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R4")
    town.enter("inspector", "T-1", note="起初")
    lan.drain(town, county)
    return Two(lan, town, county)


def test_both_values_on_both_laptops(two: Two) -> None:
    two.contest(town={"fuel": "anthracite"}, county={"fuel": "briquette"})
    for laptop, login, mine in ((two.town, "inspector", "kept"), (two.county, "clerk", "offered")):
        [view] = open_conflicts(laptop.as_(login))
        [field] = view.fields
        assert (view.kind, field.field, field.kept, field.offered) == (
            "pick",
            "fuel",
            "anthracite",
            "briquette",
        )
        assert (view.kept.by, view.offered.by) == ("inspector", "clerk")
        assert (view.kept.reason, view.offered.reason) == ("现场核对", "台账记载")
        assert view.kept.action == view.offered.action == "edit"
        assert view.mine == mine
        assert view.rule and view.kept.at < view.offered.at
        assert view.can_decide == (login == "clerk")
        assert count_open(laptop.session) == 1


def test_a_decision_travels_and_can_be_undone(two: Two) -> None:
    two.contest(town={"fuel": "anthracite"}, county={"fuel": "briquette"})
    [view] = open_conflicts(two.county.as_("clerk"))
    resolve(two.county.session, view.uid, "mine", "铭牌照片")
    assert two.county.boiler("T-1").fuel == "briquette"
    done = two.county.sync()
    assert (done.rejected, done.conflicts) == (0, 0)
    two.town.sync()
    assert two.town.boiler("T-1").fuel == "briquette"
    assert open_conflicts(two.town.session) == []
    [settled] = open_conflicts(two.town.session, all=True)
    assert (settled.situation, settled.taken, settled.settled_by) == ("settled", "offered", "clerk")
    newest = history(two.town.session, "boiler", "T-1")[0]
    assert (newest.person, newest.reason, newest.action) == ("clerk", "铭牌照片", "resolve")
    undo(two.county.as_("clerk"))
    two.lan.drain(two.county, two.town)
    assert two.town.boiler("T-1").fuel == "anthracite"
    assert count_open(two.town.session) == 1


def test_late_work_of_a_revoked_laptop_is_taken_in(two: Two) -> None:
    two.town.edit("inspector", "T-1", "巡查", contact="马主任")
    two.town.enter("inspector", "T-2", note="新发现", rated_tph="2", address="西街9号", place=AWAY)
    two.lan.hub.revoke(two.town.device, two.lan.clock(), "丢失")
    assert two.town.sync().quarantined
    two.county.sync()
    session = two.county.as_("clerk")
    views = {view.record.title.split()[0]: view for view in open_conflicts(session)}
    edited, entered = views["T-1"], views["T-2"]
    assert [(field.field, field.offered) for field in edited.fields] == [("contact", "马主任")]
    assert not entered.record.exists
    for view in (edited, entered):
        resolve(session, view.uid, "offered", "电话核实")
    done = two.county.sync()
    assert (done.rejected, done.conflicts, count_open(session)) == (0, 0, 0)
    assert two.county.boiler("T-1").contact == "马主任"
    found = two.county.boiler("T-2")
    assert (found.note, found.rated_tph, found.status) == ("新发现", 2.0, "suspect")
    undo(session)
    two.county.sync()
    assert [view.record.title.split()[0] for view in open_conflicts(session)] == ["T-2"]


def test_a_value_of_ones_own(two: Two) -> None:
    two.contest(town={"fuel": "anthracite"}, county={"fuel": "briquette"})
    [view] = open_conflicts(two.county.as_("clerk"))
    resolve(two.county.session, view.uid[:8], {"fuel": "烟煤"}, "两人都错了")
    assert two.county.boiler("T-1").fuel == "bituminous"
    assert two.county.sync().rejected == 0


@pytest.mark.parametrize(
    ("login", "take", "code"),
    [
        ("inspector", "mine", "role"),
        ("chief", "mine", "role"),
        ("clerk", "both", "bad_take"),
        ("clerk", {"address": "x"}, "bad_field"),
    ],
)
def test_refusals(two: Two, login: str, take: object, code: str) -> None:
    two.contest(town={"fuel": "anthracite"}, county={"fuel": "briquette"})
    [view] = open_conflicts(two.county.session)
    with pytest.raises(AppError) as refused:
        resolve(two.county.as_(login), view.uid, take, "")  # type: ignore[arg-type]
    assert refused.value.code == code
    assert two.county.boiler("T-1").fuel == "anthracite"


def test_a_record_that_moved_on_and_a_settled_conflict(two: Two) -> None:
    two.contest(town={"fuel": "anthracite"}, county={"fuel": "briquette"})
    [view] = open_conflicts(two.county.as_("clerk"))
    two.county.edit("clerk", "T-1", fuel="bituminous")
    with pytest.raises(AppError) as moved:
        resolve(two.county.session, view.uid, "offered", "")
    assert (moved.value.code, moved.value.exit_code) == ("changed", 4)
    resolve(two.county.session, view.uid, "kept", "已改过")
    with pytest.raises(AppError) as settled:
        resolve(two.county.session, view.uid, "offered", "")
    assert settled.value.code == "settled"


def test_what_a_rule_settled_may_be_decided_otherwise_once(two: Two) -> None:
    two.contest(town={"note": "甲"}, county={"note": "乙"})
    assert two.county.boiler("T-1").note == "乙", "the later one stands"
    assert open_conflicts(two.county.as_("clerk")) == []
    [view] = open_conflicts(two.county.session, all=True)
    assert view.can_decide
    resolve(two.county.session, view.uid, "offered", "甲说得对")
    two.lan.drain(two.county, two.town)
    assert two.town.boiler("T-1").note == "甲"


def test_deleted_here_and_edited_there(two: Two) -> None:
    two.town.edit("inspector", "T-1", "补充", note="新情况")
    delete_record(two.county.as_("clerk"), two.county.boiler("T-1"), "重复录入")
    two.lan.drain(two.town, two.county)
    assert two.county.boiler("T-1").note == "新情况", "the edit that was not seen stands"
    [view] = open_conflicts(two.county.as_("clerk"))
    assert view.kind == "edit_kept" and view.record.exists
    resolve(two.county.session, view.uid, "offered", "确是重复")
    two.lan.drain(two.county, two.town)
    assert two.town.session.workspace.by_key("boiler", "T-1") is None


def test_steps_that_contradict_each_other(two: Two, tmp_path: Path) -> None:
    """The clerk registers it; who excludes it without having seen that learns why it did not happen."""
    second = two.lan.laptop(COUNTY, "R4")
    plate = photo(tmp_path / "铭牌.jpg", shade=1)
    do_step(
        two.county.as_("clerk"),
        "register",
        two.county.boiler("T-1"),
        evidence=[("nameplate", plate)],
        reason="核实",
    )
    other = second.boiler("T-1")
    do_step(second.as_("clerk2"), "exclude", other, values={"exclude_reason": EXCLUDE_REASONS.codes[0]},
            reason="不烧煤")  # fmt: skip
    two.lan.drain(two.county, second)
    assert second.boiler("T-1").status == two.county.boiler("T-1").status == "registered"
    views = open_conflicts(second.as_("clerk2"), all=True)
    assert [(view.kind, view.offered.by, view.offered.reason) for view in views] == [
        ("state", "clerk2", "不烧煤")
    ]
    assert views[0].rule and views[0].record.title.startswith("T-1")
    with pytest.raises(AppError) as refused:
        resolve(second.session, views[0].uid, "offered", "仍应排除")
    assert refused.value.code == "wrong_state", "a step is taken again only where the workflow allows it"
    assert second.boiler("T-1").status == "registered"
    assert "clerk" in (refused.value.hint or "")


def test_the_step_that_lost_is_taken_once_the_other_is_undone(two: Two, tmp_path: Path) -> None:
    """Who took the step that stands undoes it; then the losing side is taken, travels, and can be undone."""
    second = two.lan.laptop(COUNTY, "R4")
    plate = photo(tmp_path / "铭牌.jpg", shade=1)
    do_step(
        two.county.as_("clerk"), "register", two.county.boiler("T-1"), evidence=[("nameplate", plate)],
        reason="核实",
    )  # fmt: skip
    do_step(second.as_("clerk2"), "exclude", second.boiler("T-1"),
            values={"exclude_reason": EXCLUDE_REASONS.codes[0]}, reason="不烧煤")  # fmt: skip
    two.lan.drain(two.county, second)
    undo(two.county.as_("clerk"), "登记有误")
    two.lan.drain(two.county, second)
    [view] = open_conflicts(second.as_("clerk2"), all=True)
    resolve(second.session, view.uid, "offered", "现场已无煤炉")
    assert second.sync().rejected == 0
    two.lan.drain(two.county, second)
    signed = [item for item in two.county.session.workspace.find(Approval) if item.action == "exclude"]
    assert [item.person_name for item in signed] == ["clerk2"]
    [settled] = open_conflicts(two.county.session, all=True)
    assert (settled.situation, settled.taken) == ("settled", "offered")
    undo(second.as_("clerk2"), "再看一次")
    two.lan.drain(second, two.county)
    assert not [item for item in two.county.session.workspace.find(Approval) if item.action == "exclude"]
    [again] = open_conflicts(two.county.session, all=True)
    assert again.settled_by == ""


def test_a_step_over_what_was_not_seen_shows_it_and_can_be_taken(two: Two, tmp_path: Path) -> None:
    """A sealed boiler is treated again at the county while the town finds its seal in place."""
    for shade, (laptop, who, step, kind, values) in enumerate(SEALING):
        at = getattr(two, laptop)
        taken = photo(tmp_path / f"{step}.jpg", PLACE, two.lan.clock.now, shade)
        do_step(at.as_(who), step, at.boiler("T-1"), evidence=[(kind, taken)] if kind else [], values=values)
        two.lan.drain(two.county, two.town)
    two.lan.clock.forward(hours=30)
    county, town = two.county.as_("clerk"), two.town.as_("officer")
    do_step(county, "restart", two.county.boiler("T-1"), values={"due_date": "2027-06-30"})
    seal = photo(tmp_path / "recheck.jpg", PLACE, two.lan.clock.now, 99)
    do_step(town, "recheck", two.town.boiler("T-1"), evidence=[("recheck_photo", seal)])
    two.lan.drain(two.town, two.county)
    checked = two.county.boiler("T-1").rechecked_on
    assert (two.town.boiler("T-1").status, bool(checked)) == ("sealed", True)
    [view] = open_conflicts(two.county.as_("clerk"))
    assert (view.kept.by, view.kept.action, view.offered.action) == ("officer", "recheck", "restart")
    assert {item.field: (item.kept, item.offered) for item in view.fields}["rechecked_on"] == (checked, None)
    resolve(county, view.uid, "offered", "供暖季前改造")
    two.lan.drain(two.county, two.town)
    found = two.town.boiler("T-1")
    assert (found.status, found.rechecked_on, found.due_date) == ("in_progress", None, "2027-06-30")
    assert open_conflicts(two.county.session) == []
