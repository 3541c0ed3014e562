"""Evidence files never hold up what was written: not slow ones, not damaged ones, on no road."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.actions.evidence import add_evidence, evidence_of
from app.actions.sticks import bundle_in, bundle_out
from app.actions.syncing import sync_status
from app.errors import HubUnreachable
from app.hub.sticks import give_bundle, take_bundle
from app.store.attachments import digest
from builders import photo
from sync import doings
from sync.direct import Direct
from sync.lan import COUNTY, TOWN, Lan, Laptop
from sync.planted import there
from sync.world import World


def with_photos(lan: Lan, tmp_path: Path, *names: str) -> Laptop:
    """A town's laptop with a boiler that has these photographs; nothing has been sent yet."""
    laptop = lan.laptop(TOWN, "R2")
    boiler = laptop.enter("officer", "O-1")
    for shade, name in enumerate(names):
        add_evidence(laptop.session, boiler, [("site_photo", photo(tmp_path / name, shade=shade))])
    return laptop


def kept_file(laptop: Laptop, name: str) -> Path:
    """Where a photograph of the boiler is kept."""
    (item,) = [
        paper for paper in evidence_of(laptop.session, laptop.boiler("O-1")) if paper.file_name == name
    ]
    return laptop.session.workspace.attachment_path(item.sha256)


def damage(file: Path, *, shorter: bool) -> None:
    """What a power cut or a bad disk leaves: other bytes of the same length, or fewer."""
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(bytes(content[:-1]) if shorter else bytes(content))


@pytest.mark.parametrize("shorter", [False, True])
def test_a_damaged_photograph_does_not_hold_up_the_round(lan: Lan, tmp_path: Path, shorter: bool) -> None:
    laptop = with_photos(lan, tmp_path, "good.jpg", "bad.jpg")
    damage(kept_file(laptop, "bad.jpg"), shorter=shorter)
    done = laptop.sync()
    assert (done.pushed, done.accepted, done.unsent, done.blobs_up) == (3, 3, 0, 1)
    assert done.damaged == ("bad.jpg",)
    status = sync_status(laptop.session)
    assert (status.state, status.unsent, status.files_unsent, status.damaged) == ("safe", 0, 0, ("bad.jpg",))
    other = lan.laptop(COUNTY, "R3")
    other.sync()
    assert other.boiler("O-1").user_org == laptop.boiler("O-1").user_org
    # Added again from the camera, it goes with the next round, and nothing is said of it any more.
    add_evidence(laptop.session, laptop.boiler("O-1"), [("site_photo", tmp_path / "bad.jpg")])
    done = laptop.sync()
    assert (done.blobs_up, done.damaged, sync_status(laptop.session).damaged) == (1, (), ())


def test_a_damaged_photograph_does_not_spoil_a_bundle(lan: Lan, tmp_path: Path) -> None:
    laptop = with_photos(lan, tmp_path, "good.jpg", "bad.jpg")
    damage(kept_file(laptop, "bad.jpg"), shorter=False)
    out, back = tmp_path / "out.bundle", tmp_path / "back.bundle"
    done = bundle_out(laptop.session, out)
    assert (done.changes, done.blobs, done.damaged) == (3, 1, ("bad.jpg",))
    take_bundle(lan.hub, out, lan.clock())
    give_bundle(lan.hub, laptop.device, back, lan.clock())
    assert bundle_in(laptop.session, back).unsent == 0


def test_files_that_a_restored_hub_still_has_are_not_counted_as_sent(lan: Lan, tmp_path: Path) -> None:
    laptop = with_photos(lan, tmp_path, "there.jpg", "lost.jpg")
    file = kept_file(laptop, "there.jpg")
    lan.hub.blobs.put(file.parent.name + file.name, file.read_bytes())
    assert laptop.sync().blobs_up == 1
    assert laptop.replica.unsent_blobs() == []


class NoStore(Direct):
    """A hub whose store of files does not answer."""

    def send_blob(self, *_: Any) -> None:
        raise HubUnreachable("the store")


def test_files_that_a_hub_lost_come_again_from_whoever_has_them(lan: Lan, tmp_path: Path) -> None:
    """Its log was whole, its attachments came from an older backup, and somebody said so."""
    laptop = with_photos(lan, tmp_path, "one.jpg", "two.jpg")
    laptop.sync()
    names = [digest(kept_file(laptop, name)) for name in ("one.jpg", "two.jpg")]
    lan.hub.blobs.drop(names[0])
    laptop.sync()
    assert lan.hub.blobs.size(names[0]) is None, "nobody asks for each file in each round"
    lan.hub.note_restored(lan.clock())
    laptop.edit("officer", "O-1", note="the next thing to send")
    done = laptop.sync()
    assert (done.restored, done.blobs_up, done.agrees) == (True, 1, True)
    assert all(lan.hub.blobs.size(name) for name in names)


def test_what_was_written_does_not_wait_for_photographs(lan: Lan, tmp_path: Path) -> None:
    laptop = with_photos(lan, tmp_path, "one.jpg", "two.jpg")
    reach = laptop.session.reach
    laptop.session.reach = lambda facts, keys: NoStore(lan.hub, facts.device, lan.clock)
    with pytest.raises(HubUnreachable):
        laptop.sync()
    other = lan.laptop(COUNTY, "R3")
    other.sync()
    assert other.boiler("O-1").ledger_no == "O-1"
    status = sync_status(laptop.session)
    assert (status.state, status.unsent, status.files_unsent) == ("offline", 0, 2), (
        "it does not say: all sent"
    )
    laptop.session.reach = reach
    assert laptop.sync().blobs_up == 2
    status = sync_status(laptop.session)
    assert (status.state, status.files_unsent) == ("safe", 0)


def test_the_papers_of_a_clearing_go_before_it_and_others_after(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = world.laptops["city"]
    done: list[str] = []
    for name in ("push", "send_blob"):
        does = getattr(Direct, name)

        def told(*given: Any, name: str = name, does: Any = does) -> Any:
            done.append(given[1][:6] if name == "send_blob" else name)
            return does(*given)

        monkeypatch.setattr(Direct, name, told)
    papers = {}
    for number in ("A-notice", "A-entered"):
        session = city.as_("clerk")
        _, path = paper = doings.file(city, "other")
        add_evidence(session, there(city, number), [paper])
        papers[number] = digest(path)[:6]
    assert doings.step(city, "leader", there(city, "A-notice"), "clear")
    city.round()
    assert done == [papers["A-notice"], "push", papers["A-entered"]]
    assert there(city, "A-notice").status == "cleared"
