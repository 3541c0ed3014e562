"""Evidence files are kept under their hash; one that is missing, empty or changed is noticed."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from app.domain.changes import new_uid
from app.domain.entities.papers import Attachment
from app.errors import Invalid, StoreFailure
from app.store.attachments import StoredFile
from app.store.workspace import Workspace, restore
from app.sync.blobs import keep_thumbnail
from store.records import START, Desk

PHOTO = b"\xff\xd8\xff\xe0 a photograph"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small file that begins as a JPEG does."""
    path = tmp_path / "拆除后 1.JPG"
    path.write_bytes(PHOTO)
    return path


def evidence(stored: StoredFile) -> Attachment:
    return Attachment(
        uid=new_uid(), owner_entity="boiler", owner="x", kind="photo_after", file_name=stored.file_name,
        sha256=stored.sha256, size=stored.size, mime=stored.mime, added_by="u",
        added_at="2026-11-23T02:00:00.000Z",
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="modes are Unix")
def test_nobody_else_may_read_what_is_kept(workspace: Workspace, photo: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        stored = workspace.attach(photo)
        keep_thumbnail(workspace.path, stored.sha256, PHOTO)
        backup = workspace.backup(tmp_path / "stick", START)
        restore(backup, tmp_path / "back.gpkg")
    finally:
        os.umask(before)
    kept = [
        *workspace.path.with_suffix(".files").rglob("*"), *(tmp_path / "stick").rglob("*"),
        *tmp_path.glob("back.*"), *(tmp_path / "back.files").rglob("*"), workspace.path,
    ]  # fmt: skip
    assert len(kept) >= 12
    assert [path for path in kept if path.stat().st_mode & 0o077] == []


def test_a_file_is_kept_under_its_hash(workspace: Workspace, photo: Path) -> None:
    seen = workspace.examine(photo)
    assert not workspace.attachment_path(seen.sha256).exists()
    stored = workspace.attach(photo)
    assert stored == seen
    assert stored.sha256 == hashlib.sha256(PHOTO).hexdigest()
    assert (stored.size, stored.mime, stored.file_name) == (len(PHOTO), "image/jpeg", "拆除后 1.JPG")
    assert workspace.verify_attachment(stored.sha256).read_bytes() == PHOTO
    photo.unlink()
    assert workspace.verify_attachment(stored.sha256).is_file()


def test_the_same_file_twice_is_kept_once(workspace: Workspace, photo: Path) -> None:
    first, second = workspace.attach(photo), workspace.attach(photo)
    assert first == second
    kept = [item for item in workspace.attachment_path(first.sha256).parents[1].rglob("*") if item.is_file()]
    assert len(kept) == 1


def test_a_damaged_copy_is_mended_by_adding_the_file_again(workspace: Workspace, photo: Path) -> None:
    stored = workspace.attach(photo)
    workspace.attachment_path(stored.sha256).write_bytes(b"something else")
    workspace.attach(photo)
    assert workspace.verify_attachment(stored.sha256).read_bytes() == PHOTO


def test_a_missing_or_empty_file_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    empty = tmp_path / "空.jpg"
    empty.touch()
    missing = tmp_path / "none.jpg"
    expected = {missing: "evidence_missing", tmp_path: "evidence_missing", empty: "evidence_empty"}
    for path, code in expected.items():
        for attempt in (workspace.attach, workspace.examine):
            with pytest.raises(Invalid) as caught:
                attempt(path)
            assert caught.value.code == code
            assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "attachment_missing"), (b"", "attachment_empty"), (b"x", "attachment_changed")],
)
def test_evidence_that_is_not_as_it_was_is_noticed(
    desk: Desk, workspace: Workspace, photo: Path, content: bytes | None, code: str
) -> None:
    stored = workspace.attach(photo)
    desk.add(evidence(stored))
    assert workspace.check().ok
    kept = workspace.attachment_path(stored.sha256)
    kept.unlink()
    if content is not None:
        kept.write_bytes(content)
    with pytest.raises(StoreFailure) as caught:
        workspace.verify_attachment(stored.sha256)
    assert caught.value.code == code
    report = workspace.check()
    assert not report.checks["attachments"]
    assert [(item.code, item.where) for item in report.findings] == [(code, stored.sha256)]
