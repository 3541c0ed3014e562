"""After a restore a hub may know nobody who can sign in as administrator: whoever keeps it says who it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.office import PIN
from app.actions.hubs import administrator, status
from app.actions.people import add_user, change_pin, disable_user, find_person, sign_in
from app.errors import Invalid, NotAllowed
from app.hub import backup
from app.hub.hub import Hub
from app.hub.place import HubPlace
from sync.lan import COUNTY, TOWN, Lan, Laptop

NEW_PIN = "97531024"
ROOT = "620800"


class Restoring:
    """A hub that is copied, and brought back once more has been written."""

    def __init__(self, lan: Lan, folder: Path) -> None:
        self.lan, self.place = lan, HubPlace(lan.hub.folder)
        self.saved = backup.backup(self.place, folder, lan.clock())

    def bring_back(self) -> Laptop:
        """The founder's laptop gives back what the hub had lost."""
        lan, founder = self.lan, self.lan.laptops[0]
        lan.hub.close()
        backup.restore(self.saved, self.place, lan.clock())
        lan.hub = Hub.open(self.place.folder)
        for laptop in lan.laptops:
            laptop.hub = lan.hub
        done = founder.sync()
        assert done.restored and done.given_back and done.agrees
        return founder


@pytest.fixture
def restoring(lan: Lan, tmp_path: Path) -> Restoring:
    return Restoring(lan, tmp_path / "copies")


def test_an_administrator_put_out_of_office_since_the_backup_stays_out(restoring: Restoring) -> None:
    """The one in their place is there again, and the PIN of that one in no log."""
    lan, founder = restoring.lan, restoring.lan.laptops[0]
    add_user(founder.as_("admin"), "successor", role="R0", org="市局", area=ROOT, pin=NEW_PIN)
    disable_user(founder.as_("admin"), "admin")
    founder.sync()
    assert status(restoring.place)["administrators"] == 1
    restoring.bring_back()
    former, successor = (find_person(founder.session, name) for name in ("admin", "successor"))
    assert former is not None and former.disabled and successor is not None
    assert status(restoring.place)["administrators"] == 0
    with pytest.raises(NotAllowed):
        sign_in(founder.session, "successor", NEW_PIN)
    made = administrator(restoring.place, "successor", "24681357")
    assert made == {"person": "successor", "uid": successor.uid, "made": False}
    assert status(restoring.place)["administrators"] == 1
    assert founder.sync().agrees
    assert sign_in(founder.session, "successor", "24681357").role == "R0"
    disable_user(founder.session, "clerk")
    assert founder.sync().agrees
    assert lan.hub.recount() == {code: digest for code, (_, _, digest) in lan.hub.status().areas.items()}


def test_an_administrator_with_another_pin_since_the_backup_gets_one(restoring: Restoring) -> None:
    founder = restoring.lan.laptops[0]
    sign_in(founder.session, "admin", PIN)
    change_pin(founder.session, PIN, NEW_PIN)
    founder.sync()
    restoring.bring_back()
    assert status(restoring.place)["administrators"] == 0
    administrator(restoring.place, "admin", "24681357")
    founder.sync()
    assert sign_in(founder.session, "admin", "24681357").role == "R0"


def test_a_new_one_and_one_of_a_county(lan: Lan) -> None:
    founder, place = lan.laptops[0], HubPlace(lan.hub.folder)
    add_user(founder.as_("admin"), "keeper", role="R3", org="崆峒分局", area=COUNTY, pin=NEW_PIN)
    disable_user(founder.as_("admin"), "keeper")
    town = lan.laptop(TOWN, "R2")
    lan.drain(founder, town)
    assert administrator(place, "keeper", NEW_PIN)["made"] is False
    assert administrator(place, " newcomer ", NEW_PIN)["made"] is True
    assert administrator(place, "newcomer", "24681357")["made"] is False
    lan.drain(founder, town)
    for name, pin in (("keeper", NEW_PIN), ("newcomer", "24681357")):
        person = find_person(town.session, name)
        assert person is not None and (person.role, person.area, bool(person.disabled)) == ("R0", ROOT, False)
        assert sign_in(founder.session, name, pin).role == "R0"
    keeper = find_person(founder.session, "keeper")
    assert keeper is not None
    latest = founder.session.workspace.history("person", keeper.uid)[0]
    assert latest.action == "appointed" and latest.reason.startswith("shell:")


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\0b"])
def test_a_name_that_is_none_and_a_poor_pin(lan: Lan, name: str) -> None:
    place, before = HubPlace(lan.hub.folder), lan.hub.status().areas
    for login, pin in ((name, NEW_PIN), ("admin", "1")):
        with pytest.raises(Invalid):
            administrator(place, login, pin)
    assert lan.hub.status().areas == before
