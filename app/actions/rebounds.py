"""A rebound: what became of a boiler that had been cleared, and who had accepted it then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.actions.session import Session
from app.actions.steps import approvals_of
from app.domain.casework import current_approvals, round_of
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import REBOUND_REASONS
from app.domain.entities.papers import Approval
from app.domain.entities.people import ROLES
from app.domain.entity import Entity
from app.domain.values import as_datetime, bureau_day
from app.i18n import N_, in_a_row, listed, tr

_ACCEPTED = ("county_accept", "chief_sign", "clear")


@dataclass(frozen=True)
class Rebound:
    """The last rebound of a boiler: `round_no` is the round that was cleared, `accepted` its signatures."""

    round_no: int
    reason: str
    reported: Approval | None
    accepted: tuple[Approval, ...]

    @property
    def text(self) -> str:
        """One sentence: why, reported when and by whom, accepted by whom before."""
        return self.told()

    def told(self, *, public: bool = False) -> str:
        """The same; the public edition has units in the place of people."""
        report = self.reported
        told = [
            tr(N_("rebounded ({reason})"), reason=REBOUND_REASONS.label(self.reason) if self.reason else "?")
        ]
        if report is not None:
            day = bureau_day(as_datetime(report.signed_at))
            told.append(tr(N_("reported on {day} by {who}"), day=day, who=_named(report, public=public)))
        names = listed(dict.fromkeys(_named(item, public=public) for item in self.accepted))
        accepted = N_("accepted in round {n} by {names}")
        unsigned = N_("round {n} was not signed here, it was moved in as claimed")
        told.append(tr(accepted if names else unsigned, n=self.round_no, names=names))
        return in_a_row(told)


def last_rebound(session: Session, record: Entity) -> Rebound | None:
    """What is known of a boiler's last rebound; None for a record in its first round."""
    if not isinstance(record, Boiler) or round_of(record) < 2:
        return None
    before = round_of(record) - 1
    signed = current_approvals(approvals_of(session, record), before)
    reported = next((item for item in reversed(signed) if item.action == "rebound"), None)
    return Rebound(before, record.rebound_reason or "", reported, _accepted(signed))


def _accepted(signed: Sequence[Approval]) -> tuple[Approval, ...]:
    return tuple(item for item in signed if item.action in _ACCEPTED)


def _named(item: Approval, *, public: bool) -> str:
    if public:
        return item.org or ROLES.label(item.role)
    return f"{item.person_name}({item.org})" if item.org else item.person_name
