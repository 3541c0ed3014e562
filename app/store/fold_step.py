"""What each entry of the log does to this file: to what is confirmed, in sight, and waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.domain.areas import OWNERS
from app.domain.digest import cell_hash, row_hash
from app.domain.replication import Act, Effect
from app.store.crossing import Row, crossing
from app.store.fold_own import Own
from app.store.fold_plain import Plain
from app.store.fold_state import FoldState
from app.store.journal import written
from app.store.pending import Place
from app.store.rebase import (
    WHOLE,
    Pending,
    Shadow,
    beneath,
    differing,
    fields_of,
    known,
    laid_over,
    still_unseen,
)

LEAVE = "leave"  # the note of a `d` that only takes a record out of the area


# A journal row to be written: the place of its entry in the step, the act it is a part of, with a word what
# the hub made of an own act, entity, uid, operation, and the cells as the journal has them.
Note = tuple[int, Act, str | None, str, str, str, str]


@dataclass(slots=True)
class Answer:
    """What the hub said of an own change that it did not simply accept."""

    act: str
    entity: str
    uid: str
    verdict: str
    note: str


class Step:
    """One step of a fold, worked out in memory; `fold_write` writes what is collected here."""

    def __init__(self, state: FoldState) -> None:
        self.state = state
        self.digest = 0
        self.first: dict[Place, Row | None] = {}  # changed records as they were
        self.notes: list[Note] = []
        self.settled: list[int] = []
        self.owners: set[int] = set()
        self.answers: list[Answer] = []
        self.shadows: set[Place] = set()
        self.ghosts: dict[tuple[str, Place], Row | None] = {}
        self.places: dict[Place, str | None] = {}
        self.touched: dict[str, dict[str, None]] = {}  # by entity the records whose values in sight change
        self.plain: list[Plain] = []
        self.rejected = 0
        self.conflicts = 0
        self._at = 0

    def work_out(self) -> None:
        """Work all entries of the step in."""
        state = self.state
        self._confirm(state.accepted)
        for self._at, effect in state.others:
            self.take(effect)
        for place in self.first:
            self.touch(place)
        acts = state.block.acts
        for form, entries in state.plain.items():
            plain = Plain(state.layout, form, entries)
            plain.work_out(state.raw)
            if plain.changed:
                self.plain.append(plain)
                self.digest += plain.digest
                entity = form[0]
                self.notes += [
                    (at, acts[effect.act], None, entity, effect.uid, "u", cells)
                    for (at, effect), cells in zip(plain.changed, plain.cells, strict=True)
                ]
                uids = [effect.uid for _, effect in plain.changed]
                self.touched.setdefault(entity, {}).update(dict.fromkeys(uids))

    def touch(self, place: Place) -> None:
        """Say that what is in sight of a record changes."""
        self.touched.setdefault(place[0], {})[place[1]] = None

    def take(self, effect: Effect) -> None:
        """Work one entry of the log in."""
        place, state = (effect.entity, effect.uid), self.state
        if place in state.narrow:
            self._quick(effect, place)
        elif place in state.pending or state.beside(place):
            self._take(effect, place)
        elif effect.op == "i" and state.held[place] is None:
            self._new(effect, place)
        elif effect.op == "d":
            self._gone(effect, place)
        else:
            self._take(effect, place)

    def _new(self, effect: Effect, place: Place) -> None:
        """A record that nobody here has known."""
        entity, uid = place
        cross = crossing(entity)
        row = known(cross.taken(effect.cells))
        self.digest += row_hash(entity, uid, row)
        if entity in OWNERS:
            self._keep_place(place, self.state.block.area)
        self._note(effect, None, "i", cross.note([(name, None, value) for name, value in row.items()]))
        self.first.setdefault(place, None)
        self.state.held[place] = row

    def _gone(self, effect: Effect, place: Place) -> None:
        """A record nothing of which waits goes."""
        held = self.state.held[place]
        if held is None or self.state.area_of(place, held) != self.state.block.area:
            return
        entity, uid = place
        self.digest -= row_hash(entity, uid, held)
        if entity in OWNERS:
            self._keep_place(place, None)
        cells = crossing(entity).note([(name, value, None) for name, value in held.items()])
        self._note(effect, None, "d", cells)
        self.first.setdefault(place, held)
        self.state.held[place] = None

    def _quick(self, effect: Effect, place: Place) -> None:
        """An update of a record nothing of which waits: what is confirmed is what is held."""
        held = self.state.held[place]
        if held is None or effect.op != "u":
            return
        cross = crossing(effect.entity)
        changed = []
        for name, new in cross.taken(effect.cells).items():
            old = held.get(name)
            if old != new:
                changed.append((name, old, new))
        if not changed:
            return
        if place not in self.first:
            self.first[place] = dict(held)
        entity, uid = place
        for name, old, new in changed:
            self.digest += cell_hash(entity, uid, name, new) - cell_hash(entity, uid, name, old)
            held[name] = new
        self._note(effect, None, "u", cross.note(changed))

    def _confirm(self, own: Own) -> None:
        """Own changes that were taken as they were written: they are in sight and in the journal already."""
        self.digest += own.digest
        self.settled += own.settled
        self.owners |= own.owners
        for place, area in own.places.items():
            self._keep_place(place, area)

    def _take(self, effect: Effect, place: Place) -> None:
        state = self.state
        held, waiting = state.held.get(place), state.pending.get(place, [])
        before = self._confirmed(place, held, waiting)
        after = self._after(effect, place, before)
        own = self._answered(effect, waiting, after if after is not None else held)
        rest = [change for change in waiting if change is not own]
        seen = laid_over(after, rest, held)
        if own is None:
            self._note_remote(effect, (before, after), (held, seen))
        else:
            self._settle(effect, own)
            passing = _passing(own, (before, after), (held, seen)) if rest else []
            hidden = [[*cell, 1] for cell in crossing(effect.entity).note(passing)]
            self._note_change(effect, effect.note or effect.verdict, held, seen, hidden)
        self._keep_shadow(place, (before, after), (seen, rest), hidden=own is None)
        state.held[place] = seen
        state.pending[place] = rest
        state.taken.pop(place, None)  # what is in sight is true again until the step is written

    def _confirmed(self, place: Place, held: Row | None, waiting: list[Pending]) -> Row | None:
        shadow = self.state.shadows.get(place)
        if shadow is not None:
            return shadow.cells
        row = beneath(held, waiting)
        taken = self.state.taken.get(place)
        if taken and row is not None:
            own = fields_of(waiting)
            row = {**row, **{name: value for name, value in taken.items() if name not in own}}
        return row

    def _after(self, effect: Effect, place: Place, before: Row | None) -> Row | None:
        """The confirmed record once the entry is in.

        The logs of two areas are not ordered with each other, so a record that moved may stand in both for a
        while: one is in sight, the others are kept as ghosts. In the end the logs leave exactly one.
        """
        area, ghosts = self.state.block.area, self.state.ghosts.get(place, {})
        if area in ghosts:
            after = self._changed(effect, place, ghosts[area])
            self._note_passing(effect, ghosts[area], after)
            self._keep_ghost(place, area, after)
            return before
        stands = before is not None and self.state.area_of(place, before) == area
        if not stands and effect.op == "u":  # followed anew: told of a record that is not there any more here
            self._note_told(effect)
        if before is not None and not stands:
            if effect.op != "i":
                return before
            self._keep_ghost(place, self.state.area_of(place, before), before)
        after = self._changed(effect, place, before if stands else None)
        came_from = next(iter(self.state.ghosts.get(place, {})), None)
        if after is None and stands and came_from is not None:
            after = self.state.ghosts[place][came_from]
            self._keep_ghost(place, came_from, None)
            area = came_from
        if place[0] in OWNERS and effect.op in "id":
            self._keep_place(place, None if after is None else area)
        return after

    def _changed(self, effect: Effect, place: Place, version: Row | None) -> Row | None:
        """The area's version of the record once the entry is in; counted in the area's digest."""
        after = _applied(effect, version)
        self._count(place, version, after)
        return after

    def _note_passing(self, effect: Effect, old: Row, new: Row | None) -> None:
        """Journal what came out of sight: the other area’s log has told already that the record moved."""
        names = differing(old, new) if new is not None else []
        if new is not None and names:
            cells = crossing(effect.entity).note((name, old.get(name), new.get(name)) for name in names)
            self._note(effect, None, "u", [[*cell, 1] for cell in cells])

    def _note_told(self, effect: Effect) -> None:
        """Journal what an update says of a record that stands elsewhere here, also that a field is empty."""
        cross = crossing(effect.entity)
        cells = cross.note((name, None, value) for name, value in cross.taken(effect.cells).items())
        self._note(effect, None, "u", [[*cell, 1] for cell in cells])

    def _keep_ghost(self, place: Place, area: str, row: Row | None) -> None:
        self.ghosts[(area, place)] = row
        found = self.state.ghosts.setdefault(place, {})
        if row is None:
            found.pop(area, None)
        else:
            found[area] = row

    def _keep_place(self, place: Place, area: str | None) -> None:
        self.places[place] = area
        if area is None:
            self.state.places.pop(place, None)
        else:
            self.state.places[place] = area

    def _count(self, place: Place, before: Row | None, after: Row | None) -> None:
        """Add the difference of two confirmed states to the area's digest."""
        entity, uid = place
        old, new = before or {}, after or {}
        for name in differing(old, new):
            self.digest += cell_hash(entity, uid, name, new.get(name))
            self.digest -= cell_hash(entity, uid, name, old.get(name))

    def _answered(self, effect: Effect, waiting: list[Pending], row: Row | None) -> Pending | None:
        """The own change this entry answers, if it does.

        A change that moved its record waits for the entry of the new area, when that comes to this laptop.
        """
        state = self.state
        owner = state.own.get(state.block.acts[effect.act].uid)
        found = [change for change in waiting if owner is not None and change.owner == owner]
        if not found or (effect.dseq == 0 and effect.op != "i"):
            return None
        change = found[0]
        if (state.block.device, state.block.epoch) == (state.facts.device, state.facts.epoch):
            change = next((item for item in found if item.number == effect.dseq), change)
        leaves = effect.op == "d" and change.op == "u" and effect.note.partition(":")[0] == LEAVE
        if leaves and row is not None:
            new_area = state.area_of((effect.entity, effect.uid), row)
            if new_area != state.block.area and state.facts.scope.reads(new_area):
                return None
        return change

    def _settle(self, effect: Effect, own: Pending) -> None:
        self.settled.append(own.seq)
        self.owners.add(own.owner)
        self.rejected += effect.verdict == "rejected"
        self.conflicts += effect.verdict == "conflict"
        if effect.verdict != "accepted" or effect.note:
            act = self.state.block.acts[effect.act].uid
            self.answers.append(Answer(act, effect.entity, effect.uid, effect.verdict, effect.note))

    def _note_remote(
        self, effect: Effect, confirmed: tuple[Row | None, Row | None], sight: tuple[Row | None, Row | None]
    ) -> None:
        """Journal another's change, also the part that stays hidden beneath an own change (a fourth 1)."""
        before, after = confirmed
        held, seen = sight
        hidden: list[list[Any]] = []
        if after is not None:  # also one that comes back beneath an own change
            told, shown = held or {}, seen or {}
            names = [name for name in differing(before or shown, after) if told.get(name) == shown.get(name)]
            cells = ((name, (before or {}).get(name), after.get(name)) for name in names)
            hidden = [[*cell, 1] for cell in crossing(effect.entity).note(cells)]
        self._note_change(effect, None, held, seen, hidden)

    def _note_change(
        self, effect: Effect, answer: str | None, held: Row | None, seen: Row | None,
        hidden: list[list[Any]] | None = None,
    ) -> None:  # fmt: skip
        names = differing(held or {}, seen or {})
        if not names and not hidden and (held is None) == (seen is None):
            return
        op = "u" if (held is None) == (seen is None) else "i" if held is None else "d"
        old, new = held or {}, seen or {}
        cells = crossing(effect.entity).note((name, old.get(name), new.get(name)) for name in names)
        self._note(effect, answer, op, cells + (hidden or []))
        if names or op != "u":
            place = (effect.entity, effect.uid)
            self.first.setdefault(place, held)

    def _note(self, effect: Effect, answer: str | None, op: str, cells: list[list[Any]]) -> None:
        act = self.state.block.acts[effect.act]
        self.notes.append((self._at, act, answer, effect.entity, effect.uid, op, written(cells)))

    def _keep_shadow(
        self,
        place: Place,
        confirmed: tuple[Row | None, Row | None],
        sight: tuple[Row | None, list[Pending]],
        *,
        hidden: bool,
    ) -> None:
        """Remember the confirmed record when what is in sight no longer tells it."""
        shadows, (before, after), (seen, rest) = self.state.shadows, confirmed, sight
        old = shadows.pop(place, None)
        if old is not None:
            self.shadows.add(place)
        if not rest:
            return
        unseen = dict(old.unseen) if old else {}
        if hidden:
            came = [WHOLE] if (before is None) != (after is None) else differing(before or {}, after or {})
            for name in came:
                unseen.setdefault(name, self.state.number)
        unseen = still_unseen(unseen, after, seen)
        if unseen or beneath(seen, rest) != after:
            shadows[place] = Shadow(after, unseen)
            self.shadows.add(place)


def _passing(
    own: Pending, confirmed: tuple[Row | None, Row | None], sight: tuple[Row | None, Row | None]
) -> list[tuple[str, Any, Any]]:
    """What stands at the hub in the place of what an own change said, such as the day of a step, and comes or
    goes beneath a later own change: field, before, after."""
    before, after = (row or {} for row in confirmed)
    held, seen = (row or {} for row in sight)
    found = []
    for name in differing(before, after):
        old, new = before.get(name), after.get(name)
        other = new != own.new.get(name) if new is not None else old != own.old.get(name)
        if other and held.get(name) == seen.get(name) and (new is None or new != seen.get(name)):
            found.append((name, old, new))
    return found


def _applied(effect: Effect, before: Row | None) -> Row | None:
    """A record once the entry is in."""
    if effect.op == "n":
        return before
    if effect.op == "d":
        return None
    cells = crossing(effect.entity).taken(effect.cells)
    if effect.op == "i":
        return known(cells)
    return None if before is None else known({**before, **cells})
