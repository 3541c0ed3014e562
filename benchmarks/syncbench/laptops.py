"""Laptops of the benchmark: workspaces that begin from a snapshot of a hub which has decided many boilers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import shapely

from app.domain.changes import Actor, Change, ChangeSet
from app.domain.digest import MODULUS, row_hash
from app.domain.replication import Batch, Cells
from app.store.outbox import Draft, Sealed
from app.store.replica_facts import Cursor, ReplicaFacts
from app.store.snapshot import SnapshotFile, SnapshotRow, install_snapshot, make_snapshot
from app.store.workspace import Workspace
from app.sync.signing import BATCH, pack_signed, public_key, signed
from app.sync.wire import encode_batch
from syncbench.rows import COUNTY, ROOT, TOWNS, Edit, boilers, uid_of

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
PERSON = Actor("00000000-0000-4000-8000-0000000000b1", "王芳", "R3", "生态环境局", COUNTY)
HEAD = sha256(b"what the benchmark's hub decided before").digest()


def snapshot(folder: Path, count: int) -> tuple[SnapshotFile, dict[str, Cursor]]:
    """The snapshot of a hub with so many boilers, and where the log of each town stands in it."""
    rows = (SnapshotRow("boiler", uid, cells["div_code"], cells) for uid, cells in boilers(0, count))
    cursors = {town: Cursor(1, HEAD, digest) for town, digest in digests(count).items()}
    made = make_snapshot(rows, folder / "start.gpkg.zst", area=COUNTY, title="bench", cursors=cursors)
    return made, cursors


def digests(count: int) -> dict[str, int]:
    """The digest of each town's boilers."""
    found = dict.fromkeys(TOWNS, 0)
    for uid, cells in boilers(0, count):
        found[cells["div_code"]] = (found[cells["div_code"]] + row_hash("boiler", uid, cells)) % MODULUS
    return found


class Laptop:
    """One laptop: its file, its key, and how it seals."""

    def __init__(self, path: Path, device: str, seed: bytes, hub: str) -> None:
        self.path, self.device, self.seed, self.hub = path, device, seed, hub
        self.workspace = Workspace.open(path)

    @classmethod
    def install(cls, made: SnapshotFile, path: Path, seed: bytes, hub: Mapping[str, Any]) -> Laptop:
        """A laptop that begins from a snapshot; `hub` has what an enrolment answers."""
        facts = ReplicaFacts(
            hub=hub["hub"], url="", fingerprint="", hub_key=hub["hub_key"],
            hub_recipient=hub["hub_recipient"], device=hub["device"], epoch=hub["epoch"],
            area=COUNTY, root=ROOT, role_cap="R3",
        )  # fmt: skip
        install_snapshot(made.path, path, facts, sha256=made.sha256)
        return cls(path, hub["device"], seed, hub["hub"])

    @property
    def key(self) -> bytes:
        """The public half of its key."""
        return public_key(self.seed)

    def write(self, acts: list[list[Edit]]) -> None:
        """The changes as a person saves them, an act at a time."""
        for number, change_set in enumerate(change_sets(self.workspace, acts)):
            self.workspace.apply(change_set, at=AT + timedelta(seconds=number))

    def seal(self, limit: int = 100_000) -> Sealed | None:
        """Put what waits into a signed batch."""
        facts = self.workspace.replica.facts()
        assert facts is not None

        def make(draft: Draft) -> tuple[bytes, bytes]:
            batch = Batch(
                self.hub, self.device, facts.epoch, draft.previous, draft.first,
                self.workspace.schema_version, int(AT.timestamp() * 1000), draft.views,
                draft.acts, draft.entries, draft.seen,
            )  # fmt: skip
            message = signed(BATCH, encode_batch(batch), self.device, self.seed)
            return pack_signed(message), message.sha256

        return self.workspace.replica.seal(limit, make)

    def close(self) -> None:
        """Close the file."""
        self.workspace.close()


def change_sets(workspace: Workspace, acts: list[list[Edit]]) -> Iterator[ChangeSet]:
    """The edits as change sets, with what the writer saw."""
    for act in acts:
        yield ChangeSet(tuple(_change(workspace, edit) for edit in act), "edit", PERSON, "现场核查")


def _change(workspace: Workspace, edit: Edit) -> Change:
    after = {name: _value(name, value) for name, value in edit.cells.items()}
    if edit.sort == "insert":
        return Change("boiler", edit.uid, "insert", {}, after)
    record = workspace.get("boiler", edit.uid)
    assert record is not None
    if edit.sort == "delete":
        whole = {**record.values(), "geometry": record.geometry}
        return Change(
            "boiler", edit.uid, "delete", {n: v for n, v in whole.items() if v not in (None, ())}, {}
        )
    return Change("boiler", edit.uid, "update", {name: getattr(record, name) for name in after}, after)


def _value(name: str, value: Any) -> Any:
    return shapely.from_wkb(value) if name == "geometry" else value


def key_of(number: int) -> bytes:
    """The seed of a laptop's key; the same in every run."""
    return random.Random(number).randbytes(32)


def device_of(number: int) -> str:
    """A laptop's uid; the same in every run."""
    return uid_of(random.Random(f"laptop {number}"))


def cells_of(edit: Edit) -> Cells:
    """The cells of an edit as they travel."""
    return dict(edit.cells)
