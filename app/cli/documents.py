"""Records, steps, papers and history as JSON documents: English codes, ISO dates, positions as x and y."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shapely.geometry import Point, mapping

from app.actions.acts import field_words
from app.domain.coordinates.measure import spot_of
from app.domain.entities.people import ROLES
from app.domain.entity import Entity
from app.domain.fields import Field, Kind
from app.domain.values import show
from app.i18n import tr

if TYPE_CHECKING:
    from app.actions.history import HistoryEntry
    from app.actions.records import RecordView
    from app.actions.steps import NextStep
    from app.domain.workflow import Transition, Workflow


def record_document(record: Entity, labels: bool = False) -> dict[str, Any]:
    """A record: uid, its fields, its place (x, y of a point; bounds of an area), revision."""
    described = record.TYPE
    values = {
        name: value_document(field, getattr(record, name), labels)
        for name, field in described.fields.items()
        if not secret(field)
    }
    return {"uid": record.uid, **values, **_place(record), "revision": record.revision}


def value_document(field: Field, value: Any, labels: bool = False) -> Any:
    """A field's value as JSON: codes as they are, or their words with `labels`."""
    if value is None:
        return None
    if labels and field.kind in (Kind.CHOICE, Kind.STATE):
        return show(field, value)
    return list(value) if isinstance(value, tuple) else value


def secret(field: Field) -> bool:
    """Whether a field never leaves the file, such as the verifier of a PIN."""
    return field.secret


def view_document(view: RecordView, labels: bool = False) -> dict[str, Any]:
    """A record with its state, next steps, papers and signatures."""
    record = view.record
    document = record_document(record, labels)
    document["title"] = record.title()
    if record.geometry is not None and not isinstance(record.geometry, Point):
        document["geometry"] = mapping(record.geometry)
    document |= {
        "state": _state(view, labels),
        "group": _group(view, labels),
        "next": [step_document(step, labels) for step in view.steps],
        "attachments": [
            {**record_document(item, labels), "metres": place.metres, "beyond": place.beyond}
            if (place := view.photo_places.get(item.uid))
            else record_document(item, labels)
            for item in view.attachments
        ],
        "taken_away": [record_document(item, labels) for item in view.taken_away],
        "signatures": [_signature(item, labels) for item in view.signatures],
        "dossier_lacks": [
            {"evidence": item.values["evidence"], "why": item.text} for item in view.dossier_lacks
        ],
        "rebound": view.rebound.text if view.rebound else None,
        "photos_used_again": [
            {
                "file": item.attachment.file_name,
                "kind": item.attachment.kind,
                "also": {"record": item.other.owner, "kind": item.other.kind, "round": item.other.round_no},
            }
            for item in view.used_again
        ],
    }
    return document


def step_document(step: NextStep, labels: bool = False) -> dict[str, Any]:
    """A step that may come next: whether this person may take it, and what it still lacks."""
    return {
        "action": step.action,
        "label": step.label,
        "to": step.target,
        "allowed": step.allowed,
        "lacks": [{"code": lack.code, "why": lack.text} for lack in step.lacks],
        "roles": _roles(step.roles, labels),
        "evidence": list(step.evidence),
        "asks": list(step.asks),
        "may_set": list(step.may_set),
        "needs_reason": step.needs_reason,
        "signature": step.signature,
        "signatures": step.signatures,
    }


def action_document(flow: Workflow, action: str, labels: bool = False) -> dict[str, Any]:
    """An action of a workflow: from, to, roles, evidence, fields, signatures; a row for each way to it."""
    rows = [row for row in flow.transitions if row.action == action]
    return {
        "action": action,
        "label": tr(rows[0].label),
        "from": list(dict.fromkeys(state for row in rows for state in row.source)),
        "to": rows[0].target,
        "roles": _roles(tuple(dict.fromkeys(role for row in rows for role in _signers(row))), labels),
        "evidence": list(rows[0].evidence),
        "asks": list(rows[0].asks),
        "may_set": list(rows[0].may_set),
        "needs_reason": rows[0].needs_reason,
        "signatures": len(rows[0].signers),
        "rows": [_row(row, labels) for row in rows],
    }


def history_document(
    entry: HistoryEntry, fields: Mapping[str, Field], logins: Mapping[str, str]
) -> dict[str, Any]:
    """One entry of a record's history: when, who, on which device, why, and each field before and after.

    `logins` are the sign-in names of persons by uid.
    """
    return {
        "at": entry.at,
        "person": entry.person or None,
        "login": logins.get(entry.person_uid),
        "person_uid": entry.person_uid or None,
        "device": entry.device,
        "action": entry.action,
        "operation": entry.operation,
        "reason": entry.reason or None,
        "transaction": entry.transaction,
        "external": entry.external,
        "undoes": entry.undoes,
        "changes": [
            {
                "field": change.field,
                "label": field_words(change.field, fields),
                "before": told(change.before),
                "after": told(change.after),
            }
            for change in entry.changes
            if change.field not in fields or not secret(fields[change.field])
        ],
    }


def _place(record: Entity) -> dict[str, Any]:
    place, spot = record.geometry, spot_of(record.geometry)
    if spot is not None:
        return dict(zip("xy", spot, strict=True))
    if place is not None and not isinstance(place, Point) and all(map(math.isfinite, place.bounds)):
        return {"bounds": [round(value, 8) for value in place.bounds]}
    return {"x": None, "y": None} if record.TYPE.shape.value == "POINT" else {}


def told(value: Any) -> Any:
    """A value of a history as JSON; a place as its coordinates."""
    if isinstance(value, Point):
        return list(spot_of(value) or ())
    if hasattr(value, "geom_type"):
        return mapping(value)
    return list(value) if isinstance(value, tuple) else value


def _state(view: RecordView, labels: bool) -> str | None:
    field = view.record.TYPE.fields.get("status")
    return show(field, view.state) if labels and field and view.state else view.state


def _group(view: RecordView, labels: bool) -> str | None:
    from app.domain.entities.boiler_codes import STATUS_GROUPS  # late: only with words

    return STATUS_GROUPS.label(view.group) if labels and view.group else view.group


def _signature(item: Any, labels: bool) -> dict[str, Any]:
    signed = item.approval
    return {
        "action": signed.action,
        "person": signed.person_name,
        "person_uid": signed.person,
        "role": ROLES.label(signed.role) if labels else signed.role,
        "unit": signed.org,
        "opinion": signed.opinion,
        "round_no": signed.round_no,
        "signed_at": signed.signed_at,
        "valid": item.valid,
    }


def _signers(row: Transition) -> list[str]:
    return [role for signer in row.signers for role in signer]


def _row(row: Transition, labels: bool) -> dict[str, Any]:
    return {
        "from": list(row.source),
        "to": row.target,
        "signers": [_roles(signer, labels) for signer in row.signers],
        "evidence": list(row.evidence),
        "asks": list(row.asks),
    }


def _roles(roles: tuple[str, ...], labels: bool) -> list[str]:
    return [ROLES.label(role) if labels else role for role in roles]
