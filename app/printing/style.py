"""The sizes of words, lines and margins on a sheet, all from its paper: a wall map is read from further
away."""

from __future__ import annotations

from dataclasses import dataclass

from app.carto.symbols import Line, TextStyle
from app.printing.page import PORTRAIT, paper_size

INK = "#1d2126"
SOFT_INK = "#5a6068"
RULE = "#8b9199"
SHADE = "#eef2f6"
ACCENT = "#8c1d18"

PICTURE_DOTS = 200.0  # an inch of a sheet has that many dots of a base map picture
# How much larger than on A3 everything is, by paper.
_UNITS = {"A4": 0.84, "A3": 1.0, "A2": 1.35, "A1": 1.8, "A0": 2.35}
_MARGINS_MM = {"A4": 9.0, "A3": 11.0, "A2": 15.0, "A1": 20.0, "A0": 26.0}


@dataclass(frozen=True)
class SheetStyle:
    """One paper's measures; `unit` multiplies every size that is given for A3."""

    unit: float
    margin_mm: float

    def text(
        self, size_mm: float, bold: bool = False, colour: str = INK, spacing_mm: float = 0.0
    ) -> TextStyle:
        """A text style of a size given for A3. Letters stand at most a tenth of their size apart: who reads a
        PDF takes more for a space, and finds no word that is set so."""
        return TextStyle(size_mm * self.unit, colour, bold, spacing_mm=spacing_mm * self.unit)

    @property
    def title(self) -> TextStyle:
        """The name of the sheet."""
        return self.text(9.6, bold=True, spacing_mm=0.9)

    @property
    def subtitle(self) -> TextStyle:
        """The line under the name."""
        return self.text(4.0, colour=SOFT_INK)

    @property
    def heading(self) -> TextStyle:
        """The head of a block: 图例, a table's caption."""
        return self.text(3.9, bold=True, spacing_mm=0.35)

    @property
    def body(self) -> TextStyle:
        """Words to be read at arm's length."""
        return self.text(3.0)

    @property
    def body_bold(self) -> TextStyle:
        """The same, for heads of columns and totals."""
        return self.text(3.0, bold=True)

    @property
    def small(self) -> TextStyle:
        """Notes at the foot."""
        return self.text(2.55, colour=SOFT_INK)

    @property
    def tick(self) -> TextStyle:
        """Degrees on the frame."""
        return self.text(2.35)

    @property
    def frame_gap_mm(self) -> float:
        """Between the inner and the outer line of the map's frame, where the degrees stand."""
        return 5.0 * self.unit

    @property
    def thin(self) -> Line:
        """The inner line of the frame, lines of tables."""
        return Line(INK, 0.2 * self.unit)

    @property
    def thick(self) -> Line:
        """The outer line of the frame."""
        return Line(INK, 0.9 * self.unit)

    @property
    def rule(self) -> Line:
        """Lines inside tables."""
        return Line(RULE, 0.13 * self.unit)

    @property
    def symbol_scale(self) -> float:
        """How much larger symbols are than on the screen: less than words, as space on the map is short."""
        return float(self.unit**0.7)


def style_of(paper: str) -> SheetStyle:
    """The measures for a paper; raises Invalid for an unknown one."""
    paper_size(paper, PORTRAIT)
    return SheetStyle(_UNITS[paper], _MARGINS_MM[paper])
