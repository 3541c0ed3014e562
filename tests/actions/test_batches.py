"""The same step on many boilers: each judged by itself, with the reason for every refusal."""

from __future__ import annotations

from typing import Any

import pytest

from actions.office import Office
from app.actions.batches import Given, do_steps, steps_for
from app.actions.history import undo
from app.actions.records import edit_many
from app.errors import Refused, StoreFailure


def test_each_record_of_a_batch_is_judged_by_itself(office: Office) -> None:
    first, second = office.planned(), office.planned(ledger_no="KT-2")
    third = office.enter(ledger_no="KT-3")  # not planned yet
    office.as_("officer")
    seen: list[tuple[int, int]] = []
    lines = do_steps(
        office.session,
        "start",
        [first, third, second],
        Given(evidence=[office.file("photo_before")]),
        lambda done, whole, _: seen.append((done, whole)),
    )
    assert [line.done is not None for line in lines] == [True, False, True]
    assert lines[1].refused is not None
    assert lines[1].refused.code == "wrong_state"
    assert [office.boiler(number).status for number in (first.ledger_no, "KT-2", "KT-3")] == [
        "in_progress",
        "in_progress",
        "suspect",
    ]
    assert seen[-1] == (3, 3)


def test_a_batch_can_be_stopped_and_what_is_done_stays_and_can_be_undone(office: Office) -> None:
    boilers = [office.planned(ledger_no=f"KT-{no}") for no in range(3)]
    office.as_("officer")
    stops = iter([False, True])
    lines = do_steps(
        office.session,
        "start",
        boilers,
        Given(evidence=[office.file("photo_before")]),
        cancelled=lambda: next(stops),
    )
    assert len(lines) == 1
    assert [office.boiler(f"KT-{no}").status for no in range(3)] == ["in_progress", "planned", "planned"]
    undo(office.session, "误点")
    assert office.boiler("KT-0").status == "planned"


def test_many_edits_are_one_change_or_none(office: Office) -> None:
    first, second = office.enter(), office.enter(ledger_no="KT-2")
    office.as_("clerk")
    edits = [(first, {"coal_t": "12.5"}), (second, {"coal_t": "13", "fuel": "兰炭"})]
    committed = edit_many(office.session, edits, "按县报表")
    assert committed is not None
    assert set(committed.touched["boiler"]) == {first.uid, second.uid}
    assert (office.boiler("KT-2").coal_t, office.boiler("KT-2").fuel) == (13.0, "semi_coke")
    undo(office.session)
    assert (office.boiler().coal_t, office.boiler("KT-2").fuel) == (None, "bituminous")


def test_one_cell_that_cannot_be_keeps_all_as_they_are(office: Office) -> None:
    first, second = office.enter(), office.enter(ledger_no="KT-2")
    office.as_("clerk")
    with pytest.raises(Refused) as refused:
        edit_many(office.session, [(first, {"coal_t": "5"}), (second, {"rated_tph": "4000t"})])
    assert [item["record"] for item in refused.value.details] == [second.title()]  # type: ignore[index]
    assert office.boiler().coal_t is None


def test_the_steps_offered_for_many_say_how_many_they_fit(office: Office) -> None:
    waiting = [office.planned(ledger_no=f"KT-{no}") for no in range(2)]
    found = office.enter(ledger_no="KT-9")
    office.as_("clerk")
    offered = steps_for(office.session, [found, *waiting])
    assert [(item.step.action, len(item.fitting), item.whole) for item in offered][0] == ("start", 2, 3)
    assert {item.step.action for item in offered} == {"start", "register", "exclude"}
    assert set(offered[0].fitting) == {item.uid for item in waiting}
    office.as_("leader")
    assert {item.step.action for item in steps_for(office.session, waiting)} == set()
    assert steps_for(office.session, []) == []


def test_a_file_that_can_no_longer_be_written_ends_the_batch_and_tells_what_was_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    boilers = [office.planned(ledger_no=f"KT-{no}") for no in range(3)]
    office.as_("officer")
    commit, times = office.session.commit, iter(range(9))

    def full(*what: Any, **how: Any) -> Any:
        if next(times):
            raise StoreFailure("the disk is full", code="full")
        return commit(*what, **how)

    monkeypatch.setattr(office.session, "commit", full)
    lines = do_steps(office.session, "start", boilers, Given(evidence=[office.file("photo_before")]))
    assert [line.done is not None for line in lines] == [True, False]
    assert lines[1].refused is not None and lines[1].refused.code == "full"
