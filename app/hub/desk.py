"""One push at work: the laptop, the person, the rows and logs, and the ways to put a decision down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from app.domain.areas import OWNERS, PLACES, Scope, area_of_record
from app.domain.changes import Actor, new_uid
from app.domain.entities.conflict import Conflict
from app.domain.entities.setting import Setting
from app.domain.limits import REASON
from app.domain.merge import DELETION, ConflictDraft, Decision, Writing
from app.domain.policy import Policy
from app.domain.replication import HUB_PERSON, Act, Cells, Effect, Entry
from app.domain.rights import within_cap
from app.domain.titles import goes_by_owner, title_within
from app.domain.values import as_moment
from app.hub.book import field_ids
from app.hub.conflicts import Side, conflict_of, state_ids, title_ids, title_of
from app.hub.devices import Former
from app.hub.evidence import Evidence
from app.hub.hearing import area_heard
from app.hub.log import Logs
from app.hub.moving import owned_elsewhere, restamp
from app.hub.records import cells_of
from app.hub.rows import ALL, Row, Rows
from app.hub.seeing import Stretch
from app.store.calendar import shipped_calendar
from app.store.tables import is_known, known

LATE = "quarantine"  # the word for what a laptop wrote that was revoked before it got new keys
CLOCK_AHEAD_MS = 5 * 60 * 1000
_HLC_BITS = 16


@dataclass(slots=True)
class Told:
    """One entry under decision: its act, its number, and the entry itself with admitted cells."""

    act: Act
    dseq: int
    entry: Entry
    view: Mapping[str, int]
    cells: Cells


@dataclass
class Tally:
    """How many entries ended how."""

    accepted: int = 0
    merged: int = 0
    conflict: int = 0
    rejected: int = 0

    def add(self, verdict: str) -> None:
        """Count one."""
        if verdict == "accepted":
            self.accepted += 1  # nearly all
        else:
            setattr(self, verdict, getattr(self, verdict) + 1)


@dataclass
class Desk:
    """What deciding needs of the push: who pushed (`site`), what it may write (`scope`, `cap`), and when."""

    rows: Rows
    logs: Logs
    scope: Scope
    cap: str
    site: int
    received: int
    evidence: Evidence = field(default_factory=lambda: Evidence(None))
    founding: bool = False
    own: tuple[str, str] = ("conflict", "")  # what the hub's own act is called, and why it was done
    tally: Tally = field(default_factory=Tally)
    keeps: dict[str, dict[str, Any]] = field(default_factory=dict)  # act: what may be taken back
    done: dict[str, Act] = field(default_factory=dict)  # the acts of this push, as they are decided
    continued: dict[str, Act] = field(default_factory=dict)  # cut by the laptop: begun in an earlier push
    undone: dict[str, str] = field(default_factory=dict)  # act: the one of this push that took it back
    parts: dict[str, frozenset[bytes]] = field(default_factory=dict)  # of acts known in part: what is known
    claimed: Mapping[str, frozenset[bytes]] = field(default_factory=dict)  # others' acts: what came of them
    returned: tuple[Stretch, ...] = ()  # lost stretches that views speak of
    sent: dict[str, set[int]] = field(default_factory=dict)  # by area: numbers of what this push sends again
    formers: Mapping[str, Former] = field(default_factory=dict)  # what the laptop was, by its uids then
    stray: str | None = None  # the area of what follows a record that is not here; None: that of the whole
    admitted: Sequence[Cells | None] | None = None  # of each entry (`admitted_cells`), if somebody had time
    _policy: Policy | None = None
    _authors: dict[tuple[str, str], tuple[Actor | None, str]] = field(default_factory=dict)
    _hub_act: Act | None = None

    # ------------------------------------------------------------ who and when
    def author(self, act: Act) -> tuple[Actor | None, str]:
        """The person of an act as the hub knows them, or the word for why they may not act here."""
        if len(act.reason) > REASON:
            return None, "long_reason"
        cap, former = self.cap, self.formers.get(act.device)
        if former is not None:
            if former.late:
                return None, LATE
            cap = former.cap if within_cap(former.cap, cap) else cap
        key = (act.person, cap)
        if key not in self._authors:
            self._authors[key] = self._find_author(act, cap)
        return self._authors[key]

    def _find_author(self, act: Act, cap: str) -> tuple[Actor | None, str]:
        row = self.rows.get("person", act.person)
        if row is None or not row.alive:
            return None, "unknown_person"
        values = self.rows.complete(row).values
        if values.get("disabled"):
            return None, "person_disabled"
        role = str(values.get("role"))
        if not within_cap(role, cap):
            return None, "device_role"
        name, org, area = (str(values.get(key) or "") for key in ("name", "org", "area"))
        return Actor(act.person, name, role, org, area), ""

    def forget_authors(self) -> None:
        """A person was changed in this push: read them again."""
        self._authors.clear()

    @property
    def policy(self) -> Policy:
        """The bureau's numbers as the hub has them."""
        if self._policy is None:
            found = self.rows.living("setting")
            pairs = {str(row.values[_ID["name"]]): str(row.values[_ID["value"]]) for row in found}
            self._policy = Policy(calendar=shipped_calendar()).with_settings(pairs)
        return self._policy

    def know_policy(self, policy: Policy) -> None:
        """The bureau's numbers are these: nobody has to read them."""
        self._policy = policy

    def clock(self, act: Act) -> int:
        """The act's clock, not later than receipt and a little."""
        latest = (self.received + CLOCK_AHEAD_MS) << _HLC_BITS
        return act.hlc if 0 <= act.hlc <= latest else max(0, min(act.hlc, latest))

    def moment(self) -> str:
        """The moment of receipt."""
        return moment_of(self.received)

    # ------------------------------------------------------------ where
    def area_of(self, entity: str, uid: str, cells: Mapping[str, Any], row: Row | None) -> str:
        """The area of a record as it would be with these cells."""
        if not is_known(entity):
            return self.scope.root
        if entity == "conflict" and self.stray is not None:
            return self.stray  # given back: it stays with the answer, wherever its record is by now
        told = {name: value for name, value in cells.items() if isinstance(value, str | None)}
        values = {**(row.values if row else {}), **told}
        return area_of_record(entity, values, self.scope.root, self._owner_area)

    def _owner_area(self, entity: str, uid: str) -> str | None:
        row = self.rows.get(entity, uid)
        return row.area if row is not None else self.stray

    def writing(self, told: Told, area: str) -> Writing:
        """Who writes with which knowledge."""
        base, clock = told.view.get(area, 0), self.clock(told.act)
        if not self.returned and not self.sent:
            return Writing(base, self.site, clock)
        known: set[int] = set()
        seen = set(self.sent.get(area, ()))
        for one in self.returned:
            reached, here = told.view.get(one.name, 0), one.area == area
            base = max(base, min(reached, one.common)) if here else base
            for block in one.blocks:
                if block.last <= reached:
                    known.add(block.site)
                    seen |= block.numbers if here else set()
        return Writing(base, self.site, clock, frozenset(known), frozenset(seen))

    def reaches(self, area: str) -> bool:
        """Whether a conflict of what is decided may be about a record of this area. What was given back stays
        in the log of its block: who follows that has nothing else of it once the answer is there."""
        return self.scope.writes(area) if self.stray is None else area == self.stray

    # ------------------------------------------------------------ putting down
    def put(self, told: Told, row: Row | None, area: str, decision: Decision) -> Row | None:
        """Put one decided entry into the log and into the row; the row as it is now."""
        entry = told.entry
        if row is not None and decision.op == "u":
            moved = self._moved(row, decision.sets)
            if moved is not None:
                self._move(told, row, moved, decision)
                return row
        cells = decision.sets if decision.op == "i" else decision.results
        heard = self.heard(told, row, area) if decision.op == "n" else area
        # Such as of a record that was moved away meanwhile: its writer hears the answer, not the values.
        cells = {} if decision.op == "d" or heard != area else cells
        effect = Effect(
            0, told.dseq, entry.entity, entry.uid, decision.op, cells, decision.verdict, decision.note
        )
        was = row.area if row is not None else heard
        found = self.put_down(told.act, effect, row, heard, decision.sets)
        if found is not None and found.area != was:  # brought back in another area
            self._carry_owned(told, found, heard)
        return found

    def heard(self, told: Told, row: Row | None, area: str) -> str:
        """The log in which the writer of an entry hears what became of it; `area` is that of the record."""
        return area_heard(self.rows, self.scope, row, told.cells, area) if told.dseq else area

    def put_down(self, act: Act, effect: Effect, row: Row | None, area: str, sets: Cells) -> Row | None:
        """Put an effect that moves nothing into the log, and these cells into the row; the row as it is."""
        seq = self.logs.add(area, act, effect)
        self.tally.add(effect.verdict)
        if effect.op == "n" or effect.note == "edit_kept":
            return row  # the latter is told whole to whoever deleted it in vain: none of its values is theirs
        mark = [seq, self.site, self.clock(act)]
        if effect.op == "i":
            row = self._insert(effect, row, area, sets, mark)
        elif row is not None and effect.op == "u":
            row.write(sets)
            row.mark(sets, mark)
            row.seq = seq
        elif row is not None:
            row.alive, row.seq = False, seq
            row.mark((DELETION,), mark)
        return row

    def put_update(self, act: Act, effect: Effect, row: Row, area: str, editor: str | None) -> None:
        """`put_down` of an update of a row that this push has not touched; `editor` is who edited it."""
        seq, cells = self.logs.add(area, act, effect), effect.cells
        self.tally.accepted += 1
        row.values, row.sets, row.seq = {**row.read, **cells}, cells, seq
        mark = [seq, self.site, self.clock(act)]
        row.marks = dict.fromkeys(cells, mark)
        if editor is not None:
            row.entered = {editor: 1}

    def extra(self, told: Told, row: Row, sets: Cells, note: str) -> None:
        """An effect that follows from a change without being one of the laptop's own entries."""
        more = Told(told.act, 0, Entry(0, row.entity, row.uid, "u", sets), told.view, sets)
        tally, self.tally = self.tally, Tally()
        self.put(more, row, row.area, Decision("u", sets, dict(sets), "accepted", note))
        self.tally = tally

    def _insert(
        self, entry: Entry | Effect, row: Row | None, area: str, cells: Cells, mark: list[int]
    ) -> Row:
        kind = known(entry.entity)
        if row is None:
            row = Row(
                entry.entity, entry.uid, area, True, mark[0], dict(cells), {}, {}, whole=True, fresh=True
            )
            self.rows.add(row)
        else:
            self.rows.complete(row)
            whole = {name: cells.get(name) for name in field_ids(kind)}
            own = [name for name, value in whole.items() if value != row.values.get(name)]
            row.write(whole)
            row.alive, row.seq = True, mark[0]
            if row.area == area:  # it is back: the other values stay those of who wrote them
                row.mark((*own, DELETION), mark)
            else:
                restamp(row, area, mark[0], dict.fromkeys((*own, DELETION), mark))
            return row
        row.marks, row.replaced = {ALL: mark}, True
        return row

    def raise_conflicts(
        self, told: Told, row: Row | None, area: str, drafts: tuple[ConflictDraft, ...]
    ) -> None:
        """Insert the records of what was not simply applied, as the hub's own act."""
        entry, heard = told.entry, self.heard(told, row, area)
        for draft in drafts:
            if heard != area:  # what stands there is not for who reads this log
                draft = replace(draft, kept={})
            name = self._name(entry.entity, entry.uid, told.cells, row)
            by = (*draft.kept, *state_ids(draft, entry.entity))
            kept = Side(self.writer_of(row, by) if heard == area else None)
            offered = Side(told.act)
            if draft.kind == "merged" and draft.kept and self._is_mine(row, draft.kept):
                kept, offered = offered, Side(self._before(row, draft.kept))
            record = conflict_of(
                (entry.entity, entry.uid, name), draft, kept, offered, self.moment(),
                row.values.get("status") if row is not None else None,
            )  # fmt: skip
            if draft.kind != "edit_kept" or not self._is_asked(record):
                self.insert_record(record, heard)

    def _is_asked(self, record: Conflict) -> bool:
        """Whether the same question waits already, as when two delete what one has edited."""
        waiting = self.rows.owned("conflict", "owner", [record.owner])
        same = {name: getattr(record, name) for name in ("owner_entity", "kind", "kept", "situation")}
        return any(same.items() <= row.values.items() for row in waiting)

    def _name(self, entity: str, uid: str, cells: Cells, row: Row | None) -> str:
        """What people call the record of an entry. Of many rows only what decides has been read, so the
        fields that name one are read when it is to be named."""
        if not is_known(entity):
            return ""
        kind = known(entity)
        if row is not None and row.entity == entity:
            self.rows.widen([row], title_ids(kind))
        values = {**cells, **(row.values if row is not None else {})}
        own = title_of(kind, uid, values)
        if not goes_by_owner(entity):
            return own
        field, owners = OWNERS[entity]
        above, of_kind = str(values.get(field) or ""), str(owners or values.get("owner_entity") or "")
        owner = self.rows.get(of_kind, above) if above and is_known(of_kind) else None
        return title_within(entity, own, self._name(of_kind, above, {}, owner) if owner is not None else "")

    def insert_record(self, record: Any, area: str) -> None:
        """Insert a record of the hub's own."""
        cells = cells_of(record)
        entry = Entry(0, record.TYPE.name, record.uid, "i", cells)
        act = self.own_act()
        seq = self.logs.add(area, act, Effect(0, 0, entry.entity, entry.uid, "i", cells))
        self._insert(entry, None, area, cells, [seq, 0, act.hlc])

    def own_act(self) -> Act:
        """The hub's own act of this push, begun when first asked for."""
        if self._hub_act is None:
            self._hub_act = self.act_of_hub(*(("found_hub",) if self.founding else self.own))
        return self._hub_act

    def act_of_hub(self, action: str, reason: str = "") -> Act:
        """An act of the hub itself, at the moment of receipt."""
        clock = self.received << _HLC_BITS
        return Act(new_uid(), "", HUB_PERSON, HUB_PERSON, "", "", action, reason, None, clock, self.moment())

    @property
    def hub_act(self) -> Act | None:
        """The hub's own act in this push, if it wrote anything."""
        return self._hub_act

    def writer_of(self, row: Row | None, cells: Iterable[str]) -> Act | None:
        """The act that wrote the newest of these cells."""
        if row is None:
            return None
        if row.stamps is None and not row.fresh:
            self.rows.stamp([row])
        names = cells if row.alive else (*cells, DELETION)
        marks = [mark for name in names if (mark := row.stamp_of(name))]
        newest = max((mark[0] for mark in marks), default=0)
        return self.logs.act_at(row.area, newest) if newest else None

    def _is_mine(self, row: Row | None, cells: Mapping[str, Any]) -> bool:
        return row is not None and any(name in row.marks for name in cells)

    def _before(self, row: Row | None, cells: Mapping[str, Any]) -> Act | None:
        """The act that had written these cells before this push."""
        stamps = (row.stamps or {}) if row is not None else {}
        numbers = [(stamps.get(name) or stamps.get(ALL) or [0])[0] for name in cells]
        newest = max(numbers, default=0)
        return self.logs.act_at(row.area, newest) if row is not None and newest else None

    # ------------------------------------------------------------ moving
    def _moved(self, row: Row, sets: Cells) -> str | None:
        """The new area when these cells take the row elsewhere."""
        if row.entity in OWNERS:
            field_name = OWNERS[row.entity][0]
        else:
            field_name = PLACES.get(row.entity, "div_code")
        if field_name not in sets:
            return None
        area = self.area_of(row.entity, row.uid, sets, row)
        return area if area != row.area else None

    def _move(self, told: Told, row: Row, area: str, decision: Decision) -> None:
        """Take a row, and all that belongs to it, out of its area and into another."""
        self.rows.complete(row)
        note = decision.note or "enter"
        self.tally.add(decision.verdict)
        self._carry(told, row, area, told.dseq, (dict(decision.sets), note, decision.verdict))

    def _carry(self, told: Told, row: Row, area: str, dseq: int, how: tuple[Cells, str, Any]) -> None:
        sets, note, verdict = how
        leave = Effect(0, 0, row.entity, row.uid, "d", {}, "accepted", f"leave:{area}")
        self.logs.add(row.area, told.act, leave)
        row.write(sets)
        kind = known(row.entity)
        whole = {name: row.values[name] for name in field_ids(kind) if row.values.get(name) is not None}
        seq = self.logs.add(area, told.act, Effect(0, dseq, row.entity, row.uid, "i", whole, verdict, note))
        mark = [seq, self.site, self.clock(told.act)]
        restamp(row, area, seq, dict.fromkeys(sets, mark))
        self._carry_owned(told, row, area)

    def _carry_owned(self, told: Told, row: Row, area: str) -> None:
        for owned in owned_elsewhere(self.rows, row, area):
            self._carry(told, owned, area, 0, ({}, "enter", "accepted"))


def moment_of(milliseconds: int) -> str:
    """A stored moment of milliseconds since 1970."""
    return as_moment(datetime.fromtimestamp(milliseconds / 1000, UTC))


_ID = {name: item.id for name, item in Setting.TYPE.fields.items()}
