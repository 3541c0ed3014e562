"""What a report carries beside its rows: hidden sheets, remarks, authors; how it is stopped; its month."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest
from openpyxl.comments import Comment

from actions.office import TOWN, Office, running_month
from app.actions.counts import freeze_baseline
from app.actions.monthly import month_in_hand
from app.actions.reports import ReportOrder, export_template, make_report
from app.actions.watching import Watch
from app.errors import Cancelled, Invalid


def _template(path: Path, *marks: str) -> Path:
    book = openpyxl.Workbook()
    book.properties.creator = book.properties.lastModifiedBy = "赵暗"
    page = book.active
    assert page is not None
    page.append(["台账"])
    page["A1"].comment = Comment("问赵暗 13912345678", "赵暗")
    page.append(list(marks))
    book.save(path)
    return path


def _parts(path: Path) -> str:
    with zipfile.ZipFile(path) as package:
        return "\n".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())


def test_a_public_workbook_says_nothing_of_who_made_its_template(office: Office, tmp_path: Path) -> None:
    office.enter(div_code=TOWN)
    template = _template(
        tmp_path / "t.xlsx", "{{ledger_no}}", "{{county}}", "{{乡镇（街道）}}", "{{行政区划}}"
    )
    for public in (False, True):
        target = tmp_path / f"{public}.xlsx"
        export_template(office.session, "boiler", template, target, where=None, public=public)
        assert ("赵暗" in _parts(target), "13912345678" in _parts(target)) == (not public, not public)
    page = openpyxl.load_workbook(tmp_path / "True.xlsx").active
    assert page is not None
    assert [cell.value for cell in page[2]] == ["KT-2026-001", "崆峒区", "柳湖镇", "柳湖镇"]


def test_a_public_edition_refuses_a_template_with_hidden_sheets(office: Office, tmp_path: Path) -> None:
    office.enter()
    template = _template(tmp_path / "t.xlsx", "{{ledger_no}}")
    book = openpyxl.load_workbook(template)
    book.create_sheet("通讯录").sheet_state = "hidden"
    book.save(template)
    order = ReportOrder("ledger", template=template, public=True)
    with pytest.raises(Invalid, match="通讯录") as refused:
        make_report(office.session, order, tmp_path / "o.xlsx")
    assert refused.value.code == "hidden_sheets" and not (tmp_path / "o.xlsx").exists()
    make_report(office.session, ReportOrder("ledger", template=template), tmp_path / "o.xlsx")


def test_a_document_tells_neither_people_nor_other_papers(office: Office, tmp_path: Path) -> None:
    office.planned()
    make_report(office.session, ReportOrder("supervision"), tmp_path / "s.docx")
    told = docx.Document(str(tmp_path / "s.docx")).core_properties
    assert (told.author, told.title) == ("Gridward", "关于加快燃煤锅炉整治销号的督办函")
    with zipfile.ZipFile(tmp_path / "s.docx") as package:
        assert not [name for name in package.namelist() if "thumbnail" in name]


@pytest.mark.parametrize(
    ("name", "ending"), [("ledger", ".xlsx"), ("application", ".docx"), ("dossier", ".zip")]
)
def test_a_report_stopped_half_way_leaves_the_file_that_was_there(
    office: Office, tmp_path: Path, name: str, ending: str
) -> None:
    for no in range(2):
        office.enter(ledger_no=f"KT-{no}")
    target, asked = tmp_path / f"r{ending}", list[int]()

    def stop_later() -> bool:
        asked.append(len(asked))
        return name == "ledger" or len(asked) > 1

    target.write_bytes(b"before")
    watch = Watch(cancelled=stop_later)
    with pytest.raises(Cancelled):
        make_report(office.session, ReportOrder(name), target, watch=watch)
    assert target.read_bytes() == b"before" and list(tmp_path.glob(f"*{ending}")) == [target]


def test_without_a_month_the_schedule_is_that_of_the_month_in_hand(office: Office, tmp_path: Path) -> None:
    office.enter()
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    today = date.fromisoformat(office.session.today)
    office.clock.forward(days=(date(today.year + today.month // 12, today.month % 12 + 1, 3) - today).days)
    told = []
    for order in (ReportOrder("monthly"), running_month(office.session)):
        numbers = make_report(office.session, order, tmp_path / "m.txt").numbers
        told.append(numbers["period"] if numbers else None)
    assert told == [month_in_hand(office.session), office.session.today[:7]] and told[0] != told[1]
    office.clock.forward(days=8)
    assert month_in_hand(office.session) == office.session.today[:7]
