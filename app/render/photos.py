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
    image = read_picture(op.path, round(max(op.box[2], op.box[3]) * _DPI / MM_PER_INCH))
    return image.convertToFormat(QImage.Format.Format_RGB32) if not image.isNull() else image


def read_picture(path: str, longest: int) -> QImage:
    """The picture upright, its longer side at most so many pixels; a null image when it cannot be read."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > longest:
        reader.setScaledSize(size.scaled(longest, longest, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return image if not image.isNull() else _of_iphone(path, longest)


def _of_iphone(path: str, longest: int) -> QImage:
    """A HEIC photograph, which Qt has no reader for; a null image for every other file."""
    from pi_heif import register_heif_opener  # late: most pictures are none of these
    from PIL import Image

    register_heif_opener()
    try:
        with Image.open(path, formats=("HEIF",)) as picture:  # is turned upright as it is opened
            shown = picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, RuntimeError, Image.DecompressionBombError):
        return QImage()
    shown.thumbnail((longest, longest))
    width, height = shown.size
    return QImage(shown.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
