"""Late work of a revoked laptop: taken in by a person under their own name, or refused with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from app.actions.conflicts import ConflictView, count_open, open_conflicts, resolve
from app.actions.evidence import add_evidence, evidence_of
from app.actions.history import undo
from app.actions.records import delete_record
from app.actions.session import Session
from app.actions.steps import do_step
from app.actions.sticks import bundle_in, bundle_out
from app.domain.changes import insert
from app.domain.entities.boiler_codes import EXCLUDE_REASONS
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Approval, Attachment
from app.errors import AppError
from app.hub.sticks import give_bundle, take_bundle
from builders import photo
from sync.lan import COUNTY, PLACE, Lan, Laptop

AWAY = (PLACE[0] + 0.002, PLACE[1])  # far enough not to be taken for the same boiler


@dataclass
class Late:
    """A county laptop that was revoked before its last work reached the hub, and another that decides."""

    lan: Lan
    lost: Laptop
    other: Laptop

    def hand_in(self) -> dict[str, ConflictView]:
        """The revoked laptop hands its work in; the conflicts as the other clerk sees them."""
        self.lan.hub.revoke(self.lost.device, self.lan.clock(), "丢失")
        assert self.lost.sync().quarantined
        self.other.sync()
        views = open_conflicts(self.other.as_("clerk2"))
        return {view.record.entity: view for view in views}

    def refused(self, view: ConflictView, login: str = "clerk2", reason: str = "电话核实") -> str:
        with pytest.raises(AppError) as refused:
            resolve(self.other.as_(login), view.uid, "offered", reason)
        return refused.value.code


def still_late(session: Session) -> int:
    """How much late work waits; the hub may have asked about like boilers as well."""
    return sum(view.kind == "quarantine" for view in open_conflicts(session))


@pytest.fixture
def late(lan: Lan) -> Late:
    lost, other = lan.laptop(COUNTY, "R4"), lan.laptop(COUNTY, "R4")
    lost.enter("clerk", "T-1", note="起初")
    lan.drain(lost, other)
    return Late(lan, lost, other)


def test_a_late_step_is_taken_again_with_its_papers_and_its_signature_is_not(
    late: Late, tmp_path: Path
) -> None:
    plate = photo(tmp_path / "铭牌.jpg", shade=1)
    do_step(late.lost.as_("clerk"), "register", late.lost.boiler("T-1"), evidence=[("nameplate", plate)],
            reason="核实")  # fmt: skip
    views = late.hand_in()
    step, signed, plated = views["boiler"], views["approval"], views["attachment"]
    assert step.step and not signed.step
    assert late.refused(signed) == "signature" and "签名" in signed.obstacle
    assert late.refused(plated, "inspector") == late.refused(step, "inspector") == "role"
    assert (step.obstacle, plated.obstacle) == ("", "")
    assert [one.file_name for one in plated.evidence] == ["铭牌.jpg"]
    resolve(late.other.as_("clerk2"), plated.uid, "offered", "看过照片")
    resolve(late.other.as_("clerk2"), step.uid, "offered", "与本人核实")
    done = late.other.sync()
    assert (done.rejected, done.conflicts, count_open(late.other.session)) == (0, 0, 0)
    assert late.other.boiler("T-1").status == "registered"
    [mine] = late.other.session.workspace.find(Approval)
    [kept] = late.other.session.workspace.find(Attachment)
    clerk2 = late.other.as_("clerk2").person().uid
    assert (mine.person, kept.added_by, kept.uid) == (clerk2, clerk2, plated.record.uid)
    settled = {view.record.entity: view for view in open_conflicts(late.other.session, all=True)}
    assert {view.offered.by for view in settled.values()} == {"clerk"}, "whose work it was stays"
    assert (settled["approval"].taken, settled["attachment"].taken) == ("kept", "offered")
    undo(late.other.as_("clerk2"), "再看")
    late.other.sync()
    assert late.other.boiler("T-1").status == "suspect" and count_open(late.other.session) == 2


def test_a_late_step_that_the_state_does_not_allow_any_more(late: Late, tmp_path: Path) -> None:
    do_step(late.lost.as_("clerk"), "exclude", late.lost.boiler("T-1"),
            values={"exclude_reason": EXCLUDE_REASONS.codes[0]}, reason="不烧煤")  # fmt: skip
    plate = photo(tmp_path / "铭牌.jpg", shade=2)
    do_step(late.other.as_("clerk2"), "register", late.other.boiler("T-1"), evidence=[("nameplate", plate)],
            reason="核实")  # fmt: skip
    late.other.sync()
    step = late.hand_in()["boiler"]
    assert step.step and step.obstacle
    assert late.refused(step) == "wrong_state" and late.other.boiler("T-1").status == "registered"


def test_a_late_deletion_is_repeated_by_whoever_decides(late: Late, tmp_path: Path) -> None:
    late.lost.enter("clerk", "T-2", place=AWAY)
    late.lan.drain(late.lost, late.other)
    for number in ("T-1", "T-2"):
        delete_record(late.lost.as_("clerk"), late.lost.boiler(number), "重复录入")
    plate = photo(tmp_path / "铭牌.jpg", shade=3)
    do_step(late.other.as_("clerk2"), "register", late.other.boiler("T-1"), evidence=[("nameplate", plate)],
            reason="核实")  # fmt: skip
    late.hand_in()
    session = late.other.as_("clerk2")
    views = {view.record.title.split()[0]: view for view in open_conflicts(session)}
    assert late.refused(views["T-1"]) == "signed" and views["T-1"].obstacle
    assert late.refused(views["T-2"], reason=" ") == "reason"
    resolve(session, views["T-2"].uid, "offered", "确是重复")
    assert late.other.sync().rejected == 0
    assert session.workspace.by_key("boiler", "T-2") is None
    undo(late.other.as_("clerk2"), "再看")
    late.other.sync()
    assert late.other.boiler("T-2") and still_late(session) == 2


def test_a_late_paper_needs_its_record_and_its_file(late: Late, tmp_path: Path) -> None:
    made = late.lost.enter("clerk", "T-2", place=AWAY)
    add_evidence(late.lost.as_("clerk"), made, [("photo_before", photo(tmp_path / "前.jpg"))])
    views = late.hand_in()
    paper_view, session = views["attachment"], late.other.as_("clerk2")
    [shown] = paper_view.evidence
    assert late.refused(paper_view) == "unknown_record"
    resolve(session, views["boiler"].uid, "offered", "电话核实")
    path = session.workspace.attachment_path(shown.sha256)
    path.rename(aside := tmp_path / "aside")
    assert late.refused(paper_view) == "evidence_absent"
    aside.rename(path)
    resolve(session, paper_view.uid, "offered", "看过照片")
    assert late.other.sync().rejected == 0 and still_late(session) == 0
    [kept] = evidence_of(session, late.other.boiler("T-2"))
    assert (kept.file_name, kept.added_by) == ("前.jpg", session.person().uid)


def test_papers_reach_a_laptop_that_comes_by_stick_only(late: Late, tmp_path: Path) -> None:
    """Those that others added, and the late one that waits for its decision."""
    by_stick = late.lan.laptop(COUNTY, "R4")
    by_others, lost = photo(tmp_path / "前.jpg"), photo(tmp_path / "铭牌.jpg", shade=1)
    add_evidence(late.other.as_("clerk2"), late.other.boiler("T-1"), [("photo_before", by_others)])
    late.other.sync()
    add_evidence(late.lost.as_("clerk"), late.lost.boiler("T-1"), [("nameplate", lost)])
    late.hand_in()
    take_bundle(late.lan.hub, bundle_out(by_stick.session, tmp_path / "out.bundle").path, late.lan.clock())
    give_bundle(late.lan.hub, by_stick.device, tmp_path / "back.bundle", late.lan.clock())
    assert bundle_in(by_stick.session, tmp_path / "back.bundle").blobs_down == 2
    session = by_stick.as_("clerk2")
    [view] = [one for one in open_conflicts(session) if one.kind == "quarantine"]
    assert [one.file_name for one in view.evidence] == ["铭牌.jpg"] and not view.obstacle
    resolve(session, view.uid, "offered", "看过照片")
    bundle_out(session, tmp_path / "out.bundle")
    assert not take_bundle(late.lan.hub, tmp_path / "out.bundle", late.lan.clock()).answers[0].rejected
    assert {one.file_name for one in evidence_of(session, by_stick.boiler("T-1"))} == {"前.jpg", "铭牌.jpg"}


def test_a_late_change_of_a_record_that_is_not_here_is_shown_and_cannot_be_taken(late: Late) -> None:
    session = late.other.as_("clerk2")
    gone = Conflict(
        uid="c-1", owner_entity="boiler", owner="b-1", owner_title="T-9", kind="quarantine",
        decides="R3", raised_at="2026-11-23T02:00:00.000Z", offered='{"note": "晚了"}',
    )  # fmt: skip
    session.commit([insert(gone)], "edit")
    [view] = open_conflicts(session)
    assert view.obstacle and late.refused(view) == "nothing_to_take"
