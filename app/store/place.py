"""Where a workspace may live: on a local disk, in a folder that can be written, as a file of ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.errors import AppError, Invalid, StoreFailure
from app.i18n import N_
from app.store import failures
from app.store.gpkg import APPLICATION_ID

# File systems that reach another machine; SQLite's locks and shared memory do not hold there.
_NETWORK = frozenset(
    "nfs nfs4 cifs smb smb2 smb3 smbfs ncpfs afs ceph glusterfs fuse.sshfs fuse.glusterfs fuse.davfs davfs"
    " fuse.rclone fuse.smbnetfs fuse.gvfsd-fuse ocfs2 gfs2 lustre beegfs".split()
)
_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_REMOTE_DRIVE = 4  # GetDriveTypeW: DRIVE_REMOTE
MOUNTS = Path("/proc/mounts")


def check_local(path: Path) -> None:
    """Raise StoreFailure when `path` lies on another machine (a network share)."""
    if is_network(path):
        raise StoreFailure(
            N_("{file} lies on a network drive"),
            hint=N_("Copy the workspace to a disk of this computer; a network drive can lose what is saved."),
            file=str(path),
            code="network_path",
        )


def is_network(path: Path, mounts: Path | None = None) -> bool:
    """Whether `path` is on a file system that reaches another machine."""
    if str(path).startswith(("\\\\", "//")):
        return True
    if sys.platform == "win32":
        import ctypes

        drive = os.path.splitdrive(path.absolute())[0] + "\\"
        return bool(ctypes.windll.kernel32.GetDriveTypeW(drive) == _REMOTE_DRIVE)
    return mount_of(path, mounts or MOUNTS)[1] in _NETWORK


def mount_of(path: Path, mounts: Path) -> tuple[str, str]:
    """What is mounted where `path` lies, and the type of its file system: of all mounts above it, the
    deepest, the last one if twice."""
    if not mounts.is_file():
        return "", ""
    place = os.path.realpath(path)
    best, found = "", ("", "")
    for line in mounts.read_text("utf-8", "replace").splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        mount = parts[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        below = place == mount or place.startswith(mount.rstrip("/") + "/")
        if below and len(mount) >= len(best):
            best, found = mount, (parts[0], parts[2])
    return found


def check_new(path: Path) -> None:
    """Raise when a new workspace cannot be made at `path`; a file that is there is never replaced."""
    check_local(path)
    if path.suffix.lower() != ".gpkg":
        raise Invalid(
            N_("A workspace is a file ending in .gpkg, not {file}"), file=path.name, code="bad_name"
        )
    if path.exists():
        raise Invalid(
            N_("{file} is there already"),
            hint=N_("Choose another name; a file that is there is never replaced."),
            file=path.name,
            code="exists",
        )
    if not path.parent.is_dir():
        raise StoreFailure(
            N_("There is no folder {folder}"), folder=str(path.parent), file=path.name, code="no_folder"
        )
    if not os.access(path.parent, os.W_OK):
        raise failures.read_only(path)


def check_existing(path: Path, *, read_only: bool) -> None:
    """Raise StoreFailure when the file at `path` is missing, no GeoPackage, or may not be written."""
    check_local(path)
    if not path.is_file():
        raise StoreFailure(
            N_("There is no workspace {file}"),
            hint=N_("Check the name, or make one with “new”."),
            file=str(path),
            code="not_found",
        )
    with failures.translated(path), path.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or header[:16] != _MAGIC:
        raise _not_ours(N_("{file} is not a GeoPackage"), "not_geopackage", path)
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise _not_ours(N_("{file} is a database, but not a GeoPackage"), "not_geopackage", path)
    if not read_only and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise failures.read_only(path)


def not_workspace(path: Path) -> AppError:
    """The failure for a GeoPackage that another program made."""
    return _not_ours(N_("{file} is a GeoPackage, but not a Gridward workspace"), "not_workspace", path)


def _not_ours(message: str, code: str, path: Path) -> StoreFailure:
    return StoreFailure(
        message,
        hint=N_("Open a workspace made by Gridward; bring other files in with “import”."),
        file=path.name,
        code=code,
    )
