"""Runs the hub's server: binds the address, says it, and serves until told to stop, then ends in order."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from app.errors import Invalid, StoreFailure
from app.hub import logs, tls
from app.hub.metrics import counted_together
from app.hub.opening import open_hub
from app.hub.patience import PatientProtocol
from app.hub.place import FILE, HubPlace
from app.i18n import N_
from app.litter import stays
from app.store.lock import WriterLock
from app.sync.pinning import check_address

STOPPING_SECONDS = 30  # what is under way may end
MAX_CONNECTIONS = 2000
_SETTINGS = "GRIDWARD_SERVE_"  # how a worker process learns what the first one was told


@dataclass(frozen=True)
class Listening:
    """How the server is asked to listen. `workers` above one need PostgreSQL."""

    host: str = "127.0.0.1"
    port: int = 8443
    certificate: Path | None = None
    key: Path | None = None
    tls: bool = True
    workers: int = 1
    url: str = ""


def serve(place: HubPlace, wanted: Listening, started: Callable[[str, str], None]) -> None:
    """Serve until SIGTERM or Ctrl+C; `started(url, fingerprint)` is called once the address is taken.

    Raises Invalid for settings that do not fit together, StoreFailure for an address that is taken, and where
    an embedded hub is being served already.
    """
    if wanted.workers > 1 and place.url is None:
        raise Invalid(N_("Several workers need a hub on PostgreSQL"),
                      hint=N_("An embedded hub serves with one process."), code="workers")  # fmt: skip
    hub = open_hub(place)  # it is there, and of this version's schema before any worker begins
    try:
        hub.blobs.check()
    finally:
        hub.close()
    with _alone(place):
        _serve(place, wanted, started)
    logs.say("stopped")


def _serve(place: HubPlace, wanted: Listening, started: Callable[[str, str], None]) -> None:
    certificate = _certificate(place, wanted)
    url = check_address(wanted.url) if wanted.url else ""
    with _listen(wanted.host, wanted.port) as listener:
        url = url or _url(wanted.host, listener.getsockname()[1], bool(certificate))
        _serve_at(place, wanted, (listener, url, certificate), started)


def _serve_at(
    place: HubPlace, wanted: Listening, at: tuple[socket.socket, str, tls.Certificate | None],
    started: Callable[[str, str], None],
) -> None:  # fmt: skip
    listener, url, certificate = at
    fingerprint = certificate.fingerprint if certificate else ""
    _leave_settings(place, url, fingerprint)
    logs.set_up()
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.note_serving(url, fingerprint)
    started(url, fingerprint)
    _stop_in_order()
    config = _config(wanted, certificate)
    if wanted.workers > 1:
        with counted_together(place.folder / "counters"):
            Multiprocess(config, sockets=[listener]).run()
    else:
        Server(config).run(sockets=[listener])


@contextmanager
def _alone(place: HubPlace) -> Iterator[None]:
    """One server for an embedded hub: a second one, begun by mistake at another port, would leave word of its
    own address for all invitations."""
    if place.url is not None:
        yield
        return
    try:
        lock = WriterLock(place.folder / FILE)
    except StoreFailure as error:
        raise StoreFailure(
            N_("This hub is being served already"),
            hint=N_("An embedded hub serves with one process. Stop that one first; nothing was changed."),
            code="in_use",
        ) from error
    try:
        yield
    finally:
        lock.release()


def application() -> Any:
    """The application of one worker process, from what the first one left in the environment."""
    from app.hub.server import make_app  # late: only a process that serves needs them
    from app.hub.service import Service

    logs.set_up()
    url = os.environ.get(f"{_SETTINGS}DB") or None
    hub = open_hub(HubPlace(Path(os.environ[f"{_SETTINGS}FOLDER"]), url))
    service = Service(
        hub,
        fingerprint=os.environ.get(f"{_SETTINGS}FINGERPRINT", ""),
        url=os.environ.get(f"{_SETTINGS}URL", ""),
    )
    app = make_app(service, close=True)
    stays()
    logs.say("started", engine="postgresql" if url else "sqlite")
    return app


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _certificate(place: HubPlace, wanted: Listening) -> tls.Certificate | None:
    """Given files win; without any a self-made one, but plain on loopback or where it is asked for."""
    if (wanted.certificate is None) != (wanted.key is None):
        raise Invalid(N_("--cert and --key go together"), code="bad_certificate")
    if wanted.certificate is not None and wanted.key is not None:
        return tls.given(wanted.certificate, wanted.key)
    if not wanted.tls or is_loopback(wanted.host):
        return None
    return tls.self_made(place.folder / "tls", tls.local_hosts(wanted.host), datetime.now(UTC))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:  # no port has such a number
        listener.close()
        raise StoreFailure(
            N_("The hub cannot listen at {host}, port {port}: {why}"),
            hint=N_("Is another program using the port? --port 0 takes a free one."),
            host=host,
            port=port,
            why=getattr(error, "strerror", "") or str(error),
            code="address",
        ) from error
    listener.set_inheritable(True)
    return listener


def _url(host: str, port: int, secure: bool) -> str:
    if host in ("", "0.0.0.0", "::"):
        host = tls.outward_address()
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{shown}:{port}"


def _leave_settings(place: HubPlace, url: str, fingerprint: str) -> None:
    values = {"FOLDER": str(place.folder), "DB": place.url or "", "URL": url, "FINGERPRINT": fingerprint}
    for name, value in values.items():
        os.environ[f"{_SETTINGS}{name}"] = value


def _config(wanted: Listening, certificate: tls.Certificate | None) -> Config:
    return Config(
        "app.hub.serve:application",
        factory=True,
        http=PatientProtocol,
        ws="none",
        workers=wanted.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOPPING_SECONDS,
        timeout_worker_healthcheck=30,
        ssl_certfile=certificate.file if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


def _stop_in_order() -> None:
    """uvicorn repeats the signal when it has stopped; by then there is nothing left to interrupt."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
