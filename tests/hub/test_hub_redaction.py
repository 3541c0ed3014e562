"""Taking papers away at the hub: who may, which may go, what stays, and that nobody brings one back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Attachment, Redaction
from app.domain.entities.snapshot import ReportSnapshot
from app.domain.values import as_moment
from app.errors import Refused, StoreFailure
from app.hub import clearing
from hub.office_hub import CITY, COUNTY, TOWN, HubBench, Laptop, boiler, person
from hub.test_hub_steps import APPLICATION, LIFE, city_laptop, lived, notes

WHY = "这是隔壁户主的身份证"


def said_of(bench: HubBench, paper: Attachment, by: str) -> Redaction:
    return Redaction(
        uid=new_uid(), owner_entity=paper.owner_entity, owner=paper.owner, paper=paper.uid, kind=paper.kind,
        round_no=paper.round_no, sha256=paper.sha256, reason=WHY, removed_by=person(by).uid,
        removed_by_name="somebody", removed_at=as_moment(bench.clock.now),
    )  # fmt: skip


def redact(
    laptop: Laptop, paper: Attachment, by: str = "clerk", reason: str = WHY,
    change: Mapping[str, Any] | None = None,
) -> Redaction:  # fmt: skip
    """The act of taking a paper away, as a laptop writes it; nothing is sent yet."""
    said = said_of(laptop.bench, paper, by).replace(**(change or {}))
    laptop.act(by, "redact", reason)
    laptop.insert(said)
    laptop.write("attachment", paper.uid, "d")
    return said


def beside(laptop: Laptop, record: Boiler, kind: str = "other", by: str = "officer") -> Attachment:
    """A paper that the hub has taken."""
    laptop.act(by, "add_evidence")
    paper = laptop.paper(record, kind, by)
    laptop.insert(paper)
    assert laptop.push().accepted == 1
    laptop.pull()
    return paper


def test_a_paper_is_taken_away_and_its_file_with_it(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    paper = beside(laptop, made)
    bench.hub.blobs.put_part(paper.sha256, 0, b"", 0, laptop.uid)  # it is there: nothing to send
    said = redact(laptop, paper)
    assert laptop.push().accepted == 2
    assert bench.record(Attachment, paper.uid) is None
    found = bench.record(Redaction, said.uid)
    assert found == said.replace(removed_by_name="clerk")  # the hub's own word for who
    assert bench.hub.blobs.size(paper.sha256) is None
    told = laptop.pull()
    assert [item.op for item in told if item.uid in (paper.uid, said.uid)] == ["i", "d"]
    bench.check()


@pytest.mark.parametrize(
    ("by", "word"),
    [("inspector", "role"), ("officer", "role"), ("root", "role"), ("stranger", "outside_area"),
     ("clerk", ""), ("chief", ""), ("city", ""), ("leader", "")],
)  # fmt: skip
def test_the_bureau_of_the_area_takes_papers_away(bench: HubBench, by: str, word: str) -> None:
    laptop = city_laptop(bench)
    paper = beside(laptop, lived(bench, laptop, "start"))
    redact(laptop, paper, by)
    assert laptop.push().rejected == (2 if word else 0)
    assert (bench.record(Attachment, paper.uid) is None) is not word
    assert set(notes(bench, laptop)) == ({word, "together"} if word else set())
    assert (bench.hub.blobs.size(paper.sha256) is None) is not word
    bench.check()


def test_a_laptop_of_another_area_takes_nothing_away(bench: HubBench) -> None:
    laptop, other = city_laptop(bench), bench.laptop(TOWN[:8] + "9", "R4")
    paper = beside(laptop, lived(bench, laptop, "start"))
    redact(other, paper)
    assert other.push().rejected == 2
    assert bench.record(Attachment, paper.uid) == paper


@pytest.mark.parametrize("reason", ["", "   ", "误放", "错"])
def test_a_reason_is_needed(bench: HubBench, reason: str) -> None:
    laptop = city_laptop(bench)
    paper = beside(laptop, lived(bench, laptop, "start"))
    redact(laptop, paper, reason=reason)
    assert laptop.push().rejected == 2
    assert "no_reason" in notes(bench, laptop)
    assert bench.record(Attachment, paper.uid) == paper
    bench.check()


def test_what_is_not_the_whole_act_takes_nothing_away(bench: HubBench) -> None:
    """A hostile laptop: half of the act, another paper's row, another file's hash, another's name."""
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    paper, other = beside(laptop, made), beside(laptop, made)
    laptop.act("clerk", "redact", WHY)
    laptop.write("attachment", paper.uid, "d")
    assert laptop.push().rejected == 1
    laptop.act("clerk", "redact", WHY)
    laptop.insert(said_of(bench, paper, "clerk"))
    assert laptop.push().rejected == 1
    for change in (
        {"paper": other.uid}, {"sha256": other.sha256}, {"kind": "nameplate"}, {"owner": new_uid()},
        {"removed_by": person("chief").uid}, {"round_no": 2}, {"reason": "错"},
    ):  # fmt: skip
        redact(laptop, paper, change=change)
        assert laptop.push().accepted == 0, change
    laptop.act("clerk", "redact", WHY)  # two for one
    for item in (paper, paper, other):
        laptop.insert(said_of(bench, item, "clerk"))
    laptop.write("attachment", paper.uid, "d")
    assert laptop.push().accepted == 0
    assert {item.uid for item in bench.records(Attachment)} >= {paper.uid, other.uid}
    assert not bench.records(Redaction)
    assert bench.hub.blobs.size(paper.sha256) and bench.hub.blobs.size(other.sha256)
    bench.check()


def test_the_evidence_of_a_cleared_boiler_stays(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop)
    laptop.pull()
    kinds = {paper for _, _, papers, _ in LIFE for paper in papers}
    for paper in [item for item in bench.records(Attachment) if item.owner == made.uid]:
        if paper.kind == "photo_before":
            continue  # there are two: the first of `start`
        redact(laptop, paper, "leader")
        assert laptop.push().rejected == 2, paper.kind
        assert "rests_on" in notes(bench, laptop)
    assert {item.kind for item in bench.records(Attachment)} == kinds
    late = beside(laptop, made, "photo_after")  # a photograph that came after all signatures is no evidence
    redact(laptop, late, "city")
    assert laptop.push().accepted == 2
    laptop.pull()
    signed = next(item for item in bench.records(Attachment) if item.kind == "acceptance_form")
    beside(laptop, made, "acceptance_form")  # nor does an unsigned one stand in for one that is
    redact(laptop, signed, "city")
    assert laptop.push().rejected == 2
    first, second = (item for item in bench.records(Attachment) if item.kind == "photo_before")  # both signed
    redact(laptop, first, "city")
    assert laptop.push().accepted == 2
    laptop.pull()
    redact(laptop, second, "city")
    assert laptop.push().rejected == 2
    assert bench.boiler(made.uid) == made
    bench.check()


def test_a_wrong_clock_does_not_make_evidence_free(bench: HubBench) -> None:
    """The paper says that it was added a year after the signatures; the log knows better."""
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    ahead = [replace(laptop.paper(made, kind, "officer"), added_at="2027-11-23T04:00:00Z")
             for kind in APPLICATION]  # fmt: skip
    laptop.act("officer", "add_evidence")
    for item in ahead:
        laptop.insert(item)
    assert laptop.push().rejected == 0
    laptop.pull()
    laptop.step("officer", "apply", made.uid)
    answer = laptop.push()
    assert answer.rejected + answer.conflicts == 0
    laptop.pull()
    redact(laptop, ahead[0])
    assert laptop.push().rejected == 2
    assert "rests_on" in notes(bench, laptop)


def test_after_sending_back_a_paper_may_go(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "apply")
    laptop.pull()
    form = next(item for item in bench.records(Attachment) if item.kind == "identity_copy")
    redact(laptop, form)
    assert laptop.push().rejected == 2
    laptop.pull()
    laptop.step("clerk", "return", made.uid, reason="身份证不是本户的")
    assert laptop.push().rejected == 0
    laptop.pull()
    redact(laptop, form)
    assert laptop.push().accepted == 2
    bench.check()


def test_where_nothing_can_be_sent_back_the_right_one_comes_first(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")  # registered with a nameplate; no step leads back from here
    laptop.pull()
    wrong = next(item for item in bench.records(Attachment) if item.kind == "nameplate")
    redact(laptop, wrong)
    assert laptop.push().rejected == 2
    laptop.pull()
    beside(laptop, made, "nameplate")
    redact(laptop, wrong)
    assert laptop.push().accepted == 2
    bench.check()


def test_what_took_the_place_of_evidence_stays(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    laptop.pull()
    wrong = next(item for item in bench.records(Attachment) if item.kind == "photo_before")
    added = laptop.act("officer", "add_evidence")
    right = laptop.paper(made, "photo_before", "officer")
    laptop.insert(right)
    assert laptop.push().accepted == 1
    laptop.pull()
    redact(laptop, wrong)
    assert laptop.push().accepted == 2
    laptop.pull()
    redact(laptop, right)
    assert laptop.push().rejected == 2
    assert "rests_on" in notes(bench, laptop)
    laptop.act("officer", "undo", undoes=added.uid)
    laptop.write("attachment", right.uid, "d")
    assert laptop.push().rejected == 1
    assert notes(bench, laptop) == ["rests_on"]
    third = beside(laptop, made, "photo_before")
    redact(laptop, third)
    assert laptop.push().accepted == 2
    assert [item.uid for item in bench.records(Attachment) if item.kind == "photo_before"] == [right.uid]
    bench.check()


def test_a_frozen_report_keeps_its_files(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    report = ReportSnapshot(
        uid=new_uid(), name="R 1", report="ledger", units=0, tph=0.0, journal="j", content="c" * 64,
        frozen_at=as_moment(bench.clock.now), frozen_by=person("clerk").uid, frozen_by_name="clerk",
        div_code=COUNTY,
    )  # fmt: skip
    laptop.act("clerk", "freeze_report")
    paper = replace(
        laptop.paper(boiler(), "other", "clerk"), owner_entity="report_snapshot", owner=report.uid
    )
    laptop.insert(report)
    laptop.insert(paper)
    assert laptop.push().accepted == 2
    laptop.pull()
    redact(laptop, paper, "city")
    assert laptop.push().rejected == 2
    assert "frozen" in notes(bench, laptop)


def test_nobody_brings_a_paper_back(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    paper = beside(laptop, made)
    said = redact(laptop, paper)
    act = laptop._acts[-1]
    assert laptop.push().accepted == 2
    laptop.pull()
    laptop.act("officer", "add_evidence")  # the row once more
    laptop.insert(paper)
    assert laptop.push().rejected == 1
    laptop.act("clerk", "undo", undoes=act.uid)
    laptop.insert(paper)
    laptop.write("redaction", said.uid, "d")
    assert laptop.push().accepted == 0
    laptop.act("clerk", "undo", undoes=act.uid)
    laptop.insert(paper)
    assert laptop.push().accepted == 0
    laptop.act("clerk", "edit", WHY)
    laptop.write("redaction", said.uid, "d")
    assert laptop.push().accepted == 0
    redact(laptop, paper)  # twice
    assert laptop.push().rejected == 2
    assert "redacted" in notes(bench, laptop)
    assert bench.record(Attachment, paper.uid) is None and bench.record(Redaction, said.uid) is not None
    with pytest.raises(Refused) as refused:
        bench.hub.put_part(paper.sha256, 0, b"x", 1, laptop.uid)
    assert refused.value.code == "taken_away"
    bench.check()


def test_two_who_take_the_same_paper_away_unseen(bench: HubBench) -> None:
    one, two = city_laptop(bench), bench.laptop(COUNTY, "R4")
    paper = beside(one, lived(bench, one, "start"))
    two.pull()
    redact(one, paper, "city")
    redact(two, paper, "chief")
    assert one.push().accepted == 2
    assert two.push().rejected == 2
    assert [item.removed_by for item in bench.records(Redaction)] == [person("city").uid]
    bench.check()


def test_a_file_stays_while_another_paper_has_it_and_is_taken_again(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made, right = lived(bench, laptop, "start"), lived(bench, laptop, "register")
    paper = beside(laptop, made)
    content = bench.hub.blobs.get(paper.sha256)
    same = replace(paper, uid=new_uid(), owner=right.uid)
    laptop.act("officer", "add_evidence")
    laptop.insert(same)
    assert laptop.push().accepted == 1
    laptop.pull()
    redact(laptop, paper)
    assert laptop.push().accepted == 2
    assert bench.hub.blobs.size(paper.sha256) == len(content)
    laptop.pull()
    redact(laptop, same)
    assert laptop.push().accepted == 2
    assert bench.hub.blobs.size(paper.sha256) is None
    laptop.pull()
    laptop.act("officer", "add_evidence")
    laptop.insert(replace(same, uid=new_uid()))
    assert laptop.push().accepted == 1
    bench.hub.put_part(paper.sha256, 0, content, len(content), laptop.uid)
    bench.hub.tend(bench.clock.now)
    assert bench.hub.blobs.size(paper.sha256) == len(content)


def test_what_a_dead_process_left_goes_another_day(bench: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = city_laptop(bench)
    paper = beside(laptop, lived(bench, laptop, "start"))
    content = bench.hub.blobs.get(paper.sha256)

    def unreachable(*_: Any) -> None:
        raise StoreFailure("the store does not answer", code="blobs")

    with monkeypatch.context() as patch:
        patch.setattr(clearing, "clear", unreachable)
        redact(laptop, paper)
        assert laptop.push().accepted == 2  # the act is safe: the file is a matter of time
    assert bench.hub.blobs.get(paper.sha256) == content
    bench.hub.tend(bench.clock.now)
    assert bench.hub.blobs.size(paper.sha256) is None


def test_papers_of_a_deleted_record_may_go(bench: HubBench) -> None:
    laptop = bench.laptop(CITY, "R0")
    made = laptop.enter("inspector")
    assert laptop.push().accepted == 1
    paper = beside(laptop, made)
    laptop.delete("inspector", made.uid)
    assert laptop.push().accepted == 1
    laptop.pull()
    redact(laptop, paper)
    assert laptop.push().accepted == 2
    assert bench.hub.blobs.size(paper.sha256) is None
