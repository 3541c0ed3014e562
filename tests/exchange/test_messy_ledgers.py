"""Ledgers of many seeds in every format: columns, values, rows, questions, places and undo, as their maker
knows them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from shapely import Point, to_wkb

from app.actions.history import undo
from app.actions.imports import ImportRequest, import_records, preview
from app.actions.people import actor_of, find_person, new_person
from app.actions.session import Session
from app.bootstrap import create_workspace
from app.domain.catalog import entity_type
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.exchange.grid import column_number
from app.exchange.headings import XY, X
from app.exchange.options import ImportContext, ImportOptions
from app.exchange.plan import plan_file
from exchange_cases import TODAY, area
from messy_ledgers import FORMATS, make_ledger, worst_m
from messy_rows import RowKey, Truth, divisions

FILES = 336  # every format with every notation it can have
PLAIN = {"rated_mw", "due_text"}  # follow from other columns


@dataclass(frozen=True)
class Read:
    """A ledger with its truth and the documents of two dry runs: nothing answered, and all that was asked."""

    path: Path
    truth: Truth
    open: dict[str, Any]
    answers: dict[str, str]
    settled: dict[str, Any]

    def columns(self) -> Iterator[tuple[str, str]]:
        """The field each column means, and the one it was taken for."""
        letters, headings = {}, {}
        for line in self.settled["mapping"]:
            letters[column_number(line["column"])] = headings[line["heading"]] = line["field"] or ""
        for column, name in self.truth.fields.items():
            heading = self.truth.headings[column].strip()
            if self.truth.form == "kml":  # a column nobody filled in is not there, and the order is GDAL's
                if heading in headings:
                    yield name, headings[heading]
                continue
            found = letters.get(column, "")
            yield name, XY if name == XY and found in (X, "y") else found

    @property
    def understood(self) -> bool:
        """Whether every column was taken for what it is: names cut to three letters may be anything."""
        return all(name == found for name, found in self.columns())

    def actions(self) -> dict[RowKey, list[dict[str, Any]]]:
        """The records of each row."""
        found: dict[RowKey, list[dict[str, Any]]] = {}
        for line in self.settled["rows"]:
            found.setdefault((line["sheet"], line["row"]), []).append(line)
        return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture(scope="module")
def ledgers(folder: Path) -> list[Read]:
    return [_read(folder, seed) for seed in range(FILES)]


def _read(folder: Path, seed: int) -> Read:
    path, truth = make_ledger(folder, seed)
    unanswered = _dry_run(path, truth, {})
    asked = {question["code"] for question in unanswered["ask"]}
    answers = {code: choice for code, choice in truth.answers.items() if code in asked}
    settled = _dry_run(path, truth, answers) if answers else unanswered  # the same file, the same answers
    return Read(path, truth, unanswered, answers, settled)


def _dry_run(path: Path, truth: Truth, answers: dict[str, str]) -> dict[str, Any]:
    known = ImportContext(entity_type("boiler"), _held(truth), divisions(), area(), TODAY)
    made = plan_file(path, known, ImportOptions(answers=answers))
    return made.report.to_json(made.kind, rows=True)


def _held(truth: Truth) -> list[Boiler]:
    """The boilers that are there before the file comes."""
    found = []
    for (sheet, row), (_, values) in truth.existing.items():
        place = Point(*truth.places[sheet, row])
        found.append(
            Boiler(uid=f"{sheet}-{row}", geometry=place, status="suspect", origin="imported", **values)
        )
    return found


def test_there_are_files_of_every_format_and_notation(ledgers: list[Read]) -> None:
    forms = {read.truth.form for read in ledgers}
    assert forms == set(FORMATS)
    assert len({read.truth.notation.name for read in ledgers}) >= 30
    assert len(ledgers) >= 300


def test_columns_are_recognised(ledgers: list[Read]) -> None:
    pairs = [pair for read in ledgers for pair in read.columns()]
    right = sum(name == found for name, found in pairs)
    assert right >= 0.95 * len(pairs)
    tables = [pair for read in ledgers if read.truth.form != "shp" for pair in read.columns()]
    assert sum(name == found for name, found in tables) >= 0.995 * len(tables)


def test_every_row_is_accounted_for(ledgers: list[Read]) -> None:
    for read in ledgers:
        truth, document = read.truth, read.settled
        records = set(read.actions())
        refused = {(line["sheet"], line["row"]) for line in document["refused"]}
        dropped = {(line["sheet"], line["row"]) for line in document["skipped"]}
        every = {*truth.rows, *truth.refused, *truth.skipped}
        assert records | refused | dropped == every, truth.seed
        assert len(records) + len(refused) + len(dropped) == len(every), truth.seed
        assert document["added"] + document["changed"] + document["unchanged"] == len(document["rows"])
        assert document["read"] == len(records) + len(refused), truth.seed
        if read.understood:
            assert (records, dropped) == (set(truth.rows), truth.skipped), truth.seed


def test_wrong_cells_are_refused_for_what_they_are(ledgers: list[Read]) -> None:
    for read in ledgers:
        if not read.understood:
            continue
        codes = {(line["sheet"], line["row"]): line["code"] for line in read.settled["refused"]}
        assert codes == read.truth.refused, read.truth.seed
        assert read.settled["duplicates"] == list(read.truth.refused.values()).count("duplicate")


def test_every_row_has_its_values_and_is_new_changed_or_unchanged(ledgers: list[Read]) -> None:
    for read in ledgers:
        known = {found for _, found in read.columns()} | PLAIN
        for key, lines in read.actions().items() if read.understood else ():
            wanted = read.truth.rows[key]
            what = read.truth.existing.get(key, ("add",))[0]
            assert [line["action"] for line in lines] == [what] * len(wanted), (read.truth.seed, key)
            for line, expected in zip(lines, wanted, strict=True):
                more = {"div_code"} if what == "add" else set()
                _same(line["values"], {k: v for k, v in expected.items() if k in known | more}, read, key)


def _same(found: dict[str, Any], expected: dict[str, Any], read: Read, key: RowKey) -> None:
    for name, value in expected.items():
        near = pytest.approx(value, abs=1e-3) if isinstance(value, float) else value
        assert found.get(name) == near, (read.truth.seed, key, name)


def test_what_must_be_asked_is_asked_and_answers_settle_it(ledgers: list[Read]) -> None:
    for read in ledgers:
        codes = {question["code"] for question in read.open["ask"]}
        assert not read.understood or read.truth.asks <= codes, read.truth.seed
        assert read.settled["ask"] == [], read.truth.seed


def test_the_coordinate_system_is_right_or_asked_about(ledgers: list[Read]) -> None:
    silent = []
    for read in ledgers:
        codes = {question["code"] for question in read.open["ask"]}
        if _away(read, read.open) > read.truth.notation.near_m and not codes & {"crs", "zone", "axes"}:
            silent.append(read.truth.seed)
        if read.truth.notation.system in ("gcj02", "bd09") and read.truth.places:
            assert "crs" in codes or not read.actions(), read.truth.seed
    assert len(silent) <= 0.01 * len(ledgers), silent


def test_answered_positions_are_where_they_are(ledgers: list[Read]) -> None:
    for read in ledgers:
        assert _away(read, read.settled) <= read.truth.notation.near_m, read.truth.seed


def _away(read: Read, document: dict[str, Any]) -> float:
    lines = [line for line in document["rows"] if (line["sheet"], line["row"]) in read.truth.places]
    placed = [line for line in lines if line["x"] is not None]
    points = [(line["x"], line["y"]) for line in placed]
    return worst_m(points, [read.truth.places[line["sheet"], line["row"]] for line in placed])


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A workspace of the whole city with a person of the city's bureau signed in."""
    session = create_workspace(tmp_path_factory.mktemp("city") / "市.gpkg", "620800", "admin", "246810")
    session.commit([insert(new_person(session, "city", "R5", "", "620800", "246810"))], "user_add")
    person = find_person(session, "city")
    assert person is not None
    session.actor = actor_of(person)
    yield session
    session.close()


def test_undo_leaves_every_byte_as_it_was(ledgers: list[Read], city: Session) -> None:
    empty = _bytes(city)
    for read in ledgers[::3]:  # every format: undo looks at rows, which come in all of them
        held = _held(read.truth)
        if held:
            city.commit([insert(record) for record in held], "add")
        before = _bytes(city)
        plan = preview(city, ImportRequest("boiler", read.path, ImportOptions(answers=read.answers)))
        done = import_records(city, plan)
        if done.committed is not None:
            assert _bytes(city) != before, read.truth.seed
            undo(city)
        assert _bytes(city) == before, read.truth.seed
        if held:
            undo(city)
        assert _bytes(city) == empty, read.truth.seed


def _bytes(session: Session) -> str:
    """A sum over every value and the very bytes of every place."""
    lines = sorted(
        repr((record.uid, sorted(record.values().items()), _wkb(record)))
        for record in session.workspace.find(Boiler)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _wkb(record: Boiler) -> bytes:
    return b"" if record.geometry is None else bytes(to_wkb(record.geometry))
