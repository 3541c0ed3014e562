"""Reports: numbers that equal their rows, the county's own workbook, papers of a boiler, public editions."""

from __future__ import annotations

import csv
import html
import re
import zipfile
from calendar import monthrange
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from openpyxl.styles import PatternFill

from actions.office import PEOPLE, Office, running_month
from app.actions.counts import freeze_baseline
from app.actions.dossierprint import content_of
from app.actions.evidence import add_evidence, evidence_of
from app.actions.lookback import draw_lookback
from app.actions.reports import (
    REPORTS,
    ReportKind,
    ReportOrder,
    count_report,
    export_template,
    make_report,
)
from app.domain.entities.boiler import Boiler
from app.domain.reporting import Fact, month_report, period_of
from app.errors import Invalid, Refused, StoreFailure
from builders import photo


def _fact(uid: str, *states: tuple[str, str], listed: bool = True, cleared_on: str | None = None) -> Fact:
    return Fact(uid, "620802", 2.0, listed, states, cleared_on)


def test_a_month_counts_what_was_so_at_its_end() -> None:
    facts = [
        _fact("a", ("2026-09-01", "planned"), ("2026-10-05", "cleared")),
        _fact("b", ("2026-09-01", "planned"), ("2026-11-02", "cleared")),  # after the month
        _fact("c", ("2026-08-01", "cleared"), ("2026-10-20", "rebound")),
        _fact("d", ("2026-11-20", "cleared"), cleared_on="2019-05-01"),  # moved in later, cleared long before
        _fact("e", ("2026-10-10", "suspect"), listed=False),
    ]
    whole = month_report(period_of("2026-10"), [("620802", "崆峒区")], ("620800", "平凉市"), facts).sum
    counted = {name: figure.uids for name, figure in whole.figures.items() if figure.uids}
    assert counted == {
        "baseline": ("a", "b", "c", "d"),
        "month": ("a",),
        "cleared": ("a", "d"),
        "before": ("c", "d"),
        "to_treat": ("b",),
        "rebound": ("c",),
        "outside": ("e",),
        "unsorted": ("e",),
    }
    assert (whole.rate, whole.rate_before) == (0.5, 0.5)


@pytest.mark.parametrize("written", ["2026", "2026-13", "26-10", "2026-1", "heute", "2026-10-01"])
def test_what_is_no_month_is_refused(written: str) -> None:
    with pytest.raises(Invalid, match=re.escape(written)):
        period_of(written)


def test_the_month_in_words_and_table_has_the_numbers_of_its_rows(office: Office, tmp_path: Path) -> None:
    office.cleared()
    office.enter(ledger_no="KT-2", rated_tph=4.0)
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    done = make_report(office.session, running_month(office.session), tmp_path / "m.csv")
    rows = _read(tmp_path / "m.csv")
    sums = [[float(row[at] or 0) for row in rows[1:-1]] for at in range(1, len(rows[0]) - 1)]
    assert [sum(column) for column in sums] == [float(cell) for cell in rows[-1][1:-1]]
    assert done.numbers is not None
    assert (done.numbers["sum"]["baseline_units"], done.numbers["sum"]["cleared_units"]) == (2, 1)
    assert [len(done.numbers["uids"][name]) for name in ("baseline", "cleared")] == [2, 1]
    assert "2" in done.text and "50.0%" in done.text
    make_report(office.session, running_month(office.session), tmp_path / "m.xlsx")
    page = openpyxl.load_workbook(tmp_path / "m.xlsx").active
    assert page is not None
    assert page.cell(page.max_row, 1).value == done.text
    rates = [page.cell(row, len(rows[0])) for row in range(4, 4 + len(rows) - 1)]
    assert {cell.number_format for cell in rates} == {"0.0"} and rates[-1].value == 50  # as “50.0%” below it
    make_report(office.session, running_month(office.session), tmp_path / "m.txt")
    assert (tmp_path / "m.txt").read_text("utf-8-sig").strip() == done.text


def test_a_month_that_still_runs_speaks_of_today_and_not_of_its_end(office: Office, tmp_path: Path) -> None:
    office.enter()
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    year, month, day = map(int, office.session.today.split("-"))
    done = make_report(office.session, running_month(office.session), tmp_path / "m.txt")
    assert f"截至{year}年{month}月{day}日" in done.text
    before = f"{year - (month == 1)}-{(month - 2) % 12 + 1:02d}"
    done = make_report(office.session, ReportOrder("monthly", before), tmp_path / "m.txt")
    last = monthrange(*map(int, before.split("-")))[1]
    assert f"{int(before[5:])}月{last}日" in done.text


def test_without_a_baseline_there_is_no_month(office: Office, tmp_path: Path) -> None:
    office.enter()
    with pytest.raises(Refused) as refused:
        make_report(office.session, running_month(office.session), tmp_path / "m.xlsx")
    assert refused.value.code == "no_baseline"
    assert not (tmp_path / "m.xlsx").exists()


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _county_workbook(path: Path, line: list[str]) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["{{area}}燃煤锅炉整治台账（{{today}}）"])
    page.merge_cells("A1:D1")
    page.append(["序号", "基本情况", None, "吨位"])
    page.merge_cells("B2:C2")
    page.append(line)
    page["C3"].fill = PatternFill("solid", fgColor="FFFFFF00")
    page.row_dimensions[3].height = 33
    page.append(["合计", None, None, "=SUM(D3:D3)"])
    page.append(["填表人：", None, None, "共{{count}}台"])
    page.merge_cells("A5:C5")
    page.print_area = "A1:D5"
    page.oddFooter.center.text = "第 &P 页"
    book.save(path)
    return path


def test_a_county_gets_its_own_workbook_back_with_its_looks(office: Office, tmp_path: Path) -> None:
    for no in range(3):
        office.enter(ledger_no=f"KT-{no}", user_org=f"=单位{no}", rated_tph=no + 1.0)
    template = _county_workbook(
        tmp_path / "t.xlsx", ["{{no}}", "{{台账编号}}", "{{user_org}}", "{{rated_tph}}"]
    )
    count = export_template(office.session, "boiler", template, tmp_path / "o.xlsx", where=None, public=False)
    page = openpyxl.load_workbook(tmp_path / "o.xlsx").active
    assert page is not None and count == 3
    lines = [[cell.value for cell in row] for row in page.iter_rows(min_row=3, max_row=5)]
    assert lines == [[no + 1, f"KT-{no}", f"=单位{no}", no + 1] for no in range(3)]
    assert [page.cell(row, 3).data_type for row in (3, 4, 5)] == ["s"] * 3  # a name is never a formula
    assert [page.cell(row, 3).fill.fgColor.rgb for row in (3, 4, 5)] == ["FFFFFF00"] * 3
    assert [page.row_dimensions[row].height for row in (3, 4, 5)] == [33] * 3
    assert page["A6"].value == "合计"
    assert page["D7"].value == "共3台"
    assert {str(item) for item in page.merged_cells.ranges} == {"A1:D1", "B2:C2", "A7:C7"}
    assert page.print_area.replace("$", "").endswith("A1:D7")
    assert page.oddFooter.center.text == "第 &P 页"
    assert str(page["A1"].value).startswith("平凉市燃煤锅炉整治台账（")


def test_the_sum_below_the_lines_still_sums_them_all(office: Office, tmp_path: Path) -> None:
    for no in range(3):
        office.enter(ledger_no=f"KT-{no}", rated_tph=no + 1.0)
    template = _county_workbook(tmp_path / "t.xlsx", ["{{no}}", "{{ledger_no}}", None, "{{rated_tph}}"])
    export_template(office.session, "boiler", template, tmp_path / "o.xlsx", where=None, public=False)
    page = openpyxl.load_workbook(tmp_path / "o.xlsx").active
    assert page is not None
    assert page["D6"].value == "=SUM(D3:D5)"


def test_a_mark_nobody_knows_is_named_with_its_cell(office: Office, tmp_path: Path) -> None:
    office.enter()
    template = _county_workbook(tmp_path / "t.xlsx", ["{{no}}", "{{编好}}", "{{user_org}}", "{{rated}}"])
    with pytest.raises(Invalid) as refused:
        export_template(office.session, "boiler", template, tmp_path / "o.xlsx", where=None, public=False)
    assert [str(item) for item in refused.value.details] == ["Sheet!B3 {{编好}}", "Sheet!D3 {{rated}}"]
    assert not (tmp_path / "o.xlsx").exists()


def test_a_public_template_may_not_ask_for_people(office: Office, tmp_path: Path) -> None:
    office.enter()
    template = _county_workbook(tmp_path / "t.xlsx", ["{{no}}", "{{ledger_no}}", "{{contact_phone}}", ""])
    with pytest.raises(Invalid, match="contact_phone"):
        export_template(office.session, "boiler", template, tmp_path / "o.xlsx", where=None, public=True)


def _words(path: Path) -> str:
    paper = docx.Document(str(path))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(item.text for item in paper.paragraphs), *cells])


def test_an_acceptance_form_shows_the_signatures_and_photographs(office: Office, tmp_path: Path) -> None:
    boiler = office.county_ok()
    office.as_("city")
    make_report(office.session, ReportOrder("acceptance", of=(boiler.ledger_no,)), tmp_path / "a.docx")
    words = _words(tmp_path / "a.docx")
    assert all(name in words for name in ("officer2", "clerk", "clerk2", "chief", boiler.ledger_no))
    assert len(docx.Document(str(tmp_path / "a.docx")).inline_shapes) >= 4
    order = ReportOrder("acceptance", of=(boiler.ledger_no,), public=True)
    make_report(office.session, order, tmp_path / "p.docx")
    assert not any(name in _words(tmp_path / "p.docx") for name in ("officer2", "clerk", "chief"))


def test_a_letter_presses_for_what_is_open_and_late(office: Office, tmp_path: Path) -> None:
    office.planned()
    office.cleared(ledger_no="KT-9")
    office.as_("city")
    done = make_report(office.session, ReportOrder("supervision"), tmp_path / "l.docx")
    words = _words(tmp_path / "l.docx")
    assert done.rows == 1 and "KT-2026-001" in words and "KT-9" not in words and "柳湖镇政府" in words


def test_every_report_refuses_an_ending_it_cannot_write(office: Office, tmp_path: Path) -> None:
    for kind in REPORTS:
        with pytest.raises(Invalid) as refused:
            make_report(office.session, ReportOrder(kind.name), tmp_path / "x.odt")
        assert refused.value.code == "format"
    with pytest.raises(Invalid, match="nonsense"):
        make_report(office.session, ReportOrder("nonsense"), tmp_path / "x.xlsx")


def test_the_ledger_report_holds_every_boiler(office: Office, tmp_path: Path) -> None:
    office.enter()
    office.enter(ledger_no="KT-2")
    done = make_report(office.session, ReportOrder("ledger"), tmp_path / "l.csv")
    rows = _read(tmp_path / "l.csv")
    assert done.rows == len(rows) - 1 == office.session.workspace.count(Boiler)


def test_a_dossier_holds_every_paper_under_a_name_that_says_what_it_is(
    office: Office, tmp_path: Path
) -> None:
    boiler = office.county_ok(user_org="某厂/一车间")
    done = make_report(office.session, ReportOrder("dossier", of=(boiler.ledger_no,)), tmp_path / "d.zip")
    with zipfile.ZipFile(tmp_path / "d.zip") as package:
        names = package.namelist()
        assert package.testzip() is None
    assert {name.split("/")[0] for name in names} == {f"{boiler.ledger_no}_某厂_一车间"}
    assert done.rows == len(names)
    papers = evidence_of(office.session, boiler)
    assert len(names) == len(papers) + 5  # three forms, the printed dossier and the history
    make_report(office.session, ReportOrder("dossier", of=(boiler.ledger_no,)), tmp_path / "folder")
    assert len(list((tmp_path / "folder").rglob("*.*"))) == len(names)
    with pytest.raises(Invalid) as refused:
        make_report(office.session, ReportOrder("dossier"), tmp_path / "folder")
    assert refused.value.code == "not_empty"


def test_a_dossier_with_changed_evidence_is_not_written(office: Office, tmp_path: Path) -> None:
    boiler = office.county_ok()
    path = office.session.workspace.attachment_path(evidence_of(office.session, boiler)[0].sha256)
    path.chmod(0o600)
    path.write_bytes(b"changed")
    with pytest.raises(StoreFailure):
        make_report(office.session, ReportOrder("dossier"), tmp_path / "d.zip")
    assert list(tmp_path.glob("d*")) == [] and list(tmp_path.glob(".dossiers*")) == []


def test_the_list_of_missing_papers_names_them(office: Office, tmp_path: Path) -> None:
    office.county_ok()
    office.in_progress(ledger_no="KT-2")
    make_report(office.session, ReportOrder("dossier"), tmp_path / "d.csv")
    rows = _read(tmp_path / "d.csv")[1:]
    assert [row[4] for row in rows] == ["0", "0"]


NAMES = ("赵暗", "13912345678", "李密之", "106.6", "35.5", "钱隐")
PERSON = {"contact": NAMES[0], "contact_phone": NAMES[1], "resp_person": NAMES[2], "note": f"找{NAMES[5]}"}


def _words_in(path: Path) -> str:
    """Everything a file says: of packages every part, unpacked, pictures and properties too."""
    content = path.read_bytes()
    if path.suffix in (".xlsx", ".docx", ".zip"):
        with zipfile.ZipFile(path) as package:
            content = b"\n".join(package.read(name) for name in package.namelist())
    return html.unescape(content.decode("utf-8", "replace"))  # a workbook writes 赵 as &#36213;


@pytest.mark.parametrize("kind", REPORTS, ids=lambda kind: kind.name)
def test_a_public_edition_has_no_people_phones_or_coordinates(
    office: Office, tmp_path: Path, kind: ReportKind
) -> None:
    boiler = office.cleared()
    office.planned(ledger_no="KT-2", **PERSON)
    office.edit("city", boiler, PERSON, reason="补录")
    office.do("inspector", "rebound", boiler, ["rebound_photo"], reason="冒烟")
    office.do("city", "confirm_rebound", boiler, rebound_reason="relit")
    office.cleared(ledger_no="KT-3", **PERSON)
    office.as_("city")
    freeze_baseline(office.session, "底册", "")
    draw_lookback(office.session, "一轮", 100)
    for ending in kind.endings:
        target = tmp_path / f"public{ending}"
        if kind.name == "lookback" or (kind.name == "dossier" and ending in ("", ".zip", ".pdf")):
            with pytest.raises(Refused):  # a list of visits to come would announce them
                make_report(office.session, ReportOrder(kind.name, public=True), target)
            assert not target.exists()
            continue
        make_report(office.session, ReportOrder(kind.name, public=True), target)
        told = _words_in(target)
        people = [name for name in PEOPLE if re.search(rf"(?<![a-z-]){name}(?![a-z-])", told)]
        assert [name for name in NAMES if name in told] == [] and people == []
        assert b"Exif" not in target.read_bytes()


def test_the_inner_edition_has_them(office: Office, tmp_path: Path) -> None:
    """So that the search of the public ones is known to find what is there."""
    office.enter(**PERSON)
    make_report(office.session, ReportOrder("ledger"), tmp_path / "l.xlsx")
    make_report(office.session, ReportOrder("application"), tmp_path / "a.docx")
    assert all(name in _words_in(tmp_path / "l.xlsx") for name in NAMES[:3])
    assert all(name in _words_in(tmp_path / "a.docx") for name in NAMES[:2])


def test_a_letter_keeps_its_rows_whole_and_repeats_its_head(office: Office, tmp_path: Path) -> None:
    for no in range(3):
        office.planned(ledger_no=f"KT-{no}", resp_org=f"单位{no}")
    make_report(office.session, ReportOrder("supervision"), tmp_path / "s.docx")
    paper = docx.Document(str(tmp_path / "s.docx"))
    rows = [row._tr.xml for row in paper.tables[0].rows]
    assert all("w:cantSplit" in row for row in rows)
    assert ["w:tblHeader" in row for row in rows] == [True, False, False, False, False]
    *_, last, signed = paper.tables[0].rows  # who signs stands on the page of the last line, without rules
    assert all(cell.paragraphs[0].paragraph_format.keep_with_next for cell in last.cells)
    assert signed.cells[0]._tc.tcPr.xml.count('w:val="nil"') == 3
    widths = [column.width.mm for column in paper.tables[0].columns]
    assert abs(sum(widths) - 156) < 1  # the type area of GB/T 9704


def test_a_letter_has_the_page_of_the_official_standard(office: Office, tmp_path: Path) -> None:
    """GB/T 9704-2012: 22 lines of 28 characters fill 156 × 225 mm; numbers outside; room for the seal."""
    office.planned()
    office.as_("city")
    make_report(office.session, ReportOrder("supervision"), tmp_path / "s.docx")
    paper = docx.Document(str(tmp_path / "s.docx"))
    page = paper.sections[0]
    sides = (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)
    assert [round(side.mm) for side in sides] == [37, 35, 28, 26] and round(page.page_width.mm) == 210
    width = page.page_width.twips - page.left_margin.twips - page.right_margin.twips
    height = page.page_height.twips - page.top_margin.twips - page.bottom_margin.twips
    title, body = paper.paragraphs[0], next(item for item in paper.paragraphs if "柳湖镇政府：" in item.text)
    faces = [(item.runs[0].font.name, item.runs[0].font.size.pt) for item in (title, body)]
    assert faces == [("方正小标宋简体", 22), ("仿宋_GB2312", 16)]
    closer = int(body.runs[0]._element.rPr.find(qn("w:spacing")).get(qn("w:val")))
    assert width // (16 * 20 + closer) == 28 and height // body.paragraph_format.line_spacing.twips == 22
    _, sender, day, *_ = paper.tables[0].rows[-1].cells[0].paragraphs
    assert (
        day.paragraph_format.right_indent.pt == 4 * 16 and day.text.endswith("日") and "月0" not in day.text
    )
    middles = [
        item.paragraph_format.right_indent.pt + 4 * sum(2 if ord(char) > 127 else 1 for char in item.text)
        for item in (sender, day)
    ]
    assert abs(middles[0] - middles[1]) <= 8  # the name stands over the middle of the day
    odd, even = page.footer.paragraphs[0], page.even_page_footer.paragraphs[0]
    assert paper.settings.odd_and_even_pages_header_footer
    assert [int(item.alignment) for item in (odd, even)] == [2, 0]
    assert all('w:instr="PAGE"' in item._p.xml for item in (odd, even))


def test_a_printed_dossier_holds_every_round_and_names_what_is_lost(office: Office, tmp_path: Path) -> None:
    boiler = office.cleared()
    office.do("inspector", "rebound", boiler, ["rebound_photo"], reason="冒烟")
    office.do("city", "confirm_rebound", boiler, rebound_reason="relit")
    papers = evidence_of(office.session, boiler)
    content = content_of(office.session, office.boiler(), [])
    assert [item.sha256 for item in content.papers] == [item.sha256 for item in papers]
    assert [step[1] for step in content.steps][:2] == ["录入台账", "登记在册"]
    assert {"leader", "clerk", "clerk2"} <= {step[2] for step in content.steps}
    assert any("反弹照片" in photo.caption for photo in content.photos) and content.lacks == []
    captions = {photo.caption.split("　")[0]: photo.caption for photo in content.photos}
    assert "距锅炉 0 米" in captions["现场照片"]
    office.as_("clerk")
    silent = photo(tmp_path / "微信.jpg", taken=None, place=None)
    add_evidence(office.session, office.boiler(), [("photo_after", silent)])
    told = [item.caption for item in content_of(office.session, office.boiler(), []).photos]
    assert sum("照片无拍摄时间" in words and "照片无位置信息" in words for words in told) == 1
    office.do("registrar", "restart", office.boiler(), due_date="2030-01-01")
    counted = count_report(office.session, ReportOrder("dossier"))
    lacking = {item.place: item.uids for item in counted.numbers if item.name == "lacking"}
    assert lacking == dict.fromkeys((office.session.workspace.area, "620802"), (boiler.uid,))
    lost = next(item for item in papers if item.kind == "acceptance_form")
    office.session.workspace.attachment_path(lost.sha256).unlink()
    content = content_of(office.session, office.boiler(), [])
    assert [item.sha256 for item in content.papers if not item.here] == [lost.sha256]
    assert len(content.lacks) == 1 and "验收表" in content.lacks[0]
    done = make_report(office.session, ReportOrder("dossier"), tmp_path / "d.pdf")
    assert done.rows >= 2 and (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF")


def test_a_folder_of_dossiers_holds_the_printed_one(office: Office, tmp_path: Path) -> None:
    office.in_progress()
    make_report(office.session, ReportOrder("dossier"), tmp_path / "d.zip")
    with zipfile.ZipFile(tmp_path / "d.zip") as package:
        names = package.namelist()
        (printed,) = [name for name in names if name.endswith("一炉一档.pdf")]
        assert package.read(printed).startswith(b"%PDF")
    assert any(name.endswith(".jpg") for name in names)


def test_marks_in_header_and_footer_are_filled_and_unknown_ones_named(office: Office, tmp_path: Path) -> None:
    office.enter()
    template = _county_workbook(tmp_path / "t.xlsx", ["{{no}}", "{{ledger_no}}", None, "{{rated_tph}}"])
    book = openpyxl.load_workbook(template)
    page = book.active
    assert page is not None
    page.oddHeader.left.text = "{{area}} {{today}}"
    page.oddFooter.center.text = "第 &P 页 共{{count}}台"
    book.save(template)
    export_template(office.session, "boiler", template, tmp_path / "o.xlsx", where=None, public=False)
    made = openpyxl.load_workbook(tmp_path / "o.xlsx").active
    assert made is not None
    assert made.oddHeader.left.text == f"平凉市 {office.session.today}"
    assert made.oddFooter.center.text == "第 &P 页 共1台"
    page.oddFooter.right.text = "{{no_such}} {{user_org}}"  # one nobody knows, one of a line
    book.save(template)
    with pytest.raises(Invalid) as refused:
        export_template(office.session, "boiler", template, tmp_path / "n.xlsx", where=None, public=False)
    assert refused.value.code == "unknown_mark" and not (tmp_path / "n.xlsx").exists()
    assert [str(item).split("!")[1] for item in refused.value.details] == [
        "oddFooter.right {{no_such}}",
        "oddFooter.right {{user_org}}",
    ]
    hint = refused.value.hint  # the words of the field, not each three times
    assert "使用单位" in hint and "count" in hint and "User unit" not in hint and "user_org" not in hint


def test_a_printed_dossier_names_a_photograph_that_cannot_be_read(office: Office, tmp_path: Path) -> None:
    boiler = office.cleared()
    broken = tmp_path / "坏图.dng"  # cameras write it; it is taken, and no page can show it
    broken.write_bytes(b"no picture" * 50)
    office.as_("clerk")
    add_evidence(office.session, boiler, [("photo_after", broken)])
    content = content_of(office.session, office.boiler(), [])
    said = "图片“坏图.dng”无法读取"
    assert [photo.instead for photo in content.photos if photo.instead] == [said]
    assert len(content.lacks) == 1 and said in content.lacks[0]
