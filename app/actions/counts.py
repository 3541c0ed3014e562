"""The numbers a bureau answers for: units and t/h together, against a frozen baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from app.actions.action import action
from app.actions.rights import require_role
from app.actions.session import Session
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import GROUP_OF_STATE, STATUS_GROUPS
from app.domain.entities.division import Division
from app.domain.entities.papers import Baseline, BaselineEntry
from app.domain.filters import equal, one_of
from app.domain.output import Total, output_tph, total
from app.domain.rights import area_prefix
from app.errors import Invalid, Refused
from app.i18n import N_


@dataclass(frozen=True)
class CountyRow:
    """One line of the totals table, all but `outside` within the baseline.

    `groups` has the total of each status group (the words of map and legend); `migrated` is the part of the
    cleared that was moved in as claimed; `outside` are boilers the baseline lacks (added or overlooked then).
    """

    code: str
    name: str
    baseline: Total
    groups: Mapping[str, Total]
    migrated: Total
    outside: Total

    @property
    def cleared(self) -> Total:
        """The boilers of the baseline that are cleared today."""
        return self.groups["cleared"]

    @property
    def rate(self) -> float | None:
        """Cleared of baseline by units, 0 to 1; None without a baseline."""
        return self.cleared.units / self.baseline.units if self.baseline.units else None


@dataclass(frozen=True)
class Headline:
    """The counties' lines, their sum, and the baseline they are measured against."""

    rows: tuple[CountyRow, ...]
    sum: CountyRow
    baseline: Baseline | None
    synthetic: bool


@action(N_("Totals against the baseline"), "record", icon="today", command="counts")
def headline(session: Session, area: str = "") -> Headline:
    """Totals by county of the workspace's area, or of one county; development zones count as counties."""
    area = area or session.workspace.area
    frozen = latest_baseline(session)
    entries = session.workspace.find(BaselineEntry, equal(baseline=frozen.uid)) if frozen else []
    boilers = session.workspace.find(Boiler)
    known = session.workspace.find(Division, one_of("level", ("county", "development_zone")))
    counties = sorted((item for item in known if not item.valid_to), key=lambda item: item.code)
    listed = {entry.boiler: entry for entry in entries}
    inside = area_prefix(area)
    rows = tuple(
        _row((item.code, item.name), boilers, listed, partial(_starts, item.code))
        for item in counties
        if item.code.startswith(inside)
    )
    whole = _row((area, _name(session, area)), boilers, listed, partial(_starts_or_empty, inside))
    return Headline(rows, whole, frozen, any(item.synthetic for item in boilers))


def latest_baseline(session: Session) -> Baseline | None:
    """The baseline frozen last."""
    found = session.workspace.find(Baseline, order="frozen_at")
    return found[-1] if found else None


@action(N_("Freeze a baseline…"), "record", command="baseline", roles=("R5", "R6"))
def freeze_baseline(session: Session, name: str, document: str) -> Baseline:
    """Freeze the boilers in the ledger as a baseline (R5, R6); excluded ones are not taken in."""
    require_role(session, "R5", "R6")
    if session.workspace.find(Baseline, equal(name=name), limit=1):
        raise Invalid(N_("There is a baseline “{name}” already"),
                      hint=N_("A baseline never changes; give a new name."),
                      name=name, code="duplicate")  # fmt: skip
    boilers = [
        item for item in session.workspace.find(Boiler, order="ledger_no") if item.status != "excluded"
    ]
    if not boilers:
        raise Refused(N_("There are no boilers to freeze"), code="empty")
    whole = total(boilers)
    baseline = Baseline(
        uid=session.new_uid(), name=name, div_code=session.workspace.area, frozen_at=session.moment(),
        units=whole.units, tph=whole.tph, document=document or None, synthetic=boilers[0].synthetic,
    )  # fmt: skip
    entries = [_entry(session, baseline, item) for item in boilers]
    session.commit(map(insert, (baseline, *entries)), "freeze_baseline", document)
    return baseline


def _entry(session: Session, baseline: Baseline, boiler: Boiler) -> BaselineEntry:
    return BaselineEntry(
        uid=session.new_uid(), baseline=baseline.uid, boiler=boiler.uid, ledger_no=boiler.ledger_no,
        county=(boiler.div_code or "")[:6] or None, rated_tph=output_tph(boiler),
    )  # fmt: skip


def _row(
    county: tuple[str, str],
    boilers: list[Boiler],
    listed: dict[str, BaselineEntry],
    mine: Callable[[str], bool],
) -> CountyRow:
    frozen = [entry for entry in listed.values() if mine(entry.county or "")]
    in_list = {entry.boiler for entry in frozen}
    ours = [item for item in boilers if item.uid in in_list]
    outside = [item for item in boilers if item.uid not in listed and mine(item.div_code or "")]
    return CountyRow(
        code=county[0],
        name=county[1],
        baseline=Total(len(frozen), round(sum(entry.rated_tph or 0.0 for entry in frozen), 3)),
        groups={group: total(_of_group(ours, group)) for group in STATUS_GROUPS.codes},
        migrated=total(item for item in _of_group(ours, "cleared") if item.origin == "migrated"),
        outside=total(item for item in outside if item.status != "excluded"),
    )


def _starts(prefix: str, code: str) -> bool:
    return code.startswith(prefix)


def _starts_or_empty(prefix: str, code: str) -> bool:
    return not code or code.startswith(prefix)


def _of_group(boilers: Iterable[Boiler], group: str) -> list[Boiler]:
    return [item for item in boilers if GROUP_OF_STATE[item.status] == group]


def _name(session: Session, code: str) -> str:
    found = session.workspace.find(Division, equal(code=code), limit=1)
    return found[0].name if found else code
