"""The table of the boiler's life against the rule, and what is offered at each state.

That every forbidden step is refused with its reason is shown by `test_every_refusal`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from shapely.geometry import Point

from actions.office import PEOPLE, Office
from app.actions.session import Session
from app.actions.steps import do_step, next_steps
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import STATES
from app.domain.workflows.boiler import BOILER
from app.errors import Refused
from app.store.workspace import Workspace
from builders import PLACE
from conftest import Clock

# The rule as docs/sources.md writes it, by hand: step, from, to, and the roles of each signature.
ANYONE = ("R1", "R2", "R3", "R4", "R5", "R6")
RULE = [
    ("register", {"suspect"}, "registered", [("R3",)]),
    ("exclude", {"suspect"}, "excluded", [("R3",), ("R4",)]),
    ("plan", {"registered"}, "planned", [("R3",), ("R4",)]),
    ("start", {"planned"}, "in_progress", [("R2", "R3")]),
    ("seal", {"in_progress"}, "sealed", [("R3",)]),
    ("recheck", {"sealed"}, "sealed", [("R2", "R3")]),
    ("apply", {"in_progress", "returned"}, "applied", [("R2",)]),
    ("town_check", {"applied"}, "town_ok", [("R2",)]),
    ("county_accept", {"town_ok"}, "town_ok", [("R3",), ("R3",)]),
    ("chief_sign", {"town_ok"}, "county_ok", [("R4",)]),
    ("notice", {"county_ok"}, "notice", [("R5",)]),
    ("clear", {"notice"}, "cleared", [("R6",)]),
    ("return", {"applied"}, "returned", [("R2", "R3")]),
    ("return", {"town_ok"}, "returned", [("R3", "R4")]),
    ("return", {"county_ok", "notice"}, "returned", [("R5", "R6")]),
    ("look_back", {"cleared"}, "cleared", [("R5", "R6")]),
    ("rebound", {"cleared"}, "cleared", [ANYONE]),
    ("confirm_rebound", {"cleared"}, "rebound", [("R5", "R6")]),
    ("restart", {"rebound"}, "in_progress", [("R3",)]),
    ("restart", {"sealed"}, "in_progress", [("R3",)]),
    ("retain", {"planned"}, "retained", [("R5",), ("R6",)]),
]
PAPERS = {
    "start": {"photo_before"},
    "seal": {"seal_photo"},
    "recheck": {"recheck_photo"},
    "apply": {"application_form", "identity_copy", "photo_before", "photo_during", "photo_after"},
    "town_check": {"site_photo"},
    "county_accept": {"acceptance_form"},
    "look_back": {"lookback_photo"},
    "rebound": {"rebound_photo"},
    "retain": {"monitoring_report"},
}


def test_the_table_says_what_the_rule_says() -> None:
    assert [
        (row.action, set(row.source), row.target, list(row.signers)) for row in BOILER.transitions
    ] == RULE


def test_the_steps_ask_for_the_papers_of_the_rule() -> None:
    assert {row.action: set(row.evidence) for row in BOILER.transitions if row.evidence} == PAPERS


def test_every_state_but_the_ends_can_be_left_and_every_state_reached() -> None:
    left = {state for row in BOILER.transitions for state in row.source}
    reached = {row.target for row in BOILER.transitions} | {"suspect"}
    assert set(STATES.codes) - left == {"excluded", "retained"}
    assert reached == set(STATES.codes)


@pytest.fixture(scope="module")
def gallery(office_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One bare boiler in every state; nothing here is ever written, since every step is refused."""
    folder = tmp_path_factory.mktemp("gallery")
    session = Session(Workspace.open(shutil.copy(office_file, folder / "gallery.gpkg")))
    session.now = Clock()
    office = Office(session, Clock(), folder)
    office.as_("registrar")
    boilers = [
        Boiler(uid=session.new_uid(), geometry=Point(PLACE), ledger_no=f"G-{state}", status=state,
               user_org="平凉一中", div_code="620802105")
        for state in STATES.codes
    ]  # fmt: skip
    session.commit(map(insert, boilers), "add")
    yield office
    session.close()


@pytest.mark.parametrize("state", STATES.codes)
def test_what_is_offered_next_is_what_starts_at_the_state(gallery: Office, state: str) -> None:
    gallery.as_("clerk")
    offered = [step.action for step in next_steps(gallery.session, gallery.boiler(f"G-{state}"))]
    assert offered == [action for action, source, _, _ in RULE if state in source]


@pytest.mark.parametrize("name", [*PEOPLE, "admin"])
def test_a_step_offered_as_allowed_is_one_that_lacks_nothing(gallery: Office, name: str) -> None:
    gallery.as_(name)
    for state in STATES.codes:
        for step in next_steps(gallery.session, gallery.boiler(f"G-{state}")):
            assert step.allowed == (not step.lacks)
            assert all(lack.text and "{" not in lack.text for lack in step.lacks)


def test_an_unknown_step_names_the_known_ones(gallery: Office) -> None:
    gallery.as_("clerk")
    with pytest.raises(Refused) as refused:
        do_step(gallery.session, "vanish", gallery.boiler("G-suspect"))
    assert refused.value.code == "unknown_action"
    assert "county_accept" in refused.value.hint


def test_a_role_of_no_business_is_refused_every_step(gallery: Office) -> None:
    gallery.as_("admin")
    for state in STATES.codes:
        steps = next_steps(gallery.session, gallery.boiler(f"G-{state}"))
        assert not any(step.allowed or step.for_me for step in steps)
