"""The same step on many boilers: each judged by itself, with the reason for every refusal."""

from __future__ import annotations

from actions.office import Office
from app.actions.history import undo
from app.actions.steps import do_steps


def test_each_record_of_a_batch_is_judged_by_itself(office: Office) -> None:
    first, second = office.planned(), office.planned(ledger_no="KT-2")
    third = office.enter(ledger_no="KT-3")  # not planned yet
    office.as_("officer")
    seen: list[tuple[int, int]] = []
    lines = do_steps(
        office.session,
        "start",
        [first, third, second],
        evidence=[office.file("photo_before")],
        progress=lambda done, whole, _: seen.append((done, whole)),
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
        evidence=[office.file("photo_before")],
        cancelled=lambda: next(stops),
    )
    assert len(lines) == 1
    assert [office.boiler(f"KT-{no}").status for no in range(3)] == ["in_progress", "planned", "planned"]
    undo(office.session, "误点")
    assert office.boiler("KT-0").status == "planned"
