"""Joining a hub: by a code, by an invitation file without a network, with the work a workspace had before."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from pyrage import x25519

from actions.office import PIN
from app.actions.enrolling import enrol_from_file
from app.actions.session import Session
from app.actions.sticks import bundle_in, bundle_out
from app.bootstrap import create_workspace
from app.errors import AppError
from app.hub import backup as copies
from app.hub.hub import Hub
from app.hub.place import HubPlace
from app.hub.sticks import give_bundle, take_bundle
from app.i18n import in_language
from app.store.proven import mark_path
from app.store.workspace import Workspace
from app.sync import enrol as joining
from app.sync.enrol_again import ask_again
from app.sync.invitation import Invitation, make_code, parse_code, write_invitation
from app.sync.state import ENROL_REQUEST
from sync.direct import Direct
from sync.lan import CITY, COUNTY, TOWN, Lan, Laptop


def test_a_new_laptop_begins_with_the_snapshot(lan: Lan, tmp_path: Path) -> None:
    county = lan.laptop(COUNTY, "R3")
    county.enter("clerk", "T-1", div_code=TOWN)
    county.sync()
    joined = lan.join(TOWN, "R2")
    line = Direct(lan.hub, joined.facts.device, lan.clock)
    joining.new_workspace(tmp_path / "new.gpkg", joined, lambda *_: None, line)
    town = Laptop(Session(Workspace.open(tmp_path / "new.gpkg")), joined.keys, lan.hub, lan.clock)
    lan.laptops.append(town)
    assert town.boiler("T-1") is not None
    assert town.session.workspace.device == joined.facts.device
    county.edit("clerk", "T-1", note="后来")
    county.sync()
    done = town.sync()
    assert done.agrees and town.boiler("T-1").note == "后来"
    mark = mark_path(tmp_path / "new.gpkg")  # up to where its journal was looked at
    assert list(tmp_path.glob(".*")) == [mark], "nothing else is left beside it"


def test_a_workspace_brings_its_work_along(lan: Lan) -> None:
    """A copy of the founder's file that went on by itself: what the hub has is not counted twice."""
    founder = lan.laptops[0]
    copy = lan.folder / "copy" / "copy.gpkg"
    copy.parent.mkdir()
    session = create_workspace(copy, CITY, "other", PIN, now=lan.clock)
    session.close()
    laptop = lan.laptop(CITY, "R0", copy)
    assert laptop.replica.unsent() == 0
    assert laptop.sync().agrees
    assert founder.sync().agrees


def _recipient(lan: Lan) -> str:
    return str(x25519.Identity.from_str(lan.hub.identity).to_public())


def invitation(lan: Lan, path: Path, snapshot: Path | None = None, url: str = "") -> str:
    facts, code = invited(lan)
    facts = msgspec.structs.replace(facts, url=url)
    write_invitation(path, facts, parse_code(code), snapshot)
    return code


def invited(lan: Lan) -> tuple[Invitation, str]:
    """What an invitation file for a town holds, and its code."""
    made = lan.hub.invite(TOWN, "R2", 600, lan.clock())
    facts = Invitation(
        hub=lan.hub.uid, url="", fingerprint="", hub_key=lan.hub.key, hub_recipient=_recipient(lan),
        area=TOWN, root=CITY, role="R2", expires="2026-12-01T00:00:00.000Z",
    )  # fmt: skip
    return facts, str(make_code(made.secret, ""))


@pytest.mark.parametrize("with_snapshot", [True, False])
def test_joining_without_a_network(lan: Lan, tmp_path: Path, with_snapshot: bool) -> None:
    file, paper = tmp_path / "village.gpkg", tmp_path / "join.invitation"
    code = invitation(lan, paper, Path(lan.hub.snapshot(TOWN)) if with_snapshot else None)
    with pytest.raises(AppError) as wrong:
        enrol_from_file(None, file, paper, "00000-00000-00000-00000")
    assert wrong.value.code == "wrong_code" and not file.exists()
    done = enrol_from_file(None, file, paper, code)
    assert done.waits and done.area == TOWN
    session = Session(Workspace.open(file), now=lan.clock)
    from app.actions.laptop import keys_of

    laptop = Laptop(session, keys_of(session), lan.hub, lan.clock)
    lan.laptops.append(laptop)
    if with_snapshot:
        laptop.enter("inspector", "V-1")
    take_bundle(lan.hub, bundle_out(session, tmp_path / "out.bundle").path, lan.clock())
    give_bundle(lan.hub, done.device, tmp_path / "back.bundle", lan.clock())
    assert bundle_in(session, tmp_path / "back.bundle").agrees
    laptop.enter("inspector", "V-2")
    shutil.copy(bundle_out(session, tmp_path / "out2.bundle").path, tmp_path / "copied.bundle")
    assert [item.state for item in take_bundle(lan.hub, tmp_path / "copied.bundle", lan.clock()).answers] == [
        "taken"
    ]
    assert laptop.sync().agrees


def test_a_request_is_handed_in_where_there_is_a_network(lan: Lan, tmp_path: Path) -> None:
    paper = tmp_path / "join.invitation"
    code = invitation(lan, paper, Path(lan.hub.snapshot(TOWN)))
    enrol_from_file(None, tmp_path / "village.gpkg", paper, code)
    session = Session(Workspace.open(tmp_path / "village.gpkg"), now=lan.clock)
    from app.actions.laptop import keys_of

    laptop = Laptop(session, keys_of(session), lan.hub, lan.clock)
    lan.laptops.append(laptop)
    laptop.enter("inspector", "V-1")
    done = laptop.sync()
    assert done.agrees and done.accepted == 1


def test_nobody_brings_a_file_in_which_they_could_not_sign_in_any_more(lan: Lan, tmp_path: Path) -> None:
    """Their PIN may be the only one that opens its keys; the code is not used up."""
    made = lan.hub.invite(TOWN, "R2", 10, lan.clock())
    keys = joining.DeviceKeys.make()
    with pytest.raises(AppError) as told:
        joining.ask(lan, made.secret, keys, 1, joining.Asker(role="R0"))
    assert told.value.code == "other_role" and "乡镇环保专干" in told.value.message
    words = told.value.template, told.value.values
    assert "up to Township officer" in in_language("en", words[0], **words[1]), "as the hub tells a laptop"
    assert joining.ask(lan, made.secret, keys, 1, joining.Asker(role="R1")).role_cap == "R2"


def test_nor_by_an_invitation_file(lan: Lan, tmp_path: Path) -> None:
    file, paper = tmp_path / "own.gpkg", tmp_path / "join.invitation"
    code = invitation(lan, paper)
    session = create_workspace(file, COUNTY, "boss", PIN, now=lan.clock)
    with pytest.raises(AppError) as told:
        enrol_from_file(session, file, paper, code)
    assert told.value.code == "other_role" and not session.workspace.replica.enrolled
    session.close()


def _known_no_more(lan: Lan, folder: Path) -> Laptop:
    """A town's laptop that was enrolled, and worked, after the backup that the hub was restored from."""
    place = HubPlace(lan.hub.folder)
    saved = copies.backup(place, folder, lan.clock())
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1", note="丢失的一段")
    town.sync()
    town.edit("inspector", "T-1", note="还没发送")
    lan.hub.close()
    copies.restore(saved, place, lan.clock())
    lan.hub = Hub.open(place.folder)
    for laptop in lan.laptops:
        laptop.hub = lan.hub
    return town


def test_a_laptop_that_a_restored_hub_does_not_know_joins_again_with_its_file(
    lan: Lan, tmp_path: Path
) -> None:
    town = _known_no_more(lan, tmp_path / "backups")
    founder = lan.laptops[0]
    with pytest.raises(AppError) as unknown:
        town.sync()
    assert unknown.value.code == "unknown_device"
    wrong = lan.hub.invite(COUNTY, "R3", 10, lan.clock()).secret + "0" * 10
    with pytest.raises(AppError) as other:
        ask_again(lan, town.session.workspace, wrong, town.keys)
    assert other.value.code == "other_area"
    code = lan.hub.invite(TOWN, "R2", 10, lan.clock()).secret + "0" * 10
    assert ask_again(lan, town.session.workspace, code, town.keys).device == town.device
    done = town.sync()
    assert done.restored and done.given_back and done.agrees and not done.unsent
    founder.sync()
    assert founder.boiler("T-1").note == "还没发送"


def test_a_laptop_the_hub_knows_no_more_joins_again_by_stick(lan: Lan, tmp_path: Path) -> None:
    town = _known_no_more(lan, tmp_path / "backups")
    founder, paper = lan.laptops[0], tmp_path / "join.invitation"
    code = invitation(lan, paper)
    done = enrol_from_file(town.session, town.session.workspace.path, paper, code)
    assert done.again and done.waits and done.device == town.device
    for turn in range(4):
        written = bundle_out(town.session, tmp_path / f"{turn}.bundle")
        take_bundle(lan.hub, written.path, lan.clock())
        back = tmp_path / f"{turn}.back.bundle"
        give_bundle(lan.hub, town.device, back, lan.clock())
        told = bundle_in(town.session, back)
    assert told.agrees and not told.unsent
    founder.sync()
    assert founder.boiler("T-1").note == "还没发送"


def test_a_laptop_that_the_hub_knows_hands_nothing_in(lan: Lan, tmp_path: Path) -> None:
    """It was given an invitation file again, to know where the hub is now: each of its rounds was refused."""
    town, paper = lan.laptop(TOWN, "R2"), tmp_path / "join.invitation"
    code = invitation(lan, paper, url="https://10.1.2.3:8443")
    enrol_from_file(town.session, town.session.workspace.path, paper, code)
    assert town.replica.facts().url == "https://10.1.2.3:8443"
    town.enter("inspector", "T-1")
    assert town.sync().accepted == 1
    assert town.replica.private(ENROL_REQUEST) is None
