"""Where every boiler stands against a baseline: the one place all counts are made from (page, map, month)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.actions.session import Session
from app.domain.areas import prefix_of
from app.domain.casework import papers_alone, papers_of, round_of
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.papers import Attachment, Baseline, BaselineEntry
from app.domain.filters import equal, one_of
from app.domain.frozen import Row
from app.domain.output import output_tph
from app.domain.policy import Policy
from app.domain.reporting import Fact, outside_kind
from app.domain.values import as_datetime, bureau_day
from app.domain.workflow import missing_papers
from app.domain.workflows.boiler import BOILER, DOSSIER


@dataclass(frozen=True)
class Standing:
    """The boilers of an area as facts to count, as people read them, and the places of the table."""

    area: tuple[str, str]
    places: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    rows: Mapping[str, Row]
    synthetic: bool


def baselines(session: Session) -> list[Baseline]:
    """Every baseline, in the order they were frozen: the first is version 1."""
    return session.workspace.find(Baseline, order="frozen_at")


def latest_baseline(session: Session) -> Baseline | None:
    """The baseline frozen last."""
    found = baselines(session)
    return found[-1] if found else None


def baseline_at(session: Session, day: str) -> Baseline | None:
    """The baseline in force at the end of a day, so that a later one does not move an earlier month.

    Before the first was frozen it is that one: there is nothing else to measure against.
    """
    found = baselines(session)
    known = [item for item in found if frozen_on(item) <= day]
    return known[-1] if known else next(iter(found), None)


def frozen_on(baseline: Baseline) -> str:
    """The day a baseline was frozen, as the bureau counts days."""
    return bureau_day(as_datetime(baseline.frozen_at))


def places_of(session: Session, area: str) -> list[tuple[str, str]]:
    """The counties of an area by code and name; development zones count as counties."""
    known = session.workspace.find(Division, one_of("level", ("county", "development_zone")))
    inside = prefix_of(area)
    return sorted(
        (item.code, item.name) for item in known if not item.valid_to and item.code.startswith(inside)
    )


def standing_of(
    session: Session, baseline: Baseline | None, area: str, day: str, *, past: bool = True
) -> Standing:
    """Every boiler of an area as it stood at the end of `day`.

    Without `past` only today is asked for, and the journal is not read.
    """
    places = places_of(session, area)
    codes = sorted((code for code, _ in places_of(session, session.workspace.area)), key=len, reverse=True)
    listed = session.workspace.find(BaselineEntry, equal(baseline=baseline.uid)) if baseline else []
    entries = {item.boiler: item for item in listed}
    boilers = session.workspace.find(Boiler, order="ledger_no")
    states = session.workspace.timeline(Boiler, "status") if past else {}
    known = _Known(codes, _proofs(session, boilers), frozen_on(baseline) if baseline else "")
    facts = []
    rows: dict[str, Row] = {}
    for boiler in boilers:
        told = _days(states.get(boiler.uid, [])) or ((session.today, boiler.status),)
        fact = _fact(boiler, entries.pop(boiler.uid, None), told, known)
        facts.append(fact)
        rows[boiler.uid] = Row(
            boiler.uid, boiler.ledger_no, boiler.user_org or "", fact.county, fact.tph, fact.state_at(day)
        )
    # A boiler that was deleted stays in the denominator that was frozen with it.
    for uid, item in entries.items():
        facts.append(Fact(uid, item.county or "", item.rated_tph or 0.0, True, ()))
        rows[uid] = Row(uid, item.ledger_no, "", item.county or "", item.rated_tph or 0.0, None)
    inside = prefix_of(area)
    mine = tuple(fact for fact in facts if not fact.county or fact.county.startswith(inside))
    return Standing(
        (area, _name(session, area)), tuple(places), mine, rows, any(item.synthetic for item in boilers)
    )


@dataclass(frozen=True)
class _Known:
    """What all facts of one reading share: county codes, proofs of moved-in boilers, the baseline's day."""

    codes: Sequence[str]
    proofs: Mapping[str, str | None]
    since: str


def _fact(
    boiler: Boiler, entry: BaselineEntry | None, states: tuple[tuple[str, str], ...], known: _Known
) -> Fact:
    return Fact(
        uid=boiler.uid,
        county=(entry.county if entry else None) or county_of(boiler.div_code, known.codes),
        tph=(entry.rated_tph if entry else None) or output_tph(boiler),
        listed=entry is not None,
        states=states,
        cleared_on=boiler.cleared_on,
        outside=outside_kind(boiler.outside_as, boiler.commissioned, known.since),
        claimed=boiler.uid in known.proofs,
        proved_on=known.proofs.get(boiler.uid),
    )


def county_of(code: str | None, codes: Sequence[str]) -> str:
    """The county or development zone a division lies in, else its six digits; `codes` longest first."""
    written = code or ""
    return next((item for item in codes if written.startswith(item)), written[:6])


def proved_on(boiler: Boiler, papers: Iterable[Attachment], policy: Policy, today: str) -> str | None:
    """The day since when a boiler's dossier is whole, from the papers of its round; None while it is not."""
    mine = sorted(papers_of(papers, round_of(boiler)), key=lambda item: item.added_at)

    def lacks(some: Sequence[Attachment]) -> bool:
        return bool(missing_papers(BOILER, DOSSIER, papers_alone(boiler, some, policy, today)))

    if lacks(mine):
        return None
    number = next(at for at in range(len(mine) + 1) if not lacks(mine[:at]))
    return bureau_day(as_datetime(mine[number - 1].added_at)) if number else ""


def claimed_only(session: Session, boilers: Iterable[Boiler]) -> frozenset[str]:
    """The uids of those that are cleared by the word of a ledger alone today, their dossier not whole."""
    cleared = [item for item in boilers if item.status == "cleared"]
    return frozenset(uid for uid, proved in _proofs(session, cleared).items() if proved is None)


def _proofs(session: Session, boilers: Iterable[Boiler]) -> dict[str, str | None]:
    """For the boilers that were moved in on a ledger's word: since when their dossier is whole."""
    moved = [item for item in boilers if item.origin == "migrated"]
    if not moved:
        return {}
    papers: dict[str, list[Attachment]] = {}
    for item in session.workspace.find(Attachment, equal(owner_entity=Boiler.TYPE.name)):
        papers.setdefault(item.owner, []).append(item)
    policy, today = session.policy, session.today
    return {item.uid: proved_on(item, papers.get(item.uid, ()), policy, today) for item in moved}


def _days(timeline: Iterable[tuple[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((bureau_day(as_datetime(moment)), str(value)) for moment, value in timeline if value)


def _name(session: Session, code: str) -> str:
    found = session.workspace.find(Division, equal(code=code), limit=1)
    return found[0].name if found else code
