"""Papers a laptop lacks that comes by stick: what its bundle asks for, and what the answer brings.

Over a network a laptop fetches what `blobs.py` says. By stick it says which it lacks, the hub's
answer brings small pictures and as many files as there is room for, and the next bundle asks for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.store.attachments import thumbnail_path
from app.store.workspace import Workspace
from app.sync.blobs import keep_thumbnail
from app.sync.bundle import Item
from app.sync.messages import PapersWanted, encode_message
from app.sync.state import MOST_ASKED, asked_first

PAPERS = "papers"  # the item that says which papers a laptop lacks
MOST_BYTES = 1 << 30  # of papers in one answer: four files of a bundle, some minutes on a slow stick


@dataclass(frozen=True)
class Kept:
    """What of the papers in a bundle was wanted here and kept, and how many are still lacking."""

    files: int
    pictures: int
    lacking: int


def asked(workspace: Workspace) -> tuple[Item, int]:
    """Which papers are not here, for the hub, and how many that are."""
    first = {name: at for at, name in enumerate(asked_first(workspace))}
    needs = sorted(workspace.replica.wanted(), key=lambda need: first.get(need.sha256, len(first)))
    names = [need.sha256 for need in needs[:MOST_ASKED]]
    small = [name for name in names if not thumbnail_path(workspace.path, name).exists()]
    told = PapersWanted(
        files=[bytes.fromhex(name) for name in names],
        small=[bytes.fromhex(name) for name in small],
        limit=MOST_BYTES,
    )
    return Item("policy", PAPERS, encode_message(told)), len(needs)


def keep(workspace: Workspace, items: Sequence[Item]) -> Kept:
    """Keep the files and small pictures of papers that are not here; those that were taken away go."""
    workspace.tidy_papers()
    wanted = {need.sha256 for need in workspace.replica.wanted()}
    files = {item.name: item for item in items if item.kind == "blob" and item.name in wanted}
    pictures = {item.name: item for item in items if item.kind == "thumbnail" and item.name in wanted}
    for name, item in files.items():
        assert isinstance(item.body, Path), "an unpacked blob lies in a file"
        workspace.replica.keep_blob(name, item.body)
    for name, item in pictures.items():
        keep_thumbnail(workspace.path, name, item.read())
    return Kept(len(files), len(pictures), len(wanted) - len(files))
