"""This laptop at its hub, as a session has it: the keys that are open, the way to the hub, and its limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from shapely import Point
from shapely.ops import nearest_points

from app.actions.session import Session
from app.domain.areas import ROOTED, Scope, area_of_record, covers
from app.domain.catalog import BY_NAME
from app.domain.changes import Change
from app.domain.coordinates.measure import distance_m, spot_of
from app.domain.entities.division import Division
from app.domain.entities.people import ROLES, Person, is_at_hub
from app.domain.entity import Entity
from app.domain.filters import equal
from app.domain.rights import within_cap
from app.domain.values import as_moment, show_moment
from app.errors import AppError, Invalid, NotAllowed
from app.i18n import N_, tr
from app.store.replica_facts import ReplicaFacts
from app.store.workspace import Workspace
from app.sync.state import ENROL_REQUEST, GRANTS, LOCK_KEYS, clock_of, note_seen

if TYPE_CHECKING:
    from app.sync.keys import DeviceKeys
    from app.sync.keystore import Where
    from app.sync.transport import Transport

E = TypeVar("E", bound=Entity)
KeysState = Literal["open", "former", "locked", "missing"]
# Our own choice: the second-level zone of a river reaches 2 km, that of a well in coarse gravel 5 km.
_NEAR_M = 5000.0
_SHARED = N_("{kind}: the same for all of {root}, so it is entered there; this laptop ({mine}) reads it")
_HAND_IN = N_(
    "Nothing was changed. Draw yours as a sketch, which the city gets with the next sync, or send its file; "
    "the city’s staff enter it on a laptop of the whole area."
)


def facts_of(session: Session) -> ReplicaFacts:
    """The hub this workspace belongs to; raises Invalid `not_enrolled`."""
    from app.sync.identity import facts_of as found  # late: a workspace without a hub needs no network

    return found(session.workspace)


def keys_of(session: Session) -> DeviceKeys:
    """This laptop's keys. Raises Invalid `keys_locked` when a PIN opens them and nobody signed in."""
    from app.sync.identity import keystore

    if session.keys is None:
        person = session.actor.uid if session.actor else ""
        session.keys = keystore(session.workspace, facts_of(session).device).held(person).keys
    return session.keys


def transport_of(session: Session) -> Transport:
    """The way to the hub."""
    from app.sync.identity import way_to_hub

    return (session.reach or way_to_hub)(facts_of(session), keys_of(session))


def open_keys(session: Session, person: str, pin: str) -> None:
    """Open wrapped keys with the PIN of whoever signs in, or let them do so from now on; lock those in a file
    where that was asked for when the laptop joined."""
    from app.sync.identity import keystore

    facts = session.workspace.replica.facts()
    if facts is None:
        return
    kept, replica = keystore(session.workspace, facts.device), session.workspace.replica
    if kept.where == "file" and replica.private(LOCK_KEYS) and not session.workspace.read_only:
        kept.wrap(kept.held().keys, person, pin)
        replica.set_private(LOCK_KEYS, None)
    if kept.where != "wrapped":
        return
    try:
        session.keys = kept.held(person, pin).keys
    except AppError:
        if session.keys is not None and not session.workspace.read_only:
            kept.add_person(session.keys, person, pin)


def change_lock(session: Session, person: str, pin: str) -> None:
    """Let a person's new PIN open wrapped keys, where they are open; the former one opens them no more."""
    from app.sync.identity import keystore

    facts = session.workspace.replica.facts()
    if facts is not None and session.keys is not None:
        keystore(session.workspace, facts.device).add_person(session.keys, person, pin)


def open_with_former(session: Session, person: str, former: str, pin: str) -> None:
    """Open wrapped keys with a person's former PIN, and wrap them by the one they have now."""
    from app.sync.identity import keystore

    kept = keystore(session.workspace, facts_of(session).device)
    session.keys = kept.held(person, former).keys
    kept.add_person(session.keys, person, pin)


def keys_state(session: Session) -> KeysState:
    """Whether this laptop's keys can be used: `open`; `former` when only a former PIN of whoever is signed in
    opens them; `locked` when a PIN wraps them and nobody here opens them; `missing` when they are not where
    they were kept, as those of a copied file. A workspace without a hub needs none: `open`."""
    facts = session.workspace.replica.facts()
    if facts is None or session.keys is not None:
        return "open"
    from app.sync.identity import keystore

    kept = keystore(session.workspace, facts.device)
    if kept.where != "wrapped":
        try:
            keys_of(session)
        except AppError:
            return "missing"
        return "open"
    return "former" if session.actor is not None and kept.opens_for(session.actor.uid) else "locked"


def wrap_keys(session: Session, pin: str) -> Where:
    """Wrap keys that lie in a file by the PIN of whoever is signed in; says where the keys lie then."""
    from app.sync.identity import keystore

    kept = keystore(session.workspace, facts_of(session).device)
    if session.actor is not None:
        kept.wrap(keys_of(session), session.actor.uid, pin)
    return kept.where or "file"


def check_sign_in(session: Session, person: Person) -> None:
    """Raise NotAllowed when this laptop may not serve the person, or not any more without having synced.

    The clock is the latest of the laptop's own, the last the hub told, and what the laptop has seen since, so
    that turning it back is no help; one that runs ahead is set against the hub's whenever they meet.
    """
    check_cap(session, person)
    facts = session.workspace.replica.facts()
    if facts is None or facts.founding:
        return
    packed = session.workspace.replica.private(GRANTS)
    if packed is not None:  # before the first round there is nothing to go by
        _check_grant(session, person, facts, packed)


def check_cap(session: Session, person: Person) -> None:
    """Raise NotAllowed when this laptop is enrolled for lower roles than the person's."""
    facts = session.workspace.replica.facts()
    if facts is None or facts.founding:
        return
    if facts.role_cap and not within_cap(person.role, facts.role_cap):
        raise NotAllowed(
            N_("This laptop is enrolled for persons up to {cap}; {name} is {role}"),
            hint=N_("Nobody is signed in. Use the laptop of the office, or have this one enrolled anew."),
            cap=ROLES.word(facts.role_cap),
            name=person.name,
            role=ROLES.word(person.role),
            code="device_role",
        )


def _check_grant(session: Session, person: Person, facts: ReplicaFacts, packed: bytes) -> None:
    from app.sync.grants import read_grants

    now = clock_of(session.workspace, session.now(), facts.hub_time_ms)
    note_seen(session.workspace, now)
    grants = read_grants(packed, facts.hub_key)
    if grants.live(person.uid, now) is not None:
        return
    ended = [item.until for item in grants.grants if item.person == person.uid and item.until <= now]
    if not ended:
        raise no_grant(session, person)
    until = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=max(ended))
    raise NotAllowed(
        N_("{name} could sign in here without a network until {until}; that has passed"),
        hint=N_(
            "All work is safe. Bring this laptop to the network and sync, or read in a bundle of the hub. Its"
            " clock says {clock}: if that is wrong, put it right first."
        ),
        clock=show_moment(as_moment(session.now())),
        name=person.name,
        until=show_moment(until.strftime("%Y-%m-%dT%H:%M:%S.000Z")),
        code="grant_expired",
    )


def waits_for_hub(session: Session) -> bool:
    """Whether this laptop joined by an invitation file and the hub has not answered yet, so that nobody can
    sign in."""
    replica = session.workspace.replica
    return replica.private(ENROL_REQUEST) is not None and replica.private(GRANTS) is None


def no_grant(session: Session, person: Person) -> NotAllowed:
    """The hub has not told this laptop that it may serve the person."""
    if session.workspace.replica.private(ENROL_REQUEST) is not None:
        return NotAllowed(
            N_("This laptop joined by an invitation file and has not had the hub’s answer yet"),
            hint=N_(
                "Carry a bundle to the hub and read its answer in here, for which nobody signs in;"
                " then people can."
            ),
            code="waits_for_hub",
        )
    return NotAllowed(
        N_("The hub does not let {name} sign in on this laptop"),
        hint=N_("Nobody is signed in. Sync first if {name} was added lately; else ask the bureau."),
        name=person.name,
        code="no_grant",
    )


def verifier_of(session: Session, person: Person) -> str | None:
    """What a PIN is checked against: the record's own verifier, at a hub the one that came with the grant.

    None when this laptop has none.
    """
    if not is_at_hub(person.verifier):
        return person.verifier
    return granted_verifier(session.workspace, person.uid)


def granted_verifier(workspace: Workspace, person: str) -> str | None:
    """The verifier that came with the hub's grant for a person; None without one."""
    from app.sync.grants import read_grants

    packed, facts = workspace.replica.private(GRANTS), workspace.replica.facts()
    if packed is None or facts is None:
        return None
    return read_grants(packed, facts.hub_key).verifier(person) or None


def in_own_area(session: Session, record: E) -> E:
    """A new record, whose place names no more than the county, as one of the area this laptop writes."""
    facts = session.workspace.replica.facts()
    code = getattr(record, "div_code", "none")
    if facts is None or facts.founding or code == "none" or facts.area == facts.root:
        return record
    above = not code or (covers(code, facts.area) and not facts.scope.writes(code))
    return record.replace(div_code=facts.area) if above else record


def only_read_here(workspace: Workspace, entity: str) -> str:
    """Why this laptop only reads all records of a kind; empty where it writes them.

    Built-up areas, divisions and settings are the same for everybody, so one house keeps them.
    """
    facts = workspace.replica.facts()
    if facts is None or facts.founding or facts.area == facts.root or entity not in ROOTED:
        return ""
    return tr(_SHARED, kind=BY_NAME[entity].text, mine=facts.area, root=facts.root)


def zones_unknown_near(session: Session, record: Entity) -> str:
    """Whether a place may lie in a neighbour's protection zone that this laptop does not have.

    Zones belong to the area of their source; one of another county reaches over the boundary now and then.
    """
    facts, spot = session.workspace.replica.facts(), spot_of(record.geometry)
    if facts is None or facts.founding or facts.area == facts.root or spot is None:
        return ""
    if getattr(record, "zone_level", "none") is not None:  # no kind that lies in zones, or a zone is known
        return ""
    own = session.workspace.find(Division, equal(code=facts.area), limit=1)
    outline = own[0].geometry if own else None
    if outline is None:
        return ""
    place = Point(spot)
    edge = nearest_points(outline.boundary, place)[0]
    metres = distance_m(*spot, edge.x, edge.y)
    if metres > _NEAR_M and outline.contains(place):
        return ""
    said = N_(
        "{km} km from the boundary of {area}: protection zones beyond it are not on this laptop; ask the city"
    )
    return tr(said, km=f"{metres / 1000:.1f}", area=own[0].name)


def check_scope(workspace: Workspace, changes: Iterable[Change]) -> None:
    """Raise NotAllowed when a change is about a record outside the laptop's area: the hub would refuse it."""
    facts = workspace.replica.facts()
    if facts is None or facts.founding or facts.area == facts.root:
        return
    changes = list(changes)
    places = _Places(workspace, facts.scope, changes)
    for change in changes:
        if change.entity != "conflict":
            _check_change(workspace, places, change)


class _Places:
    """The areas of records, also of those that the same act brings."""

    def __init__(self, workspace: Workspace, scope: Scope, changes: Iterable[Change]) -> None:
        self._workspace, self.scope = workspace, scope
        self._fresh = {(one.entity, one.uid): one.after for one in changes if one.operation == "insert"}

    def area(self, entity: str, values: Mapping[str, Any]) -> str:
        """The area of a record of these values."""
        return area_of_record(entity, values, self.scope.root, self._of)

    def _of(self, entity: str, uid: str) -> str | None:
        fresh = self._fresh.get((entity, uid))
        if fresh is not None:
            return self.area(entity, fresh)
        try:
            owner: Entity | None = self._workspace.get(entity, uid)
        except Invalid:
            return None
        return self.area(entity, owner.values()) if owner is not None else None


def _check_change(workspace: Workspace, places: _Places, change: Change) -> None:
    scope = places.scope
    if change.entity in ROOTED:
        raise NotAllowed(_SHARED, hint=_HAND_IN, kind=BY_NAME[change.entity].text, mine=scope.area,
                         root=scope.root, code="outside_area")  # fmt: skip
    record: Entity | None = None
    if change.operation != "insert":
        record = workspace.get(change.entity, change.uid)
    values: dict[str, Any] = record.values() if record is not None else {}
    for told in (values, {**values, **change.after}) if record is not None else (change.after,):
        area = places.area(change.entity, told)
        if not scope.writes(area):
            raise NotAllowed(
                N_("{title} lies in {area}, outside the area of this laptop ({mine})"),
                hint=N_("Nothing was changed. The hub would refuse it; let the laptop of that area do it."),
                title=record.title() if record is not None else _title(told),
                area=area,
                mine=scope.area,
                code="outside_area",
            )


def _title(values: Mapping[str, Any]) -> str:
    return str(values.get("ledger_no") or values.get("name") or values.get("file_name") or "?")
