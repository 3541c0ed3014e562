"""A laptop whose PIN nobody knows goes on with new keys: all its work arrives, as the work of who did it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest

from actions.office import PIN
from app.actions.conflicts import open_conflicts, resolve
from app.actions.laptop import keys_of, keys_state
from app.actions.people import change_pin, pin_giver, reset_pin, sign_in, unlock_keys
from app.actions.session import Session
from app.actions.sticks import bundle_in, bundle_out
from app.errors import AppError
from app.hub.sticks import give_bundle, take_bundle
from app.store.workspace import Workspace
from app.sync.enrol import Asker, Joined, ask, facts_of_answer
from app.sync.enrol_again import again_of, go_on, join_anew_by_file
from app.sync.grants import Grants, pack_grants
from app.sync.identity import keystore
from app.sync.keys import DeviceKeys
from app.sync.signing import BATCH, pack_signed, signed, unpack_signed
from app.sync.wire import decode_batch, encode_batch
from sync.lan import COUNTY, TOWN, Lan, Laptop
from sync.test_enrol_in_process import invited

NEW = "135791"


@pytest.fixture
def locked(lan: Lan) -> Laptop:
    """A town's laptop with work that waits, its keys wrapped by the PIN of the inspector alone."""
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1", note="第一次")
    town.sync()
    town.edit("inspector", "T-1", note="还没发送")
    town.enter("inspector", "T-2", place=(106.7, 35.4))
    person = town.session.person()
    keystore(town.session.workspace, town.device).keep(town.keys, person.uid, PIN)
    lock(town)
    return town


def lock(town: Laptop) -> None:
    """The program is started again: nobody is signed in, the keys are not open."""
    path = town.session.workspace.path
    town.session.close()
    town.session = Session(Workspace.open(path), now=town.clock, reach=town._reach)


def reset(lan: Lan) -> None:
    """The administrator gives the inspector a new PIN at the office."""
    office = lan.laptops[0]
    reset_pin(office.as_("admin"), "inspector", NEW)
    office.sync()


def test_who_has_a_pin_of_somebody_else_is_told_until_it_is_their_own(lan: Lan) -> None:
    """On every laptop that hears of it, also on one that begins with a snapshot."""
    town = lan.laptop(TOWN, "R2")
    change_pin(town.as_("inspector"), PIN, "own-choice")
    lan.drain(town)
    assert pin_giver(town.as_("inspector")) == "" and pin_giver(town.as_("officer")) == "admin", (
        "who added them"
    )
    reset(lan)
    town.sync()
    other = lan.laptop(TOWN, "R2")
    for laptop in (town, other):
        assert pin_giver(laptop.as_("inspector")) == "admin"
    assert refused(lambda: change_pin(town.as_("inspector"), NEW, NEW)) == "same_pin"
    change_pin(town.as_("inspector"), NEW, "own-choice")
    lan.drain(town, other)
    for laptop in (town, other):
        assert pin_giver(laptop.as_("inspector")) == ""


def rejoin(lan: Lan, town: Laptop, role: str = "R2", area: str = TOWN) -> None:
    """What `join_anew` does, with the hub in this process."""
    workspace = town.session.workspace
    code = lan.hub.invite(area, role, 10, lan.clock()).secret + "0" * 10
    keys = DeviceKeys.make()
    answer = ask(lan, code, keys, 1, again_of(workspace))
    joined = Joined(facts_of_answer(answer, "http://127.0.0.1:1", "", lan.clock()), keys)
    town.keys = town.session.keys = go_on(workspace, joined).keys


def refused(call: object) -> str:
    with pytest.raises(AppError) as told:
        call()  # type: ignore[operator]
    return told.value.code


def test_a_forgotten_pin_loses_no_work(lan: Lan, locked: Laptop) -> None:
    founder, was = lan.laptops[0], locked.device
    reset(lan)
    assert refused(lambda: sign_in(locked.session, "inspector", NEW)) == "sign_in"  # it has not heard of it
    assert refused(locked.sync) == "keys_locked"
    waits = locked.replica.unsent()
    rejoin(lan, locked)
    assert (locked.replica.unsent(), locked.device != was) == (waits, True)
    done = locked.sync()  # nobody is signed in yet: the keys lie in a file until somebody locks them
    assert (lan.hub.device(locked.device).epoch, done.forked, done.restored) == (1, False, False)
    assert done.agrees and not done.unsent and (done.rejected, done.conflicts) == (0, 0)
    founder.sync()
    assert founder.boiler("T-1").note == "还没发送" and founder.boiler("T-2")
    inspector = founder.as_("inspector").person().uid
    acts = founder.session.workspace.history("boiler", founder.boiler("T-2").uid)
    assert {(one.person_uid, one.device) for one in acts} == {(inspector, was)}, "whose it was, and where"
    sign_in(locked.session, "inspector", NEW)
    store = keystore(locked.session.workspace, locked.device)
    assert store.where == "wrapped" and store.held(inspector, NEW).keys == locked.keys
    former = lan.hub.device(was)
    assert former.revoked_by == f"laptop:{locked.device}" and lan.hub.device(locked.device).former == was
    assert locked.session.keys is not None and locked.sync().agrees


def test_the_former_pin_opens_the_keys_once_more(lan: Lan, locked: Laptop) -> None:
    sign_in(locked.session, "inspector", PIN)
    reset(lan)
    locked.sync()  # the new PIN comes while the keys are open
    lock(locked)
    session = locked.session
    assert refused(lambda: sign_in(session, "inspector", PIN)) == "sign_in"
    person = sign_in(session, "inspector", NEW)
    assert keys_state(session) == "former" and refused(lambda: keys_of(session)) == "keys_locked"
    assert refused(lambda: unlock_keys(session, "000000", NEW)) == "wrong_pin"
    assert refused(lambda: unlock_keys(session, PIN, "000000")) == "sign_in"
    assert keys_state(session) == "former"
    unlock_keys(session, PIN, NEW)
    assert keys_state(session) == "open" and locked.sync().agrees
    lock(locked)
    sign_in(locked.session, "inspector", NEW)
    assert keys_of(locked.session) == locked.keys
    with pytest.raises(AppError):
        keystore(locked.session.workspace, locked.device).held(person.uid, PIN)


def test_who_never_opened_the_keys_has_no_former_pin(lan: Lan, locked: Laptop) -> None:
    sign_in(locked.session, "officer", PIN)
    assert keys_state(locked.session) == "locked"
    assert refused(lambda: unlock_keys(locked.session, PIN, PIN)) == "keys_locked"


def test_only_the_administrator_gives_a_new_pin(lan: Lan, locked: Laptop) -> None:
    office = lan.laptops[0]
    for login in ("officer", "clerk", "city"):
        assert refused(lambda login=login: reset_pin(office.as_(login), "inspector", NEW)) == "role"
    assert refused(lambda: reset_pin(office.as_("admin"), "nobody", NEW)) == "unknown"
    assert refused(lambda: reset_pin(office.as_("admin"), "inspector", "12345")) == "poor_pin"


def test_what_the_hub_had_taken_counts_once(lan: Lan, locked: Laptop, tmp_path: Path) -> None:
    """The answer was lost, and the same batch lies in a bundle that is read in afterwards, and in another."""
    sign_in(locked.session, "inspector", PIN)
    bundle_out(locked.session, tmp_path / "drawer.bundle")
    locked.cut, locked.answers_lost = 0, True
    with pytest.raises(AppError):
        locked.sync()
    locked.cut, locked.answers_lost = None, False
    lock(locked)
    reset(lan)
    rejoin(lan, locked)
    done = locked.sync()
    assert done.agrees and not done.unsent and (done.rejected, done.conflicts) == (0, 0)
    office = lan.laptops[0]
    take_bundle(lan.hub, tmp_path / "drawer.bundle", lan.clock())
    office.sync()
    late = [one for one in open_conflicts(office.as_("clerk")) if one.kind == "quarantine"]
    assert office.boiler("T-1").note == "还没发送" and not late


def test_a_bundle_of_the_former_keys_waits_for_a_person(lan: Lan, locked: Laptop, tmp_path: Path) -> None:
    sign_in(locked.session, "inspector", PIN)
    bundle_out(locked.session, tmp_path / "drawer.bundle")
    lock(locked)
    rejoin(lan, locked)
    states = [one.state for one in take_bundle(lan.hub, tmp_path / "drawer.bundle", lan.clock()).answers]
    assert states == ["quarantined"], "whoever has the former keys signs for nobody any more"
    assert locked.sync().agrees
    office = lan.laptops[0]
    office.sync()
    assert office.boiler("T-1").note == "还没发送"


def test_work_of_a_laptop_that_a_person_revoked_is_looked_at(lan: Lan, locked: Laptop) -> None:
    other = lan.laptop(COUNTY, "R4")
    lan.hub.revoke(locked.device, lan.clock(), "丢失", "city")
    rejoin(lan, locked)
    reset(lan)
    done = locked.sync()
    assert done.agrees and not done.unsent and done.rejected == 2
    assert locked.boiler("T-1").note == "第一次"
    sign_in(locked.session, "inspector", NEW)
    locked.edit("inspector", "T-1", note="找回以后")
    assert not locked.sync().rejected, "what is done from now on counts"
    other.sync()
    views = [one for one in open_conflicts(other.as_("clerk2")) if one.kind == "quarantine"]
    assert {one.offered.by for one in views} == {"inspector"} and len(views) == 2
    entered = next(one for one in views if "T-2" in one.record.title)
    resolve(other.as_("clerk2"), entered.uid, "offered", "电话核实")
    other.sync()
    assert other.boiler("T-2")


def test_a_code_that_does_not_fit_changes_nothing(lan: Lan, locked: Laptop) -> None:
    before = (locked.device, locked.replica.unsent(), locked.replica.private("keys.place"))
    assert refused(lambda: rejoin(lan, locked, "R1")) == "other_role"
    assert refused(lambda: rejoin(lan, locked, "R3", COUNTY)) == "other_area"
    made = lan.hub.invite(TOWN, "R2", 10, lan.clock()).secret + "0" * 10
    joined = lan.hub.device(locked.device)
    forged = pack_grants(Grants(lan.hub.uid, lan.laptops[0].device, 1, []), DeviceKeys.make().sign_seed)
    ours = again_of(locked.session.workspace)
    assert (
        refused(lambda: ask(lan, made, DeviceKeys.make(), 1, replace(ours, former=forged))) == "bad_signature"
    )
    ask(lan, made, DeviceKeys.make(), 1, Asker())
    assert refused(lambda: ask(lan, made, DeviceKeys.make(), 1, ours)) == "bad_code"
    assert lan.hub.device(locked.device) == joined and joined.revoked_at is None
    assert before == (locked.device, locked.replica.unsent(), locked.replica.private("keys.place"))
    sign_in(locked.session, "inspector", PIN)
    assert locked.sync().agrees


def test_new_keys_by_an_invitation_file(lan: Lan, locked: Laptop, tmp_path: Path) -> None:
    """The file itself, and its wrong code, are opened elsewhere: that takes seconds."""
    was, (told, code) = locked.device, invited(lan)
    reset(lan)
    elsewhere = msgspec.structs.replace(told, area=COUNTY)
    anew = partial(join_anew_by_file, locked.session.workspace, code=code, now=lan.clock)
    assert refused(lambda: anew(elsewhere)) == "other_area" and locked.device == was
    locked.session.keys = anew(told).keys
    assert locked.device != was
    written = bundle_out(locked.session, tmp_path / "out.bundle")
    assert [one.state for one in take_bundle(lan.hub, written.path, lan.clock()).answers] == ["taken"]
    give_bundle(lan.hub, locked.device, tmp_path / "back.bundle", lan.clock())
    told = bundle_in(locked.session, tmp_path / "back.bundle")
    assert told.agrees and not told.unsent
    sign_in(locked.session, "inspector", NEW)
    assert lan.hub.device(was).revoked_by == f"laptop:{locked.device}"
    lan.laptops[0].sync()
    assert lan.laptops[0].boiler("T-1").note == "还没发送"


def test_a_laptop_cannot_put_its_work_down_to_another(lan: Lan) -> None:
    town, office = lan.laptop(TOWN, "R2"), lan.laptops[0]
    town.enter("inspector", "T-1")
    sealed = town.replica.seal(100, lambda draft: _signed_for(town, draft, office.device))
    assert lan.hub.push(sealed.body, lan.clock()).state == "taken"
    office.sync()
    [entered] = office.session.workspace.history("boiler", office.boiler("T-1").uid)
    assert entered.device == town.device


def _signed_for(town: Laptop, draft: object, device: str) -> tuple[bytes, bytes]:
    """A batch as the laptop seals it, its acts put down to another laptop."""
    from app.sync.sending import Sealer

    body, _ = Sealer(town.replica, town.keys.sign_seed, 1, lambda: 0)._make(draft)  # type: ignore[arg-type]
    batch = decode_batch(unpack_signed(body).body)
    lying = replace(batch, acts=tuple(replace(act, device=device) for act in batch.acts))
    message = signed(BATCH, encode_batch(lying, short=True), town.device, town.keys.sign_seed)
    return pack_signed(message), message.sha256
