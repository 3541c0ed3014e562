"""Commands on files: import a ledger, export records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from app.cli.answer import Answer, note_refusal, refusal, table
from app.cli.declare import Command, option, word
from app.cli.maps import PUBLIC
from app.cli.records import KIND, REASON, WHERE, assignments
from app.cli.shell import Shell, never_cancelled
from app.errors import Refused
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.imports import ImportRequest


TEMPLATE = option("--template", help_=N_("Your own xlsx with marks such as {{ledger_no}}"))


@dataclass(frozen=True)
class ImportWords:
    """What to import and what is settled already."""

    kind: Annotated[str, KIND]
    source: Annotated[Path, word("SOURCE", N_("The file: xlsx, xls, csv, geojson, shp, gpkg, kml, txt"))]
    sheet: Annotated[str | None, option("--sheet", help_=N_("Name of the sheet"))] = None
    header_rows: Annotated[
        str | None, option("--header-rows", help_=N_("Rows of the heading, such as 2-3"))
    ] = None
    mapping: Annotated[Path | None, option("--mapping", help_=N_("A mapping file (TOML)"))] = None
    encoding: Annotated[str | None, option("--encoding", help_=N_("Such as gb18030"))] = None
    crs: Annotated[str | None, option("--crs", help_=N_("EPSG:n, gcj02 or bd09"))] = None
    axes: Annotated[str | None, option("--axes", help_=N_("xy or yx"))] = None
    zone: Annotated[int | None, option("--zone", help_=N_("3° zone: 35 or 36"))] = None
    params: Annotated[
        str, option("--params", help_=N_("Seven parameters of an old datum: dx,dy,dz,rx,ry,rz,m"))
    ] = ""
    points: Annotated[
        Path | None, option("--points", help_=N_("A file of common points, for an old datum"))
    ] = None
    answers: Annotated[
        list[str], option("--answer", help_=N_("CODE=CHOICE answers a question; may be given again"))
    ] = field(default_factory=list)
    match: Annotated[str | None, option("--match", help_=N_("The field by which records are the same"))] = (
        None
    )
    accept_claims: Annotated[
        bool, option("--accept-claims", help_=N_("Take “cleared” of the ledger as it stands (city bureau)"))
    ] = False
    dry_run: Annotated[bool, option("--dry-run", help_=N_("Only say what would be done"))] = False
    rows: Annotated[bool, option("--rows", help_=N_("Every row in the JSON"))] = False
    errors: Annotated[
        Path | None, option("--errors", help_=N_("Write the workbook again with comments on refused cells"))
    ] = None
    reason: Annotated[str, REASON] = ""


@dataclass(frozen=True)
class ExportWords:
    """Which records, and into which file."""

    kind: Annotated[str, KIND]
    output: Annotated[
        Path,
        option("-o", "--output", help_=N_("The file, by its ending: xlsx csv geojson shp gpkg kml dxf")),
    ]
    where: Annotated[str | None, WHERE] = None
    public: Annotated[bool, PUBLIC] = False
    crs: Annotated[str | None, option("--crs", help_=N_("Coordinates in EPSG:n, not EPSG:4490"))] = None
    encoding: Annotated[str | None, option("--encoding", help_=N_("Of a csv: utf-8-sig or gb18030"))] = None
    template: Annotated[Path | None, TEMPLATE] = None


def import_(shell: Shell, words: ImportWords) -> Answer:
    """A file's rows as records, in one transaction or not at all."""
    from app.actions.imports import import_records, preview, save_refused  # late: help pages need no database
    from app.actions.outputs import output_file
    from app.actions.watching import Watch

    with shell.session(write=not words.dry_run) as session:
        request = _request(words)
        plan = preview(session, request, shell.progress(), never_cancelled)
        if words.errors is not None:
            save_refused(request, plan, output_file(session, words.errors), Watch(shell.progress()))
        document = plan.report.to_json(plan.kind, words.rows or words.dry_run, shell.labels)
        document |= {"dry_run": words.dry_run, "transaction": None}
        if words.dry_run:
            return Answer(document, list(_summary(document)))
        try:
            done = import_records(session, plan, words.reason)
        except Refused as error:
            note_refusal(error)
            return Answer({**refusal(error), **document}, list(_summary(document)), error.exit_code)
        document["transaction"] = done.committed.transaction if done.committed else None
    return Answer(document, list(_summary(document)))


def export(shell: Shell, words: ExportWords) -> Answer:
    """Records as a file that others can read."""
    from app.actions.exports import ExportOptions, export_records  # late: help pages need no database
    from app.actions.watching import Watch

    if words.template is not None:
        return _filled(shell, words, words.template)
    given = {"crs": words.crs, "encoding": words.encoding}
    options = ExportOptions(public=words.public, **{name: value for name, value in given.items() if value})
    with shell.session() as session:
        watch = Watch(shell.progress())
        count = export_records(
            session, words.kind, words.output, where=words.where, options=options, watch=watch
        )
    document = {"file": str(words.output), "kind": words.kind, "records": count, "public": words.public}
    return Answer(document, [tr(N_("{n} records written to {file}"), n=count, file=words.output)])


def _filled(shell: Shell, words: ExportWords, template: Path) -> Answer:
    """The bureau's own workbook with the records in it."""
    from app.actions.reports import export_template  # late: help pages need no database

    with shell.session() as session:
        count = export_template(
            session, words.kind, template, words.output, where=words.where, public=words.public
        )
    document = {"file": str(words.output), "kind": words.kind, "records": count, "public": words.public}
    return Answer(document, [tr(N_("{n} records written to {file}"), n=count, file=words.output)])


def _request(words: ImportWords) -> ImportRequest:
    from app.actions.imports import ImportOptions, ImportRequest  # late: help pages need no database

    options = ImportOptions(
        sheet=words.sheet,
        header_rows=words.header_rows,
        encoding=words.encoding,
        crs=words.crs,
        axes=words.axes,
        zone=words.zone,
        answers=assignments(words.answers),
        match=words.match,
        accept_claims=words.accept_claims,
        params=words.params,
        points=words.points,
    )
    return ImportRequest(words.kind, words.source, options, words.mapping)


def _summary(document: dict[str, Any]) -> Iterable[str]:
    """The report for people: counts, questions, refused rows."""
    yield tr(
        N_("{read} rows read: {added} to add, {changed} to change, {unchanged} unchanged, {refused} refused"),
        refused=len(document["refused"]),
        **{name: document[name] for name in ("read", "added", "changed", "unchanged")},
    )
    if "conversion" in document:
        yield document["conversion"]["said"]
        for point in document["conversion"].get("points", ()):
            yield f"    {point['name']}: {point['east_m']:+.3f} {point['north_m']:+.3f} m"
    for question in document["ask"]:
        part = f"@{question['part']}" if "part" in question else ""
        yield f"? {question['code']}{part}: {question['what']} [{' '.join(question['choices'])}]"
        yield f"    → {question['proposal']}: {question['why']}"
    headings = [tr(N_("Row")), tr(N_("Field")), tr(N_("Value")), tr(N_("Why"))]
    if document["refused"]:
        yield ""
        yield from table(headings, _rows(document["refused"]))
    if document["warnings"]:
        yield ""
        yield from (f"! {item['row']}: {item['why']}" for item in document["warnings"])


def _rows(found: Iterable[dict[str, Any]]) -> list[list[Any]]:
    cells = (cell for item in found for cell in (item, *item.get("also", ())))
    return [[cell["row"], cell["field"], cell["value"], cell["why"]] for cell in cells]


COMMANDS = (
    Command("import", N_("Read a file into records, in one transaction"), import_, ImportWords),
    Command("export", N_("Write records to a file, by its ending"), export, ExportWords),
)
