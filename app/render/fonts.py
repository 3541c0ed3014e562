"""The bundled Chinese font and the application object that fonts and pictures need."""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

from app.carto.symbols import TextStyle
from app.errors import StoreFailure
from app.i18n import N_
from app.resources import resource

FILES = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf")
# Off: `locl` draws digits beside Latin letters, and `liga` two letters, by shapes that a PDF cannot name, so
# that nobody could copy or search them; app/carto/measure.py measures without either.
_PLAIN = ("locl", "liga")
_kept: list[QGuiApplication] = []


def ensure_application() -> None:
    """Make the Qt application object when there is none: without a window system it draws off screen.

    A program with windows makes its own `QApplication` first.
    """
    if QGuiApplication.instance() is None:
        if sys.platform.startswith("linux") and not _has_display():
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        _kept.append(QGuiApplication(["gridward"]))


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@lru_cache(maxsize=1)
def family() -> str:
    """The family name of the bundled font, loaded at the first call; raises StoreFailure without it."""
    ensure_application()
    names: list[str] = []
    for name in FILES:
        number = QFontDatabase.addApplicationFont(str(resource("fonts", name)))
        if number < 0:
            raise StoreFailure(
                N_("The font {name} is missing or damaged."),
                hint=N_("Install the program again; without the font no Chinese can be printed."),
                code="font_missing",
                name=name,
            )
        names.extend(QFontDatabase.applicationFontFamilies(number))
    return names[0]


def font_of(style: TextStyle, px_per_mm: float, device_dpi: float) -> QFont:
    """The font of a text style on a device: exact fractions and no hinting, so that widths scale."""
    font = _styled(style)
    font.setPointSizeF(max(style.size_mm * px_per_mm * 72.0 / device_dpi, 0.5))
    return font


def outline_font(style: TextStyle, pixel_size: int) -> QFont:
    """The same letters at a fixed pixel size, for halos drawn as outlines and scaled."""
    font = _styled(style)
    font.setPixelSize(pixel_size)
    return font


def _styled(style: TextStyle) -> QFont:
    """The letters of a style, their size left open."""
    font = QFont(family())
    font.setBold(style.bold)
    font.setItalic(style.slanted)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    for feature in _PLAIN:
        font.setFeature(QFont.Tag(feature), 0)
    if style.spacing_mm:  # in percent: absolute spacing comes out wider on a PDF than on a screen
        percent = 100.0 * (1.0 + style.spacing_mm / style.size_mm)
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, percent)
    return font
