"""Taking a paper away on one laptop: who, which, with what words, and what stands there afterwards."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from actions.office import APPLICATION, Office
from app.actions.dossiers import write_dossiers
from app.actions.evidence import add_evidence, evidence_of
from app.actions.history import history, undo
from app.actions.records import show_record
from app.actions.redaction import find_paper, redact, removed_words
from app.actions.upkeep import check
from app.domain.entities.papers import Attachment
from app.domain.entity import Entity
from app.errors import Invalid, NotAllowed, Refused
from builders import photo

WHY = "这是隔壁户主的身份证"


def beside(office: Office, record: Entity, kind: str = "other", shade: int = 9) -> Attachment:
    office.as_("officer")
    office.clock.forward(minutes=1)
    file = photo(office.folder / f"wrong-{shade}.jpg", shade=shade)
    add_evidence(office.session, record, [(kind, file)])
    office.clock.forward(minutes=1)
    return find_paper(office.session, record, file.name)


def file_of(office: Office, paper: Attachment) -> Path:
    return office.session.workspace.attachment_path(paper.sha256)


def test_without_a_hub_row_and_file_go_at_once(office: Office) -> None:
    paper = beside(office, office.in_progress())
    assert file_of(office, paper).is_file()
    office.as_("clerk")
    redact(office.session, paper.uid, WHY)
    assert not file_of(office, paper).exists()
    view = show_record(office.session, "boiler", "KT-2026-001")
    assert paper.uid not in {item.uid for item in view.attachments}
    (stays,) = view.taken_away
    assert (stays.sha256, stays.removed_by_name, stays.reason) == (
        paper.sha256,
        office.session.person().name,
        WHY,
    )
    kind, words = removed_words(stays)
    assert "wrong" not in kind + words and WHY in words and stays.removed_by_name in words
    told = history(office.session, "boiler", "KT-2026-001")[0]
    assert (told.action, told.reason, told.changes[0].after) == ("redact", WHY, None)
    assert check(office.session).ok
    with pytest.raises(Refused) as refused:
        undo(office.session)
    assert refused.value.code == "for_good"


@pytest.mark.parametrize("who", ["officer", "officer2", "inspector", "admin"])
def test_the_town_takes_nothing_away(office: Office, who: str) -> None:
    paper = beside(office, office.in_progress())
    office.as_(who)
    with pytest.raises(NotAllowed):
        redact(office.session, paper.uid, WHY)
    assert file_of(office, paper).is_file()


@pytest.mark.parametrize("reason", ["", "错", " 误 放 "])
def test_the_reason_tells_something(office: Office, reason: str) -> None:
    paper = beside(office, office.in_progress())
    office.as_("clerk")
    with pytest.raises(Refused) as refused:
        redact(office.session, paper.uid, reason)
    assert refused.value.code == "reason"
    assert file_of(office, paper).is_file()


def test_a_file_that_another_paper_has_stays(office: Office) -> None:
    boiler = office.in_progress()
    paper = beside(office, boiler)
    add_evidence(office.session, boiler, [("nameplate", office.folder / "wrong-9.jpg")])
    office.as_("clerk")
    redact(office.session, paper.uid, WHY)
    assert office.session.workspace.verify_attachment(paper.sha256)


def test_what_the_state_rests_on_is_sent_back_first(office: Office) -> None:
    boiler = office.applied()
    office.as_("clerk")
    wanted = [item for item in evidence_of(office.session, boiler) if item.kind in APPLICATION]
    form = next(item for item in wanted if item.kind == "identity_copy")
    with pytest.raises(Refused) as refused:
        redact(office.session, form.uid, WHY)
    assert refused.value.code == "rests_on"
    assert "先退回该记录" in refused.value.hint
    assert file_of(office, form).is_file()
    office.do("clerk", "return", office.boiler(), reason="身份证不是本户的")
    redact(office.session, form.uid, WHY)
    assert not file_of(office, form).exists()


def test_what_took_the_place_of_evidence_stays(office: Office) -> None:
    boiler = office.in_progress()  # no step leads back from here
    (wrong,) = (item for item in evidence_of(office.session, boiler) if item.kind == "photo_before")
    right = beside(office, boiler, "photo_before")
    office.as_("clerk")
    redact(office.session, wrong.uid, WHY)
    with pytest.raises(Refused) as refused:
        redact(office.session, right.uid, WHY)
    assert refused.value.code == "rests_on"
    office.as_("officer")
    with pytest.raises(Refused) as refused:
        undo(office.session)  # it was their last act
    assert refused.value.code == "rests_on"
    assert [item.uid for item in evidence_of(office.session, boiler) if item.kind == "photo_before"] == [
        right.uid
    ]
    third = beside(office, boiler, "photo_before", shade=11)
    undo(office.session)
    assert third.uid not in {item.uid for item in evidence_of(office.session, boiler)}


def test_a_cleared_boiler_keeps_its_evidence_and_its_dossier_leaves_the_rest_out(office: Office) -> None:
    boiler = office.cleared()
    late = beside(office, boiler, "photo_after")
    office.as_("city")
    before = evidence_of(office.session, boiler)
    for item in before:
        if item.uid != late.uid and [one.kind for one in before].count(item.kind) == 1:
            with pytest.raises(Refused):
                redact(office.session, item.uid, WHY)
    redact(office.session, late.uid, WHY)
    assert len(evidence_of(office.session, boiler)) == len(before) - 1
    out = office.folder / "dossiers.zip"
    write_dossiers(office.session, [office.boiler()], out)
    with ZipFile(out) as packed:
        assert len([name for name in packed.namelist() if "wrong" in name or late.sha256[:8] in name]) == 0
        assert packed.testzip() is None
        [told] = [
            packed.read(name).decode("utf-8-sig") for name in packed.namelist() if name.endswith(".txt")
        ]
    assert "  位置、" in told and "  撤下材料  " in told and "redact" not in told


def test_a_paper_is_named_by_its_file_or_its_hash(office: Office) -> None:
    boiler = office.in_progress()
    paper = beside(office, boiler)
    for ident in (paper.uid, paper.sha256[:12], paper.file_name):
        assert find_paper(office.session, boiler, ident) == paper
    for ident in ("", "none.jpg", paper.sha256[:12].upper() + "?"):
        with pytest.raises(Invalid):
            find_paper(office.session, boiler, ident)
