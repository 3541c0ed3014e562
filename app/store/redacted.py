"""The files of papers that were taken away: gone from this disk once it is certain, and never sent as known.

A redaction that the hub has not answered may be refused; until then its file stays. Nothing remembers what
was removed: whoever looks again, after a power cut or a backup that was brought back, removes what is there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.entities.papers import Attachment, Redaction
from app.store.pending import pending_uids
from app.store.rtree import quoted
from app.store.tables import Layout

# The small value with what the hub has told of files that were taken away: their SHA-256, end to end.
TOLD = "gone_files"
_HEARD = "s:redactions"  # those of which the file is no longer taken for known at the hub


@dataclass(frozen=True)
class Gone:
    """A paper that was taken away; `lives` while another one has the same file."""

    uid: str
    sha256: str
    lives: bool


def certain(raw: sqlite3.Connection, layout: Layout, *, answered: bool) -> list[Gone]:
    """The papers that were taken away; with `answered` without what the hub has not answered."""
    gone, papers = (quoted(layout.of(kind.TYPE.name).name) for kind in (Redaction, Attachment))
    found = raw.execute(
        f"SELECT uid, sha256, EXISTS(SELECT 1 FROM {papers} a WHERE a.sha256 = g.sha256) FROM {gone} g"
    ).fetchall()
    waiting = pending_uids(raw, Redaction.TYPE.name) if found and answered else frozenset()
    return [Gone(uid, sha256, bool(lives)) for uid, sha256, lives in found if uid not in waiting]


def told_gone(raw: sqlite3.Connection, layout: Layout, told: bytes) -> tuple[list[str], list[str]]:
    """Of the files that the hub has told of (`TOLD`) those no paper has here, and which of them are still
    taken for known at the hub. The redaction itself may lie where this laptop does not read, or reads no
    more: its record has moved."""
    names = [told[at : at + 32].hex() for at in range(0, len(told), 32)]
    papers = quoted(layout.of(Attachment.TYPE.name).name)
    lives = f"SELECT 1 FROM {papers} WHERE sha256 = ? LIMIT 1"
    gone = [name for name in names if raw.execute(lives, (name,)).fetchone() is None]
    sent = "SELECT 1 FROM sync_blob WHERE sha256 = ?"
    return gone, [name for name in gone if raw.execute(sent, (name,)).fetchone() is not None]


def forget_sent(raw: sqlite3.Connection, names: Iterable[str]) -> None:
    """The hub has dropped these files."""
    raw.executemany("DELETE FROM sync_blob WHERE sha256 = ?", [(name,) for name in names])


def unheard(raw: sqlite3.Connection, gone: Iterable[Gone]) -> list[Gone]:
    """Those of which this file still believes that the hub has what it once got."""
    row = raw.execute("SELECT value FROM sync_private WHERE name = ?", (_HEARD,)).fetchone()
    heard = frozenset(json.loads(row[0])) if row else frozenset()
    return [item for item in gone if item.uid not in heard]


def hear(raw: sqlite3.Connection, gone: Iterable[Gone], fresh: Iterable[Gone]) -> None:
    """The hub has dropped these files; where somebody adds one of them anew it is sent again."""
    forget_sent(raw, [item.sha256 for item in fresh])
    told = json.dumps(sorted(item.uid for item in gone)).encode()
    raw.execute("INSERT OR REPLACE INTO sync_private VALUES (?, ?)", (_HEARD, told))
