"""Papers of a laptop that lies: names that are no hash, wrong sizes. Nobody else's round ends there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app.actions.evidence import add_evidence, picture_of
from app.actions.sticks import bundle_out
from app.domain.changes import insert, new_uid
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Attachment
from app.hub import admitting
from app.store import admission
from builders import photo
from sync.lan import TOWN, Lan, Laptop

NAMES = ("../../../../etc/passwd", "..", "zz", "%2e%2e/policy", "A" * 64, "a" * 63)


@pytest.fixture(autouse=True)
def without_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The laptops of these tests write what they like."""
    monkeypatch.setattr(admission, "check", lambda _, value: value)


def named(laptop: Laptop, owner: str, sha256: str, size: int = 5) -> None:
    """A paper as a program without rules writes it."""
    paper = Attachment(
        uid=new_uid(), owner_entity="boiler", owner=owner, kind="site_photo", file_name="x.jpg",
        sha256=sha256, size=size, added_by=laptop.session.actor.uid, added_at="2026-11-23T02:00:00.000Z",
    )  # fmt: skip
    laptop.session.commit([insert(paper)], "attach")


def test_the_hub_refuses_a_name_that_is_no_hash_and_keeps_what_was_said(lan: Lan) -> None:
    liar = lan.laptop(TOWN, "R2")
    owner = liar.enter("officer", "H-1").uid
    for name in NAMES:
        named(liar, owner, name)
    done = liar.sync()
    assert (done.accepted, done.rejected) == (1, len(NAMES))
    kept = [item for item in liar.session.workspace.find(Conflict) if item.note == "bad_value"]
    assert len(kept) == len(NAMES)


def test_names_an_older_hub_took_lead_nowhere_and_stop_nobody(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admitting, "check", lambda _, value: value)  # a hub of before asked for nothing
    liar, honest = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    owner = liar.enter("officer", "H-1").uid
    for name in NAMES:
        named(liar, owner, name)
    picture = photo(tmp_path / "one.jpg")
    add_evidence(liar.as_("officer"), liar.boiler("H-1"), [("photo_before", picture)])
    assert liar.sync().rejected == 0
    honest.sync()
    workspace = honest.session.workspace
    for name in NAMES:
        path = workspace.attachment_path(name)
        assert path.parents[1] == workspace.attachment_path("0" * 64).parents[1]
        assert ".." not in path.parts
        assert picture_of(honest.session, name) is None
    assert workspace.verify_attachment(hashlib.sha256(picture.read_bytes()).hexdigest()).is_file()
    bundle_out(honest.session, tmp_path / "out.bundle")


def test_a_false_size_beside_a_true_one_keeps_nobody_from_the_file(lan: Lan, tmp_path: Path) -> None:
    liar, honest = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    boiler = liar.enter("officer", "H-1")
    picture = photo(tmp_path / "one.jpg")
    sha256 = hashlib.sha256(picture.read_bytes()).hexdigest()
    add_evidence(liar.as_("officer"), boiler, [("photo_before", picture)])
    named(liar, boiler.uid, sha256, picture.stat().st_size + 7)
    liar.sync()
    honest.sync()
    assert honest.session.workspace.verify_attachment(sha256).is_file()
    assert honest.sync().agrees


def test_a_file_that_is_not_as_long_as_its_record_says_is_left_there(lan: Lan, tmp_path: Path) -> None:
    liar, honest = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    owner, content = liar.enter("officer", "H-1").uid, b"short"
    sha256 = hashlib.sha256(content).hexdigest()
    lan.hub.blobs.put(sha256, content)
    named(liar, owner, sha256, 9)
    picture = photo(tmp_path / "one.jpg")
    add_evidence(liar.as_("officer"), liar.boiler("H-1"), [("photo_before", picture)])
    liar.sync()
    honest.sync()
    workspace = honest.session.workspace
    assert not workspace.attachment_path(sha256).exists()
    assert workspace.verify_attachment(hashlib.sha256(picture.read_bytes()).hexdigest()).is_file()
