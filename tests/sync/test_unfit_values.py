"""What a hub refused or a revoked laptop sent may be anything: people see it beside what stands."""

from __future__ import annotations

import pytest

from app.actions.conflicts import conflict_in_full, open_conflicts, resolve
from app.actions.people import find_person
from app.errors import AppError
from hub.office_hub import HubBench
from sync.lan import COUNTY, Lan

DEEP = b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * 20_000
UNFIT = [
    ("geometry", b"\x01"), ("geometry", "abc"), ("geometry", 5), ("geometry", ["a"]), ("geometry", DEEP),
    ("accuracy_m", "zzz"), ("accuracy_m", "x\0"), ("accuracy_m", ["a"]), ("accuracy_m", True),
    ("round_no", "zzz"), ("end_checks", 5), ("end_checks", "A1"), ("pressurized", "yes"), ("ledger_no", 5),
]  # fmt: skip


@pytest.mark.parametrize("late", [False, True], ids=["refused", "revoked"])
def test_a_value_that_no_record_can_hold_is_shown_and_never_taken(lan: Lan, late: bool) -> None:
    mine = lan.laptop(COUNTY, "R4")
    record = mine.enter("clerk", "T-1", note="起初")
    mine.sync()
    strange = HubBench(lan.hub, lan.clock).laptop(COUNTY, "R4")  # type: ignore[arg-type]
    who = find_person(mine.session, "clerk")
    assert who is not None
    for name, value in UNFIT:
        strange.act("clerk", "edit", person=who.uid)
        strange.write("boiler", record.uid, "u", {name: value})
    if late:
        lan.hub.revoke(strange.uid, lan.clock(), "丢失")
    strange.push()
    mine.sync()
    views = open_conflicts(mine.as_("clerk2"), all=True)
    assert len(views) == len(UNFIT)
    for view in views:
        [field] = view.fields
        assert field.unfit == {"offered"} and field.offered is None and field.offered_text.strip()
        assert conflict_in_full(mine.as_("clerk2"), view.uid) == view
        assert bool(view.obstacle) == late
        with pytest.raises(AppError) as refused:
            resolve(mine.as_("clerk2"), view.uid, "offered", "核实")
        assert refused.value.code == "bad_value"
        if late:
            resolve(mine.as_("clerk2"), view.uid, "kept", "核实")
    assert mine.boiler("T-1") == record
