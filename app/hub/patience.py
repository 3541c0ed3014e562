"""Ends connections that say nothing, or never come to an end, so that they cannot use up the server.

uvicorn itself only ends a connection on which not a single byte comes between two requests.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.hub.speaking import BODY_SECONDS, PAUSE_SECONDS

FIRST_WORDS_SECONDS = 20.0  # for the TLS greeting and the headers of a request
LAST_WORDS_SECONDS = BODY_SECONDS + PAUSE_SECONDS  # for a body, also one that nobody reads: it was refused


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a limit for the headers of each request and one for its body."""

    _limit: asyncio.TimerHandle | None = None
    _in_body = False

    def connection_made(self, transport: Any) -> None:
        """Begin to wait."""
        super().connection_made(transport)
        self._wait(FIRST_WORDS_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Whoever begins to speak has to come to the end of the headers."""
        super().data_received(data)
        cycle: Any = self.cycle  # None before the first request
        is_answered = cycle is None or cycle.response_complete
        if self._limit is None and is_answered and not self._in_body:
            self._wait(FIRST_WORDS_SECONDS)

    def on_headers_complete(self) -> None:
        """The request is known."""
        self._in_body = True
        self._wait(LAST_WORDS_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Everything is said: the answer may take as long as it takes."""
        self._in_body = False
        self._at_ease()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._at_ease()
        super().connection_lost(exc)

    def _wait(self, seconds: float) -> None:
        self._at_ease()
        self._limit = self.loop.call_later(seconds, self.transport.abort)

    def _at_ease(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
