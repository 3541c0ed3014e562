"""A baseline as people read it: its version, its boilers as frozen, and what differs from the one before."""

from __future__ import annotations

from dataclasses import dataclass

from app.actions.session import Session
from app.actions.standing import baselines, places_of, standing_of
from app.domain.entities.boiler_codes import STATUS_GROUPS
from app.domain.entities.papers import Baseline, BaselineEntry
from app.domain.filters import equal
from app.domain.frozen import Counted, Number, Row, total_of
from app.domain.reporting import CLAIMED
from app.domain.values import show_moment
from app.errors import Refused
from app.exchange.report_table import ReportTable
from app.i18n import N_, listed, tr

ADDED, DROPPED = "version_added", "version_dropped"


@dataclass(frozen=True)
class BaselineVersion:
    """One version of the list; `before` is the version it followed."""

    baseline: Baseline
    number: int
    entries: tuple[BaselineEntry, ...]
    before: tuple[BaselineEntry, ...] = ()

    @property
    def added(self) -> tuple[BaselineEntry, ...]:
        """The boilers that the version before did not hold."""
        known = {item.boiler for item in self.before}
        return tuple(item for item in self.entries if item.boiler not in known) if self.number > 1 else ()

    @property
    def dropped(self) -> tuple[BaselineEntry, ...]:
        """The boilers of the version before that this one does not hold."""
        known = {item.boiler for item in self.entries}
        return tuple(item for item in self.before if item.boiler not in known)


def version_of(session: Session, name: str = "") -> BaselineVersion:
    """The baseline of this name, or the newest; raises Refused when there is none."""
    known = baselines(session)
    at = (
        next((place for place, item in enumerate(known) if item.name == name), -1) if name else len(known) - 1
    )
    if not known:
        raise Refused(N_("No baseline has been frozen yet"), hint=N_("Freeze one first."), code="no_baseline")
    if at < 0:
        raise Refused(N_("There is no baseline “{name}”"), hint=N_("Baselines: {known}"), name=name,
                      known=listed(item.name for item in known),
                      code="unknown_baseline")  # fmt: skip
    before = _entries(session, known[at - 1]) if at else ()
    return BaselineVersion(known[at], at + 1, _entries(session, known[at]), before)


def version_table(session: Session, version: BaselineVersion) -> ReportTable:
    """The list with where each boiler stands today; those that were dropped stand below the others."""
    places = dict(places_of(session, session.workspace.area))
    found = standing_of(session, version.baseline, session.workspace.area, session.today, past=False)
    standing = {fact.uid: fact.standing(session.today) for fact in found.facts}
    added = {item.uid for item in version.added}
    heads = (N_("No."), N_("Ledger no."), N_("User unit"), N_("County or district"), N_("Rated output"),
             N_("Stands today"), N_("Against the version before"))  # fmt: skip
    lines = []
    for number, item in enumerate((*version.entries, *version.dropped), 1):
        row = found.rows.get(item.boiler)
        change = N_("dropped") if number > len(version.entries) else N_("added") if item.uid in added else ""
        lines.append([
            number if number <= len(version.entries) else None, item.ledger_no, row.unit if row else None,
            places.get(item.county or "", item.county), item.rated_tph, _word(standing.get(item.boiler)),
            tr(change) if change else None,
        ])  # fmt: skip
    title = tr(N_("{name} (version {n})"), name=version.baseline.name, n=version.number)
    shown = f"{title}（{tr(N_('Synthetic'))}）" if version.baseline.synthetic else title
    return ReportTable(shown, [(tr(head),) for head in heads], lines, below=words_of(version))


def words_of(version: BaselineVersion) -> str:
    """When it was frozen, by which document, and what differs from the version before."""
    item = version.baseline
    words = N_("Frozen at {at}: {units} units, {tph} t/h. Document: {document}.")
    said = tr(words, at=show_moment(item.frozen_at), units=item.units, tph=f"{item.tph:g}",
              document=item.document or "—")  # fmt: skip
    if version.number == 1:
        return said
    more = tr(N_("Against version {n}: {added} added, {dropped} dropped."), n=version.number - 1,
              added=len(version.added), dropped=len(version.dropped))  # fmt: skip
    return tr(N_("{sentence} {rest}"), sentence=said, rest=more)


def counted_version(session: Session, version: BaselineVersion) -> Counted:
    """The numbers of a version, each with its boilers: the whole, added, dropped, and by county."""
    area = session.workspace.area
    places = dict(places_of(session, area))
    found = standing_of(session, version.baseline, area, session.today, past=False)
    listed = [_row(item, found.rows.get(item.boiler)) for item in version.entries]
    by_uid = {row.uid: row for row in listed}
    numbers = [_number(area, found.area[1], "baseline", N_("Baseline"), listed)]
    if version.number > 1:
        rows = {item.boiler: _row(item, found.rows.get(item.boiler)) for item in version.dropped}
        added = [by_uid[item.boiler] for item in version.added]
        numbers.append(_number(area, found.area[1], ADDED, N_("Added by this version"), added))
        numbers.append(
            _number(area, found.area[1], DROPPED, N_("Dropped by this version"), list(rows.values()))
        )
        by_uid = {**rows, **by_uid}
    for code in sorted({row.county for row in listed} - {"", area}):
        mine = [row for row in listed if row.county == code]
        numbers.append(_number(code, places.get(code, code), "baseline", N_("Baseline"), mine))
    return Counted(tuple(numbers), by_uid, words_of(version))


def _entries(session: Session, baseline: Baseline) -> tuple[BaselineEntry, ...]:
    return tuple(session.workspace.find(BaselineEntry, equal(baseline=baseline.uid), order="ledger_no"))


def _row(item: BaselineEntry, now: Row | None) -> Row:
    tph = item.rated_tph or 0.0
    return Row(item.boiler, item.ledger_no, now.unit if now else "", item.county or "", tph,
               now.state if now else None)  # fmt: skip


def _number(place: str, name: str, figure: str, label: str, rows: list[Row]) -> Number:
    return Number(place, name, figure, label, total_of(rows), tuple(row.uid for row in rows))


def _word(figure: str | None) -> str:
    """Where a boiler stands, in a word; one that was deleted is no longer in the ledger."""
    if figure is None:
        return tr(N_("no longer in the ledger"))
    return tr(N_("Moved in as cleared, papers lacking")) if figure == CLAIMED else STATUS_GROUPS.label(figure)
