"""A disk that forgets what was never brought to it: what a power cut leaves.

`power.c`, loaded before a program's libraries, notes each file and each folder as it is when it is brought to
the disk. `Disk.cut` then puts back what was noted: what a program never asked to be durable is gone, where
`kill -9` leaves everything; or, by chance, it is there all the same, since a system may write at any time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from random import Random

SOURCE = Path(__file__).with_name("power.c")


def compiled(folder: Path) -> Path:
    """The library, made in `folder`."""
    made = folder / "power.so"
    words = [
        "gcc",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        str(made),
        str(SOURCE),
        "-ldl",
    ]
    subprocess.run(words, check=True)
    return made


class Disk:
    """A folder whose power can be cut; what is in it at the beginning is durable."""

    def __init__(self, folder: Path, library: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._library = library
        self._noted = folder.with_name(f"{folder.name}.durable")
        self._begin()

    def _begin(self) -> None:
        shutil.rmtree(self._noted, ignore_errors=True)
        self._noted.mkdir()
        for path in (self.folder, *self.folder.rglob("*")):
            inode = path.stat().st_ino
            if path.is_dir():
                names = b"".join(
                    b"%d %s\0" % (one.stat().st_ino, os.fsencode(one.name)) for one in path.iterdir()
                )
                (self._noted / f"d{inode}").write_bytes(names)
            else:
                shutil.copyfile(path, self._noted / f"f{inode}")
                (self._noted / f"l{inode}").hardlink_to(path)

    @property
    def environment(self) -> dict[str, str]:
        """What a program is started with so that its writing is noted."""
        noted = {"GRIDWARD_DISK": str(self.folder.resolve()), "GRIDWARD_DURABLE": str(self._noted.resolve())}
        return {**os.environ, "LD_PRELOAD": str(self._library), **noted}

    def cut(self, chance: Random | None = None) -> None:
        """The power fails when all programs are dead: the folder is as the disk has it.

        Without `chance` nothing is there that was not brought to the disk; with it each file and each folder
        is as noted or as it was written last.
        """
        left = self.folder.with_name(f"{self.folder.name}.left")
        self._restore(self.folder.stat().st_ino, self.folder, left, chance)
        shutil.rmtree(self.folder)
        left.rename(self.folder)
        self._begin()

    def _restore(self, inode: int, now: Path, left: Path, chance: Random | None) -> None:
        left.mkdir(mode=0o700)
        for name, number in sorted(self._names(inode, now, chance).items()):
            written = now / name
            same = written.exists() and written.stat().st_ino == number
            if (self._noted / f"d{number}").exists() or (same and written.is_dir()):
                self._restore(number, written, left / name, chance)
                continue
            noted = self._noted / f"f{number}"
            if same and chance is not None and chance.random() < 0.5:
                shutil.copyfile(written, left / name)
            elif noted.exists():
                shutil.copyfile(noted, left / name)
            else:
                (left / name).touch()  # the name was brought to the disk, nothing of the file was
            (left / name).chmod(0o600)

    def _names(self, inode: int, now: Path, chance: Random | None) -> dict[str, int]:
        noted = self._noted / f"d{inode}"
        if now.is_dir() and chance is not None and chance.random() < 0.5:
            return {one.name: one.stat().st_ino for one in now.iterdir()}
        if not noted.exists():
            return {}
        parts = (entry.split(b" ", 1) for entry in noted.read_bytes().split(b"\0") if entry)
        return {os.fsdecode(name): int(number) for number, name in parts}
