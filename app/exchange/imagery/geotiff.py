"""GeoTIFF read window by window through rasterio, from overviews where it has them."""

from __future__ import annotations

import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from app.domain.coordinates.zones import crs_object
from app.domain.imagery import Extent, ImageryFacts, Pixels
from app.errors import AppError, Invalid
from app.exchange.imagery.words import cut_short, in_degrees, seems_shifted, unreadable
from app.i18n import N_

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

_LONGEST_PX = 4096
_SAMPLE_PX = 1024
_LOW, _HIGH = 2.0, 98.0  # the percentiles that become black and white where values are no bytes


class GeoTiff:
    """One file. Bytes are shown as they are, other numbers between their 2nd and 98th percentile."""

    def __init__(self, path: Path, crs: str = "") -> None:
        """Raises Invalid for a file that is none, has no place, is turned, or whose system nobody knows."""
        import rasterio  # late: it loads a library of 60 MB
        from rasterio.errors import RasterioError

        self._path = path
        self._lock = threading.RLock()
        self._failures = (RasterioError, OSError, ValueError)
        self.shifted = False
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._file: DatasetReader = rasterio.open(path, driver="GTiff")
        except self._failures as error:
            raise unreadable(path, error) from error
        try:
            self.crs = crs or _crs_name(self._file)
            self._check()
            self._limits = self._stretch()
        except BaseException:
            self._file.close()
            raise

    def facts(self) -> ImageryFacts:
        """What the file says of itself; `crs` is empty when it states no system."""
        box = self._file.bounds
        extent = in_degrees((box.left, box.bottom, box.right, box.top), self.crs) if self.crs else None
        words = " ".join([self._path.stem, *(str(value) for value in self._file.tags().values())])
        return ImageryFacts("GeoTIFF", extent, None, self.crs, seems_shifted=seems_shifted(words))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    def piece(self, extent: Extent, per_px: float) -> Pixels | None:
        """The part of the picture in an extent; raises Invalid when the file has become unreadable."""
        from rasterio.enums import Resampling
        from rasterio.windows import Window

        with self._lock:
            area = self._window(extent)
            if area is None:
                return None
            column, row, width, height = area
            scale = min(1.0, abs(self._file.transform.a) / per_px, _LONGEST_PX / max(width, height))
            shape = (max(1, round(height * scale)), max(1, round(width * scale)))
            window = Window(column, row, width, height)
            way = Resampling.average if self._averages() and scale < 1.0 else Resampling.nearest
            try:
                bands = self._file.read(window=window, out_shape=(self._file.count, *shape), resampling=way)
                mask = self._file.dataset_mask(window=window, out_shape=shape)
            except self._failures as error:
                raise unreadable(self._path, error) from error
            t = self._file.transform
            ground = (
                t.c + column * t.a,
                t.f + (row + height) * t.e,
                t.c + (column + width) * t.a,
                t.f + row * t.e,
            )
            return Pixels(self._coloured(bands, mask), ground)

    def _check(self) -> None:
        t = self._file.transform
        if t.is_identity or not self._file.width or not self._file.height:
            raise Invalid(
                N_("“{file}” is a picture without a place on the ground."),
                hint=N_("It needs its coordinates inside, as GeoTIFF has them."),
                code="no_places",
                file=self._path.name,
            )
        if t.b or t.d or t.a <= 0 or t.e >= 0:
            raise Invalid(
                N_("“{file}” is turned against its coordinate system."),
                hint=N_("Save it again with north up, as GDAL's warp does."),
                code="turned",
                file=self._path.name,
            )
        if self.crs:
            crs_object(self.crs)
        size, end = self._path.stat().st_size, self._end()
        if end > size:
            raise cut_short(self._path, size, end)

    def _end(self) -> int:
        """Where the last block of the picture ends in its file; 0 when it is not kept."""
        high, wide = self._file.block_shapes[0]
        at = f"{(self._file.width - 1) // wide}_{(self._file.height - 1) // high}"
        asked = (
            self._file.get_tag_item(f"{what}_{at}", "TIFF", bidx=self._file.count)
            for what in ("BLOCK_OFFSET", "BLOCK_SIZE")
        )
        return sum(int(found or 0) for found in asked)

    def _window(self, extent: Extent) -> tuple[int, int, int, int] | None:
        t = self._file.transform
        x0, y0, x1, y1 = extent
        first, last = int((x0 - t.c) // t.a), int((x1 - t.c) // t.a) + 1
        upper, lower = int((y1 - t.f) // t.e), int((y0 - t.f) // t.e) + 1
        first, last = max(first, 0), min(last, self._file.width)
        upper, lower = max(upper, 0), min(lower, self._file.height)
        return (first, upper, last - first, lower - upper) if first < last and upper < lower else None

    def _averages(self) -> bool:
        """Numbers of a palette are names: their mean means nothing."""
        return not self._palette()

    def _palette(self) -> dict[int, tuple[int, ...]]:
        if self._file.count != 1:
            return {}
        with suppress(ValueError):
            found: dict[int, tuple[int, ...]] = self._file.colormap(1)
            return found
        return {}

    def _stretch(self) -> list[tuple[float, float]]:
        """What becomes black and white, by band; empty for bytes."""
        if all(kind == "uint8" for kind in self._file.dtypes):
            return []
        side = max(self._file.width, self._file.height)
        scale = min(1.0, _SAMPLE_PX / side)
        shape = (max(1, round(self._file.height * scale)), max(1, round(self._file.width * scale)))
        try:
            bands = self._file.read(out_shape=(self._file.count, *shape), masked=True)
        except self._failures as error:
            raise unreadable(self._path, error) from error
        return [_between(band) for band in bands]

    def _coloured(self, bands: NDArray[Any], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        palette = self._palette()
        if palette:
            table = np.zeros((256, 4), dtype=np.uint8)
            for value, colour in palette.items():
                if 0 <= value < 256:
                    table[value] = colour
            rgba: NDArray[np.uint8] = table[bands[0].astype(np.uint8)]
            rgba[..., 3] = np.minimum(rgba[..., 3], mask)
            return rgba
        if self._limits:
            pairs = zip(bands, self._limits, strict=True)
            bands = np.stack([np.clip((b - low) / (high - low) * 255, 0, 255) for b, (low, high) in pairs])
            bands = np.nan_to_num(bands).astype(np.uint8)
        colours = bands[:3] if len(bands) >= 3 else np.repeat(bands[:1], 3, axis=0)
        return np.ascontiguousarray(np.concatenate([colours, mask[None]]).transpose(1, 2, 0))


def _between(band: np.ma.MaskedArray[Any, Any]) -> tuple[float, float]:
    values = band.compressed().astype(float)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, (_LOW, _HIGH)))
    return (low, high) if high > low else (low, low + 1.0)


def _crs_name(file: DatasetReader) -> str:
    """The stated system as `EPSG:n`, empty when there is none or it has no number."""
    if file.crs is None:
        return ""
    try:
        number = CRS.from_wkt(file.crs.to_wkt()).to_epsg(min_confidence=60)
        name = f"EPSG:{number}" if number else ""
        if name:
            crs_object(name)
    except (CRSError, AppError):
        return ""
    return name
