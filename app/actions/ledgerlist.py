"""The ledger a bureau hands upward (整治台账): the columns people read and print, places by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.actions.session import Session
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.fields import Field, Kind
from app.domain.output import output_tph, total
from app.domain.values import show
from app.exchange.report_table import ReportTable
from app.i18n import N_, tr

# (upper heading, fields below it). Every other field is in `export boiler`; sixty columns cannot be printed.
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("ledger_no", "county", "township", "user_org", "address")),
    (N_("Before treatment"), ("model", "rated_tph", "fuel", "usage")),
    (N_("Treatment"), ("treatment", "due_date", "done_date", "resp_org", "resp_person")),
    (N_("After treatment"), ("end_state", "after_tph", "after_fuel")),
    ("", ("status", "origin", "outside_as")),
    (N_("Clearing"), ("accepted_on", "cleared_on")),
    ("", ("contact", "contact_phone", "note")),
)
PLACES: Mapping[str, str] = {"county": N_("County or district"), "township": N_("Town or township")}


class PlaceNames:
    """Names of counties and townships by division code, read once for many boilers."""

    def __init__(self, session: Session) -> None:
        self._names = {item.code: item.name for item in session.workspace.find(Division)}

    def county(self, code: str | None) -> str | None:
        """The county a code lies in; nothing for a code of no county."""
        return self._names.get(code[:6]) if code and code[4:6] not in ("", "00") else None

    def township(self, code: str | None) -> str | None:
        """The township a code lies in; nothing for a code of a whole county."""
        return self._names.get(code[:9]) if code and len(code) >= 9 else None

    def of(self, code: str | None) -> str | None:
        """The division itself; its code where it has no name here."""
        return self._names.get(code, code) if code else None


def ledger_table(session: Session, boilers: Sequence[Boiler], title: str, *, public: bool) -> ReportTable:
    """These boilers as a table to be printed, their sum below; the public edition without people."""
    names = PlaceNames(session)
    columns = [
        (tr(group) if group else "", name)
        for group, members in _GROUPS
        for name in members
        if not (public and _kept_back(name))
    ]
    heads = [(tr(N_("No.")), ""), *(_heads(group, name) for group, name in columns)]
    lines = [
        [no, *(_shown(names, boiler, name) for _, name in columns)] for no, boiler in enumerate(boilers, 1)
    ]
    whole = total(boilers)
    below = tr(N_("In all {n} boilers, {tph} t/h."), n=whole.units, tph=f"{round(whole.tph, 2):g}")
    return ReportTable(title, heads, lines, below=below)


def cell_of(field: Field, value: Any) -> Any:
    """A value as a table shows it: numbers as numbers, codes in words."""
    if value is None or value == ():
        return None
    return value if field.kind in (Kind.NUMBER, Kind.INTEGER) else show(field, value)


def _kept_back(name: str) -> bool:
    field = Boiler.TYPE.fields.get(name)
    return field is not None and not field.public


def _heads(group: str, name: str) -> tuple[str, str]:
    words = tr(PLACES[name]) if name in PLACES else Boiler.TYPE.fields[name].heading
    return (group, words) if group else (words, "")


def _shown(names: PlaceNames, boiler: Boiler, name: str) -> Any:
    if name == "county":
        return names.county(boiler.div_code)
    if name == "township":
        return names.township(boiler.div_code)
    if name == "rated_tph":  # some are rated by heat alone
        return round(output_tph(boiler), 2) or None
    return cell_of(Boiler.TYPE.fields[name], getattr(boiler, name))
