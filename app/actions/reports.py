"""What a bureau owes upward: the reports by name, each written from the records as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from app.actions.action import action
from app.actions.baselinelist import counted_version, version_of, version_table
from app.actions.boilerpapers import (
    TITLES,
    form_of,
    headings_of_visits,
    letter_of,
    line_of_visit,
    round_form,
)
from app.actions.dossierprint import print_dossiers
from app.actions.dossiers import missing, write_dossiers
from app.actions.drawnfrom import condition_words
from app.actions.ledgerlist import PLACES, PlaceNames, cell_of, ledger_table
from app.actions.lookback import RESULTS, find_round, require_publishable, visits_of
from app.actions.monthly import counted_month, facts_of, month_of, names_of_line, paragraph, table
from app.actions.numbers import counted_boilers
from app.actions.outputs import output_file
from app.actions.records import find_record, list_records
from app.actions.session import Session
from app.actions.watching import UNWATCHED, Watch
from app.domain.catalog import BY_NAME
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.fields import Field
from app.domain.filters import equal, one_of
from app.domain.frozen import Counted
from app.domain.reporting import as_values
from app.domain.values import show_moment
from app.errors import Invalid, Refused
from app.exchange.official_paper import write_forms, write_letter
from app.exchange.report_table import ReportTable, write_report_table
from app.exchange.template_fill import Filling, fill
from app.exchange.ticking import Tick
from app.exchange.whole import whole
from app.i18n import N_, tr

T = TypeVar("T")
OPEN_STATES = ("registered", "planned", "in_progress", "returned", "rebound", "sealed")


@dataclass(frozen=True)
class ReportOrder:
    """What is asked for: the report, its month, the boilers (numbers or a condition), the template."""

    name: str
    period: str = ""
    of: tuple[str, ...] = ()
    where: str | None = None
    template: Path | None = None
    public: bool = False


@dataclass(frozen=True)
class ReportDone:
    """What was written: the file, its rows (boilers, pages or files: `said`), and of the month its numbers
    and its paragraph."""

    path: Path
    rows: int
    text: str = ""
    numbers: dict[str, Any] | None = None

    @property
    def said(self) -> str:
        """How much was written, counted in what the file is made of."""
        words = _WRITTEN.get(self.path.suffix.lower(), N_("{n} rows are in {path}"))
        return tr(words, n=f"{self.rows:,}", path=self.path)


_WRITTEN = {
    ".docx": N_("{n} boilers are in {path}"),
    ".pdf": N_("{n} pages are in {path}"),
    ".zip": N_("{n} files are in {path}"),
    "": N_("{n} files are in {path}"),
}


@dataclass(frozen=True)
class ReportKind:
    """A report as people choose it, with the endings it can be written to."""

    name: str
    label: str
    endings: tuple[str, ...]
    run: Callable[[Session, ReportOrder, Path, Tick], ReportDone]
    count: Callable[[Session, ReportOrder], Counted]

    @property
    def text(self) -> str:
        """The report's name in the user's language."""
        return tr(self.label)


@action(N_("Reports…"), "file", icon="sheet", command="report")
def make_report(
    session: Session, order: ReportOrder, target: Path, *, watch: Watch = UNWATCHED
) -> ReportDone:
    """Write one report. Raises Invalid for an unknown report, ending, month or mark, Refused without rows.

    Cancelled leaves what was there.
    """
    kind = report_kind(order.name)
    if target.suffix.lower() not in kind.endings:
        raise Invalid(N_("“{ending}” is no format for this report."), hint=N_("Known endings: {known}"),
                      ending=target.suffix or target.name, known=" ".join(kind.endings),
                      code="format")  # fmt: skip
    tick = watch.ticker(tr(N_("Writing the rows")))
    tick(0.0)
    return kind.run(session, order, output_file(session, target), tick)


def report_kind(name: str) -> ReportKind:
    """The report of this name; raises Invalid `unknown_report`."""
    kind = next((item for item in REPORTS if item.name == name), None)
    if kind is None:
        raise Invalid(N_("There is no report “{name}”"), hint=N_("Reports: {known}"), name=name,
                      known=" ".join(item.name for item in REPORTS), code="unknown_report")  # fmt: skip
    return kind


def count_report(session: Session, order: ReportOrder) -> Counted:
    """The numbers a report has now, each with its rows, without writing anything."""
    return report_kind(order.name).count(session, order)


def export_template(
    session: Session, kind: str, template: Path, target: Path, *, where: str | None, public: bool
) -> int:
    """Fill a county's own workbook with the records of a kind; the marks are the fields' names or labels."""
    return fill(template, _filling(session, kind, where, public=public), output_file(session, target))


def _filling(session: Session, kind: str, where: str | None, *, public: bool) -> Filling:
    """The records of a kind as marks of a template."""
    records = list_records(session, kind, where)
    fields = [item for item in _fields(kind) if item.public or not public]
    places = PlaceNames(session)
    area = session.workspace.find(Division, equal(code=session.workspace.area), limit=1)
    lines = [_values(places, fields, record, no) for no, record in enumerate(records, 1)]
    names = {"no", "序号", *(name for item in fields for name in (item.name, tr(item.label), item.label))}
    if any(item.name == "div_code" for item in fields):
        names |= {*PLACES, *map(tr, PLACES.values())}
    facts = {"today": session.today, "area": area[0].name if area else session.workspace.area,
             "count": len(records)}  # fmt: skip
    return Filling(facts, lines, frozenset(names), public)


def _month(session: Session, order: ReportOrder, target: Path, tick: Tick) -> ReportDone:
    report = month_of(session, order.period)
    words = paragraph(report)
    numbers = {
        "period": report.month.period.month,
        "sum": as_values(report.month.sum),
        "rows": [as_values(row) for row in report.month.rows],
        "uids": {name: list(figure.uids) for name, figure in report.month.sum.figures.items()},
    }
    if order.template is not None:
        lines = [{"no": no, **as_values(row)} for no, row in enumerate(report.month.rows, 1)]
        fill(order.template, Filling(facts_of(report), lines, names_of_line(), order.public), target, tick)
    elif target.suffix.lower() == ".txt":
        with whole(target) as part:
            part.write_text(words + "\n", "utf-8-sig")
    else:
        heads, cells = table(report)
        title = tr(N_("Monthly schedule of coal boilers, {period}"), period=report.month.period.month)
        shown = f"{title}（{tr(N_('Synthetic'))}）" if report.synthetic else title
        written = {len(heads) - 1: "0.0"}  # the rate as the paragraph says it: 30.0, not 30
        shown_table = ReportTable(shown, heads, cells, sums=1, below=words, formats=written)
        write_report_table(shown_table, target, tick)
    return ReportDone(target, len(report.month.rows), words, numbers)


def _ledger(session: Session, order: ReportOrder, target: Path, tick: Tick) -> ReportDone:
    if order.template is not None:
        filling = _filling(session, "boiler", order.where, public=order.public)
        count = fill(order.template, filling, target, tick)
        return ReportDone(target, count)
    boilers = _boilers(session, order)
    title = _named(N_("Ledger of coal boilers under treatment"), boilers)
    write_report_table(ledger_table(session, boilers, title, public=order.public), target, tick)
    return ReportDone(target, len(boilers))


def _ticked(items: Iterable[T], number: int, tick: Tick) -> Iterator[T]:
    """The items as they are; before each one is told how far it is and may be cancelled."""
    for at, item in enumerate(items):
        tick(at / number)
        yield item


def _named(label: str, boilers: Sequence[Boiler]) -> str:
    """A title, marked when any of its boilers is simulated."""
    return f"{tr(label)}（{tr(N_('Synthetic'))}）" if any(item.synthetic for item in boilers) else tr(label)


def _baseline(session: Session, order: ReportOrder, target: Path, tick: Tick) -> ReportDone:
    version = version_of(session, order.of[0] if order.of else "")
    table = version_table(session, version)
    write_report_table(table, target, tick)
    return ReportDone(target, len(version.entries), table.below)


def _form(session: Session, order: ReportOrder, target: Path, tick: Tick) -> ReportDone:
    boilers = _boilers(session, order)
    forms = (form_of(session, item, order.name, public=order.public) for item in boilers)
    write_forms(_ticked(forms, len(boilers), tick), target)
    return ReportDone(target, len(boilers))


def _letter(session: Session, order: ReportOrder, target: Path, tick: Tick) -> ReportDone:
    boilers = _open_boilers(session, order)
    write_letter(letter_of(session, boilers, order.name, public=order.public), target)
    return ReportDone(target, len(boilers))


def _open_boilers(session: Session, order: ReportOrder) -> Sequence[Boiler]:
    boilers = [
        item for item in _boilers(session, order) if order.of or order.where or item.status in OPEN_STATES
    ]
    if not boilers:
        raise Refused(N_("No boiler is open, so there is nothing to write about"), code="nothing_to_report")
    return boilers


def _lookback(session: Session, order: ReportOrder, target: Path, tick: Tick) -> ReportDone:
    """The list of a round with its seed, or a form to fill on site for each of its boilers."""
    made = find_round(session, order.of[0] if order.of else "")
    visits = visits_of(session, made)
    if order.public:
        require_publishable(visits)
    if target.suffix.lower() == ".docx":
        forms = (round_form(session, item, made, public=order.public) for item in visits)
        write_forms(_ticked(forms, len(visits), tick), target)
        return ReportDone(target, len(visits))
    heads = [(tr(N_("Place in the draw")),), *((heading,) for heading in headings_of_visits()),
             (tr(N_("Found")),)]  # fmt: skip
    lines = [[item.place, *line_of_visit(session, item.boiler), tr(RESULTS[item.result])] for item in visits]
    below = tr(
        N_(
            "Drawn {drawn} of {population} cleared boilers on {day} with the seed {seed}: the smallest "
            "SHA-256 of “seed:ledger number”, so that anybody can draw again."
        ),
        drawn=made.drawn,
        population=made.population,
        day=show_moment(made.drawn_at),
        seed=made.seed,
    )
    below = " ".join(filter(None, (below, condition_words(session, made, public=order.public))))
    title = tr(N_("Look-back list: {name}"), name=made.name)
    shown = f"{title}（{tr(N_('Synthetic'))}）" if made.synthetic else title
    write_report_table(ReportTable(shown, heads, lines, below=below), target, tick)
    return ReportDone(target, len(lines), below)


def _dossiers(session: Session, order: ReportOrder, target: Path, tick: Tick) -> ReportDone:
    """What each boiler's dossier lacks as a table; or all there is as a zip, a folder or a PDF."""
    boilers = _boilers(session, order)
    ending = target.suffix.lower()
    if ending in ("", ".zip", ".pdf") and order.public:
        raise Refused(N_("A dossier holds names, phones and photographs, so it has no public edition"),
                      hint=N_("Nothing was written. The list of missing papers can be published."),
                      code="not_public")  # fmt: skip
    if ending in ("", ".zip"):
        return ReportDone(target, write_dossiers(session, _ticked(boilers, len(boilers), tick), target))
    found = missing(session, boilers)
    if ending == ".pdf":
        each = ((item.boiler, item.lacks) for item in _ticked(found, len(found), tick))
        pages = print_dossiers(session, each, target)
        return ReportDone(target, pages)
    names = ("ledger_no", "user_org", "status", "origin")
    heads = [*((tr(Boiler.TYPE.fields[name].label),) for name in names), (tr(N_("Papers missing")),),
             (tr(N_("Which")),), (tr(N_("Photos used again")),)]  # fmt: skip
    lines = [
        [
            *(cell_of(Boiler.TYPE.fields[name], getattr(item.boiler, name)) for name in names),
            len(item.lacks),
            "；".join(lack.text for lack in item.lacks) or None,
            item.used_again or None,
        ]
        for item in found
    ]
    title = _named(N_("What the dossiers lack"), boilers)
    write_report_table(ReportTable(title, heads, lines), target, tick)
    lacking = sum(1 for item in found if item.lacks)
    return ReportDone(
        target, len(lines), tr(N_("{n} of {all} dossiers lack papers"), n=lacking, all=len(lines))
    )


def _count_month(session: Session, order: ReportOrder) -> Counted:
    return counted_month(month_of(session, order.period))


def _count_baseline(session: Session, order: ReportOrder) -> Counted:
    return counted_version(session, version_of(session, order.of[0] if order.of else ""))


def _count_boilers(session: Session, order: ReportOrder) -> Counted:
    return counted_boilers(session, _boilers(session, order))


def _count_open(session: Session, order: ReportOrder) -> Counted:
    return counted_boilers(session, _open_boilers(session, order))


def _count_visits(session: Session, order: ReportOrder) -> Counted:
    visits = visits_of(session, find_round(session, order.of[0] if order.of else ""))
    results = {name: [item.boiler for item in visits if item.result == name] for name in RESULTS}
    extra = [(name, RESULTS[name], found) for name, found in results.items()]
    return counted_boilers(session, [item.boiler for item in visits], extra)


def _count_dossiers(session: Session, order: ReportOrder) -> Counted:
    boilers = _boilers(session, order)
    lacking = [item.boiler for item in missing(session, boilers) if item.lacks]
    return counted_boilers(session, boilers, [("lacking", N_("Dossiers that lack papers"), lacking)])


def _boilers(session: Session, order: ReportOrder) -> Sequence[Boiler]:
    if order.of:
        at_once = {item.uid: item for item in session.workspace.find(Boiler, one_of("uid", order.of))}
        found = [at_once.get(item) or find_record(session, "boiler", item) for item in order.of]
    else:
        found = list_records(session, "boiler", order.where)
    boilers = [item for item in found if isinstance(item, Boiler)]
    if not boilers:
        raise Refused(N_("No boiler fits, so nothing was written"), code="nothing_to_report")
    return boilers


def _fields(kind: str) -> list[Field]:
    described = BY_NAME.get(kind)
    return [item for item in described.fields.values() if not item.secret] if described else []


def _values(places: PlaceNames, fields: Sequence[Field], record: Any, no: int) -> dict[str, Any]:
    """A line of a template by the names and labels of its fields, divisions by name."""
    values: dict[str, Any] = {"no": no, "序号": no}
    for item in fields:
        held = getattr(record, item.name)
        cell = places.of(held) if item.refers_to == "division" else cell_of(item, held)
        values.update({item.name: cell, tr(item.label): cell, item.label: cell})
        if item.name == "div_code":
            for name, found in (("county", places.county(held)), ("township", places.township(held))):
                values.update({name: found, tr(PLACES[name]): found})
    return values


# What people choose beside the report: a month, something by its name, a template of their own.
OF_MONTH, BY_NAME_OF, IN_TEMPLATE = ("monthly",), ("lookback", "baseline"), ("monthly", "ledger")

_TABLES = (".xlsx", ".csv")
REPORTS: tuple[ReportKind, ...] = (
    ReportKind("monthly", N_("Monthly schedule"), (*_TABLES, ".txt"), _month, _count_month),
    ReportKind("ledger", N_("Ledger of coal boilers under treatment"), _TABLES, _ledger, _count_boilers),
    ReportKind("baseline", N_("Baseline"), _TABLES, _baseline, _count_baseline),
    *(
        ReportKind(name, TITLES[name], (".docx",), _form, _count_boilers)
        for name in ("application", "acceptance", "filing")
    ),
    ReportKind("dossier", N_("Dossiers"), (".zip", ".pdf", *_TABLES, ""), _dossiers, _count_dossiers),
    ReportKind("lookback", N_("Look-back list"), (*_TABLES, ".docx"), _lookback, _count_visits),
    ReportKind("supervision", N_("Letter of supervision"), (".docx",), _letter, _count_open),
    ReportKind("assignment", N_("Letter of assignment"), (".docx",), _letter, _count_open),
)
