"""Ledgers of many seeds: every column, every value, every row and every question as the maker knows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.exchange.grid import column_number
from app.exchange.options import ImportOptions
from app.exchange.plan import plan_file
from exchange_cases import context
from messy_ledgers import Truth, make_ledger, worst_m

SEEDS = 50


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Truth, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("ledgers")
    made = [make_ledger(folder, seed) for seed in range(1000, 1000 + SEEDS)]
    return [(truth, _unanswered(path)) for path, truth in made]


def _unanswered(path: Path) -> dict[str, Any]:
    """The JSON of a dry run for which nothing was answered or remembered."""
    made = plan_file(path, context(), ImportOptions())
    return made.report.to_json(made.kind, rows=True)


def test_columns_are_recognised(ledgers: list[tuple[Truth, dict[str, Any]]]) -> None:
    right = total = 0
    for truth, document in ledgers:
        found = {column_number(line["column"]): line["field"] or "" for line in document["mapping"]}
        total += len(truth.fields)
        right += sum(found.get(column, "") == name for column, name in truth.fields.items())
    assert right >= 0.98 * total


def test_every_row_has_its_values(ledgers: list[tuple[Truth, dict[str, Any]]]) -> None:
    for truth, document in ledgers:
        rows: dict[int, list[dict[str, Any]]] = {}
        for line in document["rows"]:
            rows.setdefault(line["row"], []).append(line["values"])
        assert set(rows) == set(truth.rows), truth.seed
        for number, wanted in truth.rows.items():
            assert len(rows[number]) == len(wanted), (truth.seed, number)
            for values, expected in zip(rows[number], wanted, strict=True):
                found = {name: values.get(name) for name in expected}
                assert (
                    found == pytest.approx(expected) if _numbers_only(expected) else _equal(found, expected)
                ), (
                    truth.seed,
                    number,
                )


def _numbers_only(values: dict[str, Any]) -> bool:
    return all(isinstance(value, float) for value in values.values())


def _equal(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    return all(
        found[name] == (pytest.approx(value, abs=1e-3) if isinstance(value, float) else value)
        for name, value in expected.items()
    )


def test_every_row_below_the_heading_is_accounted_for(ledgers: list[tuple[Truth, dict[str, Any]]]) -> None:
    for truth, document in ledgers:
        told = {line["row"] for name in ("rows", "refused", "skipped") for line in document[name]}
        first = min(truth.rows)
        assert told == set(range(first, truth.last + 1)), truth.seed
        assert document["read"] == len(truth.rows)
        assert document["added"] == sum(len(rows) for rows in truth.rows.values())


def test_what_must_be_asked_is_asked(ledgers: list[tuple[Truth, dict[str, Any]]]) -> None:
    for truth, document in ledgers:
        codes = {question["code"] for question in document["ask"]}
        assert truth.asks <= codes, truth.seed
        assert truth.style["crs"] != "6digit" or "zone" in codes, truth.seed


def test_positions_are_right_or_asked_about(ledgers: list[tuple[Truth, dict[str, Any]]]) -> None:
    for truth, document in ledgers:
        lines = [line for line in document["rows"] if line["row"] in truth.places]
        points = [(line["x"], line["y"]) for line in lines]
        away = worst_m(points, [truth.places[line["row"]] for line in lines])
        questions = [question["code"] for question in document["ask"]]
        assert questions.count("crs") <= 1, truth.seed
        assert away < 1.0 or "crs" in questions, truth.seed  # never wrong in silence
        if truth.style["crs"] in ("gcj02", "bd09"):
            assert "crs" in questions, truth.seed  # of every shifted file, wherever its points lie
        else:
            assert away < 1.0, truth.seed
