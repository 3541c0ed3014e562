"""What people and programs are shown of the hub's books: laptops, areas, people, conflicts, quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.domain.areas import TOWN_DIGITS
from app.domain.entities.conflict import Conflict
from app.domain.values import as_moment
from app.hub.port import HubDoor


@dataclass(frozen=True)
class DeviceLine:
    """A laptop: where it belongs and how far it has come. `lag` counts entries it has not fetched."""

    uid: str
    area: str
    role: str
    epoch: int
    enrolled: datetime | None
    last_sync: datetime | None
    lag: int | None
    revoked: datetime | None
    label: str = ""
    revoked_by: str = ""
    revoked_why: str = ""
    former: str = ""  # the laptop whose file goes on as this one, with new keys
    goes_on: str = ""  # the laptop that goes on with this one's file
    program: str = ""  # the version it said last
    disk: str = ""  # whether its disk is encrypted, as it said last
    journal: str = ""  # whether its journal is whole, as it said last

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "device": self.uid,
            "label": self.label,
            "area": self.area,
            "role": self.role,
            "epoch": self.epoch,
            "enrolled_at": moment_text(self.enrolled),
            "last_sync": moment_text(self.last_sync),
            "lag": self.lag,
            "revoked_at": moment_text(self.revoked),
            "revoked_by": self.revoked_by or None,
            "revoked_why": self.revoked_why or None,
            "former": self.former or None,
            "goes_on_as": self.goes_on or None,
            "program": self.program or None,
            "disk": self.disk or None,
            "journal": self.journal or None,
        }


@dataclass(frozen=True)
class AreaLine:
    """An area's log: its highest number and the digest of its records."""

    code: str
    seq: int
    digest: str


def device_lines(hub: HubDoor) -> list[DeviceLine]:
    """Every laptop, the one that synced last first, revoked ones at the end."""
    devices = hub.devices()
    after = {item.former: item.device for item in devices if item.former}
    lines = [
        DeviceLine(
            item.device, item.area, item.role_cap, item.epoch, moment_of(item.enrolled_at),
            moment_of(item.last_sync), item.lag, moment_of(item.revoked_at), item.label,
            item.revoked_by, item.revoked_why, item.former, after.get(item.device, ""), item.program,
            item.disk, item.journal,
        )
        for item in devices
    ]  # fmt: skip
    oldest = datetime.min.replace(tzinfo=UTC)
    lines.sort(key=lambda line: line.last_sync or line.enrolled or oldest, reverse=True)
    return sorted(lines, key=lambda line: line.revoked is not None)


def area_lines(hub: HubDoor) -> list[AreaLine]:
    """Every area that has a log, in the order of codes."""
    return [
        AreaLine(code, seq, digest if isinstance(digest, str) else f"{digest:032x}")
        for code, (seq, _, digest) in sorted(hub.status().areas.items())
    ]


def late_open(conflicts: Iterable[Conflict]) -> int:
    """How many of these open conflicts are late work of revoked laptops. The batches themselves are kept for
    ever, so they do not tell what still waits for somebody."""
    return sum(item.kind == "quarantine" for item in conflicts)


def areas_to_invite(names: Mapping[str, str], root: str) -> dict[str, str]:
    """The areas a laptop may be of, of divisions by their codes, with their names: the hub's own, its
    counties and towns. Records belong to towns, so that a laptop of a village would write nothing."""
    return {
        root: names.get(root, ""),
        **{code: name for code, name in names.items() if len(code) <= TOWN_DIGITS},
    }


def late_of(conflict: Conflict) -> str:
    """The revoked laptop whose late work raised a conflict; empty for every other conflict."""
    return (conflict.offered_device or "") if conflict.kind == "quarantine" else ""


def moment_of(value: int | str | datetime | None) -> datetime | None:
    """A moment however the books keep it: milliseconds, text or a datetime."""
    if value is None or value == "":
        return None
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC)
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def moment_text(moment: datetime | None) -> str | None:
    """The moment as it is stored."""
    return None if moment is None else as_moment(moment)
