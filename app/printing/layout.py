"""The skeleton every sheet shares: classification and title above, notes, scale and names below, the body
between."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.carto.display import Box, Op, Text
from app.carto.measure import text_width_mm
from app.carto.symbols import TextStyle
from app.i18n import N_, in_a_row, tr
from app.printing.blocks import NOTHING, Block, base_line, line_height, text_block
from app.printing.marks import qr_block, scale_block
from app.printing.page import Page, paper_size
from app.printing.request import INTERNAL, PUBLIC, SheetMeta, SheetRequest, date_words, secrecy_words
from app.printing.style import ACCENT, SheetStyle, style_of


@dataclass(frozen=True)
class Skeleton:
    """A page with its head and foot drawn and `body` (x, y, width, height) left free between them.

    `size_mm` is the page of a picture, which has a size of its own and only the measures of a paper.
    """

    request: SheetRequest
    paper: str
    orientation: str
    title: str
    subtitle: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    size_mm: tuple[float, float] | None = None

    @property
    def style(self) -> SheetStyle:
        """The measures of the paper."""
        return style_of(self.paper)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the page in mm."""
        return self.size_mm or paper_size(self.paper, self.orientation)

    @property
    def meta(self) -> SheetMeta:
        """The words around the map; a public edition is never marked for internal use."""
        meta = self.request.meta
        open_one = self.request.public and meta.secrecy == INTERNAL
        return replace(meta, secrecy=PUBLIC) if open_one else meta

    def body(self) -> Box:
        """What is left for the map and its panel."""
        width, height = self.size
        margin = self.style.margin_mm
        top = margin + self._head_height()
        foot = self._foot(1_000_000.0).height_mm + 1.8 * self.style.unit
        return margin, top, width - 2 * margin, height - margin - foot - top

    def page(self, body_ops: tuple[Op, ...], scale: float | None) -> Page:
        """The finished page; without a scale it has no map."""
        x, y, _, height = self.body()
        foot = self._foot(scale).at(x, y + height + 1.8 * self.style.unit)
        width, tall = self.size
        return Page(width, tall, (*self._head(), *body_ops, foot), self.title, scale)

    def _head_height(self) -> float:
        subtitle = line_height(self.style.subtitle) if self.subtitle else 0.0
        return self._title_style_height() + subtitle + 1.2 * self.style.unit

    def _title_style_height(self) -> float:
        return line_height(self.style.title) * 0.92

    def _head(self) -> tuple[Op, ...]:
        """Classification on the left, the title in the middle, review and sheet numbers on the right."""
        style, meta = self.style, self.meta
        width, margin = self.size[0], self.style.margin_mm
        ops: list[Op] = [
            Text(width / 2, margin + base_line(style.title) * 0.86, self.title, self._title_style(), "middle")
        ]
        if self.subtitle:
            below = margin + self._title_style_height() + base_line(style.subtitle)
            ops.append(Text(width / 2, below, self.subtitle, style.subtitle, "middle"))
        secrecy = style.text(3.9, bold=True, colour=ACCENT, spacing_mm=0.35)
        ops.append(Text(margin, margin + base_line(secrecy), secrecy_words(meta), secrecy))
        for number, words in enumerate(self._right_words()):
            y = margin + base_line(style.body) + number * line_height(style.body)
            ops.append(Text(width - margin, y, words, style.body, "right"))
        return tuple(ops)

    def _right_words(self) -> list[str]:
        words = (review_words(self.meta), sheet_no_words(self.meta))
        return [word for word in words if word]

    def _title_style(self) -> TextStyle:
        """The title set smaller when it would run into the corners."""
        style = self.style.title
        side = max((text_width_mm(words, self.style.body) for words in self._right_words()), default=0.0)
        room = self.size[0] - 2 * (self.style.margin_mm + max(side, 20.0 * self.style.unit) + 3.0)
        needed = text_width_mm(self.title, style)
        if needed <= room:
            return style
        factor = max(room / needed, 0.45)
        return replace(style, size_mm=style.size_mm * factor, spacing_mm=style.spacing_mm * factor)

    def _foot(self, scale: float | None) -> Block:
        """Three columns: notes, scale, who made it and when with the QR code."""
        style = self.style
        width = self.size[0] - 2 * style.margin_mm
        bar_room = min(70.0 * style.unit, width * 0.28)
        bar = scale_block(scale, style, bar_room) if scale else NOTHING
        qr = qr_block(self._identity(), 15.0 * style.unit)
        gap = 3.0 * style.unit
        people_width = min(62.0 * style.unit, width * 0.3)
        people_room = people_width - (qr.width_mm + gap if qr.width_mm else 0.0)
        people = text_block([(line, style.small) for line in people_lines(self.meta)], people_room)
        notes_width = width - bar.width_mm - people_width - 2 * gap
        bold = style.text(2.7, bold=True, colour=ACCENT)
        notes = text_block(
            [*((line, bold) for line in self.warnings), *((line, style.small) for line in self.notes)],
            notes_width,
        )
        middle = notes_width + gap
        right = middle + bar.width_mm + gap
        ops = (
            notes.at(0.0, 0.0),
            bar.at(middle, 0.0),
            people.at(right, 0.0),
            qr.at(width - qr.width_mm, 0.6 * style.unit),
        )
        height = max(notes.height_mm, bar.height_mm, people.height_mm, qr.height_mm + 0.6 * style.unit)
        return Block(width, height, ops)

    def _identity(self) -> str:
        """What the QR code says: the sheet and the snapshot from which it can be printed again."""
        meta = self.meta
        pieces = [meta.sheet_no, meta.snapshot, meta.data_as_of]
        return " ".join(piece for piece in pieces if piece) if meta.sheet_no or meta.snapshot else ""


def people_lines(meta: SheetMeta) -> list[str]:
    """Who made the sheet and when; the dates always, names when they are known."""
    lines = [tr("Made by: {org}", org=meta.org)] if meta.org else []
    if meta.maker or meta.checker:
        lines.append(
            tr("Drawn: {maker}   Checked: {checker}", maker=meta.maker or "—", checker=meta.checker or "—")
        )
    if meta.made_on:
        lines.append(tr("Drawn on: {date}", date=date_words(meta.made_on)))
    if meta.data_as_of:
        lines.append(tr("Data as of: {date}", date=date_words(meta.data_as_of)))
    if meta.snapshot:
        lines.append(tr("Snapshot: {id}", id=meta.snapshot))
    return lines


def review_words(meta: SheetMeta) -> str:
    """The map review number; without one, that the map may not be shown in public."""
    if meta.review_no:
        return tr("Map review no.: {no}", no=meta.review_no)
    if meta.secrecy == PUBLIC:
        return tr("Map review no.: pending, not to be published before")
    return tr("Internal use, not for publication")


def sheet_no_words(meta: SheetMeta) -> str:
    """The sheet's number."""
    return tr("Sheet no.: {no}", no=meta.sheet_no) if meta.sheet_no else ""


def subtitle_of(request: SheetRequest) -> str:
    """What stands below a title: what was asked for, else the screen's theme if it is shown, and the date."""
    meta, shown = request.meta, request.shown
    dated = tr("Data as of {date}", date=date_words(meta.data_as_of)) if meta.data_as_of else ""
    return meta.subtitle or " · ".join(part for part in (tr(shown.title) if shown else "", dated) if part)


def shown_notes(request: SheetRequest, area_name: str) -> list[str]:
    """What is to be said of a map that shows what the screen shows, beyond the sheet's own area too."""
    if request.shown is None:
        return []
    words = N_(
        "Map as arranged on the screen: {theme}. It also shows what lies beyond {area}; tables do not."
    )
    return [tr(words, theme=tr(request.shown.title), area=area_name)]


def common_notes(meta: SheetMeta, crs_words: str) -> list[str]:
    """The notes every map carries: system, source of the base map, what its boundaries are worth."""
    notes = [tr("Coordinate system: {crs}", crs=crs_words)]
    source = meta.base_source or tr("Tianditu administrative boundaries; GeoNames place names")
    notes.append(tr("Base map: {source}", source=source))
    if meta.picture_credits:
        notes.append(tr(N_("Pictures under the map: {credits}"), credits=in_a_row(meta.picture_credits)))
    notes.append(tr("Administrative boundaries are for reference only and are no basis for delimitation."))
    return notes
