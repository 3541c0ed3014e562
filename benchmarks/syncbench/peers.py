"""The peers: geodiff for what laptops exchange, and a copy of the file that reaches the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pygeodiff
import zstandard

from syncbench.files import edit_plainly, make_workspace, without_house
from syncbench.measuring import Taken, timed
from syncbench.rows import Edit


def changeset(base: Path, changed: Path, target: Path) -> Path:
    """What differs, as geodiff writes it."""
    target.unlink(missing_ok=True)
    pygeodiff.GeoDiff().create_changeset(str(base), str(changed), str(target))
    return target


def squeezed(path: Path, level: int) -> int:
    """The length of a file after zstd of a level."""
    return len(zstandard.ZstdCompressor(level=level).compress(path.read_bytes()))


class Exchange:
    """Two laptops and a server that hold a GeoPackage each, with 10k changes on both laptops.

    The road is that of Mergin Maps: a laptop keeps the last version of the server beside its own file. The
    server's version is handed over as a changeset, so nobody copies a file.
    """

    def __init__(self, folder: Path, plain: Path, one: list[list[Edit]], other: list[list[Edit]]) -> None:
        self._folder = folder
        self._plain = plain
        self._edits = (one, other)
        self.applied: list[Taken] = []  # a laptop takes in what the other wrote, run by run
        folder.mkdir(exist_ok=True)

    def run(self) -> Taken:
        """One round trip from fresh files."""
        for name in ("server", "base1", "base2", "laptop1", "laptop2"):
            shutil.copyfile(self._plain, self._file(name))
        for number, acts in enumerate(self._edits, 1):
            edit_plainly(self._file(f"laptop{number}"), acts)
        for name in ("one", "two", "conflicts"):
            self._file(name).unlink(missing_ok=True)
        return timed(self._round)

    def _round(self) -> None:
        geodiff, file = pygeodiff.GeoDiff(), lambda name: str(self._file(name))
        geodiff.create_changeset(file("base1"), file("laptop1"), file("one"))  # the first pushes
        geodiff.apply_changeset(file("server"), file("one"))
        geodiff.apply_changeset(file("base1"), file("one"))
        geodiff.rebase_ex("sqlite", "", file("base2"), file("laptop2"), file("one"), file("conflicts"))
        geodiff.apply_changeset(file("base2"), file("one"))
        geodiff.create_changeset(file("base2"), file("laptop2"), file("two"))  # the second pulls and pushes
        geodiff.apply_changeset(file("server"), file("two"))
        geodiff.apply_changeset(file("base2"), file("two"))
        geodiff.apply_changeset(file("base1"), file("two"))  # the first pulls
        self.applied.append(timed(lambda: geodiff.apply_changeset(file("laptop1"), file("two"))))

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.gpkg"


def filled_by_geodiff(folder: Path, full: Path) -> Taken:
    """An empty file brought to the state of `full` by a changeset, as geodiff would start a laptop."""
    empty = without_house(_empty(folder), folder / "empty-plain.gpkg")
    road = changeset(empty, full, folder / "all.diff")
    target = folder / "filled.gpkg"
    shutil.copyfile(empty, target)
    return timed(lambda: pygeodiff.GeoDiff().apply_changeset(str(target), str(road)))


def _empty(folder: Path) -> Path:
    path = folder / "empty.gpkg"
    if not path.exists():
        make_workspace(path, 0)
    return path
