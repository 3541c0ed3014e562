"""Office documents (docx): forms of one boiler with its photographs, and letters in the official layout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, Twips
from docx.text.paragraph import Paragraph
from pi_heif import register_heif_opener
from PIL import Image, ImageOps

from app.exchange.looks import MAKER
from app.exchange.whole import whole
from app.i18n import N_, tr

# GB/T 9704-2012: A4, type area 156 × 225 mm filled by 22 lines of 28 characters, title 2号小标宋, body
# 3号仿宋 (docs/sources.md). 225 mm in 22 lines is 28.95 pt, 156 mm in 28 characters 15.79 pt: 3号, closer.
_PAGE = (Mm(210), Mm(297))
_MARGINS = {"top": Mm(37), "bottom": Mm(35), "left": Mm(28), "right": Mm(26)}
_TITLE, _HEADING, _BODY = ("方正小标宋简体", 22.0), ("黑体", 16.0), ("仿宋_GB2312", 16.0)
_TABLE = ("仿宋_GB2312", 12)
_LIST = ("仿宋_GB2312", 10.5)
_PAGE_NUMBER = ("宋体", 14)
# The grid of a section would say it too, but LibreOffice gives each character two of its places then.
_LINE, _CLOSER_TWIPS = Twips(579), -5
_SEAL_GAP, _EDGE_GAP = 4, 1  # characters between the day and the right edge, the page number and its edge
_PHOTO = (Mm(70), Mm(52))
_PHOTO_PX = (827, 614)  # of that size at 300 dots an inch
_PHOTOS_ACROSS = 2  # three rows of them fill a page
_TYPE_WIDTH = 156
_PAIR_WIDTHS, _SIGN_WIDTHS = (30, 48, 30, 48), (36, 120)
_SIGN_HEIGHT, _ROW_HEIGHT = Mm(20), Mm(9)
_HALF_MM, _PADDING_MM, _SHORT = (
    1.95,
    4.5,
    11,
)  # half a character of _LIST; a column up to so many keeps its words in a line
_MOST_NEED = 24  # of a column, in half characters; longer words go on in the next line


@dataclass(frozen=True)
class Photo:
    """A photograph with the words under it."""

    path: Path
    caption: str


@dataclass(frozen=True)
class Form:
    """A form of one record: pairs of heading and value, photographs, and the boxes to sign in."""

    title: str
    number: str
    pairs: Sequence[tuple[str, str]]
    signatures: Sequence[tuple[str, str]]  # heading of the box, what is known of the signature
    photos: Sequence[Photo] = ()
    note: str = ""


@dataclass(frozen=True)
class Letter:
    """A letter: to whom, paragraphs, a table of what it is about, who sends it, on which day."""

    title: str
    addressee: str
    paragraphs: Sequence[str]
    sender: str
    day: str
    headings: Sequence[str] = ()
    lines: Sequence[Sequence[str]] = ()
    number: str = ""  # left empty for the office system to give
    note: str = field(default="")


def write_forms(forms: Iterable[Form], target: Path) -> Path:
    """Write forms one behind the other, each from a new page. Raises StoreFailure."""
    document = _paper("")
    for place, form in enumerate(forms):
        if place:
            document.add_page_break()
        document.core_properties.title = form.title
        _form(document, form)
    return _save(document, target)


def write_letter(letter: Letter, target: Path) -> Path:
    """Write a letter in the official layout, without a red head. Raises StoreFailure."""
    document = _paper(letter.title)
    _line(document, letter.title, _TITLE, centred=True)
    if letter.number:
        _line(document, letter.number, _BODY, centred=True)
    _line(document, "", _BODY)
    _line(document, f"{letter.addressee}：", _BODY)
    for paragraph in letter.paragraphs:
        _line(document, paragraph, _BODY, indented=True)
    place = document
    if letter.lines:
        _line(document, "", _LIST)
        place = _below(_grid(document, [letter.headings, *letter.lines], heads=1))
    else:
        document.paragraphs[-1].paragraph_format.keep_with_next = True
    _signed(place, letter)
    if letter.note:
        _line(place, letter.note, _TABLE)
    return _save(document, target)


def _below(table: Any) -> Any:
    """A place that goes to no other page than a table's last line: nobody signs on a page that says nothing.

    It is a row without rules. LibreOffice keeps rows together wherever the table is broken, but forgets to
    keep a line of text with a table that began on an earlier page.
    """
    for cell in table.rows[-1].cells:
        cell.paragraphs[0].paragraph_format.keep_with_next = True
    row = table.add_row()
    _keep_whole(row, heading=False)
    place = row.cells[0].merge(row.cells[-1])
    properties = place._tc.get_or_add_tcPr()
    for name, sides, values in (
        ("w:tcBorders", ("left", "bottom", "right"), {"w:val": "nil"}),
        ("w:tcMar", ("left", "right"), {"w:w": "0", "w:type": "dxa"}),
    ):
        group = OxmlElement(name)
        for side in sides:
            part = OxmlElement(f"w:{side}")
            for key, value in values.items():
                part.set(qn(key), value)
            group.append(part)
        properties.append(group)
    _shape(place.paragraphs[0])
    return place


def _paper(title: str) -> Any:
    document = Document()
    _sign_off(document, title)
    section = document.sections[0]
    section.page_width, section.page_height = _PAGE
    for side, breadth in _MARGINS.items():
        setattr(section, f"{side}_margin", breadth)
    _number_pages(document)
    _dress(document.styles["Normal"].font, _BODY)
    document.styles["Normal"].element.rPr.rFonts.set(qn("w:eastAsia"), _BODY[0])
    return document


def _sign_off(document: Any, title: str) -> None:
    """The file tells its title and the day; nobody's name, and no picture of another paper."""
    told, now = document.core_properties, datetime.now(UTC)
    told.title, told.author, told.comments, told.created, told.modified = title, MAKER, "", now, now
    links = document.part.package.rels
    for name in [name for name, link in links.items() if link.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
        del links[name]


def _signed(place: Any, letter: Letter) -> None:
    """Who sends it above the day, one centred on the other, the day four characters from the edge: a seal
    goes over both."""
    sender, day = _half_characters(letter.sender), _half_characters(letter.day)
    gap = 2 * _SEAL_GAP + (day - sender) // 2
    beyond = max(0, 2 * _EDGE_GAP - gap)  # a long name pushes the day inwards
    for words, halves in ((letter.sender, gap + beyond), (letter.day, 2 * _SEAL_GAP + beyond)):
        layout = _line(place, words, _BODY).paragraph_format
        layout.keep_with_next = words is letter.sender or bool(letter.note)
        layout.alignment, layout.right_indent = WD_ALIGN_PARAGRAPH.RIGHT, Pt(halves * _BODY[1] / 2)


def _number_pages(document: Any) -> None:
    """“— 1 —” in 4号 below the type area: odd pages at the right, even ones at the left, a character from the
    edge; the office program counts."""
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    section.footer_distance = Mm(25)
    gap = Length(Pt(_PAGE_NUMBER[1]) * _EDGE_GAP)
    for footer, right in ((section.footer, True), (section.even_page_footer, False)):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
        setattr(paragraph.paragraph_format, "right_indent" if right else "left_indent", gap)
        _write(paragraph, "— ", _PAGE_NUMBER)
        counted = OxmlElement("w:fldSimple")
        counted.set(qn("w:instr"), "PAGE")
        paragraph._p.append(counted)
        _write(paragraph, " —", _PAGE_NUMBER)


def _form(document: Any, form: Form) -> None:
    _line(document, form.title, _TITLE, centred=True)
    _line(document, form.number, _TABLE).paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    rows = [[*first, *second] for first, second in _by_two(form.pairs)]
    _grid(document, rows, widths=_PAIR_WIDTHS)
    _line(document, "", _TABLE)
    signed = [[heading, known] for heading, known in form.signatures]
    for row in _grid(document, signed, widths=_SIGN_WIDTHS).rows:
        _write(row.cells[1].add_paragraph(), "签字（盖章）：　　　　　　　　年　　月　　日", _TABLE)
        row.height = _SIGN_HEIGHT
    if form.note:
        _line(document, form.note, _TABLE)
    if form.photos:  # on pages of their own, so that six of them stand on each
        _line(document, tr(N_("Photographs")), _HEADING).paragraph_format.page_break_before = True
        _photos(document, form.photos)


def _by_two(pairs: Sequence[tuple[str, str]]) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    filled = [*pairs, ("", "")] if len(pairs) % 2 else list(pairs)
    return list(zip(filled[::2], filled[1::2], strict=True))


def _grid(document: Any, rows: Sequence[Sequence[str]], heads: int = 0, widths: Sequence[int] = ()) -> Any:
    """A ruled table over the whole type area; no row is torn by a page, its head stands on each."""
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    breadths = [Mm(part) for part in widths or _by_need(rows)]
    for column, breadth in zip(table.columns, breadths, strict=True):
        column.width = breadth
    for number, row in enumerate(rows):
        made = table.add_row()
        made.height = _ROW_HEIGHT
        _keep_whole(made, heading=number < heads)
        for cell, words, breadth in zip(made.cells, row, breadths, strict=True):
            cell.width = breadth
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
            _write(cell.paragraphs[0], words, _LIST if heads else _TABLE)
            if number < heads:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    return table


def _by_need(rows: Sequence[Sequence[str]]) -> list[float]:
    """Columns of numbers and short words as wide as these, the rest shared out among the others."""
    needs = [max(_half_characters(row[at]) for row in rows) for at in range(len(rows[0]))]
    fixed = [need * _HALF_MM + _PADDING_MM if need <= _SHORT else 0.0 for need in needs]
    shares = [min(need, _MOST_NEED) if need > _SHORT else 0 for need in needs]
    room = _TYPE_WIDTH - sum(fixed)
    if not any(shares) or room <= 0:
        return [_TYPE_WIDTH * need / sum(needs) for need in needs]
    return [width or room * share / sum(shares) for width, share in zip(fixed, shares, strict=True)]


def _half_characters(words: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in words)


def _keep_whole(row: Any, *, heading: bool) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if heading:
        properties.append(OxmlElement("w:tblHeader"))


def _photos(document: Any, photos: Sequence[Photo]) -> None:
    """Two across and three down on a page, each with its words below; what is no picture says so."""
    table = document.add_table(rows=0, cols=_PHOTOS_ACROSS)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for start in range(0, len(photos), _PHOTOS_ACROSS):
        row = table.add_row()
        _keep_whole(row, heading=False)
        for cell, photo in zip(row.cells, photos[start : start + _PHOTOS_ACROSS], strict=False):
            paragraph = cell.paragraphs[0]
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _picture(paragraph, photo)
            below = cell.add_paragraph()
            below.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _write(below, photo.caption, _TABLE)


def _picture(paragraph: Paragraph, photo: Photo) -> None:
    try:
        picture = paragraph.add_run().add_picture(_for_paper(photo.path), width=_PHOTO[0])
    except (OSError, ValueError, SyntaxError, RuntimeError, Image.DecompressionBombError):
        _write(paragraph, "（照片无法显示）", _TABLE)
        return
    if picture.height > _PHOTO[1]:
        picture.width = Length(picture.width * _PHOTO[1] // picture.height)
        picture.height = _PHOTO[1]


def _for_paper(path: Path) -> BytesIO:
    """A photograph as the paper shows it: upright, as fine as it prints, without the camera's own notes."""
    register_heif_opener()
    with Image.open(path) as picture:
        picture.draft("RGB", _PHOTO_PX)  # a telephone's JPEG is read at a part of its size
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((max(_PHOTO_PX), max(_PHOTO_PX)), Image.Resampling.LANCZOS)
    made = BytesIO()
    upright.save(made, "JPEG", quality=88, optimize=True)
    made.seek(0)
    return made


def _line(
    place: Any, words: str, face: tuple[str, float], *, centred: bool = False, indented: bool = False
) -> Paragraph:
    paragraph: Paragraph = place.add_paragraph()
    _write(paragraph, words, face)
    layout = _shape(paragraph)
    if centred:
        layout.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if indented:
        layout.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        layout.first_line_indent = Pt(face[1] * 2)
    return paragraph


def _shape(paragraph: Paragraph) -> Any:
    layout = paragraph.paragraph_format
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, _LINE
    layout.space_after = Pt(0)
    return layout


def _write(paragraph: Paragraph, words: str, face: tuple[str, float]) -> None:
    """Words in a face; those of a letter set so close that a line holds 28 of them."""
    run = paragraph.add_run(words)
    _dress(run.font, face)
    properties = run._element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), face[0])
    if face == _BODY:
        closer = OxmlElement("w:spacing")
        closer.set(qn("w:val"), str(_CLOSER_TWIPS))
        properties.insert_element_before(closer, "w:sz")


def _dress(font: Any, face: tuple[str, float]) -> None:
    font.name, font.size = face[0], Pt(face[1])


def _save(document: Any, target: Path) -> Path:
    with whole(target) as part:
        document.save(str(part))
    return target
