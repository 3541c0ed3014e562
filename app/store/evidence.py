"""Which evidence files a replica lacks, and which the hub has not got yet."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import CLEARING, Attachment
from app.errors import StoreFailure
from app.i18n import N_
from app.store import byrecord
from app.store.attachments import Attachments, digest, is_hash
from app.store.failures import translated
from app.store.journal import FROM_HUB
from app.store.pending import oldest
from app.store.rtree import quoted
from app.store.tables import Layout


@dataclass(frozen=True, order=True)
class BlobNeed:
    """An evidence file that a record names and that is only here, or not here yet; `size` in bytes."""

    sha256: str
    size: int


def wanted(raw: sqlite3.Connection, layout: Layout, files: Attachments) -> list[BlobNeed]:
    """The evidence files that records name and that are not beside the workspace, the most wanted first: what
    somebody has to decide about, then the latest."""
    needs = dict.fromkeys((*_late(raw, layout), *_named(raw, layout, "max(added_at) DESC, sha256")))
    return [need for need in needs if not _is_whole(files, need)]


def photographs_beside(raw: sqlite3.Connection, layout: Layout, stepping: Iterable[str]) -> set[str]:
    """The files that are photographs and nothing else, of records of other kinds than those with steps."""
    table = quoted(layout.of(Attachment.TYPE.name).name)
    query = f"""SELECT sha256 FROM {table} GROUP BY sha256 HAVING min(coalesce(mime, '') LIKE 'image/%'
      AND owner_entity NOT IN (SELECT value FROM json_each(?)))"""
    return {row[0] for row in raw.execute(query, (json.dumps(sorted(stepping)),))}


def unsent(
    raw: sqlite3.Connection, layout: Layout, files: Attachments, *, cleared: bool = False
) -> list[BlobNeed]:
    """The evidence files that are here, whole or not, and of which nobody has said that the hub has them,
    with the size they have here; `cleared`: of records whose clearing the hub has not answered."""
    owners = sorted(_clearings(raw)) if cleared else []
    if cleared and not owners:
        return []
    table = quoted(layout.of(Attachment.TYPE.name).name)
    of_these = " AND owner IN (SELECT value FROM json_each(?))" if cleared else ""
    query = f"""SELECT DISTINCT sha256 FROM {table}
      WHERE sha256 NOT IN (SELECT sha256 FROM sync_blob){of_these}"""
    names = [str(row[0]) for row in raw.execute(query, (json.dumps(owners),) if cleared else ())]
    here = [(name, files.path(name)) for name in names if is_hash(name)]
    return [BlobNeed(name, path.stat().st_size) for name, path in here if path.is_file()]


def note_sent(raw: sqlite3.Connection, sha256: str) -> None:
    """Say that the hub has this file."""
    raw.execute("INSERT OR IGNORE INTO sync_blob VALUES (?)", (sha256,))


def offer_again(raw: sqlite3.Connection) -> None:
    """Nobody has said any more that the hub has these files: it may have lost them."""
    raw.execute("DELETE FROM sync_blob")


def keep(files: Attachments, workspace: Path, sha256: str, source: Path) -> Path:
    """Move a received file to its place; StoreFailure when it is not the one that was named."""
    with translated(workspace):
        if digest(source) != sha256:
            raise StoreFailure(
                N_("The evidence file {name} did not arrive as it was sent"),
                hint=N_("Sync again; the broken file was not taken."),
                name=sha256[:12],
                code="attachment_changed",
            )
        return files.bring(source, sha256)


def elsewhere(raw: sqlite3.Connection, layout: Layout) -> set[str]:
    """The evidence files that others have: what came from the hub, and what the hub has got from here."""
    table = quoted(layout.of(Attachment.TYPE.name).name)
    own = f"""SELECT a.sha256 FROM json_each(?) e CROSS JOIN sync_journal j ON j.seq = e.value
      JOIN {table} a ON a.uid = j.uid LEFT JOIN sync_txn t ON t.id = j.txn
      WHERE j.tbl = ? AND j.op = 'i' AND t.sealed_batch IS NOT ?"""
    numbers = byrecord.candidates(raw, {row[0] for row in raw.execute(f"SELECT uid FROM {table}")}, 0)
    written_here = {row[0] for row in raw.execute(own, (numbers, Attachment.TYPE.name, FROM_HUB))}
    known = {row[0] for row in raw.execute(f"SELECT DISTINCT sha256 FROM {table}")}
    return (known - written_here) | {row[0] for row in raw.execute("SELECT sha256 FROM sync_blob")}


def _clearings(raw: sqlite3.Connection) -> set[str]:
    """The records touched by own clearings that wait: the hub takes these only once it has the papers."""
    since = oldest(raw)
    query = """SELECT DISTINCT j.uid FROM sync_txn t JOIN sync_journal j ON j.txn = t.id
      LEFT JOIN sync_sent s ON s.seq = j.seq
      WHERE j.seq >= ? AND t.action = ? AND (t.sealed_batch IS NULL OR s.seq IS NOT NULL)"""
    return {row[0] for row in raw.execute(query, (since, CLEARING))} if since is not None else set()


def _named(raw: sqlite3.Connection, layout: Layout, order: str) -> list[BlobNeed]:
    """Each file once with every size that a record says of it: of two sizes one is a mistake or a lie."""
    table = quoted(layout.of(Attachment.TYPE.name).name)
    rows = raw.execute(f"SELECT sha256, size FROM {table} GROUP BY sha256, size ORDER BY {order}")
    return [BlobNeed(str(row[0]), int(row[1] or 0)) for row in rows if is_hash(str(row[0]))]


def _late(raw: sqlite3.Connection, layout: Layout) -> list[BlobNeed]:
    """The papers that a revoked laptop had added: whoever decides about them has to see them."""
    table = quoted(layout.of(Conflict.TYPE.name).name)
    query = f"""SELECT offered FROM {table}
      WHERE kind = 'quarantine' AND situation = 'open' AND owner_entity = ? AND json_valid(offered)"""
    found = [json.loads(row[0]) for row in raw.execute(query, (Attachment.TYPE.name,))]
    return [BlobNeed(cells["sha256"], cells["size"]) for cells in found if _is_named(cells)]


def _is_named(cells: Any) -> bool:
    """Whether these cells, which no rule has judged yet, name a file: a hash and a size."""
    sha256, size = cells.get("sha256"), cells.get("size")
    return isinstance(sha256, str) and is_hash(sha256) and type(size) is int and size > 0


def _is_whole(files: Attachments, need: BlobNeed) -> bool:
    """By its size only; `check` reads the files again."""
    path = files.path(need.sha256)
    return path.is_file() and path.stat().st_size == need.size
