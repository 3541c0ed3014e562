"""What the compiled part offers; `app/carto/flat.py`, `paper.py` and `obstacles.py` say what arrays hold."""

from typing import Any

Buffer = Any  # anything with the buffer protocol, C-contiguous
Layer = tuple[Buffer, Buffer, Buffer, Buffer, Buffer]
Place = tuple[float, float, float, float]
Frame = tuple[int, int, int, int]

def check(xy: Buffer, rings: Buffer, areas: Buffer) -> None: ...
def boxes(xy: Buffer, rings: Buffer, areas: Buffer, out: Buffer) -> None: ...
def numbers(layer: Layer, place: Place, out: Buffer, width: int) -> None: ...
def draw(
    layer: Layer,
    place: Place,
    colours: Buffer,
    out: Buffer,
    stride: int,
    frame: Frame,
    first: int,
    last: int,
) -> None: ...
def touching(
    layer: Layer, box: tuple[float, float, float, float], tally: Buffer, rows: Buffer | None
) -> int: ...
def measure(blobs: list[bytes | None], found: Buffer) -> tuple[int, int]: ...
def unpack(blobs: list[bytes | None], found: Buffer, xy: Buffer, rings: Buffer, areas: Buffer) -> None: ...
def digest(buffer: Buffer) -> int: ...
def stamp(out: Buffer, stride: int, frame: Frame, picture: Buffer, side: int, corners: Buffer) -> None: ...
def fill(
    out: Buffer,
    stride: int,
    frame: Frame,
    xy: Buffer,
    starts: Buffer,
    runs: Buffer | None,
    place: Place,
    colour: int,
    hatch: tuple[float, float, float, float, float],
) -> None: ...
def stroke(
    out: Buffer,
    stride: int,
    frame: Frame,
    xy: Buffer,
    starts: Buffer,
    runs: Buffer | None,
    place: Place,
    colour: int,
    width: float,
    closed: bool,
) -> None: ...
def spread(boxes: Buffer, grid: tuple[float, int, int], starts: Buffer, order: Buffer | None) -> int: ...
def clear(
    asked: Buffer, boxes: Buffer, grid: tuple[float, int, int], starts: Buffer, order: Buffer, out: Buffer
) -> None: ...
def identities(uids: list[str], out: Buffer) -> bool: ...
def interpolate(
    xy: Buffer, nodes: Buffer, columns: int, corner: tuple[float, float], step: tuple[float, float]
) -> None: ...
