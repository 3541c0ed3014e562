"""What a replica keeps beside the records: grants, a waiting request, how the last round ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from app import __version__
from app.domain.areas import area_of_code
from app.domain.entities.division import Division
from app.domain.values import as_moment
from app.domain.versions import is_below
from app.errors import Invalid
from app.i18n import N_
from app.store.encryption import disk_state
from app.store.redacted import TOLD
from app.store.replica import Replica
from app.store.workspace import Workspace
from app.sync.messages import Held

GRANTS = "grants"
MINIMUM = "minimum_program"  # the lowest version of the program that the hub works with, as the grants say
RECOVERY = "recovery"  # the recipient that bundles are written to beside the hub's
DISK = "disk"  # whether it is encrypted
JOURNAL = "journal"  # whether it is whole
_AHEAD = "clock_ahead"  # ms
_SEEN = "clock_seen"  # ms, and ms of the journal
_HOUR_MS = 3600 * 1000
_DAY_MS = 24 * _HOUR_MS
ENROL_REQUEST = "enrol_request"  # of a laptop that joined by an invitation file
LAST_ERROR = "last_error"
REVOKED = "revoked"
HANDED_IN = "handed_in"  # how many changes of a revoked laptop wait at the hub for a person
RESTORED = "hub_restored"
FILES = "files_left"  # how many evidence files the last round left unsent, and the names of damaged ones
ASKED = "papers.first"  # evidence files that somebody asked for by themselves
MOST_ASKED = 20_000  # files named in one bundle; the next names the others
LOCK_KEYS = "keys.lock"  # keys in a file are to be wrapped by the PIN of whoever signs in first


def note_outcome(workspace: Workspace, error: str, *, revoked: bool = False) -> None:
    """Keep how the last round ended, for the status line."""
    replica = workspace.replica
    _keep(replica, LAST_ERROR, error.encode())
    _keep(replica, REVOKED, b"1" if revoked else b"")
    if not revoked:
        _keep(replica, HANDED_IN, b"")


def note_files(workspace: Workspace, left: int, damaged: Sequence[str]) -> None:
    """Keep how many evidence files wait here for the hub, and which cannot go because they are damaged."""
    told = json.dumps([left, *damaged], ensure_ascii=False) if left or damaged else ""
    _keep(workspace.replica, FILES, told.encode())


def files_left(workspace: Workspace) -> tuple[int, tuple[str, ...]]:
    """How many evidence files the last round left, and the names of those that are damaged here."""
    left, *damaged = json.loads(workspace.replica.private(FILES) or b"[0]")
    return left, tuple(damaged)


def note_handed_in(workspace: Workspace, count: int) -> None:
    """Keep how many changes of this revoked laptop the hub has laid aside for a person."""
    _keep(workspace.replica, HANDED_IN, str(count).encode())


def handed_in(workspace: Workspace) -> int:
    """How many of this revoked laptop's changes wait at the hub for a person."""
    return int(workspace.replica.private(HANDED_IN) or b"0")


def _keep(replica: Replica, name: str, value: bytes) -> None:
    if (replica.private(name) or b"") != value:
        replica.set_private(name, value or None)


def note_restored(workspace: Workspace, now: datetime, entries: int) -> None:
    """Keep that the hub had been brought back from a backup, and what this laptop gave it back."""
    before = restored(workspace)
    entries += before[1] if before is not None and before[0][:10] == as_moment(now)[:10] else 0
    told = {"at": as_moment(now), "entries": entries}
    workspace.replica.set_private(RESTORED, json.dumps(told).encode())


def restored(workspace: Workspace) -> tuple[str, int] | None:
    """When this laptop last noticed that the hub had been brought back, and how much it gave back."""
    kept = workspace.replica.private(RESTORED)
    if kept is None:
        return None
    told = json.loads(kept)
    return str(told["at"]), int(told["entries"])


def held_grants(workspace: Workspace) -> Held:
    """Which grants are here, for the hub to send newer ones; the state of disk and journal."""
    from app.sync.grants import read_grants  # late, as below

    facts, kept = workspace.replica.facts(), workspace.replica.private(GRANTS)
    if facts is None or kept is None:
        made, people = 0, b""
    else:
        grants = read_grants(kept, facts.hub_key)
        made, people = grants.made, grants.people
    told = (workspace.replica.private(JOURNAL) or b"").decode()
    return Held(made=made, people=people, disk=disk_of(workspace), journal=told)


def note_journal(workspace: Workspace, *, whole: bool) -> None:
    """Keep whether the journal was whole when it was looked at last, for the hub to hear of; without room on
    the disk the round goes on without it."""
    if not workspace.read_only and workspace.room.fits(0):
        _keep(workspace.replica, JOURNAL, b"whole" if whole else b"broken")


def look_at_disk(workspace: Workspace) -> None:
    """Find out whether the disk is encrypted, and keep it; may take a second."""
    _keep(workspace.replica, DISK, disk_state(workspace.path.parent).encode())


def disk_of(workspace: Workspace) -> str:
    """Whether the disk of this laptop was encrypted when it was looked at last: "encrypted", "open",
    "unknown", or "" when nobody has looked."""
    return (workspace.replica.private(DISK) or b"").decode()


def keep_grants(workspace: Workspace, packed: bytes, *, now_told: bool = False) -> None:
    """Keep the hub's grants, and its clock; raises Invalid when they are not this hub's. Older ones than
    those that are here are passed over, so that an old bundle brings nobody back. What the hub has just told
    over the network counts (`now_told`), also where its clock was ahead before, or is behind."""
    from app.sync.grants import read_grants  # late: the status line needs no cryptography

    replica = workspace.replica
    facts = replica.facts()
    if facts is None or not packed:
        return
    grants = read_grants(packed, facts.hub_key)
    if grants.hub != facts.hub or grants.device not in ("", facts.device):  # "": of an invitation file
        raise Invalid(N_("The hub’s grants are for another laptop"), code="foreign_grants")
    kept = replica.private(GRANTS)
    if kept is not None and not now_told and read_grants(kept, facts.hub_key).made > grants.made:
        return
    if packed != kept:
        replica.set_private(GRANTS, packed)
        _keep(replica, MINIMUM, grants.minimum.encode())
        _keep(replica, TOLD, b"".join(grants.gone))
        forget_seen(replica, grants.made)
        keep_recovery(workspace, grants.recovery)
    replica.set_facts(hub_time_ms=grants.made if now_told else max(facts.hub_time_ms, grants.made))


def keep_recovery(workspace: Workspace, recipient: str) -> None:
    """Keep for which recovery key bundles are written too, as grants or an invitation of the hub say."""
    _keep(workspace.replica, RECOVERY, recipient.encode())


def bundle_readers(workspace: Workspace, hub: str) -> list[str]:
    """For whom a bundle for the hub is written: for its own key (`hub`), and the recovery key if one is."""
    recovery = (workspace.replica.private(RECOVERY) or b"").decode()
    return [hub, recovery] if recovery else [hub]


def wanted_program(workspace: Workspace) -> str:
    """The lowest version of the program that the hub works with, where this one is lower; else ""."""
    least = (workspace.replica.private(MINIMUM) or b"").decode()
    return least if is_below(__version__, least) else ""


def note_clock(workspace: Workspace, now: datetime, hub_time: int) -> None:
    """Remember how far this laptop's clock runs ahead of the hub's, by what the hub has just told over the
    network; of less than a day nobody needs to know."""
    replica = workspace.replica
    ahead, kept = int(now.timestamp() * 1000) - hub_time, _ahead(workspace)
    ahead = ahead if hub_time and ahead > _DAY_MS else 0
    if abs(ahead - kept) > _DAY_MS or bool(ahead) != bool(kept):
        replica.set_private(_AHEAD, str(ahead).encode() if ahead else None)
    if hub_time:
        forget_seen(replica, hub_time)


def clock_of(workspace: Workspace, now: datetime, hub_time: int) -> int:
    """The time (ms) by which grants end: this laptop's, less what its clock ran ahead of the hub's when they
    last met; never earlier than what the hub has told, nor than what this laptop has seen since: when
    somebody wanted to sign in, and when something was written. Between two meetings no clock goes back."""
    replica = workspace.replica
    seen, written_before = _seen(replica)
    written = replica.newest_clock()
    clocks = [int(now.timestamp() * 1000), *([written] if written - written_before > _HOUR_MS else [])]
    ahead = _ahead(workspace)
    latest = max(clock - ahead if clock >= hub_time + ahead else clock for clock in clocks)
    return max(latest, hub_time, seen)


def note_seen(workspace: Workspace, moment: int) -> None:
    """Remember a moment (ms, as `clock_of` gives it) that this laptop has seen; of an hour nobody needs to
    know, and a full disk is no reason to keep somebody out."""
    replica = workspace.replica
    seen, before = _seen(replica)
    if moment - seen > _HOUR_MS and not workspace.read_only and workspace.room.fits(0):
        replica.set_private(_SEEN, json.dumps([moment, before]).encode())


def forget_seen(replica: Replica, hub_time: int) -> None:
    """The hub has told its time: a later one that this laptop had before says nothing any more."""
    seen, written = _seen(replica)[0], replica.newest_clock()
    ran_ahead = written - hub_time > _HOUR_MS
    if ran_ahead or seen > hub_time:
        _keep(replica, _SEEN, json.dumps([0, written]).encode() if ran_ahead else b"")


def _seen(replica: Replica) -> tuple[int, int]:
    """The latest moment since the hub last told its time, and the newest own clock in the journal then."""
    moment, before = json.loads(replica.private(_SEEN) or b"[0, 0]")
    return int(moment), int(before)


def _ahead(workspace: Workspace) -> int:
    return int(workspace.replica.private(_AHEAD) or b"0")


def end_founding(workspace: Workspace, now: datetime) -> None:
    """A founder that has heard of all it sent is a laptop like any other, and holds what it may read."""
    replica = workspace.replica
    facts = replica.facts()
    if facts is None or not facts.founding or replica.pending().changes:
        return
    replica.set_facts(founding=False)
    codes = {area_of_code(item.code, facts.root) for item in workspace.find(Division)}
    outside = sorted(code for code in codes if not facts.scope.reads(code))
    if outside:
        replica.leave(outside, now)


def ask_first(workspace: Workspace, sha256: str) -> None:
    """Have the next round fetch this file, and the next bundle ask for it before all others, and before
    those asked for so far."""
    away = [name for name in asked_first(workspace) if not workspace.attachment_path(name).is_file()]
    names = list(dict.fromkeys((sha256, *away)))[:MOST_ASKED]
    workspace.replica.set_private(ASKED, json.dumps(names).encode())


def asked_first(workspace: Workspace) -> list[str]:
    """The files that somebody here wants before others, the last one asked for first."""
    return [str(name) for name in json.loads(workspace.replica.private(ASKED) or b"[]")]
