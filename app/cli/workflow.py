"""Commands of the workflow: take a step, name the steps there are, take back one's own last change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from app.cli.answer import Answer, refusal, table
from app.cli.declare import Command, option, word
from app.cli.records import EVIDENCE, KIND, REASON, SET, WHERE, assignments, papers
from app.cli.shell import Shell
from app.errors import Invalid
from app.i18n import N_, labelled, tr

if TYPE_CHECKING:
    from app.actions.session import Session
    from app.domain.changes import Committed
    from app.domain.entity import Entity


IDS = word("ID", N_("The record: its number, name or uid; several for the same step on each"))


@dataclass(frozen=True)
class DoWords:
    """One step on one record, or the same on several, each judged by itself."""

    action: Annotated[str, word("ACTION", N_("The step, such as apply; `actions KIND` lists them"))]
    kind: Annotated[str, KIND]
    idents: Annotated[list[str], IDS] = field(default_factory=list)
    where: Annotated[str | None, WHERE] = None
    values: Annotated[list[str], SET] = field(default_factory=list)
    evidence: Annotated[list[str], EVIDENCE] = field(default_factory=list)
    reason: Annotated[str, REASON] = ""


@dataclass(frozen=True)
class KindWords:
    """A kind of record."""

    kind: Annotated[str, KIND]


@dataclass(frozen=True)
class ReasonWords:
    """Why."""

    reason: Annotated[str, option("--reason", help_=N_("Why; it is kept in the history"))] = ""


def do(shell: Shell, words: DoWords) -> Answer:
    """Take one step on one record, or on each of several."""
    from app.actions.records import find_record, show_record  # late: help pages need no database
    from app.actions.steps import do_step
    from app.cli.documents import view_document

    if not words.idents and not words.where:
        raise Invalid(N_("No record is named"), hint=N_("Give its number, or --where."), code="no_record")
    if len(words.idents) != 1 or words.where:
        return _do_many(shell, words)
    values, evidence = assignments(words.values), papers(words.evidence)
    with shell.session(write=True) as session:
        record = find_record(session, words.kind, words.idents[0])
        done = do_step(session, words.action, record, values=values, evidence=evidence, reason=words.reason)
        view = show_record(session, words.kind, record.uid)
    document = {
        "done": words.action,
        "completed": done.completed,
        "message": done.message,
        "transaction": done.committed.transaction,
        "drafts": list(done.drafts),
        **view_document(view, shell.labels),
    }
    due = [
        tr(N_("Due with it: {letter}"), letter=f"report {name} --of {words.idents[0]}")
        for name in done.drafts
    ]
    return Answer(document, [done.message, *due])


def _do_many(shell: Shell, words: DoWords) -> Answer:
    """The same step on several records; the exit code is 1 when one was refused."""
    from app.actions.batches import Given, do_steps
    from app.actions.records import find_record, list_records  # late: help pages need no database

    values, evidence = assignments(words.values), papers(words.evidence)
    with shell.session(write=True) as session:
        records = [find_record(session, words.kind, ident) for ident in words.idents]
        if words.where:
            records += list_records(session, words.kind, words.where)
        lines = do_steps(
            session,
            words.action,
            records,
            Given(values, evidence, words.reason),
            shell.progress(),
        )
    done = [line for line in lines if line.done is not None]
    refused = [{"record": line.record.title(), "uid": line.record.uid, **refusal(line.refused)}
               for line in lines if line.refused is not None]  # fmt: skip
    document = {
        "done": words.action,
        "records": [{"record": line.record.title(), "uid": line.record.uid} for line in done],
        "refused": refused,
    }
    said = [tr(N_("{n} done, {refused} refused"), n=len(done), refused=len(refused))]
    said += [labelled(item["record"], item["message"]) for item in refused]
    return Answer(document, said, 1 if refused else 0)


def actions(shell: Shell, words: KindWords) -> Answer:
    """The steps of a kind of record; no workspace is needed."""
    from app.cli.documents import action_document
    from app.domain.casework import WORKFLOWS  # late: help pages need no database
    from app.domain.catalog import entity_type

    flow = WORKFLOWS.get(entity_type(words.kind).name)
    found = [action_document(flow, action, shell.labels) for action in flow.actions] if flow else []
    rows = [
        [item["action"], item["label"], item["from"], item["to"], _roles(item["roles"]), item["evidence"]]
        for item in found
    ]
    headings = [
        tr(N_("Step")),
        tr(N_("Label")),
        tr(N_("From")),
        tr(N_("To")),
        tr(N_("Role")),
        tr(N_("Evidence")),
    ]
    return Answer(found, table(headings, rows))


def _roles(codes: Sequence[str]) -> list[str]:
    from app.domain.entities.people import ROLES  # late: help pages need no domain

    return [ROLES.label(code) for code in codes]


def undo(shell: Shell, words: ReasonWords) -> Answer:
    """Take back one's own last change."""
    from app.actions.history import undo as take_back  # late: help pages need no database

    with shell.session(write=True) as session:
        return _taken(session, take_back(session, words.reason), tr(N_("Taken back")))


def redo(shell: Shell, words: ReasonWords) -> Answer:
    """Do again what was undone last."""
    from app.actions.history import redo as do_again  # late: help pages need no database

    with shell.session(write=True) as session:
        return _taken(session, do_again(session, words.reason), tr(N_("Done again")))


def _taken(session: Session, committed: Committed, said: str) -> Answer:
    """What was touched, by kind, with the names people know where the record still exists."""
    touched = {name: list(uids) for name, uids in committed.touched.items()}
    named = [(name, uid) for name, uids in touched.items() for uid in uids]
    found: list[Entity | None] = [session.workspace.get(name, uid) for name, uid in named[:20]]
    lines = [said, *(f"  {record.title()}" for record in found if record is not None)]
    return Answer({"transaction": committed.transaction, "touched": touched}, lines)


COMMANDS = (
    Command("do", N_("Take one step of a record's workflow"), do, DoWords),
    Command("actions", N_("The steps of a kind: from, to, roles, evidence, fields"), actions, KindWords),
    Command("undo", N_("Take back your own last change, whole"), undo, ReasonWords),
    Command("redo", N_("Do again what you undid last"), redo, ReasonWords),
)
