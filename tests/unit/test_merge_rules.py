"""The hub's rules for one row: what applies, what merges, what waits for a person, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.areas import Scope, ancestors, area_of_code, area_of_record
from app.domain.catalog import BY_NAME
from app.domain.digest import MODULUS, cell_hash, row_hash
from app.domain.merge import DELETION, Writing, decide
from app.domain.replication import Entry, RowState, Stamp
from app.domain.rights import within_cap

BOILER = BY_NAME["boiler"]
MINE, OTHER = 1, 2


def entry(op: str, **cells: Any) -> Entry:
    return Entry(0, "boiler", "u", op, cells)  # type: ignore[arg-type]


def row(alive: bool = True, *, stamped: tuple[int, int, int] = (5, OTHER, 100), **values: Any) -> RowState:
    stamps = {name: Stamp(*stamped) for name in values}
    if not alive:
        stamps[DELETION] = Stamp(*stamped)
    return RowState(alive, stamped[0], values, stamps)


def seen(hlc: int = 50) -> Writing:
    return Writing(base=5, site=MINE, hlc=hlc)


def unseen(hlc: int = 50) -> Writing:
    return Writing(base=4, site=MINE, hlc=hlc)


def test_what_the_writer_had_seen_gives_way_whatever_the_clocks_say() -> None:
    found = decide(BOILER, entry("u", user_org="new"), row(user_org="old"), seen(hlc=1))
    assert (found.op, found.sets, found.verdict, found.conflicts) == (
        "u",
        {"user_org": "new"},
        "accepted",
        (),
    )


def test_ones_own_unseen_change_is_no_conflict() -> None:
    held = row(user_org="old", stamped=(9, MINE, 100))
    assert decide(BOILER, entry("u", user_org="new"), held, unseen()).verdict == "accepted"


@pytest.mark.parametrize(("clock", "stands"), [(200, "mine"), (50, "theirs")])
def test_of_two_plain_values_the_later_stands_and_the_other_is_kept(clock: int, stands: str) -> None:
    found = decide(BOILER, entry("u", user_org="mine"), row(user_org="theirs"), unseen(clock))
    assert found.verdict == "merged"
    assert found.results == {"user_org": stands}
    draft = found.conflicts[0]
    assert {draft.kept["user_org"], draft.offered["user_org"]} == {"mine", "theirs"}
    assert (draft.kept["user_org"], draft.open) == (stands, False)


@pytest.mark.parametrize(("field", "mine", "theirs"), [("fuel", "gas", "coal"), ("geometry", b"a", b"b")])
def test_fuel_and_place_wait_for_a_person(field: str, mine: Any, theirs: Any) -> None:
    found = decide(BOILER, entry("u", **{field: mine}), row(**{field: theirs}), unseen(clock_ahead := 10**9))
    assert clock_ahead and found.op == "n"
    assert found.results == {field: theirs}
    assert [(draft.kind, draft.open) for draft in found.conflicts] == [("pick", True)]


def test_the_same_value_twice_is_no_conflict() -> None:
    found = decide(BOILER, entry("u", fuel="gas"), row(fuel="gas"), unseen())
    assert (found.op, found.verdict, found.conflicts) == ("n", "accepted", ())


def test_state_evidence_and_dates_stand_or_fall_together() -> None:
    held = RowState(True, 5, {"status": "returned", "cleared_on": None}, {"status": Stamp(5, OTHER, 1)})
    change = entry("u", status="cleared", cleared_on="2026-11-01", user_org="plain")
    found = decide(BOILER, change, held, unseen())
    assert found.sets == {"user_org": "plain"}  # the plain field does not wait for the state
    assert found.results["status"] == "returned"
    assert found.results["cleared_on"] is None
    assert found.conflicts[0].offered == {"status": "cleared", "cleared_on": "2026-11-01"}


def test_a_date_of_the_life_conflicts_with_a_concurrent_state() -> None:
    held = RowState(True, 5, {"status": "applied", "due_date": None}, {"status": Stamp(5, OTHER, 1)})
    assert decide(BOILER, entry("u", due_date="2027"), held, unseen()).verdict == "conflict"


def test_a_deletion_gives_way_to_an_edit_it_had_not_seen() -> None:
    found = decide(BOILER, entry("d"), row(user_org="edited"), unseen())
    assert (found.op, found.sets, found.verdict) == ("i", {"user_org": "edited"}, "conflict")
    assert decide(BOILER, entry("d"), row(user_org="edited"), seen()).op == "d"


def test_an_edit_of_a_deleted_record_is_refused_only_when_the_deletion_was_seen() -> None:
    dead = row(alive=False, user_org="old", ledger_no="1")
    dead.stamps["user_org"] = Stamp(3, OTHER, 1)  # that the writer had seen
    back = decide(BOILER, entry("u", user_org="new"), dead, unseen())
    assert (back.op, back.sets) == ("i", {"user_org": "new", "ledger_no": "1"})
    assert [item.kind for item in back.conflicts] == ["revived"]
    refused = decide(BOILER, entry("u", user_org="new"), dead, seen())
    assert (refused.verdict, refused.note, refused.conflicts[0].offered) == (
        "rejected",
        "deleted",
        {"user_org": "new"},
    )


def test_an_edit_that_revives_a_record_keeps_the_value_it_had_not_seen() -> None:
    dead = row(alive=False, user_org="theirs", ledger_no="1")
    back = decide(BOILER, entry("u", user_org="mine", ledger_no="1"), dead, unseen())
    assert (back.op, back.sets) == ("i", {"user_org": "mine", "ledger_no": "1"})
    assert [(item.kind, item.open) for item in back.conflicts] == [("revived", True), ("merged", False)]
    hidden = back.conflicts[1]
    assert hidden.note == "beneath"
    assert (hidden.kept, hidden.offered) == ({"user_org": "mine"}, {"user_org": "theirs"})


def test_a_deletion_taken_back_brings_the_record_back() -> None:
    dead = row(alive=False, stamped=(5, MINE, 1), user_org="old")
    assert decide(BOILER, entry("i", user_org="old"), dead, seen()).op == "i"


def test_an_insert_of_what_is_there_already_counts_once() -> None:
    found = decide(BOILER, entry("i", user_org="a"), row(user_org="a"), unseen())
    assert (found.op, found.note) == ("n", "same")


def test_signatures_are_never_changed_and_only_the_hub_writes_conflicts() -> None:
    approval, conflict = BY_NAME["approval"], BY_NAME["conflict"]
    assert decide(approval, entry("u", opinion="x"), row(opinion="y"), seen()).note == "append_only"
    assert decide(conflict, entry("u", kept="{}"), row(kept="x"), seen()).note == "hub_field"
    assert decide(conflict, entry("u", situation="settled"), row(situation="open"), seen()).op == "u"


def test_areas_follow_the_digits_of_the_division() -> None:
    assert area_of_code("620802105001", "620800") == "620802105"
    assert area_of_code("620802", "620800") == "620802"
    assert [area_of_code(code, "620800") for code in ("620102", None, "620800")] == ["620800"] * 3
    assert ancestors("620802105", "620800") == ("620802", "620800")
    town, county = Scope("620802105", "620800"), Scope("620802", "620800")
    assert [town.reads(code) for code in ("620800", "620802", "620802105", "620802106")] == [True] * 3 + [
        False
    ]
    assert [town.writes(code) for code in ("620802", "620802105")] == [False, True]
    assert county.writes("620802106") and not county.writes("620826105") and not county.writes("620800")


def test_papers_belong_to_the_area_of_their_record() -> None:
    where = {("boiler", "b"): "620802105"}

    def owner(kind: str, uid: str) -> str | None:
        return where.get((kind, uid))

    values = {"owner_entity": "boiler", "owner": "b"}
    assert area_of_record("approval", values, "620800", owner) == "620802105"
    assert area_of_record("approval", {**values, "owner": "?"}, "620800", owner) == "620800"
    assert area_of_record("person", {"area": "620802"}, "620800", owner) == "620802"
    assert area_of_record("division", {"div_code": "620802"}, "620800", owner) == "620800"


def test_a_digest_is_the_same_in_any_order_and_tells_types_apart() -> None:
    one = row_hash("boiler", "u", {"a": 1.5, "b": "x", "c": None})
    two = (cell_hash("boiler", "u", "b", "x") + cell_hash("boiler", "u", "a", 1.5)) % MODULUS
    assert one == two
    assert len({cell_hash("e", "u", "f", value) for value in (1, 1.0, "1", True, b"1", ["1"])}) == 6
    assert cell_hash("e", "u", "f", -0.0) == cell_hash("e", "u", "f", 0.0)


def test_a_laptop_serves_persons_up_to_its_role() -> None:
    assert within_cap("R1", "R3") and within_cap("R3", "R3") and not within_cap("R4", "R3")
    assert not within_cap("R0", "R6") and within_cap("R6", "R0") and not within_cap("?", "R0")
