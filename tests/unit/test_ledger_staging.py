"""Edits of the ledger that are not saved: steps taken back whole, with what others did meanwhile."""

from __future__ import annotations

from app.domain.entities.boiler import Boiler
from app.ui.ledger.staging import Batch, Staged, Staging

ONE, TWO = Boiler(uid="1", ledger_no="A"), Boiler(uid="2", ledger_no="B", note="held")


def _block(text: str, why: str = "") -> Batch:
    cells = {(item.uid, "note"): Staged(text, text, item.note, why) for item in (ONE, TWO)}
    return Batch(cells, (), {"1": ONE, "2": TWO})


def test_blocks_are_taken_back_one_by_one() -> None:
    staging = Staging()
    staging.take(_block("first"))
    staging.take(_block("second", why="wrong"))
    assert (staging.changed(), staging.wrong()) == (0, 2)
    assert staging.take_back()
    assert staging.shown() == {("1", "note"): "first", ("2", "note"): "first"} and staging.wrong() == 0
    assert staging.take_back() and len(staging) == 0
    assert not staging.take_back()


def test_cells_put_back_come_again_with_their_faults() -> None:
    staging = Staging()
    staging.take(_block("no", why="wrong"))
    staging.put_back([("1", "note"), ("1", "address")])
    assert staging.cells() == (("2", "note"),) and staging.wrong() == 1
    staging.take_back()
    assert len(staging) == 2 and staging.wrong() == 2


def test_what_others_did_between_two_steps_is_not_lost_by_taking_back() -> None:
    staging = Staging()
    staging.take(_block("mine"))
    staging.take(_block("again"))
    staging.follow("1", ONE.replace(note="theirs"))
    staging.follow("2", None)
    staging.take_back()
    moved, gone = staging.at("1", "note"), staging.at("2", "note")
    assert moved is not None and moved.written == "mine" and moved.moved and moved.before == "theirs"
    assert gone is not None and gone.why and staging.wrong() == 1
