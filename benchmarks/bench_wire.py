"""The wire format beside geodiff: bytes a change, and the time to write and to read 10,000 of them.

Both carry the same changes of the same 100,000 boilers. geodiff's changeset has the old values and no author;
ours has author, reason, clock, view and the uuid of every act. Both are compressed by zstd.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from time import perf_counter

import geopandas
import pygeodiff
import pyogrio
import shapely
import zstandard

from app.domain.replication import Batch
from app.store.geom import to_blob
from app.sync.wire import decode_batch, encode_batch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from sync.wire_cases import STATES, mixed_batch, uid_of

ROWS, CHANGES = 100_000, 10_000
COLUMNS = ("ledger_no", "user_org", "status", "rated_mw", "note", "div_code")


def seconds(work: Callable[[], object], times: int = 7) -> float:
    """The shortest of a few runs."""
    taken = []
    for _ in range(times):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return min(taken)


def base_file(path: Path, uids: list[str], decimals: int) -> None:
    """A GeoPackage of as many boilers as there are uids."""
    rnd = random.Random(1)
    places = [(round(106.5 + rnd.random(), decimals), round(35.2 + rnd.random(), decimals)) for _ in uids]
    frame = geopandas.GeoDataFrame(
        {
            "uid": uids,
            "ledger_no": [f"KTQ-{n:06}" for n in range(len(uids))],
            "user_org": [f"单位{rnd.randrange(5000)}" for _ in uids],
            "status": [rnd.choice(STATES) for _ in uids],
            "rated_mw": [round(rnd.random() * 7, 1) for _ in uids],
            "note": [f"核查 {rnd.randrange(1000)}" for _ in uids],
            "div_code": [f"620802{rnd.randrange(100, 120)}" for _ in uids],
        },
        geometry=shapely.points(places), crs="EPSG:4490",
    )  # fmt: skip
    pyogrio.write_dataframe(
        frame, path, layer="boiler", driver="GPKG", SPATIAL_INDEX="NO", GEOMETRY_NAME="geometry"
    )


def apply(path: Path, batch: Batch) -> None:
    """The changes of the batch, written into a GeoPackage as a program without a journal would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("CREATE UNIQUE INDEX of_uid ON boiler(uid)")
        for entry in batch.entries:
            cells = {**entry.cells, **({"uid": entry.uid} if entry.op == "i" else {})}
            if "geometry" in cells:
                cells["geometry"] = to_blob(shapely.from_wkb(cells["geometry"]))
            names, values = list(cells), list(cells.values())
            if entry.op == "d":
                connection.execute("DELETE FROM boiler WHERE uid = ?", (entry.uid,))
            elif entry.op == "i":
                marks = ", ".join("?" * len(names))
                connection.execute(f"INSERT INTO boiler ({', '.join(names)}) VALUES ({marks})", values)
            else:
                sets = ", ".join(f"{name} = ?" for name in names)
                connection.execute(f"UPDATE boiler SET {sets} WHERE uid = ?", (*values, entry.uid))
        connection.execute("DROP INDEX of_uid")


def changeset(folder: Path, uids: list[str], batch: Batch, decimals: int) -> int:
    """How long geodiff's changeset of the same changes is, compressed."""
    before, after, changes = folder / "before.gpkg", folder / "after.gpkg", folder / "changes"
    base_file(before, uids, decimals)
    copyfile(before, after)
    apply(after, batch)
    pygeodiff.GeoDiff().create_changeset(str(before), str(after), str(changes))
    return len(zstandard.ZstdCompressor(level=3).compress(changes.read_bytes()))


def measured(decimals: int) -> dict[str, float]:
    """One comparison, with coordinates of so many decimals (17: all that a drawn point has)."""
    rnd = random.Random(4)
    uids = [uid_of(rnd) for _ in range(ROWS)]
    batch = mixed_batch(CHANGES, uids, decimals=decimals)
    body, full = encode_batch(batch), encode_batch(batch, short=False)
    with tempfile.TemporaryDirectory() as folder:
        peer = changeset(Path(folder), uids, batch, decimals)
    return {
        "bytes_per_change": len(body) / CHANGES,
        "bytes_per_change_full_uids": len(full) / CHANGES,
        "bytes_per_change_geodiff": peer / CHANGES,
        "bytes_to_geodiff": len(body) / peer,
        "encode_ms": 1000 * seconds(lambda: encode_batch(batch)),
        "decode_ms": 1000 * seconds(lambda: decode_batch(body)),
    }


def main() -> None:
    """Print one JSON document."""
    found = {f"decimals_{decimals}": measured(decimals) for decimals in (17, 9, 7)}
    one = len(encode_batch(mixed_batch(1, [uid_of(random.Random(1))])))
    rounded = {name: {key: round(value, 3) for key, value in part.items()} for name, part in found.items()}
    print(json.dumps({**rounded, "bytes_of_a_single_change": one}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
