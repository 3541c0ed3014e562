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
from app.carto.digitise.corners import XY, has_corner, place_of
from app.carto.digitise.cutting import drawn_area
from app.carto.digitise.snapping import Asked, Snap, Snapper, Trail
from app.carto.layers import Layer
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


@dataclass(frozen=True)
class Aim:
    """Where the next corner goes, in degrees EPSG:4490: what drew it there, and the boundary it follows."""

    place: XY
    snap: Snap | None = None
    trail: Trail | None = None

    @property
    def at_corner(self) -> bool:
        """Whether it is a corner of something else."""
        return self.snap is not None and self.snap.kind == "corner"


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
        self, desk: Desk, layers: Callable[[], Sequence[Layer]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._layers = desk, layers
        self._drawing: _Drawing | None = None
        self._around: Snapper | None = None
        self._screen: OnScreen | None = None
        self._own: tuple[tuple[Board, frozenset[str], str], Snapper] | None = None
        self._aims: list[Aim] = []  # how each corner of the line was set,
        self._before: list[list[XY]] = []  # and the line before it
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
        self._drawing, self._screen, self._around, self._own = drawing, None, None, None
        self.mode, self.active = mode, None
        self._clear_line()
        self.begun.emit()
        self.changed.emit()

    def end(self) -> None:
        """Clear the board."""
        if self._drawing is not None:
            self._drawing, self._around, self._screen = None, None, None
            self.active = None
            self._clear_line()
            self.ended.emit()
            self.changed.emit()

    def _clear_line(self) -> None:
        self.chain, self._aims, self._before = [], [], []

    @property
    def dirty(self) -> bool:
        """Whether something would be lost."""
        return bool(self.chain) or (self.on and bool(self.steps.changed()))

    # ---- steps

    def turn_to(self, mode: Mode) -> None:
        """Let a click do something else; a line begun is given up."""
        self.mode, self.active = mode, None
        self._clear_line()
        self.changed.emit()

    def take(self, make: Callable[[Board], Board]) -> bool:
        """Take a step; why it cannot be taken is said, and nothing changes."""
        if self._drawing is None or self._is_saving():
            return False
        try:
            self.steps.take(make(self.board))
        except AppError as error:
            self.refused.emit(error.told)
            return False
        self._screen = None
        self.changed.emit()
        return True

    def back(self) -> None:
        """What the last click added to the line, else the last step, taken back."""
        if self.chain:
            self.chain = self._before.pop()
            self._aims.pop()
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

    def aim(self, at: XY, view: MapView, *, other_way: bool = False) -> Aim:
        """Where a click at a place would set the next corner: on the outline the line follows, else at what
        is nearest."""
        snap = self.snap(at, view)
        trail = self._trail(at, view, other_way) if snap is not None else None
        if trail is not None:
            return Aim(trail.end, Snap(trail.end, "corner"), trail)
        return Aim(snap.place, snap) if snap is not None else Aim(at)

    def _trail(self, at: XY, view: MapView, other_way: bool) -> Trail | None:
        if not self.chain or not self.switches.trace:
            return None
        loose = self._aims[-1].at_corner and self._aims[-1].trail is None
        asked = Asked(self.chain, at, _reach_m(view), loose, other_way)
        trails = [trail for snapper in self._snappers(view.crs) if (trail := snapper.trail(asked))]
        return min(trails, key=lambda trail: trail.rank, default=None)

    def add_corner(self, aim: Aim) -> None:
        """A corner of the line or outline, and before it those of the boundary it follows."""
        if self._is_saving():
            return
        self._before.append(list(self.chain))
        self._aims.append(aim)
        if aim.trail is not None:
            self.chain[-1:] = [aim.trail.start, *aim.trail.between]
        if not self.chain or self.chain[-1] != aim.place:
            self.chain.append(aim.place)
        if self.mode is Mode.NEW and self.form is Shape.POINT:
            self.finish()
        self.changed.emit()

    @property
    def note(self) -> str:
        """What the line did on its way to its last corner, where that is not plain."""
        if not self._aims or not self.switches.trace:
            return ""
        if self._aims[-1].trail is not None:
            return tr(N_("Follows a boundary"))
        if len(self._aims) > 1 and all(aim.at_corner for aim in self._aims[-2:]):
            return tr(N_("No boundary leads from corner to corner: the line goes straight"))
        return ""

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
        layers, but = tuple(self._layers()), frozenset(self._drawing.records)
        self._desk.read(
            self,
            lambda session, _: snapper_around(session, layers, view, but),
            self._take_around,
            topic="snap",
        )

    def _take_around(self, snapper: Snapper) -> None:
        self._around = snapper
        if not snapper.complete:
            self.refused.emit(tr(N_("There is too much on the map to snap to all of it; go closer")))

    def snap(self, at: XY, view: MapView, but: frozenset[str] = frozenset()) -> Snap | None:
        """What draws the pointer near a place; corners before edges. `but` are shapes of the board that do
        not."""
        if not self.switches.snap:
            return None
        reach = _reach_m(view)
        found = [snap for snapper in self._snappers(view.crs, but) if (snap := snapper.snap(at, reach))]
        return min(found, key=lambda snap: (snap.kind == "edge", snap.aside_m), default=None)

    def moving(self, near: Near) -> frozenset[str]:
        """The shapes that change when a corner is moved: it is not drawn to what moves along."""
        if not self.switches.together:
            return frozenset({near.uid})
        place = place_of(self.board.need(near.uid), near.corner)
        return frozenset(uid for uid, shape in self.board.shown().items() if has_corner(shape, place))

    def _snappers(self, crs: str, but: frozenset[str] = frozenset()) -> list[Snapper]:
        """What is around, and the board's own shapes."""
        around = [self._around] if self._around is not None else []
        key = (self.board, but, crs)
        if self._own is None or self._own[0][0] is not key[0] or self._own[0][1:] != key[1:]:
            shapes = [shape for uid, shape in self.board.shown().items() if uid not in but]
            self._own = (key, Snapper(shapes, crs))
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


def _reach_m(view: MapView) -> float:
    """How far the pointer is drawn, in metres of the map."""
    return _SNAP_PX / view.px_per_mm * view.m_per_mm


def _shape(form: Shape, places: Sequence[XY]) -> BaseGeometry:
    """What was drawn, as a geometry; raises Refused for too few corners and a crossing outline."""
    if form is Shape.MULTIPOLYGON:
        return drawn_area(places)
    if len(set(places)) < (1 if form is Shape.POINT else 2):
        raise Refused(N_("A line needs two corners") if places else N_("Click where it lies"), code="too_few")
    return Point(places[0]) if form is Shape.POINT else LineString(places)
