"""Many small syncs over HTTP: laptops and hub on the same machine, every push durable before its answer."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any

from app.domain.replication import Act, Batch, Entry
from app.hub.hub import Hub
from app.sync.messages import (
    SESSION_CONTEXT,
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
    taken: list[float] = field(default_factory=list)
    pulled: int = 0

    def run(self, host: str, port: int) -> None:
        """Sign in, then push and pull until all is sent; each reply is proved, decoded and followed."""
        line = HTTPConnection(host, port, timeout=60)
        asked = SessionRequest(device=self.device)
        challenge = decode_message(SessionAnswer, _post(line, "/v1/session", asked, "")).challenge
        proof = sign_session(challenge, self.seed)
        asked = SessionRequest(device=self.device, challenge=challenge, signature=proof)
        token = decode_message(SessionAnswer, _post(line, "/v1/session", asked, "")).token
        for batch in self.batches:
            begun = perf_counter()
            request = PushRequest(batch=batch, after=self.after)
            reply = decode_message(PushReply, _post(line, "/v1/push", request, token))
            self._follow(reply)
            self.taken.append(perf_counter() - begun)
        line.close()

    def _follow(self, reply: PushReply) -> None:
        assert reply.state == "taken", reply
        assert reply.accepted == CHANGES, reply
        assert reply.pull is not None
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
    place = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(hub.folder), url, "2"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    try:
        assert place.stdout is not None
        host, port = place.stdout.readline().strip().rpartition("/")[2].split(":")
        sleep(2)  # until both workers answer
        senders = [_sender(hub, uids, number, syncs) for number in range(laptops)]
        threads = [threading.Thread(target=one.run, args=(host, int(port))) for one in senders]
        used, begun = cpu_of(server, place.pid), perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall = perf_counter() - begun
        used = cpu_of(server, place.pid) - used
    finally:
        place.terminate()
        place.wait(timeout=60)
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


def _sender(hub: Hub, uids: list[str], number: int, syncs: int) -> Sender:
    town = TOWNS[number // 2]
    told = hubs.enrol(hub, FIRST + number, town)
    now = hub.pull(told["device"], {}, 1).areas
    after = {area: seq for area, (seq, _, _) in now.items()}
    heads = {area: head for area, (_, head, _) in now.items()}
    draw = random.Random(f"sender {number}")
    mine = [uid for place, uid in enumerate(uids) if place % len(TOWNS) == number // 2][number % 2 :: 2]
    gone: set[int] = set()
    previous, batches = HEAD_START, []
    for sync in range(syncs):
        batch = _batch(draw, (told, town, after), mine, gone, (number, sync), previous)
        message = signed(BATCH, encode_batch(batch), told["device"], key_of(FIRST + number))
        previous = message.sha256
        batches.append(pack_signed(message))
    return Sender(told["device"], key_of(FIRST + number), hub.key, town, batches, after, heads)


def _batch(
    draw: random.Random, place: Any, mine: list[str], gone: set[int], which: tuple[int, int], previous: bytes
) -> Batch:
    told, town, after = place
    number, sync = which
    chosen: list[int] = []
    while len(chosen) < CHANGES:
        one = draw.randrange(len(mine))
        if one not in gone and one not in chosen:
            chosen.append(one)
    serial = (50 + number) * 1_000_000 + sync * CHANGES
    entries = []
    for place_, one in enumerate(chosen):
        edit = edit_of(draw, mine, one, gone, serial + place_)
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


def _post(line: HTTPConnection, path: str, message: Any, token: str) -> bytes:
    headers = {"Content-Type": "application/msgpack"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    line.request("POST", path, encode_message(message), headers)
    answer = line.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return body
