"""Attachments that would take the hub's memory or disk: large pictures, many at once, uploads without end."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from app.errors import Invalid, StoreFailure
from app.hub import objects, thumbnails
from app.hub.objects import RESERVE, UNFINISHED, Blobs
from app.hub.thumbnails import DECODED_PIXELS, thumbnail_of
from hub_server.small_hub import Laptop, SmallHub


def picture(kind: str, size: tuple[int, int], **options: Any) -> bytes:
    """A plain picture."""
    target = BytesIO()
    Image.new("L", size, 200).save(target, kind, **options)
    return target.getvalue()


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("JPEG", {"progressive": True})])
def test_a_picture_that_takes_too_much_memory_is_not_decoded(kind: str, options: dict[str, Any]) -> None:
    side = int(DECODED_PIXELS**0.5)
    assert thumbnail_of(picture(kind, (side // 8, side // 8), **options))
    assert thumbnail_of(picture(kind, (side + 100, side + 100), **options)) is None


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_large_photograph_of_a_telephone_is_shown_small() -> None:
    content = picture("JPEG", (12_240, 9_000))  # 110 million points, decoded at an eighth
    small = thumbnail_of(content)
    assert small is not None
    with Image.open(BytesIO(small)) as shown:
        assert shown.size == (320, 235)


def test_one_small_picture_is_made_at_a_time(
    laptop: Laptop, hub: SmallHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = []
    for number in range(6):
        content = picture("PNG", (400, 300 + number))
        hashes.append(hashlib.sha256(content).hexdigest())
        hub.blobs.put(hashes[-1], content)
    at_once, most, guard = 0, 0, threading.Lock()

    def slowly(content: bytes) -> bytes | None:
        nonlocal at_once, most
        with guard:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.05)
        with guard:
            at_once -= 1
        return thumbnail_of(content)

    monkeypatch.setattr(thumbnails, "thumbnail_of", slowly)
    with ThreadPoolExecutor(6) as pool:
        replies = list(
            pool.map(lambda name: laptop.ask("GET", f"/v1/blob/{name}?thumbnail=1").status_code, hashes)
        )
    assert (replies, most) == ([200] * 6, 1)


def test_attachments_leave_room_for_changes(hub: SmallHub, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"x" * 1000
    name = hashlib.sha256(content).hexdigest()
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(objects.shutil, "disk_usage", lambda _: usage._replace(free=RESERVE + 999))
    for put in (
        lambda: hub.blobs.put(name, content),
        lambda: hub.blobs.put_part(name, 0, content, 1000, "a"),
        lambda: hub.blobs.put_part(name, 0, content[:10], 1000, "a"),
    ):
        with pytest.raises(StoreFailure) as refused:
            put()
        assert refused.value.code == "disk_full"
    monkeypatch.setattr(objects.shutil, "disk_usage", lambda _: usage._replace(free=RESERVE + 1000))
    hub.blobs.put(name, content)
    assert hub.blobs.size(name) == 1000


def test_a_laptop_does_not_begin_without_end(hub: SmallHub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert UNFINISHED > 2 * objects.MAX_BLOB, "a large file that was cut may be begun anew beside others"
    monkeypatch.setattr(objects, "UNFINISHED", 2500)
    blobs: Blobs = hub.blobs
    for number in range(3):
        blobs.put_part(f"{number:064x}", 0, b"x" * 1000, 5000, "a")
    with pytest.raises(Invalid) as refused:
        blobs.put_part(f"{4:064x}", 0, b"x" * 1000, 5000, "a")
    assert refused.value.code == "too_large"
    assert blobs.put_part(f"{1:064x}", 1000, b"x" * 1000, 5000, "a") == 2000, "what is begun goes on"
    assert blobs.put_part(f"{4:064x}", 0, b"x" * 1000, 5000, "b") == 1000, "another laptop has its own"
