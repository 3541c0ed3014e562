"""Patrols of cells: who may record one, what it belongs to, and what the map makes of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from shapely.geometry import MultiPolygon, box

from actions.office import TOWN, Office
from app.actions.history import undo
from app.actions.map_columns import with_worked_out
from app.actions.patrols import behind, cells_of, record_patrol
from app.actions.records import add_record, edit_record, find_record, list_records, show_record
from app.domain.changes import insert, update
from app.domain.entities.grid_cell import GridCell
from app.domain.patrols import coverage, time_of_day
from app.errors import Invalid, NotAllowed, Refused

TODAY = "2026-11-29"


def _ago(days: int) -> str:
    return (date.fromisoformat(TODAY) - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("words", "ago", "percent"),
    [
        (None, (), None),  # nobody arranged or made any
        (None, (3,), 100),  # made though none is arranged
        ("每周1次", (), 0),
        ("每周1次", (1, 8), 50),  # 2 of 4
        ("每周1次", (1, 8, 15, 22, 29), 100),
        ("每周1次", (1, 1, 1, 1, 1), 25),  # one day, entered by five people
        ("每日2次", tuple(range(30)) * 2, 100),
        ("每季度1次", (60,), 100),  # looked at as far back as one is arranged
        ("每月1次", (31,), 0),  # a day too long ago
        ("每月1次", (30,), 100),
        ("每月1次", (-1,), 0),  # a day to come covers nothing
    ],
)
def test_coverage_is_what_was_made_of_what_is_arranged(
    words: str | None, ago: tuple[int, ...], percent: int | None
) -> None:
    assert coverage(words, [_ago(days) for days in ago], TODAY).percent == percent


def _cells(office: Office) -> list[GridCell]:
    """Two cells of the clerk's county, the first with patrols arranged."""
    squares = [MultiPolygon([box(west, 35.5, west + 0.01, 35.51)]) for west in (106.6, 106.61)]
    made = [
        GridCell(uid=office.session.new_uid(), grid_code=f"{TOWN}-0{n}", kind="admin", level=4, div_code=TOWN,
                 patrol_freq=words, geometry=squares[n])
        for n, words in enumerate(("每周1次", None))
    ]  # fmt: skip
    office.session.commit(map(insert, made), "test")
    return made


def test_a_patrol_belongs_to_its_cell_and_colours_it(office: Office) -> None:
    office.as_("clerk")
    cell, other = _cells(office)[:2]
    (made,) = record_patrol(office.session, [cell.grid_code], {"result": "problem", "note": "渣堆未覆盖"})
    assert (made.cell, made.div_code, made.mode) == (cell.uid, cell.div_code, "routine")
    assert made.patrolled_on == office.session.today
    assert made.inspectors == (office.session.person().name,)
    assert find_record(office.session, "patrol", made.uid).values()["result"] == "problem"
    assert office.session.today in show_record(office.session, "cell", cell.uid).patrols
    columns = office.session.workspace.columns("grid_cell", ["kind"], None)
    covered = with_worked_out(office.session, "grid_cell", ["patrol_coverage"], columns)
    shown = dict(zip(covered.uids, covered.column("patrol_coverage"), strict=True))
    assert shown[cell.uid] == coverage(cell.patrol_freq, [office.session.today], office.session.today).percent
    assert shown[cell.uid]
    assert not shown[other.uid]
    undo(office.session)
    assert list_records(office.session, "patrol") == []


def test_one_walk_through_several_cells_is_one_change(office: Office) -> None:
    office.as_("clerk")
    cells = [cell.uid for cell in _cells(office)[:2]]
    assert len(record_patrol(office.session, [*cells, cells[0]], {})) == 2
    undo(office.session)
    assert list_records(office.session, "patrol") == []


def test_what_is_no_patrol_is_refused_and_nothing_is_kept(office: Office) -> None:
    office.as_("clerk")
    cell = _cells(office)[0].uid
    tomorrow = (date.fromisoformat(office.session.today) + timedelta(days=1)).isoformat()
    for values in (
        {"patrolled_on": tomorrow},
        {"patrolled_on": "2026-11"},
        {"mode": "驾车"},
        {"result": None},
        {"x": "1"},
    ):
        with pytest.raises(Invalid):
            record_patrol(office.session, [cell], values)
    for cells in ([], ["R1000-0-0-0"], [cell, "R1000-0-0-0"]):
        with pytest.raises(Refused):
            record_patrol(office.session, cells, {})
    with pytest.raises((Invalid, Refused)):
        add_record(office.session, "patrol", {"mode": "routine", "result": "normal", "patrolled_on": TODAY})
    office.as_("stranger")
    with pytest.raises(NotAllowed):
        record_patrol(office.session, [cell], {})
    office.as_("leader")
    with pytest.raises(NotAllowed):
        record_patrol(office.session, [cell], {})
    assert list_records(office.session, "patrol") == []


def test_a_cell_is_found_by_its_name_and_several_are_not_guessed(office: Office) -> None:
    office.as_("clerk")
    cells = _cells(office)
    office.session.commit([update(cell, name=f"柳湖{n}社区网格") for n, cell in enumerate(cells)], "test")
    (made,) = record_patrol(office.session, ["柳湖1社区"], {})
    assert made.cell == cells[1].uid
    with pytest.raises(Refused) as several:
        record_patrol(office.session, ["柳湖"], {})
    assert cells[0].grid_code in several.value.hint
    with pytest.raises(Refused):
        record_patrol(office.session, ["  "], {})
    assert cells_of(office.session, [made.uid, made.uid]) == (cells[1].uid,)
    office.session.commit([update(find_record(office.session, "cell", cells[0].uid), name="柳湖")], "test")
    (called,) = record_patrol(office.session, ["柳湖"], {})
    assert called.cell == cells[0].uid, "the one of just this name, though others hold it"


def _day(office: Office, ago: int) -> str:
    return (date.fromisoformat(office.session.today) - timedelta(days=ago)).isoformat()


def test_what_lags_behind_and_a_day_to_come(office: Office) -> None:
    office.as_("clerk")
    cell, _ = _cells(office)
    assert behind(office.session).cells == (cell.uid,)
    made = [
        record_patrol(office.session, [cell.grid_code], {"patrolled_on": _day(office, days)})[0]
        for days in (1, 8, 15, 22)
    ]
    assert (behind(office.session).cells, behind(office.session).arranged) == ((), 1)
    office.as_("inspector")
    around = cell.replace(uid=office.session.new_uid(), grid_code="620802-01", div_code="620802")
    office.session.commit([insert(around)], "test")
    assert behind(office.session).arranged == 1, "the county's cell is not the township's to patrol"
    office.as_("clerk")
    assert behind(office.session).cells == (around.uid,)
    with pytest.raises(Invalid):
        edit_record(office.session, made[0], {"patrolled_on": _day(office, -1)})
    assert "4" in show_record(office.session, "patrol", made[0].uid).patrols


@pytest.mark.parametrize(
    ("written", "meant"),
    [("8:30", "08:30"), ("0830", "08:30"), ("23：59", "23:59"), ("", None), (None, None)],
)
def test_a_time_of_day_is_read_as_people_write_it(written: str, meant: str | None) -> None:
    assert time_of_day(written) == meant


@pytest.mark.parametrize("written", ["24:00", "8:60", "上午", "8", "2430"])
def test_what_is_no_time_of_day_is_told(written: str) -> None:
    with pytest.raises(ValueError, match=written):
        time_of_day(written)


def test_a_patrol_says_when_it_began_and_ended(office: Office) -> None:
    office.as_("clerk")
    cell, _ = _cells(office)
    (made,) = record_patrol(office.session, [cell.grid_code], {"started": "8:30", "ended": "1005"})
    assert (made.started, made.ended) == ("08:30", "10:05")
    edit_record(office.session, made, {"ended": "9:15"})
    kept = find_record(office.session, "patrol", made.uid)
    assert kept.values()["ended"] == "09:15"
    for values in ({"ended": "8:00"}, {"started": "上午"}):
        with pytest.raises(Invalid):
            edit_record(office.session, kept, values)
        with pytest.raises(Invalid):
            record_patrol(office.session, [cell.grid_code], {"started": "8:30", **values})
