"""What may be entered at most is said before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.office import PIN, Office
from app.actions import evidence, people
from app.actions.evidence import add_evidence, evidence_of
from app.actions.people import sign_in
from app.domain import limits
from app.domain.changes import update
from app.domain.entities.people import Org, Person
from app.domain.limits import REASON
from app.domain.values import check, parse
from app.errors import Invalid, NotAllowed

_DEAR = "$argon2id$v=19$m=4194304,t=3,p=2$" + "A" * 22 + "$" + "A" * 43


def test_a_reason_has_an_end(office: Office) -> None:
    boiler = office.enter()
    office.as_("clerk")
    with pytest.raises(Invalid) as refused:
        office.session.commit([update(boiler, note="一")], "edit", "因" * (REASON + 1))
    assert refused.value.code == "too_long"
    assert office.boiler().note != "一"
    office.session.commit([update(boiler, note="一")], "edit", "因" * REASON)
    assert office.boiler().note == "一"


def test_a_list_of_texts_has_an_end() -> None:
    field = Org.TYPE.fields["aliases"]
    assert len(parse(field, "、".join(["旧名"] * 50))) == 50
    for written in ("、".join(["旧名"] * 51), "旧" * 201):
        with pytest.raises(Invalid):
            parse(field, written)
    with pytest.raises(Invalid):
        check(field, ("旧名",) * 51)


def test_a_record_has_an_end_of_files(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAPERS", 2)
    boiler = office.enter()
    office.as_("clerk")
    add_evidence(office.session, boiler, [office.file("photo_after")])
    with pytest.raises(Invalid) as refused:
        add_evidence(office.session, boiler, [office.file("photo_before"), office.file("other")])
    assert refused.value.code == "too_many_papers"
    assert len(evidence_of(office.session, boiler)) == 1


def test_a_file_has_an_end(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 10)
    boiler = office.enter()
    office.as_("clerk")
    large = tmp_path / "大.pdf"
    large.write_bytes(b"x" * 11)
    with monkeypatch.context() as reading:
        reading.setattr("app.store.attachments.digest", lambda _: pytest.fail("it is not read first"))
        with pytest.raises(Invalid) as refused:
            evidence.prepare(office.session, boiler, [("other", large)])
    assert refused.value.code == "too_large"
    large.write_bytes(b"x" * 10)
    assert evidence.prepare(office.session, boiler, [("other", large)])


def test_a_verifier_that_costs_too_much_is_not_computed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def computed() -> None:
        raise AssertionError("it would have been computed")

    [clerk] = [item for item in office.session.workspace.find(Person) if item.login == "clerk"]
    office.as_("admin")
    with pytest.raises(Invalid):
        office.session.commit([update(clerk, verifier=_DEAR)], "user_pin_reset")
    monkeypatch.setattr(people, "verifier_of", lambda *_: _DEAR)  # as an older hub may have granted it
    monkeypatch.setattr(people, "_hasher", computed)
    with pytest.raises(NotAllowed):
        sign_in(office.session, "clerk", PIN)
