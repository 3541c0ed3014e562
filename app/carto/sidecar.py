"""The disposable file of flat arrays beside a workspace: mapped where its disk stays, read where it may go,
and never trusted when damaged."""

from __future__ import annotations

import hashlib
import json
import logging
import mmap
import os
import tempfile
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import proj_version_str

from app.carto import _scan
from app.carto.coded import Coded
from app.carto.flat import FlatAreas
from app.carto.many import Fetch, ManyAreas

_LOG = logging.getLogger(__name__)
_MAGIC = b"GRIDWARD MAP 1\n\x00"
_ALIGN = 64
_HASH_BYTES = 32
_AT_ONCE = 8_000_000  # bytes
_PARTS = {"xy": np.float32, "rings": np.uint32, "areas": np.uint32, "boxes": np.float32, "uids": np.uint64}
_WIDTHS = {"xy": 2, "boxes": 4, "uids": 2}


def write(path: Path, many: ManyAreas) -> bool:
    """Write the arrays whole or not at all; false when the place cannot be written, which does no harm."""
    arrays = {**_of_areas(many.areas), "uids": many.uids}
    arrays |= {f"field:{name}": column.codes for name, column in many.columns.items()}
    head = {
        "proj": proj_version_str,
        "crs": many.crs,
        "origin": many.areas.origin,
        "mark": many.mark,
        "words": {name: column.words for name, column in many.columns.items()},
        "arrays": list(_described(arrays)),
    }
    content = json.dumps(head, ensure_ascii=False).encode()
    start = _MAGIC + hashlib.sha256(content).digest() + len(content).to_bytes(8, "little") + content
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            temporary = file.name
            file.write(start)
            for array in arrays.values():
                file.write(bytes(-file.tell() % _ALIGN))
                file.write(np.ascontiguousarray(array).data)
        Path(temporary).replace(path)
    except OSError as error:
        _LOG.info("the map's sidecar %s was not written: %s", path.name, error)
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        return False
    return True


def read(path: Path, crs: str, fetch: Fetch) -> ManyAreas | None:
    """The arrays of a file; None when it is not there, damaged, or of another version or system."""
    try:
        with path.open("rb", buffering=0) as file:
            held = _mapped(file.fileno()) if stays(path) else _taken(file)
        return _read(memoryview(held), crs, fetch)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        _LOG.warning("the map's sidecar %s is not used: %s", path.name, error)
        return None


def stays(path: Path) -> bool:
    """Whether a file lies on the disk of the person's own folder. A stick may be pulled out and a share may
    go: mapped memory would then end the program at once (SIGBUS), which nothing can catch."""
    try:
        return path.stat().st_dev == Path.home().stat().st_dev
    except (OSError, RuntimeError):  # RuntimeError: nobody knows where home is
        return False


def _taken(file: FileIO) -> mmap.mmap:
    """The file's bytes in memory of our own; the interpreter's lock is free while they come."""
    held = mmap.mmap(-1, max(os.fstat(file.fileno()).st_size, 1))
    view, at = memoryview(held), 0
    while at < len(view) and (count := file.readinto(view[at : at + _AT_ONCE])):
        at += count
    return held


def _mapped(file: int) -> mmap.mmap:
    """The file in memory. Its pages come while the bytes are summed, when the interpreter's lock is free:
    called for at once, a cold disk would hold the lock, and the window, for as long as it reads."""
    return mmap.mmap(file, 0, access=mmap.ACCESS_READ)


def _read(content: memoryview, crs: str, fetch: Fetch) -> ManyAreas | None:
    head, at = _head(content)
    if head["crs"] != crs or head["proj"] != proj_version_str:
        return None
    arrays: dict[str, NDArray[Any]] = {}
    for described in head["arrays"]:
        at += -at % _ALIGN
        kind, size = np.dtype(described["dtype"]), int(described["bytes"])
        part = content[at : at + size]
        if len(part) != size or _scan.digest(part) != described["digest"]:
            raise ValueError(f"{described['name']} is damaged")
        arrays[described["name"]] = np.frombuffer(part, dtype=kind)
        at += size
    parts = {
        name: arrays[name].reshape(-1, _WIDTHS[name]) if name in _WIDTHS else arrays[name] for name in _PARTS
    }
    uids = parts.pop("uids")
    areas = FlatAreas(origin=(float(head["origin"][0]), float(head["origin"][1])), **parts)
    _scan.check(areas.xy, areas.rings, areas.areas)
    columns = {
        name: _column(arrays[f"field:{name}"], words, len(areas)) for name, words in head["words"].items()
    }
    if len(uids) != len(areas):
        raise ValueError("identities and areas do not fit")
    return ManyAreas(areas, uids, columns, crs, tuple(head["mark"]), fetch)


def _head(content: memoryview) -> tuple[Mapping[str, Any], int]:
    """What the file says about itself, and where its arrays begin."""
    begin = len(_MAGIC) + _HASH_BYTES + 8
    if bytes(content[: len(_MAGIC)]) != _MAGIC:
        raise ValueError("another format")
    length = int.from_bytes(content[begin - 8 : begin], "little")
    text = bytes(content[begin : begin + length])
    if hashlib.sha256(text).digest() != bytes(content[len(_MAGIC) : len(_MAGIC) + _HASH_BYTES]):
        raise ValueError("its head is damaged")
    found: Mapping[str, Any] = json.loads(text)
    return found, begin + length


def _column(codes: NDArray[Any], words: list[Any], count: int) -> Coded:
    if len(codes) != count or (count and int(codes.max()) >= len(words)):
        raise ValueError("a column does not fit")
    return Coded(codes, tuple(words))


def _of_areas(areas: FlatAreas) -> dict[str, NDArray[Any]]:
    return {"xy": areas.xy, "rings": areas.rings, "areas": areas.areas, "boxes": areas.boxes}


def _described(arrays: Mapping[str, NDArray[Any]]) -> Iterator[dict[str, Any]]:
    for name, array in arrays.items():
        held = np.ascontiguousarray(array)
        flat = held.reshape(-1).view(np.uint8)
        yield {"name": name, "dtype": held.dtype.str, "bytes": held.nbytes, "digest": _scan.digest(flat)}
