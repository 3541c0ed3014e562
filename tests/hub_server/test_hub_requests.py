"""What laptops ask of the hub over HTTP: session, enrolment, push, pull, grants, snapshot, health."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from app.hub.database import disk_full
from app.hub.service import Service
from app.sync import messages as m
from app.sync.refusals import error_of
from hub_server.small_hub import Laptop, SmallHub


def refusal(reply: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return reply.status_code, reply.json()["error"]


def test_a_token_is_given_for_a_signature_and_opens_the_door(laptop: Laptop) -> None:
    reply = laptop.ask("POST", "/v1/pull", content=m.encode_message(m.PullRequest(after={"620800": 1})))
    pulled = m.decode_message(m.PullReply, reply.content)
    assert [(block.first, block.last) for block in pulled.blocks] == [(2, 3)]
    assert m.digest_number(pulled.areas["620802105"].digest) == 2**127 + 5
    assert laptop.ask("GET", "/v1/pull?after=620800:2,620802105:9").status_code == 200
    assert laptop.ask("GET", "/v1/policy").content == b"grants of dev-a"


def test_no_token_a_foreign_one_and_an_old_one_are_refused(
    laptop: Laptop, http: TestClient, clock: Any
) -> None:
    body = m.encode_message(m.PullRequest(after={}))
    assert refusal(http.post("/v1/pull", content=body)) == (401, "no_token")
    good = laptop.token
    altered = good[:-5] + ("B" if good[-5] == "A" else "A") + good[-4:]
    for token in ("x", "a.b.c", altered, "dev-b" + laptop.token[5:], "ä.1.x", ".." * 40):
        reply = http.post("/v1/pull", content=body, headers={"Authorization": f"Bearer {token}".encode()})
        assert refusal(reply) == (401, "bad_token")
    clock.forward(hours=13)
    assert refusal(laptop.ask("POST", "/v1/pull", content=body)) == (401, "expired_token")


def test_another_hubs_token_is_worth_nothing(laptop: Laptop, service: Service) -> None:
    from app.hub.auth import Tokens

    laptop.token = Tokens(b"another" * 5, service.now).token("dev-a")[0]
    assert refusal(laptop.ask("GET", "/v1/policy")) == (401, "bad_token")


@pytest.mark.parametrize("wrong", ["signature", "challenge", "age", "device"])
def test_a_token_is_not_given_without_the_key(
    hub: SmallHub, http: TestClient, clock: Any, wrong: str
) -> None:
    laptop, other = Laptop(hub, http), Laptop(hub, http, "dev-b")
    challenge = laptop.session(m.SessionRequest(device="dev-a")).challenge
    if wrong == "challenge":
        challenge = challenge[:10] + bytes([challenge[10] ^ 1]) + challenge[11:]
    if wrong == "age":
        clock.forward(seconds=90)
    signer = other if wrong == "signature" else laptop
    device = "dev-b" if wrong == "device" else "dev-a"
    request = m.SessionRequest(
        device=device, challenge=challenge, signature=signer.key.sign(m.SESSION_CONTEXT + challenge)
    )
    assert refusal(http.post("/v1/session", content=m.encode_message(request))) == (401, "bad_signature")


def test_an_unknown_laptop_learns_so_only_after_a_challenge(http: TestClient) -> None:
    first = http.post("/v1/session", content=m.encode_message(m.SessionRequest(device="dev-x")))
    challenge = m.decode_message(m.SessionAnswer, first.content).challenge
    request = m.SessionRequest(device="dev-x", challenge=challenge, signature=bytes(64))
    assert refusal(http.post("/v1/session", content=m.encode_message(request))) == (401, "unknown_device")


def enrol_request(code: str) -> bytes:
    return m.encode_message(
        m.EnrolRequest(
            code=code, sign_key=b"k" * 32, recipient="age1x", schema=1, program="0.2", signature=b""
        )
    )


def test_enrolment_answers_once_and_guessing_has_to_wait(hub: SmallHub, http: TestClient, clock: Any) -> None:
    code = hub.invite("620802", "R3", 10, clock()).secret
    answer = m.decode_message(m.EnrolAnswer, http.post("/v1/enrol", content=enrol_request(code)).content)
    assert (answer.area, answer.role_cap, answer.root) == ("620802", "R3", "620800")
    assert answer.hub_time == int(clock().timestamp() * 1000)
    codes = {refusal(http.post("/v1/enrol", content=enrol_request(code))) for _ in range(10)}
    assert codes == {(403, "bad_code")}
    reply = http.post("/v1/enrol", content=enrol_request(hub.invite("620802", "R3", 10, clock()).secret))
    assert refusal(reply) == (429, "too_many")
    assert reply.headers["Retry-After"]
    clock.forward(minutes=11)
    fresh = hub.invite("620802", "R3", 10, clock()).secret
    assert http.post("/v1/enrol", content=enrol_request(fresh)).status_code == 200


def test_a_push_hands_over_the_very_bytes_and_may_bring_the_effects(laptop: Laptop) -> None:
    batch = laptop.batch()
    reply = laptop.ask("POST", "/v1/push", content=m.encode_message(m.PushRequest(batch=batch)))
    answer = m.decode_message(m.PushReply, reply.content)
    assert (answer.state, answer.next, answer.accepted, answer.merged, answer.pull) == (
        "taken",
        8,
        6,
        1,
        None,
    )
    assert laptop.hub.batches == [batch]
    both = m.PushRequest(batch=batch, after={"620800": 0})
    answer = m.decode_message(
        m.PushReply, laptop.ask("POST", "/v1/push", content=m.encode_message(both)).content
    )
    assert answer.pull is not None
    assert answer.pull.blocks[0].body == b"block"


def test_a_batch_of_another_laptop_is_refused(laptop: Laptop, hub: SmallHub, http: TestClient) -> None:
    foreign = Laptop(hub, http, "dev-b").batch()
    reply = laptop.ask("POST", "/v1/push", content=m.encode_message(m.PushRequest(batch=foreign)))
    assert refusal(reply) == (401, "bad_token")
    assert hub.batches == []


def test_a_revoked_laptop_may_hand_over_its_work_but_gets_nothing(laptop: Laptop, hub: SmallHub) -> None:
    hub.devices_["dev-a"].revoked_at = 1
    laptop.sign_in()
    push = m.encode_message(m.PushRequest(batch=laptop.batch()))
    assert laptop.ask("POST", "/v1/push", content=push).status_code == 200
    pull = m.encode_message(m.PullRequest(after={}))
    for reply in (
        laptop.ask("POST", "/v1/pull", content=pull), laptop.ask("GET", "/v1/policy"),
        laptop.ask("GET", "/v1/snapshot"), laptop.ask("GET", f"/v1/blob/{'a' * 64}"),
    ):  # fmt: skip
        assert refusal(reply) == (403, "revoked")


@pytest.mark.parametrize("path", ["/v1/session", "/v1/enrol", "/v1/push", "/v1/pull"])
@pytest.mark.parametrize(
    "body", [b"", b"\xc1", b"not a message", b"\x81\xa1a" * 5000, b"\xdd\xff\xff\xff\xff"]
)
def test_what_is_no_message_is_refused(laptop: Laptop, path: str, body: bytes) -> None:
    assert refusal(laptop.ask("POST", path, content=body)) == (400, "bad_message")


def test_who_has_not_proved_anything_yet_has_little_to_say(http: TestClient) -> None:
    reply = http.post("/v1/session", content=bytes(m.MAX_SESSION + 1), headers={"Accept-Language": "en"})
    assert refusal(reply) == (413, "too_large")
    assert reply.json()["message"] == "The message is larger than 16 KB"


def test_too_large_a_body_is_refused_by_its_length_and_by_its_bytes(laptop: Laptop) -> None:
    assert refusal(laptop.ask("POST", "/v1/pull", content=bytes(m.MAX_SMALL + 1))) == (413, "too_large")
    pieces = (bytes(100_000) for _ in range(20))
    assert refusal(laptop.ask("POST", "/v1/pull", content=pieces)) == (413, "too_large")
    lie = {"Content-Length": "99999999999999999999"}
    assert refusal(laptop.ask("POST", "/v1/push", content=b"x", headers=lie)) == (413, "too_large")


def test_who_can_ask_again_is_told_how_far_a_snapshot_is(laptop: Laptop, hub: SmallHub) -> None:
    """It is made once, whoever asks meanwhile; an older program is kept waiting as before."""
    hub.slow = threading.Event()
    asking = {"Prefer": "respond-async"}
    for _ in range(2):
        reply = laptop.ask("GET", "/v1/snapshot", headers=asking)
        assert (reply.status_code, reply.headers[m.MADE_HEADER]) == (202, "3/8")
    threading.Timer(0.3, hub.slow.set).start()
    whole = laptop.ask("GET", "/v1/snapshot")
    assert whole.status_code == 200 and hub.made == 1
    again = laptop.ask("GET", "/v1/snapshot", headers=asking)
    assert again.status_code == 200 and again.content == whole.content


def test_a_snapshot_that_cannot_be_made_says_so(laptop: Laptop, hub: SmallHub) -> None:
    hub.full = True
    reply = laptop.ask("GET", "/v1/snapshot", headers={"Prefer": "respond-async"})
    assert refusal(reply) == (507, "disk_full")


def test_a_snapshot_comes_whole_or_from_where_the_line_was_cut(laptop: Laptop, hub: SmallHub) -> None:
    content = hub.snapshot("dev-a").read_bytes()
    whole = laptop.ask("GET", "/v1/snapshot")
    assert whole.content == content
    assert whole.headers[m.SHA256_HEADER] == hashlib.sha256(content).hexdigest()
    mark = whole.headers["ETag"]
    rest = laptop.ask("GET", "/v1/snapshot", headers={"Range": "bytes=4000-", "If-Range": mark})
    assert (rest.status_code, rest.content) == (206, content[4000:])
    hub.snapshot("dev-a").write_bytes(b"a newer one")
    rest = laptop.ask("GET", "/v1/snapshot", headers={"Range": "bytes=4-", "If-Range": mark})
    assert (rest.status_code, rest.content) == (200, b"a newer one")


def test_health_tells_whether_the_database_answers(http: TestClient, hub: SmallHub) -> None:
    assert http.get("/healthz").json()["status"] == "ok"
    hub.failing = True
    reply = http.get("/healthz")
    assert (reply.status_code, reply.json()["status"]) == (503, "failing")


def test_refusals_speak_the_language_asked_for(http: TestClient) -> None:
    assert http.get("/v1/policy").json()["message"] == "请求没有令牌"
    english = http.get("/v1/policy", headers={"Accept-Language": "en-GB,zh;q=0.5"})
    assert english.json()["message"] == "The request carries no token"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", (404, "not_found")), ("GET", "/v1/../healthz/x", (404, "not_found")),
        ("GET", "/v1/push", (405, "method")), ("DELETE", f"/v1/blob/{'a' * 64}", (405, "method")),
        ("GET", "/v1/pull?after=6208:-1", (400, "bad_message")),
        ("GET", f"/v1/pull?after=6208:{'9' * 5000}", (400, "bad_message")),
    ],
)  # fmt: skip
def test_wrong_addresses_are_refused_as_json(
    laptop: Laptop, method: str, path: str, expected: tuple[int, str]
) -> None:
    assert refusal(laptop.ask(method, path)) == expected


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("pull", {"after": {"620800": -1}}), ("pull", {"after": {"620800": 1 << 63}}),
        ("rejoin", {"ends": {"620800": [[1 << 63, b""]]}}), ("rejoin", {"ends": {}, "epoch": -1}),
    ],
)  # fmt: skip
def test_numbers_that_no_log_has_are_no_message(laptop: Laptop, path: str, told: dict[str, Any]) -> None:
    reply = laptop.ask("POST", f"/v1/{path}", content=msgspec.msgpack.encode(told))
    assert refusal(reply) == (400, "bad_message")


def test_a_mistake_of_the_hub_is_said_without_its_words(
    laptop: Laptop, hub: SmallHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("王芳 13812345678")

    monkeypatch.setattr(hub, "policy", fail)
    reply = laptop.ask("GET", "/v1/policy")
    assert refusal(reply) == (500, "mistake")
    assert "王芳" not in reply.text


def test_the_hub_is_closed_when_the_server_stops(hub: SmallHub, service: Service) -> None:
    from app.hub.server import make_app

    with TestClient(make_app(service, close=True)):
        assert not hub.closed
    assert hub.closed


def test_a_full_disk_has_an_answer_of_its_own_and_the_laptop_waits(
    laptop: Laptop, hub: SmallHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(signed: bytes, received: Any) -> Any:
        raise disk_full()

    monkeypatch.setattr(hub, "push", full)
    reply = laptop.ask("POST", "/v1/push", content=m.encode_message(m.PushRequest(batch=laptop.batch())))
    assert (reply.status_code, reply.json()["error"]) == (507, "disk_full")
    told = error_of(m.refusal_of(reply.content), reply.status_code, "https://hub")
    assert (told.exit_code, told.code) == (6, "disk_full") and told.hint
