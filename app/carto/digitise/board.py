"""The drawing board: shapes being edited by uid, every step kept so that each is taken back by one key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shapely.geometry.base import BaseGeometry

from app.carto.digitise.corners import XY, Corner, added, moved, moved_together, place_of, removed
from app.carto.digitise.cutting import cut, joined, with_hole
from app.errors import Refused
from app.i18n import N_


@dataclass(frozen=True)
class Board:
    """Shapes in EPSG:4490 by uid, None for one that is taken away; `cut_from` names what a new shape was part
    of."""

    shapes: Mapping[str, BaseGeometry | None] = field(default_factory=dict)
    cut_from: Mapping[str, str] = field(default_factory=dict)

    def shown(self) -> dict[str, BaseGeometry]:
        """The shapes that are there."""
        return {uid: shape for uid, shape in self.shapes.items() if shape is not None}

    def need(self, uid: str) -> BaseGeometry:
        """A shape that is there; raises Refused."""
        shape = self.shapes.get(uid)
        if shape is None:
            raise Refused(N_("This shape is not being edited"), code="no_shape")
        return shape

    def put(self, uid: str, shape: BaseGeometry | None) -> Board:
        """The board with a shape changed or taken away."""
        return replace(self, shapes={**self.shapes, uid: shape})

    def moved(self, uid: str, corner: Corner, to: XY, *, together: bool) -> Board:
        """A corner moved; `together` takes along the corners of other shapes in exactly the same place."""
        if not together:
            return self.put(uid, moved(self.need(uid), corner, to))
        old = place_of(self.need(uid), corner)
        along = {name: moved_together(shape, old, to) for name, shape in self.shown().items()}
        return replace(self, shapes={**self.shapes, **along})

    def added(self, uid: str, after: Corner, to: XY) -> Board:
        """A corner added on the edge that begins at `after`."""
        return self.put(uid, added(self.need(uid), after, to))

    def removed(self, uid: str, corner: Corner) -> Board:
        """A corner taken away; raises Refused for the last three of a shape."""
        left = removed(self.need(uid), corner)
        if left is None:
            raise Refused(
                N_("These are the last corners of the shape"),
                hint=N_("To remove the record itself, delete it."),
                code="last_corners",
            )
        return self.put(uid, left)

    def cut(self, line: tuple[XY, ...], fresh: tuple[str, ...]) -> Board:
        """Every shape the line goes through in pieces; `fresh` are uids for the new ones.

        The largest piece keeps the uid. Raises Refused when no shape is cut, or `fresh` are too few.
        """
        board, unused, crossed = self, list(fresh), False
        for uid, shape in self.shown().items():
            try:
                largest, *others = cut(shape, line)
            except Refused as refusal:
                if refusal.code != "no_cut":
                    raise
                continue
            crossed = True
            board = board.put(uid, largest)
            for piece in others:
                if not unused:
                    raise Refused(N_("The line cuts into too many pieces"), code="too_many")
                name = unused.pop(0)
                origin = self.cut_from.get(uid, uid)
                board = replace(board.put(name, piece), cut_from={**board.cut_from, name: origin})
        if not crossed:
            raise Refused(
                N_("The line does not cross the area"), hint=N_("Begin and end outside of it."), code="no_cut"
            )
        return board

    def joined(self, keep: str) -> Board:
        """All shapes in one, which keeps a uid; the others are taken away. Raises Refused for one alone."""
        shown = self.shown()
        if len(shown) < 2:
            raise Refused(
                N_("Joining needs two shapes"),
                hint=N_("Select the records to be joined first."),
                code="single",
            )
        one = joined(list(shown.values()))
        return replace(self, shapes={**self.shapes, **dict.fromkeys(shown), keep: one})

    def with_hole(self, corners: tuple[XY, ...]) -> Board:
        """A hole in the shape it was drawn in; raises Refused when it lies in none wholly."""
        refusal: Refused | None = None
        for uid, shape in self.shown().items():
            try:
                return self.put(uid, with_hole(shape, corners))
            except Refused as error:
                refusal = error
        raise refusal or Refused(N_("This shape is not being edited"), code="no_shape")


class Steps:
    """The boards one after the other; a step back forgets nothing until another step is taken from there."""

    def __init__(self, first: Board) -> None:
        self._boards = [first]
        self._at = 0

    @property
    def now(self) -> Board:
        """The board as it is."""
        return self._boards[self._at]

    def take(self, board: Board) -> None:
        """A step; what had been taken back is forgotten."""
        self._boards[self._at + 1 :] = [board]
        self._at += 1

    def back(self) -> bool:
        """One step back; whether there was one."""
        self._at, moved_back = max(self._at - 1, 0), self._at > 0
        return moved_back

    def forth(self) -> bool:
        """A step that was taken back, taken again; whether there was one."""
        last = len(self._boards) - 1
        self._at, moved_on = min(self._at + 1, last), self._at < last
        return moved_on

    @property
    def can_go_back(self) -> bool:
        """Whether a step can be taken back."""
        return self._at > 0

    @property
    def can_go_forth(self) -> bool:
        """Whether a step that was taken back can be taken again."""
        return self._at < len(self._boards) - 1

    def changed(self) -> dict[str, BaseGeometry | None]:
        """What differs from the first board, by uid; a shape that came and went again is not among it."""
        first, now = self._boards[0].shapes, self.now.shapes
        return {
            uid: shape
            for uid, shape in now.items()
            if not _same(first.get(uid), shape) and (uid in first or shape is not None)
        }


def _same(one: BaseGeometry | None, other: BaseGeometry | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(one.equals_exact(other, 0.0))
