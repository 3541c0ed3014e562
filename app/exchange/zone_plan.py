"""Protection zones from tables of corner points: rings with their problems, and the zone records they
make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import shapely
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from app.domain.coordinates.measure import zone_measures
from app.domain.coordinates.zones import STORED, is_geographic, zone_of_crs
from app.domain.entities.water import ZONE_LEVELS, ZONE_PARTS
from app.errors import Invalid
from app.exchange.corner_points import CornerLine, read_corners
from app.exchange.grid import Book, Sheet
from app.exchange.grid_positions import grid_parts
from app.exchange.matching import Matcher, Wanted
from app.exchange.options import ImportContext, ImportOptions
from app.exchange.positions import Frame, Placed, Placer, Stated
from app.exchange.questions import Asked
from app.exchange.reading import Draft
from app.exchange.report import ImportPlan, ImportReport, PlannedRecord, Refusal, Warned
from app.exchange.rings import FATAL, Corner, Problem, Ring, make_ring
from app.exchange.rules import rules_for
from app.exchange.written_positions import Form
from app.i18n import N_, in_language, tr

_FILE_LANGUAGE = "zh_CN"


def lists_corners(book: Book) -> bool:
    """True for tables and texts of corner points, false for map files that hold the polygons themselves."""
    shapes = [shape for sheet in book.sheets for shape in sheet.geometries if shape is not None]
    return not shapes or all(isinstance(shape, Point) for shape in shapes)


def plan_zones(book: Book, context: ImportContext, options: ImportOptions) -> ImportPlan:
    """Plan the zones that a table or text of corner points describes. Raises Invalid when there is no
    corner point."""
    asked = Asked(options.all_answers())
    sheet, lines, header_rows, columns = _lines(book, context, options)
    placer = Placer(
        [Stated(line.row, line.written) for line in lines],
        Frame(
            context.box,
            context.area,
            options.crs or "",
            options.axes or "",
            options.zone,
            default=_projected(sheet),
            stated=True,  # a zone's corners come from its approval, which is in CGCS2000
        ),
        asked,
    )
    placed = placer.place()
    problems = _position_problems(lines, placed)
    rings = _rings(lines, placed)
    problems += [problem for ring in rings for problem in ring.problems]
    records, refused = _records(book, sheet, rings, problems, context)
    warnings = [
        Warned(sheet.name, problem.rows[0] if problem.rows else 0, problem.code, problem.why)
        for problem in problems
        if problem.code not in FATAL
    ]
    report = ImportReport(
        sheet.name, book.encoding, header_rows, placer.crs or STORED, len(lines), 0, 0, columns,
        asked.questions, refused, warnings, [], records, rings, problems,
    )  # fmt: skip
    return ImportPlan(context.kind, report)


def _projected(sheet: Sheet) -> str:
    return sheet.crs if sheet.crs and not is_geographic(sheet.crs) else ""


def _lines(
    book: Book, context: ImportContext, options: ImportOptions
) -> tuple[Sheet, list[CornerLine], Sequence[int], Sequence[Any]]:
    """The sheet with the most corner points, or the one asked for."""
    best: tuple[Sheet, list[CornerLine], Sequence[int], Sequence[Any]] | None = None
    for sheet in book.sheets:
        if (options.sheet and sheet.name != options.sheet) or sheet.is_empty:
            continue
        lines, header, columns = read_corners(sheet, context.box)
        if best is None or len(lines) > len(best[1]):
            best = (sheet, lines, header.rows if header else (), columns)
    if best is None or not best[1]:
        raise Invalid(
            N_("There is no corner point in “{file}”."),
            code="no_known_column",
            file=book.name,
            hint=N_("Each line needs an east and a north coordinate, in any notation."),
        )
    return best


def _position_problems(lines: Sequence[CornerLine], placed: Sequence[Placed]) -> list[Problem]:
    """What the placing found: exchanged axes, wrong zones, points outside, texts that cannot be read."""
    rows: dict[str, list[tuple[int, tuple[float, float]]]] = {}
    for line, result in zip(lines, placed, strict=True):
        code = _code(line, result)
        if code:
            rows.setdefault(code, []).append((line.row, (round(result.x, 9), round(result.y, 9))))
    why = {
        "unreadable": N_("These lines cannot be read as coordinates."),
        "outside_area": N_("These points lie outside the area of this workspace."),
        "swapped_axes": N_("East and north are exchanged in these lines."),
        "wrong_zone": N_("The zone number of these lines puts them elsewhere; another zone fits."),
    }
    return [
        Problem(
            code, tuple(row for row, _ in found), tuple(v for _, v in found if v[0] == v[0]), tr(why[code])
        )
        for code, found in rows.items()
    ]


def _code(line: CornerLine, result: Placed) -> str:
    if line.written.form is Form.BAD or result.refused == "bad_position":
        return "unreadable"
    if line.written.swapped or any(code == "axes_exchanged" for code, _ in result.warnings):
        return "outside_area" if result.refused else "swapped_axes"
    parts = grid_parts(line.written) if line.written.form is Form.METRES else None
    zone = zone_of_crs(result.source)
    if parts and parts[1] >= 25 and zone is not None and zone != parts[1]:
        return "wrong_zone"
    return "outside_area" if result.refused == "outside_area" else ""


def _rings(lines: Sequence[CornerLine], placed: Sequence[Placed]) -> list[Ring]:
    """Lines under one source, level and part form a ring; numbering that begins again begins another."""
    groups: list[tuple[tuple[str, str, str], list[Corner]]] = []
    for line, result in zip(lines, placed, strict=True):
        if line.written.form is Form.BAD or result.x != result.x:
            continue
        key = (line.level, line.part, line.name)
        again = not groups or groups[-1][0] != key or (line.number == 1 and len(groups[-1][1]) >= 3)
        if again and not _closes(groups, key, line, result):
            groups.append((key, []))
        groups[-1][1].append(Corner(line.row, result.x, result.y, line.number))
    return [make_ring(level, part, name, corners) for (level, part, name), corners in groups]


def _closes(
    groups: Sequence[tuple[tuple[str, str, str], list[Corner]]],
    key: tuple[str, str, str],
    line: CornerLine,
    at: Placed,
) -> bool:
    """The first point written once more at the end, under its own number, closes the ring and begins none."""
    if not groups or groups[-1][0] != key or not groups[-1][1]:
        return False
    first = groups[-1][1][0]
    return first.number == line.number and abs(first.x - at.x) < 1e-7 and abs(first.y - at.y) < 1e-7


def _records(
    book: Book, sheet: Sheet, rings: Sequence[Ring], problems: Sequence[Problem], context: ImportContext
) -> tuple[list[PlannedRecord], list[Refusal]]:
    """One record for each source, level and part whose rings are sound."""
    zones: dict[tuple[str, str, str], list[Ring]] = {}
    for ring in rings:
        zones.setdefault((ring.name, ring.level, ring.part), []).append(ring)
    broken = {row for problem in problems if problem.code in FATAL for row in problem.rows}
    wanted, refused = [], []
    for (source, level, part), parts in zones.items():
        row = parts[0].corners[0].row
        rows = {corner.row for ring in parts for corner in ring.corners}
        why = _why_not(parts, level, rows & broken)
        if why:
            refused.append(
                Refusal(
                    sheet.name,
                    row,
                    "level" if not level else "geometry",
                    "",
                    "missing" if not level else "bad_position",
                    why,
                )
            )
            continue
        geometry = MultiPolygon([ring.polygon for ring in parts if ring.polygon is not None])
        values = _values(source or PurePath(book.name).stem, level, part, geometry, context)
        wanted.append(Wanted(sheet.name, row, values, geometry))
    matcher = Matcher(context.kind, rules_for(context.kind.name), context.existing, context.kind.key)
    planned = matcher.match(wanted, context.new_uid).planned
    return [record for record in planned if record is not None], refused


def _why_not(parts: Sequence[Ring], level: str, broken: set[int]) -> str:
    if not level:
        return tr(N_("Nothing says whether this is a first-level, second-level or quasi-protection zone."))
    fatal = [problem.why for ring in parts for problem in ring.problems if problem.code in FATAL]
    if fatal or broken:
        return " ".join(fatal) or tr(N_("Some of its corner points are wrong."))
    return ""


def _values(
    source: str, level: str, part: str, geometry: BaseGeometry, context: ImportContext
) -> dict[str, Any]:
    part = part or "whole"
    words = [
        next(c.label for c in codes.choices if c.code == code)
        for codes, code in ((ZONE_LEVELS, level), (ZONE_PARTS, part))
    ]
    shown = [in_language(_FILE_LANGUAGE, word) for word in words]
    name = f"{source}{shown[0]}" if part == "whole" else f"{source}{shown[0]}（{shown[1]}）"
    values: dict[str, Any] = {
        "name": name,
        "level": level,
        "part": part,
        **zone_measures(geometry),
    }
    uid = context.lookup("water_source", source)
    return {**values, "source": uid} if uid else values


def rings_of(
    records: Sequence[PlannedRecord], shapes: Sequence[tuple[int, BaseGeometry]]
) -> tuple[list[Ring], list[Problem]]:
    """The rings of polygons that a map file holds, by the row of the feature, with what is wrong with
    them."""
    said = {record.row: record.values for record in records}
    rings = []
    for row, shape in shapes:
        values = said.get(row, {})
        for polygon in getattr(shape, "geoms", [shape]):
            if isinstance(polygon, Polygon):
                corners = [
                    Corner(row, float(x), float(y)) for x, y in shapely.get_coordinates(polygon.exterior)
                ]
                rings.append(
                    make_ring(
                        str(values.get("level") or ""),
                        str(values.get("part") or ""),
                        str(values.get("name") or ""),
                        corners,
                    )
                )
    return rings, [problem for ring in rings for problem in ring.problems]


def turned_rows(drafts: Sequence[Draft]) -> list[Problem]:
    """The features whose axes were exchanged, as a problem of the rings."""
    rows = [d.row.number for d in drafts if any(warned.code == "axes_exchanged" for warned in d.warnings)]
    why = tr(N_("East and north are exchanged in these lines."))
    return [Problem("swapped_axes", tuple(rows), (), why)] if rows else []
