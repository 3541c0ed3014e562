"""What a laptop says of its disk reaches the bureau: when it joins, with each round, and by stick."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.actions.sticks import bundle_out
from app.actions.syncing import disk_words, sync_status
from app.hub.devices import known_disk
from app.hub.programs import DISK_COLUMN, Programs
from app.hub.sticks import take_bundle
from app.hub.views import device_lines
from app.sync import state
from app.sync.enrol import SCHEMA, Asker, enrol_request
from app.sync.keys import DeviceKeys
from app.sync.messages import EnrolRequest, Held, decode_message, encode_message
from app.sync.state import held_grants
from sync.lan import TOWN, Lan


def disk_at_hub(lan: Lan, device: str) -> str | None:
    found = {line.uid: line.document() for line in device_lines(lan.hub)}
    told: str | None = found[device]["disk"]
    return told


@pytest.mark.parametrize("disk", ["encrypted", "open", "unknown"])
def test_it_goes_with_the_round_and_stands_on_the_laptop_in_words(
    lan: Lan, monkeypatch: pytest.MonkeyPatch, disk: str
) -> None:
    monkeypatch.setattr(state, "disk_state", lambda folder: disk)
    town = lan.laptop(TOWN, "R2")
    held = held_grants(town.session.workspace)
    assert held.disk == disk and held.made
    assert sync_status(town.session).disk == disk
    assert disk_words(disk) and disk_words("") == ""


def test_by_stick(lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = lan.laptop(TOWN, "R2")
    for disk in ("open", "encrypted"):
        monkeypatch.setattr(state, "disk_state", lambda folder, told=disk: told)
        out = bundle_out(town.session, tmp_path / f"{disk}.bundle").path
        take_bundle(lan.hub, out, lan.clock())
        assert disk_at_hub(lan, town.device) == disk


def test_when_it_joins(lan: Lan) -> None:
    code = lan.hub.invite(TOWN, "R2", 10, lan.clock()).secret + "0" * 10
    made = lan.hub.enrol(enrol_request(code, DeviceKeys.make(), SCHEMA, Asker(disk="open")), lan.clock())
    assert disk_at_hub(lan, made.device) == "open"


def test_what_is_no_word_of_ours_is_not_kept(lan: Lan) -> None:
    code = lan.hub.invite(TOWN, "R2", 10, lan.clock()).secret + "0" * 10
    made = lan.hub.enrol(enrol_request(code, DeviceKeys.make(), SCHEMA, Asker(disk="<b>" * 99)), lan.clock())
    assert disk_at_hub(lan, made.device) is None
    assert [known_disk(told) for told in ("open", "OPEN", "", "\0")] == ["open", "", "", ""]


def test_an_older_laptop_says_nothing_and_what_was_said_stays(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    Programs(lan.hub.database).note(town.device, DISK_COLUMN, "open")
    old = msgspec.msgpack.encode({"made": 1, "people": b""})
    assert decode_message(Held, old).disk == ""
    town.sync()
    assert disk_at_hub(lan, town.device) == "open"
    asked = encode_message(enrol_request("0" * 20, DeviceKeys.make(), SCHEMA))
    before = {name: value for name, value in msgspec.msgpack.decode(asked).items() if name != "disk"}
    assert decode_message(EnrolRequest, msgspec.msgpack.encode(before)).disk == ""
