"""The rest of the planted bugs: a second loss, records that move, signatures.

A list with `planted.py`, which would be too long a file with them.
"""

from __future__ import annotations

from typing import Any

import pytest

from app.actions.evidence import evidence_of
from app.domain.changes import insert
from app.hub import clearing, deciding, redacting, steps
from app.sync import rejoining
from app.sync import round as rounds
from sync import doings
from sync.planted import Bug, note, there
from sync.world import World


# ------------------------------------------------------------ a hub that is brought back twice
def _let_go(patch: pytest.MonkeyPatch) -> None:
    """All is level, so what was put aside is let go of, whatever the log has told of it."""
    patch.setattr(rejoining, "_is_to_be_kept", lambda *_: False)


def _kept_where_it_is_not_read(world: World) -> None:
    """An edit that was lost is given back when its boiler has moved; then the hub is lost once more."""
    county, town = world.laptops["county"], world.laptops["town_b"]
    moved = there(county, "B-1")
    assert doings.edit(town, "officer_b", moved, contact="王芳")
    world.back_up_hub()
    town.round("no_pull")
    town.round()
    world.restore_hub(0, declared=False)
    assert doings.move(county, "clerk", moved)
    county.round()
    town.round()
    world.restore_hub(0, declared=False)


def _not_asked_again(patch: pytest.MonkeyPatch) -> None:
    """Once it has given back a laptop does not ask whether the hub was lost once more."""
    patch.setattr(rounds, "lost_again", lambda *_: False)


def _lost_again(world: World) -> None:
    """Given back, and lost again before the laptop heard of it: an old answer came in between."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    note(other, "零")
    other.round()
    a.round()
    world.back_up_hub()
    note(a, "一")
    a.round()
    world.restore_hub(0, declared=False)
    a.round("stale")
    world.restore_hub(0, declared=False)


# ------------------------------------------------------------ records that move, signatures
def _anywhere(patch: pytest.MonkeyPatch) -> None:
    """The hub does not look where a record lies by now."""
    refusal = deciding.refusal

    def lenient(*given: Any) -> str:
        found = refusal(*given)
        return "" if found == "outside_area" else found

    patch.setattr(deciding, "refusal", lenient)


def _moved_away(world: World) -> None:
    """A boiler is moved to another town while somebody who does not know yet writes a note on it."""
    city, a = world.laptops["city"], world.laptops["town_a"]
    assert doings.move(city, "city", there(city))
    note(a, "一")
    city.round()
    a.round()


class _Any:
    """Says that every fingerprint is its own."""

    def __ne__(self, _: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


def _any_record(patch: pytest.MonkeyPatch) -> None:
    """A signature counts, whatever the record has become since it was given."""
    patch.setattr(steps, "fingerprint", lambda *_: _Any())


def _signed_unseen(world: World) -> None:
    """A step is signed upon a record that somebody else has changed meanwhile."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    assert doings.edit(other, "officer2", there(other, "A-in_progress"), contact="王芳")
    assert doings.step(a, "officer", there(a, "A-in_progress"), "apply")
    other.round()
    a.round()


# ------------------------------------------------------------ papers that are taken away
def _any_paper(patch: pytest.MonkeyPatch) -> None:
    """The hub lets any paper go, whatever rests on it."""
    patch.setattr(redacting, "_needed_where_it_is", lambda *_: "")


def _evidence_gone(world: World) -> None:
    """A changed program at the county takes the evidence of a cleared boiler away."""
    county = world.laptops["county"]
    cleared = there(county, "A-cleared")
    papers = evidence_of(county.as_("clerk"), cleared)
    which = next(at for at, item in enumerate(papers) if item.kind == "acceptance_form")
    assert doings.take_away(county, "clerk", cleared, which, honest=False)
    county.round()


def _file_stays(patch: pytest.MonkeyPatch) -> None:
    """The hub takes the act and keeps the file."""
    patch.setattr(clearing, "clear", lambda *_: None)


def _taken_away(world: World) -> None:
    """A paper lies beside the wrong boiler, everybody has it, and the county takes it away."""
    town, county = world.laptops["town_a"], world.laptops["county"]
    assert doings.attach(town, "officer", there(town), "other")
    town.round()
    county.round()
    assert doings.take_away(county, "clerk", there(county), 0)
    county.round()


def _lives_again(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether a paper that comes was taken away."""
    patch.setattr(redacting, "brings_back", lambda *_: False)


def _added_once_more(world: World) -> None:
    """A changed program of the town brings the row of a paper that was taken away once more."""
    _taken_away(world)
    town = world.laptops["town_a"]
    (paper,) = evidence_of(town.as_("officer"), there(town))
    town.round()
    town.as_("officer").commit([insert(paper)], "add_evidence")
    town.round()


LATER = (
    Bug("a lost block is let go of too soon", _let_go, _kept_where_it_is_not_read, "edit lost"),
    Bug("nobody asks whether a hub was lost again", _not_asked_again, _lost_again, "edit lost"),
    Bug("where a record lies is not looked at", _anywhere, _moved_away, "outside the laptop"),
    Bug("a signature counts for any record", _any_record, _signed_unseen, "signed unseen"),
    Bug("evidence that was signed upon can go", _any_paper, _evidence_gone, "signed evidence vanished"),
    Bug("the file of a paper stays", _file_stays, _taken_away, "still at the hub"),
    Bug("a paper that went lives again", _lives_again, _added_once_more, "is back"),
)
