"""Two laptops with many changes each and a hub: the whole way round, the hub's part of it, and the fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from app.hub.hub import Hub
from app.store.snapshot import SnapshotFile
from app.sync.folding import proved
from syncbench import hubs
from syncbench.laptops import Laptop, key_of
from syncbench.measuring import Taken, settle, timed
from syncbench.postgres import copy_rows
from syncbench.rows import Edit, boilers, edits

LARGE_PULL = 4 << 20


@dataclass(frozen=True)
class Place:
    """Where the measuring happens: the hub, its server process, the snapshot laptops begin from."""

    hub: Hub
    url: str
    server: int
    start: SnapshotFile
    folder: Path
    uids: list[str]


def pull(hub: Hub, laptop: Laptop) -> int:
    """Fetch, prove and fold all that is new, as a round of sync does; how many entries."""
    replica, count = laptop.workspace.replica, 0
    while True:
        cursors = {area: cursor.seq for area, cursor in replica.cursors().items()}
        answer = hub.pull(laptop.device, cursors, LARGE_PULL)
        for done in replica.fold_all(proved(block, hub.key) for block in answer.blocks):
            count += done.entries
        if not answer.more:
            return count


class RoundTrip:
    """Both laptops have written `count` changes; sealing, pushing, deciding, fetching and folding follow."""

    def __init__(self, place: Place, run: int, count: int) -> None:
        self.place, self.parts = place, {}
        self.laptops = [self._laptop(run * 2 + side, run, count) for side in (0, 1)]
        self.answers: list[Any] = []

    def _laptop(self, number: int, run: int, count: int) -> Laptop:
        path = self.place.folder / f"laptop{number}.gpkg"
        laptop = Laptop.install(self.place.start, path, key_of(number), hubs.enrol(self.place.hub, number))
        pull(self.place.hub, laptop)  # what earlier runs have written
        laptop.write(fresh_edits(self.place.uids, laptop, count, number + 1))
        laptop.workspace._opened.database.tidying.join()  # what saves leave to a thread is not the exchange's
        return laptop

    def run(self) -> Taken:
        """The timed part; `parts` has what its pieces took."""
        settle()
        self.parts: dict[str, list[Taken]] = {"seal": [], "push": [], "pull": []}
        return timed(self._round, self.place.server)

    def _round(self) -> None:
        for laptop in self.laptops:
            sealed: list[Any] = []
            self._part("seal", lambda laptop=laptop, sealed=sealed: sealed.append(laptop.seal()))
            self._part("push", lambda sealed=sealed: self.answers.append(self._push(sealed[0].body)))
            laptop.workspace.replica.taken(sealed[0].sha256)
        for laptop in self.laptops:
            self._part("pull", lambda laptop=laptop: pull(self.place.hub, laptop))

    def _push(self, body: bytes) -> Any:
        return self.place.hub.push(body, hubs.now())

    def _part(self, name: str, work: Any) -> None:
        self.parts[name].append(timed(work, self.place.server))

    def check(self) -> None:
        """Both laptops have what the hub has, to the last value."""
        for laptop in self.laptops:
            areas = self.place.hub.pull(laptop.device, {}, 1).areas
            mine = {area: (c.seq, c.head, c.digest) for area, c in laptop.workspace.replica.cursors().items()}
            differing = [area for area in mine if tuple(areas[area]) != mine[area]]
            assert not differing, f"laptop and hub differ in {differing}"
            assert not laptop.workspace.replica.pending().changes

    def close(self) -> None:
        """Close the laptops and remove their files."""
        for laptop in self.laptops:
            laptop.close()
            for path in laptop.path.parent.glob(laptop.path.name + "*"):
                path.unlink()


def fresh_edits(uids: list[str], laptop: Laptop, count: int, seed: int) -> list[list[Edit]]:
    """Changes of records that the laptop still has: earlier runs deleted some."""
    acts = edits(uids, count, seed)
    gone = {edit.uid for act in acts for edit in act if edit.sort != "insert" and not _has(laptop, edit.uid)}
    return [[edit for edit in act if edit.uid not in gone] for act in acts]


def _has(laptop: Laptop, uid: str) -> bool:
    return laptop.workspace.get("boiler", uid) is not None


def copied(place: Place, first: int, count: int) -> Taken:
    """COPY of so many boilers that are new into the hub's own table with its indexes and rules."""
    rows = list(boilers(first, first + count))
    settle()
    with psycopg.connect(place.url) as connection:

        def work() -> None:
            copy_rows(connection, rows)
            connection.commit()

        taken = timed(work, place.server)
        connection.execute("DELETE FROM boiler WHERE uid = ANY(%s)", ([uid for uid, _ in rows],))
        connection.commit()
    return taken


def summary(parts: Mapping[str, list[Taken]]) -> dict[str, float]:
    """Seconds of each piece, summed over both laptops."""
    return {f"{name}_s": sum(taken.wall for taken in those) for name, those in parts.items()}
