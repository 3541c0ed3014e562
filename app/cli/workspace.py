"""Commands on the workspace file: make, describe, check, back up, restore, answer for foreign edits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from app.cli.answer import Answer, note, pairs, table
from app.cli.declare import Command, option, word
from app.cli.headings import heading, named_pairs
from app.cli.shell import Shell, WrongUsage
from app.domain.values import show, show_moment
from app.i18n import N_, labelled, tr

if TYPE_CHECKING:
    from app.actions.session import Session
    from app.domain.entity import EntityType
    from app.domain.reporting import CountyRow

STORAGE = 5  # the exit code of a damaged file
CHANGED = 4  # what could not be brought back, as records are others by now


@dataclass(frozen=True)
class NewWords:
    """A workspace to make."""

    file: Annotated[Path, word("FILE", N_("The .gpkg file to make"))]
    area: Annotated[str, option("--area", help_=N_("The division it is for, such as 620800"))]
    admin: Annotated[str, option("--admin", help_=N_("Sign-in name of the first administrator"))]


@dataclass(frozen=True)
class SealWords:
    """Whether and why the edits are answered for."""

    confirm: Annotated[bool, option("--confirm", help_=N_("Put your name under them"))] = False
    reason: Annotated[str, option("--reason", help_=N_("Why they were made"))] = ""


@dataclass(frozen=True)
class BackupWords:
    """Where the copy goes."""

    output: Annotated[Path, option("-o", "--output", help_=N_("The folder for the copy"))]


@dataclass(frozen=True)
class RestoreWords:
    """What is restored, and where to."""

    file: Annotated[Path, word("FILE", N_("A backup"))]
    output: Annotated[
        Path | None, option("-o", "--output", help_=N_("The file to write; without it the one of -w"))
    ] = None


@dataclass(frozen=True)
class FileWords:
    """A file."""

    file: Annotated[Path, word("FILE", N_("A workspace file"))]


@dataclass(frozen=True)
class SettingWords:
    """A setting and its new value."""

    name: Annotated[str, word("NAME", N_("Name of the setting"))]
    value: Annotated[str, word("VALUE", N_("The new value"))]


@dataclass(frozen=True)
class FreezeWords:
    """A baseline to freeze."""

    name: Annotated[str, word("NAME", N_("Name of the baseline"))]
    document: Annotated[str, option("--document", help_=N_("The document that sets it"))] = ""


def new(shell: Shell, words: NewWords) -> Answer:
    """An empty workspace for an area, with its divisions and one administrator."""
    from app.actions.upkeep import info as described  # late: help pages need no database
    from app.bootstrap import create_workspace

    pin = shell.pin(words.admin, fresh=True)
    session = create_workspace(words.file, words.area, words.admin, pin)
    try:
        document = described(session)
    finally:
        session.close()
    said = tr(N_("Made {file}; {admin} is its administrator"), file=words.file, admin=words.admin)
    return Answer(document, [said])


def info(shell: Shell, words: object) -> Answer:
    """What the workspace is and holds."""
    from app.actions.upkeep import info as described  # late: help pages need no database
    from app.domain.catalog import ENTITIES
    from app.domain.entities.boiler_codes import STATES

    with shell.session() as session:
        document = described(session)
    kinds = {kind.cli: tr(kind.text) for kind in (record.TYPE for record in ENTITIES)}
    shown = document | {
        "disk": f"{document['disk']['free_mb']:,} MB",
        "counts": {kinds[kind]: n for kind, n in document["counts"].items() if n},
        "boilers": {STATES.label(state): n for state, n in document["boilers"].items() if n},
    }
    if shell.labels:
        document["boilers"] = {STATES.label(state): n for state, n in document["boilers"].items()}
    return Answer(document, named_pairs(shown))


def check(shell: Shell, words: object) -> Answer:
    """Whether everything in the file and beside it is sound."""
    from app.actions.room import space_left, space_words  # late: help pages need no database
    from app.actions.upkeep import check as examine

    with shell.session() as session:
        report = examine(session)
        if said := space_words(session, space_left(session)):
            note(said)
    lines = [f"{'✓' if sound else '✗'} {heading(name)}" for name, sound in report.checks.items()]
    lines += [f"  {heading(item.check)}: {item.code} {item.where}" for item in report.findings]
    return _findings(report, lines)


def salvage(shell: Shell, words: FileWords) -> Answer:
    """Bring back from a damaged file what the restored workspace does not hold."""
    from app.actions.acts import author_name
    from app.actions.salvaging import salvage as bring_back  # late: help pages need no database
    from app.actions.salvaging import title_of
    from app.cli.documents import told

    with shell.session(write=True) as session:
        done = bring_back(session, words.file, shell.progress())
    left = [
        {
            "act": item.uid, "person": item.person, "at": item.at, "action": item.action,
            "reason": item.reason, "why": item.why,
            "changes": [
                {"kind": change.entity, "uid": change.uid, "operation": change.operation,
                 "before": {name: told(value) for name, value in change.before.items()},
                 "after": {name: told(value) for name, value in change.after.items()}}
                for change in item.changes
            ],
        }
        for item in done.left
    ]  # fmt: skip
    lines = [tr(N_("Brought back {acts} acts with {changes} changes"), acts=done.acts, changes=done.changes)]
    if done.gaps:
        lines.append(tr(N_("Part of the damaged file cannot be read any more: something may be missing")))
    lines += [
        f"  {show_moment(item.at)}  {author_name(item.person)}  {title_of(item.changes)}: {item.why}"
        for item in done.left
    ]
    document = {"acts": done.acts, "changes": done.changes, "gaps": done.gaps, "left": left}
    return Answer(document, lines, CHANGED if left else 0)


def verify_journal(shell: Shell, words: FileWords) -> Answer:
    """Whether the journal of a file is whole; nothing is changed."""
    from app.actions.upkeep import verify_journal as verify  # late: help pages need no database

    report = verify(words.file)
    return _findings(report, named_pairs(dataclasses.asdict(report)))


def backup(shell: Shell, words: BackupWords) -> Answer:
    """A checked copy of the workspace and its attachments."""
    from app.actions.upkeep import backup as copy  # late: help pages need no database

    with shell.session() as session:
        made = copy(session, words.output)
    return Answer({"backup": str(made), "size": made.stat().st_size}, [tr(N_("Copied to {file}"), file=made)])


def restore(shell: Shell, words: RestoreWords) -> Answer:
    """Bring a backup back; the file that was there is kept beside it."""
    from app.actions.upkeep import restore as bring_back  # late: help pages need no database

    target = words.output or shell.file
    kept = bring_back(words.file, target)
    lines = [tr(N_("Restored {file}"), file=target)]
    if kept is not None:
        lines.append(tr(N_("The file that was there is now {file}"), file=kept))
    return Answer(
        {"restored": str(target), "from": str(words.file), "kept": str(kept) if kept else None}, lines
    )


def seal(shell: Shell, words: SealWords) -> Answer:
    """Edits of other programs: list them, or put one's name under them."""
    from app.actions.history import external_edits  # late: help pages need no database
    from app.actions.history import seal as answer_for
    from app.actions.whereabouts import whereabouts

    if words.confirm:
        with shell.session(write=True) as session:
            count = answer_for(session, words.reason)
        return Answer({"sealed": count}, [tr(N_("{n} edits now carry your name and reason"), n=count)])
    if words.reason:
        raise WrongUsage(N_("A reason is given with --confirm, which puts your name under the edits"))
    with shell.session() as session:
        found = external_edits(session)
        places = {place: item.said for place, item in whereabouts(session, found).items()}
        lines, edits = [], []
        for item in found:
            said = places.get((item.entity, item.uid), "") if item.operation == "insert" else ""
            lines += [_edit_line(session, item), *([f"  {said}"] if said else [])]
            edits.append({**_edit(item), "division": said})
    return Answer({"waiting": len(edits), "edits": edits}, lines or [tr(N_("There are none"))])


def setting_list(shell: Shell, words: object) -> Answer:
    """The bureau's own numbers."""
    from app.actions.builtup import builtup_doubts  # late: help pages need no database
    from app.actions.upkeep import settings

    with shell.session() as session:
        document, years = settings(session), session.policy.known_years
        doubts = builtup_doubts(session)
    said = [f"{year}  {source or tr(N_('entered by the bureau'))}" for year, source in years.items()]
    numbers = pairs(document)
    document["calendar"] = {str(year): source for year, source in years.items()}
    document["builtup_doubts"] = doubts
    return Answer(document, [*numbers, tr(N_("Years whose holidays are known:")), *said, *doubts])


def setting_set(shell: Shell, words: SettingWords) -> Answer:
    """Change one of them."""
    from app.actions.builtup import builtup_doubts  # late: help pages need no database
    from app.actions.upkeep import set_setting, settings

    with shell.session(write=True) as session:
        set_setting(session, words.name, words.value)
        document = settings(session)
        doubts = builtup_doubts(session) if words.name == "builtup_year" else []
    return Answer(document, [f"{words.name} = {document[words.name]}", *doubts])


def baseline_freeze(shell: Shell, words: FreezeWords) -> Answer:
    """Freeze the ledger as a baseline."""
    from app.actions.counts import freeze_baseline  # late: help pages need no database
    from app.cli.documents import record_document

    with shell.session(write=True) as session:
        made = freeze_baseline(session, words.name, words.document)
    said = tr(N_("Frozen “{name}”: {units} units, {tph} t/h"), name=made.name, units=made.units, tph=made.tph)
    return Answer(record_document(made, shell.labels), [said])


def baseline_list(shell: Shell, words: object) -> Answer:
    """The baselines, oldest first."""
    from app.actions.records import list_records  # late: help pages need no database
    from app.cli.documents import record_document

    with shell.session() as session:
        found = list_records(session, "baseline", order="frozen_at")
    documents = [record_document(item, shell.labels) for item in found]
    names = ("name", "units", "tph", "frozen_at", "document")
    rows = [[show_moment(item[name]) if name == "frozen_at" else item[name] for name in names]
            for item in documents]  # fmt: skip
    headings = [
        tr(N_("Name")), tr(N_("Units")), tr(N_("Rated output")), tr(N_("Frozen at")), tr(N_("Document")),
    ]  # fmt: skip
    return Answer(documents, table(headings, rows))


def counts(shell: Shell, words: object) -> Answer:
    """The headline numbers: units and t/h together, against the baseline."""
    from app.actions.counts import headline  # late: help pages need no database

    with shell.session() as session:
        found = headline(session)
    document = {
        "baseline": found.baseline.name if found.baseline else None,
        "synthetic": found.synthetic,
        "sum": _line(found.sum),
        "counties": [_line(row) for row in found.rows],
    }
    shown = [
        [
            row.name,
            row.baseline.units,
            row.baseline.tph,
            row.cleared.units,
            row.cleared.tph,
            _percent(row.rate),
            *(item.units for item in (row.migrated, *(row.total(kind) for kind in _APART))),
        ]
        for row in (*found.rows, found.sum)
    ]
    headings = [
        tr(N_("Division")), tr(N_("Baseline, units")), tr(N_("Baseline, t/h")), tr(N_("Cleared, units")),
        tr(N_("Cleared, t/h")), tr(N_("Rate")), tr(N_("Moved in, papers lacking")),
        tr(N_("Added after the baseline")), tr(N_("Missed by the baseline")),
        tr(N_("Outside, not told which")),
    ]  # fmt: skip
    return Answer(document, table(headings, shown))


_APART = ("added", "missed", "unsorted")  # outside the baseline, which no denominator takes in


def _line(row: CountyRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "baseline": _total(row.baseline),
        "cleared": _total(row.cleared),
        "rate": row.rate,
        "migrated": _total(row.migrated),
        "outside": _total(row.outside),
        **{kind: _total(row.total(kind)) for kind in _APART},
        "groups": {group: _total(item) for group, item in row.groups.items()},
    }


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"


def _total(item: Any) -> dict[str, Any]:
    return {"units": item.units, "tph": item.tph}


def _findings(report: Any, lines: list[str]) -> Answer:
    said = tr(N_("Everything is sound")) if report.ok else tr(N_("Something is not as it should be"))
    return Answer(
        {**dataclasses.asdict(report), "ok": report.ok}, [*lines, said], 0 if report.ok else STORAGE
    )


def _edit_line(session: Session, item: Any) -> str:
    """An edit of another program as a line: when, what was done, to which record, and what it changed."""
    from app.actions.history import title_of_edit  # late: help pages need no database
    from app.domain.catalog import BY_NAME

    kind = BY_NAME[item.entity]
    changed = [_change_words(kind, one) for one in item.changes if item.operation == "update"]
    name = title_of_edit(session, item)
    return "  ".join((item.at, item.operation, kind.text, name, "; ".join(changed))).rstrip()


def _change_words(kind: EntityType, change: Any) -> str:
    """What an edit changed in one field, as a person reads it."""
    from app.cli.documents import told  # late: help pages need no geometry

    declared = kind.fields.get(change.field)
    if declared is None:
        return labelled(tr(N_("Position")), f"{told(change.before)} → {told(change.after)}")
    before, after = (show(declared, value) or "–" for value in (change.before, change.after))
    return labelled(tr(declared.label), f"{before} → {after}")


def _edit(item: Any) -> dict[str, Any]:
    from app.cli.documents import told  # late: help pages need no geometry

    return {
        "seq": item.seq,
        "at": item.at,
        "kind": item.entity,
        "uid": item.uid,
        "operation": item.operation,
        "changes": [
            {"field": change.field, "before": told(change.before), "after": told(change.after)}
            for change in item.changes
        ],
    }


COMMANDS = (
    Command("new", N_("Make an empty workspace for an area"), new, NewWords),
    Command("info", N_("What the workspace is and holds"), info),
    Command("counts", N_("Baseline and cleared, in units and t/h, by county"), counts),
    Command("check", N_("Whether the file, its journal and its attachments are sound"), check),
    Command("backup", N_("Copy the workspace while it is in use; the copy is checked"), backup, BackupWords),
    Command("restore", N_("Bring a backup back"), restore, RestoreWords),
    Command("salvage", N_("Bring back from a damaged file what its backup lacks"), salvage, FileWords),
    Command("verify-journal", N_("Whether the journal of a file is whole"), verify_journal, FileWords),
    Command("seal", N_("Edits of other programs: list them, or answer for them"), seal, SealWords),
    Command("setting list", N_("List the bureau's own numbers"), setting_list),
    Command("setting set", N_("Change one of them (by an administrator)"), setting_set, SettingWords),
    Command(
        "baseline freeze", N_("Freeze the ledger as a baseline (city bureau)"), baseline_freeze, FreezeWords
    ),
    Command("baseline list", N_("List the baselines"), baseline_list),
)
