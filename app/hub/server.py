"""The hub over HTTP: one ASGI application that carries messages to the hub and answers back."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from app import __version__
from app.domain.values import as_moment
from app.errors import AppError, NotAllowed, StoreFailure
from app.hub.admin.routes import admin_routes
from app.hub.blob_endpoints import blob
from app.hub.endpoints import enrol, give_back, policy, proof, pull, push, rejoin, session, snapshot
from app.hub.logs import say, say_mistake
from app.hub.metrics import CONTENT_TYPE
from app.hub.reached import NOTED_EVERY_MS
from app.hub.service import Service, address_of, service_of
from app.hub.speaking import language_of, refused
from app.hub.watching import Watched
from app.i18n import N_, in_language

_DAY_SECONDS = 24 * 3600.0
_HTTP_WORDS = {
    404: ("not_found", N_("There is nothing at this address")),
    405: ("method", N_("This cannot be done at this address")),
}
_OTHER = ("refused", N_("The request cannot be taken"))


def make_app(service: Service, *, close: bool = False) -> Any:
    """The application for a service; with `close` the hub is closed when the server stops."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        regular = [asyncio.create_task(work(service)) for work in (_note_rest, _tend)]
        yield
        for task in regular:
            task.cancel()
        await asyncio.gather(*regular, return_exceptions=True)
        await _try(service, service.hub.note_rest)
        if close:
            service.hub.close()

    app = Starlette(
        routes=[
            Route("/v1/session", session, methods=["POST"]),
            Route("/v1/enrol", enrol, methods=["POST"]),
            Route("/v1/proof", proof, methods=["POST"]),
            Route("/v1/push", push, methods=["POST"]),
            Route("/v1/pull", pull, methods=["GET", "POST"]),
            Route("/v1/rejoin", rejoin, methods=["POST"]),
            Route("/v1/give-back", give_back, methods=["POST"]),
            Route("/v1/policy", policy, methods=["GET"]),
            Route("/v1/snapshot", snapshot, methods=["GET"]),
            Route("/v1/blob/{sha256}", blob, methods=["HEAD", "PATCH", "GET"]),
            Route("/healthz", healthz, methods=["GET"]),
            Route("/metrics", metrics, methods=["GET"]),
            Mount("/admin", routes=admin_routes()),
        ],
        exception_handlers={
            AppError: refused,
            HTTPException: _http_refused,
            SQLAlchemyError: _storage_failed,
            500: _mistake,
        },
        lifespan=lifespan,
    )
    app.state.service = service
    return Watched(app, service.measures)


async def _note_rest(service: Service) -> None:
    while True:
        await asyncio.sleep(NOTED_EVERY_MS / 1000)
        await _try(service, service.hub.note_rest)


async def _tend(service: Service) -> None:
    while True:
        await _try(service, service.hub.tend, service.now())
        await asyncio.sleep(_DAY_SECONDS)


async def _try(service: Service, work: Callable[..., object], *given: Any) -> None:
    """Work that is never worth a failure: it is done again later."""
    with suppress(StoreFailure, SQLAlchemyError):
        await service.call(work, *given)


async def healthz(request: Request) -> Response:
    """Whether the hub and its database answer."""
    service = service_of(request)
    document = {"status": "ok", "version": __version__, "time": as_moment(service.now())}
    try:
        await service.call(service.hub.ping)
    except (StoreFailure, SQLAlchemyError):
        return JSONResponse({**document, "status": "failing"}, 503)
    return JSONResponse(document)


async def metrics(request: Request) -> Response:
    """The numbers for Prometheus: for this machine, or whoever has the token GRIDWARD_METRICS_TOKEN."""
    service = service_of(request)
    _may_measure(request, service)
    page = await service.call(service.measures.page, service.hub, service.now())
    return Response(page, media_type=CONTENT_TYPE)


def _may_measure(request: Request, service: Service) -> None:
    token = service.metrics_token
    if token:
        given = request.headers.get("authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return
        raise NotAllowed(N_("The request carries no token"), code="no_token")
    if not _is_here(address_of(request)):
        raise NotAllowed(
            N_("The numbers are told on this machine only"),
            hint=N_("Set GRIDWARD_METRICS_TOKEN for the hub to read them from another."),
            code="not_allowed",
        )


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


async def _http_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, words = _HTTP_WORDS.get(error.status_code, _OTHER)
    return _plain(request, error.status_code, code, words, dict(error.headers or {}))


async def _storage_failed(request: Request, error: Exception) -> Response:
    """The database is gone or full: laptops try again by themselves, and nothing they hold is lost."""
    say("storage", error=type(error).__name__)
    return _plain(request, 503, "storage", N_("The hub cannot reach its database now"), {"Retry-After": "30"})


async def _mistake(request: Request, error: Exception) -> Response:
    say_mistake(error)
    words = N_("The hub made a mistake; what it had taken before is safe")
    return _plain(request, 500, "mistake", words, {})


def _plain(request: Request, status: int, code: str, words: str, headers: dict[str, str]) -> Response:
    request.scope["refusal"] = code
    document = {"error": code, "message": in_language(language_of(request), words), "hint": "", "details": []}
    return JSONResponse(document, status, headers=headers)
