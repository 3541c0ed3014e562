"""The certificate that nothing was lost, as docs/proof.md describes it.

Every value ever entered is current, in conflict, superseded by a named act, or waiting for the hub.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import disk
from app.domain.digest import as_text
from app.domain.entities.conflict import Conflict
from app.domain.replication import Cells
from app.errors import StoreFailure
from app.i18n import N_, tr
from app.store.entered import ActNote, EnteredCell
from app.store.fold_write import ANSWER
from app.store.workspace import Workspace
from app.sync.identity import facts_of
from app.sync.results import Progress, Proof, ProofProblem, ProvedArea

FORMAT = "gridward-proof-1"
Place = tuple[str, str, str]  # entity, uid, field id
_EVERY = 5_000
_UNTOLD = "-"  # the act of a value that came with a snapshot, which leaves long and dull histories out


@dataclass
class _Account:
    """What is known of every value while the journal is read; lists hold what goes into the certificate."""

    acts: dict[str, ActNote]
    conflicts: dict[tuple[str, str, str, str], Conflict]
    latest: dict[Place, tuple[Any, str]] = field(default_factory=dict)
    hidden: dict[Place, tuple[Any, str]] = field(default_factory=dict)
    superseded: list[dict[str, Any]] = field(default_factory=list)
    in_conflict: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    problems: list[ProofProblem] = field(default_factory=list)
    told: set[tuple[str, str, str, str]] = field(default_factory=set)
    onward: dict[tuple[Place, str], tuple[str, str]] = field(default_factory=dict)
    often: set[tuple[Place, str]] = field(default_factory=set)  # what gave way once more, after a restore
    emptied: dict[Place, str] = field(default_factory=dict)  # by which act last
    gone: dict[tuple[str, str], str] = field(default_factory=dict)  # records, and the acts that deleted them
    again: dict[Place, str] = field(default_factory=dict)  # where what conflicts keep gave way: what stands
    current: int = 0

    def take(self, cell: EnteredCell) -> None:
        """One cell of the journal: what stood before is superseded by it, what comes after stands."""
        place = (cell.entity, cell.uid, cell.field)
        self._keep_gone(cell)
        beneath = self.hidden.pop(place, None)
        if cell.hidden:
            if beneath is not None and not _same(beneath[0], cell.after):
                self._gave_way(place, beneath, cell.act, cell.after)
            if not _is_nothing(cell.after):
                self.hidden[place] = (cell.after, cell.act)
            return
        before, act = self.latest.pop(place, None), cell.act
        if before is None and beneath is not None and _same(beneath[0], cell.before):
            before, beneath = beneath, None  # from before the snapshot this file began with
        elif before is None and not _is_nothing(cell.before):
            before = (cell.before, _UNTOLD)
        if beneath is not None:
            act = self._uncover(place, beneath, before, cell)
        if before is not None:
            act = self._follow(place, before, cell, act)
        if _is_nothing(cell.after):
            self.emptied[place] = act = cell.act
        else:
            self.latest[place] = (cell.after, act)
        self.onward.pop((place, act), None)  # told again, after a restore: nothing has come after it

    def _uncover(
        self, place: Place, beneath: tuple[Any, str], before: tuple[Any, str] | None, cell: EnteredCell
    ) -> str:
        """What becomes of a value beneath an own one when that gives way; the act behind what stands then."""
        if not _same(beneath[0], cell.after):
            self._gave_way(place, beneath, cell.act, cell.after)
        elif before is None or cell.act in ("", before[1]) or self._is_answer(cell.act):
            return beneath[1]  # it has come in sight
        else:
            self.hidden[place] = beneath  # somebody here entered what stands beneath
        return cell.act

    def _is_answer(self, act: str) -> bool:
        """Whether an act only changes a record back: no log has it, and nobody entered anything by it."""
        return act in self.acts and self.acts[act].action == ANSWER

    def _keep_gone(self, cell: EnteredCell) -> None:
        """Remember by which act a record was deleted, until it is there again."""
        if cell.gone:
            self.gone[cell.entity, cell.uid] = cell.act
        elif not cell.hidden:
            self.gone.pop((cell.entity, cell.uid), None)

    def _follow(self, place: Place, before: tuple[Any, str], cell: EnteredCell, act: str) -> str:
        """What stood gives way to the next value; the act behind the value that stands now."""
        if not _same(before[0], cell.before):
            self._problem("vanished", N_("A value gave way to something else than the journal says"), place)
        if _same(before[0], cell.after):
            return before[1]
        self._gave_way(place, before, act, cell.after)
        return act

    def _gave_way(self, place: Place, value: tuple[Any, str], by: str, after: Any = None) -> None:
        entry = _entry(place, value)
        conflict = self.conflicts.get((*place, _text(value[0])))
        if conflict is not None:
            self.told.add((*place, _text(value[0])))
            self.in_conflict.append(entry | _conflict(conflict))
            self.often |= {(place, value[1])} & self.onward.keys()
            self.onward[place, value[1]] = (by, _text(after))
            self.again[place] = ""
        else:
            self.superseded.append(entry | {"by": by or "external"})

    def stand(self, entity: str, uid: str, cells: Cells) -> None:
        """One record as it is: every cell is the latest that was entered, or came with a snapshot."""
        for name, value in cells.items():
            if _is_nothing(value):
                continue
            place = (entity, uid, name)
            last, beneath = self.latest.pop(place, None), self.hidden.pop(place, None)
            if last is None and beneath is not None and _same(beneath[0], value):
                last, beneath = beneath, None
            if last is not None and not _same(last[0], value):
                self._problem("unwritten", N_("A record holds a value that nobody entered"), place)
            act = last[1] if last is not None else ""
            waits = last is not None and self._waits(act)
            if waits:
                self.waiting.append(_entry(place, (value, act)))
            else:
                self.current += 1
            if beneath is not None and (waits or not _same(beneath[0], value)):
                self._rest(place, beneath, act, stands=waits)
            if place in self.again:
                self.again[place] = _text(value)

    def _waits(self, act: str) -> bool:
        """Whether the hub has not answered an act, or it is another program's that nobody has sealed."""
        return not act or (act in self.acts and self.acts[act].waiting)

    def _rest(self, place: Place, beneath: tuple[Any, str], act: str, *, stands: bool) -> None:
        """A value beneath an own change: it stands at the hub while that waits, else it has given way."""
        if stands:
            self.current += 1
        else:
            self._gave_way(place, beneath, act)

    def close(self) -> None:
        """What the journal says stands must have been found; what only a conflict holds is counted there."""
        for place, (value, act) in self.hidden.items():
            last = self.gone.get(place[:2]) or self.emptied.get(place, act)
            self._gave_way(place, (value, act), self.latest.get(place, ("", last))[1])
        for place in self.latest:
            self._problem("missing", N_("A value that stands in the journal is in no record"), place)
        for key, conflict in self.conflicts.items():
            if key not in self.told and not self._offered_stands(key, conflict):
                value = json.loads(key[3])
                entry = {"entity": key[0], "uid": key[1], "field": key[2], "value": value}
                self.in_conflict.append(entry | {"act": conflict.offered_act or ""} | _conflict(conflict))
        # An act that a restored hub told of again may have written there, though a conflict keeps its value.
        twice = [dict(item) for item in self.superseded if self._gave_way_often(item)]
        self.superseded = [item for item in self.superseded if self._names_its_act(item)] + twice

    def _gave_way_often(self, item: dict[str, Any]) -> bool:
        return ((item["entity"], item["uid"], item["field"]), item["by"]) in self.often

    def _names_its_act(self, item: dict[str, Any]) -> bool:
        """Name the act whose value came to stand: what only a conflict keeps may never have stood there.

        False when the value stands again, because the hub did not take what came after it.
        """
        place, passed = (item["entity"], item["uid"], item["field"]), set[str]()
        while (place, item["by"]) in self.onward and item["by"] not in passed:
            passed.add(item["by"])
            item["by"], after = self.onward[place, item["by"]]
            if after == _text(item["value"]) == self.again[place]:
                return False
        item["by"] = item["by"] or "external"
        return True

    def _offered_stands(self, key: tuple[str, str, str, str], conflict: Conflict) -> bool:
        """Only the side that does not stand is counted as in conflict."""
        return key[3] != _texts(conflict.offered).get(key[2])

    def _problem(self, code: str, why: str, place: Place) -> None:
        self.problems.append(ProofProblem(code, tr(why), *place))


def write_proof(workspace: Workspace, out: Path, made_at: str, progress: Progress) -> Proof:
    """Account for every value and write the certificate. Raises Invalid `not_enrolled`, StoreFailure."""
    facts_of(workspace)
    with workspace.one_moment():  # work goes on meanwhile
        account = _account(workspace, progress)
        areas = _areas(workspace, account)
    whole = account.current + sum(map(len, (account.in_conflict, account.superseded, account.waiting)))
    proof = Proof(
        ok=not account.problems,
        path=out,
        values=whole,
        current=account.current,
        in_conflict=len(account.in_conflict),
        superseded=len(account.superseded),
        waiting=len(account.waiting),
        problems=tuple(account.problems),
        made_at=made_at,
        areas=tuple(
            ProvedArea(code, told["seq"], told["digest"], told["digest"] == told["recounted"])
            for code, told in areas.items()
        ),
    )
    _write(out, _certificate(workspace, account, proof, (made_at, areas)))
    return proof


def _account(workspace: Workspace, progress: Progress) -> _Account:
    """What became of every value."""
    account = _Account(workspace.acts(), _conflicts(workspace))
    for number, cell in enumerate(workspace.entered()):
        account.take(cell)
        if number % _EVERY == 0:
            progress(number, 0, tr(N_("Reading the journal")))
    for entity, uid, cells in workspace.held():
        account.stand(entity, uid, cells)
    account.close()
    return account


def _areas(workspace: Workspace, account: _Account) -> dict[str, Any]:
    """Where each area stands, its digest as it was kept and as it is when counted anew."""
    recounted, began = workspace.replica.recount(), workspace.replica.origins()
    found = {}
    for area, cursor in workspace.replica.cursors().items():
        again = as_text(recounted.get(area, 0))
        kept = as_text(cursor.digest)
        if again != kept:
            why = tr(N_("The records of {area} are not what its log adds up to"), area=area)
            account.problems.append(ProofProblem("digest", why, area))
        found[area] = {
            "seq": cursor.seq,
            "head": cursor.head.hex(),
            "digest": kept,
            "recounted": again,
            "began": began.get(area, 0),
        }
    return found


def _certificate(
    workspace: Workspace, account: _Account, proof: Proof, when: tuple[str, dict[str, Any]]
) -> dict[str, Any]:
    facts = facts_of(workspace)
    named = {
        item["act"] for part in (account.in_conflict, account.waiting, account.superseded) for item in part
    }
    named |= {item["by"] for item in account.superseded}
    return {
        "format": FORMAT,
        "made_at": when[0],
        "hub": facts.hub,
        "hub_key": facts.hub_key.hex(),
        "device": facts.device,
        "epoch": facts.epoch,
        "area": facts.area,
        "root": facts.root,
        "ok": proof.ok,
        "counts": {
            "values": proof.values,
            "current": proof.current,
            "in_conflict": proof.in_conflict,
            "superseded": proof.superseded,
            "waiting": proof.waiting,
        },
        "areas": when[1],
        "problems": [_problem_of(item) for item in account.problems],
        "acts": {uid: _act(account.acts[uid]) for uid in sorted(named) if uid in account.acts},
        "waiting": account.waiting,
        "in_conflict": account.in_conflict,
        "superseded": account.superseded,
    }


def _problem_of(item: ProofProblem) -> dict[str, str]:
    return {name: getattr(item, name) for name in ("code", "why", "entity", "uid", "field")}


def _act(note: ActNote) -> dict[str, str]:
    return {
        name: getattr(note, name) for name in ("person", "name", "role", "device", "at", "action", "reason")
    }


def _write(out: Path, certificate: dict[str, Any]) -> None:
    part = out.with_name(out.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(certificate, file, ensure_ascii=False, indent=1)
            file.write("\n")
        disk.settle(part, out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreFailure(
            N_("The certificate {file} cannot be written"), file=out.name, details=[str(error)], code="file"
        ) from error


def _conflicts(workspace: Workspace) -> dict[tuple[str, str, str, str], Conflict]:
    """Every value that a conflict holds, by record, field and the value as text; of several that hold it one
    that offers it, since what was only offered has no other place."""
    every = workspace.find(Conflict)
    return {
        (item.owner_entity, item.owner, name, text): item
        for sides in ([item.kept for item in every], [item.offered for item in every])
        for item, side in zip(every, sides, strict=True)
        for name, text in _texts(side).items()
    }


def _texts(side: str | None) -> dict[str, str]:
    """The values of one side of a conflict as text, by field."""
    try:
        cells = json.loads(side or "{}")
    except ValueError:
        return {}
    return {name: _text(value) for name, value in cells.items() if not _is_nothing(value)}


def _conflict(item: Conflict) -> dict[str, str]:
    return {"conflict": item.uid, "situation": item.situation}


def _entry(place: Place, value: tuple[Any, str]) -> dict[str, Any]:
    plain = value[0].hex() if isinstance(value[0], bytes) else value[0]
    return {
        "entity": place[0],
        "uid": place[1],
        "field": place[2],
        "value": plain,
        "act": "" if value[1] == _UNTOLD else value[1] or "external",
    }


def _text(value: Any) -> str:
    """A value as the conflicts write it: JSON, a place as WKB in hex."""
    return json.dumps(value.hex() if isinstance(value, bytes) else value, ensure_ascii=False)


def _same(one: Any, other: Any) -> bool:
    return _text(one) == _text(other) or (_is_nothing(one) and _is_nothing(other))


def _is_nothing(value: Any) -> bool:
    return value is None or value in ([], ())
