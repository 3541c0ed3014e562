"""Where the map has been: back and forward through the views it rested on."""

from __future__ import annotations

from dataclasses import replace

from app.carto.view import MapView

_MOST = 100
_SAME_PART = 0.02  # views closer than this part of their width, at about the same scale, are one


class Trail:
    """The views the map came to rest on, the oldest first, and the place in them."""

    def __init__(self) -> None:
        self._views: list[MapView] = []
        self._at = -1

    def clear(self) -> None:
        """Forget everything, as for another workspace."""
        self._views.clear()
        self._at = -1

    def rest(self, view: MapView) -> None:
        """The map has come to rest: a new end of the trail, unless it is where the trail stands."""
        if self._at >= 0 and _is_same(self._views[self._at], view):
            return
        self._views = [*self._views[: self._at + 1], view][-_MOST:]
        self._at = len(self._views) - 1

    def can_go(self, step: int) -> bool:
        """Whether there is a view before (-1) or after (1)."""
        return 0 <= self._at + step < len(self._views)

    def go(self, step: int, now: MapView) -> MapView | None:
        """The view before or after, in the window as it is now; None at the end of the trail."""
        if not self.can_go(step):
            return None
        self._at += step
        found = self._views[self._at]
        return replace(now, crs=found.crs, centre=found.centre, scale=found.scale)


def _is_same(one: MapView, other: MapView) -> bool:
    if one.crs != other.crs or abs(one.scale / other.scale - 1.0) > _SAME_PART:
        return False
    reach = _SAME_PART * other.width_mm * other.m_per_mm
    return max(abs(a - b) for a, b in zip(one.centre, other.centre, strict=True)) < reach
