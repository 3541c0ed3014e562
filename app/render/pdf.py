"""Sheets as a vector PDF: real text in the embedded font, every length true to the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter

from app.carto.view import MM_PER_INCH
from app.errors import Invalid
from app.i18n import N_, tr
from app.printing.page import Page
from app.render.files import write_whole
from app.render.fonts import family
from app.render.painter import paint_ops

RESOLUTION = 1200


def write_pdf(pages: Sequence[Page], path: Path) -> None:
    """Write the pages as one PDF file, whole or not at all; raises StoreFailure or Invalid without pages."""
    write_whole(path, pdf_bytes(pages))


def pdf_bytes(pages: Sequence[Page]) -> bytes:
    """The pages as one PDF, each in its own size."""
    if not pages:
        raise Invalid(N_("There is nothing to print."), code="no_pages")
    family()
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(RESOLUTION)
    writer.setTitle(pages[0].title)
    writer.setCreator(tr("Gridward"))
    _set_size(writer, pages[0])
    painter = QPainter(writer)
    try:
        for number, page in enumerate(pages):
            if number:
                _set_size(writer, page)
                writer.newPage()
            paint_ops(painter, page.ops, RESOLUTION / MM_PER_INCH, vector=True)
    finally:
        painter.end()
    buffer.close()
    return bytes(held.data())


def _set_size(writer: QPdfWriter, page: Page) -> None:
    """The page as wide and high as the sheet says, without margins: the sheet has its own."""
    size = QPageSize(
        QSizeF(page.width_mm, page.height_mm),
        QPageSize.Unit.Millimeter,
        "",
        QPageSize.SizeMatchPolicy.ExactMatch,
    )
    layout = QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0))
    writer.setPageLayout(layout)
