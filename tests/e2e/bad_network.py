"""A bad network on this machine: a TCP proxy that drops, delays, cuts and sends things twice, by plan."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

Kind = Literal["pass", "drop", "delay", "cut_up", "cut_down", "deaf", "twice"]
_PIECE = 16 * 1024


@dataclass(frozen=True)
class Fault:
    """What befalls one connection.

    `drop`: closed at once; `delay`: each piece waits `seconds`; `cut_up` / `cut_down`: reset after `after`
    bytes to / from the server; `deaf`: the server hears all, the client hears nothing; `twice`: what the
    client said is said to the server once more on a connection of its own.
    """

    kind: Kind = "pass"
    after: int = 0
    seconds: float = 0.0


def mixed(seed: int, *, pass_share: float = 0.4) -> Callable[[int], Fault]:
    """A plan that lets this share pass and spoils the rest in every way, the same for the same seed."""
    chance = Random(seed)
    kinds: list[Kind] = ["drop", "delay", "cut_up", "cut_down", "deaf", "twice"]

    def plan(_: int) -> Fault:
        if chance.random() < pass_share:
            return Fault()
        kind = chance.choice(kinds)
        return Fault(kind, after=int(2 ** (chance.random() * 15)), seconds=chance.random() * 0.05)

    return plan


class BadNetwork:
    """Listens on loopback and passes on to `port` there. `plan` is asked for each connection by its number.

    `seen` counts what befell connections, so that a test can say that it was tried at all.
    """

    def __init__(self, port: int, plan: Callable[[int], Fault] | None = None) -> None:
        self.server_port = port
        self.plan: Callable[[int], Fault] = plan or (lambda _: Fault())
        self.seen: Counter[str] = Counter()
        self._number = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bad network", daemon=True)

    def __enter__(self) -> BadNetwork:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.close()

    async def _listen(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port: int = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._number += 1
        fault = self.plan(self._number)
        self.seen[fault.kind] += 1
        if fault.kind == "drop":
            _reset(writer)
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            _reset(writer)
            return
        said = bytearray()
        try:
            await asyncio.gather(
                _pump(reader, up_writer, fault, "cut_up", said),
                _pump(up_reader, writer, fault, "cut_down", None),
            )
        except (OSError, _Cut, asyncio.IncompleteReadError):
            pass
        finally:
            _reset(writer)
            _reset(up_writer)
        if fault.kind == "twice" and said:
            await self._say_again(bytes(said))

    async def _say_again(self, said: bytes) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.server_port)
            writer.write(said)
            await writer.drain()
            await asyncio.wait_for(reader.read(_PIECE), 5)
            writer.close()


class _Cut(Exception):
    """The plan ends this connection."""


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    fault: Fault,
    cut: Kind,
    said: bytearray | None,
) -> None:
    """Pass bytes on until the end, or until the plan says otherwise."""
    left = fault.after if fault.kind == cut else None
    while piece := await reader.read(_PIECE):
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if fault.kind == "deaf" and said is None:
            raise _Cut
        if left is not None:
            writer.write(piece[:left])
            await writer.drain()
            left -= len(piece)
            if left <= 0:
                raise _Cut
        else:
            writer.write(piece)
            await writer.drain()
        if said is not None and fault.kind == "twice":
            said.extend(piece)
    if writer.can_write_eof():
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close as a broken network does: with a reset, what is on its way is lost."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()
