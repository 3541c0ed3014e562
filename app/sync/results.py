"""What the laptop side of sync answers: a round, an enrolment, a bundle, a proof, and where things stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Progress = Callable[[int, int, str], None]
State = Literal["alone", "safe", "unsent", "offline", "revoked"]


@dataclass(frozen=True)
class AreaState:
    """How far one area has come on this laptop, and whether the hub has the same values there.

    `agrees` is None while the laptop has not folded everything the hub told of.
    """

    seq: int
    agrees: bool | None


@dataclass(frozen=True)
class PapersDone:
    """The papers that came by stick beside `blobs_down`: small pictures, and how many files are still
    `lacking` here. Of those the hub has `left` that its bundle had no room for; `unknown` nobody has brought
    to it yet.
    """

    pictures: int = 0
    lacking: int = 0
    left: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class SyncDone:
    """What one round did. `pushed` counts changes sent, the next four what the hub made of own changes,
    `pulled` entries folded; `unsent` what still waits here; `hub_time` is a moment in UTC.
    `late`: what the hub told is older than what had been heard of it before.

    `restored` says that the hub had been brought back from a backup and was given back `given_back` changes.
    `papers` is told of a bundle only. `held_back` says that nothing was fetched, as the disk is too full to
    fold it. `forked` says that the hub knew this file from before a backup was
    brought back, `damaged` names evidence files that did not go because they are not what was added any more,
    `quarantined` that the work of this revoked laptop waits for a person; `message` is the
    hub's own sentence, if it had one. `broken` says what is wrong with this laptop's journal, which was sent
    all the same.
    """

    pushed: int = 0
    accepted: int = 0
    merged: int = 0
    rejected: int = 0
    conflicts: int = 0
    pulled: int = 0
    blobs_up: int = 0
    blobs_down: int = 0
    papers: PapersDone | None = None
    areas: Mapping[str, AreaState] = field(default_factory=dict)
    unsent: int = 0
    hub_time: str = ""
    late: bool = False
    restored: bool = False
    given_back: int = 0
    held_back: bool = False
    forked: bool = False
    quarantined: bool = False
    damaged: tuple[str, ...] = ()
    message: str = ""
    touched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broken: str = ""

    @property
    def agrees(self) -> bool:
        """Whether laptop and hub have the same values in every area."""
        return all(item.agrees is not False for item in self.areas.values())

    @property
    def is_level(self) -> bool:
        """Whether nothing is on its way: all that the hub told of is here, agrees, and nothing is unsent."""
        agree = bool(self.areas) and all(item.agrees for item in self.areas.values())
        return agree and not self.unsent and not self.late


@dataclass(frozen=True)
class SyncStatus:
    """Where this workspace stands, read from the file alone.

    `last_sync` is a moment in UTC or empty; `last_error` a sentence or empty. `alone`: not enrolled; `safe`:
    nothing waits; `unsent`: changes wait; `offline`: they wait and the last try failed; `revoked`: the hub no
    longer takes this laptop's work as it comes. `restored_at` is the moment this laptop noticed last that the
    hub had been brought back from a backup, `given_back` how many changes the hub had from here only.
    `handed_in` is how many of the unsent changes of a revoked laptop wait at the hub for a person.
    `files_unsent` counts the evidence files that the last round left, `damaged` names those that cannot go.
    `short`: there is too little room on the disk to take in what others did. `wanted` is the lowest version
    of the program that the hub works with, where this one is lower. `disk`: whether it is encrypted, as the
    hub was told ("encrypted", "open", "unknown"; "" before).
    """

    enrolled: bool
    hub: str
    area: str
    unsent: int
    waiting_for_reason: int
    last_sync: str
    last_error: str
    conflicts_open: int
    state: State
    restored_at: str = ""
    given_back: int = 0
    handed_in: int = 0
    files_unsent: int = 0
    damaged: tuple[str, ...] = ()
    short: bool = False
    wanted: str = ""
    disk: str = ""


@dataclass(frozen=True)
class EnrolDone:
    """A workspace that is now a replica. `records` came from the hub, `pending` own changes wait to be sent;
    `place` is what its area is called, from the county down, empty where its divisions are not here yet.

    `keys` says where the device's keys lie: in the system's keystore, wrapped by the PIN, or in a file of
    this user, where "promised" are wrapped by the PIN of whoever signs in first; `waits` that the hub answers
    by a bundle (enrolled from an invitation file); `again` that it was one before, and the hub, restored from
    a backup, knew it no more; `moved` that the hub knows it, and is at another
    address or has another certificate.
    """

    file: Path
    device: str
    hub: str
    url: str
    area: str
    root: str
    role: str
    founding: bool
    records: int
    pending: int
    keys: Literal["keystore", "wrapped", "file", "promised"]
    waits: bool = False
    again: bool = False
    moved: bool = False
    place: str = ""


@dataclass(frozen=True)
class BundleDone:
    """A bundle written, read back and found whole: it is safe to unplug the stick.

    `volumes` are its files when it was too large for one; `path` is the first. `given_back` counts what a
    restored hub has lost and is given back: then the own changes go with the next bundle. `lacking` papers
    are not here; the bundle asks the hub for them. `damaged` names evidence files that did not go with it,
    `wanted` the lowest version of the program that the hub said it works with, where this one is lower,
    `broken` says what is wrong with this laptop's journal, which went along all the same.
    """

    path: Path
    changes: int
    blobs: int
    verified: bool
    volumes: tuple[Path, ...] = ()
    size: int = 0
    given_back: int = 0
    lacking: int = 0
    damaged: tuple[str, ...] = ()
    wanted: str = ""
    broken: str = ""


@dataclass(frozen=True)
class BundleFinding:
    """One thing wrong with a bundle: its code and a sentence."""

    code: str
    why: str


@dataclass(frozen=True)
class BundleReport:
    """What can be said of a bundle without a key; `hub_name` where a workspace of that hub is at hand."""

    ok: bool
    path: Path
    kind: str = ""
    hub: str = ""
    device: str = ""
    made_at: str = ""
    volume: int = 1
    volumes: int = 1
    size: int = 0
    problems: tuple[BundleFinding, ...] = ()
    hub_name: str = ""


@dataclass(frozen=True)
class ProofProblem:
    """A value that cannot be accounted for, or an area whose digests differ."""

    code: str
    why: str
    entity: str = ""
    uid: str = ""
    field: str = ""


@dataclass(frozen=True)
class ProvedArea:
    """Where an area stands: the last entry folded, its digest, and whether counting anew gives the same."""

    code: str
    seq: int
    digest: str
    same: bool


@dataclass(frozen=True)
class Proof:
    """The sum of a certificate: `values` ever entered here = current + in conflict + superseded (by a named
    act) + waiting (not yet decided by the hub). `sheet` is where it was written to be read, if it was."""

    ok: bool
    path: Path
    values: int
    current: int
    in_conflict: int
    superseded: int
    waiting: int = 0
    problems: tuple[ProofProblem, ...] = ()
    made_at: str = ""
    areas: tuple[ProvedArea, ...] = ()
    sheet: Path | None = None
