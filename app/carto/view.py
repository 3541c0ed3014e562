"""What part of the ground is shown, at which scale, in which system, on how many millimetres or pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from app.carto.display import Floats
from app.carto.features import Extent
from app.carto.projection import extent_in_degrees, project_extent, to_degrees, to_map

MM_PER_INCH = 25.4
_SMALLEST, _LARGEST = 50.0, 50_000_000.0


@dataclass(frozen=True)
class MapView:
    """A window on the map: centre (x, y) in `crs`, scale denominator, size in mm, and the pixels of an inch.

    Millimetres run right and down from the top left corner; pixels are millimetres times `dpi` / 25.4.
    """

    crs: str
    centre: tuple[float, float]
    scale: float
    width_mm: float
    height_mm: float
    dpi: float = 96.0

    @classmethod
    def of_extent(cls, extent: Extent, size_px: tuple[int, int], crs: str, dpi: float = 96.0) -> MapView:
        """The whole of an extent (in `crs` units) in a window of pixels."""
        width, height = size_px[0] / dpi * MM_PER_INCH, size_px[1] / dpi * MM_PER_INCH
        return cls._around(extent, crs, (width, height), dpi)

    @classmethod
    def of_degrees(cls, extent: Extent, size_px: tuple[int, int], crs: str, dpi: float = 96.0) -> MapView:
        """The whole of an extent in degrees EPSG:4490 in a window of pixels."""
        return cls.of_extent(project_extent(extent, crs), size_px, crs, dpi)

    @classmethod
    def on_paper(
        cls, centre: tuple[float, float], scale: float, size_mm: tuple[float, float], crs: str
    ) -> MapView:
        """A frame on a sheet, at an exact scale."""
        return cls(crs, centre, scale, size_mm[0], size_mm[1])

    @classmethod
    def _around(cls, extent: Extent, crs: str, size_mm: tuple[float, float], dpi: float) -> MapView:
        x0, y0, x1, y1 = extent
        width, height = max(size_mm[0], 0.1), max(size_mm[1], 0.1)
        scale = max((x1 - x0) / width, (y1 - y0) / height) * 1000.0
        return cls(crs, ((x0 + x1) / 2, (y0 + y1) / 2), _limited(scale or 1000.0), width, height, dpi)

    @property
    def px_per_mm(self) -> float:
        """Pixels in a millimetre."""
        return self.dpi / MM_PER_INCH

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height in whole pixels."""
        return round(self.width_mm * self.px_per_mm), round(self.height_mm * self.px_per_mm)

    @property
    def m_per_mm(self) -> float:
        """Metres of `crs` in a millimetre of the picture."""
        return self.scale / 1000.0

    @property
    def extent(self) -> Extent:
        """The ground shown: x0, y0, x1, y1 in `crs`."""
        return self.padded(0.0)

    def padded(self, margin_mm: float) -> Extent:
        """The ground shown and a margin of `margin_mm` around it, in `crs`."""
        half_x = (self.width_mm / 2 + margin_mm) * self.m_per_mm
        half_y = (self.height_mm / 2 + margin_mm) * self.m_per_mm
        x, y = self.centre
        return x - half_x, y - half_y, x + half_x, y + half_y

    @property
    def has_place(self) -> bool:
        """Whether this is ground at all: False for what was made of a place the system does not know."""
        return all(map(math.isfinite, (*self.centre, self.scale)))

    @property
    def degrees(self) -> Extent:
        """The box of degrees EPSG:4490 around what is shown."""
        return extent_in_degrees(self.extent, self.crs)

    def to_mm(self, xy: Floats) -> Floats:
        """Points (n, 2) of `crs` as millimetres of the picture."""
        x0, _, _, y1 = self.extent
        return np.column_stack([(xy[:, 0] - x0) / self.m_per_mm, (y1 - xy[:, 1]) / self.m_per_mm])

    def from_mm(self, xy_mm: Floats) -> Floats:
        """Millimetres of the picture as points of `crs`."""
        x0, _, _, y1 = self.extent
        return np.column_stack([x0 + xy_mm[:, 0] * self.m_per_mm, y1 - xy_mm[:, 1] * self.m_per_mm])

    def degrees_at(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Longitude and latitude EPSG:4490 under a pixel; NaN outside the system's meaning."""
        point = self.from_mm(np.array([[x_px, y_px]]) / self.px_per_mm)
        lon, lat = to_degrees(point, self.crs)[0]
        return float(lon), float(lat)

    def px_of(self, lon: float, lat: float) -> tuple[float, float]:
        """The pixel a point in degrees EPSG:4490 falls on."""
        x, y = self.to_mm(to_map(np.array([[lon, lat]]), self.crs))[0] * self.px_per_mm
        return float(x), float(y)

    def panned(self, dx_px: float, dy_px: float) -> MapView:
        """The view after the paper was dragged by pixels."""
        step = self.m_per_mm / self.px_per_mm
        return replace(self, centre=(self.centre[0] - dx_px * step, self.centre[1] + dy_px * step))

    def zoomed(self, factor: float, at_px: tuple[float, float] | None = None) -> MapView:
        """The view `factor` times closer; what lies under `at_px` stays there."""
        scale = _limited(self.scale / factor)
        if at_px is None:
            return replace(self, scale=scale)
        fixed = self.from_mm(np.array([at_px]) / self.px_per_mm)[0]
        share = scale / self.scale
        x = fixed[0] + (self.centre[0] - fixed[0]) * share
        y = fixed[1] + (self.centre[1] - fixed[1]) * share
        return replace(self, scale=scale, centre=(float(x), float(y)))

    def resized(self, size_px: tuple[int, int], dpi: float | None = None) -> MapView:
        """The same centre and scale in a window of another size."""
        dpi = dpi or self.dpi
        per_mm = dpi / MM_PER_INCH
        return replace(
            self, width_mm=max(size_px[0] / per_mm, 0.1), height_mm=max(size_px[1] / per_mm, 0.1), dpi=dpi
        )

    def fitted(self, extent: Extent, margin: float = 0.08) -> MapView:
        """The view that shows the whole of an extent of `crs`, a point at the present scale or 1:5000."""
        x0, y0, x1, y1 = extent
        if x1 - x0 <= 0 and y1 - y0 <= 0:
            return replace(self, centre=(x0, y0), scale=min(self.scale, 5000.0))
        grow_x, grow_y = (x1 - x0) * margin, (y1 - y0) * margin
        wide = (x0 - grow_x, y0 - grow_y, x1 + grow_x, y1 + grow_y)
        return self._around(wide, self.crs, (self.width_mm, self.height_mm), self.dpi)

    def fitted_degrees(self, extent: Extent, margin: float = 0.08) -> MapView:
        """The view that shows the whole of an extent of degrees EPSG:4490."""
        return self.fitted(project_extent(extent, self.crs), margin)


def _limited(scale: float) -> float:
    return min(max(scale, _SMALLEST), _LARGEST)
