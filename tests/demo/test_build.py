from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from shapely.geometry import Point

from app.actions.counts import headline
from app.actions.session import Session
from app.demo.build import ANSWERS, Demo, build
from app.demo.ledgers import FIRST_ROW, SHEET
from app.demo.people import PIN, users
from app.domain.catalog import ENTITIES
from app.domain.coordinates.measure import distance_m
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.papers import Attachment, Baseline, BaselineEntry
from app.domain.entities.people import Assignment, Org, Person
from app.domain.entities.water import WaterSource
from app.domain.entity import Entity
from app.domain.filters import equal
from app.errors import StoreFailure
from app.exchange.report import ImportReport


def test_the_importer_brings_exactly_the_boilers_of_the_truth(demo: Demo, session: Session) -> None:
    found = {item.ledger_no: item for item in session.workspace.find(Boiler)}
    assert len(found) == 249
    assert set(found) == {truth.ledger_no for truth in demo.truths}
    for truth in demo.truths:
        boiler = found[truth.ledger_no]
        assert boiler.rated_tph == pytest.approx(truth.tph, abs=0.011), truth
        assert boiler.user_org == truth.unit.name
        assert boiler.div_code == truth.town
        assert str(boiler.commissioned).startswith(truth.commissioned)
        assert boiler.status == truth.fate


def test_positions_are_those_meant_whatever_the_ledger_did_to_them(demo: Demo, session: Session) -> None:
    found = {item.ledger_no: item for item in session.workspace.find(Boiler)}
    for truth in demo.truths:
        point = found[truth.ledger_no].geometry
        if truth.written is None:
            assert point is None
            continue
        assert isinstance(point, Point), truth
        assert distance_m(point.x, point.y, *truth.written) < 3.0, truth


def test_the_report_accounts_for_every_row(demo: Demo) -> None:
    for ledger, report in demo.reports:
        refused = {item.row: item.code for item in report.refused}
        expected = {row: item.refused for row, item in enumerate(ledger.rows, FIRST_ROW) if item.refused}
        assert refused == expected, ledger.name
        assert report.read == len(ledger.rows)
        assert _rows_of(report) == report.read
        assert len(report.records) == sum(len(item.truths) for item in ledger.rows)
        assert [item.kind for item in report.skipped] == ["total", "note"]
        assert not report.ask


def test_the_ledgers_hold_every_reason_of_refusal(demo: Demo) -> None:
    codes = Counter(item.code for _, report in demo.reports for item in report.refused)
    assert codes == {"duplicate": 5, "outside_area": 2, "impossible": 1, "bad_date": 1}


def test_a_ledger_looks_like_those_of_counties(demo: Demo) -> None:
    ledger = next(ledger for ledger, _ in demo.reports if ledger.county == "620881")
    sheet = openpyxl.load_workbook(demo.path.parent / "ledgers" / ledger.file_name)[SHEET]
    merged = {str(item) for item in sheet.merged_cells.ranges}
    assert any(item.startswith("A1:") for item in merged)
    assert any(re.fullmatch(r"A\d+:A\d+", item) for item in merged)
    assert any(re.fullmatch(r"B\d+:B\d+", item) for item in merged)
    assert "模拟数据" in str(sheet["A1"].value)
    serials = [sheet.cell(row, 3).value for row in range(FIRST_ROW, FIRST_ROW + len(ledger.rows))]
    assert serials.count(1) > 1
    counties = {sheet.cell(row, 1).value for row in range(FIRST_ROW, FIRST_ROW + len(ledger.rows))}
    assert {"华亭县", "华亭市"} <= counties
    assert sheet.cell(FIRST_ROW + len(ledger.rows), 1).value == "合计"


def test_outputs_and_dates_are_written_in_many_ways(demo: Demo) -> None:
    cells = [row.cells for ledger, _ in demo.reports for row in ledger.rows]
    outputs = {re.sub(r"[\d.]+", "#", str(cell["output"])) for cell in cells}
    assert {"#t/h", "#蒸吨", "#吨", "#MW", "#kW", "#台#蒸吨"} <= outputs
    assert any(cell.get("due") == "10月底前" for cell in cells)
    assert any(isinstance(cell["commissioned"], int) and cell["commissioned"] > 30_000 for cell in cells)


def test_the_baseline_is_frozen_at_249_and_stays(session: Session) -> None:
    (baseline,) = session.workspace.find(Baseline)
    assert baseline.units == 249
    assert session.workspace.count(BaselineEntry, equal(baseline=baseline.uid)) == 249
    whole = headline(session).sum
    assert whole.baseline.units == 249
    cleared = session.workspace.count(Boiler, equal(status="cleared"))
    assert whole.cleared.units + whole.migrated.units == cleared == 149


def test_everything_made_up_is_marked(session: Session) -> None:
    for entity in ENTITIES:
        if "synthetic" in entity.TYPE.fields and entity is not Division:
            unmarked = [item.title() for item in session.workspace.find(entity) if not _marked(item)]
            assert unmarked == [], entity.__name__
    divisions = session.workspace.find(Division)
    assert {item.level for item in divisions if item.synthetic} == {"town"}


def test_people_can_sign_in_and_answer_for_cells(session: Session) -> None:
    persons = {item.login: item for item in session.workspace.find(Person)}
    wanted = {"inspector", "officer", "officer2", "clerk", "clerk2", "chief", "city", "leader", "admin"}
    assert wanted <= set(persons)
    assert {item.login for item in users()} == set(persons)
    assert persons["clerk"].org != persons["clerk2"].org
    cells = {item.uid: item for item in session.workspace.find(GridCell, equal(kind="admin"))}
    mine = equal(person=persons["inspector"].uid)
    assigned = session.workspace.find(Assignment, mine)
    assert {cells[item.cell].div_code[:9] for item in assigned} == {"620802105"}
    assert PIN == "246810"


def test_the_tree_of_cells_has_four_levels_and_parents(session: Session) -> None:
    cells = session.workspace.find(GridCell)
    levels = Counter(item.level for item in cells if item.kind == "admin")
    assert levels == {1: 1, 2: 7, 3: 113, 4: 1559}
    codes = {item.grid_code for item in cells}
    assert all(item.parent in codes for item in cells if item.level != 1)
    assert all((item.geometry is None) == (item.level == 4) for item in cells)


def test_evidence_is_there_and_unchanged(session: Session) -> None:
    attachments = session.workspace.find(Attachment)
    assert {"photo_before", "nameplate", "seal_photo", "rebound_photo", "application_form"} <= {
        item.kind for item in attachments
    }
    assert session.workspace.check().ok
    photos = [item for item in attachments if item.kind == "nameplate" and item.photo_x is not None]
    assert photos
    assert all(item.taken_at for item in photos)


def test_rebounds_begin_a_second_round_and_keep_the_first(session: Session) -> None:
    rebounds = session.workspace.find(Boiler, equal(status="rebound"))
    assert len(rebounds) == 5
    assert all(item.round_no == 2 for item in rebounds)
    actions = [entry.action for entry in session.workspace.history("boiler", rebounds[0].uid)]
    assert actions[0] == "confirm_rebound"
    assert actions[-1] == "import"


def test_names_of_sources_and_organisations_are_there(session: Session) -> None:
    sources = {item.name for item in session.workspace.find(WaterSource)}
    assert sources == {f"{name}水源地（模拟）" for name in ("养子寨", "景家庄", "南部山区", "韩家沟")}
    bureaus = {item.name: item for item in session.workspace.find(Org, equal(kind="bureau"))}
    assert "平凉市环保局" in bureaus["平凉市生态环境局"].aliases


def test_the_same_seed_gives_the_same_records_in_any_language(
    tmp_path: Path, language: Callable[[str], None]
) -> None:
    first = _records(build(tmp_path / "a", 24, 10_000).path)
    language("en")
    assert _records(build(tmp_path / "b", 24, 10_000).path) == first


def test_an_existing_demo_is_left_as_it_is(demo: Demo) -> None:
    before = demo.path.stat().st_mtime_ns
    with pytest.raises(StoreFailure):
        build(demo.path.parent)
    assert demo.path.stat().st_mtime_ns == before


def test_the_answers_are_those_the_importer_asks_for() -> None:
    assert set(ANSWERS) == {"year", "units_meaning", "axes", "crs"}


def _rows_of(report: ImportReport) -> int:
    """Rows that became records or were refused: together every row that was read."""
    return len({item.row for item in report.records} | {item.row for item in report.refused})


def _marked(record: Entity) -> bool:
    return bool(getattr(record, "synthetic", False))


def _records(path: Path) -> dict[str, dict[str, object]]:
    """Every record by uid, without what is random on purpose: PIN verifiers."""
    from app.bootstrap import open_workspace

    session = open_workspace(path, read_only=True)
    found: dict[str, dict[str, object]] = {}
    for entity in ENTITIES:
        for item in session.workspace.find(entity):
            shape = item.geometry.wkb if item.geometry is not None else None
            found[item.uid] = {**item.values(), "geometry": shape, "verifier": None}
    session.close()
    return found
