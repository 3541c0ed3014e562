"""A terminal in a folder of its own, with a workspace that has people and one boiler."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from shapely.geometry import Point

from app.actions.people import new_person
from app.bootstrap import create_workspace
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from cli.terminal import PIN, Terminal
from conftest import Clock

PEOPLE = {
    "inspector": ("R1", "柳湖镇政府", "620802105"),
    "officer": ("R2", "柳湖镇政府", "620802105"),
    "officer2": ("R2", "柳湖镇政府", "620802105"),
    "clerk": ("R3", "崆峒分局", "620802"),
    "clerk2": ("R3", "崆峒区市场监管局", "620802"),
    "clerk3": ("R3", "崆峒分局", "620802"),
    "chief": ("R4", "崆峒分局", "620802"),
    "city": ("R5", "平凉市局", "620800"),
    "leader": ("R6", "平凉市局", "620800"),
}
BOILER = {
    "ledger_no": "KT-1",
    "user_org": "第一小学",
    "boiler_type": "hot_water",
    "rated_tph": 2.0,
    "fuel": "bituminous",
}


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace; copied, never opened."""
    path = tmp_path_factory.mktemp("made") / "made.gpkg"
    session = create_workspace(path, "620800", "admin", PIN, now=Clock())
    first = new_person(session, "first", "R0", "", "", PIN)  # one verifier for all: it is slow
    people = [
        first.replace(uid=session.new_uid(), login=name, name=name, role=role, org=org, area=area)
        for name, (role, org, area) in PEOPLE.items()
    ]
    boiler = Boiler(uid=session.new_uid(), geometry=Point(106.684, 35.542), div_code="620802105", **BOILER)
    session.commit(map(insert, [*people, boiler]), "import", "试验数据")
    session.close()
    return path


@pytest.fixture
def bare(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    """A terminal in an empty folder, without a workspace."""
    monkeypatch.chdir(tmp_path)
    return Terminal(capsys, monkeypatch)


@pytest.fixture
def terminal(bare: Terminal, made_once: Path, tmp_path: Path) -> Terminal:
    """A terminal with the test's own workspace named."""
    bare.workspace = Path(shutil.copy(made_once, tmp_path / "office.gpkg"))
    return bare
