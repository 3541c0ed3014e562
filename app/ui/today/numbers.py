"""The numbers of the Today page, read in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.areas import prefix_of
from app.domain.entities.boiler import Boiler
from app.domain.filters import parse_filter
from app.domain.output import Total, total
from app.i18n import N_

if TYPE_CHECKING:
    from app.actions.counts import Headline
    from app.actions.patrols import Behind
    from app.actions.session import Session

_GOING_OUT = ("R1", "R2")  # inspectors and township officers
_OPEN_STATES = "registered|planned|in_progress|returned|sealed"


@dataclass(frozen=True)
class Card:
    """A number with its words and the condition that finds its rows."""

    title: str
    total: Total
    expression: str
    tone: str = ""


@dataclass(frozen=True)
class Own:
    """What waits for somebody who goes out, in the area they answer for (a division's code)."""

    area: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Today:
    """The headline by county, the cards below it, and for who goes out their own area."""

    headline: Headline
    cards: tuple[Card, ...]
    behind: Behind
    day: str
    own: Own | None = None


def _recheck(day: str) -> str:
    """Seals that have run out, and those moved in from a ledger that never said until when."""
    return f"status=sealed and sealed_until<={day} or status=sealed and sealed_until is empty"


def read_today(session: Session) -> Today:
    """Read everything the page shows."""
    from app.actions.counts import headline  # late: actions load after the first paint
    from app.actions.patrols import behind

    day = session.today
    asked = (
        (N_("Awaiting acceptance"), "status in applied|town_ok|county_ok", ""),
        (N_("On public notice"), "status=notice", ""),
        (N_("Sent back"), "status=returned", "warning"),
        (N_("Overdue"), f"due_date<{day} and status in {_OPEN_STATES}", "danger"),
        (N_("Rebound"), "status=rebound", "danger"),
        (N_("Sealed, not cleared"), "status=sealed", "warning"),
        (N_("Sealed, to be re-checked"), _recheck(day), "danger"),
        (N_("To verify"), "status=suspect", ""),
    )
    cards = tuple(_card(session, *one) for one in asked)
    return Today(headline(session), cards, behind(session), day, _own(session))


def _own(session: Session) -> Own | None:
    actor = session.actor
    if actor is None or actor.role not in _GOING_OUT or not actor.area:
        return None
    here = f"div_code^{prefix_of(actor.area)}"
    asked = (
        (N_("Sent back"), f"status=returned and {here}", "warning"),
        (N_("Overdue"), f"due_date<{session.today} and status in {_OPEN_STATES} and {here}", "danger"),
        (N_("To verify"), f"status=suspect and {here}", ""),
    )
    return Own(actor.area, tuple(_card(session, *one) for one in asked))


def _card(session: Session, title: str, where: str, tone: str) -> Card:
    found = session.workspace.find(Boiler, parse_filter(where, Boiler.TYPE))
    return Card(title, total(found), where, tone)
