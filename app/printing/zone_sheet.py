"""单个保护区边界图: one source's zones with numbered corner points and their coordinate table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import shapely
from shapely.geometry.base import BaseGeometry

from app.carto.compose import Look, display_list
from app.carto.display import Group, Op, rectangle
from app.carto.features import FeatureColumns, as_columns
from app.carto.keeping import ProjectedLayers
from app.carto.labels import OUTWARD
from app.carto.layers import LabelRule, Layer, SymbolClass, SymbolRule
from app.carto.legend import legend
from app.carto.projection import to_map
from app.carto.symbols import Fill, Line, Marker, Symbol, TextStyle
from app.carto.theme import Theme, read_theme
from app.carto.view import MapView
from app.domain.coordinates.measure import area_m2, length_m
from app.domain.coordinates.zones import crs_title
from app.errors import Invalid
from app.i18n import N_, tr
from app.printing.blocks import NOTHING, Block, below, beside, one_line
from app.printing.body import BOTTOM, Body, area_extent, body_ops, north_angle, place_panel, sheet_view
from app.printing.corners import Corner, corner_groups, row_cells, table_head, table_rows, zone_title
from app.printing.focus import OverlaidSource
from app.printing.layout import Skeleton, common_notes, shown_notes
from app.printing.marks import legend_block, north_block
from app.printing.page import PORTRAIT, Page
from app.printing.request import SheetRequest, ZoneSheetContent, date_words
from app.printing.style import PICTURE_DOTS, SheetStyle
from app.printing.table import Cell, head, table_block

ID, LETTERS = "zone_sheet", "BH"
TITLE = N_("Protection zone boundary sheet")
PAPER = "A4"
_TABLES_BESIDE = 2
_PANEL_SHARE = 0.58
_CORNER_ENTITY = "sheet.corners"


def build(request: SheetRequest) -> list[Page]:
    """The map page and, when the table is long, pages that continue it."""
    content = request.content
    if not isinstance(content, ZoneSheetContent):
        raise Invalid(N_("This sheet needs one water source with its zones."), code="wrong_content")
    if not content.zones:
        raise Invalid(
            N_("“{name}” has no protection zone to draw."),
            hint=N_("Enter or import its zones first."),
            code="no_zones",
            name=content.source_name,
        )
    return _Sheet(request, content).pages()


class _Sheet:
    """One zone sheet being made."""

    def __init__(self, request: SheetRequest, content: ZoneSheetContent) -> None:
        self.request = request
        self.content = content
        self.paper = request.paper or PAPER
        self.whole = shapely.union_all([shapely.make_valid(zone.geometry) for zone in content.zones])
        self.extent, self.crs = area_extent(self.whole, request.crs)
        intakes = () if request.public else content.intakes
        self.groups = corner_groups(content.zones, intakes)
        self.rows = [] if request.public else table_rows(self.groups)

    def pages(self) -> list[Page]:
        skeleton = self._skeleton(self.request.orientation or PORTRAIT)
        body = self._body(skeleton)
        fitted = self._rows_that_fit(skeleton.style, body.panel_box[3])
        first, rest = self.rows[:fitted], self.rows[fitted:]
        view = sheet_view(body, self.extent, self.crs, self.request.scale)
        panel = self._panel(skeleton.style, first)
        x, y, width, _ = body.panel_box
        ops = (
            *self._map(body, view),
            panel.at(x + (width - panel.width_mm) / 2, y + 2.5 * skeleton.style.unit),
        )
        return [skeleton.page(ops, view.scale), *self._further(skeleton, rest)]

    def _skeleton(self, orientation: str) -> Skeleton:
        content, meta = self.content, self.request.meta
        title = meta.title or tr("{name} protection zone map", name=content.source_name)
        if self.request.public:
            title = tr("{title} (public edition)", title=title)
        pieces = [content.source_code, content.approval]
        if meta.data_as_of:
            pieces.append(tr("Data as of {date}", date=date_words(meta.data_as_of)))
        subtitle = meta.subtitle or "　".join(piece for piece in pieces if piece)
        notes = [*common_notes(meta, crs_title(self.crs)), *shown_notes(self.request, content.source_name)]
        if self.rows:
            notes.append(tr("Coordinates to 1″ (about 31 m north-south, 25 m east-west)."))
        warnings = (tr("Contains simulated records, for demonstration only"),) if content.synthetic else ()
        return Skeleton(self.request, self.paper, orientation, title, subtitle, tuple(notes), warnings)

    def _body(self, skeleton: Skeleton) -> Body:
        """The panel below takes what the tables need, but leaves the map enough."""
        style, room = skeleton.style, skeleton.body()[3]
        needed = self._panel(style, self.rows).height_mm + 5.0 * style.unit
        tall = min(needed, room * _PANEL_SHARE)
        return place_panel(skeleton, BOTTOM, lambda _s, _side: (0.0, tall))

    def _rows_that_fit(self, style: SheetStyle, tall: float) -> int:
        """How many rows of the table fit beside each other in the panel's height."""
        room = tall - 5.0 * style.unit + 0.01
        return _most(len(self.rows), lambda n: self._panel(style, self.rows[:n]).height_mm <= room)

    def _panel(self, style: SheetStyle, rows: Sequence[tuple[str, Corner]]) -> Block:
        areas = self._areas(style)
        if not rows:
            return areas
        return below([areas, _corner_tables(rows, style)], 3.0 * style.unit, "middle")

    def _areas(self, style: SheetStyle) -> Block:
        """Approved and computed area beside each other: the approved one is never overwritten."""
        names = (
            N_("Zone level"),
            N_("Approved area (km²)"),
            N_("Computed area (km²)"),
            N_("Perimeter (m)"),
        )
        body = [[head(tr(name)) for name in names]]
        for zone in self.content.zones:
            doc = "—" if zone.area_doc_km2 is None else f"{zone.area_doc_km2:.4f}"
            computed, around = area_m2(zone.geometry) / 1e6, _around_m(zone.geometry)
            title = zone_title(zone).replace("\n", "")
            body.append([Cell(title), Cell(doc), Cell(f"{computed:.4f}"), Cell(f"{around:.0f}")])
        return table_block(body, style, 2.85)

    def _further(self, skeleton: Skeleton, rows: Sequence[tuple[str, Corner]]) -> list[Page]:
        """Pages that go on with the table."""
        pages = []
        style = skeleton.style
        x, y, width, height = skeleton.body()
        while rows:
            count = max(_rows_within(rows, style, height), 1)
            block = _corner_tables(rows[:count], style, again=True)
            pages.append(skeleton.page((block.at(x + (width - block.width_mm) / 2, y),), None))
            rows = rows[count:]
        return pages

    def _map(self, body: Body, view: MapView) -> tuple[Op, ...]:
        style = body.skeleton.style
        theme, source = self._theme(style)
        layers = ProjectedLayers(source)
        look = Look(style.symbol_scale, style.unit, dots=PICTURE_DOTS)
        draft = display_list(theme, layers, view, replace(look, labels=False))
        signs = _framed(legend_block(legend(theme, draft), style, view.height_mm * 0.6), style)
        north = north_block(north_angle(view), style)
        whole = shapely.transform(self.whole, lambda xy: view.to_mm(to_map(xy, self.crs)))
        places = _quiet_corners(whole, view, [signs, north], 2.5 * style.unit)
        clear = tuple(
            (*place, b.width_mm, b.height_mm) for b, place in zip((signs, north), places, strict=True)
        )
        picture = display_list(theme, layers, view, replace(look, keep_clear=clear))
        left, top = body.map_box[:2]
        extra = [b.at(left + x, top + y) for b, (x, y) in zip((signs, north), places, strict=True)]
        return (*body_ops(body, picture, view), *extra)

    def _theme(self, style: SheetStyle) -> tuple[Theme, OverlaidSource]:
        """The sources theme with the request's own zones, intakes and numbered corner points."""
        if self.request.shown is not None:
            return self._shown(self.request.shown)
        theme = self.request.themed(read_theme("sources").without("sources"))
        zones = [
            {"uid": f"zone-{n}", "geometry": zone.geometry, "level": zone.level}
            for n, zone in enumerate(self.content.zones)
        ]
        given: dict[str, FeatureColumns] = {"protection_zone": as_columns(zones, ["level"])}
        given["intake"] = as_columns(self._intake_rows(), ["no"])
        given[_CORNER_ENTITY] = as_columns(self._corner_rows(), ["label"])
        theme = theme.with_layer(_corner_layer())
        intakes = theme.layer("intakes")
        if intakes is not None and intakes.label is not None:
            shown = replace(intakes.label, scales=(0.0, float("inf")), leader=True)
            theme = theme.with_layer(replace(intakes, label=shown, scales=(0.0, float("inf"))))
        return theme, OverlaidSource(given, self.content.base)

    def _shown(self, theme: Theme) -> tuple[Theme, OverlaidSource]:
        """What the screen shows, with the numbered corner points; a map without zones gets the standard
        ones."""
        standard = read_theme("sources").layers
        zones = [layer for layer in standard if layer.entity == "protection_zone"]
        if not any(layer.visible and layer.entity == "protection_zone" for layer in theme.layers):
            for layer in zones:
                theme = theme.with_layer(layer)
        corners = as_columns(self._corner_rows(), ["label"])
        return theme.with_layer(_corner_layer()), OverlaidSource({_CORNER_ENTITY: corners}, self.content.base)

    def _intake_rows(self) -> list[dict[str, object]]:
        points = () if self.request.public else self.content.intakes
        return [
            {"uid": f"intake-{n}", "geometry": shapely.Point(point.lon, point.lat), "no": point.no}
            for n, point in enumerate(points)
        ]

    def _corner_rows(self) -> list[dict[str, object]]:
        """Corner points for the map; the intakes have their own symbol."""
        rows = [corner for title, corner in self.rows if "-" in corner.label and title != tr("Intake")]
        return [
            {"uid": corner.label, "geometry": shapely.Point(corner.lon, corner.lat), "label": corner.label}
            for corner in rows
        ]


def _corner_layer() -> Layer:
    marker = Marker("circle", 0.9, "#1d2126", casing_mm=0.1)
    rule = SymbolRule((SymbolClass("all", N_("Corner point"), Symbol(marker=marker)),))
    style = TextStyle(2.4, "#1d2126", halo="#ffffff")
    label = LabelRule("label", style, OUTWARD, priority=85, leader=True)
    return Layer("corners", N_("Corner point"), _CORNER_ENTITY, rule, order=77, label=label)


def _corner_tables(rows: Sequence[tuple[str, Corner]], style: SheetStyle, again: bool = False) -> Block:
    """The coordinate table in two halves beside each other when it is long."""
    beside_each_other = _TABLES_BESIDE if len(rows) > 12 else 1
    share = -(-len(rows) // beside_each_other)
    tables = [
        table_block([table_head(), *row_cells(rows[start : start + share])], style, 2.85)
        for start in range(0, len(rows), share)
    ]
    title = tr("Corner point coordinates (continued)") if again else tr("Corner point coordinates")
    return below(
        [one_line(title, style.heading), beside(tables, 3.0 * style.unit)], 0.8 * style.unit, "middle"
    )


def _rows_within(rows: Sequence[tuple[str, Corner]], style: SheetStyle, height_mm: float) -> int:
    return _most(len(rows), lambda n: _corner_tables(rows[:n], style).height_mm <= height_mm)


def _most(count: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `count` that fits, when fewer always fit better."""
    low, high = 0, count
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _around_m(zone: BaseGeometry) -> float:
    """The length of the outer boundary in metres; the inner zone that is taken out does not count."""
    parts = [part for part in shapely.get_parts(zone) if part.geom_type == "Polygon"]
    return sum(length_m(part.exterior) for part in parts)


def _framed(block: Block, style: SheetStyle) -> Block:
    """A block on white with a thin line around it, to lie on the map."""
    if block is NOTHING or not block.ops:
        return block
    pad = 2.0 * style.unit
    width, height = block.width_mm + 2 * pad, block.height_mm + 2 * pad
    ground = rectangle((0.0, 0.0, width, height), Fill("#ffffff", 0.94), Line("#1d2126", 0.15 * style.unit))
    return Block(width, height, (ground, Group(block.ops, pad, pad)))


def _quiet_corners(
    shape_mm: shapely.Geometry, view: MapView, blocks: Sequence[Block], inset: float
) -> list[tuple[float, float]]:
    """A corner of the frame for each block, the one where it hides least of the shape; none twice."""
    places = []
    taken: set[int] = set()
    for block in blocks:
        right, low = view.width_mm - block.width_mm - inset, view.height_mm - block.height_mm - inset
        corners = [(right, inset), (inset, low), (right, low), (inset, inset)]
        boxes = [shapely.box(x, y, x + block.width_mm, y + block.height_mm) for x, y in corners]
        hidden = [
            shapely.intersection(box, shape_mm).area + (1e9 if n in taken else 0)
            for n, box in enumerate(boxes)
        ]
        best = min(range(4), key=lambda n: (hidden[n], n))
        taken.add(best)
        places.append(corners[best])
    return places
