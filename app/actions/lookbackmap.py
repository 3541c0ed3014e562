"""What the map of a look-back shows: the boilers of a round by what was found, and every rebound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from app.actions.drawnfrom import condition_words
from app.actions.lookback import GOOD, OPEN, REBOUND, REPORTED, RESULTS, Visit, require_publishable, visits_of
from app.actions.maps import feature_source
from app.actions.session import Session
from app.actions.standing import county_of, places_of
from app.carto.features import FeatureColumns
from app.domain.areas import prefix_of
from app.domain.coordinates.measure import spot_of
from app.domain.entities.division import Division
from app.domain.entities.lookback import LookbackRound
from app.domain.itinerary import length_m, visiting_order
from app.domain.values import show_moment
from app.errors import Refused
from app.i18n import N_, tr
from app.printing.request import LookbackMapContent

_FIELDS = ["status", "rated_tph", "serial", "synthetic", "rebound_reported", "ledger_no"]


def lookback_rounds(session: Session) -> list[LookbackRound]:
    """The rounds, the newest first."""
    return session.workspace.find(LookbackRound, order="-drawn_at")


def lookback_content(
    session: Session, division: Division, outline: BaseGeometry, made: LookbackRound | None, *, public: bool
) -> LookbackMapContent:
    """The boilers of a round within a division, and what has rebounded there; without a round rebounds alone.

    Raises Refused when neither is there, and for a public edition while boilers wait for their visit.
    """
    inside = prefix_of(division.code)
    known = visits_of(session, made) if made is not None else []
    visits = [item for item in known if (item.boiler.div_code or "").startswith(inside)]
    if public:
        require_publishable(visits)
    source = feature_source(session, division.code)
    boilers = _found(source.columns("boiler", _FIELDS, None), {item.boiler.uid: item for item in visits})
    if not len(boilers):
        raise Refused(N_("There is no look-back round and no rebound to show"),
                      hint=N_("Draw a round first."), code="nothing_to_print")  # fmt: skip
    ways = [] if public else _ways(session, visits)
    places = [[_spot(item) for item in way] for way in ways]
    return LookbackMapContent(
        division.name, outline, boilers, (), source,
        round_name=made.name if made is not None else "",
        drawn_words=_drawn(session, made, public=public) if made is not None else "",
        counted=_counted(session, visits), visits=_listed(visits, ways),
        route=tuple(LineString(way) for way in places if len(way) > 1),
        route_km=sum(map(length_m, places)) / 1000,
    )  # fmt: skip


def _ways(session: Session, visits: Sequence[Visit]) -> list[list[Visit]]:
    """The boilers of each county in the order they are best visited; those without a place are not in it.

    The whole draw is in it whatever has been found, so that the map printed after a trip shows that trip.
    """
    codes = sorted(dict(places_of(session, session.workspace.area)), key=len, reverse=True)
    by_county: dict[str, list[Visit]] = {}
    for item in visits:
        if spot_of(item.boiler.geometry) is not None:
            by_county.setdefault(county_of(item.boiler.div_code, codes), []).append(item)
    return [
        [found[at] for at in visiting_order([_spot(item) for item in found])]
        for _, found in sorted(by_county.items())
    ]


def _spot(visit: Visit) -> tuple[float, float]:
    spot = spot_of(visit.boiler.geometry)
    assert spot is not None
    return spot


def _found(columns: FeatureColumns, visits: Mapping[str, Visit]) -> FeatureColumns:
    """The boilers that were drawn or have rebounded, with what was found and the number on the map."""
    findings = []
    for uid, status, reported in zip(
        columns.uids, columns.column("status"), columns.column("rebound_reported"), strict=True
    ):
        drawn = visits.get(uid)
        now = REBOUND if status == "rebound" else REPORTED if reported else None
        findings.append(drawn.result if drawn is not None and not (drawn.result == OPEN and now) else now)
    serials = [
        str(visits[uid].place) if uid in visits else str(number)
        for uid, number in zip(columns.uids, columns.column("ledger_no"), strict=True)
    ]
    shown = {"finding": np.asarray(findings, dtype=object), "serial": np.asarray(serials, dtype=object)}
    whole = FeatureColumns(columns.uids, columns.geometry, {**columns.values, **shown})
    return whole.taken(np.asarray([item is not None for item in findings], dtype=bool))


def _counted(session: Session, visits: Sequence[Visit]) -> tuple[tuple[str, ...], ...]:
    """By county how many were drawn and what was found; the sum last."""
    places = dict(places_of(session, session.workspace.area))
    codes = sorted(places, key=len, reverse=True)
    by_place: dict[str, Counter[str]] = {}
    for item in visits:
        by_place.setdefault(county_of(item.boiler.div_code, codes), Counter())[item.result] += 1
    results = (GOOD, REPORTED, REBOUND, OPEN)
    head = (tr(N_("County or district")), tr(N_("Drawn")), *(tr(RESULTS[name]) for name in results))
    lines = [
        (places.get(code, code), str(found.total()), *(str(found[name]) for name in results))
        for code, found in sorted(by_place.items())
    ]
    whole = Counter(item.result for item in visits)
    last = (tr(N_("Total")), str(whole.total()), *(str(whole[name]) for name in results))
    return (head, *lines, last) if lines else ()


def _listed(visits: Sequence[Visit], ways: Sequence[Sequence[Visit]]) -> tuple[tuple[str, ...], ...]:
    """The draw with each boiler's number on the way through its county, where there is one."""
    turns = {item.place: str(turn) for way in ways for turn, item in enumerate(way, 1)}
    known = {item.place: (turns.get(item.place, "—"),) if turns else () for item in visits}
    order = (tr(N_("Order of visit")),) if turns else ()
    head = (tr(N_("No.")), *order, tr(N_("Ledger no.")), tr(N_("User unit")), tr(N_("Found")))
    lines = [
        (str(item.place), *known[item.place], item.boiler.ledger_no, item.boiler.user_org or "",
         tr(RESULTS[item.result]))
        for item in visits
    ]  # fmt: skip
    return (head, *lines) if lines else ()


def _drawn(session: Session, made: LookbackRound, *, public: bool) -> str:
    words = N_("Drawn {drawn} of {population} cleared boilers on {day} with the seed {seed}.")
    drawn = tr(
        words, drawn=made.drawn, population=made.population, day=show_moment(made.drawn_at), seed=made.seed
    )
    return " ".join(filter(None, (drawn, condition_words(session, made, public=public))))
