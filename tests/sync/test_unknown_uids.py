"""A batch names records that the hub does not hold: by a stick nobody can ask for their whole names."""

from __future__ import annotations

from pathlib import Path

from app.actions.hubs import bundle_in as take_in
from app.actions.sticks import bundle_in, bundle_out
from app.cli.hub import told_of_bundle
from app.hub.place import HubPlace
from app.hub.sticks import give_bundle, take_bundle
from sync.lan import TOWN, Lan, Laptop
from sync.test_recovery_key import another_hub, make


def carried(lan: Lan, laptop: Laptop, file: Path) -> list[str]:
    """A bundle of a laptop taken in at the hub: what became of its batches."""
    return [
        item.state
        for item in take_bundle(lan.hub, bundle_out(laptop.session, file).path, lan.clock()).answers
    ]


def test_what_the_hub_had_refused_may_be_edited_before_its_answer_comes(lan: Lan, tmp_path: Path) -> None:
    """The second bundle was written before anybody knew that the record of the first is not at the hub."""
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("officer", "T-1")
    lan.drain(one)
    two.enter("officer2", "T-1", user_org="第二家", place=(106.71, 35.56))
    assert carried(lan, two, tmp_path / "1.bundle") == ["taken"]
    two.edit("officer2", "T-1", note="到现场看过")
    assert carried(lan, two, tmp_path / "2.bundle") == ["repeat", "taken"]
    back = tmp_path / "back.bundle"
    give_bundle(lan.hub, two.device, back, lan.clock())
    assert not bundle_in(two.session, back).unsent
    assert two.sync().agrees


def test_what_a_revoked_laptop_made_and_edited_later_waits_whole(lan: Lan, tmp_path: Path) -> None:
    one = lan.laptop(TOWN, "R2")
    lan.hub.revoke(one.device, lan.clock(), "丢失")
    one.enter("officer", "T-2", note="新登记")
    assert carried(lan, one, tmp_path / "1.bundle") == ["quarantined"]
    one.edit("officer", "T-2", note="又看过")
    assert carried(lan, one, tmp_path / "2.bundle") == ["quarantined", "quarantined"]
    assert "又看过" in str([item.offered for item in lan.hub.conflicts()])


def test_what_a_lost_hub_alone_knew_is_said_and_the_rest_waits(lan: Lan, tmp_path: Path) -> None:
    key, town, bundle = make(lan, tmp_path / "key.txt"), lan.laptop(TOWN, "R2"), tmp_path / "2.bundle"
    town.enter("officer", "T-1")
    lan.drain(town, lan.laptops[0])
    town.enter("officer", "T-9", place=(106.71, 35.56))
    town.sync()  # the workspace from which a hub will be begun does not hear of it
    town.edit("officer", "T-9", note="新中心不认识")
    bundle_out(town.session, tmp_path / "1.bundle")
    town.edit("officer", "T-1", note="新中心认识")
    bundle_out(town.session, bundle)
    for source, states in ((lan.laptops[0], ["full_uids", "quarantined"]), (town, ["quarantined"] * 2)):
        folder = tmp_path / source.device
        new = another_hub(lan, source, folder)
        document = take_in(HubPlace(folder / "hub"), bundle, key)
        said = " ".join(told_of_bundle(document))
        assert document["states"] == states and ("hub init --from" in said) == ("full_uids" in states)
        offered = str([item.offered for item in new.hub.conflicts()])
        assert "新中心认识" in offered and ("新中心不认识" in offered) == (source is town)
        new.close()
