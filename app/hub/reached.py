"""How far each laptop has come, as people are told: written now and then, since a write for each sync would
cost too much, and for whoever came again soon a moment later."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.hub import books, devices
from app.hub.database import HubDatabase
from app.hub.devices import Device

NOTED_EVERY_MS = 30_000
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class _Stand:
    """Where a laptop stood when it last came (a moment in ms), and with what it was given (by area)."""

    cursors: Mapping[str, int]
    delivered: Mapping[str, int]
    time: int


class Reached:
    """Of one process of the hub. What another process wrote later is not taken back."""

    def __init__(self, database: HubDatabase) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._noted: dict[str, int] = {}
        self._waiting: dict[str, _Stand] = {}

    def forget(self, device: str) -> None:
        """Note this laptop the next time, however soon."""
        self._noted.pop(device, None)

    def hear(self, device: Device, cursors: Mapping[str, int], given: Mapping[str, int], time: int) -> None:
        """A laptop stands at `cursors` and is given all up to `given`; a founder that fetches sent all."""
        ends = device.founding and device.next > 1
        stand, now = _Stand(dict(cursors), {**cursors, **given}, time), books.clock()
        if not ends and now - self._noted.get(device.uid, 0) < NOTED_EVERY_MS:
            with self._turn:
                self._waiting[device.uid] = stand
            return
        self._noted[device.uid] = now
        with self._turn:
            self._waiting.pop(device.uid, None)
        values = _values(device, stand)
        if ends:
            values["founding"] = False
        if values:
            with self._database.writing() as connection:
                devices.change(connection, device.uid, **values)

    def note_rest(self) -> None:
        """Write where those stand who came again too soon; whoever serves the hub calls this now and then."""
        with self._turn:
            waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        with self._database.writing() as connection:
            for uid in sorted(waiting):
                found = devices.device(connection, uid, lock=True)
                values = _values(found, waiting[uid]) if found is not None else {}
                if found is not None and values and _is_news(found, waiting[uid]):
                    devices.change(connection, uid, **values)


def _is_news(device: Device, stand: _Stand) -> bool:
    """Whether this is further than what is written, which another process may have heard later."""
    written = json.loads(device.delivered or "{}")
    heard = device.last_sync or 0
    put_back = heard - stand.time > _DAY_MS  # the hub's clock
    return (put_back or stand.time >= heard) and all(
        stand.delivered.get(area, 0) >= seq for area, seq in written.items()
    )


def _values(device: Device, stand: _Stand) -> dict[str, Any]:
    """What is to be written of a laptop; nothing when it is written already."""
    values: dict[str, Any] = {
        "cursors": json.dumps(stand.cursors, sort_keys=True),
        "delivered": json.dumps(stand.delivered, sort_keys=True),
    }
    if (values["cursors"], values["delivered"]) == (device.cursors, device.delivered):
        values = {}
    # Whoever only fetches is heard of as well; and the hub's clock may have been put back.
    if abs(stand.time - (device.last_sync or 0)) >= NOTED_EVERY_MS:
        values["last_sync"] = stand.time
    return values
