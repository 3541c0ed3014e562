"""Imports: a file becomes a plan that is shown first; the plan is written as one transaction or not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from app.actions.action import action
from app.actions.builtup import with_builtup_doubts
from app.actions.laptop import in_own_area
from app.actions.places import Places, derived_values, places_around
from app.actions.rights import require_role, require_writer
from app.actions.session import Session
from app.actions.watching import UNWATCHED, Watch
from app.domain.areas import prefix_of
from app.domain.catalog import entity_type
from app.domain.changes import Change, Committed, insert, update
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entity import GEOMETRY, Entity, EntityType
from app.domain.rights import SETTLED, SETTLED_WRITERS, WRITERS, in_area
from app.errors import Cancelled, Refused
from app.exchange.error_workbook import write_errors
from app.exchange.headings import IGNORED
from app.exchange.learned import Shelf, corrections_by_table, corrections_of, write_mapping
from app.exchange.mapping import MappingFile, read_mapping
from app.exchange.options import ImportContext
from app.exchange.options import ImportOptions as ImportOptions  # the shell fills them
from app.exchange.plan import plan_file
from app.exchange.report import CHANGE, UNCHANGED, ImportPlan, ImportReport, PlannedRecord, Refusal, Warned
from app.exchange.workbook import open_book
from app.i18n import N_, listed, tr

Progress = Callable[[int, int, str], None]

# After this a boiler is in its workflow: its step fields are changed by steps and by nothing else.
_BEFORE_WORKFLOW = ("suspect", "registered")
_WORKFLOW_HELD = N_("Not taken: {fields}; the boiler is in its workflow, and only a step changes them")
_SETTLED_HELD = N_("Not taken: {fields}; the boiler is cleared, and only the city edits it")


@dataclass(frozen=True)
class ImportRequest:
    """What is to be imported: the kind of record, the file, what the person settled, and a mapping file.

    `learned` is the folder of what was corrected in earlier files; None leaves that aside.
    """

    kind: str
    source: Path
    options: ImportOptions = field(default_factory=ImportOptions)
    mapping: Path | None = None
    learned: Path | None = None

    def settled(self) -> ImportOptions:
        """The options with the mapping file read; raises Invalid when that cannot be read."""
        return replace(self.options, mapping=read_mapping(self.mapping)) if self.mapping else self.options


@dataclass(frozen=True)
class ImportDone:
    """What was written; `committed` is None when the file held nothing new."""

    report: ImportReport
    committed: Committed | None


def preview(
    session: Session,
    request: ImportRequest,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ImportPlan:
    """What importing the file would do: records to add and change, questions, refusals. Nothing is written.

    Raises Invalid for a file that cannot be taken as a whole, NotAllowed for a role that may not import it.
    """
    kind = entity_type(request.kind)
    require_writer(session, kind)
    if request.options.accept_claims:
        require_role(session, "R5", "R6")
    divisions = session.workspace.find(Division)
    context = ImportContext(
        kind=kind,
        existing=session.workspace.find(kind.record),
        divisions=divisions,
        area=area_of(session.workspace.area, divisions),
        today=date.fromisoformat(session.today),
        new_uid=session.new_uid,
        near_m=session.policy.duplicate_m,
        common_point_m=session.policy.common_point_m,
        lookup=lambda entity, words: _lookup(session, entity, words),
        tick=Watch(progress, cancelled).ticker(
            tr(N_("Reading the rows")),
            Cancelled(N_("The import was cancelled"), hint=N_("Nothing was written.")),
        ),
        recall=Shelf(request.learned).recall if request.learned else lambda key: None,
    )
    plan = _within_rights(session, plan_file(request.source, context, request.settled()))
    plan = with_builtup_doubts(session, plan)
    return _with_lacking_papers(session, plan) if request.options.accept_claims else plan


@action(
    N_("Import a file…"), "file", shortcut="Ctrl+I", icon="import", command="import", roles=WRITERS["boiler"]
)
def import_records(
    session: Session, plan: ImportPlan, reason: str = "", leave: Collection[tuple[str, int]] = ()
) -> ImportDone:
    """Write a plan as one transaction; `leave` are (sheet, row) the person does not want.

    Raises Refused with the open questions while there are any, or for claims accepted without a document.
    """
    require_writer(session, plan.kind)
    if not plan.ready:
        raise Refused(
            N_("The import has {n} open questions"),
            hint=N_(
                "Nothing was written. Answer them (--answer CODE=CHOICE, or in the wizard) and import again."
            ),
            details=[question.to_json() for question in plan.report.ask],
            n=len(plan.report.ask),
            code="questions",
        )
    if any(record.values.get("origin") == "migrated" for record in plan.records) and not reason.strip():
        raise Refused(
            N_("Accepting the ledger's claims needs the document they rest on"),
            hint=N_("Nothing was written. Name the document as the reason."),
            code="reason",
        )
    chosen = [record for record in plan.records if (record.sheet, record.row) not in leave]
    if plan.report.shift is not None:  # how positions were converted stays with the import
        reason = "；".join(part for part in (reason.strip(), plan.report.shift.sentence()) if part)
    changes = _changes(session, plan, chosen)
    committed = session.commit(changes, "import", reason) if changes else None
    return ImportDone(plan.report, committed)


def save_refused(request: ImportRequest, plan: ImportPlan, target: Path, watch: Watch = UNWATCHED) -> Path:
    """Write the same workbook again with a comment on every refused cell; Cancelled leaves what was there."""
    options = request.settled()
    tick = watch.ticker(tr(N_("Writing the error list")))
    book = open_book(request.source, options.encoding or options.all_answers().get("encoding"), tick)
    write_errors(request.source, book, plan.report, target, tick)
    return target


def learn(request: ImportRequest, plan: ImportPlan) -> None:
    """Keep what the mapping file says of columns, and the answers, for the next file with these headings."""
    if request.learned is None:
        return
    settled = request.settled()
    given = (settled.mapping or MappingFile()).columns
    columns = {
        column.key: column.field
        for column in plan.report.mapping
        if {column.key, column.heading, f"{column.heading}@{column.table}"} & given.keys()
    }
    corrected = corrections_by_table(plan.report.mapping, columns)
    for table, key in plan.report.templates.items():
        answers = {} if table else settled.all_answers()
        Shelf(request.learned).keep(key, corrected.get(table, {}), answers)


def share_mapping(request: ImportRequest, plan: ImportPlan, target: Path) -> None:
    """Write the plan's columns and the answers given as a mapping file that `--mapping` reads."""
    chosen = {column.key: column.field for column in plan.report.mapping}
    columns = corrections_of(plan.report.mapping, chosen)
    answers = {**(request.settled().mapping or MappingFile()).answers, **request.options.answers}
    write_mapping(target, MappingFile(columns, {}, answers))


def correct_mapping(target: Path, columns: Mapping[str, str], brought: Path | None = None) -> None:
    """Write corrected columns (key to field) as a mapping file, before those of one that was brought."""
    given = read_mapping(brought) if brought is not None else MappingFile()
    chosen = {key: name or IGNORED for key, name in columns.items()}
    write_mapping(target, MappingFile({**chosen, **given.columns}, given.units, given.answers))


def forget(request: ImportRequest, plan: ImportPlan) -> None:
    """Forget what was learned of the headings of this file."""
    if request.learned is not None:
        for key in plan.report.templates.values():
            Shelf(request.learned).forget(key)


def area_of(area: str, found: Sequence[Division]) -> BaseGeometry | None:
    """The polygon of a workspace's area, from its counties; None when no boundary is known."""
    prefix = prefix_of(area)
    own = [item.geometry for item in found if item.code == area and item.geometry is not None]
    counties = [
        item.geometry
        for item in found
        if item.level in ("county", "development_zone")
        and item.code.startswith(prefix)
        and item.geometry is not None
    ]
    shapes = counties or own
    if not shapes:
        return None
    joined: BaseGeometry = shapely.union_all(np.asarray(shapes, dtype=object))
    return joined


def _lookup(session: Session, entity: str, words: str) -> str | None:
    found = session.workspace.by_key(entity_type(entity).record, words)
    return found.uid if found is not None else None


def _within_rights(session: Session, plan: ImportPlan) -> ImportPlan:
    """The plan without rows outside the person's area, and without changes that only a step may make."""
    actor = session.person()
    refused, warned, kept = list(plan.report.refused), list(plan.report.warnings), []
    for record in plan.report.records:
        code = record.values.get("div_code") or getattr(record.before, "div_code", None)
        if record.action != UNCHANGED and not in_area(actor.area, code):
            why = tr(N_("{division} lies outside your area ({area})"), division=code, area=actor.area)
            refused.append(Refusal(record.sheet, record.row, "div_code", str(code), "outside_area", why))
            continue
        allowed, held = _outside_workflow(record, actor.role)
        if held:
            names = listed(_label(plan.kind, name) for name in held)
            settled = getattr(record.before, "status", "") in SETTLED
            why = tr(_SETTLED_HELD if settled else _WORKFLOW_HELD, fields=names)
            warned.append(Warned(record.sheet, record.row, "workflow_field", why))
        kept.append(allowed)
    report = replace(plan.report, refused=refused, warnings=warned, records=kept)
    return ImportPlan(plan.kind, report)


def _with_lacking_papers(session: Session, plan: ImportPlan) -> ImportPlan:
    """The plan with a warning for each boiler that is moved in without the papers of the steps behind it."""
    from app.actions.dossiers import lacking  # late: it brings the makers of documents with it

    warned, of_new = list(plan.report.warnings), dict[str, str]()
    for record in plan.records:
        if record.values.get("origin") != "migrated" or record.action == UNCHANGED:
            continue
        boiler = cast(Boiler, _after(plan, record))
        why = of_new.get(boiler.status) if record.before is None else None
        if why is None:
            why = listed(lack.text for lack in lacking(session, boiler))
        if record.before is None:  # none of the new ones has a paper yet
            of_new[boiler.status] = why
        if why:
            warned.append(Warned(record.sheet, record.row, "lacks_papers", why))
    return ImportPlan(plan.kind, replace(plan.report, warnings=warned))


def _after(plan: ImportPlan, record: PlannedRecord) -> Entity:
    if record.before is None:
        return plan.kind.record(uid=record.uid, geometry=record.geometry, **record.values)
    return record.before.replace(**dict(record.changes))


def _label(kind: EntityType, name: str) -> str:
    return tr(N_("Position")) if name == GEOMETRY else tr(kind.fields[name].label)


def _outside_workflow(record: PlannedRecord, role: str) -> tuple[PlannedRecord, list[str]]:
    """A change without the fields of the workflow once the boiler has entered it, and their names.

    Of a cleared boiler nothing is changed but by the city, as in `edit_record`.
    """
    status = getattr(record.before, "status", None)
    if record.action != CHANGE or record.before is None or status is None or status in _BEFORE_WORKFLOW:
        return record, []
    fields = record.before.TYPE.fields
    settled = status in SETTLED and role not in SETTLED_WRITERS
    held = [name for name in record.changes if settled or (name in fields and fields[name].group)]
    rest = {name: value for name, value in record.changes.items() if name not in held}
    return replace(record, changes=rest, action=CHANGE if rest else UNCHANGED), held


def _changes(session: Session, plan: ImportPlan, chosen: Sequence[PlannedRecord]) -> list[Change]:
    shapes = (record.geometry or getattr(record.before, "geometry", None) for record in chosen)
    placed = [shape for shape in shapes if isinstance(shape, Point)]
    places = places_around(session, placed) if placed and plan.kind.name == "boiler" else None
    made = (_change(session, plan, record, places) for record in chosen)
    return [change for change in made if change is not None]


def _change(
    session: Session, plan: ImportPlan, record: PlannedRecord, places: Places | None
) -> Change | None:
    if record.before is None:
        fresh: Entity = plan.kind.record(uid=record.uid, geometry=record.geometry, **record.values)
        return insert(in_own_area(session, fresh.replace(**_derived(session, fresh, places))))
    changes: dict[str, Any] = dict(record.changes)
    after = record.before.replace(**changes)
    return update(record.before, **{**changes, **_derived(session, after, places)})


def _derived(session: Session, record: Entity, places: Places | None) -> dict[str, Any]:
    return derived_values(session, record, places) if places is not None else {}
