"""HTTP as the hub speaks it: bodies with limits, MessagePack answers, and refusals as JSON in a language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.errors import AppError, HubUnreachable, Invalid, NotAllowed, Refused, StoreFailure
from app.i18n import DEFAULT_LANGUAGE, N_, in_language
from app.sync.messages import MESSAGEPACK, STATUS, Message, encode_message

BODY_SECONDS = 300.0  # the whole of a body
PAUSE_SECONDS = 30.0  # between two pieces of it
P = ParamSpec("P")
T = TypeVar("T")
_KINDS: tuple[tuple[type[AppError], int], ...] = (
    (NotAllowed, 403), (StoreFailure, 503), (HubUnreachable, 502), (Invalid, 400), (Refused, 409),
)  # fmt: skip


async def in_thread(limiter: CapacityLimiter, call: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Run what may wait for the database in a thread of the pool."""
    return await to_thread.run_sync(partial(call, *args, **named), limiter=limiter)


async def body_of(request: Request, limit: int) -> bytes:
    """The body; raises Invalid `too_large`, `cut`, and Refused `too_slow`."""
    _check_length(request.headers.get("content-length"), limit)
    begun = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(PAUSE_SECONDS) as patience:
            return await _whole(request, limit, patience, begun)
    except TimeoutError as error:
        raise Refused(N_("The message came too slowly"), code="too_slow") from error
    except ClientDisconnect as error:
        raise Invalid(N_("The message was cut"), code="cut") from error


async def _whole(request: Request, limit: int, patience: asyncio.Timeout, begun: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
        patience.reschedule(min(asyncio.get_running_loop().time() + PAUSE_SECONDS, begun + BODY_SECONDS))
    return b"".join(pieces)


def packed(message: Message, status: int = 200) -> Response:
    """An answer in MessagePack."""
    return Response(encode_message(message), status, media_type=MESSAGEPACK)


def status_of(error: AppError) -> int:
    """The HTTP status of a refusal: by its code, else by its kind."""
    if error.code in STATUS:
        return STATUS[error.code]
    return next((status for kind, status in _KINDS if isinstance(error, kind)), 400)


def refused(request: Request, error: Exception) -> Response:
    """A refusal as JSON, in the language the request asks for."""
    assert isinstance(error, AppError)
    language = language_of(request)
    document = {
        "error": error.code,
        "message": in_language(language, error.template, **error.values),
        "hint": in_language(language, error.hint_template, **error.values) if error.hint_template else "",
        "details": [item for item in error.details if isinstance(item, dict | str)],
    }
    request.scope["refusal"] = error.code
    return JSONResponse(document, status_of(error), headers=_advice(error))


def language_of(request: Request) -> str:
    """The first language of Accept-Language that we have; Chinese when there is none."""
    for part in request.headers.get("accept-language", "").split(","):
        word = part.partition(";")[0].strip().lower()
        if word.startswith("zh"):
            return "zh_CN"
        if word.startswith("en"):
            return "en"
    return DEFAULT_LANGUAGE


def _advice(error: AppError) -> dict[str, str]:
    if error.code == "too_many":
        return {"Retry-After": "600"}
    if status_of(error) == 401:
        return {"WWW-Authenticate": "Bearer"}
    return {}


def _check_length(stated: str | None, limit: int) -> None:
    if stated is None:
        return
    if not stated.isascii() or not stated.isdigit():
        raise Invalid(N_("The length of the message is not a number"), code="bad_length")
    if int(stated) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> Invalid:
    size = f"{limit >> 20} MB" if limit >> 20 else f"{limit >> 10} KB"
    return Invalid(N_("The message is larger than {size}"), size=size, code="too_large")
