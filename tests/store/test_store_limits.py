"""Other programs are held to the declared limits; what they may not touch stays."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Approval
from app.store.workspace import Workspace
from store.records import Desk, boiler, foreign


@pytest.fixture
def filled(file: Path) -> Path:
    """A closed workspace with a boiler and a signature."""
    signature = Approval(
        uid=new_uid(), owner_entity="boiler", owner="x", action="apply", person="u", person_name="王芳",
        role="R3", fingerprint="0" * 64, signed_at="2026-11-23T10:00:00.000Z",
    )  # fmt: skip
    with Workspace.open(file) as workspace:
        Desk(workspace).add(boiler("PL-1"), signature)
    return file


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE 燃煤锅炉 SET status = 'gone'", "status must be one of its codes"),
        ("UPDATE 燃煤锅炉 SET rated_tph = 3001", "rated_tph must be at most 3000"),
        ("UPDATE 燃煤锅炉 SET rated_tph = -1", "rated_tph must be at least 0"),
        ("INSERT INTO 燃煤锅炉 (ledger_no, fuel) VALUES ('PL-2', 'wood')", "fuel must be one of its codes"),
        ("INSERT INTO 燃煤锅炉 (ledger_no) VALUES (NULL)", "NOT NULL constraint failed"),
        ("INSERT INTO 燃煤锅炉 (ledger_no) VALUES ('PL-1')", "UNIQUE constraint failed"),
        ("UPDATE 签字 SET opinion = '同意'", "only added"),
        ("DELETE FROM 签字", "only added"),
    ],
)
def test_what_cannot_be_is_refused_to_other_programs(filled: Path, statement: str, words: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=words):
        foreign(filled, statement)
    with Workspace.open(filled) as workspace:
        assert workspace.external_changes() == []


def test_what_can_be_is_taken(filled: Path) -> None:
    foreign(filled, "UPDATE 燃煤锅炉 SET status = 'planned', rated_tph = 3000, fuel = NULL")
    with Workspace.open(filled) as workspace:
        assert workspace.find(Boiler)[0].rated_tph == 3000
        assert workspace.check().ok
