"""Around every request: its time and outcome are counted and logged, and answers say how they may be used.

A request has one line in the log. An endpoint with more to tell names the line's event and further fields in
the scope's `told`.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from app.hub.logs import say
from app.hub.metrics import Measures
from app.sync.messages import REFUSAL_HEADER

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_QUIET = frozenset({"/healthz", "/metrics"})
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Watched:
    """An ASGI application with its requests counted and logged by their route, never by what they name."""

    def __init__(self, app: Any, measures: Measures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        status = 500

        async def sent(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message.get("headers", ()), *HEADERS, *_refusal(scope)]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            self._note(scope, status, time.perf_counter() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        path = getattr(scope.get("route"), "path", "")
        route = f"{scope.get('root_path', '')}{path}" if path else "-"
        self._measures.seconds.labels(route, str(status)).observe(seconds)
        refusal = scope.get("refusal")
        if refusal:
            self._measures.refusals.labels(refusal).inc()
        if route in _QUIET and status < 400:
            return
        event, told = scope.get("told", ("request", {}))
        fields: dict[str, object] = {
            "method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000, 1),
        }  # fmt: skip
        optional = {"refusal": refusal, "device": scope.get("device"), "person": scope.get("person")}
        say(event, **fields, **{name: value for name, value in optional.items() if value}, **told)


def _refusal(scope: Scope) -> list[tuple[bytes, bytes]]:
    code = scope.get("refusal")
    return [(REFUSAL_HEADER.lower().encode(), str(code).encode())] if code else []
