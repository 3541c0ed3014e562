"""A position written in the notation the user chose: degrees in three ways, or projected metres."""

from __future__ import annotations

from app.domain.coordinates.zones import STORED, is_prefixed, transform, zone3, zone_crs, zone_of_crs
from app.i18n import N_, tr

DECIMAL = "decimal"
DMS = "dms"
MINUTES = "minutes"
PROJECTED = "projected"
PREFIXED = "prefixed"
NOTATIONS = {
    DECIMAL: N_("Decimal degrees"),
    DMS: N_("Degrees, minutes, seconds"),
    MINUTES: N_("Degrees and decimal minutes"),
    PROJECTED: N_("Projected, easting without zone number"),
    PREFIXED: N_("Projected, easting with zone number"),
}


def show_position(x: float, y: float, notation: str = DECIMAL, places: int | None = None) -> str:
    """The point (degrees EPSG:4490) in a notation of NOTATIONS; `places` are decimals of its last part."""
    if notation == DECIMAL:
        n = 6 if places is None else places
        return f"{x:.{n}f}, {y:.{n}f}"
    if notation in (PROJECTED, PREFIXED):
        return show_projected(x, y, zone_crs(zone3(x), notation == PREFIXED), 1 if places is None else places)
    write = dms if notation == DMS else degrees_minutes
    n = (1 if notation == DMS else 3) if places is None else places
    east, north = ("E", "W")[x < 0], ("N", "S")[y < 0]
    return f"{write(abs(x), n)}{east} {write(abs(y), n)}{north}"


def dms(value: float, places: int = 1) -> str:
    """Degrees as 106°41′23.5″, rounded once, so that 60″ never appears; a minus sign is kept."""
    scale = 10**places
    units = round(abs(value) * 3600 * scale)
    minutes, seconds = divmod(units, 60 * scale)
    degrees, minutes = divmod(minutes, 60)
    shown = f"{seconds / scale:.{places}f}" if places else str(seconds)
    return f"{'-' if value < 0 else ''}{degrees}°{minutes}′{shown}″"


def degrees_minutes(value: float, places: int = 3) -> str:
    """Degrees as 106°41.392′, rounded once."""
    scale = 10**places
    degrees, units = divmod(round(abs(value) * 60 * scale), 60 * scale)
    return f"{'-' if value < 0 else ''}{degrees}°{units / scale:.{places}f}′"


def show_projected(x: float, y: float, crs: str, places: int = 1) -> str:
    """A point (degrees EPSG:4490) as “X(north) … Y(east) …” of a projected system, as surveyors write."""
    east, north = transform([x], [y], STORED, crs)
    text = tr(
        "X(north) {north}  Y(east) {east}", north=f"{north[0]:.{places}f}", east=f"{east[0]:.{places}f}"
    )
    zone = zone_of_crs(crs)
    return text if is_prefixed(crs) or zone is None else tr("{text}  (zone {zone})", text=text, zone=zone)
