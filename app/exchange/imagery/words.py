"""What files of pictures say of themselves, and how it is refused when they cannot be read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from app.domain.coordinates.zones import transform
from app.domain.imagery import Extent
from app.errors import Invalid
from app.exchange.reasons import reason_of, said_by
from app.i18n import N_

LOOKED_AT = 16  # tiles, to see whether any can be read
CREDIT_KEYS = ("name", "description", "attribution", "legend", "url", "source")
_SHIFTED = (
    "amap",
    "autonavi",
    "gaode",
    "高德",
    "tencent",
    "腾讯",
    "qq.com",
    "gtimg",
    "gcj",
    "火星",
    "google.cn",
)
_BAIDU = ("baidu", "百度", "bd09", "bd-09")


def seems_shifted(words: str) -> bool:
    """Whether the words of a file name a publisher whose tiles are in GCJ-02; raises Invalid for Baidu's,
    which are no tiles of this scheme."""
    text = words.lower()
    if any(word in text for word in _BAIDU):
        raise Invalid(
            N_("These are tiles of Baidu (BD-09); they are cut in another way and cannot be shown."),
            hint=N_("Use Tianditu, or tiles in WGS 84 or GCJ-02."),
            code="bad_crs",
        )
    return any(word in text for word in _SHIFTED)


def unreadable(path: Path, error: Exception) -> Invalid:
    """A file of pictures that cannot be read, in words."""
    return Invalid(
        N_("“{file}” is no readable file of map pictures: {why}"),
        hint=N_("Copy or download it again; the rest of the map is not touched."),
        code="unreadable_file",
        details=said_by(error),
        file=path.name,
        why=reason_of(error),
    )


def cut_short(path: Path, size: int, wanted: int) -> Invalid:
    """A file of pictures whose end is missing, as of a copy or download that was broken off."""
    return Invalid(
        N_("“{file}” is cut short: {size} of {wanted} bytes are there."),
        hint=N_("Copy or download it again; the rest of the map is not touched."),
        code="unreadable_file",
        file=path.name,
        size=f"{size:,}",
        wanted=f"{wanted:,}",
    )


def numbers_of(text: str, count: int) -> Extent | None:
    """Four numbers written with commas."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    return (
        (found[0], found[1], found[2], found[3]) if len(found) == count and np.isfinite(found).all() else None
    )


def in_degrees(extent: Extent, crs: str) -> Extent | None:
    """An extent of a system in degrees; None when it has no meaning there."""
    x0, y0, x1, y1 = extent
    lon, lat = transform([x0, x1, x0, x1], [y0, y0, y1, y1], crs)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return None
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def need_one_tile(path: Path, tiles: Iterable[bytes | None], readable: Callable[[bytes], object]) -> None:
    """Raises Invalid when there are tiles and none of them can be read; one that can is enough."""
    there = [blob for blob in tiles if blob is not None]
    if there and not any(readable(blob) for blob in there):
        raise Invalid(
            N_("None of the tiles looked at in “{file}” is a picture that can be read."),
            hint=N_("Copy or download it again; the rest of the map is not touched."),
            code="unreadable_file",
            file=path.name,
        )


def side_of_tile(blob: bytes) -> int:
    """The width of a tile; 0 when it is no picture."""
    try:
        with Image.open(io.BytesIO(blob)) as tile:
            return int(tile.width)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0
