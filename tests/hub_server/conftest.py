"""A server around a hub in memory, and a laptop that has signed in."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.hub import logs
from app.hub.server import make_app
from app.hub.service import Service
from hub_server.small_hub import Laptop, SmallHub


@pytest.fixture
def hub(tmp_path: Path) -> SmallHub:
    return SmallHub(tmp_path)


@pytest.fixture
def service(hub: SmallHub, clock: Any) -> Service:
    return Service(hub, now=clock, url="https://10.1.2.3:8443", fingerprint="ab" * 32)


@pytest.fixture
def http(service: Service) -> Iterator[TestClient]:
    with TestClient(make_app(service), raise_server_exceptions=False, client=("127.0.0.1", 50000)) as client:
        yield client


@pytest.fixture
def laptop(hub: SmallHub, http: TestClient) -> Laptop:
    found = Laptop(hub, http)
    found.sign_in()
    return found


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the hub writes, with the loggers put back afterwards."""
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.set_up(stream)
    yield stream
    root.handlers[:] = kept
    root.setLevel(level)
