"""Sheets: the ready-made maps of the workspace, filled from its records, as a preview or a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.actions.action import action
from app.actions.counts import headline
from app.actions.lookbackmap import lookback_content, lookback_rounds
from app.actions.map_layers import map_layers, picture_credits, pictures_under
from app.actions.maps import arranged_theme, feature_source
from app.actions.outputs import output_file
from app.actions.records import find_record
from app.actions.session import Session
from app.carto.theme import Theme
from app.domain.areas import prefix_of
from app.domain.coordinates.measure import spot_of
from app.domain.entities.division import Division
from app.domain.entities.people import Org
from app.domain.entities.water import Intake, ProtectionZone, WaterSource
from app.domain.filters import Condition, equal, where
from app.domain.output import Total
from app.domain.reporting import CountyRow
from app.errors import Invalid, Refused
from app.i18n import N_, tr
from app.printing.catalog import SHEETS, sheet
from app.printing.page import Page
from app.printing.request import (
    INTERNAL,
    PUBLIC,
    AreaMapContent,
    BoilerMapContent,
    IntakePoint,
    SheetContent,
    SheetMeta,
    SheetRequest,
    Totals,
    TotalsRow,
    ZoneOutline,
    ZoneSheetContent,
)
from app.printing.tiles import tiled

BOILER_MAP, LOOKBACK_MAP, ZONE_SHEET = "boiler_map", "lookback_map", "zone_sheet"
_THEME_OF = {BOILER_MAP: "boilers", ZONE_SHEET: "sources", "grid_map": "cells", "sources_map": "sources"}


@dataclass(frozen=True)
class SheetOrder:
    """What a person asks for: the sheet, what it is of (codes or names; none: all), and its paper.

    `series` makes one page for each county or source; `tile` cuts each into pages of a smaller paper. Empty
    paper, orientation and CRS are chosen by the sheet. `theme` draws the map as that theme is arranged on the
    screen, with the files laid over it; empty is the standard sheet.
    """

    sheet: str
    of: tuple[str, ...] = ()
    series: bool = False
    paper: str = ""
    orientation: str = ""
    scale: int | None = None
    crs: str = ""
    public: bool = False
    secrecy: str = INTERNAL
    review_no: str = ""
    tile: str = ""
    theme: str = ""


def sheet_pages(session: Session, order: SheetOrder) -> list[Page]:
    """The pages of an order, as data; raises Invalid for an unknown sheet or theme or a scale too large, and
    Refused for a public edition of what the screen shows."""
    chosen = sheet(order.sheet)
    shown = _shown(session, order)
    under = () if order.public else pictures_under(session, _THEME_OF.get(order.sheet, "boilers"))
    credits = picture_credits(session, shown.layers if shown else under)
    pages: list[Page] = []
    for subject in _subjects(session, order):
        request = SheetRequest(
            content=_content(session, order, subject),
            meta=replace(sheet_words(session, order), picture_credits=credits),
            paper=order.paper,
            orientation=order.orientation,
            scale=order.scale,
            crs=order.crs,
            public=order.public,
            under=under,
            shown=shown,
        )
        pages.extend(chosen.build(request))
    return [tile for page in pages for tile in tiled(page, order.tile)] if order.tile else pages


def _shown(session: Session, order: SheetOrder) -> Theme | None:
    """The theme as the screen shows it, when the order asks for it."""
    if not order.theme:
        return None
    if order.public:
        raise Refused(
            N_("A public edition is always the standard sheet."),
            hint=N_("What is arranged on the screen may show names, phones and files of others."),
            code="public_is_standard",
        )
    map_layers(session).load_missing()
    return arranged_theme(session, order.theme)


@action(N_("Print a sheet…"), "map", shortcut="Ctrl+P", icon="print", command="print")
def print_sheet(session: Session, order: SheetOrder, path: Path) -> list[Page]:
    """Write the pages of an order into one PDF; an old file is replaced only when the new one is whole."""
    from app.render.pdf import write_pdf  # late: most actions draw nothing

    pages = sheet_pages(session, order)
    write_pdf(pages, output_file(session, path))
    return pages


def sheet_titles() -> dict[str, str]:
    """Every sheet that can be printed: its id and its title."""
    return {item.id: tr(item.title) for item in SHEETS.values()}


def choices_of(session: Session, sheet: str) -> list[tuple[str, str]]:
    """What a sheet can be of, as (code or uid, name): the area and its counties, water sources,
    or look-back rounds."""
    if sheet == ZONE_SHEET:
        return [(item.uid, item.name) for item in session.workspace.find(WaterSource, order="name")]
    rounds = lookback_rounds(session) if sheet == LOOKBACK_MAP else []
    if rounds:
        return [(item.uid, item.name) for item in rounds]
    counties = session.workspace.find(Division, equal(level="county"), order="code")
    known = [item for item in counties if not item.valid_to]
    whole = _division(session, session.workspace.area)
    return [(whole.code, whole.name), *((item.code, item.name) for item in known if item.code != whole.code)]


def _subjects(session: Session, order: SheetOrder) -> Sequence[str]:
    if order.of:
        return order.of
    choices = [code for code, _ in choices_of(session, order.sheet)]
    if not choices:
        raise Refused(
            N_("There is nothing to print: the workspace has no water sources"),
            hint=N_("Import sources and zones first."),
            code="nothing_to_print",
        )
    if order.series:
        by_area = order.sheet not in (ZONE_SHEET, LOOKBACK_MAP)
        return choices[1:] if by_area and len(choices) > 1 else choices
    return choices[:1]


def _content(session: Session, order: SheetOrder, subject: str) -> SheetContent:
    if order.sheet == ZONE_SHEET:
        return _zone_content(session, subject)
    if order.sheet == LOOKBACK_MAP:
        return _lookback(session, subject, public=order.public)
    division = _division(session, subject)
    outline = outline_of(session, division)
    source = feature_source(session, division.code)
    boilers = source.columns("boiler", ["status", "rated_tph", "serial", "synthetic"], None)
    drawn = feature_source(session) if order.theme else source
    if order.sheet != BOILER_MAP:
        return AreaMapContent(division.name, outline, drawn, synthetic=any(boilers.column("synthetic")))
    return BoilerMapContent(division.name, outline, boilers, _totals(session, division), drawn)


def _totals(session: Session, division: Division) -> tuple[TotalsRow, ...]:
    found = headline(session, division.code)
    apart = tuple((name, label) for name, label in _APART if found.sum.total(name).units)
    rows = [_totals_row(row, apart) for row in found.rows if row.code != division.code]
    last = _totals_row(found.sum, apart)
    return (*rows, replace(last, total=True, name=tr(N_("Total")))) if rows else (replace(last, total=True),)


def _totals_row(row: CountyRow, apart: Sequence[tuple[str, str]]) -> TotalsRow:
    groups = row.groups
    return TotalsRow(
        name=row.name,
        baseline=_total(row.baseline),
        cleared=_total(row.cleared),
        accepting=_total(groups["accepting"]),
        rebound=_total(groups["rebound"]),
        apart=tuple((label, _total(row.total(name))) for name, label in apart),
    )


# Columns a map's table has only where there is something to count.
_APART = (
    ("migrated", N_("Moved in, papers lacking")),
    ("retained", N_("Retained")),
    ("added", N_("Added")),
    ("missed", N_("Missed")),
)


def _total(total: Total) -> Totals:
    return Totals(total.units, total.tph)


def _lookback(session: Session, subject: str, *, public: bool) -> SheetContent:
    """A round by its name or uid over its own area; a division by its code or name with the newest round."""
    rounds = lookback_rounds(session)
    made = next((item for item in rounds if subject in (item.uid, item.name)), None)
    code = (made.div_code or session.workspace.area) if made is not None else subject
    division = _division(session, code)
    newest = next(iter(rounds), None)
    return lookback_content(session, division, outline_of(session, division), made or newest, public=public)


def _zone_content(session: Session, subject: str) -> ZoneSheetContent:
    source = find_record(session, "source", subject)
    assert isinstance(source, WaterSource)
    zones = session.workspace.find(ProtectionZone, equal(source=source.uid), order="level")
    current = [item for item in zones if not item.valid_to and item.geometry is not None]
    if not current:
        raise Refused(
            N_("{name} has no protection zones to print"),
            hint=N_("Import its zones first."),
            name=source.name,
            code="nothing_to_print",
        )
    intakes = session.workspace.find(Intake, equal(source=source.uid), order="no")
    approvals = sorted({item.approval_no for item in current if item.approval_no})
    return ZoneSheetContent(
        source_name=source.name,
        zones=tuple(_zone_outline(item) for item in current),
        base=feature_source(session),
        intakes=tuple(IntakePoint(item.no, *spot) for item in intakes if (spot := spot_of(item.geometry))),
        source_code=source.source_code or "",
        approval="；".join(approvals),
        synthetic=bool(source.synthetic),
    )


def _zone_outline(zone: ProtectionZone) -> ZoneOutline:
    assert zone.geometry is not None
    return ZoneOutline(zone.level, zone.geometry, zone.part or "whole", area_doc_km2=zone.area_doc_km2)


def _division(session: Session, subject: str) -> Division:
    found = session.workspace.find(Division, where(Condition("code", "=", subject)), limit=1)
    found = found or session.workspace.find(Division, equal(name=subject), limit=1)
    if not found:
        raise Invalid(
            N_("There is no division {area} in this workspace"), area=subject, code="unknown_division"
        )
    return found[0]


def outline_of(session: Session, division: Division) -> BaseGeometry:
    """The division's polygon, or those of its counties together; raises Refused where there is none."""
    if division.geometry is not None and not division.geometry.is_empty:
        return division.geometry
    prefix = prefix_of(division.code)
    counties = session.workspace.find(Division, equal(level="county"))
    shapes = [
        item.geometry for item in counties if item.code.startswith(prefix) and item.geometry is not None
    ]
    if all(shape.is_empty for shape in shapes):
        raise Refused(N_("{name} has no boundary to print"), name=division.name, code="nothing_to_print")
    joined: BaseGeometry = shapely.union_all(np.asarray(shapes, dtype=object))
    return joined


def area_title(session: Session) -> str:
    """The name of the workspace's area."""
    return _division(session, session.workspace.area).name


def _number(session: Session, order: SheetOrder) -> str:
    """What tells this sheet from others of the day: what it shows, what it is of, the date."""
    place = order.of[0] if len(order.of) == 1 else session.workspace.area
    return "-".join((sheet(order.sheet).letters, place, session.today.replace("-", "")))


def sheet_words(session: Session, order: SheetOrder) -> SheetMeta:
    """The words around a map of the workspace: the bureau, who made it and when, how secret it is."""
    area = _division(session, session.workspace.area)
    bureaus = session.workspace.find(Org, equal(kind="bureau", div_code=area.code), limit=1)
    return SheetMeta(
        org=bureaus[0].name if bureaus else tr(N_("{area} Environment Bureau"), area=area.name),
        maker=session.actor.name if session.actor and not order.public else "",
        made_on=session.today,
        data_as_of=session.today,
        secrecy=PUBLIC if order.public else order.secrecy,
        review_no=order.review_no,
        base_source=tr(N_("Boundaries: Tianditu (generalised); places: GeoNames")),
        sheet_no=_number(session, order) if order.sheet else "",
        snapshot=session.workspace.snapshot_id(),
    )
