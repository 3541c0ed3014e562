"""Taking back and doing again: one's own, whole, after closing the file, and never over others' work."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.office import Office
from app.actions.evidence import add_evidence, evidence_of
from app.actions.history import history, redo, undo
from app.actions.records import delete_record, list_records, show_record
from app.actions.session import Session
from app.errors import Changed, Refused
from app.store.workspace import Workspace
from builders import photo


def test_a_step_is_taken_back_with_its_papers_and_its_signature(office: Office) -> None:
    boiler = office.planned()
    before = show_record(office.session, "boiler", boiler.uid)
    office.do("officer", "start", boiler, ["photo_before"])
    undo(office.session, "点错")
    after = show_record(office.session, "boiler", boiler.uid)
    assert after.state == "planned"
    assert len(after.attachments) == len(before.attachments)
    assert len(after.signatures) == len(before.signatures)


def test_taking_back_stands_in_the_history_with_its_reason(office: Office) -> None:
    boiler = office.enter()
    office.edit("registrar", boiler, {"rated_tph": 4.0}, "更正")
    undo(office.session, "改错了")
    newest, edited, _ = history(office.session, "boiler", boiler.uid)
    assert (newest.action, newest.person, newest.reason) == ("undo", "registrar", "改错了")
    assert newest.undoes == edited.transaction
    assert [(item.field, item.before, item.after) for item in newest.changes] == [("rated_tph", 4.0, 2.0)]


def test_undo_and_redo_go_back_and_forth(office: Office) -> None:
    boiler = office.enter()
    office.edit("registrar", boiler, {"rated_tph": 4.0})
    office.edit("registrar", boiler, {"rated_tph": 6.0})
    undo(office.session)
    assert office.boiler().rated_tph == 4.0
    undo(office.session)
    assert office.boiler().rated_tph == 2.0
    redo(office.session)
    assert office.boiler().rated_tph == 4.0
    redo(office.session)
    assert office.boiler().rated_tph == 6.0
    with pytest.raises(Refused) as refused:
        redo(office.session)
    assert refused.value.code == "nothing_to_redo"


def test_a_new_edit_ends_what_could_be_done_again(office: Office) -> None:
    boiler = office.enter()
    office.edit("registrar", boiler, {"rated_tph": 4.0})
    undo(office.session)
    office.edit("registrar", boiler, {"note": "新"})
    with pytest.raises(Refused):
        redo(office.session)


def test_it_survives_closing_the_file(office: Office, file: Path) -> None:
    boiler = office.enter()
    office.edit("registrar", boiler, {"rated_tph": 4.0})
    actor = office.session.actor
    office.session.close()
    office.session = Session(Workspace.open(file), actor)
    undo(office.session)
    assert office.boiler().rated_tph == 2.0
    office.session.close()
    office.session = Session(Workspace.open(file), actor)
    redo(office.session)
    assert office.boiler().rated_tph == 4.0


def test_everybody_takes_back_their_own(office: Office) -> None:
    boiler = office.enter()
    office.edit("registrar", boiler, {"rated_tph": 4.0})
    office.edit("clerk", boiler, {"note": "核对"})
    office.as_("registrar")
    undo(office.session)
    assert (office.boiler().rated_tph, office.boiler().note) == (2.0, "核对")


def test_nothing_is_taken_back_over_anothers_later_change(office: Office) -> None:
    boiler = office.enter()
    office.edit("registrar", boiler, {"rated_tph": 4.0})
    office.edit("clerk", boiler, {"rated_tph": 6.0})
    office.as_("registrar")
    with pytest.raises(Changed) as refused:
        undo(office.session)
    assert refused.value.exit_code == 4
    assert office.boiler().rated_tph == 6.0


def test_a_step_is_not_taken_back_once_the_next_has_been_taken(office: Office) -> None:
    boiler = office.in_progress()
    office.do(
        "officer", "apply", boiler, ["application_form", "identity_copy", "photo_during", "photo_after"]
    )
    office.do("officer2", "town_check", boiler, [office.site_photo()])
    office.as_("officer")
    with pytest.raises(Changed):
        undo(office.session)
    assert office.boiler().status == "town_ok"


def test_a_paper_is_not_taken_back_once_somebody_has_signed_upon_it(office: Office) -> None:
    """It is one's own last act, however long ago: Ctrl+Z took the evidence of a cleared boiler away."""
    boiler = office.in_progress()

    def during() -> list[str]:
        papers = evidence_of(office.session, office.boiler())
        return [item.file_name for item in papers if item.kind == "photo_during"]

    office.as_("officer")
    add_evidence(office.session, boiler, [("photo_during", photo(office.folder / "d.jpg", shade=9))])
    office.clock.forward(minutes=5)
    add_evidence(office.session, boiler, [("photo_during", photo(office.folder / "wrong.jpg", shade=10))])
    undo(office.session)  # nobody has signed since: a photograph put in by mistake goes
    assert during() == ["d.jpg"]
    office.clock.forward(minutes=5)
    papers = ["application_form", "identity_copy", "photo_after"]
    office.do("officer2", "apply", boiler, papers)
    office.as_("officer")
    with pytest.raises(Refused) as refused:
        undo(office.session)
    assert refused.value.code == "signed"
    assert during() == ["d.jpg"]


def test_a_deleted_record_comes_back_as_it_was(office: Office) -> None:
    boiler = office.enter()
    delete_record(office.session, boiler, "重复")
    undo(office.session)
    (back,) = list_records(office.session, "boiler")
    assert back.uid == boiler.uid
    assert back.values() == boiler.values()
    assert back.geometry is not None
    assert back.geometry.equals(boiler.geometry)


def test_an_entry_taken_back_is_gone_and_comes_again(office: Office) -> None:
    boiler = office.enter()
    undo(office.session)
    assert list_records(office.session, "boiler") == []
    redo(office.session)
    assert list_records(office.session, "boiler")[0].uid == boiler.uid


def test_who_did_nothing_has_nothing_to_take_back(office: Office) -> None:
    office.enter()
    office.as_("city")
    with pytest.raises(Refused) as refused:
        undo(office.session)
    assert refused.value.code == "nothing_to_undo"


def test_the_files_of_an_undone_step_are_there_for_redoing_it(office: Office) -> None:
    boiler = office.planned()
    office.do("officer", "start", boiler, ["photo_before"])
    undo(office.session)
    redo(office.session)
    for item in evidence_of(office.session, boiler):
        office.session.workspace.verify_attachment(item.sha256)
    assert office.boiler().status == "in_progress"
