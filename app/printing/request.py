"""What a sheet is asked for: plain content, the words around it, paper and scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from app.carto.features import FeatureColumns, FeatureSource
from app.carto.layers import Layer
from app.carto.theme import Theme
from app.errors import Invalid, Refused
from app.i18n import N_, tr

PUBLIC, INTERNAL, WORK_SECRET = "public", "internal", "work_secret"
SECRECY = {PUBLIC: N_("Public"), INTERNAL: N_("Internal use"), WORK_SECRET: N_("Work secret")}

# State secrets in the words and codes people may try: such data must not be on these laptops.
_STATE_SECRETS = {"secret": N_("Secret"), "confidential": N_("Confidential"), "top_secret": N_("Top secret")}


@dataclass(frozen=True)
class SheetMeta:
    """Words around a map. Dates are ISO text; an empty title is made by the sheet."""

    title: str = ""
    subtitle: str = ""
    org: str = ""
    maker: str = ""
    checker: str = ""
    made_on: str = ""
    data_as_of: str = ""
    secrecy: str = INTERNAL
    review_no: str = ""
    base_source: str = ""
    sheet_no: str = ""
    snapshot: str = ""
    picture_credits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Totals:
    """How many boilers and how many t/h together; the two are always shown together."""

    units: int = 0
    tph: float = 0.0


@dataclass(frozen=True)
class TotalsRow:
    """One row of the clearing table; `total` marks the sum at its foot.

    `apart` are further columns by their English heading, the same in every row: what the baseline's own
    columns do not hold, such as boilers added after it.
    """

    name: str
    baseline: Totals
    cleared: Totals
    accepting: Totals
    rebound: Totals
    total: bool = False
    apart: tuple[tuple[str, Totals], ...] = ()

    @property
    def columns(self) -> tuple[tuple[str, Totals], ...]:
        """Every number of the row with its heading, before the rate."""
        return (
            (N_("Base figure"), self.baseline),
            (N_("Cleared"), self.cleared),
            (N_("Awaiting acceptance"), self.accepting),
            (N_("Rebound"), self.rebound),
            *self.apart,
        )


@dataclass(frozen=True, eq=False)
class BoilerMapContent:
    """The boilers of an area: columns `status rated_tph serial synthetic`, `serial` being the ledger's
    row number.

    `base` answers for divisions and built-up areas; `area` is the outline of the county or city (EPSG:4490).
    """

    area_name: str
    area: BaseGeometry
    boilers: FeatureColumns
    totals: tuple[TotalsRow, ...]
    base: FeatureSource


@dataclass(frozen=True, eq=False)
class LookbackMapContent(BoilerMapContent):
    """The boilers of a look-back round and every rebound: columns `finding rated_tph serial synthetic`.

    `finding` is open, good, reported or rebound; `serial` the place in the draw, else the ledger number.
    `counted` are rows of words by county, `visits` those of the draw, each with its head first. `route` are
    ways through the boilers drawn, one a county (lines, EPSG:4490), together `route_km` long.
    """

    round_name: str = ""
    drawn_words: str = ""
    counted: tuple[tuple[str, ...], ...] = ()
    visits: tuple[tuple[str, ...], ...] = ()
    route: tuple[BaseGeometry, ...] = ()
    route_km: float = 0.0


@dataclass(frozen=True, eq=False)
class ZoneOutline:
    """One level and part of a zone: codes `first second quasi` and `water land whole`, its polygon
    (EPSG:4490).

    `corners` are the approved corner points in their own order (longitude, latitude); empty takes the
    polygon's.
    """

    level: str
    geometry: BaseGeometry
    part: str = "whole"
    corners: tuple[tuple[float, float], ...] = ()
    area_doc_km2: float | None = None


@dataclass(frozen=True)
class IntakePoint:
    """A well or intake: its number or name and place (EPSG:4490)."""

    no: str
    lon: float
    lat: float


@dataclass(frozen=True, eq=False)
class ZoneSheetContent:
    """One water source with its zones, as the approval draws them."""

    source_name: str
    zones: tuple[ZoneOutline, ...]
    base: FeatureSource
    intakes: tuple[IntakePoint, ...] = ()
    source_code: str = ""
    approval: str = ""
    synthetic: bool = False


@dataclass(frozen=True, eq=False)
class AreaMapContent:
    """A theme over an area; `table` are rows of words, the first its head; `counts` as for `legend`."""

    area_name: str
    area: BaseGeometry
    source: FeatureSource
    synthetic: bool = False
    table: tuple[tuple[str, ...], ...] = ()
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)


SheetContent = BoilerMapContent | ZoneSheetContent | AreaMapContent


@dataclass(frozen=True, eq=False)
class SheetRequest:
    """A sheet to be made; empty paper, orientation, scale and CRS are chosen by the sheet.

    `shown` is the theme as it is arranged on the map: the picture is then what the screen shows, with the
    sheet's own words around it. Without it the sheet is the standard one, over the pictures `under` it.
    """

    content: SheetContent
    meta: SheetMeta = field(default_factory=SheetMeta)
    paper: str = ""
    orientation: str = ""
    scale: int | None = None
    crs: str = ""
    public: bool = False
    under: tuple[Layer, ...] = ()
    shown: Theme | None = None

    def themed(self, theme: Theme) -> Theme:
        """A theme with the pictures under it."""
        for layer in self.under:
            theme = theme.with_layer(layer)
        return theme


def secrecy_words(meta: SheetMeta) -> str:
    """The classification in words; raises Refused for state secrets and Invalid for an unknown one."""
    if meta.secrecy in _STATE_SECRETS or meta.secrecy in map(tr, _STATE_SECRETS.values()):
        raise Refused(
            N_("State secrets may not be printed with this program, nor kept on this laptop."),
            hint=N_("Remove the material and tell the person responsible for secrecy."),
            code="state_secret",
        )
    if meta.secrecy not in SECRECY:
        raise Invalid(
            N_("There is no classification “{name}”."),
            hint=N_("Choose one of {known}."),
            code="unknown_secrecy",
            name=meta.secrecy,
            known=" ".join(SECRECY),
        )
    return tr(SECRECY[meta.secrecy])


def date_words(text: str) -> str:
    """An ISO date of any precision as people write it: 2026年11月23日."""
    pieces = text[:10].split("-") if text else []
    names = (N_("{y}"), N_("{y}-{m}"), N_("{y}-{m}-{d}"))
    if not pieces or not all(piece.isdigit() for piece in pieces):
        return text
    values = dict(zip("ymd", (int(piece) for piece in pieces), strict=False))
    return tr(names[len(values) - 1], **values)
