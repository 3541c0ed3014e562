"""Every address of the hub, tried by everybody who has no business there, and with every body that is none.

The doors are listed here with who may use them and what a good request is; one that is not in the list fails.
"""

from __future__ import annotations

import gzip
import random
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import zstandard
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from app.domain.replication import SEEN_BYTES
from app.hub.admin.routes import admin_routes
from app.hub.server import make_app
from app.hub.service import Service
from app.sync import messages as m
from app.sync import signing
from hub.office_hub import TOWN, TOWN2, HubBench, Laptop
from hub.test_hub_same_moment import asking

pytestmark = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
ANYBODY, LAPTOP, LATE, VISITOR, HERE = "anybody", "a laptop", "a revoked one too", "a visitor", "this machine"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ERRORS_OF_ADDRESSES = {404, 405}


@dataclass
class Stage:
    """A hub with a server before it, and its laptops; `sha256` is a paper that `town` may read."""

    bench: HubBench
    http: TestClient
    service: Service
    town: Laptop
    other: Laptop
    sha256: str

    def token(self, device: str) -> dict[str, str]:
        """What a laptop that had proved its key says who it is by."""
        return {"Authorization": f"Bearer {self.service.tokens.token(device)[0]}"}

    def ask(self, door: Door, headers: dict[str, str], body: bytes | None = None) -> Any:
        """One request; without a `body` the good one of this door."""
        told = dict(door.headers) | {"Accept-Language": "en"} | headers
        content = door.body(self) if body is None else body
        path = door.path.replace("{sha256}", self.sha256)
        return self.http.request(door.method, path, headers=told, content=content, follow_redirects=False)


Body = Callable[[Stage], bytes]


def _nothing(_: Stage) -> bytes:
    return b""


def _push(stage: Stage) -> bytes:
    return m.encode_message(m.PushRequest(batch=stage.town.batch()))


def _pull(_: Stage) -> bytes:
    return m.encode_message(m.PullRequest(after={TOWN: 0}))


def _rejoin(_: Stage) -> bytes:
    return m.encode_message(m.RejoinRequest(ends={TOWN: [(1, bytes(SEEN_BYTES))]}))


def _give_back(stage: Stage) -> bytes:
    return m.encode_message(m.GiveBackRequest(blocks=list(stage.bench.hub.log(TOWN))))


def _session(stage: Stage) -> bytes:
    return m.encode_message(m.SessionRequest(device=stage.town.uid))


def _proof(_: Stage) -> bytes:
    return m.encode_message(m.ProofRequest(challenge=bytes(32)))


def _enrol(stage: Stage) -> bytes:
    now = stage.bench.clock.now
    return m.encode_message(asking(stage.bench.hub.invite(TOWN, "R2", 10, now).secret, b"n" * 32))


@dataclass(frozen=True)
class Door:
    """One address with one method."""

    method: str
    path: str
    who: str
    body: Body = _nothing
    headers: tuple[tuple[str, str], ...] = ()


_OPEN = ("/first/{link}", "/sign-in", "/language", "/admin.css", "/font.ttf")
_PART = (("Content-Type", m.BLOB_PART), ("Upload-Offset", "0"), ("Upload-Length", "9"))
DOORS = (
    Door("POST", "/v1/session", ANYBODY, _session), Door("POST", "/v1/enrol", ANYBODY, _enrol),
    Door("POST", "/v1/proof", ANYBODY, _proof), Door("POST", "/v1/push", LATE, _push),
    Door("GET", "/v1/pull", LAPTOP), Door("POST", "/v1/pull", LAPTOP, _pull),
    Door("POST", "/v1/rejoin", LAPTOP, _rejoin), Door("POST", "/v1/give-back", LAPTOP, _give_back),
    Door("GET", "/v1/policy", LAPTOP), Door("GET", "/v1/snapshot", LAPTOP),
    Door("HEAD", "/v1/blob/{sha256}", LATE), Door("GET", "/v1/blob/{sha256}", LAPTOP),
    Door("PATCH", "/v1/blob/{sha256}", LATE, lambda _: b"x" * 9, _PART),
    Door("GET", "/healthz", ANYBODY), Door("GET", "/metrics", HERE),
    *(
        Door(method, f"/admin{route.path}", ANYBODY if route.path in _OPEN else VISITOR)
        for route in admin_routes() if isinstance(route, Route)
        for method in sorted(set(route.methods or ()) - {"HEAD"})
    ),
)  # fmt: skip
MACHINES = [door for door in DOORS if door.path.startswith("/v1/")]


@pytest.fixture
def stage(bench: HubBench) -> Iterator[Stage]:
    """A hub with two towns' laptops; each town has a boiler with a paper."""
    town, other = bench.laptop(), bench.laptop(TOWN2, "R3")
    made = town.enter("officer")
    paper = town.paper(made, "other", "officer")
    town.act("officer", "attach")
    town.insert(paper)
    town.push()
    other.enter("stranger", div_code=TOWN2)
    other.push()
    town.edit("officer", made.uid, note="等待发送")

    def now() -> datetime:
        return bench.clock.now

    service = Service(bench.hub, now=now)
    app = make_app(service)
    with TestClient(app, raise_server_exceptions=False, client=("10.1.2.3", 50000)) as http:
        yield Stage(bench, http, service, town, other, paper.sha256)
    bench.check()


def refusal(reply: Any, *, method: str = "") -> str:
    """The code of a refusal that says what is wrong; never a mistake of the hub."""
    assert 400 <= reply.status_code < 500, (reply.status_code, reply.text)
    if method == "HEAD":
        return ""
    document = reply.json()
    assert document["message"] and document["error"] != "mistake"
    return str(document["error"])


def _flat(routes: list[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _flat(list(route.routes), before + route.path)
        else:
            assert isinstance(route, Route)
            methods = set(route.methods or ())
            extra = {"HEAD"} if "GET" in methods and "{sha256}" not in route.path else set()
            yield from ((method, before + route.path) for method in methods - extra)


def test_every_door_is_in_the_list(stage: Stage) -> None:
    there = set(_flat(list(make_app(stage.service)._app.routes)))
    assert there == {(door.method, door.path) for door in DOORS}


def test_who_may_gets_in(stage: Stage) -> None:
    """So that every refusal below is for its own reason."""
    for door in MACHINES:
        if door.method != "PATCH":  # the file is there: another one is sent elsewhere
            assert stage.ask(door, stage.token(stage.town.uid)).status_code == 200, door


def test_nobody_a_stranger_and_an_old_token_get_in_nowhere(stage: Stage) -> None:
    good = stage.token(stage.town.uid)
    stale = stage.service.tokens.token(stage.town.uid)[0].split(".")
    altered = f"{stage.other.uid}.{'.'.join(stale[1:])}"
    tries = [
        ({}, "no_token"),
        ({"Authorization": "Basic eDp5"}, "no_token"),
        ({"Authorization": f"Bearer {altered}"}, "bad_token"),
        (stage.token("no-such-laptop"), "unknown_device"),
    ]
    for door in MACHINES:
        if door.who == ANYBODY:
            continue
        for headers, code in tries:
            reply = stage.ask(door, headers)
            said = refusal(reply, method=door.method)
            # A batch is looked at first: it is another laptop's.
            assert said in (code, "") or (code, said) == ("unknown_device", "bad_token"), (door, said)
    before = stage.bench.hub.status().areas
    stage.bench.clock.forward(hours=13)
    for door in MACHINES:
        if door.who != ANYBODY:
            assert refusal(stage.ask(door, good), method=door.method) in ("expired_token", ""), door
    assert stage.bench.hub.status().areas == before


def test_a_revoked_laptop_hands_over_and_gets_nothing(stage: Stage) -> None:
    stage.bench.hub.revoke(stage.town.uid, stage.bench.clock.now, "丢失")
    for door in MACHINES:
        reply = stage.ask(door, stage.token(stage.town.uid))
        if door.who == LAPTOP:
            assert refusal(reply) == "revoked", door
        else:
            assert reply.status_code < 300 or refusal(reply) in ("offset", "hash"), door
    assert len(stage.bench.hub.quarantine()) == 1


def test_a_laptop_of_another_area_gets_nothing_of_this_one(stage: Stage) -> None:
    token = stage.token(stage.other.uid)
    answers = {door: stage.ask(door, token) for door in MACHINES if door.who != ANYBODY}
    by_path = {(door.method, door.path): reply for door, reply in answers.items()}
    assert refusal(by_path["POST", "/v1/push"]) == "bad_token", "the batch is the other one's"
    assert refusal(by_path["GET", "/v1/blob/{sha256}"]) == "unknown_blob"
    pulled = m.decode_message(m.PullReply, by_path["POST", "/v1/pull"].content)
    assert pulled.blocks and TOWN not in {block.area for block in pulled.blocks} | pulled.areas.keys()
    rejoined = m.decode_message(m.RejoinReply, by_path["POST", "/v1/rejoin"].content)
    assert not any(rejoined.common.values())
    given = m.decode_message(m.GiveBackReply, by_path["POST", "/v1/give-back"].content)
    assert given.entries == 0
    own = stage.ask(_door("GET", "/v1/snapshot"), stage.token(stage.town.uid))
    assert by_path["GET", "/v1/snapshot"].content != own.content


def _door(method: str, path: str) -> Door:
    return next(door for door in DOORS if (door.method, door.path) == (method, path))


def test_a_request_that_is_sent_again_counts_once_and_for_nobody_else(stage: Stage) -> None:
    push, body = _door("POST", "/v1/push"), _push(stage)
    states = []
    for _ in range(3):
        reply = stage.ask(push, stage.token(stage.town.uid), body)
        states.append(m.decode_message(m.PushReply, reply.content).state)
    assert states == ["taken", "repeat", "repeat"]
    assert refusal(stage.ask(push, stage.token(stage.other.uid), body)) == "bad_token"
    session = _door("POST", "/v1/session")
    first = m.decode_message(m.SessionAnswer, stage.ask(session, {}).content).challenge
    proof = signing._key(stage.town.seed).sign(m.SESSION_CONTEXT + first)
    signed = m.encode_message(m.SessionRequest(device=stage.town.uid, challenge=first, signature=proof))
    assert m.decode_message(m.SessionAnswer, stage.ask(session, {}, signed).content).token
    stolen = m.encode_message(m.SessionRequest(device=stage.other.uid, challenge=first, signature=proof))
    assert refusal(stage.ask(session, {}, stolen)) == "bad_signature"
    stage.bench.clock.forward(seconds=61)
    assert refusal(stage.ask(session, {}, signed)) == "bad_signature"
    enrol, asked = _door("POST", "/v1/enrol"), _enrol(stage)
    answers = [m.decode_message(m.EnrolAnswer, stage.ask(enrol, {}, asked).content).device for _ in range(2)]
    assert answers[0] == answers[1]


def test_no_door_takes_another_method(stage: Stage) -> None:
    token = stage.token(stage.town.uid)
    for path in {door.path for door in DOORS}:
        known = {door.method for door in DOORS if door.path == path}
        for method in set(METHODS) - known:
            reply = stage.ask(Door(method, path, ANYBODY), token)
            assert reply.status_code == 405 and refusal(reply) == "method", (method, path)
        said = stage.ask(Door("GET", path + "/x", ANYBODY), token)
        assert said.status_code in ERRORS_OF_ADDRESSES | {303}, path


def test_a_body_that_is_none_is_refused_at_every_door(stage: Stage) -> None:
    token, wrong = stage.token(stage.town.uid), {"Content-Type": "text/html"}
    before, packed = stage.bench.hub.status().areas, gzip.compress(bytes(1 << 20))
    for door in MACHINES:
        good = door.body(stage)
        if door.method == "PATCH":
            assert refusal(stage.ask(door, token | wrong)) == "bad_message"
        if not good or door.method == "PATCH":
            continue
        other = ("too_many",) if door.path == "/v1/enrol" else ()  # who tries so often there waits
        cuts = [good[:at] for at in (0, 1, len(good) // 2, len(good) - 1)]
        none = [b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x81\xa1a" * 5000, good + b"x", b"<html>", packed]
        for body in (*cuts, *none):
            assert refusal(stage.ask(door, token | wrong, body)) in ("bad_message", *other), (door, body[:9])
        assert refusal(stage.ask(door, token, bytes(m.MAX_PUSH + 1))) in ("too_large", *other)
        for length, code in (("9" * 20, "too_large"), ("-1", "bad_length"), ("x", "bad_length")):
            assert refusal(stage.ask(door, token | {"Content-Length": length}, good)) in (code, *other)
    after = stage.bench.hub.status().areas
    assert after == before and stage.http.get("/healthz").json()["status"] == "ok"


def test_no_flipped_bit_makes_the_hub_stumble(stage: Stage) -> None:
    """Of what is signed none is taken; a number or name that is another one by it is answered as such."""
    token, chance = stage.token(stage.town.uid), random.Random(172)
    for door in MACHINES:
        good = door.body(stage)
        if not good or door.path == "/v1/enrol" or door.method == "PATCH":
            continue
        for _ in range(60):
            place = chance.randrange(len(good))
            body = good[:place] + bytes([good[place] ^ 1 << chance.randrange(8)]) + good[place + 1 :]
            reply = stage.ask(door, token, body)
            assert reply.status_code == 200 or refusal(reply), door
            if door.path == "/v1/push" and reply.status_code == 200:
                state = m.decode_message(m.PushReply, reply.content).state
                assert state in ("taken", "repeat"), "a bit outside what is signed"
    assert stage.http.get("/healthz").json()["status"] == "ok"


def test_a_bomb_is_refused_before_memory_is_taken(stage: Stage) -> None:
    """A signed batch of some kilobytes that would be 200 MB, whether or not it says so."""
    push, token = _door("POST", "/v1/push"), stage.token(stage.town.uid)
    start = signing.unpack_signed(stage.town.batch()).body[:4]
    for says in (True, False):
        bomb = zstandard.ZstdCompressor(write_content_size=says).compress(bytes(200 << 20))
        body = start + len(bomb).to_bytes(4, "little") + bomb
        signed = signing.pack_signed(signing.signed(signing.BATCH, body, stage.town.uid, stage.town.seed))
        tracemalloc.start()
        reply = stage.ask(push, token, m.encode_message(m.PushRequest(batch=signed)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert refusal(reply) == "bad_batch" and peak < 32 << 20, peak
    assert stage.ask(push, token).status_code == 200


def test_the_pages_are_for_visitors_whatever_is_sent(stage: Stage) -> None:
    laptop = stage.token(stage.town.uid)
    forms = [b"", b"token=x", b"\xff\xfe=\x00", b"a=" * 5_000, bytes(2 << 20)]
    kinds = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", ""]
    for door in DOORS:
        if not door.path.startswith("/admin"):
            continue
        tries = [(body, kind) for body in forms for kind in kinds] if door.method == "POST" else [(b"", "")]
        for body, kind in tries:
            headers = {"Content-Type": kind, "Cookie": "gridward_hub=x; gridward_form=y"}
            reply = stage.ask(door, laptop | headers, body)
            if door.who == VISITOR:
                assert reply.status_code == 303 or 400 <= reply.status_code < 500, (door, reply.status_code)
                assert "等待发送" not in reply.text and "officer" not in reply.text
            assert reply.status_code < 500, (door, body[:9], kind)
    assert stage.http.get("/metrics").status_code == 403, "from another machine"
