"""What may have been entered twice: one of two entries goes, or the second gets a number of its own.

Two people who did not see each other may enter the same boiler under two numbers: the hub flags it. Or they
give two boilers the same number: the hub does not take the later one, and the conflict keeps it whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from app.actions import latework
from app.actions.session import Session
from app.domain.casework import WORKFLOWS
from app.domain.catalog import BY_NAME
from app.domain.changes import Change, insert
from app.domain.entities.conflict import NUMBER, SECOND, Conflict
from app.domain.entities.papers import Attachment
from app.domain.entity import Entity, EntityType
from app.domain.filters import equal


def own_number(session: Session, item: Conflict, record: Entity | None, values: Mapping[str, Any]) -> str:
    """A free number, or other key, for the second record of two that were given the same one; "" for every
    other conflict, and where the first is not here any more."""
    kind = BY_NAME.get(item.owner_entity)
    if kind is None or record is None or item.note != NUMBER or not _is_whole(kind, values):
        return ""
    given = str(values[kind.key])
    tries = itertools.chain((given,), (f"{given}-{at}" for at in itertools.count(2)))
    return next(
        one for one in tries if not session.workspace.find(kind.name, equal(**{kind.key: one}), limit=1)
    )


def entry(
    session: Session, item: Conflict, record: Entity | None, values: Mapping[str, Any]
) -> list[Change | None]:
    """The second record as whoever decides enters it, under its own number, with the papers that were refused
    because it was; raises Refused where there is none."""
    number = own_number(session, item, record, values)
    if not number or record is None:
        raise latework.nothing_to_take()
    uid = session.new_uid()
    made = latework.entered(session, item, {**values, record.TYPE.key: number}, uid)
    second = str(latework.cells_of(item.offered).get(SECOND) or "")
    return [made, *(_papers(session, record.TYPE, second, uid) if second else ())]


def _papers(session: Session, kind: EntityType, second: str, uid: str) -> Iterator[Change]:
    """The refused papers of a record as papers of the one with this uid; who has their files sends them."""
    known: set[tuple[str, str]] = set()
    for one in session.workspace.find(
        Conflict, equal(owner_entity=Attachment.TYPE.name, note="unknown_record"), order="raised_at"
    ):
        cells = latework.cells_of(one.offered)
        if (cells.get("owner_entity"), cells.get("owner")) != (kind.name, second):
            continue
        named = {name: cells[field.id] for name, field in Attachment.TYPE.fields.items() if field.id in cells}
        paper = latework.paper_of(one, named)
        if paper is None or (paper.kind, paper.sha256) in known:
            continue
        known.add((paper.kind, paper.sha256))
        added = {"added_by": session.person().uid, "added_at": session.moment(), "round_no": 1}
        yield insert(paper.replace(uid=session.new_uid(), owner=uid, **added))


def _is_whole(kind: EntityType, values: Mapping[str, Any]) -> bool:
    """Whether these are the values of a record that was entered, and not of an edit of its number."""
    needed = [field.name for field in kind.fields.values() if field.required]
    state = WORKFLOWS[kind.name].field if kind.name in WORKFLOWS else kind.key
    return all(values.get(name) is not None for name in (kind.key, state, *needed))
