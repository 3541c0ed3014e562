"""Attachments in an S3-compatible store: what a folder does, and what only a store far away can do wrong."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.domain.changes import new_uid
from app.domain.entities.people import Person
from app.errors import Invalid, StoreFailure
from app.hub import objects
from app.hub.objects import Blobs
from app.hub.opening import make_hub, open_hub
from app.hub.place import HubPlace
from app.hub.serve import Listening, serve
from app.hub.service import STORE_THREADS, THREADS, Service
from app.sync.messages import REFUSAL_HEADER
from hub_server.small_hub import Laptop, SmallHub
from hub_server.small_store import BUCKET, KEY, SmallStore, serving

CONTENT = b"evidence"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallStore]:
    """A store with its bucket, named in the environment."""
    with serving() as found:
        named = {"ENDPOINT": found.url, "ACCESS_KEY_ID": KEY, "SECRET_ACCESS_KEY": "s", "REGION": "r1"}
        for word, value in {**named, "ALLOW_HTTP": "true"}.items():
            monkeypatch.setenv(f"AWS_{word}", value)
        monkeypatch.setenv("GRIDWARD_HUB_OBJECTS", f"s3://{BUCKET}/hub")
        yield found


def opened() -> Blobs:
    return Blobs.open(f"s3://{BUCKET}/hub")


def test_what_comes_in_parts_is_read_in_ranges(store: SmallStore) -> None:
    blobs = opened()
    blobs.check()
    assert not store.objects, "what the check wrote is gone again"
    body = bytes(range(256)) * 24_000  # over 5 MB: the whole is put in several parts
    sha256 = hashlib.sha256(body).hexdigest()
    assert (blobs.size(sha256), blobs.offset(sha256)) == (None, 0)
    assert blobs.put_part(sha256, 0, body[:4_000_000], len(body)) == 4_000_000
    assert opened().offset(sha256) == 4_000_000, "another process of the hub sees it"
    with pytest.raises(Invalid, match="位置"):
        blobs.put_part(sha256, 0, body[:4_000_000], len(body))
    with pytest.raises(Invalid, match="位置"):  # the same laptop sends it twice at once
        blobs._add_part(f"parts/hub/{sha256}/000000000000", b"")
    assert blobs.put_part(sha256, 4_000_000, body[4_000_000:], len(body)) == len(body)
    assert list(store.objects) == [f"hub/blobs/{sha256[:2]}/{sha256}"], "the parts are gone"
    assert (blobs.size(sha256), blobs.get(sha256, 5, 9)) == (len(body), body[5:9])
    assert b"".join(blobs.stream(sha256)) == body


def test_a_hub_that_stops_while_it_joins_the_parts_asks_for_the_last_one_again(
    store: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    blobs = opened()
    blobs.put_part(SHA256, 0, CONTENT[:5], len(CONTENT))
    with monkeypatch.context() as cut:
        cut.setattr(Blobs, "_write", stopped)
        with pytest.raises(KeyboardInterrupt):
            blobs.put_part(SHA256, 5, CONTENT[5:], len(CONTENT))
    assert (blobs.size(SHA256), opened().offset(SHA256)) == (None, 5), "the laptop does not take it for sent"
    assert blobs.put_part(SHA256, 5, CONTENT[5:], len(CONTENT)) == len(CONTENT)
    assert (blobs.get(SHA256), opened().offset(SHA256)) == (CONTENT, 0)


def test_a_lie_about_the_hash_leaves_nothing(store: SmallStore) -> None:
    blobs = opened()
    blobs.put_part(SHA256, 0, b"other", 8)
    with pytest.raises(Invalid, match="哈希"):
        blobs.put_part(SHA256, 5, b"one", 8)
    assert (blobs.size(SHA256), store.objects) == (None, {})


def test_a_bucket_that_is_gone_is_no_answer_about_a_file(store: SmallStore) -> None:
    blobs = opened()
    blobs.put(SHA256, CONTENT)
    store.bucket = False
    for ask in (blobs.size, blobs.offset, blobs.get):
        with pytest.raises(StoreFailure) as told:
            ask(SHA256)
        assert "NoSuchBucket" in told.value.hint


def test_a_hub_says_at_once_that_it_cannot_keep_attachments(
    store: SmallStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, now = HubPlace(tmp_path / "hub"), datetime(2026, 11, 29, tzinfo=UTC)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "wrong-key")
    with pytest.raises(StoreFailure, match="无权") as denied:
        make_hub(place, "620800", [], now)
    assert "InvalidAccessKeyId" in denied.value.hint and not place.folder.exists()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    make_hub(place, "620800", [], now).close()
    store.bucket = False
    with pytest.raises(StoreFailure, match="读写不到") as gone:
        serve(place, Listening(), lambda *_: pytest.fail("it must not listen"))
    assert "NoSuchBucket" in gone.value.hint


def test_a_store_that_does_not_answer_is_given_up(store: SmallStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_TIMEOUT", "200ms")
    monkeypatch.setattr(objects, "_AGAIN", timedelta(0))
    store.silent.set()
    with pytest.raises(StoreFailure, match="读写不到"):
        opened().size(SHA256)


def test_a_hub_whose_making_was_cut_short_is_not_taken_for_one(tmp_path: Path) -> None:
    place, now = HubPlace(tmp_path / "hub"), datetime(2026, 11, 29, tzinfo=UTC)

    def cut() -> Iterator[Person]:
        yield Person(uid=new_uid(), login="admin", name="admin", role="R0", area="620800")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_hub(place, "620800", cut(), now)
    with pytest.raises(StoreFailure) as opening:
        open_hub(place)
    with pytest.raises(StoreFailure) as making:
        make_hub(place, "620800", [], now)
    assert (opening.value.code, making.value.code) == ("unfinished", "unfinished")


def test_a_store_that_says_nothing_holds_up_files_only(
    store: SmallStore, hub: SmallHub, http: TestClient, service: Service, laptop: Laptop
) -> None:
    """Sixteen laptops that asked for photographs kept everybody from the hub, half a minute at a time."""
    hub.blobs = opened()
    store.silent.set()
    asked = THREADS + STORE_THREADS
    with ThreadPoolExecutor(asked) as pool:
        waiting = [pool.submit(laptop.ask, "HEAD", f"/v1/blob/{name:064x}") for name in range(asked)]
        while not (service.at_store.available_tokens == 0 or service.limiter.available_tokens == 0):
            time.sleep(0.01)
        assert http.get("/healthz").status_code == 200
        assert not any(one.done() for one in waiting)
        store.over.set()


def test_a_store_that_is_away_is_told_to_laptops_and_in_full_to_the_hubs_keeper(
    store: SmallStore, hub: SmallHub, laptop: Laptop, log: io.StringIO
) -> None:
    hub.blobs, store.bucket = opened(), False
    reply = laptop.ask("HEAD", f"/v1/blob/{SHA256}")
    assert (reply.status_code, reply.headers[REFUSAL_HEADER], reply.content) == (503, "blobs", b"")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = [(line["error"], line["why"][-1]) for line in lines if line["event"] == "storage"]
    assert told == [("blobs", "NoSuchBucket")]
