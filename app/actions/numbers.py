"""The numbers of a report that lists boilers: how many, of which states, by county, each with its rows."""

from __future__ import annotations

from collections.abc import Sequence

from app.actions.session import Session
from app.actions.standing import claimed_only
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import STATUS_GROUPS, group_of
from app.domain.entities.division import Division
from app.domain.filters import one_of
from app.domain.frozen import Counted, Number, Row, total_of
from app.domain.output import output_tph
from app.domain.reporting import CLAIMED
from app.i18n import N_

ALL = "all"


def counted_boilers(
    session: Session, boilers: Sequence[Boiler], extra: Sequence[tuple[str, str, Sequence[Boiler]]] = ()
) -> Counted:
    """All boilers and those of each status group, for the workspace's area and each county in it.

    `extra` are further numbers: name, English label, boilers.
    """
    rows = {item.uid: _row(item) for item in boilers}
    claimed = claimed_only(session, boilers)
    area = session.workspace.area
    codes = sorted({row.county for row in rows.values()} - {"", area})
    found = session.workspace.find(Division, one_of("code", (area, *codes)))
    names = {item.code: item.name for item in found}
    numbers: list[Number] = []
    for code in (area, *codes):
        here = [row for row in rows.values() if code in (area, row.county)]
        numbers += _of_place(code, names.get(code, code), here, claimed)
        counted = {row.uid for row in here}
        numbers += [
            _number(code, names.get(code, code), name, label, those)
            for name, label, some in extra
            if (those := [rows[item.uid] for item in some if item.uid in counted]) or code == area
        ]
    return Counted(tuple(numbers), rows)


def _of_place(code: str, name: str, rows: list[Row], claimed: frozenset[str]) -> list[Number]:
    labels = {item.code: item.label for item in STATUS_GROUPS.choices}
    labels[CLAIMED] = N_("Moved in as cleared, papers lacking")
    groups: dict[str, list[Row]] = {group: [] for group in labels}
    for row in rows:
        if row.state:
            groups[CLAIMED if row.uid in claimed else group_of(row.state)].append(row)
    return [
        _number(code, name, ALL, N_("All boilers"), rows),
        *(_number(code, name, group, labels[group], some) for group, some in groups.items() if some),
    ]


def _number(code: str, place: str, name: str, label: str, rows: Sequence[Row]) -> Number:
    return Number(code, place, name, label, total_of(rows), tuple(row.uid for row in rows))


def _row(boiler: Boiler) -> Row:
    county = (boiler.div_code or "")[:6]
    unit = boiler.user_org or ""
    return Row(boiler.uid, boiler.ledger_no, unit, county, output_tph(boiler), boiler.status)
