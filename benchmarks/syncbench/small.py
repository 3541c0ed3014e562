"""Many small syncs over HTTP: laptops and hub on the same machine, every push durable before its answer.

Each laptop is a process. Its batches were sealed and signed by the real code before the clock starts; they
go through the program's own transport (`app/sync/client.py`), on a new connection for each sync, as a round
every ten minutes has one. It asks as the program's round does: one request with the batch, where it stands,
and which grants it holds. What comes back is proved, decoded and followed as a laptop does; it is not
folded into a file, which is the laptop's own disk and not the hub's. No record is changed twice, as a
laptop would by then have seen and named the newer state.

The same is done by lean laptops (`Lean`), whose HTTP is a socket that stays open and a few lines: what they
take less is the transport of the laptops.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep
from typing import IO, Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain.replication import SEEN_BYTES, Act, Batch, Entry
from app.hub.hub import Hub
from app.sync.client import Client
from app.sync.grants import read_grants
from app.sync.messages import (
    SESSION_CONTEXT,
    Held,
    PullRequest,
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
_FORK = multiprocessing.get_context("fork")  # a laptop has its batches from here
_SERVER = (
    "import sys; from pathlib import Path; from app.hub.place import HubPlace;"
    " from app.hub.serve import Listening, serve;"
    " serve(HubPlace(Path(sys.argv[1]), sys.argv[2]), Listening(port=0, workers=int(sys.argv[3])),"
    " lambda url, _: print(url, flush=True))"
)


class Way(Protocol):
    """A laptop's way to the hub."""

    def push(self, batch: bytes, asked: PullRequest) -> PushReply:
        """Send a batch and ask for what is new."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


@dataclass
class Sender:
    """One laptop that syncs again and again; its batches are sealed before the clock starts."""

    device: str
    seed: bytes
    hub_key: bytes
    batches: list[bytes]
    after: dict[str, int]
    heads: dict[str, bytes]
    held: Held = field(default_factory=lambda: Held(made=0, people=b""))
    taken: list[float] = field(default_factory=list)
    pulled: int = 0

    def run(self, way: Way, gate: Any, told: Any) -> None:
        """Sync a few times, wait for the others, then push and pull until all is sent; tell what it took."""
        for place, batch in enumerate(self.batches):
            if place == WARM:
                self.pulled = 0
                gate.wait()
                gate.wait()  # until the clock is read
            begun = perf_counter()
            self._follow(way.push(batch, PullRequest(after=self.after, held=self.held, heads=self.heads)))
            if place >= WARM:
                self.taken.append(perf_counter() - begun)
        gate.wait()
        told.put((self.taken, self.pulled))
        gate.wait()  # until the processor's time of this process is read
        way.close()

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


def measure(hub: Hub, url: str, server: int, uids: list[str], laptops: int, syncs: int) -> dict[str, float]:
    """So many syncs of so many laptops, two in each town: each brings 20 changes and takes 40 effects away,
    its own and the neighbour's. What lean laptops, in other towns, take is named `lean_…`."""
    log = tempfile.TemporaryFile()  # noqa: SIM115 - the server's, until it has ended
    place = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(hub.folder), url, str(WORKERS)], stdout=subprocess.PIPE,
        stderr=log, text=True, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    senders = [_sender(hub, uids, number, syncs + WARM) for number in range(2 * laptops)]
    hub.database.close()  # the laptops' processes shall not have its connections
    try:
        assert place.stdout is not None
        at = place.stdout.readline().strip()
        _await_workers(log)
        found = _timed(senders[:laptops], lambda one: _program(at, one), (server, place.pid))
        lean = _timed(senders[laptops:], lambda one: Lean(at, one), (server, place.pid))
    finally:
        place.terminate()
        place.wait(timeout=60)
        log.close()
    return {"laptops": laptops, **found, **{f"lean_{name}": value for name, value in lean.items()}}


def _timed(
    senders: Sequence[Sender], way: Callable[[Sender], Way], servers: tuple[int, ...]
) -> dict[str, float]:
    """What it takes until each laptop, in a process of its own, has sent all it has."""
    gate, told = _FORK.Barrier(len(senders) + 1, timeout=300), _FORK.Queue()
    laptops = [_FORK.Process(target=_laptop, args=(one, way, gate, told)) for one in senders]
    for laptop in laptops:
        laptop.start()
    try:
        gate.wait()
        pids = [laptop.pid or 0 for laptop in laptops]
        used, begun = cpu_of(*servers, *pids), perf_counter()
        gate.wait()
        gate.wait()
        wall = perf_counter() - begun
        answers = [told.get(timeout=60) for _ in laptops]
        used = cpu_of(*servers, *pids) - used
        gate.wait()
    except BaseException:
        gate.abort()
        raise
    finally:
        for laptop in laptops:
            laptop.join(timeout=60)
    taken = [seconds for those, _ in answers for seconds in those]
    parts = quantiles(taken, n=100)
    return {
        "syncs": len(taken),
        "syncs_a_second": len(taken) / wall,
        "p50_ms": parts[49] * 1000,
        "p99_ms": parts[98] * 1000,
        "cpu_ms_a_sync": used / len(taken) * 1000,
        "effects_a_sync": sum(pulled for _, pulled in answers) / len(taken),
    }


def _laptop(sender: Sender, way: Callable[[Sender], Way], gate: Any, told: Any) -> None:
    """The process of a laptop; when it falls over, the others shall not wait for it."""
    try:
        sender.run(way(sender), gate, told)
    except BaseException:
        gate.abort()
        raise


@dataclass
class Afresh:
    """The program's transport without the connection it keeps, as minutes lie between two rounds."""

    client: Client

    def push(self, batch: bytes, asked: PullRequest) -> PushReply:
        """Send a batch and ask for what is new."""
        reply = self.client.push(batch, asked)
        self.client._line.close()  # the next one connects again
        return reply

    def close(self) -> None:
        """Hang up."""
        self.client.close()


def _program(at: str, sender: Sender) -> Way:
    """The program's own transport, on a new connection for each request."""
    return Afresh(Client(at, device=sender.device, sign=lambda claim: _signature(claim, sender.seed)))


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
        batch = _batch(draw, (told, town, after, heads), mine, done, (number, sync), previous)
        message = signed(BATCH, encode_batch(batch), told["device"], key_of(FIRST + number))
        previous = message.sha256
        batches.append(pack_signed(message))
    return Sender(told["device"], key_of(FIRST + number), hub.key, batches, after, heads)


def _batch(
    draw: random.Random, place: Any, mine: list[str], done: set[int], which: tuple[int, int], previous: bytes
) -> Batch:
    told, town, after, heads = place
    seen = {area: (seq, heads[area][:SEEN_BYTES]) for area, seq in after.items()}
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
        (dict(after),), (act,), tuple(entries), seen,
    )  # fmt: skip


def far(number: int, serial: int) -> bytes:
    """A position with no other boiler within 100 m: north of the lattice, spread out."""
    from syncbench.rows import point

    spread = int.from_bytes(hashlib.sha256(f"{number} {serial}".encode()).digest()[:6], "little")
    return point(105.3 + (spread & 0xFFFFFF) / 0x1000000 * 2.5, 40.0 + (spread >> 24) / 0x1000000 * 2.5)


def _signature(claim: bytes, seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).sign(claim)


class Lean:
    """One HTTP connection that stays open, and no more of HTTP than is needed."""

    def __init__(self, at: str, sender: Sender) -> None:
        host, port = at.rpartition("/")[2].split(":")
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: {host}:{port}\r\nContent-Type: application/msgpack\r\n"
        asked = SessionRequest(device=sender.device)
        challenge = decode_message(SessionAnswer, self._post("/v1/session", asked)).challenge
        proof = _signature(SESSION_CONTEXT + challenge, sender.seed)
        asked = SessionRequest(device=sender.device, challenge=challenge, signature=proof)
        token = decode_message(SessionAnswer, self._post("/v1/session", asked)).token
        self._head += f"Authorization: Bearer {token}\r\n"

    def push(self, batch: bytes, asked: PullRequest) -> PushReply:
        """Send a batch and ask for what is new."""
        request = PushRequest(batch=batch, after=asked.after, held=asked.held, heads=asked.heads)
        return decode_message(PushReply, self._post("/v1/push", request))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _post(self, path: str, message: Any) -> bytes:
        body = encode_message(message)
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        found = b""
        while b"\r\n\r\n" not in found:
            found += self._more()
        told, _, found = found.partition(b"\r\n\r\n")
        length = int(told.lower().partition(b"content-length:")[2].split()[0])
        while len(found) < length:
            found += self._more()
        if (status := int(told.split(None, 2)[1])) != 200:
            raise RuntimeError(f"{path}: {status} {found[:300]!r}")
        return found

    def _more(self) -> bytes:
        part = self._socket.recv(1 << 16)
        if not part:
            raise ConnectionError("the server hung up")
        return part
