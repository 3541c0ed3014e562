"""The grants of a laptop: which persons may sign in on it, and until when."""

from __future__ import annotations

from sqlalchemy import Connection

from app.domain.areas import covers
from app.domain.rights import within_cap
from app.hub import verifiers
from app.hub.clearing import taken_away
from app.hub.devices import Device
from app.hub.keys import PEOPLE, HubKeys, facts
from app.hub.programs import Minimum
from app.hub.recovery import Recovery
from app.hub.rulings import ruling_of
from app.sync.grants import GRANT_DAYS, Grant, Grants, pack_grants
from app.sync.messages import Held

RENEWED_MS = 3600 * 1000  # grants are good for a month; a laptop that syncs gets new ones every hour
_DAY = 24 * 3600 * 1000


def are_good(held: Held, people: bytes, now: int) -> bool:
    """Whether a laptop needs no newer grants than those it holds; `people` is the mark that stands now."""
    return held.people == people and 0 <= now - held.made < RENEWED_MS


def grants(connection: Connection, keys: HubKeys, hub: str, device: Device, now: int) -> bytes:
    """Signed grants for everybody whose role the laptop serves and whose area meets the laptop's."""
    rows = connection.exec_driver_sql(
        "SELECT uid, role, area, disabled, verifier FROM person WHERE h_alive ORDER BY uid"
    )
    kept = verifiers.kept(connection)
    found = []
    for uid, role, area, disabled, mark in rows:
        if disabled or not within_cap(str(role), device.role_cap) or not _meets(device.area, area):
            continue
        verifier = kept.get((uid, str(mark)), "")
        found.append(Grant(uid, str(role), str(area or ""), now, now + GRANT_DAYS * _DAY, verifier))
    told = facts(connection)
    made = Grants(
        hub,
        device.uid,
        now,
        found,
        told.get(PEOPLE, b""),
        ruling_of(told, Minimum).version,
        ruling_of(told, Recovery).recipient,
        [bytes.fromhex(name) for name in sorted(taken_away(connection))],
    )
    return pack_grants(made, keys.seed)


def _meets(laptop: str, person: str | None) -> bool:
    """Whether somebody with this area has anything to do on a laptop of that one."""
    return not person or covers(laptop, person) or covers(person, laptop)
