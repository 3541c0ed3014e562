"""An object store that speaks as much of S3 as the hub needs: one bucket in memory, over real HTTP."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

BUCKET, KEY = "papers", "right-key"
DATE = "Sun, 29 Nov 2026 08:00:00 GMT"


class SmallStore(ThreadingHTTPServer):
    """`objects` by key; `silent` makes it take connections and never answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.bucket = True
        self.silent = threading.Event()
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


Reply = tuple[int, bytes, dict[str, str]]


class _Asked(BaseHTTPRequestHandler):
    server: SmallStore
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def do_PUT(self) -> None:
        self._serve(self._put)

    def do_POST(self) -> None:
        self._serve(self._post)

    def do_GET(self) -> None:
        self._serve(self._get)

    def do_HEAD(self) -> None:
        self._serve(self._get)

    def _serve(self, reply: Callable[[str, dict[str, list[str]], bytes], Reply]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.silent.is_set():
            self.server.over.wait(30)
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            status, answer, headers = _refused(403, "InvalidAccessKeyId")
        elif not self.server.bucket or bucket != BUCKET:
            status, answer, headers = _refused(404, "NoSuchBucket")
        else:
            status, answer, headers = reply(key, parse_qs(parts.query, keep_blank_values=True), body)
        self.send_response(status)
        told = {"Last-Modified": DATE, "ETag": '"1"', "Content-Length": str(len(answer))} | headers
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else answer)

    def _put(self, key: str, query: dict[str, list[str]], body: bytes) -> Reply:
        if "uploadId" in query:
            self.server.uploads[query["uploadId"][0]][int(query["partNumber"][0])] = body
        elif self.headers.get("If-None-Match") == "*" and key in self.server.objects:
            return _refused(412, "PreconditionFailed")
        else:
            self.server.objects[key] = body
        return 200, b"", {}

    def _post(self, key: str, query: dict[str, list[str]], body: bytes) -> Reply:
        """Files to `delete`; an upload of many parts, begun with `uploads` and ended with `uploadId`."""
        if "delete" in query:
            gone = re.findall(r"<Key>(.*?)</Key>", body.decode())
            for name in gone:
                self.server.objects.pop(name, None)
            return _xml("DeleteResult", *(f"<Deleted><Key>{name}</Key></Deleted>" for name in gone))
        if "uploads" in query:
            upload = str(len(self.server.uploads))
            self.server.uploads[upload] = {}
            ids = f"<Bucket>{BUCKET}</Bucket><Key>{key}</Key><UploadId>{upload}</UploadId>"
            return _xml("InitiateMultipartUploadResult", ids)
        parts = self.server.uploads.pop(query["uploadId"][0])
        self.server.objects[key] = b"".join(parts[number] for number in sorted(parts))
        return _xml("CompleteMultipartUploadResult", "<ETag>1</ETag>")

    def _get(self, key: str, query: dict[str, list[str]], body: bytes) -> Reply:
        if "list-type" in query:
            return self._listed(query["prefix"][0])
        found = self.server.objects.get(key)
        if found is None:
            return _refused(404, "NoSuchKey")
        if self.command == "HEAD":
            return 200, found, {}
        start, _, end = self.headers["Range"].removeprefix("bytes=").partition("-")
        low, high = int(start), int(end)
        told = f"bytes {low}-{min(high, len(found) - 1)}/{len(found)}"
        return 206, found[low : high + 1], {"Content-Range": told}

    def _listed(self, prefix: str) -> Reply:
        items = (
            f"<Contents><Key>{key}</Key><LastModified>2026-11-29T08:00:00.000Z</LastModified>"
            f"<ETag>1</ETag><Size>{len(body)}</Size></Contents>"
            for key, body in sorted(self.server.objects.items())
            if key.startswith(prefix)
        )
        return _xml("ListBucketResult", "<IsTruncated>false</IsTruncated>", *items)


def _refused(status: int, code: str) -> Reply:
    return status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode(), {}


def _xml(name: str, *inner: str) -> Reply:
    return 200, f"<{name}>{''.join(inner)}</{name}>".encode(), {}


@contextmanager
def serving() -> Iterator[SmallStore]:
    """A store that listens until the block ends."""
    store = SmallStore()
    thread = threading.Thread(target=store.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield store
    finally:
        store.over.set()
        store.shutdown()
        thread.join()
        store.server_close()
