"""How wide words are in the bundled font and where to break them, known without a font engine."""

from __future__ import annotations

import unicodedata

from app.carto.symbols import TextStyle

# Advance widths of Noto Sans SC for U+0020 to U+007E in thousandths of an em, from the font's hmtx table.
_REGULAR = (
    "224 323 474 555 555 921 680 278 338 338 467 555 278 347 278 392 555 555 555 555 555 555 555 555 "
    "555 555 278 278 555 555 555 474 946 608 657 638 688 589 552 689 728 293 535 646 543 812 723 742 "
    "633 742 635 596 599 721 575 878 573 531 603 338 392 338 555 559 606 563 618 510 620 554 325 564 "
    "607 275 275 552 284 926 610 606 620 620 388 468 377 607 521 802 498 521 475 338 270 338 555"
)
_BOLD = (
    "227 370 574 590 590 963 740 325 378 378 507 590 325 370 325 387 590 590 590 590 590 590 590 590 "
    "590 590 325 325 590 590 590 514 1007 641 681 656 714 615 585 717 757 330 568 686 578 853 749 770 "
    "667 770 682 624 625 748 619 915 627 580 613 378 387 378 590 567 626 591 644 527 644 581 372 597 "
    "640 304 306 604 315 964 641 626 644 644 437 495 421 637 576 863 562 574 511 378 296 378 590"
)
_ASCII = {False: [int(w) for w in _REGULAR.split()], True: [int(w) for w in _BOLD.split()]}
_OTHER = {"°": 387, "′": 302, "″": 524, "—": 900, "–": 540, "\u00a0": 226}

# Heights of the font as parts of an em: capital letters and digits, a Chinese character's ink.
CAP_HEIGHT = 0.733
LINE_HEIGHT = 1.45

# Chinese rules of line breaking: these may not begin a line.
_NOT_FIRST = "，。、；：？！）】》」』”’%℃·…"


def text_width_mm(text: str, style: TextStyle) -> float:
    """The width of one line of `text`; letter spacing widens every character but the last."""
    table = _ASCII[style.bold]
    advances = [_advance(char, table) for char in text]
    if not advances:
        return 0.0
    loose = 1.0 + style.spacing_mm / style.size_mm
    return (sum(advances[:-1]) * loose + advances[-1]) / 1000.0 * style.size_mm


def _advance(char: str, table: list[int]) -> int:
    code = ord(char)
    if 32 <= code < 127:
        return table[code - 32]
    if unicodedata.combining(char):
        return 0
    return _OTHER.get(char, 1000)


def wrap(text: str, style: TextStyle, width_mm: float) -> list[str]:
    """`text` broken into lines no wider than `width_mm`: between Chinese characters, at spaces in Latin."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph, style, width_mm))
    return lines


def _wrap_paragraph(text: str, style: TextStyle, width_mm: float) -> list[str]:
    lines, current = [], ""
    for piece in _pieces(text):
        if current and text_width_mm(current + piece.rstrip(), style) > width_mm:
            if piece[0] in _NOT_FIRST and len(current) > 1:
                piece, current = current[-1] + piece, current[:-1]
            lines.append(current.rstrip())
            current = piece.lstrip()
        else:
            current += piece
    return [*lines, current.rstrip()]


def _pieces(text: str) -> list[str]:
    """Units that are not broken: a Latin word or number with the space after it, or one Chinese character."""
    pieces: list[str] = []
    for char in text:
        joins = pieces and ord(char) < 0x2E80 and ord(pieces[-1][-1]) < 0x2E80 and pieces[-1][-1] != " "
        if joins:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces
