"""What travels between laptops and the hub: acts (who, when, why), their entries, and what became of them.

Values travel as plain values by field id: text, number, bool, a list of texts, and a geometry as WKB bytes
(EPSG:4490, little-endian, x = longitude) under the id `geometry`. None means unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.i18n import N_

Op = Literal["i", "u", "d", "n"]  # insert, update, delete; n: nothing to write (an effect only)
Verdict = Literal["accepted", "merged", "conflict", "rejected"]
Cells = dict[str, Any]
SEEN_BYTES = 8  # of a head, enough to tell one log from another
STANDS = "stands"  # the note of an effect by which a restored hub tells a record whole
HUB_PERSON = "hub"  # the person of an act that the hub itself wrote, whose name it is in the log
HUB_TOLD = N_("the hub")  # and for people


@dataclass(frozen=True, slots=True)
class Act:
    """A transaction as it travels: who did what, when by their own clock, and why.

    `hlc` is milliseconds << 16 | counter and never runs backwards on one laptop; `wall` is a stored
    moment. `device` is the laptop that wrote it.
    """

    uid: str
    device: str
    person: str
    person_name: str
    role: str
    org: str
    action: str
    reason: str
    undoes: str | None
    hlc: int
    wall: str


@dataclass(slots=True)
class Entry:
    """One change as a laptop wrote it.

    `act` and `view` are places in the batch's lists; `uid` may be a prefix of at least ten hex digits until
    the hub has resolved it. An insert carries all known cells, an update the new ones, a delete none.
    """

    act: int
    entity: str
    uid: str
    op: Op
    cells: Cells
    view: int = 0


@dataclass(slots=True)
class Effect:
    """One entry of an area's log, as every replica folds it; its number is the block's first plus its place.

    `dseq` is the number the writing laptop gave the change (0 for what the hub wrote itself). For `i` the
    cells are the whole record (also when it is revived or enters the area), for `u` the value that stands for
    every field the change touched, whichever side won; `d` deletes (or takes it out of the area), `n`
    writes nothing. `note` says in a word why the verdict is not `accepted`.
    """

    act: int
    dseq: int
    entity: str
    uid: str
    op: Op
    cells: Cells
    verdict: Verdict = "accepted"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of an area's log: entries `first` … `first + len(effects) - 1`, written together by one laptop.

    `device` and `epoch` say who pushed them ("" for the hub's own), `received` is the hub's clock in ms.
    """

    area: str
    first: int
    device: str
    epoch: int
    received: int
    acts: tuple[Act, ...]
    effects: tuple[Effect, ...]

    @property
    def last(self) -> int:
        """The number of the last entry."""
        return self.first + len(self.effects) - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What a laptop pushes: its changes numbered `first`, `first + 1`, … in this epoch.

    `views` say what the writer had seen when it wrote: the highest number folded in each area, by area.
    `previous` is the SHA-256 of the batch before it in this epoch (32 zero bytes at its start). `seen` shows
    that the laptop was given these logs: of each area the number of the last block it has, and the first
    bytes of the head there. In a view `AREA~BRANCH` counts a lost stretch that the writer had seen.
    """

    hub: str
    device: str
    epoch: int
    previous: bytes
    first: int
    schema: int
    sent: int
    views: tuple[Mapping[str, int], ...]
    acts: tuple[Act, ...]
    entries: tuple[Entry, ...]
    seen: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The number of the last change."""
        return self.first + len(self.entries) - 1


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who wrote a cell last: its number in the area, the site (a laptop in an epoch), the clamped clock."""

    seq: int
    site: int
    hlc: int


@dataclass(frozen=True, slots=True)
class RowState:
    """A row as the hub holds it, as far as a decision needs it: the values and stamps of the fields touched.

    `seq` is the highest stamp of the row; of a dead row (`alive` false) the number of its deletion.
    """

    alive: bool
    seq: int
    values: Mapping[str, Any] = field(default_factory=dict)
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
