"""The server as a process: its address, TLS, patience, and stopping in order."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.actions.hubs import init_hub, invite, place_of
from app.errors import HubUnreachable, Invalid
from app.hub import logs, patience, serve
from app.hub.place import HubPlace
from app.sync.client import Client
from app.sync.messages import SessionAnswer, SessionRequest, decode_message, encode_message
from app.sync.pinning import key_fingerprint
from hub_server.served import PIN, gridward, served
from hub_server.small_hub import SmallHub

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with an administrator, made once."""
    folder = tmp_path_factory.mktemp("made") / "hub"
    gridward("hub", "init", folder, "--area", "620800", "--admin", "admin", GRIDWARD_PIN=PIN)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "hub"))


def test_it_says_its_address_serves_and_stops_in_order(folder: Path) -> None:
    with served(folder) as hub:
        assert hub.url.startswith("http://127.0.0.1:")
        with hub.http() as http:
            assert http.get("/healthz").json()["status"] == "ok"
            challenge = http.post("/v1/session", content=encode_message(SessionRequest(device="x"))).content
            assert len(decode_message(SessionAnswer, challenge).challenge) == 64
            assert "server" not in http.get("/").headers
        code, log = hub.stop()
    assert code == 0
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events[0] == "started" and events[-1] == "stopped"
    assert not (folder / "hub.db-wal").exists() or (folder / "hub.db-wal").stat().st_size == 0


def test_the_collector_does_not_look_through_what_a_server_begins_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setenv("GRIDWARD_SERVE_FOLDER", str(tmp_path))
    monkeypatch.setattr(serve, "open_hub", lambda _: SmallHub(tmp_path))
    monkeypatch.setattr(serve, "stays", lambda: told.append("stays"))
    monkeypatch.setattr(logs, "set_up", lambda: None)
    monkeypatch.setattr(logs, "say", lambda event, **_: told.append(event))
    assert serve.application() is not None
    assert told == ["stays", "started"]


def test_tls_with_a_self_made_certificate_is_what_the_invitation_names(folder: Path) -> None:
    with served(folder, "--host", "127.0.0.1", "--cert", *_own_certificate(folder)) as hub:
        port = urlsplit(hub.url).port
        assert hub.url.startswith("https://") and port
        der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))
        assert key_fingerprint(der) == hub.fingerprint
        invited = json.loads(
            gridward("hub", "invite", folder, "--area", "620802", "--role", "R3", "--json").stdout
        )
        assert (invited["url"], invited["fingerprint"]) == (hub.url, hub.fingerprint)
        from app.sync.invitation import parse_code

        beginning = parse_code(invited["code"]).fingerprint
        assert hub.fingerprint.startswith(beginning) and len(beginning) == 12
        with pytest.raises(httpx.HTTPError), httpx.Client(base_url=hub.url, trust_env=False) as stranger:
            stranger.get("/healthz")
        client = Client(hub.url, beginning)
        client._ask("GET", "/healthz", open_=True)
        assert client.fingerprint == hub.fingerprint
        client.close()


def test_a_certificate_that_no_code_names_is_no_silent_hub(folder: Path) -> None:
    """A code made before the hub served has no fingerprint, and no authority knows this certificate."""
    with served(folder, "--cert", *_own_certificate(folder)) as hub, pytest.raises(Invalid) as refused:
        _seen(hub.url, "")
    assert refused.value.code == "untrusted_certificate"


def test_speaking_in_the_clear_where_tls_is_wanted_is_said_and_so_is_the_reverse(folder: Path) -> None:
    """Both were called a hub that does not answer."""
    with served(folder, "--cert", *_own_certificate(folder)) as hub, pytest.raises(HubUnreachable) as clear:
        _seen(hub.url.replace("https", "http"), hub.fingerprint)
    with served(folder) as hub, pytest.raises(HubUnreachable) as wrapped:
        _seen(hub.url.replace("http", "https"), "")
    assert (clear.value.code, wrapped.value.code) == ("wants_tls", "no_tls")


def test_a_renewed_certificate_of_the_same_key_is_the_same_hub(folder: Path) -> None:
    """Also for a laptop that still knows the hub by its certificate, once it has come by before that ends."""
    file, option, key = _own_certificate(folder)
    old = hashlib.sha256(ssl.PEM_cert_to_DER_cert(Path(file).read_text())).hexdigest()
    with served(folder, "--cert", file, option, key) as hub:
        assert _seen(hub.url, old) == hub.fingerprint
        first = hub.fingerprint
    Path(file).unlink()
    assert _own_certificate(folder)[0] == file
    with served(folder, "--cert", file, option, key) as hub:
        assert hub.fingerprint == first == _seen(hub.url, first)
        with pytest.raises(Invalid) as gone:
            _seen(hub.url, old)
        assert gone.value.code == "wrong_fingerprint"
    Path(key).unlink()
    with served(folder, "--cert", *_own_certificate(folder)) as hub, pytest.raises(Invalid) as another:
        _seen(hub.url, first)
    assert another.value.code == "wrong_fingerprint"


def _seen(url: str, pin: str) -> str:
    client = Client(url, pin)
    try:
        client._ask("GET", "/healthz", open_=True)
    finally:
        client.close()
    return client.fingerprint


def _own_certificate(folder: Path) -> tuple[str, str, str]:
    from datetime import UTC, datetime

    from app.hub import tls

    made = tls.self_made(folder / "tls", ["127.0.0.1"], datetime.now(UTC))
    return str(made.file), "--key", str(made.key)


def test_an_embedded_hub_that_cannot_be_read_is_not_called_postgresql(folder: Path) -> None:
    (folder / "hub.db").write_bytes(b"no database" * 1000)
    said = json.loads(gridward("hub", "status", folder, "--json", check=False).stdout)
    assert said["error"] == "database" and "file is not a database" in said["message"]
    assert "PostgreSQL" not in said["hint"]


def test_nobody_is_invited_to_an_area_or_an_address_that_is_none(folder: Path) -> None:
    """A laptop of 62080210, a digit short, was one of nine towns; one of a village could do nothing."""
    place = place_of(folder)
    for area in ("62080", "62080210", "620899", "620802105001"):
        with pytest.raises(Invalid) as unknown:
            invite(place, area, "R2")
        assert unknown.value.code == "unknown_division"
    for url, code in (("javascript:alert(1)", "bad_address"), ("http://10.0.0.5:8443", "not_encrypted")):
        with pytest.raises(Invalid) as refused:
            invite(place, "620802105", "R2", url=url)
        assert refused.value.code == code
    assert invite(place, "620802105", "R2", url="https://10.0.0.5:8443/")["url"] == "https://10.0.0.5:8443"


@pytest.mark.parametrize(("name", "code"), [(" ", "missing"), ("a\x1bmin", "invalid"), ("a" * 41, "invalid")])
def test_a_hub_begins_with_nobody_who_has_no_name(tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        init_hub(HubPlace(tmp_path / "hub"), "620800", (name, PIN))
    assert refused.value.code == code
    assert not (tmp_path / "hub").exists()


def test_a_second_server_of_an_embedded_hub_is_refused(folder: Path) -> None:
    """It left word of its own address, and invitations named it when it was long gone."""
    with served(folder) as hub:
        second = gridward("hub", "serve", folder, "--port", "0", "--json", check=False)
        assert (second.returncode, json.loads(second.stdout)["error"]) == (5, "in_use")
        assert HubPlace(folder).serving()[0] == hub.url
        hub.stop(signal.SIGKILL)
    with served(folder) as hub:
        assert HubPlace(folder).serving()[0] == hub.url


def test_what_is_under_way_is_finished_before_it_stops(folder: Path) -> None:
    with served(folder) as hub:
        found = urlsplit(hub.url)
        with socket.create_connection((found.hostname or "", found.port or 0)) as line:
            body = encode_message(SessionRequest(device="x"))
            line.sendall(
                b"POST /v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            assert line.recv(65536).startswith(b"HTTP/1.1 100")  # the hub has begun to read
            line.sendall(body[:3])
            hub.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            line.sendall(body[3:])
            answer = b""
            while piece := line.recv(65536):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 200")
        assert hub.process.wait(60) == 0


NONSENSE = {
    "tls": b"\x16\x03\x01\x02\x00",
    "version": b"GET /healthz HTTP/9.9\r\n\r\n",
    "length": b"POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "chunk": b"POST /v1/push HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    "address": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "lengths": b"PATCH /v1/blob/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nabcde",
}


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_on_the_line_harms_nobody(running: tuple[str, int], said: bytes) -> None:
    with socket.create_connection(running, timeout=20) as line:
        line.sendall(said)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    assert b" 500 " not in answer[:20] and not answer.startswith(b"HTTP/1.1 200")
    with httpx.Client(base_url=f"http://127.0.0.1:{running[1]}", trust_env=False) as http:
        assert http.get("/healthz").status_code == 200


@pytest.fixture(scope="module")
def running(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A server for tests that leave it as it is."""
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("running") / "hub"))
    with served(folder) as hub:
        yield "127.0.0.1", urlsplit(hub.url).port or 0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """The protocol in a server of its own with a shorter patience; it answers without reading bodies."""
    import asyncio

    import uvicorn

    monkeypatch.setattr(patience, "FIRST_WORDS_SECONDS", 0.3)
    monkeypatch.setattr(patience, "LAST_WORDS_SECONDS", 0.6)

    async def app(_scope: object, _receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body"})  # type: ignore[operator]

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, http=patience.PatientProtocol, lifespan="off", log_config=None)
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(20)


def test_whoever_says_nothing_is_let_go(impatient: tuple[str, int]) -> None:
    with socket.create_connection(impatient, timeout=20) as silent:
        assert silent.recv(10) == b""
    with socket.create_connection(impatient, timeout=20) as talking:
        for _ in range(2):
            talking.sendall(WHOLE)
            assert talking.recv(65536).startswith(b"HTTP/1.1 204")
            time.sleep(0.5)  # longer than the patience for somebody who has begun to speak


@pytest.mark.parametrize("begun", [b"G", b"\r\n"])
def test_whoever_does_not_go_on_is_let_go_after_an_answer_as_well(
    impatient: tuple[str, int], begun: bytes
) -> None:
    with socket.create_connection(impatient, timeout=20) as slow:
        slow.sendall(WHOLE)
        assert slow.recv(65536).startswith(b"HTTP/1.1 204")
        slow.sendall(begun)
        with suppress(ConnectionResetError):
            while slow.recv(65536):
                pass


def test_whoever_brings_a_refused_body_without_end_is_let_go(impatient: tuple[str, int]) -> None:
    with socket.create_connection(impatient, timeout=20) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")
        assert slow.recv(65536).startswith(b"HTTP/1.1 204")
        with pytest.raises(ConnectionError):
            _trickle(slow)


def _trickle(line: socket.socket) -> None:
    """A byte now and then, for twenty seconds."""
    for _ in range(200):
        line.sendall(b"x")
        time.sleep(0.1)


def test_a_taken_port_and_settings_that_do_not_fit_are_said(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = gridward("hub", "serve", folder, "--port", port, "--json", check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]) == (5, "address")
    done = gridward("hub", "serve", folder, "--port", "70000", "--json", check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]) == (5, "address")
    for words, code in ((("--workers", "2"), "workers"), (("--cert", "x.pem"), "bad_certificate"),
                        (("--port", "0", "--url", "hub of the bureau"), "bad_address")):  # fmt: skip
        done = gridward("hub", "serve", folder, *words, "--json", check=False)
        assert (done.returncode, json.loads(done.stdout)["error"]) == (1, code)
    done = gridward("hub", "serve", folder / "none", "--port", "0", check=False)
    assert done.returncode == 5
    assert not (folder / "none").exists()


def test_all_addresses_are_served_with_tls_unless_it_is_refused(folder: Path) -> None:
    with served(folder, "--host", "0.0.0.0") as hub:
        assert hub.url.startswith("https://") and len(hub.fingerprint) == 64
        port = urlsplit(hub.url).port or 0
        der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))
        assert key_fingerprint(der) == hub.fingerprint
    with served(folder, "--host", "0.0.0.0", "--no-tls", "--url", "https://hub.example") as hub:
        assert (hub.url, hub.fingerprint) == ("https://hub.example", "")
