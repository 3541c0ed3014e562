"""Look-back rounds: drawing cleared boilers by a printed seed, and how far a round has come."""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from app.actions.action import action
from app.actions.drawnfrom import condition_words
from app.actions.records import list_records
from app.actions.rights import require_role
from app.actions.session import Session
from app.domain.changes import insert
from app.domain.drawing import draw
from app.domain.entities.boiler import Boiler
from app.domain.entities.lookback import FINDINGS, LookbackRound, LookbackVisit
from app.domain.entities.papers import Approval
from app.domain.filters import equal, one_of
from app.domain.values import as_datetime, as_moment, bureau_day
from app.errors import Invalid, Refused
from app.i18n import N_

DRAWERS = ("R5", "R6")


OPEN, GOOD, REPORTED, REBOUND = "open", "good", "reported", "rebound"
RESULTS = {
    OPEN: N_("Not visited yet"),
    GOOD: N_("Still cleared"),
    REPORTED: N_("Rebound reported"),
    REBOUND: N_("Rebound"),
}


@dataclass(frozen=True)
class Visit:
    """One boiler of a round as it is now.

    `result` is the first finding since the draw: open, good (looked back), reported, or rebound; `found_on`
    its day. What happens to the boiler after that belongs to later rounds.
    """

    place: int
    boiler: Boiler
    result: str
    found_on: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a round has come: boilers drawn, visited, and what was found; `limited` says in words which
    boilers alone it was drawn from, where it was not all."""

    round: LookbackRound
    drawn: int
    good: int
    reported: int
    rebound: int
    limited: str = ""

    @property
    def visited(self) -> int:
        """Boilers of which something has been found."""
        return self.good + self.reported + self.rebound


@action(N_("Draw a look-back round…"), "record", command="lookback draw", roles=DRAWERS)
def draw_lookback(
    session: Session, name: str, share: float, *, where: str = "", seed: str = "", document: str = ""
) -> LookbackRound:
    """Draw a share (percent) of the cleared boilers that `where` means; without a seed one is made.

    The round keeps seed, population and condition, so that the draw can be repeated (`domain/drawing.py`).
    """
    actor = require_role(session, *DRAWERS)
    if not 0 < share <= 100:
        raise Invalid(N_("The share must be above 0 and at most 100 percent"), code="bad_share")
    if session.workspace.find(LookbackRound, equal(name=name), limit=1):
        hint = N_("A draw is never repeated over; give a new name.")
        raise Invalid(N_("There is a round “{name}” already"), hint=hint, name=name, code="duplicate")
    found = [item for item in list_records(session, "boiler", where or None) if isinstance(item, Boiler)]
    cleared = {item.ledger_no: item for item in found if item.status == "cleared"}
    if not cleared:
        raise Refused(N_("No boiler that is cleared fits, so there is nothing to draw from"), code="empty")
    chosen = seed.strip() or secrets.token_hex(8)
    numbers = draw(chosen, cleared, math.ceil(len(cleared) * share / 100))
    made = LookbackRound(
        uid=session.new_uid(), name=name, div_code=actor.area or session.workspace.area,
        condition=where or None, population=len(cleared), drawn=len(numbers), seed=chosen,
        drawn_at=_after_findings(session), document=document or None,
        synthetic=any(item.synthetic for item in cleared.values()) or None,
    )  # fmt: skip
    visits = [
        LookbackVisit(
            uid=session.new_uid(), round=made.uid, boiler=cleared[number].uid, ledger_no=number, place=place
        )
        for place, number in enumerate(numbers, 1)
    ]
    session.commit(map(insert, (made, *visits)), "draw_lookback", document)
    return made


def _after_findings(session: Session) -> str:
    """The moment of a draw: now, and after all findings that are known here, by whatever clock this is."""
    latest = session.workspace.find(Approval, one_of("action", FINDINGS), order="-signed_at", limit=1)
    after = [as_moment(as_datetime(item.signed_at) + timedelta(milliseconds=1)) for item in latest]
    return max([session.moment(), *after])


def find_round(session: Session, name: str) -> LookbackRound:
    """The round of this name, or the newest without one; raises Refused when there is none."""
    found = session.workspace.find(LookbackRound, order="drawn_at")
    chosen = [item for item in found if item.name == name] if name else found[-1:]
    if not found:
        raise Refused(
            N_("No look-back round has been drawn yet"), hint=N_("Draw one first."), code="no_round"
        )
    if not chosen:
        raise Refused(N_("There is no look-back round “{name}”"), hint=N_("Draw one first."), name=name,
                      code="unknown_round")  # fmt: skip
    return chosen[0]


def round_names(session: Session) -> list[str]:
    """The rounds by name, the newest first."""
    return [item.name for item in reversed(session.workspace.find(LookbackRound, order="drawn_at"))]


@action(N_("Look-back rounds…"), "record", icon="check", command="lookback show")
def rounds(session: Session) -> list[Progress]:
    """Every round with its progress, the newest first."""
    found = session.workspace.find(LookbackRound, order="-drawn_at")
    return [progress_of(session, made, visits_of(session, made)) for made in found]


def progress_of(session: Session, made: LookbackRound, visits: Sequence[Visit]) -> Progress:
    """How far a round has come by its visits."""
    counted = Counter(item.result for item in visits)
    found = (counted[GOOD], counted[REPORTED], counted[REBOUND])
    return Progress(made, len(visits), *found, condition_words(session, made))


def visits_of(session: Session, made: LookbackRound) -> list[Visit]:
    """The boilers of a round in the order of the draw, with what has been found."""
    drawn = session.workspace.find(LookbackVisit, equal(round=made.uid), order="place")
    uids = tuple(visit.boiler for visit in drawn)
    boilers = {item.uid: item for item in session.workspace.find(Boiler, one_of("uid", uids))}
    named = session.workspace.timeline(Boiler, "lookback_round")
    acts = {uid: told[0][0] for uid, told in session.workspace.timeline(Approval, "action").items()}
    signed: dict[str, list[_Finding]] = {}
    for approval in session.workspace.find(Approval, one_of("owner", uids), order="signed_at"):
        if approval.action in FINDINGS and approval.signed_at >= made.drawn_at:
            finding = _Finding(
                approval.action, approval.signed_at, acts.get(approval.uid, approval.signed_at)
            )
            signed.setdefault(approval.owner, []).append(finding)
    found = []
    for item in drawn:
        if item.boiler in boilers:
            written = [moment for moment, value in named.get(item.boiler, []) if value == made.name]
            named_now = boilers[item.boiler].lookback_round == made.name
            result = _result(signed.get(item.boiler, []), written, named_now=named_now)
            found.append(Visit(item.place, boilers[item.boiler], *result))
    return found


_ONE_ACT_S = 60.0  # a signature and the record's change are one act: they are written within moments


class _Finding(NamedTuple):
    """A signature under a finding: its moment, which may follow what its signer had seen, and that of its act
    by the clock it was written by."""

    action: str
    signed_at: str
    written_at: str


def require_publishable(visits: Sequence[Visit]) -> None:
    """Raise Refused `not_public` while boilers of a round wait for their visit."""
    if any(item.result == OPEN for item in visits):
        raise Refused(
            N_("Boilers of this round have not been visited yet, so it has no public edition"),
            hint=N_("Published before the visit it would announce the visit."), code="not_public",
        )  # fmt: skip


def _result(signed: Sequence[_Finding], written: Sequence[str], *, named_now: bool) -> tuple[str, str]:
    """The first finding and its day: what was signed since the draw, and when this round's name was written.

    A step that was taken back has no signature any more, so it does not count. A laptop that came to the
    hub later knows the records and their signatures, and not when each value was written: there `named_now`,
    that the record bears the round's name, says what the last look was for.
    """
    for item in signed:
        if item.action == "rebound":
            confirmed = any(other.action == "confirm_rebound" for other in signed)
            return (REBOUND if confirmed else REPORTED), bureau_day(as_datetime(item.signed_at))
        if item.action == "look_back" and any(_one_act(item.written_at, moment) for moment in written):
            return GOOD, bureau_day(as_datetime(item.signed_at))
    looks = [item for item in signed if item.action == "look_back"]
    if named_now and looks:
        return GOOD, bureau_day(as_datetime(looks[-1].signed_at))
    return OPEN, ""


def _one_act(signed: str, written: str) -> bool:
    return abs((as_datetime(written) - as_datetime(signed)).total_seconds()) < _ONE_ACT_S
