"""What `_scan.c` and `_unpack.c` offer; `app/carto/flat.py` says what the arrays hold."""

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
def touching(
    layer: Layer, box: tuple[float, float, float, float], tally: Buffer, rows: Buffer | None
) -> int: ...
def measure(blobs: list[bytes | None], found: Buffer) -> tuple[int, int]: ...
def unpack(blobs: list[bytes | None], found: Buffer, xy: Buffer, rings: Buffer, areas: Buffer) -> None: ...
def digest(buffer: Buffer) -> int: ...
