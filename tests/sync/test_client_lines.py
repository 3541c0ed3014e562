"""The line to the hub over real sockets: cut as a file comes or goes, busy, and not a hub at all."""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app import i18n
from app.errors import AppError, Cancelled, HubUnreachable, Invalid
from app.sync import line
from app.sync import messages as m
from app.sync.client import Client
from app.sync.line import LineLost
from app.sync.pinning import pinned, typed_address

CONTENT = bytes(range(256)) * 8_000
NAME = hashlib.sha256(CONTENT).hexdigest()


class Poor(BaseHTTPRequestHandler):
    """A hub on a poor line; the server keeps what it shall do wrong and what it has."""

    protocol_version = "HTTP/1.1"
    server: Any

    def setup(self) -> None:
        """Another connection."""
        super().setup()
        self.server.doors.append(self.connection)

    def log_message(self, *_: object) -> None:
        """Silence."""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)
        self.server.spoken_to_in = self.headers["Accept-Language"]
        if self.path == "/v1/session":
            request = m.decode_message(m.SessionRequest, asked)
            told = (
                m.SessionAnswer(token=self.server.good)
                if request.signature
                else m.SessionAnswer(challenge=bytes(64))
            )
            self._answer(200, m.encode_message(told))
        elif (self.path, self.headers["Authorization"]) == ("/v1/pull", f"Bearer {self.server.ended}"):
            self._answer(401, json.dumps({"error": "expired_token", "message": "ended"}).encode())
        elif self.server.busy > 0:
            self.server.busy -= 1
            self._answer(503)
        else:
            reply = m.PullReply(blocks=[], areas={}, more=False, hub_time=7)
            self._answer(200, m.encode_message(reply))

    def do_GET(self) -> None:
        if self.path == "/v1/policy":
            self._endless()
            return
        if self.path == "/v1/snapshot" and self.server.making:
            self._answer(202, Gridward_Made=self.server.making.pop(0))
            return
        begin = int((self.headers.get("Range") or "bytes=0-").split("=")[1].rstrip("-"))
        self.server.asked.append(f"{self.path} {begin}")
        if begin >= len(CONTENT):
            self._answer(416)
        elif self.server.cuts > 0:
            self.server.cuts -= 1
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(CONTENT) - begin))
            self.end_headers()
            self.wfile.write(CONTENT[begin : begin + 500_000])
            self.close_connection = True
        else:
            self._answer(206 if begin else 200, CONTENT[begin:])

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            while True:
                self.wfile.write(b"1000\r\n" + bytes(0x1000) + b"\r\n")

    def do_HEAD(self) -> None:
        if self.server.refuses:
            self._answer(503, Gridward_Refusal=self.server.refuses)
            return
        whole = {"Upload_Length": str(len(self.server.got))} if self.server.whole else {}
        self._answer(200, Upload_Offset=str(len(self.server.got)), **whole)

    def do_PATCH(self) -> None:
        part = self.rfile.read(int(self.headers["Content-Length"]))
        offset = int(self.headers["Upload-Offset"])
        if offset != len(self.server.got):
            self._answer(409, json.dumps({"error": "offset", "message": "elsewhere"}).encode())
            return
        self.server.got += part
        self.server.whole = len(self.server.got) == int(self.headers["Upload-Length"])
        if self.server.cuts > 0:  # the part has arrived, its answer does not
            self.server.cuts -= 1
            self.close_connection = True
            return
        self._answer(204, Upload_Offset=str(len(self.server.got)))


@pytest.fixture
def server() -> Iterator[Any]:
    found: Any = ThreadingHTTPServer(("127.0.0.1", 0), Poor)
    found.cuts, found.busy, found.making = 0, 0, []
    found.good, found.ended = "t", ""
    found.got, found.whole, found.asked, found.doors = b"", False, [], []
    found.refuses = ""
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join(10)


@pytest.fixture
def client(server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr("app.sync.client._TOKENS", {})
    found = way(server)
    yield found
    found.close()


def way(server: Any, device: str = "device") -> Client:
    """A laptop's way to the hub."""
    url = f"http://127.0.0.1:{server.server_port}"
    return Client(url, "", device, lambda claim: bytes(64), lambda _: None)


def test_a_file_that_is_cut_comes_on_from_where_it_stopped(
    server: Any, client: Client, tmp_path: Path
) -> None:
    server.cuts = 2
    client.fetch_blob(NAME, len(CONTENT), tmp_path / "part", lambda *_: None)
    assert (tmp_path / "part").read_bytes() == CONTENT
    offsets = [int(asked.split()[1]) for asked in server.asked if asked.startswith("/v1/blob")]
    assert offsets == sorted(offsets) and offsets[0] == 0 and offsets[-1] > 0


def test_a_snapshot_is_waited_for_as_long_as_the_hub_makes_it(
    server: Any, client: Client, tmp_path: Path
) -> None:
    """One of a million cells takes a minute, as long as a laptop waits for the first byte. It is told how far
    it is, over one connection."""
    server.making = [f"{n}/2000" for n in range(1, 2000)]
    told: list[tuple[int, int]] = []
    client.snapshot(tmp_path / "snapshot", lambda *_: None, lambda *made: told.append(made))
    assert (tmp_path / "snapshot").read_bytes() == CONTENT
    assert told == [(n, 2000) for n in range(1, 2000)] and len(server.doors) == 1


def test_a_snapshot_that_does_not_grow_is_given_up_and_one_may_stop(
    server: Any, client: Client, tmp_path: Path
) -> None:
    server.making = ["7/2000"] * 5000
    with pytest.raises(HubUnreachable):
        client.snapshot(tmp_path / "snapshot", lambda *_: None)
    assert 4000 < len(server.making) < 4800

    def stop() -> None:
        raise Cancelled("stop")

    client.heed(stop)
    with pytest.raises(Cancelled):
        client.snapshot(tmp_path / "snapshot", lambda *_: None)


def test_a_snapshot_that_was_whole_when_the_program_ended_is_fetched_anew(
    client: Client, tmp_path: Path
) -> None:
    target = tmp_path / "snapshot"
    target.write_bytes(CONTENT)
    (tmp_path / "snapshot.etag").write_text('"mark"', "ascii")
    client.snapshot(target, lambda *_: None)
    assert target.read_bytes() == CONTENT
    assert not (tmp_path / "snapshot.etag").exists()


def test_a_part_whose_answer_is_lost_is_not_sent_twice(server: Any, client: Client, tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(CONTENT)
    server.cuts = 1
    client.send_blob(NAME, tmp_path / "photo", lambda *_: None)
    assert server.got == CONTENT and server.whole


def test_a_busy_hub_is_asked_again_and_a_silent_one_given_up(server: Any, client: Client) -> None:
    server.busy = 2
    assert client.pull(m.PullRequest(after={})).hub_time == 7
    server.busy = 99
    with pytest.raises(HubUnreachable) as busy:
        client.pull(m.PullRequest(after={}))
    assert busy.value.exit_code == 6 and busy.value.hint
    server.busy = 0
    assert client.pull(m.PullRequest(after={})).hub_time == 7


def test_a_hub_whose_attachments_are_away_says_so_without_a_body(server: Any, client: Client) -> None:
    server.refuses = "blobs"
    with pytest.raises(HubUnreachable, match="中心读写不到附件") as away:
        client.blob_there(NAME)
    assert away.value.code == "blobs" and "安全" in away.value.hint


@pytest.mark.parametrize(("chosen", "told"), [("en", "en"), ("zh_CN", "zh-CN")])
def test_the_hub_is_told_in_which_language_to_refuse(
    server: Any, client: Client, monkeypatch: pytest.MonkeyPatch, chosen: str, told: str
) -> None:
    monkeypatch.setattr(i18n, "_language", chosen)
    client.pull(m.PullRequest(after={}))
    assert server.spoken_to_in == told


def test_whoever_waits_for_a_hub_that_hangs_may_stop() -> None:
    asked, gone = threading.Event(), threading.Event()

    def hang(door: socket.socket) -> None:
        one, _ = door.accept()
        with one:
            one.recv(1 << 16)
            asked.set()
            while one.recv(1 << 16):
                pass
            gone.set()

    def check() -> None:
        if asked.is_set():
            raise Cancelled("stop")

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=hang, args=(door,), daemon=True).start()
        client = Client(f"http://127.0.0.1:{door.getsockname()[1]}", "", "d", lambda claim: bytes(64))
        client.heed(check)
        with pytest.raises(Cancelled):
            client.policy()
        assert gone.wait(60), "the connection is not kept for an answer nobody waits for"


@pytest.fixture
def stalled() -> Iterator[str]:
    """The address of a hub that stops in the middle of a file and never goes on."""
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(door.accept()[0],), daemon=True).start()

    def answer(one: socket.socket) -> None:
        with one, suppress(OSError):
            while b"\r\n\r\n" not in one.recv(1 << 16):
                pass
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(40_000))
            while one.recv(1 << 16):
                pass

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    door.shutdown(socket.SHUT_RDWR)
    door.close()


def test_whoever_waits_for_the_rest_of_a_file_may_stop(stalled: str) -> None:
    found = line.Line(stalled, pinned(""))
    got = bytearray()

    def check() -> None:
        if got:
            raise Cancelled("stop")

    found.heed = check

    def fetch() -> None:
        with found.open("/v1/blob/x", {}) as (_, pieces):
            for piece in pieces:
                got.extend(piece)

    with pytest.raises(Cancelled):
        fetch()
    assert 0 < len(got) <= 40_000


def test_a_hub_that_stalls_in_a_file_is_given_up_sooner(
    stalled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert line.STALLED_SECONDS < line.SECONDS
    monkeypatch.setattr(line, "STALLED_SECONDS", 0.1)
    found = line.Line(stalled, pinned(""))
    with pytest.raises(LineLost, match="timed out"), found.open("/v1/blob/x", {}) as (_, pieces):
        list(pieces)


def test_somebody_else_answers(server: Any, client: Client) -> None:
    elsewhere = Client(client.url + "/elsewhere", "", "d", lambda claim: b"", lambda _: None)
    with pytest.raises(AppError) as found, closing(elsewhere):
        elsewhere.thumbnail("x")
    assert found.value.code in ("not_a_hub", "hub_unreachable", "hub_failed")


@pytest.mark.parametrize("page", [b"<html>\xff sign in </html>", b"", b"\xc1"])
def test_a_page_in_place_of_the_hubs_answer_is_no_hub(
    server: Any, client: Client, page: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line.Line, "ask", lambda *_: line.Reply("POST", 200, Message(), page))
    with pytest.raises(HubUnreachable) as found:
        client.pull(m.PullRequest(after={}))
    assert found.value.code == "not_a_hub"
    assert client.url in str(found.value)


def test_the_next_round_goes_on_with_the_token_of_the_last(server: Any, client: Client) -> None:
    sign_in = ["/v1/session", "/v1/session"]
    client.pull(m.PullRequest(after={}))
    assert server.asked == [*sign_in, "/v1/pull"]
    later, other = way(server), way(server, "another")
    later.pull(m.PullRequest(after={}))
    assert server.asked[3:] == ["/v1/pull"]
    other.pull(m.PullRequest(after={}))
    assert server.asked[4:] == [*sign_in, "/v1/pull"]
    server.good, server.ended = "u", "t"
    later.pull(m.PullRequest(after={}))
    client.pull(m.PullRequest(after={}))
    assert server.asked[7:] == ["/v1/pull", *sign_in, "/v1/pull", "/v1/pull"]
    for one in (later, other):
        one.close()


def test_a_connection_is_kept_and_one_that_was_hung_up_is_not_used_again(server: Any, client: Client) -> None:
    client.pull(m.PullRequest(after={}))
    client.pull(m.PullRequest(after={}))
    assert len(server.doors) == 1
    server.doors[0].shutdown(socket.SHUT_RDWR)  # the hub hangs up on a quiet line
    assert client._line.ask("HEAD", f"/v1/blob/{NAME}", {}).status == 200
    assert len(server.doors) == 2


def test_a_header_that_cannot_be_sent_is_a_lost_line(server: Any, client: Client) -> None:
    with pytest.raises(LineLost):
        client._line.ask("GET", "/v1/policy", {"Authorization": "Bearer a\r\nb"})


def test_an_answer_that_does_not_end_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_MOST", 100_000)
    with pytest.raises(LineLost, match="does not end"):
        client._line.ask("GET", "/v1/policy", {})
    assert client.pull(m.PullRequest(after={})).hub_time == 7


@pytest.mark.parametrize(
    ("url", "port"), [("https://[::1]", 443), ("https://[::1]:8443", 8443), ("http://[::1]", 80)]
)
def test_an_address_of_the_new_sort_needs_no_port(url: str, port: int) -> None:
    found = Client(url)._line._connection()
    assert (found.host, found.port) == ("::1", port)


@pytest.mark.parametrize(
    "url", ["https://hub:99999", "https://hub:x", "https://hub:0", "https://[abc", "hub"]
)
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(Invalid) as found:
        Client(url)
    assert found.value.code == "bad_address"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.hub.example:8443",
        "http://127.example",
        "http://10.1.2.3",
        "http://localhost.example",
    ],
)
def test_only_this_machine_is_spoken_to_in_the_clear(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        Client(url)
    assert refused.value.code == "not_encrypted"
    for here in ("http://127.8.0.1:1", "http://[::1]:1", "http://localhost:1"):
        Client(here).close()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" 192.168.1.20:8443 ", "https://192.168.1.20:8443"),
        ("http://hub.example:8443/", "https://hub.example:8443/"),
        ("HTTP://10.1.2.3", "https://10.1.2.3"),
        ("http://localhost:8443", "http://localhost:8443"),
        ("https://hub.example", "https://hub.example"),
        ("ftp://hub.example", "ftp://hub.example"),
        ("", ""),
        ("https://[abc", "https://[abc"),
    ],
)
def test_who_leaves_https_away_means_it(typed: str, meant: str) -> None:
    assert typed_address(typed) == meant


@pytest.mark.parametrize("cut", [BrokenPipeError, ConnectionAbortedError, ssl.SSLEOFError])
def test_what_a_hub_says_before_it_hangs_up_on_a_long_body_counts(client: Client, cut: type[OSError]) -> None:
    """With TLS a line that is closed while one sends is another error than without."""

    class HungUp(line._Connection):
        def connect(self) -> None:
            self.sock = socket.socket()

        def send_held(self) -> None:
            raise cut

        def getresponse(self) -> Any:
            return "too large"

    with closing(HungUp("hub")) as one:
        assert client._line._sent(one, "POST", "/v1/push", {}, b"long") == "too large"
