"""What `_scan.c` offers; `app/carto/flat.py` says what the arrays hold."""

from typing import Any

Buffer = Any  # anything with the buffer protocol, C-contiguous
Layer = tuple[Buffer, Buffer, Buffer, Buffer, Buffer]
Place = tuple[float, float, float, float]

def check(xy: Buffer, rings: Buffer, areas: Buffer) -> None: ...
def boxes(xy: Buffer, rings: Buffer, areas: Buffer, out: Buffer) -> None: ...
def numbers(layer: Layer, place: Place, out: Buffer, width: int) -> None: ...
def draw(
    layer: Layer,
    place: Place,
    colours: Buffer,
    out: Buffer,
    ids: Buffer | None,
    width: int,
    first: int,
    last: int,
) -> None: ...
