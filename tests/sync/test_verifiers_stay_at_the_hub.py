"""PIN verifiers lie only where their person may sign in: in no log, no record, on no other laptop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete, select, update

from actions.office import PIN
from app.actions.hubs import init_hub
from app.actions.people import add_user, change_pin, disable_user, find_person, sign_in
from app.actions.session import Session
from app.domain.digest import MODULUS, cell_hash
from app.domain.entities.people import Person, is_at_hub
from app.errors import NotAllowed
from app.hub.book import AREAS, FACTS
from app.hub.database import HubDatabase
from app.hub.hub import Hub
from app.hub.place import HubPlace
from app.store.workspace import Workspace
from app.sync.wire import decode_block
from sync.lan import COUNTY, TOWN, Lan, Laptop

NEW_PIN = "975310"


def verifiers_on(lan: Lan, laptop: Laptop) -> set[str]:
    """Whose verifier lies anywhere in a laptop's file."""
    people = {item.uid: item.login for item in lan.laptops[0].session.workspace.find(Person)}
    laptop.session.workspace.close()
    path = laptop.session.workspace.path
    raw = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    laptop.reopen()
    kept = _kept_at_hub(laptop.hub)
    return {people[uid] for uid, verifier in kept if verifier.encode() in raw}


def _kept_at_hub(hub: Hub) -> list[tuple[str, str]]:
    from app.hub import verifiers

    with hub.database.reading() as connection:
        return [(uid, verifier) for (uid, _), verifier in verifiers.kept(connection).items()]


def test_a_town_laptop_has_the_verifiers_of_its_own_people_only(lan: Lan) -> None:
    city = find_person(lan.laptops[0].session, "city")
    admin = lan.laptops[0].as_("admin")
    add_user(admin, "officer9", role="R2", org="柳湖镇政府", area=TOWN, pin=NEW_PIN)
    add_user(admin, "boss", role="R6", org="市局", area="620800", pin="86420864")
    lan.laptops[0].sync()
    town = lan.laptop(TOWN, "R2")
    assert city is not None and all(is_at_hub(item.verifier) for item in town.session.workspace.find(Person))
    found = verifiers_on(lan, town)
    assert "officer9" in found and found.isdisjoint({"boss", "admin"})
    assert sign_in(town.session, "officer9", NEW_PIN).role == "R2"
    with pytest.raises(NotAllowed) as refused:
        sign_in(town.session, "boss", "86420864")
    assert refused.value.code == "device_role"


def test_no_log_and_no_snapshot_holds_a_verifier(lan: Lan, tmp_path: Path) -> None:
    founder = lan.laptops[0]
    add_user(founder.as_("admin"), "newcomer", role="R3", org="崆峒分局", area=COUNTY, pin=NEW_PIN)
    founder.sync()
    kept = [verifier for _, verifier in _kept_at_hub(lan.hub)]
    assert kept
    for area in lan.hub.status().areas:
        for block in lan.hub.log(area):
            told = repr(decode_block(block.body))
            assert "$argon2" not in told
    assert founder.sync().agrees


def test_a_changed_pin_reaches_the_other_laptop_and_the_old_one_ends(lan: Lan) -> None:
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    sign_in(town.session, "inspector", PIN)
    change_pin(town.session, PIN, NEW_PIN)
    assert sign_in(town.session, "inspector", NEW_PIN).role == "R1"  # before the hub has heard of it
    assert sign_in(other.session, "inspector", PIN).role == "R1"
    assert town.sync().agrees and other.sync().agrees
    for laptop in (town, other):
        assert sign_in(laptop.session, "inspector", NEW_PIN).role == "R1"
        with pytest.raises(NotAllowed) as old:
            sign_in(laptop.session, "inspector", PIN)
        assert old.value.code == "sign_in"


def test_who_may_no_longer_sign_in_leaves_no_verifier_behind(lan: Lan) -> None:
    founder, town = lan.laptops[0], lan.laptop(TOWN, "R2")
    add_user(founder.as_("admin"), "officer9", role="R2", org="柳湖镇政府", area=TOWN, pin=NEW_PIN)
    lan.drain(founder, town)
    assert "officer9" in verifiers_on(lan, town)
    disable_user(founder.as_("admin"), "officer9")
    lan.drain(founder, town)
    assert "officer9" not in verifiers_on(lan, town)


def test_a_new_hub_from_a_laptops_file_knows_pins_and_who_edited(lan: Lan, tmp_path: Path) -> None:
    """The bureau that outgrew its first hub: whoever entered a record may still not approve it."""
    founder = lan.laptops[0]
    founder.enter("clerk", "T-1")
    founder.sync()
    file, boiler = founder.session.workspace.path, founder.boiler("T-1")
    clerk = find_person(founder.session, "clerk")
    assert clerk is not None and is_at_hub(clerk.verifier)
    founder.session.close()
    init_hub(HubPlace(tmp_path / "new"), "620800", source=file)
    hub = Hub.open(tmp_path / "new")
    with hub.database.reading() as connection:
        told = connection.exec_driver_sql(
            "SELECT h_editors FROM boiler WHERE uid = ?", (boiler.uid,)
        ).scalar()
    kept = dict(_kept_at_hub(hub))
    assert json.loads(told) == {clerk.uid: 1}
    assert PasswordHasher().verify(kept[clerk.uid], PIN)
    assert all(is_at_hub(item.verifier) for item in hub.people())
    hub.close()
    founder.session = Session(Workspace.open(file))


def test_a_hub_of_an_earlier_version_takes_the_verifiers_out_of_every_laptop(lan: Lan) -> None:
    """As it was: verifiers in the records, no table for them, nothing noted."""
    town = lan.laptop(TOWN, "R2")
    with lan.hub.database.writing() as connection:
        known = dict(_kept_at_hub(lan.hub))
        connection.execute(update(FACTS).where(FACTS.c.name == "schema").values(value=b"1"))
        for name in ("hub_verifier", "hub_passphrase", "hub_try"):
            connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql("ALTER TABLE hub_device DROP COLUMN revoked_by")
        connection.exec_driver_sql("ALTER TABLE hub_device DROP COLUMN former")
        connection.exec_driver_sql("ALTER TABLE hub_device DROP COLUMN program")
        connection.exec_driver_sql("ALTER TABLE hub_device DROP COLUMN disk")
        connection.exec_driver_sql("ALTER TABLE hub_device DROP COLUMN journal")
        connection.exec_driver_sql("ALTER TABLE hub_act DROP COLUMN batch")
        connection.execute(delete(FACTS).where(FACTS.c.name == "verifiers_kept"))
    folder = lan.hub.folder
    lan.hub.close()
    _put_back(folder, known)
    lan.hub = Hub.open(folder)
    for laptop in lan.laptops:
        laptop.hub = lan.hub
        laptop.sync()
    assert dict(_kept_at_hub(lan.hub)).items() >= known.items()
    assert lan.hub.recount() == {code: digest for code, (_, _, digest) in lan.hub.status().areas.items()}
    assert all(is_at_hub(item.verifier) for item in town.session.workspace.find(Person))
    assert sign_in(town.session, "inspector", PIN).role == "R1"
    assert lan.hub.revoke(town.device, lan.clock(), "lost", "shell:root").revoked_by == "shell:root"


def _put_back(folder: Path, known: dict[str, str]) -> None:
    """Write the verifiers into the hub's rows as the earlier version had them, with their digests."""
    database = HubDatabase(folder, None)
    with database.writing() as connection:
        for uid, verifier in known.items():
            query = "SELECT h_area, verifier FROM person WHERE uid = ?"
            area, mark = connection.exec_driver_sql(query, (uid,)).one()
            connection.exec_driver_sql("UPDATE person SET verifier = ? WHERE uid = ?", (verifier, uid))
            now, then = (cell_hash("person", uid, "verifier", value) for value in (verifier, mark))
            found = connection.execute(select(AREAS.c.digest).where(AREAS.c.code == area)).scalar_one()
            digest = f"{(int(found, 16) + now - then) % MODULUS:032x}"
            connection.execute(update(AREAS).where(AREAS.c.code == area).values(digest=digest))
    database.close()
