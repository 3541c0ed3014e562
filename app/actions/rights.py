"""The signed-in person's rights: their role, and their area (`domain/rights.py` has the tables)."""

from __future__ import annotations

from app.actions.session import Session
from app.domain.changes import Actor
from app.domain.entities.people import ROLES
from app.domain.entity import Entity, EntityType
from app.domain.rights import WRITERS, in_area, keeps_house
from app.errors import NotAllowed
from app.i18n import N_, listed


def require_role(session: Session, *roles: str) -> Actor:
    """The signed-in person when their role is one of `roles`; raises NotAllowed otherwise."""
    actor = session.person()
    if actor.role not in roles:
        raise NotAllowed(
            N_("{name} ({role}) may not do this; it is for {roles}"),
            hint=N_("Nothing was changed."),
            name=actor.name,
            role=ROLES.word(actor.role),
            roles=listed(map(ROLES.label, roles)),
            code="role",
        )
    return actor


def require_writer(session: Session, kind: EntityType) -> Actor:
    """The signed-in person when they may write records of this kind."""
    return require_role(session, *WRITERS.get(kind.name, ()))


def require_area(session: Session, record: Entity) -> None:
    """Raise NotAllowed when the record lies outside the person's area."""
    actor = session.person()
    code = getattr(record, "div_code", None)
    if not in_area(actor.area, code):
        raise NotAllowed(
            N_("{title} lies outside your area ({area})"),
            hint=N_("Nothing was changed."),
            title=record.title(),
            area=actor.area,
            code="outside_area",
        )


def require_house(session: Session, area: str | None) -> None:
    """Raise NotAllowed when persons of `area` (None: of the whole) are not the signed-in person's to keep."""
    actor, place = session.person(), area or session.workspace.area
    if not keeps_house(actor.area, place):
        raise NotAllowed(
            N_("Area {place} lies outside your area ({area})"),
            hint=N_("Nothing was changed."),
            place=place,
            area=actor.area,
            code="outside_area",
        )
