"""Bundles at a real hub and a real laptop that somebody made, renamed, mixed or meant for another one: each
is named, and nothing of it is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.actions.sticks import bundle_in, bundle_out
from app.domain.changes import new_uid
from app.errors import AppError
from app.hub.sticks import give_bundle, take_bundle
from app.sync.bundle import BundleHead, Item, write_bundle
from app.sync.enrol import enrol_request
from app.sync.keys import DeviceKeys, device_uid
from app.sync.messages import encode_message
from sync.lan import TOWN, Lan, Laptop


def refused(call: Callable[..., Any], *given: Any) -> str:
    with pytest.raises(AppError) as found:
        call(*given)
    assert found.value.message
    return found.value.code


def head(lan: Lan, device: str, to: Any = "to_hub") -> BundleHead:
    return BundleHead(to, new_uid(), lan.hub.uid, device, "2026-11-23T10:00:00.000Z")


def batch_of(laptop: Laptop, file: Path) -> Item:
    """What waits on a laptop, sealed."""
    bundle_out(laptop.session, file)
    return Item("batch", "", laptop.replica.sealed()[-1].body)


@pytest.fixture
def pair(lan: Lan) -> tuple[Laptop, Laptop]:
    """Two laptops of a town; each has an edit that waits."""
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("officer", "T-1")
    lan.drain(one, two)
    one.edit("officer", "T-1", note="一号的")
    two.edit("officer2", "T-1", contact="二号的")
    return one, two


def standing(lan: Lan) -> Any:
    """All that a bundle could change at the hub."""
    files = sorted(file.name for file in (lan.folder / "hub").rglob("*") if len(file.name) == 64)
    known = [(item.device, item.epoch, item.revoked_at) for item in lan.hub.devices()]
    return lan.hub.status().areas, known, len(lan.hub.quarantine()), files


def test_a_bundle_for_the_hub_that_its_laptop_did_not_write(
    lan: Lan, pair: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    one, two = pair
    batch, before, key, file = (
        batch_of(one, tmp_path / "one"),
        standing(lan),
        lan.hub.recipient,
        tmp_path / "x.bundle",
    )
    stranger = DeviceKeys.make()
    asker = device_uid(stranger.sign_public)
    photo = Item("blob", "0" * 64, b"")
    request = encode_message(enrol_request("AAAAA-AAAAA-00000-00000", stranger, 1))
    cases: list[tuple[str, list[Item], bytes, str]] = [
        (one.device, [batch], two.keys.sign_seed, "foreign"),  # another one's name in the head
        (one.device, [batch], stranger.sign_seed, "foreign"),
        ("no-such-laptop", [batch], stranger.sign_seed, "foreign"),
        (asker, [batch], stranger.sign_seed, "foreign"),
        # Whoever has no good code may sign and ask, and is not taken in.
        (asker, [Item("enrol", "", request)], stranger.sign_seed, "bad_code"),
        (one.device, [Item("enrol", "", request), batch], stranger.sign_seed, "foreign"),
        (two.device, [batch], two.keys.sign_seed, "foreign_batch"),  # things of two bundles in one
        (two.device, [photo], two.keys.sign_seed, "altered"),
    ]  # fmt: skip
    for device, items, seed, code in cases:
        write_bundle(file, head(lan, device), [key], items, seed)
        assert refused(take_bundle, lan.hub, file, lan.clock()) == code, (device, code)
        assert standing(lan) == before, code
    assert [item.state for item in take_bundle(lan.hub, tmp_path / "one", lan.clock()).answers] == ["taken"]


def test_of_a_bundle_with_one_bad_thing_in_it_nothing_is_taken(
    lan: Lan, pair: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    """A laptop that signs what it likes: the good batch before the bad one is not taken either."""
    one, two = pair
    batch, other, before = batch_of(one, tmp_path / "one"), batch_of(two, tmp_path / "two"), standing(lan)
    flipped = batch.read()[:-1] + bytes([batch.read()[-1] ^ 1])
    rest = {"batch": [other.read(), b"junk", b"", flipped], "policy": [b"junk"], "block": [b"junk"]}
    file, mine = tmp_path / "x", one.keys.sign_seed
    for kind, bodies in rest.items():
        for body in bodies:
            bad = Item(kind, "rejoin" if kind == "policy" else "", body)  # type: ignore[arg-type]
            write_bundle(file, head(lan, one.device), [lan.hub.recipient], [batch, bad], mine)
            code = refused(take_bundle, lan.hub, file, lan.clock())
            assert code in ("foreign_batch", "bad_message", "bad_signature"), code
            assert standing(lan) == before, (kind, body[:9])


def test_an_answer_that_is_not_this_laptops(lan: Lan, pair: tuple[Laptop, Laptop], tmp_path: Path) -> None:
    one, two = pair
    lan.laptops[0].sync()
    answer, file = tmp_path / "two.bundle", tmp_path / "x.bundle"
    give_bundle(lan.hub, two.device, answer, lan.clock())
    before = one.replica.cursors(), one.boiler("T-1")
    assert refused(bundle_in, one.session, answer) == "not_for_me"
    mine, grants = one.keys.recipient, Item("policy", "", lan.hub.policy(two.device, lan.clock()))
    cases = [
        (two.device, lan.hub.sign_seed, "not_for_me"), (one.device, two.keys.sign_seed, "foreign"),
        (one.device, one.keys.sign_seed, "foreign"), (one.device, DeviceKeys.make().sign_seed, "foreign"),
    ]  # fmt: skip
    for device, seed, code in cases:
        write_bundle(file, head(lan, device, "to_device"), [mine], [grants], seed)
        assert refused(bundle_in, one.session, file) == code, (device, code)
    write_bundle(file, head(lan, one.device, "to_hub"), [mine], [grants], one.keys.sign_seed)
    assert refused(bundle_in, one.session, file) == "not_for_me"
    other = msgspec.structs.replace(head(lan, one.device, "to_device"), hub="another-hub")
    write_bundle(file, other, [mine], [grants], lan.hub.sign_seed)
    assert refused(bundle_in, one.session, file) == "foreign"
    assert (one.replica.cursors(), one.boiler("T-1")) == before and one.replica.unsent() == 1
    assert one.sync().agrees


def test_a_file_of_another_kind_under_the_name_of_a_bundle(
    lan: Lan, pair: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    from app.actions.hubs import invite
    from app.hub.place import HubPlace

    one, _ = pair
    invitation = tmp_path / "invitation.gwi"
    invite(HubPlace(lan.folder / "hub"), TOWN, "R2", out=invitation)
    bundle_out(one.session, tmp_path / "for-the-hub.bundle")
    give_bundle(lan.hub, one.device, tmp_path / "for-one.bundle", lan.clock())
    before, kinds = standing(lan), [invitation, one.session.workspace.path, lan.hub.snapshot(one.device)]
    for number, source in enumerate(kinds):
        renamed = tmp_path / f"{number}.bundle"
        renamed.write_bytes(source.read_bytes())
        for call in (lambda f: take_bundle(lan.hub, f, lan.clock()), lambda f: bundle_in(one.session, f)):
            assert refused(call, renamed) == "not_a_bundle", source.name
    assert refused(take_bundle, lan.hub, tmp_path / "for-one.bundle", lan.clock()) == "not_for_me"
    assert refused(bundle_in, one.session, tmp_path / "for-the-hub.bundle") == "not_for_me"
    assert standing(lan) == before
