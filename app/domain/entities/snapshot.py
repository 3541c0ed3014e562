"""Frozen reports: what was sent upward on a day, with the rows behind every number, for good."""

from __future__ import annotations

from app.domain.entity import Entity, entity, kept_for_good
from app.domain.fields import Withheld, boolean, integer, moment, number, reference, text
from app.i18n import N_


@kept_for_good
@entity(label=N_("Frozen report"), cli="snapshot", key="name", title=("name",))
class ReportSnapshot(Entity):
    """One report as it was. Its file and its rows are attachments; `content` is the SHA-256 of the rows."""

    name: str = text(N_("Name"), length=80, required=True, unique=True)
    report: str = text(N_("Report"), length=40, required=True, indexed=True)
    period: str | None = text(N_("Month"), default=None, length=7)
    public: bool | None = boolean(N_("Public edition"), default=None)
    div_code: str | None = reference(N_("Division"), "division", default=None, length=12)
    baseline: str | None = text(N_("Baseline"), default=None, length=80)
    units: int = integer(N_("Units"), unit=N_("units"), required=True, minimum=0)
    tph: float = number(N_("Rated output"), unit="t/h", required=True, minimum=0)
    journal: str = text(N_("State of the records"), length=64, required=True)
    content: str = text(N_("Fingerprint of the rows"), length=64, required=True)
    frozen_at: str = moment(N_("Frozen at"), required=True)
    frozen_by: str = text(N_("Frozen by"), length=36, required=True, withheld=Withheld.PEOPLE)
    frozen_by_name: str = text(N_("Name of who froze it"), length=40, required=True, withheld=Withheld.PEOPLE)
    reason: str | None = text(N_("Reason"), default=None, length=200, withheld=Withheld.WORDS)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@kept_for_good
@entity(
    label=N_("Withdrawal of a frozen report"),
    cli="snapshot_withdrawal",
    key="uid",
    title=("name",),
)
class ReportWithdrawal(Entity):
    """A frozen report that no longer holds, by somebody who did not freeze it; the report itself stays."""

    snapshot: str = reference(N_("Frozen report"), "report_snapshot", length=36, required=True)
    name: str = text(N_("Name"), length=80, required=True)
    reason: str = text(N_("Reason"), length=200, required=True, withheld=Withheld.WORDS)
    withdrawn_at: str = moment(N_("Withdrawn at"), required=True)
    withdrawn_by: str = text(N_("Withdrawn by"), length=36, required=True, withheld=Withheld.PEOPLE)
    withdrawn_by_name: str = text(
        N_("Name of who withdrew it"), length=40, required=True, withheld=Withheld.PEOPLE
    )
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)
