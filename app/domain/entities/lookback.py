"""Look-back rounds (回头看): a draw that anybody can repeat, and the boilers it drew."""

from __future__ import annotations

from app.domain.entity import Entity, entity, kept_for_good
from app.domain.fields import Withheld, boolean, integer, moment, reference, text
from app.i18n import N_

FINDINGS = ("look_back", "rebound", "confirm_rebound")  # steps that say how a drawn boiler was found


@kept_for_good
@entity(label=N_("Look-back round"), cli="lookback", key="name", title=("name",))
class LookbackRound(Entity):
    """One round: how many cleared boilers there were, how many were drawn, and with which seed."""

    name: str = text(N_("Name"), length=40, required=True, unique=True)
    div_code: str | None = reference(N_("Division"), "division", default=None, length=12)
    condition: str | None = text(N_("Condition"), default=None, length=300, withheld=Withheld.WORDS)
    population: int = integer(N_("Population"), unit=N_("units"), required=True, minimum=1)
    drawn: int = integer(N_("Drawn"), unit=N_("units"), required=True, minimum=1)
    seed: str = text(N_("Seed"), length=64, required=True)
    drawn_at: str = moment(N_("Drawn at"), required=True)
    document: str | None = text(N_("Document"), default=None, length=200)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@kept_for_good
@entity(
    label=N_("Look-back visit"),
    cli="lookback_visit",
    key="uid",
    title=("ledger_no",),
)
class LookbackVisit(Entity):
    """One boiler of a round; what was found stands on the boiler (looked back, or rebound)."""

    round: str = reference(N_("Look-back round"), "lookback_round", length=36, required=True)
    boiler: str = reference(N_("Coal boiler"), "boiler", length=36, required=True)
    ledger_no: str = text(N_("Ledger no."), length=32, required=True)
    place: int = integer(N_("Place in the draw"), required=True, minimum=1)
