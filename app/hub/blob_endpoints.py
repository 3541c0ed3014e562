"""Attachments over HTTP: sent in parts as tus does, fetched whole, in ranges or small.

A laptop fetches what a record names that it may read; knowing a hash is not enough. A revoked laptop may
still send, for its honest work waits for a person, but not fetch.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.errors import Invalid
from app.hub.service import Service, service_of
from app.hub.speaking import body_of, in_thread
from app.i18n import N_
from app.sync.messages import BLOB_PART, MAX_BLOB, MAX_PART

OFFSET, LENGTH = "Upload-Offset", "Upload-Length"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


async def blob(request: Request) -> Response:
    """HEAD, PATCH and GET of one attachment."""
    service = service_of(request)
    if request.method == "PATCH":
        return await _take(request, service)
    if request.method == "HEAD":
        return await _tell(request, service)
    return await _give(request, service)


async def _tell(request: Request, service: Service) -> Response:
    """How much is there, so that the laptop goes on from there."""
    device, sha256 = await service.laptop(request), request.path_params["sha256"]
    await service.call(service.hub.device, device)  # one that the hub no longer knows learns nothing
    size = await service.call_store(service.hub.blobs.size, sha256)
    headers = {"Cache-Control": "no-store", "Tus-Resumable": "1.0.0"}
    if size is not None:
        return Response(status_code=200, headers={**headers, OFFSET: str(size), LENGTH: str(size)})
    offset = await service.call_store(service.hub.blobs.offset, sha256, device)
    return Response(status_code=200, headers={**headers, OFFSET: str(offset)})


async def _take(request: Request, service: Service) -> Response:
    """One part; 204 with the new offset, 409 when the upload stands elsewhere, 422 when the hash is wrong."""
    device, sha256 = await service.laptop(request), request.path_params["sha256"]
    if request.headers.get("content-type", "") != BLOB_PART:
        raise Invalid(N_("A part of an attachment is sent as {kind}"), kind=BLOB_PART, code="bad_message")
    offset, total = _number(request, OFFSET), _number(request, LENGTH)
    part = await body_of(request, MAX_PART)
    stated = request.headers.get("content-length")
    if stated is not None and int(stated) != len(part):
        raise Invalid(N_("The message was cut"), code="cut")
    await service.call(service.hub.device, device)  # a laptop the hub no longer knows stores nothing
    reached = await service.call_store(service.hub.put_part, sha256, offset, part, total, device)
    service.measures.blob_bytes.labels("in").inc(len(part))
    return Response(status_code=204, headers={OFFSET: str(reached), "Tus-Resumable": "1.0.0"})


async def _give(request: Request, service: Service) -> Response:
    """The bytes, all or a range of them, or a small picture."""
    device = await service.working_laptop(request)
    sha256 = request.path_params["sha256"]
    size = await service.call_store(service.hub.blobs.size, sha256)
    if size is None or not await service.call(service.hub.names_blob, device, sha256):
        raise Invalid(N_("There is no such attachment at the hub"), code="unknown_blob")
    if request.query_params.get("thumbnail"):
        blobs = service.hub.blobs
        small = await service.call_store(blobs.ready_thumbnail, sha256)
        small = small or await in_thread(service.pictures, blobs.thumbnail, sha256)
        if small is None:
            raise Invalid(N_("This attachment is no picture"), code="unknown_blob")
        return Response(small, media_type="image/jpeg", headers=_FOREVER)
    start, end, partial = _range(request.headers.get("range"), size)
    service.measures.blob_bytes.labels("out").inc(end - start)
    headers = {
        **_FOREVER,
        "Accept-Ranges": "bytes",
        "ETag": f'"{sha256}"',
        "Content-Length": str(end - start),
    }
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    pieces = service.hub.blobs.stream(sha256, start, end)
    return StreamingResponse(
        pieces, 206 if partial else 200, headers=headers, media_type="application/octet-stream"
    )


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > MAX_BLOB:
        raise Invalid(
            N_("The header {name} is missing or is no possible number"), name=name, code="bad_message"
        )
    return int(text)


def _range(header: str | None, size: int) -> tuple[int, int, bool]:
    """First byte, the one after the last, whether that is a part; several ranges are answered with all."""
    if header is None or "," in header:
        return 0, size, False
    found = _RANGE.match(header.strip())
    if found is None or found.groups() == ("", ""):
        raise Invalid(N_("The attachment has no such bytes"), code="range")
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise Invalid(N_("The attachment has no such bytes"), code="range")
    return start, end, True
