"""Many small syncs over HTTP: laptops and hub on the same machine, every push durable before its answer.

The laptops are lean: their batches were sealed and signed by the real code before the clock starts, their
HTTP is a socket and a few lines, and they keep nothing. They ask as the program's round does: one request
with the batch, where they stand, and which grants they hold. What comes back is proved, decoded and followed
as a laptop does. No record is changed twice, as a laptop would by then have seen and named the newer state.
"""

from __future__ import annotations

import hashlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep
from typing import IO, Any

from app.domain.replication import Act, Batch, Entry
from app.hub.hub import Hub
from app.sync.grants import read_grants
from app.sync.messages import (
    SESSION_CONTEXT,
    Held,
    PushReply,
    PushRequest,
    SessionAnswer,
    SessionRequest,
    decode_message,
    encode_message,
)
from app.sync.signing import BATCH, BLOCK, HEAD_START, next_head, pack_signed, signed, verify
from app.sync.wire import decode_block, encode_batch
from syncbench import hubs
from syncbench.laptops import AT, PERSON, key_of
from syncbench.measuring import cpu_of
from syncbench.rows import TOWNS, edit_of, uid_of
from syncbench.sizes import OP

CHANGES, FIRST = 20, 500
WORKERS = 2
WARM = 10  # syncs of each laptop before the clock starts
_SERVER = (
    "import sys; from pathlib import Path; from app.hub.place import HubPlace;"
    " from app.hub.serve import Listening, serve;"
    " serve(HubPlace(Path(sys.argv[1]), sys.argv[2]), Listening(port=0, workers=int(sys.argv[3])),"
    " lambda url, _: print(url, flush=True))"
)


@dataclass
class Sender:
    """One laptop that syncs again and again; its batches are sealed before the clock starts."""

    device: str
    seed: bytes
    hub_key: bytes
    town: str
    batches: list[bytes]
    after: dict[str, int]
    heads: dict[str, bytes]
    held: Held = field(default_factory=lambda: Held(made=0, people=b""))
    taken: list[float] = field(default_factory=list)
    pulled: int = 0

    def run(self, host: str, port: int, ready: threading.Barrier) -> None:
        """Sign in, sync a few times, wait for the others, then push and pull until all is sent."""
        line = Line(host, port)
        asked = SessionRequest(device=self.device)
        challenge = decode_message(SessionAnswer, _post(line, "/v1/session", asked, "")).challenge
        proof = sign_session(challenge, self.seed)
        asked = SessionRequest(device=self.device, challenge=challenge, signature=proof)
        token = decode_message(SessionAnswer, _post(line, "/v1/session", asked, "")).token
        for place, batch in enumerate(self.batches):
            if place == WARM:
                self.pulled = 0
                ready.wait()
                ready.wait()  # until the clock is read
            begun = perf_counter()
            request = PushRequest(batch=batch, after=self.after, held=self.held)
            reply = decode_message(PushReply, _post(line, "/v1/push", request, token))
            self._follow(reply)
            if place >= WARM:
                self.taken.append(perf_counter() - begun)
        line.close()

    def _follow(self, reply: PushReply) -> None:
        assert reply.state == "taken", reply
        assert reply.accepted == CHANGES, reply
        assert reply.pull is not None
        assert reply.pull.grants is not None, "a round would have to ask for them apart"
        if reply.pull.grants:
            grants = read_grants(reply.pull.grants, self.hub_key)
            self.held = Held(made=grants.made, people=grants.people)
        for block in reply.pull.blocks:
            verify(BLOCK, block.head, block.signature, self.hub_key)
            head = next_head(self.heads.get(block.area, HEAD_START), block.body)
            assert head == block.head, "another log than the one followed"
            self.heads[block.area], self.after[block.area] = head, block.last
            self.pulled += len(decode_block(block.body).effects)


def sign_session(challenge: bytes, seed: bytes) -> bytes:
    """A laptop's answer to a challenge."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(SESSION_CONTEXT + challenge)


def measure(hub: Hub, url: str, server: int, uids: list[str], laptops: int, syncs: int) -> dict[str, float]:
    """So many syncs of so many laptops, two in each town: each brings 20 changes and takes 40 effects away,
    its own and the neighbour's."""
    log = tempfile.TemporaryFile()  # noqa: SIM115 - the server's, until it has ended
    place = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(hub.folder), url, str(WORKERS)], stdout=subprocess.PIPE,
        stderr=log, text=True, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    senders = [_sender(hub, uids, number, syncs + WARM) for number in range(laptops)]
    ready = threading.Barrier(laptops + 1, timeout=300)  # one that fell over would keep the others waiting
    try:
        assert place.stdout is not None
        host, port = place.stdout.readline().strip().rpartition("/")[2].split(":")
        _await_workers(log)
        threads = [threading.Thread(target=one.run, args=(host, int(port), ready)) for one in senders]
        for thread in threads:
            thread.start()
        ready.wait()
        used, begun = cpu_of(server, place.pid), perf_counter()
        ready.wait()
        for thread in threads:
            thread.join()
        wall = perf_counter() - begun
        used = cpu_of(server, place.pid) - used
    finally:
        ready.abort()
        place.terminate()
        place.wait(timeout=60)
        log.close()
    taken = [seconds for one in senders for seconds in one.taken]
    assert len(taken) == laptops * syncs, "a laptop stopped before its end"
    parts = quantiles(taken, n=100)
    return {
        "laptops": laptops,
        "syncs": len(taken),
        "syncs_a_second": len(taken) / wall,
        "p50_ms": parts[49] * 1000,
        "p99_ms": parts[98] * 1000,
        "cpu_ms_a_sync": used / len(taken) * 1000,
        "effects_a_sync": sum(one.pulled for one in senders) / len(taken),
    }


def _await_workers(log: IO[bytes]) -> None:
    """Wait until every worker of the server has said that it is there."""
    for _ in range(600):
        if os.pread(log.fileno(), 1 << 20, 0).count(b'"event": "started"') == WORKERS:
            return
        sleep(0.1)
    raise RuntimeError("the server did not start")


def _sender(hub: Hub, uids: list[str], number: int, syncs: int) -> Sender:
    town = TOWNS[number // 2]
    told = hubs.enrol(hub, FIRST + number, town)
    now = hub.pull(told["device"], {}, 1).areas
    after = {area: seq for area, (seq, _, _) in now.items()}
    heads = {area: head for area, (_, head, _) in now.items()}
    draw = random.Random(f"sender {number}")
    mine = [uid for place, uid in enumerate(uids) if place % len(TOWNS) == number // 2][number % 2 :: 2]
    done: set[int] = set()
    assert len(mine) > 1.1 * CHANGES * syncs, "too few records for each to be changed once"
    previous, batches = HEAD_START, []
    for sync in range(syncs):
        batch = _batch(draw, (told, town, after), mine, done, (number, sync), previous)
        message = signed(BATCH, encode_batch(batch), told["device"], key_of(FIRST + number))
        previous = message.sha256
        batches.append(pack_signed(message))
    return Sender(told["device"], key_of(FIRST + number), hub.key, town, batches, after, heads)


def _batch(
    draw: random.Random, place: Any, mine: list[str], done: set[int], which: tuple[int, int], previous: bytes
) -> Batch:
    told, town, after = place
    number, sync = which
    chosen: list[int] = []
    while len(chosen) < CHANGES:
        one = draw.randrange(len(mine))
        if one not in done:
            done.add(one)
            chosen.append(one)
    serial = (50 + number) * 1_000_000 + sync * CHANGES
    entries = []
    for place_, one in enumerate(chosen):
        edit = edit_of(draw, mine, one, set(), serial + place_)
        cells = {**edit.cells, "div_code": town} if edit.sort == "insert" else edit.cells
        if "geometry" in cells:
            cells = {**cells, "geometry": far(number, serial + place_)}
        entries.append(Entry(0, "boiler", edit.uid, OP[edit.sort], cells, 0))  # type: ignore[arg-type]
    hlc = int(AT.timestamp() * 1000) + sync << 16
    act = Act(
        uid_of(draw), told["device"], PERSON.uid, PERSON.name, PERSON.role, PERSON.org, "edit",
        "现场核查", None, hlc, "2026-11-23T08:00:00.000Z",
    )  # fmt: skip
    return Batch(
        told["hub"], told["device"], told["epoch"], previous, sync * CHANGES + 1, 1, hlc >> 16,
        (dict(after),), (act,), tuple(entries),
    )  # fmt: skip


def far(number: int, serial: int) -> bytes:
    """A position with no other boiler within 100 m: north of the lattice, spread out."""
    from syncbench.rows import point

    spread = int.from_bytes(hashlib.sha256(f"{number} {serial}".encode()).digest()[:6], "little")
    return point(105.3 + (spread & 0xFFFFFF) / 0x1000000 * 2.5, 40.0 + (spread >> 24) / 0x1000000 * 2.5)


class Line:
    """One HTTP connection that stays open."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: {host}:{port}\r\nContent-Type: application/msgpack\r\n"

    def post(self, path: str, body: bytes, token: str) -> tuple[int, bytes]:
        """Send a body; status and body of the answer."""
        proof = f"Authorization: Bearer {token}\r\n" if token else ""
        head = f"POST {path} HTTP/1.1\r\n{self._head}{proof}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        found = b""
        while b"\r\n\r\n" not in found:
            found += self._more()
        told, _, found = found.partition(b"\r\n\r\n")
        length = int(told.lower().partition(b"content-length:")[2].split()[0])
        while len(found) < length:
            found += self._more()
        return int(told.split(None, 2)[1]), found

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _more(self) -> bytes:
        part = self._socket.recv(1 << 16)
        if not part:
            raise ConnectionError("the server hung up")
        return part


def _post(line: Line, path: str, message: Any, token: str) -> bytes:
    status, body = line.post(path, encode_message(message), token)
    if status != 200:
        raise RuntimeError(f"{path}: {status} {body[:300]!r}")
    return body
