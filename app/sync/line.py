"""The line to a hub: HTTP over connections that stay open for a moment, by the standard library.

A usual round is one small request, of which httpx and its layers took half the laptop's time
(docs/decisions/0133-the-laptops-line.md). What `http.client` does not do is here: connections are kept for
the next request and looked at before it, what is small goes out in one piece, and whatever goes wrong is one
error. Neither proxies nor certificates named by the environment are looked for: the hub is in the office.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from socket import socket
from ssl import SSLError
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit

from app.sync.moments import MOMENT, Heed, in_moments, is_readable, reached
from app.sync.pinning import Pinned

SECONDS = 60.0
STALLED_SECONDS = 20.0  # without a byte of an answer that has begun
_KEPT_SECONDS = 5.0  # after that the hub, or what is between, may have let go of a connection
_TOGETHER = 256 * 1024  # a body up to this goes out with its headers
_SENT_AT_ONCE = 64 * 1024  # of a long body, before who waits is asked whether to go on
_PIECE = 32 * 1024  # what a line that is cut may cost of a file
_MOST = 256 << 20  # bytes of an answer that is held in memory; a hub's have a quarter of that at most
_PORTS = {"https": 443, "http": 80}


class LineLost(Exception):
    """The hub cannot be reached, the line was cut, or what came back is no HTTP; the cause says more."""


@dataclass(frozen=True)
class Reply:
    """A whole answer; its headers by their names, in whatever case."""

    method: str
    status: int
    headers: Message
    content: bytes = b""


class Line:
    """The way to one address; safe in several threads. `context` judges the hub's certificate."""

    def __init__(self, url: str, context: Pinned) -> None:
        parts = urlsplit(url)
        # Without a port http.client would take the end of an IPv6 address for one.
        self._host, self._port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        self._prefix = quote(parts.path.rstrip("/"), safe="/%")
        self._context = context if parts.scheme == "https" else None
        context.heed = self._heeded
        self._kept: list[tuple[_Connection, float]] = []
        self.heed: Heed = lambda: None  # called while the hub is waited for; raises to stop

    def ask(self, method: str, path: str, headers: Mapping[str, str], content: bytes = b"") -> Reply:
        """The whole answer, whatever it says. Raises LineLost."""
        with self._answer(method, path, headers, content) as found:
            return Reply(method, found.status, found.headers, _whole(found))

    @contextmanager
    def open(self, path: str, headers: Mapping[str, str]) -> Iterator[tuple[Reply, Iterator[bytes]]]:
        """An answer without its body, and the body in pieces as they come. Raises LineLost, also between
        pieces."""
        with self._answer("GET", path, headers, b"") as found:
            yield Reply("GET", found.status, found.headers), _pieces(found)

    def close(self) -> None:
        """Let go of connections."""
        while self._kept:
            self._kept.pop()[0].close()

    @contextmanager
    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes
    ) -> Iterator[HTTPResponse]:
        """An answer to be read; its connection is kept when that was done to the end."""
        line = self._connection()
        try:
            found = self._sent(line, method, path, headers, content)
            yield found
            kept = found.isclosed() and _is_open(line)
        except BaseException:
            line.close()
            raise
        if kept:
            self._kept.append((line, monotonic()))
        else:
            line.close()

    def _sent(
        self,
        line: _Connection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes,
    ) -> HTTPResponse:
        try:
            if not _is_open(line):
                line.connect()
            line.sock.settimeout(MOMENT)
            line.response_class = partial(_Heeded, heed=self._heeded)  # type: ignore[assignment]
            line.putrequest(method, self._prefix + path)
            for name, value in headers.items():
                line.putheader(name, value)
            if content or method in ("POST", "PATCH"):
                line.putheader("Content-Length", str(len(content)))
            with suppress(ConnectionError, SSLError):  # what the hub said before it hung up counts
                line.endheaders(content or None)
                line.send_held()
            return line.getresponse()
        except (OSError, HTTPException, ValueError) as error:  # the last for a header that cannot be sent
            raise LineLost(str(error) or type(error).__name__) from error

    def _heeded(self) -> None:
        self.heed()

    def _connection(self) -> _Connection:
        """One that is open and quiet, or a new one."""
        while self._kept:
            with suppress(IndexError):  # another thread took it
                line, since = self._kept.pop()
                if monotonic() - since < _KEPT_SECONDS and not is_readable(line.sock):
                    return line
                line.close()
        made = (
            _Connection(self._host, self._port)
            if self._context is None
            else _Secure(self._host, self._port, context=self._context)
        )
        made.heed = self._heeded
        return made


class _Heeded(HTTPResponse):
    """An answer that is waited for in moments, its body too: a hub that hangs, or stalls in the middle of a
    file, shall not hold whoever wants to stop."""

    def __init__(self, sock: socket, *told: Any, heed: Callable[[], None], **named: Any) -> None:
        super().__init__(sock, *told, **named)
        self.fp.close()
        self.fp = BufferedReader(_Waiting(sock, heed))


class _Waiting(RawIOBase):
    """What comes over a line; `heed` is asked in every moment without anything, and may raise to stop."""

    def __init__(self, sock: socket, heed: Heed) -> None:
        self._sock, self._heed = sock, heed
        self._held = sock.makefile("rb", buffering=0)  # so that the line stays open until this is closed
        self._patience = SECONDS

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """What has come, at least a byte unless it ends; raises TimeoutError when nothing does."""
        found = in_moments(partial(self._sock.recv_into, buffer), self._patience, self._heed)
        self._patience = STALLED_SECONDS  # a hub may have to think, but not in the middle of a word
        return found

    def close(self) -> None:
        """Let go of the line."""
        if not self.closed:
            self._held.close()
        super().close()


class _Connection(HTTPConnection):
    """Connects and sends in moments, so that a hub that hangs holds nobody who wants to stop, and sends the
    headers of a request and a small body at once: the hub wakes once for them."""

    heed: Heed
    _held: bytes = b""

    def connect(self) -> None:
        """Connect. Raises OSError."""
        self.sock = reached(self.host, self.port, self.heed)

    def send(self, data: Any) -> None:
        """Hold what is small back until `send_held`."""
        self._held += data
        if len(self._held) > _TOGETHER:
            self.send_held()

    def send_held(self) -> None:
        """Send what was held back; a line that takes a little of it again and again is slow, not lost."""
        held, self._held = memoryview(self._held), b""
        while held:
            sent = in_moments(partial(self.sock.send, held[:_SENT_AT_ONCE]), SECONDS, self.heed)
            held = held[sent:]


class _Secure(_Connection, HTTPSConnection):
    _context: Pinned

    def connect(self) -> None:
        """Connect; the context shakes hands and judges the certificate before a byte is sent."""
        super().connect()
        self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def _is_open(line: HTTPConnection) -> bool:
    return getattr(line, "sock", None) is not None


def _read(found: HTTPResponse, size: int | None) -> bytes:
    try:
        return found.read(size)
    except (OSError, HTTPException) as error:
        raise LineLost(str(error) or type(error).__name__) from error


def _whole(found: HTTPResponse) -> bytes:
    if found.length is not None and found.length <= _MOST:
        return _read(found, None)
    taken = bytearray()
    for piece in _pieces(found):
        taken += piece
        if len(taken) > _MOST:
            raise LineLost("the answer does not end")
    return bytes(taken)


def _pieces(found: HTTPResponse) -> Iterator[bytes]:
    while piece := _read(found, _PIECE):
        yield piece
    if found.length:
        raise LineLost("the answer was cut")
