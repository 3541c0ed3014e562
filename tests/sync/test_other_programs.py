"""What QGIS draws in the file of a laptop is sealed with the division it lies in, and travels like others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from shapely.geometry import Point

from app.actions.history import external_edits, seal
from app.actions.syncing import prove
from app.actions.whereabouts import whereabouts
from app.domain.changes import Committed
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.sketch import Sketch
from app.domain.filters import equal
from app.hub import parts
from app.store import outbox
from app.store.geom import to_blob
from builders import PLACE
from store.records import foreign
from sync.lan import COUNTY, TOWN, Lan, Laptop

ELSEWHERE = "620821"  # another county of the city
ABROAD = (100.0, 30.0)


def _drawn(laptop: Laptop, kind: str, names: str, *values: object, place: tuple[float, float]) -> None:
    marks = ", ".join("?" * (len(values) + 1))
    path = laptop.session.workspace.path
    with closing(sqlite3.connect(path)) as file:
        (table,) = file.execute("SELECT table_name FROM gridward_layer WHERE entity = ?", (kind,)).fetchone()
    foreign(path, f"INSERT INTO {table} (geometry, {names}) VALUES ({marks})", to_blob(Point(place)), *values)


@pytest.mark.parametrize(("area", "role", "login"), [(TOWN, "R2", "officer"), (COUNTY, "R3", "clerk")])
def test_what_was_drawn_without_a_division_arrives(
    lan: Lan, tmp_path: Path, area: str, role: str, login: str
) -> None:
    here, other = lan.laptop(area, role), lan.laptop(COUNTY, "R3")
    _drawn(here, "sketch", "name", "新井", place=PLACE)
    _drawn(here, "boiler", "ledger_no, user_org", "Q-1", "第九小学", place=PLACE)
    session = here.as_(login)
    told: list[Committed] = []
    said = [item.said for item in whereabouts(session, external_edits(session)).values()]
    assert len(said) == 2 and all(("柳湖" if area == TOWN else "崆峒区") in words for words in said)
    session.listeners.append(told.append)
    assert seal(session, "QGIS 里补画") == 2
    assert sorted(told[0].touched) == ["boiler", "sketch"]
    drawn = session.workspace.find(Sketch)[0]
    newest = session.workspace.history("sketch", drawn.uid)[0]
    assert (newest.person, newest.reason, newest.external) == (login, "QGIS 里补画", False)
    filled = {one.field: (one.before, one.after) for one in newest.changes}
    assert filled == {"form": (None, "point"), "div_code": (None, area)}
    done = here.sync()
    assert (done.pushed, done.rejected, session.workspace.unsent()) == (4, 0, 0)
    other.sync()
    for kind in (Sketch, Boiler):
        assert [item.div_code for item in other.session.workspace.find(kind)] == [area]
    assert session.workspace.verify_journal().ok
    proof = prove(session, tmp_path / "proof.json")
    assert proof.ok, proof.problems


def test_an_act_that_is_cut_sends_what_was_filled_in_with_its_record(
    lan: Lan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever draws more than a batch holds: the divisions stand at the end of the act."""
    monkeypatch.setattr(outbox, "MOST", 4)
    monkeypatch.setattr(parts, "LONG", 3)
    here, other = lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R3")
    for number in range(6):
        _drawn(here, "sketch", "name", f"新井{number}", place=(PLACE[0] + number / 1000, PLACE[1]))
    session = here.as_("officer")
    assert seal(session, "QGIS 里补画") == 6
    done = here.sync()
    assert (done.pushed, done.accepted, done.rejected, done.unsent) == (12, 12, 0, 0) and done.agrees
    other.sync()
    drawn = other.session.workspace.find(Sketch)
    assert [(item.div_code, item.form) for item in drawn] == [(TOWN, "point")] * 6


def test_a_record_drawn_and_deleted_again_before_sealing_leaves_nothing(lan: Lan) -> None:
    here = lan.laptop(TOWN, "R2")
    _drawn(here, "sketch", "name", "画错了", place=PLACE)
    path = here.session.workspace.path
    with closing(sqlite3.connect(path)) as file:
        (table,) = file.execute("SELECT table_name FROM gridward_layer WHERE entity = 'sketch'").fetchone()
    foreign(path, f"DELETE FROM {table}")
    assert seal(here.as_("officer"), "画错又删") == 2
    done = here.sync()
    assert (done.rejected, done.conflicts, done.unsent, done.agrees) == (2, 0, 0, True)
    assert not here.session.workspace.find(Sketch), "it belonged nowhere, and is nowhere"


def test_a_sketch_without_a_certain_division_has_its_form(lan: Lan) -> None:
    city = lan.laptops[0]
    _drawn(city, "sketch", "name", "远处", place=ABROAD)
    seal(city.as_("city"), "QGIS 里补画")
    done = city.sync()
    assert (done.accepted, done.rejected) == (2, 0)
    assert [(item.div_code, item.form) for item in city.session.workspace.find(Sketch)] == [(None, "point")]


def test_what_lies_elsewhere_is_told_before_it_is_sealed(lan: Lan) -> None:
    here = lan.laptop(COUNTY, "R3")
    (county,) = here.session.workspace.find(Division, equal(code=ELSEWHERE))
    assert county.geometry is not None
    spot = county.geometry.representative_point()
    for name, place in (("别县", (spot.x, spot.y)), ("国外", ABROAD), ("这里", PLACE)):
        _drawn(here, "sketch", "name", name, place=place)
    session = here.as_("clerk")
    found = list(whereabouts(session, external_edits(session)).values())
    filled = [set(item.change.after) if item.change is not None else set() for item in found]
    assert filled == [{"form"}, {"form"}, {"form", "div_code"}]
    assert "不在您的辖区" in found[0].said
    assert "任何县区" in found[1].said
    assert "崆峒区" in found[2].said
