"""What a report carries beside its rows: hidden sheets, remarks, authors; how it is stopped; its month."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import docx
import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image as Picture
from openpyxl.packaging.relationship import Relationship
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.external_link.external import ExternalBook, ExternalLink, ExternalSheetNames
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image

from actions.office import TOWN, Office, running_month
from app.actions.counts import freeze_baseline
from app.actions.monthly import month_in_hand
from app.actions.reports import ReportOrder, export_template, make_report
from app.actions.watching import Watch
from app.errors import Cancelled, Invalid
from app.exchange.heard import save_book
from app.i18n import N_


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


def _hide_column(book: openpyxl.Workbook, page: Any) -> str:
    page["C2"] = "赵暗 13912345678"
    page.column_dimensions["C"].hidden = True
    return "C"


def _hide_row(book: openpyxl.Workbook, page: Any) -> str:
    page["A7"] = "赵暗 13912345678"
    page.row_dimensions[7].hidden = True
    return "7"


def _name_a_value(book: openpyxl.Workbook, page: Any) -> str:
    book.defined_names["联系人"] = DefinedName("联系人", attr_text='"赵暗 13912345678"')
    return "联系人"


def _name_nonsense(book: openpyxl.Workbook, page: Any) -> str:
    book.defined_names["坏名称"] = DefinedName("坏名称", attr_text='赵暗"139')  # no formula anybody can read
    return "坏名称"


def _look_elsewhere(book: openpyxl.Workbook, page: Any) -> str:
    file = Relationship(type="externalLinkPath", Target="通讯录.xlsx", TargetMode="External", Id="rId1")
    link = ExternalLink(
        externalBook=ExternalBook(sheetNames=ExternalSheetNames(sheetName=["赵暗"]), id="rId1")
    )
    link.file_link = file
    cast(Any, book)._external_links.append(link)
    return "通讯录.xlsx"


@pytest.mark.parametrize("hide", [_hide_row, _hide_column, _name_a_value, _name_nonsense, _look_elsewhere])
def test_a_public_edition_refuses_a_template_with_anything_hidden(
    office: Office, tmp_path: Path, hide: Callable[[openpyxl.Workbook, Any], str]
) -> None:
    office.enter()
    template = _template(tmp_path / "t.xlsx", "{{ledger_no}}")
    book = openpyxl.load_workbook(template)
    book.active.column_dimensions["H"].hidden = True  # type: ignore[union-attr]  # empty: nothing to tell
    book.save(template)
    export_template(office.session, "boiler", template, tmp_path / "o.xlsx", where=None, public=True)
    place = hide(book, book.active)
    book.save(template)
    with pytest.raises(Invalid) as refused:
        export_template(office.session, "boiler", template, tmp_path / "p.xlsx", where=None, public=True)
    assert refused.value.code == "hidden_cells" and place in str(refused.value.details)
    assert not (tmp_path / "p.xlsx").exists()
    export_template(office.session, "boiler", template, tmp_path / "p.xlsx", where=None, public=False)


def test_lists_links_and_what_a_photograph_says_stay_behind_in_a_public_edition(
    office: Office, tmp_path: Path
) -> None:
    office.enter()
    template = _template(tmp_path / "t.xlsx", "{{ledger_no}}", "{{user_org}}")
    book = openpyxl.load_workbook(template)
    page = book.active
    assert page is not None
    lists = DataValidation("list", formula1='"赵暗,13912345678"', sqref="A2:A9", prompt="问赵暗")
    page.add_data_validation(lists)
    page["B1"] = "说明"
    page["B1"].hyperlink = "mailto:赵暗@13912345678"
    about = Image.Exif()
    about[0x013B] = "赵暗"  # the artist
    Image.new("RGB", (8, 6), "red").save(photograph := BytesIO(), "JPEG", exif=about)
    page.add_image(Picture(photograph), "C1")
    book.save(template)
    for public in (False, True):
        target = tmp_path / f"{public}.xlsx"
        export_template(office.session, "boiler", template, target, where=None, public=public)
        told = [word in _parts(target) for word in ("赵暗", "13912345678", "Exif")]
        assert told == [not public] * 3
    kept = cast(Any, openpyxl.load_workbook(tmp_path / "True.xlsx").active)
    assert kept["B1"].value == "说明"
    assert [picture.anchor._from.col for picture in kept._images] == [2]


def test_a_workbook_given_up_while_it_is_saved_goes_on_nowhere(office: Office, tmp_path: Path) -> None:
    office.enter()
    template = _template(tmp_path / "t.xlsx", "{{ledger_no}}")
    book = openpyxl.load_workbook(template)
    for row in range(3, 3000):
        book.active.cell(row, 1, row)  # type: ignore[union-attr]
    written: list[float] = []

    def stop(share: float) -> None:
        written.append(share)
        if share > 0.7:
            raise Cancelled(N_("Cancelled."))

    before = set(threading.enumerate())
    with pytest.raises(Cancelled):
        save_book(book, tmp_path / "o.xlsx", stop)
    assert 0.5 <= written[0] < written[-1] < 0.8, "row by row, and no further"
    assert set(threading.enumerate()) <= before, "nothing goes on in a thread of its own"
    assert not (tmp_path / "o.xlsx").exists()


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
