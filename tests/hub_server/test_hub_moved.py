"""A hub at another address, or with another certificate: its laptops know it by the key it signs with."""

from __future__ import annotations

import shutil
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.actions.enrolling import enrol
from app.actions.hubs import init_hub, invite, place_of
from app.actions.laptop import keys_of
from app.actions.session import Session
from app.actions.syncing import sync
from app.errors import AppError
from app.hub import tls
from app.store.workspace import Workspace
from app.sync.keys import DeviceKeys
from hub_server.served import PIN, Served, served


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DeviceKeys]:
    """A folder with a hub and a laptop that joined when it was served with the certificate `first`, and the
    laptop's keys; made once."""
    made = tmp_path_factory.mktemp("made")
    hub, file = made / "hub", made / "town.gpkg"
    init_hub(place_of(hub), "620800", ("admin", PIN), None)
    with served(hub, *_certificate(hub, "first")) as serving:
        enrol(None, file, serving.url, _code(hub))
    with Workspace.open(file) as workspace:
        return made, keys_of(Session(workspace))


@pytest.fixture
def folder(joined: tuple[Path, DeviceKeys], tmp_path: Path) -> Path:
    """A copy of the hub."""
    return Path(shutil.copytree(joined[0] / "hub", tmp_path / "hub"))


@pytest.fixture
def laptop(joined: tuple[Path, DeviceKeys], tmp_path: Path) -> Iterator[Session]:
    """A copy of the laptop."""
    session = Session(Workspace.open(Path(shutil.copy(joined[0] / "town.gpkg", tmp_path))))
    session.keys = joined[1]
    yield session
    session.close()


def test_at_another_address_with_another_certificate(folder: Path, laptop: Session) -> None:
    with served(folder, *_certificate(folder, "second")) as hub:
        with pytest.raises(AppError) as silent:
            sync(laptop)
        assert silent.value.code == "hub_unreachable"
        done = enrol(laptop, laptop.workspace.path, hub.url, "")
        assert (done.moved, done.again, done.url) == (True, False, hub.url)
        assert _way(laptop) == (hub.url, hub.fingerprint)
        assert sync(laptop).agrees


def test_a_code_for_a_laptop_that_the_hub_knows_is_not_needed_and_stays_good(
    folder: Path, laptop: Session, tmp_path: Path
) -> None:
    """Who was invited again, as the documents said, was refused: “go on syncing with it”."""
    with served(folder, *_certificate(folder, "second")) as hub:
        code = _code(folder)
        assert enrol(laptop, laptop.workspace.path, hub.url, code).moved
        assert sync(laptop).agrees
        assert not enrol(None, tmp_path / "other.gpkg", hub.url, code).moved


def test_with_another_certificate_where_it_was_nobody_has_to_do_anything(
    folder: Path, laptop: Session
) -> None:
    with served(folder, *_certificate(folder, "second")) as hub:
        laptop.workspace.replica.set_facts(url=hub.url)
        assert sync(laptop).agrees
        assert _way(laptop) == (hub.url, hub.fingerprint)


def test_another_hub_is_not_taken_for_it(folder: Path, laptop: Session, tmp_path: Path) -> None:
    other = tmp_path / "other"
    init_hub(place_of(other), "620800", ("admin", PIN), None)
    before = _way(laptop)
    with served(other, *_certificate(other, "other")) as hub:
        assert _refused(laptop, hub.url) == "another_hub"
        assert _way(laptop) == before
        laptop.workspace.replica.set_facts(url=hub.url)
        with pytest.raises(AppError) as refused:
            sync(laptop)
        assert refused.value.code == "wrong_fingerprint"
        assert _way(laptop) == (hub.url, before[1])


def test_nor_is_whoever_passes_its_answers_on(folder: Path, laptop: Session) -> None:
    before = _way(laptop)
    with served(folder, *_certificate(folder, "second")) as hub, _passing_on(folder, hub) as url:
        assert _refused(laptop, url) == "another_hub"
        assert _way(laptop) == before


def test_a_hub_behind_another_program_is_vouched_for_by_an_authority(
    folder: Path, laptop: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(folder) as hub, _passing_on(folder, hub) as url:
        assert _refused(laptop, url) == "untrusted_certificate"
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "between" / tls.CERTIFICATE))
        assert enrol(laptop, laptop.workspace.path, url, "").moved
        assert _way(laptop) == (url, "")
        assert sync(laptop).agrees


def _way(laptop: Session) -> tuple[str, str]:
    facts = laptop.workspace.replica.facts()
    assert facts is not None
    return facts.url, facts.fingerprint


def _refused(laptop: Session, url: str) -> str:
    with pytest.raises(AppError) as refused:
        enrol(laptop, laptop.workspace.path, url, "")
    return refused.value.code


def _code(folder: Path) -> str:
    return str(invite(place_of(folder), "620802", "R3", 10)["code"])


def _certificate(folder: Path, name: str) -> tuple[str, ...]:
    found = tls.self_made(folder / name, ["127.0.0.1"], datetime.now(UTC))
    return "--cert", str(found.file), "--key", str(found.key)


class _Between(BaseHTTPRequestHandler):
    """Speaks TLS under a certificate of its own and asks the hub."""

    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_: object) -> None:
        """Silence."""

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kept = {
            name: value for name, value in self.headers.items() if name in ("Authorization", "User-Agent")
        }
        answer = self.server.hub.request(self.command, self.path, content=asked, headers=kept)
        self.send_response(answer.status_code)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)


@contextmanager
def _passing_on(folder: Path, hub: Served) -> Iterator[str]:
    own = tls.self_made(folder / "between", ["127.0.0.1"], datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.file, own.key)
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Between)
    server.hub = httpx.Client(base_url=hub.url, verify=False, trust_env=False)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        server.hub.close()
