"""Evidence files on the wire: what steps rest on goes up first, small pictures come down first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.errors import StoreFailure
from app.i18n import N_, tr
from app.store.attachments import file_name_of, files_folder
from app.store.evidence import BlobNeed
from app.store.failures import translated
from app.store.workspace import Workspace
from app.sync.results import Progress
from app.sync.transport import Transport

Check = Callable[[], None]  # raises Cancelled when the person wants to stop


def send_blobs(workspace: Workspace, transport: Transport, progress: Progress, check: Check) -> int:
    """Send every evidence file the hub is not known to have; gives the number of those it had not."""
    needs, gone = workspace.replica.unsent_blobs(), set[str]()
    whole, done = sum(need.size for need in needs), 0
    for need in needs:
        path = workspace.attachment_path(need.sha256)

        def between(sent: int, size: int, before: int = done, name: str = need.sha256) -> None:
            gone.add(name)
            progress(before + sent, whole, tr(N_("Sending evidence")))
            check()

        check()
        transport.send_blob(need.sha256, path, between)
        workspace.replica.blob_sent(need.sha256)
        done += need.size
    return len(gone)


def fetch_blobs(workspace: Workspace, transport: Transport, progress: Progress, check: Check) -> int:
    """Fetch thumbnails, then the files that records name and that are not here, small ones first.

    A file that the hub has not got itself yet waits for a later round. Gives the number of files.
    """
    needs = sorted(workspace.replica.wanted(), key=lambda need: need.size)
    there = []
    for at, need in enumerate(needs):
        progress(at, len(needs), tr(N_("Fetching small pictures")))
        if _offered(workspace, transport, need, check):
            there.append(need)
    whole, done = sum(need.size for need in there), 0
    for need in there:

        def between(got: int, size: int, before: int = done) -> None:
            progress(before + got, whole, tr(N_("Fetching evidence")))
            check()

        check()
        _fetch(workspace, transport, need, between)
        done += need.size
    return len(there)


def thumbnail_path(workspace: Path, sha256: str) -> Path:
    """Where the small picture of an evidence file is kept."""
    name = file_name_of(sha256)
    return files_folder(workspace) / "thumbnails" / name[:2] / f"{name[2:]}.jpg"


def _offered(workspace: Workspace, transport: Transport, need: BlobNeed, check: Check) -> bool:
    """Whether the hub has the file, as long as its record says; its thumbnail is fetched by the way."""
    check()
    there = transport.blob_there(need.sha256)
    if not there.whole or there.offset != need.size:
        return False
    if not thumbnail_path(workspace.path, need.sha256).exists():
        picture = transport.thumbnail(need.sha256)
        if picture:
            keep_thumbnail(workspace.path, need.sha256, picture)
    return True


def keep_thumbnail(workspace: Path, sha256: str, content: bytes) -> None:
    """Keep the small picture of an evidence file; raises StoreFailure."""
    target = thumbnail_path(workspace, sha256)
    with translated(workspace):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.write_bytes(content)
        part.replace(target)


def _fetch(
    workspace: Workspace, transport: Transport, need: BlobNeed, between: Callable[[int, int], None]
) -> None:
    part = files_folder(workspace.path) / f".{need.sha256}.part"
    with translated(workspace.path):
        part.parent.mkdir(mode=0o700, exist_ok=True)
    for last in (False, True):
        transport.fetch_blob(need.sha256, need.size, part, between)
        try:
            workspace.replica.keep_blob(need.sha256, part)
            return
        except StoreFailure as failure:
            part.unlink(missing_ok=True)  # what was left of an older try was damaged
            if last or failure.code != "attachment_changed":
                raise
