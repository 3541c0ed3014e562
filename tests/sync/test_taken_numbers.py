"""A laptop whose act has the number of another laptop's: told so, in the certificate as well."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.actions.conflicts import open_conflicts, resolve
from app.actions.sticks import bundle_in
from app.actions.syncing import prove
from app.hub.exporting import export_log
from app.hub.sticks import give_bundle
from sync.independent import verifier
from sync.lan import COUNTY, TOWN, Lan, Laptop


def number_of(laptop: Laptop, number: str = "") -> str:
    """The number of the last act on a laptop; given one, that is its number from now on."""
    with closing(sqlite3.connect(laptop.session.workspace.path)) as file, file:
        last, uuid = file.execute("SELECT id, uuid FROM sync_txn ORDER BY id DESC LIMIT 1").fetchone()
        if number:
            file.execute("DROP TRIGGER IF EXISTS sync_txn_keep_update")
            file.execute("UPDATE sync_txn SET uuid = ? WHERE id = ?", (number, last))
    return number or str(uuid)


def proved(lan: Lan, laptop: Laptop, folder: Path) -> dict[str, Any]:
    """A laptop's certificate, which the independent verifier believes."""
    log, out = folder / "log.sqlite", folder / "proof.json"
    log.unlink(missing_ok=True)
    assert prove(laptop.session, out).ok
    export_log(lan.hub, log)
    told: dict[str, Any] = json.loads(out.read_text("utf-8"))
    verifier.check_certificate(told, log)
    return told


def values(told: dict[str, Any], part: str) -> list[str]:
    """The notes that a part of a certificate lists."""
    return sorted(item["value"] for item in told[part] if item["field"] == "note")


def without(told: dict[str, Any], part: str, value: str) -> dict[str, Any]:
    """The certificate without one of its values, with sums that add up."""
    kept = [item for item in told[part] if item["value"] != value]
    less = len(told[part]) - len(kept)
    counts = {name: n - less * (name in (part, "values")) for name, n in told["counts"].items()}
    return {**told, part: kept, "counts": counts}


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


def test_both_laptops_prove_what_became_of_two_works_under_one_number(
    lan: Lan, pair: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    """True certificates are believed all the way, both count alike, and none without one of the two works."""
    one, two = pair
    one.edit("officer", "T-1", note="诚实的工作")
    two.edit("officer2", "T-1", note="假的")
    number = number_of(two, number_of(one))
    assert two.sync().accepted == 1
    assert values(proved(lan, two, tmp_path), "superseded") == ["第一"]
    give_bundle(lan.hub, one.device, tmp_path / "hub.bundle", lan.clock())
    bundle_in(one.session, tmp_path / "hub.bundle")
    told = proved(lan, one, tmp_path)
    assert values(told, "waiting") == ["诚实的工作"], "it waits, though the log has its number"
    with pytest.raises(verifier.Refused, match="forged_certificate"):  # the other one's has been answered
        verifier.check_certificate(told | {"device": two.device}, tmp_path / "log.sqlite")
    one.sync()
    told = proved(lan, one, tmp_path)
    [first] = [item for item in told["superseded"] if item["value"] == "第一"]
    assert first["by"] == f"{number}~{two.device}" and told["acts"][first["by"]]["device"] == two.device
    with pytest.raises(verifier.Refused, match="forged_certificate"):
        verifier.check_certificate(
            {**told, "superseded": [{**first, "by": f"nobody~{two.device}"}]}, tmp_path / "log.sqlite"
        )
    two.sync()
    two.edit("officer2", "T-1", note="后来")
    lan.drain(two, one)
    counts = []
    for laptop in pair:
        told = proved(lan, laptop, tmp_path)
        counts.append(told["counts"])
        kept = values(told, "in_conflict")
        assert kept == ["假的", "诚实的工作"]
        for value in kept:
            with pytest.raises(verifier.Refused, match="value_lost"):
                verifier.check_certificate(without(told, "in_conflict", value), tmp_path / "log.sqlite")
    assert counts[0] == counts[1]


def test_a_log_without_the_act_that_was_kept_apart_is_not_believed(
    lan: Lan, pair: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    one, two = pair
    one.edit("officer", "T-1", note="一号")
    two.edit("officer2", "T-1", note="二号")
    number_of(two, number_of(one))
    lan.drain(one, two)
    proved(lan, two, tmp_path)
    log = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(log)) as file, file:
        [ends] = file.execute("SELECT max(first) FROM hub_log WHERE area = ?", (TOWN,)).fetchone()
        file.execute("DELETE FROM hub_log WHERE area = ? AND first = ?", (TOWN, ends))
    with pytest.raises(verifier.Refused, match="missing_block"):
        verifier.Log(log)
    told = json.loads((tmp_path / "proof.json").read_text("utf-8"))
    with pytest.raises(verifier.Refused, match="forged_certificate"):
        verifier.check_certificate(told, log)
