"""Waiting for the other end of a line in moments: whoever waits is asked in each whether to go on.

A hub that hangs, whether it does not connect, does not shake hands, takes nothing or gives nothing, shall
hold nobody who wants to stop.
"""

from __future__ import annotations

import errno
import os
import select
import socket
from collections.abc import Callable
from functools import partial
from ssl import SSLSocket
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
Heed = Callable[[], None]  # raises to stop
CONNECT_SECONDS = 10.0
MOMENT = 0.25  # s, the timeout of a socket whose deeds are done by `in_moments`
_UNDER_WAY = (errno.EINPROGRESS, errno.EWOULDBLOCK)


def in_moments(deed: Callable[[], T], seconds: float, heed: Heed) -> T:
    """What `deed` comes to, which gives up after a moment with TimeoutError and is done again; that is raised
    when nothing has come of it for so long, and whatever `heed` raises."""
    until = monotonic() + seconds
    while True:
        try:
            return deed()
        except TimeoutError:
            heed()
            if monotonic() > until:
                raise


def reached(host: str, port: int, heed: Heed) -> socket.socket:
    """A socket connected to the first address of `host` that answers; it gives up what it does after a
    moment. Raises OSError."""
    failure = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        made = socket.socket(family, kind, protocol)
        try:
            made.setblocking(False)
            in_moments(partial(_connected, made, address, made.connect_ex(address)), CONNECT_SECONDS, heed)
        except OSError as error:
            made.close()
            failure = error
        except BaseException:
            made.close()
            raise
        else:
            made.settimeout(MOMENT)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return made
    raise failure


def is_readable(sock: socket.socket, seconds: float = 0.0) -> bool:
    """Whether something came, or comes within `seconds`; where nobody asked, the hub most likely hung up."""
    if isinstance(sock, SSLSocket) and sock.pending():
        return True
    return _is_ready(sock, seconds, writing=False)


def _connected(made: socket.socket, address: object, begun: int) -> None:
    if begun in _UNDER_WAY:
        if not _is_ready(made, MOMENT, writing=True):
            raise TimeoutError(f"{address} does not answer")
        begun = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if begun:
        raise OSError(begun, os.strerror(begun))


def _is_ready(sock: socket.socket, seconds: float, *, writing: bool) -> bool:
    if hasattr(select, "poll"):  # unlike `select` for any number of open files
        waiting = select.poll()
        waiting.register(sock, select.POLLOUT if writing else select.POLLIN)
        return bool(waiting.poll(seconds * 1000))
    read, written = ([], [sock]) if writing else ([sock], [])
    return any(select.select(read, written, written, seconds))  # there a failure is told as an exception
