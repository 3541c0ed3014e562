"""The account of who may do what: states by steps, signatures upon what was seen, each area its own."""

from __future__ import annotations

from app.domain.areas import Scope
from app.domain.entities.boiler import Boiler
from app.domain.entity import GEOMETRY
from app.domain.workflow import judged_fields
from app.domain.workflows.boiler import BOILER
from sync.oracle import Lost, Replay
from sync.world import LAPTOPS, ROOT, World

_TAKEN_BACK = ("undo", "redo")


def check_steps(world: World, replay: Replay) -> None:
    """Each change of a boiler's state is an edge of the table, taken by somebody of a role that signs it."""
    status = next(item.id for item in Boiler.TYPE.fields.values() if item.name == "status")
    roles = {uid: row.get("role") for (entity, uid), row in replay.rows.items() if entity == "person"}
    steps = {row.action for row in BOILER.transitions}
    taken = {(item.uid, item.cells.get(status)) for item in world.oracle.entered if item.action in steps}
    for logged, before, alive in replay.entries:
        effect = logged.effect
        founding = logged.seq <= world.founded.get(logged.area, 0)
        if effect.entity != "boiler" or founding or status not in effect.cells:
            continue
        old, new = before.get(status), effect.cells[status]
        if not alive or old == new or logged.act.action in ("undo", "redo", "resolve"):
            continue
        if not logged.device and (effect.uid, new) in taken:
            continue  # a move that the hub was given back brings what a step had come to
        role = roles.get(logged.act.person)
        allowed = any(
            row.action == logged.act.action
            and old in row.source
            and new == row.target
            and role in row.signers[-1]
            for row in BOILER.transitions
        )
        if not allowed:
            how = f"{logged.act.action} by {role} at {logged.area} {logged.seq}"
            raise Lost(f"a boiler went from {old} to {new}: {how}")


def check_places(world: World, replay: Replay) -> None:
    """What a laptop pushed changes nothing in an area that is not its own."""
    laptops = {item.act: item.laptop for item in world.oracle.entered}
    for logged, _, _ in replay.entries:
        name = laptops.get(logged.act.uid)
        if not logged.device or logged.effect.op == "n" or name is None:
            continue  # given back, perhaps of a record that was moved meanwhile; the hub's own; or an answer
        if not Scope(LAPTOPS[name][0], ROOT).writes(logged.area):
            told = f"{logged.act.action} by {name} at {logged.area} {logged.seq}"
            raise Lost(f"written outside the laptop’s area: {told}")


def check_signed(world: World, replay: Replay) -> None:
    """A signature that stands was given for the record as its signer had seen it, or wrote it in the step."""
    signed = {item.uid: item for item in world.oracle.entered if item.entity == "approval" and item.op == "i"}
    names = [Boiler.TYPE.fields[name].id for name in sorted(judged_fields(Boiler))] + [GEOMETRY]
    for logged, record, row in replay.signed:
        item = signed.get(logged.effect.uid)
        if item is None or logged.act.action in _TAKEN_BACK or record[0] != "boiler":
            continue
        if logged.act.uid != item.act:  # it came along with a move that the hub was given back
            continue
        for name in names:
            cell = (*record, name)
            own = replay.meant.get((item.act, cell))
            if row.get(name) != own and row.get(name) not in item.seen.get(cell, ()):
                told = f"{item.action} by {item.laptop} at {logged.area} {logged.seq}"
                raise Lost(f"signed unseen: {told}: {name}={row.get(name)!r}")
