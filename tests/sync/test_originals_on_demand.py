"""Which originals come by themselves: small pictures come to everybody, of photographs of patrols and places
nothing else does, but to the town they belong to and to whoever asks."""

from __future__ import annotations

from pathlib import Path

from app.actions.evidence import add_evidence, picture_of
from app.actions.records import add_record
from app.actions.sticks import bring_next, papers_away
from app.domain.entities.papers import Attachment
from app.domain.entity import Entity
from builders import PLACE, paper, photo
from sync.lan import COUNTY, TOWN, Lan, Laptop


def place(laptop: Laptop) -> Entity:
    """A cell of the town: it has no steps."""
    from shapely.geometry import MultiPolygon, Point

    shape = MultiPolygon([Point(PLACE).buffer(0.01)])
    values = {"grid_code": "C-1", "kind": "admin", "div_code": TOWN}
    return add_record(laptop.as_("clerk"), "cell", values, shape)


def by_name(laptop: Laptop) -> dict[str, Attachment]:
    return {item.file_name: item for item in laptop.session.workspace.find(Attachment)}


def here(laptop: Laptop, name: str) -> bool:
    return laptop.session.workspace.attachment_path(by_name(laptop)[name].sha256).is_file()


def test_a_county_gets_small_pictures_and_originals_when_it_asks(lan: Lan, tmp_path: Path) -> None:
    town, same, county = lan.laptop(TOWN, "R3"), lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R5")
    boiler = town.enter("officer", "O-1")
    add_evidence(town.session, boiler, [("photo_before", photo(tmp_path / "boiler.jpg", shade=1))])
    files = [
        ("site_photo", photo(tmp_path / "patrol.jpg", shade=2)),
        ("other", paper(tmp_path / "order.pdf")),
    ]
    cell = place(town)
    add_evidence(town.as_("officer"), cell, files)
    town.sync()
    same.sync()
    done = county.sync()
    assert [here(same, name) for name in ("boiler.jpg", "patrol.jpg", "order.pdf")] == [True, True, True]
    assert done.blobs_down == 2, "steps rest on the boiler's, and an order has no small picture"
    assert [here(county, name) for name in ("boiler.jpg", "patrol.jpg", "order.pdf")] == [True, False, True]
    patrol = by_name(county)["patrol.jpg"]
    assert picture_of(county.session, patrol.sha256) is not None, "the small picture is here"
    assert papers_away(county.session, [patrol]) == {patrol.uid: False}

    asked: list[str] = []
    offered = county.session.reach

    def reach(facts: object, keys: object) -> object:
        line = offered(facts, keys)
        there = line.blob_there
        line.__dict__["blob_there"] = lambda sha256: asked.append(sha256) or there(sha256)
        return line

    county.session.reach = reach
    assert (county.sync().blobs_down, asked) == (0, []), "the hub is not asked again for what is not wanted"
    bring_next(county.session, patrol.uid)
    assert (county.sync().blobs_down, asked) == (1, [patrol.sha256])
    assert here(county, "patrol.jpg") and papers_away(county.session, [patrol]) == {}
