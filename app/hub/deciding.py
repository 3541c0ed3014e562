"""Deciding a push: act by act, record by record, each upon what the hub has after the one before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from app.domain.changes import Actor
from app.domain.entities.conflict import NUMBER, SECOND
from app.domain.merge import ConflictDraft, Decision, concerned, decide, reject
from app.domain.replication import Act, Batch, Cells, Entry, RowState
from app.hub import duplicates, quarantine, redacting, steps, undoing
from app.hub.admitting import Unfit, admitted
from app.hub.allowing import refusal, too_many
from app.hub.book import field_ids
from app.hub.brought import NOTE, is_brought
from app.hub.dating import in_time
from app.hub.desk import LATE, Desk, Told
from app.hub.grouping import BESIDE, by_act, grouped, subject_of, told_of
from app.hub.naming import is_own_work
from app.hub.parts import is_known_part
from app.hub.rows import Row
from app.hub.seeing import note_own, stands_under, state_of
from app.hub.storing import Ahead
from app.hub.uncontested import Uncontested
from app.store.tables import is_known, known

_BEYOND = "unknown_field"  # the note of what a newer program wrote
_ASIDE = (*BESIDE, "person")


class Deciding:
    """One push under decision."""

    def __init__(self, desk: Desk, connection: Connection, keys: duplicates.Keys, repeated: set[str]) -> None:
        self.desk = desk
        self.connection = connection
        self.keys = keys
        self.repeated = repeated  # acts the hub has already
        self.upon: set[str] = set()  # beside such acts: the records that others of this push are about

    def run(self, batch: Batch, writing: Ahead | None = None) -> None:
        """Decide every entry of the batch, in the order of its acts; what nobody contests goes quickly, and
        with `writing` is written meanwhile."""
        quick = Uncontested(self.desk, self.keys, batch)
        if self.repeated or self.desk.parts:
            others = (e for e in batch.entries if batch.acts[e.act].uid not in self.repeated)
            self.upon = {uid for e in others for uid in (e.uid, str(e.cells.get("owner")))}
        for number, places in by_act(batch):
            act = batch.acts[number]
            if writing is not None and writing.is_worth(len(quick.updated)):
                writing.hand(quick.updated)
                quick.updated = []
            if act.uid in self.repeated:
                self._again(act.uid, [told_of(batch, place) for place in places])
                continue
            if act.uid in self.desk.parts:
                places = self._not_repeated(batch, act.uid, places)
            if act.uid not in self.desk.continued:
                self.desk.done[act.uid] = act
            if not (quick.has(places) or self._is_simple(batch, act, places)):
                self._act(act, [told_of(batch, place) for place in places], quick)
                continue
            self._each(batch, act, places, quick)

    def _each(self, batch: Batch, act: Act, places: Sequence[int], quick: Uncontested) -> None:
        """Entries that stand by themselves: what nobody contests in one go, others with care, in order."""
        done = quick.take(places, act)
        while done < len(places):
            self._group([told_of(batch, places[done])], *self.desk.author(act))
            done += 1
            done += quick.take(places[done:], act)

    def _is_simple(self, batch: Batch, act: Act, places: Sequence[int]) -> bool:
        """Whether each entry of an act stands by itself: about one record, which is no person or paper."""
        if self.desk.founding or act.undoes:
            return False
        entries = [batch.entries[place] for place in places]
        alone = len({entry.uid for entry in entries}) == len(entries)
        return alone and not any(entry.entity in _ASIDE for entry in entries)

    def _act(self, act: Act, told: Sequence[Told], quick: Uncontested) -> None:
        if self.desk.founding:
            for item in told:
                self._found(item)
            return
        actor, why = self.desk.author(act)
        for group in grouped(self.desk.rows, told):
            if len(group) > 1 or not quick.take([group[0].dseq - quick.first], act):
                self._group(group, actor, why)
        if any(item.entry.entity == "person" for item in told):
            self.desk.forget_authors()

    def _group(self, group: Sequence[Told], actor: Actor | None, why: str) -> None:
        """Decide the entries of one act about one record."""
        if why == LATE:
            self._keep_late(group)
        elif actor is None:
            self.refuse(group, why)
        elif not self._admit(group):
            return
        elif why := self._unfit(group, actor):
            self.refuse(group, why)
        elif group[0].act.undoes:
            self._undo(group, actor)
        elif redacting.is_redaction(group):
            self._redact(group, actor)
        elif any(item.entry.entity == "approval" and item.entry.op == "i" for item in group):
            self._step(group, actor)
        else:
            for item in group:
                self._plain(item, actor)

    def _unfit(self, group: Sequence[Told], actor: Actor) -> str:
        """The word for what speaks against a group whatever it does, "" for nothing."""
        if not is_own_work(group, actor):
            return "author"
        if redacting.brings_back(self.desk, group):
            return "redacted"
        return "too_many" if too_many(self.desk, group) else ""

    # ------------------------------------------------------------ the kinds of change
    def _repeat(self, told: Sequence[Told]) -> None:
        """The hub has these acts: the laptop learns what stands. It has seen them, however they came here."""
        for item in told:
            row = self.desk.rows.get(item.entry.entity, item.entry.uid)
            self._put(item, row, Decision("n", {}, self._stands(row, item), "accepted", "repeat"))
        for item in told:
            if item.entry.uid in self.upon:
                rows, logs, known_ = self.desk.rows, self.desk.logs, (item.act.uid, item.entry)
                for area, those in stands_under(rows, logs, [known_], item.view).items():
                    self.desk.sent.setdefault(area, set()).update(those)
                note_own(rows, logs, known_, self.desk.site)

    def _again(self, act: str, told: Sequence[Told]) -> None:
        """An act that the hub has; where it is another's, whatever that did not bring is refused."""
        marks = self.desk.claimed.get(act)
        brought = [marks is None or is_brought(marks, item.entry) for item in told]
        self._repeat([item for item, here in zip(told, brought, strict=True) if here])
        for item, here in zip(told, brought, strict=True):
            if not here:
                self.refuse([item], NOTE)

    def _not_repeated(self, batch: Batch, act: str, places: list[int]) -> list[int]:
        """Of an act that the hub has in part, the entries it does not have; the others are answered."""
        has = [is_known_part(self.desk.parts[act], batch.entries[place]) for place in places]
        self._repeat([told_of(batch, place) for place, known_ in zip(places, has, strict=True) if known_])
        return [place for place, known_ in zip(places, has, strict=True) if not known_]

    def _found(self, item: Told) -> None:
        """History of the workspace that founds the hub: structure is checked, rights are not."""
        if self._admit([item]):
            self.apply(item, self.desk.rows.get(item.entry.entity, item.entry.uid))

    def _plain(self, item: Told, actor: Actor) -> None:
        row = self.desk.rows.get(item.entry.entity, item.entry.uid)
        area = row.area if row is not None else self._area(item, None)
        why = refusal(self.desk, item, row, area, actor)
        if why:
            self.refuse([item], why)
            return
        self.apply(item, row, actor)

    def _step(self, group: Sequence[Told], actor: Actor) -> None:
        """A step stands or falls with its signature, its own change of the record, and its papers."""
        try:
            step = steps.as_step(group)
            taken = steps.take(self.desk, step, actor)
        except steps.StepRefused as refused:
            self.refuse(group, refused.note, refused.kind, refused.over)
            return
        row = taken.row
        before = {name: row.values.get(name) for name in taken.sets}
        for item in group:
            entry = item.entry
            if item is step.change:
                results = {
                    name: taken.sets.get(name, row.values.get(name)) for name in item.cells
                } | taken.sets
                note = "stamped" if any(results[name] != value for name, value in item.cells.items()) else ""
                self._put(
                    item, row, Decision("u" if taken.sets else "n", taken.sets, results, "accepted", note)
                )
                undoing.note_kept(self.desk, item, row, before)
                continue
            cells = steps.clamped(self.desk, taken.signature) if item is step.signature else item.cells
            self._put(item, self.desk.rows.get(entry.entity, entry.uid), Decision("i", cells, cells))
            undoing.note_kept(self.desk, item, None, None)
        if step.change is None and taken.sets:
            self.desk.extra(step.signature, row, taken.sets, "")
            extra = Told(
                step.signature.act, 0, Entry(0, row.entity, row.uid, "u", taken.sets), {}, taken.sets
            )
            undoing.note_kept(self.desk, extra, row, before)
        row.sent = None
        if taken.new_round:
            row.new_round, row.entered = True, {}
        elif taken.enters:
            row.entered = {**(row.entered or {}), actor.uid: 1}

    def _redact(self, group: Sequence[Told], actor: Actor) -> None:
        """A paper is taken away with what stays of it, or neither; no undo remembers either of them."""
        why = redacting.refusal_of(self.desk, group, actor)
        if why:
            self.refuse(group, why)
            return
        for item in group:
            row = self.desk.rows.get(item.entry.entity, item.entry.uid)
            cells = item.cells if item.entry.op == "i" else {}
            self._put(item, row, Decision(item.entry.op, cells, cells))

    def _undo(self, group: Sequence[Told], actor: Actor) -> None:
        try:
            kept = undoing.kept_of(self.connection, self.desk, group[0], actor)
            guarded = [item for item in group if undoing.is_guarded(item, kept)]
            undoing.check(self.desk, guarded, kept)
            for item in group if guarded else ():  # all of it or nothing
                row = self.desk.rows.get(item.entry.entity, item.entry.uid)
                area = row.area if row is not None else self._area(item, None)
                why = refusal(self.desk, item, row, area, actor) if item not in guarded else ""
                if why:
                    raise undoing.UndoRefused(why)
        except undoing.UndoRefused as refused:
            self.refuse(group, refused.note, refused.kind)
            return
        self.desk.undone[str(group[0].act.undoes)] = group[0].act.uid
        for item in group:
            if item not in guarded:
                self._plain(item, actor)
                continue
            row = self.desk.rows.get(item.entry.entity, item.entry.uid)
            before = {name: row.values.get(name) for name in item.cells} if row is not None else None
            self.apply(item, row, actor)
            undoing.note_kept(self.desk, item, row, before)

    # ------------------------------------------------------------ applying and refusing
    def apply(self, item: Told, row: Row | None, actor: Actor | None = None) -> None:
        """Let the merge rules decide an allowed change, and put the outcome down."""
        entry, desk = item.entry, self.desk
        kind = known(entry.entity)
        area = row.area if row is not None else self._area(item, None)
        if self._is_plain(item, row):
            decision = Decision("u", entry.cells, entry.cells)  # nobody wrote since: nothing to weigh
        else:
            decision = decide(kind, entry, self._state(item, row), desk.writing(item, area))
        if decision.op == "i" and row is not None:
            self.keys.ask(self.desk.rows, kind, decision)  # it would live again
        clash = self.keys.clash(kind, entry.uid, decision)
        if clash is not None:
            self._clash(item, row, clash)
            return
        if row is not None and not row.alive and decision.op == "i":
            area = self._area(item, row)
        row = desk.put(item, row, area, decision)
        self.keys.note(kind, entry.uid, decision)
        if decision.conflicts:
            desk.raise_conflicts(item, row, row.area if row is not None else area, decision.conflicts)
        if kind.append_only and decision.op in "id" and not item.act.undoes:
            undoing.note_kept(desk, item, None, None)
        if row is not None and decision.op in "iu":
            self._note_editor(item, row, actor)

    def _note_editor(self, item: Told, row: Row, actor: Actor | None) -> None:
        """Who entered or edited what approvals are about may not approve it."""
        person = actor.uid if actor is not None else item.act.person
        action = item.act.action if self.desk.founding else ""
        if steps.edits(row.entity, item.cells, action, inserts=item.entry.op == "i"):
            row.entered = {**row.entered, person: 1} if row.entered else {person: 1}

    def _is_plain(self, item: Told, row: Row | None) -> bool:
        """Whether an update meets a living row that its writer has seen as it is."""
        if row is None or item.entry.op != "u" or not row.is_seen(item.view):
            return False
        kind = known(row.entity)
        if kind.append_only or row.entity == "conflict":
            return False
        if any(name not in row.values for name in item.cells):
            self.desk.rows.widen([row], list(item.cells))
        return True

    def _state(self, item: Told, row: Row | None) -> RowState | None:
        """The row as the rules see it; its stamps are read only when somebody wrote it since."""
        if row is None:
            return None
        entry = item.entry
        if entry.op != "u" or not row.alive:
            return state_of(self.desk.rows.complete(row), item.view)
        if any(name not in row.values for name in entry.cells):
            self.desk.rows.widen([row], list(entry.cells))
        if row.stamps is None and not row.fresh:
            self.desk.rows.stamp([row])
        return state_of(row, item.view, concerned(known(row.entity), entry.cells))

    def refuse(
        self, group: Sequence[Told], note: str, kind: str = "rejected", over: Cells | None = None
    ) -> None:
        """Leave everything of a group as it is; the refused values wait in conflicts, those of a step with
        what it would have written by itself (`over`)."""
        lead = subject_of(group)
        for item in group:
            row = self.desk.rows.get(item.entry.entity, item.entry.uid)
            stands = self._stands(row, item)
            state = RowState(True, row.seq, stands) if row is not None and row.alive else None
            mine = item is lead
            found = reject(note if mine else "together", item.cells, state, kind if mine else "rejected")
            is_state = item is lead and kind == "state"
            drafts = found.conflicts
            if is_state or (mine and note in (_BEYOND, NOTE)):  # a person has to see it
                draft, beside = drafts[0], over or {}
                held = row.values if row is not None else {}
                kept = {**draft.kept, **{name: held.get(name) for name in beside}}
                drafts = (ConflictDraft(draft.kind, note, kept, {**beside, **draft.offered}, open=True),)
            verdict = "conflict" if is_state else found.verdict
            self._put(item, row, Decision("n", {}, found.results, verdict, found.note))
            if item is lead or item.entry.entity != "approval":
                self._raise(item, row, drafts)

    def _keep_late(self, group: Sequence[Told]) -> None:
        """Leave all as it is; what the laptop wrote when it was revoked waits for a person."""
        for item in group:
            row = self.desk.rows.get(item.entry.entity, item.entry.uid)
            draft = quarantine.draft_of(self.desk, item.entry, item.cells, row)
            self._put(item, row, Decision("n", {}, self._stands(row, item), "rejected", draft.note))
            area = row.area if row is not None else self._area(item, None)
            self.desk.raise_conflicts(item, row, area, (draft,))

    def _raise(self, item: Told, row: Row | None, drafts: tuple[ConflictDraft, ...]) -> None:
        """Conflicts about a refused signature are about the record it was to stand under."""
        if item.entry.entity == "approval" and item.cells.get("owner"):
            owner = self.desk.rows.get(str(item.cells.get("owner_entity")), str(item.cells["owner"]))
            if owner is not None:
                about = Entry(0, owner.entity, owner.uid, "u", {})
                item = Told(item.act, item.dseq, about, item.view, {})
                drafts = tuple(ConflictDraft(d.kind, d.note, {}, {}, d.open) for d in drafts)
                row = owner
        area = row.area if row is not None else self._area(item, None)
        self.desk.raise_conflicts(item, row, area, drafts)

    def _clash(self, item: Told, row: Row | None, clash: duplicates.Clash) -> None:
        """A second record with the same number is not taken; its values wait beside the first."""
        other = self.desk.rows.get(item.entry.entity, clash.uid)
        area = row.area if row is not None else self._area(item, None)  # where the answer is
        stands = self._stands(row, item)
        self._put(item, row, Decision("n", {}, stands, "conflict", "duplicate"))
        about, kept, offered = row, stands, dict(item.cells)
        if row is None and other is not None and self.desk.reaches(other.area):
            self.desk.rows.complete(other)
            about, kept = other, {name: other.values.get(name) for name in item.cells}
            offered[SECOND] = item.entry.uid
            entry = Entry(0, other.entity, other.uid, "u", item.cells)
            item = Told(item.act, item.dseq, entry, item.view, item.cells)
        draft = ConflictDraft("duplicate", NUMBER, kept, offered, open=True)
        self.desk.raise_conflicts(item, about, area, (draft,))

    def _put(self, item: Told, row: Row | None, decision: Decision) -> None:
        """Put a decision down in the area of the row, or in the one it would have."""
        area = row.area if row is not None else self._area(item, None)
        self.desk.put(item, row, area, decision)

    def _area(self, item: Told, row: Row | None) -> str:
        return self.desk.area_of(item.entry.entity, item.entry.uid, item.cells, row)

    def _stands(self, row: Row | None, item: Told) -> Cells:
        """What stands in the fields that an entry touches, as far as the hub knows them."""
        if row is None or not row.alive:
            return {}
        names = [name for name in item.cells if name in field_ids(known(row.entity))]
        self.desk.rows.widen([row], names)
        return {name: row.values.get(name) for name in names}

    def _admit(self, group: Sequence[Told]) -> bool:
        """Bring the values of a group into the form they are kept in; with one that cannot be, it falls."""
        signed = any(item.entry.entity in BESIDE for item in group)
        try:
            for item in group:
                if not is_known(item.entry.entity):
                    raise Unfit(_BEYOND, item.entry.entity)
                if not signed:
                    self._set_aside(item)
                cells = admitted(known(item.entry.entity), item.entry.op, item.entry.cells)
                item.cells = in_time(self.desk, item.entry.entity, cells)
                item.entry.cells = item.cells
        except Unfit as unfit:
            self.refuse(group, unfit.note)
            return False
        return True

    def _set_aside(self, item: Told) -> None:
        """Keep what a newer program wrote beyond this hub's fields in a conflict; the rest is taken. A change
        of such fields alone, or one that a signature is bound to, is refused as a whole."""
        entry, ids = item.entry, set(field_ids(known(item.entry.entity)))
        beyond = {name: value for name, value in entry.cells.items() if name not in ids}
        if not beyond or len(beyond) == len(entry.cells) or item.act.undoes:
            return
        entry.cells = {name: value for name, value in entry.cells.items() if name in ids}
        row = self.desk.rows.get(entry.entity, entry.uid)
        draft = ConflictDraft("rejected", _BEYOND, {}, beyond, open=True)
        item.cells = entry.cells
        self._raise(item, row, (draft,))
