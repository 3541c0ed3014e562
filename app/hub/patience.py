"""Ends connections that open and then say nothing, so that they cannot use up the server."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FIRST_WORDS_SECONDS = 20.0  # for the TLS greeting and the headers of the first request


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a limit for the first request's headers; later ones have keep-alive's."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait."""
        super().connection_made(transport)
        self._waiting = self.loop.call_later(FIRST_WORDS_SECONDS, transport.abort)

    def on_headers_complete(self) -> None:
        """The request is known: whoever reads the body has limits of their own."""
        self._at_ease()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._at_ease()
        super().connection_lost(exc)

    def _at_ease(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
