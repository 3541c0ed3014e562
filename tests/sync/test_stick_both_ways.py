"""The USB road: changes as a bundle, answered by a bundle, and every bundle that is not right is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.actions.sticks import bundle_in, bundle_out, verify_bundle
from app.errors import AppError
from app.hub.sticks import give_bundle, take_bundle
from sync.lan import TOWN, Lan, Laptop


def answer(lan: Lan, laptop: Laptop, path: Path) -> Path:
    give_bundle(lan.hub, laptop.device, path, lan.clock())
    return path


def test_a_stick_there_and_back(lan: Lan, tmp_path: Path) -> None:
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    other.enter("officer", "O-1")
    other.sync()
    town.enter("inspector", "T-1")
    town.edit("inspector", "T-1", note="核对")
    written = bundle_out(town.session, tmp_path / "out.bundle")
    assert (written.changes, written.verified) == (2, True)
    assert verify_bundle(written.path).ok
    assert town.replica.unsent() == 2, "what is on a stick is not at the hub yet"
    taken = take_bundle(lan.hub, written.path, lan.clock())
    assert [item.state for item in taken.answers] == ["taken"]
    done = bundle_in(town.session, answer(lan, town, tmp_path / "back.bundle"))
    assert (done.accepted, done.rejected, done.unsent) == (2, 0, 0)
    assert done.agrees and all(item.agrees for item in done.areas.values())
    assert town.boiler("O-1") is not None
    assert town.replica.pending().changes == 0
    other.sync()
    assert other.boiler("T-1").note == "核对"


def test_both_roads_at_once_count_once(lan: Lan, tmp_path: Path) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    written = bundle_out(town.session, tmp_path / "out.bundle")
    assert town.sync().unsent == 0
    again = take_bundle(lan.hub, written.path, lan.clock())
    assert [item.state for item in again.answers] == ["repeat"]
    back = answer(lan, town, tmp_path / "back.bundle")
    bundle_in(town.session, back)
    repeated = bundle_in(town.session, back)
    assert repeated.pulled == 0 and town.sync().agrees


def test_bundles_that_are_not_right_are_named(lan: Lan, tmp_path: Path) -> None:
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    other.enter("officer", "O-1")
    other.sync()
    good = answer(lan, town, tmp_path / "back.bundle").read_bytes()

    def refused(content: bytes, laptop: Laptop = town) -> str:
        path = tmp_path / "wrong.bundle"
        path.write_bytes(content)
        with pytest.raises(AppError) as found:
            bundle_in(laptop.session, path)
        assert found.value.hint
        return found.value.code

    middle = len(good) // 2
    assert refused(good[:-100]) == "cut"
    assert refused(good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]) == "altered"
    assert refused(good, other) == "not_for_me"
    assert refused(b"PK\x03\x04" + bytes(500)) == "not_a_bundle"
    assert not verify_bundle(tmp_path / "wrong.bundle").ok
    assert bundle_in(town.session, tmp_path / "back.bundle").agrees


def test_an_answer_before_this_one_is_missing(lan: Lan, tmp_path: Path) -> None:
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    other.enter("officer", "O-1")
    other.sync()
    first = answer(lan, town, tmp_path / "first.bundle")
    lan.hub.note_seen(town.device, {area: cursor.seq for area, cursor in other.replica.cursors().items()})
    other.enter("officer", "O-2")
    other.sync()
    second = answer(lan, town, tmp_path / "second.bundle")
    with pytest.raises(AppError) as found:
        bundle_in(town.session, second)
    assert found.value.code == "missing"
    bundle_in(town.session, first)
    assert bundle_in(town.session, second).agrees
    assert town.boiler("O-2") is not None


def test_an_old_answer_read_after_a_round_is_no_difference(lan: Lan, tmp_path: Path) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    town.sync()
    back = answer(lan, town, tmp_path / "back.bundle")
    lan.clock.forward(minutes=5)
    town.edit("inspector", "T-1", note="核对")
    town.sync()
    done = bundle_in(town.session, back)
    assert done.late and done.agrees and not done.is_level
    assert "之后" in done.message
    assert town.boiler("T-1").note == "核对"
    lan.clock.forward(minutes=5)
    newest = bundle_in(town.session, answer(lan, town, tmp_path / "newest.bundle"))
    assert not newest.late and newest.is_level
