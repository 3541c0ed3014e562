"""Simulated evidence: drawn photographs with EXIF place and time, and forms, every one marked 模拟."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.TiffImagePlugin import IFDRational

from app.demo.seed import dice
from app.domain.entities.papers import EVIDENCE_KINDS
from app.domain.values import BUREAU_TIME
from app.i18n import in_language
from app.resources import resource

PHOTOS = (
    "photo_before", "photo_during", "photo_after", "nameplate", "site_photo", "seal_photo", "lookback_photo",
    "rebound_photo",
)  # fmt: skip
_SIZE = (640, 480)
_PAGE = (620, 877)  # A4 at 75 dots an inch
_EXIF, _GPS = 0x8769, 0x8825
_SMOKING = ("photo_before", "rebound_photo")
_GONE = ("photo_after", "site_photo", "lookback_photo")


@dataclass(frozen=True)
class Occasion:
    """What a paper is about: the boiler's number and unit, where it stands (EPSG:4490), and when."""

    ledger_no: str
    unit: str
    x: float | None
    y: float | None
    when: datetime
    lines: Sequence[str] = ()


def paper(folder: Path, kind: str, about: Occasion) -> Path:
    """Draw the photograph or form of this kind into `folder`; the name says what it is."""
    label = _label(kind)
    name = f"{about.ledger_no}_{label.replace('/', '或')}"
    if kind in PHOTOS:
        path = folder / f"{name}.jpg"
        _photograph(kind, label, about).save(path, quality=70, exif=_exif(about))
        return path
    path = folder / f"{name}.pdf"
    stamp = about.when.astimezone(BUREAU_TIME)
    # without fixed dates the same paper would have another hash each time it is drawn
    _form(label, about).save(
        path, "PDF", resolution=75.0, creationDate=stamp.timetuple(), modDate=stamp.timetuple()
    )
    return path


def _photograph(kind: str, label: str, about: Occasion) -> Image.Image:
    """A boiler house with what can be seen of it at that stage."""
    rolls = dice(f"photo/{about.ledger_no}/{kind}")
    image = Image.new("RGB", _SIZE, (176 + rolls.randrange(40), 200, 222))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 330, 640, 480), fill=(150 - rolls.randrange(20), 140, 120))
    left = 120 + rolls.randrange(60)
    if kind == "nameplate":
        _plate(draw, about)
    else:
        draw.rectangle(
            (left, 190, left + 260, 360), fill=(188, 120 + rolls.randrange(20), 96), outline=(90, 60, 50)
        )
        draw.rectangle((left + 30, 260, left + 110, 360), fill=(70, 74, 80))
        if kind not in _GONE:
            draw.ellipse((left + 140, 230, left + 235, 330), fill=(86, 90, 96), outline=(40, 40, 44), width=4)
            draw.rectangle((left + 285, 70, left + 320, 360), fill=(120, 110, 104), outline=(80, 72, 66))
        if kind in _SMOKING:
            for step in range(5):
                draw.ellipse(
                    (left + 290 + step * 26, 40 - step * 6, left + 350 + step * 30, 84 - step * 4),
                    fill=(96, 96, 100),
                )
        if kind == "seal_photo":
            draw.polygon(
                ((left + 30, 270), (left + 50, 260), (left + 110, 345), (left + 92, 356)),
                fill=(250, 244, 220),
            )
            draw.text((left + 48, 296), "封", font=_font(26), fill=(190, 20, 20))
    _watermark(image, label, about)
    return image


def _plate(draw: ImageDraw.ImageDraw, about: Occasion) -> None:
    draw.rectangle((110, 90, 530, 330), fill=(206, 206, 198), outline=(90, 90, 90), width=5)
    for number, line in enumerate(("锅炉产品铭牌（模拟）", *about.lines)):
        draw.text((140, 112 + number * 42), line, font=_font(26), fill=(40, 40, 40))


def _watermark(image: Image.Image, label: str, about: Occasion) -> None:
    """What watermark cameras write in the corner, and 模拟 across the whole."""
    draw = ImageDraw.Draw(image)
    stamp = about.when.astimezone(BUREAU_TIME).strftime("%Y-%m-%d %H:%M")
    place = f"{about.y:.5f}N {about.x:.5f}E" if about.x is not None and about.y is not None else "无坐标"
    for number, line in enumerate((f"{label}　{about.ledger_no}", about.unit, f"{stamp}　{place}")):
        draw.text((16, 386 + number * 28), line, font=_font(20), fill=(255, 255, 255), stroke_width=2,
                  stroke_fill=(30, 30, 30))  # fmt: skip
    image.paste(_across(), (400, 20), _across())


@lru_cache(maxsize=1)
def _across() -> Image.Image:
    """The large 模拟, drawn once for all: its outline takes longer than the photograph."""
    image = Image.new("RGBA", (200, 130), (190, 30, 30, 0))
    ImageDraw.Draw(image).text(
        (10, 0), "模拟", font=_font(86), fill=(255, 255, 255), stroke_width=3, stroke_fill=(190, 30, 30)
    )
    return image


def _form(label: str, about: Occasion) -> Image.Image:
    """A page with a frame, the usual lines and places to sign."""
    image = Image.new("RGB", _PAGE, (255, 255, 255))
    draw = ImageDraw.Draw(image)
    draw.text((310, 60), f"{label}（模拟）", font=_font(30), fill=(0, 0, 0), anchor="mm")
    rows = [("台账编号", about.ledger_no), ("使用单位", about.unit),
            ("日　　期", about.when.astimezone(BUREAU_TIME).strftime("%Y年%m月%d日")),
            *[("内　　容", line) for line in about.lines],
            ("意　　见", "同意（模拟）"), ("签　　字", "")]  # fmt: skip
    for number, (name, value) in enumerate(rows):
        top = 110 + number * 64
        draw.rectangle((50, top, 570, top + 64), outline=(0, 0, 0))
        draw.line((170, top, 170, top + 64), fill=(0, 0, 0))
        draw.text((110, top + 32), name, font=_font(19), fill=(0, 0, 0), anchor="mm")
        draw.text((182, top + 32), value, font=_font(18), fill=(0, 0, 0), anchor="lm")
    draw.text((310, 760), "模拟", font=_font(90), fill=(235, 205, 205), anchor="mm")
    return image


def _exif(about: Occasion) -> Image.Exif:
    """Place and local time, as a telephone writes them."""
    exif = Image.Exif()
    stamp = about.when.astimezone(BUREAU_TIME).strftime("%Y:%m:%d %H:%M:%S")
    exif[0x010F], exif[0x0132] = "Gridward demo", stamp
    exif.get_ifd(_EXIF)[0x9003] = stamp
    if about.x is not None and about.y is not None:
        gps = exif.get_ifd(_GPS)
        gps[1], gps[2] = "N" if about.y >= 0 else "S", _sexagesimal(about.y)
        gps[3], gps[4] = "E" if about.x >= 0 else "W", _sexagesimal(about.x)
    return exif


def _sexagesimal(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    hundredths = round(abs(degrees) * 360_000)
    whole, rest = divmod(hundredths, 360_000)
    minutes, seconds = divmod(rest, 6_000)
    return IFDRational(whole, 1), IFDRational(minutes, 1), IFDRational(seconds, 100)


def _label(kind: str) -> str:
    """The kind in Chinese whatever language is in use, so that the file is the same everywhere."""
    return next(
        in_language("zh_CN", choice.label) for choice in EVIDENCE_KINDS.choices if choice.code == kind
    )


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(resource("fonts", "NotoSansSC-Regular.ttf")), size)
