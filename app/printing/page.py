"""A finished page: its size, its title and what to draw on it, in millimetres from its top left corner."""

from __future__ import annotations

from dataclasses import dataclass

from app.carto.display import Op
from app.errors import Invalid
from app.i18n import N_

# Portrait sizes of ISO 216 in mm.
PAPERS: dict[str, tuple[float, float]] = {
    "A4": (210.0, 297.0),
    "A3": (297.0, 420.0),
    "A2": (420.0, 594.0),
    "A1": (594.0, 841.0),
    "A0": (841.0, 1189.0),
}
PORTRAIT, LANDSCAPE = "portrait", "landscape"


@dataclass(frozen=True)
class Page:
    """One page of a sheet; `scale` is its map's denominator (None: no map on it)."""

    width_mm: float
    height_mm: float
    ops: tuple[Op, ...]
    title: str = ""
    scale: float | None = None


def paper_size(paper: str, orientation: str) -> tuple[float, float]:
    """Width and height in mm of a paper; raises Invalid for an unknown one."""
    if paper not in PAPERS:
        raise Invalid(
            N_("There is no paper “{paper}”."),
            hint=N_("Choose one of {known}."),
            code="unknown_paper",
            paper=paper,
            known=" ".join(PAPERS),
        )
    short, long = PAPERS[paper]
    return (long, short) if orientation == LANDSCAPE else (short, long)
