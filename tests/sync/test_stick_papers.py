"""Older photographs by stick: a laptop that began with a snapshot asks for them, answer by answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from app.actions.evidence import add_evidence, picture_of
from app.actions.session import Session
from app.actions.sticks import bring_next, bundle_in, bundle_out, papers_away, papers_words
from app.domain.entities.papers import Attachment
from app.errors import AppError
from app.hub import papers as hub_papers
from app.hub.sticks import Given, Taken, give_bundle, take_bundle
from app.store.snapshot import install_snapshot
from app.store.workspace import Workspace
from app.sync import stick_papers
from app.sync.bundle import write_bundle
from app.sync.messages import PapersWanted, StickStanding, decode_message
from app.sync.results import PapersDone, SyncDone
from app.sync.unpacking import Receiver, unpack_bundle
from builders import paper, photo
from sync.lan import COUNTY, TOWN, TOWN2, Lan, Laptop

OLD_KINDS = {"enrol", "batch", "blob", "block", "policy", "snapshot"}  # all that programs before this knew


def large(path: Path, edge: int) -> Path:
    """A photograph of some size: noise, which JPEG keeps."""
    photo(path)
    Image.effect_noise((edge, edge), 90).convert("RGB").save(path, "JPEG", quality=95)
    return path


def joined(lan: Lan, folder: Path) -> Laptop:
    """A laptop begun from the hub's snapshot, which goes home then and never sees a network again."""
    told, file = lan.join(TOWN, "R2"), folder / "village.gpkg"
    install_snapshot(Path(lan.hub.snapshot(TOWN)), file, told.facts)
    laptop = Laptop(Session(Workspace.open(file)), told.keys, lan.hub, lan.clock)
    lan.laptops.append(laptop)
    return laptop


def carry(lan: Lan, laptop: Laptop, folder: Path) -> tuple[Taken, Given, SyncDone]:
    """A stick there and back."""
    out, back = folder / "out.bundle", folder / "back.bundle"
    bundle_out(laptop.session, out)
    taken = take_bundle(lan.hub, out, lan.clock())
    given = give_bundle(lan.hub, laptop.device, back, lan.clock())
    return taken, given, bundle_in(laptop.session, back)


def handed_in(lan: Lan, folder: Path, *files: Path) -> list[str]:
    """Photographs that another laptop brought to the hub one after the other; their hashes."""
    other = lan.laptop(TOWN, "R2")
    boiler = other.enter("officer", "O-1")
    for file in files:
        lan.clock.forward(minutes=5)
        add_evidence(other.as_("officer"), boiler, [("photo_before", file)])
    other.sync()
    found = sorted(other.session.workspace.find(Attachment), key=lambda one: one.added_at)
    return [one.sha256 for one in found]


def for_hub(lan: Lan, laptop: Laptop) -> Receiver:
    """What opens a laptop's bundle at the hub."""
    key = lan.hub.device(laptop.device).sign_key
    return Receiver(lan.hub.identity, "to_hub", lan.hub.uid, "", lambda *_: key)


def new_folder(beside: Path, name: str) -> Path:
    """An empty folder to unpack into."""
    (beside / f"opened-{name}").mkdir()
    return beside / f"opened-{name}"


def test_older_photographs_come_stick_by_stick(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = (700, 650, 1000)
    made = [large(tmp_path / f"{edge}.jpg", edge) for edge in sizes]
    oldest, middle, newest = handed_in(lan, tmp_path, *made)
    laptop = joined(lan, tmp_path)
    monkeypatch.setattr(stick_papers, "MOST_BYTES", made[2].stat().st_size + 150_000)
    written = bundle_out(laptop.session, tmp_path / "out.bundle")
    assert written.lacking == 3
    taken, given, done = carry(lan, laptop, tmp_path)
    assert (taken.asked, given.files, given.pictures, given.left, given.unknown) == (3, 1, 3, 2, 0)
    assert (done.blobs_down, done.papers) == (1, PapersDone(pictures=3, lacking=2, left=2))
    assert done.papers is not None and "2" in papers_words(done.papers)
    assert laptop.session.workspace.attachment_path(newest).is_file(), "the latest comes first"
    for small in (middle, oldest):
        shown = picture_of(laptop.session, small)
        assert shown is not None
        with Image.open(shown) as picture:
            assert picture.width <= 320
    assert laptop.session.workspace.verify_attachment(newest)
    papers = {one.sha256: one for one in laptop.session.workspace.find(Attachment)}
    assert papers_away(laptop.session, papers.values()) == {
        papers[middle].uid: False,
        papers[oldest].uid: False,
    }
    bring_next(laptop.session, papers[oldest].uid)
    assert papers_away(laptop.session, papers.values()) == {
        papers[middle].uid: False,
        papers[oldest].uid: True,
    }
    monkeypatch.setattr(stick_papers, "MOST_BYTES", made[0].stat().st_size + 1_000)
    carry(lan, laptop, tmp_path)
    assert papers_away(laptop.session, papers.values()) == {papers[middle].uid: False}, "what was asked for"
    with pytest.raises(AppError):
        bring_next(laptop.session, "nobody's")
    _, given, done = carry(lan, laptop, tmp_path)
    assert (given.files, given.pictures, done.papers) == (1, 0, PapersDone())
    assert papers_words(PapersDone()) == ""
    assert done.agrees and laptop.sync().blobs_down == 0


def test_what_nobody_brought_and_what_is_too_much_for_the_stick_are_told(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, gone = handed_in(lan, tmp_path, photo(tmp_path / "前.jpg"), photo(tmp_path / "后.jpg", shade=1))
    (lan.folder / "hub" / "blobs" / "blobs" / gone[:2] / gone).unlink()
    laptop = joined(lan, tmp_path)
    monkeypatch.setattr("app.hub.sticks._free", lambda *_: 0)
    _, given, done = carry(lan, laptop, tmp_path)
    assert done.papers == PapersDone(lacking=2, left=1, unknown=1)
    assert "；" in papers_words(PapersDone(lacking=2, left=1, unknown=1)), "says what is not at the hub"
    monkeypatch.undo()
    assert carry(lan, laptop, tmp_path)[2].papers == PapersDone(1, lacking=1, unknown=1)
    assert given.files == 0 and laptop.session.workspace.attachment_path(here).is_file()


def test_a_laptop_gets_no_file_that_it_may_not_read(lan: Lan, tmp_path: Path) -> None:
    [name] = handed_in(lan, tmp_path, paper(tmp_path / "批复.pdf"))
    stranger, county = lan.laptop(TOWN2, "R2"), lan.laptop(COUNTY, "R4")
    asked = PapersWanted(files=[bytes.fromhex(name), b"short"], small=[], limit=1 << 30)
    for laptop, files in ((stranger, 0), (county, 1)):
        hub_papers.note_asked(lan.hub, laptop.device, asked)
        given = hub_papers.giving(lan.hub, laptop.device, (), lambda: 1 << 30)
        assert len([item for item in given.items() if item.kind == "blob"]) == files


def test_bundles_of_the_first_program_are_read(tmp_path: Path) -> None:
    """Recorded before a bundle said which papers are lacking."""
    folder = Path(__file__).parent / "recorded"
    told = json.loads((folder / "bundles-1.json").read_text())
    keys = {name: bytes.fromhex(told[name]) for name in ("device_key", "hub_key")}
    hub = Receiver(told["hub_identity"], "to_hub", told["hub"], "", lambda *_: keys["device_key"])
    found = unpack_bundle(folder / "to-hub-1.bundle", hub, new_folder(tmp_path, "hub"))
    assert [item.kind for item in found.items] == ["policy", "batch"]
    laptop = Receiver(
        told["device_identity"], "to_device", told["hub"], told["device"], lambda *_: keys["hub_key"]
    )
    found = unpack_bundle(folder / "to-device-1.bundle", laptop, new_folder(tmp_path, "laptop"))
    assert [item.kind for item in found.items] == ["block", "policy", "policy"]
    [standing] = [item.read() for item in found.items if item.name == "areas"]
    assert decode_message(StickStanding, standing).papers_left == 0


def test_a_laptop_back_on_an_older_program_gets_what_that_understands(lan: Lan, tmp_path: Path) -> None:
    laptop = joined(lan, tmp_path)
    bundle_out(laptop.session, tmp_path / "out.bundle")
    found = unpack_bundle(tmp_path / "out.bundle", for_hub(lan, laptop), new_folder(tmp_path, "out"))
    older = [item for item in found.items if item.name != "papers"]
    write_bundle(tmp_path / "old.bundle", found.head, [lan.hub.recipient], older, laptop.keys.sign_seed)
    assert handed_in(lan, tmp_path, photo(tmp_path / "前.jpg"))
    for bundle, pictures in (("out", 1), ("old", 0)):
        take_bundle(lan.hub, tmp_path / f"{bundle}.bundle", lan.clock())
        given = give_bundle(lan.hub, laptop.device, tmp_path / "back.bundle", lan.clock())
        assert (given.files, given.pictures) == (1, pictures)


def test_an_older_program_on_either_side_understands(lan: Lan, tmp_path: Path) -> None:
    """Nothing but a policy with a name of its own is new for the hub, and nothing for a laptop that has not
    asked: it gets each file that its entries name."""
    files = [photo(tmp_path / f"{number}.jpg", shade=number) for number in range(2)]
    town = lan.laptop(TOWN, "R2")
    handed_in(lan, tmp_path, *files)
    back, out = tmp_path / "back.bundle", tmp_path / "out.bundle"
    assert give_bundle(lan.hub, town.device, back, lan.clock()).files == 2

    def inside(path: Path, receiver: Receiver) -> list[tuple[str, str]]:
        found = unpack_bundle(path, receiver, new_folder(tmp_path, path.stem))
        return [(item.kind, item.name) for item in found.items]

    for_town = Receiver(town.keys.identity, "to_device", lan.hub.uid, town.device, lambda *_: lan.hub.key)
    told = inside(back, for_town)
    assert {kind for kind, _ in told} <= OLD_KINDS
    assert sorted(name for kind, name in told if kind == "policy") == ["", "areas"]
    bundle_out(town.session, out)
    told = inside(out, for_hub(lan, town))
    assert {kind for kind, _ in told} <= OLD_KINDS
    assert [name for kind, name in told if kind == "policy"] == ["held", "rejoin", "papers"]
