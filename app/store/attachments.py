"""Evidence files beside the workspace, each under its SHA-256, so that a changed file is noticed."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app import disk
from app.domain.entities.papers import SHA256
from app.domain.limits import check_file
from app.errors import Invalid, StoreFailure
from app.i18n import N_
from app.store.failures import translated

_BLOCK = 1 << 20
_HASH = re.compile(SHA256)
_NOTHING = "0" * 64  # the hash of no file
# What the first bytes say counts more than the ending of the name.
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


@dataclass(frozen=True)
class StoredFile:
    """A file that was taken in: its hash, its size in bytes, its type, and the name it came under."""

    sha256: str
    size: int
    mime: str
    file_name: str


def is_hash(name: str) -> bool:
    """Whether this can be the SHA-256 of a file. What came from another laptop may be anything."""
    return _HASH.fullmatch(name) is not None


def file_name_of(sha256: str) -> str:
    """The name a file is kept under; what is no hash has no file, and leads out of no folder."""
    return sha256 if is_hash(sha256) else _NOTHING


def files_folder(workspace: Path) -> Path:
    """Where the evidence of a workspace is kept: `NAME.files` beside `NAME.gpkg`."""
    return workspace.with_name(workspace.stem + ".files")


def thumbnail_path(workspace: Path, sha256: str) -> Path:
    """Where the small picture of an evidence file is kept."""
    name = file_name_of(sha256)
    return files_folder(workspace) / "thumbnails" / name[:2] / f"{name[2:]}.jpg"


def part_path(workspace: Path, sha256: str) -> Path:
    """Where a file lies while it is being fetched."""
    return files_folder(workspace) / f".{file_name_of(sha256)}.part"


class Attachments:
    """The folder `NAME.files` beside `NAME.gpkg`."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self.folder = files_folder(workspace)

    def examine(self, source: Path) -> StoredFile:
        """What a file is, without taking it in; Invalid when it is missing, empty or too large."""
        _check_there(source)
        with translated(source), source.open("rb") as file:
            head = file.read(16)
        return StoredFile(digest(source), source.stat().st_size, _mime(source.name, head), source.name)

    def attach(self, source: Path) -> StoredFile:
        """Copy a file in; refused as by `examine`, StoreFailure when it cannot be written."""
        _check_there(source)
        with translated(self._workspace):
            return self._copy(source)

    def path(self, sha256: str) -> Path:
        """Where the file of this hash is kept."""
        name = file_name_of(sha256)
        return self.folder / name[:2] / name[2:]

    def verify(self, sha256: str) -> Path:
        """The path of a kept file after reading it again.

        Raises StoreFailure `attachment_missing`, `attachment_empty` or `attachment_changed`.
        """
        path = self.path(sha256)
        if not path.is_file():
            raise self._failure(N_("The attachment {name} is missing"), "attachment_missing", path)
        if path.stat().st_size == 0:
            raise self._failure(N_("The attachment {name} is empty"), "attachment_empty", path)
        if digest(path) != sha256:
            raise self._failure(
                N_("The attachment {name} is no longer the file that was added"), "attachment_changed", path
            )
        return path

    def remove(self, sha256: str) -> None:
        """Let a file go with its small picture and what was being fetched of it. One that another program has
        open stays, on Windows, until somebody tries again."""
        small, part = thumbnail_path(self._workspace, sha256), part_path(self._workspace, sha256)
        for place in (self.path(sha256), small, part):
            with suppress(OSError):
                place.unlink(missing_ok=True)

    def _failure(self, message: str, code: str, path: Path) -> StoreFailure:
        return StoreFailure(
            message,
            hint=N_("Bring the file back from a backup of {folder}, or add the evidence again."),
            name=path.parent.name + path.name[:10],
            folder=str(self.folder),
            details=[str(path)],
            code=code,
        )

    def _copy(self, source: Path) -> StoredFile:
        disk.make_folder(self.folder)
        part = self.folder / f".{os.getpid()}-{id(source)}.part"
        hashed, size, head = hashlib.sha256(), 0, b""
        try:
            with source.open("rb") as read, part.open("wb") as written:
                while block := read.read(_BLOCK):
                    head = head or block[:16]
                    hashed.update(block)
                    written.write(block)
                    size += len(block)
            self._keep(part, hashed.hexdigest())
        finally:
            part.unlink(missing_ok=True)
        return StoredFile(hashed.hexdigest(), size, _mime(source.name, head), source.name)

    def bring(self, source: Path, sha256: str) -> Path:
        """Take over a file whose hash has been compared; it may lie on another disk. Gives its place."""
        disk.make_folder(self.folder)
        part = self.folder / f".{os.getpid()}-{sha256[:12]}.part"
        try:
            shutil.copyfile(source, part)
            self._keep(part, sha256)
        finally:
            part.unlink(missing_ok=True)
        source.unlink(missing_ok=True)
        return self.path(sha256)

    def _keep(self, part: Path, sha256: str) -> None:
        """Move the copy to its place; one that is there and whole stays."""
        target = self.path(sha256)
        if target.is_file() and digest(target) == sha256:
            return
        disk.make_folder(target.parent)
        part.chmod(0o600)  # the folder is closed to others already; a copy of it may not be
        disk.settle(part, target)


def _check_there(source: Path) -> None:
    if not source.is_file():
        raise Invalid(
            N_("There is no file {file}"),
            file=str(source),
            code="evidence_missing",
            hint=N_("Choose the file again; it may have been moved."),
        )
    size = source.stat().st_size
    check_file(source.name, size)
    if size == 0:
        raise Invalid(
            N_("{file} is empty"),
            file=source.name,
            code="evidence_empty",
            hint=N_("Take the photo again or choose another file."),
        )
    if not os.access(source, os.R_OK):
        raise Invalid(N_("{file} cannot be read"), file=source.name, code="evidence_unreadable")


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mime(name: str, head: bytes) -> str:
    found = next((kind for start, kind in _SIGNATURES if head.startswith(start)), None)
    return found or mimetypes.guess_type(name)[0] or "application/octet-stream"
