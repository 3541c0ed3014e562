"""Imports as people do them: within their area, outside the workflow, one transaction or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from actions.office import APPLICATION, Office
from app.actions.exports import export_records
from app.actions.history import history, undo
from app.actions.imports import ImportDone, ImportOptions, ImportRequest, import_records, preview
from app.actions.records import list_records
from app.errors import Cancelled, Invalid, NotAllowed, Refused
from builders import PLACE

HEADINGS = (
    "台账编号", "使用单位", "县区", "锅炉吨位", "经度(CGCS2000)", "纬度(CGCS2000)", "完成时限", "整治状态"
)  # fmt: skip
ROW = ("KT-2026-001", "崆峒区第一小学", "崆峒区", 2, 106.684, 35.542, None, None)


def _ledger(office: Office, *rows: tuple[Any, ...]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADINGS, *rows):
        sheet.append(row)
    path = office.folder / "台账.xlsx"
    path.parent.mkdir(exist_ok=True)
    book.save(path)
    return path


def _import(office: Office, by: str, *rows: tuple[Any, ...], reason: str = "", **options: Any) -> ImportDone:
    office.as_(by)
    request = ImportRequest("boiler", _ledger(office, *rows), ImportOptions(**options))
    return import_records(office.session, preview(office.session, request), reason)


def _row(**changes: Any) -> tuple[Any, ...]:
    names = ("no", "unit", "county", "tph", "x", "y", "due", "claim")
    return tuple(changes.get(name, old) for name, old in zip(names, ROW, strict=True))


def test_what_is_imported_begins_as_one_to_verify(office: Office) -> None:
    _import(office, "clerk", _row(claim="已拆除，已验收"))
    boiler = office.boiler()
    assert (boiler.status, boiler.status_claim, boiler.origin) == ("suspect", "已拆除，已验收", "imported")
    assert boiler.div_code is not None
    assert boiler.div_code.startswith("620802")


def test_the_outline_of_another_year_is_another_record_and_counts_at_once(office: Office) -> None:
    boiler = office.enter()
    office.folder.mkdir(exist_ok=True)
    for year, half in ((2024, 0.03), (2025, 0.001), (2025, 0.002)):
        x, y = PLACE[0] + 0.02, PLACE[1]
        corners = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
        outline = {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
        feature = {"type": "Feature", "properties": {"名称": "崆峒区城区", "年份": year}, "geometry": outline}
        path = office.folder / f"{year}-{half}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
        office.as_("city")
        options = ImportOptions(answers={"crs": "EPSG:4490"})
        request = ImportRequest("builtup", path, options)
        import_records(office.session, preview(office.session, request))
        inside = office.boiler(boiler.ledger_no).in_builtup
        assert inside is (year == 2024)
    found = list_records(office.session, "builtup")
    assert sorted(item.values()["year"] for item in found) == [2024, 2025]


def test_who_imported_a_boiler_does_not_accept_it(office: Office) -> None:
    _import(office, "clerk", ROW)
    boiler = office.boiler()
    office.do("registrar", "register", boiler, ["nameplate"], boiler_type="hot_water")
    office.do("registrar", "plan", boiler, treatment="dismantle", due_date="2026-12-31", resp_org="柳湖镇")
    office.do("chief", "plan", boiler)
    office.do("officer", "start", boiler, ["photo_before"])
    office.do("officer", "apply", boiler, APPLICATION)
    office.do("officer2", "town_check", boiler, [office.site_photo()])
    assert "own_entry" in office.lacks("clerk", "county_accept", boiler)
    assert "own_entry" not in office.lacks("clerk2", "county_accept", boiler)
    assert history(office.session, "boiler", "KT-2026-001")[-1].action == "import"


@pytest.mark.parametrize("who", ["chief", "leader", "admin"])
def test_who_does_not_write_boilers_does_not_import_them(office: Office, who: str) -> None:
    with pytest.raises(NotAllowed):
        _import(office, who, ROW)
    assert list_records(office.session, "boiler") == []


def test_a_row_of_another_county_is_refused_and_the_others_are_taken(office: Office) -> None:
    done = _import(office, "clerk", ROW, _row(no="JN-1", county="静宁县", x=105.73, y=35.52))
    assert [(item.row, item.code) for item in done.report.refused] == [(3, "outside_area")]
    assert [item.title() for item in list_records(office.session, "boiler")] == ["KT-2026-001 崆峒区第一小学"]


def test_a_boiler_of_the_plan_keeps_its_due_date_whatever_the_ledger_says(office: Office) -> None:
    office.planned()
    done = _import(office, "clerk", _row(due="2027-12", tph=4))
    assert office.boiler().due_date == "2026-12-31"
    assert office.boiler().rated_tph == 4.0
    assert [item.code for item in done.report.warnings if item.code == "workflow_field"] == ["workflow_field"]


def test_a_cleared_boiler_is_corrected_by_the_city_alone(office: Office) -> None:
    office.cleared()
    done = _import(office, "clerk", _row(tph=9))
    assert done.committed is None
    assert office.boiler().rated_tph == 2.0
    assert any("市局" in item.why for item in done.report.warnings)
    _import(office, "city", _row(tph=9))
    assert office.boiler().rated_tph == 9.0


def test_claims_are_accepted_by_the_city_with_a_document(office: Office) -> None:
    with pytest.raises(NotAllowed):
        _import(office, "clerk", _row(claim="已销号"), accept_claims=True, reason="平环发1号")
    with pytest.raises(Refused) as refused:
        _import(office, "city", _row(claim="已销号"), accept_claims=True)
    assert refused.value.code == "reason"
    assert list_records(office.session, "boiler") == []
    _import(office, "city", _row(claim="已销号"), accept_claims=True, reason="平环发1号")
    assert (office.boiler().status, office.boiler().origin) == ("cleared", "migrated")


def test_an_import_is_taken_back_whole(office: Office) -> None:
    _import(office, "clerk", ROW, _row(no="KT-2026-002", unit="二小", x=106.69))
    assert len(list_records(office.session, "boiler")) == 2
    undo(office.session, "报错了表")
    assert list_records(office.session, "boiler") == []


def test_the_same_file_twice_changes_nothing(office: Office) -> None:
    _import(office, "clerk", ROW)
    before = office.journal_length()
    assert _import(office, "clerk", ROW).committed is None
    assert office.journal_length() == before


def test_what_was_exported_comes_back_unchanged(office: Office) -> None:
    office.planned()
    office.as_("clerk")
    path = office.folder / "导出.xlsx"
    assert export_records(office.session, "boiler", path) == 1
    plan = preview(office.session, ImportRequest("boiler", path))
    assert [(item.action, dict(item.changes)) for item in plan.report.records] == [("unchanged", {})]


def test_open_questions_are_named_and_nothing_is_written(office: Office) -> None:
    with pytest.raises(Refused) as refused:
        _import(office, "clerk", _row(due="10月底前"))
    assert refused.value.code == "questions"
    assert [item["code"] for item in refused.value.details] == ["year"]
    assert list_records(office.session, "boiler") == []
    _import(office, "clerk", _row(due="10月底前"), answers={"year": "2026"})
    assert (office.boiler().due_date, office.boiler().due_text) == ("2026-10", "10月底前")


def test_an_import_can_be_stopped(office: Office) -> None:
    office.as_("clerk")
    request = ImportRequest("boiler", _ledger(office, ROW))
    with pytest.raises(Cancelled):
        preview(office.session, request, lambda *_: None, lambda: True)
    assert list_records(office.session, "boiler") == []


def test_rows_a_person_unticked_are_left(office: Office) -> None:
    office.as_("clerk")
    request = ImportRequest("boiler", _ledger(office, ROW, _row(no="KT-2026-002", unit="二小", x=106.69)))
    plan = preview(office.session, request)
    import_records(office.session, plan, leave=[(plan.records[1].sheet, plan.records[1].row)])
    assert len(list_records(office.session, "boiler")) == 1


def test_a_kind_nobody_knows(office: Office) -> None:
    office.as_("clerk")
    with pytest.raises(Invalid):
        preview(office.session, ImportRequest("volcano", _ledger(office, ROW)))


def test_rows_left_out_are_not_written_and_undo_gives_every_record_back_as_it_was(office: Office) -> None:
    _import(office, "clerk", _row(no="KT-1"), _row(no="KT-2", x=106.7, unit="第二中学"))
    before = _rows(office)
    office.as_("clerk")
    path = _ledger(
        office,
        _row(no="KT-1", tph=6),
        _row(no="KT-2", tph=6, x=106.7, unit="第二中学"),
        _row(no="KT-3", x=106.71, unit="市医院"),
        _row(no="KT-4", x=106.72, unit="面粉厂"),
    )
    plan = preview(office.session, ImportRequest("boiler", path))
    done = import_records(office.session, plan, leave={("Sheet", 3), ("Sheet", 5)})
    assert done.committed is not None
    outputs = {item.ledger_no: item.rated_tph for item in list_records(office.session, "boiler")}
    assert outputs == {"KT-1": 6.0, "KT-2": 2.0, "KT-3": 2.0}
    undo(office.session, "不该导入")
    assert _rows(office) == before


def _rows(office: Office) -> list[tuple[str, dict[str, Any], bytes | None]]:
    """Every boiler's values and the bytes of its position."""
    found = list_records(office.session, "boiler")
    return sorted(
        ((item.uid, item.values(), item.geometry.wkb if item.geometry else None) for item in found),
        key=lambda row: row[0],
    )
