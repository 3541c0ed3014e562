"""Evidence files on the wire: up goes what clearings rest on before what was written, the others after it;
small pictures come down first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app import disk
from app.domain.areas import TOWN_DIGITS
from app.domain.casework import WORKFLOWS
from app.domain.entities.papers import Attachment
from app.domain.filters import one_of
from app.errors import AppError, StoreFailure
from app.i18n import N_, tr
from app.store.attachments import part_path, thumbnail_path
from app.store.evidence import BlobNeed
from app.store.failures import translated
from app.store.workspace import Workspace
from app.sync.results import Progress
from app.sync.state import asked_first, note_files
from app.sync.transport import Transport

TAKEN_AWAY = "taken_away"  # the hub’s word for a file that somebody took away for good
Check = Callable[[], None]  # raises Cancelled when the person wants to stop


def send_needed(workspace: Workspace, transport: Transport, progress: Progress, check: Check) -> int:
    """Send what clearings rest on that wait to be sent: the hub refuses these without their papers."""
    needs = workspace.replica.unsent_blobs(cleared=True)
    return sum(gone is True for _, gone in _sent(workspace, transport, needs, progress, check))


def send_blobs(
    workspace: Workspace, transport: Transport, progress: Progress, check: Check
) -> tuple[int, tuple[str, ...]]:
    """Send every evidence file the hub is not known to have, small ones first; gives the number of those it
    had not, and the names of those that are damaged here and stay. What could not go is noted."""
    needs = sorted(workspace.replica.unsent_blobs(), key=lambda need: need.size)
    left, fresh, damaged = len(needs), 0, list[BlobNeed]()
    try:
        for need, gone in _sent(workspace, transport, needs, progress, check):
            left, fresh = left - 1, fresh + (gone is True)
            damaged += [need] if gone is None else []
    finally:
        names = names_of(workspace, damaged)
        note_files(workspace, left, names)
    return fresh, names


def is_undamaged(workspace: Workspace, need: BlobNeed) -> bool:
    """Whether a kept file can be read and is the one that was added: a damaged photograph must not hold up
    the others."""
    try:
        workspace.verify_attachment(need.sha256)
    except (StoreFailure, OSError):
        return False
    return True


def names_of(workspace: Workspace, needs: Sequence[BlobNeed]) -> tuple[str, ...]:
    """What these files were called when they were added."""
    hashes = {need.sha256 for need in needs}
    papers = workspace.find(Attachment, one_of("sha256", hashes)) if hashes else []
    return tuple(sorted({paper.file_name for paper in papers}))


def _sent(
    workspace: Workspace, transport: Transport, needs: Sequence[BlobNeed], progress: Progress, check: Check
) -> Iterator[tuple[BlobNeed, bool | None]]:
    """Send these files; gives each with whether the hub had it not, None where it is damaged and stays."""
    whole, done = sum(need.size for need in needs), 0
    for need in needs:
        gone = False

        def between(sent: int, size: int, before: int = done) -> None:
            nonlocal gone
            gone = True
            progress(before + sent, whole, tr(N_("Sending evidence")))
            check()

        check()
        done += need.size
        if not is_undamaged(workspace, need):
            yield need, None
            continue
        try:
            transport.send_blob(need.sha256, workspace.attachment_path(need.sha256), between)
        except AppError as error:
            if error.code != TAKEN_AWAY:
                raise
            yield need, False  # the log says so too: this laptop has not heard it yet
            continue
        workspace.replica.blob_sent(need.sha256)
        yield need, gone


def fetch_blobs(workspace: Workspace, transport: Transport, progress: Progress, check: Check) -> int:
    """Fetch thumbnails, then the files that records name and that are not here: what somebody asked for, then
    small ones first.

    Photographs of patrols and places come in full to their town only; a county would fill its disk with them.
    A file that the hub has not got itself yet, or that there is no room for, waits for a later round. Gives
    the number of files.
    """
    asked = set(asked_first(workspace))
    needs = sorted(workspace.replica.wanted(), key=lambda need: (need.sha256 not in asked, need.size))
    small = _small_ones(workspace) - asked

    def has_small(need: BlobNeed) -> bool:
        return need.sha256 in small and thumbnail_path(workspace.path, need.sha256).exists()

    new = [need for need in needs if not has_small(need)]
    there = []
    for at, need in enumerate(new):
        progress(at, len(new), tr(N_("Fetching small pictures")))
        if _offered(workspace, transport, need, check) and not has_small(need):
            there.append(need)
    whole, done, files = sum(need.size for need in there), 0, 0
    for need in there:
        if not workspace.room.fits(need.size):
            continue

        def between(got: int, size: int, before: int = done) -> None:
            progress(before + got, whole, tr(N_("Fetching evidence")))
            check()

        check()
        _fetch(workspace, transport, need, between)
        done += need.size
        files += 1
    return files


def _small_ones(workspace: Workspace) -> set[str]:
    """The files of which the small picture is enough here until somebody asks."""
    facts = workspace.replica.facts()
    if facts is None or len(facts.area) >= TOWN_DIGITS:
        return set()
    return workspace.replica.photographs_beside(WORKFLOWS)


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
        disk.make_folder(target.parent)  # with those above it: it may come before the first file
        part = target.with_suffix(".part")
        part.write_bytes(content)
        part.chmod(0o600)
        part.replace(target)


def _fetch(
    workspace: Workspace, transport: Transport, need: BlobNeed, between: Callable[[int, int], None]
) -> None:
    part = part_path(workspace.path, need.sha256)
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
