"""Conflict records: what the hub did not simply apply becomes a record that people see and settle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.casework import WORKFLOWS
from app.domain.changes import new_uid
from app.domain.entities.conflict import MUCH, Conflict
from app.domain.entity import EntityType
from app.domain.merge import ConflictDraft
from app.domain.replication import Act
from app.domain.rights import DECIDERS, SETTLED, SETTLED_WRITERS
from app.domain.values import as_datetime, as_moment
from app.hub.book import field_ids
from app.store.tables import known

_LONGEST = MUCH // 2  # escapes and the other cells need room too
_LONGEST_TEXT = 2_000
_LONGEST_PART, _MOST_PARTS = 200, 20  # of a list of texts


@dataclass(frozen=True, slots=True)
class Side:
    """Whose value it is: the act behind it, if it is known."""

    act: Act | None

    def told(self, prefix: str) -> dict[str, Any]:
        """The fields of the conflict that tell of this side."""
        act = self.act
        if act is None:
            return {}
        return {
            f"{prefix}_act": act.uid[:36],
            f"{prefix}_by": act.person_name[:40] or None,
            f"{prefix}_device": act.device[:36] or None,
            f"{prefix}_at": _moment(act.wall),
            f"{prefix}_reason": act.reason[:500] or None,
        }


def conflict_of(
    owner: tuple[str, str, str | None],
    draft: ConflictDraft,
    kept: Side,
    offered: Side,
    raised_at: str,
    status: Any,
) -> Conflict:
    """The record of a conflict; `owner` is the entity, uid and title of the record it is about."""
    city_only = status in SETTLED
    return Conflict(
        uid=new_uid(),
        owner_entity=owner[0][:40],
        owner=owner[1][:36],
        owner_title=(owner[2] or "")[:200] or None,
        kind=draft.kind,
        note=draft.note[:60] or None,
        kept=as_json(draft.kept),
        offered=as_json(draft.offered),
        proposal=draft.proposal,
        decides=" ".join(SETTLED_WRITERS if city_only else DECIDERS),
        raised_at=raised_at,
        situation="open" if draft.open else "settled",
        offered_action=(offered.act.action[:40] or None) if offered.act else None,
        **kept.told("kept"),
        **offered.told("offered"),
    )


def as_json(cells: Mapping[str, Any]) -> str:
    """Cells as JSON, a geometry as WKB in hex. Of what is too long for a record shapes are left out, texts
    and lists cut, and fields left out that have no room then (the kept batch has them)."""
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in cells.items()}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True)
    if len(text) <= _LONGEST:
        return text
    rest: dict[str, Any] = {}
    left = _LONGEST
    for name in sorted(plain):
        value = None if isinstance(cells[name], bytes) else _cut(plain[name])
        left -= len(json.dumps({name: value}, ensure_ascii=False))
        if value is not None and left >= 0:
            rest[name] = value
    return json.dumps(rest, ensure_ascii=False, sort_keys=True)


def _cut(value: Any) -> Any:
    """The beginning of a long text or list of texts."""
    if isinstance(value, str):
        return value[:_LONGEST_TEXT]
    return [part[:_LONGEST_PART] for part in value[:_MOST_PARTS]] if isinstance(value, list) else value


def title_ids(kind: EntityType) -> list[str]:
    """The fields that name a record of this kind."""
    return [kind.fields[name].id for name in kind.title if name in kind.fields]


def title_of(kind: EntityType, uid: str, values: Mapping[str, Any]) -> str:
    """What a person calls the record."""
    words = [str(values[name]) for name in title_ids(kind) if values.get(name) not in (None, "")]
    return " ".join(words).replace("\0", "") or uid[:8]  # refused values have a title too


def _moment(wall: str) -> str | None:
    try:
        return as_moment(as_datetime(wall))
    except (ValueError, OverflowError):
        return None


def state_ids(draft: ConflictDraft, entity: str) -> tuple[str, ...]:
    """Where two steps contradict each other what stands is the state, whatever cells the other step wrote; of
    a void signature it is the last change of the record, whatever it was."""
    if draft.kind == "void":
        return field_ids(known(entity))
    flow = WORKFLOWS.get(entity) if draft.kind == "state" else None
    return (known(entity).fields[flow.field].id,) if flow is not None else ()
