"""A hub in memory with the same doors as the real one, for tests of what speaks HTTP; and its laptops."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from app.domain.entities.conflict import Conflict
from app.domain.entities.people import Person
from app.errors import NotAllowed, StoreFailure
from app.hub.answering import PushAnswer
from app.hub.book import DEVICES, FACTS, PASSPHRASES, TRIES
from app.hub.database import HubDatabase
from app.hub.devices import Invite
from app.hub.objects import Blobs
from app.hub.programs import Minimum, require
from app.hub.recovery import NONE, Recovery
from app.hub.replies import PullAnswer
from app.hub.rulings import read_ruling
from app.i18n import N_
from app.sync import messages as m
from app.sync.signing import BATCH, pack_signed, signed

PIN = "246810"
PASSPHRASE = "korrekte pferde heften batterien"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@cache
def verifier() -> str:
    """Of `PIN`; cheap, since tests do not guess."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)


@cache
def passphrase_verifier() -> str:
    """Of `PASSPHRASE`, as cheap."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSPHRASE)


@dataclass
class SmallHub:
    """Keeps what it is given; `people_` and `devices_` may be set."""

    folder: Path
    secret: bytes = b"s" * 32
    sign_seed: bytes = b"k" * 32
    devices_: dict[str, Any] = field(default_factory=dict)
    people_: list[Person] = field(default_factory=list)
    conflicts_: list[Conflict] = field(default_factory=list)
    quarantine_: list[Any] = field(default_factory=list)
    areas_: dict[str, Any] = field(
        default_factory=lambda: {"620800": (3, bytes(32), 7), "620802105": (12, bytes(32), 2**127 + 5)}
    )
    restored_at: int | None = None
    recovery: Recovery = NONE
    given_back: int = 0
    secret_blobs: set[str] = field(default_factory=set)  # named by no record that a laptop may read
    places: dict[str, str] = field(default_factory=dict)  # the area of a conflict
    batches: list[bytes] = field(default_factory=list)
    failing: bool = False
    full: bool = False
    slow: threading.Event | None = None  # a snapshot is made until this is set
    made: int = 0  # snapshots
    closed: bool = False

    def __post_init__(self) -> None:
        self.blobs = Blobs.open(self.folder / "blobs")
        books = self.folder.with_name(f"{self.folder.name}-books")  # tests look at `folder`
        books.mkdir()
        self.database = HubDatabase(books, None, make=True)
        with self.database.writing() as connection:
            for table in (DEVICES, FACTS, PASSPHRASES, TRIES):
                table.create(connection, checkfirst=True)
        self.codes: dict[str, tuple[str, str]] = {}

    def let_in(self, *people: Person) -> None:
        """Give people the passphrase of these tests."""
        with self.database.writing() as connection:
            for item in people:
                connection.execute(
                    PASSPHRASES.insert().values(person=item.uid, verifier=passphrase_verifier())
                )

    def tend(self, now: datetime) -> None:
        self.blobs.sweep(now)

    def put_part(self, sha256: str, offset: int, content: bytes, total: int | None, device: str) -> int:
        return self.blobs.put_part(sha256, offset, content, total, device)

    def note_rest(self) -> None:
        """Nothing waits to be written."""

    def ping(self) -> None:
        if self.failing:
            raise StoreFailure(N_("The disk is full"), code="disk_full")

    def names_blob(self, device: str, sha256: str) -> bool:
        return sha256 not in self.secret_blobs

    def device(self, device: str) -> Any:
        if device not in self.devices_:
            raise NotAllowed(N_("The hub does not know this laptop"), code="unknown_device")
        return self.devices_[device]

    def devices(self) -> list[Any]:
        return list(self.devices_.values())

    def people(self) -> list[Person]:
        return self.people_

    def division_names(self) -> Mapping[str, str]:
        return {"620800": "平凉市", "620802": "崆峒区", "620802105": "柳湖镇", "620823": "崇信县"}

    def status(self) -> Any:
        return SimpleNamespace(
            area="620800", areas=self.areas_, engine="sqlite", founded=True,
            restored_at=self.restored_at, given_back=self.given_back, minimum=self.minimum(),
            recovery=self.recovery,
        )  # fmt: skip

    def minimum(self) -> Minimum:
        with self.database.reading() as connection:
            return read_ruling(connection, Minimum)

    def require_program(self, version: str, by: str, now: datetime) -> None:
        with self.database.writing() as connection:
            require(connection, version, by, received_ms(now))

    def conflicts(self, area: str | None = None) -> list[Conflict]:
        return [
            item
            for item in self.conflicts_
            if area is None or self.places.get(item.uid, "620800").startswith(area)
        ]

    def quarantine(self) -> list[Any]:
        return self.quarantine_

    def push(self, signed: bytes, received: datetime) -> PushAnswer:
        self.batches.append(signed)
        return PushAnswer(8, "taken", 1, accepted=6, merged=1)

    def sync(
        self, device: str, signed: bytes, asked: m.PullRequest, now: datetime
    ) -> tuple[PushAnswer, PullAnswer | None]:
        return self.push(signed, now), self.pull(device, asked.after, asked.limit, now, asked.held)

    def pull(
        self, device: str, cursors: Mapping[str, int], limit_bytes: int, now: Any = None, held: Any = None,
        heads: Any = None,
    ) -> PullAnswer:  # fmt: skip
        if self.device(device).revoked_at is not None:
            raise NotAllowed(N_("This laptop has been revoked"), code="revoked")
        block = m.SignedBlock(
            area="620800", first=cursors.get("620800", 0) + 1, last=3, body=b"block", head=bytes(32),
            signature=bytes(64),
        )  # fmt: skip
        return PullAnswer([block], self.status().areas, False, received_ms(NOW))

    def enrol(self, request: m.EnrolRequest, now: datetime) -> m.EnrolAnswer:
        code = request.code.replace("-", "")[:10]
        if code not in self.codes:
            raise NotAllowed(N_("The code is wrong, has been used, or is too old"), code="bad_code")
        area, role = self.codes.pop(code)
        uid = f"dev-{len(self.devices_) + 1}"
        self.devices_[uid] = device_line(uid, request.sign_key, area=area, role=role)
        return m.EnrolAnswer(
            device=uid, epoch=1, hub="hub-1", hub_key=b"k" * 32, hub_recipient="age1hub", area=area,
            root="620800", role_cap=role, founding=False, hub_time=received_ms(now),
        )  # fmt: skip

    def invite(self, area: str, role: str, minutes: int, now: datetime) -> Invite:
        code = f"AB2CD-EF3G{len(self.codes)}"
        self.codes[code.replace("-", "")] = (area, role)
        return Invite(code[:11].replace("-", ""), area, role, received_ms(now + timedelta(minutes=minutes)))

    def revoke(self, device: str, now: datetime, reason: str, by: str) -> Any:
        found = self.device(device)
        found.revoked_at, found.revoked_why, found.revoked_by = received_ms(now), reason, by

    def policy(self, device: str, now: datetime) -> bytes:
        return b"grants of " + device.encode()

    def snapshot(self, device: str, made: Any = None) -> Path:
        self.made += 1
        if self.full:
            raise StoreFailure(N_("The disk is full"), code="disk_full")
        if self.slow is not None:
            made(3, 8)
            assert self.slow.wait(30)
        file = self.folder / "620800.gpkg.zst"
        if not file.exists():
            file.write_bytes(bytes(range(256)) * 40)
        return file

    def close(self) -> None:
        self.closed = True
        self.database.close()


def received_ms(moment: datetime) -> int:
    """A moment in ms."""
    return int(moment.timestamp() * 1000)


def device_line(uid: str, sign_key: bytes = b"", **facts: Any) -> Any:
    """A laptop as the hub tells of it."""
    known = {
        "device": uid, "area": "620800", "role_cap": facts.pop("role", "R5"), "epoch": 1,
        "sign_key": sign_key, "enrolled_at": received_ms(NOW - timedelta(days=30)),
        "last_sync": received_ms(NOW - timedelta(hours=3)), "lag": 0, "revoked_at": None,
        "revoked_why": "", "revoked_by": "", "former": "", "program": "", "disk": "", "journal": "",
        "label": f"电脑 {uid[-1]}",
    }  # fmt: skip
    return SimpleNamespace(**{**known, **facts})


def person(login: str, role: str, **facts: Any) -> Person:
    """Somebody with the PIN of these tests."""
    known = {"name": f"{login}-name", "area": "620800", "org": "平凉市生态环境局", "phone": "13812345678"}
    return Person(uid=f"uid-{login}", login=login, role=role, verifier=verifier(), **{**known, **facts})


@dataclass
class Laptop:
    """A laptop with its key, and a client that speaks as it."""

    hub: SmallHub
    http: TestClient
    uid: str = "dev-a"
    token: str = ""

    def __post_init__(self) -> None:
        seed = hashlib.sha256(self.uid.encode()).digest()
        self.seed = seed
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.hub.devices_[self.uid] = device_line(self.uid, self.key.public_key().public_bytes_raw())

    def sign_in(self) -> None:
        """Get a token as a laptop does."""
        first = self.session(m.SessionRequest(device=self.uid))
        request = m.SessionRequest(
            device=self.uid,
            challenge=first.challenge,
            signature=self.key.sign(m.SESSION_CONTEXT + first.challenge),
        )
        self.token = self.session(request).token

    def session(self, request: m.SessionRequest) -> m.SessionAnswer:
        """One step of it."""
        reply = self.http.post("/v1/session", content=m.encode_message(request))
        assert reply.status_code == 200, reply.text
        return m.decode_message(m.SessionAnswer, reply.content)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """A request with the token."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **options)

    def batch(self, body: bytes = b"changes") -> bytes:
        """A signed batch of this laptop."""
        return pack_signed(signed(BATCH, body, self.uid, self.seed))


def token(text: str) -> str:
    """The token of the form that is not for leaving."""
    return re.findall(r'name="token" value="([0-9a-f]{64})"', text)[-1]


def sign_in(http: TestClient, login: str = "admin", given: str = PASSPHRASE) -> Any:
    """Fill the form in as a person does."""
    form = http.get("/admin/sign-in").text
    fields = {"login": login, "passphrase": given, "token": token(form)}
    return http.post("/admin/sign-in", data=fields, follow_redirects=False)
