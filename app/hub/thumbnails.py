"""Small pictures of large ones, made at the hub, so that laptops show photographs before fetching them."""

from __future__ import annotations

from io import BytesIO

from pi_heif import register_heif_opener
from PIL import Image, ImageOps

EDGE = 320  # pixels of the longer side
QUALITY = 78
MAX_PIXELS = 120_000_000  # a picture that claims more is not opened
_OURS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF")
register_heif_opener()


def thumbnail_of(content: bytes) -> bytes | None:
    """A JPEG of at most `EDGE` pixels a side, upright, without metadata; None for what is no picture."""
    try:
        with Image.open(BytesIO(content), formats=_OURS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            picture.draft("RGB", (EDGE, EDGE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
        upright.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, RuntimeError, Image.DecompressionBombError):  # a bad file
        return None
    target = BytesIO()
    upright.save(target, "JPEG", quality=QUALITY, optimize=True)
    return target.getvalue()
