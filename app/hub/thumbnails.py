"""Small pictures of large ones, made at the hub, so that laptops show photographs before fetching them."""

from __future__ import annotations

import warnings
from io import BytesIO

from pi_heif import register_heif_opener
from PIL import Image, ImageOps

EDGE = 320  # pixels of the longer side
QUALITY = 78
# Points that are decoded at most: 3 bytes each, so 150 MB, for one picture at a time (`Service.pictures`). A
# JPEG is decoded at an eighth of its size, a line at a time, so that Pillow's own limit is enough (twice its
# MAX_IMAGE_PIXELS, 179 million); a progressive one is held whole.
DECODED_PIXELS = 50_000_000
_OURS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF")
register_heif_opener()
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # it says what is looked at here


def thumbnail_of(content: bytes) -> bytes | None:
    """A JPEG of at most `EDGE` pixels a side, upright, without metadata; None for what is no picture, or is
    one that takes too much memory."""
    try:
        with Image.open(BytesIO(content), formats=_OURS) as picture:
            if picture.info.get("progressive") and picture.width * picture.height > DECODED_PIXELS:
                return None
            picture.draft("RGB", (EDGE, EDGE))
            if picture.width * picture.height > DECODED_PIXELS:
                return None
            picture.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS, reducing_gap=2.0)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, RuntimeError, Image.DecompressionBombError):  # a bad file
        return None
    target = BytesIO()
    upright.save(target, "JPEG", quality=QUALITY, optimize=True)
    return target.getvalue()
