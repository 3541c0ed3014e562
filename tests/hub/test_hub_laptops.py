"""Laptops at the hub: invitations, enrolment, revocation and quarantine, founding, snapshots, sticks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entities.people import Person
from app.errors import Invalid, NotAllowed, Refused, StoreFailure
from app.hub import snapshots, sticks
from app.hub.hub import Hub
from app.hub.reached import Reached
from app.hub.views import late_open
from app.store.replica_facts import ReplicaFacts
from app.store.snapshot import SnapshotRow, install_snapshot
from app.store.workspace import Workspace
from app.sync import signing
from app.sync.bundle import BundleHead, Item, write_bundle
from app.sync.grants import read_grants
from app.sync.messages import EnrolRequest, RejoinRequest
from app.sync.signing import HEAD_START
from hub.office_hub import CITY, COUNTY, NOON, PEOPLE, TOWN, TOWN2, HubBench, Laptop, person


def request(code: str, seed: bytes = b"s" * 32) -> EnrolRequest:
    key, recipient = signing.public_key(seed), str(pyrage.x25519.Identity.generate().to_public())
    bare = EnrolRequest(code=code, sign_key=key, recipient=recipient, schema=1, program="t", signature=b"")
    mark = signing.sign(signing.ENROL, bare.claim, seed)
    return EnrolRequest(code=code, sign_key=key, recipient=recipient, schema=1, program="t", signature=mark)


def test_a_code_is_good_once_and_for_a_while(bench: HubBench) -> None:
    made = bench.hub.invite(TOWN, "R2", 10, NOON)
    typed = f"{made.secret[:5].lower()}-{made.secret[5:]}-00000-00000"
    with pytest.raises(NotAllowed):
        bench.hub.enrol(request(typed), NOON + timedelta(minutes=11))
    told = bench.hub.enrol(request(typed), NOON)
    assert (told.area, told.role_cap, told.root, told.founding) == (TOWN, "R2", CITY, False)
    assert bench.hub.enrol(request(typed), NOON).device == told.device  # the answer was lost
    for code, seed in ((typed, b"t" * 32), ("00000-00000-00000-00000", b"t" * 32)):
        with pytest.raises(NotAllowed) as refused:
            bench.hub.enrol(request(code, seed), NOON)
        assert refused.value.code == "bad_code"
    with pytest.raises(Invalid):
        bench.hub.invite(TOWN, "R9", 10, NOON)
    forged = request(bench.hub.invite(TOWN, "R2", 10, NOON).secret)
    with pytest.raises(Invalid):
        bench.hub.enrol(EnrolRequest(code=forged.code, sign_key=signing.public_key(b"x" * 32), recipient="a",
                                     schema=1, program="t", signature=forged.signature), NOON)  # fmt: skip


def test_a_laptop_that_is_enrolled_is_told_so_and_the_code_stays_good(bench: HubBench) -> None:
    first, second = (bench.hub.invite(TOWN, "R2", 10, NOON).secret for _ in range(2))
    bench.hub.enrol(request(first), NOON)
    with pytest.raises(Refused) as refused:
        bench.hub.enrol(request(second), NOON)
    assert refused.value.code == "known_device"
    assert bench.hub.enrol(request(second, b"t" * 32), NOON).area == TOWN


def test_an_attachment_is_given_to_laptops_that_read_a_record_naming_it(bench: HubBench) -> None:
    town, other, county = bench.laptop(), bench.laptop(TOWN2), bench.laptop(COUNTY, "R4")
    owner = town.enter("officer")
    paper = town.paper(owner, "other", "officer")
    assert not bench.hub.names_blob(town.uid, paper.sha256)  # nobody has said so yet
    town.act("officer", "attach")
    town.insert(paper)
    assert town.push().accepted == 2
    given = [bench.hub.names_blob(one.uid, paper.sha256) for one in (town, other, county)]
    assert given == [True, False, True]


def test_the_paper_of_a_revoked_laptop_is_given_to_those_who_decide(bench: HubBench) -> None:
    town, other, county = bench.laptop(), bench.laptop(TOWN2), bench.laptop(COUNTY, "R5")
    bench.hub.revoke(town.uid, bench.clock.now, "丢失")
    owner = town.enter("officer")
    paper = town.paper(owner, "other", "officer")
    town.act("officer", "attach")
    town.insert(paper)
    assert town.push().state == "quarantined"
    given = [bench.hub.names_blob(one.uid, paper.sha256) for one in (other, county)]
    assert given == [False, True], "the paper waits where its record does, which the hub does not have either"
    county.pull()
    county.act("clerk", "resolve", "不采用")
    [late] = [item for item in bench.hub.conflicts() if item.owner == paper.uid]
    county.write("conflict", late.uid, "u", {"situation": "settled", "taken": "kept"})
    assert county.push().accepted == 1
    assert not bench.hub.names_blob(county.uid, paper.sha256)


def test_a_revoked_laptops_work_waits_for_a_person(bench: HubBench) -> None:
    laptop, other = bench.laptop(), bench.laptop(COUNTY, "R5")
    made = laptop.enter("officer")
    assert laptop.push().accepted == 1
    bench.hub.revoke(laptop.uid, bench.clock.now, "丢失")
    laptop.edit("officer", made.uid, note="诚实的工作")
    fresh = laptop.enter("officer")
    assert laptop.push().state == "quarantined"
    with pytest.raises(NotAllowed):
        laptop.pull()
    assert bench.boiler(made.uid) == made and bench.boiler(fresh.uid) is None
    raised = {item.owner: item for item in bench.hub.conflicts()}
    assert {item.kind for item in raised.values()} == {"quarantine"} and set(raised) == {made.uid, fresh.uid}
    assert json.loads(raised[made.uid].offered) == {"note": "诚实的工作"}
    assert late_open(bench.hub.conflicts()) == 2
    waiting = bench.hub.quarantine()
    told = [(item.device, item.changes, item.reason, item.people) for item in waiting]
    assert told == [(laptop.uid, 2, "丢失", ("officer",))]
    other.pull()
    act = other.act("clerk", "resolve", "与本人核实")
    other.write("boiler", made.uid, "u", {"note": "诚实的工作"})
    other.write("conflict", raised[made.uid].uid, "u", {"situation": "settled", "taken": "offered"})
    assert other.push().accepted == 2
    found = bench.boiler(made.uid)
    assert found is not None and found.note == "诚实的工作" and act.reason
    assert late_open(bench.hub.conflicts()) == 1
    other.act("clerk", "resolve", "不采用")
    other.write("conflict", raised[fresh.uid].uid, "u", {"situation": "settled", "taken": "kept"})
    assert other.push().accepted == 1
    assert late_open(bench.hub.conflicts()) == 0 and bench.hub.quarantine() == waiting  # kept, but done with
    bench.check()


def test_the_first_laptop_founds_a_hub_without_persons(bare_place: tuple[Path, str | None]) -> None:
    hub = Hub.init(*bare_place, CITY, [], None, now=NOON)
    bench = HubBench(hub)
    try:
        first = bench.laptop(CITY, "R0")
        assert hub.device(first.uid).founding
        first.act("root", "user_add")
        for name in ("root", "officer", "city"):
            first.insert(person(name))
        old = first.enter("officer", status="cleared", cleared_on="2024-01-01")  # history, not judged again
        first.edit("officer", old.uid, round_no=2)
        assert first.push().accepted == 5
        second = bench.laptop(TOWN, "R2")
        assert not hub.device(second.uid).founding
        first.enter("officer")
        assert first.push().accepted == 1  # its outbox was not empty yet
        first.pull()
        assert not hub.device(first.uid).founding
        first.edit("officer", old.uid, status="suspect")
        assert first.push().rejected == 1
        bench.check()
    finally:
        hub.close()


def test_there_is_one_hub_at_a_place(place: tuple[Path, str | None], bench: HubBench) -> None:
    with pytest.raises(Refused):
        Hub.init(*place, CITY, [], None, now=NOON)
    with pytest.raises(StoreFailure):
        Hub.open(place[0].parent / "nowhere")


def test_grants_are_for_those_the_laptop_serves(bench: HubBench) -> None:
    laptop = bench.laptop(TOWN, "R3")
    found = read_grants(bench.hub.policy(laptop.uid, NOON), bench.hub.key)
    names = {item.person for item in found.grants}
    assert names == {person(name).uid for name in ("inspector", "officer", "officer2", "clerk", "clerk2")}
    assert found.live(person("officer").uid, int((NOON + timedelta(days=29)).timestamp() * 1000)) is not None
    assert found.live(person("officer").uid, int((NOON + timedelta(days=31)).timestamp() * 1000)) is None


def test_laptops_and_their_lag_are_in_the_books(bench: HubBench) -> None:
    one, two = bench.laptop(), bench.laptop()
    one.pull()
    two.enter("officer")
    two.push()
    lag = {item.device: item.lag for item in bench.hub.devices()}
    assert lag[one.uid] == 1
    status = bench.hub.status()
    assert (status.devices, status.people, status.founded) == (2, len(PEOPLE), True)
    assert len(bench.hub.people()) == len(PEOPLE)


def test_who_comes_again_soon_is_noted_a_moment_later(bench: HubBench) -> None:
    def lag() -> int:
        return next(item.lag for item in bench.hub.devices() if item.device == one.uid)

    one, two = bench.laptop(), bench.laptop()
    one.pull()
    two.enter("officer")
    two.push()
    found = bench.hub.device(one.uid)
    other = Reached(bench.hub.database)  # another process, which hears of it twice before
    for _ in range(2):
        other.hear(found, json.loads(found.delivered or "{}"), {}, found.last_sync or 0)
    one.pull()
    assert lag() == 1, "a write for each sync would cost too much"
    bench.hub.note_rest()
    assert lag() == 0
    other.note_rest()
    assert lag() == 0, "what was heard later is not taken back"


def test_when_a_laptop_came_is_told_by_the_hubs_clock_once_that_is_right(bench: HubBench) -> None:
    """A laptop that came while it ran ahead was never silent again."""
    one, now = bench.laptop(), bench.clock.now
    for moment in (now + timedelta(days=18000), now):
        bench.hub.pull(one.uid, {}, 1 << 20, moment)
        bench.hub.note_rest()
    assert bench.hub.device(one.uid).last_sync == int(now.timestamp() * 1000)


def test_a_new_laptop_starts_from_a_snapshot(bench: HubBench, tmp_path: Path) -> None:
    one = bench.laptop()
    made = one.enter("officer")
    paper = one.paper(made, "other", "officer")
    one.act("officer", "add_evidence")
    one.insert(paper)
    one.push()
    told: list[tuple[int, int]] = []
    file = bench.hub.snapshot(one.uid, lambda *so_far: told.append(so_far))
    assert told[0][0] == 0 and told[-1][0] == told[-1][1] > 1, "every record is counted"
    assert bench.hub.snapshot(TOWN) == file  # ready already
    facts = ReplicaFacts(
        hub=bench.hub.uid, url="", fingerprint="", hub_key=bench.hub.key, hub_recipient="", device=one.uid,
        epoch=1, area=TOWN, root=CITY, role_cap="R2",
    )  # fmt: skip
    install_snapshot(file, tmp_path / "new.gpkg", facts)
    with Workspace.open(tmp_path / "new.gpkg") as workspace:
        found = workspace.get(Boiler, made.uid)
        assert found is not None and found.replace(revision=0) == made
        assert {item.login for item in workspace.find(Person)} >= {"officer", "clerk", "city"}
        areas = bench.hub.status().areas
        for code, cursor in workspace.replica.cursors().items():
            assert (cursor.seq, cursor.head, cursor.digest) == areas[code]
            assert workspace.replica.recount().get(code, 0) == areas[code][2]


def test_a_code_that_was_typed_in_wide_letters_is_known(bench: HubBench) -> None:
    secret = bench.hub.invite(TOWN, "R2", 10, NOON).secret
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in secret)
    assert bench.hub.enrol(request(f"{wide[:5]}－{wide[5:]}－００００００００００"), NOON).area == TOWN


def test_asking_up_to_where_both_agree_waits_for_nobody_who_writes(bench: HubBench) -> None:
    laptop = bench.laptop()
    laptop.enter("officer")
    laptop.push()
    seq, head, _ = bench.hub.status().areas[TOWN]
    with bench.hub.database.writing():
        told = bench.hub.rejoin(laptop.uid, RejoinRequest(ends={TOWN: [(seq, head[:8])]}))
    assert (told.common, told.epoch) == ({TOWN: seq}, laptop.epoch)
    assert bench.hub.rejoin(laptop.uid, RejoinRequest(ends={}, epoch=7, renumber=True)).epoch == 8


def test_laptops_that_join_at_the_same_moment_each_get_a_whole_snapshot(
    bench: HubBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find none that is ready, and make one; one begins while the other is in the middle."""
    one = bench.laptop()
    made = one.enter("officer")
    one.push()
    inside, rows = threading.Barrier(2, timeout=60), snapshots.Snapshots._rows

    def together(*given: Any) -> Iterator[SnapshotRow]:
        inside.wait()
        yield from rows(*given)
        inside.wait()

    monkeypatch.setattr(snapshots.Snapshots, "_rows", together)
    with ThreadPoolExecutor(2) as laptops:
        asked = [laptops.submit(bench.hub.snapshot, one.uid) for _ in range(2)]
        files = {found.result() for found in asked}
    facts = ReplicaFacts(
        hub=bench.hub.uid, url="", fingerprint="", hub_key=bench.hub.key, hub_recipient="", device=one.uid,
        epoch=1, area=TOWN, root=CITY, role_cap="R2",
    )  # fmt: skip
    [file] = files
    install_snapshot(file, tmp_path / "new.gpkg", facts)
    with Workspace.open(tmp_path / "new.gpkg") as workspace:
        assert workspace.get(Boiler, made.uid) is not None
    assert {path.name.removeprefix(file.name) for path in file.parent.iterdir()} == {"", ".json"}


def test_a_ready_snapshot_that_is_half_told_of_is_made_anew(bench: HubBench) -> None:
    file = bench.hub.snapshot(TOWN)
    beside = file.with_name(f"{file.name}.json")
    for told in ("", "[]", '{"620802105": [1]}'):
        beside.write_text(told)
        assert bench.hub.snapshot(TOWN) == file
        assert beside.read_text() != told


def test_the_usb_road(bench: HubBench, tmp_path: Path) -> None:
    laptop = bench.laptop()
    identity = pyrage.x25519.Identity.generate()
    _with_identity(bench, laptop, str(identity.to_public()))
    made = laptop.enter("officer")
    content = b"a photograph"
    import hashlib

    name = hashlib.sha256(content).hexdigest()
    items = [Item("blob", name, content), Item("batch", "", laptop.batch())]
    head = BundleHead("to_hub", new_uid(), bench.hub.uid, laptop.uid, "2026-11-23T04:00:00.000Z")
    path = tmp_path / "to-hub.bundle"
    write_bundle(path, head, [bench.hub._keys.recipient], items, laptop.seed)
    taken = sticks.take_bundle(bench.hub, path, bench.clock.now)
    assert [answer.state for answer in taken.answers] == ["taken"] and taken.blobs == 1
    assert sticks.take_bundle(bench.hub, path, bench.clock.now).answers[0].state == "repeat"
    assert bench.boiler(made.uid) == made and bench.hub.blobs.size(name) == len(content)
    back = sticks.give_bundle(bench.hub, laptop.uid, tmp_path / "back.bundle", bench.clock.now)
    assert back.written.frames > 3
    with pytest.raises(Invalid):
        sticks.take_bundle(bench.hub, tmp_path / "back.bundle", bench.clock.now)


def _with_identity(bench: HubBench, laptop: Laptop, recipient: str) -> None:
    from app.hub import devices

    with bench.hub.database.writing() as connection:
        devices.change(connection, laptop.uid, recipient=recipient)
    assert laptop.previous == HEAD_START
