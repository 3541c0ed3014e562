"""The certificate that nothing was lost on one page, for who reads and files it; the file beside it is for
who checks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.carto.display import Op, Text, polyline
from app.carto.symbols import Line
from app.i18n import N_, tr
from app.printing.blocks import Block, base_line, one_line
from app.printing.flow import Flow, head_row, plain, ruled_row, text
from app.printing.page import PORTRAIT, Page, paper_size
from app.printing.style import ACCENT, SHADE, SOFT_INK

_LEFT, _TOP, _BOTTOM = 22.0, 20.0, 20.0
_TITLE, _UNIT, _HEADING = text(8.0, bold=True), text(4.6), text(4.0, bold=True)
_BODY, _CELL, _SMALL = text(3.2), text(2.9), text(2.6, colour=SOFT_INK)
_GOOD, _BAD = text(4.2, bold=True), text(4.2, bold=True, colour=ACCENT)
_PAIRS, _AREAS = (0.30, 0.70), (0.34, 0.14, 0.40, 0.12)
_MOST_AREAS = 10  # so that all of it stays on one page; those that differ first
_SIGNED_MM = 14.0


@dataclass(frozen=True)
class AreaLine:
    """An area of the hub's log: its name, the last entry that was compared, the digest, whether counting anew
    from the records gives the same."""

    name: str
    entries: int
    digest: str
    same: bool


@dataclass(frozen=True)
class ProofContent:
    """A certificate as words. `counts` and `facts` are (what, value); `unaccounted` is how many values nobody
    can account for; `steps` is how somebody checks it who does not trust this program."""

    bureau: str
    made_on: str
    unaccounted: int
    counts: Sequence[tuple[str, str]]
    areas: Sequence[AreaLine]
    facts: Sequence[tuple[str, str]]
    steps: Sequence[str]
    synthetic: bool = False


def proof_page(content: ProofContent) -> Page:
    """The page, A4."""
    width, height = paper_size("A4", PORTRAIT)
    room = (_LEFT, _TOP, width - 2 * _LEFT, height - _TOP - _BOTTOM - _SIGNED_MM)
    most = _MOST_AREAS
    while len(pages := _filled(Flow(room), content, most).pages) > 1 and most:
        most -= 1  # a long name takes two lines
    title = tr(N_("Certificate that nothing was lost"))
    return Page(width, height, (*pages[0], *_foot(content, (width, height))), title)


def _filled(flow: Flow, content: ProofContent, most: int) -> Flow:
    flow.put(one_line(tr(N_("Certificate that nothing was lost")), _TITLE), 1.5)
    flow.put(plain(content.bureau, _UNIT, flow.width_mm), 2.5)
    flow.put(_verdict(content, flow.width_mm), 3.0)
    _pairs(flow, tr(N_("What was accounted for")), content.counts)
    _areas(flow, content.areas, most)
    _pairs(flow, tr(N_("Which hub, which file, by whom")), content.facts)
    flow.put(plain(tr(N_("How to check it without this program")), _HEADING, flow.width_mm), 1.0)
    for number, step in enumerate(content.steps, 1):
        flow.put(plain(f"{number}. {step}", _BODY, flow.width_mm), 0.4)
    return flow


def _verdict(content: ProofContent, width_mm: float) -> Block:
    if not content.unaccounted:
        said = N_("Nothing was lost: every value ever entered is current, contested, superseded or waiting.")
        return plain(f"✓ {tr(said)}", _GOOD, width_mm)
    said = N_("{n} values cannot be accounted for; the file beside this sheet lists them.")
    return plain(f"✕ {tr(said, n=f'{content.unaccounted:,}')}", _BAD, width_mm)


def _pairs(flow: Flow, title: str, pairs: Sequence[tuple[str, str]]) -> None:
    widths = [share * flow.width_mm for share in _PAIRS]
    flow.put(plain(title, _HEADING, flow.width_mm), 1.0)
    for pair in pairs:
        flow.put(ruled_row(pair, widths, _CELL))
    flow.put(plain("", _SMALL, flow.width_mm))


def _areas(flow: Flow, areas: Sequence[AreaLine], most: int) -> None:
    shown = sorted(areas, key=lambda line: (line.same, -line.entries))[:most]
    widths = [share * flow.width_mm for share in _AREAS]
    heads = tuple(map(tr, (N_("Area of the hub"), N_("Entries"), N_("Digest"), N_("The same"))))
    flow.put(plain(tr(N_("Areas of the hub’s log that were compared")), _HEADING, flow.width_mm), 1.0)
    flow.put(head_row(heads, widths, text(2.9, bold=True)))
    for line in shown:
        same = tr(N_("Yes") if line.same else N_("No"))
        flow.put(ruled_row((line.name, f"{line.entries:,}", line.digest, same), widths, _CELL))
    if rest := len(areas) - len(shown):
        said = tr(N_("… and {n} more, all the same; the file lists each."), n=rest)
        if not all(line.same for line in areas[len(shown) :]):
            said = tr(N_("… and {n} more; the file lists each."), n=rest)
        flow.put(plain(said, _SMALL, flow.width_mm))
    flow.put(plain("", _SMALL, flow.width_mm))


def _foot(content: ProofContent, size: tuple[float, float]) -> list[Op]:
    """Where who made it and who checked it sign, and when it was made."""
    width, height = size
    right, foot = width - _LEFT, height - _BOTTOM + 6.0
    made = content.made_on
    if content.synthetic:
        made = f"{made}　{tr(N_('Simulated data, for demonstration only.'))}"
    signed, line = height - _BOTTOM - 4.0, foot - base_line(_SMALL) - 1.5
    return [
        Text(_LEFT, signed, tr(N_("Made by (signature):")), _BODY),
        Text(_LEFT + (right - _LEFT) / 2, signed, tr(N_("Checked by (signature, date):")), _BODY),
        polyline([(_LEFT, line), (right, line)], Line(SHADE, 0.3)),
        Text(_LEFT, foot, made, _SMALL),
    ]
