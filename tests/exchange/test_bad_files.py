"""Files that are not what they say: bombs, lying marks, old forms, files that go away or are given up."""

from __future__ import annotations

import quopri
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import python_calamine

from app.errors import Cancelled, Invalid
from app.exchange.ticking import go_on, left_when_cancelled
from app.exchange.workbook import open_book
from exchange_cases import HEADER, good_row, report, simple

PAGE = "<html><body><table>{}</table></body></html>"


def _lying(source: Path, target: Path, part: str, times: int) -> Path:
    """The workbook with one part blown up by spaces, of which its directory says nothing."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            begin, mark, end = old.read(entry.filename).rpartition(b"</")
            with new.open(entry.filename, "w", force_zip64=False) as file:
                file.write(begin)
                for _ in range(times if entry.filename == part else 0):
                    file.write(b" " * 1_000_000)
                file.write(mark + end)
    blob = bytearray(target.read_bytes())
    at = blob.find(b"PK\x01\x02")
    while at >= 0:
        if struct.unpack_from("<I", blob, at + 24)[0] > 1_000_000:
            struct.pack_into("<I", blob, at + 24, 5000)
        at = blob.find(b"PK\x01\x02", at + 4)
    target.write_bytes(blob)
    return target


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_a_bomb_that_lies_about_its_size(tmp_path: Path, part: str) -> None:
    bomb = _lying(simple(tmp_path / "a.xlsx", good_row(1)), tmp_path / "b.xlsx", part, 20)
    with pytest.raises(Invalid) as refused:
        open_book(bomb)
    assert refused.value.code == "unreadable_file"


def test_a_mark_that_lies_about_the_encoding(tmp_path: Path) -> None:
    text = "\n".join(",".join(map(str, row)) for row in (HEADER, good_row(1)))
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode("gb18030"))
    document = report(path)
    assert (document["encoding"], document["rows"][0]["values"]["ledger_no"]) == ("gb18030", "KT-001")


def test_two_encodings_in_one_text_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [",".join(map(str, row)) + "\n" for row in (HEADER, good_row(1), good_row(2))]
    path.write_bytes("".join(lines[:2]).encode() + lines[2].encode("gb18030"))
    with pytest.raises(Invalid) as refused:
        open_book(path)
    assert refused.value.code == "encoding"
    assert "3" in refused.value.hint


@pytest.mark.parametrize(("mark", "name"), [("~$台账.xlsx", "台账.xlsx"), (".~lock.台账.xlsx#", "台账.xlsx")])
def test_the_mark_of_a_workbook_that_is_open_elsewhere(tmp_path: Path, mark: str, name: str) -> None:
    path = tmp_path / mark
    path.write_bytes(b"\x06Admin" + b" " * 159)
    with pytest.raises(Invalid) as refused:
        open_book(path)
    assert f"“{name}”" in refused.value.hint


def _page(rows: int) -> str:
    lines = (HEADER, *(good_row(n) for n in range(1, rows + 1)))
    return PAGE.format("".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in lines))


def test_a_packed_page_of_several_parts(tmp_path: Path) -> None:
    path = tmp_path / "台账.xls"
    parts = [
        b'Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/html; charset="gb2312"\r\n\r\n'
        + quopri.encodestring(page.encode("gb18030"))
        for page in ("<html><frameset></frameset></html>", _page(2))
    ]
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="--=_1"\r\n\r\nA page.\r\n\r\n'
    path.write_bytes(head + b"".join(b"----=_1\r\n" + part + b"\r\n" for part in parts) + b"----=_1--\r\n")
    document = report(path)
    assert [line["values"]["user_org"] for line in document["rows"]] == ["平凉第1宾馆", "平凉第2宾馆"]
    assert document["encoding"] == "gb18030"


_EXCEL_2003 = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="台账"><Table>
<Row><Cell ss:MergeAcross="3"><Data ss:Type="String">崆峒区台账</Data></Cell></Row>
<Row ss:Index="3">
 <Cell><Data ss:Type="String">台账编号</Data></Cell>
 <Cell><Data ss:Type="String">使用单位</Data></Cell>
 <Cell ss:Index="4"><Data ss:Type="String">吨位</Data></Cell>
 <Cell><Data ss:Type="String">完成时限</Data></Cell>
</Row>
<Row>
 <Cell><Data ss:Type="String">K-1</Data></Cell>
 <Cell ss:MergeDown="1"><Data ss:Type="String">甲<B>宾馆</B></Data></Cell>
 <Cell ss:Index="4"><Data ss:Type="Number">4</Data></Cell>
 <Cell><Data ss:Type="DateTime">2018-10-01T00:00:00.000</Data></Cell>
</Row>
<Row ss:Hidden="1">
 <Cell><Data ss:Type="String">K-2</Data></Cell>
 <Cell ss:Index="4"><Data ss:Type="Error">#REF!</Data></Cell>
</Row>
</Table></Worksheet>
<Worksheet ss:Name="隐藏">
<Table><Row><Cell><Data ss:Type="String">旧</Data></Cell></Row></Table>
<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>
</Worksheet></Workbook>"""


def test_the_xml_of_excel_2003(tmp_path: Path) -> None:
    path = tmp_path / "台账.xls"
    path.write_text(_EXCEL_2003, "utf-8")
    document = report(path)
    assert document["header_rows"] == [3]
    taken = document["rows"]
    assert [(line["row"], line["values"]["user_org"], line["values"]["due_date"]) for line in taken] == [
        (4, "甲宾馆", "2018-10-01")
    ]
    assert [(line["row"], line["field"], line["value"]) for line in document["refused"]] == [
        (5, "rated_tph", "#REF!")
    ]
    hidden = open_book(path)
    assert (hidden.sheets[0].hidden_rows, hidden.sheets[1].visible) == (frozenset({5}), False)


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace("<Workbook", '<!DOCTYPE a [<!ENTITY b "c">]><Workbook', 1),
        lambda xml: xml[:-30],
        lambda xml: xml.replace('ss:Index="3"', 'ss:Index="3000000"'),
    ],
)
def test_damaged_xml_of_excel_2003(tmp_path: Path, change: Callable[[str], str]) -> None:
    path = tmp_path / "台账.xml"
    path.write_text(change(_EXCEL_2003), "utf-8")
    with pytest.raises(Invalid) as refused:
        open_book(path)
    assert refused.value.code == "not_a_workbook"


def test_a_file_that_goes_away_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1))

    def pulled(*_: Any) -> None:
        path.unlink()

    monkeypatch.setattr("app.exchange.workbook.check_extent", pulled)
    with pytest.raises(Invalid) as refused:
        open_book(path)
    assert refused.value.code == "unreadable_file"


class _Enough(Cancelled):
    """Somebody pressed Cancel."""


def test_reading_is_given_up_while_the_other_library_still_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1))
    begun, let_go, done = Event(), Event(), Event()
    load = python_calamine.load_workbook

    def slow(name: str) -> Any:
        begun.set()
        let_go.wait(20)
        done.set()
        return load(name)

    def tick(_: float) -> None:
        if begun.is_set():
            raise _Enough("enough")

    monkeypatch.setattr("app.exchange.workbook.calamine.load_workbook", slow)
    with pytest.raises(_Enough):
        open_book(path, tick=tick)
    assert not done.is_set()  # nobody waited for it
    let_go.set()
    assert done.wait(20)  # and it ends by itself


def test_work_that_is_left_gives_its_result_or_its_failure() -> None:
    assert left_when_cancelled(lambda: 3, lambda _: None) == left_when_cancelled(lambda: 3, go_on) == 3
    with pytest.raises(ZeroDivisionError):
        left_when_cancelled(lambda: 1 // 0, lambda _: None)
