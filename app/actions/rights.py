"""Who may write what, and where: roles by kind of record, and the area of a person."""

from __future__ import annotations

from app.actions.session import Session
from app.domain.changes import Actor
from app.domain.entity import Entity, EntityType
from app.errors import NotAllowed
from app.i18n import N_

# Supervisors (R4, R6) read, sign, send back and reopen; they do not edit. R0 keeps the house.
WRITERS: dict[str, tuple[str, ...]] = {
    "boiler": ("R1", "R2", "R3", "R5"),
    "grid_cell": ("R3", "R5"),
    "assignment": ("R3", "R5"),
    "water_source": ("R3", "R5"),
    "intake": ("R3", "R5"),
    "protection_zone": ("R3", "R5"),
    "built_up_area": ("R3", "R5"),
    "org": ("R0", "R3", "R5"),
    "division": ("R0", "R5"),
    "person": ("R0",),
    "setting": ("R0",),
    "attachment": ("R1", "R2", "R3", "R5"),
    "baseline": ("R5", "R6"),
}

# What has been cleared or retained is corrected by the city alone.
SETTLED = ("cleared", "retained")
SETTLED_WRITERS = ("R5",)


def require_role(session: Session, *roles: str) -> Actor:
    """The signed-in person when their role is one of `roles`; raises NotAllowed otherwise."""
    actor = session.person()
    if actor.role not in roles:
        raise NotAllowed(
            N_("{name} ({role}) may not do this; it is for {roles}"),
            hint=N_("Nothing was changed."),
            name=actor.name,
            role=actor.role,
            roles=" ".join(roles),
            code="role",
        )
    return actor


def require_writer(session: Session, kind: EntityType) -> Actor:
    """The signed-in person when they may write records of this kind."""
    return require_role(session, *WRITERS.get(kind.name, ()))


def in_area(actor: Actor, div_code: str | None) -> bool:
    """Whether a record of the division lies in the person's area.

    A record known only by its county is in the area of every township of that county.
    """
    if not actor.area or not div_code:
        return True
    area = area_prefix(actor.area)
    return div_code.startswith(area) or area.startswith(area_prefix(div_code))


def area_prefix(code: str) -> str:
    """A city's code 620800 as the prefix 6208 that its counties share; other codes as they are."""
    return code[:4] if len(code) == 6 and code.endswith("00") else code


def require_area(session: Session, record: Entity) -> None:
    """Raise NotAllowed when the record lies outside the person's area."""
    actor = session.person()
    code = getattr(record, "div_code", None)
    if not in_area(actor, code):
        raise NotAllowed(
            N_("{title} lies outside your area ({area})"),
            hint=N_("Nothing was changed."),
            title=record.title(),
            area=actor.area,
            code="outside_area",
        )
