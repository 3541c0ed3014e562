"""A paper that lay beside the wrong record is gone from every disk, and nothing brings it back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.actions.evidence import add_evidence, evidence_of, picture_of
from app.actions.history import history, undo
from app.actions.redaction import redact, redactions_of
from app.actions.sticks import bundle_in, bundle_out
from app.actions.syncing import prove
from app.bootstrap import settle
from app.domain.entities.papers import Attachment, Redaction
from app.errors import HubUnreachable, NotAllowed, Refused
from app.hub import backup
from app.hub.exporting import export_log
from app.hub.hub import Hub
from app.hub.place import HubPlace
from app.hub.sticks import give_bundle, take_bundle
from app.store.attachments import Attachments, thumbnail_path
from builders import photo
from sync.independent import verifier
from sync.lan import COUNTY, TOWN, TOWN2, Lan, Laptop
from sync.test_stick_papers import carry, joined

WHY = "这是隔壁户主的身份证"


def with_photo(lan: Lan, tmp_path: Path) -> tuple[Laptop, Attachment, Path]:
    """A town's laptop with a boiler and a photograph that does not belong to it; nothing has been sent."""
    laptop = lan.laptop(TOWN, "R2")
    boiler = laptop.enter("officer", "O-1")
    laptop.enter("officer", "O-2", place=(106.7, 35.6))
    file = photo(tmp_path / "identity.jpg", shade=77)
    lan.clock.forward(minutes=1)
    add_evidence(laptop.session, boiler, [("other", file)])
    (paper,) = evidence_of(laptop.session, boiler)
    return laptop, paper, file


def take(laptop: Laptop, paper: Attachment, by: str = "clerk") -> None:
    redact(laptop.as_(by), paper.uid, WHY)


def bytes_of(laptop: Laptop, paper: Attachment) -> list[str]:
    """What of a file lies beside a workspace."""
    files = laptop.session.workspace.attachment_path(paper.sha256).parents[1]
    return [str(path) for path in files.rglob("*") if paper.sha256[2:] in path.name] if files.is_dir() else []


def gone_at(laptop: Laptop, paper: Attachment) -> bool:
    found = laptop.session.workspace.find(Redaction)
    return (
        [item.paper for item in found] == [paper.uid]
        and laptop.session.workspace.get(Attachment, paper.uid) is None
        and not bytes_of(laptop, paper)
    )


def test_it_is_gone_from_the_hub_and_from_every_laptop(lan: Lan, tmp_path: Path) -> None:
    town, paper, _ = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    assert len(bytes_of(county, paper)) == 2  # with the small picture
    take(county, paper)
    assert bytes_of(county, paper), "until the hub has taken it"
    assert redactions_of(county.session, county.boiler("O-1")) and not evidence_of(
        county.session, county.boiler("O-1")
    )
    lan.drain(county, town)
    assert lan.hub.blobs.size(paper.sha256) is None
    assert gone_at(town, paper) and gone_at(county, paper)
    fresh = lan.laptop(TOWN, "R2")
    fresh.sync()
    assert gone_at(fresh, paper)
    told = history(town.session, "boiler", "O-1")[0]
    assert (told.action, told.reason, told.person) == ("redact", WHY, "clerk")
    assert [(item.field, item.after) for item in told.changes] == [("attachment", None)]
    assert "identity" not in str(told.changes[0].before)
    for done in lan.drain(town, county, fresh):
        assert (done.pushed, done.pulled, done.blobs_up, done.blobs_down) == (0, 0, 0, 0)
        assert all(area.agrees for area in done.areas.values())


@pytest.mark.parametrize("moved", ["before", "after"])
def test_it_is_gone_from_a_laptop_that_reads_its_record_no_more(lan: Lan, tmp_path: Path, moved: str) -> None:
    """The town hears nothing of a record that has moved: the hub tells everybody which files go."""
    town, paper, file = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    deeds = [lambda: county.edit("clerk", "O-1", div_code=TOWN2), lambda: take(county, paper)]
    for deed in deeds if moved == "before" else reversed(deeds):
        deed()
        county.sync()
    assert bytes_of(town, paper)
    town.sync()
    assert not bytes_of(town, paper) and not town.session.workspace.find(Redaction)
    other = town.boiler("O-2")
    add_evidence(town.as_("officer"), other, [("other", file)])
    lan.drain(town, county)
    assert bytes_of(town, paper) and lan.hub.blobs.size(paper.sha256), "added anew it is sent anew"


def test_a_laptop_that_has_it_unsent_is_told_and_does_not_try_for_ever(lan: Lan, tmp_path: Path) -> None:
    town, paper, _ = with_photo(lan, tmp_path)
    town.cut = 2  # the changes arrive, the file does not
    with pytest.raises(HubUnreachable):
        town.sync()
    town.cut = None
    county = lan.laptop(COUNTY, "R4")
    take(county, paper)
    county.sync()
    content = town.session.workspace.attachment_path(paper.sha256).read_bytes()
    with pytest.raises(Refused) as refused:
        lan.hub.put_part(paper.sha256, 0, content, len(content), town.device)
    assert refused.value.code == "taken_away"
    done = town.sync()
    assert done.blobs_up == 0 and not done.damaged
    assert gone_at(town, paper) and lan.hub.blobs.size(paper.sha256) is None
    assert not town.replica.unsent_blobs()


def test_the_hub_says_so_before_the_laptop_has_heard(lan: Lan, tmp_path: Path) -> None:
    """What goes before the log is fetched: a file that was taken away holds up nothing."""
    town, paper, _ = with_photo(lan, tmp_path)
    town.cut = 2
    with pytest.raises(HubUnreachable):
        town.sync()
    town.cut = None
    county = lan.laptop(COUNTY, "R4")
    take(county, paper)
    county.sync()
    town.session.workspace.room.fits = lambda size: size > 0  # type: ignore[method-assign]
    done = town.sync()  # on a full disk nothing is folded, and what is unsent is sent
    assert done.held_back and done.blobs_up == 0
    assert lan.hub.blobs.size(paper.sha256) is None


def test_the_same_photograph_goes_to_the_right_record(lan: Lan, tmp_path: Path) -> None:
    town, paper, file = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    take(county, paper)
    lan.drain(county, town)
    add_evidence(town.as_("officer"), town.boiler("O-2"), [("other", file)])
    assert town.sync().blobs_up == 1
    assert lan.hub.blobs.size(paper.sha256) == paper.size
    lan.drain(county, town)
    lan.hub.tend(lan.clock())
    town.session.workspace.tidy_papers()
    for one in (county, town):
        (again,) = evidence_of(one.session, one.boiler("O-2"))
        assert one.session.workspace.verify_attachment(again.sha256)
        assert not evidence_of(one.session, one.boiler("O-1"))


def test_added_anew_by_somebody_who_had_not_heard_it_is_sent_again(lan: Lan, tmp_path: Path) -> None:
    """The town believes that the hub has the file; the hub has dropped it meanwhile."""
    town, paper, file = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    take(county, paper)
    county.sync()
    add_evidence(town.as_("officer"), town.boiler("O-2"), [("other", file)])
    lan.drain(town, county)
    assert lan.hub.blobs.size(paper.sha256) == paper.size
    (again,) = evidence_of(county.session, county.boiler("O-2"))
    assert county.session.workspace.verify_attachment(again.sha256)
    assert [done.blobs_up for done in lan.drain(town, county)] == [0, 0, 0, 0]


def test_what_the_hub_refuses_keeps_its_file(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hostile or wrong laptop let it go: the answer brings the paper back, and the file never went."""
    town, paper, _ = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    monkeypatch.setattr("app.actions.redaction.REDACTORS", ("R2",))
    take(town, paper, "officer")
    settle(town.session)  # not even at the next start
    assert bytes_of(town, paper)
    done = town.sync()
    assert done.rejected == 2
    assert [item.uid for item in evidence_of(town.session, town.boiler("O-1"))] == [paper.uid]
    assert not town.session.workspace.find(Redaction)
    assert town.session.workspace.verify_attachment(paper.sha256)
    assert lan.hub.blobs.size(paper.sha256) == paper.size


def test_a_killed_program_leaves_the_file_until_the_next_start(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, paper, _ = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    take(county, paper)
    county.sync()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Attachments, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            town.sync()
    assert bytes_of(town, paper)
    town.reopen()
    settle(town.session)
    assert gone_at(town, paper)


def test_a_backup_that_brings_the_file_back_is_tidied(lan: Lan, tmp_path: Path) -> None:
    town, paper, _ = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    kept = town.session.workspace.attachment_path(paper.sha256)
    content, small = kept.read_bytes(), thumbnail_path(town.session.workspace.path, paper.sha256)
    take(county, paper)
    lan.drain(county, town)
    kept.write_bytes(content)
    small.parent.mkdir(parents=True, exist_ok=True)
    small.write_bytes(content)
    town.sync()
    assert gone_at(town, paper)
    assert picture_of(town.session, paper.sha256) is None


def test_by_stick_it_is_skipped_on_both_ways(lan: Lan, tmp_path: Path) -> None:
    town, paper, _ = with_photo(lan, tmp_path)
    written = tmp_path / "early.bundle"
    bundle_out(town.session, written)  # lies in a bag with the photograph
    town.cut = 2
    with pytest.raises(HubUnreachable):
        town.sync()
    town.cut = None
    county = lan.laptop(COUNTY, "R4")
    take(county, paper)
    county.sync()
    taken = take_bundle(lan.hub, written, lan.clock())
    assert taken.blobs == 1
    assert lan.hub.blobs.size(paper.sha256) is None
    back = tmp_path / "back.bundle"
    given = give_bundle(lan.hub, town.device, back, lan.clock())
    assert (given.files, given.unknown) == (0, 0)
    done = bundle_in(town.session, back)
    assert done.papers is not None and done.papers.lacking == 0
    assert gone_at(town, paper)
    village = joined(lan, tmp_path)
    _, given, done = carry(lan, village, tmp_path)
    assert (given.files, given.pictures, given.unknown, done.blobs_down) == (0, 0, 0, 0)
    assert gone_at(village, paper)


def test_a_bundle_waits_for_no_file_that_was_taken_away(lan: Lan, tmp_path: Path) -> None:
    """Its blocks tell of the paper and of its end: nobody is told that a file is still to come."""
    town, paper, _ = with_photo(lan, tmp_path)
    county, other = lan.laptop(COUNTY, "R4"), lan.laptop(TOWN, "R2")
    lan.drain(town, county)
    take(county, paper)
    county.sync()
    back = tmp_path / "back.bundle"
    given = give_bundle(lan.hub, other.device, back, lan.clock())
    assert (given.files, given.pictures, given.left, given.unknown) == (0, 0, 0, 0)
    bundle_in(other.session, back)
    assert gone_at(other, paper)


def test_a_photograph_that_was_added_anew_comes_by_stick(lan: Lan, tmp_path: Path) -> None:
    town, paper, file = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    take(county, paper)
    lan.drain(county, town)
    add_evidence(town.as_("officer"), town.boiler("O-2"), [("other", file)])
    carry(lan, town, tmp_path)
    assert lan.hub.blobs.size(paper.sha256) == paper.size


def test_it_cannot_be_undone(lan: Lan, tmp_path: Path) -> None:
    town, paper, _ = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    take(county, paper)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            undo(county.as_("clerk"))
        assert refused.value.code == "for_good"
        county.sync()
    undo(town.as_("officer"))  # the town has not heard of it, and takes its own last act back
    done = town.sync()
    assert done.rejected == 1
    assert gone_at(county, paper) and gone_at(town, paper)
    assert lan.hub.blobs.size(paper.sha256) is None


@pytest.mark.parametrize("who", ["officer", "inspector", "admin"])
def test_the_town_has_undo_and_nothing_else(lan: Lan, tmp_path: Path, who: str) -> None:
    town, paper, _ = with_photo(lan, tmp_path)
    with pytest.raises(NotAllowed):
        redact(town.as_(who), paper.uid, WHY)
    assert bytes_of(town, paper)


@pytest.mark.parametrize("reason", ["", "错了", "  错 误 "])
def test_a_reason_says_why(lan: Lan, tmp_path: Path, reason: str) -> None:
    town, paper, _ = with_photo(lan, tmp_path)
    town.sync()
    county = lan.laptop(COUNTY, "R4")
    with pytest.raises(Refused) as refused:
        redact(county.as_("clerk"), paper.uid, reason)
    assert refused.value.code == "reason"


def test_certificate_and_verifier_name_the_act(lan: Lan, tmp_path: Path) -> None:
    town, paper, _ = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    take(county, paper)
    lan.drain(county, town)
    out, log = tmp_path / "proof.json", tmp_path / "log.sqlite"
    assert prove(town.session, out).ok
    told = json.loads(out.read_text("utf-8"))
    mine = [item for item in told["superseded"] if item["uid"] == paper.uid and item["field"] == "sha256"]
    assert [told["acts"][item["by"]]["action"] for item in mine] == ["redact"]
    assert told["acts"][mine[0]["by"]]["reason"] == WHY
    export_log(lan.hub, log)
    verifier.main([str(log), str(out), "--key", lan.hub.key.hex()])


def test_a_restored_hub_hears_of_it_again(lan: Lan, tmp_path: Path) -> None:
    """The backup has the photograph and not the act; who had folded the act gives it back."""
    town, paper, _ = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    lan.drain(town, county)
    place = HubPlace(lan.folder / "hub")
    (tmp_path / "kept").mkdir()
    saved = backup.backup(place, tmp_path / "kept", lan.clock())
    take(county, paper)
    lan.drain(county, town)
    lan.hub.close()
    backup.restore(saved, place, lan.clock())
    lan.hub = Hub.open(place.folder)
    for one in lan.laptops:
        one.hub = lan.hub
    assert lan.hub.blobs.size(paper.sha256) == paper.size
    lan.drain(town, county)
    assert lan.hub.blobs.size(paper.sha256) is None
    assert gone_at(town, paper) and gone_at(county, paper)
    assert all(area.agrees for done in lan.drain(town, county) for area in done.areas.values())


def test_a_restored_hub_that_is_sent_the_paper_again_lets_it_go(lan: Lan, tmp_path: Path) -> None:
    """The paper comes a second time from its own laptop, which never heard the answer, and then its end."""
    town, paper, _ = with_photo(lan, tmp_path)
    county = lan.laptop(COUNTY, "R4")
    place = HubPlace(lan.folder / "hub")
    (tmp_path / "kept").mkdir()
    saved = backup.backup(place, tmp_path / "kept", lan.clock())
    town.cut, town.answers_lost = 0, True
    with pytest.raises(HubUnreachable):
        town.sync()
    town.cut = None
    county.sync()
    take(county, paper)
    county.sync()
    lan.hub.close()
    backup.restore(saved, place, lan.clock())
    lan.hub = Hub.open(place.folder)
    for one in lan.laptops:
        one.hub = lan.hub
    town.sync()
    assert town.session.workspace.get(Attachment, paper.uid) is not None
    lan.drain(town, county)
    assert lan.hub.blobs.size(paper.sha256) is None
    assert gone_at(town, paper)
