"""The account at the end of a story: every value anybody entered, against the hub's log and every laptop."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import text

from app.actions.syncing import prove
from app.domain.areas import Scope
from app.domain.entity import EntityType
from app.domain.replication import Effect
from app.domain.values import bureau_day
from app.hub.exporting import export_log
from app.store.tables import known
from sync.account_of_papers import check_papers
from sync.account_of_rights import check_places, check_signed, check_steps
from sync.independent import verifier
from sync.oracle import (
    Entered,
    Logged,
    Lost,
    Oracle,
    Replay,
    check_numbers,
    comparable,
    in_conflict,
    leaves,
    owner_of,
    replayed,
    wire_cells,
)
from sync.world import ROOT, START, World

FIVE_MINUTES_MS = 5 * 60 * 1000
Step = tuple[Logged, Mapping[str, Any], bool]
# What a step writes by itself, and the hub again: days and moments that a wrong clock may have told, and who
# signed.
DAYS = tuple("applied_on accepted_on notice_from cleared_on looked_back_on rebound_reported".split())
MOMENTS = frozenset(("added_at", "removed_at", "settled_at"))
STAMPED = frozenset(
    (*DAYS, *MOMENTS, *"notice_to sealed_until signed_at person_name role org round_no".split())
)


def settle(world: World) -> Replay:
    """Everybody syncs, then everything is accounted for; raises Lost with a sentence for the first fault."""
    world.drain()
    blocks = world.log()
    check_numbers(blocks)
    replay = replayed(blocks)
    replay.days = stamped_days(world)
    check_entries(world.oracle, replay)
    check_order(world.oracle, replay)
    check_carried(world.oracle, replay)
    check_strangers(world, replay)
    check_places(world, replay)
    check_signed(world, replay)
    check_steps(world, replay)
    check_hub_rows(world, replay)
    check_laptops(world, replay)
    check_papers(world, replay)
    check_certificates(world)
    return replay


def stamped_days(world: World) -> dict[str, str]:
    """What a step stamps whose writer's clock is right, by field; a story does not go beyond one day."""
    today, policy = bureau_day(START), world.laptops["city"].session.policy
    if bureau_day(world.now) != today:
        raise AssertionError("the story is longer than a day")
    end = policy.notice_end(date.fromisoformat(today))
    season = policy.next_heating_season(date.fromisoformat(today)).isoformat()
    found = dict.fromkeys(DAYS, today) | {"sealed_until": season}
    return found | ({"notice_to": end.isoformat()} if end else {})


# ------------------------------------------------------------ what was entered
def check_entries(oracle: Oracle, replay: Replay) -> None:
    """Each entry is in the log once; its values stand, were overwritten by who saw them, or are kept."""
    logged: dict[tuple[str, str, str], list[Step]] = defaultdict(list)
    for step in replay.entries:
        effect = step[0].effect
        if _is_entry(effect) and not _is_carried(step):
            logged[(step[0].act.uid, effect.entity, effect.uid)].append(step)
    entered: dict[tuple[str, str, str], list[Entered]] = defaultdict(list)
    replay.movable, replay.begun_anew = oracle.movable(), oracle.begun_anew
    for item in oracle.entered:
        entered[(item.act, item.entity, item.uid)].append(item)
        cells = item.cells.items()
        replay.meant |= {(item.act, (item.entity, item.uid, name)): value for name, value in cells}
    there = {act for act, _, _ in logged}
    for key, items in entered.items():
        found = logged.get(key, [])
        if not found and (key[0] in oracle.forgotten or items[0].laptop in oracle.held_back):
            continue
        if len(found) > len(items):  # it came along, and a restored hub did not have it
            written = [step for step in found if step[0].device or step[0].effect.op == items[0].op]
            found = written or [step for step in found if step[0].effect.note != "same"]
            if all(not step[0].device and step[0].effect.op == "n" for step in found):
                found = found[-len(items) :]  # how it came in was answered before what was done to it
        if len(found) != len(items):
            raise Lost(_miscounted(items[0], len(found) > len(items), key[0] in there))
        for item, step in zip(items, found, strict=True):
            check_one(replay, item, step)


def _miscounted(item: Entered, often: bool, begun: bool) -> str:
    """The word for an entry that the log has too often, or not; `begun`: it has others of the same act."""
    told = f"{item.action} of {item.laptop} {(item.act, item.entity, item.uid)}"
    if often:
        return f"applied twice: {told}"
    if begun:
        return f"an act is in the log only in part: {told}"
    return f"edit lost: {told} never reached the log"


def check_carried(oracle: Oracle, replay: Replay) -> None:
    """What moved with the record it belongs to came as it had been."""
    mine = {(item.act, item.entity, item.uid) for item in oracle.entered}
    for logged, before, alive in replay.entries:
        effect = logged.effect
        if effect.op != "i" or effect.note != "enter" or not logged.device:
            continue
        same = _is_carried((logged, before, alive))
        if not same and (logged.act.uid, effect.entity, effect.uid) not in mine:
            raise Lost(f"changed on its way: {effect.entity} {effect.uid} at {logged.area} {logged.seq}")


def _is_carried(step: Step) -> bool:
    """Whether a record only came along with the one it belongs to, by an act that may have changed it too."""
    logged, before, alive = step
    return alive and logged.effect.note == "enter" and comparable(logged.effect.cells) == before


def _is_entry(effect: Effect) -> bool:
    """Whether an effect is the answer to somebody's entry, or could be."""
    return not leaves(effect) and effect.note != "repeat"


def check_one(replay: Replay, item: Entered, step: Step) -> None:
    """One entry against what the log made of it."""
    logged = step[0]
    effect = logged.effect
    told = f"{item.action} by {item.laptop} on {item.entity} {item.uid[:8]} at {logged.area} {logged.seq}"
    if item.entity == "approval" and effect.verdict in ("rejected", "conflict"):
        # also one that changes no record, of two: it is kept as the step that may be taken again
        if item.act not in replay.offered:
            raise Lost(f"a refused signature is in no conflict: {told}")
    elif item.op == "d":
        # what is only ever added cannot hide an edit
        if not known(item.entity).append_only:
            _check_delete(replay, item, step, told)
    else:
        _check_values(replay, item, step, told)


def _check_values(replay: Replay, item: Entered, step: Step, told: str) -> None:
    effect, before = step[0].effect, step[1]
    own = STAMPED if effect.verdict == "accepted" else frozenset()
    after = comparable(effect.cells)
    back = not step[0].device and "div_code" in item.cells  # a move given back brings the record whole
    more = set() if back else _written(step) - set(item.cells) - own
    if more:
        raise Lost(f"more changed than was entered: {told}: {sorted(more)}")
    for name, value in item.cells.items():
        old = before.get(name)
        stands = after.get(name) if effect.op in "iu" or name in effect.cells else old
        unseen = old not in (None, value) and not _has_seen(replay, item, name, old)
        if stands == value:
            if unseen and not in_conflict(replay, item.uid, name, old):
                raise Lost(f"an unseen value was overwritten without a record: {name}={old!r}: {told}")
        elif name not in own and not _had_stood(replay, item, step[0], (name, value)):
            _check_refused(replay, item, step, (name, value, told))


def _had_stood(replay: Replay, item: Entered, logged: Logged, cell: tuple[str, Any]) -> bool:
    """Whether this value stood already, and the answer to its entry was given back behind what came after:
    such as that of an insert whose record the log tells whole before, where it moved, and then as deleted."""
    history = replay.history.get((item.entity, item.uid, cell[0]), ())
    return logged.device == "" and logged.effect.op == "n" and any(told == cell[1] for told, _ in history)


def _written(step: Step) -> set[str]:
    """The cells that an effect upon a living record writes. One that moved is told whole, and so may one be
    that a restored hub was given back: there what differs counts."""
    logged, before, alive = step
    effect = logged.effect
    if effect.op == "u" and logged.device:
        return set(effect.cells)
    if effect.op not in "iu" or (effect.op == "i" and not (alive and logged.device)):
        return set()
    after = comparable(effect.cells)
    names = after.keys() if effect.op == "u" else before.keys() | after.keys()
    return {name for name in names if before.get(name) != after.get(name)}


def _has_seen(replay: Replay, item: Entered, name: str, old: Any) -> bool:
    """Whether the writer had seen a value, or the day in whose place the hub stamped it: a step’s own day is
    corrected at the hub, and who took the step may take it back before the answer is there."""
    cell = (item.entity, item.uid, name)
    seen = item.seen.get(cell, frozenset())
    if old in seen or name not in STAMPED:
        return old in seen
    meant = (replay.meant.get((act, cell)) for told, act in replay.history.get(cell, ()) if told == old)
    return any(value in seen for value in meant if value is not None)


def _check_refused(replay: Replay, item: Entered, step: Step, what: tuple[str, Any, str]) -> None:
    """A value that does not stand after its entry: it must be kept, and somebody else's unseen."""
    name, value, told = what
    logged, before, alive = step
    verdict = logged.effect.verdict
    may = {value, min(value, replay.days[name])} if _may_be_stamped(replay, logged, name, value) else {value}
    kept = any(in_conflict(replay, item.uid, name, one, item.act) for one in may)
    if value not in (None, ()) and not (kept or _kept_at_receipt(replay, item, name, value)):
        raise Lost(f"edit lost: {name}={value!r} is nowhere ({verdict} {logged.effect.note}): {told}")
    # Another record bears the number, whatever was seen of this one.
    taken = logged.effect.note == "duplicate"
    sure = verdict != "rejected" and alive and not taken and _is_sure(replay, item)
    if sure and _saw_all(replay, item, before, name):
        raise Lost(f"a seen value’s edit did not win: {name}={value!r} over {before.get(name)!r}: {told}")


def _kept_at_receipt(replay: Replay, item: Entered, name: str, value: Any) -> bool:
    """Whether a conflict keeps the moment that a wrong clock told, as the hub took it: not later than it was
    raised."""
    if name not in MOMENTS:
        return False
    for row in (*replay.conflicts.get(item.uid, ()), *replay.offered.get(item.act, ())):
        told = json.loads(row.get("offered") or "{}").get(name)
        if told is not None and told <= row["raised_at"] and told < value:
            return True
    return False


def _may_be_stamped(replay: Replay, logged: Logged, name: str, value: Any) -> bool:
    """Whether this is the day that a step wrote by itself, of one that the hub had answered, lost and been
    given back. If it had taken it the block tells what it had stamped, not later than a right clock's day."""
    return not logged.device and name in replay.days and value is not None


def _check_delete(replay: Replay, item: Entered, step: Step, told: str) -> None:
    logged, before, alive = step
    unseen = {
        name: value
        for name, value in before.items()
        if value not in item.seen.get((item.entity, item.uid, name), ())
    }
    if logged.effect.op == "d" and unseen:
        raise Lost(f"a deletion took an unseen edit with it: {sorted(unseen)}: {told}")
    refused = logged.effect.op != "d" and alive and logged.effect.verdict != "rejected"
    if logged.device == "" and replay.offered.get(item.act):
        return  # given back as it was answered once, upon what the log now tells otherwise: somebody is asked
    if (
        refused
        and _is_sure(replay, item, moves=0)
        and all(
            _unambiguous(replay, item, *one) for one in (*before.items(), *_emptied(replay, item, before))
        )
    ):
        raise Lost(f"a deletion of what was seen did not win: {told}")


def _emptied(replay: Replay, item: Entered, before: Mapping[str, Any]) -> Iterator[tuple[str, None]]:
    """The empty fields of a record that somebody ever emptied."""
    for (entity, uid, name), told in replay.history.items():
        is_here = (entity, uid) == (item.entity, item.uid) and name not in before
        if is_here and any(value is None for value, _ in told):
            yield name, None


def _is_sure(replay: Replay, item: Entered, moves: int = 1) -> bool:
    """Whether the hub can know what was seen of a record that moves. A stamp is kept from the area it left
    last; of a move that was given back the block tells the record whole, and what was written there before
    comes in another block, perhaps later; what belongs to it moves along; a laptop that was brought back
    knows its own writing by its number in one area only. Else a person is asked."""
    place = (item.entity, item.uid)
    may_move = {item.uid, owner_of(item.entity, replay.rows.get(place, {}))} & replay.movable
    moves = 0 if item.laptop in replay.begun_anew else moves
    return replay.moves[place] <= moves and not (may_move and place in replay.returned)


def _saw_all(replay: Replay, item: Entered, before: Mapping[str, Any], name: str) -> bool:
    """Whether the writer had surely seen what stood there, in all fields that belong together."""
    return all(
        _unambiguous(replay, item, other, before.get(other)) for other in _together(known(item.entity), name)
    )


def _unambiguous(replay: Replay, item: Entered, name: str, value: Any) -> bool:
    """A value that only one act ever wrote there (so seeing it is seeing that act), and that was seen. Who
    enters what stands already writes nothing, and may have seen only their own."""
    key = (item.entity, item.uid, name)
    history = replay.history.get(key, ())
    written = [told for told, _ in history]
    acts = {act for told, act in history if told == value}
    acts |= {act for (act, cell), meant in replay.meant.items() if cell == key and meant == value}
    times = Counter(written)
    times[None] += not written or written[0] is not None  # a field is empty before anybody writes it
    return times[value] <= 1 and len(acts) <= 1 and value in item.seen.get(key, ())


def _together(kind: EntityType, name: str) -> Iterable[str]:
    field = next((one for one in kind.fields.values() if one.id == name), None)
    if field is None or not field.group:
        return (name,)
    return [one.id for one in kind.fields.values() if one.group == field.group]


def check_order(oracle: Oracle, replay: Replay) -> None:
    """What a laptop wrote first came into the log of an area first."""
    place = {item.act: (item.laptop, number) for number, item in enumerate(oracle.entered)}
    reached: dict[tuple[str, str], int] = {}
    theirs = {uid for (kind, uid), row in replay.rows.items() if owner_of(kind, row) in replay.movable}
    theirs |= oracle.owned_by(replay.movable)  # also what is gone by now
    loose = oracle.acts_about(replay.movable | theirs)
    for logged, _, _ in replay.entries:
        if not _is_entry(logged.effect) or logged.act.uid not in place:
            continue
        returned = logged.device == "" and (logged.act.uid in loose or logged.effect.op == "n")
        if logged.act.uid in oracle.forgotten or returned:
            # Its own laptop had no more of it: others gave it back to a restored hub, or the laptop sent it
            # when it had become an older one that still had it. Or it had been in another area's log, which
            # was given back at another time; also where it now writes nothing, as its record is gone.
            continue
        laptop, number = place[logged.act.uid]
        if number < reached.get((laptop, logged.area), -1):
            raise Lost(f"out of order: {logged.act.action} by {laptop} at {logged.area} {logged.seq}")
        reached[laptop, logged.area] = number


# ------------------------------------------------------------ what nobody entered
def check_strangers(world: World, replay: Replay) -> None:
    """Nothing is in the log that nobody entered: acts of laptops that no laptop made, cells of the hub's own
    that are not about conflicts or merging."""
    mine = {item.act for item in world.oracle.entered}
    for logged, _, _ in replay.entries:
        if logged.seq <= world.founded.get(logged.area, 0):
            continue
        if logged.act.person == "hub":
            if logged.effect.entity != "conflict":
                raise Lost(f"the hub wrote {logged.effect.entity} by itself at {logged.area} {logged.seq}")
        elif logged.act.uid not in mine:
            raise Lost(f"an act nobody made is in the log: {logged.act.action} {logged.act.uid}")


# ------------------------------------------------------------ hub and laptops
def check_hub_rows(world: World, replay: Replay) -> None:
    """The hub's own records are what its log says, and no clock in a stamp runs ahead."""
    latest = (int(world.now.timestamp() * 1000) + FIVE_MINUTES_MS + 1000) << 16
    with world.hub.database.reading() as connection:
        for entity in {place[0] for place in replay.rows}:
            rows = connection.execute(text(f'SELECT uid, h_area, h_stamps FROM "{entity}" WHERE h_alive'))
            found = {row.uid: (row.h_area, row.h_stamps) for row in rows}
            wanted = {uid: replay.areas[(entity, uid)] for kind, uid in replay.rows if kind == entity}
            if {uid: area for uid, (area, _) in found.items()} != wanted:
                raise Lost(f"the hub’s {entity} records are not those of its log")
            for uid, (_, stamps) in found.items():
                told = json.loads(stamps) if isinstance(stamps, str) else stamps
                # of a record that moved: those it had in the area it left
                earlier = told.pop("@", [None, 0, {}])[2]
                if any(stamp[2] > latest for stamp in (*told.values(), *earlier.values())):
                    raise Lost(f"far future in a stamp of {entity} {uid}")


def check_laptops(world: World, replay: Replay) -> None:
    """Every laptop shows what the hub has in the areas it reads, nothing waits, and the digests agree."""
    for name, laptop in world.laptops.items():
        if laptop.revoked:
            continue
        scope = Scope(laptop.area, ROOT)
        wanted = {place: row for place, row in replay.rows.items() if scope.reads(replay.areas[place])}
        records = laptop.records()
        found = {place: wire_cells(record) for place, record in records.items()}
        for place in wanted.keys() | found.keys():
            if wanted.get(place) != found.get(place):
                raise Lost(f"{name} differs from the hub in {place}: {_difference(wanted, found, place)}")
        if laptop.workspace.replica.unsent():
            raise Lost(f"{name} still has unsent changes")
        if laptop.workspace.replica.pending().changes:
            raise Lost(f"{name}: pending never leaves")
        done = laptop.round()
        if done is None or not done.agrees:
            raise Lost(f"{name}: the digests do not agree")
        for area, cursor in laptop.workspace.replica.cursors().items():
            if laptop.workspace.replica.recount().get(area, 0) != cursor.digest:
                raise Lost(f"{name}: the digest of {area} is not that of its records")


def check_certificates(world: World) -> None:
    """Every laptop certifies that nothing is lost; who knows only the formats finds the same in the log."""
    folder = Path(mkdtemp(dir=world.folder))
    export_log(world.hub, folder / "log.sqlite")
    for name, laptop in world.laptops.items():
        if laptop.revoked:
            continue
        proof = prove(laptop.session, folder / name)
        if not proof.ok:
            raise Lost(f"{name} cannot certify: {proof.problems}")
        try:
            verifier.check_certificate(json.loads((folder / name).read_text("utf-8")), folder / "log.sqlite")
        except verifier.Refused as refused:
            raise Lost(f"{name}: the verifier refuses a true certificate: {refused}") from refused


def _difference(
    wanted: Mapping[Any, Mapping[str, Any]], found: Mapping[Any, Mapping[str, Any]], place: Any
) -> str:
    hub, here = wanted.get(place), found.get(place)
    if hub is None or here is None:
        return "only on the laptop" if hub is None else "not on the laptop"
    names = [name for name in hub.keys() | here.keys() if hub.get(name) != here.get(name)]
    return ", ".join(f"{name}: hub {hub.get(name)!r}, here {here.get(name)!r}" for name in sorted(names))
