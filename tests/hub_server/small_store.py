"""An object store that speaks as much of S3 as the hub needs: one bucket in memory, over real HTTP."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

BUCKET, KEY = "papers", "right-key"
DATE = "Sun, 29 Nov 2026 08:00:00 GMT"
_ERROR = "<?xml version='1.0'?><Error><Code>{}</Code><Message>no</Message></Error>"


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


class _Asked(BaseHTTPRequestHandler):
    server: SmallStore
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Last-Modified": DATE, "ETag": '"1"'}.items() | headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refused(self, status: int, code: str) -> None:
        self._answer(status, b"" if self.command == "HEAD" else _ERROR.format(code).encode())

    def _begin(self) -> tuple[str, dict[str, list[str]], bytes] | None:
        """Key, query and body of what may be answered; None when it was refused."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.silent.is_set():
            self.server.over.wait(30)
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            return self._refused(403, "InvalidAccessKeyId")
        if not self.server.bucket or bucket != BUCKET:
            return self._refused(404, "NoSuchBucket")
        return key, parse_qs(parts.query, keep_blank_values=True), body

    def do_PUT(self) -> None:
        if (asked := self._begin()) is None:
            return None
        key, query, body = asked
        if "uploadId" in query:
            self.server.uploads[query["uploadId"][0]][int(query["partNumber"][0])] = body
        elif self.headers.get("If-None-Match") == "*" and key in self.server.objects:
            return self._refused(412, "PreconditionFailed")
        else:
            self.server.objects[key] = body
        self._answer(200)

    def do_POST(self) -> None:
        """Files to `delete`; an upload of many parts, begun with `uploads` and ended with `uploadId`."""
        if (asked := self._begin()) is None:
            return None
        key, query, body = asked
        if "delete" in query:
            gone = re.findall(r"<Key>(.*?)</Key>", body.decode())
            for name in gone:
                self.server.objects.pop(name, None)
            told = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in gone)
            return self._answer(200, f"<DeleteResult>{told}</DeleteResult>".encode())
        if "uploads" in query:
            name = str(len(self.server.uploads))
            self.server.uploads[name] = {}
            ids = f"<Bucket>{BUCKET}</Bucket><Key>{key}</Key><UploadId>{name}</UploadId>"
            return self._answer(
                200, f"<InitiateMultipartUploadResult>{ids}</InitiateMultipartUploadResult>".encode()
            )
        parts = self.server.uploads.pop(query["uploadId"][0])
        self.server.objects[key] = b"".join(parts[number] for number in sorted(parts))
        self._answer(200, b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>")

    def do_GET(self) -> None:
        if (asked := self._begin()) is None:
            return None
        key, query, _ = asked
        if "list-type" in query:
            return self._answer(200, self._listed(query["prefix"][0]))
        found = self.server.objects.get(key)
        if found is None:
            return self._refused(404, "NoSuchKey")
        if self.command == "HEAD":
            return self._answer(200, Content_Length=str(len(found)))
        start, _, end = self.headers["Range"].removeprefix("bytes=").partition("-")
        low, high = int(start), int(end)
        told = f"bytes {low}-{min(high, len(found) - 1)}/{len(found)}"
        self._answer(206, found[low : high + 1], Content_Range=told)

    do_HEAD = do_GET

    def _listed(self, prefix: str) -> bytes:
        items = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-11-29T08:00:00.000Z</LastModified>"
            f"<ETag>1</ETag><Size>{len(body)}</Size></Contents>"
            for key, body in sorted(self.server.objects.items())
            if key.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>".encode()


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
