"""The list of entities, written by hand so that a built program finds them; a test checks it."""

from __future__ import annotations

from app.domain.entities.boiler import Boiler
from app.domain.entities.conflict import Conflict
from app.domain.entities.division import Division
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.lookback import LookbackRound, LookbackVisit
from app.domain.entities.papers import Approval, Attachment, Baseline, BaselineEntry, Redaction
from app.domain.entities.patrol import Patrol
from app.domain.entities.people import Assignment, Org, Person
from app.domain.entities.setting import Setting
from app.domain.entities.sketch import Sketch
from app.domain.entities.snapshot import ReportSnapshot, ReportWithdrawal
from app.domain.entities.water import BuiltUpArea, Intake, ProtectionZone, WaterSource
from app.domain.entity import Entity, EntityType
from app.errors import Invalid
from app.i18n import N_

ENTITIES: tuple[type[Entity], ...] = (
    Division,
    Org,
    Person,
    Assignment,
    GridCell,
    Boiler,
    WaterSource,
    Intake,
    ProtectionZone,
    BuiltUpArea,
    Sketch,
    Patrol,
    Attachment,
    Redaction,
    Approval,
    Baseline,
    BaselineEntry,
    LookbackRound,
    LookbackVisit,
    ReportSnapshot,
    ReportWithdrawal,
    Setting,
    Conflict,
)

BY_NAME: dict[str, EntityType] = {record.TYPE.name: record.TYPE for record in ENTITIES}
BY_CLI: dict[str, EntityType] = {record.TYPE.cli: record.TYPE for record in ENTITIES}


def entity_type(kind: str) -> EntityType:
    """The entity of a KIND of the command line or of an entity name; raises Invalid with the known kinds."""
    found = BY_CLI.get(kind) or BY_NAME.get(kind)
    if found is None:
        raise Invalid(
            N_("There is no kind “{kind}”"),
            hint=N_("Known kinds: {kinds}"),
            kind=kind,
            kinds=" ".join(BY_CLI),
            code="unknown_kind",
        )
    return found
