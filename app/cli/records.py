"""Commands on records: list, show, add, edit, delete, attach, history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from app.cli.answer import Answer, pairs, table
from app.cli.declare import Command, option, word
from app.cli.shell import Shell, WrongUsage
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.records import RecordView
    from app.domain.entity import Entity
    from app.domain.fields import Field

KIND = word("KIND", N_("What is meant: boiler, cell, source, zone, division, org, person"))
ID = word("ID", N_("Its number or code, such as a ledger number, or its uid"))
WHERE = option("--where", help_=N_("Only records such as: status=cleared and rated_tph>=4"))
REASON = option("--reason", help_=N_("Why; it is kept in the history"))
SET = option("--set", metavar="FIELD=VALUE", help_=N_("Fill a field; may be given again"))
EVIDENCE = option(
    "--evidence", metavar="KIND:FILE", help_=N_("Add a file as evidence of a kind; may be given again")
)
_COLUMNS = 7


@dataclass(frozen=True)
class ListWords:
    """Which records."""

    kind: Annotated[str, KIND]
    where: Annotated[str | None, WHERE] = None
    limit: Annotated[int | None, option("--limit", help_=N_("At most so many"))] = None
    order: Annotated[str, option("--order", help_=N_("Sorted by this field; -FIELD downwards"))] = ""


@dataclass(frozen=True)
class RecordWords:
    """One record."""

    kind: Annotated[str, KIND]
    ident: Annotated[str, ID]


@dataclass(frozen=True)
class AddWords:
    """A record to be made."""

    kind: Annotated[str, KIND]
    values: Annotated[list[str], SET] = field(default_factory=list)
    at: Annotated[str | None, option("--at", help_=N_("Its place as X,Y in degrees (EPSG:4490)"))] = None
    reason: Annotated[str, REASON] = ""


@dataclass(frozen=True)
class EditWords:
    """What to change of a record."""

    kind: Annotated[str, KIND]
    ident: Annotated[str, ID]
    values: Annotated[list[str], SET] = field(default_factory=list)
    at: Annotated[str | None, option("--at", help_=N_("Its place as X,Y in degrees (EPSG:4490)"))] = None
    reason: Annotated[str, REASON] = ""


@dataclass(frozen=True)
class DeleteWords:
    """A record to remove."""

    kind: Annotated[str, KIND]
    ident: Annotated[str, ID]
    reason: Annotated[str, REASON] = ""


@dataclass(frozen=True)
class PatrolWords:
    """Which cells somebody went through, and what is said of it."""

    cells: Annotated[list[str], word("CELL", N_("The code of a cell; several for one walk"))]
    values: Annotated[list[str], SET] = field(default_factory=list)
    reason: Annotated[str, REASON] = ""


@dataclass(frozen=True)
class AttachWords:
    """Files to put beside a record."""

    kind: Annotated[str, KIND]
    ident: Annotated[str, ID]
    evidence: Annotated[list[str], EVIDENCE] = field(default_factory=list)


@dataclass(frozen=True)
class RedactWords:
    """A paper that lies beside the wrong record."""

    kind: Annotated[str, KIND]
    ident: Annotated[str, ID]
    paper: Annotated[str, word("PAPER", N_("The name of its file, or the beginning of its uid or SHA-256"))]
    reason: Annotated[str, REASON] = ""


def list_(shell: Shell, words: ListWords) -> Answer:
    """The records a filter means."""
    from app.actions.records import list_records  # late: help pages need no database
    from app.cli.documents import record_document

    if words.limit is not None and words.limit < 0:
        raise WrongUsage(N_("--limit cannot be negative"))
    with shell.session() as session:
        found = list_records(session, words.kind, words.where, limit=words.limit, order=words.order)
    return Answer([record_document(item, shell.labels) for item in found], _listing(found))


def show(shell: Shell, words: RecordWords) -> Answer:
    """One record with what stands beside it."""
    from app.actions.records import show_record  # late: help pages need no database
    from app.cli.documents import view_document

    with shell.session() as session:
        view = show_record(session, words.kind, words.ident)
    return Answer(view_document(view, shell.labels), list(_page(view)))


def add(shell: Shell, words: AddWords) -> Answer:
    """Make one record."""
    from app.actions.records import add_record  # late: help pages need no database
    from app.cli.documents import record_document

    with shell.session(write=True) as session:
        record = add_record(session, words.kind, assignments(words.values), _point(words.at), words.reason)
    return Answer(record_document(record, shell.labels), [tr(N_("Added {title}"), title=record.title())])


def edit(shell: Shell, words: EditWords) -> Answer:
    """Change fields or the place of a record."""
    from app.actions.records import edit_record, find_record  # late: help pages need no database
    from app.cli.documents import record_document

    values, place = assignments(words.values), _point(words.at)
    if not values and place is None:
        raise WrongUsage(N_("Nothing to change was given"), hint=N_("Give --set FIELD=VALUE or --at X,Y"))
    with shell.session(write=True) as session:
        record = find_record(session, words.kind, words.ident)
        done = edit_record(session, record, values, geometry=place, reason=words.reason)
        fresh = find_record(session, words.kind, record.uid)
    said = tr(N_("Changed {title}"), title=fresh.title()) if done else tr(N_("Nothing differs"))
    return Answer({"changed": done is not None, **record_document(fresh, shell.labels)}, [said])


def delete(shell: Shell, words: DeleteWords) -> Answer:
    """Remove a record; undo brings it back."""
    from app.actions.records import delete_record, find_record  # late: help pages need no database

    with shell.session(write=True) as session:
        record = find_record(session, words.kind, words.ident)
        done = delete_record(session, record, words.reason)
    title = record.title()
    return Answer(
        {"deleted": record.uid, "title": title, "transaction": done.transaction},
        [tr(N_("Deleted {title}; undo brings it back"), title=title)],
    )


def patrol(shell: Shell, words: PatrolWords) -> Answer:
    """Enter a patrol of cells."""
    from app.actions.patrols import record_patrol  # late: help pages need no database
    from app.cli.documents import record_document

    with shell.session(write=True) as session:
        made = record_patrol(session, words.cells, assignments(words.values), words.reason)
    said = tr(N_("Patrol recorded for {n} cells"), n=len(made))
    return Answer([record_document(item, shell.labels) for item in made], [said])


def attach(shell: Shell, words: AttachWords) -> Answer:
    """Put evidence beside a record."""
    from app.actions.evidence import add_evidence, evidence_of  # late: help pages need no database
    from app.actions.records import find_record
    from app.cli.documents import record_document

    if not words.evidence:
        raise WrongUsage(N_("No file was given"), hint=N_("Give --evidence KIND:FILE"))
    with shell.session(write=True) as session:
        record = find_record(session, words.kind, words.ident)
        before = {item.uid for item in evidence_of(session, record)}
        add_evidence(session, record, papers(words.evidence))
        fresh = [item for item in evidence_of(session, record) if item.uid not in before]
    said = tr(N_("{n} files added to {title}"), n=len(fresh), title=record.title())
    return Answer({"added": [record_document(item, shell.labels) for item in fresh]}, [said])


def redact(shell: Shell, words: RedactWords) -> Answer:
    """Take a paper away that lies beside the wrong record."""
    from app.actions.records import find_record  # late: help pages need no database
    from app.actions.redaction import find_paper, redactions_of
    from app.actions.redaction import redact as take_away
    from app.cli.documents import record_document

    with shell.session(write=True) as session:
        record = find_record(session, words.kind, words.ident)
        paper = find_paper(session, record, words.paper)
        take_away(session, paper.uid, words.reason)
        made = next(item for item in redactions_of(session, record) if item.paper == paper.uid)
    said = tr(N_("{file} was taken away from {title}"), file=paper.file_name, title=record.title())
    return Answer({"taken_away": record_document(made, shell.labels)}, [said])


def history(shell: Shell, words: RecordWords) -> Answer:
    """What happened to a record, newest first."""
    from app.actions.history import history as entries_of  # late: help pages need no database
    from app.actions.people import people
    from app.cli.documents import history_document
    from app.domain.catalog import entity_type

    with shell.session() as session:
        entries = entries_of(session, words.kind, words.ident)
        logins = {person.uid: person.login for person in people(session)}
    fields = entity_type(words.kind).fields
    documents = [history_document(item, fields, logins) for item in entries]
    return Answer(documents, list(_story(documents, fields)))


def assignments(written: Iterable[str]) -> dict[str, str]:
    """FIELD=VALUE texts as fields and values."""
    values = {}
    for text in written:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise WrongUsage(N_("“{text}” is not FIELD=VALUE"), text=text)
        values[name.strip()] = value
    return values


def papers(written: Iterable[str]) -> list[tuple[str, Path]]:
    """KIND:FILE texts as kinds of evidence and files."""
    found = []
    for text in written:
        kind, sign, path = text.partition(":")
        if not sign or not kind or not path:
            raise WrongUsage(N_("“{text}” is not KIND:FILE"), text=text)
        found.append((kind, Path(path)))
    return found


def _point(written: str | None) -> Any:
    from shapely.geometry import Point  # late: only with a place

    if written is None:
        return None
    try:
        x, y = (float(part) for part in written.replace("，", ",").split(","))
    except ValueError:
        raise WrongUsage(N_("“{text}” is not X,Y"), text=written) from None
    if not (abs(x) <= 180 and abs(y) <= 90):
        raise WrongUsage(N_("“{text}” is not a longitude and a latitude"), text=written)
    return Point(x, y)


def _listing(found: Sequence[Entity]) -> list[str]:
    from app.domain.values import show as written  # late: only for people

    if not found:
        return [tr(N_("There are none"))]
    described = found[0].TYPE
    shown = [item for item in described.fields.values() if not item.secret]
    chosen = _columns(shown, found)
    rows = [[written(item, getattr(record, item.name)) for item in chosen] for record in found]
    return [*table([item.heading for item in chosen], rows), "", tr(N_("{n} records"), n=len(found))]


def _columns(fields: Sequence[Field], found: Sequence[Entity]) -> list[Field]:
    """The state and the first fields that hold anything."""
    states = [item for item in fields if item.workflow]
    filled = [
        item for item in fields
        if not item.workflow and any(getattr(record, item.name) not in (None, ()) for record in found[:200])
    ]  # fmt: skip
    return [*filled[: _COLUMNS - len(states)], *states]


def _page(view: RecordView) -> Iterable[str]:
    from app.actions.acts import action_words  # late: only for people
    from app.actions.redaction import removed_words
    from app.domain.values import show_with_unit

    record = view.record
    filled = {
        tr(item.label): show_with_unit(item, getattr(record, name))
        for name, item in record.TYPE.fields.items()
        if getattr(record, name) not in (None, ()) and not item.secret
    }
    yield f"{record.TYPE.text} {record.title()}"
    yield from (f"  {line}" for line in pairs(filled))
    for paper in view.attachments:
        kind = paper.TYPE.fields["kind"].choices
        yield f"  + {kind.label(paper.kind) if kind else paper.kind}: {paper.file_name}"
        yield from (f"    ! {warning}" for warning in view.warnings_of(paper))
    yield from (f"  − {': '.join(removed_words(item))}" for item in view.taken_away)
    for item in view.signatures:
        mark = "" if item.valid else tr(N_(" (void)"))
        yield f"  ✓ {action_words(item.approval.action)}: {item.approval.person_name}{mark}"
    yield from (f"  ! {lack.text}" for lack in view.dossier_lacks)
    yield from (
        tr(N_("  ! The photo {file} is evidence elsewhere too"), file=item.attachment.file_name)
        for item in view.used_again
    )
    for step in view.steps:
        yield f"  → {step.label} ({step.action})" + ("" if step.lacks else tr(N_(": may be done now")))
        yield from (f"      {lack.text}" for lack in step.lacks)


def _story(documents: Sequence[dict[str, Any]], fields: Any) -> Iterable[str]:
    from app.actions.acts import action_words, author_name, passage_words  # late: only for people
    from app.domain.entity import GEOMETRY
    from app.domain.values import show_moment

    for told in documents:
        who = author_name(told["person"] or "")
        reason = f"  ({told['reason']})" if told["reason"] else ""
        yield f"{show_moment(told['at'])}  {who}  {action_words(told['action'])}{reason}"
        if passage := passage_words(told["operation"], told["action"]):
            yield f"    {passage}"
        for change in told["changes"]:
            brief = _spot if change["field"] == GEOMETRY else partial(_brief, fields.get(change["field"]))
            before, after = (brief(change[when]) for when in ("before", "after"))
            yield f"    {change['label']}: {before} → {after}"


def _spot(value: Any) -> str:
    from shapely.geometry import Point, shape  # late: only for people

    from app.actions.acts import place_words

    return place_words(shape(value) if isinstance(value, dict) else Point(value) if value else None) or "-"


def _brief(field_: Field | None, value: Any) -> str:
    from app.domain.values import show as written  # late: only for people

    if value in (None, [], ""):
        return "-"
    text = written(field_, value) if field_ is not None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


COMMANDS = (
    Command("list", N_("List the records of a kind"), list_, ListWords),
    Command("show", N_("Show a record, its next steps, papers and signatures"), show, RecordWords),
    Command("add", N_("Add one record"), add, AddWords),
    Command("edit", N_("Change fields or the place of a record"), edit, EditWords),
    Command("delete", N_("Delete a record that has no life yet"), delete, DeleteWords),
    Command("patrol", N_("Record a patrol of cells"), patrol, PatrolWords),
    Command("attach", N_("Put evidence beside a record"), attach, AttachWords),
    Command(
        "redact", N_("Take a paper away for good that lies beside the wrong record"), redact, RedactWords
    ),
    Command("history", N_("Who changed what of a record, when, where and why"), history, RecordWords),
)
