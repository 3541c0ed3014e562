"""What comes in from the hub: every rule of a fold, and what a broken or killed one leaves behind."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from shapely.geometry import Point

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.people import Org
from app.domain.filters import EVERYTHING
from app.domain.replication import Act, Block, Effect
from app.errors import AppError, StoreFailure
from app.store import chain
from app.store.workspace import Workspace
from store.records import START, boiler, cell, foreign, village
from store.replicas import OTHER, ROOT, TOWN, Laptop, TinyHub, cells_in, facts, sha_of

Lend = Callable[..., Laptop]
FAR = Act(
    new_uid(),
    "dev-far",
    "u-far",
    "远方",
    "R2",
    "镇",
    "edit",
    "核实",
    None,
    1 << 40,
    "2026-11-23T02:30:00.000Z",
)


def effect(uid: str, op: str, dseq: int = 1, **cells: object) -> Effect:
    return Effect(0, dseq, "boiler", uid, op, cells)  # type: ignore[arg-type]


def whole(ledger_no: str, **cells: object) -> dict[str, object]:
    return {"ledger_no": ledger_no, "div_code": TOWN, "status": "suspect", "round_no": 1, **cells}


def sent(hub: TinyHub, *effects: Effect, area: str = TOWN, act: Act = FAR) -> Block:
    """Write effects into the log and the hub's rows, as if another laptop had sent them."""
    for item in effects:
        place = (item.entity, item.uid)
        if item.op == "d":
            hub.rows.pop(place, None)
            hub.areas.pop(place, None)
        elif item.op != "n":
            new = {**(hub.rows.get(place, {}) if item.op == "u" else {}), **item.cells}
            hub.rows[place] = {name: value for name, value in new.items() if value is not None}
            hub.areas[place] = area
    return hub.write(act, effects, area, "dev-far", 1)


# ---------------------------------------------------------------- plain folding
def test_what_another_did_shows_with_their_name_and_laptop(lend: Lend) -> None:
    laptop, uid = lend("dev-a"), new_uid()
    point = shapely.to_wkb(Point(106.7, 35.5), byte_order=1)
    sent(laptop.hub, effect(uid, "i", **whole("PL-1", rated_tph=2.0, pressurized=True, geometry=point)))
    sent(laptop.hub, effect(uid, "u", note="核实过", rated_tph=None, pressurized=False))
    laptop.pull()
    held = laptop.workspace.get(Boiler, uid)
    assert held is not None
    assert (held.note, held.rated_tph, held.pressurized, held.geometry) == (
        "核实过",
        None,
        False,
        Point(106.7, 35.5),
    )
    newest, oldest = laptop.workspace.history(Boiler, uid)
    assert (newest.person, newest.device, newest.reason, newest.at) == ("远方", "dev-far", "核实", FAR.wall)
    assert {item.field: (item.before, item.after) for item in newest.changes} == {
        "note": (None, "核实过"), "rated_tph": (2.0, None), "pressurized": (True, False),
    }  # fmt: skip
    assert (oldest.operation, oldest.transaction, held.revision) == ("insert", FAR.uid, newest.seq)
    assert laptop.workspace.columns(Boiler, ["note"], (106.6, 35.4, 106.8, 35.6)).uids == [uid]
    assert laptop.agrees()
    report = laptop.workspace.check()
    assert report.ok, report.findings
    sent(laptop.hub, effect(uid, "d"))
    assert laptop.pull().settled == 0
    assert laptop.workspace.count(Boiler) == 0
    assert laptop.agrees()
    assert laptop.workspace.check().ok
    assert laptop.replica.pending().changes == 0


def test_texts_and_whole_numbers_come_as_they_are(lend: Lend) -> None:
    laptop, uid = lend("dev-a"), new_uid()
    cells = {"name": "平凉一中", "aliases": ["一中", "老一中"]}
    laptop.hub.rows[("org", uid)], laptop.hub.areas[("org", uid)] = dict(cells), ROOT
    laptop.hub.write(FAR, [Effect(0, 1, "org", uid, "i", cells)], ROOT)
    laptop.pull()
    held = laptop.workspace.get(Org, uid)
    assert held is not None and held.aliases == ("一中", "老一中")
    assert laptop.replica.confirmed("org", uid) == cells
    assert laptop.agrees()
    assert laptop.workspace.check().ok


def test_many_changes_of_one_record_in_one_step(lend: Lend) -> None:
    laptop, uid, other = lend("dev-a"), new_uid(), new_uid()
    sent(
        laptop.hub,
        effect(uid, "i", **whole("PL-1")), effect(uid, "u", note="一"), effect(uid, "d"),
        effect(uid, "i", **whole("PL-1", note="二")), effect(other, "i", **whole("PL-2")), effect(other, "d"),
        effect(uid, "u", note="三", model="DZL"), effect(uid, "u", model=None),
    )  # fmt: skip
    laptop.pull()
    held = laptop.workspace.get(Boiler, uid)
    assert held is not None and (held.note, held.model) == ("三", None)
    assert len(laptop.workspace.history(Boiler, uid)) == 6
    assert laptop.workspace.count(Boiler) == 1
    assert laptop.agrees()
    assert laptop.workspace.check().ok


def test_a_kind_this_program_does_not_know_is_passed_over(lend: Lend) -> None:
    laptop = lend("dev-a")
    block = laptop.hub.write(FAR, [Effect(0, 1, "satellite", new_uid(), "i", {"x": 1})], TOWN)
    laptop.pull()
    assert laptop.replica.cursors()[TOWN].seq == block.last
    assert laptop.workspace.check().ok


def test_divisions_and_cells_come_to_everybody_below(lend: Lend) -> None:
    one, two = lend("dev-a"), lend("dev-b", area=TOWN)
    one.desk.add(village("620802105001"), cell("C1", div_code=TOWN), cell("C2", div_code=OTHER))
    one.sync()
    two.pull(two.replica.scope.readable(one.hub.logs))
    assert two.workspace.count(Division) == 1
    assert [item.grid_code for item in two.workspace.find("grid_cell")] == ["C1"]
    assert two.agrees()


# ---------------------------------------------------------------- order and repetition
def filled(hub: TinyHub, number: int) -> Block:
    return sent(hub, *(effect(new_uid(), "i", part + 1, **whole(f"PL-{part}")) for part in range(number)))


def test_again_and_overlapping_is_counted_once(lend: Lend) -> None:
    laptop = lend("dev-a")
    block = filled(laptop.hub, 10)
    head = laptop.hub.logs[TOWN].head
    calls: list[int] = []

    class Stop(Exception):
        pass

    def stop() -> None:
        calls.append(laptop.workspace.count(Boiler))
        raise Stop

    with pytest.raises(Stop):
        laptop.replica.fold(block, head, step=4, between=stop)
    assert calls == [4]
    assert (
        laptop.replica.cursors()[TOWN].seq == 0
    )  # by whole blocks, so that the same block is asked for again
    laptop.replica.fold(block, head, step=4, body_sha256=sha_of(block))
    assert laptop.workspace.count(Boiler) == 10
    assert laptop.replica.cursors()[TOWN] == type(laptop.replica.cursors()[TOWN])(
        10, head, laptop.hub.digest(TOWN)
    )
    for _ in range(2):
        assert laptop.replica.fold(block, head).touched == {}
    assert laptop.agrees()
    assert laptop.workspace.check().ok


def test_a_gap_is_refused(lend: Lend) -> None:
    laptop = lend("dev-a")
    filled(laptop.hub, 2)
    second = sent(laptop.hub, effect(new_uid(), "i", **whole("PL-9")))
    with pytest.raises(StoreFailure) as caught:
        laptop.replica.fold(second, laptop.hub.logs[TOWN].head)
    assert caught.value.code == "gap"
    assert laptop.replica.cursors() == {}
    assert laptop.workspace.count(Boiler) == 0


def test_another_log_is_refused(lend: Lend) -> None:
    laptop = lend("dev-a")
    block = filled(laptop.hub, 2)
    head = laptop.hub.logs[TOWN].head
    for attempt in (
        lambda: laptop.replica.fold(block, b"x" * 32, body_sha256=sha_of(block)),
        lambda: laptop.replica.fold(block, head, body_sha256=b"y" * 32),
    ):
        with pytest.raises(StoreFailure) as caught:
            attempt()
        assert caught.value.code == "wrong_head"
    assert laptop.workspace.count(Boiler) == 0
    laptop.replica.fold(block, head)
    with pytest.raises(StoreFailure) as caught:
        laptop.replica.fold(block, b"x" * 32)  # the hub tells another past
    assert caught.value.code == "wrong_head"


def test_a_block_that_began_before_and_ends_later_is_of_another_log(lend: Lend) -> None:
    """A hub that was brought back from a backup has put other changes where this laptop has seen its own."""
    laptop = lend("dev-a")
    block = filled(laptop.hub, 2)
    laptop.replica.fold(block, laptop.hub.logs[TOWN].head, body_sha256=sha_of(block))
    anew = TinyHub()
    longer = filled(anew, 5)
    with pytest.raises(StoreFailure) as caught:
        laptop.replica.fold(longer, anew.logs[TOWN].head, body_sha256=sha_of(longer))
    assert caught.value.code == "wrong_head"
    assert laptop.workspace.count(Boiler) == 2


KILLED = """
import pickle, sys
from pathlib import Path
sys.path[:0] = [".", "tests"]
from app.store import chain
from app.store.workspace import Workspace
block, head = pickle.loads(Path(sys.argv[2]).read_bytes())
workspace = Workspace.open(Path(sys.argv[1]))
workspace.replica.fold(block, head, step=7, between=lambda: (print("step", flush=True), input()))
print("done", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is Unix")
def test_a_killed_fold_goes_on_where_it_stood(file: Path, tmp_path: Path) -> None:
    hub = TinyHub()
    with Workspace.open(file) as workspace:
        workspace.replica.enrol(facts("dev-a"))
    block = filled(hub, 400)
    packet = tmp_path / "block"
    packet.write_bytes(pickle.dumps((block, hub.logs[TOWN].head)))
    told = ""
    for kill_after in (1, 4, 9, 16):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(file), str(packet)],
            cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as program:  # fmt: skip
            assert program.stdin is not None and program.stdout is not None
            for _ in range(kill_after):
                told = program.stdout.readline()
                program.stdin.write("\n")  # it may take one more step: the last is killed in the middle
                program.stdin.flush()
            program.send_signal(signal.SIGKILL)
        with Workspace.open(file) as workspace:
            report = workspace.check()
            assert report.ok, report.findings
            assert workspace.count(Boiler) % 7 == 0
            assert workspace.replica.recount().get(TOWN, 0) == workspace.replica.cursors()[TOWN].digest
            assert workspace.external_count() == 0
    assert told == "step\n"
    with Workspace.open(file) as workspace:
        workspace.replica.fold(block, hub.logs[TOWN].head)
        assert workspace.count(Boiler) == 400
        assert workspace.replica.cursors()[TOWN].digest == hub.digest(TOWN)
        assert workspace.check().ok


def test_somebody_may_write_between_the_steps(lend: Lend) -> None:
    laptop = lend("dev-a")
    block = filled(laptop.hub, 30)
    uid = block.effects[25].uid
    first = block.effects[0].uid

    def write() -> None:
        held = laptop.workspace.get(Boiler, first)
        assert held is not None
        laptop.desk.edit(held, note=f"{held.note or ''}记")

    laptop.replica.fold(block, laptop.hub.logs[TOWN].head, step=10, between=write)
    assert laptop.workspace.get(Boiler, first).note == "记记"
    assert laptop.workspace.get(Boiler, uid) is not None
    assert (
        laptop.replica.recount().get(TOWN, 0)
        == laptop.replica.cursors()[TOWN].digest
        == laptop.hub.digest(TOWN)
    )
    assert laptop.workspace.check().ok
    laptop.sync()
    assert laptop.agrees()


def test_an_edit_by_another_program_between_two_folds_is_seen_as_one(lend: Lend) -> None:
    laptop = lend("dev-a")
    filled(laptop.hub, 2)
    laptop.pull()
    foreign(laptop.workspace.path, "UPDATE 燃煤锅炉 SET note = '外部'")
    sent(laptop.hub, effect(new_uid(), "i", **whole("PL-9")))
    laptop.pull()
    assert laptop.workspace.external_count() == 2
    assert laptop.agrees()
    assert laptop.workspace.check().ok


def test_a_failing_step_leaves_nothing_half_written(lend: Lend, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = lend("dev-a")
    block = filled(laptop.hub, 4)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(chain, "link_runs", full)
        with pytest.raises(AppError) as caught:
            laptop.replica.fold(block, laptop.hub.logs[TOWN].head)
    assert caught.value.code == "disk_full"
    assert (laptop.workspace.count(Boiler), laptop.replica.cursors()) == (0, {})
    assert laptop.workspace.check().ok
    laptop.pull()
    assert laptop.agrees()


# ---------------------------------------------------------------- moves between areas
@pytest.mark.parametrize("areas", [(TOWN, OTHER), (OTHER, TOWN)], ids=["leaves first", "enters first"])
def test_a_record_that_another_moved(lend: Lend, areas: tuple[str, str]) -> None:
    one, two = lend("dev-a"), lend("dev-b")
    held = boiler("PL-1", div_code=TOWN, note="甲")
    one.desk.add(held, boiler("PL-2", div_code=OTHER))
    one.sync()
    two.sync()
    one.desk.edit(one.workspace.get(Boiler, held.uid), note="乙")
    one.desk.edit(one.workspace.get(Boiler, held.uid), div_code=OTHER)
    one.desk.edit(one.workspace.get(Boiler, held.uid), model="DZL")
    one.sync()
    for area in areas:
        two.pull([area])
        assert (
            two.replica.recount().get(area, 0) == two.replica.cursors()[area].digest == two.hub.digest(area)
        )
    moved = two.workspace.get(Boiler, held.uid)
    assert moved is not None
    assert (moved.div_code, moved.note, moved.model) == (OTHER, "乙", "DZL")
    for laptop in (one, two):
        assert laptop.agrees()
        assert laptop.workspace.check().ok
        assert laptop.replica.pending().changes == 0


@pytest.mark.parametrize("areas", [(TOWN, OTHER), (OTHER, TOWN)], ids=["leaves first", "enters first"])
def test_an_own_move_never_leaves_sight(lend: Lend, areas: tuple[str, str]) -> None:
    laptop = lend("dev-a")
    held = boiler("PL-1", div_code=TOWN)
    laptop.desk.add(held, boiler("PL-2", div_code=OTHER))
    laptop.sync()
    laptop.desk.edit(laptop.workspace.get(Boiler, held.uid), div_code=OTHER)
    laptop.push()
    for area in areas:
        laptop.pull([area])
        assert laptop.workspace.get(Boiler, held.uid).div_code == OTHER
        assert (
            laptop.replica.recount().get(area, 0)
            == laptop.replica.cursors()[area].digest
            == laptop.hub.digest(area)
        )
    assert laptop.replica.pending().changes == 0
    assert len(laptop.workspace.history(Boiler, held.uid)) == 2
    assert laptop.workspace.check().ok


def test_what_moves_out_of_reach_goes(lend: Lend) -> None:
    city, town = lend("dev-a"), lend("dev-b", area=TOWN)
    held = boiler("PL-1", div_code=TOWN)
    city.desk.add(held)
    city.sync()
    town.pull([TOWN])
    town.desk.edit(town.workspace.get(Boiler, held.uid), div_code=OTHER)
    town.push()
    town.pull([TOWN])
    assert town.workspace.count(Boiler) == 0
    assert town.replica.pending().changes == 0
    assert town.agrees()
    assert town.workspace.check().ok


# ---------------------------------------------------------------- unique values
def test_a_number_given_out_twice_does_not_stop_the_fold(lend: Lend) -> None:
    one, two = lend("dev-a"), lend("dev-b")
    one.desk.add(boiler("PL-9", div_code=TOWN, note="甲"))
    one.sync()
    own = boiler("PL-9", div_code=TOWN, note="乙")
    two.desk.add(own)
    two.pull()
    assert sorted(item.ledger_no for item in two.workspace.find(Boiler))[0] == "PL-9"
    assert two.workspace.get(Boiler, own.uid).ledger_no == "PL-9"
    assert two.workspace.count(Boiler) == 2
    assert two.agrees()
    assert two.workspace.check().ok
    two.hub.rule = lambda entry, row: ("n", {}, "rejected", "duplicate")
    assert two.sync().rejected == 1
    (left,) = two.workspace.find(Boiler)
    assert (left.ledger_no, left.note) == ("PL-9", "甲")
    assert two.agrees()
    report = two.workspace.check()
    assert report.ok, report.findings


def test_two_records_exchange_their_numbers(lend: Lend) -> None:
    laptop, first, second = lend("dev-a"), new_uid(), new_uid()
    sent(laptop.hub, effect(first, "i", **whole("PL-1")), effect(second, "i", **whole("PL-2")))
    laptop.pull()
    sent(
        laptop.hub,
        effect(first, "u", ledger_no="PL-x"),
        effect(second, "u", ledger_no="PL-1"),
        effect(first, "u", ledger_no="PL-2"),
    )
    laptop.pull()
    assert [laptop.workspace.get(Boiler, uid).ledger_no for uid in (first, second)] == ["PL-2", "PL-1"]
    assert laptop.agrees()
    assert laptop.workspace.check().ok


# ---------------------------------------------------------------- leaving
def test_areas_that_do_not_come_here_are_let_go(lend: Lend) -> None:
    laptop = lend("dev-a", area=TOWN)
    laptop.desk.add(
        village("620821100001"),
        boiler("PL-1", div_code=TOWN),
        *(boiler(f"PL-2{n}", div_code=OTHER) for n in range(3)),
    )
    laptop.sync()
    waiting = laptop.workspace.by_key(Boiler, "PL-20")
    assert waiting is not None
    laptop.desk.edit(waiting, note="未发")
    assert laptop.replica.leave([OTHER], START) == 2
    assert sorted(item.ledger_no for item in laptop.workspace.find(Boiler, EVERYTHING)) == ["PL-1", "PL-20"]
    assert set(laptop.replica.cursors()) == {TOWN, ROOT}
    assert laptop.agrees()
    report = laptop.workspace.check()
    assert report.ok, report.findings


def test_an_entry_of_the_hub_is_named_so(lend: Lend) -> None:
    laptop, uid = lend("dev-a"), new_uid()
    act = laptop.hub.hub_act(new_uid(), "conflict")
    cells = {
        "owner_entity": "boiler",
        "owner": new_uid(),
        "kind": "merged",
        "raised_at": "2026-11-23T03:00:00.000Z",
        "proposal": "kept",
        "situation": "open",
    }
    laptop.hub.rows[("conflict", uid)], laptop.hub.areas[("conflict", uid)] = dict(cells), TOWN
    laptop.hub.write(act, [Effect(0, 0, "conflict", uid, "i", cells)], TOWN)
    laptop.pull()
    (entry,) = laptop.workspace.history("conflict", uid)
    assert (entry.person_uid, entry.action) == ("hub", "conflict")
    assert laptop.agrees()
    assert laptop.workspace.check().ok


# ---------------------------------------------------------------- triggers
def test_a_fold_keeps_journal_and_index_by_itself_and_others_are_still_noted(lend: Lend) -> None:
    """Insert, move, empty and delete without triggers; an edit of another program in between is noted."""
    laptop, stays, moves, goes = lend("dev-a"), new_uid(), new_uid(), new_uid()
    here = shapely.to_wkb(Point(106.7, 35.5), byte_order=1)
    there = shapely.to_wkb(Point(107.2, 35.1), byte_order=1)
    for number, uid in enumerate((stays, moves, goes)):
        sent(laptop.hub, effect(uid, "i", **whole(f"PL-{number}", geometry=here)))
    laptop.pull()
    foreign(laptop.workspace.path, "UPDATE 燃煤锅炉 SET note = '外部' WHERE ledger_no = 'PL-0'")
    sent(laptop.hub, effect(moves, "u", geometry=there), effect(goes, "d"), effect(stays, "u", geometry=None))
    laptop.pull()
    assert laptop.workspace.columns(Boiler, [], (107.1, 35.0, 107.3, 35.2)).uids == [moves]
    assert laptop.workspace.columns(Boiler, [], (106.6, 35.4, 106.8, 35.6)).uids == []
    assert [(edit.uid, edit.operation) for edit in laptop.workspace.external_changes()] == [(stays, "update")]
    report = laptop.workspace.check()
    assert report.ok, report.findings
    assert laptop.agrees()


def test_triggers_of_another_program_hear_of_a_fold(lend: Lend) -> None:
    """Such as GDAL's count of features, also when they came while the file was open; ours stand aside."""
    laptop, first, second = lend("dev-a"), new_uid(), new_uid()
    sent(laptop.hub, effect(first, "i", **whole("PL-1")))
    laptop.pull()
    path = laptop.workspace.path
    foreign(path, "CREATE TABLE counted (n INTEGER)")
    foreign(
        path, "CREATE TRIGGER count_them AFTER INSERT ON 燃煤锅炉 BEGIN INSERT INTO counted VALUES (1); END"
    )
    sent(laptop.hub, effect(second, "i", **whole("PL-2")), effect(first, "u", note="一"))
    laptop.pull()
    assert cells_in(path, "SELECT count(*) FROM counted") == [(1,)]
    assert cells_in(path, "SELECT count(*) FROM sync_journal") == [(3,)]
    assert laptop.workspace.external_count() == 0
    assert laptop.workspace.check().ok


def test_a_number_set_apart_and_changed_twice_in_one_block_counts_once(lend: Lend) -> None:
    """Each change after the first counted the step from the number that was set apart once more in the area's
    digest: laptop and hub did not agree any more, though every record was right."""
    laptop, uid = lend("dev-a"), new_uid()
    sent(laptop.hub, effect(new_uid(), "i", **whole("PL-1")))
    laptop.pull()
    sent(laptop.hub, effect(uid, "i", **whole("PL-1")))  # the one who has it gives it back in a later block
    laptop.pull()
    assert laptop.workspace.get(Boiler, uid).ledger_no != "PL-1"  # type: ignore[union-attr]
    sent(laptop.hub, effect(uid, "u", ledger_no="PL-2"), effect(uid, "u", note="核实过"))
    laptop.pull()
    assert laptop.workspace.get(Boiler, uid).ledger_no == "PL-2"  # type: ignore[union-attr]
    assert laptop.agrees()
