"""Commands of frozen reports: keep one for good, list them, open one, compare two."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from app.cli.answer import Answer, table
from app.cli.declare import Command, NoWords, option, word
from app.cli.files import TEMPLATE
from app.cli.maps import PUBLIC
from app.cli.records import REASON, WHERE
from app.cli.shell import Shell
from app.domain.values import show_moment
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.snapshots import Compared
    from app.domain.entities.snapshot import ReportSnapshot
    from app.domain.frozen import Moved, Number, Turned

_COPY = option("-o", "--output", help_=N_("The file to write; its ending chooses the format"))


@dataclass(frozen=True)
class FreezeWords:
    """A report to freeze."""

    name: Annotated[str, word("NAME", N_("The report; `reports` lists them"))]
    called: Annotated[str, option("--name", help_=N_("What the frozen report is called"))] = ""
    period: Annotated[str, option("--period", help_=N_("The month, as 2026-10; else the month in hand"))] = ""
    of: Annotated[list[str], option("--of", help_=N_("A ledger number; may be given again"))] = field(
        default_factory=list
    )
    where: Annotated[str | None, WHERE] = None
    template: Annotated[Path | None, TEMPLATE] = None
    ending: Annotated[str, option("--format", help_=N_("The ending of its file, such as .csv"))] = ""
    public: Annotated[bool, PUBLIC] = False
    reason: Annotated[str, REASON] = ""


def freeze(shell: Shell, words: FreezeWords) -> Answer:
    """One report kept for good."""
    from app.actions.freezing import freeze_report  # late: help pages need no database
    from app.actions.reports import ReportOrder

    order = ReportOrder(words.name, words.period, tuple(words.of), words.where, words.template, words.public)
    ending = f".{words.ending.lstrip('.').lower()}" if words.ending else ""
    with shell.session(write=True) as session:
        made = freeze_report(session, order, name=words.called, ending=ending, reason=words.reason)
    said = tr(N_("“{name}” is frozen: {units} units, {tph} t/h"), name=made.name, units=made.units,
              tph=f"{made.tph:g}")  # fmt: skip
    return Answer(_document(made), [said])


def frozen(shell: Shell, words: NoWords) -> Answer:
    """The frozen reports."""
    from app.actions.snapshots import frozen_reports, withdrawals  # late: help pages need no database

    with shell.session() as session:
        found, gone = frozen_reports(session), withdrawals(session)
    heads = (tr(N_("Name")), tr(N_("Report")), tr(N_("Month")), tr(N_("Frozen at")), tr(N_("Units")), "t/h",
             tr(N_("Withdrawn")))  # fmt: skip
    why = {uid: item.reason for uid, item in gone.items()}
    rows = [
        [item.name, item.report, item.period or "", show_moment(item.frozen_at), item.units,
         f"{item.tph:g}", why.get(item.uid, "")]
        for item in found
    ]  # fmt: skip
    documents = [{**_document(item), "withdrawn": why.get(item.uid)} for item in found]
    return Answer(documents, table(heads, rows))


@dataclass(frozen=True)
class WithdrawWords:
    """A frozen report that no longer holds."""

    name: Annotated[str, word("NAME", N_("The frozen report; `reports frozen` lists them"))]
    reason: Annotated[str, REASON] = ""


def withdraw(shell: Shell, words: WithdrawWords) -> Answer:
    """Say that a frozen report no longer holds."""
    from app.actions.freezing import withdraw_frozen  # late: help pages need no database

    with shell.session(write=True) as session:
        made = withdraw_frozen(session, words.name, words.reason)
    document = {"name": made.name, "reason": made.reason, "withdrawn_at": made.withdrawn_at,
                "withdrawn_by_name": made.withdrawn_by_name}  # fmt: skip
    return Answer(document, [tr(N_("“{name}” is withdrawn; it stays in the list"), name=made.name)])


@dataclass(frozen=True)
class OpenWords:
    """A frozen report."""

    name: Annotated[str, word("NAME", N_("The frozen report; `reports frozen` lists them"))]
    output: Annotated[Path | None, _COPY] = None


def open_(shell: Shell, words: OpenWords) -> Answer:
    """A frozen report with its numbers and the boilers behind them; -o copies its file as it was."""
    from app.actions.snapshots import find_frozen, open_frozen, write_frozen  # late: help needs no database

    with shell.session() as session:
        snapshot = find_frozen(session, words.name)
        counted = open_frozen(session, snapshot)
        file = write_frozen(session, snapshot, words.output) if words.output else None
    document = {
        **_document(snapshot),
        "file": str(file) if file else None,
        "text": counted.text,
        "numbers": [_number(item) for item in counted.numbers],
        "boilers": [vars(row) for row in counted.rows.values()],
    }
    rows = [
        [item.place_name, tr(item.label), item.total.units, f"{item.total.tph:g}"] for item in counted.numbers
    ]
    lines = [counted.text] if counted.text else []
    heads = (tr(N_("Place")), tr(N_("What is counted")), tr(N_("Units")), "t/h")
    return Answer(document, [*lines, *table(heads, rows)])


@dataclass(frozen=True)
class CompareWords:
    """Two frozen reports."""

    first: Annotated[str, word("A", N_("A frozen report; `reports frozen` lists them"))]
    second: Annotated[str, word("B", N_("Another one of the same kind"))]
    output: Annotated[Path | None, _COPY] = None


def compare(shell: Shell, words: CompareWords) -> Answer:
    """What moved between two frozen reports."""
    from app.actions.snapshots import compare_frozen, write_comparison  # late: help pages need no database

    with shell.session() as session:
        compared = compare_frozen(session, words.first, words.second)
        if words.output:
            write_comparison(session, compared, words.output)
    return Answer(_comparison(compared, words.output), _told(compared))


def _comparison(compared: Compared, file: Path | None) -> dict[str, Any]:
    return {
        "first": compared.first.name,
        "second": compared.second.name,
        "file": str(file) if file else None,
        "moved": [_moved(item) for item in compared.comparison.moved],
        "boilers": [_turned(item) for item in compared.comparison.turned],
    }


def _moved(item: Moved) -> dict[str, Any]:
    return {
        "place": item.place,
        "number": item.name,
        "before": vars(item.before),
        "after": vars(item.after),
        "came": list(item.came),
        "went": list(item.went),
    }


def _turned(item: Turned) -> dict[str, Any]:
    row = {"uid": item.row.uid, "ledger_no": item.row.ledger_no, "user_org": item.row.unit}
    return {**row, "what": item.what, "before": item.before, "after": item.after}


def _told(compared: Compared) -> list[str]:
    from app.actions.snapshots import TURNS, turn_words

    found = compared.comparison
    if not found.moved and not found.turned:
        return [tr(N_("Nothing moved between the two."))]
    numbers = [
        [item.place_name, tr(item.label), item.before.units, item.after.units, f"{item.before.tph:g}",
         f"{item.after.tph:g}"]
        for item in found.moved
    ]  # fmt: skip
    heads = (tr(N_("Place")), tr(N_("What is counted")), tr(N_("Units before")), tr(N_("Units after")),
             tr(N_("t/h before")), tr(N_("t/h after")))  # fmt: skip
    boilers = [
        [item.row.ledger_no, item.row.unit, tr(TURNS[item.what]), *turn_words(item)] for item in found.turned
    ]
    below = (tr(N_("Ledger no.")), tr(N_("User unit")), tr(N_("Change")), tr(N_("Before")), tr(N_("After")))
    return [*table(heads, numbers), "", *table(below, boilers)]


def _number(item: Number) -> dict[str, Any]:
    return {
        "place": item.place,
        "place_name": item.place_name,
        "name": item.name,
        "units": item.total.units,
        "tph": item.total.tph,
        "uids": list(item.uids),
    }


def _document(item: ReportSnapshot) -> dict[str, Any]:
    names = "name report period public baseline units tph journal content frozen_at frozen_by_name reason"
    return {"uid": item.uid, **{name: getattr(item, name) for name in names.split()}}


COMMANDS = (
    Command("reports freeze", N_("Keep a report as it is now, for good"), freeze, FreezeWords),
    Command("reports frozen", N_("List the frozen reports"), frozen),
    Command("reports withdraw", N_("Say that a frozen report no longer holds"), withdraw, WithdrawWords),
    Command("reports open", N_("The numbers of a frozen report, with the boilers behind"), open_, OpenWords),
    Command("reports compare", N_("What moved between two frozen reports"), compare, CompareWords),
)
