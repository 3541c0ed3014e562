"""What every request of the hub's server stands on: the hub, its clock, tokens, counters and threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from anyio import CapacityLimiter
from starlette.requests import Request

from app.errors import NotAllowed
from app.hub.auth import Tokens
from app.hub.making import Makers
from app.hub.metrics import Measures
from app.hub.passphrases import Passphrases
from app.hub.port import HubDoor
from app.hub.programs import Programs, program_of
from app.hub.speaking import in_thread
from app.hub.throttle import Throttle
from app.hub.turns import Turns
from app.i18n import N_

THREADS = 16
STORE_THREADS = 8  # what waits for the store of attachments, which may be silent, holds nobody else up
T = TypeVar("T")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Service:
    """One process's share of the hub. `fingerprint` is the SHA-256 of the certificate's key in hex, "" where
    there is no TLS; `url` is the address laptops are told."""

    hub: HubDoor
    now: Callable[[], datetime] = _utc_now
    fingerprint: str = ""
    url: str = ""
    measures: Measures = field(default_factory=Measures)
    metrics_token: str = field(default_factory=lambda: os.environ.get("GRIDWARD_METRICS_TOKEN", ""))
    limiter: CapacityLimiter = field(init=False)
    at_store: CapacityLimiter = field(init=False)
    turns: Turns = field(init=False)
    tokens: Tokens = field(init=False)
    enrolments: Throttle = field(init=False)
    sign_ins: Throttle = field(init=False)
    passphrases: Passphrases = field(init=False)
    programs: Programs = field(init=False)
    snapshots: Makers = field(init=False)
    passphrase_checks: CapacityLimiter = field(init=False)  # each takes 64 MB for a moment
    pictures: CapacityLimiter = field(init=False)  # each takes up to 200 MB

    def __post_init__(self) -> None:
        self.limiter, self.turns = CapacityLimiter(THREADS), Turns()
        self.at_store = CapacityLimiter(STORE_THREADS)
        self.tokens = Tokens(self.hub.secret, self.now)
        self.passphrases = Passphrases(self.hub.database)
        self.programs = Programs(self.hub.database)
        self.snapshots = Makers(self.hub)
        self.enrolments = Throttle(self.hub.database, self.hub.secret, self.now, limit=10)
        self.sign_ins = Throttle(self.hub.database, self.hub.secret, self.now)
        self.passphrase_checks, self.pictures = CapacityLimiter(2), CapacityLimiter(1)

    async def call(self, call: Callable[..., T], *args: Any, **named: Any) -> T:
        """Ask the hub in a thread."""
        return await in_thread(self.limiter, call, *args, **named)

    async def call_store(self, call: Callable[..., T], *args: Any) -> T:
        """Ask the store of attachments in a thread of its own."""
        return await in_thread(self.at_store, call, *args)

    def device(self, request: Request) -> str:
        """The laptop a request comes from; raises NotAllowed."""
        found = self.tokens.device_of(request.headers.get("authorization"))
        request.scope["device"] = found
        return found

    async def laptop(self, request: Request) -> str:
        """The same, for what is a part of a round: not of a laptop whose program is too old for this hub."""
        device = self.device(request)
        await self.check_program(request, device)
        return device

    async def working_laptop(self, request: Request) -> str:
        """The same, but not of a revoked laptop."""
        device = await self.laptop(request)
        await self.check_working(device)
        return device

    async def check_program(self, request: Request, device: str = "") -> None:
        """Raise Refused `too_old` for a program that may not sync."""
        program = program_of(request.headers.get("user-agent", ""))
        if not self.programs.is_known(device, program):
            await self.call(self.programs.check, device, program)

    async def check_working(self, device: str) -> None:
        """Raise NotAllowed for a revoked laptop."""
        if (await self.call(self.hub.device, device)).revoked_at is not None:
            raise NotAllowed(N_("This laptop has been revoked"), code="revoked")


def service_of(request: Request) -> Service:
    """The service a request is served by."""
    found: Service = request.app.state.service
    return found


def address_of(request: Request) -> str:
    """The network address of whoever asks."""
    return request.client.host if request.client else ""
