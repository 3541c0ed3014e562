"""Attachments at the hub: sent in parts, cut anywhere, proved by their hash, fetched in ranges or small."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.testclient import TestClient

from app.errors import Invalid, StoreFailure
from app.hub.objects import Blobs
from app.hub.server import make_app
from app.hub.service import Service
from app.sync import messages as m
from hub_server.small_hub import Laptop, SmallHub

CONTENT = b"".join(number.to_bytes(2, "big") for number in range(1024))
SHA256 = hashlib.sha256(CONTENT).hexdigest()
URL = f"/v1/blob/{SHA256}"


def send(
    laptop: Laptop, offset: int, part: bytes, total: int = len(CONTENT), url: str = URL, **more: str
) -> Any:
    """One part as a laptop sends it."""
    headers = {"Content-Type": m.BLOB_PART, "Upload-Offset": str(offset), "Upload-Length": str(total), **more}
    return laptop.ask("PATCH", url, content=part, headers=headers)


def reached(laptop: Laptop) -> tuple[str, str | None]:
    """What the hub says is there."""
    reply = laptop.ask("HEAD", URL)
    return reply.headers["Upload-Offset"], reply.headers.get("Upload-Length")


def test_an_upload_goes_on_from_where_it_was_cut(laptop: Laptop, hub: SmallHub) -> None:
    assert reached(laptop) == ("0", None)
    assert send(laptop, 0, CONTENT[:700]).headers["Upload-Offset"] == "700"
    assert reached(laptop) == ("700", None)
    wrong = send(laptop, 300, CONTENT[300:])
    assert (wrong.status_code, wrong.json()["error"]) == (409, "offset")
    assert wrong.json()["details"] == [{"offset": 700}]
    assert hub.blobs.size(SHA256) is None
    assert laptop.ask("GET", URL).status_code == 404
    reply = send(laptop, 700, CONTENT[700:])
    assert (reply.status_code, reply.headers["Upload-Offset"]) == (204, str(len(CONTENT)))
    assert reached(laptop) == (str(len(CONTENT)), str(len(CONTENT)))
    assert laptop.ask("GET", URL).content == CONTENT
    assert send(laptop, 0, CONTENT[:700]).headers["Upload-Offset"] == str(len(CONTENT))  # again: it is there


def test_knowing_a_hash_is_not_enough(laptop: Laptop, hub: SmallHub) -> None:
    hub.blobs.put(SHA256, CONTENT)
    assert laptop.ask("GET", URL).status_code == 200
    hub.secret_blobs.add(SHA256)
    for path in (URL, f"{URL}?thumbnail=1"):
        reply = laptop.ask("GET", path)
        assert (reply.status_code, reply.json()["error"]) == (404, "unknown_blob")


def test_what_does_not_have_its_hash_never_counts(laptop: Laptop, hub: SmallHub) -> None:
    send(laptop, 0, CONTENT[:700])
    reply = send(laptop, 700, bytes(len(CONTENT) - 700))
    assert (reply.status_code, reply.json()["error"]) == (422, "hash")
    assert reached(laptop) == ("0", None)
    assert send(laptop, 0, bytes(len(CONTENT))).status_code == 422
    assert hub.blobs.size(SHA256) is None


def test_one_laptop_cannot_spoil_anothers_upload(laptop: Laptop, hub: SmallHub, http: TestClient) -> None:
    other = Laptop(hub, http, "dev-b")
    other.sign_in()
    send(laptop, 0, bytes(700))
    assert reached(other) == ("0", None)
    assert send(other, 0, CONTENT).status_code == 204
    assert reached(laptop) == (str(len(CONTENT)), str(len(CONTENT)))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("bytes=0-99", CONTENT[:100]), ("bytes=2000-", CONTENT[2000:]), ("bytes=-48", CONTENT[-48:]),
        ("bytes=2040-99999", CONTENT[2040:]),
    ],
)  # fmt: skip
def test_ranges(laptop: Laptop, hub: SmallHub, wanted: str, expected: bytes) -> None:
    hub.blobs.put(SHA256, CONTENT)
    reply = laptop.ask("GET", URL, headers={"Range": wanted})
    start = CONTENT.index(expected)
    assert (reply.status_code, reply.content) == (206, expected)
    assert reply.headers["Content-Range"] == f"bytes {start}-{start + len(expected) - 1}/{len(CONTENT)}"


@pytest.mark.parametrize(
    "wanted", ["bytes=2048-", "bytes=9-3", "bytes=-", "bytes=x-", "lines=1-2", "bytes=-0"]
)
def test_ranges_that_are_not_there(laptop: Laptop, hub: SmallHub, wanted: str) -> None:
    hub.blobs.put(SHA256, CONTENT)
    assert laptop.ask("GET", URL, headers={"Range": wanted}).status_code == 416


@pytest.mark.parametrize(
    "name", ["..%2f..%2fhub.db", "%2e%2e", SHA256.upper(), SHA256[:-1], SHA256 + "0", SHA256[:-1] + "%00",
             SHA256[:-1] + "%0a", "a" * 63 + "é", "-" * 64],
)  # fmt: skip
@pytest.mark.parametrize("method", ["HEAD", "GET", "PATCH"])
def test_names_that_are_no_hash_lead_nowhere(laptop: Laptop, hub: SmallHub, method: str, name: str) -> None:
    reply = send(laptop, 0, CONTENT, url=f"/v1/blob/{name}") if method == "PATCH" else None
    reply = reply or laptop.ask(method, f"/v1/blob/{name}")
    assert reply.status_code in (400, 404)
    assert [path for path in hub.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Offset": "-1"}, 400), ({"Upload-Offset": "1e3"}, 400), ({"Upload-Length": "٣"}, 400),
        ({"Upload-Length": "99999999999"}, 400), ({"Upload-Length": "10"}, 413),
        ({"Content-Type": "x/y"}, 400),
    ],
)  # fmt: skip
def test_impossible_headers_are_refused(laptop: Laptop, headers: dict[str, str], status: int) -> None:
    known = {"Content-Type": m.BLOB_PART, "Upload-Offset": "0", "Upload-Length": str(len(CONTENT))}
    given = {name: value.encode() for name, value in {**known, **headers}.items()}
    assert laptop.ask("PATCH", URL, content=CONTENT, headers=given).status_code == status


def test_empty_and_too_large_parts_are_refused(laptop: Laptop, hub: SmallHub) -> None:
    assert send(laptop, 0, b"").status_code == 400
    assert send(laptop, 0, bytes(m.MAX_PART + 1), total=m.MAX_PART * 2).status_code == 413
    assert [path for path in hub.folder.rglob("*") if path.is_file()] == []


def test_a_laptop_the_hub_no_longer_knows_stores_nothing(laptop: Laptop, hub: SmallHub) -> None:
    hub.devices_.clear()
    assert send(laptop, 0, CONTENT).status_code == 401
    assert hub.blobs.size(SHA256) is None


def picture(**options: Any) -> bytes:
    """A large photograph that was taken upright."""
    image = Image.new("RGB", (1600, 1200), "#336699")
    exif = image.getexif()
    exif[0x0112] = 6
    exif[0x010E] = "崆峒区柳湖镇"
    target = io.BytesIO()
    image.save(target, "JPEG", exif=exif, **options)
    return target.getvalue()


def test_pictures_come_small_upright_and_without_their_metadata(laptop: Laptop, hub: SmallHub) -> None:
    content = picture()
    sha256 = hashlib.sha256(content).hexdigest()
    hub.blobs.put(sha256, content)
    for _ in range(2):  # made, then kept
        reply = laptop.ask("GET", f"/v1/blob/{sha256}?thumbnail=1")
        small = Image.open(io.BytesIO(reply.content))
        assert (reply.headers["content-type"], small.size, dict(small.getexif())) == (
            "image/jpeg",
            (240, 320),
            {},
        )
    assert len(reply.content) < len(content)
    hub.blobs.put(SHA256, CONTENT)
    assert laptop.ask("GET", f"{URL}?thumbnail=1").status_code == 404


def test_unfinished_uploads_are_forgotten_after_a_while(tmp_path: Path) -> None:
    blobs = Blobs.open(tmp_path)
    blobs.put_part(SHA256, 0, CONTENT[:10], len(CONTENT))
    now = datetime.now(UTC)
    assert (blobs.sweep(now), blobs.offset(SHA256)) == (0, 10)
    assert (blobs.sweep(now + timedelta(days=15)), blobs.offset(SHA256)) == (1, 0)


def test_an_upload_that_goes_on_is_not_forgotten_however_long_ago_it_began(tmp_path: Path) -> None:
    blobs = Blobs.open(tmp_path)
    blobs.put_part(SHA256, 0, CONTENT[:10], len(CONTENT))
    [first] = [file for file in tmp_path.glob("parts/*/*/*") if file.is_file()]
    long_ago = (datetime.now(UTC) - timedelta(days=20)).timestamp()
    os.utime(first, (long_ago, long_ago))
    blobs.put_part(SHA256, 10, CONTENT[10:20], len(CONTENT))
    assert (blobs.sweep(datetime.now(UTC)), blobs.offset(SHA256)) == (0, 20)


def test_a_server_forgets_such_uploads_by_itself(hub: SmallHub) -> None:
    hub.blobs.put_part(SHA256, 0, CONTENT[:10], len(CONTENT))
    late = datetime.now(UTC) + timedelta(days=15)
    with TestClient(make_app(Service(hub, now=lambda: late))):
        deadline = time.monotonic() + 20
        while hub.blobs.offset(SHA256) and time.monotonic() < deadline:
            time.sleep(0.02)
    assert hub.blobs.offset(SHA256) == 0


def test_no_room_to_join_an_upload_is_said_and_the_upload_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs.open(tmp_path)
    blobs.put_part(SHA256, 0, CONTENT[:10], len(CONTENT))
    with monkeypatch.context() as full:
        full.setattr(tempfile, "TemporaryFile", _no_room)
        with pytest.raises(StoreFailure) as told:
            blobs.put_part(SHA256, 10, CONTENT[10:], len(CONTENT))
    assert told.value.code == "disk_full"
    assert blobs.put_part(SHA256, 10, CONTENT[10:], len(CONTENT)) == len(CONTENT)


def _no_room(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_a_laptop_may_forget_is_on_the_disk_with_the_folders_made_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: settled.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
    )
    Blobs.open(tmp_path).put(SHA256, CONTENT)
    [file] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert settled == [str(path) for path in (file, *file.parents[:3])]
    assert file.parents[2] == tmp_path


def test_a_store_by_its_address_and_one_that_cannot_be_reached(tmp_path: Path) -> None:
    blobs = (
        Blobs.open((tmp_path / "store").absolute().as_uri()) if (tmp_path / "store").mkdir() is None else None
    )
    assert blobs is not None
    blobs.put(SHA256, CONTENT)
    assert (blobs.size(SHA256), blobs.get(SHA256, 5, 9)) == (len(CONTENT), CONTENT[5:9])
    with pytest.raises(StoreFailure):
        Blobs.open("nothing://there")


@settings(max_examples=40)
@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=12), spoil=st.booleans())
def test_any_cut_gives_the_same_file_or_none(tmp_path_factory: Any, cuts: list[int], spoil: bool) -> None:
    blobs = Blobs.open(tmp_path_factory.mktemp("blobs"))
    body = bytes(1 + i % 251 for i in range(sum(cuts)))
    sha256 = hashlib.sha256(body).hexdigest()
    offset = 0
    for number, cut in enumerate(cuts):
        part = body[offset : offset + cut]
        wrong = bytes(len(part)) if spoil and number == len(cuts) // 2 else part
        assert blobs.offset(sha256) == offset
        if number == len(cuts) - 1 and spoil:
            with pytest.raises(Invalid, match="哈希"):
                blobs.put_part(sha256, offset, wrong, len(body))
            assert (blobs.size(sha256), blobs.offset(sha256)) == (None, 0)
            return
        offset = blobs.put_part(sha256, offset, wrong, len(body))
    assert b"".join(blobs.stream(sha256)) == body
