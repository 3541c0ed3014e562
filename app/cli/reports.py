"""Commands of the reports a bureau owes upward."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from app.cli.answer import Answer, table
from app.cli.declare import Command, NoWords, option, word
from app.cli.files import TEMPLATE
from app.cli.frozen import COMMANDS as FROZEN
from app.cli.maps import OUTPUT, PUBLIC
from app.cli.records import WHERE
from app.cli.shell import Shell
from app.i18n import N_, in_a_row, tr

if TYPE_CHECKING:
    from app.actions.lookback import Progress


@dataclass(frozen=True)
class ReportWords:
    """A report, and the file it goes to."""

    name: Annotated[str, word("NAME", N_("The report; `reports` lists them"))]
    output: Annotated[Path, OUTPUT]
    period: Annotated[str, option("--period", help_=N_("The month, as 2026-10; else the month in hand"))] = ""
    of: Annotated[list[str], option("--of", help_=N_("A ledger number; may be given again"))] = field(
        default_factory=list
    )
    where: Annotated[str | None, WHERE] = None
    template: Annotated[Path | None, TEMPLATE] = None
    public: Annotated[bool, PUBLIC] = False


def report(shell: Shell, words: ReportWords) -> Answer:
    """One report as a file."""
    from app.actions.reports import ReportOrder, make_report  # late: help pages need no database
    from app.actions.watching import Watch

    order = ReportOrder(words.name, words.period, tuple(words.of), words.where, words.template, words.public)
    with shell.session() as session:
        done = make_report(session, order, words.output, watch=Watch(shell.progress()))
    document = {"file": str(done.path), "report": words.name, "rows": done.rows, "public": words.public}
    if done.numbers is not None:
        document |= {"text": done.text, **done.numbers}
    return Answer(document, [done.said, done.text] if done.text else [done.said])


@dataclass(frozen=True)
class DrawWords:
    """A draw."""

    name: Annotated[str, word("NAME", N_("The name of the round"))]
    share: Annotated[float, option("--share", help_=N_("Percent of the cleared boilers to draw"))] = 10.0
    where: Annotated[str | None, WHERE] = None
    seed: Annotated[str, option("--seed", help_=N_("The seed; without it one is made and kept"))] = ""
    document: Annotated[str, option("--document", help_=N_("The document behind the round"))] = ""


def draw(shell: Shell, words: DrawWords) -> Answer:
    """A look-back round drawn by a seed."""
    from app.actions.drawnfrom import condition_words  # late: help pages need no database
    from app.actions.lookback import draw_lookback, visits_of

    with shell.session(write=True) as session:
        made = draw_lookback(
            session,
            words.name,
            words.share,
            where=words.where or "",
            seed=words.seed,
            document=words.document,
        )
        numbers = [item.boiler.ledger_no for item in visits_of(session, made)]
        limited = condition_words(session, made)
    document = {
        "round": made.name, "seed": made.seed, "population": made.population,
        "condition": made.condition or "", "drawn": numbers,
    }  # fmt: skip
    said = tr(N_("{n} of {population} drawn with the seed {seed}"), n=made.drawn, population=made.population,
              seed=made.seed)  # fmt: skip
    return Answer(document, [*filter(None, (said, limited)), *numbers])


@dataclass(frozen=True)
class RoundWords:
    """A round."""

    name: Annotated[
        str, option("--round", help_=N_("The round; without it every round with its progress"))
    ] = ""


def show_lookback(shell: Shell, words: RoundWords) -> Answer:
    """Every round with its progress, or one with its boilers and what was found at each."""
    from app.actions.lookback import RESULTS, find_round, progress_of, rounds, visits_of  # late: help pages

    with shell.session() as session:
        if not words.name:
            found = rounds(session)
            return Answer([_round(item) for item in found], [_round_line(item) for item in found])
        made = find_round(session, words.name)
        visits = visits_of(session, made)
        now = progress_of(session, made, visits)
    lines = [
        [str(item.place), item.boiler.ledger_no, tr(RESULTS[item.result]), item.found_on] for item in visits
    ]
    boilers = [
        {"place": item.place, "ledger_no": item.boiler.ledger_no, "result": item.result, "on": item.found_on}
        for item in visits
    ]
    heads = (tr(N_("Place in the draw")), tr(N_("Ledger no.")), tr(N_("Found")), tr(N_("On")))
    return Answer({**_round(now), "boilers": boilers}, [_round_line(now), *table(heads, lines)])


def _round(item: Progress) -> dict[str, object]:
    made = item.round
    return {
        "round": made.name, "seed": made.seed, "population": made.population,
        "condition": made.condition or "", "drawn": item.drawn,
        "visited": item.visited, "good": item.good, "reported": item.reported,
        "rebound": item.rebound,
    }  # fmt: skip


def _round_line(item: Progress) -> str:
    words = N_("Visited {n} of {all}: {good} still cleared, {reported} reported, {rebound} rebound")
    counted = tr(
        words, n=item.visited, all=item.drawn, good=item.good, reported=item.reported, rebound=item.rebound
    )
    said = tr(N_("{name} ({seed}): {words}"), name=item.round.name, seed=item.round.seed, words=counted)
    return in_a_row([said, item.limited]) if item.limited else said


def reports(shell: Shell, words: NoWords) -> Answer:
    """The reports there are."""
    from app.actions.reports import REPORTS  # late: help pages need no database

    found = [{"name": item.name, "label": item.text, "endings": list(item.endings)} for item in REPORTS]
    rows = [[item.name, item.text, " ".join(item.endings)] for item in REPORTS]
    return Answer(found, table((tr(N_("Report")), tr(N_("Name")), tr(N_("Formats"))), rows))


COMMANDS = (
    Command("report", N_("Write a report a bureau owes upward"), report, ReportWords),
    Command("reports", N_("List the reports; freeze and compare them"), reports),
    *FROZEN,
    Command(
        "lookback show", N_("Show look-back rounds, their progress and findings"), show_lookback, RoundWords
    ),
    Command("lookback draw", N_("Draw a look-back round by a seed"), draw, DrawWords),
)
