"""What a laptop says by a clock that runs months ahead is taken, and stands in nobody's future."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from app.actions.conflicts import open_conflicts
from app.actions.evidence import add_evidence
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Attachment
from app.domain.values import as_moment
from sync.lan import COUNTY, TOWN, Lan, Laptop
from sync.test_moved_away import certified

AHEAD = timedelta(days=200)


def moments(laptop: Laptop) -> set[str]:
    """Every moment that a laptop shows of this work."""
    workspace = laptop.session.workspace
    found = {item.added_at for item in workspace.find(Attachment)}
    found |= {entry.at for entry in workspace.history("boiler", laptop.boiler("T-1").uid)}
    for item in workspace.find(Conflict):
        found |= {item.kept_at or "", item.offered_at or "", item.raised_at, item.settled_at or ""}
    return found


def test_papers_acts_and_conflicts_are_not_of_the_future(lan: Lan, tmp_path: Path) -> None:
    town, county = lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R3")
    town.enter("inspector", "T-1")
    lan.drain(town, county)
    town.session.now = lambda: lan.clock() + AHEAD
    file = tmp_path / "letter.pdf"
    file.write_bytes(b"%PDF-1.4 letter")
    add_evidence(town.as_("inspector"), town.boiler("T-1"), [("other", file)])
    county.edit("clerk", "T-1", note="of the county")
    town.edit("officer", "T-1", note="of the town")
    (mine,) = town.session.workspace.find(Attachment)
    latest = as_moment(lan.clock() + timedelta(minutes=6))
    assert mine.added_at > latest
    assert all(done.agrees for done in lan.drain(county, town))
    assert open_conflicts(county.session, all=True)
    assert max(moments(county)) <= latest
    (paper,) = county.session.workspace.find(Attachment)
    (mine,) = town.session.workspace.find(Attachment)
    assert mine.added_at == paper.added_at, "its laptop has it as everybody does"
    assert all(done.agrees for done in lan.drain(county, town))
    certified(lan, tmp_path, town, county)


def test_what_a_clock_a_little_ahead_says_stays_the_moment_of_an_act(lan: Lan) -> None:
    town, county = lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R3")
    town.session.now = lambda: lan.clock() + timedelta(minutes=4)
    town.enter("inspector", "T-1")
    assert all(done.agrees for done in lan.drain(town, county))
    assert moments(county) == moments(town)
