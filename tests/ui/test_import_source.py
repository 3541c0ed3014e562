"""What is settled before the importer asks: sheet, heading rows, encoding, the way from an old datum."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from openpyxl import Workbook
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from app.ui.application import Program
from app.ui.imports.lines import LinesTable
from app.ui.imports.wizard import ImportWizard
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]
HEADINGS = ["台账编号", "使用单位", "县区", "额定出力(t/h)", "经度", "纬度"]


def two_sheets(path: Path) -> Path:
    """A ledger of two years, of which one is meant."""
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for year, count in (("2017", 1), ("2018", 2)):
        page = book.create_sheet(year)
        page.append(HEADINGS)
        for n in range(count):
            page.append([f"{year}-{n}", f"第{n}宾馆", "崆峒区", 4, 106.66 + n / 100, 35.54])
    book.save(path)
    return path


def _wizard(office: Office, qtbot: QtBot, path: Path) -> tuple[Program, ImportWizard]:
    running = office("clerk")
    running.window.doings.import_file(path)
    wizard = next(box for box in running.window.findChildren(ImportWizard) if box.isVisible())
    qtbot.waitUntil(lambda: wizard.next.isEnabled(), timeout=WAIT_MS)
    return running, wizard


def _pick(wizard: ImportWizard, qtbot: QtBot, name: str, value: object, read: int) -> None:
    box = getattr(wizard.source, name)
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: wizard._plan.report.read == read and wizard.next.isEnabled(), timeout=WAIT_MS)


def test_a_sheet_is_chosen_before_it_is_asked_about(office: Office, qtbot: QtBot, tmp_path: Path) -> None:
    running, wizard = _wizard(office, qtbot, two_sheets(tmp_path / "两年.xlsx"))
    assert "sheet" in {question.code for question in wizard._plan.report.ask}
    _pick(wizard, qtbot, "sheet", "2018", 2)
    assert wizard._plan.report.sheet == "2018"
    assert "sheet" not in {question.code for question in wizard._plan.report.ask}
    _pick(wizard, qtbot, "sheet", "all", 3)
    settle(running, qtbot)
    wizard.reject()


def test_each_table_is_asked_about_where_a_person_wants_that(
    office: Office, qtbot: QtBot, tmp_path: Path
) -> None:
    running, wizard = _wizard(office, qtbot, two_sheets(tmp_path / "两年.xlsx"))
    _pick(wizard, qtbot, "sheet", "all", 3)
    wizard.next.click()
    box = wizard.questions._boxes["crs"]
    shown = "\n".join(label.text() for label in wizard.questions.findChildren(QLabel))
    assert "2017：第 2 行\n2018：第 2、3 行" in shown
    box.setCurrentIndex(box.findData("by_part"))
    wizard.next.click()
    qtbot.waitUntil(
        lambda: "crs@2018" in wizard.questions._boxes and wizard.next.isEnabled(), timeout=WAIT_MS
    )
    of_2018 = wizard.questions._boxes["crs@2018"]
    of_2018.setCurrentIndex(of_2018.findData("gcj02"))
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard._plan.ready and wizard.next.isEnabled(), timeout=WAIT_MS)
    sources = {record.sheet: record.values["coord_src"] for record in wizard._plan.records}
    assert sources == {"2017": "typed", "2018": "gcj02"}
    settle(running, qtbot)
    wizard.reject()


def test_heading_rows_and_encoding_are_chosen(office: Office, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "台账.csv"
    lines = [
        ",".join(HEADINGS),
        "K-1,甲,崆峒区,4,106.66,35.54",
        ",".join(HEADINGS),
        "K-2,乙,崆峒区,2,106.67,35.54",
    ]
    path.write_bytes("\n".join(lines).encode("gb18030"))
    running, wizard = _wizard(office, qtbot, path)
    assert list(wizard._plan.report.header_rows) == [1]
    wizard.source.header.setText("3-3")
    QTest.keyClick(wizard.source.header, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: list(wizard._plan.report.header_rows) == [3], timeout=WAIT_MS)
    settle(running, qtbot)
    QTest.keyClick(wizard.source.header, Qt.Key.Key_Return)
    assert wizard.pages.currentWidget() is wizard.columns  # Enter takes the rows, and goes no further
    assert wizard._plan.report.read == 1
    box = wizard.source.encoding
    box.setCurrentIndex(box.findData("utf-8"))
    box.activated.emit(box.currentIndex())
    settle(running, qtbot)
    assert "utf-8" in wizard._fault.text()  # the file is not written so, and nothing is guessed instead
    _pick(wizard, qtbot, "encoding", "gb18030", 1)
    settle(running, qtbot)
    wizard.reject()


def test_an_old_datum_is_converted_by_a_file_of_points(office: Office, qtbot: QtBot, tmp_path: Path) -> None:
    running, wizard = _wizard(office, qtbot, two_sheets(tmp_path / "两年.xlsx"))
    _pick(wizard, qtbot, "sheet", "2018", 2)
    points = tmp_path / "公共点.csv"
    places = [(106.6, 35.5), (106.7, 35.5), (106.65, 35.6), (106.6, 35.58)]
    rows = [f"G{n},{x},{y},{x + 0.001},{y}" for n, (x, y) in enumerate(places)]
    points.write_text("\n".join(["点名,旧经度,旧纬度,经度,纬度", *rows]), "utf-8")
    wizard.source.old.setChecked(True)
    wizard.source.take_points(points)
    qtbot.waitUntil(lambda: wizard._plan.report.shift is not None, timeout=WAIT_MS)
    settle(running, qtbot)
    assert wizard.source.about.isVisible()
    assert "4" in wizard.source.about.text()
    first = wizard._plan.records[0].geometry
    assert first is not None
    assert first.coords[0] == pytest.approx((106.661, 35.54), abs=1e-5)
    wizard.source.old.setChecked(False)
    qtbot.waitUntil(lambda: wizard._plan.report.shift is None, timeout=WAIT_MS)
    settle(running, qtbot)
    wizard.reject()


def test_a_mapping_that_somebody_saved_is_used_and_corrected(
    office: Office, qtbot: QtBot, tmp_path: Path
) -> None:
    note = tmp_path / "邻县.toml"
    note.write_text('[columns]\n"额定出力(t/h)" = "rated_mw"\n[answers]\ncrs = "gcj02"\n', "utf-8")
    _, wizard = _wizard(office, qtbot, two_sheets(tmp_path / "两年.xlsx"))
    assert "crs" in {question.code for question in wizard._plan.report.ask}

    def fields() -> dict[str, str]:
        return {column.heading: column.field for column in wizard._plan.report.mapping}

    wizard.bring(note)
    qtbot.waitUntil(lambda: fields()["额定出力(t/h)"] == "rated_mw", timeout=WAIT_MS)
    assert "crs" not in {question.code for question in wizard._plan.report.ask}
    box = wizard.columns.boxes()[1]  # one more column is corrected by hand: what was brought stays
    box.setCurrentIndex(box.findData("contact"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: fields()["使用单位"] == "contact", timeout=WAIT_MS)
    assert fields()["额定出力(t/h)"] == "rated_mw"
    wizard.share_to(tmp_path / "共用.toml")
    kept = (tmp_path / "共用.toml").read_text("utf-8")
    assert '"使用单位" = "contact"' in kept
    assert 'crs = "gcj02"' in kept.replace('"crs"', "crs")

    for words in ('[columns]\n"使用单位" = "no_such"\n', "no table"):  # what cannot be used changes nothing
        note.write_text(words, "utf-8")
        wizard._fault.clear()
        wizard.bring(note)
        qtbot.waitUntil(lambda: bool(wizard._fault.text()) and wizard._bar.isHidden(), timeout=WAIT_MS)
        assert "boiler" not in wizard._fault.text()
        box = wizard.columns.boxes()[0]
        box.activated.emit(box.currentIndex())  # and the file can still be corrected
        qtbot.waitUntil(lambda: not wizard._fault.text() and wizard._bar.isHidden(), timeout=WAIT_MS)
        assert (fields()["使用单位"], fields()["额定出力(t/h)"]) == ("contact", "rated_mw")
    wizard.reject()


def test_a_mapping_saved_by_one_is_loaded_by_another_and_then_known(
    office: Office, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, shared = tmp_path / "两年.xlsx", tmp_path / "共用"
    book = Workbook()
    page = book.active
    assert page is not None
    page.append([*HEADINGS, "管护"])
    for n in (1, 2):
        page.append([f"S-{n}", f"第{n}宾馆", "崆峒区", 4, 106.66 + n / 100, 35.54, "张三"])
    book.save(path)
    running, wizard = _wizard(office, qtbot, path)
    said = list[str]()
    running.desk.said.connect(said.append)
    box = wizard.columns.boxes()[6]
    box.setCurrentIndex(box.findData("contact"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: wizard._plan.report.mapping[6].field == "contact", timeout=WAIT_MS)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(shared), ""))
    wizard._share()
    shared = shared.with_suffix(".toml")  # as the window that opens it looks for
    assert shared.stat().st_size < 1000 and str(shared) in said[-1]
    wizard.reject()

    monkeypatch.setenv("GRIDWARD_CONFIG", str(tmp_path / "another"))
    for written in (True, False):
        running.window.doings.import_file(path)
        wizard = running.window.findChildren(ImportWizard)[-1]
        qtbot.waitUntil(lambda made=wizard: made.next.isEnabled(), timeout=WAIT_MS)
        if written:
            assert wizard._plan.report.mapping[6].field == ""
            wizard.bring(shared)
            qtbot.waitUntil(
                lambda made=wizard: made._plan.report.mapping[6].field == "contact", timeout=WAIT_MS
            )
            shared.unlink()  # the stick is pulled
            wizard.next.click()
            wizard.next.click()
            qtbot.waitUntil(lambda made=wizard: made._plan.ready and made._bar.isHidden(), timeout=WAIT_MS)
            wizard.next.click()
            qtbot.waitUntil(lambda made=wizard: not made.isVisible(), timeout=WAIT_MS)
    assert (
        wizard._plan.report.mapping[6].field == "contact"
    )  # the next file of this template needs no loading
    assert wizard._plan.report.learned == 2  # one column of all, and the coordinates
    wizard.reject()


def test_every_row_of_a_long_file_can_be_left_and_is_shown_at_once(
    office: Office, qtbot: QtBot, tmp_path: Path
) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet("台账")
    page.append([*HEADINGS[:4], "经度(CGCS2000)", "纬度(CGCS2000)"])
    for n in range(4000):
        page.append(
            [f"L-{n:04}", f"第{n}宾馆", "崆峒区", n % 9 + 1, 106.60 + n % 97 / 1000, 35.50 + n / 50_000]
        )
    book.save(tmp_path / "长.xlsx")
    _, wizard = _wizard(office, qtbot, tmp_path / "长.xlsx")
    begun = perf_counter()
    wizard.differences.show_report(wizard._plan.report)
    assert perf_counter() - begun < 1  # a cell for each word took seconds and stopped at 3,000 rows
    records = wizard.differences.tabs.widget(0)
    assert isinstance(records, LinesTable)
    assert records.lines.rowCount() == 4000
    records.selectRow(3999)
    qtbot.keyClick(records, Qt.Key.Key_Space)
    last = wizard.differences._order[3999]
    assert wizard.differences.left() == {(last.sheet, last.row)}
    records.selectAll()
    qtbot.keyClick(records, Qt.Key.Key_Space)  # the current row is left: all are taken again
    assert wizard.differences.left() == frozenset()
    qtbot.keyClick(records, Qt.Key.Key_Space)
    assert wizard.differences.count_left() == 4000
    assert not wizard.next.isEnabled() or wizard.pages.currentIndex() != 2
    wizard.reject()
