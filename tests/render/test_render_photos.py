"""Photographs on a page: upright, undistorted, within their box, no finer than paper shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtGui import QColor, QImage, QPainter

from app.carto.display import Photo
from app.render.painter import paint_ops
from app.render.photos import read_photo

ORIENTATION = 0x0112


def _drawn(path: Path, box: tuple[float, float, float, float]) -> QImage:
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint_ops(painter, (Photo(box, str(path)),), 1.0)
    painter.end()
    return image


def _colour(image: QImage, x: int, y: int) -> str:
    red, green, blue, _ = image.pixelColor(x, y).getRgb()  # type: ignore[misc]
    return "white" if min(red, green, blue) > 200 else "red" if red > 150 else "blue"


def test_a_photograph_taken_upright_is_shown_upright(qapp: object, tmp_path: Path) -> None:
    picture = Image.new("RGB", (80, 40), "blue")
    picture.paste("red", (0, 0, 40, 40))  # lying: red at the left; turned by the camera: red on top
    exif = picture.getexif()
    exif[ORIENTATION] = 6
    picture.save(tmp_path / "p.jpg", exif=exif, quality=95)
    image = _drawn(tmp_path / "p.jpg", (0, 0, 400, 300))
    assert (_colour(image, 200, 60), _colour(image, 200, 240)) == ("red", "blue")
    assert _colour(image, 20, 150) == "white"  # a narrow picture leaves the sides free


def test_a_large_photograph_is_read_in_the_pixels_paper_needs(qapp: object, tmp_path: Path) -> None:
    Image.new("RGB", (4000, 3000), "red").save(tmp_path / "large.jpg")
    read = read_photo(Photo((0, 0, 70, 52), str(tmp_path / "large.jpg")))
    assert 500 <= read.width() <= 620


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0cut"])
def test_what_is_no_picture_leaves_its_box_empty(qapp: object, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.jpg").write_bytes(content)
    assert _colour(_drawn(tmp_path / "bad.jpg", (0, 0, 400, 300)), 200, 150) == "white"
