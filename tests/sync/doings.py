"""What people do on a laptop, in one word each; what the laptop itself refuses counts as not done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from shapely.geometry import Point

from app.actions.conflicts import open_conflicts, resolve
from app.actions.evidence import add_evidence, evidence_of
from app.actions.history import undo
from app.actions.records import add_record, delete_record, edit_many, edit_record
from app.actions.redaction import redact, redaction_of
from app.actions.steps import do_step, next_steps
from app.domain.changes import Change, ChangeSet, delete, insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import CHECKLISTS
from app.domain.entity import Entity
from app.errors import AppError
from builders import METRE_NORTH, PLACE, paper, photo
from sync.world import CREWS, Laptop

T = TypeVar("T")
WHY = "模拟：放错的材料"
FUELS = ("bituminous", "anthracite", "clean_coal", "briquette")
BESIDE = ("other", "photo_before", "identity_copy")  # kinds of papers that are laid beside a record
PLAIN = ("note", "contact", "model", "address")
VALUES: dict[str, Any] = {
    "treatment": "dismantle", "due_date": "2027-10-31", "resp_org": "柳湖镇政府",
    "exclude_reason": "duplicate", "end_state": "A", "end_checks": CHECKLISTS["A"],
    "seal_no": "F-1", "rebound_reason": "relit",
}  # fmt: skip
TOWN_OF = {"town_a": "620802105", "town_a2": "620802105", "town_b": "620802101"}


def tried(work: Callable[[], T]) -> T | None:
    """What the work gives, or None when the laptop refused it: then nothing was entered."""
    try:
        return work()
    except AppError:
        return None


def edit(laptop: Laptop, login: str, record: Entity, **values: Any) -> bool:
    """Somebody changes fields; a number for `place` moves it so many metres north."""
    session = laptop.as_(login)
    moved = values.pop("place", None)
    geometry = None if moved is None else Point(PLACE[0], PLACE[1] + moved * METRE_NORTH)
    return tried(lambda: edit_record(session, record, values, geometry=geometry)) is not None


def plain_edit(laptop: Laptop, login: str, record: Entity, field: str) -> bool:
    """Somebody changes one field to something new: `fuel` and `place` take what they can, texts anything."""
    laptop.world.counter += 1
    number = laptop.world.counter
    if field == "fuel":
        return edit(laptop, login, record, fuel=FUELS[number % len(FUELS)])
    if field == "place":
        return edit(laptop, login, record, place=number / 64)
    if field == "rated_tph":
        return edit(laptop, login, record, rated_tph=float(number))
    return edit(laptop, login, record, **{field: f"{laptop.name}-{number}"})


def move(laptop: Laptop, login: str, record: Boiler) -> bool:
    """Somebody who works in both towns says that a boiler stands in the other one."""
    other = next(town for town in sorted(set(TOWN_OF.values())) if town != record.div_code)
    return edit(laptop, login, record, div_code=other)


def edit_in_each_town(laptop: Laptop, login: str, which: int, field: str) -> bool:
    """Somebody changes one text field of a boiler of each town, in one act."""
    laptop.world.counter += 1
    towns: dict[str, list[Boiler]] = {}
    for record in laptop.workspace.find(Boiler, order="ledger_no"):
        towns.setdefault(record.div_code, []).append(record)
    values = {field: f"{laptop.name}-{laptop.world.counter}"}
    edits = [(those[which % len(those)], values) for those in towns.values()]
    return tried(lambda: edit_many(laptop.as_(login), edits)) is not None


def step(laptop: Laptop, login: str, record: Entity, action: str, **values: Any) -> bool:
    """Somebody takes a step of the workflow with all the papers it needs."""
    session = laptop.as_(login)
    found = next((item for item in next_steps(session, record) if item.action == action), None)
    if found is None:
        return False
    reason = values.pop("reason", "模拟")
    filled = {name: VALUES[name] for name in found.asks if name in VALUES and not getattr(record, name)}
    papers = [file(laptop, kind) for kind in found.evidence]
    return (
        tried(
            lambda: do_step(
                session, action, record, values={**filled, **values}, evidence=papers, reason=reason
            )
        )
        is not None
    )


def steps_there(laptop: Laptop, record: Entity) -> list[tuple[str, str]]:
    """Who of the laptop's people could take which step, as far as role and state go."""
    found = []
    for login in CREWS[laptop.name]:
        session = laptop.as_(login)
        for item in next_steps(session, record):
            if item.for_me:
                found.append((login, item.action))
    return found


def file(laptop: Laptop, kind: str) -> tuple[str, Path]:
    """A new file of a kind of evidence."""
    laptop.world.counter += 1
    number = laptop.world.counter
    folder = laptop.world.folder / "papers"
    if "photo" in kind or kind == "nameplate":
        return kind, photo(folder / f"{number}.jpg", shade=number, taken=laptop.clock())
    return kind, paper(folder / f"{number}.pdf", f"{kind} {number}")


def attach(laptop: Laptop, login: str, record: Entity, kind: str) -> bool:
    """Somebody puts a paper of this kind beside a record, rightly or wrongly."""
    papers = [file(laptop, kind)]
    return tried(lambda: add_evidence(laptop.as_(login), record, papers)) is not None


def take_away(laptop: Laptop, login: str, record: Entity, which: int, *, honest: bool = True) -> bool:
    """Somebody takes a paper of a record away; a changed program asks for nothing before it writes that."""
    session = laptop.as_(login)
    papers = evidence_of(session, record)
    if not papers:
        return False
    paper = papers[which % len(papers)]
    if honest:
        return tried(lambda: redact(session, paper.uid, WHY)) is not None
    said = redaction_of(session, paper, WHY)
    return tried(lambda: session.commit([insert(said), delete(paper)], "redact", WHY)) is not None


def add(laptop: Laptop, login: str, number: str) -> bool:
    """Somebody enters a boiler under a ledger number that somebody else may have given elsewhere."""
    session = laptop.as_(login)
    laptop.world.counter += 1
    town = TOWN_OF.get(laptop.name, "620802105")
    values = {"ledger_no": number, "user_org": laptop.world.fresh(laptop.name), "div_code": town}
    place = Point(PLACE[0] + 0.05, PLACE[1] + laptop.world.counter * 100 * METRE_NORTH)
    return tried(lambda: add_record(session, "boiler", values, place)) is not None


def add_many(laptop: Laptop, login: str, count: int) -> None:
    """Somebody enters several boilers in one act, as an import does."""
    session = laptop.as_(login)
    records = [
        Boiler(
            uid=session.new_uid(),
            ledger_no=f"M-{number}",
            user_org=laptop.world.fresh(laptop.name),
            div_code=TOWN_OF[laptop.name],
            geometry=Point(PLACE[0] + 0.1, PLACE[1] + number * 100 * METRE_NORTH),
        )
        for number in range(count)
    ]
    session.commit(map(insert, records), "import", "模拟")


def remove(laptop: Laptop, login: str, record: Entity) -> bool:
    """Somebody deletes a record."""
    session = laptop.as_(login)
    return tried(lambda: delete_record(session, record, "模拟")) is not None


def take_back(laptop: Laptop, login: str) -> bool:
    """Somebody undoes what they did last."""
    session = laptop.as_(login)
    return tried(lambda: undo(session, "模拟")) is not None


def decide(laptop: Laptop, login: str, which: int, take: str) -> bool:
    """Somebody settles an open conflict."""
    session = laptop.as_(login)
    found = [item for item in open_conflicts(session) if item.can_decide]
    if not found:
        return False
    uid = found[which % len(found)].uid
    return tried(lambda: resolve(session, uid, take, "模拟")) is not None


def forge(laptop: Laptop, login: str, record: Boiler, **values: Any) -> str | None:
    """A changed program writes fields that no action would: the transaction's uid."""
    session = laptop.as_(login)
    before = {name: getattr(record, name) for name in values}
    change = Change("boiler", record.uid, "update", before, values)
    laptop.look()
    actor = session.person()
    change_set = ChangeSet((change,), "edit", actor, "")
    done = tried(lambda: laptop.workspace.apply(change_set, at=session.now()))
    if done is None:
        return None
    laptop.world.oracle.enter(laptop.name, done.transaction, change_set)
    laptop.look()
    return done.transaction
