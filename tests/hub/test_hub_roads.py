"""The quick road and the careful one give the same rows, log, digests and answers, whatever a batch holds."""

from __future__ import annotations

import gc
import itertools
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entities.people import Org
from app.hub import conflicts, deciding, desk, founding
from app.hub.admitting import Unfit, admitted, admitted_alike
from app.hub.hub import Hub
from app.hub.records import cells_of
from app.litter import LARGE, undisturbed
from hub.office_hub import CITY, COUNTY, NOON, PEOPLE, TOWN, TOWN2, HubBench, Laptop, boiler, person, wkb

PLACES = [(TOWN, "R2"), (CITY, "R0")]
STATES = ("suspect", "registered", "planned", "cleared", "retained")


@dataclass(frozen=True)
class Bureau:
    """A closed hub that every example begins from, its laptops, and the records in it."""

    folder: Path
    laptops: list[Laptop]
    uids: list[str]


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    folder = tmp_path_factory.mktemp("roads") / "hub"
    hub = Hub.init(folder, None, CITY, [], None, now=NOON)
    everybody = [person(name) for name in PEOPLE]
    founding.begin(hub.database, hub._keys, CITY, everybody, int(NOON.timestamp() * 1000))
    bench = HubBench(hub)
    laptops = [bench.laptop(*place) for place in PLACES]
    writer = bench.laptop(CITY, "R0")
    records = [
        boiler(status=status, origin="migrated", div_code=(TOWN, TOWN2, COUNTY)[number % 3])
        for number, status in enumerate(STATES * (RECORDS // len(STATES)))
    ]
    writer.act("city", "add", "搬入")
    for record in [*records, Org(uid=new_uid(), name="单位")]:
        writer.insert(record)
    assert writer.push().accepted == len(records) + 1
    for laptop in laptops:
        laptop.pull()
    hub.close()
    return Bureau(folder, laptops, [record.uid for record in records])


CELLS: dict[str, st.SearchStrategy[Any]] = {
    "note": st.sampled_from(["一", "二", "", None, "\0", 3]),
    "coal_t": st.sampled_from([1.0, 2, -0.0, -5.0, "3", None]),
    "usage": st.sampled_from(["heating", "bath_catering", "nonsense", None]),
    "commissioned": st.sampled_from(["2010-05", "2010-5", None]),
    "geometry": st.sampled_from([wkb(106.0, 35.5), wkb(106.2, 35.6), wkb(500.0, 35.0), None, b"x"]),
    "ledger_no": st.sampled_from(["KT-1", "KT-2", None]),
    "div_code": st.sampled_from([TOWN, TOWN2, "620826", None]),
    "status": st.sampled_from(STATES),
    "round_no": st.sampled_from([1, 2]),
    "cleared_on": st.just("2026-11-01"),
    "unheard_of": st.just("x"),
}
FEW = st.dictionaries(st.sampled_from(["note", "coal_t", "usage"]), st.none(), min_size=1, max_size=2)
MANY = st.dictionaries(st.sampled_from(sorted(CELLS)), st.none(), max_size=4)
NAMES = st.one_of(FEW, FEW, FEW, FEW, MANY)
WORDS = NAMES.flatmap(lambda names: st.fixed_dictionaries({name: CELLS[name] for name in names}))
RECORDS = 30
WHICH = st.one_of(st.integers(0, RECORDS - 1), st.integers(0, RECORDS - 1), st.integers(0, 3))
FRESH = st.sampled_from([True, True, True, False])
ENTRY = st.tuples(st.sampled_from("uuuiid"), WHICH, WORDS, FRESH)
ACT = st.tuples(
    st.sampled_from(["officer"] * 4 + ["city"] * 3 + ["clerk", "inspector", "chief", "stranger", "nobody"]),
    st.sampled_from(["", "搬入"]),
    st.lists(ENTRY, min_size=1, max_size=8),
    st.sampled_from([False] * 7 + [True]),
)
BATCH = st.tuples(st.integers(0, 1), st.lists(ACT, min_size=1, max_size=6))


def written(bureau: Bureau, bench: HubBench, batch: Any) -> tuple[Laptop, bytes]:
    """A batch as one of the laptops would send it, and the laptop."""
    who, acts = batch
    laptop = replace(bureau.laptops[who], bench=bench, _acts=[], _entries=[], _views=[])
    seen, before = dict(laptop.view), None
    for login, reason, entries, undoes in acts:
        stranger = {} if login in PEOPLE else {"person": "00000000-0000-4000-8000-00000000eeee"}
        undone = before if undoes else None
        act = laptop.act(login if login in PEOPLE else "officer", "edit", reason, undone, **stranger)
        before = act.uid
        for op, number, cells, fresh in entries:
            laptop.view = seen if fresh else {}
            uid = bureau.uids[number]
            if op == "i":
                uid = new_uid() if fresh else uid
                given = {"ledger_no": f"N-{number}"} if number < 3 else {}
                cells = {**cells_of(boiler(status="suspect")), **given, **cells}
            laptop.write("boiler", uid, op, {} if op == "d" else cells)
    return laptop, laptop.batch()


def edits_of(*pairs: tuple[int, str]) -> Any:
    """A batch of the town's officer: notes on records seen as they are."""
    return 0, [("officer", "", [("u", number, {"note": words}, True) for number, words in pairs], False)]


@contextmanager
def roads(patch: pytest.MonkeyPatch, *, quick: bool) -> Iterator[None]:
    """New records of the hub's own get the same uids both times; without `quick` everything is weighed."""
    numbers = itertools.count(1)

    def numbered() -> str:
        return f"{next(numbers):08x}-1111-4111-8111-111111111111"

    with patch.context() as here:
        here.setattr(conflicts, "new_uid", numbered)
        here.setattr(desk, "new_uid", numbered)
        if not quick:
            here.setattr(deciding.Uncontested, "has", lambda *_: False)
            here.setattr(deciding.Uncontested, "take", lambda *_: 0)
            here.setattr(deciding.Deciding, "_is_simple", lambda *_: False)
        yield


def books(folder: Path) -> dict[str, list[Any]]:
    """Everything in the hub's database."""
    with closing(sqlite3.connect(folder / "hub.db")) as base:
        names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(base.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}


@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a batch takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(first=BATCH, second=BATCH)
@example(first=edits_of((6, "一"), (3, "一")), second=edits_of((0, "一")))  # one of them is cleared
@example(first=edits_of((0, "一"), (6, "一"), (0, "二")), second=edits_of((0, "三")))  # one comes twice
def test_both_roads_decide_the_same(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: Any, second: Any
) -> None:
    told = []
    bodies: list[bytes] = []
    second = (1 - first[0], second[1])
    for quick in (True, False):
        folder = tmp_path / f"quick{quick}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(bureau.folder, folder)
        hub = Hub.open(folder)
        bench = HubBench(hub)
        if not bodies:
            bodies = [written(bureau, bench, batch)[1] for batch in (first, second)]
        with roads(monkeypatch, quick=quick):
            answers = [hub.push(body, NOON) for body in bodies]
        bench.check()
        hub.close()
        told.append((answers, books(folder)))
    assert told[0][0] == told[1][0]
    for name, rows in told[0][1].items():
        assert rows == told[1][1][name], name


def test_what_nobody_contests_is_not_weighed(bench: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = bench.laptop()
    kept, gone = laptop.enter(), laptop.enter()
    laptop.push()
    laptop.pull()
    weighed: list[Any] = []
    monkeypatch.setattr(deciding.Deciding, "_group", lambda self, *given: weighed.append(given))
    laptop.edit("officer", kept.uid, note="一")
    laptop.delete("officer", gone.uid)
    laptop.enter()
    assert laptop.push().accepted == 3
    assert not weighed
    bench.check()


@settings(deadline=None)
@given(st.lists(st.sampled_from("ui"), min_size=1, max_size=1), st.data())
def test_fields_are_admitted_alike_one_by_one_and_together(op: list[str], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(CELLS)), unique=True, max_size=5))
    every = data.draw(st.lists(st.fixed_dictionaries({n: CELLS[n] for n in names}), min_size=1, max_size=6))
    if op == ["i"]:
        without = data.draw(st.sets(st.sampled_from(["status", "round_no", "ledger_no", "origin"])))
        whole = {name: value for name, value in cells_of(boiler()).items() if name not in without}
        every = [{**whole, **cells} for cells in every]

    def alone(cells: dict[str, Any]) -> Any:
        try:
            return list(map(repr, admitted(Boiler.TYPE, op[0], cells).items()))
        except Unfit:
            return None

    found = admitted_alike(Boiler.TYPE, op[0], list(every[0]), every)
    together = [None if cells is None else list(map(repr, cells.items())) for cells in found]
    assert together == [alone(cells) for cells in every]


@pytest.mark.usefixtures("collector")
def test_the_collector_rests_until_the_last_large_push_is_over() -> None:
    assert gc.isenabled()
    with undisturbed(LARGE):
        with undisturbed(LARGE), undisturbed(1):
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
