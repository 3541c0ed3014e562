"""The recovery key: bundles are read by it when the hub and its keys are gone, and only a hub sets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.actions.conflicts import open_conflicts, resolve
from app.actions.evidence import add_evidence
from app.actions.hubrules import make_recovery_key
from app.actions.sticks import bundle_in, bundle_out, look_into, read_recovery_key
from app.errors import AppError, StoreFailure
from app.hub.hub import Hub
from app.hub.opening import opened
from app.hub.place import HubPlace
from app.hub.sticks import Recovered, give_bundle, take_bundle
from app.store.workspace import Workspace
from app.sync.bundle_volume import BundleProblem
from app.sync.grants import Grants, pack_grants
from app.sync.keys import DeviceKeys
from app.sync.recovery import RecoveryKey, make_key
from app.sync.state import RECOVERY, keep_grants
from builders import photo
from sync.lan import CITY, COUNTY, FILE, TOWN, Lan, Laptop

PASSPHRASE = "korrekte pferde heften batterien"


def make(lan: Lan, out: Path, **how: Any) -> RecoveryKey:
    """A recovery key made at the hub, read from where it was written."""
    make_recovery_key(HubPlace(lan.folder / "hub"), out, **how)
    return read_recovery_key(out, lambda: how.get("passphrase", ""))


def code_of(call: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(AppError) as refused:
        call(*given, **named)
    assert refused.value.message
    return refused.value.code


def another_hub(lan: Lan, source: Laptop, folder: Path) -> Lan:
    """A new hub, begun from a workspace of the lost one, with a laptop of its county."""
    from app.actions.hubs import init_hub

    init_hub(HubPlace(folder / "hub"), CITY, source=source.session.workspace.path)
    return Lan(Hub.open(folder / "hub"), lan.clock, folder)


def written(lan: Lan, tmp_path: Path) -> tuple[Path, Laptop]:
    """A bundle with an edit, a new boiler and its photograph, of a laptop that had synced."""
    town = lan.laptop(TOWN, "R2")
    town.enter("officer", "T-1")
    lan.drain(town, lan.laptops[0])
    town.edit("officer", "T-1", note="最后的核对")
    fresh = town.enter("officer", "T-2", place=(106.70, 35.55))
    add_evidence(town.as_("officer"), fresh, [("photo_before", photo(tmp_path / "a.jpg"))])
    return bundle_out(town.session, tmp_path / "out.bundle").path, town


def test_a_bundle_is_read_when_the_hub_and_its_key_are_gone(lan: Lan, tmp_path: Path) -> None:
    key = make(lan, tmp_path / "safe" / "key.txt")
    bundle, _ = written(lan, tmp_path)
    with opened(HubPlace(lan.folder / "hub")) as hub:
        hub_key = RecoveryKey(hub.identity, hub.recipient)
    for reader in (key, hub_key):
        inside = look_into(bundle, reader)
        assert (inside.batches, inside.files) == (1, 1) and inside.changes >= 3
        assert inside.first <= inside.last
    with pytest.raises(BundleProblem) as refused:
        look_into(bundle, make_key())
    assert refused.value.code == "not_for_me"


def test_a_new_hub_lays_it_before_people_and_nothing_counts_before(lan: Lan, tmp_path: Path) -> None:
    key = make(lan, tmp_path / "key.txt")
    bundle, lost = written(lan, tmp_path)
    new = another_hub(lan, lan.laptops[0], tmp_path / "new")
    county = new.laptop(COUNTY, "R4")
    assert code_of(take_bundle, new.hub, bundle, lan.clock()) == "foreign"
    how = Recovered(key.identity, "shell:root", "中心丢失")
    taken = take_bundle(new.hub, bundle, lan.clock(), how)
    assert [item.state for item in taken.answers] == ["quarantined"]
    assert (taken.device, taken.lost_hub, taken.blobs) == (lost.device, lan.hub.uid, 1)
    again = take_bundle(new.hub, bundle, lan.clock(), how)
    assert [item.state for item in again.answers] == ["quarantined"]
    county.sync()
    assert county.boiler("T-1").note != "最后的核对", "nothing counts yet"
    waiting = open_conflicts(county.as_("clerk"))
    assert sorted(view.record.entity for view in waiting) == ["attachment", "boiler", "boiler"], "once each"
    for entity in ("boiler", "attachment"):  # a paper after its record
        for view in [item for item in waiting if item.record.entity == entity]:
            resolve(county.as_("clerk"), view.uid, "offered", "电话核实")
    assert county.sync().agrees
    assert county.boiler("T-1").note == "最后的核对" and county.boiler("T-2").user_org
    facts = {item.device: item for item in new.hub.devices()}[lost.device]
    assert facts.revoked_at and facts.revoked_why == "中心丢失"
    new.close()


def test_what_stands_in_for_a_lost_laptop_opens_no_door(lan: Lan, tmp_path: Path) -> None:
    key = make(lan, tmp_path / "key.txt")
    bundle, lost = written(lan, tmp_path)
    new = another_hub(lan, lan.laptops[0], tmp_path / "new")
    take_bundle(new.hub, bundle, lan.clock(), Recovered(key.identity, "shell:root", "中心丢失"))
    batch = lost.replica.sealed()[-1].body
    assert code_of(new.hub.push, batch, lan.clock()) == "bad_signature", "its key is not known"
    assert code_of(give_bundle, new.hub, lost.device, tmp_path / "x", lan.clock()) == "revoked"
    new.close()


def test_at_its_own_hub_the_recovery_key_proves_the_writer_as_always(lan: Lan, tmp_path: Path) -> None:
    key = make(lan, tmp_path / "key.txt")
    bundle, town = written(lan, tmp_path)
    how = Recovered(key.identity, "shell:root", "")
    assert [item.state for item in take_bundle(lan.hub, bundle, lan.clock(), how).answers] == ["taken"]
    town.keys = town.session.keys = DeviceKeys.make()  # somebody else writes in its name
    town.enter("officer", "T-9", place=(106.71, 35.52))
    forged = bundle_out(town.session, tmp_path / "forged.bundle").path
    assert code_of(take_bundle, lan.hub, forged, lan.clock(), how) == "foreign"


def test_another_key_counts_from_the_next_policy(lan: Lan, tmp_path: Path) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("officer", "T-1")
    before = bundle_out(town.session, tmp_path / "before.bundle").path
    first = make(lan, tmp_path / "first.txt")
    assert code_of(look_into, before, first) == "not_for_me", "written when there was none"
    still = bundle_out(town.session, tmp_path / "still.bundle").path
    assert code_of(look_into, still, first) == "not_for_me", "it has not heard of it"
    back = tmp_path / "back.bundle"
    give_bundle(lan.hub, town.device, back, lan.clock())
    bundle_in(town.session, back)
    assert look_into(bundle_out(town.session, tmp_path / "1.bundle").path, first).changes == 1
    assert code_of(make, lan, tmp_path / "second.txt") == "exists"
    assert not (tmp_path / "second.txt").exists()
    second = make(lan, tmp_path / "second.txt", replace=True)
    town.sync()
    town.enter("officer", "T-2", place=(106.70, 35.55))
    after = bundle_out(town.session, tmp_path / "2.bundle").path
    assert look_into(after, second).changes == 1
    assert code_of(look_into, after, first) == "not_for_me"


def test_a_policy_that_the_hub_did_not_sign_sets_none(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    workspace, made = town.session.workspace, int(lan.clock().timestamp() * 1000) + 1000
    mine = Grants(lan.hub.uid, town.device, made, [], b"", "", make_key().recipient)
    for seed in (DeviceKeys.make().sign_seed, town.keys.sign_seed):
        with pytest.raises(AppError):
            keep_grants(workspace, pack_grants(mine, seed))
    assert not town.replica.private(RECOVERY)


def test_an_old_policy_does_not_bring_a_former_key_back(lan: Lan, tmp_path: Path) -> None:
    town = lan.laptop(TOWN, "R2")
    make(lan, tmp_path / "first.txt")
    lan.clock.forward(minutes=1)
    old = lan.hub.policy(town.device, lan.clock())
    second = make(lan, tmp_path / "second.txt", replace=True)
    lan.clock.forward(minutes=1)
    town.sync()
    keep_grants(town.session.workspace, old)
    assert town.replica.private(RECOVERY) == second.recipient.encode()


def test_who_joins_by_file_writes_the_first_bundle_for_it_too(lan: Lan, tmp_path: Path) -> None:
    from app.actions.enrolling import enrol_from_file
    from app.actions.hubs import invite
    from app.actions.session import Session

    key = make(lan, tmp_path / "key.txt")
    place, stick = HubPlace(lan.folder / "hub"), tmp_path / "invitation.gwi"
    told = invite(place, TOWN, "R2", out=stick)
    file = tmp_path / "joined" / FILE
    file.parent.mkdir()
    enrol_from_file(None, file, stick, told["code"])
    session = Session(Workspace.open(file))
    try:
        assert look_into(bundle_out(session, tmp_path / "hello.bundle").path, key).batches == 0
    finally:
        session.close()


def test_the_private_half_is_given_once_and_not_kept(lan: Lan, tmp_path: Path) -> None:
    place = HubPlace(lan.folder / "hub")
    shown = make_recovery_key(place, None)
    secret = next(line for line in shown["key"].splitlines() if line.startswith("AGE-SECRET-KEY-1"))
    (tmp_path / "typed.txt").write_text(f"  {secret.lower()}\r\n", "utf-8")  # from paper
    assert read_recovery_key(tmp_path / "typed.txt", str).recipient == shown["recipient"]
    lan.hub.close()
    for file in (lan.folder / "hub").rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file
    assert lan.hub.status().recovery.recipient == shown["recipient"]
    assert code_of(make_recovery_key, place, lan.folder / "hub" / "key.txt", replace=True) == "at_hub"


def test_locked_by_a_passphrase(lan: Lan, tmp_path: Path) -> None:
    assert code_of(make, lan, tmp_path / "a.txt", passphrase="short") == "poor_passphrase"
    key = make(lan, tmp_path / "key.txt", passphrase=PASSPHRASE)
    assert b"AGE-SECRET-KEY" not in (tmp_path / "key.txt").read_bytes()
    assert (tmp_path / "key.txt").stat().st_mode & 0o77 == 0
    assert key.recipient == lan.hub.status().recovery.recipient
    assert code_of(read_recovery_key, tmp_path / "key.txt", lambda: "something else") == "wrong_passphrase"


@pytest.mark.parametrize("text", ["", "AGE-SECRET-KEY-1QQQ", "AGE-SECRET-KEY-1" + "Q" * 58, "\0" * 200])
def test_what_is_no_key_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "key.txt").write_text(text, "utf-8")
    assert code_of(read_recovery_key, tmp_path / "key.txt", str) == "bad_recovery_key"
    assert code_of(read_recovery_key, tmp_path / "none.txt", str) == "bad_recovery_key"


def test_a_key_that_cannot_be_written_is_not_set(lan: Lan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailure):
        make(lan, tmp_path / "file" / "key.txt")
    assert lan.hub.status().recovery.recipient == ""
