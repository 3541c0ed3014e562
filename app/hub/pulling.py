"""What a laptop that pulls is given: the blocks after its numbers, and where each area it reads stands.

On PostgreSQL the few blocks of a usual pull come with the areas in one statement, which sees one moment of
both; a long road reads as many as there are, bit by bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.areas import Scope, ancestors, prefix_of
from app.errors import Conflict, NotAllowed
from app.hub import books, devices
from app.hub.book import DEVICES
from app.hub.database import Ask, HubDatabase, array_of
from app.hub.devices import Device, device_of
from app.hub.keys import PEOPLE, facts
from app.hub.log import read_blocks
from app.hub.rounds import Asked
from app.i18n import N_
from app.sync.messages import Held, SignedBlock
from app.sync.signing import next_head

MANY = 33  # blocks for which the long road is taken
_HIGHEST = (1 << 62) - 1
_DEVICE = f"SELECT {', '.join(column.name for column in DEVICES.columns)} FROM hub_device WHERE uid = %s"
# The block that a number lies in begins at the last beginning that is not above the number after it.
_SINCE = f"""
WITH a AS MATERIALIZED (
  SELECT code, seq, head, digest FROM hub_area
  WHERE seq > 0 AND (starts_with(code, %s) OR code = ANY(%s::text[]))
), w AS (
  SELECT a.code, coalesce(c.seq, 0) AS seen FROM a
  LEFT JOIN unnest(%s::text[], %s::int8[]) AS c(code, seq) ON c.code = a.code WHERE a.seq > coalesce(c.seq, 0)
), b AS (
  SELECT l.* FROM w, LATERAL (
    SELECT area, first, last, head, body, signature FROM hub_log
    WHERE area = w.code AND last > w.seen AND first >= coalesce(
      (SELECT max(o.first) FROM hub_log o WHERE o.area = w.code AND o.first <= w.seen + 1), 0)
    ORDER BY first LIMIT {MANY}
  ) l LIMIT {MANY}
)
SELECT code, seq, NULL::int8, head, digest, NULL::bytea, NULL::bytea FROM a
UNION ALL SELECT area, first, last, head, NULL, body, signature FROM b
UNION ALL SELECT '', 0, NULL, value, NULL, NULL, NULL FROM hub_fact WHERE name = 'people'
"""


@dataclass(frozen=True)
class Since:
    """The laptop, where each area it reads stands, the blocks, whether there are more, and the mark of the
    hub's people (`keys.py`) at the same moment."""

    device: Device
    areas: dict[str, books.Area]
    blocks: list[SignedBlock]
    more: bool
    people: bytes = b""


@dataclass
class Wanted:
    """What a laptop wants to be told: all after these numbers, and newer grants than those it holds.

    `heads` are those at the numbers, None where nobody has to show that the laptop has so much. A small push
    asks for it in the round that keeps it; `told` is None where it was not, or is much.
    """

    cursors: Mapping[str, int]
    limit_bytes: int
    held: Held | None = None
    heads: Mapping[str, bytes] | None = None
    told: Since | None = None


@dataclass(frozen=True)
class Given:
    """What a laptop surely has of the log beside what it is given: its numbers, as far as it shows their
    heads; and where the areas stand of which it now has all. Nobody else is told their heads: whoever knows
    one has been given what it stands for, and may say to have seen it."""

    cursors: Mapping[str, int]
    areas: dict[str, books.Area]


def since(
    database: HubDatabase, scope: Scope, device: str, cursors: Mapping[str, int], limit_bytes: int
) -> Since | None:
    """What came after these numbers; None when it is much, or the laptop is not known any more.

    Raises NotAllowed `revoked`, Conflict `hub_behind`.
    """
    with database.asking() as ask:
        one = ask(_DEVICE, (device,))
        found = ask_since(ask, scope, cursors)
    row = one.fetchone()
    if row is None:
        return None
    told = read_since(found, device_of(row), limit_bytes)
    if told is not None:
        check(told, cursors)
    return told


def ask_since(ask: Ask, scope: Scope, cursors: Mapping[str, int]) -> Asked:
    """Put the question for what a laptop of this scope has not seen into a round."""
    usual = {code: seq for code, seq in cursors.items() if code.isascii() and code.isalnum()}
    above = array_of(ancestors(scope.area, scope.root))
    numbers = array_of([min(max(seq, 0), _HIGHEST) for seq in usual.values()])
    return ask(_SINCE, (prefix_of(scope.area), above, array_of(list(usual)), numbers))


def read_since(found: Asked, told: Device, limit_bytes: int) -> Since | None:
    """The answer to that; None when it is much."""
    areas: dict[str, books.Area] = {}
    blocks: list[SignedBlock] = []
    people = b""
    for code, first, last, head, digest, body, signature in found.fetchall():
        if not code:
            people = head
        elif last is None:
            areas[code] = (first, head, int(digest, 16))
        else:
            blocks.append(
                SignedBlock(area=code, first=first, last=last, body=body, head=head, signature=signature)
            )
    if len(blocks) >= MANY:
        return None
    blocks.sort(key=lambda block: (block.area, block.first))
    left = limit_bytes
    for place, block in enumerate(blocks):
        if left <= 0:
            return Since(told, areas, blocks[:place], True, people)
        left -= len(block.body)
    return Since(told, areas, blocks, False, people)


def since_long(
    database: HubDatabase, root: str, device: str, cursors: Mapping[str, int], limit_bytes: int
) -> Since:
    """The same for whatever there is. Raises NotAllowed `unknown_device` as well."""
    with database.reading() as connection:
        told = devices.device(connection, device)
        if told is None:
            raise NotAllowed(N_("The hub does not know this laptop"), code="unknown_device")
        areas = books.areas(connection, Scope(told.area, root))
        check(Since(told, areas, [], False), cursors)
        wanted = {
            area: cursors.get(area, 0) for area, (seq, _, _) in areas.items() if cursors.get(area, 0) < seq
        }
        blocks, more = read_blocks(connection, wanted, limit_bytes)
        people = facts(connection).get(PEOPLE, b"")
    return Since(told, areas, blocks, more, people)


def given(told: Since, wanted: Wanted) -> Given:
    """What of that a laptop shows, and what it may be told then. Raises Conflict `wrong_head` where it shows
    a head that this log does not have."""
    cursors, heads = wanted.cursors, wanted.heads
    if heads is None:
        return Given(cursors, told.areas)
    first: dict[str, SignedBlock] = {}
    last: dict[str, int] = {}
    for block in told.blocks:
        first.setdefault(block.area, block)
        last[block.area] = block.last
    shown, areas = {}, {}
    for area, now in told.areas.items():
        seq, head = cursors.get(area, 0), heads.get(area, b"")
        if seq and not (head and _has(area, (seq, head), now, first.get(area))):
            continue
        if seq:
            shown[area] = seq
        if last.get(area, seq) == now[0]:
            areas[area] = now
    return Given(shown, areas)


def _has(area: str, end: tuple[int, bytes], now: books.Area, block: SignedBlock | None) -> bool:
    """Whether an area's log has this number and head: it ends so today, or `block` follows upon it. False
    where nobody can say: at no end of a block, or where the blocks that follow are cut off."""
    seq, head = end
    if block is None:
        right = now[:2] == end if now[0] == seq else None
    else:
        right = next_head(head, block.body) == block.head if block.first == seq + 1 else None
    if right is False:
        raise Conflict(
            N_("The hub’s log of area {area} is not the one this workspace has followed"),
            hint=N_("Nothing was changed. Tell the person who looks after the hub."),
            area=area,
            code="wrong_head",
        )
    return bool(right)


def working(device: Device) -> Device:
    """The laptop, unless it was revoked: then raises NotAllowed `revoked`."""
    if device.revoked_at is not None:
        raise NotAllowed(N_("This laptop has been revoked"), code="revoked")
    return device


def renewed(database: HubDatabase, device: str, above: int) -> int:
    """A new epoch for a laptop that works, above the one it is in itself."""
    with database.writing() as connection:
        found = devices.device(connection, device, lock=True)
        assert found is not None, "laptops are revoked, never deleted"
        return devices.renew(connection, working(found), above)


def check(told: Since, cursors: Mapping[str, int]) -> None:
    """Raises NotAllowed `revoked`, Conflict `hub_behind`."""
    areas, _ = told.areas, working(told.device)
    ahead = [area for area, seq in cursors.items() if seq > areas.get(area, (0, b"", 0))[0]]
    if ahead and any(cursors[area] for area in ahead):
        raise Conflict(
            N_("This laptop has seen more than the hub has; the hub was restored from a backup"),
            hint=N_("Tell the person who looks after the hub. Nothing was changed."),
            code="hub_behind",
        )
