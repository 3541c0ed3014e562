"""Things tests are made of, with named defaults: photographs with place and time, papers, workbooks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from app.domain.values import BUREAU_TIME

PLACE = (106.684, 35.542)  # in 柳湖镇, 崆峒区
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
METRE_NORTH = 1 / 110_950  # degrees of latitude, near enough for a photograph


def photo(
    path: Path, place: tuple[float, float] | None = PLACE, taken: datetime | None = NOON, shade: int = 120
) -> Path:
    """A small photograph; without `place` and `taken` it is as WeChat sends it."""
    image = Image.new("RGB", (16, 12), (shade % 256, shade // 256 % 256, 90))
    exif = Image.Exif()
    if taken is not None:
        exif.get_ifd(0x8769)[0x9003] = taken.astimezone(BUREAU_TIME).strftime("%Y:%m:%d %H:%M:%S")
    if place is not None:
        exif.get_ifd(0x8825).update({1: "N", 2: _degrees(place[1]), 3: "E", 4: _degrees(place[0])})
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "JPEG", exif=exif)
    return path


def paper(path: Path, text: str = "验收申请表") -> Path:
    """A paper, as good as any for its hash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-1.4\n" + text.encode())
    return path


def _degrees(value: float) -> tuple[float, float, float]:
    whole = int(value)
    minutes = int((value - whole) * 60)
    return float(whole), float(minutes), round((value - whole - minutes / 60) * 3600, 4)
