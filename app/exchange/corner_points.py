"""Corner-point tables of approvals, as a table with headings or as pasted text, into positions by zone
level and part."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.coordinates.notation import Box, interpret
from app.exchange.grid import Sheet, is_blank, text_of
from app.exchange.header import Header, find_headers
from app.exchange.headings import XY, X, Y, plain
from app.exchange.mapping import Column
from app.exchange.rows import LedgerRow
from app.exchange.written_positions import Form, Written, read_written

_LEVELS = (
    ("first", r"一级|Ⅰ级|I级|1级"),
    ("second", r"二级|Ⅱ级|II级|2级"),
    ("quasi", r"准保护|准级|^准$|准水源"),
)
_PARTS = (("water", r"水域"), ("land", r"陆域"))
_GROUP = set(
    "保护区级别及范围 保护区级别 级别 范围 保护区 保护区范围 保护区名称 区域 保护级别 分区 类别"
    " 级别及范围 ZONELEVEL LEVEL".split()
)
_NAME = set("水源地名称 水源地 水源名称 名称 水源保护区名称 饮用水水源地".split())
_NUMBER = set(
    "拐点序号 拐点编号 拐点 序号 点号 编号 界点号 界址点号 拐点号 桩号 界桩编号 控制点 点位 NO".split()
)
_PART = set("水域陆域 水域/陆域 水陆域 PART 类型".split())
_NOTE = set("备注 说明 位置描述 拐点位置 REMARK".split())
_LABEL = re.compile(r"^\s*[^\d\s]{0,4}?\s*(\d{1,4})\s*(?:号点?|点|#|[、.,，:：()（）\]]|\s)\s*(.+)$")
_ANGLE = r"[东北]?[经纬]?\s*\d{2,3}\s*[°度]\s*\d{1,2}\s*[′'分]\s*[\d.]+\s*[″\"秒]?[EN]?"
_SEVERAL = re.compile(
    rf"(?:(\d{{1,3}})\s*[号点]*\s*[（(:：,，、]\s*)?(?:({_ANGLE})[\s,，、;；]*({_ANGLE})"
    r"|(\d{2,3}\.\d{3,})\s*°?[EN]?[\s,，、;；]+(\d{2,3}\.\d{3,}))"
)
_INTAKE = re.compile(r"取水口|取水点|水源井|井口|水厂")


@dataclass(frozen=True)
class CornerLine:
    """One row that states a corner point, under its source, level and part."""

    row: int
    name: str
    level: str
    part: str
    number: int | None
    written: Written


@dataclass
class _Group:
    name: str = ""
    level: str = ""
    part: str = ""


def read_corners(sheet: Sheet, box: Box) -> tuple[list[CornerLine], Header | None, list[Column]]:
    """The corner points of a sheet, the heading they stood under (None for pasted text) and its columns."""
    if sheet.geometries:
        header = find_headers(sheet, _score)[0]
        return _from_table(sheet, header, _columns(header), box), header, _columns(header)
    headers = find_headers(sheet, _score)
    if headers and ({X, Y} <= _roles(headers[0]).keys() or len(_roles(headers[0])) >= 2):
        header = headers[0]
        columns = _columns(header)
        return _from_table(sheet, header, columns, box), header, columns
    return _from_text(sheet, box), None, []


def level_and_part(words: str) -> tuple[str, str]:
    """The level and part that words such as “水域一级保护区” name, each empty when it is not named."""
    text = (
        re.sub(r"\s+", "", unicodedata.normalize("NFKC", words))
        if "Ⅰ" not in words and "Ⅱ" not in words
        else words
    )
    level = next((code for code, pattern in _LEVELS if re.search(pattern, text)), "")
    part = next((code for code, pattern in _PARTS if re.search(pattern, text)), "")
    return level, part


# --- a table with headings ---------------------------------------------------------------------------------


def _roles(header: Header) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, path in enumerate(header.paths, 1):
        role = _role(path)
        if role and role not in found:
            found[role] = number
    return found


def _role(path: Sequence[str]) -> str:
    if not path or re.search(r"\d{2}", path[-1]):
        return ""
    leaf = plain(path[-1])
    for role, words in (
        ("number", _NUMBER),
        ("group", _GROUP),
        ("name", _NAME),
        ("part", _PART),
        ("note", _NOTE),
    ):
        if leaf in words:
            return role
    if re.search(r"经度|东经|^[XEL]$|^X坐标|横坐标|^LON|^LNG", leaf):
        return X
    if re.search(r"纬度|北纬|^[YNB]$|^Y坐标|纵坐标|^LAT", leaf):
        return Y
    return XY if re.search(r"坐标$|经纬度", leaf) else ""


def _score(paths: Sequence[tuple[str, ...]]) -> float:
    roles = {_role(path) for path in paths} - {""}
    return float(len(roles)) if {X, Y} <= roles or XY in roles else 0.0


def _columns(header: Header) -> list[Column]:
    roles = _roles(header)
    position = {X, Y} if {X, Y} <= roles.keys() else {XY}
    return [
        Column(number, header.headings[number - 1], role if role in position else "", certainty=0.97)
        for role, number in sorted(roles.items(), key=lambda item: item[1])
    ]


def _from_table(sheet: Sheet, header: Header, columns: Sequence[Column], box: Box) -> list[CornerLine]:
    roles = _roles(header)
    position = [column for column in columns if column.field]
    group = _Group()
    for above in sheet.rows[: min(header.rows) - sheet.first_row] if header.rows else ():
        _regroup_text(group, " ".join(text_of(cell) for cell in above if not is_blank(cell)))
    found = []
    first = max(header.rows) + 1 if header.rows else sheet.first_row
    for number in range(first, sheet.first_row + len(sheet.rows)):
        cells = sheet.row(number)
        shape = sheet.geometries[number - sheet.first_row] if sheet.geometries else None
        row = LedgerRow(sheet.name, number, cells, shape)
        _regroup(group, row, roles)
        written = read_written(row, position, box, "")
        if written.form is Form.NONE:
            continue
        if _is_intake(row, roles):
            continue
        found.append(CornerLine(number, group.name, group.level, group.part, _number(row, roles), written))
    return found


def _regroup(group: _Group, row: LedgerRow, roles: dict[str, int]) -> None:
    """A level or name stands once and holds for the rows below it."""
    name = text_of(row.cell(roles["name"])) if "name" in roles else ""
    if name and name != group.name:
        group.name, group.level, group.part = name, "", ""
    words = "".join(text_of(row.cell(roles[role])) for role in ("group", "part") if role in roles)
    if not words:
        only = [text_of(cell) for cell in row.cells if not is_blank(cell)]
        words = only[0] if len(only) == 1 else ""
    level, part = level_and_part(words)
    if level:
        group.level, group.part = level, part
    elif part:
        group.part = part


def _is_intake(row: LedgerRow, roles: dict[str, int]) -> bool:
    """The first row of a gazette table names the intake; it is no corner point."""
    words = "".join(text_of(row.cell(roles[role])) for role in ("note", "group", "number") if role in roles)
    unnumbered = "number" not in roles or is_blank(row.cell(roles["number"]))
    return unnumbered and bool(_INTAKE.search(words))


def _number(row: LedgerRow, roles: dict[str, int]) -> int | None:
    if "number" not in roles:
        return None
    match = re.search(r"(\d+)\D*$", text_of(row.cell(roles["number"])))
    return int(match[1]) if match else None


# --- pasted text -------------------------------------------------------------------------------------------


def _from_text(sheet: Sheet, box: Box) -> list[CornerLine]:
    group = _Group()
    found = []
    for number, cells in enumerate(sheet.rows, sheet.first_row):
        plain = [_numbered(text_of(cell)) for cell in cells if not is_blank(cell)]
        text = " ".join(plain)
        if not text:
            continue
        several = _SEVERAL.findall(", ".join(plain))
        if len(several) > 1:
            _regroup_text(group, text)
            found += [_of_sentence(number, group, pair, box) for pair in several]
            continue
        label, written = _of_line(text, ", ".join(plain), box)
        if written is None:
            _regroup_text(group, text)
            continue
        level, part = level_and_part(re.split(r"\d", text)[0])
        if level or part:
            group.level, group.part = level or group.level, part
        if _INTAKE.search(text) and label is None:
            continue
        found.append(CornerLine(number, group.name, group.level, group.part, label, written))
    return found


def _numbered(text: str) -> str:
    """Numbers in circles as numbers of points, which they would else be run into."""
    return re.sub("[①-⑳]", lambda match: f" {ord(match.group()) - 0x245F}、", text).strip()


def _of_sentence(row: int, group: _Group, pair: tuple[str, ...], box: Box) -> CornerLine:
    """One of several points that stand in a sentence."""
    label, *halves = pair
    text = ", ".join(half for half in halves if half)
    written = read_written(LedgerRow("", 0, [text]), [Column(1, "", XY)], box, "")
    return CornerLine(row, group.name, group.level, group.part, int(label) if label else None, written)


def _regroup_text(group: _Group, text: str) -> None:
    level, part = level_and_part(text)
    if level:
        group.level, group.part = level, part
    elif part:
        group.part = part
    name = re.match(r"^\s*(?:\d+[、.]\s*)?([\u4e00-\u9fff]{2,20}?(?:水源地|水库|水源))", text)
    if name:
        group.name = name[1]


def _of_line(text: str, joined: str, box: Box) -> tuple[int | None, Written | None]:
    """The number and position of a line; no position when it is a heading or a sentence."""
    labelled = _LABEL.match(text)
    candidates: list[tuple[str, int | None]] = [(text, None), (joined, None)]
    if labelled:
        candidates.append((labelled[2], int(labelled[1])))
    choices: list[tuple[float, int | None, str]] = []
    for candidate, label in candidates:
        found = interpret(candidate, box).readings
        if found:
            choices.append((found[0].certainty, label, candidate))
    if choices:
        _, label, best = max(choices, key=lambda choice: choice[0])
        return label, read_written(LedgerRow("", 0, [best]), [Column(1, "", XY)], box, "")
    if len(re.findall(r"\d", text)) >= 8 and not re.search(r"[\u4e00-\u9fff]{8,}", text):
        written = Written(Form.BAD, text=text, why=interpret(text, box).refuse)
        return (int(labelled[1]) if labelled else None), written
    return None, None
