"""A sheet as a picture, for the preview in the window and for tests that look at it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

from app.carto.view import MM_PER_INCH
from app.printing.page import Page
from app.render.fonts import ensure_application
from app.render.image import blank
from app.render.painter import paint_ops


def page_image(page: Page, dpi: float = 96.0) -> QImage:
    """The page on white paper at a resolution."""
    ensure_application()
    px_per_mm = dpi / MM_PER_INCH
    image = blank(round(page.width_mm * px_per_mm), round(page.height_mm * px_per_mm), dpi)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    try:
        paint_ops(painter, page.ops, px_per_mm)
    finally:
        painter.end()
    return image


def page_image_of_width(page: Page, width_px: int) -> QImage:
    """The page at the resolution that makes it `width_px` wide."""
    return page_image(page, width_px / page.width_mm * MM_PER_INCH)
