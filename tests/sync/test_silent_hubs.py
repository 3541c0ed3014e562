"""Whoever waits for a hub that hangs may stop: while it connects, shakes hands, takes, or says nothing."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from app.errors import Cancelled, HubUnreachable
from app.sync import line, moments
from app.sync.client import Client


class Stop:
    """What a person does who has waited for a while: the second look raises."""

    def __init__(self) -> None:
        self.looks = itertools.count(1)

    def __call__(self) -> None:
        if next(self.looks) == 2:
            raise Cancelled("stop")


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a machine that takes connections and neither reads nor says anything."""
    held: list[socket.socket] = []
    door = socket.create_server(("127.0.0.1", 0))
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def serve() -> None:
        with suppress(OSError):
            while True:
                held.append(door.accept()[0])

    threading.Thread(target=serve, daemon=True).start()
    yield door.getsockname()[1]
    door.shutdown(socket.SHUT_RDWR)
    for one in (door, *held):
        one.close()


def way(url: str) -> Client:
    found = Client(url, "", "d", lambda claim: bytes(64), lambda _: None)
    found.heed(Stop())
    return found


def test_while_hands_are_shaken(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(way(f"https://127.0.0.1:{silent}")) as found, pytest.raises(Cancelled):
        found.policy()


def test_while_it_takes_nothing_of_a_long_body(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "SECONDS", 5.0)
    with closing(way(f"http://127.0.0.1:{silent}")) as found, pytest.raises(Cancelled):
        found._line.ask("POST", "/v1/push", {}, bytes(32 << 20))


def test_while_it_does_not_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(0)  # nobody opens, and there is room for one or two at the door
        before = [socket.socket() for _ in range(3)]
        for one in before:
            one.setblocking(False)
            one.connect_ex(door.getsockname())
        try:
            with pytest.raises(Cancelled):
                way(f"http://127.0.0.1:{door.getsockname()[1]}").policy()
        finally:
            for one in before:
                one.close()


def test_between_two_tries() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        closed = f"http://127.0.0.1:{door.getsockname()[1]}"
    with closing(way(closed)) as found, pytest.raises(Cancelled):
        found.policy()
    patient = Client(closed, "", "d", lambda claim: bytes(64), lambda _: None)
    with closing(patient), pytest.raises(HubUnreachable):
        patient.policy()


def test_a_slow_line_is_not_a_lost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute without a byte is; a body that goes out in more than a minute was given up before its end."""
    clock = itertools.count(0, 20)
    monkeypatch.setattr(moments, "monotonic", lambda: float(next(clock)))
    taken = bytearray()

    class Slow:
        waits = 0

        def send(self, data: Any) -> int:
            self.waits = (self.waits + 1) % 2
            if self.waits:
                raise TimeoutError
            taken.extend(data[:100])
            return min(100, len(data))

    one = line._Connection("hub")
    one.heed = lambda: None
    one.sock = Slow()
    one.send(bytes(range(250)))
    one.send_held()
    assert taken == bytes(range(250))
    assert next(clock) > line.SECONDS
