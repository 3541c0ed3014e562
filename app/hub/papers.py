"""The papers a laptop gets by stick: those that the entries of its answer name, and those it says it lacks.

A laptop that began with a snapshot has the records of older photographs and not the files; over a network it
fetches them, by stick its bundle says which they are. Small pictures come first, then the files in the order
the laptop wants them, as many as it has room for. The next bundle asks for the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import delete, insert, select

from app.domain.areas import Scope
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Attachment
from app.domain.replication import Effect
from app.hub import books, clearing
from app.hub.book import ASKED
from app.hub.hub import Hub
from app.hub.objects import SHA256
from app.sync.bundle import Item
from app.sync.messages import PapersWanted, SignedBlock, decode_message, encode_message
from app.sync.wire import decode_block

_MOST = 20_000  # files that one answer looks for
_SHARE = 4  # the part of the room that small pictures may take


@dataclass
class Giving:
    """The papers of one answer, each read when it is its turn, and how many there were once all were given.

    `room` is for how many bytes there is still room, None for a laptop of an older program: it cannot ask
    again, so it gets every file that the entries of its answer name. `left` counts what the hub has and did
    not give, `unknown` what nobody has brought here yet, or a bad disk has damaged.
    """

    hub: Hub
    named: list[str]
    small: list[str] = field(default_factory=list)
    room: int | None = None
    files: int = 0
    pictures: int = 0
    left: int = 0
    unknown: int = 0

    def items(self) -> Iterator[Item]:
        """The small pictures, then the files."""
        if self.room is not None:
            yield from self._pictures(self.room // _SHARE)
        for sha256 in self.named:
            size = self.hub.blobs.size(sha256)
            if size is not None and self.room is not None and size > self.room:
                self.left += 1
            elif size is None or not self.hub.blobs.is_undamaged(sha256):
                self.unknown += 1  # the laptop would refuse all of a bundle with a damaged one
            else:
                self.files += 1
                self._take(size)
                yield Item("blob", sha256, partial(self.hub.blobs.stream, sha256, 0, size), 0, size)

    def _pictures(self, share: int) -> Iterator[Item]:
        for sha256 in self.small:
            known = self.hub.blobs.size(sha256) is not None
            picture = self.hub.blobs.thumbnail(sha256) if known else None
            if picture is None:
                continue
            share -= len(picture)
            if share < 0:
                return
            self.pictures += 1
            self._take(len(picture))
            yield Item("thumbnail", sha256, picture)

    def _take(self, size: int) -> None:
        if self.room is not None:
            self.room -= size


def note_asked(hub: Hub, device: str, asked: PapersWanted | None) -> None:
    """Keep what a laptop lacks until its answer is written, and after: an answer may be lost. None of a
    laptop whose program cannot say it, or not any more."""
    with hub.database.writing() as connection:
        connection.execute(delete(ASKED).where(ASKED.c.device == device))
        if asked is not None:
            connection.execute(insert(ASKED).values(device=device, body=encode_message(asked)))


def giving(hub: Hub, device: str, blocks: Iterable[SignedBlock], free: Callable[[], int]) -> Giving:
    """What papers the answer for a laptop brings; `free` tells for how many bytes the stick has room, once
    the blocks have been looked at."""
    named = list(dict.fromkeys(_of_blocks(device, blocks)))[::-1]  # the latest first
    with hub.database.reading() as connection:
        gone = clearing.taken_away(connection, hub.database.mark)
        named = [name for name in named if name not in gone]
        body = connection.execute(select(ASKED.c.body).where(ASKED.c.device == device)).scalar()
        if body is None:
            return Giving(hub, named)
        asked = decode_message(PapersWanted, bytes(body))
        wanted = [name.hex() for name in asked.files[:_MOST] if len(name) == 32]
        areas = books.areas_naming(connection, hub.database.mark, wanted)
    scope = Scope(hub.device(device).area, hub.root)
    wanted = [name for name in wanted if any(scope.reads(area) for area in areas.get(name, ()))]
    lacks = {name.hex() for name in asked.small}
    new = set(named)
    small = [name for name in (*named, *wanted) if name in new or name in lacks]
    room = max(0, min(asked.limit, free()))
    return Giving(hub, list(dict.fromkeys((*named, *wanted))), list(dict.fromkeys(small)), room)


def _of_blocks(device: str, blocks: Iterable[SignedBlock]) -> Iterator[str]:
    """The files of the papers that others added in these blocks."""
    for signed in blocks:
        block = decode_block(signed.body)
        for effect in block.effects:
            sha256 = _named_by(effect, own=block.device == device)
            if SHA256.match(sha256):  # late work may name anything
                yield sha256


def _named_by(effect: Effect, *, own: bool) -> str:
    """The file of a paper that was added, or that waits because a revoked laptop had added it."""
    cells: Any = effect.cells
    if effect.entity == Conflict.TYPE.name and cells.get("owner_entity") == Attachment.TYPE.name:
        cells = json.loads(cells.get("offered") or "{}")
    elif own or effect.entity != Attachment.TYPE.name:
        return ""
    return str(cells.get("sha256") or "") if isinstance(cells, dict) else ""
