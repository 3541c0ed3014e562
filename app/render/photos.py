"""Photographs on a page: turned as the camera was held, no finer than paper shows."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter

from app.carto.display import Photo
from app.carto.view import MM_PER_INCH

_DPI = 220.0  # what a printed photograph needs; a telephone's own resolution would make a PDF of gigabytes


def paint_photo(painter: QPainter, op: Photo, px_per_mm: float) -> None:
    """Draw a picture file into its box; nothing when it cannot be read."""
    image = read_photo(op)
    if image.isNull():
        return
    x, y, width, height = (value * px_per_mm for value in op.box)
    fitted = QSize(image.size()).scaled(
        QSize(round(width), round(height)), Qt.AspectRatioMode.KeepAspectRatio
    )
    at = QRectF(
        x + (width - fitted.width()) / 2, y + (height - fitted.height()) / 2, fitted.width(), fitted.height()
    )
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(at, image)


def can_be_read(path: str) -> bool:
    """Whether a page can show this file; read whole, as a header says nothing of the rest, but small."""
    return not read_photo(Photo((0.0, 0.0, 5.0, 5.0), path)).isNull()


def read_photo(op: Photo) -> QImage:
    """The picture in no more pixels than its box needs on paper; a null image when it cannot be read."""
    reader = QImageReader(op.path)
    reader.setAutoTransform(True)
    size = reader.size()
    most = QSize(round(op.box[2] * _DPI / MM_PER_INCH), round(op.box[3] * _DPI / MM_PER_INCH))
    if size.isValid():
        longest = max(most.width(), most.height())
        within = size.scaled(QSize(longest, longest), Qt.AspectRatioMode.KeepAspectRatio)
        if within.width() < size.width():
            reader.setScaledSize(within)
    image = reader.read()
    return image.convertToFormat(QImage.Format.Format_RGB32) if not image.isNull() else image
