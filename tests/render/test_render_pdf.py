"""Sheets as PDF: Chinese that can be searched, embedded fonts, vector only, lengths true to the page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pypdf import PdfReader

from app.carto.display import Text
from app.carto.projection import to_map
from app.carto.symbols import TextStyle
from app.domain.coordinates.measure import distance_m
from app.errors import Invalid, StoreFailure
from app.printing.catalog import sheet
from app.printing.page import Page
from app.printing.request import SheetRequest
from app.render.pdf import pdf_bytes, write_pdf
from map_cases import META, boiler, boiler_content, zone_content

pytestmark = pytest.mark.usefixtures("qapp")

POINT_MM = 25.4 / 72.0


def reader_of(pages: list[Page]) -> PdfReader:
    return PdfReader(io.BytesIO(pdf_bytes(pages)))


def boiler_pages(**asked: Any) -> list[Page]:
    rows = [boiler("771", 106.55, 35.35), boiler("772", 106.75, 35.55)]
    return sheet("boiler_map").build(SheetRequest(boiler_content(rows), META, **asked))


def zone_pages(**asked: Any) -> list[Page]:
    return sheet("zone_sheet").build(SheetRequest(zone_content(), META, **asked))


def fonts(reader: PdfReader) -> Iterator[Any]:
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            yield font.get_object()


@pytest.mark.parametrize("make", [boiler_pages, zone_pages])
def test_chinese_words_can_be_found_and_copied(make: Any) -> None:
    text = reader_of(make()).pages[0].extract_text()
    for word in (
        "平凉市生态环境局",
        "内部使用，不得公开",
        "图例",
        "行政区域界线仅供参考",
        "审核人",
        "数据截止",
    ):
        assert word in text.replace("\n", ""), word


@pytest.mark.parametrize("make", [boiler_pages, zone_pages])
def test_every_font_is_embedded_with_its_unicode_map(make: Any) -> None:
    found = list(fonts(reader_of(make())))
    assert found
    for font in found:
        assert "/ToUnicode" in font
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in descriptor
        assert "NotoSansSC" in font["/BaseFont"]


def test_the_sheet_holds_no_pictures() -> None:
    resources = reader_of(boiler_pages()).pages[0]["/Resources"]
    kinds = [item.get_object()["/Subtype"] for item in resources.get("/XObject", {}).values()]
    assert "/Image" not in kinds


@pytest.mark.parametrize(("paper", "size"), [("A4", (297, 210)), ("A0", (1189, 841))])
def test_pages_have_the_size_of_their_paper(paper: str, size: tuple[float, float]) -> None:
    box = reader_of(boiler_pages(paper=paper, orientation="landscape")).pages[0].mediabox
    assert (float(box.width) * POINT_MM, float(box.height) * POINT_MM) == pytest.approx(size, abs=0.4)


def place_on_page(reader: PdfReader, wanted: str) -> tuple[float, float]:
    """Where a word stands on the page, in mm from the lower left corner."""
    found: list[tuple[float, float]] = []

    def look(text: str, cm: list[float], tm: list[float], _font: Any, _size: Any) -> None:
        if text.strip() == wanted:
            spot = np.array([tm[4], tm[5], 1.0]) @ np.array([[cm[0], cm[1]], [cm[2], cm[3]], [cm[4], cm[5]]])
            found.append((float(spot[0]) * POINT_MM, float(spot[1]) * POINT_MM))

    reader.pages[0].extract_text(visitor_text=look)
    assert len(found) == 1, (wanted, found)
    return found[0]


@pytest.mark.parametrize("paper", ["A4", "A1"])
def test_the_scale_is_true_between_two_known_points(paper: str) -> None:
    """Both serials stand to the right of their boilers, so they are as far apart as the boilers are."""
    pages = boiler_pages(paper=paper)
    reader, scale = reader_of(pages), pages[0].scale
    assert scale is not None
    (x1, y1), (x2, y2) = place_on_page(reader, "771"), place_on_page(reader, "772")
    on_paper_m = np.hypot(x2 - x1, y2 - y1) / 1000.0 * scale
    on_ground_m = distance_m(106.55, 35.35, 106.75, 35.55)
    assert on_paper_m == pytest.approx(on_ground_m, rel=0.002)
    projected = to_map(np.array([[106.55, 35.35], [106.75, 35.55]]), "EPSG:4545")
    assert on_paper_m == pytest.approx(float(np.hypot(*(projected[1] - projected[0]))), rel=0.0003)


def test_sheets_of_different_sizes_go_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "图册.pdf"
    write_pdf([*boiler_pages(orientation="landscape"), *zone_pages()], path)
    boxes = [page.mediabox for page in PdfReader(path).pages]
    assert [box.width > box.height for box in boxes] == [True, False]
    assert [child.name for child in tmp_path.iterdir()] == ["图册.pdf"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "taken.pdf"
    target.mkdir()
    with pytest.raises(StoreFailure) as caught:
        write_pdf(zone_pages(), target)
    assert caught.value.code == "cannot_write"
    assert [child.name for child in tmp_path.iterdir()] == ["taken.pdf"]
    with pytest.raises(StoreFailure):
        write_pdf(zone_pages(), tmp_path / "nowhere" / "x.pdf")


def test_nothing_to_print_is_said() -> None:
    with pytest.raises(Invalid):
        pdf_bytes([])


@pytest.mark.parametrize("bold", [False, True])
def test_blanks_come_back_as_they_were_written(bold: bool) -> None:
    """The tab is drawn as the space, the em space as the Chinese one, and a PDF took the lower of both."""
    said = "A B 柳湖 镇　一号  x"
    op = Text(10.0, 20.0, said, TextStyle(4.0, "#000000", bold=bold))
    found = reader_of([Page(210.0, 297.0, (op,), "名")]).pages[0].extract_text()
    assert {mark for mark in found if mark.isspace()} == {" ", "　", " "}
    assert found.split() == said.split()


def test_numbers_hashes_and_words_come_back_as_they_were_written() -> None:
    """Beside Latin letters the font has other shapes for digits, and one shape for two letters, which stand
    for nothing that could be copied."""
    said = "2d711642b726b044f0985e3 https://10.0.0.1:8443/office 1,115,688 fi ffl 李某某 620802…"
    for bold in (False, True):
        op = Text(10.0, 20.0, said, TextStyle(4.0, "#000000", bold=bold))
        found = reader_of([Page(210.0, 297.0, (op,), "名")]).pages[0].extract_text()
        assert found.split() == said.split()
