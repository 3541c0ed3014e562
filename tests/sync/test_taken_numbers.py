"""A laptop whose act has the number of another laptop's: told so, in the certificate as well."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.actions.conflicts import open_conflicts, resolve
from app.actions.sticks import bundle_in
from app.actions.syncing import prove
from app.hub.sticks import give_bundle
from sync.lan import COUNTY, TOWN, Lan, Laptop


def number_of(laptop: Laptop, number: str = "") -> str:
    """The number of the last act on a laptop; given one, that is its number from now on."""
    with closing(sqlite3.connect(laptop.session.workspace.path)) as file, file:
        last, uuid = file.execute("SELECT id, uuid FROM sync_txn ORDER BY id DESC LIMIT 1").fetchone()
        if number:
            file.execute("DROP TRIGGER IF EXISTS sync_txn_keep_update")
            file.execute("UPDATE sync_txn SET uuid = ? WHERE id = ?", (number, last))
    return number or str(uuid)


@pytest.fixture
def pair(lan: Lan) -> tuple[Laptop, Laptop]:
    """Two laptops of a town that both have its boiler."""
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("officer", "T-1", note="第一")
    lan.drain(one, two)
    return one, two


def test_it_is_told_and_no_certificate_calls_its_value_safe(
    lan: Lan, pair: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    one, two = pair
    one.edit("officer", "T-1", note="一号")
    taken = number_of(one)
    one.sync()
    two.enter("officer2", "T-2", user_org="未收下的单位", place=(106.71, 35.56))
    number_of(two, taken)
    done = two.sync()
    assert (done.accepted, done.rejected) == (0, 1) and done.agrees
    proof = prove(two.session, tmp_path / "proof.json")
    told = json.loads((tmp_path / "proof.json").read_text("utf-8"))
    [entry] = [item for item in told["in_conflict"] if item["value"] == "未收下的单位"]
    assert proof.ok and not proof.waiting and entry["situation"] == "open"
    one.sync()
    assert one.boiler("T-1").note == "一号"
    county = lan.laptop(COUNTY, "R3")
    [view] = open_conflicts(county.as_("clerk"))
    assert view.note == "taken_number" and "未收下的单位" in str(view.fields)
    resolve(county.as_("clerk"), view.uid, "offered", "与本人核实")
    lan.drain(county, one, two)
    assert one.boiler("T-2").user_org == two.boiler("T-2").user_org == "未收下的单位"


def test_no_others_act_answers_ones_own(lan: Lan, pair: tuple[Laptop, Laptop], tmp_path: Path) -> None:
    """Work that waits here goes on waiting, whoever used its number at the hub before."""
    one, two = pair
    one.edit("officer", "T-1", note="诚实的工作")
    two.edit("officer2", "T-1", note="假的")
    number_of(two, number_of(one))
    assert two.sync().accepted == 1
    stick = tmp_path / "hub.bundle"
    give_bundle(lan.hub, one.device, stick, lan.clock())
    assert bundle_in(one.session, stick).unsent == 1
    assert one.boiler("T-1").note == "诚实的工作"
    done = one.sync()
    assert (done.accepted, done.rejected) == (0, 1) and done.agrees
    proof = prove(one.session, tmp_path / "proof.json")
    told = json.loads((tmp_path / "proof.json").read_text("utf-8"))
    assert proof.ok and "诚实的工作" in [item["value"] for item in told["in_conflict"]]
