"""The work of drawing: a board with its steps, what the pointer draws just now, snapping, saving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from app.carto.digitise.board import Board, Steps
from app.carto.digitise.corners import XY
from app.carto.digitise.cutting import drawn_area
from app.carto.digitise.snapping import Snap, Snapper
from app.carto.view import MapView
from app.domain.changes import new_uid
from app.domain.coordinates.measure import area_m2, area_words, distance_words, length_m
from app.domain.entity import Entity, EntityType, Shape
from app.errors import AppError, Refused
from app.i18n import N_, tr
from app.ui.desk import Desk
from app.ui.digitise.ground import Near, OnScreen, snapper_around
from app.ui.tasks import Callbacks

if TYPE_CHECKING:
    from app.actions.session import Session

_SNAP_PX = 10.0
_MOST_PIECES = 50  # uids kept ready for a cut; more pieces in one cut is a slip of the hand
MOST_RECORDS = 50


class Mode(Enum):
    """What a click does: work on corners, or draw a new outline, a hole, the line of a cut."""

    CORNERS = "corners"
    NEW = "new"
    HOLE = "hole"
    CUT = "cut"


@dataclass
class Switches:
    """What the bar switches: snapping, tracing, shared corners moved together."""

    snap: bool = True
    trace: bool = True
    together: bool = True


@dataclass
class _Drawing:
    """One piece of work: a ledger, the records on the board as they were, the steps."""

    kind: EntityType
    form: Shape = Shape.NONE  # of what is drawn anew
    records: dict[str, Entity] = field(default_factory=dict)
    steps: Steps = field(default_factory=lambda: Steps(Board()))


class Digitising(QObject):
    """Holds the work; the tool gives it pixels as places, the bar its switches. All places are EPSG:4490."""

    changed = Signal()  # board, chain, mode or switches
    begun = Signal()
    ended = Signal()
    drawn = Signal(object, object)  # EntityType, geometry: a new record is to be described
    refused = Signal(str)  # why a step was not taken

    def __init__(
        self, desk: Desk, entities: Callable[[], Sequence[str]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._entities = desk, entities
        self._drawing: _Drawing | None = None
        self._around: Snapper | None = None
        self._screen: OnScreen | None = None
        self._own: tuple[Board, Snapper] | None = None
        self._crs = ""
        self.saving = False  # what is drawn meanwhile would be lost when the board is cleared
        self.switches = Switches()
        self.mode = Mode.CORNERS
        self.chain: list[XY] = []
        self.active: Near | None = None

    # ---- beginning and ending

    @property
    def on(self) -> bool:
        """Whether something is being drawn."""
        return self._drawing is not None

    @property
    def kind(self) -> EntityType | None:
        """The ledger of what is being drawn."""
        return self._drawing.kind if self._drawing else None

    @property
    def form(self) -> Shape:
        """Of what is drawn anew: a point, an area, or GEOMETRY for a line."""
        return self._drawing.form if self._drawing else Shape.NONE

    @property
    def closed(self) -> bool:
        """Whether what is being drawn is an outline, and not a line."""
        return self.mode is Mode.HOLE or (self.mode is Mode.NEW and self.form is Shape.MULTIPOLYGON)

    @property
    def board(self) -> Board:
        """The shapes as they are."""
        return self._drawing.steps.now if self._drawing else Board()

    @property
    def steps(self) -> Steps:
        """The steps of the work."""
        assert self._drawing is not None
        return self._drawing.steps

    def begin(self, records: Sequence[Entity]) -> None:
        """Lay those of the records that have a shape on the board, if there are any."""
        placed = {record.uid: record for record in records if record.geometry is not None}
        if not placed:
            return
        shapes = {uid: record.geometry for uid, record in placed.items()}
        self._start(_Drawing(records[0].TYPE, Shape.NONE, placed, Steps(Board(shapes))), Mode.CORNERS)

    def begin_new(self, kind: EntityType, form: Shape = Shape.NONE) -> None:
        """Draw the shape of a record that is not there yet; `form` where the kind leaves it open."""
        self._start(_Drawing(kind, form if form is not Shape.NONE else kind.shape), Mode.NEW)

    def _start(self, drawing: _Drawing, mode: Mode) -> None:
        self._drawing, self._screen, self._around, self._own, self._crs = drawing, None, None, None, ""
        self.chain, self.active, self.mode = [], None, mode
        self.begun.emit()
        self.changed.emit()

    def end(self) -> None:
        """Clear the board."""
        if self._drawing is not None:
            self._drawing, self._around, self._screen = None, None, None
            self.chain, self.active = [], None
            self.ended.emit()
            self.changed.emit()

    @property
    def dirty(self) -> bool:
        """Whether something would be lost."""
        return bool(self.chain) or (self.on and bool(self.steps.changed()))

    # ---- steps

    def turn_to(self, mode: Mode) -> None:
        """Let a click do something else; a line begun is given up."""
        self.mode, self.chain, self.active = mode, [], None
        self.changed.emit()

    def take(self, make: Callable[[Board], Board]) -> bool:
        """Take a step; why it cannot be taken is said, and nothing changes."""
        if self._drawing is None or self._is_saving():
            return False
        try:
            self.steps.take(make(self.board))
        except AppError as error:
            self.refused.emit(" ".join(part for part in (error.message, error.hint) if part))
            return False
        self._screen = None
        self.changed.emit()
        return True

    def back(self) -> None:
        """The last corner of the line, else the last step, taken back."""
        if self.chain:
            self.chain.pop()
        elif self.on and not self.saving and self.steps.back():
            self._screen, self.active = None, None
        self.changed.emit()

    def forth(self) -> None:
        """A step taken again."""
        if self.on and not self.saving and self.steps.forth():
            self._screen, self.active = None, None
        self.changed.emit()

    def join(self) -> None:
        """All shapes of the board in one; the first record stays."""
        if self._drawing is not None and self.take(lambda board: board.joined(next(iter(board.shown()), ""))):
            self.turn_to(Mode.CORNERS)
            areas = (shape for shape in self.board.shown().values() if isinstance(shape, MultiPolygon))
            parts = sum(len(area.geoms) for area in areas)
            if parts > 1:
                self.refused.emit(tr(N_("The joined area has {n} parts that do not touch"), n=parts))

    # ---- lines being drawn

    def add_corner(self, place: XY, snap: Snap | None, *, other_way: bool = False) -> None:
        """A corner of the line or outline; between two corners of one boundary it follows the boundary."""
        if self._is_saving():
            return
        if self.chain and self.switches.trace and snap is not None and snap.kind == "corner":
            self.chain += self._traced(self.chain[-1], place, other_way)
        if not self.chain or self.chain[-1] != place:
            self.chain.append(place)
        if self.mode is Mode.NEW and self.form is Shape.POINT:
            self.finish()
        self.changed.emit()

    def _traced(self, start: XY, end: XY, other_way: bool) -> list[XY]:
        for snapper in self._snappers():
            found = snapper.trace(start, end, other_way=other_way)
            if found:
                return found
        return []

    def finish(self) -> None:
        """End the line: cut, make the hole, or ask for the rest of the new record."""
        line = tuple(self.chain)
        if self.mode is Mode.NEW:
            self._finish_new(line)
            return
        made = {
            Mode.CUT: lambda board: board.cut(line, tuple(new_uid() for _ in range(_MOST_PIECES))),
            Mode.HOLE: lambda board: board.with_hole(line),
        }.get(self.mode)
        if made is not None and self.take(made):
            self.turn_to(Mode.CORNERS)

    def _finish_new(self, line: tuple[XY, ...]) -> None:
        assert self.kind is not None
        try:
            shape = _shape(self.form, line)
        except Refused as error:
            self.refused.emit(error.message)
            return
        self.drawn.emit(self.kind, shape)

    # ---- where things are

    def screen(self, crs: str) -> OnScreen:
        """The board's corners for the pointer."""
        if self._screen is None or self._screen.board is not self.board or self._screen.crs != crs:
            self._screen = OnScreen(self.board, crs)
        return self._screen

    def look_around(self, view: MapView) -> None:
        """Read what can be snapped to in a view."""
        if self._drawing is None:
            return
        entities, but = tuple(self._entities()), frozenset(self._drawing.records)
        self._desk.read(
            self,
            lambda session, _: snapper_around(session, entities, view, but),
            self._take_around,
            topic="snap",
        )

    def _take_around(self, snapper: Snapper) -> None:
        self._around = snapper
        if not snapper.complete:
            self.refused.emit(tr(N_("There is too much on the map to snap to all of it; go closer")))

    def snap(self, at: XY, view: MapView) -> Snap | None:
        """What draws the pointer near a place; corners before edges."""
        if not self.switches.snap:
            return None
        reach = _SNAP_PX / view.px_per_mm * view.m_per_mm
        self._crs = view.crs
        found = [snap for snap in (snapper.snap(at, reach) for snapper in self._snappers()) if snap]
        return next((snap for snap in found if snap.kind == "corner"), found[0] if found else None)

    def _snappers(self) -> list[Snapper]:
        """What is around, and while a line is drawn the board's own shapes."""
        around = [self._around] if self._around is not None else []
        if self.mode is Mode.CORNERS or not self.board.shown() or not self._crs:
            return around
        if self._own is None or self._own[0] is not self.board:
            self._own = (self.board, Snapper(self.board.shown().values(), self._crs))
        return [*around, self._own[1]]

    # ---- words and saving

    def title_of(self, uid: str) -> str:
        """What people call a record on the board."""
        record = self._drawing.records.get(uid) if self._drawing else None
        return record.title() if record else uid[:8]

    def words(self) -> str:
        """What the board measures now."""
        if self.chain:
            if self.closed and len(self.chain) > 2:
                size = area_m2(Polygon(self.chain))
                return tr(N_("{n} corners, {area}"), n=len(self.chain), area=area_words(size))
            length = length_m(LineString(self.chain)) if len(self.chain) > 1 else 0.0
            return tr(N_("{n} corners, {length}"), n=len(self.chain), length=distance_words(length))
        areas = [shape for shape in self.board.shown().values() if isinstance(shape, MultiPolygon)]
        if not areas:
            return ""
        return tr(N_("{n} shapes, {area}"), n=len(areas), area=area_words(sum(map(area_m2, areas))))

    def save(self, reason: str, done: Callable[[object], None], refused: Callable[[Exception], None]) -> None:
        """Write everything as one change set."""
        from app.actions.shapes import Drawn, save_shapes  # late: actions load after the first paint

        assert self._drawing is not None
        drawing, board = self._drawing, self.board
        shapes = self.steps.changed()
        cut_from = {uid: origin for uid, origin in board.cut_from.items() if uid in shapes}
        seen = {uid: record.revision for uid, record in drawing.records.items()}
        drawn = Drawn(drawing.kind.cli, shapes, cut_from, seen)

        def work(session: Session, _: Any) -> object:
            return save_shapes(session, drawn, reason)

        self.saving = True
        self.changed.emit()
        self._desk.act(self, work, Callbacks(done, refused, finished=self._saved), title=tr(N_("Saving")))

    def _saved(self) -> None:
        self.saving = False
        self.changed.emit()

    def _is_saving(self) -> bool:
        if self.saving:
            self.refused.emit(tr(N_("The shapes are being saved")))
        return self.saving


def _shape(form: Shape, places: Sequence[XY]) -> BaseGeometry:
    """What was drawn, as a geometry; raises Refused for too few corners and a crossing outline."""
    if form is Shape.MULTIPOLYGON:
        return drawn_area(places)
    if len(set(places)) < (1 if form is Shape.POINT else 2):
        raise Refused(N_("A line needs two corners") if places else N_("Click where it lies"), code="too_few")
    return Point(places[0]) if form is Shape.POINT else LineString(places)
