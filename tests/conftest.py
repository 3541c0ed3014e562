"""What every test stands on: Qt without a display, our fonts, one language, a still clock, no network."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyrage
import pytest
from argon2 import PasswordHasher
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_SCALE_FACTOR"] = "1"
os.environ.pop("GRIDWARD_PIN", None)
os.environ.pop("GRIDWARD_LANG", None)
# No reserve of 64 MB in each test's folder, and disks as small as a test wants; tests of room say otherwise.
os.environ["GRIDWARD_DISK_MB"] = "0,0,0"

from app.actions import people
from app.hub import passphrases
from app.i18n import DEFAULT_LANGUAGE, set_language
from app.resources import resource
from app.sync import invitation, keys, recovery
from postgres_server import HAS_POSTGIS, postgres

# Two busy cores say nothing about the code, so no deadline. The same examples in every run, so that a red
# test is the change's doing.
settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

FONTS = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf")


RARELY = 20_000  # new objects until Python's collector looks through them; otherwise 700
# Rooms with single files that take minutes come first: at the end no worker waits for the other's last file.
LONG_FIRST = "e2e exchange sync ui hub hub_server web cli demo actions store render".split()


def pytest_collectstart() -> None:
    """Nothing goes while tests are read in: of the reading a third was the collector's looking for it."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {room: place for place, room in enumerate(LONG_FIRST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


def pytest_collection_finish() -> None:
    """What was collected stays: Python's collector would look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(RARELY)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def own_user_folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The person's real settings and logs are neither read nor written."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        folder = home / name.lower()
        folder.mkdir()
        os.environ[name] = str(folder)
    return home


ARMOUR = b"-----BEGIN AGE, CHEAP-----\n"


class CheapPassphrase:
    """In place of `pyrage.passphrase`."""

    @staticmethod
    def encrypt(plain: bytes, words: str, armored: bool = False) -> bytes:
        nonce = os.urandom(12)
        sealed = nonce + AESGCM(sha256(words.encode()).digest()).encrypt(nonce, plain, None)
        return ARMOUR + sealed.hex().encode() if armored else sealed

    @staticmethod
    def decrypt(sealed: bytes, words: str) -> bytes:
        if sealed.startswith(ARMOUR):
            sealed = bytes.fromhex(sealed.removeprefix(ARMOUR).decode())
        try:
            return AESGCM(sha256(words.encode()).digest()).decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag as error:
            raise pyrage.DecryptError("no matching keys found") from error


@pytest.fixture(scope="session", autouse=True)
def cheap_pins() -> Iterator[None]:
    """A PIN costs next to nothing in the tests' own process: tests do not guess, and sign in all the time. So
    does the code of an invitation, of which age makes a key in a second.

    No setting of the program does this; programs that tests start make theirs as dear as everywhere
    (`test_what_a_program_makes_of_a_pin_is_dear_to_guess`).
    """
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", lambda: cheap)
        patch.setattr(passphrases, "_HASHER", cheap)
        for name, least in (("ROUNDS", 1), ("MEMORY_KIB", 8 * 16), ("LANES", 1)):
            patch.setattr(keys, name, least)
        patch.setattr(invitation, "passphrase", CheapPassphrase)
        patch.setattr(recovery, "locking", CheapPassphrase)
        yield


@pytest.fixture
def collector() -> Iterator[None]:
    """Python's collector runs, as in a program without a window; one of an earlier test has put it off."""
    gc.collect()
    before = gc.isenabled()
    gc.enable()
    yield
    if not before:
        gc.disable()


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Connecting to anything but this machine is an error."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def reach(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and not _is_local(address[0]):
                pytest.fail(f"a test reached for the network: {address}")
            return real(self, address)

        return reach

    def local_look_up(host: Any, *args: Any, **options: Any) -> Any:
        if host is not None and not _is_local(host):
            pytest.fail(f"a test looked up a name in the network: {host}")
        return look_up(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(connect))
        patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
        patch.setattr(socket, "getaddrinfo", local_look_up)
        yield


def _is_local(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    return name in ("localhost", "::1", "0.0.0.0", "") or name.startswith("127.")


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Every test starts in the language most users see."""
    set_language(DEFAULT_LANGUAGE)
    yield
    set_language(DEFAULT_LANGUAGE)


@pytest.fixture
def language() -> Callable[[str], None]:
    """Choose the language for the rest of the test: `language("en")`."""
    return set_language


@pytest.fixture(scope="session", autouse=True)
def qapp(qapp: Any) -> Any:
    """The Qt application with our fonts and style, so that pictures are the same on any machine.

    Made before any test, since what draws without a window would make a smaller one that no window can use.
    """
    from PySide6.QtGui import QFont, QFontDatabase

    for name in FONTS:
        assert QFontDatabase.addApplicationFont(str(resource("fonts", name))) >= 0, name
    qapp.setStyle("Fusion")
    qapp.setFont(QFont("Noto Sans SC", 10))
    return qapp


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """The folder of the socket of this process's PostgreSQL server."""
    if not HAS_POSTGIS:
        pytest.skip("PostGIS comes with ./dev test")
    with postgres() as folder:
        yield folder


class Clock:
    """A clock that moves only when a test says so; calling it gives the moment in UTC."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **how_long: float) -> None:
        """Move on: `clock.forward(days=5)`."""
        self.now += timedelta(**how_long)


@pytest.fixture
def clock() -> Clock:
    """10:00 of 23 November 2026 in Pingliang, until the test moves it."""
    return Clock()
