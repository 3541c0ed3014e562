"""Maps as pictures: a QImage for the screen, a PNG file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QPainter

from app.carto.display import DisplayList, Op
from app.carto.view import MM_PER_INCH, MapView
from app.errors import Invalid
from app.i18n import N_
from app.render.files import write_whole
from app.render.fonts import ensure_application
from app.render.painter import paint, paint_ops

_MOST_PIXELS = 400_000_000


def paint_to_image(picture: DisplayList, view: MapView, over: tuple[Op, ...] = ()) -> QImage:
    """The picture of a view in its pixels, with more operations (a selection) drawn over it."""
    ensure_application()
    image = blank(*view.size_px, view.dpi)
    painter = QPainter(image)
    try:
        paint(painter, picture, view.px_per_mm)
        if over:
            paint_ops(painter, over, view.px_per_mm)
    finally:
        painter.end()
    return image


def blank(width: int, height: int, dpi: float) -> QImage:
    """An empty picture that knows its resolution; raises Invalid when it would not fit in memory."""
    image = QImage() if width * height > _MOST_PIXELS else QImage(width, height, QImage.Format.Format_RGB32)
    if image.isNull():
        raise Invalid(
            N_("A picture of {width} × {height} pixels is too large."),
            hint=N_("Choose a smaller size, or print to PDF: it is sharp at any size."),
            code="picture_too_large",
            width=width,
            height=height,
        )
    dots = round(dpi / MM_PER_INCH * 1000)
    image.setDotsPerMeterX(dots)
    image.setDotsPerMeterY(dots)
    return image


def png_bytes(image: QImage) -> bytes:
    """The picture as PNG."""
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub says bytes, Qt takes text
    buffer.close()
    return bytes(held.data())


def write_png(image: QImage, path: Path) -> None:
    """Write a PNG file whole or not at all; raises StoreFailure."""
    write_whole(path, png_bytes(image))
