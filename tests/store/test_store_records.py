"""Records go in and come out as they were; filters, counts and columns agree with the records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.papers import Approval
from app.domain.filters import ANY, Condition, Filter, equal, one_of, where
from app.errors import Changed, Invalid, StoreFailure
from app.store.conditions import FOLDED_INTO_ASCII
from app.store.workspace import Workspace
from store.records import START, Desk, boiler, cell, village

BOILERS = (
    boiler("PL-0001", status="suspect", rated_tph=2.0, div_code="620802", pressurized=True, note=""),
    boiler("PL-0002", status="cleared", rated_tph=4.2, div_code="620802", user_org="Brewery 100%"),
    boiler("PL-0003", status="cleared", rated_tph=None, div_code="620826", pressurized=False, note="a_b"),
    boiler(
        "PL-0004",
        status="planned",
        rated_tph=0.7,
        note="Fosse é 273 \u212a ﬁx",
        geometry=None,
        commissioned="2018-10",
    ),
)
CONDITIONS = [
    Condition("status", "=", "cleared"),
    Condition("status", "!=", "cleared"),
    Condition("rated_tph", ">", 0.7),
    Condition("rated_tph", "<=", 2.0),
    Condition("rated_tph", "!=", 2.0),
    Condition("rated_tph", "is", True),
    Condition("rated_tph", "is", False),
    Condition("note", "is", True),
    Condition("note", "~", "_"),
    Condition("user_org", "~", "100%"),
    Condition("user_org", "~", "brew"),
    Condition("note", "~", "É"),
    Condition("user_org", "~", "一中"),
    Condition("note", "~", "273 k"),  # of the sign for kelvin
    Condition("note", "~", "FIX"),  # of a ligature
    Condition("user_org", "~", "BREWERY 1"),
    Condition("status", "~", "ard"),
    Condition("div_code", "^", "6208"),
    Condition("div_code", "^", ("620826", "61")),
    Condition("div_code", "^", ()),
    Condition("", ANY, (Condition("status", "=", "suspect"), Condition("note", "~", "é"))),
    Condition("", ANY, ()),
    Condition("div_code", "in", ("620826", "620802")),
    Condition("div_code", "in", ()),
    Condition("pressurized", "=", True),
    Condition("pressurized", "!=", True),
    Condition("commissioned", "<", "2019"),
    Condition("div_code", "=", None),
    Condition("div_code", "!=", None),
]


def test_every_kind_of_value_comes_back_as_it_went_in(desk: Desk, workspace: Workspace) -> None:
    one = boiler(commissioned="2018-10", pressurized=False, unit_count=2, round_no=3, note="“引号” 𠮷 '\"\\")
    two = village("620802001001", aliases=("原柳湖村", "a,b"), area_km2=1.0 / 3.0)
    signature = Approval(
        uid=new_uid(), owner_entity="boiler", owner=one.uid, action="apply", person="u", person_name="王芳",
        role="R3", fingerprint="0" * 64, signed_at="2026-11-23T10:00:00.000Z",
    )  # fmt: skip
    desk.add(one, two, signature)
    for record in (one, two, signature):
        found = workspace.get(type(record), record.uid)
        assert found is not None
        assert found.values() == record.values()
        assert found.geometry == record.geometry


def test_polygons_are_kept_as_multipolygons_in_two_dimensions(desk: Desk, workspace: Workspace) -> None:
    record = cell("C1").replace(geometry=Polygon([(106, 35, 9), (107, 35, 9), (107, 36, 9)]))
    desk.add(record)
    found = workspace.get(GridCell, record.uid)
    assert found is not None
    assert isinstance(found.geometry, MultiPolygon)
    assert not found.geometry.has_z


@pytest.mark.parametrize(
    "geometry",
    [LineString([(106, 35), (107, 36)]), Point(), Point(206, 35), box(1, 2, 3, 4), Point(float("nan"), 3)],
)
def test_a_geometry_that_cannot_be_is_refused(desk: Desk, geometry: Point) -> None:
    with pytest.raises(Invalid) as caught:
        desk.add(boiler(geometry=geometry))
    assert caught.value.code == "bad_geometry"


def test_values_are_checked_and_nothing_is_half_written(desk: Desk, workspace: Workspace) -> None:
    with pytest.raises(Invalid):
        desk.add(boiler("PL-1"), boiler("PL-2", rated_tph=9999.0))
    with pytest.raises(Invalid, match="台账编号"):
        desk.add(boiler("PL-1"), boiler(""))
    assert workspace.count(Boiler) == 0
    assert workspace.transactions() == []


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_the_database_answers_a_filter_as_the_filter_does(
    desk: Desk, workspace: Workspace, condition: Condition
) -> None:
    desk.add(*BOILERS)
    for filter in (where(condition), Filter(((condition,), (Condition("status", "=", "planned"),)))):
        meant = [item.ledger_no for item in BOILERS if filter.accepts(item.values())]
        assert [item.ledger_no for item in workspace.find(Boiler, filter)] == meant
        assert workspace.count(Boiler, filter) == len(meant)


def test_the_letters_that_fold_into_ascii_are_all_known() -> None:
    letters = (chr(code) for code in range(128, 0x110000) if not 0xD800 <= code < 0xE000)
    folding = {char for char in letters if any(part.isascii() for part in char.casefold())}
    assert folding == set(FOLDED_INTO_ASCII)
    han = (chr(code) for code in range(ord("\u4e00"), ord("\u9fff") + 1))
    assert all(char.casefold() == char for char in han)


def test_a_long_list_of_values_is_one_question(desk: Desk, workspace: Workspace) -> None:
    desk.add(*BOILERS)
    wanted = one_of("ledger_no", [f"PL-{n:04d}" for n in range(2, 40_000)])
    assert workspace.count(Boiler, wanted) == 3


def test_order_limit_and_offset(desk: Desk, workspace: Workspace) -> None:
    desk.add(*BOILERS)
    found = workspace.find(Boiler, order="div_code,-ledger_no", limit=2, offset=1)
    assert [item.ledger_no for item in found] == ["PL-0002", "PL-0001"]
    assert workspace.uids(Boiler, order="-ledger_no") == [item.uid for item in reversed(BOILERS)]
    with pytest.raises(Invalid):
        workspace.find(Boiler, order="colour")


def test_counts_and_sums_come_together(desk: Desk, workspace: Workspace) -> None:
    desk.add(*BOILERS)
    counted = workspace.tally(Boiler, ["status"], "rated_tph", equal(div_code="620802"))
    assert counted == [("cleared", 1, 4.2), ("suspect", 1, 2.0)]
    assert workspace.tally("boiler", [], "rated_tph") == [(4, pytest.approx(6.9))]


def test_a_record_is_found_by_uid_key_and_beginning_of_uid(desk: Desk, workspace: Workspace) -> None:
    desk.add(*BOILERS)
    one = BOILERS[1]
    for ident in (one.uid, one.ledger_no, one.uid[:13]):
        found = workspace.by_key(Boiler, ident)
        assert found is not None
        assert found.uid == one.uid
    assert workspace.by_key(Boiler, "PL-9999") is None
    assert workspace.by_key("boiler", one.uid[:2]) is None


def test_two_records_of_one_key_are_not_guessed(desk: Desk, workspace: Workspace) -> None:
    paper = {"owner_entity": "boiler", "owner": "x", "kind": "other", "added_by": "u", "size": 1}
    from app.domain.entities.papers import Attachment

    rows = [
        Attachment(
            uid=new_uid(), file_name=name, sha256="a" * 64, added_at="2026-11-23T10:00:00.000Z", **paper
        )
        for name in ("a.jpg", "b.jpg")
    ]
    desk.add(*rows)
    with pytest.raises(Invalid) as caught:
        workspace.by_key(Attachment, "a" * 64)
    assert caught.value.code == "ambiguous"


def test_columns_hold_what_the_records_hold(desk: Desk, workspace: Workspace) -> None:
    cells = [cell(f"C{n}", 106.0 + n * 0.1, 35.0, clipped=n % 2 == 0) for n in range(10)]
    desk.add(*cells, cell("empty").replace(geometry=None))
    every = workspace.columns(GridCell, ["grid_code", "clipped"])
    assert len(every) == 11
    assert every.geometry[10] is None
    assert every.values["clipped"].tolist() == [*(n % 2 == 0 for n in range(10)), None]
    some = workspace.columns("grid_cell", ["grid_code"], (106.2, 34.9, 106.4, 35.1))
    assert some.values["grid_code"].tolist() == ["C2", "C3", "C4"]
    assert some.uids == [item.uid for item in cells[2:5]]
    assert [shape.equals(item.geometry) for shape, item in zip(some.geometry, cells[2:5], strict=True)]
    none = workspace.columns(GridCell, ["grid_code"], (0, 0, 1, 1), equal(kind="regular"))
    assert (len(none), none.values["grid_code"].dtype) == (0, np.dtype(object))


def test_columns_follow_what_moves_and_what_goes(desk: Desk, workspace: Workspace) -> None:
    one, two = boiler("PL-1"), boiler("PL-2", geometry=None)
    desk.add(one, two)
    desk.edit(one, geometry=None)
    desk.edit(two, geometry=Point(105.0, 35.0))
    assert workspace.columns(Boiler, [], (106, 35, 107, 36)).uids == []
    assert workspace.columns(Boiler, [], (104, 34, 106, 36)).uids == [two.uid]
    assert workspace.extent(Boiler) == pytest.approx((105.0, 35.0, 105.0, 35.0), abs=1e-4)
    found = workspace.get(Boiler, two.uid)
    assert found is not None
    desk.remove(found)
    assert workspace.extent(Boiler) is None
    assert workspace.columns(Boiler, ["note"]).uids == [one.uid]


def test_attributes_have_columns_without_geometry(desk: Desk, workspace: Workspace) -> None:
    desk.add(village("620802001001"))
    from app.domain.entities.people import Org

    desk.add(Org(uid=new_uid(), name="平凉市生态环境局", aliases=("市环保局",)))
    found = workspace.columns(Org, ["name", "aliases"])
    assert found.geometry.tolist() == [None]
    assert found.values["aliases"].tolist() == [("市环保局",)]
    assert workspace.columns(Division, ["aliases"]).values["aliases"].tolist() == [()]


def test_revision_grows_with_every_change(desk: Desk, workspace: Workspace) -> None:
    one, other = boiler("PL-1"), boiler("PL-2")
    desk.add(one)
    first = workspace.get(Boiler, one.uid)
    assert first is not None
    desk.add(other)
    assert workspace.get(Boiler, one.uid) == first
    desk.edit(first, note="再看")
    second = workspace.get(Boiler, one.uid)
    assert second is not None
    assert second.revision > first.revision


def test_a_duplicate_key_names_the_field_the_value_and_the_records(desk: Desk, workspace: Workspace) -> None:
    there, new = boiler("PL-1"), boiler("PL-1")
    desk.add(there)
    with pytest.raises(Invalid) as caught:
        desk.add(boiler("PL-2"), new)
    assert caught.value.code == "duplicate"
    assert "台账编号" in caught.value.message
    assert "PL-1" in caught.value.message
    (told,) = caught.value.details
    assert isinstance(told, dict)
    assert told == {"field": "ledger_no", "value": "PL-1", "uids": [new.uid, there.uid], "why": told["why"]}
    assert told["why"] == f"PL-1：{new.title()}、{there.title()}"
    assert [item.ledger_no for item in workspace.find(Boiler)] == ["PL-1"]


def test_a_duplicate_within_one_change_set_is_named(desk: Desk) -> None:
    with pytest.raises(Invalid) as caught:
        desk.add(boiler("PL-7"), boiler("PL-8"), boiler("PL-7"))
    assert caught.value.code == "duplicate"
    assert "PL-7" in caught.value.message


def test_who_has_not_seen_a_change_may_not_write_over_it(desk: Desk, workspace: Workspace) -> None:
    one = boiler("PL-1")
    desk.add(one)
    desk.edit(one, rated_tph=4.0)
    with pytest.raises(Changed) as caught:
        desk.edit(one, rated_tph=6.0)
    assert "额定出力" in caught.value.message
    assert "王芳" in caught.value.hint
    assert caught.value.details[0]["now"] == "4"
    desk.edit(one, note="另一个字段")  # nobody touched this field
    found = workspace.get(Boiler, one.uid)
    assert found is not None
    assert (found.rated_tph, found.note) == (4.0, "另一个字段")


def test_who_deletes_must_have_seen_the_whole_record(desk: Desk, workspace: Workspace) -> None:
    one = boiler("PL-1")
    desk.add(one)
    desk.edit(one, note="新情况")
    with pytest.raises(Changed):
        desk.remove(one)
    found = workspace.get(Boiler, one.uid)
    assert found is not None
    desk.remove(found)
    assert workspace.get(Boiler, one.uid) is None
    with pytest.raises(Changed):
        desk.edit(found, note="已不在")


def test_signatures_are_added_and_never_changed(desk: Desk, workspace: Workspace) -> None:
    signature = Approval(
        uid=new_uid(), owner_entity="boiler", owner="x", action="apply", person="u", person_name="王芳",
        role="R3", fingerprint="0" * 64, signed_at="2026-11-23T10:00:00.000Z",
    )  # fmt: skip
    desk.add(signature)
    for attempt in (lambda: desk.edit(signature, opinion="同意"), lambda: desk.remove(signature)):
        with pytest.raises(Invalid) as caught:
            attempt()
        assert caught.value.code == "append_only"
    desk.undo()
    assert workspace.count(Approval) == 0


def test_readers_in_other_threads_see_whole_transactions(desk: Desk, workspace: Workspace) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    done = Event()

    def watch() -> set[int]:
        seen: set[int] = set()
        while not done.is_set():
            seen.add(workspace.count(GridCell))
        return seen | {workspace.count(GridCell)}

    with ThreadPoolExecutor(3) as pool:
        watching = [pool.submit(watch) for _ in range(3)]
        for batch in range(5):
            desk.add(*(cell(f"{batch}-{n}") for n in range(200)))
        done.set()
        seen = set().union(*(future.result() for future in watching))
    assert seen <= {0, 200, 400, 600, 800, 1000}
    assert START.tzinfo is not None


@pytest.mark.parametrize(
    "values",
    [
        {"note": "half \ud840 a character"},
        {"unit_count": 2**70},
        {"commissioned": "2018-13"},
        {"commissioned": "2018年"},
        {"user_org": "长" * 81},
        {"rated_tph": float("nan")},
        {"fuel": "wood"},
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_refused_before_anything_is_written(
    desk: Desk, workspace: Workspace, values: dict[str, object]
) -> None:
    with pytest.raises(Invalid) as caught:
        desk.add(boiler("PL-1"), boiler("PL-2", **values))
    assert caught.value.message
    assert workspace.transactions() == []


def test_a_change_set_without_a_change_has_no_transaction(desk: Desk, workspace: Workspace) -> None:
    assert desk.commit().touched == {}
    assert workspace.transactions() == []


def test_a_workspace_given_by_a_relative_path_or_a_link_is_one_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = file.with_name("link.gpkg")
    link.symlink_to(file)
    monkeypatch.chdir(file.parent)
    with Workspace.open(file.name) as workspace:
        monkeypatch.chdir("/")
        Desk(workspace).add(boiler("PL-1"))
        with pytest.raises(StoreFailure) as caught:
            Workspace.open(link)
        assert caught.value.code == "in_use"
