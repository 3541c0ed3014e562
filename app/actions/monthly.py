"""The monthly schedule of a workspace: from baseline, records and journal, and its paragraph in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.actions.session import Session
from app.actions.snapshots import Frozen, newest_frozen
from app.actions.standing import baseline_at, standing_of
from app.domain.entities.boiler_codes import STATUS_GROUPS
from app.domain.entities.papers import Baseline
from app.domain.frozen import Counted, Number, Row
from app.domain.reporting import (
    ADDED,
    MISSED,
    UNSORTED,
    CountyRow,
    Figure,
    Month,
    as_values,
    month_report,
    period_of,
)
from app.errors import Refused
from app.i18n import N_, listed, tr


@dataclass(frozen=True)
class MonthOfArea:
    """A month's report with what it is measured against, and every boiler it knows by uid.

    `earlier` is last month's frozen report, from which the figures of the month before are taken; `day` the
    last day that is counted: the month's own, or today while it runs.
    """

    month: Month
    baseline: Baseline
    synthetic: bool
    rows: Mapping[str, Row] = field(default_factory=dict)
    earlier: Frozen | None = None
    day: str = ""


# Columns of the table: the figure, its heading; each gives units and t/h.
COLUMNS: tuple[tuple[str, str], ...] = (
    ("baseline", N_("To be done")),
    ("month", N_("Done this month")),
    ("cleared", N_("Done in all")),
    ("migrated", N_("Moved in as cleared, papers lacking")),
    ("accepting", N_("Awaiting acceptance")),
    ("notice", N_("On public notice")),
    ("treating", N_("Being treated")),
    ("sealed", N_("Sealed")),
    ("to_treat", N_("To be treated")),
    ("unverified", N_("Unverified")),
    ("rebound", N_("Rebound")),
    ("retained", N_("Retained, upgraded")),
    ("excluded", N_("Excluded")),
    ("added", N_("Added after the baseline")),
    ("missed", N_("Missed by the baseline")),
    ("unsorted", N_("Outside, not told which")),
)
_WHERE_COUNTED = ("migrated", "unsorted")
_OUTSIDE = ("outside", N_("Outside the baseline"))
_BEFORE = ("before", N_("Done by the month before"))


def month_in_hand(session: Session) -> str:
    """The month to propose for a schedule now, by the program's clock and the bureau's setting."""
    return session.policy.month_in_hand(date.fromisoformat(session.today))


def month_of(session: Session, period: str) -> MonthOfArea:
    """The month's report of the workspace's area; Refused without a baseline to measure against.

    Without a period it is the month in hand, in the shell as in the window.

    A state counts from the day it was written; boilers moved in as cleared count from the day they name.
    """
    chosen = period_of(period or month_in_hand(session))
    baseline = baseline_at(session, chosen.end)
    if baseline is None:
        raise Refused(
            N_("There is no baseline to measure against"),
            hint=N_("Freeze one first: the denominator must never move."),
            code="no_baseline",
        )
    area = session.workspace.area
    found = standing_of(session, baseline, area, chosen.end)
    month = month_report(chosen, found.places, found.area, found.facts)
    rows = found.rows
    earlier = newest_frozen(session, "monthly", chosen.before[:7], area)
    if earlier is not None and earlier.counted is not None:
        month = _since(month, earlier.counted)
        rows = {**earlier.counted.rows, **rows}
    day = min(chosen.end, session.today)
    return MonthOfArea(month, baseline, found.synthetic, rows, earlier, day)


def _since(month: Month, earlier: Counted) -> Month:
    """The month with what was cleared the month before as it was frozen then."""

    def told(row: CountyRow) -> CountyRow:
        number = earlier.number(row.code, "cleared")
        figure = Figure(number.total, number.uids) if number else row.figures["before"]
        return replace(row, figures={**row.figures, "before": figure})

    return replace(month, rows=tuple(map(told, month.rows)), sum=told(month.sum))


def counted_month(report: MonthOfArea) -> Counted:
    """Every number of the month with its boilers, the sum first."""
    month = report.month
    names = (*COLUMNS, _OUTSIDE, _BEFORE)
    numbers = tuple(
        Number(row.code, row.name, name, label, row.figures[name].total, row.figures[name].uids)
        for row in (month.sum, *month.rows)
        for name, label in names
    )
    used = {uid for number in numbers for uid in number.uids}
    rows = {uid: row for uid, row in report.rows.items() if uid in used}
    return Counted(numbers, rows, paragraph(report))


def paragraph(report: MonthOfArea) -> str:
    """The month in one paragraph, with the numbers of the table's last line."""
    whole = report.month.sum
    words = [_headline(report), _on_the_way(whole)]
    behind = [row for row in report.month.rows if row.rate is not None and row.rate < 1]
    if behind:
        ordered = sorted(behind, key=lambda row: row.rate or 0)
        named = listed(f"{row.name}（{percent(row.rate)}）" for row in ordered)
        words.append(tr(N_("Not yet complete: {counties}."), counties=named))
    words += _apart(whole)
    if report.synthetic:
        words.append(tr(N_("Simulated data, for demonstration only.")))
    return _joined(words)


def _apart(whole: CountyRow) -> list[str]:
    """What is counted apart: moved in on a ledger's word, retained, and outside the baseline by its kind."""
    words = []
    if whole.migrated.units:
        sentence = N_(
            "{n} ({tph} t/h) were moved in as cleared; their dossiers lack papers and they are not counted "
            "as completed (counted in, the rate would be {rate})."
        )
        counted = {"n": whole.migrated.units, "tph": _tph(whole.migrated.tph)}
        words.append(tr(sentence, **counted, rate=percent(whole.rate_with_claims)))
    retained = whole.total("retained")
    if retained.units:
        sentence = N_("{n} ({tph} t/h) are retained and upgraded.")
        words.append(tr(sentence, n=retained.units, tph=_tph(retained.tph)))
    if whole.outside.units:
        sentence = N_(
            "{n} boilers are outside the baseline and counted apart: {added} added after it, "
            "{missed} missed by it, {unsorted} not told which."
        )
        kinds = {name: whole.total(name).units for name in (ADDED, MISSED, UNSORTED)}
        words.append(tr(sentence, n=whole.outside.units, **kinds))
    return words


def _joined(sentences: list[str]) -> str:
    """Sentences behind each other, with a space where the language has one."""
    text = sentences[0]
    for sentence in sentences[1:]:
        text = tr(N_("{sentence} {rest}"), sentence=text, rest=sentence)
    return text


def _headline(report: MonthOfArea) -> str:
    whole = report.month.sum
    cleared, baseline = whole.figures["cleared"].total, whole.figures["baseline"].total
    return tr(
        N_(
            "By {day}, {area} had to complete {baseline} boilers ({baseline_tph} t/h) and has completed "
            "{cleared} ({cleared_tph} t/h), {rate}; against {before}: {more}, rate {points}."
        ),
        day=_day(report.day),
        area=whole.name,
        baseline=baseline.units,
        baseline_tph=_tph(baseline.tph),
        cleared=cleared.units,
        cleared_tph=_tph(cleared.tph),
        rate=percent(whole.rate),
        before=_before(report.earlier),
        more=_moved(cleared.units - whole.total("before").units, _UNITS),
        points=_moved(round(100 * ((whole.rate or 0) - (whole.rate_before or 0)), 1), _POINTS),
    )


_UNITS = (N_("{n} more"), N_("{n} fewer"))
_POINTS = (N_("up by {n} percentage points"), N_("down by {n} percentage points"))


def _moved(by: float, words: tuple[str, str]) -> str:
    """A difference as people write it."""
    return tr(words[by < 0], n=abs(by)) if by else tr(N_("no change"))


def _before(earlier: Frozen | None) -> str:
    """The month before in words, and where its numbers are from when not from the records as they are."""
    if earlier is None:
        return tr(N_("the month before"))
    if earlier.counted is None:
        return tr(N_("the month before (by the records: the file of “{name}” is not here yet)"),
                  name=earlier.snapshot.name)  # fmt: skip
    return tr(N_("the month before (as frozen in “{name}”)"), name=earlier.snapshot.name)


def _on_the_way(whole: CountyRow) -> str:
    names = ("accepting", "notice", "treating", "sealed", "rebound")
    return tr(
        N_(
            "{accepting} await acceptance, {notice} are on public notice, {treating} are being treated, "
            "{sealed} are sealed and {rebound} have rebounded."
        ),
        **{name: whole.figures[name].total.units for name in names},
    )


def percent(rate: float | None) -> str:
    """A share as people write it; a dash where there is nothing to measure against."""
    return "—" if rate is None else f"{100 * rate:.1f}%"


def table(report: MonthOfArea) -> tuple[list[tuple[str, ...]], list[list[Any]]]:
    """Headings in two rows (group, unit) and the lines, the sum last; numbers as numbers."""
    heads: list[tuple[str, ...]] = [(tr(N_("County or district")), "")]
    shown = _shown(report.month.sum)
    for _, heading in shown:
        heads += [(tr(heading), tr(N_("units"))), (tr(heading), "t/h")]
    heads.append((tr(N_("Completed")), "%"))
    return heads, [_line(row, shown) for row in (*report.month.rows, report.month.sum)]


def _shown(whole: CountyRow) -> list[tuple[str, str]]:
    """The columns of the table: two of them only where there is something to count."""
    return [(name, label) for name, label in COLUMNS if name not in _WHERE_COUNTED or whole.total(name).units]


def _line(row: CountyRow, shown: list[tuple[str, str]]) -> list[Any]:
    cells: list[Any] = [row.name]
    for name, _ in shown:
        total = row.figures[name].total
        cells += [total.units, round(total.tph, 2)]
    return [*cells, None if row.rate is None else round(100 * row.rate, 1)]


def facts_of(report: MonthOfArea) -> dict[str, Any]:
    """What a template may mark once: the period, the sums by name, the paragraph."""
    period = report.month.period
    return {
        "period": period.month,
        "until": _day(report.day),
        "paragraph": paragraph(report),
        "baseline_name": report.baseline.name,
        **{f"sum.{name}": value for name, value in as_values(report.month.sum).items()},
    }


def names_of_line() -> frozenset[str]:
    """Every mark a county's line has."""
    figures = {*(name for name, _ in (*COLUMNS, _OUTSIDE, _BEFORE)), *STATUS_GROUPS.codes}
    counted = [f"{name}_{unit}" for name in figures for unit in ("units", "tph")]
    return frozenset(["code", "name", "rate", "rate_before", "no", *counted])


def _day(iso: str) -> str:
    year, month, day = iso.split("-")
    return tr(N_("{year}-{month}-{day}"), year=year, month=int(month), day=int(day))


def _tph(value: float) -> str:
    return f"{round(value, 2):g}"
