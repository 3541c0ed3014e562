"""The limit of small syncs on this machine: the same bytes to a server that only keeps them, durably."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import psycopg

from syncbench.measuring import cpu_of

ANSWER = bytes(4_000)  # about what a laptop gets back of forty effects
_SERVE = (
    "import socket, sys; from uvicorn import Config; from uvicorn.supervisors import Multiprocess;"
    " s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(64); s.set_inheritable(True);"
    " print(s.getsockname()[1], flush=True);"
    " Multiprocess(Config('syncbench.floor:application', factory=True, workers=2, log_level='critical',"
    " access_log=False), sockets=[s]).run()"
)


def application() -> Any:
    """Starlette with one route that inserts what it is sent and commits."""
    from anyio import to_thread
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    lines = threading.local()

    def keep(body: bytes) -> None:
        if not hasattr(lines, "one"):
            lines.one = psycopg.connect(os.environ["FLOOR_DB"], autocommit=True)
        lines.one.execute("INSERT INTO floor (body) VALUES (%s)", (body,), prepare=True)

    async def push(request: Request) -> Response:
        await to_thread.run_sync(keep, await request.body())
        return Response(ANSWER)

    return Starlette(routes=[Route("/", push, methods=["POST"])])


def measure(url: str, server: int, laptops: int, syncs: int, body: bytes) -> dict[str, float]:
    """So many requests of so many clients, each a durable commit."""
    with psycopg.connect(url, autocommit=True) as line:
        line.execute("CREATE TABLE IF NOT EXISTS floor (id bigserial PRIMARY KEY, body bytea)")
    folder = Path(__file__).resolve().parents[1]
    paths = os.pathsep.join([str(folder), str(folder.parent)])
    place = subprocess.Popen(
        [sys.executable, "-c", _SERVE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": paths, "FLOOR_DB": url},
    )  # fmt: skip
    try:
        assert place.stdout is not None
        port = int(place.stdout.readline())
        sleep(2)  # until both workers answer
        threads = [threading.Thread(target=_send, args=(port, syncs, body)) for _ in range(laptops)]
        used, begun = cpu_of(server, place.pid), perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall, used = perf_counter() - begun, cpu_of(server, place.pid) - used
    finally:
        place.terminate()
        place.wait(timeout=60)
    return {"floor_a_second": laptops * syncs / wall, "floor_cpu_ms": used / (laptops * syncs) * 1000}


def _send(port: int, syncs: int, body: bytes) -> None:
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(syncs):
        line.request("POST", "/", body)
        answer = line.getresponse()
        assert (answer.status, answer.read()) == (200, ANSWER)
    line.close()
