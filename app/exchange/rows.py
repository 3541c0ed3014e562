"""Which rows below the heading are records: merged cells filled down; totals, notes and repeated headings
left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shapely.geometry.base import BaseGeometry

from app.exchange.grid import Origin, Sheet, Value, is_blank, text_of, without_spaces
from app.exchange.header import Header

_TOTAL = re.compile(
    r"^(?![\d一二两三四五六七八九十]+[台套座])(?:.{0,10}?)(?:合计|小计|总计|共计|累计|总和)(?:[（(:：\d].*)?$"
)
_NOTE = re.compile(
    r"^(?:备?注(?:\d|[:：])|说明(?:\d)?[:：]|填表|填报|制表|审核|审批|单位负责人|负责人[:：]|主管领导|联系人[:：]|联系电话[:：]"
    r"|报送|数据来源|坐标来源|坐标系|资料来源|\d[、.．]\S{8,}|[（(]\d[)）]|※|★|＊|\*)"
)
_SIGNED = re.compile(
    r"^(?:填表|填报|制表|审核|审批|审定|复核|负责人|单位负责人|主管|分管|联系人|联系电话|电话|日期|时间|报送|经办|签字|盖章|单位)"
    r"[^:：]{0,8}[:：]"
)
_NUMBERED = re.compile(
    r"^\s*[A-Za-z\u4e00-\u9fff]{0,8}[-－—_/#]?[\dA-Za-z\-－—_/]*\d+\s*#?\s*$"
)  # K-2, 崆峒-003, 3#
_DITTO = frozenset({"同上", "〃", "″", "“", "”", '"', "''", "＂", "々", "ditto"})
_SERIAL = {"序号", "序", "顺序号", "NO", "NO.", "编号"}


@dataclass(frozen=True)
class LedgerRow:
    """One record's row. `section` is the text of the group row above it (“一、崆峒区”), when there is one;
    `origin` says where the cells of a form stood."""

    sheet: str
    number: int
    cells: Sequence[Value]
    geometry: BaseGeometry | None = None
    section: str = ""
    origin: Origin | None = None

    def cell(self, column: int) -> Value:
        """The value in a column counted from 1."""
        return self.cells[column - 1] if column <= len(self.cells) else None

    def place(self, column: int) -> tuple[int, int]:
        """The cell (row, column) of the file in which a column's value stands."""
        own = self.origin.cells[column - 1] if self.origin and column <= len(self.origin.cells) else None
        return own or (self.number, column if self.origin is None else 1)


@dataclass(frozen=True)
class Skipped:
    """A row below the heading that is no record, with the kind of row it is and its text."""

    sheet: str
    row: int
    kind: str
    text: str


@dataclass(frozen=True)
class Body:
    """The records of a sheet and what was left out between and below them."""

    rows: Sequence[LedgerRow]
    skipped: Sequence[Skipped]


def body_of(sheet: Sheet, header: Header, is_place: Callable[[str], bool]) -> Body:
    """The data rows below a heading; `is_place` knows a division's name, for group rows."""
    if sheet.headings:
        return _features(sheet)
    first = max(header.rows) + 1
    filled = _filled_down(sheet, first)
    serials = {n for n, path in enumerate(header.paths) if path and path[-1].upper() in _SERIAL - {"编号"}}
    rows: list[LedgerRow] = []
    skipped: list[Skipped] = []
    section = ""
    broken = {row for row, _ in sheet.faults}
    for number, raw, cells in filled:
        if not any(not is_blank(cell) for cell in raw):
            continue
        kind = _kind(raw, header, serials, is_place, number in broken)
        if kind:
            words = [text_of(cell) for cell in raw if not is_blank(cell)]
            section = words[-1] if kind == "section" else section
            skipped.append(Skipped(sheet.name, number, kind, " ".join(words)[:120]))
        else:
            cells = cells if _DITTO.isdisjoint(cells) else _as_above(cells, rows)
            rows.append(LedgerRow(sheet.name, number, cells, section=section))
    return Body(rows, skipped)


def _as_above(cells: Sequence[Value], rows: Sequence[LedgerRow]) -> Sequence[Value]:
    """“同上” and ditto marks mean what the record above has in that column."""
    if not rows:
        return cells
    above = rows[-1]
    return [above.cell(at) if cell in _DITTO else cell for at, cell in enumerate(cells, 1)]


def _features(sheet: Sheet) -> Body:
    if sheet.origins:
        forms = zip(sheet.origins, sheet.rows, strict=True)
        return Body([LedgerRow(o.sheet, o.row, cells, None, o.about, o) for o, cells in forms], [])
    shapes = sheet.geometries or [None] * len(sheet.rows)
    rows = [
        LedgerRow(sheet.name, number, cells, shape)
        for number, (cells, shape) in enumerate(zip(sheet.rows, shapes, strict=True), 1)
    ]
    return Body(rows, [])


def _filled_down(sheet: Sheet, first: int) -> Iterator[tuple[int, Sequence[Value], Sequence[Value]]]:
    """Row number, the cells as they are, and the cells with merged ones filled down."""
    fills: dict[int, list[tuple[int, Value]]] = {}
    for span in sheet.merged:
        if span.bottom <= span.top or span.bottom < first:
            continue
        source = sheet.row(span.top)
        value = source[span.left - 1] if span.left <= len(source) else None
        for number in range(
            max(span.top + 1, first), min(span.bottom, sheet.first_row + len(sheet.rows) - 1) + 1
        ):
            fills.setdefault(number, []).append((span.left - 1, value))
    for index in range(first - sheet.first_row, len(sheet.rows)):
        number, raw = index + sheet.first_row, sheet.rows[index]
        cells = raw
        if number in fills:
            cells = list(raw)
            for column, value in fills[number]:
                cells.extend([None] * (column + 1 - len(cells)))
                cells[column] = value if is_blank(cells[column]) else cells[column]
        yield number, raw, cells


def _kind(
    cells: Sequence[Value], header: Header, serials: set[int], is_place: Callable[[str], bool], broken: bool
) -> str:
    """What a row is when it is no record: total, note, heading, numbering, section; empty for a record.

    `broken` says that a cell of it shows an error where its value was.
    """
    filled = [index for index, cell in enumerate(cells) if not is_blank(cell)]
    front = [without_spaces(text_of(cells[index])) for index in filled[:4]]
    if any(_TOTAL.match(word) for word in front if len(word) <= 40):
        return "total"
    if _repeats(cells, filled, header):
        return "heading"
    if _counts_up(front) and _counts_up([text_of(cells[index]) for index in filled]):
        return "numbering"
    if sum(bool(_SIGNED.match(word)) for word in front) * 2 > len(filled):
        return "note"
    few = max(2, len([path for path in header.paths if path]) // 4)
    if len(filled) > few + len(serials):
        return ""
    words = [text_of(cells[n]) for n in filled if n not in serials]
    kind = _kind_of_few(words, front, few, is_place)
    if broken and kind == "note" and len(words) == 1 and _NUMBERED.match(words[0]):
        return ""  # a record's number beside an error: what is wrong is said at that cell
    return kind


def _kind_of_few(
    words: Sequence[str], front: Sequence[str], few: int, is_place: Callable[[str], bool]
) -> str:
    """A row with hardly anything in it."""
    if not words:  # a group's name often stands in the column of the serial numbers
        named = len(front) == 1 and not re.search(r"\d", front[0]) and is_place(_bare_name(front[0]))
        if named:
            return "section"
        said = any(len(word) > 8 or not re.search(r"\d", word) for word in front)
        return "note" if said else "numbering"
    if len(words) > few:
        return ""
    if _NOTE.match(front[0]) or any(len(word) > 40 for word in words):
        return "note"
    if len(set(words)) == 1:
        return _lonely(without_spaces(words[-1]), is_place)
    return "total" if all(re.fullmatch(r"[\d.]+", word) for word in words) else ""


def _lonely(word: str, is_place: Callable[[str], bool]) -> str:
    """A row with a single text is the name of a group of rows, or a note."""
    return "section" if is_place(_bare_name(word)) else "note"


def _bare_name(word: str) -> str:
    return re.sub(r"[（(].*$|[:：]$", "", word)


def _repeats(cells: Sequence[Value], filled: Sequence[int], header: Header) -> bool:
    """A heading printed again on the next page."""
    if len(filled) < 2 or not all(isinstance(cells[index], str) for index in filled):
        return False
    same = 0
    for index in filled:
        path = header.paths[index] if index < len(header.paths) else ()
        same += without_spaces(text_of(cells[index])) in path
    return same >= 0.7 * len(filled)


def _counts_up(words: Sequence[str]) -> bool:
    """The line of column numbers some forms have below their heading: 1 2 3 …, （1）（2）…, 甲 乙 1 2 …"""
    numbers = [
        re.sub(r"\.0$", "", word.strip("（）()栏")) for word in words if word not in ("甲", "乙", "丙", "丁")
    ]
    if len(numbers) < 4 or not all(number.isdigit() for number in numbers):
        return False
    found = [int(number) for number in numbers]
    return found[0] in (0, 1, 2, 3) and all(b == a + 1 for a, b in pairwise(found))
