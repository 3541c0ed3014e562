"""From the rows of a file to geometries: points through the questions of position, polygons as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from app.domain.coordinates.datum import Shift
from app.domain.coordinates.gcj import Floats, Pair
from app.domain.coordinates.measure import zone_measures
from app.domain.coordinates.tokens import stated_zone
from app.domain.coordinates.zones import BD09, GCJ02, STORED, is_geographic, normalise_crs, transform
from app.domain.entity import Shape
from app.errors import Invalid
from app.exchange.grid import text_of
from app.exchange.headings import XY, X, Y
from app.exchange.mapping import Column
from app.exchange.matching import Matcher
from app.exchange.options import ImportContext, ImportOptions
from app.exchange.places import Gazetteer
from app.exchange.positions import Frame, Placed, Placer, Stated
from app.exchange.questions import Asked, Place, Question
from app.exchange.reading import Draft
from app.exchange.written_positions import Form, read_written
from app.i18n import N_, tr

_WORDS = (
    ("gcj02", r"高德|腾讯|火星坐标|GCJ-?02"),
    ("bd09", r"百度|BD-?09"),
    ("old", r"西安\s*80|北京\s*54|1954|1980西安"),
)
OLD = "old"
_SAYS_CGCS = re.compile(r"CGCS\s*2000|2000国家|国家2000|大地2000|WGS-?84|GPS|EPSG")
_SAYS_SYSTEM = re.compile(f"{_SAYS_CGCS.pattern}|带|中央")


def system_named(texts: Sequence[str]) -> str:
    """The map system that titles, notes or headings name: gcj02, bd09, `old` for Beijing 54 and Xian 80, or
    empty."""
    for name, pattern in _WORDS:
        if any(
            re.search(pattern, text.upper())
            for text in texts
            if re.search("坐标|经|纬|地图|GPS|定位", text.upper())
        ):
            return name
    return ""


def words_of_system(texts: Sequence[str]) -> tuple[str, ...]:
    """Of titles, notes and headings those that say where positions come from."""
    return tuple(text for text in texts if system_named([text]) or _SAYS_SYSTEM.search(text.upper()))


_SURELY_WRONG = ("bad_position", "outside_area")


class Placing:
    """Gives the drafts of one file their geometry."""

    def __init__(
        self,
        context: ImportContext,
        options: ImportOptions,
        gazetteer: Gazetteer,
        matcher: Matcher,
        asked: Asked,
    ) -> None:
        self._context, self._options, self._gazetteer = context, options, gazetteer
        self._matcher, self._asked = matcher, asked
        self.shift: Shift | None = None

    def place(
        self, drafts: Sequence[Draft], columns: Sequence[Column], texts: Sequence[str], layer_crs: str
    ) -> str:
        """Set each draft's geometry or refusal; returns the system the positions were written in."""
        shape = self._context.kind.shape
        if shape is Shape.NONE:
            return ""
        if shape is not Shape.POINT:
            return self._polygons(drafts, layer_crs)
        return self._points(drafts, columns, texts, layer_crs)

    # --- points --------------------------------------------------------------------------------------------

    def _points(
        self, drafts: Sequence[Draft], columns: Sequence[Column], texts: Sequence[str], layer_crs: str
    ) -> str:
        here = [column for column in columns if column.field in (X, Y, XY)]
        live = [draft for draft in drafts if not draft.refusals]
        if not here and not any(draft.row.geometry is not None for draft in live):
            return ""
        named = system_named([*texts, *(column.heading for column in here)])
        stated = [self._stated(draft, layer_crs) for draft in live]
        frame = self._frame(named, texts, here, layer_crs)
        self._find_more_faults(drafts, layer_crs, frame)
        placer = Placer(stated, frame, self._asked)
        placed = placer.place()
        for draft, item, result in zip(live, stated, placed, strict=True):
            if named == OLD and not self._options.crs and item.written.form in (Form.DEGREES, Form.METRES):
                result.refused, result.why = (
                    "bad_position",
                    tr(N_("Xian 1980 and Beijing 1954 coordinates need parameters or common points first.")),
                )
            self._take(draft, item, result)
        return placer.crs or STORED

    def _find_more_faults(self, drafts: Sequence[Draft], layer_crs: str, frame: Frame) -> None:
        """Say of rows refused for another cell that their position is wrong too; nothing is asked for
        them."""
        refused = [draft for draft in drafts if draft.refusals]
        stated = [self._stated(draft, layer_crs) for draft in refused]
        placed = Placer(stated, frame, self._asked.quietly()).place() if stated else []
        for draft, item, result in zip(refused, stated, placed, strict=True):
            if result.refused in _SURELY_WRONG:
                self._take(draft, item, result)

    def _frame(self, named: str, texts: Sequence[str], here: Sequence[Column], layer_crs: str) -> Frame:
        options = self._options
        projected = layer_crs if layer_crs and not is_geographic(layer_crs) else ""
        known = layer_crs in ("", "EPSG:4326", STORED)  # every GeoJSON claims 4326, whatever is in it
        crs = options.crs or ("" if projected or known else layer_crs)
        words = (*texts, *(column.heading for column in here))
        stated = layer_crs == STORED or any(_SAYS_CGCS.search(text.upper()) for text in words)
        return Frame(
            self._context.box,
            self._context.area,
            crs,
            options.axes or "",
            options.zone,
            next((zone for text in words if (zone := stated_zone(text))), ""),
            named if named in (GCJ02, BD09) else "",
            projected,
            stated,
            self._shift(layer_crs),
        )

    def _shift(self, layer_crs: str) -> Shift | None:
        self.shift = self._options.shift(layer_crs, self._context.common_point_m)
        return self.shift

    def _stated(self, draft: Draft, layer_crs: str) -> Stated:
        written = read_written(
            draft.row,
            [c for c in draft.columns if c.field in (X, Y, XY)],
            self._context.box,
            self._options.crs or layer_crs,
        )
        known = self._matcher.known(draft.values)
        point = known.geometry if known is not None and isinstance(known.geometry, Point) else None
        return Stated(
            draft.row.number,
            written,
            self._gazetteer.polygon(draft.values.get("div_code") or draft.initial.get("div_code")),
            self._source(draft),
            (point.x, point.y) if point is not None else None,
            draft.row.sheet,
        )

    def _source(self, draft: Draft) -> str:
        """The map a row itself names as the origin of its coordinates, unless they were converted since."""
        column = draft.column("coord_src")
        words = text_of(draft.row.cell(column.number)).upper() if column else ""
        if not words or re.search(r"转换|换算|CONVERTED", words):
            return ""
        return next((name for name, pattern in _WORDS if name != OLD and re.search(pattern, words)), "")

    def _take(self, draft: Draft, item: Stated, placed: Placed) -> None:
        written = item.written
        if placed.refused:
            column = draft.column(written.field) or draft.column(X) or draft.column(Y) or draft.column(XY)
            draft.refuse(column, placed.refused, placed.why, written.text)
            return
        for code, why in placed.warnings:
            draft.warn(code, why)
        if written.form is Form.NONE:
            draft.warn("no_position", tr(N_("The row has no coordinates.")))
            return
        shape = draft.row.geometry
        if shape is not None and not isinstance(shape, Point) and len(shapely.get_coordinates(shape)) > 1:
            draft.warn("not_a_point", tr(N_("The feature is no single point; a point inside it was taken.")))
        draft.geometry = Point(round(placed.x, 9), round(placed.y, 9))
        fields = self._context.kind.fields
        projected = not is_geographic(placed.source)
        if "original_position" in fields and placed.source != STORED:
            draft.values["original_position"] = f"{written.text} ({placed.source})"[:120]
        if "coord_src" in fields and not draft.values.get("coord_src"):
            code = placed.source if placed.source in (GCJ02, BD09) else "projected" if projected else "typed"
            draft.values["coord_src"] = code

    # --- polygons ------------------------------------------------------------------------------------------

    def _polygons(self, drafts: Sequence[Draft], layer_crs: str) -> str:
        crs = normalise_crs(self._options.crs) if self._options.crs else layer_crs or STORED
        self._shift(layer_crs)
        shapes = [(draft, draft.row.geometry) for draft in drafts]
        placed = [(draft, shape) for draft, shape in shapes if shape is not None and not shape.is_empty]
        turned = {id(draft) for draft, shape in placed if self._seems_turned(shape)}
        if turned and self._turn(
            [(draft.row.sheet, draft.row.number) for draft, _ in placed if id(draft) in turned], len(placed)
        ):
            flip = [(d, shapely.transform(s, _flipped) if id(d) in turned else s) for d, s in placed]
            placed = flip
            for draft, _ in placed:
                if id(draft) in turned:
                    draft.warn("axes_exchanged", tr(N_("East and north were exchanged.")))
        for draft, shape in placed:
            self._polygon(draft, shape, crs)
        return crs if placed else ""

    def _seems_turned(self, shape: BaseGeometry) -> bool:
        """Latitude first: the polygon lies nowhere here, and in the area when it is turned."""
        area = self._context.area
        if area is None or shapely.intersects(area, shape):
            return False
        return bool(shapely.intersects(area, shapely.transform(shape, _flipped)))

    def _turn(self, rows: Sequence[Place], count: int) -> bool:
        why = tr(
            N_("{n} of {all} positions have their latitude in the column of the longitude."),
            n=len(rows),
            all=count,
        )
        what = tr(N_("Are east and north exchanged in these rows?"))
        question = Question("axes", what, ("yx", "xy"), rows, "yx", why)
        return (self._options.axes or self._asked.settle(question)) == "yx"

    def _stored(self, xs: Floats, ys: Floats, crs: str) -> Pair:
        same = self.shift is not None and self.shift.crs == crs
        return self.shift.to_stored(xs, ys) if self.shift and same else transform(xs, ys, crs)

    def _polygon(self, draft: Draft, shape: BaseGeometry, crs: str) -> None:
        areal = isinstance(shape, Polygon | MultiPolygon)
        if not areal and self._context.kind.shape is Shape.MULTIPOLYGON:
            draft.refuse(
                None, "bad_position", tr(N_("The feature is no polygon but a {kind}."), kind=shape.geom_type)
            )
            return
        if not shape.is_valid:
            draft.refuse(
                None, "bad_position", tr(N_("The polygon is invalid: {why}."), why=explain_validity(shape))
            )
            return
        try:
            moved = shapely.transform(
                shape, lambda xy: np.column_stack(self._stored(xy[:, 0], xy[:, 1], crs))
            )
        except Invalid as error:
            draft.refuse(None, "bad_position", error.message)
            return
        area = self._context.area
        if area is not None and not shapely.intersects(area, moved):
            draft.refuse(None, "outside_area", tr(N_("The polygon lies outside the area of this workspace.")))
            return
        draft.geometry = MultiPolygon([moved]) if isinstance(moved, Polygon) else moved
        if "area_calc_km2" in self._context.kind.fields:
            draft.values.update(zone_measures(moved))


def _flipped(xy: Floats) -> Floats:
    return xy[:, ::-1]
